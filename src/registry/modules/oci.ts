import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { RegistryError } from '../discovery.ts'
import type { HttpAnswer, HttpClient } from '../http.ts'
import { findOciCredentials } from '../oci-credentials.ts'
import { defaultOciSettings, type OciCredentialSettings, type OciCredentials } from '../oci-settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** An artifact in a registry of the OCI Distribution protocol. */
export interface OciPlace {
  /** `example.com`, perhaps with a port. */
  readonly host: string
  readonly repository: string
  /** A tag, or a digest such as `sha256:...`. */
  readonly reference: string
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const packageType = 'application/vnd.opentofu.modulepkg'
const archiveType = 'archive/zip'
const digestShape = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/

/**
 * Reads `oci://HOST/REPOSITORY?tag=TAG` or `?digest=DIGEST`; the tag `latest` where neither is given. @throws RegistryError
 *
 * @see https://opentofu.org/docs/language/modules/sources/#oci-distribution-repository
 */
export function parseOciAddress(address: string): OciPlace {
  const [, host, repository, query = ''] = /^oci:\/\/([^/?#]+)\/([^?#]+)(?:\?([^#]*))?$/i.exec(address) ?? []
  if (host === undefined || repository === undefined || !/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(repository) || /[@\s]/.test(host)) {
    throw new RegistryError('a module in an OCI registry is named as oci://HOST/REPOSITORY, with a repository name in lower case')
  }
  const given = new URLSearchParams(query)
  const unknown = [...given.keys()].find((name) => name !== 'tag' && name !== 'digest')
  if (unknown !== undefined) throw new RegistryError(`the address of an OCI module has no argument ${JSON.stringify(unknown)}`)
  const [tag, digest] = [given.get('tag'), given.get('digest')]
  if (tag !== null && digest !== null) throw new RegistryError('only one of "tag" and "digest" can be given for an OCI module')
  if (digest !== null && !digestShape.test(digest)) throw new RegistryError(`${JSON.stringify(digest)} is no digest such as sha256:...`)
  if (tag !== null && !/^\w[\w.-]{0,127}$/.test(tag)) throw new RegistryError(`${JSON.stringify(tag)} is no tag`)
  return { host, repository, reference: digest ?? tag ?? 'latest' }
}

/**
 * Downloads the archive of a module package. @throws RegistryError, HttpError
 *
 * @see OCI Distribution Specification 1.1, "Pull"; https://opentofu.org/docs/cli/oci_registries/module-package
 */
export async function downloadOciPackage(
  place: OciPlace,
  file: string,
  {
    http,
    environment,
    oci = defaultOciSettings,
    signal,
  }: {
    readonly http: HttpClient
    readonly environment: Environment
    readonly oci?: OciCredentialSettings | undefined
    readonly signal?: AbortSignal | undefined
  },
  maxBytes: number,
): Promise<void> {
  const { host, repository, reference } = place
  const base = `${schemeOf(host)}://${host}/v2/${repository}`
  const find = (): Promise<OciCredentials | undefined> => findOciCredentials(host, repository, oci, environment)
  const session = new Session(place, http, find, signal)
  const body = await session.read(new URL(`${base}/manifests/${reference}`), `the manifest of ${reference}`)
  if (digestShape.test(reference)) {
    const [algorithm] = reference.split(':')
    if (`${algorithm}:${createHash(algorithm!).update(body).digest('hex')}` !== reference)
      throw new RegistryError(`the manifest that the registry gave is not the one with the digest ${reference}`)
  }
  const { digest, size } = packageLayer(body)
  if (size > maxBytes) throw new RegistryError(`the module package has ${size} bytes, which is more than ${maxBytes}`)
  await http.download(new URL(`${base}/blobs/${digest}`), file, { headers: session.headers, maxBytes: size, signal })
  if ((await stat(file)).size !== size || (await digestOf(file, digest)) !== digest)
    throw new RegistryError('the module package that the registry gave is not the one that its manifest names')
}

/** As Docker does: a registry on this very machine needs no certificate. */
function schemeOf(host: string): 'http' | 'https' {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(host) ? 'http' : 'https'
}

function packageLayer(body: Buffer): { readonly digest: string; readonly size: number } {
  let manifest: { readonly artifactType?: unknown; readonly layers?: unknown }
  try {
    manifest = JSON.parse(body.toString('utf8')) as typeof manifest
  } catch {
    throw new RegistryError('the manifest that the registry gave is not JSON')
  }
  if (manifest?.artifactType !== packageType) {
    throw new RegistryError(
      `the artifact is of the type ${JSON.stringify(manifest?.artifactType ?? '')}, and a module package is of the type ${packageType}`,
    )
  }
  const layers = Array.isArray(manifest.layers) ? (manifest.layers as { mediaType?: unknown; digest?: unknown; size?: unknown }[]) : []
  const archives = layers.filter(({ mediaType }) => mediaType === archiveType)
  const [only] = archives
  if (only === undefined || archives.length > 1) {
    throw new RegistryError(`a module package has exactly one layer of the type ${archiveType}, and this one has ${archives.length}`)
  }
  if (typeof only.digest !== 'string' || !digestShape.test(only.digest) || !Number.isSafeInteger(only.size) || (only.size as number) < 0)
    throw new RegistryError('the layer of the module package has no digest and size')
  return { digest: only.digest, size: only.size as number }
}

function digestOf(file: string, wanted: string): Promise<string> {
  const [algorithm] = wanted.split(':')
  return new Promise((resolve, reject) => {
    const hash = createHash(algorithm!)
    createReadStream(file)
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(`${algorithm}:${hash.digest('hex')}`))
  })
}

/** Requests to one repository, authorized as soon as the registry wants it. */
class Session {
  /** What authorizes further requests. */
  headers: Readonly<Record<string, string>> = {}
  readonly #place: OciPlace
  readonly #http: HttpClient
  readonly #findCredentials: () => Promise<OciCredentials | undefined>
  readonly #signal: AbortSignal | undefined

  constructor(
    place: OciPlace,
    http: HttpClient,
    findCredentials: () => Promise<OciCredentials | undefined>,
    signal: AbortSignal | undefined,
  ) {
    this.#place = place
    this.#http = http
    this.#findCredentials = findCredentials
    this.#signal = signal
  }

  async read(url: URL, what: string): Promise<Buffer> {
    let answer = await this.#get(url)
    if (answer.status === 401) {
      const challenge = answer.header('www-authenticate') ?? ''
      answer.body.destroy()
      this.headers = await this.#authorize(challenge)
      answer = await this.#get(url)
    }
    if (answer.status === 200) return this.#http.bytes(answer, 4 << 20)
    answer.body.destroy()
    const { host, repository } = this.#place
    if (answer.status === 404) throw new RegistryError(`the registry ${host} has not got ${what} in ${repository}`)
    if (answer.status === 401 || answer.status === 403) {
      throw new RegistryError(
        `the registry ${host} does not let this machine read ${repository}; log in with "docker login", "oras login" or the like, whose credentials are used`,
      )
    }
    throw new RegistryError(`the registry ${host} answers ${answer.statusText} to the request for ${what}`)
  }

  #get(url: URL): Promise<HttpAnswer> {
    return this.#http.get(url, { accept: manifestType, ...this.headers }, this.#signal)
  }

  /** By a token of the server that the registry names, or by user and password. */
  async #authorize(challenge: string): Promise<Readonly<Record<string, string>>> {
    const { host, repository } = this.#place
    const credentials = await this.#findCredentials()
    const basic =
      credentials?.kind === 'basic' ? Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64') : undefined
    const scheme = /^\s*(\w+)/.exec(challenge)?.[1]?.toLowerCase()
    if (scheme === 'basic') return basic === undefined ? {} : { authorization: `Basic ${basic}` }
    const parameters = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!.toLowerCase(), value!] as const))
    const realm = parameters.get('realm')
    if (scheme !== 'bearer') return {}
    if (credentials?.kind === 'oauth' && credentials.accessToken !== undefined)
      return { authorization: `Bearer ${credentials.accessToken}` }
    if (realm === undefined || !URL.canParse(realm)) return {}
    const url = new URL(realm)
    if (url.protocol !== 'https:' && schemeOf(url.host) !== 'http')
      throw new RegistryError(`the registry ${host} names a server for tokens that is not asked over https`)
    const service = parameters.get('service')
    const wanted = { ...(service === undefined ? {} : { service }), scope: parameters.get('scope') ?? `repository:${repository}:pull` }
    let answer: HttpAnswer
    if (credentials?.kind === 'oauth') {
      const form = { grant_type: 'refresh_token', client_id: 'landform', ...wanted, refresh_token: credentials.refreshToken ?? '' }
      answer = await this.#http.postForm(url, form, this.#signal)
    } else {
      for (const [name, value] of Object.entries(wanted)) url.searchParams.set(name, value)
      answer = await this.#http.get(url, basic === undefined ? {} : { authorization: `Basic ${basic}` }, this.#signal)
    }
    if (answer.status !== 200) {
      answer.body.destroy()
      return {}
    }
    try {
      const document = JSON.parse(await this.#http.text(answer, 1 << 20)) as { token?: unknown; access_token?: unknown } | null
      const token = document?.token ?? document?.access_token
      return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token) ? { authorization: `Bearer ${token}` } : {}
    } catch (error) {
      if (error instanceof SyntaxError) return {}
      throw error
    }
  }
}
