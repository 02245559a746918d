import { Diagnostics } from '../diags/index.ts'
import { diagnosticsOf, openStateManager, withStateSession } from '../workdir/index.ts'
import { deleteWorkspace, trackedInstances } from '../workdir/workspaces.ts'
import { failWords, plainErrors } from './_state-change.ts'
import { beginWorkspaces, missingWorkspaceText, workspacesOf } from './_workspaces.ts'
import { flag } from './arguments/flags.ts'
import { lockFlags, stateArguments } from './arguments/operation.ts'
import { type CommandContext, finish } from './context.ts'

export async function workspaceDeleteCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = beginWorkspaces(argv, { ...lockFlags, force: { kind: 'bool' } }, 'workspace delete', context)
  if (typeof run === 'number') return run
  const { view, parsed, settings } = run
  const [name] = parsed.positional
  if (name === undefined || parsed.positional.length > 1)
    return failWords(view, 'Expected a single argument: NAME.\n', 'workspace delete', context)
  const found = await workspacesOf(run, context)
  if (typeof found === 'number') return found
  if (!found.names.includes(name)) {
    view.streams.err(missingWorkspaceText(name))
    return 1
  }
  if (name === settings.workspace) {
    view.streams.err(
      `Workspace ${JSON.stringify(name)} is your active workspace.\n\nYou cannot delete the currently active workspace. Please switch\nto another workspace and try again.\n`,
    )
    return 1
  }
  const diags = new Diagnostics()
  const { backend } = found
  const force = flag(parsed, 'force', false)
  const manager = openStateManager(backend, name, {}, settings.environment, settings.dataDir)
  let tracked: readonly string[] = []
  // Under the lock, so that nothing is created there between the look and the removal.
  await withStateSession(manager, 'state-delete', stateArguments(parsed), diags, async ({ file }) => {
    tracked = trackedInstances(file?.state)
    if (tracked.length === 0 || force) return
    const { product } = context.dialect
    diags.error(
      'Workspace is not empty',
      `Workspace ${JSON.stringify(name)} is currently tracking the following resource instances:\n${tracked.map((address) => `  - ${address}`).join('\n')}\n\nDeleting this workspace would cause ${product} to lose track of any associated remote objects, which would then require you to delete them manually outside of ${product}. You should destroy these objects with ${product} before deleting the workspace.\n\nIf you want to delete this workspace anyway, and have ${product} forget about these managed objects, use the -force option to disable this safety check.`,
    )
  })
  if (diags.hasErrors) return finish(view, diags.items)
  try {
    await deleteWorkspace(backend, settings, name)
  } catch (error) {
    diags.addAll(diagnosticsOf(error))
    view.streams.err(`${plainErrors(diags)}\n`)
    return 1
  }
  view.print(`${view.palette.green(`Deleted workspace ${JSON.stringify(name)}!`)}\n`)
  if (tracked.length > 0) {
    view.print(
      `${view.palette.yellow(`WARNING: ${JSON.stringify(name)} was non-empty.\nThe resources managed by the deleted workspace may still exist,\nbut are no longer manageable by ${context.dialect.product} since the state has\nbeen deleted.`)}\n\n`,
    )
  }
  return finish(view, diags.items)
}
