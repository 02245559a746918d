import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { absResourceInstanceToString } from '../addrs/index.ts'
import { DiagnosticError, type Diagnostics } from '../diags/index.ts'
import { emptyState, type State, type StateFile, stateInstances } from '../states/index.ts'
import { type BackendSettings, localStateFiles, openStateManager, openStore } from './backend.ts'
import { tryBackendType } from './backend-types.ts'
import { type LockSettings, withStateSession } from './session.ts'
import type { Settings } from './settings.ts'

/** `default` first, the others ascending. Undefined where the backend has no other workspaces. @throws DiagnosticError */
export function listWorkspaces(backend: BackendSettings, settings: Settings): Promise<readonly string[] | undefined> {
  return openStore(backend, settings.environment).workspaces()
}

/** Makes later commands work on this workspace. */
export function selectWorkspace(settings: Pick<Settings, 'dataDir'>, workspace: string): void {
  const path = join(settings.dataDir, 'environment')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, workspace)
}

/** Creates a workspace, with the state of a file where one is given. What goes wrong is reported. */
export async function createWorkspace(
  backend: BackendSettings,
  settings: Settings,
  workspace: string,
  source: StateFile | undefined,
  lock: LockSettings,
  diags: Diagnostics,
): Promise<void> {
  // Folders are what local workspaces are listed by; in stores it is an empty snapshot.
  if (makeWorkspaceFolder(backend, workspace) && source === undefined) return
  const manager = openStateManager(backend, workspace, {}, settings.environment, settings.dataDir)
  await withStateSession(manager, 'init', lock, diags, async ({ file }) => {
    if (file === undefined) await manager.write(source?.state ?? emptyState)
    else if (source !== undefined) await manager.push(source)
  })
}

/** Makes the folder of a workspace of a local backend, which is all it takes for one without a state. False where workspaces have no folders. */
export function makeWorkspaceFolder(backend: BackendSettings, workspace: string): boolean {
  const local = localStateFiles(backend, workspace)
  if (local === undefined) return false
  mkdirSync(dirname(local.path), { recursive: true })
  return true
}

/** What a workspace still tracks: addresses of managed instances. */
export function trackedInstances(state: State | undefined): readonly string[] {
  if (state === undefined) return []
  const found = new Set<string>()
  for (const [address] of stateInstances(state)) if (address.resource.mode === 'managed') found.add(absResourceInstanceToString(address))
  return [...found]
}

/** Removes a workspace with its state. @throws DiagnosticError */
export async function deleteWorkspace(backend: BackendSettings, settings: Settings, workspace: string): Promise<void> {
  if (workspace === 'default') {
    throw new DiagnosticError({
      severity: 'error',
      summary: "can't delete default state",
      detail: 'The workspace "default" always exists.',
    })
  }
  await openStore(backend, settings.environment).deleteWorkspace(workspace)
}

export function hasWorkspaces(backend: BackendSettings): boolean {
  return tryBackendType(backend.type)!.hasWorkspaces
}
