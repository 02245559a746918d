import type { Diagnostics } from '../diags/index.ts'
import type { StateManager } from '../statemgr/index.ts'
import type { StateFile } from '../states/index.ts'
import {
  currentBackend,
  diagnosticsOf,
  hasConfiguration,
  loadConfiguration,
  loadSchemas,
  neededProviders,
  openStateManager,
  providerFactories,
  type Settings,
  type StatePaths,
} from '../workdir/index.ts'
import { type Schemas, schemasFrom } from './json/schemas.ts'

/** The manager of the current workspace's state, from what `init` recorded alone: no configuration is needed. */
export function currentStateManager(settings: Settings, paths: StatePaths, diags: Diagnostics, command: string): StateManager | undefined {
  const backend = currentBackend(settings, command, diags)
  if (backend === undefined) return undefined
  return openStateManager(backend, settings.workspace, paths, settings.environment, settings.dataDir)
}

/** Reads a state for looking at it, without a lock. Undefined also when nothing is stored yet. */
export async function readCurrentState(manager: StateManager, diags: Diagnostics): Promise<StateFile | undefined> {
  try {
    return await manager.read()
  } catch (error) {
    diags.addAll(diagnosticsOf(error))
    return undefined
  }
}

/**
 * Which version of a provider a state is read with, the configuration says; without one the preferred version is taken. Undefined when the
 * configuration is wrong or a module is not installed, which is reported.
 */
export async function schemasOfState(file: StateFile | undefined, settings: Settings, diags: Diagnostics): Promise<Schemas | undefined> {
  const config = hasConfiguration() ? loadConfiguration(settings, diags, { anyVersion: true }).config : undefined
  if (diags.hasErrors) return undefined
  return schemasFrom(await loadSchemas(neededProviders(undefined, file?.state), providerFactories(settings, config)))
}

/** What commands about states say when there is none. */
export const noStateText =
  'No state file was found!\n\nState management commands require a state file. Run this command\nin a directory where Terraform has been run or use the -state flag\nto point the command to a specific state location.\n'
