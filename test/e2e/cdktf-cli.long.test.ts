import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from './_cli.ts'
import { fixtures, ServedSandbox } from './_sandbox.ts'

const MINUTES = 60_000
const root = fileURLToPath(new URL('../../', import.meta.url))

/** The real command line of cdktf, installed from its own lock file into a folder of its own; undefined where the registry cannot be reached. */
function installCli(dir: string): string | undefined {
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(fixtures, 'cdktf-cli', name), join(dir, name))
  const install = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: dir,
    encoding: 'utf8',
    timeout: 8 * MINUTES,
  })
  const program = join(dir, 'node_modules', '.bin', 'cdktf')
  if (install.status === 0 && existsSync(program)) return program
  console.warn(`cdktf-cli could not be installed from the npm registry, so this test is left out:\n${install.stderr}`)
  return undefined
}

describe('cdktf-cli drives landform through TERRAFORM_BINARY_NAME', () => {
  let cli: string
  /** Apart from the command line, whose packages the stacks must not find. */
  let dir: string
  let program: string | undefined
  let sandbox: ServedSandbox | undefined

  beforeAll(async () => {
    ensureBuilt()
    cli = mkdtempSync(join(tmpdir(), 'landform-cdktf-cli-'))
    dir = mkdtempSync(join(tmpdir(), 'landform-cdktf-app-'))
    cpSync(join(fixtures, 'cdktf-cli', 'app'), dir, { recursive: true })
    program = installCli(cli)
    if (program !== undefined) sandbox = await ServedSandbox.start()
  }, 10 * MINUTES)
  afterAll(async () => {
    await sandbox?.stop()
    for (const folder of [cli, dir]) rmSync(folder, { recursive: true, force: true })
  })

  /** One command to its end: status, and both outputs without colours. */
  function cdktf(...args: readonly string[]): { code: number | null; text: string } {
    const env: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      HOME: cli,
      CI: '1',
      CHECKPOINT_DISABLE: '1',
      TERRAFORM_BINARY_NAME: process.env.LANDFORM_EXECUTABLE ?? join(root, 'bin', 'landform'),
      NODE_PATH: join(root, 'node_modules'),
      LANDFORM_BUILTIN_PROVIDERS: 'aws',
      ...sandbox!.environment(),
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, [program!, ...args], {
      cwd: dir,
      env,
      encoding: 'utf8',
      timeout: 4 * MINUTES,
    })
    return { code: status, text: (stdout + stderr).replace(/\u001b\[[0-9;]*m/g, '') }
  }

  const calls: readonly (readonly [args: readonly string[], ...parts: readonly string[]])[] = [
    [['diff', 'network'], 'Plan: 2 to add, 0 to change, 0 to destroy.'],
    [
      ['deploy', 'network', 'service', '--auto-approve'],
      'Apply complete! Resources: 2 added, 0 changed, 0 destroyed.',
      'aws_cloudwatch_log_group.logs: Creation complete',
      'group_name = demo',
    ],
    [['output', 'network'], 'group_name = demo', 'secret = <sensitive>'],
    [['diff', 'service'], 'No changes. Your infrastructure matches the configuration.'],
    [['destroy', 'service', 'network', '--auto-approve'], 'Destroy complete! Resources: 2 destroyed.'],
    [['diff', 'network'], 'Plan: 2 to add, 0 to change, 0 to destroy.'],
  ]

  test(
    'diff, deploy, output and destroy of two stacks',
    (context) => {
      if (program === undefined) return context.skip('the npm registry cannot be reached')
      for (const [args, ...parts] of calls) {
        const { code, text } = cdktf(...args)
        expect([args.join(' '), code, code === 0 ? '' : text]).toEqual([args.join(' '), 0, ''])
        for (const part of parts) expect(text).toContain(part)
      }
      const states = readdirSync(dir).filter((name) => /^terraform\..*\.tfstate$/.test(name))
      expect(states.sort()).toEqual(['terraform.network.tfstate', 'terraform.service.tfstate'])
    },
    15 * MINUTES,
  )
})
