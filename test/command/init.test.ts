import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

/*
 * `init` of small folders, good and bad, line by line as Terraform 1.11.4 says it, and which modules it records. What takes registries
 * or mirrors is compared in test/e2e/init-terraform.long.test.ts.
 */

interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly steps: readonly (
    | { readonly write: Readonly<Record<string, string>> }
    | { readonly args: readonly string[]; readonly code: number; readonly out: string; readonly err: string }
  )[]
  /** The record of modules, or null where there is none. */
  readonly modules: string | null
}

const cases = JSON.parse(readFileSync(new URL('./testdata/init.json', import.meta.url), 'utf8')) as readonly Case[]

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-init-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
}

const withoutTimes = (text: string): string => text.replace(/"@timestamp":"[^"]*"/g, 'TIME')

test.each(cases)('$name', async ({ files, steps, modules }) => {
  write(files)
  for (const step of steps) {
    if ('write' in step) {
      write(step.write)
      continue
    }
    const { code, stdout, stderr } = await runIn(dir, step.args, { name: 'terraform', environment: { TF_CLI_CONFIG_FILE: '/dev/null' } })
    expect({ code, out: withoutTimes(stdout), err: withoutTimes(stderr) }).toEqual({ code: step.code, out: step.out, err: step.err })
  }
  const record = join(dir, '.terraform/modules/modules.json')
  expect(existsSync(record) ? readFileSync(record, 'utf8') : null).toBe(modules)
})

test.each([
  ['', 'Error asking for confirmation: interrupted'],
  // Given, and taken back before it counts.
  ['yes', 'Migration interrupted'],
])('an interrupt at the question whether to copy a state copies nothing: %j', async (input, message) => {
  const state =
    '{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"l","outputs":{"o":{"value":"1","type":"string"}},"resources":[]}'
  write({ 'main.tf': 'terraform {\n  backend "local" {\n    path = "x.tfstate"\n  }\n}\n', 'terraform.tfstate': state })
  const onRead = (): void => void process.emit('SIGINT')
  const { code, stderr } = await runIn(dir, ['init', '-no-color'], { environment: { TF_CLI_CONFIG_FILE: '/dev/null' }, input, onRead })
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)])
  expect(readdirSync(dir).filter((name) => name.includes('tfstate'))).toEqual(['terraform.tfstate'])
})
