import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from './_cli.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('compiled code that bin/landform keeps between runs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'landform-code-cache-'))
  const executable = join(dir, 'bin', 'landform')
  const run = (...args: string[]) => spawnSync(process.execPath, [executable, ...args], { cwd: dir, encoding: 'utf8' })
  const cached = (): string[] => {
    const cache = join(dir, 'dist', '.code-cache')
    return existsSync(cache)
      ? readdirSync(cache, { recursive: true })
          .map(String)
          .filter((name) => name.endsWith('.cjs'))
      : []
  }

  beforeAll(() => {
    ensureBuilt()
    cpSync(join(root, 'bin'), join(dir, 'bin'), { recursive: true })
    cpSync(join(root, 'dist'), join(dir, 'dist'), { recursive: true, filter: (path) => !path.includes('.code-cache') })
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
    writeFileSync(join(dir, 'main.tf'), 'output "o" {\n  value = upper("a")\n}\n')
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test('a command that fails keeps nothing', () => {
    expect(run('plan', '-nonsense').status).toBe(1)
    expect(cached()).toEqual([])
  })

  test('each command adds its part, and answers the same from it', () => {
    const first = run('version')
    expect(first.status).toBe(0)
    const afterVersion = cached()
    expect(afterVersion).toContainEqual(expect.stringMatching(/\/cli\.cjs$/))
    expect(run('version').stdout).toBe(first.stdout)
    expect(cached()).toEqual(afterVersion)
    const fresh = run('plan', '-no-color')
    expect(fresh.stdout).toContain('+ o = "A"')
    expect(cached().length).toBeGreaterThan(afterVersion.length)
    expect(run('plan', '-no-color').stdout).toBe(fresh.stdout)
  })

  test('damaged parts are made anew', () => {
    const cache = join(dir, 'dist', '.code-cache')
    for (const name of cached()) truncateSync(join(cache, name), 100)
    expect(run('plan', '-no-color').stdout).toContain('+ o = "A"')
    expect(run('plan', '-no-color').stdout).toContain('+ o = "A"')
  })

  test('what is imported when needed is found from kept code too', () => {
    writeFileSync(join(dir, 'asks.tf'), 'variable "v" {}\n')
    const ask = () => spawnSync(process.execPath, [executable, 'plan', '-no-color'], { cwd: dir, encoding: 'utf8', input: 'x\n' })
    expect(ask().status).toBe(0)
    expect(ask().status).toBe(0)
  })
})
