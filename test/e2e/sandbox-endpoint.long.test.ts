import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Moto, motoProgram, startMoto } from '../aws/_moto.ts'
import { Workspace } from './_cli.ts'
import { sandboxFiles } from './_example.ts'
import { ServedSandbox, terraformWithAws } from './_sandbox.ts'

const MINUTES = 60_000

const queue = `
provider "aws" {}
resource "aws_vpc" "here" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_sqs_queue" "there" {
  name = "jobs"
  tags = { network = aws_vpc.here.id }
}
output "url" {
  value = aws_sqs_queue.there.url
}
`

// Needs LANDFORM_PEER_TERRAFORM and LANDFORM_PEER_MIRROR.
describe.skipIf(terraformWithAws === undefined)('the sandbox as an endpoint of real terraform with the real AWS provider', () => {
  let w: Workspace
  let sandbox: ServedSandbox | undefined
  let moto: Moto | undefined

  beforeAll(() => {
    w = new Workspace(sandboxFiles())
    w.write({
      rc: `provider_installation {\n  filesystem_mirror {\n    path = "${terraformWithAws!.mirror}"\n  }\n}\n`,
      'queue/main.tf': queue,
    })
  })
  afterAll(async () => {
    await sandbox?.stop()
    sandbox?.workspace.remove()
    await moto?.stop()
    w?.remove()
  })

  function run(folder: string, args: readonly string[], expected = 0): string {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...rest } = sandbox!.environment()
    const keys: Record<string, string> = folder === 'queue' ? { AWS_ACCESS_KEY_ID: '123456789012', AWS_SECRET_ACCESS_KEY: 'any' } : {}
    const env = { ...rest, ...keys, TF_CLI_CONFIG_FILE: join(w.dir, 'rc'), TF_IN_AUTOMATION: '1' }
    const [command, ...others] = args
    const { code, stdout, stderr } = w.runProgram(terraformWithAws!.terraform, [`-chdir=${folder}`, command!, '-no-color', ...others], {
      env,
    })
    expect([folder, args, code, expected === 0 ? stderr : '']).toEqual([folder, args, expected, ''])
    return stdout + stderr
  }

  test(
    'several accounts, and a role of one that another assumes, as in docs/sandbox.md',
    async () => {
      sandbox = await ServedSandbox.start()
      run('trusting', ['init'])
      run('trusted', ['init'])
      run('trusting', ['apply', '-auto-approve'])
      w.write({ 'stranger/main.tf': sandboxFiles()['trusted/main.tf']!.replaceAll('111111111111', '333333333333') })
      run('stranger', ['init'])
      expect(run('stranger', ['plan'], 1)).toContain('Cannot assume IAM Role')
      expect(run('trusted', ['apply', '-auto-approve'])).toContain('1 added')
      expect(JSON.parse(run('trusted', ['output', '-json', 'accounts']))).toEqual(['111111111111', '222222222222'])
      expect(run('trusted', ['plan', '-detailed-exitcode'])).toContain('No changes.')
      run('trusted', ['destroy', '-auto-approve'])
      run('trusting', ['destroy', '-auto-approve'])
      await sandbox.stop()
      sandbox.workspace.remove()
      sandbox = undefined
    },
    6 * MINUTES,
  )

  test.skipIf(motoProgram === undefined)(
    'what it does not implement is made by another emulator (skipped without moto_server)',
    async () => {
      moto = await startMoto()
      sandbox = await ServedSandbox.start([`-fallback=${moto.url}`])
      run('queue', ['init'])
      expect(run('queue', ['apply', '-auto-approve'])).toContain('2 added')
      expect(run('queue', ['plan', '-detailed-exitcode'])).toContain('No changes.')
      expect(JSON.parse(run('queue', ['output', '-json', 'url']))).toContain('/jobs')
      expect(run('queue', ['destroy', '-auto-approve'])).toContain('2 destroyed')
    },
    8 * MINUTES,
  )
})
