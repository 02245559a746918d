import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseModuleSource, splitSubdir } from '../../src/config/index.ts'
import { fetchModulePackage } from '../../src/registry/modules/index.ts'
import { parseOciAddress } from '../../src/registry/modules/oci.ts'
import { defaultOciSettings } from '../../src/registry/oci-settings.ts'
import { openRegistryAccess } from '../../src/workdir/registry-access.ts'
import { type Host, sha256, startHost } from './_hosts.ts'
import { zip } from './_zip.ts'

const digest = `sha256:${'0'.repeat(64)}`

test.each([
  ['oci://example.com/a', { host: 'example.com', repository: 'a', reference: 'latest' }],
  ['oci://example.com:5000/a/b-c?tag=v1.0.0', { host: 'example.com:5000', repository: 'a/b-c', reference: 'v1.0.0' }],
  [`oci://example.com/a?digest=${digest}`, { host: 'example.com', repository: 'a', reference: digest }],
])('%s', (address, place) => {
  expect(parseOciAddress(address)).toEqual(place)
  expect(parseModuleSource(address, false)).not.toHaveProperty('summary')
})

test.each([
  ['oci://example.com', 'is named as oci://HOST/REPOSITORY'],
  ['oci://example.com/Upper', 'is named as oci://HOST/REPOSITORY'],
  ['oci://me:secret@example.com/a', 'is named as oci://HOST/REPOSITORY'],
  ['oci://example.com/a?ref=v1', 'has no argument "ref"'],
  [`oci://example.com/a?tag=x&digest=${digest}`, 'only one of "tag" and "digest"'],
  ['oci://example.com/a?digest=sha256:abc', 'is no digest'],
  ['oci://example.com/a?tag=-x', 'is no tag'],
])('%s is refused', (address, problem) => {
  expect(() => parseOciAddress(address)).toThrow(problem)
  expect(() => parseOciAddress(address)).not.toThrow('secret')
})

