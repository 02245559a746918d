import type { AbsProviderConfig, AbsResourceInstance, ModuleInstance, ProviderSource } from '../addrs/index.ts'
import type { Config, VariableInput } from '../config/index.ts'
import type { FunctionSpec, Value } from '../cty/index.ts'
import type { Diagnostic, Diagnostics } from '../diags/index.ts'
import type { EvalContext, Expr } from '../hcl/index.ts'
import type { FunctionTable as LanguageFunctions } from '../lang/functions/index.ts'
import type { FunctionTable, Needs } from '../lang/index.ts'
import type { Action, Importing, Plan, PlanMode } from '../plans/index.ts'
import type { Provider, ProviderSchema } from '../providers/index.ts'
import type { BlockSchema } from '../schema/index.ts'
import type { InstanceChange, State } from '../states/index.ts'
import type { MaybePromise } from './_steps.ts'
import type { DeprecationLevel } from './deprecations.ts'
import type { GeneratedResource } from './plan/generate-config.ts'

/** Where providers come from. The engine starts what it needs and closes what it started. A `DiagnosticError` is reported. */
export interface ProviderFactories {
  /** A fresh one without configuration; undefined when there is none for this source. @param config what it will be configured as, where that is known. */
  open(source: ProviderSource, config?: AbsProviderConfig): MaybePromise<Provider | undefined>
  schemaOf(source: ProviderSource): MaybePromise<ProviderSchema | undefined>
}

/** Where provisioners come from. */
export interface ProvisionerRuntime {
  /** Of the arguments; undefined when there is no such provisioner. */
  schemaOf(type: string): BlockSchema | undefined
  /** What is wrong with arguments that fit the schema; parts of them may be unknown. */
  check?(type: string, config: Value): readonly Diagnostic[]
  /** Of `connection` blocks; absent: there are no provisioners that need one. */
  readonly connection?: BlockSchema | undefined
  /** `config` and `connection` are wholly known and unmarked; the latter is undefined where no block gives one. `output` is told each line. */
  run(
    type: string,
    config: Value,
    output: (line: string) => void,
    stop: AbortSignal | undefined,
    connection: Value | undefined,
  ): Promise<readonly Diagnostic[]>
}

export interface EngineInput {
  readonly config: Config
  readonly providers: ProviderFactories
  /** As read; empty when nothing is stored yet. */
  readonly state: State
  /** By name. Variables that are not declared are ignored: who collected them has said so. */
  readonly variables: ReadonlyMap<string, VariableInput>
  /** What `path.cwd` gives: the directory the command was started in, absolute. */
  readonly cwd: string
  /** Where relative paths of functions such as `file` start; the process's directory when not given. */
  readonly baseDir?: string | undefined
  /** `terraform.workspace`; `default` when not given. */
  readonly workspace?: string | undefined
  /** Concurrent provider calls; 10 when not given. */
  readonly parallelism?: number | undefined
  readonly hooks?: EngineHooks | undefined
  /** Once aborted no new operation starts; running ones finish. */
  readonly stop?: AbortSignal | undefined
  /** None when not given: then configurations with provisioners are refused. */
  readonly provisioners?: ProvisionerRuntime | undefined
  readonly standIns?: StandIns | undefined
  /** About which modules uses of what they declare deprecated are told; all when not given. */
  readonly deprecations?: DeprecationLevel | undefined
  /** Told at the end of a walk over the configuration what the root module is worth then, whether or not there were errors. */
  readonly onEvaluated?: ((scope: RootScope) => void) | undefined
  /** Takes the place of the functions of the language, which the console has others of. Those of providers come on top. */
  readonly language?: LanguageFunctions | undefined
  /** Overrides the functions of the language, for tests. */
  readonly functions?: FunctionTable | undefined
  /** ISO 8601 in UTC. The clock when not given. */
  readonly now?: (() => Date) | undefined
  /** `n` hexadecimal digits for deposed keys. Random when not given. */
  readonly randomHex?: ((n: number) => string) | undefined
}

/** Takes the place of what a configuration would ask of the world: for tests of modules. */
export interface StandIns {
  /** The configuration of a provider instead of what its block says; undefined: as the block says. */
  readonly providerConfig?: ((address: AbsProviderConfig, schema: BlockSchema, diags: Diagnostics) => Value | undefined) | undefined
  /** An output value of one module instance instead of what its block says; undefined: as the block says. */
  readonly moduleOutput?: ((module: ModuleInstance, name: string) => Value | undefined) | undefined
  /** Who answers for one resource instance, given who would, and as what that is configured. */
  readonly providerFor?: ((address: AbsResourceInstance, provider: Provider, config: AbsProviderConfig) => Provider) | undefined
}

