import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type DependencyLocks,
  directSource,
  Hosts,
  HttpClient,
  indexMirror,
  LockPlatformError,
  lockPlatforms,
  mirrorPackage,
  parseProviderVersion,
  platformToString,
  readCliConfig,
} from '../../src/registry/index.ts'
import { filesystemMirror, networkMirror } from '../../src/registry/package-sources.ts'
import { certificateFile, type Host, publish, sha256, startHost } from './_hosts.ts'
import { newSigningKey } from './_openpgp-sign.ts'
import { zip } from './_zip.ts'

const linux = { os: 'linux', arch: 'amd64' }
const windows = { os: 'windows', arch: '386' }
const key = newSigningKey('tester')
const archive = (os: string): Buffer => zip([{ name: 'terraform-provider-x_v1.0.0', content: os }])

let host: Host
let dir: string
let http: HttpClient
let hosts: Hosts
beforeEach(async () => {
  host = await startHost({ tls: true })
  dir = mkdtempSync(join(tmpdir(), 'landform-lock-'))
  const environment = { HOME: dir, SSL_CERT_FILE: certificateFile }
  http = new HttpClient({ environment, userAgent: 'test', retries: 0 })
  hosts = new Hosts(http, readCliConfig(environment), environment, '1.11.4')
  publish(
    host,
    [linux, windows].map((platform) => ({ namespace: 'test', type: 'x', version: '1.0.0', platform, archive: archive(platform.os), key })),
  )
})
afterEach(async () => {
  await host.close()
  rmSync(dir, { recursive: true, force: true })
})

const source = () => ({ host: host.host, namespace: 'test', type: 'x' })

async function lock(platforms: readonly { os: string; arch: string }[], locks: DependencyLocks = new Map()) {
  const changes: string[] = []
  const result = await lockPlatforms({
    needed: [{ source: source(), constraints: [] }],
    locks,
    platforms,
    sourceFor: () => directSource(hosts),
    http,
    on: (event) => event.kind === 'obtained' && changes.push(`${platformToString(event.platform)} ${event.change}`),
  })
  return { changes, locks: result, hashes: [...result.values()][0]!.hashes }
}

test('checksums of several platforms, each package hashed', async () => {
  const first = await lock([linux])
  expect(first.changes).toEqual(['linux_amd64 newProvider'])
  const again = await lock([linux], first.locks)
  expect([again.changes, again.hashes]).toEqual([['linux_amd64 nothing'], first.hashes])
  const both = await lock([linux, windows], first.locks)
  expect(both.changes).toEqual(['linux_amd64 nothing', 'windows_386 newHashes'])
  expect(both.hashes.filter((hash) => hash.startsWith('h1:'))).toHaveLength(2)
  expect(both.hashes).toContain(`zh:${sha256(archive('windows'))}`)
})

test('a platform without a package is an error that names the provider', async () => {
  const error: unknown = await lock([linux, { os: 'plan9', arch: 'mips' }]).catch((e) => e)
  expect(error).toBeInstanceOf(LockPlatformError)
  expect((error as Error).message).toContain(`${host.host}/test/x: provider ${host.host}/test/x 1.0.0 is not available for plan9_mips.`)
})

test('what is mirrored serves as a folder and over the network', async () => {
  const version = parseProviderVersion('1.0.0')!
  const mirror = join(dir, 'mirror')
  for (const platform of [linux, windows]) {
    const offer = await directSource(hosts).offer(source(), version, platform)
    await mirrorPackage(mirror, { source: source(), version, platform, offer }, http)
  }
  await indexMirror(mirror, source())
  const folder = join(mirror, host.host, 'test/x')
  expect(readdirSync(folder).sort()).toEqual([
    '1.0.0.json',
    'index.json',
    'terraform-provider-x_1.0.0_linux_amd64.zip',
    'terraform-provider-x_1.0.0_windows_386.zip',
  ])
  const offers = [await filesystemMirror(mirror, linux).offer(source(), version, linux)]
  for (const name of readdirSync(folder)) {
    const type = name.endsWith('.json') ? 'application/json' : 'application/zip'
    host.routes.set(`/m/${host.host}/test/x/${name}`, { headers: { 'content-type': type }, body: readFileSync(join(folder, name)) })
  }
  const net = networkMirror(`${host.url}/m/`, hosts)
  expect((await net.versions(source())).versions).toEqual([version])
  offers.push(await net.offer(source(), version, linux))
  expect(offers.map((offer) => [offer.location.kind, offer.authentication.kind])).toEqual([
    ['archive', 'unauthenticated'],
    ['remote', 'checksum'],
  ])
  expect(offers[1]!.expected).toEqual([expect.stringMatching(/^h1:/)])
})

test('a package that is refused is not mirrored', async () => {
  host.routes.set('/files/x/1.0.0/terraform-provider-x_1.0.0_linux_amd64.zip', { body: archive('other') })
  const version = parseProviderVersion('1.0.0')!
  const offer = await directSource(hosts).offer(source(), version, linux)
  await expect(mirrorPackage(dir, { source: source(), version, platform: linux, offer }, http)).rejects.toThrow(
    'archive has incorrect checksum',
  )
  expect(existsSync(join(dir, host.host, 'test/x')) ? readdirSync(join(dir, host.host, 'test/x')) : []).toEqual([])
})
