import { readFileSync } from 'node:fs'
import { absResourceInstanceToString } from '../addrs/index.ts'
import { checkProvisioner } from '../builtin/provisioners/check.ts'
import { connectionSchema } from '../builtin/provisioners/connection.ts'
import { fileSchema, localExecSchema, remoteExecSchema } from '../builtin/provisioners/schemas.ts'
import type { Config, VariableInput } from '../config/index.ts'
import { type Diagnosed, type Diagnostic, Diagnostics } from '../diags/index.ts'
import type { Seal } from '../encryption/index.ts'
import { apply, type EngineHooks, type EngineInput, type PlanOptions, type PlanResult, plan, validate } from '../engine/index.ts'
import type { Plan, PlanMode } from '../plans/index.ts'
import { type PlanFile, writePlanFile } from '../plans/planfile/index.ts'
import type { BlockSchema } from '../schema/index.ts'
import { emptyState, type State, type StateFile } from '../states/index.ts'
import type { BackendSettings } from './backend.ts'
import { backendForPlan } from './backend.ts'
import type { LoadedConfig } from './configuration.ts'
import { checkProviders, providerFactories } from './providers.ts'
import type { StateSession } from './session.ts'
import { StatePersister } from './session.ts'
import type { Settings } from './settings.ts'
import { landformVersion } from './versions.ts'

export interface OperationContext {
  readonly settings: Settings
  /** Where relative paths of functions such as `file` start; the process's directory when not given. */
  readonly baseDir?: string | undefined
  readonly hooks: EngineHooks
  readonly parallelism: number
  readonly stop: AbortSignal
  /** Told what the root module is worth once everything has been planned. */
  readonly onEvaluated?: EngineInput['onEvaluated']
}

export interface PlanRequest {
  readonly mode: PlanMode
  readonly refresh: boolean
  readonly targets: readonly string[]
  readonly excludes?: readonly string[] | undefined
  readonly forceReplace: readonly string[]
  /** Objects to be brought in beside those that import blocks name. */
  readonly imports?: PlanOptions['imports']
  /** Writes configuration for imports into resources that are not declared. */
  readonly generateConfig?: PlanOptions['generateConfig']
  /** What `plantimestamp()` gives; the clock when not given. */
  readonly timestamp?: string | undefined
}

const provisionerSchemas: Readonly<Record<string, BlockSchema>> = {
  'local-exec': localExecSchema,
  'remote-exec': remoteExecSchema,
  file: fileSchema,
}

/** What the engine is given for a configuration in this directory, whatever it is to do with it. */
export function engineInput(
  config: Config,
  state: State,
  variables: EngineInput['variables'],
  context: OperationContext,
  hooks: EngineHooks,
): EngineInput {
  return {
    config,
    providers: providerFactories(context.settings, config),
    state,
    variables,
    cwd: context.settings.originalDir,
    baseDir: context.baseDir,
    workspace: context.settings.workspace,
    parallelism: context.parallelism,
    deprecations: context.settings.deprecations,
    hooks,
    stop: context.stop,
    provisioners: {
      schemaOf: (type) => provisionerSchemas[type],
      check: checkProvisioner,
      connection: connectionSchema,
      async run(type, config, output, stop, connection) {
        const { runFile, runLocalExec, runRemoteExec } = await import('../builtin/provisioners/index.ts')
        const options = { output, environment: process.env, stop }
        if (type === 'local-exec') return runLocalExec(config, options)
        return type === 'file' ? runFile(config, connection, options) : runRemoteExec(config, connection, options)
      },
    },
  }
}

/** What nobody will manage any more is worth a word, because nothing else will ever mention it again. */
function forgetWarning(planned: Plan): readonly Diagnostic[] {
  const forgotten = planned.changes.filter((c) => c.action === 'forget' || c.action === 'forgetThenCreate')
  if (forgotten.length === 0) return []
  const list = forgotten.map((c) => ` - ${absResourceInstanceToString(c.address)}`).join('\n')
  const detail = `If you apply this plan, Terraform will discard its tracking information for the following objects, but it will not delete them:\n${list}\n\nAfter applying this plan, Terraform will no longer manage these objects. You will need to import them into Terraform to manage them again.`
  return [{ severity: 'warning', summary: 'Some objects will no longer be managed by Terraform', detail }]
}

function diagnosticKey({ severity, summary, detail, subject, address }: Diagnostic): string {
  return JSON.stringify([severity, summary, detail, subject?.source.filename, subject?.start, address])
}

