import { diskFileSystem, type OutsideCall } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { TestFile } from '../testing/index.ts'
import type { CommandContext } from './context.ts'

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
  const files = readTestFiles(disk, { testDir, dialect: context.dialect.kind }, diags)
  return { files, outside: runModules(files) }
}