describe('a registry', () => {
  let dir: string
  let host: Host
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'landform-oci-'))
    host = await startHost()
  })
  afterEach(async () => {
    await host.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const archive = zip([
    { name: 'main.tf', content: 'a', mode: 0o100644 },
    { name: 'sub/x.tf', content: 'b', mode: 0o100644 },
  ])
  const layer = { mediaType: 'archive/zip', digest: `sha256:${sha256(archive)}`, size: archive.length }
  const manifest = { schemaVersion: 2, artifactType: 'application/vnd.opentofu.modulepkg', layers: [layer] }
  const publish = (document: unknown = manifest, reference = 'latest'): void => {
    host.json(`/v2/team/net/manifests/${reference}`, document)
    host.routes.set(`/v2/team/net/blobs/${layer.digest}`, { body: archive })
  }
  const fetch = (query = '', environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    const known = { HOME: dir, ...environment }
    const { http } = openRegistryAccess(known)
    return fetchModulePackage(`oci://${host.host}/team/net${query}`, join(dir, 'out'), { http, environment: known }, splitSubdir)
  }
  const out = (): readonly string[] => (readdirSync(join(dir, 'out'), { recursive: true }) as string[]).sort()

  test('is asked for the manifest and the archive', async () => {
    publish()
    await fetch()
    expect(out()).toEqual(['main.tf', 'sub', 'sub/x.tf'])
    expect(host.requests).toEqual(['/v2/team/net/manifests/latest', `/v2/team/net/blobs/${layer.digest}`])
    expect(existsSync(join(dir, 'out.archive'))).toBe(false)
  })

  test('is asked for tags and digests', async () => {
    publish(manifest, 'v2')
    await fetch('?tag=v2')
    rmSync(join(dir, 'out'), { recursive: true })
    const wanted = `sha256:${sha256(JSON.stringify(manifest))}`
    publish(manifest, wanted)
    await fetch(`?digest=${wanted}`)
    expect(out()).toContain('main.tf')
    const other = `sha256:${sha256('other')}`
    publish(manifest, other)
    await expect(fetch(`?digest=${other}`)).rejects.toThrow('is not the one with the digest')
  })

  /** Only with this header; otherwise what to do about it. */
  const guard = (authorization: string, challenge: string): void => {
    for (const [path, answer] of [...host.routes]) {
      host.routes.set(path, (request, response) => {
        if (request.headers.authorization !== authorization) response.writeHead(401, { 'www-authenticate': challenge }).end()
        else response.writeHead(200).end((answer as { body: string }).body)
      })
    }
  }

  test('that wants a token gets one, without anybody logged in', async () => {
    publish()
    guard('Bearer t0', `Bearer realm="${host.url}/token",service="reg",scope="repository:team/net:pull"`)
    host.json('/token', { token: 't0' })
    await fetch()
    expect(out()).toContain('main.tf')
    expect(host.requests[1]).toBe('/token?service=reg&scope=repository%3Ateam%2Fnet%3Apull')
  })

  test('that wants a token gets the one of the configuration, or one for its refresh token', async () => {
    publish()
    guard('Bearer t2', `Bearer realm="${host.url}/token",service="reg"`)
    let form = ''
    host.routes.set('/token', (request, response) => {
      request.on('data', (chunk: Buffer) => {
        form += chunk.toString()
      })
      request.on('end', () => response.writeHead(200).end('{"access_token":"t2"}'))
    })
    const known = { HOME: dir }
    const { http } = openRegistryAccess(known)
    for (const [accessToken, refreshToken] of [
      ['t2', undefined],
      [undefined, 'r'],
    ]) {
      const oci = { ...defaultOciSettings, explicit: new Map([[host.host, { kind: 'oauth', accessToken, refreshToken } as const]]) }
      await fetchModulePackage(
        `oci://${host.host}/team/net`,
        join(dir, `out-${accessToken}`),
        { http, environment: known, oci },
        splitSubdir,
      )
    }
    expect(form).toBe('grant_type=refresh_token&client_id=landform&service=reg&scope=repository%3Ateam%2Fnet%3Apull&refresh_token=r')
  })

  test('that wants to know who asks is told what docker login has left', async () => {
    publish()
    guard('Bearer t1', `Bearer realm="${host.url}/token"`)
    const basic = Buffer.from('me:word').toString('base64')
    host.routes.set('/token', (request, response) => {
      if (request.headers.authorization === `Basic ${basic}`) response.writeHead(200).end('{"access_token":"t1"}')
      else response.writeHead(401).end()
    })
    await expect(fetch()).rejects.toThrow('does not let this machine read team/net')
    mkdirSync(join(dir, '.docker'))
    const auths = { [host.host]: { auth: Buffer.from('other:word').toString('base64') }, [`${host.host}/team`]: { auth: basic } }
    writeFileSync(join(dir, '.docker/config.json'), JSON.stringify({ auths }))
    await fetch()
    expect(out()).toContain('main.tf')
  })

  test('that wants user and password gets them', async () => {
    publish()
    const basic = Buffer.from('me:word').toString('base64')
    guard(`Basic ${basic}`, 'Basic realm="x"')
    const runtime = join(dir, 'run')
    mkdirSync(join(runtime, 'containers'), { recursive: true })
    writeFileSync(join(runtime, 'containers/auth.json'), JSON.stringify({ auths: { [host.host]: { auth: basic } } }))
    await fetch('', { XDG_RUNTIME_DIR: runtime })
    expect(out()).toContain('main.tf')
  })

  test('is not believed when it sends to another machine for tokens without https', async () => {
    publish()
    guard('Bearer t', 'Bearer realm="http://example.com/token"')
    await expect(fetch()).rejects.toThrow('is not asked over https')
  })

  test.each<readonly [name: string, document: unknown, problem: string]>([
    ['an image', { schemaVersion: 2, layers: [layer] }, 'a module package is of the type application/vnd.opentofu.modulepkg'],
    ['no layers', { ...manifest, layers: [] }, 'has exactly one layer of the type archive/zip, and this one has 0'],
    ['two archives', { ...manifest, layers: [layer, layer] }, 'and this one has 2'],
    ['another archive', { ...manifest, layers: [{ ...layer, digest: `sha256:${sha256('x')}` }] }, 'unsuccessful request'],
    ['no digest', { ...manifest, layers: [{ ...layer, digest: '../x' }] }, 'has no digest and size'],
    ['too much', { ...manifest, layers: [{ ...layer, size: 2 ** 40 }] }, 'which is more than'],
    ['null', null, 'a module package is of the type'],
  ])('with %s is refused', async (_name, document, problem) => {
    publish(document)
    await expect(fetch()).rejects.toThrow(problem)
  })

  test('whose archive is not what the manifest says is refused', async () => {
    publish()
    const changed = Buffer.from(archive)
    changed[40]! ^= 1
    host.routes.set(`/v2/team/net/blobs/${layer.digest}`, { body: changed })
    await expect(fetch()).rejects.toThrow('is not the one that its manifest names')
  })

  test('that has nothing is said to have nothing', async () => {
    await expect(fetch('?tag=nope')).rejects.toThrow('has not got the manifest of nope in team/net')
  })
})
