import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildTestPlugin, scriptText } from '../plugin/_build.ts'
import { ensureBuilt, type Outcome, Workspace } from './_cli.ts'

/** A folder whose provider is the test plugin, installed from a filesystem mirror. */
const arch = process.arch === 'x64' ? 'amd64' : process.arch
const packagePath = join('registry.terraform.io', 'acme', 'probe', '1.2.3', `${process.platform}_${arch}`)
const header = `terraform {
  required_providers {
    probe = {
      source  = "acme/probe"
      version = "~> 1.2"
    }
  }
}
`
const config = `${header}
provider "probe" {
  mood = "calm"
}

resource "probe_thing" "a" {
  name   = "a"
  secret = "hush"

  rule {
    port = 80
  }
}

data "probe_echo" "e" {
  text = "hi"
}

output "said" {
  value = data.probe_echo.e.result
}

output "id" {
  value = probe_thing.a.id
}
`

const mirror = mkdtempSync(join(tmpdir(), 'landform-mirror-'))
/** Sockets of plugins are made here, and nothing else. */
const sockets = mkdtempSync(join(tmpdir(), 'landform-sockets-'))
let folders = 0
beforeAll(async () => {
  ensureBuilt()
  mkdirSync(join(mirror, packagePath), { recursive: true })
  await buildTestPlugin(join(mirror, packagePath), 'terraform-provider-probe_v1.2.3')
}, 120_000)
afterAll(() => {
  rmSync(mirror, { recursive: true, force: true })
  rmSync(sockets, { recursive: true, force: true })
})

interface Folder {
  readonly w: Workspace
  readonly env: Record<string, string>
  run(...args: string[]): Outcome
  /** What the plugin noted since the last time. */
  journal(): string[]
}

function folder(text: string, extra: Record<string, string> = {}): Folder {
  const w = new Workspace({ 'main.tf': text, rc: `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n` })
  const file = join(mirror, `journal-${folders++}`)
  const env = {
    TF_CLI_CONFIG_FILE: join(w.dir, 'rc'),
    TF_CLI_ARGS: '-no-color',
    TMPDIR: sockets,
    TEST_PLUGIN: scriptText({ journal: file }),
    ...extra,
  }
  return {
    w,
    env,
    run: (...args) => w.run(args, { env }),
    journal: () => {
      const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
      rmSync(file, { force: true })
      return lines
    },
  }
}

const starts = (journal: readonly string[]): number => journal.filter((line) => line.startsWith('start')).length

/** Plugins that were started in a folder and run still. */
function leftBehind({ w }: Folder): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'stat,args'], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line.includes(`${w.dir}/.terraform/providers`) && !line.startsWith('Z'))
}

