import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend } from '../config/index.ts'
import { convert, stringType } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { bodyContent, evaluate } from '../hcl/index.ts'
import type { PlanBackend } from '../plans/planfile/index.ts'
import { LocalStateManager, localStatePath, type StateManager } from '../statemgr/index.ts'
import type { Settings } from './settings.ts'
import { terraformVersion } from './versions.ts'

/** Where the states of this directory's workspaces live. */
export interface BackendSettings {
  readonly type: 'local'
  /** As configured; undefined for the default. */
  readonly path: string | undefined
  readonly workspaceDir: string | undefined
}

export const defaultBackend: BackendSettings = { type: 'local', path: undefined, workspaceDir: undefined }

/** Overrides from the command line, for states in local files. */
export interface StatePaths {
  readonly statePath?: string | undefined
  readonly stateOutPath?: string | undefined
  readonly backupPath?: string | undefined
}

/** The settings in a `backend` block; undefined when they are wrong or not supported, which is reported. */
export function readBackendBlock(backend: Backend | undefined, diags: Diagnostics): BackendSettings | undefined {
  if (backend === undefined) return defaultBackend
  if (backend.type !== 'local') {
    diags.error(
      'Backend not supported yet',
      `This release of Landform stores states in local files only; the "${backend.type}" backend is not available yet.`,
      { subject: backend.range },
    )
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

/** What `init` recorded in the data directory; undefined when there is no record. */
export function recordedBackend(
  settings: Settings,
): { readonly type: string; readonly path: string | undefined; readonly workspaceDir: string | undefined } | undefined {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(recordPath(settings), 'utf8'))
  } catch {
    return undefined
  }
  const backend = (json as { backend?: { type?: unknown; config?: Record<string, unknown> } } | null)?.backend
  if (typeof backend?.type !== 'string') return undefined
  const text = (name: string): string | undefined => {
    const value = backend.config?.[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return { type: backend.type, path: text('path'), workspaceDir: text('workspace_dir') }
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
    reportInitNeeded(`Unsetting the previously set backend "${recorded.type}"`, command, diags)
    return undefined
  }
  if (recorded === undefined) {
    reportInitNeeded(`Initial configuration of the requested backend "${configured.type}"`, command, diags)
    return undefined
  }
  if (recorded.type !== wanted.type) {
    reportInitNeeded(`Backend type changed from "${recorded.type}" to "${wanted.type}"`, command, diags)
    return undefined
  }
  if (recorded.path !== wanted.path || recorded.workspaceDir !== wanted.workspaceDir) {
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

export function openStateManager(backend: BackendSettings, workspace: string, paths: StatePaths = {}): StateManager {
  const path =
    paths.statePath ?? localStatePath(workspace, backend.path ?? 'terraform.tfstate', backend.workspaceDir ?? 'terraform.tfstate.d')
  return new LocalStateManager({
    path,
    outPath: paths.stateOutPath,
    // A single dash turns the backup off.
    backupPath: paths.backupPath === '-' ? false : paths.backupPath,
    terraformVersion,
  })
}

export function backendForPlan(backend: BackendSettings, settings: Settings): PlanBackend {
  return {
    type: backend.type,
    config: { path: backend.path ?? null, workspace_dir: backend.workspaceDir ?? null },
    workspace: settings.workspace,
  }
}

export function backendFromPlan(plan: PlanBackend): BackendSettings {
  const config = (plan.config ?? {}) as { path?: string | null; workspace_dir?: string | null }
  return { type: 'local', path: config.path ?? undefined, workspaceDir: config.workspace_dir ?? undefined }
}
