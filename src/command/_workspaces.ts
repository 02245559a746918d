import { Diagnostics } from '../diags/index.ts'
import { type BackendSettings, currentBackend, diagnosticsOf, readSettings, type Settings } from '../workdir/index.ts'
import { checkNamedWorkspace as checkName } from '../workdir/settings.ts'
import { listWorkspaces } from '../workdir/workspaces.ts'
import { failFlags } from './_state-change.ts'
import { type FlagSpec, type ParsedFlags, parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'
import type { View } from './views/view.ts'

/** What every command about workspaces begins with. */
export interface WorkspaceRun {
  readonly view: View
  readonly parsed: ParsedFlags
  readonly settings: Settings
}

/** A number is the exit code of a command that is over. */
export function beginWorkspaces(
  argv: readonly string[],
  flags: Readonly<Record<string, FlagSpec>>,
  command: string,
  context: CommandContext,
): WorkspaceRun | number {
  const parsed = parseFlags(argv, { ...viewFlags, ...flags }, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, command, context)
  if (failed !== undefined) return failed
  return { view, parsed, settings: readSettings(context.environment, context.originalDir) }
}

/** The backend and the names of its workspaces; a number is the exit code when they cannot be had. */
export async function workspacesOf(
  { view, settings }: WorkspaceRun,
  context: CommandContext,
): Promise<{ readonly backend: BackendSettings; readonly names: readonly string[] } | number> {
  const diags = new Diagnostics()
  const backend = currentBackend(settings, context.dialect.command, diags)
  if (backend === undefined) return finish(view, diags.items)
  try {
    const names = await listWorkspaces(backend, settings)
    if (names !== undefined) return { backend, names }
    view.streams.err('workspaces not supported\n')
    return 1
  } catch (error) {
    diags.addAll(diagnosticsOf(error))
    return finish(view, diags.items)
  }
}

/** Whether TF_WORKSPACE names something that can be a workspace; what is wrong is shown. */
export function checkNamedWorkspace({ view, settings }: WorkspaceRun): boolean {
  const diags = new Diagnostics()
  const valid = checkName(settings, diags)
  view.diagnostics(diags.items)
  return valid
}

export function invalidNameText(name: string): string {
  return `\nThe workspace name ${JSON.stringify(name)} is not allowed. The name must contain only URL safe\ncharacters, and no path separators.\n\n`
}

export function missingWorkspaceText(name: string): string {
  return `Workspace ${JSON.stringify(name)} doesn't exist.\n\nYou can create this workspace with the "new" subcommand \nor include the "-or-create" flag with the "select" subcommand.\n`
}

export function createdText(view: View, name: string): string {
  const { palette, dialect } = view
  const { product, command } = dialect
  return `${palette.bold(palette.green(`Created and switched to workspace ${JSON.stringify(name)}!`))}\n\n${palette.green(`You're now on a new, empty workspace. Workspaces isolate their state,\nso if you run "${command} plan" ${product} will not see any existing state\nfor this configuration.`)}\n`
}