/** The root module at the end of a walk: planned values after planning, those that exist after applying. */
export interface RootScope {
  readonly outputs: ReadonlyMap<string, Value>
  readonly variables: ReadonlyMap<string, Value>
  /** The names that are asked for with their values; references to what is not declared are reported. */
  context(needs: Needs, diags: Diagnostics): EvalContext
  /**
   * The value of an expression; an unknown with errors. Providers whose functions it calls are opened for it, also after the walk, and
   * waited for.
   *
   * @param addition a function that is there for this expression alone
   */
  evaluate(expr: Expr, diags: Diagnostics, addition?: FunctionSpec): Promise<Value>
  /** Ends the providers that were opened for expressions. */
  close(): Promise<void>
}

export interface PlanOptions {
  readonly mode?: PlanMode | undefined
  /** Whether stored objects are read again; true when not given. */
  readonly refresh?: boolean | undefined
  /** Addresses of modules, resources or instances. */
  readonly targets?: readonly string[] | undefined
  /** Addresses to leave out with all that depends on them; not together with targets. */
  readonly excludes?: readonly string[] | undefined
  /** Writes configuration for imports into resources that are not declared; `fileName` is where it will be found. */
  readonly generateConfig?: { readonly fileName: string } | undefined
  /** Addresses of managed resource instances. */
  readonly forceReplace?: readonly string[] | undefined
  /** Objects to be brought in although no import block asks for it: what the import command wants. */
  readonly imports?: readonly { readonly address: AbsResourceInstance; readonly importing: Importing }[] | undefined
  /** ISO 8601 in UTC; the clock when not given. */
  readonly timestamp?: string | undefined
  /** False leaves out the validation that comes first; for callers that have just done it. */
  readonly validate?: boolean | undefined
}

export interface PlanResult {
  readonly plan: Plan
  /** False: planning failed before there was anything to show or to save. */
  readonly begun: boolean
  /** Configuration that was written for imports. */
  readonly generated: readonly GeneratedResource[]
}

export type EphemeralAction = 'open' | 'renew' | 'close'

/** Told of what happens, as it happens. An answer that is a promise is waited for. `deposed` is set for an object left over from a replacement. */
export interface EngineHooks {
  preRefresh?(address: AbsResourceInstance, prior: Value, deposed: string | undefined): MaybePromise<void>
  postRefresh?(address: AbsResourceInstance, prior: Value, refreshed: Value, deposed: string | undefined): MaybePromise<void>
  /** An object is about to be looked up by its id or identity, to be brought under an address. */
  prePlanImport?(address: AbsResourceInstance, importing: Importing): MaybePromise<void>
  /** During apply, before and after an imported object is recorded. */
  preApplyImport?(address: AbsResourceInstance, importing: Importing): MaybePromise<void>
  postApplyImport?(address: AbsResourceInstance, importing: Importing): MaybePromise<void>
  preDiff?(address: AbsResourceInstance, prior: Value, proposed: Value): MaybePromise<void>
  postDiff?(address: AbsResourceInstance, action: Action, prior: Value, planned: Value): MaybePromise<void>
  preApply?(address: AbsResourceInstance, action: Action, before: Value, after: Value, deposed: string | undefined): MaybePromise<void>
  /** `errors` is undefined on success. */
  postApply?(
    address: AbsResourceInstance,
    action: Action,
    errors: readonly Diagnostic[] | undefined,
    newValue: Value,
    deposed: string | undefined,
  ): MaybePromise<void>
  preProvision?(address: AbsResourceInstance, type: string): MaybePromise<void>
  provisionOutput?(address: AbsResourceInstance, type: string, line: string): void
  postProvision?(address: AbsResourceInstance, type: string, errors: readonly Diagnostic[] | undefined): MaybePromise<void>
  /** Data sources. */
  preRead?(address: AbsResourceInstance): MaybePromise<void>
  postRead?(address: AbsResourceInstance, value: Value, errors: readonly Diagnostic[] | undefined): MaybePromise<void>
  /** Ephemeral resources. `defer`: opening has to wait for apply. */
  preEphemeral?(address: AbsResourceInstance, action: EphemeralAction | 'defer'): MaybePromise<void>
  postEphemeral?(address: AbsResourceInstance, action: EphemeralAction, errors: readonly Diagnostic[] | undefined): MaybePromise<void>
  /** During apply, after each change that is to be kept: the whole state, and what has become of instances since the last time. */
  stateUpdated?(state: State, changes: readonly InstanceChange[]): MaybePromise<void>
  /** During apply, before each operation. Once false nothing more is started; what is under way is finished. */
  mayStart?(): boolean
}
