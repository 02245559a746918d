import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type InProcessOutcome, runIn } from '../support/in-process.ts'

// In this process: what is said of input needs none of its own, and starting one for each row takes most of the time.

/** A text without its line breaks, as they depend on the width. */
const flat = ({ stdout, stderr }: InProcessOutcome): string => `${stdout}${stderr}`.replace(/\s+/g, ' ')

let dir: string
let good: string
let goodPlan: Buffer
const path = (name: string): string => join(dir, name)
const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text)
}
const run = (args: readonly string[], where = dir): Promise<InProcessOutcome> =>
  runIn(where, args, { environment: { TF_CLI_CONFIG_FILE: '/dev/null' } })
const state = (): string => readFileSync(path('terraform.tfstate'), 'utf8')

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landform-bad-'))
  write({ 'main.tf': 'resource "terraform_data" "a" { input = 1 }\n' })
  expect(await run(['apply', '-auto-approve', '-no-color'])).toMatchObject({ code: 0 })
  good = state()
  write({ 'main.tf': 'resource "terraform_data" "a" { input = 2 }\n' })
  expect(await run(['plan', '-out=good.plan', '-no-color'])).toMatchObject({ code: 0 })
  goodPlan = readFileSync(path('good.plan'))
}, 120_000)
afterAll(() => rmSync(dir, { recursive: true }))

/** The state as an object, changed. */
// biome-ignore lint/suspicious/noExplicitAny: a state as JSON
const changed = (edit: (state: any) => void): string => {
  const parsed = JSON.parse(good)
  edit(parsed)
  return JSON.stringify(parsed)
}

describe('a state that cannot be used is left as it is', () => {
  const rows: readonly [name: string, make: () => string, want: string][] = [
    [
      'cut off',
      () => good.slice(0, good.length / 2),
      'the file is probably truncated. Nothing has been changed. If this file was damaged, restore it',
    ],
    ['damaged', () => good.replace('"resources"', '"resources'), 'could not be parsed as JSON: syntax error at byte offset'],
    ['of another kind', () => '[]', 'The version in the state file is array. A positive whole number is required.'],
    ['of the future', () => changed((s) => (s.version = 5)), 'uses format version 5, which is not supported by Landform'],
    [
      'with an object of a newer schema',
      () => changed((s) => (s.resources[0].instances[0].schema_version = 9)),
      'was created by a newer provider version than is currently selected',
    ],
    [
      'with an object of another shape',
      () => changed((s) => (s.resources[0].instances[0].attributes.id = {})),
      'have the object forgotten with "state rm" and import it again',
    ],
    ['that is empty beside a backup', () => '', 'Restore the backup, then look at the plan with care'],
  ]
  test.each(rows)('%s', async (_, make, want) => {
    const text = make()
    write({ 'terraform.tfstate': text, 'terraform.tfstate.backup': good })
    const outcome = await run(['apply', '-auto-approve', '-no-color'])
    expect([outcome.code, flat(outcome)]).toEqual([1, expect.stringContaining(want)])
    expect(state()).toBe(text)
    expect(existsSync(path('.terraform.tfstate.lock.info'))).toBe(false)
  })

  test('attributes that its type no longer has are no mistake', async () => {
    write({ 'terraform.tfstate': changed((s) => (s.resources[0].instances[0].attributes.gone = [1])) })
    expect(flat(await run(['plan', '-no-color']))).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
  })
})

describe('a state that must not be pushed', () => {
  const rows: readonly [name: string, make: () => string, want: string][] = [
    [
      'of another lineage',
      () => changed((s) => (s.lineage = 'x')),
      'cannot import state with lineage "x" over unrelated state with lineage',
    ],
    ['of an older serial', () => changed((s) => (s.serial = 0)), 'cannot import state with serial 0 over newer state with serial 1'],
    ['that is none', () => '{"version":', 'could not be parsed as JSON'],
  ]
  test.each(rows)('%s', async (_, make, want) => {
    write({ 'terraform.tfstate': good, pushed: make() })
    const outcome = await run(['state', 'push', 'pushed'])
    expect([outcome.code, flat(outcome)]).toEqual([1, expect.stringContaining(want)])
    expect(state()).toBe(good)
  })
})

describe('a plan file that must not be applied', () => {
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(goodPlan)
    bytes[at] = bytes[at]! ^ 0xff
    return bytes
  }
  const rows: readonly [name: string, make: () => Buffer | string, want: string][] = [
    ['damaged', () => flipped(goodPlan.length >> 1), 'Create the plan again with "plan -out".'],
    ['cut off', () => goodPlan.subarray(0, 200), 'its end is missing, so it is probably truncated.'],
    ['another file', () => 'resource', 'is not a plan file. Plans are created with "plan -out".'],
    ['a state', () => good, 'holds JSON, as state files do'],
  ]
  test.each(rows)('%s', async (_, make, want) => {
    write({ 'terraform.tfstate': good })
    writeFileSync(path('bad.plan'), make())
    const outcome = await run(['apply', '-no-color', 'bad.plan'])
    expect([outcome.code, flat(outcome)]).toEqual([1, expect.stringContaining(want)])
    expect(flat(outcome)).not.toMatch(/Buffer|at Object/)
    expect(state()).toBe(good)
  })

  test('made from another state', async () => {
    write({ 'terraform.tfstate': changed((s) => (s.serial = 7)) })
    const outcome = await run(['apply', '-no-color', 'good.plan'])
    expect([outcome.code, flat(outcome)]).toEqual([1, expect.stringContaining('Saved plan is stale')])
  })

  test('made of a state with another history', async () => {
    write({ 'terraform.tfstate': changed((s) => (s.lineage = 'x')) })
    const outcome = await run(['apply', '-no-color', 'good.plan'])
    expect([outcome.code, flat(outcome)]).toEqual([1, expect.stringMatching(/does not match the given state|different state lineage/)])
  })
})

describe('configurations without end', () => {
  /** Plans a configuration of its own. */
  async function planned(text: string): Promise<InProcessOutcome> {
    const own = mkdtempSync(join(tmpdir(), 'landform-endless-'))
    try {
      writeFileSync(join(own, 'main.tf'), text)
      return await run(['plan', '-no-color'], own)
    } finally {
      rmSync(own, { recursive: true })
    }
  }

  test('a chain', { timeout: 120_000 }, async () => {
    const many = 20_000
    const chain = Array.from({ length: many }, (_, i) => `l${i} = ${i === 0 ? '0' : `local.l${i - 1} + 1`}`)
    const { stdout } = await planned(`locals {\n${chain.join('\n')}\n}\noutput "o" { value = local.l${many - 1} }\n`)
    expect(stdout).toContain(`+ o = ${many - 1}\n`)
  })

  test('a circle', { timeout: 120_000 }, async () => {
    const many = 5000
    const circle = Array.from({ length: many }, (_, i) => `l${i} = local.l${(i + 1) % many}`)
    const outcome = await planned(`locals {\n${circle.join('\n')}\n}\n`)
    expect([outcome.code, outcome.stderr.slice(0, 47)]).toEqual([1, '\nError: Cycle: local.l0 (expand), local.l1 (exp'])
    expect(outcome.stderr).toContain(`local.l${many - 1} at main.tf:${many + 1},1-`)
  })
})
