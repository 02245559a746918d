import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Diagnostics } from '../../src/diags/index.ts'
import {
  authenticationText,
  type DependencyLocks,
  Hosts,
  HttpClient,
  type InstallEvent,
  type InstallOptions,
  installedProvider,
  installProviders,
  lockFileToString,
  networkMirror,
  type PackageSource,
  parseLockFile,
  parseProviderConstraints,
  readCliConfig,
} from '../../src/registry/index.ts'
import { configuredSource, directSource, filesystemMirror } from '../../src/registry/package-sources.ts'
import { amend, certificateFile, type Host, publish, type Release, sha256, startHost } from './_hosts.ts'
import { newSigningKey } from './_openpgp-sign.ts'
import { type ZipEntry, zip } from './_zip.ts'

const platform = { os: 'linux', arch: 'amd64' }
const key = newSigningKey('tester')
const contents = (type: string, version: string, more: readonly ZipEntry[] = []): Buffer =>
  zip([
    { name: `terraform-provider-${type}_v${version}`, content: `#!/bin/sh\necho ${type} ${version}\n` },
    { name: 'LICENSE', content: 'text', mode: 0o100644 },
    ...more,
  ])
const release = (type: string, version: string, more: Partial<Release> = {}): Release => ({
  namespace: 'test',
  type,
  version,
  platform,
  archive: contents(type, version),
  key,
  ...more,
})

let host: Host
let dir: string
beforeEach(async () => {
  host = await startHost()
  dir = mkdtempSync(join(tmpdir(), 'landform-install-'))
})
afterEach(async () => {
  await host.close()
  rmSync(dir, { recursive: true, force: true })
})

/** The services of the tests' host under a proper name. */
function surroundings(extra = ''): { hosts: Hosts; http: HttpClient; environment: Record<string, string> } {
  const file = join(dir, 'rc')
  writeFileSync(file, `host "example.com" { services = { "providers.v1" = "${host.url}/v1/providers/" } }\n${extra}`)
  const environment = { HOME: dir, TF_CLI_CONFIG_FILE: file, SSL_CERT_FILE: certificateFile }
  const http = new HttpClient({ environment, userAgent: 'test', timeoutMs: 2000, retries: 0 })
  return { hosts: new Hosts(http, readCliConfig(environment), environment, '1.11.4'), http, environment }
}

interface Run {
  readonly told: readonly string[]
  readonly said: readonly string[]
  readonly locks: DependencyLocks
}

async function run(
  type: string,
  more: Partial<InstallOptions> & { readonly constraint?: string; readonly source?: PackageSource } = {},
): Promise<Run> {
  const { hosts, http } = surroundings()
  const said: string[] = []
  const diags = new Diagnostics()
  const constraints = more.constraint === undefined ? [] : parseProviderConstraints(more.constraint)
  if ('problem' in constraints) throw new Error(constraints.problem)
  const locks = await installProviders(
    {
      needed: [{ source: { host: 'example.com', namespace: 'test', type }, constraints }],
      locks: new Map(),
      upgrade: false,
      from: more.source ?? directSource(hosts),
      http,
      platform,
      dataDir: join(dir, 'data'),
      cacheDir: undefined,
      cacheMayBreakLockFile: false,
      on: (event) => said.push(...eventText(event)),
      product: 'Terraform',
      command: 'terraform',
      productVersion: '1.11.4',
      ...more,
    },
    diags,
  )
  return { told: diags.items.map((d) => `${d.summary}: ${d.detail}`), said, locks }
}

function eventText(event: InstallEvent): readonly string[] {
  if (event.kind === 'progress') return []
  if (event.kind === 'installed') return [`installed ${event.version} (${authenticationText(event.authentication)})`]
  return [`${event.kind}${'version' in event ? ` ${event.version}` : ''}`]
}

/** Every file below the data directory and the cache that is no folder. */
function files(at = dir): readonly string[] {
  return readdirSync(at, { recursive: true, encoding: 'utf8', withFileTypes: false })
    .filter((name) => !lstatSync(join(at, name)).isDirectory() && !/^(rc|data\d*\/verified-packages.json)$/.test(name))
    .sort()
}

const dataFolder = 'data/providers/example.com/test'

