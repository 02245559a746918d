import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openSession } from '../../src/aws/index.ts'
import { DatadogApi } from '../../src/builtin/datadog/api.ts'
import { httpProvider } from '../../src/builtin/http/index.ts'
import { tlsProvider } from '../../src/builtin/tls/index.ts'
import { ForgeHttp, ordinaryPatience } from '../../src/ops/forge/http.ts'
import { proxyAuthorization, proxyFor, proxySettingsOf } from '../../src/proxy/index.ts'
import { HttpStateManager } from '../../src/statemgr/http.ts'
import { Drive } from '../builtin/_drive.ts'
import { certificateFile } from '../registry/_hosts.ts'

// A real proxy, which knows the names that nobody else knows: `*.example` is this test's server.

let proxy: Server
let plain: Server
let secure: TlsServer
const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port
let proxyUrl: string
/** Tunnels outlive the requests in them. */
const tunnels: { destroy(): unknown }[] = []
const asked: string[] = []
const seen: string[] = []
const saved = { ...process.env }

beforeAll(async () => {
  const answer = (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse): void => {
    seen.push(`${request.method} ${request.headers.host}${request.url}`)
    if (request.url?.includes('list-type')) {
      response.setHeader('content-type', 'application/xml')
      response.end('<ListBucketResult><Name>b</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>')
    } else if (request.url === '/moved') response.writeHead(302, { location: 'https://other.example/there' }).end()
    else response.end('from the server')
  }
  plain = createServer(answer)
  secure = createTlsServer(
    { key: readFileSync(join(import.meta.dirname, '../registry/testdata/tls-key.pem')), cert: readFileSync(certificateFile) },
    answer,
  )
  proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
    const { pathname, search, host } = new URL(request.url!)
    seen.push(`${request.method} ${host}${pathname}${search} by the proxy`)
    response.end('from the server')
  })
  proxy.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
    if (request.url!.startsWith('denied')) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    tunnels.push(socket)
    const onward = connect(portOf(secure), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
  })
  for (const server of [plain, secure, proxy]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxyUrl = `http://127.0.0.1:${portOf(proxy)}`
})

