import { domainToASCII } from 'node:url'
import { type CliConfig, tokenFor } from './cli-config.ts'
import { type HttpAnswer, type HttpClient, HttpError, urlText } from './http.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Something a registry or mirror said no to; the message is a clause that names it. */
export class RegistryError extends Error {
  override readonly name: string = 'RegistryError'
}

/** Which services hosts offer and how to speak to them; asked once a process. */
export class Hosts {
  readonly http: HttpClient
  readonly #config: CliConfig
  readonly #environment: Environment
  readonly #version: string
  readonly #known = new Map<string, Promise<ReadonlyMap<string, string> & { readonly base?: URL }>>()

  /** `version` is the one that is told to registries. */
  constructor(http: HttpClient, config: CliConfig, environment: Environment, version: string) {
    this.http = http
    this.#config = config
    this.#environment = environment
    this.#version = version
  }

  /**
   * The base URL of a service such as `providers.v1`; undefined when the host does not offer it.
   *
   * @throws RegistryError when the host cannot be asked
   * @see reference registry-and-lock.md 2
   */
  async service(host: string, id: string): Promise<URL | undefined> {
    const override = this.#config.hosts.get(host)
    const base = new URL(`https://${asciiHost(host)}/.well-known/terraform.json`)
    let services: ReadonlyMap<string, string> & { readonly base?: URL }
    if (override !== undefined) services = override
    else {
      let known = this.#known.get(host)
      if (known === undefined) {
        known = this.#discover(host, base)
        this.#known.set(host, known)
      }
      services = await known
    }
    const text = services.get(id)
    if (text === undefined) return undefined
    const url = new URL(text, services.base ?? base)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new RegistryError(`service ${id} of ${host} is at an address of the unsupported scheme ${url.protocol}`)
    }
    if (!url.pathname.endsWith('/')) url.pathname += '/'
    return url
  }

  /** Headers for requests to a host's services: its token, and the version of this program. */
  async headers(host: string): Promise<Record<string, string>> {
    const token = await tokenFor(host, this.#config, this.#environment)
    return { 'x-terraform-version': this.#version, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
  }

  async #discover(host: string, url: URL): Promise<ReadonlyMap<string, string> & { readonly base?: URL }> {
    try {
      const answer = await this.http.get(url, { ...(await this.headers(host)), accept: 'application/json' })
      if (answer.status === 404) {
        answer.body.destroy()
        return new Map()
      }
      if (answer.status !== 200) {
        answer.body.destroy()
        throw new RegistryError(`failed to request discovery document: ${answer.statusText}`)
      }
      const document = await readJson(this.http, answer, 'discovery document')
      if (typeof document !== 'object' || document === null || Array.isArray(document)) {
        throw new RegistryError('failed to decode discovery document as a JSON object')
      }
      const services = new Map(Object.entries(document).flatMap(([id, v]) => (typeof v === 'string' ? [[id, v] as const] : [])))
      return Object.assign(services, { base: answer.url })
    } catch (error) {
      if (error instanceof HttpError) throw new RegistryError(`failed to request discovery document: ${error.message}`, { cause: error })
      throw error
    }
  }
}

/** The name for URLs. */
function asciiHost(host: string): string {
  const [name, port] = host.split(':') as [string, string | undefined]
  return port === undefined ? domainToASCII(name) : `${domainToASCII(name)}:${port}`
}

/** The document of an answer that must be JSON. */
export async function readJson(http: HttpClient, answer: HttpAnswer, what: string): Promise<unknown> {
  const type = (answer.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  if (type !== 'application/json') {
    answer.body.destroy()
    throw new RegistryError(
      `${what} at ${urlText(answer.url)} has an unsupported MIME type ${JSON.stringify(type)} instead of application/json`,
    )
  }
  const text = await http.text(answer)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new RegistryError(`${what} at ${urlText(answer.url)} is not valid JSON: ${(error as Error).message}`, { cause: error })
  }
}
