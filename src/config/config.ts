import type { ConfigResource, LocalProviderConfig, ModulePath, ProviderSource, Resource } from '../addrs/index.ts'
import type { Type, Value } from '../cty/index.ts'
import type { SourceRange } from '../diags/index.ts'
import type { Body, Expr, Traversal, TypeDefaults } from '../hcl/index.ts'

export type { TypeDefaults } from '../hcl/index.ts'

/** A module and, below it, the modules it calls: the static tree that everything else expands. */
export interface Config {
  readonly path: ModulePath
  readonly module: Module
  /** Of a registry module: the version that is installed. */
  readonly version?: string | undefined
  /** By call name. */
  readonly children: ReadonlyMap<string, Config>
}

/** The merged content of one folder. Maps are in order of declaration (files by name). */
export interface Module {
  /** Folder, relative to the working directory with forward slashes; `.` for the root. */
  readonly sourceDir: string
  readonly requiredVersions: readonly { readonly constraint: string; readonly range: SourceRange }[]
  readonly requiredProviders: ReadonlyMap<string, RequiredProvider>
  readonly backend: Backend | undefined
  /** By local provider name. */
  readonly providerMetas: ReadonlyMap<string, ProviderMeta>
  readonly providerConfigs: ReadonlyMap<string, ProviderConfig>
  readonly variables: ReadonlyMap<string, InputVariable>
  readonly locals: ReadonlyMap<string, LocalValue>
  readonly outputs: ReadonlyMap<string, OutputValue>
  readonly moduleCalls: ReadonlyMap<string, ModuleCall>
  /** Managed, data and ephemeral resources by `resourceToString`; those inside `check` blocks are not among them. */
  readonly resources: ReadonlyMap<string, ResourceConfig>
  readonly moved: readonly Moved[]
  readonly removed: readonly Removed[]
  readonly imports: readonly Import[]
  readonly checks: ReadonlyMap<string, Check>
}

export interface RequiredProvider {
  readonly localName: string
  readonly source: ProviderSource
  /** As written, e.g. `~> 5.0`; undefined when not constrained. */
  readonly version: string | undefined
  readonly configurationAliases: readonly LocalProviderConfig[]
  readonly range: SourceRange
}

export interface Backend {
  /** `cloud` for a `cloud` block. */
  readonly type: string
  readonly body: Body
  readonly range: SourceRange
}

/** What a module tells a provider about itself. */
export interface ProviderMeta {
  readonly localName: string
  readonly body: Body
  readonly range: SourceRange
}

/** Key in `Module.providerConfigs`: `aws` or `aws.west`. */
export interface ProviderConfig {
  readonly localName: string
  readonly alias: string | undefined
  readonly version: string | undefined
  /** What is left for the provider's schema. */
  readonly body: Body
  readonly range: SourceRange
}

export interface InputVariable {
  readonly name: string
  /** The constraint, optional attributes included; `dynamic` when none is given. */
  readonly type: Type
  /** Defaults of optional attributes inside `type`. */
  readonly typeDefaults: TypeDefaults | undefined
  /** Converted to the type; undefined when the variable is required. */
  readonly default: Value | undefined
  readonly description: string | undefined
  readonly sensitive: boolean
  readonly ephemeral: boolean
  readonly nullable: boolean
  readonly deprecated: string | undefined
  readonly validations: readonly CheckRule[]
  /** Whether command line text is taken as it is (primitive types) or parsed as an expression. */
  readonly parsing: 'literal' | 'expression'
  readonly range: SourceRange
}

export interface LocalValue {
  readonly name: string
  readonly expr: Expr
  readonly range: SourceRange
}

export interface OutputValue {
  readonly name: string
  readonly expr: Expr
  readonly description: string | undefined
  readonly sensitive: boolean
  readonly ephemeral: boolean
  readonly deprecated: string | undefined
  readonly dependsOn: readonly Traversal[]
  readonly preconditions: readonly CheckRule[]
  readonly range: SourceRange
}

export interface ModuleCall {
  readonly name: string
  /** As written; local (`./x`), registry or other. Empty when source or version could not be read, which was reported. */
  readonly source: string
  readonly version: string | undefined
  readonly count: Expr | undefined
  readonly forEach: Expr | undefined
  readonly dependsOn: readonly Traversal[]
  /** Present where `depends_on` was written, an empty list included. */
  readonly dependsOnRange: SourceRange | undefined
  /** Provider configurations handed down. Undefined: nothing said, defaults are inherited. */
  readonly providers: readonly PassedProvider[] | undefined
  /** The arguments. */
  readonly body: Body
  readonly sourceRange: SourceRange
  readonly range: SourceRange
}

/** One entry of a module call's `providers`: name in the child, name in the caller. */
export interface PassedProvider {
  readonly inChild: LocalProviderConfig
  readonly inParent: LocalProviderConfig
  readonly inChildRange: SourceRange
  /** Of the name in the caller. */
  readonly range: SourceRange
}

export interface ResourceConfig {
  readonly address: Resource
  readonly count: Expr | undefined
  readonly forEach: Expr | undefined
  /** The configuration that serves it, as named in this module; from `provider =` or implied by the type's prefix. */
  readonly provider: LocalProviderConfig
  readonly providerRange: SourceRange | undefined
  readonly dependsOn: readonly Traversal[]
  readonly lifecycle: Lifecycle
  readonly connection: Body | undefined
  readonly provisioners: readonly Provisioner[]
  /** What is left for the resource type's schema. */
  readonly body: Body
  /** Type and name as written. */
  readonly range: SourceRange
}

export interface Lifecycle {
  /** Undefined: not said. */
  readonly createBeforeDestroy: boolean | undefined
  readonly preventDestroy: boolean
  readonly preventDestroyRange: SourceRange | undefined
  /** Relative to the resource: `tags["x"]`. */
  readonly ignoreChanges: readonly Traversal[]
  readonly ignoreAllChanges: boolean
  readonly replaceTriggeredBy: readonly Expr[]
  readonly preconditions: readonly CheckRule[]
  readonly postconditions: readonly CheckRule[]
}

export interface CheckRule {
  readonly condition: Expr
  readonly errorMessage: Expr
  readonly range: SourceRange
}

export interface Provisioner {
  readonly type: string
  readonly when: 'create' | 'destroy'
  readonly onFailure: 'fail' | 'continue'
  readonly connection: Body | undefined
  readonly body: Body
  readonly range: SourceRange
}

export interface Moved {
  readonly from: Traversal
  readonly to: Traversal
  readonly range: SourceRange
}

export interface Removed {
  readonly from: Traversal
  readonly destroy: boolean
  readonly provisioners: readonly Provisioner[]
  readonly range: SourceRange
}

export interface Import {
  /** The address; instance keys may be expressions. */
  readonly to: Expr
  /** The resource that `to` names, without instance keys; the module path is empty for the root module. */
  readonly target: ConfigResource
  readonly id: Expr | undefined
  readonly identity: Expr | undefined
  readonly forEach: Expr | undefined
  readonly provider: LocalProviderConfig | undefined
  readonly providerRange: SourceRange | undefined
  readonly range: SourceRange
}

export interface Check {
  readonly name: string
  readonly data: ResourceConfig | undefined
  readonly asserts: readonly CheckRule[]
  readonly range: SourceRange
}
