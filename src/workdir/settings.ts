import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnostics } from '../diags/index.ts'
import type { Encryption } from '../encryption/index.ts'
import type { DeprecationLevel } from '../engine/index.ts'
import type { ProviderSurroundings } from './builtin-providers.ts'
import { type InjectedProvider, injectedFolders, injectedProviders } from './injected-providers.ts'

/** Whose answer counts where Terraform and OpenTofu differ. The executable puts there what its name says. */
export function dialectOf(environment: Environment): 'terraform' | 'tofu' {
  return environment.LANDFORM_DIALECT === 'tofu' ? 'tofu' : 'terraform'
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface ProviderSettings extends ProviderSurroundings {
  /** Types of providers, such as `aws`, that the built-in one serves instead of a plugin. */
  readonly builtin: ReadonlySet<string>
  /** Those of folders that LANDFORM_PROVIDERS names, as far as they have been loaded; they come before all others. */
  readonly injected: readonly InjectedProvider[]
  /** How states that `terraform_remote_state` reads are encrypted; undefined: not at all. */
  readonly remoteStateSeals?: Encryption['remoteStates']
}

/** What a working directory is opened with. Relative paths are relative to it, and it is the process's current directory. */
export interface Settings {
  /** `.terraform` unless TF_DATA_DIR says otherwise. */
  readonly dataDir: string
  /** The dependency lock file; `.terraform.lock.hcl` when not given. */
  readonly lockPath?: string | undefined
  readonly workspace: string
  /** TF_WORKSPACE, rather than a choice recorded in the data directory, named the workspace. */
  readonly workspaceFromEnvironment: boolean
  /** Where the user was before -chdir: `path.cwd`. */
  readonly originalDir: string
  readonly environment: Environment
  readonly providers: ProviderSettings
  /** About which modules uses of what they declare deprecated are told; all when not given. */
  readonly deprecations?: DeprecationLevel | undefined
}

export function readSettings(environment: Environment, originalDir: string): Settings {
  const dataDir = environment.TF_DATA_DIR || '.terraform'
  const named = environment.TF_WORKSPACE
  return {
    dataDir,
    workspace: named || recordedWorkspace(dataDir) || 'default',
    workspaceFromEnvironment: Boolean(named),
    originalDir,
    environment,
    providers: {
      builtin: new Set((environment.LANDFORM_BUILTIN_PROVIDERS ?? '').split(',').map((name) => name.trim())),
      injected: injectedProviders(injectedFolders(environment.LANDFORM_PROVIDERS, originalDir)),
    },
  }
}

/** Whether a name may be given to a workspace: it must be the same in a URL and in a path. */
export function isWorkspaceName(name: string): boolean {
  // What may stand in one segment of a path as it is, RFC 3986 section 3.3.
  return name !== '' && /^[A-Za-z0-9\-._~$&+=:@]+$/.test(name)
}

/** Whether what TF_WORKSPACE names can be a workspace, before it becomes part of a path; what is wrong is reported. */
export function checkNamedWorkspace({ workspace, workspaceFromEnvironment }: Settings, diags: Diagnostics): boolean {
  if (!workspaceFromEnvironment || isWorkspaceName(workspace)) return true
  diags.error(
    'Invalid workspace name set using TF_WORKSPACE',
    `The name ${JSON.stringify(workspace)} must contain only URL safe characters, and no path separators.`,
  )
  return false
}

/** The workspace that is selected by now: a command may have chosen another one since the settings were read. */
export function selectedWorkspace({ dataDir, workspace, workspaceFromEnvironment }: Settings): string {
  return workspaceFromEnvironment ? workspace : (recordedWorkspace(dataDir) ?? 'default')
}

function recordedWorkspace(dataDir: string): string | undefined {
  try {
    return readFileSync(join(dataDir, 'environment'), 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}
