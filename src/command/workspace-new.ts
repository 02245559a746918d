import { readFileSync } from 'node:fs'
import { Diagnostics } from '../diags/index.ts'
import type { StateFile } from '../states/index.ts'
import { type BackendSettings, currentEncryption, type LockSettings, readSnapshot, type Settings } from '../workdir/index.ts'
import { isWorkspaceName } from '../workdir/settings.ts'
import { createWorkspace, selectWorkspace } from '../workdir/workspaces.ts'
import { onLockWaiting } from './_operation.ts'
import { failWords, plainErrors } from './_state-change.ts'
import { beginWorkspaces, createdText, invalidNameText, missingWorkspaceText, type WorkspaceRun, workspacesOf } from './_workspaces.ts'
import { flag, optionalFlag } from './arguments/flags.ts'
import { lockFlags, stateArguments } from './arguments/operation.ts'
import { type CommandContext, finish } from './context.ts'

export async function workspaceNewCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = beginWorkspaces(argv, { ...lockFlags, state: { kind: 'string' } }, 'workspace new', context)
  if (typeof run === 'number') return run
  const { view, parsed, settings } = run
  const [name] = parsed.positional
  if (name === undefined || parsed.positional.length > 1)
    return failWords(view, 'Expected a single argument: NAME.\n', 'workspace new', context)
  if (!isWorkspaceName(name)) {
    view.streams.err(invalidNameText(name))
    return 1
  }
  if (settings.workspaceFromEnvironment && settings.workspace !== name) {
    view.streams.err(
      '\nThe workspace is currently overridden using the TF_WORKSPACE environment\nvariable. You cannot create a new workspace when using this setting.\n\nTo create a new workspace, either unset this environment variable or update it\nto match the workspace name you are trying to create, and then run this command\nagain.\n\n',
    )
    return 1
  }
  const found = await workspacesOf(run, context)
  if (typeof found === 'number') return found
  if (found.names.includes(name)) {
    view.streams.err(`Workspace ${JSON.stringify(name)} already exists\n`)
    return 1
  }
  const path = optionalFlag<string>(parsed, 'state')
  const source = path === undefined ? undefined : await readSource(path, settings)
  if (typeof source === 'string') {
    view.streams.err(`${source}\n`)
    return 1
  }
  const args = stateArguments(parsed)
  return create(run, found.backend, name, source, { ...args, onWaiting: onLockWaiting(view, false) })
}

export async function workspaceSelectCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = beginWorkspaces(argv, { 'or-create': { kind: 'bool' } }, 'workspace select', context)
  if (typeof run === 'number') return run
  const { view, parsed, settings } = run
  const [name] = parsed.positional
  if (name === undefined || parsed.positional.length > 1)
    return failWords(view, 'Expected a single argument: NAME.\n', 'workspace select', context)
  if (settings.workspaceFromEnvironment) {
    view.streams.err(
      '\nThe selected workspace is currently overridden using the TF_WORKSPACE\nenvironment variable.\n\nTo select a new workspace, either update this environment variable or unset\nit and then run this command again.\n\n',
    )
    return 1
  }
  const found = await workspacesOf(run, context)
  if (typeof found === 'number') return found
  if (name === settings.workspace && found.names.includes(name)) return 0
  if (!found.names.includes(name)) {
    if (!flag(parsed, 'or-create', false)) {
      view.streams.err(`\n${missingWorkspaceText(name)}`)
      return 1
    }
    if (!isWorkspaceName(name)) {
      view.streams.err(invalidNameText(name))
      return 1
    }
    return create(run, found.backend, name, undefined, { lock: true, lockTimeoutMs: 0 })
  }
  selectWorkspace(settings, name)
  view.print(`${view.palette.green(`Switched to workspace ${JSON.stringify(name)}.`)}\n`)
  return 0
}

async function create(
  { view, settings }: WorkspaceRun,
  backend: BackendSettings,
  name: string,
  source: StateFile | undefined,
  lock: LockSettings,
): Promise<number> {
  const diags = new Diagnostics()
  await createWorkspace(backend, settings, name, source, lock, diags)
  if (!diags.hasErrors) {
    selectWorkspace(settings, name)
    view.print(createdText(view, name))
  }
  return finish(view, diags.items)
}

/** A snapshot, encrypted as the working directory says or not at all, or what is wrong with it. */
async function readSource(path: string, settings: Settings): Promise<StateFile | string> {
  let content: Buffer
  try {
    content = readFileSync(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? `open ${path}: no such file or directory` : `open ${path}: ${message}`
  }
  const problems = new Diagnostics()
  const { value, diags } = await readSnapshot(content, () => currentEncryption(settings, [], problems)?.state)
  if (value !== undefined) return value
  problems.addAll(diags)
  return problems.items.length === 0 ? 'no state' : plainErrors(problems)
}
