import { relative } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import { commandFor, keepPlan, openEnvironment, removePlan, type World } from '../ops/index.ts'
import { planOperation, withStateSession } from '../workdir/index.ts'
import {
  beginEnvironments,
  type EnvironmentsRun,
  inEachEnvironment,
  modulesOf,
  printHead,
  printPlan,
  reportFailure,
} from './_environments.ts'
import { onLockWaiting } from './_operation.ts'
import type { CommandContext } from './context.ts'
import { withInterrupts } from './interrupts.ts'
import { effortText } from './views/environment-text.ts'
import { planHasChanges } from './views/plan-text.ts'

/** Plans environments and keeps the plans for `env apply`. */
export async function envPlanCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = await beginEnvironments(argv, 'env plan', context)
  if (typeof run === 'number') return run
  let began = 0
  return inEachEnvironment(run, context, { stopAtFailure: false }, async (name, world) => {
    const ok = await planEnvironment(name, run, world, began)
    began = performance.now()
    return ok
  })
}

async function planEnvironment(name: string, run: EnvironmentsRun, world: World, beganMs: number): Promise<boolean> {
  const { view, args, prepared } = run
  const diags = new Diagnostics()
  const callsBefore = world.awsCalls()
  const open = await openEnvironment(prepared, name, 'plan', world, diags)
  if (open === undefined) {
    view.diagnostics(diags.items)
    return false
  }
  printHead(open, 'plan', run)
  // From here on the earlier plan is about to be out of date, whatever comes of this one.
  removePlan(prepared.project, name)
  const { settings, manager, loaded, variables } = open
  const interrupts = { onFirst: () => view.print('\nStopping...\n'), onSecond: async () => {} }
  await withInterrupts(interrupts, (stop) => {
    const lock = { lock: true, lockTimeoutMs: args.lockTimeoutMs, signal: stop, onWaiting: onLockWaiting(view, false) }
    return withStateSession(manager, 'OperationTypePlan', lock, diags, async (session) => {
      const request = { mode: 'normal', refresh: args.refresh, targets: [], forceReplace: [] } as const
      const operation = { settings, hooks: {}, parallelism: args.parallelism, stop }
      const { value, diags: found } = await planOperation(loaded.config, session, variables, request, operation)
      diags.add(...found)
      if (value === undefined || diags.hasErrors) return
      const { plan } = value
      const path = await keepPlan(
        prepared.project,
        { environment: name, target: world.target, account: open.account },
        plan,
        loaded,
        session.file,
        open.backend,
        settings,
      )
      await printPlan(plan, open, modulesOf(plan, open, view), view)
      const effort = effortText((performance.now() - beganMs) / 1000, world.awsCalls() - callsBefore)
      if (planHasChanges(plan)) {
        view.print(
          `\nPlanned in ${effort}; saved as ${relative(prepared.project.root, path)}. To do exactly this:\n    ${commandFor(prepared.project, 'apply', name)}\n`,
        )
      } else view.print(`\nPlanned in ${effort}.\n`)
    })
  })
  await reportFailure(open, diags.items, run)
  return !diags.hasErrors
}
