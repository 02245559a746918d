import { formatProviderSource, type ProviderSource } from '../addrs/index.ts'
import type { Version } from '../base/index.ts'
import { versionToString } from '../base/index.ts'
import type { SigningKeyText } from './authentication.ts'
import { type Hosts, RegistryError, readJson } from './discovery.ts'
import type { PackageHash } from './hashes.ts'
import { type HttpAnswer, HttpError } from './http.ts'
import { type Platform, platformToString } from './platform.ts'
import { parseProviderVersion } from './provider-versions.ts'

/** No registry or mirror has a provider of this name. */
export class ProviderNotFoundError extends RegistryError {
  override readonly name = 'ProviderNotFoundError'
}

/** The version has no package for the platform. */
export class PlatformNotSupportedError extends RegistryError {
  override readonly name = 'PlatformNotSupportedError'
}

/** The version speaks none of the protocols that can be spoken here. */
export class ProtocolNotSupportedError extends RegistryError {
  override readonly name = 'ProtocolNotSupportedError'
  /** The newest or oldest version that would do; undefined when none does. */
  readonly suggestion: string | undefined
  /** Whether this version is too new, rather than too old, for us. */
  readonly isTooNew: boolean

  constructor(message: string, suggestion: string | undefined, isTooNew: boolean) {
    super(message)
    this.suggestion = suggestion
    this.isTooNew = isTooNew
  }
}

/** A release as a registry describes it. */
export interface ReleaseDescription {
  readonly filename: string
  readonly url: URL
  /** SHA-256 of the archive in hex. */
  readonly shasum: string
  readonly checksums: Buffer
  readonly signature: Buffer | undefined
  readonly keys: readonly SigningKeyText[]
  /** By platform, as far as the registry vouches for them itself. */
  readonly hashes: readonly PackageHash[]
}

interface AvailableVersion {
  readonly version: Version
  readonly protocols: readonly string[]
}

/** The provider registry protocol of one host. @see reference registry-and-lock.md 3 */
export class ProviderRegistry {
  readonly #hosts: Hosts
  readonly #versions = new Map<string, readonly AvailableVersion[]>()

  constructor(hosts: Hosts) {
    this.#hosts = hosts
  }

  /** @throws ProviderNotFoundError, RegistryError */
  async versions(source: ProviderSource): Promise<{ readonly versions: readonly Version[]; readonly warnings: readonly string[] }> {
    const base = await this.#base(source)
    const name = formatProviderSource(source)
    const answer = await this.#get(new URL(`./${source.namespace}/${source.type}/versions`, base), source)
    if (answer.status === 404) {
      answer.body.destroy()
      throw new ProviderNotFoundError(`provider registry ${source.host} does not have a provider named ${name}`)
    }
    checkStatus(answer, source)
    const document = await this.#json(answer, source)
    const versions = arrayOf(document.versions).flatMap((item) => {
      const version = isRecord(item) && typeof item.version === 'string' ? parseProviderVersion(item.version) : undefined
      return version === undefined ? [] : [{ version, protocols: strings((item as Record<string, unknown>).protocols) }]
    })
    this.#versions.set(`${source.host}/${source.namespace}/${source.type}`, versions)
    return { versions: versions.map((v) => v.version), warnings: strings(document.warnings) }
  }

  /** What is to be downloaded, with the means to check it. @throws RegistryError and its kinds */
  async release(source: ProviderSource, version: Version, platform: Platform): Promise<ReleaseDescription> {
    const base = await this.#base(source)
    const number = versionToString(version)
    const name = formatProviderSource(source)
    const path = `./${source.namespace}/${source.type}/${encodeURIComponent(number)}/download/${platform.os}/${platform.arch}`
    const answer = await this.#get(new URL(path, base), source)
    if (answer.status === 404) {
      answer.body.destroy()
      throw new PlatformNotSupportedError(`provider ${name} ${number} is not available for ${platformToString(platform)}`)
    }
    checkStatus(answer, source)
    const document = await this.#json(answer, source)
    const text = (key: string): string => {
      const value = document[key]
      if (typeof value !== 'string' || value === '') throw failure(source, `the answer of the registry has no ${JSON.stringify(key)}`)
      return value
    }
    if (text('os') !== platform.os || text('arch') !== platform.arch) {
      throw failure(
        source,
        `registry response includes metadata for the target platform ${text('os')}_${text('arch')}, but ${platformToString(platform)} was asked for`,
      )
    }
    this.#checkProtocols(source, version, strings(document.protocols))
    const link = (key: string): URL => {
      const url = new URL(text(key), answer.url)
      if (url.protocol !== 'https:' && url.protocol !== 'http:')
        throw failure(source, `registry response includes an invalid ${key}: unsupported scheme ${url.protocol}`)
      return url
    }
    const shasum = text('shasum').toLowerCase()
    if (!/^[0-9a-f]{64}$/.test(shasum)) throw failure(source, `registry response includes an invalid SHA256 hash ${JSON.stringify(shasum)}`)
    const [checksums, signature] = await Promise.all([
      this.#file(link('shasums_url'), source, 'checksums'),
      this.#file(link('shasums_signature_url'), source, 'signature'),
    ])
    return {
      filename: text('filename'),
      url: link('download_url'),
      shasum,
      checksums,
      signature,
      keys: signingKeys(document.signing_keys),
      hashes: packageHashes(document.packages),
    }
  }

