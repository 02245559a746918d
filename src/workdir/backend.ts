import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend } from '../config/index.ts'
import { convert, stringType } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { bodyContent, evaluate } from '../hcl/index.ts'
import type { PlanBackend } from '../plans/planfile/index.ts'
import { LocalStateManager, localStatePath, type StateManager } from '../statemgr/index.ts'
import { openS3State, readS3Config, type S3BackendConfig } from './s3-backend.ts'
import type { Environment, Settings } from './settings.ts'
import { terraformVersion } from './versions.ts'

/** Where the states of this directory's workspaces live. */
export type BackendSettings = LocalBackend | { readonly type: 's3'; readonly config: S3BackendConfig }

export interface LocalBackend {
  readonly type: 'local'
  /** As configured; undefined for the default. */
  readonly path: string | undefined
  readonly workspaceDir: string | undefined
}

export const defaultBackend: LocalBackend = { type: 'local', path: undefined, workspaceDir: undefined }

/** Overrides from the command line, for states in local files. */
export interface StatePaths {
  readonly statePath?: string | undefined
  readonly stateOutPath?: string | undefined
  readonly backupPath?: string | undefined
}

/** The settings in a `backend` block; undefined when they are wrong or not supported, which is reported. */
export function readBackendBlock(backend: Backend | undefined, diags: Diagnostics): BackendSettings | undefined {
  if (backend === undefined) return defaultBackend
  if (backend.type === 's3') {
    const config = readS3Config(backend, diags)
    return config === undefined ? undefined : { type: 's3', config }
  }
  if (backend.type !== 'local') {
    diags.error('Backend not supported yet', backendMissing(backend.type), { subject: backend.range })
    return undefined
  }
  const content = bodyContent(backend.body, { attributes: [{ name: 'path' }, { name: 'workspace_dir' }], blocks: [] }, diags)
  const text = (name: string): string | undefined => {
    const attribute = content.attributes.get(name)
    if (attribute === undefined) return undefined
    const value = evaluate(attribute.expr, undefined, diags)
    if (!value.hasContent) return undefined
    try {
      return convert(value, stringType).asString() || undefined
    } catch {
      diags.error('Incorrect attribute value type', `Inappropriate value for attribute "${name}": string required.`, {
        subject: attribute.expr.range,
      })
      return undefined
    }
  }
  return { type: 'local', path: text('path'), workspaceDir: text('workspace_dir') }
}

function backendMissing(type: string): string {
  return `This release of Landform stores states in local files and in S3; the "${type}" backend is not available yet.`
}

/** What `init` recorded in the data directory; undefined when there is no record. */
export function recordedBackend(settings: Settings): BackendSettings | { readonly type: 'other'; readonly name: string } | undefined {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(recordPath(settings), 'utf8'))
  } catch {
    return undefined
  }
  const backend = (json as { backend?: { type?: unknown; config?: Record<string, unknown> } } | null)?.backend
  if (typeof backend?.type !== 'string') return undefined
  return backendFromRecord(backend.type, backend.config ?? {}) ?? { type: 'other', name: backend.type }
}

