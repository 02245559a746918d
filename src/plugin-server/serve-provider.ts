import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Address,
  certificateToHandshake,
  createCertificate,
  formatHandshake,
  type GrpcServer,
  MAGIC_COOKIE,
  type ProtocolMajor,
  serveGrpc,
  stdioChannel,
  type TlsIdentity,
} from '../plugin/wire/index.ts'
import type { MaybePromise, Provider } from '../providers/index.ts'
import { providerHandlers, type ServedProvider } from './procedures.ts'
import { pluginServices } from './services.ts'

export interface ServeOptions {
  /** Makes the provider for one configuration. */
  readonly provider: () => MaybePromise<Provider>
  /** Full source address, such as `registry.terraform.io/acme/greet`; for what `debug` prints. */
  readonly source?: string | undefined
  /** Versions of the protocol that may be chosen; both when not given. */
  readonly protocols?: readonly ProtocolMajor[] | undefined
  /** Serves any number of hosts that attach to it, without being started by one, until it is interrupted. */
  readonly debug?: boolean | undefined
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Makes this process a provider plugin, for Terraform, OpenTofu and Landform: greets the host that started it, answers its calls and
 * returns the exit code once the host has ended it. Call it last: prints of the process go to the host from then on.
 */
export async function serveProvider(options: ServeOptions): Promise<number> {
  const { environment = process.env, debug = false, protocols = [5, 6] } = options
  if (!debug && environment[MAGIC_COOKIE.name] !== MAGIC_COOKIE.value) {
    process.stderr.write(
      'This program is a provider plugin. It is not meant to be started by hand: Terraform, OpenTofu and Landform start it when a configuration needs the provider.\n',
    )
    return 1
  }
  const major = debug ? (Math.max(...protocols) as ProtocolMajor) : chooseProtocol(protocols, environment.PLUGIN_PROTOCOL_VERSIONS)
  const output = new Output()
  const ended = new Ending()
  let server: GrpcServer | undefined
  const served = await openServed(options.provider)
  const handlers = new Map([
    ...providerHandlers(served, major, (text) => logLine('error', text)),
    ...pluginServices({ onShutdown: () => ended.end(), onOutput: (send) => output.to(send) }),
  ])
  const { tls, certificate } = identity(debug ? undefined : environment.PLUGIN_CLIENT_CERT)
  const listen = await listenAddress(environment)
  for (const address of listen) {
    try {
      server = await serveGrpc({ handlers, listen: address, tls })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || address === listen.at(-1)) throw error
    }
  }
  const { address } = server!
  // Ctrl-C reaches the whole group of processes; the host decides what becomes of us.
  const onInterrupt = (): void => {
    if (debug) ended.end()
  }
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', () => ended.end())
  if (debug) process.stdout.write(attachText(options.source ?? 'provider', major, address))
  else {
    process.stdout.write(`${formatHandshake({ protocol: major, address, certificate })}\n`)
    output.capture()
    ended.watchParent()
  }
  await ended.wait()
  output.release()
  await served.current.close()
  await server!.close()
  if (address.network === 'unix') rmSync(address.address, { force: true })
  process.off('SIGINT', onInterrupt)
  return 0
}

/** The highest that both know; our lowest when there is none, which the host then refuses in its own words. */
function chooseProtocol(own: readonly ProtocolMajor[], wanted: string | undefined): ProtocolMajor {
  const theirs = new Set((wanted ?? '').split(',').map(Number))
  const shared = own.filter((version) => theirs.has(version))
  return (shared.length > 0 ? Math.max(...shared) : Math.min(...own)) as ProtocolMajor
}

function identity(peer: string | undefined): { tls: TlsIdentity | undefined; certificate: string | undefined } {
  if (peer === undefined || peer === '') return { tls: undefined, certificate: undefined }
  const own = createCertificate()
  return { tls: { ...own, peer }, certificate: certificateToHandshake(own.certificate) }
}

/** Addresses to try in turn: a socket with a name of its own, or on Windows the ports that the host offers. */
async function listenAddress(environment: Readonly<Record<string, string | undefined>>): Promise<readonly Address[]> {
  if (process.platform !== 'win32') {
    const folder = environment.PLUGIN_UNIX_SOCKET_DIR || tmpdir()
    return [{ network: 'unix', address: join(folder, `plugin${randomBytes(6).toString('hex')}`) }]
  }
  const first = Number(environment.PLUGIN_MIN_PORT ?? 10_000)
  const last = Number(environment.PLUGIN_MAX_PORT ?? 25_000)
  return Array.from({ length: last - first + 1 }, (_, i): Address => ({ network: 'tcp', address: `127.0.0.1:${first + i}` }))
}

async function openServed(open: ServeOptions['provider']): Promise<ServedProvider> {
  let current = await open()
  return {
    get current() {
      return current
    },
    async renew() {
      const former = current
      current = await open()
      await former.close()
    },
  }
}

/** What to set so that a host uses this process. */
function attachText(source: string, protocol: ProtocolMajor, { network, address }: Address): string {
  const value = { Protocol: 'grpc', ProtocolVersion: protocol, Pid: process.pid, Test: true, Addr: { Network: network, String: address } }
  return `The provider is being served. To use it, set in the shell that runs terraform, tofu or landform:\n\n    TF_REATTACH_PROVIDERS='${JSON.stringify({ [source]: value })}'\n\nCtrl-C ends it.\n`
}

/** One record in the form that hosts read from a plugin's stderr. */
function logLine(level: 'error', message: string): void {
  const record = { '@level': level, '@message': message, '@module': 'landform', '@timestamp': new Date().toISOString() }
  process.stderr.write(`${JSON.stringify(record)}\n`)
}

/** When the process is to end: at the host's word, at a signal, or when the host is gone. */
class Ending {
  readonly #promise: Promise<void>
  #resolve: () => void = () => {}

  constructor() {
    this.#promise = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** The answer to the call that asked for it is sent first. */
  end(): void {
    setTimeout(this.#resolve, 20)
  }

  wait(): Promise<void> {
    return this.#promise
  }

  /** A host that was killed cannot say so. */
  watchParent(): void {
    const parent = process.ppid
    const timer = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(timer)
      this.end()
    }, 2000)
    timer.unref()
  }
}

/** What the process prints on stdout after the handshake: it goes to hosts that listen, since the pipe itself is no place for it any more. */
class Output {
  readonly #listeners = new Set<(channel: number, data: Uint8Array) => void>()
  readonly #write = process.stdout.write

  to(send: (channel: number, data: Uint8Array) => void): () => void {
    this.#listeners.add(send)
    return () => this.#listeners.delete(send)
  }

  capture(): void {
    process.stdout.write = ((chunk: string | Uint8Array): boolean => {
      const bytes = Buffer.from(chunk as string)
      for (const send of this.#listeners)
        for (let at = 0; at < bytes.length; at += 1024) send(stdioChannel.stdout, bytes.subarray(at, at + 1024))
      return true
    }) as typeof process.stdout.write
  }

  release(): void {
    process.stdout.write = this.#write
  }
}
