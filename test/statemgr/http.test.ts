import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { tlsProvider } from '../../src/builtin/tls/index.ts'
import { DiagnosticError } from '../../src/diags/index.ts'
import type { PlainObject } from '../../src/providers/kit/index.ts'
import { HttpStateManager, type HttpStateOptions, newLockInfo, StateLockedError } from '../../src/statemgr/index.ts'
import { emptyState, withInstance } from '../../src/states/index.ts'
import { Drive } from '../builtin/_drive.ts'
import { instance, nullProvider, object } from '../states/_support.ts'

const one = withInstance(emptyState, instance('a'), nullProvider, object('1'))
const two = withInstance(one, instance('b'), nullProvider, object('2'))
const info = () => newLockInfo('OperationTypeApply', '1.11.4')

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A state behind HTTP, as GitLab and others have it. `answers` go before what it would answer. */
let server: Server
let base: string
let seen: Seen[]
let stored: string | undefined
let lock: string | undefined
let answers: number[]

beforeEach(async () => {
  seen = []
  stored = lock = undefined
  answers = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body })
      const given = answers.shift()
      const [status, text] = given === undefined ? answer(request.method!, body) : [given, '']
      response.writeHead(status)
      response.end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function answer(method: string, body: string): [number, string] {
  switch (method) {
    case 'GET':
      return stored === undefined ? [404, ''] : [200, stored]
    case 'LOCK':
      if (lock !== undefined) return [423, lock]
      lock = body
      return [200, '']
    case 'UNLOCK':
      lock = undefined
      return [200, '']
    default:
      stored = body
      return [200, '']
  }
}

function open(options: Partial<HttpStateOptions> = {}): HttpStateManager {
  const url = new URL('/state/x?tenant=1', base)
  return new HttpStateManager({
    address: url,
    updateMethod: 'POST',
    lockAddress: new URL('/lock', base),
    lockMethod: 'LOCK',
    unlockAddress: new URL('/lock', base),
    unlockMethod: 'UNLOCK',
    retryMax: 2,
    retryWaitMinMs: 1,
    retryWaitMaxMs: 2,
    terraformVersion: '1.11.4',
    ...options,
  })
}

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(DiagnosticError)
  return (error as DiagnosticError).diags.map((d) => `${d.summary}: ${d.detail}`).join('\n')
}

test('the requests of a run', async () => {
  const manager = open({ username: 'joe', password: 'secret', headers: { 'X-Tenant': 'blue' } })
  const id = await manager.lock(info())
  expect(await manager.read()).toBeUndefined()
  await manager.write(one)
  await manager.unlock(id)
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'LOCK /lock',
    'GET /state/x?tenant=1',
    'GET /state/x?tenant=1',
    `POST /state/x?tenant=1&ID=${id}`,
    'UNLOCK /lock',
  ])
  const post = seen[3]!
  expect(post.headers).toMatchObject({
    authorization: `Basic ${Buffer.from('joe:secret').toString('base64')}`,
    'content-type': 'application/json',
    'content-md5': createHash('md5').update(post.body).digest('base64'),
    'x-tenant': 'blue',
  })
  expect(seen[4]!.body).toBe(seen[0]!.body)
  expect(JSON.parse(seen[0]!.body)).toMatchObject({ ID: id, Operation: 'OperationTypeApply', Path: '' })
  expect(JSON.parse(stored!)).toMatchObject({ version: 4, serial: 1 })
})

test('methods are those of the configuration', async () => {
  const manager = open({ updateMethod: 'PUT', lockMethod: 'LOCK', unlockMethod: 'UNLOCK' })
  await manager.write(one)
  expect(seen.at(-1)!.method).toBe('PUT')
})

test('without addresses for locks nothing is locked', async () => {
  const manager = open({ lockAddress: undefined, unlockAddress: undefined })
  await manager.unlock(await manager.lock(info()))
  expect(seen).toEqual([])
})

test('somebody else holds the lock, and is named', async () => {
  await open().lock({ ...info(), id: 'theirs', who: 'joe@far' })
  const error = await open()
    .lock(info())
    .catch((e: unknown) => e)
  expect(error).toBeInstanceOf(StateLockedError)
  expect((error as StateLockedError).holder).toMatchObject({ id: 'theirs', who: 'joe@far' })
  expect((error as StateLockedError).diags[0]!.detail).toContain('HTTP remote state already locked: ID=theirs')
  await open().unlock('theirs')
  expect(JSON.parse(seen.at(-1)!.body)).toEqual({ ID: 'theirs' })
  await open().lock(info())
})

test('a lock is refused with 409 as well as with 423', async () => {
  answers = [409]
  const error = await open()
    .lock(info())
    .catch((e: unknown) => e)
  expect(error).toBeInstanceOf(StateLockedError)
  expect((error as StateLockedError).diags[0]!.detail).toContain('the answer does not say by whom')
})

