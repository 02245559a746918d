import { type AbsResource, resourceToString } from '../addrs/index.ts'
import { parseConstraints, parseVersion, versionSatisfies } from '../base/index.ts'
import { Diagnostics, formatRange, Source, type SourceRange } from '../diags/index.ts'
import {
  type Block,
  type Body,
  type BodySchema,
  bodyContent,
  parseHcl,
  parseHclInParts,
  parseJsonBody,
  traversalToString,
} from '../hcl/index.ts'
import { decodeCheck } from './_check-block.ts'
import { decodeLanguageBlock } from './_language-block.ts'
import { type Declared, noNames } from './_meta.ts'
import { decodeModuleCall } from './_module-call.ts'
import { decodeLocals, decodeOutput } from './_output.ts'
import {
  overrideLocal,
  overrideModuleCall,
  overrideOutput,
  overrideProviderConfig,
  overrideResource,
  overrideVariable,
} from './_override.ts'
import { decodeProviderConfig } from './_provider.ts'
import { decodeImport, decodeMoved, decodeRemoved, targetText } from './_refactoring.ts'
import { type DeclaredResource, decodeResource } from './_resource.ts'
import { chooseBackend, decodeTerraformBlock } from './_terraform-block.ts'
import { decodeVariable } from './_variable.ts'
import type {
  Backend,
  Check,
  ConfigDialect,
  Import,
  InputVariable,
  LocalValue,
  Module,
  ModuleCall,
  Moved,
  OutputValue,
  ProviderConfig,
  ProviderMeta,
  Removed,
  RequiredProvider,
  ResourceConfig,
} from './config.ts'
import { type FileSystem, joinPath } from './file-system.ts'
import { selectConfigFiles } from './files.ts'
import { registryHostOf } from './providers.ts'

/** The Terraform version whose language and file formats are spoken; `required_version` is held against it. */
export const languageVersion = '1.11.4'

/** The OpenTofu version whose additions to the language are known; constraints of its own files and blocks are held against it. */
export const openTofuVersion = '1.13.0'

const rootSchema: BodySchema = {
  attributes: [],
  blocks: [
    ...['terraform', 'required_providers', 'language', 'locals', 'moved', 'removed', 'import'].map((type) => ({
      type,
      labelNames: [] as string[],
    })),
    ...['provider', 'variable', 'output', 'module', 'check'].map((type) => ({ type, labelNames: ['name'] })),
    ...['resource', 'data', 'ephemeral'].map((type) => ({ type, labelNames: ['type', 'name'] })),
  ],
}

export interface ModuleOptions {
  /** The version that `required_version` is held against. */
  readonly version?: string | undefined
  /** What `required_version` says is not held against any version. */
  readonly anyVersion?: boolean | undefined
  /** How messages name the module; undefined for the root module. */
  readonly name?: string | undefined
  /** The module call's source, for messages. */
  readonly calledFrom?: string | undefined
  /** Default `terraform`. */
  readonly dialect?: ConfigDialect | undefined
}

/**
 * Reads the files of one folder. With errors the module holds what could be understood. A folder without configuration
 * files is an empty module; undefined is returned when there is no folder.
 */
export function loadModule(dir: string, files: FileSystem, diags: Diagnostics, options: ModuleOptions = {}): Module | undefined {
  const names = files.readDir(dir)
  if (names === undefined) return undefined
  const dialect = options.dialect ?? 'terraform'
  const selected = selectConfigFiles(names, dialect)
  const own = new Diagnostics()
  const content = new Diagnostics()
  const module = new ModuleBuilder(dir, options.version ?? languageVersion, dialect, content)
  // Of each file first what is wrong with its syntax.
  const tell = (): void => own.addAll(content.take())
  for (const name of selected.primary) {
    readBodies(joinPath(dir, name), files, own, (body) => module.addBody(body))
    tell()
  }
  for (const name of selected.override) {
    const body = readBody(joinPath(dir, name), files, own)
    if (body !== undefined) module.overrideWith(body)
    tell()
  }
  // Terraform knows nothing of a data source of a check with mistakes in it.
  if (!own.hasErrors) module.compareCheckData()
  const result = module.build()
  tell()
  // A module for another version is likely to hold things that this one does not know: say only that.
  if (options.anyVersion !== true && !own.hasErrors) reportPrereleases(result, own)
  const incompatible = options.anyVersion === true ? new Diagnostics() : versionProblems(result, options)
  diags.addAll(incompatible.hasErrors ? incompatible.items : own.items)
  return result
}

