import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { stringType } from '../cty/index.ts'
import { LocalStateManager, localStatePath, localWorkspaces } from '../statemgr/index.ts'
import type { BackendConfig, BackendType } from './backend-types.ts'
import { terraformVersion } from './versions.ts'

const defaultWorkspaceDir = 'terraform.tfstate.d'

/** States in files: that of the default workspace at `path`, the others in folders of `workspace_dir`. */
export const localBackend: BackendType = {
  schema: {
    attributes: { path: { type: stringType, optional: true }, workspace_dir: { type: stringType, optional: true } },
    blockTypes: {},
  },
  required: {},
  hasWorkspaces: true,
  check(config, _environment, problem) {
    if (config.path === '') problem('Invalid local state file path', 'The "path" attribute value must not be empty.')
    if (config.workspace_dir === '') {
      problem('Invalid local workspace directory path', 'The "workspace_dir" attribute value must not be empty.')
    }
  },
  open(config) {
    return {
      stateManager: (workspace, seal) => new LocalStateManager({ path: localPath(config, workspace), terraformVersion, seal }),
      workspaces: async () => localWorkspaces(workspaceDir(config)),
      deleteWorkspace: (workspace) => rm(join(workspaceDir(config), workspace), { recursive: true, force: true }),
    }
  },
}

/** Where the state of a workspace lies. */
export function localPath(config: BackendConfig, workspace: string): string {
  return localStatePath(workspace, text(config.path), workspaceDir(config))
}

function workspaceDir(config: BackendConfig): string {
  return text(config.workspace_dir) ?? defaultWorkspaceDir
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
