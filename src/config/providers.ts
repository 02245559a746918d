import {
  type AbsProviderConfig,
  defaultHost,
  defaultProviderSource,
  impliedLocalName,
  type LocalProviderConfig,
  localProviderConfigToString,
  type ModulePath,
  opentofuHost,
  type ProviderSource,
  providerSourceToString,
  resourceToString,
} from '../addrs/index.ts'
import type { Expr } from '../hcl/index.ts'
import { isEmptyBody } from './_body.ts'
import type { Config, ConfigDialect, Module, ModuleCall, PassedProvider, ProviderConfig } from './config.ts'

/** The registry that a provider source without a host means. */
export function registryHostOf(dialect: ConfigDialect): string {
  return dialect === 'tofu' ? opentofuHost : defaultHost
}

/** The provider behind a local name of a module: as required there, else the default one of that name. */
export function providerSourceFor(module: Module, localName: string): ProviderSource {
  return module.requiredProviders.get(localName)?.source ?? defaultProviderSource(localName, module.registryHost)
}

/** The local name under which a module knows a provider: the required one, else the provider's own name. */
export function localNameFor(module: Module, source: ProviderSource): string {
  for (const [name, required] of module.requiredProviders) if (sameSource(required.source, source)) return name
  return source.type
}

export function sameSource(a: ProviderSource, b: ProviderSource): boolean {
  return a.type === b.type && a.namespace === b.namespace && a.host === b.host
}

/** A configuration without arguments, which in a called module only announces that one is to be passed in. */
export function isProxyConfig(config: ProviderConfig): boolean {
  return config.version === undefined && isEmptyBody(config.body)
}

/** A configuration of the tree, by its path; undefined when there is no such module. */
export function configAt(root: Config, path: ModulePath): Config | undefined {
  let config: Config | undefined = root
  for (const name of path) config = config?.children.get(name)
  return config
}

/** Which instance of a provider configuration with `for_each` a name means: the key, and where that is an expression of. */
export interface ProviderKey {
  readonly expr: Expr
  /** Length of the path of the module that says it. */
  readonly depth: number
}

/**
 * The key by which one of the module calls on the way chooses an instance of a provider configuration for the module it calls;
 * undefined when none does.
 */
export function passedProviderKey(root: Config, path: ModulePath, name: LocalProviderConfig): ProviderKey | undefined {
  const chain = moduleChain(root, path)
  let local = name
  for (let depth = chain.length - 1; depth > 0; depth--) {
    const { module, path: here } = chain[depth]!
    const parent = chain[depth - 1]!.module
    const passed = passedProvider(parent.moduleCalls.get(here.at(-1)!), local)
    const declared = module.providerConfigs.get(localProviderConfigToString(local))
    if (declared !== undefined && (passed === undefined || !isProxyConfig(declared))) return undefined
    if (passed?.key !== undefined) return { expr: passed.key, depth: depth - 1 }
    if (passed !== undefined) local = passed.inParent
    else if (local.alias !== undefined) return undefined
    else local = { localName: localNameFor(parent, providerSourceFor(module, local.localName)), alias: undefined }
  }
  return undefined
}

/**
 * The provider configuration that a name means in a module: the one declared there, or passed in by the caller, or, for
 * a name without alias, the nearest default configuration above. The root module always has default configurations.
 * Undefined for an alias that nobody declares.
 */
export function providerConfigFor(root: Config, path: ModulePath, name: LocalProviderConfig): AbsProviderConfig | undefined {
  const chain = moduleChain(root, path)
  let local = name
  /** Of a default configuration that is inherited: the modules above may mean another provider by the same name. */
  let inherited: ProviderSource | undefined
  for (let depth = chain.length - 1; ; depth--) {
    const { module, path: here } = chain[depth]!
    const source = providerSourceFor(module, local.localName)
    if (inherited !== undefined && providerSourceToString(source) !== providerSourceToString(inherited)) {
      return { module: [], source: inherited, alias: undefined }
    }
    const declared = module.providerConfigs.get(local.alias === undefined ? local.localName : `${local.localName}.${local.alias}`)
    if (depth === 0) {
      const known = declared !== undefined || local.alias === undefined
      return known ? { module: here, source, alias: local.alias } : undefined
    }
    const parent = chain[depth - 1]!.module
    const passed = passedProvider(parent.moduleCalls.get(here.at(-1)!), local)?.inParent
    if (declared !== undefined && (passed === undefined || !isProxyConfig(declared))) return { module: here, source, alias: local.alias }
    inherited = undefined
    if (passed !== undefined) local = passed
    else if (local.alias !== undefined) return undefined
    else {
      inherited = source
      local = { localName: localNameFor(parent, source), alias: undefined }
    }
  }
}

function moduleChain(root: Config, path: ModulePath): readonly Config[] {
  const chain = [root]
  for (const name of path) {
    const next = chain.at(-1)!.children.get(name)
    if (next === undefined) break
    chain.push(next)
  }
  return chain
}

function passedProvider(call: ModuleCall | undefined, name: LocalProviderConfig): PassedProvider | undefined {
  return call?.providers?.find(({ inChild }) => inChild.localName === name.localName && inChild.alias === name.alias)
}

/** Every module of the tree, callers before the modules they call. */
export function* allModules(root: Config): Iterable<Config> {
  const pending = [root]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next
    pending.push(...[...next.children.values()].reverse())
  }
}

/** What the whole configuration asks of one provider. */
export interface ProviderRequirement {
  readonly source: ProviderSource
  /** Constraints of all modules, as written. */
  readonly constraints: readonly string[]
}

/** The providers that a configuration needs, by complete source address, in the order in which they are first met. */
export function resolveProviderSources(root: Config): ReadonlyMap<string, ProviderRequirement> {
  const found = new Map<string, { source: ProviderSource; constraints: string[] }>()
  for (const { module } of allModules(root)) {
    const met = new Set<string>()
    const need = (localName: string, version?: string): void => {
      // Most resources need what another one does.
      if (version === undefined && met.has(localName)) return
      met.add(localName)
      const source = providerSourceFor(module, localName)
      const key = providerSourceToString(source)
      const requirement = found.get(key) ?? { source, constraints: [] }
      if (version !== undefined && !requirement.constraints.includes(version)) requirement.constraints.push(version)
      found.set(key, requirement)
    }
    for (const required of module.requiredProviders.values()) need(required.localName, required.version)
    for (const config of module.providerConfigs.values()) need(config.localName, config.version)
    for (const resource of module.resources.values()) need(resource.provider.localName)
    for (const check of module.checks.values()) if (check.data !== undefined) need(check.data.provider.localName)
    for (const { provider, target } of module.imports) {
      if (provider !== undefined) need(provider.localName)
      // Its configuration is yet to be written.
      else if (target.module.length === 0 && !module.resources.has(resourceToString(target.resource)))
        need(impliedLocalName(target.resource.type))
    }
  }
  return found
}

/** `the root module` or `module.a.module.b`. */
export function moduleText(path: ModulePath): string {
  return path.length === 0 ? 'the root module' : path.map((name) => `module.${name}`).join('.')
}