function readBody(path: string, files: FileSystem, diags: Diagnostics): Body | undefined {
  const source = readSource(path, files, diags)
  if (source === undefined) return undefined
  return path.endsWith('.json') ? parseJsonBody(source, diags) : parseHcl(source, diags).body
}

/** The file as one body or several with what stands in it one after the other, of which the module keeps the little that it needs. */
function readBodies(path: string, files: FileSystem, diags: Diagnostics, visit: (body: Body) => void): void {
  const source = readSource(path, files, diags)
  if (source === undefined) return
  if (path.endsWith('.json')) visit(parseJsonBody(source, diags))
  else parseHclInParts(source, diags, visit)
}

function readSource(path: string, files: FileSystem, diags: Diagnostics): Source | undefined {
  const text = files.readFile(path)
  if (text !== undefined) return new Source(path, text)
  diags.error('Failed to read file', `The configuration file "${path}" could not be read.`)
  return undefined
}

/** A constraint on Terraform itself names releases alone. */
function reportPrereleases(module: Module, diags: Diagnostics): void {
  for (const { tool, constraint, range } of module.requiredVersions) {
    const constraints = tool === 'terraform' ? parseConstraints(constraint) : undefined
    const term = constraints && constraint.split(',').find((_, i) => constraints[i]!.version.prerelease !== '')
    if (term === undefined) continue
    const detail = `Prerelease version constraints are not supported: ${term.trim()}. Remove the prerelease information from the constraint. Prerelease versions of terraform will match constraints using their version core only.`
    diags.error('Invalid required_version constraint', detail, { subject: range })
  }
}

/** The summary of what is said of a module for other versions of Terraform. */
export const wrongVersion = 'Unsupported Terraform Core version'

function versionProblems(module: Module, options: ModuleOptions): Diagnostics {
  const diags = new Diagnostics()
  for (const { tool, constraint, range } of module.requiredVersions) {
    const running = tool === 'opentofu' ? openTofuVersion : (options.version ?? languageVersion)
    const version = parseVersion(running)
    const constraints = parseConstraints(constraint)
    if (version === undefined || constraints === undefined || versionSatisfies(version, constraints)) continue
    if (tool === 'opentofu') {
      const what = options.name === undefined ? 'This module' : `${options.name} (from ${options.calledFrom})`
      const detail = `${what} is declared to be compatible with OpenTofu versions "${constraint}", and the language of OpenTofu ${running} is the one that is spoken here. Use a version of the module that is compatible with it, or change the constraint if it is too narrow.`
      diags.error('Incompatible module', detail, { subject: range })
      continue
    }
    const who = options.name === undefined ? 'This configuration' : `Module ${options.name} (from ${options.calledFrom})`
    const detail = `${who} does not support Terraform version ${running}. To proceed, either choose another supported Terraform version or update this version constraint. Version constraints are normally set for good reason, so updating the constraint may lead to other errors or unexpected behavior.`
    diags.error(wrongVersion, detail, { subject: range })
  }
  return diags
}

/** How a kind of block reports that its name is taken, or that an override file names something that is not there. */
type Report = readonly [summary: string, detail: string]

/** Gathers the blocks of a module's files; primary files first, then override files. */
class ModuleBuilder {
  readonly #dir: string
  readonly #version: string
  readonly #dialect: ConfigDialect
  readonly #registryHost: string
  readonly #diags: Diagnostics
  #requiredVersions: Module['requiredVersions'][number][] = []
  #requiredProvidersRange: SourceRange | undefined
  readonly #encryption: Block[] = []
  #overridingEncryption: readonly Block[] = []
  #backends: Backend[] = []
  #overridingBackends: Backend[] = []
  readonly #requiredProviders = new Map<string, RequiredProvider>()
  readonly #providerMetas = new Map<string, ProviderMeta>()
  readonly #providerConfigs = new Map<string, Declared<ProviderConfig>>()
  readonly #variables = new Map<string, Declared<InputVariable>>()
  readonly #locals = new Map<string, LocalValue>()
  readonly #outputs = new Map<string, Declared<OutputValue>>()
  readonly #moduleCalls = new Map<string, Declared<ModuleCall>>()
  readonly #resources = new Map<string, DeclaredResource>()
  readonly #checks = new Map<string, Check>()
  readonly #moved: Moved[] = []
  readonly #removed: Removed[] = []
  readonly #imports: Import[] = []
  readonly #importsByAddress = new Map<string, Import>()

