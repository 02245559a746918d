import { createServer, type Http2Server, type OutgoingHttpHeaders, type Settings } from 'node:http2'
import { createServer as createSocketServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { HpackDecoder } from '../../src/plugin/wire/hpack.ts'
import { connectGrpc, type GrpcChannel } from '../../src/plugin/wire/index.ts'

const servers: { close(): void }[] = []
const channels: GrpcChannel[] = []
afterEach(() => {
  for (const channel of channels.splice(0)) channel.destroy()
  for (const server of servers.splice(0)) server.close()
})

async function connectTo(port: number): Promise<GrpcChannel> {
  const channel = await connectGrpc({ network: 'tcp', address: `127.0.0.1:${port}` }, undefined)
  channels.push(channel)
  return channel
}

/** A server of Node's: it answers with what it got, and with these trailers. */
async function channelTo(settings: Settings, trailers: (path: string) => OutgoingHttpHeaders = () => ({})): Promise<GrpcChannel> {
  const server: Http2Server = createServer({ settings })
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...trailers(String(headers[':path'])) }))
      stream.end(Buffer.concat(parts))
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return connectTo((server.address() as { port: number }).port)
}

const message = (length: number): Buffer => Buffer.alloc(length, 'abcdefghij')

describe('a server that', () => {
  test.each<{ name: string; settings: Settings; calls: number; length: number }>([
    { name: 'takes few bytes at a time', settings: { initialWindowSize: 10 }, calls: 2, length: 3000 },
    { name: 'takes one call at a time', settings: { maxConcurrentStreams: 1 }, calls: 20, length: 10 },
    { name: 'remembers no headers', settings: { headerTableSize: 0 }, calls: 3, length: 10 },
    { name: 'takes long frames', settings: { maxFrameSize: 1_000_000, initialWindowSize: 5_000_000 }, calls: 2, length: 3_000_000 },
    { name: 'has its own mind about nothing', settings: {}, calls: 200, length: 70_000 },
  ])('$name', async ({ settings, calls, length }) => {
    const channel = await channelTo(settings)
    const sent = Array.from({ length: calls }, (_, i) => Buffer.concat([Buffer.from(`${i} `), message(length)]))
    const answers = await Promise.all(sent.map((m) => channel.unary('/t/Echo', m)))
    expect(answers.map((a, i) => a.equals(sent[i]!))).toEqual(sent.map(() => true))
  })

  test('sends every character in its headers, and more of them than fit into a frame', async () => {
    const all = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')
    const texts = [all, '0'.repeat(50) + all + all, 'e', '', 'x'.repeat(20_000)]
    let i = 0
    const channel = await channelTo({}, () => ({ 'grpc-status': '9', 'grpc-message': encodeURIComponent(texts[i]!), 'x-other': texts[i]! }))
    for (; i < texts.length; i++) {
      await expect(channel.unary('/t/Echo', message(1))).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', message: texts[i] })
    }
  })

  test('says farewell: what runs is finished, what comes later fails', async () => {
    const server = createServer()
    server.on('stream', (stream) => {
      stream.session!.goaway(0)
      setTimeout(() => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true })
        stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        stream.end(Buffer.from([0, 0, 0, 0, 1, 7]))
      }, 20)
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const channel = await connectTo((server.address() as { port: number }).port)
    expect([...(await channel.unary('/t/Last', message(1)))]).toEqual([7])
    expect(channel.isOpen).toBe(false)
    await expect(channel.unary('/t/Later', message(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

const settingsFrame = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
const frame = (type: number, flags: number, id: number, payload: number[]): Buffer =>
  Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, id, ...payload])

/** What a server answers to the first request, as bytes. */
describe('an answer that breaks the rules ends the connection:', () => {
  test.each<{ name: string; bytes: Buffer; message: RegExp }>([
    { name: 'a frame that is too long', bytes: Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1]), message: /a frame is too long/ },
    { name: 'more padding than frame', bytes: frame(0, 8, 1, [9, 1]), message: /shorter than its padding/ },
    { name: 'a header that was never sent', bytes: frame(1, 4, 1, [0xff, 0x20]), message: /a header is referred to/ },
    { name: 'a text that ends early', bytes: frame(1, 4, 1, [0, 9, 65]), message: /inside a text/ },
    { name: 'a number without end', bytes: frame(1, 4, 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), message: /a number is too large/ },
    { name: 'a damaged Huffman text', bytes: frame(1, 4, 1, [0, 0x81, 0x00]), message: /inside a character/ },
    { name: 'a table larger than allowed', bytes: frame(1, 4, 1, [0x3f, 0xe2, 0x1f]), message: /larger than allowed/ },
    { name: 'headers that are interrupted', bytes: Buffer.concat([frame(1, 0, 1, [0x88]), frame(6, 0, 0, [])]), message: /interrupted/ },
    { name: 'headers that never began', bytes: frame(9, 4, 1, [0x88]), message: /never began/ },
    { name: 'a push', bytes: frame(5, 4, 1, [0, 0, 0, 2]), message: /nobody asked for/ },
    { name: 'a short ping', bytes: frame(6, 0, 0, [1]), message: /a ping/ },
    { name: 'a window that is too large', bytes: frame(4, 0, 0, [0, 4, 0xff, 0xff, 0xff, 0xff]), message: /a window is too large/ },
  ])('$name', async ({ bytes, message: text }) => {
    const server = createSocketServer((socket) => {
      socket.on('error', () => {})
      socket.write(settingsFrame)
      let seen = ''
      socket.on('data', (chunk) => {
        seen += chunk.toString('latin1')
        if (seen.includes('/t/Call')) socket.write(bytes)
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const channel = await connectTo((server.address() as { port: number }).port)
    await expect(channel.unary('/t/Call', message(1))).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(text) })
    expect(channel.isOpen).toBe(false)
  })

  test('no settings in the beginning', async () => {
    const server = createSocketServer((socket) => socket.on('error', () => {}).write(frame(6, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await expect(connectTo((server.address() as { port: number }).port)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

// RFC 7541, appendix C.4 to C.6: the examples are part of the standard.
describe('header blocks of RFC 7541', () => {
  const blocks = (...hex: string[]): Record<string, string>[] => {
    const decoder = new HpackDecoder()
    return hex.map((text) => Object.fromEntries(decoder.decode(Buffer.from(text.replaceAll(' ', ''), 'hex'))))
  }
  test.each([
    [
      'C.3, as they are',
      ['8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', '8286 84be 5808 6e6f 2d63 6163 6865'],
      [
        { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com' },
        { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com', 'cache-control': 'no-cache' },
      ],
    ],
    [
      'C.4, with Huffman codes',
      ['8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', '8286 84be 5886 a8eb 1064 9cbf'],
      [
        { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com' },
        { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com', 'cache-control': 'no-cache' },
      ],
    ],
  ])('%s', (_name, hex, want) => {
    expect(blocks(...hex)).toEqual(want)
  })
})
