import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { Diagnostics } from '../diags/index.ts'
import { type BackendSettings, backendConfigJson, readBackendBlock, recordedBackend, recordPath, sameBackend } from './backend.ts'
import { loadRootModule } from './configuration.ts'
import type { Settings } from './settings.ts'
import type { GivenVariable } from './variables.ts'
import { terraformVersion } from './versions.ts'

/** Backend stage: what changed, if anything. */
export type BackendOutcome = 'unchanged' | 'configured' | 'unset'

export interface BackendInitOptions {
  readonly reconfigure: boolean
  readonly migrateState: boolean
  /** Values that the backend's arguments may depend on. */
  readonly given?: readonly GivenVariable[] | undefined
}

/** Reads the `backend` block of the root module and records it in the data directory. */
export function initBackend(
  settings: Settings,
  options: BackendInitOptions,
  command: string,
  diags: Diagnostics,
): { outcome: BackendOutcome; backend: BackendSettings | undefined; type: string | undefined } {
  const own = new Diagnostics()
  const module = loadRootModule(settings, own, { given: options.given })
  diags.add(...own.items)
  if (module === undefined || own.hasErrors) return { outcome: 'unchanged', backend: undefined, type: undefined }
  const backend = readBackendBlock(module.backend, diags)
  if (backend === undefined) return { outcome: 'unchanged', backend: undefined, type: undefined }
  const recorded = recordedBackend(settings)
  const changed =
    module.backend === undefined
      ? recorded !== undefined
      : recorded === undefined || recorded.type === 'other' || !sameBackend(recorded, backend)
  if (!changed) return { outcome: 'unchanged', backend, type: module.backend?.type }
  if (recorded !== undefined && !options.reconfigure) {
    if (options.migrateState) {
      diags.error(
        'State migration not supported yet',
        `This release of Landform cannot move states between backends. Move the state file by hand, then run "${command} init -reconfigure".`,
      )
    } else {
      diags.error(
        'Backend configuration changed',
        `A change in the backend configuration has been detected, which may require migrating existing state.\n\nIf you wish to attempt automatic migration of the state, use "${command} init -migrate-state".\nIf you wish to store the current configuration with no changes to the state, use "${command} init -reconfigure".`,
      )
    }
    return { outcome: 'unchanged', backend: undefined, type: undefined }
  }
  if (module.backend === undefined) {
    rmSync(recordPath(settings), { force: true })
    return { outcome: 'unset', backend, type: undefined }
  }
  const config = backendConfigJson(backend)
  const record = {
    version: 3,
    terraform_version: terraformVersion,
    backend: {
      type: backend.type,
      config,
      hash: hashOf(JSON.stringify([backend.type, config])),
    },
  }
  mkdirSync(settings.dataDir, { recursive: true })
  writeFileSync(recordPath(settings), JSON.stringify(record, undefined, 2), { mode: 0o600 })
  return { outcome: 'configured', backend, type: backend.type }
}

/** 32 bits that differ when the text differs, mostly. Terraform's own hash is of its decoded values; either tool configures anew at need. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
