import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, executable } from '../e2e/_cli.ts'
import { conformanceDir, haveConformance } from '../support/vectors.ts'

beforeAll(ensureBuilt, 120_000)

const cases = join(conformanceDir, 'equivalence')
const names = haveConformance ? readdirSync(join(cases, 'outputs')) : []

describe.skipIf(!haveConformance)('what OpenTofu writes for people (skipped without the conformance data)', () => {
  const dir = mkdtempSync(join(tmpdir(), 'landform-texts-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const tofu = join(dir, 'tofu')
  beforeAll(() => symlinkSync(executable, tofu))
  const environment = { PATH: process.env.PATH, HOME: dir, LANDFORM_PROVIDERS: join(dirname(executable), '../dist/test-providers') }

  // A case with a list of commands of its own captures other texts.
  const plain = names.filter((name) => {
    const spec = JSON.parse(readFileSync(join(cases, 'tests', name, 'spec.json'), 'utf8'))
    return spec.commands === undefined && existsSync(join(cases, 'outputs', name, 'plan'))
  })
  test.each(plain)('%s', { timeout: 60_000 }, (name) => {
    const cwd = join(dir, name)
    cpSync(join(cases, 'tests', name), cwd, { recursive: true })
    const run = (...args: readonly string[]): string => {
      const { status, stdout, stderr } = spawnSync(tofu, args, { cwd, env: environment, encoding: 'utf8' })
      expect([status, stderr]).toEqual([0, ''])
      return stdout
    }
    const wanted = (file: string): string => readFileSync(join(cases, 'outputs', name, file), 'utf8')
    run('init')
    expect(run('plan', '-out=equivalence_test_plan', '-no-color')).toBe(wanted('plan'))
    run('apply', '-json', 'equivalence_test_plan')
    expect(run('show', '-no-color')).toBe(wanted('state'))
  })
  test('there are cases', () => expect(plain.length).toBeGreaterThan(10))
})
