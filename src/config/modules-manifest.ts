import type { ModulePath } from '../addrs/index.ts'
import { compareStrings, parseConstraints, parseVersion, versionSatisfies } from '../base/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Config, ModuleCall } from './config.ts'
import type { FileSystem } from './file-system.ts'
import { joinPath } from './file-system.ts'
import { type FindModule, type LoadOptions, loadConfig } from './load-config.ts'
import { type ModuleSource, moduleSourceToString, parseModuleSource } from './module-source.ts'
import { moduleText } from './providers.ts'

/** One installed module, as `.terraform/modules/modules.json` records it. */
export interface ModuleRecord {
  /** Call names joined by dots; empty for the root module. */
  readonly key: string
  /** Canonical source address; empty for the root module. */
  readonly source: string
  /** Of registry modules only. */
  readonly version: string | undefined
  /** Relative to the working directory, with forward slashes. */
  readonly dir: string
}

/** By key. */
export type ModulesManifest = ReadonlyMap<string, ModuleRecord>

/** Reads the text of `modules.json`; undefined and a diagnostic when it is damaged. */
export function parseModulesManifest(text: string, diags: Diagnostics): ModulesManifest | undefined {
  const records = new Map<string, ModuleRecord>()
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = undefined
  }
  const list = isRecord(parsed) ? (parsed.Modules ?? []) : undefined
  if (!Array.isArray(list)) return damaged(diags)
  for (const item of list as unknown[]) {
    if (!isRecord(item) || typeof item.Key !== 'string' || typeof item.Source !== 'string' || typeof item.Dir !== 'string') {
      return damaged(diags)
    }
    const version = typeof item.Version === 'string' && item.Version !== '' ? item.Version : undefined
    records.set(item.Key, { key: item.Key, source: item.Source, version, dir: item.Dir.replaceAll('\\', '/') })
  }
  return records
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function damaged(diags: Diagnostics): undefined {
  diags.error(
    'Invalid module manifest',
    'The record of installed modules, "modules.json", could not be read. Remove the "modules" folder of the data directory and run "landform init" to install the modules again.',
  )
  return undefined
}

