import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { DatadogOrganization } from './datadog/index.ts'
import { type CallRecord, Dispatcher, DROPPED } from './dispatch.ts'
import { openFallback } from './fallback.ts'
import type { SandboxAccount, SeededAccount } from './kernel/accounts.ts'
import type { Fault } from './kernel/faults.ts'
import { Kernel } from './kernel/kernel.ts'
import { ownSandboxDir } from './kernel/lock.ts'
import { type Organization, seedOrganization } from './seed/index.ts'
import { loadService } from './services/index.ts'

export interface SandboxOptions {
  /** Where state is kept between runs; in memory only when absent. One running process owns a folder. */
  readonly dir?: string
  /** Whether it goes on until it is told to stop, so that other processes may rely on it. */
  readonly lasting?: boolean
  /** 0 or absent: any free port. */
  readonly port?: number
  /** The address to listen on; the loopback address when absent. */
  readonly host?: string
  /** The accounts with keys of their own. Absent: one account 123456789012, whose key is `test` with secret `test`. */
  readonly accounts?: readonly SandboxAccount[]
  /** Accounts that begin as members of an organization: with roles that others may assume, a user of the hub, a store of states. */
  readonly organization?: Organization
  /**
   * - `open` (the default): whoever has a key may do everything in its account, and a key that is nobody's but is a
   *   12-digit account id stands for that account.
   * - `enforce`: only known keys are let in, and do what their policies allow.
   */
  readonly iam?: 'open' | 'enforce'
  readonly verifySignatures?: boolean
  /** Makes ids and random faults repeatable. A folder keeps the seed it was begun with. */
  readonly seed?: number | string
  readonly clock?: () => Date
  /** How long things take compared with AWS: 0 (the default) means they are done at the next call, 1 as slow as AWS. */
  readonly delays?: number
  /** How long each call is on its way, there and back together. None when absent. Calls at the same time are on their way at the same time. */
  readonly latencyMs?: number
  readonly faults?: readonly Fault[]
  /** The largest page of any list; tests set a small one to find clients that forget to ask for the next. */
  readonly maxPageSize?: number
  /** The regions that accounts see, by name; all of AWS's when absent. Tests that look at every region name a few. */
  readonly regions?: readonly string[]
  /** Organisations of Datadog and their keys. Absent: every API key is an organisation of its own. */
  readonly datadog?: readonly DatadogOrganization[]
  /**
   * The address of another emulator, to which every call goes that the sandbox does not implement: of services it does not have, and of
   * operations it does not have. What is made there is unknown here, and policies are not asked about it.
   */
  readonly fallback?: string
  /** Told of every call after its answer. */
  readonly onCall?: (record: CallRecord) => void
}

/** A request as it goes over the wire: path and query percent-encoded, names of headers in lower case. */
export interface SandboxRequest {
  readonly method: string
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface SandboxResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Sandbox {
  /** What `AWS_ENDPOINT_URL` should be. */
  readonly url: string
  readonly port: number
  readonly accounts: readonly SeededAccount[]
  /** The same answer as over HTTP, without the way there and back; undefined when the connection would be closed without one. */
  answer(request: SandboxRequest): Promise<SandboxResponse | undefined>
  addFault(fault: Fault): void
  clearFaults(): void
  close(): Promise<void>
}

const defaultAccounts: readonly SandboxAccount[] = [{ id: '123456789012', name: 'sandbox', accessKeyId: 'test', secretAccessKey: 'test' }]

/**
 * Starts an AWS emulator with all its services behind one address.
 *
 * @throws SandboxOwnedError when another process runs the sandbox of `options.dir`
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { latencyMs = 0, host = '127.0.0.1' } = options
  if (!(latencyMs >= 0 && latencyMs <= 60_000))
    throw new RangeError('The latency of the sandbox is a number of milliseconds between 0 and 60000. LANDFORM_SANDBOX_LATENCY_MS sets it.')
  let handle: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => void response.destroy()
  const server = createServer((request, response) => handle(request, response))
  // Clients keep connections open between calls for longer than Node's five seconds.
  server.keepAliveTimeout = 120_000
  await listen(server, options.port ?? 0, host)
  const { port } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  let release = () => {}
  try {
    if (options.dir !== undefined) release = ownSandboxDir(options.dir, url, options.lasting === true)
    const kernel = new Kernel({ ...options, openKeys: options.iam !== 'enforce' })
    const { organization } = options
    const own = options.accounts ?? (organization === undefined ? defaultAccounts : [])
    const accounts = [
      ...kernel.transact(() => own.map((account) => kernel.accounts.seed(account))),
      ...(organization === undefined ? [] : await seedOrganization(kernel, organization, loadService)),
    ]
    const dispatcher = new Dispatcher(kernel, {
      verifySignatures: options.verifySignatures === true,
      enforce: options.iam === 'enforce',
      onCall: options.onCall,
      datadog: options.datadog,
      ...(options.fallback === undefined ? {} : { fallback: openFallback(options.fallback) }),
    })
    const answer = async (request: SandboxRequest) => {
      if (latencyMs > 0) await sleep(latencyMs)
      return answerWith(dispatcher, request)
    }
    handle = (request, response) => {
      serve(answer, request, response).catch(() => response.destroy())
    }
    return {
      url,
      port,
      accounts,
      answer,
      addFault: (fault) => kernel.faults.add(fault),
      clearFaults: () => kernel.faults.clear(),
      close: async () => {
        await close(server)
        release()
      },
    }
  } catch (error) {
    release()
    await close(server)
    throw error
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // Requests under way are still answered; whoever takes longer than that is cut off.
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), 1000).unref()
  })
}

async function serve(answer: Sandbox['answer'], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const target = request.url ?? '/'
  // A client that uses the sandbox as its proxy sends the whole address.
  const absolute = /^https?:\/\/[^/?]*/.exec(target)?.[0]
  const relative = absolute === undefined ? target : target.slice(absolute.length)
  const mark = relative.indexOf('?')
  const path = mark < 0 ? relative : relative.slice(0, mark)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value
  const answered = await answer({
    method: request.method ?? 'GET',
    path: path === '' ? '/' : path,
    query: mark < 0 ? '' : relative.slice(mark + 1),
    headers,
    body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks),
  })
  if (answered === undefined) {
    request.socket.destroy()
    return
  }
  const bodiless = answered.status === 204 || answered.status === 304
  const length = answered.headers['content-length'] ?? String(answered.body.length)
  response.writeHead(answered.status, { ...answered.headers, ...(bodiless ? {} : { 'content-length': length }) })
  response.end(request.method === 'HEAD' || bodiless ? undefined : answered.body)
}

async function answerWith(dispatcher: Dispatcher, request: SandboxRequest): Promise<SandboxResponse | undefined> {
  const { method, path, query, headers } = request
  const isApiCall =
    headers['x-amz-target'] !== undefined ||
    headers['smithy-protocol'] !== undefined ||
    headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  const body = headers['content-encoding'] === 'gzip' && isApiCall ? gunzipSync(request.body) : request.body
  const answered = await dispatcher.answer({ method, path, query: new URLSearchParams(query), headers, body }, query)
  if (answered === DROPPED) return undefined
  const isHead = method === 'HEAD'
  const bytes = typeof answered.body === 'string' ? Buffer.from(answered.body) : answered.body
  // What a HEAD request would have answered is told by its length alone.
  const own = answered.headers
  const told = isHead && own['content-length'] === undefined ? { ...own, 'content-length': String(bytes.length) } : own
  return { status: answered.status, headers: told, body: isHead ? new Uint8Array() : bytes }
}
