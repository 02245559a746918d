import { beginWorkspaces, checkNamedWorkspace, workspacesOf } from './_workspaces.ts'
import type { CommandContext } from './context.ts'

export async function workspaceListCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = beginWorkspaces(argv, {}, 'workspace list', context)
  if (typeof run === 'number') return run
  const { view, parsed, settings } = run
  if (parsed.positional.length > 0) {
    view.streams.err('Too many command line arguments. Did you mean to use -chdir?\n')
    return 1
  }
  if (!checkNamedWorkspace(run)) return 1
  const found = await workspacesOf(run, context)
  if (typeof found === 'number') return found
  const lines = found.names.map((name) => `${name === settings.workspace ? '* ' : '  '}${name}\n`)
  const overridden = settings.workspaceFromEnvironment
    ? '\n\n\nThe active workspace is being overridden using the TF_WORKSPACE environment\nvariable.\n'
    : ''
  view.print(`${lines.join('')}${overridden}\n`)
  return 0
}

/** Prints the name alone, for scripts. */
export async function workspaceShowCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = beginWorkspaces(argv, {}, 'workspace show', context)
  if (typeof run === 'number') return run
  if (!checkNamedWorkspace(run)) return 1
  run.view.print(`${run.settings.workspace}\n`)
  return 0
}
