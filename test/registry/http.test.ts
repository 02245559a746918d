import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { proxyFor, proxySettingsOf } from '../../src/proxy/index.ts'
import { HttpClient } from '../../src/registry/index.ts'
import { certificateFile, type Host, startHost } from './_hosts.ts'

let host: Host
let dir: string
beforeEach(async () => {
  host = await startHost()
  dir = mkdtempSync(join(tmpdir(), 'landform-http-'))
})
afterEach(async () => {
  await host.close()
  rmSync(dir, { recursive: true, force: true })
})

const client = (environment: Record<string, string> = {}, more: object = {}): HttpClient =>
  new HttpClient({ environment, userAgent: 'test', timeoutMs: 300, retries: 1, ...more })

describe('requests', () => {
  test('follow redirects, with the token for the first host only', async () => {
    const other = await startHost()
    other.routes.set('/b', { body: 'there' })
    host.routes.set('/a', { status: 302, headers: { location: '/c' } })
    host.routes.set('/c', { status: 307, headers: { location: `${other.url}/b` } })
    const http = client()
    const answer = await http.get(new URL('/a', host.url), { authorization: 'Bearer x' })
    expect([await http.text(answer), answer.url.href]).toEqual(['there', `${other.url}/b`])
    expect([...host.requests, ...other.requests]).toEqual(['/a Bearer x', '/c Bearer x', '/b'])
    await other.close()
  })

  test('a redirect from https to http is refused, and an endless one', async () => {
    const secure = await startHost({ tls: true })
    secure.routes.set('/a', { status: 302, headers: { location: `${host.url}/b` } })
    host.routes.set('/loop', { status: 302, headers: { location: '/loop' } })
    const http = client({ SSL_CERT_FILE: certificateFile }, { retries: 0 })
    await expect(http.get(new URL('/a', secure.url))).rejects.toThrow('refused to follow a redirect from https: to http:')
    await expect(http.get(new URL('/loop', host.url))).rejects.toThrow('stopped after 10 redirects')
    await secure.close()
  })

  test('certificates are checked', async () => {
    const secure = await startHost({ tls: true })
    secure.routes.set('/', { body: 'ok' })
    await expect(client({}, { retries: 0 }).get(new URL(secure.url))).rejects.toThrow('tls: failed to verify certificate')
    const http = client({ SSL_CERT_FILE: certificateFile })
    expect(await http.text(await http.get(new URL(secure.url)))).toBe('ok')
    await secure.close()
  })

  test('are repeated when a server is overloaded or drops them', async () => {
    let count = 0
    host.routes.set('/busy', (_, response) => void response.writeHead(++count === 1 ? 503 : 200).end('done'))
    host.routes.set('/drop', (request, response) => (++count === 3 ? request.socket.destroy() : void response.end('done')))
    const http = client()
    expect(await http.text(await http.get(new URL('/busy', host.url)))).toBe('done')
    expect(await http.text(await http.get(new URL('/drop', host.url)))).toBe('done')
  })

  test('end after a time limit, in words that programs look for', async () => {
    host.routes.set('/slow', () => undefined)
    await expect(client({}, { retries: 0 }).get(new URL('/slow', host.url))).rejects.toThrow(
      'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    )
    await expect(client({}, { retries: 0 }).get(new URL('http://localhost:1/'))).rejects.toThrow('connection refused')
  })

  test('an answer that is too long is not read to its end', async () => {
    host.routes.set('/long', { body: 'x'.repeat(5000) })
    const http = client()
    await expect(http.get(new URL('/long', host.url)).then((a) => http.text(a, 4096))).rejects.toThrow('longer than 4096 bytes')
  })
})

describe('downloads', () => {
  const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i & 0xff))

  test('are taken up where they broke', async () => {
    const ranges: (string | undefined)[] = []
    host.routes.set('/f', (request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      ranges.push(request.headers.range)
      response.writeHead(from > 0 ? 206 : 200, { etag: '"v1"', 'content-length': content.length - from })
      if (ranges.length >= 3) return void response.end(content.subarray(from))
      response.write(content.subarray(from, from + 30_000))
      // What has not been read when a connection breaks is lost.
      const timer = setInterval(() => {
        if ((seen.at(-2) ?? 0) < from + 30_000) return
        clearInterval(timer)
        request.socket.destroy()
      }, 5)
    })
    const seen: number[] = []
    await client().download(new URL('/f', host.url), join(dir, 'f'), { onProgress: (bytes, total) => seen.push(bytes, total!) })
    expect(readFileSync(join(dir, 'f')).equals(content)).toBe(true)
    expect(ranges).toEqual([undefined, 'bytes=30000-', 'bytes=60000-'])
    expect(seen.at(-2)).toBe(content.length)
    expect(seen.at(-1)).toBe(content.length)
  })

  test('begin anew where the server cannot say whether the file is still the same', async () => {
    let count = 0
    host.routes.set('/f', (request, response) => {
      expect(request.headers.range).toBeUndefined()
      response.writeHead(200, { 'content-length': content.length })
      if (++count < 3) response.write(content.subarray(0, 1000), () => request.socket.end())
      else response.end(content)
    })
    await client().download(new URL('/f', host.url), join(dir, 'f'))
    expect(readFileSync(join(dir, 'f')).equals(content)).toBe(true)
  })

  test('fail when the server gives up or the file is too long', async () => {
    host.routes.set('/long', { body: content })
    await expect(client().download(new URL('/gone', host.url), join(dir, 'f'))).rejects.toThrow('404 Not Found')
    await expect(client().download(new URL('/long', host.url), join(dir, 'f'), { maxBytes: 1000 })).rejects.toThrow(
      'longer than 1000 bytes',
    )
  })
})