/** The text of `modules.json`, ordered by key, with the escapes of Go's encoder. */
export function modulesManifestToString(manifest: ModulesManifest): string {
  const Modules = [...manifest.values()]
    .sort((a, b) => compareStrings(a.key, b.key))
    .map(({ key, source, version, dir }) => ({
      Key: key,
      Source: source,
      ...(version === undefined ? {} : { Version: version }),
      Dir: dir,
    }))
  return JSON.stringify({ Modules }).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Finds modules as recorded; a record for another source or version than the call's is reported. */
export function installedModules(manifest: ModulesManifest, diags: Diagnostics, command = 'landform'): FindModule {
  return (path, call) => {
    const record = manifest.get(path.join('.'))
    if (record === undefined) return undefined
    const source = parseModuleSource(call.source, call.version !== undefined)
    if ('kind' in source && moduleSourceToString(source) !== record.source) {
      diags.error(
        'Module source has changed',
        `The source address was changed since this module was installed. Run "${command} init" to install all modules required by this configuration.`,
        { subject: call.sourceRange },
      )
    } else if (!meetsVersion(record, call)) {
      diags.error(
        'Module version requirements have changed',
        `The version requirements have changed since this module was installed and the installed version (${record.version}) is no longer acceptable. Run "${command} init" to install all modules required by this configuration.`,
        { subject: call.sourceRange },
      )
    }
    return { dir: record.dir, version: record.version }
  }
}

/** Whether the version of an installed module is one that its call allows. */
function meetsVersion(record: ModuleRecord, call: ModuleCall): boolean {
  if (call.version === undefined || record.version === undefined) return true
  const version = parseVersion(record.version)
  const terms = parseConstraints(call.version)
  return version === undefined || terms === undefined || versionSatisfies(version, terms)
}

/** A module that must be fetched from elsewhere before its configuration can be read. */
export interface MissingModule {
  /** Call names joined by dots, as in the record. */
  readonly key: string
  readonly call: ModuleCall
  readonly source: Exclude<ModuleSource, { readonly kind: 'local' }>
}

export interface ModulePass {
  readonly config: Config
  /** What is installed: local modules where they lie, and those of `known` that fit. */
  readonly manifest: ModulesManifest
  /** In the order of their keys; modules that these call are not known yet. */
  readonly missing: readonly MissingModule[]
}

/** A fetched module with the folder of its whole package, which its local calls must not leave. */
export interface KnownModule extends ModuleRecord {
  readonly packageDir: string
}

/**
 * Reads a configuration as far as its modules are there: local ones are used where they lie, others as `known` by their
 * keys, when source and version still fit. The rest is given back to be fetched.
 */
export function findMissingModules(
  rootDir: string,
  files: FileSystem,
  known: ReadonlyMap<string, KnownModule>,
  diags: Diagnostics,
  options: Pick<LoadOptions, 'dialect' | 'early' | 'version' | 'installing'> = {},
  outside: readonly OutsideCall[] = [],
): ModulePass {
  const manifest = new Map<string, ModuleRecord>([['', { key: '', source: '', version: undefined, dir: joinPath(rootDir, '.') }]])
  const packages = new Map<string, { readonly dirs: readonly string[]; readonly address: string }>()
  const followLinks = (path: string): string => files.followLinks?.(path) ?? path
  const missing: MissingModule[] = []
  const find: FindModule = (path, call, parentDir) => {
    const key = path.join('.')
    const parsed = parseModuleSource(call.source, call.version !== undefined)
    if (!('kind' in parsed)) return null
    const source = moduleSourceToString(parsed)
    if (parsed.kind === 'local') {
      const given = joinPath(parentDir, parsed.path).replace(/(?<=.)\/$/, '')
      const dir = followLinks(given)
      const within = packages.get(path.slice(0, -1).join('.'))
      if (within !== undefined) {
        if (!within.dirs.some((folder) => isBelow(folder, given))) {
          diags.error(
            'Local module path escapes module package',
            `The given source directory for ${moduleText(path)} would be outside of its containing package ${JSON.stringify(within.address)}. Local source addresses starting with "../" must stay within the same package that the calling module belongs to.`,
            { subject: call.sourceRange },
          )
          return null
        }
        packages.set(key, within)
      }
      manifest.set(key, { key, source, version: undefined, dir })
      return dir
    }
    const record = known.get(key)
    if (record === undefined || record.source !== source || !meetsVersion(record, call)) {
      missing.push({ key, call, source: parsed })
      return null
    }
    packages.set(key, {
      dirs: [record.packageDir, followLinks(record.packageDir)],
      address: moduleSourceToString({ ...parsed, subdir: '' }),
    })
    manifest.set(key, { key, source, version: record.version, dir: record.dir })
    return { dir: record.dir, version: record.version }
  }
  const config = loadConfig(rootDir, { installing: 'strict', ...options, files, installed: find }, diags)
  for (const { path, call } of outside) {
    const found = find(path, call, rootDir)
    if (found === undefined || found === null) continue
    const dir = typeof found === 'string' ? found : found.dir
    loadConfig(dir, { ...options, files, installed: (inner, innerCall, parent) => find([...path, ...inner], innerCall, parent) }, diags)
  }
  return { config, manifest, missing: missing.sort((a, b) => compareStrings(a.key, b.key)) }
}

/** A module that something else than a configuration calls from the root folder, such as a run of a test file. */
export interface OutsideCall {
  /** What it is recorded as. */
  readonly path: ModulePath
  readonly call: ModuleCall
}

function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/**
 * Installs the modules of a configuration as far as that needs nobody else: local modules, and those that an earlier record
 * has. Others are reported as not installed.
 */
export function installLocalModules(
  rootDir: string,
  files: FileSystem,
  diags: Diagnostics,
  earlier: ModulesManifest = new Map(),
  options: Pick<LoadOptions, 'command' | 'dialect' | 'early' | 'version'> = {},
): { readonly manifest: ModulesManifest; readonly config: Config } {
  const known = new Map([...earlier].map(([key, record]) => [key, { ...record, packageDir: record.dir }]))
  const { manifest, config, missing } = findMissingModules(rootDir, files, known, diags, options)
  for (const { call } of missing) {
    const command = options.command ?? 'landform'
    const detail = `This module is not yet installed. Run "${command} init" to install all modules required by this configuration.`
    diags.error('Module not installed', detail, { subject: call.range })
  }
  return { manifest, config }
}
