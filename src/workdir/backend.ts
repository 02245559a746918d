import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend, Module } from '../config/index.ts'
import { objectVal, type Value, valueToJson } from '../cty/index.ts'
import { DiagnosticError, Diagnostics } from '../diags/index.ts'
import type { Seal } from '../encryption/index.ts'
import { justAttributes } from '../hcl/index.ts'
import type { PlanBackend } from '../plans/planfile/index.ts'
import { decodeBody } from '../schema/index.ts'
import { type JournaledStateManager, LocalStateManager } from '../statemgr/index.ts'
import { backendHash } from './backend-hash.ts'
import { type BackendConfig, backendType, type StateStore, tryBackendType } from './backend-types.ts'
import { hasConfiguration, loadConfiguration, loadRootModule } from './configuration.ts'
import { encryptionOf } from './encryption.ts'
import { withJournal } from './journal-place.ts'
import { localPath } from './local-backend.ts'
import { checkNamedWorkspace, type Environment, type Settings } from './settings.ts'
import type { GivenVariable } from './variables.ts'
import { terraformVersion } from './versions.ts'

/** Where the states of this directory's workspaces live: a kind of backend with its arguments. */
export interface BackendSettings {
  readonly type: string
  readonly config: BackendConfig
  /** How states are encrypted there; undefined: not at all. */
  readonly seal?: Seal | undefined
}

export const defaultBackend: BackendSettings = { type: 'local', config: { path: null, workspace_dir: null } }

/** Overrides from the command line, for states in local files. */
export interface StatePaths {
  readonly statePath?: string | undefined
  readonly stateOutPath?: string | undefined
  readonly backupPath?: string | undefined
  /** An empty file stands for no state even beside a backup. */
  readonly acceptEmptied?: boolean | undefined
}

/** A backend as a block and perhaps other sources give it. */
export interface DecodedBackend {
  readonly settings: BackendSettings
  /** Of the block alone; see `backendHash`. */
  readonly hash: number
}

/** The block's arguments without a look at what is required; undefined when they are wrong or the backend is not supported, which is reported. */
export function decodeBackendBlock(
  { type, body, problems, range }: Backend,
  diags: Diagnostics,
): { readonly type: string; readonly config: Value; readonly hash: number } | undefined {
  const known = backendType(type, diags, range)
  if (known === undefined) return undefined
  const own = new Diagnostics()
  own.addAll(problems)
  if (own.hasErrors) {
    diags.addAll(own.items)
    return undefined
  }
  const config = decodeBody(body, known.schema, undefined, own)
  diags.addAll(own.items)
  if (own.hasErrors || !config.isWhollyKnown) return undefined
  return { type, config, hash: backendHash(type, asRecorded(type, config)) }
}

/** The settings in a `backend` block alone; undefined when they are wrong, not complete or not supported, which is reported. */
export function readBackendBlock(
  backend: Backend | undefined,
  diags: Diagnostics,
  environment: Environment = process.env,
): BackendSettings | undefined {
  if (backend === undefined) return defaultBackend
  diags.addAll(backend.problems)
  if (backend.problems.length > 0) return undefined
  const decoded = decodeBackendBlock(backend, diags)
  if (decoded === undefined) return undefined
  const settings = settingsOf(decoded.type, decoded.config)
  return checkBackend(settings, environment, backend, diags) ? settings : undefined
}

export function settingsOf(type: string, config: Value): BackendSettings {
  const recorded = asRecorded(type, config)
  return { type, config: JSON.parse(valueToJson(recorded, recorded.type)) as BackendConfig }
}

/** The arguments without those that only OpenTofu has and that are not set. */
function asRecorded(type: string, config: Value): Value {
  const { openTofuOnly = [] } = tryBackendType(type)!
  const isUnused = (name: string): boolean => openTofuOnly.includes(name) && config.getAttr(name).isNull
  if (!openTofuOnly.some(isUnused)) return config
  return objectVal([...config.asMap()].filter(([name]) => !isUnused(name)))
}

/** Whether a state could be stored there, as far as that can be told without asking anybody; what is wrong is reported. */
export function checkBackend(settings: BackendSettings, environment: Environment, block: Backend | undefined, diags: Diagnostics): boolean {
  const known = tryBackendType(settings.type)!
  const own = new Diagnostics()
  const place = block === undefined ? {} : { subject: block.range }
  for (const name of Object.keys(known.required)) {
    const value = settings.config[name]
    if (value === null || value === undefined || value === '')
      own.error(
        'Missing Required Value',
        `The attribute "${name}" is required by the backend.\n\nRefer to the backend documentation for additional information which attributes are required.`,
        place,
      )
  }
  known.check(settings.config, environment, (summary, detail) => own.error(summary, detail, place))
  diags.addAll(own.items)
  return !own.hasErrors
}

