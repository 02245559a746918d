import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, executable } from '../e2e/_cli.ts'
import { conformanceDir, haveConformance } from '../support/vectors.ts'

/** Cases that are not expected to pass, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {}

const python = spawnSync('python3', ['--version']).status === 0

beforeAll(ensureBuilt, 120_000)

/** The expected documents were written by OpenTofu, so it is OpenTofu's dialect that they are compared with. */
describe.skipIf(!haveConformance || !python)('equivalence tests (skipped without the conformance data or python3)', () => {
  test('all commands of all cases give the expected documents', { timeout: 600_000 }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'landform-equivalence-'))
    try {
      const report = join(dir, 'report.json')
      const { stdout } = spawnSync(
        join(conformanceDir, 'run-equivalence'),
        [executable, ...['--env', `LANDFORM_PROVIDERS=${join(dirname(executable), '../dist/test-providers')}`], ...['--json', report]],
        { encoding: 'utf8' },
      )
      expect(existsSync(report), stdout).toBe(true)
      const { cases } = JSON.parse(readFileSync(report, 'utf8')) as { cases: Record<string, Record<string, [string, string]>> }
      const failures: string[] = []
      for (const [name, files] of Object.entries(cases)) {
        for (const [file, [outcome, note]] of Object.entries(files)) {
          // What is written for people is compared elsewhere.
          if (outcome === 'fail' && file !== 'plan' && file !== 'state' && exceptions[name] === undefined)
            failures.push(`${name} ${file}: ${note}`)
        }
      }
      expect(failures).toEqual([])
      expect(Object.keys(cases).length).toBeGreaterThan(0)
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})
