import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Address,
  connectGrpc,
  createCertificate,
  type GrpcChannel,
  type GrpcServer,
  type Handler,
  serveGrpc,
} from '../../src/plugin/wire/index.ts'
import { GrpcError } from '../../src/plugin/wire/status.ts'

const dir = mkdtempSync(join(tmpdir(), 'landform-grpc-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

let aborted = 0
const handlers = new Map<string, Handler>([
  ['/t/Echo', { kind: 'unary', handle: (request) => request }],
  ['/t/Later', { kind: 'unary', handle: (request) => new Promise((resolve) => setTimeout(() => resolve(request), 20)) }],
  ['/t/Big', { kind: 'unary', handle: (request) => Buffer.alloc(request.readUInt32BE(0), 7) }],
  [
    '/t/Never',
    {
      kind: 'unary',
      handle: (_request, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => aborted++)
        }),
    },
  ],
  ['/t/Status', { kind: 'unary', handle: () => Promise.reject(new GrpcError('FAILED_PRECONDITION', 'nö: 100% "sure"\n')) }],
  ['/t/Throw', { kind: 'unary', handle: () => Promise.reject(new Error('oh')) }],
  ['/t/None', { kind: 'serverStream', handle: async () => {} }],
  [
    '/t/Count',
    {
      kind: 'serverStream',
      handle: async (request, send) => {
        for (let i = 0; i < request[0]!; i++) send(Buffer.from([i]))
      },
    },
  ],
  [
    '/t/SomeThenFail',
    {
      kind: 'serverStream',
      handle: async (_request, send) => {
        send(Buffer.from([1]))
        throw new GrpcError('ABORTED', 'enough')
      },
    },
  ],
])

const own = createCertificate()
const theirs = createCertificate()
const ways: { name: string; listen: Address; isSecure: boolean }[] = [
  { name: 'a unix socket', listen: { network: 'unix', address: join(dir, 'plain') }, isSecure: false },
  { name: 'a unix socket with TLS', listen: { network: 'unix', address: join(dir, 'tls') }, isSecure: true },
  { name: 'TCP', listen: { network: 'tcp', address: '127.0.0.1:0' }, isSecure: false },
  { name: 'TCP with TLS', listen: { network: 'tcp', address: '127.0.0.1:0' }, isSecure: true },
]

