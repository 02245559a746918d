import type { Diagnostics } from '../diags/index.ts'
import type { StateManager } from '../statemgr/index.ts'
import {
  type BackendSettings,
  encryptionOf,
  type LoadedConfig,
  openStateManager,
  readBackendBlock,
  type Settings,
  withEncryption,
} from '../workdir/index.ts'

/** A state in the store of an organization. */
export interface StoredState {
  readonly backend: BackendSettings
  readonly manager: StateManager
  /** Those given, with how the states that the stack reads are encrypted. */
  readonly settings: Settings
}

/** Opens the state that a stack names as its backend. Undefined with diagnostics when it is not in S3. Nothing is asked of AWS yet. */
export function openState(loaded: LoadedConfig, settings: Settings, diags: Diagnostics): StoredState | undefined {
  const { backend: block } = loaded.config.module
  const backend = readBackendBlock(block, diags)
  if (backend === undefined) return undefined
  const encryption = encryptionOf(loaded.config.module, settings, [], diags)
  if (encryption === undefined) return undefined
  if (encryption.plan !== undefined) {
    diags.error(
      'Encrypted plans are not supported for environments',
      'The stack configures encryption of its plan, and saved plans of environments are not encrypted. They lie in .landform/plans, where only their owner can read them. Encryption of the state alone is supported.',
    )
    return undefined
  }
  if (backend.type !== 's3') {
    diags.error(
      'Environment without a shared state',
      'The state of an environment is kept in S3, where everybody who works on it finds it. Give its stack the backend of its account:\n    new Environment(app, { account, backend: backendOf(account) })',
    )
    return undefined
  }
  const sealed = { ...backend, seal: encryption.state }
  const manager = openStateManager(sealed, settings.workspace, {}, settings.environment, settings.dataDir)
  return { backend: sealed, manager, settings: withEncryption(settings, encryption) }
}