describe('a provider plugin, from init to destroy', () => {
  let f: Folder
  beforeAll(() => {
    f = folder(config)
  })
  afterAll(() => f.w.remove())

  test('init installs and locks it, and starts nothing', () => {
    expect(f.run('init')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Installed acme/probe v1.2.3') })
    expect(readFileSync(join(f.w.dir, '.terraform.lock.hcl'), 'utf8')).toContain('provider "registry.terraform.io/acme/probe"')
    expect(f.journal()).toEqual([])
  })

  test('plan needs one launch for schema, validation and plan', () => {
    const plan = f.run('plan', '-out=p')
    expect(plan).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Plan: 1 to add, 0 to change, 0 to destroy.') })
    expect(plan.stdout).toContain('+ secret = (sensitive value)')
    const journal = f.journal()
    expect(starts(journal)).toBe(1)
    expect(journal.filter((line) => line.startsWith('configured'))).toEqual(['configured 1.11.4 calm'])
    expect(journal.at(-1)).toBe('shutdown')
  })

  test('apply', () => {
    const applied = f.run('apply', 'p')
    expect(applied).toMatchObject({ code: 0, stderr: '' })
    expect(applied.stdout).toContain('probe_thing.a: Creation complete after 0s [id=id-a]')
    expect(applied.stdout).toContain('said = "calmhi"')
    expect(f.journal().filter((line) => line.startsWith('apply'))).toEqual(['apply a create planned'])
    const state = JSON.parse(readFileSync(join(f.w.dir, 'terraform.tfstate'), 'utf8'))
    const { instances } = state.resources.find((r: { type: string }) => r.type === 'probe_thing')
    expect(instances[0]).toMatchObject({ schema_version: 2, attributes: { id: 'id-a', rule: [{ port: 80 }] }, private: 'YXBwbGllZA==' })
  })

  test('a second plan is empty, and one launch is enough', () => {
    expect(f.run('plan', '-detailed-exitcode')).toMatchObject({ code: 0, stderr: '' })
    const journal = f.journal()
    expect(starts(journal)).toBe(1)
    // The schema is known from before.
    expect(journal.filter((line) => line.startsWith('read '))).toEqual(['read a applied meta= identity=a'])
  })

  test('looking at things starts no plugin', () => {
    const shown = f.run('show')
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toContain('secret = (sensitive value)')
    const json = JSON.parse(f.run('show', '-json').stdout)
    expect(json.values.root_module.resources.find((r: { type: string }) => r.type === 'probe_thing').values).toMatchObject({ name: 'a' })
    expect(f.run('show', '-json', 'p').code).toBe(0)
    expect(f.run('output', '-raw', 'id').stdout).toBe('id-a')
    expect(f.run('state', 'list').stdout).toBe('data.probe_echo.e\nprobe_thing.a\n')
    expect(f.run('state', 'show', 'probe_thing.a')).toMatchObject({ code: 0, stderr: '' })
    expect(f.run('version').stdout).toContain('+ provider registry.terraform.io/acme/probe v1.2.3')
    expect(f.run('fmt', '-check').code).toBe(0)
    expect(f.run('providers').code).toBe(0)
    expect(f.journal()).toEqual([])
  })

  test('change, replace, import, destroy', () => {
    f.w.write({ 'main.tf': config.replace('port = 80', 'port = 81') })
    expect(f.run('apply', '-auto-approve').stdout).toContain('Apply complete! Resources: 0 added, 1 changed, 0 destroyed.')
    f.w.write({ 'main.tf': config.replace('name   = "a"', 'name   = "b"') })
    const replaced = f.run('apply', '-auto-approve').stdout
    expect(replaced).toMatch(/~ name += "a" -> "b" # forces replacement/)
    expect(replaced).toContain('Apply complete! Resources: 1 added, 0 changed, 1 destroyed.')
    f.w.write({ 'more.tf': 'resource "probe_thing" "i" {\n  name = "i"\n}\n\nimport {\n  to = probe_thing.i\n  id = "i"\n}\n' })
    expect(f.run('apply', '-auto-approve').stdout).toContain('Apply complete! Resources: 1 imported, 0 added')
    const destroyed = f.run('destroy', '-auto-approve')
    expect(destroyed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Destroy complete! Resources: 2 destroyed.') })
    expect(f.journal().filter((line) => line.startsWith('apply'))).toEqual([
      'apply a update planned',
      'apply a delete to be deleted',
      'apply b create planned',
      expect.stringMatching(/^apply [bi] delete to be deleted$/),
      expect.stringMatching(/^apply [bi] delete to be deleted$/),
    ])
  })

  test('nothing is left behind', () => {
    expect(leftBehind(f)).toEqual([])
    expect(readdirSync(sockets)).toEqual([])
  })
})

describe('a provider plugin that goes wrong', () => {
  test('a crash costs its resource an error with the end of the log; the rest is done', () => {
    const f = folder(
      `${header}resource "probe_thing" "good" {\n  count = 3\n  name  = "good$\{count.index}"\n}\n\nresource "probe_thing" "bad" {\n  name = "crash:applyResourceChange"\n  depends_on = [probe_thing.good]\n}\n`,
    )
    try {
      f.run('init')
      const applied = f.run('apply', '-auto-approve')
      expect(applied.code).toBe(1)
      expect(applied.stderr).toContain('Error: Plugin did not respond')
      expect(applied.stderr).toContain('with probe_thing.bad')
      expect(applied.stderr).toContain('panic: no more applyResourceChange')
      expect(f.run('state', 'list').stdout).toBe('probe_thing.good[0]\nprobe_thing.good[1]\nprobe_thing.good[2]\n')
    } finally {
      f.w.remove()
    }
  })

  test('an answer that breaks a promise is reported as a bug of the provider', () => {
    const f = folder(`${header}resource "probe_thing" "bad" {\n  name = "unknown:applyResourceChange"\n}\n`)
    try {
      f.run('init')
      const applied = f.run('apply', '-auto-approve')
      expect(applied).toMatchObject({ code: 1, stderr: expect.stringContaining('Provider returned invalid result object after apply') })
    } finally {
      f.w.remove()
    }
  })

  test('a package that was changed after init is not started', () => {
    const f = folder(config)
    try {
      f.run('init')
      f.w.write({ [join('.terraform', 'providers', packagePath, 'extra.txt')]: 'x' })
      const plan = f.run('plan')
      expect(plan).toMatchObject({ code: 1, stderr: expect.stringContaining('does not match any of the checksums') })
      expect(f.journal()).toEqual([])
    } finally {
      rmSync(join(mirror, packagePath, 'extra.txt'), { force: true })
      f.w.remove()
    }
  })

  test('when this program is killed its plugins end', async () => {
    const f = folder(`${header}resource "probe_thing" "slow" {\n  name = "hang:applyResourceChange"\n}\n`)
    try {
      f.run('init')
      const child = f.w.start(['apply', '-auto-approve'], { env: f.env })
      await expect.poll(() => f.journal().includes('call applyResourceChange'), { timeout: 20_000, interval: 100 }).toBe(true)
      expect(leftBehind(f)).toHaveLength(1)
      child.kill('SIGKILL')
      await expect.poll(() => leftBehind(f), { timeout: 5000 }).toEqual([])
      await expect.poll(() => readdirSync(sockets), { timeout: 5000 }).toEqual([])
    } finally {
      f.w.remove()
    }
  })
})

describe('providers under development', () => {
  test('dev_overrides need no init, and their environment is what they need', () => {
    const f = folder(
      `${header}data "probe_echo" "e" {\n  text = "environment"\n}\n\noutput "names" {\n  value = data.probe_echo.e.result\n}\n`,
      {
        TF_VAR_secret: 'x',
        TF_TOKEN_app_terraform_io: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
        GITHUB_TOKEN: 'x',
        PROBE_TOKEN: 'x',
        ANYTHING: 'x',
      },
    )
    try {
      f.w.write({
        rc: `provider_installation {\n  dev_overrides {\n    "acme/probe" = "${join(mirror, packagePath)}"\n  }\n  direct {}\n}\n`,
      })
      const applied = f.run('apply', '-auto-approve')
      expect(applied).toMatchObject({ code: 0 })
      const names = f.run('output', '-raw', 'names').stdout.split(',')
      expect(names).toEqual(expect.arrayContaining(['PATH', 'PROBE_TOKEN', 'ANYTHING', 'TF_PLUGIN_MAGIC_COOKIE', 'PLUGIN_CLIENT_CERT']))
      expect(names.filter((name) => /^(TF_VAR|TF_TOKEN|AWS_|GITHUB_)/.test(name))).toEqual([])
    } finally {
      f.w.remove()
    }
  })
})
