import { existsSync } from 'node:fs'
import { type Config, diskFileSystem, type OutsideCall } from '../config/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { TestFile } from '../testing/index.ts'
import type { GivenVariable, Settings } from '../workdir/index.ts'
import type { CommandContext } from './context.ts'

/** A folder for tests that was asked for and is not there. */
export function checkTestDir(testDir: string, diags: Diagnostics): void {
  if (testDir !== 'tests' && !existsSync(testDir))
    diags.warning('Test directory does not exist', `Requested test directory ${testDir} does not exist.`)
}

/** How test files are read. */
export function testDialect({ dialect: { kind, isOwn } }: CommandContext): {
  readonly dialect: 'terraform' | 'tofu'
  readonly oneOfName: boolean
} {
  return { dialect: kind, oneOfName: kind === 'terraform' && !isOwn }
}

/** The test files of the working directory, with the modules that their runs call. Nothing is loaded for it where there are none. */
export async function readTests(
  testDir: string,
  context: CommandContext,
  diags: Diagnostics,
): Promise<{ readonly files: readonly TestFile[]; readonly outside: readonly OutsideCall[] }> {
  const disk = diskFileSystem()
  const hasTests = ['.', testDir].some((dir) => disk.readDir(dir)?.some((name) => /\.(tftest|tofutest)\./.test(name)))
  if (!hasTests) return { files: [], outside: [] }
  const { readTestFiles, runModules } = await import('../testing/index.ts')
  const files = readTestFiles(disk, { testDir, ...testDialect(context) }, diags)
  return { files, outside: runModules(files) }
}

/** A configuration with the installed modules that runs of tests call, as if it called them itself: everything that needs providers. */
export async function withRunModules(
  config: Config,
  testDir: string,
  given: readonly GivenVariable[],
  settings: Settings,
  context: CommandContext,
): Promise<Config> {
  const { openSuite } = await import('../testing/index.ts')
  // What is wrong has been said when they were installed.
  const unheard = new Diagnostics()
  const suite = openSuite(settings, { testDir, filters: [], given, ...testDialect(context) }, unheard)
  const children = new Map(config.children)
  for (const file of suite?.files ?? []) {
    for (const run of file.runs) {
      const module = run.module === undefined ? undefined : suite!.moduleOf(file, run, unheard)
      if (module !== undefined) children.set(`${file.name} ${run.name}`, module)
    }
  }
  return { ...config, children }
}
