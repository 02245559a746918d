import { absResourceInstanceToString } from '../addrs/index.ts'
import { collectVariables, loadVariableFiles, type VariableInput } from '../config/index.ts'
import type { Value } from '../cty/index.ts'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import type { Action, Plan, PlanMode } from '../plans/index.ts'
import { MemoryStateManager } from '../statemgr/index.ts'
import { emptyState, type State, type StateFile } from '../states/index.ts'
import { type LoadedConfig, type OperationContext, planOperation, type Settings, terraformVersion } from '../workdir/index.ts'
import { eventHooks } from './events.ts'
import { type RunOptions, settingsFor } from './run-options.ts'
import { type ConfigSource, openSource } from './source.ts'
import { valueFromPlain, valueToPlain } from './values.ts'

export interface PlanOptions extends RunOptions {
  /** What exists already; nothing when not given. */
  readonly state?: State | undefined
  /** Root input variables: anything JSON can say, or values of the language. They win over files and environment. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined
  readonly mode?: PlanMode | undefined
  /** Whether stored objects are read again; true when not given. */
  readonly refresh?: boolean | undefined
  readonly targets?: readonly string[] | undefined
  /** Addresses of instances to be replaced. */
  readonly replace?: readonly string[] | undefined
}

/** A managed resource instance that the plan changes. */
export interface PlannedResource {
  readonly address: string
  /** Path of its construct below the stack, such as `api/load-balancer/elb`; empty when no construct made it. */
  readonly construct: string
  readonly type: string
  readonly action: Action
  /** Its attributes before the change; empty for what is created. Sensitive ones are not shown. */
  readonly before: Readonly<Record<string, unknown>>
  /** Its attributes after the change: what is known only after apply is undefined, what is sensitive is not shown. */
  readonly values: Readonly<Record<string, unknown>>
}

export interface PlannedOutput {
  readonly action: Action
  readonly sensitive: boolean
  /** As planned, unknowns kept. */
  readonly value: Value
}

export interface Planned {
  /** Whether there were no errors: only then can it be applied. */
  readonly ok: boolean
  /** Warnings too. */
  readonly diags: readonly Diagnostic[]
  /** With errors what was planned until then; undefined when the configuration is not valid. */
  readonly plan: Plan | undefined
  /** Managed resources that change, by address. */
  readonly resources: readonly PlannedResource[]
  /** Output values of the root module. */
  readonly outputs: ReadonlyMap<string, PlannedOutput>
  /** What applying needs of the planning; undefined when there is nothing to apply. */
  readonly origin: Origin | undefined
}

/** The run that a plan was made in. */
export interface Origin {
  readonly loaded: LoadedConfig
  readonly settings: Settings
  readonly variables: ReadonlyMap<string, VariableInput>
  readonly state: State
  readonly baseDir: string
  readonly options: RunOptions
}

/**
 * Finds out what it takes to make what exists be what is configured, in this process. Data sources are read and objects refreshed by the
 * providers with the credentials of `options.environment`. Nothing is written anywhere.
 */
export async function plan(source: ConfigSource, options: PlanOptions = {}): Promise<Planned> {
  const diags = new Diagnostics()
  const origin = openOrigin(source, options, diags)
  if (origin === undefined) return failed(diags)
  const { loaded, settings, variables, state, baseDir } = origin.value
  const { value, diags: found } = await planOperation(
    loaded.config,
    { manager: new MemoryStateManager(terraformVersion), file: fileOf(state) },
    variables,
    {
      mode: options.mode ?? 'normal',
      refresh: options.refresh ?? true,
      targets: options.targets ?? [],
      forceReplace: options.replace ?? [],
    },
    operationContext(settings, options, baseDir),
  )
  diags.addAll(found)
  if (value === undefined) return failed(diags)
  const { plan: made } = value
  return {
    ok: !diags.hasErrors,
    diags: diags.items,
    plan: made,
    resources: changedResources(made, origin.constructs),
    outputs: new Map(made.outputChanges.map(({ name, action, sensitive, after }) => [name, { action, sensitive, value: after }])),
    origin: origin.value,
  }
}

function failed(diags: Diagnostics): Planned {
  return { ok: false, diags: diags.items, plan: undefined, resources: [], outputs: new Map(), origin: undefined }
}

function openOrigin(
  source: ConfigSource,
  options: PlanOptions,
  diags: Diagnostics,
): { readonly value: Origin; readonly constructs: ReadonlyMap<string, string> } | undefined {
  const opened = openSource(source, diags)
  if (opened === undefined) return undefined
  const { baseDir, dataDir, constructs } = opened
  const settings = settingsFor(options, baseDir, dataDir, diags)
  if (diags.hasErrors) return undefined
  const loaded = opened.load(settings, diags)
  if (diags.hasErrors) return undefined
  const files = loadVariableFiles('.', opened.files, diags)
  const variables = new Map(collectVariables({ env: settings.environment, files, cli: [] }, loaded.config, diags))
  for (const [name, plain] of Object.entries(options.variables ?? {})) {
    if (loaded.config.module.variables.has(name)) variables.set(name, { value: valueFromPlain(plain), sourceDescription: 'by the caller' })
    else
      diags.error(
        'Value for undeclared variable',
        `A variable named "${name}" was given, but the root module does not declare a variable of that name.`,
      )
  }
  if (diags.hasErrors) return undefined
  return { value: { loaded, settings, variables, state: options.state ?? emptyState, baseDir, options }, constructs }
}

/** A state without history: it is nobody's but the caller's. */
export function fileOf(state: State): StateFile {
  return { terraformVersion, serial: 0, lineage: '', state }
}

export function operationContext(settings: Settings, options: RunOptions, baseDir: string): OperationContext {
  return {
    settings,
    hooks: eventHooks(options.onEvent),
    parallelism: options.parallelism ?? 10,
    stop: options.stop ?? new AbortController().signal,
    baseDir,
  }
}

function changedResources(made: Plan, constructs: ReadonlyMap<string, string>): readonly PlannedResource[] {
  return made.changes
    .filter((change) => change.address.resource.mode === 'managed' && change.action !== 'noop')
    .map(({ address: instance, action, before, after }) => {
      const address = absResourceInstanceToString(instance)
      return {
        address,
        construct: constructs.get(address.replace(/\[.*$/, '')) ?? '',
        type: instance.resource.type,
        action,
        before: (valueToPlain(before) ?? {}) as Record<string, unknown>,
        values: (valueToPlain(after) ?? {}) as Record<string, unknown>,
      }
    })
}
