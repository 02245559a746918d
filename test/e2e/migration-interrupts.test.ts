import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, type SandboxResponse, startSandbox } from '../../src/sandbox/index.ts'
import { ensureBuilt, Workspace } from './_cli.ts'

/*
 * Migrations of states between backends, ended by signals while requests are on their way. With LANDFORM_LONG at every request of each of
 * them, otherwise at some. Whenever it happens, every state is whole where it was or where it goes to, and init can be run again.
 */

const names = ['default', 'dev', 'ops'] as const
const json = (name: string): string =>
  JSON.stringify({
    version: 4,
    terraform_version: '1.11.4',
    serial: 3,
    lineage: `lineage-of-${name}`,
    outputs: { name: { value: name, type: 'string' } },
    resources: [],
    check_results: null,
  })
const files = Object.fromEntries(
  names.map((name) => [name === 'default' ? 'terraform.tfstate' : `terraform.tfstate.d/${name}/terraform.tfstate`, json(name)]),
)

/** A store of states, and what happens at one of its requests. */
class Store {
  requests = 0
  /** Called before the request with this number is answered. */
  at: { readonly request: number; readonly act: () => void } | undefined
  /** States and locks by path, of the http backend. */
  readonly held = new Map<string, string>()
  readonly #sandbox: Sandbox
  readonly #server: Server

  private constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async start(): Promise<Store> {
    const store = new Store(await startSandbox({ seed: 'test' }))
    await new Promise<void>((resolve) => store.#server.listen(0, '127.0.0.1', resolve))
    await store.s3('PUT', '/states')
    return store
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await this.#sandbox.close()
  }

  async s3(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body: Uint8Array = new Uint8Array()) {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0000000000000000000000000000000000000000000000000000000000000000'
    const [before, query = ''] = path.split('?')
    const answer = await this.#sandbox.answer({ method, path: before!, query, headers: { authorization, ...headers }, body })
    return answer!
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    if (++this.requests === this.at?.request) {
      this.at.act()
      await sleep(100)
    }
    const { url = '', method = '' } = request
    const { status, headers, body: answer } = url.startsWith('/http/') ? this.#http(method, url, body) : await this.#forward(request, body)
    response.writeHead(status, { ...headers, 'content-length': answer.length })
    response.end(method === 'HEAD' ? undefined : answer)
  }

  #forward(request: IncomingMessage, body: Buffer) {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    return this.s3(request.method!, request.url!, headers, body)
  }

  #http(method: string, url: string, body: Buffer): SandboxResponse {
    const path = url.split('?')[0]!
    const lock = `lock of ${path}`
    const found = this.held.get(path)
    const holder = this.held.get(lock)
    const answer = (status: number, text = ''): SandboxResponse => ({ status, headers: {}, body: Buffer.from(text) })
    switch (method) {
      case 'GET':
        return answer(found === undefined ? 404 : 200, found)
      case 'LOCK':
        if (holder !== undefined) return answer(423, holder)
        this.held.set(lock, body.toString())
        return answer(200)
      case 'UNLOCK':
        this.held.delete(lock)
        return answer(200)
      default:
        this.held.set(path, body.toString())
        return answer(200)
    }
  }
}

let store: Store
beforeAll(async () => {
  ensureBuilt()
  store = await Store.start()
}, 120_000)
afterAll(() => store?.stop())

const backends = {
  none: () => '',
  s3: (key: string) =>
    `terraform {\n  backend "s3" {\n    bucket         = "states"\n    key            = "${key}"\n    region         = "us-east-1"\n    use_lockfile   = true\n    use_path_style = true\n  }\n}\n`,
  http: (key: string) => {
    const url = `${store.url}/http/${key}`
    return `terraform {\n  backend "http" {\n    address        = "${url}"\n    lock_address   = "${url}"\n    unlock_address = "${url}"\n    retry_max      = 0\n  }\n}\n`
  },
}
type Kind = keyof typeof backends

/** The state of a workspace at a backend, if it is there and whole. */
async function stateAt(kind: Kind, key: string, name: string, w: Workspace): Promise<string | undefined> {
  const text = await textAt(kind, key, name, w)
  if (text === undefined || text === '') return undefined
  return (JSON.parse(text) as { outputs: { name?: { value: string } } }).outputs.name?.value
}

async function textAt(kind: Kind, key: string, name: string, w: Workspace): Promise<string | undefined> {
  if (kind === 'http') return store.held.get(`/http/${key}`)
  if (kind === 'none') {
    const path = join(w.dir, name === 'default' ? 'terraform.tfstate' : `terraform.tfstate.d/${name}/terraform.tfstate`)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  }
  const { status, body } = await store.s3('GET', `/states/${name === 'default' ? key : `env:/${name}/${key}`}`)
  return status === 200 ? Buffer.from(body).toString() : undefined
}

