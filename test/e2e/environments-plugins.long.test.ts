import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { ensureBuilt } from './_cli.ts'
import { EnvironmentProject, smallEnvironment } from './_environments.ts'

/** Environments on what is said to be AWS use plugins: here Landform's own providers as packages in a mirror, against a sandbox. */
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const hub = '222233334444'
const roles = [
  { name: 'landform-plan', trusts: hub, access: 'read-only' },
  { name: 'landform-apply', trusts: hub, access: 'administrator' },
] as const

let dir: string
let project: EnvironmentProject
let sandbox: Sandbox
let env: Readonly<Record<string, string>>
beforeAll(async () => {
  ensureBuilt()
  dir = mkdtempSync(join(tmpdir(), 'landform-mirror-'))
  project = new EnvironmentProject()
  project.write('environments/ops.ts', smallEnvironment)
  project.edit('environments/accounts.ts', "| 'aws' = 'sandbox'", "| 'aws' = 'aws'")
  for (const [name, release] of [
    ['aws', '6.25.0'],
    ['datadog', '3.82.0'],
  ]) {
    const made = project.landform(['provider', 'package', name!, `-release=${release}`, `-dir=${join(dir, 'mirror')}`])
    expect(made).toMatchObject({ code: 0, stderr: '' })
  }
  writeFileSync(join(dir, 'rc'), `provider_installation {\n  filesystem_mirror {\n    path = "${join(dir, 'mirror')}"\n  }\n}\n`)
  sandbox = await startSandbox({
    organization: {
      management: '111122223333',
      hub,
      accounts: [
        { id: '111122223333', name: 'management' },
        { id: hub, name: 'ops' },
      ],
      roles,
    },
  })
  env = {
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_ACCESS_KEY_ID: hub,
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_REGION: 'us-east-1',
    TF_CLI_CONFIG_FILE: join(dir, 'rc'),
    YES: '1',
  }
})
afterAll(async () => {
  await sandbox?.close()
  project?.remove()
  rmSync(dir, { recursive: true, force: true })
})

const lockFile = (): string => readFileSync(join(project.root, '.terraform.lock.hcl'), 'utf8')

describe('plugins of environments', () => {
  test('without a lock file a plan says how they are chosen', async () => {
    const { code, stderr } = await project.envAsync(['state'], env)
    expect(code).toBe(1)
    expect(stderr).toContain('landform env init all')
    expect(existsSync(join(project.root, '.terraform'))).toBe(false)
  })

  test('are chosen, locked and installed by env init', async () => {
    const { code, stdout, stderr } = await project.envAsync(['init', 'ops'], env)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toContain('- Installed hashicorp/aws v6.25.0 (unauthenticated)')
    expect(stdout).toContain('The choice is recorded in .terraform.lock.hcl.')
    expect(lockFile()).toMatch(/provider "registry\.terraform\.io\/hashicorp\/aws" \{\n {2}version {5}= "6\.25\.0"/)
    expect(existsSync(join(project.root, '.terraform', 'providers'))).toBe(true)
  })

  test('serve the store, plans and applies', async () => {
    expect(await project.envAsync(['state'], env)).toMatchObject({ code: 0, stderr: '' })
    const planned = await project.envAsync(['plan', 'ops'], env)
    expect(planned).toMatchObject({ code: 0, stderr: '' })
    expect(planned.stdout).toContain('aws_vpc.vpc')
    const before = lockFile()
    // As on a machine of CI, which has the repository alone.
    rmSync(join(project.root, '.terraform'), { recursive: true })
    const applied = await project.envAsync(['apply', 'ops'], env)
    expect({ code: applied.code, stderr: applied.stderr }).toEqual({ code: 0, stderr: '' })
    expect(applied.stdout).toContain('Installing the plugins that .terraform.lock.hcl has chosen...')
    expect(applied.stdout).toContain('- Installed hashicorp/aws v6.25.0')
    expect(lockFile()).toBe(before)
    rmSync(join(project.root, '.terraform'), { recursive: true })
    const again = await project.envAsync(['plan', 'ops'], env)
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' })
    expect(again.stdout).toContain('Installing the plugins')
    expect(again.stdout).toContain('No changes.')
  })

  test('are not installed where they are not what was locked', async () => {
    const before = lockFile()
    project.write('.terraform.lock.hcl', before.replace(/h1:[^"]+/g, `h1:${'A'.repeat(43)}=`))
    rmSync(join(project.root, '.terraform'), { recursive: true })
    const { code, stderr } = await project.envAsync(['plan', 'ops'], env)
    expect(code).toBe(1)
    expect(stderr.replace(/\s+/g, ' ')).toContain('checksum')
    project.write('.terraform.lock.hcl', before)
    expect(await project.envAsync(['destroy', 'ops'], env)).toMatchObject({ code: 0, stderr: '' })
  })

  test('serve the sandbox, too, where accounts.ts says so', async () => {
    const accounts = project.read('environments/accounts.ts')
    project.edit('environments/accounts.ts', "| 'aws' = 'aws'", "| 'aws' = 'sandbox'")
    project.edit('environments/accounts.ts', 'const region', "export const builtinProviders = ['none']\nconst region")
    const mirror = { TF_CLI_CONFIG_FILE: join(dir, 'rc'), YES: '1' }
    expect(await project.envAsync(['init', 'ops'], mirror)).toMatchObject({ code: 0, stderr: '' })
    expect(project.landform(['providers'], mirror).stdout).toContain('hashicorp/aws v6.25.0, a plugin')
    expect(await project.envAsync(['plan', 'ops'], mirror)).toMatchObject({ code: 0, stderr: '' })
    expect(await project.envAsync(['apply', 'ops'], mirror)).toMatchObject({ code: 0, stderr: '' })
    expect((await project.envAsync(['plan', 'ops'], mirror)).stdout).toContain('No changes.')
    project.write('environments/accounts.ts', accounts)
  })
})