describe.each(ways)('over $name', ({ listen, isSecure }) => {
  let server: GrpcServer
  let channel: GrpcChannel
  beforeAll(async () => {
    server = await serveGrpc({ handlers, listen, tls: isSecure ? { ...theirs, peer: own.certificate } : undefined })
    channel = await connectGrpc(server.address, isSecure ? { ...own, peer: theirs.certificate } : undefined)
  })
  afterAll(async () => {
    channel.destroy()
    await server.close()
  })

  test('a message there, a message back', async () => {
    expect((await channel.unary('/t/Echo', Buffer.from('hello'))).toString()).toBe('hello')
    expect(await channel.unary('/t/Echo', new Uint8Array(0))).toHaveLength(0)
  })

  test('many calls at a time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, i) => channel.unary(i % 2 ? '/t/Echo' : '/t/Later', Buffer.from(`${i}`))),
    )
    expect(answers.map(String)).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`))
  })

  test('large messages both ways', async () => {
    const big = Buffer.alloc(9_000_000, 'x')
    expect((await channel.unary('/t/Echo', big)).equals(big)).toBe(true)
    expect(await channel.unary('/t/Big', Buffer.from([1, 0, 0, 0]))).toHaveLength(0x1000000)
  })

  test('a stream of messages', async () => {
    const seen: number[] = []
    await channel.serverStream('/t/Count', Buffer.from([200]), (m) => seen.push(m[0]!))
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })

  test.each([
    ['/t/Status', 'FAILED_PRECONDITION', 'nö: 100% "sure"\n'],
    ['/t/Throw', 'UNKNOWN', 'oh'],
    ['/t/Nothing', 'UNIMPLEMENTED', 'unknown method /t/Nothing'],
    ['/t/None', 'INTERNAL', '0 messages came where one was expected'],
    ['/t/SomeThenFail', 'ABORTED', 'enough'],
  ])('%s ends with %s', async (path, code, message) => {
    await expect(channel.unary(path, Buffer.from('x'))).rejects.toMatchObject({ name: 'GrpcError', code, message })
  })

  test('a deadline', async () => {
    const before = aborted
    await expect(channel.unary('/t/Never', Buffer.from('x'), { timeoutMs: 50 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await expect.poll(() => aborted).toBe(before + 1)
  })

  test('cancelling', async () => {
    const before = aborted
    const controller = new AbortController()
    const call = channel.unary('/t/Never', Buffer.from('x'), { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => aborted).toBe(before + 1)
    await expect(channel.unary('/t/Echo', Buffer.from('x'), { signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('an answer above the limit is refused before it is read', async () => {
    await expect(channel.unary('/t/Big', Buffer.from([1, 0, 0, 0]), { maxBytes: 1000 })).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
    })
    expect(await channel.unary('/t/Echo', Buffer.from('still'))).toHaveLength(5)
  })
})

describe('a connection that breaks', () => {
  test('running calls fail, and later ones', async () => {
    const server = await serveGrpc({ handlers, listen: { network: 'unix', address: join(dir, 'breaks') } })
    const channel = await connectGrpc(server.address, undefined)
    const running = channel.unary('/t/Never', Buffer.from('x'))
    running.catch(() => {})
    await channel.unary('/t/Echo', Buffer.from('x'))
    await server.close()
    await expect(running).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(channel.unary('/t/Echo', Buffer.from('x'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(channel.isOpen).toBe(false)
  })

  test('nobody listens', async () => {
    await expect(connectGrpc({ network: 'unix', address: join(dir, 'nobody') }, undefined)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('the other side talks no HTTP/2', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-something\r\n'))
    await new Promise<void>((resolve) => server.listen(join(dir, 'ssh'), resolve))
    await expect(
      connectGrpc({ network: 'unix', address: join(dir, 'ssh') }, undefined).then((c) => c.unary('/t/Echo', Buffer.from('x'))),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    server.close()
  })
})

describe('TLS', () => {
  test('only the expected certificates are accepted', async () => {
    const server = await serveGrpc({
      handlers,
      listen: { network: 'unix', address: join(dir, 'strict') },
      tls: { ...theirs, peer: own.certificate },
    })
    const stranger = createCertificate()
    const identities = [{ ...own, peer: stranger.certificate }, { ...stranger, peer: theirs.certificate }, undefined]
    for (const identity of identities) {
      const call = connectGrpc(server.address, identity).then((c) => c.unary('/t/Echo', Buffer.from('x')))
      await expect(call).rejects.toBeInstanceOf(GrpcError)
    }
    await server.close()
  })

  test('the certificate is one of go-plugin', () => {
    const x509 = new X509Certificate(own.certificate)
    expect(x509.ca).toBe(true)
    expect(x509.checkHost('localhost')).toBe('localhost')
    expect(x509.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'])
    expect(x509.verify(x509.publicKey)).toBe(true)
    expect(Date.parse(x509.validFrom)).toBeLessThan(Date.now())
    expect(Date.parse(x509.validTo)).toBeGreaterThan(Date.now() + 20 * 365 * 86_400_000)
  })
})

test('requests look as gRPC asks', async () => {
  const seen: Record<string, unknown> = {}
  const { createServer: createHttp2Server } = await import('node:http2')
  const server = createHttp2Server()
  server.on('stream', (stream, headers) => {
    Object.assign(seen, headers)
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12', 'grpc-message': 'no%20such' },
      { endStream: true },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const channel = await connectGrpc({ network: 'tcp', address: `127.0.0.1:${port}` }, undefined)
  await expect(channel.unary('/a.B/C', Buffer.from('x'), { timeoutMs: 1500 })).rejects.toMatchObject({
    code: 'UNIMPLEMENTED',
    message: 'no such',
  })
  expect(seen).toMatchObject({
    ':method': 'POST',
    ':path': '/a.B/C',
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-timeout': '1500m',
  })
  channel.destroy()
  server.close()
})

test('a server survives garbage', async () => {
  const address = join(dir, 'garbage')
  const server = await serveGrpc({ handlers, listen: { network: 'unix', address } })
  await new Promise<void>((resolve) => {
    const socket = connect(address, () => socket.end('GET / HTTP/1.0\r\n\r\n'))
    socket.on('close', () => resolve())
    socket.on('error', () => {})
    socket.resume()
  })
  const session = connectHttp2('http://localhost', { createConnection: () => connect(address) })
  const stream = session.request({ ':method': 'POST', ':path': '/t/Echo' })
  stream.end(Buffer.from([9, 0, 0, 0, 1, 0]))
  const headers = await new Promise<Record<string, unknown>>((resolve) => stream.on('response', resolve))
  expect(headers[constants.HTTP2_HEADER_STATUS]).toBe(200)
  expect(headers['grpc-status']).toBe('13')
  session.destroy()
  const channel = await connectGrpc(server.address, undefined)
  expect(await channel.unary('/t/Echo', Buffer.from('ok'))).toHaveLength(2)
  channel.destroy()
  await server.close()
})