/** Validates, then plans. The value is undefined when the configuration is not valid; with other errors it is what was planned until then. */
export async function planOperation(
  config: Config,
  session: StateSession,
  variables: ReadonlyMap<string, VariableInput>,
  request: PlanRequest,
  context: OperationContext,
): Promise<Diagnosed<PlanResult | undefined>> {
  const state = session.file?.state ?? emptyState
  const missing = new Diagnostics()
  checkProviders(config, state, context.settings, missing)
  if (missing.hasErrors) return { value: undefined, diags: missing.items }
  // Named one by one: callers hand in structs that hold more.
  const { mode, refresh, targets, excludes, forceReplace, imports, timestamp, generateConfig } = request
  const input = { ...engineInput(config, state, variables, context, context.hooks), onEvaluated: context.onEvaluated }
  const { diags: invalid } = await validate(input)
  if (invalid.some((d) => d.severity === 'error')) return { value: undefined, diags: invalid }
  const { value, diags } = await plan(input, {
    mode,
    refresh,
    targets,
    excludes,
    forceReplace,
    imports,
    timestamp,
    generateConfig,
    validate: false,
  })
  const told = new Set(invalid.map(diagnosticKey))
  return {
    value: value.begun ? value : undefined,
    diags: [...invalid, ...diags.filter((d) => !told.has(diagnosticKey(d))), ...forgetWarning(value.plan)],
  }
}

export interface ApplyOutcome {
  readonly state: State
  /** The text of the state when it could be saved nowhere: the last copy. */
  readonly rescuedText: string | undefined
  readonly persister: StatePersister
}

/** Applies a plan to the state it was made from, writing the state down as it changes. */
export async function applyOperation(
  config: Config,
  session: StateSession,
  planned: Plan,
  variables: ReadonlyMap<string, VariableInput>,
  context: OperationContext,
  diags: Diagnostics,
  onPersister: (persister: StatePersister) => void = () => {},
): Promise<ApplyOutcome> {
  const seconds = Number(context.settings.environment.TF_STATE_PERSIST_INTERVAL)
  const persister = new StatePersister(session.manager, seconds > 0 ? { intervalMs: seconds * 1000 } : {})
  onPersister(persister)
  const before = session.file?.state ?? emptyState
  checkProviders(config, before, context.settings, diags)
  if (diags.hasErrors) return { state: before, rescuedText: undefined, persister }
  if (planned.changes.some((change) => change.action !== 'noop')) await persister.begin(planned.priorState)
  const hooks: EngineHooks = { ...context.hooks, ...persister.hooks() }
  // What the plan was made with counts; only ephemeral values, which no plan keeps, are given again.
  const values = new Map<string, VariableInput>()
  for (const [name, input] of variables) values.set(name, input)
  for (const [name, value] of planned.variables) values.set(name, { value })
  const { value: state, diags: found } = await apply({
    ...engineInput(config, before, values, context, hooks),
    plan: planned,
  })
  diags.addAll(found)
  const { rescuedText } = await persister.finish(state, diags)
  return { state, rescuedText, persister }
}

/** Saves a plan with all that applying it needs. @throws Error of the file system */
export async function savePlan(
  path: string,
  planned: Plan,
  loaded: LoadedConfig,
  state: StateFile | undefined,
  backend: BackendSettings,
  settings: Settings,
  seal?: Seal,
): Promise<void> {
  const file = {
    plan: planned,
    stateLineage: state?.lineage ?? '',
    stateSerial: state?.serial ?? 0,
    configFiles: loaded.files,
    backend: backendForPlan(backend, settings),
    lockFile: readOptional('.terraform.lock.hcl'),
    landformVersion,
  }
  await writePlanFile(path, file, seal)
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Reports that other versions or packages of providers have been selected since a plan was saved (P-50); constraints may differ. */
export async function checkSameSelections(file: Pick<PlanFile, 'lockFile'>, diags: Diagnostics): Promise<void> {
  const now = readOptional('.terraform.lock.hcl')
  if (now === file.lockFile) return
  const { compareLocks, parseLockFile } = await import('../registry/index.ts')
  // What is wrong with the file is told where its packages are needed.
  const locks = (text = '') => parseLockFile(text, new Diagnostics())
  if (compareLocks(locks(file.lockFile), locks(now)) === 'same') return
  diags.error(
    'Inconsistent dependency lock file',
    'The given plan file was created with a different set of external dependency selections than the current configuration. A saved plan can be applied only to the same configuration it was created from.\n\nCreate a new plan from the updated configuration.',
  )
}

/** Reports when the state is no longer the one that a plan was made from. */
export function checkNotStale(file: PlanFile, current: StateFile | undefined, diags: Diagnostics): void {
  const lineage = current?.lineage ?? ''
  const serial = current?.serial ?? 0
  if (file.stateLineage === '' && current === undefined) return
  if (file.stateLineage !== '' && lineage !== '' && file.stateLineage !== lineage) {
    diags.error(
      'Saved plan does not match the given state',
      'The given plan file can not be applied because it was created from a different state lineage.',
    )
  } else if (file.stateLineage !== lineage || file.stateSerial !== serial) {
    diags.error(
      'Saved plan is stale',
      'The given plan file can no longer be applied because the state was changed by another operation after the plan was created.',
    )
  }
}
