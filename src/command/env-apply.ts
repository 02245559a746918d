import { Diagnostics } from '../diags/index.ts'
import type { EngineHooks } from '../engine/index.ts'
import {
  commandFor,
  type OpenEnvironment,
  openEnvironment,
  openSavedEnvironment,
  planCommand,
  removePlan,
  type World,
} from '../ops/index.ts'
import type { Plan } from '../plans/index.ts'
import type { PlanFile } from '../plans/planfile/index.ts'
import { applyOperation, checkNotStale, planOperation, type StatePersister, type StateSession, withStateSession } from '../workdir/index.ts'
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
import { countingHooks } from './apply.ts'
import type { CommandContext } from './context.ts'
import { withInterrupts } from './interrupts.ts'
import { askForApproval } from './prompt.ts'
import { effortText } from './views/environment-text.ts'
import { HumanOperationView } from './views/operation-human.ts'
import type { AppliedCounts } from './views/operation-view.ts'
import { countChanges, planHasChanges, planSummary } from './views/plan-text.ts'

type Verb = 'apply' | 'destroy'

/** Applies exactly the saved plans of environments. */
export async function envApplyCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = await beginEnvironments(argv, 'env apply', context)
  if (typeof run === 'number') return run
  if (!mayGoOn(run, context, 'apply')) return 1
  return inEachEnvironment(run, context, { stopAtFailure: true }, (name, world) => change(name, 'apply', run, context, world))
}

/** Plans the destruction of environments, shows it, asks and destroys. */
export async function envDestroyCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = await beginEnvironments(argv, 'env destroy', context)
  if (typeof run === 'number') return run
  if (!mayGoOn(run, context, 'destroy')) return 1
  return inEachEnvironment(run, context, { stopAtFailure: true, backwards: true }, (name, world) =>
    change(name, 'destroy', run, context, world),
  )
}

/** Where nobody can be asked, `YES=1` has to say it. */
function mayGoOn(run: EnvironmentsRun, context: CommandContext, verb: Verb): boolean {
  if (context.streams.inIsTerminal || saidYes(context)) return true
  run.view.diagnostics([
    {
      severity: 'error',
      summary: 'Nobody to ask',
      detail: `Before anything is changed somebody has to agree, and there is no terminal to ask at. Where it has been agreed already, say so:\n    YES=1 ${commandFor(run.prepared.project, verb, run.args.name)}`,
    },
  ])
  return false
}

function saidYes(context: CommandContext): boolean {
  return context.environment.YES === '1'
}

interface Outcome {
  readonly counts: AppliedCounts
  readonly rescuedText: string | undefined
}

