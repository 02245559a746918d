import { isAbsolute } from 'node:path'
import {
  type Config,
  diskFileSystem,
  type FileSystem,
  type FindModule,
  installedModules,
  joinPath,
  loadConfig,
  loadVariableFile,
  loadVariableFiles,
  localModulesOnly,
  type ModuleCall,
  type OutsideCall,
  parseModulesManifest,
  type VariableArgument,
} from '../config/index.ts'
import { Diagnostics } from '../diags/index.ts'
import {
  earlyOptions,
  type GivenVariable,
  loadConfiguration,
  loadRootModule,
  readManifest,
  type Settings,
  terraformVersion,
} from '../workdir/index.ts'
import { findTestFiles } from './find-files.ts'
import { parseTestFile } from './parse.ts'
import type { SuiteInput } from './runner.ts'
import type { TestFile, TestModule, TestRun } from './test-file.ts'

export interface SuiteOptions {
  /** Relative to the working directory. */
  readonly testDir: string
  /** Names of files; empty: all there are. */
  readonly filters: readonly string[]
  /** Values from the command line. */
  readonly given: readonly GivenVariable[]
  readonly dialect: 'terraform' | 'tofu'
  /** Several runs of one name are refused, as Terraform does; OpenTofu takes them, and so does Landform by its own name. */
  readonly oneOfName: boolean
}

export type OpenSuite = Pick<SuiteInput, 'files' | 'root' | 'moduleOf' | 'globalsOf'>

/** Reads the working directory and its test files. Undefined when that failed, which is reported. */
export function openSuite(settings: Settings, options: SuiteOptions, diags: Diagnostics): OpenSuite | undefined {
  const { testDir, given } = options
  if (isAbsolute(testDir) || joinPath('.', testDir).startsWith('..')) {
    diags.error(
      'Invalid testing directory',
      'The testing directory must be a relative path pointing to a directory local to the configuration directory.',
    )
    return undefined
  }
  const files = diskFileSystem()
  const own = new Diagnostics()
  const all = readTestFiles(files, options, own)
  if (own.hasErrors) {
    // What the module calls is not looked at then.
    loadRootModule(settings, diags, { given })
    diags.addAll(own.items)
    return undefined
  }
  const { config: root } = loadConfiguration(settings, diags, { given })
  diags.addAll(own.items)
  if (diags.hasErrors) return undefined
  for (const file of all) for (const run of file.runs) if (run.module !== undefined) checkFolder(run.module, files, diags)
  if (diags.hasErrors) return undefined
  const wanted = new Set(options.filters.map((name) => joinPath('.', name)))
  const find = moduleFinder(settings, diags)
  const modules = new Map<string, Config | undefined>()
  const globals = globalVariables(files, testDir, given, settings, diags)
  if (diags.hasErrors) return undefined
  return {
    root,
    files: wanted.size === 0 ? all : all.filter((file) => wanted.has(file.name)),
    globalsOf: (file) => ({ ...globals, files: file.name.startsWith(`${joinPath('.', testDir)}/`) ? globals.testFiles : globals.files }),
    moduleOf: (file, run, own) => {
      const key = moduleKey(file, run)
      if (!modules.has(key)) modules.set(key, loadRunModule(run, key, files, find, settings, given, own))
      return modules.get(key)
    },
  }
}

/** The test files of a working directory; of all of them, since a mistake in one is worth knowing whichever are run. */
export function readTestFiles(
  files: FileSystem,
  options: Pick<SuiteOptions, 'testDir' | 'dialect' | 'oneOfName'>,
  diags: Diagnostics,
): readonly TestFile[] {
  return findTestFiles(files, options.testDir, options.dialect).map((name) => parseTestFile(name, files, options.oneOfName, diags))
}

/** Told before anything runs, like everything that is wrong with a test file. */
function checkFolder({ source, range }: TestModule, files: FileSystem, diags: Diagnostics): void {
  if (!/^\.{1,2}\//.test(source) || files.readDir(joinPath('.', source)) !== undefined) return
  diags.error('Module not installed', `The directory ${joinPath('.', source)} of this module does not exist or cannot be read.`, {
    subject: range,
  })
}

/** How `init` records the module of a run: `test.tests.main.setup` for run `setup` of `tests/main.tftest.hcl`. */
export function moduleKey(file: TestFile, run: TestRun): string {
  const name = file.name.replace(/\.(tftest|tofutest)\.(hcl|json)$/, '').replaceAll('/', '.')
  return `test.${name}.${run.name}`
}

/** Folders of installed modules by key, as `init` has recorded them. */
function moduleFinder(settings: Settings, diags: Diagnostics): FindModule {
  const text = readManifest(settings)
  const manifest = text === undefined ? undefined : parseModulesManifest(text, diags)
  return manifest === undefined ? () => undefined : installedModules(manifest, diags, settings.environment.LANDFORM_COMMAND)
}

/** The modules that runs call, as `init` installs and records them. */
export function runModules(files: readonly TestFile[]): readonly OutsideCall[] {
  return files.flatMap((file) =>
    file.runs.filter((run) => run.module !== undefined).map((run) => ({ path: moduleKey(file, run).split('.'), call: moduleCallOf(run) })),
  )
}

/** The run calls its module as a module block would. */
function moduleCallOf(run: TestRun): ModuleCall {
  const { source, version, range, sourceRange } = run.module!
  return {
    name: run.name,
    source,
    version,
    count: undefined,
    forEach: undefined,
    enabled: undefined,
    deferred: undefined,
    dependsOn: [],
    dependsOnRange: undefined,
    providers: undefined,
    body: { kind: 'native', attributes: new Map(), blocks: [], range, endRange: range },
    sourceRange,
    range,
  }
}

function loadRunModule(
  run: TestRun,
  key: string,
  files: FileSystem,
  find: FindModule,
  settings: Settings,
  given: readonly GivenVariable[],
  diags: Diagnostics,
): Config | undefined {
  const { range } = run.module!
  const call = moduleCallOf(run)
  const prefix = key.split('.')
  const local = localModulesOnly([run.name], call, '.')
  const found = local ?? find(prefix, call, '.')
  if (found === undefined || found === null) {
    diags.error(
      'Module not installed',
      `This module is not yet installed. Run "${settings.environment.LANDFORM_COMMAND ?? 'landform'} init" to install all modules required by this configuration.`,
      { subject: range },
    )
    return undefined
  }
  const dir = typeof found === 'string' ? found : found.dir
  const own = new Diagnostics()
  const config = loadConfig(
    dir,
    {
      files,
      installed: (path, inner, parentDir) => localModulesOnly(path, inner, parentDir) ?? find([...prefix, ...path], inner, parentDir),
      version: terraformVersion,
      ...earlyOptions(settings, given),
    },
    own,
  )
  diags.addAll(own.items)
  return own.hasErrors ? undefined : config
}

/** Files of the directory for tests are for its tests alone. */
function globalVariables(files: FileSystem, testDir: string, given: readonly GivenVariable[], settings: Settings, diags: Diagnostics) {
  const cli: VariableArgument[] = []
  for (const { kind, value } of given) {
    if (kind === 'var') cli.push({ kind, text: value })
    else {
      const file = loadVariableFile(value, files, diags)
      if (file !== undefined) cli.push({ kind, file })
    }
  }
  const own = loadVariableFiles('.', files, diags)
  const isSame = joinPath('.', testDir) === '.'
  return {
    environment: settings.environment,
    files: own,
    testFiles: isSame ? own : [...own, ...loadVariableFiles(joinPath('.', testDir), files, diags)],
    cli,
  }
}