describe('proxies', () => {
  let proxy: Server
  const seen: string[] = []
  beforeEach(async () => {
    seen.length = 0
    proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
      response.end('through')
    })
    proxy.on('connect', (request, socket) => {
      seen.push(`CONNECT ${request.url}`)
      if (request.url!.startsWith('denied')) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      const target = connect(Number(secure.host.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        target.pipe(socket).pipe(target)
      })
      target.on('error', () => socket.destroy())
      socket.on('error', () => target.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    secure = await startHost({ tls: true })
  })
  let secure: Host
  afterEach(async () => {
    proxy.closeAllConnections()
    proxy.close()
    await secure.close()
  })

  test('http and https go through them', async () => {
    const url = `http://u:p%40@127.0.0.1:${(proxy.address() as AddressInfo).port}`
    secure.routes.set('/x', { body: 'tunnelled' })
    const http = client({ HTTP_PROXY: url, https_proxy: url, SSL_CERT_FILE: certificateFile }, { retries: 0, timeoutMs: 2000 })
    expect(await http.text(await http.get(new URL('http://mirror.example/x')))).toBe('through')
    // The certificate is for `localhost`, which is never asked through a proxy: the name must not match.
    await expect(http.get(new URL('https://registry.example/x'))).rejects.toThrow('tls: failed to verify certificate')
    await expect(http.get(new URL('https://denied.example/'))).rejects.toThrow('407 Proxy Authentication Required')
    expect(seen).toEqual([
      `GET http://mirror.example/x Basic ${Buffer.from('u:p@').toString('base64')}`,
      'CONNECT registry.example:443',
      'CONNECT denied.example:443',
    ])
  })

  test.each<[url: string, noProxy: string, used: boolean]>([
    ['https://a.example/', '', true],
    ['https://a.example/', 'a.example', false],
    ['https://sub.a.example/', 'a.example', false],
    ['https://a.example/', '.a.example', true],
    ['https://sub.a.example/', '.a.example', false],
    ['https://xa.example/', 'a.example', true],
    ['https://a.example/', 'b.example, *', false],
    ['https://a.example:8443/', 'a.example:443', true],
    ['https://a.example/', 'a.example:443', false],
    ['http://localhost:80/', '', false],
    ['http://127.0.0.1/', '', false],
  ])('%s with NO_PROXY=%s', (url, noProxy, used) => {
    const environment = { HTTPS_PROXY: 'proxy.example:3128', HTTP_PROXY: 'http://proxy.example:3128', NO_PROXY: noProxy }
    const found = proxyFor(new URL(url), proxySettingsOf(environment))
    if (used) expect(found?.host).toBe('proxy.example:3128')
    else expect(found).toBeUndefined()
  })
})