  #checkProtocols(source: ProviderSource, version: Version, protocols: readonly string[]): void {
    const speaks = (list: readonly string[]): boolean => list.length === 0 || list.some((p) => /^[56](\.|$)/.test(p))
    if (speaks(protocols)) return
    const known = this.#versions.get(`${source.host}/${source.namespace}/${source.type}`) ?? []
    const isTooNew = protocols.every((p) => Number.parseInt(p, 10) > 6)
    const usable = known
      .filter((v) => v.protocols.length > 0 && speaks(v.protocols) && v.version !== version)
      .map((v) => versionToString(v.version))
    throw new ProtocolNotSupportedError(
      `provider ${formatProviderSource(source)} ${versionToString(version)} speaks the plugin protocols ${protocols.join(', ')} only`,
      usable.find((text) => text !== versionToString(version)),
      isTooNew,
    )
  }

  async #base(source: ProviderSource): Promise<URL> {
    let base: URL | undefined
    try {
      base = await this.#hosts.service(source.host, 'providers.v1')
    } catch (error) {
      if (error instanceof RegistryError) throw new RegistryError(`could not connect to ${source.host}: ${error.message}`, { cause: error })
      throw error
    }
    if (base === undefined) throw new RegistryError(`host ${source.host} does not offer a Terraform provider registry`)
    return base
  }

  async #get(url: URL, source: ProviderSource): Promise<HttpAnswer> {
    try {
      return await this.#hosts.http.get(url, { ...(await this.#hosts.headers(source.host)), accept: 'application/json' })
    } catch (error) {
      if (error instanceof HttpError) throw failure(source, error.message, error)
      throw error
    }
  }

  async #json(answer: HttpAnswer, source: ProviderSource): Promise<Record<string, unknown>> {
    try {
      const document = await readJson(this.#hosts.http, answer, 'the document')
      if (isRecord(document)) return document
      throw new RegistryError('the answer of the registry is not a JSON object')
    } catch (error) {
      if (error instanceof HttpError || error instanceof RegistryError) throw failure(source, error.message, error)
      throw error
    }
  }

  /** A small file beside the package. */
  async #file(url: URL, source: ProviderSource, what: 'checksums' | 'signature'): Promise<Buffer> {
    const wanted = what === 'checksums' ? 'authentication checksums' : 'cryptographic signature'
    try {
      const answer = await this.#hosts.http.get(url)
      if (answer.status === 200) return await this.#hosts.http.bytes(answer)
      answer.body.destroy()
      throw failure(source, `failed to retrieve ${wanted} for provider: ${answer.statusText} returned from ${answer.url.host}`)
    } catch (error) {
      if (error instanceof HttpError) throw failure(source, `failed to retrieve ${wanted} for provider: ${error.message}`, error)
      throw error
    }
  }
}

function checkStatus(answer: HttpAnswer, source: ProviderSource): void {
  if (answer.status === 200) return
  answer.body.destroy()
  if (answer.status === 401) throw new RegistryError(`host ${source.host} requires authentication credentials`)
  if (answer.status === 403) throw new RegistryError(`host ${source.host} rejected the given authentication credentials`)
  throw failure(source, answer.statusText)
}

function failure(source: ProviderSource, problem: string, cause?: Error): RegistryError {
  return new RegistryError(`could not query provider registry for ${formatProviderSource(source)}: ${problem}`, { cause })
}

function signingKeys(value: unknown): readonly SigningKeyText[] {
  return arrayOf(isRecord(value) ? value.gpg_public_keys : undefined).flatMap((key) =>
    isRecord(key) && typeof key.ascii_armor === 'string' && key.ascii_armor !== ''
      ? [{ armor: key.ascii_armor, trustSignature: typeof key.trust_signature === 'string' ? key.trust_signature : '' }]
      : [],
  )
}

/** OpenTofu's registry tells the hashes of the packages for all platforms. */
function packageHashes(value: unknown): readonly PackageHash[] {
  if (!isRecord(value)) return []
  return Object.values(value).flatMap((p) => (isRecord(p) ? strings(p.hashes) : []))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

function strings(value: unknown): readonly string[] {
  return arrayOf(value).filter((v) => typeof v === 'string')
}
