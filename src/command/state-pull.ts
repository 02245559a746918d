import { Diagnostics } from '../diags/index.ts'
import { emptyState, writeStateFile } from '../states/index.ts'
import { currentBackend, openStateManager, readSettings, terraformVersion } from '../workdir/index.ts'
import { readCurrentState } from './_state.ts'
import { failFlags } from './_state-change.ts'
import { parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'

export async function statePullCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, viewFlags, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, 'state pull', context)
  if (failed !== undefined) return failed
  const diags = new Diagnostics()
  const settings = readSettings(context.environment, context.originalDir)
  const backend = currentBackend(settings, context.dialect.command, diags, 'all')
  if (backend === undefined) return finish(view, diags.items)
  const manager = openStateManager(backend, settings.workspace, {}, settings.environment, settings.dataDir)
  const file = await readCurrentState(manager, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  // What is written is written by this version, as ever.
  if (file !== undefined) view.print(`${writeStateFile({ ...file, terraformVersion })}\n`)
  // A store that holds nothing is told apart from one that nobody could reach.
  else if (backend.type !== 'local') view.print(`${writeStateFile({ terraformVersion, serial: 0, lineage: '', state: emptyState })}\n`)
  return finish(view, diags.items)
}