/** Warns of arguments that have been replaced by others, where `block` gives them, or in one that was used before. */
export function warnOfDeprecated({ type, config }: BackendSettings, block: Backend | undefined, diags: Diagnostics): void {
  const written = block === undefined ? undefined : justAttributes(block.body, new Diagnostics())
  for (const [name, instead] of Object.entries(tryBackendType(type)?.deprecated ?? {})) {
    if (config[name] === null || config[name] === undefined) continue
    const subject = written?.get(name)?.range ?? block?.range
    diags.warning(
      'Deprecated Parameter',
      `The parameter "${name}" is deprecated. Use parameter "${instead}" instead.`,
      subject === undefined ? {} : { subject },
    )
  }
}

/** What `init` has recorded in the data directory. */
export interface BackendRecord {
  readonly type: string
  readonly config: BackendConfig
  /** Of the block that it was made from; undefined in records that do not say. */
  readonly hash: number | undefined
}

/** Undefined when there is no record, or none of a backend. */
export function recordedBackend(settings: Pick<Settings, 'dataDir'>): BackendRecord | undefined {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(recordPath(settings), 'utf8'))
  } catch {
    return undefined
  }
  const backend = (json as { backend?: { type?: unknown; config?: BackendConfig | null; hash?: unknown } } | null)?.backend
  if (typeof backend?.type !== 'string' || backend.type === '') return undefined
  return { type: backend.type, config: backend.config ?? {}, hash: typeof backend.hash === 'number' ? backend.hash : undefined }
}

export function recordPath(settings: Pick<Settings, 'dataDir'>): string {
  return join(settings.dataDir, 'terraform.tfstate')
}

/** Whether two settings mean the same. Records of other versions may have more or fewer nulls. */
export function sameBackend(a: BackendSettings, b: BackendSettings): boolean {
  return a.type === b.type && canonical(a.config) === canonical(b.config)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => {
    if (typeof v !== 'object' || v === null || Array.isArray(v)) return v
    const set = Object.entries(v).filter(([, member]) => member !== null)
    return Object.fromEntries(set.sort(([x], [y]) => (x < y ? -1 : 1)))
  })
}

/** A backend by its type and arguments, as remote states and plans have them; undefined for one that is not supported. */
export function backendFromRecord(type: string, config: BackendConfig): BackendSettings | undefined {
  return tryBackendType(type) === undefined ? undefined : { type, config }
}

/** The arguments as JSON, as the record of `init` and saved plans have them. */
export function backendConfigJson(backend: BackendSettings): BackendConfig {
  return backend.config
}

/**
 * The backend in use, when the configuration and what `init` recorded agree, with the encryption of its states; undefined with a diagnostic
 * otherwise.
 */
export function activeBackend(
  module: Module,
  settings: Settings,
  command: string,
  given: readonly GivenVariable[],
  diags: Diagnostics,
): BackendSettings | undefined {
  if (!checkNamedWorkspace(settings, diags)) return undefined
  const backend = agreedBackend(module.backend, settings, command, diags)
  const encryption = backend === undefined ? undefined : encryptionOf(module, settings, given, diags)
  return encryption && { ...backend!, seal: encryption.state }
}

function agreedBackend(
  configured: Backend | undefined,
  settings: Settings,
  command: string,
  diags: Diagnostics,
): BackendSettings | undefined {
  const recorded = recordedBackend(settings)
  if (configured === undefined) {
    if (recorded === undefined) return defaultBackend
    reportInitNeeded(`Unsetting the previously set backend "${recorded.type}"`, command, diags)
    return undefined
  }
  if (backendType(configured.type, diags, configured.range, 'Invalid backend type') === undefined) return undefined
  if (recorded === undefined) {
    reportInitNeeded(`Initial configuration of the requested backend "${configured.type}"`, command, diags)
    return undefined
  }
  if (recorded.type !== configured.type) {
    reportInitNeeded(`Backend type changed from "${recorded.type}" to "${configured.type}"`, command, diags)
    return undefined
  }
  const decoded = decodeBackendBlock(configured, diags)
  if (decoded === undefined) return undefined
  // A block may be partial: what the record has beside it came from the command line of init.
  if (recorded.hash !== decoded.hash && !sameBackend(recorded, settingsOf(decoded.type, decoded.config))) {
    reportInitNeeded(`Backend configuration block has changed`, command, diags)
    return undefined
  }
  return { type: recorded.type, config: recorded.config }
}

