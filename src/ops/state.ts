import type { Diagnostics } from '../diags/index.ts'
import type { StateManager } from '../statemgr/index.ts'
import { type BackendSettings, type LoadedConfig, openStateManager, readBackendBlock, type Settings } from '../workdir/index.ts'

/** A state in the store of an organization. */
export interface StoredState {
  readonly backend: BackendSettings
  readonly manager: StateManager
}

/** Opens the state that a stack names as its backend. Undefined with diagnostics when it is not in S3. Nothing is asked of AWS yet. */
export function openState(loaded: LoadedConfig, settings: Settings, diags: Diagnostics): StoredState | undefined {
  const { backend: block } = loaded.config.module
  const backend = readBackendBlock(block, diags)
  if (backend === undefined) return undefined
  if (backend.type !== 's3') {
    diags.error(
      'Environment without a shared state',
      'The state of an environment is kept in S3, where everybody who works on it finds it. Give its stack the backend of its account:\n    new Environment(app, { account, backend: backendOf(account) })',
    )
    return undefined
  }
  return { backend, manager: openStateManager(backend, settings.workspace, {}, settings.environment, settings.dataDir) }
}
