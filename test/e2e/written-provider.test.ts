import { readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, executable, Workspace } from './_cli.ts'
import { exampleProvider, notes } from './_example.ts'

describe('a provider that somebody wrote, as in docs/providers.md', () => {
  let w: Workspace
  let folder: string
  beforeAll(() => {
    ensureBuilt()
    w = new Workspace({ 'notes.ts': exampleProvider(), 'stack/main.tf': notes('hello') })
    expect(w.run(['provider', 'package', 'notes.ts', '-dir', 'mirror'])).toMatchObject({ code: 0, stderr: '' })
    const versions = join(w.dir, 'mirror', 'registry.terraform.io', 'acme', 'notes', '1.0.0')
    folder = join(versions, readdirSync(versions)[0]!)
    expect(readdirSync(folder)).toEqual(['provider.mjs', 'terraform-provider-notes_v1.0.0'])
  }, 120_000)
  afterAll(() => w.remove())

  // In this process and as a plugin of its own: one and the same life.
  test.each<[string, () => Record<string, string>]>([
    ['in a folder of LANDFORM_PROVIDERS', () => ({ LANDFORM_PROVIDERS: folder })],
    ['installed from a mirror', () => ({ TF_CLI_CONFIG_FILE: join(w.dir, 'rc') })],
  ])('%s', (_, environment) => {
    w.write({
      rc: `provider_installation {\n  filesystem_mirror {\n    path = "${join(w.dir, 'mirror')}"\n  }\n}\n`,
      'stack/main.tf': notes('hello'),
    })
    const env = environment()
    const run = (...args: string[]) => w.run(['-chdir=stack', ...args, '-no-color'], { env })
    expect(run('init')).toMatchObject({ code: 0, stderr: '' })
    const plan = run('plan')
    expect([plan.code, plan.stderr]).toEqual([0, ''])
    expect(plan.stdout).toContain('+ path   = (known after apply)')
    expect(plan.stdout).not.toContain('hidden')
    expect(run('apply', '-auto-approve').stdout).toContain('shouted = "HELLO!"')
    expect(run('plan', '-detailed-exitcode').code).toBe(0)
    w.write({ 'stack/main.tf': notes('other') })
    expect(run('apply', '-auto-approve').stdout).toContain('Resources: 0 added, 1 changed, 0 destroyed.')
    rmSync(join(w.dir, 'stack', 'a.txt'))
    expect(run('plan', '-detailed-exitcode').stdout).toContain('Plan: 1 to add, 0 to change, 0 to destroy.')
    expect(run('apply', '-auto-approve').code).toBe(0)
    expect(run('destroy', '-auto-approve').stdout).toContain('Destroy complete! Resources: 1 destroyed.')
    expect(readdirSync(join(w.dir, 'stack')).filter((name) => name.endsWith('.txt'))).toEqual([])
    for (const name of ['terraform.tfstate', 'terraform.tfstate.backup', '.terraform', '.terraform.lock.hcl'])
      rmSync(join(w.dir, 'stack', name), { recursive: true, force: true })
  })

  test('the CLI configuration can name its folder', () => {
    w.write({ folders: `provider_folders = ["${folder}"]\n`, 'named/main.tf': notes('hello') })
    const { code, stdout } = w.run(['-chdir=named', 'version', '-no-color'], { env: { TF_CLI_CONFIG_FILE: join(w.dir, 'folders') } })
    expect([code, stdout]).toEqual([0, expect.stringContaining('registry.terraform.io/acme/notes v1.0.0')])
  })

  test('a file that has been bundled before, as those of the build are', () => {
    const file = join(dirname(executable), '../dist/test-providers/tfcoremock.js')
    expect(w.run(['provider', 'package', file, '-dir', 'bundled'])).toMatchObject({ code: 0, stderr: '' })
    const versions = join(w.dir, 'bundled/registry.terraform.io/hashicorp/tfcoremock/0.1.1')
    w.write({ 'mock/main.tf': 'resource "tfcoremock_simple_resource" "a" { string = "x" }\n' })
    const env = { LANDFORM_PROVIDERS: join(versions, readdirSync(versions)[0]!) }
    expect(w.run(['-chdir=mock', 'apply', '-auto-approve', '-no-color'], { env })).toMatchObject({ code: 0, stderr: '' })
  })

  test.each<[string, string[], string]>([
    ['a name that is none', ['provider', 'serve', 'nothing'], 'There is no built-in provider nothing. Those that can be served are aws, '],
    [
      'a version it does not follow',
      ['provider', 'package', 'aws', '-release=1.0.0', '-dir=x'],
      'The built-in provider aws follows 6.25.0, 5.100.0, and not 1.0.0.',
    ],
    ['a file that is not there', ['provider', 'package', 'none.ts', '-dir=x'], 'Provider cannot be bundled'],
    ['no mirror', ['provider', 'package', 'random'], 'The option -dir names the folder of the mirror.'],
    ['another protocol', ['provider', 'serve', 'random', '-protocol=4'], 'The option -protocol is 5 or 6, not 4.'],
    ['nobody to serve', ['provider', 'serve', 'random'], 'This program is a provider plugin.'],
  ])('%s is refused', (_, args, message) => {
    const { code, stdout, stderr } = w.run([...args, '-no-color'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.replace(/\s+/g, ' ').replaceAll('│ ', '')).toContain(message)
  })
})