describe('a release of a registry', () => {
  test('is verified, unpacked and locked with the checksums of all platforms', async () => {
    publish(host, [release('good', '1.0.0'), release('good', '1.1.0'), release('good', '2.0.0-beta1')])
    const { told, said, locks } = await run('good')
    expect(told).toEqual([])
    expect(said).toEqual(['finding', 'installing 1.1.0', `installed 1.1.0 (self-signed, key ID ${key.keyId})`])
    expect(files()).toEqual([
      `${dataFolder}/good/1.1.0/linux_amd64/LICENSE`,
      `${dataFolder}/good/1.1.0/linux_amd64/terraform-provider-good_v1.1.0`,
    ])
    const [lock] = [...locks.values()]
    expect(lock!.hashes.map((hash) => hash.slice(0, 3))).toEqual(['h1:', 'zh:', 'zh:'])
    expect(lock!.hashes).toContain(`zh:${sha256(contents('good', '1.1.0'))}`)
    expect(lstatSync(join(dir, dataFolder, 'good/1.1.0/linux_amd64/terraform-provider-good_v1.1.0')).mode & 0o777).toBe(0o755)
    expect(await installedProvider({ dataDir: join(dir, 'data'), locks, source: lock!.source, platform })).toMatchObject({
      kind: 'installed',
    })
  })

  test('is not fetched again while it is there, and is mended when it was changed', async () => {
    publish(host, [release('good', '1.0.0')])
    const { locks } = await run('good')
    host.requests.length = 0
    expect((await run('good', { locks })).said).toEqual(['reusing', 'alreadyInstalled 1.0.0'])
    expect(host.requests).toEqual([])
    writeFileSync(join(dir, dataFolder, 'good/1.0.0/linux_amd64/terraform-provider-good_v1.0.0'), 'something else')
    expect((await run('good', { locks })).said).toEqual(['reusing', 'installing 1.0.0', expect.stringMatching(/^installed/)])
    expect(readFileSync(join(dir, dataFolder, 'good/1.0.0/linux_amd64/terraform-provider-good_v1.0.0'), 'utf8')).toContain('echo good')
  })

  test('is replaced by a newer one on request only', async () => {
    publish(host, [release('good', '1.0.0')])
    const { locks } = await run('good')
    publish(host, [release('good', '1.0.0'), release('good', '1.2.0')])
    expect(lockFileToString((await run('good', { locks })).locks)).toContain('"1.0.0"')
    expect(lockFileToString((await run('good', { locks, upgrade: true })).locks)).toContain('"1.2.0"')
    expect((await run('good', { locks, constraint: '~> 1.2' })).told).toEqual([
      'Failed to query available provider packages: Could not retrieve the list of available versions for provider example.com/test/good: locked provider example.com/test/good 1.0.0 does not match configured version constraint ~> 1.2; must use terraform init -upgrade to allow selection of new versions\n\nTo see which modules are currently depending on example.com/test/good and what versions are specified, run the following command:\n    terraform providers',
    ])
  })

  test('comes over redirects, and its documents may be elsewhere', async () => {
    publish(host, [release('moved', '1.0.0')])
    const file = '/files/moved/1.0.0/terraform-provider-moved_1.0.0_linux_amd64.zip'
    host.routes.set(file, { status: 302, headers: { location: '/elsewhere.zip' } })
    host.routes.set('/elsewhere.zip', { body: contents('moved', '1.0.0') })
    expect((await run('moved')).told).toEqual([])
  })

  test('of OpenTofu’s registry may lack keys, unless that is forbidden; of no other', async () => {
    publish(host, [release('open', '1.0.0')])
    amend(host, '/v1/providers/test/open/1.0.0/download/linux/amd64', (d) => void (d.signing_keys = { gpg_public_keys: [] }))
    const { environment, http } = surroundings(
      `host "registry.opentofu.org" { services = { "providers.v1" = "${host.url}/v1/providers/" } }`,
    )
    const config = readCliConfig(environment)
    const at = (more: Record<string, string>): PackageSource =>
      directSource(new Hosts(http, config, environment, '1.11.4'), { ...environment, ...more })
    const needed = [{ source: { host: 'registry.opentofu.org', namespace: 'test', type: 'open' }, constraints: [] }]
    const strict = await run('open', { needed, source: at({ OPENTOFU_ENFORCE_GPG_VALIDATION: 'true' }) })
    expect(strict.told[0]).toContain('the registry offers no key')
    const { told, said, locks } = await run('open', { needed, source: at({}) })
    expect([told, said.at(-1)]).toEqual([[], 'installed 1.0.0 (verified checksum)'])
    expect([...locks.values()][0]!.hashes.map((hash) => hash.slice(0, 3))).toEqual(['h1:', 'zh:'])
  })

  test('is accepted though its key has expired, as Terraform does', async () => {
    publish(host, [release('old', '1.0.0', { key: newSigningKey('short', 60) })])
    expect((await run('old')).told).toEqual([])
  })

  test('brings the token that is meant for its host', async () => {
    publish(host, [release('good', '1.0.0')])
    const { environment, http } = surroundings('credentials "example.com" { token = "abc" }')
    await run('good', { source: directSource(new Hosts(http, readCliConfig(environment), environment, '1.11.4')) })
    expect(host.requests.filter((r) => r.endsWith('Bearer abc'))).toEqual([
      '/v1/providers/test/good/versions Bearer abc',
      '/v1/providers/test/good/1.0.0/download/linux/amd64 Bearer abc',
    ])
  })
})

