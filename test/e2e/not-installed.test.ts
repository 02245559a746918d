import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from './_cli.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
let dir: string

beforeAll(() => {
  ensureBuilt()
  dir = mkdtempSync(join(tmpdir(), 'landform-bare-'))
  mkdirSync(join(dir, 'bin'))
  cpSync(join(root, 'bin', 'landform'), join(dir, 'bin', 'landform'))
  symlinkSync(join(root, 'dist'), join(dir, 'dist'))
  mkdirSync(join(dir, 'environments'))
  writeFileSync(join(dir, 'environments', 'accounts.ts'), 'export const accounts = []\n')
}, 120_000)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const run = (...args: string[]) => spawnSync(process.execPath, [join(dir, 'bin', 'landform'), ...args], { cwd: dir, encoding: 'utf8' })

test('a command that needs a package which is not there says what to do', () => {
  const { status, stderr } = run('env', 'list')
  expect(status).toBe(1)
  expect(stderr.replace(/[\s│╷╵]+/g, ' ')).toContain(
    'Error: Package not installed Landform needs the package "esbuild", which is not installed beside it.',
  )
  expect(stderr).toContain('npm ci')
})

test('commands that need none work', () => {
  expect(run('version')).toMatchObject({ status: 0, stderr: '' })
})