afterAll(async () => {
  for (const tunnel of tunnels) tunnel.destroy()
  for (const server of [plain, secure, proxy]) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

beforeEach(() => {
  asked.length = 0
  seen.length = 0
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy']) delete process.env[name]
  return () => {
    process.env = { ...saved }
  }
})

describe('which proxy', () => {
  test.each<[url: string, noProxy: string, used: boolean]>([
    ['https://a.example/', '', true],
    ['http://a.example/', '', true],
    ['https://10.1.2.3/', '10.0.0.0/8', false],
    ['https://11.1.2.3/', '10.0.0.0/8', true],
    ['https://10.1.2.3/', '10.1.2.3', false],
    ['https://10.1.2.3/', '2.3', false],
    ['https://a.example/', '10.0.0.0/99, x/8', true],
    ['https://[fd00::1]/', 'fd00::/8', false],
    ['https://[fe00::1]/', 'fd00::/8', true],
    ['https://[fd00::1]:443/', '[fd00::1]:443', false],
    ['https://sub.a.example/', '*.a.example', false],
    ['https://a.example/', '*.a.example', true],
    ['https://[::1]/', '', false],
    ['http://127.9.9.9/', '', false],
  ])('%s with NO_PROXY=%s', (url, noProxy, used) => {
    const found = proxyFor(
      new URL(url),
      proxySettingsOf({ HTTPS_PROXY: 'p.example:3128', http_proxy: 'http://p.example:3128', NO_PROXY: noProxy }),
    )
    expect(found?.host).toBe(used ? 'p.example:3128' : undefined)
  })

  test('addresses that are none do not show', () => {
    for (const text of ['socks5://u:secret@h', 'http://u:secret@:x']) {
      expect(() => proxyFor(new URL('http://a.example'), { httpProxy: text })).toThrow(
        'the address of the proxy in HTTP_PROXY is not valid',
      )
    }
    expect(() => proxyAuthorization(new URL('http://u:%@h'))).toThrow('the password of the proxy has a percent sign')
  })
})

describe('the http data source', () => {
  const read = async (config: { url: string; insecure?: boolean }) => (await Drive.start(httpProvider())).data('http', config)

  test('goes by the environment', async () => {
    process.env.HTTPS_PROXY = proxyUrl.replace('//', '//user:p%40ss@')
    process.env.http_proxy = proxyUrl
    const auth = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
    const first = await read({ url: 'https://a.example:8443/x', insecure: true })
    expect(first).toMatchObject({ errors: [], object: { response_body: 'from the server', status_code: 200 } })
    const second = await read({ url: 'http://b.example:81/y?z=1' })
    expect(second).toMatchObject({ errors: [], object: { response_body: 'from the server' } })
    expect(asked).toEqual([`CONNECT a.example:8443 ${auth}`, 'GET http://b.example:81/y?z=1'])
    expect(seen).toEqual(['GET a.example:8443/x', 'GET b.example:81/y?z=1 by the proxy'])
  })

  test('each redirection has its own', async () => {
    process.env.HTTPS_PROXY = proxyUrl
    expect(await read({ url: 'https://a.example/moved', insecure: true })).toMatchObject({ errors: [] })
    expect(asked).toEqual(['CONNECT a.example:443', 'CONNECT other.example:443'])
  })

  test('this machine and NO_PROXY are reached directly', async () => {
    process.env.HTTP_PROXY = proxyUrl
    process.env.NO_PROXY = 'nowhere.invalid'
    expect(await read({ url: `http://127.0.0.1:${portOf(plain)}/` })).toMatchObject({ errors: [] })
    expect((await read({ url: 'http://nowhere.invalid/' })).errors.join()).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(asked).toEqual([])
  })

  test('a proxy that refuses', async () => {
    process.env.HTTPS_PROXY = proxyUrl
    const { errors } = await read({ url: 'https://denied.example/', insecure: true })
    expect(errors.join()).toMatch(/proxyconnect: the proxy 127\.0\.0\.1:\d+ answered 407 Proxy Authentication Required/)
  })
})

describe('tls_certificate', () => {
  const read = async (provider: object, url = 'https://c.example') =>
    (await Drive.start(tlsProvider(), provider as never)).data('tls_certificate', { url, verify_chain: false })

  test('goes by the block of the provider', async () => {
    const { errors, object } = await read({ proxy: [{ url: proxyUrl, username: 'me', password: 'pä' }] })
    expect([errors, (object.certificates as unknown[]).length]).toEqual([[], 1])
    expect(asked).toEqual([`CONNECT c.example:443 Basic ${Buffer.from('me:pä').toString('base64')}`])
  })

  test('or by the environment, unless the block says not to', async () => {
    process.env.HTTPS_PROXY = proxyUrl
    expect((await read({})).errors).toEqual([])
    expect((await read({ proxy: [{ from_env: true }] })).errors).toEqual([])
    expect(asked).toEqual(['CONNECT c.example:443', 'CONNECT c.example:443'])
    expect((await read({ proxy: [{ from_env: false }] }, `https://127.0.0.1:${portOf(secure)}`)).errors).toEqual([])
    expect((await read({ proxy: [{ from_env: false }] }, 'https://c.invalid')).errors.join()).toMatch(/ENOTFOUND|EAI_AGAIN/)
    // Not by https, so not by a proxy for it.
    expect((await read({}, 'tls://c.invalid:443')).errors.join()).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(asked).toHaveLength(2)
  })

  test('what a block may not say', async () => {
    for (const block of [{ url: 'ftp://x' }, { url: proxyUrl, from_env: true }, { username: 'u' }]) {
      const config = { proxy: [block] } as never
      await expect(Drive.start(tlsProvider(), config)).rejects.toThrow()
    }
  })
})

describe('services for people', () => {
  const datadog = (url: string) =>
    new DatadogApi({
      url,
      apiKey: 'a'.repeat(32),
      appKey: 'b'.repeat(40),
      retry: { enabled: false, timeoutMs: 1000, backoffBaseMs: 1, backoffMultiplier: 1, maxRetries: 0 },
      defaultTags: {},
    })
  const forge = (url: string) => new ForgeHttp({ ...ordinaryPatience, tries: 1 }).send({ method: 'GET', url, headers: {} })

  test.each([
    ['Datadog', (url: string) => datadog(url).call('POST', '/api/v1/monitor', { name: 'm' }), 'POST /api/v1/monitor'],
    ['the forge', (url: string) => forge(`${url}/api/v1/monitor`), 'GET /api/v1/monitor'],
  ])('%s goes by the environment', async (_, call, request) => {
    process.env.HTTPS_PROXY = proxyUrl
    process.env.HTTP_PROXY = proxyUrl.replace('//', '//user:pass@')
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    await call('http://d.example:81')
    await call('https://d.example:8443')
    const [method, path] = request.split(' ')
    expect(seen).toEqual([`${method} d.example:81${path} by the proxy`, `${method} d.example:8443${path}`])
    expect(asked).toEqual([`${method} http://d.example:81${path} Basic ${btoa('user:pass')}`, 'CONNECT d.example:8443'])
    await call(`http://127.0.0.1:${portOf(plain)}`)
    expect(asked).toHaveLength(2)
    await expect(call('https://denied.example')).rejects.toThrow(/proxyconnect: the proxy 127\.0\.0\.1:\d+ answered 407/)
  })
})

test('the http backend goes by the environment', async () => {
  const manager = new HttpStateManager({
    address: new URL('https://state.example/s'),
    environment: { HTTPS_PROXY: proxyUrl },
    updateMethod: 'POST',
    lockAddress: undefined,
    lockMethod: 'LOCK',
    unlockAddress: undefined,
    unlockMethod: 'UNLOCK',
    username: undefined,
    password: undefined,
    headers: {},
    skipCertVerification: true,
    clientCaPem: undefined,
    clientCertificatePem: undefined,
    clientKeyPem: undefined,
    retryMax: 0,
    retryWaitMinMs: 1,
    retryWaitMaxMs: 1,
    terraformVersion: '1.11.4',
  } as ConstructorParameters<typeof HttpStateManager>[0])
  await expect(manager.read()).rejects.toThrow()
  expect([asked, seen]).toEqual([['CONNECT state.example:443'], ['GET state.example/s']])
})

test.each([
  ['the environment', { HTTPS_PROXY: 'PROXY' }, undefined],
  ['arguments, which come first', { HTTPS_PROXY: 'http://nowhere.invalid:1' }, 'PROXY'],
])('AWS by %s', async (_, env, httpsProxy) => {
  const real = (text: string): string => text.replace('PROXY', proxyUrl)
  const session = await openSession(
    {
      region: 'eu-west-1',
      accessKey: 'a',
      secretKey: 'b',
      insecure: true,
      s3UsePathStyle: true,
      maxRetries: 0,
      endpoints: { s3: 'https://s3.example' },
      proxies: { httpsProxy: httpsProxy && real(httpsProxy) },
    },
    { env: { HTTPS_PROXY: real(env.HTTPS_PROXY) } },
  )
  expect(await session.call('s3', 'ListObjectsV2', { Bucket: 'b' })).toMatchObject({ KeyCount: 0 })
  expect(asked).toEqual(['CONNECT s3.example:443'])
  expect(seen).toEqual(['GET s3.example/b/?list-type=2'])
})