function reportInitNeeded(reason: string, command: string, diags: Diagnostics): void {
  diags.error(
    `Backend initialization required${/^(Initial|Unsetting)/.test(reason) ? ',' : ':'} please run "${command} init"`,
    // The lines are broken as Terraform breaks them: programs compare the text.
    `Reason: ${reason}\n\nThe "backend" is the interface that Terraform uses to store state,\nperform operations, etc. If this message is showing up, it means that the\nTerraform configuration you're using is using a custom configuration for\nthe Terraform backend.\n\nChanges to backend configurations require reinitialization. This allows\nTerraform to set up the new configuration, copy existing state, etc. Please run\n"${command} init" with either the "-reconfigure" or "-migrate-state" flags to\nuse the current configuration.\n\nIf the change reason above is incorrect, please verify your configuration\nhasn't changed and try again. At this point, no changes to your existing\nconfiguration or state have been made.`,
  )
}

/**
 * The backend in use, for commands that need nothing else of the configuration; undefined and reported when nobody can open it, or the
 * configuration is wrong.
 *
 * @param heeds what of the configuration must be right: the root module, or all modules and the version that they ask for, as Terraform has it
 * for some commands that change or print states.
 */
export function currentBackend(
  settings: Settings,
  command: string,
  diags: Diagnostics,
  heeds: 'rootModule' | 'all' = 'rootModule',
): BackendSettings | undefined {
  if (!checkNamedWorkspace(settings, diags)) return undefined
  const isBare = recordedBackend(settings) === undefined && !settings.environment.TF_ENCRYPTION
  if (isBare && !hasConfiguration()) return defaultBackend
  const own = new Diagnostics()
  const module = heeds === 'all' ? loadConfiguration(settings, own).config.module : loadRootModule(settings, own, { anyVersion: true })
  if (module === undefined) return defaultBackend
  if (own.hasErrors) {
    diags.addAll(own.items)
    return undefined
  }
  return activeBackend(module, settings, command, [], diags)
}

/** @param environment where credentials and endpoints may come from. */
export function openStore(backend: BackendSettings, environment: Environment = process.env): StateStore {
  const store = tryBackendType(backend.type)!.open(backend.config, environment)
  return {
    stateManager: (workspace, seal) => store.stateManager(workspace, seal),
    workspaces: () => diagnosed('Failed to get existing workspaces', () => store.workspaces()),
    deleteWorkspace: (workspace) => diagnosed('Failed to delete workspace', () => store.deleteWorkspace(workspace)),
  }
}

/** What a service or a network is the reason of is a diagnostic; what a mistake of the program is stays one. */
async function diagnosed<T>(summary: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
    if (!(error instanceof Error) || error instanceof DiagnosticError || isBug) throw error
    throw new DiagnosticError({ severity: 'error', summary, detail: error.message })
  }
}

/**
 * The state of one workspace, with its journal.
 *
 * @param environment where credentials and endpoints of remote states may come from.
 * @param dataDir where journals of remote states are kept.
 */
export function openStateManager(
  backend: BackendSettings,
  workspace: string,
  paths: StatePaths = {},
  environment: Environment = process.env,
  dataDir: string = environment.TF_DATA_DIR || '.terraform',
): JournaledStateManager {
  const local = localStateFiles(backend, workspace, paths)
  if (local === undefined) {
    const store = openStore(backend, environment)
    return withJournal(store.stateManager(workspace, backend.seal), { dataDir }, backend.seal)
  }
  // A single dash turns the backup off.
  const backupPath = paths.backupPath === '-' ? false : paths.backupPath
  return withJournal(
    new LocalStateManager({ ...local, backupPath, acceptEmptied: paths.acceptEmptied, terraformVersion, seal: backend.seal }),
    local,
    backend.seal,
  )
}

/** The files of a workspace's state where it is kept in files: read from `path`, written to `outPath`. Undefined for all other backends. */
export function localStateFiles(
  backend: BackendSettings,
  workspace: string,
  paths: StatePaths = {},
): { readonly path: string; readonly outPath: string } | undefined {
  // A path on the command line means a local file, wherever the state is otherwise.
  if (backend.type !== 'local' && paths.statePath === undefined) return undefined
  const path = paths.statePath ?? localPath(backend.config, workspace)
  return { path, outPath: paths.stateOutPath ?? path }
}

export function backendForPlan(backend: BackendSettings, settings: Settings): PlanBackend {
  return { type: backend.type, config: backend.config, workspace: settings.workspace }
}

export function backendFromPlan(plan: PlanBackend): BackendSettings {
  return backendFromRecord(plan.type, (plan.config ?? {}) as BackendConfig) ?? defaultBackend
}
