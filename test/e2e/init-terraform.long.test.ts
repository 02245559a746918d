import { spawn } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { currentPlatform, platformToString } from '../../src/registry/index.ts'
import { amend, certificateFile, type Host, publish, startHost } from '../registry/_hosts.ts'
import { newSigningKey } from '../registry/_openpgp-sign.ts'
import { zip } from '../registry/_zip.ts'
import { ensureBuilt, executable, terraform } from './_cli.ts'

beforeAll(ensureBuilt, 120_000)

const platform = currentPlatform()
const target = platformToString(platform)
const key = newSigningKey('tester')

let base: string
let host: Host
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'landform-init-'))
  host = await startHost({ tls: true })
  // Started by that name it answers as that tool.
  symlinkSync(executable, join(base, 'terraform.js'))
})
afterEach(async () => {
  await host.close()
  rmSync(base, { recursive: true, force: true })
})

function write(files: Readonly<Record<string, string | Buffer>>, at = base): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(at, path)), { recursive: true })
    writeFileSync(join(at, path), content, { mode: /terraform-provider[^/]*$/.test(path) ? 0o755 : 0o644 })
  }
}

interface Side {
  readonly code: number | null
  readonly out: readonly string[]
  readonly err: string
  readonly lock: string | undefined
  readonly modules: string | undefined
  readonly tree: readonly string[]
}

/** Runs a program in its own folder without stopping this process, whose servers it talks to. */
function runIn(dir: string, program: string, args: readonly string[]): Promise<Side> {
  return new Promise((resolve) => {
    const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: base, CHECKPOINT_DISABLE: '1', SSL_CERT_FILE: certificateFile }
    if (existsSync(join(base, 'rc'))) env.TF_CLI_CONFIG_FILE = join(base, 'rc')
    const child = spawn(program, args, { cwd: dir, env })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk) => (out += chunk))
    child.stderr.on('data', (chunk) => (err += chunk))
    child.on('close', (code) => {
      const read = (path: string): string | undefined => (existsSync(join(dir, path)) ? readFileSync(join(dir, path), 'utf8') : undefined)
      resolve({
        code,
        out: lines(out),
        err: lines(err).join('\n'),
        lock: read('.terraform.lock.hcl'),
        modules: read('.terraform/modules/modules.json'),
        tree: tree(dir),
      })
    })
  })
}

/** Terraform asks for providers in no particular order. */
function lines(text: string): readonly string[] {
  return text
    .replace(/"@timestamp":"[^"]*"/g, 'TIME')
    .replaceAll('landform', 'terraform')
    .replaceAll(`${base}/terraform`, 'DIR')
    .replaceAll(`${base}/landform`, 'DIR')
    .split('\n')
    .sort()
}

function tree(dir: string, prefix = ''): readonly string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.name !== 'verified-packages.json')
    .flatMap((entry) => {
      const name = `${prefix}${entry.name}${entry.isSymbolicLink() ? '@' : ''}`
      return entry.isDirectory() && entry.name !== '.git' ? [name, ...tree(join(dir, entry.name), `${name}/`)] : [name]
    })
    .sort()
}

/** Both tools in folders that begin alike and live on; their words, exit codes, files and folders must be the same. */
class Pair {
  constructor(files: Readonly<Record<string, string>>) {
    this.write(files)
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const side of ['terraform', 'landform']) write(files, join(base, side))
  }

  async same(...args: string[]): Promise<Side> {
    const [theirs, ours] = await Promise.all([
      runIn(join(base, 'terraform'), terraform!, [...args]),
      runIn(join(base, 'landform'), process.execPath, [join(base, 'terraform.js'), ...args]),
    ])
    expect(ours).toEqual(theirs)
    return ours
  }
}

const provider = (name: string, source: string, version?: string): string =>
  `    ${name} = {\n      source = "${source}"\n${version === undefined ? '' : `      version = "${version}"\n`}    }\n`
const config = (...providers: string[]): string => `terraform {\n  required_providers {\n${providers.join('')}  }\n}\n`