const description = '/v1/providers/test/bad/1.0.0/download/linux/amd64'
const archive = '/files/bad/1.0.0/terraform-provider-bad_1.0.0_linux_amd64.zip'
const sums = '/files/bad/1.0.0/SHA256SUMS'
const other = newSigningKey('other')
const whole = contents('bad', '1.0.0')

/** Publishes another archive as if it were the real one, signature and all. */
function publishArchive(entries: readonly ZipEntry[]): void {
  publish(host, [release('bad', '1.0.0', { archive: zip(entries) })])
}

describe('a bad package is refused with the reason, and nothing is left behind', () => {
  test.each<[what: string, spoil: () => void, why: string]>([
    ['tampered', () => host.routes.set(archive, { body: contents('bad', '6.6.6') }), 'archive has incorrect checksum zh:'],
    [
      'truncated by a server that hangs up',
      () =>
        host.routes.set(archive, (_, response) => {
          response.writeHead(200, { 'content-length': whole.length })
          response.write(whole.subarray(0, 60), () => setTimeout(() => response.destroy(), 10))
        }),
      'unexpected EOF',
    ],
    [
      'truncated by a server that does not notice',
      () => host.routes.set(archive, { body: whole.subarray(0, 60) }),
      'archive has incorrect checksum',
    ],
    ['empty', () => host.routes.set(archive, { body: '' }), 'archive has incorrect checksum'],
    ['gone', () => host.routes.delete(archive), `unsuccessful request to`],
    [
      'unsigned',
      () => host.routes.delete(`${sums}.sig`),
      'failed to retrieve cryptographic signature for provider: 404 Not Found returned from',
    ],
    ['without keys', () => amend(host, description, (d) => void (d.signing_keys = { gpg_public_keys: [] })), 'the registry offers no key'],
    [
      'signed with another key',
      () =>
        amend(host, description, (d) => void (d.signing_keys = { gpg_public_keys: [{ key_id: other.keyId, ascii_armor: other.armor }] })),
      'authentication signature from unknown issuer',
    ],
    [
      'with the checksums of another release',
      () => host.routes.set(sums, { body: `${'0'.repeat(64)}  x.zip\n` }),
      'checksum list has no SHA-256 hash for "terraform-provider-bad_1.0.0_linux_amd64.zip"',
    ],
    [
      'with checksums that nobody signed',
      () => host.routes.set(sums, { body: `${sha256(whole)}  terraform-provider-bad_1.0.0_linux_amd64.zip\n` }),
      'error checking signature: the signature does not fit the document',
    ],
    [
      'with two opinions on its checksum',
      () => amend(host, description, (d) => void (d.shasum = '0'.repeat(64))),
      'checksum list has unexpected SHA-256 hash',
    ],
    [
      'with a checksum that is none',
      () => amend(host, description, (d) => void (d.shasum = 'xyz')),
      'registry response includes an invalid SHA256 hash "xyz"',
    ],
    ['with a signature that is none', () => host.routes.set(`${sums}.sig`, { body: 'hello' }), 'error checking signature'],
    [
      'for another platform',
      () => amend(host, description, (d) => void (d.os = 'windows')),
      'registry response includes metadata for the target platform windows_amd64',
    ],
    ['from a file', () => amend(host, description, (d) => void (d.download_url = 'file:///etc/passwd')), 'unsupported scheme file:'],
    [
      'described by no JSON',
      () => host.routes.set(description, { headers: { 'content-type': 'text/html' }, body: '<html>' }),
      'has an unsupported MIME type "text/html"',
    ],
    [
      'described by broken JSON',
      () => host.routes.set(description, { headers: { 'content-type': 'application/json' }, body: '{' }),
      'is not valid JSON',
    ],
    [
      'not for this platform',
      () => host.routes.delete(description),
      'does not have a package available for your current platform, linux_amd64.',
    ],
    [
      'of an old protocol',
      () => amend(host, description, (d) => void (d.protocols = ['4.0'])),
      'Provider "example.com/test/bad" v1.0.0 is not compatible with Terraform 1.11.4.',
    ],
    [
      'with a redirect without end',
      () => host.routes.set(archive, { status: 302, headers: { location: archive } }),
      'stopped after 10 redirects',
    ],
    ['without its program', () => publishArchive([{ name: 'LICENSE', content: 'x' }]), 'provider binary not found'],
    [
      'that is no zip',
      () => publish(host, [release('bad', '1.0.0', { archive: Buffer.from('no zip') })]),
      'the package is refused: it is not a zip file that can be read',
    ],
    ['with a path that leads out', () => publishArchive([{ name: '../../evil', content: 'x' }]), 'the package is refused'],
    [
      'with a link that leads out',
      () => publishArchive([{ name: 'terraform-provider-bad_v1.0.0', content: '/bin/sh', mode: 0o120777 }]),
      'leads out of the package',
    ],
    [
      'of a private registry',
      () => host.routes.set('/v1/providers/test/bad/versions', { status: 401 }),
      'host example.com requires authentication credentials',
    ],
    [
      'of a registry that refuses the token',
      () => host.routes.set('/v1/providers/test/bad/versions', { status: 403 }),
      'host example.com rejected the given authentication credentials',
    ],
    [
      'that is being made',
      () => host.routes.set('/v1/providers/test/bad/versions', { status: 423 }),
      'could not query provider registry for example.com/test/bad: 423 Locked',
    ],
    [
      'that nobody knows',
      () => host.routes.delete('/v1/providers/test/bad/versions'),
      'provider registry example.com does not have a provider named example.com/test/bad',
    ],
    [
      'of a registry without versions',
      () => host.json('/v1/providers/test/bad/versions', { versions: [] }),
      'no available releases match the given constraints',
    ],
  ])('%s', async (_, spoil, why) => {
    publish(host, [release('bad', '1.0.0')])
    spoil()
    const { told, locks } = await run('bad')
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(why)
    expect([...locks]).toEqual([])
    expect(files()).toEqual([])
  })

  test('one that the lock file does not know', async () => {
    publish(host, [release('good', '1.0.0')])
    const locks = parseLockFile('provider "example.com/test/good" {\n  version = "1.0.0"\n  hashes = ["h1:AAAA="]\n}\n', new Diagnostics())
    expect((await run('good', { locks })).told).toEqual([
      "Failed to install provider: Error while installing example.com/test/good v1.0.0: the current package for example.com/test/good 1.0.0 doesn't match any of the checksums previously recorded in the dependency lock file; for more information: https://developer.hashicorp.com/terraform/language/files/dependency-lock#checksum-verification",
    ])
    expect(files()).toEqual([])
  })
})

