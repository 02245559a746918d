import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Config,
  diskFileSystem,
  type FileSystem,
  installedModules,
  loadConfig,
  localModulesOnly,
  memoryFileSystem,
  parseModulesManifest,
  selectConfigFiles,
} from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Settings } from './settings.ts'
import { terraformVersion } from './versions.ts'

/** A configuration and the text of every file that it was read from. */
export interface LoadedConfig {
  readonly config: Config
  /** By path relative to the working directory; the record of installed modules is among them. */
  readonly files: ReadonlyMap<string, string>
}

/** Where a plan file keeps the record of installed modules, wherever the data directory was. */
const manifestEntry = '.terraform/modules/modules.json'

/** Whether the folder holds any configuration file. */
export function hasConfiguration(dir = '.'): boolean {
  const { primary, override } = selectConfigFiles(diskFileSystem().readDir(dir) ?? [])
  return primary.length + override.length > 0
}

/** The configuration of the working directory, or of `dir`, with the modules that `init` has recorded in the data directory. */
export function loadConfiguration(settings: Settings, diags: Diagnostics, dir = '.'): LoadedConfig {
  return load(diskFileSystem(dir), readManifest(settings), diags)
}

/** The configuration as it was when it was saved. */
export function loadSavedConfiguration(files: ReadonlyMap<string, string>, diags: Diagnostics): LoadedConfig {
  return load(memoryFileSystem(Object.fromEntries(files)), files.get(manifestEntry), diags)
}

function load(disk: FileSystem, manifestText: string | undefined, diags: Diagnostics): LoadedConfig {
  const files = new Map<string, string>()
  if (manifestText !== undefined) files.set(manifestEntry, manifestText)
  const recording: FileSystem = {
    readDir: (path) => disk.readDir(path),
    readFile(path) {
      const text = disk.readFile(path)
      if (text !== undefined) files.set(path, text)
      return text
    },
  }
  const manifest = manifestText === undefined ? undefined : parseModulesManifest(manifestText, diags)
  const installed = manifest === undefined ? () => undefined : installedModules(manifest, diags)
  const config = loadConfig('.', { files: recording, installed, version: terraformVersion }, diags)
  return { config, files }
}

/** Loads without asking what is installed: local modules are taken from where they lie. For `init`, which comes first. */
export function loadUninstalled(diags: Diagnostics): Config {
  return loadConfig('.', { installed: localModulesOnly, version: terraformVersion }, diags)
}

export function readManifest(settings: Settings): string | undefined {
  try {
    return readFileSync(join(settings.dataDir, 'modules', 'modules.json'), 'utf8')
  } catch {
    return undefined
  }
}