/** Whatever still says that somebody works on a state. */
async function locksLeft(key: string, w: Workspace): Promise<readonly string[]> {
  const inFolder = readdirSync(w.dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lock.info'))
  const { body } = await store.s3('GET', '/states?list-type=2')
  const objects = [
    ...Buffer.from(body)
      .toString()
      .matchAll(/<Key>([^<]*\.tflock)<\/Key>/g),
  ].map((m) => m[1]!)
  const http = [...store.held.keys()].filter((path) => path === `lock of /http/${key}`)
  return [...inFolder, ...objects.filter((name) => name.includes(key)), ...http]
}

const ways: readonly { readonly from: Kind; readonly to: Kind; readonly workspaces: readonly string[] }[] = [
  { from: 'none', to: 's3', workspaces: names },
  { from: 's3', to: 'none', workspaces: names },
  { from: 'none', to: 'http', workspaces: ['default'] },
  { from: 'http', to: 's3', workspaces: ['default'] },
]

let serial = 0

/** A folder whose states are at the first backend, and whose configuration says the second. */
async function prepared({ from, to, workspaces }: (typeof ways)[number]): Promise<{ w: Workspace; key: string }> {
  const key = `k${++serial}`
  const environment = {
    AWS_ENDPOINT_URL: store.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
    TF_INPUT: '0',
  }
  const initial = workspaces.length > 1 ? files : { 'terraform.tfstate': json('default') }
  const w = new Workspace({ 'main.tf': backends[from](key), ...initial }, environment)
  if (from !== 'none') {
    expect(await ended(w, ['init', '-no-color', '-force-copy'])).toMatchObject({ code: 0 })
    for (const name of workspaces) expect(await stateAt(from, key, name, w)).toBe(name)
  }
  w.write({ 'main.tf': backends[to](key) })
  return { w, key }
}

interface Ended {
  readonly code: number | null
  readonly output: string
}

function ended(
  w: Workspace,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  signal?: NodeJS.Signals,
  request?: number,
): Promise<Ended> {
  const child = w.start(args, { env })
  store.requests = 0
  store.requests = 0
  store.at = signal === undefined ? undefined : { request: request!, act: () => child.kill(signal) }
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}

/** The backend in use. */
function recorded(w: Workspace): string | undefined {
  const path = join(w.dir, '.terraform/terraform.tfstate')
  if (!existsSync(path)) return undefined
  return (JSON.parse(readFileSync(path, 'utf8')) as { backend?: { type: string } }).backend?.type
}

const migrate = ['init', '-no-color', '-migrate-state', '-force-copy']

/** Which of so many requests are looked at. */
function moments(count: number, salt: number): number[] {
  if (process.env.LANDFORM_LONG !== undefined) return Array.from({ length: count }, (_, i) => i + 1)
  return [1 + Math.floor((count * (1 + salt)) / 4)]
}

describe.each(ways)('states from $from to $to', (way) => {
  const { from, to, workspaces } = way
  let count: number
  beforeAll(async () => {
    const { w } = await prepared(way)
    expect(await ended(w, migrate)).toMatchObject({ code: 0 })
    count = store.requests
    w.remove()
  })

  async function each(
    salt: number,
    signal: NodeJS.Signals,
    check: (first: Ended, w: Workspace, key: string) => Promise<void>,
  ): Promise<void> {
    for (const request of moments(count, salt)) {
      const { w, key } = await prepared(way)
      try {
        const first = await ended(w, migrate, {}, signal, request)
        for (const name of workspaces) {
          const places = [await stateAt(from, key, name, w), await stateAt(to, key, name, w)]
          expect(places, `${name} after ${signal} at request ${request}`).toContain(name)
        }
        await check(first, w, key)
        for (const name of workspaces) expect(await stateAt(to, key, name, w)).toBe(name)
        expect(recorded(w)).toBe(to === 'none' ? undefined : to)
      } finally {
        w.remove()
      }
    }
  }

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: the copy under way is finished, locks are released',
    { timeout: 300_000 },
    async (signal) => {
      await each(signal === 'SIGINT' ? 1 : 2, signal, async (first, w, key) => {
        // Once the new backend is in use there is nothing left to finish.
        const isOver = first.code === null && recorded(w) === (to === 'none' ? undefined : to)
        if (!isOver) expect(first).toMatchObject({ code: 1, output: expect.stringContaining('Interrupt received.') })
        expect(await locksLeft(key, w), first.output).toEqual([])
        expect(await ended(w, migrate)).toMatchObject({ code: 0 })
      })
    },
  )

  test('SIGKILL: locks that are left are no obstacle for good', { timeout: 300_000 }, async () => {
    await each(2, 'SIGKILL', async (_, w, key) => {
      const again = await ended(w, migrate)
      // Only the locks of an HTTP server cannot be taken over safely.
      if (again.code === 0) {
        // What had been copied already was not locked again: that is left to whoever uses it next.
        for (const name of workspaces) expect(await ended(w, ['plan', '-no-color'], { TF_WORKSPACE: name })).toMatchObject({ code: 0 })
        const left = await locksLeft(key, w)
        // One at the source is for whoever goes back there to take over.
        const atDestination = left.filter((lock) => lock.endsWith('.tflock') === (to === 's3'))
        expect(atDestination).toEqual([])
      } else {
        expect([from, to]).toContain('http')
        expect(again.output).toContain('already locked')
        expect(await ended(w, [...migrate, '-lock=false'])).toMatchObject({ code: 0 })
      }
    })
  })
})
