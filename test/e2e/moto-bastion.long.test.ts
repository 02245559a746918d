import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Moto, motoProgram, startMoto } from '../aws/_moto.ts'
import { ensureBuilt, terraform, Workspace } from './_cli.ts'

const folder = new URL('../fixtures/bastion/', import.meta.url)
const mirror = process.env.LANDFORM_PEER_MIRROR

/** The fixture, but for what moto cannot do. */
function files(): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.tf')) continue
    found[name] = readFileSync(new URL(name, folder), 'utf8')
      // It has no MonitorInstances, and forgets the setting.
      .replace(/monitoring( *)= true/, 'monitoring$1= false')
      // Its images are older.
      .replace('al2023-ami-2023.*-x86_64', 'amzn2-ami-hvm-*-x86_64-gp2')
  }
  return found
}

describe.skipIf(motoProgram === undefined)('the bastion on moto (skipped without moto_server)', () => {
  let moto: Moto
  let env: Record<string, string>
  beforeAll(ensureBuilt, 120_000)
  beforeEach(async () => {
    moto = await startMoto()
    env = {
      LANDFORM_BUILTIN_PROVIDERS: 'aws',
      AWS_ENDPOINT_URL: moto.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
    }
  }, 60_000)
  afterEach(() => moto?.stop())

  const summaryOf = (text: string): string =>
    [...text.matchAll(/^(?:No changes|Plan:|Apply complete!|Destroy complete!).*$/gm)].at(-1)?.[0] ?? text

  test('is applied, planned again and destroyed', () => {
    const w = new Workspace(files())
    try {
      expect(w.run(['init', '-no-color'], { env })).toMatchObject({ code: 0, stderr: '' })
      const applied = w.run(['apply', '-no-color', '-auto-approve'], { env })
      expect(applied.stderr).toBe('')
      expect(summaryOf(applied.stdout)).toMatch(/^Apply complete! Resources: \d\d added, 0 changed, 0 destroyed\.$/)
      const again = w.run(['plan', '-no-color', '-detailed-exitcode'], { env })
      expect({ code: again.code, stderr: again.stderr, summary: summaryOf(again.stdout) }).toMatchObject({
        code: 0,
        stderr: '',
        summary: expect.stringMatching(/^No changes/),
      })
      const wider = ['-var', 'allowed={office="198.51.100.0/24",vpn="203.0.113.9/32"}']
      const change = w.run(['plan', '-no-color', ...wider], { env })
      expect(summaryOf(change.stdout)).toBe('Plan: 0 to add, 1 to change, 0 to destroy.')
      expect(w.run(['destroy', '-no-color', '-auto-approve'], { env })).toMatchObject({ code: 0, stderr: '' })
      expect(w.run(['state', 'list'], { env }).stdout).toBe('')
    } finally {
      w.remove()
    }
  }, 300_000)

  // Skipped without terraform and a mirror of hashicorp/aws 5.100.0.
  test.skipIf(terraform === undefined || !mirror)(
    'its state goes to terraform and comes back',
    () => {
      const w = new Workspace(files())
      writeFileSync(join(w.dir, 'rc'), `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`)
      const own = { ...env, TF_CLI_CONFIG_FILE: join(w.dir, 'rc') }
      const theirs = (...args: string[]) => w.runProgram(terraform!, args, { env: own })
      try {
        w.write({ 'path-style_override.tf': 'provider "aws" {\n  s3_use_path_style = true\n}\n' })
        expect(w.run(['init', '-no-color'], { env })).toMatchObject({ code: 0 })
        expect(w.run(['apply', '-no-color', '-auto-approve'], { env })).toMatchObject({ code: 0, stderr: '' })
        expect(theirs('init', '-no-color')).toMatchObject({ code: 0 })
        const taken = theirs('plan', '-no-color', '-detailed-exitcode')
        expect({ code: taken.code, summary: summaryOf(taken.stdout), stderr: taken.stderr }).toMatchObject({ code: 0, stderr: '' })
        const ours = readState(w)

        // The other way round, with an empty state.
        expect(w.run(['destroy', '-no-color', '-auto-approve'], { env })).toMatchObject({ code: 0, stderr: '' })
        expect(theirs('apply', '-no-color', '-auto-approve')).toMatchObject({ code: 0 })
        const fresh = w.run(['plan', '-no-color', '-detailed-exitcode'], { env })
        expect({ code: fresh.code, summary: summaryOf(fresh.stdout), stderr: fresh.stderr }).toMatchObject({ code: 0, stderr: '' })
        expect(Object.keys(readState(w))).toEqual(Object.keys(ours))
      } finally {
        w.remove()
      }
    },
    900_000,
  )
})

function readState(w: Workspace): Record<string, unknown> {
  const { resources } = JSON.parse(readFileSync(join(w.dir, 'terraform.tfstate'), 'utf8')) as {
    resources: { type: string; name: string; instances: unknown }[]
  }
  return Object.fromEntries(resources.map((r) => [`${r.type}.${r.name}`, r.instances]))
}
