import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

const data = join(import.meta.dirname, '../../../shared/conformance/test-command')

interface Case {
  readonly id: string
  readonly dir: string
  readonly args: readonly string[]
  readonly stdout_contains: string
  readonly exit_code: number
}

/** Cases that are answered as OpenTofu does only where OpenTofu is asked for. */
const tofuOnly: Readonly<Record<string, string>> = {
  local_variables_in_provider_block:
    'a provider of a test file may use variables of that file which the module does not declare: Terraform 1.11.4 takes them, OpenTofu does not',
}

describe.skipIf(!existsSync(data))('cases of the test command', () => {
  const cases: readonly Case[] = existsSync(data) ? (JSON.parse(readFileSync(join(data, 'cases.json'), 'utf8')) as Case[]) : []
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'landform-test-command-'))
    cpSync(join(data, 'cases'), dir, { recursive: true })
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test.each(cases)('$id', async ({ id, dir: folder, args, stdout_contains: part, exit_code: code }) => {
    const environment: Record<string, string> = id in tofuOnly ? { LANDFORM_DIALECT: 'tofu' } : {}
    const init = await runIn(join(dir, folder), ['init'], { environment })
    expect([init.code, init.stderr]).toEqual([0, ''])
    const got = await runIn(join(dir, folder), ['test', '-no-color', ...args], { environment })
    expect(got.stdout + got.stderr).toContain(part)
    expect([got.code, got.stderr === '' || code !== 0]).toEqual([code, true])
  })

  test('every exception is a case', () => {
    expect(Object.keys(tofuOnly).filter((id) => !cases.some((c) => c.id === id))).toEqual([])
  })
})