  constructor(dir: string, version: string, dialect: ConfigDialect, diags: Diagnostics) {
    this.#dir = dir
    this.#version = version
    this.#dialect = dialect
    this.#registryHost = registryHostOf(dialect)
    this.#diags = diags
  }

  addBody(body: Body): void {
    for (const block of bodyContent(body, rootSchema, this.#diags).blocks) this.#addBlock(block)
  }

  overrideWith(body: Body): void {
    const versions = this.#requiredVersions
    this.#requiredVersions = []
    for (const block of bodyContent(body, rootSchema, this.#diags).blocks) this.#overrideBlock(block)
    if (this.#requiredVersions.length === 0) this.#requiredVersions = versions
  }

  #addBlock(block: Block): void {
    const diags = this.#diags
    switch (block.type) {
      case 'terraform':
        this.#addTerraform(block)
        return
      case 'required_providers':
        this.#refuseRequiredProviders(block)
        return
      case 'language':
        this.#requiredVersions.push(...decodeLanguageBlock(block, diags))
        return
      case 'provider': {
        const declared = decodeProviderConfig(block, diags)
        this.#add(this.#providerConfigs, providerKey(declared.config), declared, repeatedProvider)
        return
      }
      case 'variable': {
        const declared = decodeVariable(block, false, this.#dialect, diags)
        this.#add(this.#variables, declared.config.name, declared, repeatedVariable)
        return
      }
      case 'locals':
        for (const local of decodeLocals(block, diags)) this.#addLocal(local)
        return
      case 'output': {
        const declared = decodeOutput(block, false, diags)
        this.#add(this.#outputs, declared.config.name, declared, repeatedOutput)
        return
      }
      case 'module': {
        const declared = decodeModuleCall(block, false, this.#dialect, diags)
        this.#add(this.#moduleCalls, declared.config.name, declared, repeatedCall)
        return
      }
      case 'check':
        this.#addCheck(decodeCheck(block, this.#dialect, diags))
        return
      case 'moved':
        push(this.#moved, decodeMoved(block, diags))
        return
      case 'removed':
        push(this.#removed, decodeRemoved(block, this.#dialect, diags))
        return
      case 'import':
        this.#addImport(decodeImport(block, diags))
        return
      default: {
        const declared = decodeResource(block, resourceMode(block), 'primary', this.#dialect, diags)
        this.#add(this.#resources, resourceToString(declared.config.address), declared, repeatedResource)
      }
    }
  }

  #overrideBlock(block: Block): void {
    const diags = this.#diags
    const refuse = (summary: string, detail: string): void => diags.error(summary, detail, { subject: block.headerRange })
    switch (block.type) {
      case 'terraform':
        this.#overrideTerraform(block)
        return
      case 'required_providers':
        this.#refuseRequiredProviders(block)
        return
      case 'language':
        this.#requiredVersions.push(...decodeLanguageBlock(block, diags))
        return
      case 'provider': {
        const over = decodeProviderConfig(block, diags)
        // A default configuration is there even when nobody writes it down.
        if (over.config.alias === undefined && !this.#providerConfigs.has(over.config.localName)) {
          this.#providerConfigs.set(over.config.localName, over)
          return
        }
        this.#override(this.#providerConfigs, providerKey(over.config), over, overrideProviderConfig, missingProvider)
        return
      }
      case 'variable': {
        const over = decodeVariable(block, true, this.#dialect, diags)
        this.#override(this.#variables, over.config.name, over, overrideVariable, missingVariable)
        return
      }
      case 'locals':
        for (const local of decodeLocals(block, diags)) this.#overrideLocal(local)
        return
      case 'output': {
        const over = decodeOutput(block, true, diags)
        this.#override(this.#outputs, over.config.name, over, overrideOutput, missingOutput)
        return
      }
      case 'module': {
        const over = decodeModuleCall(block, true, this.#dialect, diags)
        this.#override(this.#moduleCalls, over.config.name, over, overrideModuleCall, missingCall)
        return
      }
      case 'check':
        refuse("Can't override check blocks", 'Override files cannot override check blocks.')
        return
      case 'moved':
        refuse("Cannot override 'moved' blocks", 'Records of moved objects can appear only in normal files, not in override files.')
        return
      case 'removed':
        // Terraform and OpenTofu pass over these without a word, so there may be some: they are told to have no effect.
        diags.warning(
          "Cannot override 'removed' blocks",
          'Removed blocks can appear only in normal files, not in override files. This block has no effect.',
          { subject: block.headerRange },
        )
        return
      case 'import':
        refuse("Cannot override 'import' blocks", 'Import blocks can appear only in normal files, not in override files.')
        return
      default: {
        const over = decodeResource(block, resourceMode(block), 'override', this.#dialect, diags)
        const key = resourceToString(over.config.address)
        const check = this.#checkWithData(key)
        if (check === undefined) this.#override(this.#resources, key, over, overrideResource, missingResource)
        else {
          const base = { config: check.data!, given: noNames, lifecycleGiven: noNames }
          this.#checks.set(check.name, { ...check, data: overrideResource(base, over, diags).config })
        }
      }
    }
  }

  #add<C extends { range: SourceRange }, D extends Declared<C>>(
    map: Map<string, D>,
    key: string,
    declared: D,
    report: (config: C, place: string) => Report,
  ): void {
    const earlier = map.get(key)
    if (earlier === undefined) map.set(key, declared)
    else this.#diags.error(...report(declared.config, formatRange(earlier.config.range)), { subject: declared.config.range })
  }

  #override<C extends { range: SourceRange }, D extends Declared<C>>(
    map: Map<string, D>,
    key: string,
    over: D,
    merge: (base: D, over: D, diags: Diagnostics) => D,
    missing: (config: C) => Report,
  ): void {
    const base = map.get(key)
    if (base === undefined) this.#diags.error(...missing(over.config), { subject: over.config.range })
    else map.set(key, merge(base, over, this.#diags))
  }

  /** The check whose own data source has this address. */
  #checkWithData(key: string): Check | undefined {
    for (const check of this.#checks.values()) if (check.data !== undefined && resourceToString(check.data.address) === key) return check
    return undefined
  }

  #addLocal(local: LocalValue): void {
    const earlier = this.#locals.get(local.name)
    if (earlier === undefined) {
      this.#locals.set(local.name, local)
      return
    }
    const detail = `A local value named "${local.name}" was already defined at ${formatRange(earlier.range)}. Local value names must be unique within a module.`
    this.#diags.error('Duplicate local value definition', detail, { subject: local.range })
  }

  #overrideLocal(local: LocalValue): void {
    const base = this.#locals.get(local.name)
    if (base !== undefined) {
      this.#locals.set(local.name, overrideLocal(base, local))
      return
    }
    const detail = `There is no local value named "${local.name}". An override file can only override a local value that was already defined in a primary configuration file.`
    this.#diags.error('Missing base local value definition to override', detail, { subject: local.range })
  }

  /** What a check reads is a data source of the module, too. */
  compareCheckData(): void {
    const seen = new Map([...this.#resources].map(([key, { config }]) => [key, config.range]))
    for (const { data } of this.#checks.values()) {
      if (data === undefined) continue
      const key = resourceToString(data.address)
      const earlier = seen.get(key)
      if (earlier === undefined) {
        seen.set(key, data.range)
        continue
      }
      const [summary, detail] = repeatedResource(data, formatRange(earlier))
      this.#diags.error(summary, detail.replace(/\.$/, ', including within check blocks.'), { subject: data.range })
    }
  }

  #addCheck(check: Check): void {
    const earlier = this.#checks.get(check.name)
    if (earlier === undefined) {
      this.#checks.set(check.name, check)
      return
    }
    const detail = `A check block named "${check.name}" was already declared at ${formatRange(earlier.range)}. Check blocks must be unique within each module.`
    this.#diags.error(`Duplicate check "${check.name}" configuration`, detail, { subject: check.range })
  }

  /** Imports with computed keys or `for_each` are compared once they are known, by the engine. */
  #addImport(block: Import | undefined): void {
    if (block === undefined) return
    const address = importText(block)
    const earlier = address === undefined ? undefined : this.#importsByAddress.get(address)
    if (earlier !== undefined) {
      const detail = `An import block for the resource "${address}" was already declared at ${formatRange(earlier.range)}. A resource can have only one import block.`
      this.#diags.error(`Duplicate import configuration for "${address}"`, detail, { subject: block.to.range })
    } else if (address !== undefined) this.#importsByAddress.set(address, block)
    this.#imports.push(block)
  }

  #refuseRequiredProviders(block: Block): void {
    const detail = 'A "required_providers" block must be nested inside a "terraform" block.'
    this.#diags.error('Invalid required_providers block', detail, { subject: block.headerRange })
  }

  #addTerraform(block: Block): void {
    const decoded = decodeTerraformBlock(block, this.#version, this.#registryHost, this.#diags)
    this.#requiredVersions.push(...this.#heeded(block, decoded.requiredVersions))
    this.#addEncryption(decoded.encryption)
    this.#backends.push(...decoded.backends)
    for (const { range, providers } of decoded.requiredProviders) {
      if (this.#requiredProvidersRange !== undefined) {
        const detail = `A module may have only one required providers configuration. The required providers were previously configured at ${formatRange(this.#requiredProvidersRange)}.`
        this.#diags.error('Duplicate required providers configuration', detail, { subject: range })
        continue
      }
      this.#requiredProvidersRange = range
      for (const provider of providers) this.#requiredProviders.set(provider.localName, provider)
    }
    for (const meta of decoded.providerMetas) {
      const earlier = this.#providerMetas.get(meta.localName)
      if (earlier === undefined) {
        this.#providerMetas.set(meta.localName, meta)
        continue
      }
      const detail = `A provider_meta block for provider "${meta.localName}" was already declared at ${formatRange(earlier.range)}. Providers may only have one provider_meta block per module.`
      this.#diags.error('Duplicate provider_meta block', detail, { subject: meta.range })
    }
  }

  #addEncryption(blocks: readonly Block[]): void {
    for (const block of blocks) {
      const [earlier] = this.#encryption
      this.#encryption.push(block)
      if (earlier === undefined) continue
      const detail = `A module may have only one encryption configuration. Encryption was previously configured at ${formatRange(earlier.headerRange)}.`
      this.#diags.error('Duplicate encryption configuration', detail, { subject: block.headerRange })
    }
  }

  /** `required_version` means Terraform, which OpenTofu does not heed, except in files for OpenTofu alone. */
  #heeded(block: Block, versions: Module['requiredVersions']): Module['requiredVersions'] {
    if (/\.tofu(\.json)?$/.test(block.headerRange.source.filename)) return versions.map((version) => ({ ...version, tool: 'opentofu' }))
    return this.#dialect === 'tofu' ? [] : versions
  }

  #overrideTerraform(block: Block): void {
    const decoded = decodeTerraformBlock(block, this.#version, this.#registryHost, this.#diags)
    this.#requiredVersions.push(...this.#heeded(block, decoded.requiredVersions))
    this.#overridingEncryption = [...this.#overridingEncryption, ...decoded.encryption]
    if (decoded.backends.length > 0) this.#overridingBackends = [...decoded.backends]
    for (const { providers } of decoded.requiredProviders) {
      for (const provider of providers) this.#requiredProviders.set(provider.localName, provider)
    }
    for (const meta of decoded.providerMetas) this.#providerMetas.set(meta.localName, meta)
  }

  build(): Module {
    const backend = chooseBackend(this.#backends, this.#diags)
    return {
      sourceDir: this.#dir,
      requiredVersions: this.#requiredVersions,
      requiredProviders: this.#requiredProviders,
      registryHost: this.#registryHost,
      backend: chooseBackend(this.#overridingBackends, this.#diags, 'override') ?? backend,
      encryption: [...this.#encryption.slice(0, 1), ...this.#overridingEncryption],
      providerMetas: this.#providerMetas,
      providerConfigs: configsOf(this.#providerConfigs),
      variables: configsOf(this.#variables),
      locals: this.#locals,
      outputs: configsOf(this.#outputs),
      moduleCalls: configsOf(this.#moduleCalls),
      resources: configsOf(this.#resources),
      moved: this.#moved,
      removed: this.#removed,
      imports: this.#imports,
      checks: this.#checks,
    }
  }
}

function configsOf<T>(declared: ReadonlyMap<string, Declared<T>>): ReadonlyMap<string, T> {
  return new Map([...declared].map(([key, { config }]) => [key, config]))
}

function push<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item)
}

export function providerKey({ localName, alias }: { localName: string; alias: string | undefined }): string {
  return alias === undefined ? localName : `${localName}.${alias}`
}

function resourceMode(block: Block): AbsResource['resource']['mode'] {
  return block.type === 'resource' ? 'managed' : block.type === 'data' ? 'data' : 'ephemeral'
}

/** The address as written, which tells instances apart; undefined where it is not static. */
function importText(block: Import): string | undefined {
  if (block.to.kind !== 'traversal' || block.forEach !== undefined) return undefined
  const keys = block.to.traversal.steps.some((step) => step.kind === 'index')
  return keys ? traversalToString(block.to.traversal) : targetText(block.target)
}

const modeWords = {
  managed: { block: '', noun: 'resource', blockNoun: 'resource', missing: 'Missing resource to override' },
  data: { block: 'data ', noun: 'data resource', blockNoun: 'data', missing: 'Missing data resource to override' },
  ephemeral: { block: 'ephemeral ', noun: 'ephemeral resource', blockNoun: 'ephemeral', missing: 'Missing ephemeral resource to override' },
} as const

function repeatedResource({ address: { mode, type, name } }: ResourceConfig, place: string): Report {
  const { blockNoun, noun } = modeWords[mode]
  return [
    `Duplicate ${blockNoun} "${type}" configuration`,
    `A ${type} ${noun} named "${name}" was already declared at ${place}. Resource names must be unique per type in each module.`,
  ]
}

function missingResource({ address: { mode, type, name } }: ResourceConfig): Report {
  const { blockNoun, noun, missing } = modeWords[mode]
  return [
    missing,
    `There is no ${type} ${noun} named "${name}". An override file can only override a ${blockNoun} block defined in a primary configuration file.`,
  ]
}

function repeatedVariable({ name }: InputVariable, place: string): Report {
  return [
    'Duplicate variable declaration',
    `A variable named "${name}" was already declared at ${place}. Variable names must be unique within a module.`,
  ]
}

function missingVariable({ name }: InputVariable): Report {
  return [
    'Missing base variable declaration to override',
    `There is no variable named "${name}". An override file can only override a variable that was already declared in a primary configuration file.`,
  ]
}

function repeatedOutput({ name }: OutputValue, place: string): Report {
  return [
    'Duplicate output definition',
    `An output named "${name}" was already defined at ${place}. Output names must be unique within a module.`,
  ]
}

function missingOutput({ name }: OutputValue): Report {
  return [
    'Missing base output definition to override',
    `There is no output named "${name}". An override file can only override an output that was already defined in a primary configuration file.`,
  ]
}

function repeatedCall({ name }: ModuleCall, place: string): Report {
  return [
    'Duplicate module call',
    `A module call named "${name}" was already defined at ${place}. Module calls must have unique names within a module.`,
  ]
}

function missingCall({ name }: ModuleCall): Report {
  return [
    'Missing module call to override',
    `There is no module call named "${name}". An override file can only override a module call that was defined in a primary configuration file.`,
  ]
}

function repeatedProvider({ localName, alias }: ProviderConfig, place: string): Report {
  const summary = 'Duplicate provider configuration'
  return alias === undefined
    ? [
        summary,
        `A default (non-aliased) provider configuration for "${localName}" was already given at ${place}. If multiple configurations are required, set the "alias" argument for alternative configurations.`,
      ]
    : [
        summary,
        `A provider configuration for "${localName}" with alias "${alias}" was already given at ${place}. Each configuration for the same provider must have a distinct alias.`,
      ]
}

function missingProvider({ localName, alias }: ProviderConfig): Report {
  return [
    'Missing base provider configuration for override',
    `There is no ${localName} provider configuration with the alias "${alias}". An override file can only override an aliased provider configuration that was already defined in a primary configuration file.`,
  ]
}
