import { type LocalProviderConfig, type ModulePath, resourceToString, rootModule } from '../addrs/index.ts'
import { Diagnostics, rangeStart } from '../diags/index.ts'
import { isValidName } from './_static.ts'
import { resolveBackend, resolveModuleCalls } from './_static-arguments.ts'
import { validateProviderConfigs } from './_validate-providers.ts'
import type { Config, ConfigDialect, Module, ModuleCall } from './config.ts'
import { diskFileSystem, type FileSystem, joinPath } from './file-system.ts'
import { loadModule } from './module.ts'
import { parseModuleSource } from './module-source.ts'
import { moduleText, registryHostOf } from './providers.ts'
import { StaticScope, type StaticSurroundings } from './static-evaluation.ts'

/** Where a called module lies: its folder, and its version when it is from a registry. */
export interface InstalledModule {
  readonly dir: string
  readonly version?: string | undefined
}

/** Finds the folder of a called module; null when it has been reported why there is none. `path` is that of the called module, `parentDir` the caller's folder. */
export type FindModule = (path: ModulePath, call: ModuleCall, parentDir: string) => InstalledModule | string | undefined | null

export interface LoadOptions {
  /** The disk, from the working directory, unless given. */
  readonly files?: FileSystem | undefined
  /** Without it, local modules are taken from where they lie and all others are not installed. */
  readonly installed?: FindModule | undefined
  /**
   * Modules are to be installed: those that a wrong root module calls are read, too. That modules do not fit together is an error,
   * or a warning, since it does not keep them from being installed.
   */
  readonly installing?: 'strict' | 'lenient' | undefined
  /** The version that `required_version` is held against. */
  readonly version?: string | undefined
  /** What `required_version` says is not held against any version. */
  readonly anyVersion?: boolean | undefined
  /** Default `terraform`. */
  readonly dialect?: ConfigDialect | undefined
  /** What this program is called by: for commands to type. Default `landform`. */
  readonly command?: string | undefined
  /** For sources, versions and backends that are written as expressions. */
  readonly early?: StaticSurroundings | undefined
}

/** Without surroundings expressions that come early may name what the module itself says, and call no functions. */
const nothingEarly: StaticSurroundings = {
  variables: () => new Map(),
  functions: () => ({ functions: () => undefined }),
  workspace: 'default',
  cwd: '.',
}

const emptyModule = (sourceDir: string, dialect: ConfigDialect): Module => ({
  sourceDir,
  requiredVersions: [],
  requiredProviders: new Map(),
  registryHost: registryHostOf(dialect),
  backend: undefined,
  encryption: [],
  providerMetas: new Map(),
  providerConfigs: new Map(),
  variables: new Map(),
  locals: new Map(),
  outputs: new Map(),
  moduleCalls: new Map(),
  resources: new Map(),
  moved: [],
  removed: [],
  imports: [],
  checks: new Map(),
})

/** Finds local modules where their source says, and no others. */
export const localModulesOnly: FindModule = (_path, call, parentDir) => {
  const source = parseModuleSource(call.source, call.version !== undefined)
  return 'kind' in source && source.kind === 'local' ? joinPath(parentDir, source.path) : undefined
}

/**
 * Loads the module of a folder and the modules it calls. What is wrong goes to `diags`; the tree then holds what could be
 * understood, without the modules that could not be found.
 */