/** A backend by its type and arguments, as records and remote states have them; undefined for one that is not supported. */
export function backendFromRecord(type: string, config: Readonly<Record<string, unknown>>): BackendSettings | undefined {
  if (type === 's3') return { type, config }
  if (type !== 'local') return undefined
  const text = (name: string): string | undefined => {
    const value = config[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return { type, path: text('path'), workspaceDir: text('workspace_dir') }
}

/** The arguments as JSON, as the record of `init` and saved plans have them. */
export function backendConfigJson(backend: BackendSettings): Readonly<Record<string, unknown>> {
  return backend.type === 's3' ? backend.config : { path: backend.path ?? null, workspace_dir: backend.workspaceDir ?? null }
}

/** Whether two settings mean the same. Terraform records more nulls than are configured. */
export function sameBackend(a: BackendSettings, b: BackendSettings): boolean {
  return a.type === b.type && canonical(backendConfigJson(a)) === canonical(backendConfigJson(b))
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => {
    if (typeof v !== 'object' || v === null || Array.isArray(v)) return v
    const set = Object.entries(v).filter(([, member]) => member !== null)
    return Object.fromEntries(set.sort(([x], [y]) => (x < y ? -1 : 1)))
  })
}

export function recordPath(settings: Settings): string {
  return join(settings.dataDir, 'terraform.tfstate')
}

/** The backend in use, when the configuration and what `init` recorded agree; undefined with a diagnostic otherwise. */
export function activeBackend(
  configured: Backend | undefined,
  settings: Settings,
  command: string,
  diags: Diagnostics,
): BackendSettings | undefined {
  const wanted = readBackendBlock(configured, diags)
  if (wanted === undefined) return undefined
  const recorded = recordedBackend(settings)
  if (configured === undefined) {
    if (recorded === undefined) return wanted
    reportInitNeeded(`Unsetting the previously set backend "${nameOf(recorded)}"`, command, diags)
    return undefined
  }
  if (recorded === undefined) {
    reportInitNeeded(`Initial configuration of the requested backend "${configured.type}"`, command, diags)
    return undefined
  }
  if (recorded.type === 'other' || recorded.type !== wanted.type) {
    reportInitNeeded(`Backend type changed from "${nameOf(recorded)}" to "${wanted.type}"`, command, diags)
    return undefined
  }
  if (!sameBackend(recorded, wanted)) {
    reportInitNeeded(`Backend configuration block has changed`, command, diags)
    return undefined
  }
  return wanted
}

function reportInitNeeded(reason: string, command: string, diags: Diagnostics): void {
  diags.error(
    `Backend initialization required, please run "${command} init"`,
    `Reason: ${reason}\n\nThe "backend" is the interface that Terraform uses to store state, perform operations, etc. If this message is showing up, it means that the Terraform configuration you're using is using a custom configuration for the Terraform backend.\n\nChanges to backend configurations require reinitialization. This allows Terraform to set up the new configuration, copy existing state, etc. Please run\n"${command} init" with either the "-reconfigure" or "-migrate-state" flags to use the current configuration.\n\nIf the change reason above is incorrect, please verify your configuration hasn't changed and try again. At this point, no changes to your existing configuration or state have been made.`,
  )
}

function nameOf(recorded: { readonly type: string; readonly name?: string }): string {
  return recorded.name ?? recorded.type
}

/** @param environment where credentials and endpoints of remote states may come from. */
export function openStateManager(
  backend: BackendSettings,
  workspace: string,
  paths: StatePaths = {},
  environment: Environment = process.env,
): StateManager {
  // A path on the command line means a local file, wherever the state is otherwise.
  if (backend.type === 's3' && paths.statePath === undefined) return openS3State(backend.config, workspace, environment)
  const local = backend.type === 'local' ? backend : defaultBackend
  const path = paths.statePath ?? localStatePath(workspace, local.path ?? 'terraform.tfstate', local.workspaceDir ?? 'terraform.tfstate.d')
  return new LocalStateManager({
    path,
    outPath: paths.stateOutPath,
    // A single dash turns the backup off.
    backupPath: paths.backupPath === '-' ? false : paths.backupPath,
    terraformVersion,
  })
}

export function backendForPlan(backend: BackendSettings, settings: Settings): PlanBackend {
  return { type: backend.type, config: backendConfigJson(backend), workspace: settings.workspace }
}

export function backendFromPlan(plan: PlanBackend): BackendSettings {
  return backendFromRecord(plan.type, (plan.config ?? {}) as Readonly<Record<string, unknown>>) ?? defaultBackend
}

/** The backend that `init` recorded, for commands that need no configuration. Undefined and reported when nobody can open it. */
export function currentBackend(settings: Settings, diags: Diagnostics): BackendSettings | undefined {
  const recorded = recordedBackend(settings)
  if (recorded?.type !== 'other') return recorded ?? defaultBackend
  diags.error('Backend not supported yet', backendMissing(recorded.name))
  return undefined
}
