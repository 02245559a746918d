import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, Workspace } from './_cli.ts'
import { ServedSandbox } from './_sandbox.ts'

const caller = (sandbox: ServedSandbox) => {
  const authorization = 'AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0'
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  return fetch(sandbox.url, { method: 'POST', headers, body: 'Action=GetCallerIdentity&Version=2011-06-15' })
}

describe('landform sandbox', () => {
  let sandbox: ServedSandbox
  beforeAll(async () => {
    sandbox = await ServedSandbox.start(['-log'])
  }, 120_000)
  afterAll(() => sandbox.workspace.remove())

  const run = (...args: string[]) => sandbox.workspace.run(['sandbox', ...args, '-no-color'])
  const dir = () => `-dir=${join(sandbox.workspace.dir, 'sandbox')}`

  test('serve answers, in one process for a folder, until Ctrl-C', async () => {
    const response = await caller(sandbox)
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('<Account>123456789012</Account>')])

    const second = run('serve', dir())
    expect([second.code, second.stdout]).toEqual([1, ''])
    expect(second.stderr).toContain('Error: The sandbox is served already')
    expect(second.stderr).toContain(`export AWS_ENDPOINT_URL=${sandbox.url}`)

    const early = run('reset', dir())
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('End that process first.')])

    expect(await sandbox.stop()).toBe(0)
    await expect(caller(sandbox)).rejects.toThrow()
    expect(run('reset', dir())).toMatchObject({ code: 0, stdout: expect.stringContaining('is empty again.') })
    expect(existsSync(join(sandbox.workspace.dir, 'sandbox', 'state'))).toBe(false)
    expect(run('reset', dir())).toMatchObject({ code: 0, stdout: expect.stringContaining('There is no sandbox in ') })
  })

  test.each<[string, string[], string]>([
    ['a port that is no number', ['serve', '-port=x'], 'invalid value "x" for flag -port: parse error'],
    ['a port that is none', ['serve', '-port=70000'], 'Error: Invalid port'],
    ['an unknown mode', ['serve', '-iam=maybe'], 'Error: Invalid mode'],
    ['delays that are none', ['serve', '-delays=slow'], 'Error: Invalid delays'],
    ['a latency that is none', ['serve', '-latency=-1'], 'Error: Invalid latency'],
    ['an argument', ['serve', 'here'], 'Error: Too many command line arguments'],
    ['an option of another command', ['reset', '-port=1'], 'flag provided but not defined: -port'],
  ])('%s is refused', (_, args, message) => {
    const { code, stderr } = run(...args)
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)])
    expect(stderr).toContain(`landform sandbox ${args[0]} -help`)
  })
})

test('the sandbox of a folder without environments is kept in it', () => {
  ensureBuilt()
  const workspace = new Workspace({})
  mkdirSync(join(workspace.dir, '.landform', 'sandbox', 'state'), { recursive: true })
  expect(workspace.run(['sandbox', 'reset']).stdout).toBe(`The sandbox in ${join(workspace.dir, '.landform', 'sandbox')} is empty again.\n`)
  const env = { LANDFORM_SANDBOX_DIR: join(workspace.dir, 'elsewhere') }
  expect(workspace.run(['sandbox', 'reset'], { env }).stdout).toBe(`There is no sandbox in ${env.LANDFORM_SANDBOX_DIR}.\n`)
  workspace.remove()
})
