import { mkdirSync, rmSync } from 'node:fs'
import { cp, lstat, readlink, symlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { compareStrings, compareVersions, parseConstraints, type Version, versionSatisfies, versionToString } from '../base/index.ts'
import {
  type Config,
  diskFileSystem,
  findMissingModules,
  type KnownModule,
  loadModule,
  type MissingModule,
  type ModulePass,
  type ModuleRecord,
  moduleSourceToString,
  modulesManifestToString,
  type OutsideCall,
  parseModuleSource,
  parseModulesManifest,
  splitSubdir,
} from '../config/index.ts'
import { Diagnostics, rangeStart } from '../diags/index.ts'
import { RegistryError } from '../registry/discovery.ts'
import { isFolder } from '../registry/files.ts'
import {
  expandSubdir,
  type FetchContext,
  fetchModulePackage,
  isFetchError,
  joinSubdirs,
  ModuleNotFoundError,
  ModuleRegistry,
  redact,
} from '../registry/modules/index.ts'
import { makeStagingFolder, replaceWith } from '../registry/staging.ts'
import { earlyOptions, readManifest } from './configuration.ts'
import { s3Opener } from './module-buckets.ts'
import { openRegistryAccess } from './registry-access.ts'
import type { Settings } from './settings.ts'
import type { GivenVariable } from './variables.ts'
import { terraformVersion } from './versions.ts'
import { writeFileAtomically } from './write-file.ts'

/** What happens while modules are installed. */
export type ModuleEvent =
  /** The configuration calls modules. */
  | { readonly kind: 'start' }
  /** `what` is an address, with the version of registry modules behind it. */
  | { readonly kind: 'downloading'; readonly what: string; readonly key: string }
  /** Was not recorded like this before. */
  | { readonly kind: 'installed'; readonly key: string; readonly dir: string }

export interface InitModulesOptions {
  /** Fetch everything anew, and the newest versions that are allowed. */
  readonly upgrade: boolean
  /** Values that sources and versions may depend on. */
  readonly given?: readonly GivenVariable[] | undefined
  /** That modules do not fit together is told as warnings. */
  readonly lenient?: boolean | undefined
  /** Calls of modules that are not in the configuration. */
  readonly outside?: readonly OutsideCall[] | undefined
  /** Also record that there are none. */
  readonly recordsNone?: boolean | undefined
  readonly onEvent: (event: ModuleEvent) => void
  readonly signal?: AbortSignal | undefined
}

/** How many packages are fetched at once. */
const parallelFetches = 4

/**
 * Module stage of `init`: fetches what is missing, level by level of calls, and records all modules in the data directory.
 * What is wrong is reported; the configuration then lacks the modules that could not be had.
 */
export async function initModules(settings: Settings, options: InitModulesOptions, diags: Diagnostics): Promise<Config> {
  const text = readManifest(settings)
  // A damaged record is replaced: that is what init is for.
  const earlier = text === undefined ? undefined : parseModulesManifest(text, new Diagnostics())
  const modulesDir = posix.join(settings.dataDir, 'modules')
  const known = new Map<string, KnownModule>()
  if (!options.upgrade) for (const record of earlier?.values() ?? []) addKnown(record, modulesDir, known)
  const fetcher = new ModuleFetcher(settings, modulesDir, options)
  const { outside = [] } = options
  const hasCalls = (config: Config): boolean => config.module.moduleCalls.size + outside.length > 0
  const loading = {
    ...earlyOptions(settings, options.given ?? []),
    installing: options.lenient === true ? ('lenient' as const) : ('strict' as const),
  }
  let pass: ModulePass
  for (let isFirst = true; ; isFirst = false) {
    const own = new Diagnostics()
    pass = findMissingModules('.', diskFileSystem(), known, own, loading, outside)
    if (isFirst && hasCalls(pass.config)) options.onEvent({ kind: 'start' })
    if (pass.missing.length === 0 || own.hasErrors) {
      diags.addAll(own.items)
      break
    }
    const fetched = await fetcher.fetchAll(pass.missing, diags)
    for (const record of fetched) known.set(record.key, record)
    if (diags.hasErrors) {
      // What could be had is kept and recorded; the next run goes on from there.
      pass = findMissingModules('.', diskFileSystem(), known, new Diagnostics(), loading, outside)
      break
    }
  }
  for (const { key, dir, source, version } of [...pass.manifest.values()].sort((a, b) => compareStrings(a.key, b.key))) {
    const before = earlier?.get(key)
    const isNew = before === undefined || before.source !== source || before.dir !== dir || before.version !== version
    if (key !== '' && (isNew || fetcher.fetched.has(key) || options.upgrade)) options.onEvent({ kind: 'installed', key, dir })
  }
  // For init, a configuration that calls no modules leaves the record of others alone, as in Terraform.
  if (hasCalls(pass.config) || options.recordsNone) {
    const wanted = modulesManifestToString(pass.manifest)
    if (wanted !== text && (options.lenient !== true || !diags.hasErrors || fetcher.fetched.size > 0 || isComplete(pass.config))) {
      mkdirSync(modulesDir, { recursive: true })
      writeFileAtomically(posix.join(modulesDir, 'modules.json'), wanted)
    }
  }
  return pass.config
}

/** Mistakes in how modules are put together do not make them any less installed; those within one of them do. */
function isComplete({ module, children }: Config): boolean {
  const diags = new Diagnostics()
  loadModule(module.sourceDir, diskFileSystem(), diags, { version: terraformVersion })
  return !diags.hasErrors && [...module.moduleCalls.keys()].every((name) => children.has(name)) && [...children.values()].every(isComplete)
}

/** An earlier record counts as long as its folder is there. */
function addKnown(record: ModuleRecord, modulesDir: string, known: Map<string, KnownModule>): void {
  if (record.key === '' || !isFolder(record.dir)) return
  known.set(record.key, { ...record, packageDir: posix.join(modulesDir, record.key) })
}

class ModuleFetcher {
  /** Keys of what has been fetched. */
  readonly fetched = new Set<string>()
  readonly #modulesDir: string
  readonly #options: InitModulesOptions
  readonly #context: FetchContext
  readonly #registry: ModuleRegistry
  /** Folders of this run's packages by address, so that each is fetched once. */
  readonly #packages = new Map<string, Promise<string>>()

  constructor(settings: Settings, modulesDir: string, options: InitModulesOptions) {
    this.#modulesDir = modulesDir
    this.#options = options
    const access = openRegistryAccess(settings.environment)
    this.#registry = new ModuleRegistry(access.hosts)
    this.#context = {
      http: access.http,
      environment: settings.environment,
      oci: access.config.oci,
      signal: options.signal,
      openS3: s3Opener(settings.environment),
    }
  }

  async fetchAll(missing: readonly MissingModule[], diags: Diagnostics): Promise<readonly KnownModule[]> {
    const results: (KnownModule | undefined)[] = new Array(missing.length)
    const problems = missing.map(() => new Diagnostics())
    let next = 0
    const work = async (): Promise<void> => {
      for (let i = next++; i < missing.length; i = next++) results[i] = await this.#fetch(missing[i]!, problems[i]!)
    }
    await Promise.all(Array.from({ length: Math.min(parallelFetches, missing.length) }, work))
    for (const { items } of problems) diags.addAll(items)
    return results.filter((r) => r !== undefined)
  }

  async #fetch(missing: MissingModule, diags: Diagnostics): Promise<KnownModule | undefined> {
    const { key, source } = missing
    if (source.kind === 'remote') {
      this.#options.onEvent({ kind: 'downloading', what: redact(source.address), key })
      return this.#package(missing, source.address, source.subdir, undefined, diags)
    }
    const place = placeText(missing)
    let version: Version
    try {
      version = this.#choose(missing, await this.#registry.versions(source))
    } catch (error) {
      if (!isFetchError(error)) throw error
      const subject = { subject: missing.call.range }
      const name = missing.call.name
      if (error instanceof UnresolvableVersionError) diags.error('Unresolvable module version constraint', error.message, subject)
      else if (error instanceof ModuleNotFoundError) {
        const detail = `Module "${name}" (from ${place}) cannot be found in the module registry at ${source.host}.`
        diags.error('Module not found', detail, subject)
      } else {
        const detail = `Failed to retrieve available versions for module "${name}" (${place}) from ${source.host}: ${error.message}.`
        diags.error('Error accessing remote module registry', detail, subject)
      }
      return undefined
    }
    const number = versionToString(version)
    const name = moduleSourceToString({ ...source, subdir: '' })
    this.#options.onEvent({ kind: 'downloading', what: `${name} ${number}`, key })
    let location: string
    try {
      location = await this.#registry.location(source, version)
    } catch (error) {
      if (!isFetchError(error)) throw error
      const detail = `Failed to retrieve a download URL for ${name} ${number} from ${source.host}: ${error.message}`
      diags.error('Error accessing remote module registry', detail, { subject: missing.call.range })
      return undefined
    }
    const parsed = parseModuleSource(location, false)
    // A registry has no business with files of this machine.
    if (!('kind' in parsed) || parsed.kind !== 'remote' || /^(?:[A-Za-z0-9]+::)?file:/i.test(parsed.address)) {
      const detail = `Module registry ${source.host} returned an invalid source location for ${name} ${number}: ${JSON.stringify(location)} is not the address of a remote package.`
      diags.error('Invalid package location from module registry', detail, { subject: missing.call.range })
      return undefined
    }
    return this.#package(missing, parsed.address, joinSubdirs(parsed.subdir, source.subdir), number, diags)
  }

  #choose({ call, source }: MissingModule, versions: readonly Version[]): Version {
    const terms = call.version === undefined ? [] : (parseConstraints(call.version) ?? [])
    const exact = new Set(terms.filter((t) => t.operator === '=').map((t) => versionToString(t.version)))
    const candidates = versions.filter((v) => v.prerelease === '' || exact.has(versionToString(v)))
    const best = candidates
      .filter((v) => versionSatisfies(v, terms))
      .sort(compareVersions)
      .at(-1)
    if (best !== undefined) return best
    const name = moduleSourceToString({ ...source, subdir: '' })
    const newest = versions.filter((v) => v.prerelease === '').at(-1)
    throw new UnresolvableVersionError(
      newest === undefined
        ? `Module "${name}" (${placeText({ call })}) has no versions available on its registry.`
        : `There is no available version of module "${name}" (${placeText({ call })}) which matches the given version constraint. The newest available version is ${versionToString(newest)}.`,
    )
  }

  async #package(
    missing: MissingModule,
    address: string,
    subdir: string,
    version: string | undefined,
    diags: Diagnostics,
  ): Promise<KnownModule | undefined> {
    const { key, call, source } = missing
    const target = posix.join(this.#modulesDir, key)
    const problem = (summary: string, detail: string): undefined => {
      diags.error(summary, detail, { subject: call.range })
      return undefined
    }
    try {
      await this.#place(address, target)
    } catch (error) {
      if (!isFetchError(error)) throw error
      return problem(
        'Failed to download module',
        `Could not download module "${call.name}" (${placeText(missing)}) source code from ${JSON.stringify(redact(address))}: ${redact(error.message)}`,
      )
    }
    let inner: string
    try {
      inner = expandSubdir(target, subdir)
    } catch (error) {
      if (!isFetchError(error)) throw error
      diags.error('Failed to expand subdir globs', error.message)
      return undefined
    }
    const dir = posix.join(target, inner)
    if (!isFolder(dir)) {
      diags.error('Failed to expand subdir globs', `subdir ${JSON.stringify(inner)} not found`)
      return undefined
    }
    this.fetched.add(key)
    return { key, source: moduleSourceToString(source), version, dir, packageDir: target }
  }

  /** The package at `target`: fetched, or copied from where this run has fetched it before. */
  async #place(address: string, target: string): Promise<void> {
    const staging = makeStagingFolder(target)
    try {
      const content = join(staging, 'package')
      const before = this.#packages.get(address)
      if (before === undefined) {
        const fetching = fetchModulePackage(address, content, this.#context, splitSubdir).then(() => {
          replaceWith(content, target)
          return target
        })
        this.#packages.set(address, fetching)
        await fetching
        return
      }
      await copyPackage(await before, content)
      replaceWith(content, target)
    } finally {
      rmSync(staging, { recursive: true, force: true })
    }
  }
}

class UnresolvableVersionError extends RegistryError {
  override readonly name = 'UnresolvableVersionError'
}

/** A package that is a link to a folder stays one. */
async function copyPackage(from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true })
  if ((await lstat(from)).isSymbolicLink()) await symlink(await readlink(from), to, 'dir')
  else await cp(from, to, { recursive: true, verbatimSymlinks: true })
}

function placeText({ call }: { readonly call: MissingModule['call'] }): string {
  return `${call.range.source.filename}:${rangeStart(call.range).line}`
}
