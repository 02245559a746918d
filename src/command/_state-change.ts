import type { Diagnostics } from '../diags/index.ts'
import type { JournaledStateManager } from '../statemgr/index.ts'
import {
  type BackendSettings,
  currentBackend,
  localStateFiles,
  openStateManager,
  type Settings,
  type StatePaths,
} from '../workdir/index.ts'
import type { ParsedFlags } from './arguments/flags.ts'
import type { CommandContext } from './context.ts'
import { helpText } from './help.ts'
import type { View } from './views/view.ts'

/** Says what is wrong with the words of a command, and how they should be. */
export function failWords(view: View, message: string, command: string, context: CommandContext): number {
  view.streams.err(`${message}\n`)
  // As Terraform: only the commands about whole states tell it to the standard output.
  if (command.startsWith('state ')) view.streams.out(helpText(command, context.dialect))
  else view.streams.err(helpText(command, context.dialect))
  return 1
}

/** Reports flags that a command does not have, or undefined when there are none. */
export function failFlags(view: View, parsed: ParsedFlags, command: string, context: CommandContext): number | undefined {
  const [first] = parsed.diags
  return first === undefined ? undefined : failWords(view, `Error parsing command-line flags: ${first.detail}\n`, command, context)
}

export interface OpenedState {
  readonly manager: JournaledStateManager
  readonly backend: BackendSettings
}

/**
 * The state of the current workspace, for commands that change it. Those named `state ...` keep a copy of what was there under a name of
 * its own, `-backup=-` or not; the others keep one copy.
 *
 * @param heeds see `currentBackend`.
 */
export function openForChange(
  settings: Settings,
  paths: StatePaths,
  backups: 'own' | 'one',
  context: CommandContext,
  diags: Diagnostics,
  heeds: 'rootModule' | 'all' = 'all',
): OpenedState | undefined {
  const backend = currentBackend(settings, context.dialect.command, diags, heeds)
  if (backend === undefined) return undefined
  const files = localStateFiles(backend, settings.workspace, paths)
  const given = paths.backupPath === '-' ? undefined : paths.backupPath
  const backupPath = backups === 'own' && files !== undefined ? (given ?? timedBackup(files.outPath)) : paths.backupPath
  const manager = openStateManager(backend, settings.workspace, { ...paths, backupPath }, settings.environment, settings.dataDir)
  return { manager, backend }
}

/** `terraform.tfstate.1700000000.backup` */
export function timedBackup(path: string): string {
  return `${path}.${Math.floor(Date.now() / 1000)}.backup`
}

/** The diagnostics as lines of plain text, for commands that print nothing but those. */
export function plainErrors(diags: Diagnostics): string {
  const errors = diags.items.filter((d) => d.severity === 'error').map((d) => (d.detail === '' ? d.summary : `${d.summary}: ${d.detail}`))
  return errors.length === 1 ? errors[0]! : `${errors.length} problems:\n\n${errors.map((e) => `- ${e}`).join('\n')}`
}