test('what somebody else has written is not overwritten', async () => {
  const [a, b] = [open(), open()]
  await a.read()
  await b.read()
  await a.write(one)
  expect(await failure(b.write(two))).toContain('State changed by another program')
  expect(JSON.parse(stored!).resources.length).toBe(1)
})

describe('answers', () => {
  test('a server that fails for a while is asked again', async () => {
    answers = [500, 503]
    expect(await open().read()).toBeUndefined()
    expect(seen.length).toBe(3)
  })

  const rows: [status: number, want: string, requests: number][] = [
    [500, 'Unexpected HTTP response code 500', 3],
    [501, 'Unexpected HTTP response code 501', 1],
    [401, 'HTTP remote state endpoint requires auth', 1],
    [403, 'HTTP remote state endpoint invalid auth', 1],
    [418, 'Unexpected HTTP response code 418', 1],
  ]
  test.each(rows)('%i', async (status, want, requests) => {
    answers = Array.from({ length: 5 }, () => status)
    expect(await failure(open({ password: 'hunter2', username: 'joe' }).read())).toContain(want)
    expect(seen.length).toBe(requests)
  })

  test('no content is no state', async () => {
    answers = [204]
    expect(await open().read()).toBeUndefined()
    stored = ''
    expect(await open().read()).toBeUndefined()
  })

  test('no server at all, and no secret in what is said about it', async () => {
    const gone = open({ address: new URL('http://joe:hunter2@127.0.0.1:1/x?token=hunter2'), retryMax: 0 })
    const text = await failure(gone.read())
    expect(text).toContain('Failed to load state')
    expect(text).not.toContain('hunter2')
  })

  test('text that is no state is named and left alone', async () => {
    stored = '<html>sign in</html>'
    expect(await failure(open().write(one))).toContain('The object is http://127.0.0.1')
    expect(stored).toBe('<html>sign in</html>')
  })
})

describe('over TLS', () => {
  let secure: Server
  let pems: Readonly<Record<'ca' | 'caKey' | 'server' | 'serverKey' | 'client' | 'clientKey', string>>

  beforeAll(async () => {
    const drive = await Drive.start(tlsProvider())
    const make = async (type: string, config: PlainObject): Promise<PlainObject> => (await drive.apply(type, config)).object
    const key = async (): Promise<string> =>
      (await make('tls_private_key', { algorithm: 'ECDSA', ecdsa_curve: 'P256' })).private_key_pem as string
    const [caKey, serverKey, clientKey] = [await key(), await key(), await key()]
    const common = { validity_period_hours: 1, subject: [{ common_name: 'test' }] }
    const ca = (
      await make('tls_self_signed_cert', { ...common, private_key_pem: caKey, is_ca_certificate: true, allowed_uses: ['cert_signing'] })
    ).cert_pem as string
    const signed = async (private_key_pem: string, use: string): Promise<string> => {
      const request = await make('tls_cert_request', { private_key_pem, ip_addresses: ['127.0.0.1'], subject: [{ common_name: use }] })
      const config = { cert_request_pem: request.cert_request_pem as string, ca_cert_pem: ca, ca_private_key_pem: caKey }
      return (await make('tls_locally_signed_cert', { ...config, validity_period_hours: 1, allowed_uses: [use] })).cert_pem as string
    }
    pems = {
      ca,
      caKey,
      server: await signed(serverKey, 'server_auth'),
      serverKey,
      client: await signed(clientKey, 'client_auth'),
      clientKey,
    }
    secure = createSecureServer(
      { key: serverKey, cert: pems.server, ca, requestCert: true, rejectUnauthorized: true },
      (_, response) => void response.writeHead(404).end(),
    )
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    secure.closeAllConnections()
    secure.close()
  })

  const client = () => ({ clientCertificatePem: pems.client, clientKeyPem: pems.clientKey })
  test.each<[string, () => Partial<HttpStateOptions>, RegExp | undefined]>([
    ['with a certificate of its own, and the one of the authority', () => ({ ...client(), clientCaPem: pems.ca }), undefined],
    ['without checking the server', () => ({ ...client(), skipCertVerification: true }), undefined],
    ['of an authority that is not known', client, /unable to verify|self-signed certificate/],
    ['without a certificate of its own', () => ({ clientCaPem: pems.ca }), /alert|ECONNRESET|socket hang up/],
  ])('%s', async (_, options, want) => {
    const address = new URL(`https://127.0.0.1:${(secure.address() as AddressInfo).port}/state`)
    const manager = open({ address, retryMax: 0, ...options() })
    if (want === undefined) expect(await manager.read()).toBeUndefined()
    else expect(await failure(manager.read())).toMatch(want)
  })
})