describe('mirrors', () => {
  test('folders, packed and unpacked; an unpacked package is linked', async () => {
    const base = join(dir, 'mirror/example.com/test')
    mkdirSync(join(base, 'a/1.0.0/linux_amd64'), { recursive: true })
    writeFileSync(join(base, 'a/1.0.0/linux_amd64/terraform-provider-a'), 'x')
    mkdirSync(join(base, 'a/2.0.0/windows_amd64'), { recursive: true })
    writeFileSync(join(base, 'a/Terraform-Provider-a_1.1.0_linux_amd64.zip'), contents('a', '1.1.0'))
    const source = filesystemMirror(join(dir, 'mirror'), platform)
    expect((await run('a', { source, constraint: '1.0.0' })).said).toEqual([
      'finding',
      'installing 1.0.0',
      'installed 1.0.0 (unauthenticated)',
      'incomplete',
    ])
    expect(lstatSync(join(dir, dataFolder, 'a/1.0.0/linux_amd64')).isSymbolicLink()).toBe(true)
    expect((await run('a', { source })).said).toContain('installed 1.1.0 (unauthenticated)')
    expect(lstatSync(join(dir, dataFolder, 'a/1.1.0/linux_amd64')).isDirectory()).toBe(true)
    expect((await run('b', { source })).told[0]).toContain(`provider example.com/test/b was not found in ${join(dir, 'mirror')}`)
    expect((await run('b', { source: filesystemMirror(join(dir, 'no'), platform) })).told[0]).toContain(`cannot search ${join(dir, 'no')}`)
  })

  /** A network mirror is always spoken to over TLS. */
  async function withMirror(
    hashes: readonly string[],
    body: Buffer,
    check: (mirror: Host, source: PackageSource) => Promise<void>,
  ): Promise<void> {
    const mirror = await startHost({ tls: true })
    const base = '/m/example.com/test/n'
    mirror.json(`${base}/index.json`, { versions: { '1.0.0': {}, 'not a version': {} } })
    mirror.json(`${base}/1.0.0.json`, { archives: { linux_amd64: { url: 'n.zip', hashes } } })
    mirror.routes.set(`${base}/n.zip`, { body })
    await check(mirror, networkMirror(`${mirror.url}/m/`, surroundings().hosts))
    await mirror.close()
  }

  test.each<[what: string, hashes: (content: Buffer) => readonly string[], want: string | undefined]>([
    ['without checksums', () => [], undefined],
    ['with the archive’s', (c) => [`zh:${sha256(c)}`], undefined],
    ['with one of several', (c) => ['zh:00', `zh:${sha256(c)}`], undefined],
    ['with another', () => ['zh:00'], 'archive has incorrect checksum'],
    ['with another of the content', () => ['h1:AAAA='], "provider package doesn't match any of the expected checksums"],
    ['with an unknown scheme', () => ['x9:abc'], undefined],
  ])('over the network %s', async (_, hashes, want) => {
    const body = contents('n', '1.0.0')
    await withMirror(hashes(body), body, async (_mirror, source) => {
      const { told } = await run('n', { source })
      if (want === undefined) expect(told).toEqual([])
      else {
        expect(told[0]).toContain(want)
        expect(files()).toEqual([])
      }
    })
  })

  test('that fail or do not have it', async () => {
    await withMirror([], Buffer.alloc(0), async (mirror, source) => {
      expect((await run('unknown', { source })).told[0]).toContain('was not found in')
      expect((await run('n', { source, platform: { os: 'plan9', arch: 'mips' } })).told[0]).toContain('platform, plan9_mips')
      mirror.routes.set('/m/example.com/test/n/index.json', { status: 500 })
      expect((await run('n', { source })).told[0]).toContain('server returned unsuccessful status 500 Internal Server Error')
      mirror.routes.set('/m/example.com/test/n/index.json', { status: 401 })
      expect((await run('n', { source })).told[0]).toContain('requires authentication credentials')
      expect(mirror.requests.every((request) => !request.includes('Bearer'))).toBe(true)
    })
  })

  test('are used as the CLI configuration says', async () => {
    publish(host, [release('direct', '1.0.0'), release('both', '1.0.0'), release('both', '3.0.0')])
    for (const type of ['both', 'local']) {
      const folder = join(dir, 'mirror/example.com/test', type, '2.0.0/linux_amd64')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `terraform-provider-${type}`), 'x')
    }
    const configured = (text: string, environment: Record<string, string> = {}): PackageSource => {
      const around = surroundings(text)
      const env = { ...around.environment, ...environment }
      const config = readCliConfig(env)
      return configuredSource({
        config,
        hosts: new Hosts(around.http, config, env, '1.11.4'),
        environment: env,
        dialect: 'terraform',
        platform,
      })
    }
    const installed = async (type: string, source: PackageSource): Promise<string> => {
      const { said, told } = await run(type, { source })
      return said.find((line) => line.startsWith('installed')) ?? told[0]!
    }
    const both = `provider_installation {\n filesystem_mirror {\n  path = "${dir}/mirror"\n }\n direct {\n }\n}\n`
    expect(await installed('both', configured(both))).toContain('installed 3.0.0')
    expect(await installed('local', configured(both))).toContain('installed 2.0.0')
    const excluded = both.replace('direct {', 'direct {\n  exclude = ["example.com/*/*"]')
    expect(await installed('both', configured(excluded))).toContain('installed 2.0.0')
    expect(await installed('direct', configured(excluded))).toContain(`was not found in any of the search locations\n\n  - ${dir}/mirror`)
    const none = 'provider_installation {\n direct {\n  include = ["other.example/*/*"]\n }\n}\n'
    expect(await installed('direct', configured(none))).toContain('is excluded from all of the installation methods')
    // Without a word the folders that are usual count, and a provider that is in one of them is not asked for elsewhere.
    mkdirSync(join(dir, '.terraform.d'))
    expect(await installed('both', configured(''))).toContain('installed 3.0.0')
    const folder = join(dir, '.terraform.d/plugins/example.com/test/both/1.5.0/linux_amd64')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'terraform-provider-both'), 'x')
    expect(await installed('both', configured(''))).toContain('installed 1.5.0')
    expect(await installed('direct', configured(''))).toContain('installed 1.0.0')
  })
})

