import { compareStrings } from '../base/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Config } from './config.ts'
import type { FileSystem } from './file-system.ts'
import { joinPath } from './file-system.ts'
import { type FindModule, type LoadOptions, loadConfig } from './load-config.ts'
import { moduleSourceToString, parseModuleSource } from './module-source.ts'

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

/** The text of `modules.json`, ordered by key. */
export function modulesManifestToString(manifest: ModulesManifest): string {
  const Modules = [...manifest.values()]
    .sort((a, b) => compareStrings(a.key, b.key))
    .map(({ key, source, version, dir }) => ({
      Key: key,
      Source: source,
      ...(version === undefined ? {} : { Version: version }),
      Dir: dir,
    }))
  return JSON.stringify({ Modules })
}

/** Finds modules as recorded; a record for another source than the call's is reported and does not count. */
export function installedModules(manifest: ModulesManifest, diags: Diagnostics): FindModule {
  return (path, call) => {
    const record = manifest.get(path.join('.'))
    if (record === undefined) return undefined
    const source = parseModuleSource(call.source, call.version !== undefined)
    if ('kind' in source && moduleSourceToString(source) !== record.source) {
      diags.error(
        'Module source has changed',
        'The source address was changed since this module was installed. Run "landform init" to install all modules required by this configuration.',
        { subject: call.sourceRange },
      )
    }
    return { dir: record.dir, version: record.version }
  }
}

/**
 * Installs the modules of a configuration as far as they are local: they are used where they lie, and recorded. Other
 * sources are reported as not supported yet, unless an earlier record of the same source exists. Gives the record to be
 * written to `modules/modules.json` in the data directory.
 */
export function installLocalModules(
  rootDir: string,
  files: FileSystem,
  diags: Diagnostics,
  earlier: ModulesManifest = new Map(),
  options: Pick<LoadOptions, 'dialect' | 'early' | 'version'> = {},
): { readonly manifest: ModulesManifest; readonly config: Config } {
  const manifest = new Map<string, ModuleRecord>([['', { key: '', source: '', version: undefined, dir: joinPath(rootDir, '.') }]])
  const install: FindModule = (path, call, parentDir) => {
    const key = path.join('.')
    const parsed = parseModuleSource(call.source, call.version !== undefined)
    if (!('kind' in parsed)) return null
    const source = moduleSourceToString(parsed)
    if (parsed.kind === 'local') {
      const dir = joinPath(parentDir, parsed.path).replace(/(?<=.)\/$/, '')
      manifest.set(key, { key, source, version: undefined, dir })
      return dir
    }
    const record = earlier.get(key)
    if (record?.source === source) {
      manifest.set(key, record)
      return { dir: record.dir, version: record.version }
    }
    diags.error(
      'Remote modules are not supported yet',
      `The module "${call.name}" comes from "${call.source}", and Landform can install only modules with a local source ("./" or "../") so far. Copy the module into a folder of this project and use its path as source.`,
      { subject: call.sourceRange },
    )
    return null
  }
  const config = loadConfig(rootDir, { ...options, files, installed: install }, diags)
  return { manifest, config }
}