async function change(name: string, verb: Verb, run: EnvironmentsRun, context: CommandContext, world: World): Promise<boolean> {
  const { view, args, prepared } = run
  const diags = new Diagnostics()
  const beganMs = performance.now()
  const callsBefore = world.awsCalls()
  const open =
    verb === 'apply'
      ? await openSavedEnvironment(prepared, name, world, diags)
      : await openEnvironment(prepared, name, 'apply', world, diags)
  if (open === undefined) {
    view.diagnostics(diags.items)
    return false
  }
  printHead(open, verb, run)
  const output = new HumanOperationView(view)
  let persister: StatePersister | undefined
  const interrupts = {
    onFirst: () => output.interrupted(),
    async onSecond() {
      output.interruptedAgain()
      await persister?.flush()
    },
  }
  const outcome = await withInterrupts(interrupts, (stop) => {
    const lock = { lock: true, lockTimeoutMs: args.lockTimeoutMs, signal: stop, onWaiting: onLockWaiting(view, false) }
    return withStateSession(open.manager, 'OperationTypeApply', lock, diags, async (session): Promise<Outcome | undefined> => {
      const counts: AppliedCounts = { imported: 0, added: 0, changed: 0, removed: 0 }
      const hooks: EngineHooks = countingHooks(quietReads(output.hooks()), counts)
      const operation = { settings: open.settings, hooks, parallelism: args.parallelism, stop }
      const plan =
        open.saved === undefined
          ? await destroyPlan(open, session, run, operation, diags)
          : savedPlan(open, open.saved, session, run, diags)
      if (plan === undefined) return undefined
      if (!planHasChanges(plan)) {
        view.print(verb === 'apply' ? '\nNo changes: there is nothing to do.\n' : '\nThere is nothing to destroy.\n')
        return { counts, rescuedText: undefined }
      }
      if (!saidYes(context)) {
        view.diagnostics(open.locate(diags.items.splice(0)))
        const approved = await askForApproval(approvalFor(verb, name, world), view, stop)
        if (approved !== true) {
          diags.error(verb === 'apply' ? 'Apply cancelled' : 'Destroy cancelled', 'Nothing was changed: the answer was not "yes".')
          return undefined
        }
      } else view.print('\n')
      const applied = await applyOperation(open.loaded.config, session, plan, open.variables, operation, diags, (p) => {
        persister = p
      })
      return { counts, rescuedText: applied.rescuedText }
    })
  })
  if (outcome?.rescuedText !== undefined) view.print(`${outcome.rescuedText}\n`)
  await reportFailure(open, diags.items, run)
  if (outcome === undefined || diags.hasErrors) return false
  removePlan(prepared.project, name)
  const { added, changed, removed } = outcome.counts
  const done =
    verb === 'apply'
      ? `Apply complete! Resources: ${added} added, ${changed} changed, ${removed} destroyed.`
      : `Destroy complete! Resources: ${removed} destroyed.`
  const effort = effortText((performance.now() - beganMs) / 1000, world.awsCalls() - callsBefore)
  view.print(
    `\n${view.palette.bold(view.palette.green(done))}\n\nDone in ${effort}. To see whether anything is left to do:\n    ${planCommand(prepared.project, name)}\n`,
  )
  return true
}

function savedPlan(
  open: OpenEnvironment,
  saved: PlanFile,
  session: StateSession,
  run: EnvironmentsRun,
  diags: Diagnostics,
): Plan | undefined {
  const { view, prepared } = run
  const own = new Diagnostics()
  checkNotStale(saved, session.file, own)
  for (const d of own.items)
    diags.add({ ...d, detail: `${d.detail}\n\nPlan again, and look at what it says:\n    ${planCommand(prepared.project, open.name)}` })
  if (own.hasErrors) return undefined
  const { plan } = saved
  if (planHasChanges(plan)) view.print(`\n${modulesOf(plan, open, view)}${planSummary(countChanges(plan.changes), view.dialect)}\n`)
  return plan
}

async function destroyPlan(
  open: OpenEnvironment,
  session: StateSession,
  run: EnvironmentsRun,
  operation: Parameters<typeof planOperation>[4],
  diags: Diagnostics,
): Promise<Plan | undefined> {
  const { view, args } = run
  const request = { mode: 'destroy', refresh: args.refresh, targets: [], forceReplace: [] } as const
  const { value, diags: found } = await planOperation(open.loaded.config, session, open.variables, request, operation)
  diags.add(...found)
  if (value === undefined || diags.hasErrors) return undefined
  const { plan } = value
  if (planHasChanges(plan)) await printPlan(plan, open, modulesOf(plan, open, view), view)
  return plan
}

function approvalFor(verb: Verb, name: string, world: World) {
  const where = world.target === 'sandbox' ? 'in the SANDBOX' : 'on AWS'
  return verb === 'apply'
    ? {
        question: `Do you want to perform these actions for ${name} ${where}?`,
        explanation: ['Exactly what was planned will be done.', "Only 'yes' will be accepted to approve."],
      }
    : {
        question: `Do you really want to destroy all of ${name} ${where}?`,
        explanation: ['Everything shown above will be destroyed. There is no undo.', "Only 'yes' will be accepted to confirm."],
      }
}

/** What is only looked at is not worth a line. */
function quietReads(hooks: EngineHooks): EngineHooks {
  const { preRefresh: _refresh, preRead: _before, postRead: _after, ...loud } = hooks
  return loud
}