export function loadConfig(rootDir: string, options: LoadOptions, diags: Diagnostics): Config {
  const files = options.files ?? diskFileSystem()
  const find = options.installed ?? localModulesOnly
  const dialect = options.dialect ?? 'terraform'
  const surroundings = options.early ?? nothingEarly
  const module = loadModule(rootDir, files, diags, { version: options.version, anyVersion: options.anyVersion, dialect })
  if (module === undefined) {
    diags.error('Failed to read module directory', `Module directory ${rootDir} does not exist or cannot be read.`)
    return { path: rootModule, module: emptyModule(rootDir, dialect), children: new Map() }
  }
  const scope = new StaticScope(module, surroundings)
  const root: MutableConfig = {
    path: rootModule,
    module: resolveBackend(resolveModuleCalls(module, scope, diags), scope),
    children: new Map(),
  }
  // As Terraform: what a wrong root module calls is not looked at.
  if (diags.hasErrors && options.installing === undefined) return root
  const rootErrors = diags.errorCount
  const wiring = new Diagnostics()
  const pending: Loading[] = [{ config: root, scope, ancestors: [joinPath(rootDir, '.')] }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { config, scope, ancestors } = next
    checkPlace(config, wiring)
    const loaded: Loading[] = []
    for (const call of config.module.moduleCalls.values()) {
      const child = loadChild(config, call, scope, ancestors)
      if (child !== undefined) loaded.push(child)
    }
    pending.push(...loaded.reverse())
  }
  if (rootErrors === 0) validateProviderConfigs(root, dialect, wiring)
  const lenient = options.installing === 'lenient' && diags.errorCount === rootErrors
  diags.addAll(lenient ? wiring.items.map((item) => ({ ...item, severity: 'warning' })) : wiring.items)
  return root

  function loadChild(parent: MutableConfig, call: ModuleCall, caller: StaticScope, ancestors: readonly string[]): Loading | undefined {
    // Names are names of folders.
    if (!isValidName(call.name) || 'summary' in parseModuleSource(call.source, call.version !== undefined)) return undefined
    const path = [...parent.path, call.name]
    const found = find(path, call, parent.module.sourceDir)
    if (found === null) return undefined
    if (found === undefined) {
      const detail = `This module is not yet installed. Run "${options.command ?? 'landform'} init" to install all modules required by this configuration.`
      diags.error('Module not installed', detail, { subject: call.range })
      return undefined
    }
    const { dir, version } = typeof found === 'string' ? { dir: found, version: undefined } : found
    const clean = joinPath(dir, '.')
    if (ancestors.includes(clean)) {
      const detail = `The module in ${clean} is called by itself, through ${moduleText(path)}. A module cannot call itself, neither directly nor through other modules.`
      diags.error('Module call cycle', detail, { subject: call.range })
      return undefined
    }
    const loaded = loadModule(dir, files, diags, {
      version: options.version,
      anyVersion: options.anyVersion,
      dialect,
      name: moduleText(path),
      calledFrom: call.source,
    })
    if (loaded === undefined) {
      const place = `${call.range.source.filename}:${rangeStart(call.range).line}`
      diags.error('Unreadable module directory', `The directory ${dir} could not be read for module "${call.name}" at ${place}.`, {
        subject: call.sourceRange,
      })
      return undefined
    }
    const own = new StaticScope(loaded, surroundings, { scope: caller, call })
    const config: MutableConfig = { path, module: resolveModuleCalls(loaded, own, diags), children: new Map(), version }
    parent.children.set(call.name, config)
    return { config, scope: own, ancestors: [...ancestors, clean] }
  }
}

interface MutableConfig extends Config {
  readonly children: Map<string, Config>
}

interface Loading {
  readonly config: MutableConfig
  readonly scope: StaticScope
  /** Folders of the module and of those that lead to it. */
  readonly ancestors: readonly string[]
}

/** What may stand in the root module only, and imports whose resource says itself which provider it uses. */
function checkPlace({ path, module }: Config, diags: Diagnostics): void {
  if (path.length === 0) {
    checkImportProviders(module, diags)
    return
  }
  if (module.backend !== undefined) {
    const noun = module.backend.type === 'cloud' ? 'Cloud' : 'Backend'
    diags.warning(
      `${noun} configuration ignored`,
      `Any selected backend applies to the entire configuration, so Terraform expects provider configurations only in the root module.\n\nThis is a warning rather than an error because it's sometimes convenient to temporarily call a root module as a child module for testing purposes, but this backend configuration block will have no effect.`,
      { subject: module.backend.range },
    )
  }
  for (const { range } of module.imports) {
    const detail = `An import block was detected in "${moduleText(path)}". Import blocks are only allowed in the root module.`
    diags.error('Invalid import configuration', detail, { subject: range })
  }
}

function isSameProvider(one: LocalProviderConfig, other: LocalProviderConfig): boolean {
  return one.localName === other.localName && one.alias === other.alias
}

function checkImportProviders(module: Module, diags: Diagnostics): void {
  const rule = 'The provider argument can only be specified in import blocks that will generate configuration.\n\n'
  for (const { provider, providerRange, target } of module.imports) {
    if (provider === undefined) continue
    const inChild = target.module.length > 0
    const resource = inChild ? undefined : module.resources.get(resourceToString(target.resource))
    if (!inChild && resource === undefined) continue
    // Saying the same as the resource is allowed: it is what stays once configuration has been generated.
    if (resource?.providerRange !== undefined && isSameProvider(resource.provider, provider)) continue
    const remedy = inChild
      ? 'Use the providers argument within the module block to configure providers for all resources within a module, including imported resources.'
      : 'Use the provider argument in the target resource block to configure the provider for a resource with explicit provider configuration.'
    diags.error('Invalid import provider argument', rule + remedy, { subject: providerRange })
  }
}
