import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { httpProvider } from '../../../src/builtin/http/index.ts'
import type { PlainObject } from '../../../src/providers/kit/index.ts'
import { Drive } from '../_drive.ts'

let server: Server
let url: string
let drive: Drive
let failures = 0

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url!
  if (path === '/echo') {
    let body = ''
    request
      .on('data', (chunk) => (body += chunk))
      .on('end', () => {
        const { 'user-agent': _, ...headers } = request.headers
        response.setHeader('content-type', 'application/json')
        response.setHeader('x-many', ['a', 'b'])
        response.end(JSON.stringify({ method: request.method, body, secret: headers.authorization ?? null }))
      })
  } else if (path.startsWith('/to/')) response.writeHead(Number(path.slice(4)), { location: '/echo' }).end()
  else if (path === '/loop') response.writeHead(302, { location: '/loop' }).end()
  else if (path === '/flaky') response.writeHead(failures-- > 0 ? 503 : 200, { 'content-type': 'text/plain' }).end('there')
  else if (path === '/bytes') response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([0xff, 0x00]))
  else if (path === '/packed')
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(gzipSync('unpacked'))
  else if (path === '/slow') setTimeout(() => response.end('late'), 500)
  else if (path === '/cut') response.destroy()
  else response.writeHead(404, { 'content-type': 'text/plain' }).end('not here')
}

beforeAll(async () => {
  server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  drive = await Drive.start(httpProvider())
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const retry = (attempts: number) => ({ attempts, min_delay_ms: 1, max_delay_ms: 2 })

describe('http', () => {
  test.each<[string, PlainObject, PlainObject]>([
    ['/echo', {}, { status_code: 200, response_body: '{"method":"GET","body":"","secret":null}' }],
    [
      '/echo',
      { method: 'POST', request_body: 'hi', request_headers: { Authorization: 'me' } },
      { response_body: '{"method":"POST","body":"hi","secret":"me"}' },
    ],
    ['/to/302', { method: 'POST', request_body: 'hi' }, { response_body: '{"method":"GET","body":"","secret":null}' }],
    ['/to/307', { method: 'POST', request_body: 'hi' }, { response_body: '{"method":"POST","body":"hi","secret":null}' }],
    ['/nowhere', {}, { status_code: 404, response_body: 'not here' }],
    ['/packed', {}, { response_body: 'unpacked', response_body_base64: 'dW5wYWNrZWQ=' }],
    ['/echo', { method: 'HEAD' }, { status_code: 200, response_body: '' }],
  ])('%s %j', async (path, config, want) => {
    const { object, errors, warnings } = await drive.data('http', { url: url + path, ...config })
    expect([errors, warnings]).toEqual([[], []])
    expect(object).toMatchObject({ id: url + path, body: object.response_body, ...want })
  })

  test('headers are known by their usual spelling, several of one name in one text', async () => {
    const { object } = await drive.data('http', { url: `${url}/echo` })
    expect(object.response_headers).toMatchObject({ 'Content-Type': 'application/json', 'X-Many': 'a, b' })
  })

  test('bytes are warned about', async () => {
    const { object, warnings } = await drive.data('http', { url: `${url}/bytes` })
    expect(object.response_body_base64).toBe('/wA=')
    expect(warnings).toEqual([expect.stringContaining('Response body is not recognized as UTF-8')])
  })

  test.each([
    [0, 1, 503],
    [1, 1, 200],
    [3, 2, 200],
    [1, 2, 503],
  ])('%d retries, %d failures: %d', async (attempts, count, status) => {
    failures = count
    expect((await drive.data('http', { url: `${url}/flaky`, retry: retry(attempts) })).object.status_code).toBe(status)
  })

  test.each<[string, PlainObject, string]>([
    ['/slow', { request_timeout_ms: 20 }, 'Error making request to URL/slow: no answer within 20 ms'],
    ['/cut', { retry: retry(1) }, 'Error making request to URL/cut: socket hang up'],
    ['/loop', {}, 'Error making request to URL/loop: stopped after 10 redirects'],
  ])('%s %j fails', async (path, config, want) => {
    expect((await drive.data('http', { url: url + path, ...config })).errors).toEqual([`Error making request: ${want.replace('URL', url)}`])
  })

  test.each<[PlainObject, string]>([
    [{ url: 'ftp://x' }, 'Attribute url must be a URL with the scheme http or https'],
    [{ url: 'http://x', method: 'PUT' }, 'Attribute method value must be one of: ["GET" "POST" "HEAD"], got: "PUT"'],
    [{ url: 'http://x', ca_cert_pem: 'x', insecure: true }, 'Attribute "insecure" cannot be specified when "ca_cert_pem" is specified'],
    [{ url: 'http://x', client_cert_pem: 'x' }, 'Attribute "client_key_pem" must be specified when "client_cert_pem" is specified'],
  ])('%j is refused', async (config, want) => {
    expect((await drive.data('http', config)).errors).toEqual([expect.stringContaining(want)])
  })
})
