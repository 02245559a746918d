/** Every address is plain data; `index.ts` exports, per kind, `xToString` and parsers. Provider sources: HOST/NAMESPACE/TYPE. */

/** Integer for count, string for for_each, undefined for an object without repetition. */
export type InstanceKey = number | string | undefined

/** Static path of module calls from the root; empty for the root module. */
export type ModulePath = readonly string[]

export interface ModuleStep {
  readonly name: string
  readonly key: InstanceKey
}

/** Path of module instances from the root; empty for the root module. */
export type ModuleInstance = readonly ModuleStep[]

export const rootModule: ModulePath = []
export const rootInstance: ModuleInstance = []

export type ResourceMode = 'managed' | 'data' | 'ephemeral'

/** A resource block, relative to the module that declares it. */
export interface Resource {
  readonly kind: 'resource'
  readonly mode: ResourceMode
  readonly type: string
  readonly name: string
}

export interface ConfigResource {
  readonly module: ModulePath
  readonly resource: Resource
}

export interface AbsResource {
  readonly module: ModuleInstance
  readonly resource: Resource
}

export interface AbsResourceInstance {
  readonly module: ModuleInstance
  readonly resource: Resource
  readonly key: InstanceKey
}

/** Source address of a provider. */
export interface ProviderSource {
  readonly host: string
  readonly namespace: string
  readonly type: string
}

/** A provider configuration as named inside one module: `aws` or `aws.west`. */
export interface LocalProviderConfig {
  readonly localName: string
  readonly alias: string | undefined
}

/** A provider configuration in the module (static path) that declares it. */
export interface AbsProviderConfig {
  readonly module: ModulePath
  readonly source: ProviderSource
  readonly alias: string | undefined
  /** OpenTofu: which instance of a configuration with `for_each`. Absent for all others, and for such a configuration as a whole. */
  readonly key?: InstanceKey
}

/** What an expression can refer to, relative to its module. */
export type Referenceable =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'local'; readonly name: string }
  | Resource
  | { readonly kind: 'resourceInstance'; readonly resource: Resource; readonly key: InstanceKey }
  | { readonly kind: 'moduleCall'; readonly name: string }
  | { readonly kind: 'moduleCallInstance'; readonly name: string; readonly key: InstanceKey }
  | { readonly kind: 'moduleOutput'; readonly call: string; readonly key: InstanceKey; readonly output: string }
  | { readonly kind: 'count'; readonly name: string }
  | { readonly kind: 'each'; readonly name: string }
  | { readonly kind: 'path'; readonly name: string }
  | { readonly kind: 'terraform'; readonly name: string }
  | { readonly kind: 'self' }

/** The registry that a provider source without a host means. */
export const defaultHost = 'registry.terraform.io'

/** The provider inside the engine that serves `terraform_data`. */
export const builtinTerraform: ProviderSource = { host: 'terraform.io', namespace: 'builtin', type: 'terraform' }

/** What a local name means that no `required_providers` entry explains: `hashicorp/NAME`, except that `terraform` is built in. */
export function defaultProviderSource(type: string, host: string = defaultHost): ProviderSource {
  return type === 'terraform' ? builtinTerraform : { host, namespace: 'hashicorp', type }
}

/** The local name of the provider that a resource type's name points to: what stands before the first underscore. */
export function impliedLocalName(resourceType: string): string {
  const end = resourceType.indexOf('_')
  return end === -1 ? resourceType : resourceType.slice(0, end)
}

/** The static path of a module instance: its steps without keys. */
export function toModulePath(instance: ModuleInstance): ModulePath {
  return instance.length === 0 ? rootModule : instance.map((step) => step.name)
}

/** The configuration that an instance of it belongs to; the same object where there is no key. */
export function withoutProviderKey(config: AbsProviderConfig): AbsProviderConfig {
  return config.key === undefined ? config : { module: config.module, source: config.source, alias: config.alias }
}

export function withProviderKey(config: AbsProviderConfig, key: InstanceKey): AbsProviderConfig {
  return key === undefined ? withoutProviderKey(config) : { ...config, key }
}

export function childModule(path: ModulePath, name: string): ModulePath {
  return [...path, name]
}

export function childInstance(instance: ModuleInstance, name: string, key: InstanceKey): ModuleInstance {
  return [...instance, { name, key }]
}

export function resourceInstanceOf(resource: AbsResource, key: InstanceKey): AbsResourceInstance {
  return { module: resource.module, resource: resource.resource, key }
}

/** The resource that an instance belongs to. */
export function resourceOf(instance: AbsResourceInstance): AbsResource {
  return { module: instance.module, resource: instance.resource }
}

export function configResourceOf(resource: AbsResource | AbsResourceInstance): ConfigResource {
  return { module: toModulePath(resource.module), resource: resource.resource }
}
