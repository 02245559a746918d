import { type AgentOptions, type ClientRequest, type ClientRequestArgs, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions as HttpsRequestOptions, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { type ProxySettings, proxyAuthorization, proxyFor } from './proxy-for.ts'

const tunnelTimeoutMs = 30_000

/**
 * The agent that takes requests for a URL through its proxy; undefined where it has none.
 *
 * @param options of connections to the server, such as certificates.
 * @throws ProxyError
 */
export function proxyAgent(url: URL, settings: ProxySettings, options: AgentOptions & ConnectionOptions = {}): HttpAgent | undefined {
  if (proxyFor(url, settings) === undefined) return undefined
  return url.protocol === 'https:' ? new TunnelAgent(settings, options) : new ForwardAgent(settings, options)
}

/** Agents for requests to any hosts, each by the proxy it has, or directly; undefined where there are no proxies at all. */
export function proxyAgents(
  settings: ProxySettings,
  options: AgentOptions & ConnectionOptions = {},
): { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent } | undefined {
  if (!settings.httpProxy && !settings.httpsProxy) return undefined
  return { httpAgent: new ForwardAgent(settings, options), httpsAgent: new TunnelAgent(settings, options) }
}

/**
 * A connection through a proxy to a host: what is written to it the host reads.
 *
 * @throws Error with the words of Go's `proxyconnect` when the proxy refuses.
 */
export function openTunnel(proxy: URL, host: string, port: number, timeoutMs = tunnelTimeoutMs): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`
    const connect = proxy.protocol === 'https:' ? httpsRequest : httpRequest
    const request = connect(proxy, {
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      timeout: timeoutMs,
      agent: false,
    })
    request.on('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(new Error(`proxyconnect: the proxy ${proxy.host} answered ${response.statusCode} ${response.statusMessage}`))
    })
    request.on('response', (response) => {
      response.destroy()
      reject(new Error(`proxyconnect: the proxy ${proxy.host} answered ${response.statusCode} ${response.statusMessage}`))
    })
    request.on('timeout', () => request.destroy(new Error('proxyconnect: i/o timeout')))
    request.on('error', reject)
    request.end()
  })
}

type Connected = (error: Error | null, socket: Duplex) => void

/** `https`: a tunnel for each connection, and TLS with the server inside it. */
class TunnelAgent extends HttpsAgent {
  readonly #settings: ProxySettings

  constructor(settings: ProxySettings, options: AgentOptions & ConnectionOptions) {
    super(options)
    this.#settings = settings
  }

  override createConnection(options: HttpsRequestOptions, done?: Connected): Duplex | null | undefined {
    const host = options.host ?? 'localhost'
    const port = Number(options.port ?? 443)
    const proxy = proxyFor(new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`), this.#settings)
    if (proxy === undefined) return super.createConnection(options, done)
    openTunnel(proxy, host, port).then(
      (socket) => {
        // The tunnel has taken the place of the address.
        const { host: _host, port: _port, path: _path, ...secure } = options
        done?.(null, connectTls({ ...(secure as ConnectionOptions), socket }))
      },
      // Nobody looks at the socket of a connection that failed.
      (error: Error) => done?.(error, undefined as never),
    )
    return undefined
  }
}

/** What every request of an agent passes. Node's types leave it out. */
interface RequestHook {
  addRequest(request: ClientRequest, options: ClientRequestArgs): void
}

interface ForwardOptions extends ClientRequestArgs {
  /** The proxy that the connection is to. */
  readonly proxy?: URL | undefined
}

/** `http`: the proxy is asked for the whole URL. */
class ForwardAgent extends HttpAgent {
  readonly #settings: ProxySettings

  constructor(settings: ProxySettings, options: AgentOptions) {
    super(options)
    this.#settings = settings
  }

  addRequest(request: ClientRequest, options: ClientRequestArgs): void {
    const add = (changed: ForwardOptions): void => {
      ;(HttpAgent.prototype as unknown as RequestHook).addRequest.call(this, request, changed)
    }
    const url = new URL(request.path, `http://${String(request.getHeader('host'))}`)
    const proxy = proxyFor(url, this.#settings)
    if (proxy === undefined) {
      add(options)
      return
    }
    request.path = url.href
    for (const [name, value] of Object.entries(proxyAuthorization(proxy))) request.setHeader(name, value)
    add({ ...options, host: proxy.hostname, port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80), proxy })
  }

  override createConnection(options: ForwardOptions, done?: Connected): Duplex | null | undefined {
    const { proxy } = options
    if (proxy?.protocol === 'https:') return connectTls({ host: proxy.hostname, port: Number(options.port), servername: proxy.hostname })
    return super.createConnection(options, done)
  }
}
