import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Config,
  diskFileSystem,
  type FileSystem,
  installedModules,
  type LoadOptions,
  loadConfig,
  localModulesOnly,
  type Module,
  memoryFileSystem,
  parseModulesManifest,
  type StaticSurroundings,
  selectConfigFiles,
} from '../config/index.ts'
import type { Value } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { functionTable } from '../lang/functions/index.ts'
import { dialectOf, type Settings } from './settings.ts'
import { type GivenVariable, gatherVariables } from './variables.ts'
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

/** What a configuration is loaded with beside its files. */
export interface LoadSettings {
  /** The working directory unless given. */
  readonly dir?: string | undefined
  /** Values that module sources, versions and the backend may depend on. */
  readonly given?: readonly GivenVariable[] | undefined
  /** `required_version` is not heeded: as Terraform, for commands that only look. */
  readonly anyVersion?: boolean | undefined
}

/** The configuration of the working directory, or of `dir`, with the modules that `init` has recorded in the data directory. */
export function loadConfiguration(
  settings: Settings,
  diags: Diagnostics,
  { dir = '.', given = [], anyVersion }: LoadSettings = {},
): LoadedConfig {
  return load(diskFileSystem(dir), readManifest(settings), { ...earlyOptions(settings, given), anyVersion }, diags)
}

/** The configuration as it was when it was saved, with the settings and values that it was planned with. */
export function loadSavedConfiguration(
  files: ReadonlyMap<string, string>,
  diags: Diagnostics,
  planned?: { readonly settings: Settings; readonly variables: ReadonlyMap<string, Value> },
): LoadedConfig {
  const early = planned && earlyOptions(planned.settings, planned.variables)
  return load(memoryFileSystem(Object.fromEntries(files)), files.get(manifestEntry), early, diags)
}

/** The root module alone, with its backend worked out. Undefined when there is no folder. For `init`, before modules are installed. */
export function loadRootModule(
  settings: Settings,
  diags: Diagnostics,
  { dir = '.', given = [], anyVersion }: LoadSettings = {},
): Module | undefined {
  const files = diskFileSystem(dir)
  if (files.readDir('.') === undefined) return undefined
  return loadConfig('.', { files, installed: () => null, version: terraformVersion, anyVersion, ...earlyOptions(settings, given) }, diags)
    .module
}

/** What settings and values say to expressions that are evaluated before anything is planned. */
export function earlyOptions(
  settings: Settings,
  given: readonly GivenVariable[] | ReadonlyMap<string, Value>,
): Pick<LoadOptions, 'command' | 'dialect' | 'early'> {
  const early: StaticSurroundings = {
    variables(module) {
      if ('get' in given) return new Map([...given].map(([name, value]) => [name, { value }] as const))
      // What is wrong with them is said when they are gathered for planning.
      return gatherVariables({ path: [], module, children: new Map() }, given, settings, new Diagnostics())
    },
    functions(sourceDir) {
      const table = functionTable({ baseDir: sourceDir, pure: true })
      return { functions: table.lookUp, functionNames: table.names }
    },
    workspace: settings.workspace,
    cwd: settings.originalDir,
  }
  return { dialect: dialectOf(settings.environment), command: settings.environment.LANDFORM_COMMAND, early }
}

function load(
  disk: FileSystem,
  manifestText: string | undefined,
  early: Pick<LoadOptions, 'command' | 'dialect' | 'early' | 'anyVersion'> | undefined,
  diags: Diagnostics,
): LoadedConfig {
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
  const installed = manifest === undefined ? () => undefined : installedModules(manifest, diags, early?.command)
  const config = loadConfig('.', { files: recording, installed, version: terraformVersion, ...early }, diags)
  return { config, files }
}

/** Loads without asking what is installed: local modules are taken from where they lie. For `init`, which comes first. */
export function loadUninstalled(diags: Diagnostics, settings?: Settings, given: readonly GivenVariable[] = []): Config {
  const early = settings && earlyOptions(settings, given)
  return loadConfig('.', { installed: localModulesOnly, version: terraformVersion, ...early }, diags)
}

export function readManifest(settings: Settings): string | undefined {
  try {
    return readFileSync(join(settings.dataDir, 'modules', 'modules.json'), 'utf8')
  } catch {
    return undefined
  }
}
