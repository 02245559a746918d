import type { ConfigResource, LocalProviderConfig, ModulePath, ProviderSource, Resource } from '../addrs/index.ts'
import type { Type, Value } from '../cty/index.ts'
import type { Diagnostic, SourceRange } from '../diags/index.ts'
import type { Attribute, Block, Body, Expr, Traversal, TypeDefaults } from '../hcl/index.ts'

export type { TypeDefaults } from '../hcl/index.ts'

/** Whose answer counts where Terraform and OpenTofu differ; what only one of them has is there in both. */
export type ConfigDialect = 'terraform' | 'tofu'

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
  /** Of `.tofu` files and `language` blocks the constraint is about OpenTofu's version. */
  readonly requiredVersions: readonly {
    readonly tool: 'terraform' | 'opentofu'
    readonly constraint: string
    readonly range: SourceRange
  }[]
  readonly requiredProviders: ReadonlyMap<string, RequiredProvider>
  /** The registry of providers whose source names none: that of the dialect. */
  readonly registryHost: string
  readonly backend: Backend | undefined
  /** OpenTofu's `encryption` blocks of `terraform`, those of override files behind the one that they override. */
  readonly encryption: readonly Block[]
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
  /** With values in place of expressions that could be worked out. */
  readonly body: Body
  /** Why others could not be: for whoever reads the body to report. */
  readonly problems: readonly Diagnostic[]
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
  /** OpenTofu: one instance of the configuration for each element; always with an alias. */
  readonly forEach: Expr | undefined
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
  /** OpenTofu's `const`: whether the value may be used before planning, such as in a module's source. */
  readonly constant: boolean
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
  /** Local (`./x`), registry or other. Empty when source or version could not be read, which was reported. */
  readonly source: string
  readonly version: string | undefined
  /** Source and version that have to be evaluated before the module can be found; `loadConfig` does, and leaves them out. */
  readonly deferred?: { readonly source?: Attribute | undefined; readonly version?: Attribute | undefined } | undefined
  readonly count: Expr | undefined
  readonly forEach: Expr | undefined
  /** OpenTofu's `enabled` of `lifecycle`. */
  readonly enabled: Expr | undefined
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
  /** OpenTofu: which instance of the configuration in the caller. */
  readonly key: Expr | undefined
  /** Of the name of the provider in the child, without its alias. */
  readonly inChildRange: SourceRange
  /** The same in the caller. */
  readonly range: SourceRange
}

export interface ResourceConfig {
  readonly address: Resource
  readonly count: Expr | undefined
  readonly forEach: Expr | undefined
  /** OpenTofu's `enabled` of `lifecycle`. */
  readonly enabled: Expr | undefined
  /** The configuration that serves it, as named in this module; from `provider =` or implied by the type's prefix. */
  readonly provider: LocalProviderConfig
  /** OpenTofu: which instance of that configuration. */
  readonly providerKey: Expr | undefined
  readonly providerRange: SourceRange | undefined
  readonly dependsOn: readonly Traversal[]
  readonly lifecycle: Lifecycle
  readonly connection: Body | undefined
  readonly provisioners: readonly Provisioner[]
  /** What is left for the resource type's schema. */
  readonly body: Body
  /** Type and name as written. */
  readonly range: SourceRange
  /** The type alone. */
  readonly typeRange: SourceRange
}

export interface Lifecycle {
  /** Undefined: not said. */
  readonly createBeforeDestroy: boolean | undefined
  readonly preventDestroy: boolean
  /** What has to be evaluated to know it, where it is no literal; `preventDestroy` says nothing then. */
  readonly preventDestroyExpr: Expr | undefined
  readonly preventDestroyRange: SourceRange | undefined
  /** OpenTofu 1.12 and Terraform 1.16: false forgets the object where it would be destroyed. */
  readonly destroy: boolean
  /** Where it is said; undefined where it is not. */
  readonly destroyRange: SourceRange | undefined
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
