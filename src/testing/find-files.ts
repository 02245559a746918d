import { compareStrings } from '../base/index.ts'
import { type FileSystem, isIgnoredFile, joinPath } from '../config/index.ts'

const testFileName = /\.(tftest|tofutest)\.(hcl|json)$/

/**
 * The test files of a working directory and of its directory for tests, in the order in which they are run. Where a test is there in
 * both languages, the one for Landform's dialect counts: `x.tofutest.hcl` hides `x.tftest.hcl` for `tofu`, and the other way round.
 */
export function findTestFiles(files: FileSystem, testDir: string, dialect: 'terraform' | 'tofu'): readonly string[] {
  const own = dialect === 'tofu' ? 'tofutest' : 'tftest'
  const other = dialect === 'tofu' ? 'tftest' : 'tofutest'
  const dirs = joinPath(testDir, '.') === '.' ? ['.'] : ['.', testDir]
  const found = dirs.flatMap((dir) => {
    const names = new Set((files.readDir(dir) ?? []).filter((name) => testFileName.test(name) && !isIgnoredFile(name)))
    return [...names]
      .filter((name) => !name.includes(`.${other}.`) || !names.has(name.replace(`.${other}.`, `.${own}.`)))
      .map((name) => joinPath(dir, name))
  })
  return found.sort(compareStrings)
}