describe('a shared cache', () => {
  test('is filled once and linked from then on', async () => {
    publish(host, [release('good', '1.0.0')])
    const cacheDir = join(dir, 'cache')
    const first = await run('good', { cacheDir })
    expect(lstatSync(join(dir, dataFolder, 'good/1.0.0/linux_amd64')).isSymbolicLink()).toBe(true)
    rmSync(join(dir, 'data'), { recursive: true })
    host.requests.length = 0
    expect((await run('good', { cacheDir, locks: first.locks })).said).toEqual(['reusing', 'fromCache 1.0.0'])
    expect(host.requests).toEqual([])
    // Without a recorded checksum it is not trusted, except on request.
    rmSync(join(dir, 'data'), { recursive: true })
    expect((await run('good', { cacheDir })).said).toContain('installing 1.0.0')
    rmSync(join(dir, 'data'), { recursive: true })
    expect((await run('good', { cacheDir, cacheMayBreakLockFile: true })).said).toEqual(['finding', 'fromCache 1.0.0'])
  })

  test('a package in it that is broken is made anew', async () => {
    publish(host, [release('good', '1.0.0')])
    const cacheDir = join(dir, 'cache')
    const { locks } = await run('good', { cacheDir })
    const program = join(cacheDir, 'example.com/test/good/1.0.0/linux_amd64/terraform-provider-good_v1.0.0')
    writeFileSync(program, '#!')
    rmSync(join(dir, 'data'), { recursive: true })
    expect((await run('good', { cacheDir, locks })).told).toEqual([])
    expect(readFileSync(program, 'utf8')).toContain('echo good')
  })

  test('several runs at once end with one good package and nothing else', async () => {
    publish(host, [release('good', '1.0.0')])
    const cacheDir = join(dir, 'cache')
    const runs = await Promise.all(Array.from({ length: 6 }, (_, i) => run('good', { cacheDir, dataDir: join(dir, `data${i}`) })))
    expect(runs.flatMap((r) => r.told)).toEqual([])
    expect(new Set(runs.map((r) => lockFileToString(r.locks))).size).toBe(1)
    expect(files(cacheDir)).toEqual([
      'example.com/test/good/1.0.0/linux_amd64/LICENSE',
      'example.com/test/good/1.0.0/linux_amd64/terraform-provider-good_v1.0.0',
    ])
    for (let i = 0; i < 6; i++) {
      const found = await installedProvider({
        dataDir: join(dir, `data${i}`),
        locks: runs[i]!.locks,
        source: { host: 'example.com', namespace: 'test', type: 'good' },
        platform,
      })
      expect(found.kind).toBe('installed')
    }
  })
})

test('what an interrupted run left is cleared away by the next one', async () => {
  publish(host, [release('good', '1.0.0')])
  const { locks } = await run('good')
  const version = join(dir, dataFolder, 'good/1.0.0')
  // No process has this number.
  const abandoned = join(version, readdirName('999999999'))
  mkdirSync(join(abandoned, 'package'), { recursive: true })
  writeFileSync(join(abandoned, 'archive.zip'), 'half')
  const running = join(version, readdirName(String(process.pid)))
  mkdirSync(running)
  rmSync(join(version, 'linux_amd64/LICENSE'))
  expect((await run('good', { locks })).told).toEqual([])
  expect([existsSync(abandoned), existsSync(running)]).toEqual([false, true])
  expect(readdirSync(join(version, 'linux_amd64')).sort()).toEqual(['LICENSE', 'terraform-provider-good_v1.0.0'])
})

function readdirName(pid: string): string {
  return `.landform-tmp-${hostname().replace(/[^A-Za-z0-9.]/g, '') || 'host'}-${pid}-0123abcd`
}