describe.skipIf(terraform === undefined)('init beside terraform (skipped where there is none)', () => {
  test('a mirror on disk, packed and unpacked: first, second, upgraded, read-only and JSON', async () => {
    const folder = (type: string, version: string): string => `mirror/example.com/test/${type}/${version}/${target}`
    for (const version of ['1.0.0', '1.1.0', '2.0.0-beta1']) {
      write({ [`${folder('alpha', version)}/terraform-provider-alpha_v${version}`]: 'x', [`${folder('alpha', version)}/LICENSE`]: version })
    }
    write({
      [`mirror/example.com/test/beta/terraform-provider-beta_0.1.0_${target}.zip`]: zip([
        { name: 'terraform-provider-beta_v0.1.0', content: 'y' },
        { name: 'docs/index.md', content: 'z', mode: 0o100644 },
      ]),
      rc: `provider_installation {\n  filesystem_mirror {\n    path = "${base}/mirror"\n  }\n}\n`,
    })
    const both = new Pair({
      'main.tf': `${config(provider('alpha', 'example.com/test/alpha', '~> 1.0'), provider('beta', 'example.com/test/beta'))}module "m" {\n  source = "./m"\n}\nresource "terraform_data" "x" {\n}\n`,
      'm/main.tf': config(provider('alpha', 'example.com/test/alpha', '>= 1.0, != 1.0.5,< 3')),
    })
    expect((await both.same('init', '-no-color')).code).toBe(0)
    await both.same('init', '-no-color')
    await both.same('init', '-no-color', '-upgrade')
    await both.same('init', '-json')
    await both.same('init', '-no-color', '-lockfile=readonly')
    await both.same('providers', '-no-color')
    const pinned = config(provider('alpha', 'example.com/test/alpha', '1.0.0'))
    both.write({ 'main.tf': pinned, 'm/main.tf': '' })
    expect((await both.same('init', '-no-color')).code).toBe(1)
    expect((await both.same('init', '-no-color', '-upgrade')).lock).toContain('"1.0.0"')
    both.write({
      '.terraform.lock.hcl': 'provider "example.com/test/alpha" {\n  version = "1.0.0"\n  hashes = [\n    "h1:AAAA=",\n  ]\n}\n',
    })
    expect((await both.same('init', '-no-color')).code).toBe(1)
    for (const version of ['~> 9.0', '2.0.0-beta1', '>= 2.0.0-beta1']) {
      both.write({ 'main.tf': config(provider('alpha', 'example.com/test/alpha', version)) })
      await both.same('init', '-no-color', '-upgrade')
    }
    both.write({ 'main.tf': config(provider('nope', 'example.com/test/nope')) })
    await both.same('init', '-no-color', '-upgrade')
    both.write({ 'main.tf': 'output "x" {\n  value = 1\n}\n' })
    expect((await both.same('init', '-no-color')).lock).toBe(
      '# This file is maintained automatically by "terraform init".\n# Manual edits may be lost in future updates.\n',
    )
  })

  test('a registry over TLS: lock, mirror, and what is refused', async () => {
    const archive = (type: string, version: string): Buffer => zip([{ name: `terraform-provider-${type}_v${version}`, content: version }])
    const release = (type: string, version: string) => ({
      namespace: 'test',
      type,
      version,
      platform,
      archive: archive(type, version),
      key,
    })
    publish(host, [
      release('good', '1.0.0'),
      release('good', '1.1.0'),
      release('foreign', '1.0.0'),
      release('tampered', '1.0.0'),
      release('unsigned', '1.0.0'),
    ])
    const other = newSigningKey('other')
    amend(host, `/v1/providers/test/foreign/1.0.0/download/${platform.os}/${platform.arch}`, (d) => {
      d.signing_keys = { gpg_public_keys: [{ key_id: other.keyId, ascii_armor: other.armor }] }
    })
    host.routes.set(`/files/tampered/1.0.0/terraform-provider-tampered_1.0.0_${target}.zip`, { body: archive('tampered', '6.6.6') })
    host.routes.delete('/files/unsigned/1.0.0/SHA256SUMS.sig')
    const both = new Pair({ 'main.tf': config(provider('good', `${host.host}/test/good`)) })
    await both.same('providers', 'lock', '-no-color')
    await both.same('providers', 'lock', '-no-color')
    expect((await both.same('init', '-no-color')).lock).toContain('zh:')
    await both.same('providers', 'mirror', '-no-color', 'mirrored')
    for (const side of ['terraform', 'landform']) {
      const at = join(base, side, 'mirrored', host.host, 'test/good')
      for (const name of ['index.json', '1.1.0.json']) {
        expect(readFileSync(join(at, name), 'utf8')).toBe(
          readFileSync(join(base, 'terraform/mirrored', host.host, 'test/good', name), 'utf8'),
        )
      }
    }
    for (const type of ['foreign', 'tampered', 'unsigned', 'missing']) {
      rmSync(join(base, 'landform'), { recursive: true })
      rmSync(join(base, 'terraform'), { recursive: true })
      both.write({ 'main.tf': config(provider('p', `${host.host}/test/${type}`)) })
      const [theirs, ours] = [
        await runIn(join(base, 'terraform'), terraform!, ['init', '-no-color']),
        await runIn(join(base, 'landform'), process.execPath, [join(base, 'terraform.js'), 'init', '-no-color']),
      ]
      expect([type, ours.code, ours.lock, ours.err]).toEqual([type, theirs.code, theirs.lock, theirs.err])
      expect(
        readdirSync(join(base, 'landform'), { recursive: true, encoding: 'utf8' }).filter((n) =>
          lstatSync(join(base, 'landform', n)).isFile(),
        ),
      ).toEqual(['main.tf'])
    }
  })

  test('modules of a registry, a server, a repository and a folder', async () => {
    const module = (name: string, source: string, version?: string): string =>
      `module "${name}" {\n  source = "${source}"\n${version === undefined ? '' : `  version = "${version}"\n`}}\n`
    write({
      'shared/a/main.tf': module('up', '../b'),
      'shared/b/main.tf': '',
      rc: `host "example.com" {\n  services = {\n    "modules.v1" = "${host.url}/v1/modules/"\n  }\n}\n`,
    })
    host.json('/v1/modules/ns/mod/sys/versions', { modules: [{ versions: [{ version: '1.0.0' }, { version: '1.2.0' }] }] })
    host.routes.set('/v1/modules/ns/mod/sys/1.2.0/download', { status: 204, headers: { 'x-terraform-get': '/pkg/mod.zip//sub' } })
    const file = (name: string, content = ''): { name: string; content: string; mode: number } => ({ name, content, mode: 0o100644 })
    host.routes.set('/pkg/mod.zip', { body: zip([file('sub/main.tf', module('inner', '../other')), file('other/main.tf')]) })
    const both = new Pair({
      'main.tf':
        module('abs', `${base}/shared//a`) +
        module('local', './local') +
        module('reg', 'example.com/ns/mod/sys', '~> 1.0') +
        module('zip', `${host.url}/pkg/mod.zip//other?x=a&y=<b>`),
      'local/main.tf': '',
    })
    // Ours fetches what is missing at once and tells the places afterwards.
    const [theirs, ours] = [
      await runIn(join(base, 'terraform'), terraform!, ['get', '-no-color']),
      await runIn(join(base, 'landform'), process.execPath, [join(base, 'terraform.js'), 'get', '-no-color']),
    ]
    expect(ours).toEqual(theirs)
    await both.same('init', '-no-color')
    await both.same('get', '-no-color')
    both.write({ 'main.tf': module('reg', 'example.com/ns/mod/sys', '~> 9.0') })
    expect((await both.same('validate', '-no-color')).code).toBe(1)
    // Terraform forgets the module that it could not replace, ours is kept.
    const [before, after] = [
      await runIn(join(base, 'terraform'), terraform!, ['init', '-no-color']),
      await runIn(join(base, 'landform'), process.execPath, [join(base, 'terraform.js'), 'init', '-no-color']),
    ]
    expect([after.code, after.out, after.err]).toEqual([before.code, before.out, before.err])
  })
})
