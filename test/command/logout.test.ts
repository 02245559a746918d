import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type InProcessOutcome, runIn } from '../support/in-process.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'landform-logout-'))
  mkdirSync(join(home, '.terraform.d'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const stored = (): unknown => JSON.parse(readFileSync(join(home, '.terraform.d', 'credentials.tfrc.json'), 'utf8'))
const run = (...args: readonly string[]): Promise<InProcessOutcome> =>
  runIn(home, [...args, '-no-color'], { environment: { HOME: home }, name: 'terraform' })

describe('logout', () => {
  test('removes a stored token and nothing else', async () => {
    const path = join(home, '.terraform.d', 'credentials.tfrc.json')
    writeFileSync(path, JSON.stringify({ credentials: { 'app.terraform.io': { token: 'abc' }, 'b.example': { token: 'x' } }, other: 1 }))
    const got = await run('logout')
    expect([got.code, got.stderr, got.stdout]).toEqual([
      0,
      '',
      `Removing the stored credentials for app.terraform.io from the following file:\n    ${path}\n\nSuccess! Terraform has removed the stored API token for app.terraform.io.\n\n`,
    ])
    expect(stored()).toEqual({ credentials: { 'b.example': { token: 'x' } }, other: 1 })
  })

  test('has nothing to do where nothing is stored', async () => {
    expect(await run('logout', 'c.example')).toEqual({ code: 0, stdout: 'No credentials for c.example are stored.\n\n', stderr: '' })
  })

  test('leaves alone what was configured by hand', async () => {
    writeFileSync(join(home, '.terraformrc'), 'credentials "c.example" {\n  token = "x"\n}\n')
    const got = await run('logout', 'c.example')
    expect([got.code, got.stderr]).toEqual([1, expect.stringContaining('Error: Credentials for c.example are manually configured')])
  })

  test.each([
    [['logout', 'a.example', 'b.example'], 'Too many command line arguments'],
    [['logout', 'bad host'], 'Invalid hostname'],
  ])('%j', async (args, summary) => {
    const got = await run(...args)
    expect([got.code, got.stderr]).toEqual([1, expect.stringContaining(summary)])
  })
})

test('login says how to hand over a token', async () => {
  const got = await run('login', 'my-host.example')
  expect([got.code, got.stderr]).toEqual([1, expect.stringContaining('export TF_TOKEN_my__host_example=...')])
})
