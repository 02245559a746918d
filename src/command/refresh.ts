import { Diagnostics } from '../diags/index.ts'
import { hasManagedResources, type State, withCheckResults } from '../states/index.ts'
import { openStateManager, planOperation, StatePersister, withStateSession } from '../workdir/index.ts'
import { failOperation, onLockWaiting, operationView, prepareOperation } from './_operation.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import {
  checkViewArguments,
  operationArguments,
  operationFlags,
  stateArguments,
  stateFlagWarnings,
  viewArguments,
} from './arguments/operation.ts'
import type { CommandContext } from './context.ts'
import { withInterrupts } from './interrupts.ts'

/**
 * Stores without asking what planning finds out: what has become of the objects, what import blocks bring in, and output values as they
 * would be. As in Terraform that is an ordinary plan, so mistakes that keep it from being made keep the state as it is.
 */
export async function refreshCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { destroy: _d, 'refresh-only': _o, refresh: _r, replace: _p, ...flags } = operationFlags
  const parsed = parseFlags(argv, flags, context.dialect)
  const viewArgs = viewArguments(parsed)
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  const operation = { ...operationArguments(parsed, usage), mode: 'normal' as const }
  if (parsed.positional.length > 0) usage.error('Too many command line arguments', 'Expected at most one positional argument.')
  checkViewArguments(viewArgs, usage)
  if (usage.hasErrors) return failOperation(context, viewArgs, usage.items, 'refresh')
  const { view, output } = operationView(context, viewArgs)
  const args = stateArguments(parsed)
  output.diagnostics(stateFlagWarnings(args, context.dialect))
  const diags = new Diagnostics()
  const prepared = await prepareOperation('Refresh', operation, flag(parsed, 'input', true) && !viewArgs.json, context, view, diags)
  let refreshed: State | undefined
  if (prepared !== undefined) {
    const { settings, loaded, backend, variables } = prepared
    const { config } = loaded
    const interrupts = { onFirst: () => output.interrupted(), onSecond: async () => output.interruptedAgain() }
    await withInterrupts(interrupts, (stop) => {
      const manager = openStateManager(backend, settings.workspace, args, settings.environment, settings.dataDir)
      const lock = { ...args, signal: stop, onWaiting: onLockWaiting(view, viewArgs.json) }
      return withStateSession(manager, 'OperationTypeRefresh', lock, diags, async (session) => {
        if (session.file === undefined || !hasManagedResources(session.file.state)) {
          diags.warning(
            'Empty or non-existent state',
            'There are currently no remote objects tracked in the state, so there is nothing to refresh.',
          )
        }
        const operationContext = { settings, hooks: output.hooks(), parallelism: operation.parallelism, stop }
        const { value, diags: found } = await planOperation(config, session, variables, operation, operationContext)
        diags.addAll(found)
        if (value === undefined || diags.hasErrors) return
        // What checks come to is for an apply to say.
        refreshed = withCheckResults(value.plan.priorState, undefined)
        const { rescuedText } = await new StatePersister(session.manager).finish(refreshed, diags)
        if (rescuedText !== undefined) view.print(`${rescuedText}\n`)
      })
    })
  }
  output.diagnostics(diags.items)
  if (diags.hasErrors) return 1
  if (refreshed !== undefined) output.refreshed(refreshed)
  return 0
}
