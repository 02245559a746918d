import { createHash } from 'node:crypto'
import {
  createReadStream,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RegistryError } from '../discovery.ts'
import { isFolder } from '../files.ts'
import { decodePercent, type HttpClient, HttpError } from '../http.ts'
import type { OciCredentialSettings } from '../oci-settings.ts'
import { defaultLimits, isInside, UnpackError, type UnpackLimits } from '../unpack.ts'
import { type Bucket, fetchObjects, gcsBucket, parseGcsAddress, parseS3Address, type S3Place } from './buckets.ts'
import { cloneRepository, redact } from './git.ts'
import { cloneMercurial } from './hg.ts'
import { downloadOciPackage, parseOciAddress } from './oci.ts'
import type { TarCompression } from './tar.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface FetchContext {
  readonly http: HttpClient
  readonly environment: Environment
  readonly signal?: AbortSignal | undefined
  /** For sources in S3; its errors are reported as they are. */
  readonly openS3?: ((place: S3Place) => Promise<Bucket>) | undefined
  /** Who asks registries of the OCI Distribution protocol; what programs have left in files when not given. */
  readonly oci?: OciCredentialSettings | undefined
  /** For archives. */
  readonly limits?: UnpackLimits | undefined
}

const moduleLimits: UnpackLimits = { ...defaultLimits, bytes: 2 ** 30 }
const maxHops = 10
const maxArchiveBytes = 2 ** 30

/**
 * Fetches the package behind a remote source address, such as `git::https://example.com/x.git?ref=v1`, into a folder that does
 * not exist yet; a folder of this machine is linked. Where a server names a `//subdir`, that folder alone is the package. On
 * failure a part may be left, for the caller to remove.
 *
 * `split` takes a `//subdir` off an address. @throws RegistryError, HttpError, UnpackError
 *
 * @see reference registry-and-lock.md 8.1
 */
export async function fetchModulePackage(
  address: string,
  dir: string,
  context: FetchContext,
  split: (address: string) => { readonly address: string; readonly subdir: string },
): Promise<void> {
  let current = address
  let subdir = ''
  for (let hop = 0; hop < maxHops; hop++) {
    const next = await fetchOnce(current, dir, context, hop > 0)
    if (next === undefined) {
      checkLinks(dir)
      if (subdir !== '') keepSubdir(dir, expandSubdir(dir, subdir))
      return
    }
    const parts = split(next)
    current = parts.address
    subdir = joinSubdirs(parts.subdir, subdir)
  }
  throw new RegistryError(`error downloading '${redact(address)}': stopped after ${maxHops} hops`)
}

/** Makes a folder of a package the whole of it. */
function keepSubdir(dir: string, subdir: string): void {
  const inner = join(dir, subdir)
  if (!isFolder(inner) || !isInside(realpathSync(dir), realpathSync(inner)))
    throw new RegistryError(`subdir ${JSON.stringify(subdir)} not found`)
  const kept = `${dir}.kept`
  renameSync(inner, kept)
  rmSync(dir, { recursive: true, force: true })
  renameSync(kept, dir)
}

/** A subdirectory in which `*` stands for the one folder that there is. @throws RegistryError when there are none or several */
export function expandSubdir(root: string, subdir: string): string {
  if (!subdir.includes('*')) return subdir
  let found = ['']
  for (const part of subdir.split('/')) {
    const pattern = new RegExp(`^${part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)
    const below = (dir: string): readonly string[] =>
      readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    found = found.flatMap((dir) =>
      below(dir)
        .filter((name) => pattern.test(name) && !name.startsWith('.'))
        .map((name) => join(dir, name)),
    )
  }
  if (found.length === 1) return found[0]!
  throw new RegistryError(`subdir ${JSON.stringify(subdir)} ${found.length === 0 ? 'not found' : 'matches multiple paths'}`)
}

/** The outer folder is the one named last. */
export function joinSubdirs(outer: string, inner: string): string {
  return [outer, inner].filter((part) => part !== '').join('/')
}

/** Fetches, or gives the address where the package really is. */
async function fetchOnce(address: string, dir: string, context: FetchContext, isRemoteWord: boolean): Promise<string | undefined> {
  const [, forced, rest] = /^(?:([A-Za-z0-9]+)::)?(.*)$/s.exec(address)!
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(rest!)?.[1]?.toLowerCase()
  const getter = forced ?? scheme ?? 'file'
  // What a server says must not make this machine hand out its own files.
  if (isRemoteWord && (getter === 'file' || /^file:/i.test(rest!))) {
    throw new RegistryError(`a server named ${JSON.stringify(redact(address))}, a file of this machine, as the place of the module`)
  }
  if (isRemoteWord) checkHost(rest!)
  switch (getter) {
    case 'git':
      await cloneRepository(rest!, dir, context.environment, context.signal)
      return undefined
    case 'http':
    case 'https':
      if (!URL.canParse(rest!)) throw new RegistryError(`error downloading '${redact(rest!)}': no host in the address`)
      return fetchHttp(new URL(rest!), dir, context)
    case 'file':
      await fetchFile(rest!, dir, context)
      return undefined
    case 's3': {
      const place = parseS3Address(rest!)
      if (context.openS3 === undefined) throw new RegistryError('modules in S3 are not fetched here')
      await fetchBucket(await context.openS3(place), place.key, rest!, dir, context)
      return undefined
    }
    case 'gcs': {
      const { bucket, key } = parseGcsAddress(rest!)
      await fetchBucket(gcsBucket(bucket, context.http, context.environment, context.signal), key, rest!, dir, context)
      return undefined
    }
    case 'hg':
      await cloneMercurial(rest!, dir, context.environment, context.signal)
      return undefined
    case 'oci':
      await fetchOci(rest!, dir, context)
      return undefined
    default:
      throw new RegistryError(`download not supported for scheme '${getter}'`)
  }
}

/** Addresses of the local network segment, where clouds tell machines their secrets. */
function checkHost(text: string): void {
  let host: string
  try {
    host = new URL(text).hostname
  } catch {
    return
  }
  if (/^169\.254\./.test(host) || /^\[fe[89ab]/i.test(host)) {
    throw new RegistryError(`a server named the link-local address ${host} as the place of the module`)
  }
}

const archiveEndings: readonly (readonly [ending: string, kind: string])[] = [
  ['tar.gz', 'tar.gz'],
  ['tgz', 'tar.gz'],
  ['tar.bz2', 'tar.bz2'],
  ['tbz2', 'tar.bz2'],
  ['tar.xz', 'tar.xz'],
  ['txz', 'tar.xz'],
  ['zip', 'zip'],
  ['gz', 'single'],
  ['bz2', 'single'],
  ['xz', 'single'],
]

/** The kind of archive that a path or the query `archive` names; undefined for none. */
function archiveKind(path: string, query: URLSearchParams): string | undefined {
  const given = query.get('archive')
  if (given !== null && given !== '') {
    if (given === 'false' || given === '0') return undefined
    if (given !== 'true' && given !== '1') return archiveEndings.find(([ending]) => ending === given)?.[1] ?? given
  }
  return archiveEndings.find(([ending]) => path.endsWith(`.${ending}`))?.[1]
}

const compressions: Readonly<Record<string, TarCompression>> = { tar: 'none', 'tar.gz': 'gzip', 'tar.bz2': 'bzip2', 'tar.xz': 'xz' }

async function unpackArchive(file: string, kind: string, dir: string, context: FetchContext): Promise<void> {
  mkdirSync(dir)
  const limits = context.limits ?? moduleLimits
  try {
    const compression = compressions[kind]
    if (compression !== undefined) {
      const { unpackTar } = await import('./tar.ts')
      await unpackTar(file, compression, dir, limits)
    } else if (kind === 'zip') {
      const { unpackZip } = await import('../unpack-zip.ts')
      await unpackZip(file, dir, limits)
    } else if (kind === 'single') throw new RegistryError('a single compressed file is no module; an archive is expected')
    else throw new RegistryError(`archives of the kind ${JSON.stringify(kind)} are not supported`)
    // More likely cut off, or the wrong one, than meant.
    if (readdirSync(dir).length === 0) throw new UnpackError('it is empty')
  } catch (error) {
    if (error instanceof UnpackError) throw new RegistryError(`the archive is refused: ${error.message}`, { cause: error })
    throw error
  }
}

/** An archive when the key says so, else all objects below it. */
async function fetchBucket(bucket: Bucket, key: string, address: string, dir: string, context: FetchContext): Promise<void> {
  const query = address.includes('?') ? address.slice(address.indexOf('?') + 1) : ''
  const kind = archiveKind(key, new URLSearchParams(query))
  if (kind === undefined) return fetchObjects(bucket, key, dir)
  const file = `${dir}.archive`
  try {
    if (!(await bucket.download(key, file))) throw new RegistryError(`there is no object ${JSON.stringify(key)}`)
    await unpackArchive(file, kind, dir, context)
  } finally {
    rmSync(file, { force: true })
  }
}

async function fetchOci(address: string, dir: string, context: FetchContext): Promise<void> {
  const file = `${dir}.archive`
  try {
    await downloadOciPackage(parseOciAddress(address), file, context, maxArchiveBytes)
    await unpackArchive(file, 'zip', dir, context)
  } finally {
    rmSync(file, { force: true })
  }
}

/** Downloads an archive, or asks the server where the module is. */
async function fetchHttp(url: URL, dir: string, context: FetchContext): Promise<string | undefined> {
  const kind = archiveKind(url.pathname, url.searchParams)
  const checksum = url.searchParams.get('checksum')
  for (const name of ['archive', 'checksum']) url.searchParams.delete(name)
  const headers = authorization(url, context.environment)
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  if (kind === undefined) return findLocation(bare, headers, context)
  const file = `${dir}.archive`
  try {
    await context.http.download(bare, file, { headers, maxBytes: maxArchiveBytes, signal: context.signal })
    if (checksum !== null) await verifyChecksum(file, checksum, context)
    await unpackArchive(file, kind, dir, context)
  } finally {
    rmSync(file, { force: true })
  }
  return undefined
}

/** `X-Terraform-Get`, or the same in a `meta` element. */
async function findLocation(url: URL, headers: Readonly<Record<string, string>>, context: FetchContext): Promise<string> {
  const asked = new URL(url)
  asked.searchParams.set('terraform-get', '1')
  const answer = await context.http.get(asked, headers, context.signal)
  const failed = (problem: string): RegistryError => new RegistryError(`error downloading '${redact(url.href)}': ${problem}`)
  if (answer.status < 200 || answer.status >= 300) {
    answer.body.destroy()
    throw failed(`bad response code: ${answer.status}`)
  }
  const header = answer.header('x-terraform-get')
  const page = header === undefined ? await context.http.text(answer, 1 << 20) : ''
  answer.body.destroy()
  const location = header ?? /<meta\s[^>]*name=["']?terraform-get["']?[^>]*>/i.exec(page)?.[0].match(/content=["']([^"']+)["']/i)?.[1]
  if (location === undefined || location === '') throw failed('no source URL was returned')
  return /^\.{0,2}\//.test(location) ? new URL(location, answer.url).href : location.replaceAll('&amp;', '&')
}

/** Of the URL itself, else of the file `.netrc`. */
function authorization(url: URL, environment: Environment): Record<string, string> {
  const basic = (user: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })
  if (url.username !== '') {
    return basic(decodePercent(url.username, 'the user name in the address'), decodePercent(url.password, 'the password in the address'))
  }
  const path = environment.NETRC || join(environment.HOME || homedir(), '.netrc')
  let words: string[]
  try {
    words = readFileSync(path, 'utf8').split(/\s+/)
  } catch {
    return {}
  }
  let machine: string | undefined
  const found = new Map<string, string>()
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 'machine' || words[i] === 'default') {
      if (machine === url.hostname && found.size > 0) break
      machine = words[i] === 'default' ? url.hostname : words[++i]
      found.clear()
    } else if (machine === url.hostname && (words[i] === 'login' || words[i] === 'password')) found.set(words[i]!, words[++i] ?? '')
  }
  const login = found.get('login')
  return login === undefined ? {} : basic(login, found.get('password') ?? '')
}

const checksumLengths: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' }

/** `sha256:HEX`, `HEX` or `file:URL` with lines as sha256sum prints them. */
async function verifyChecksum(file: string, text: string, context: FetchContext): Promise<void> {
  const [, scheme, rest] = /^(?:([a-z0-9]+):)?(.*)$/s.exec(text)!
  let wanted = [rest!.toLowerCase()]
  if (scheme === 'file') {
    const answer = await context.http.get(new URL(rest!), {}, context.signal)
    if (answer.status !== 200) {
      answer.body.destroy()
      throw new RegistryError(`the file of checksums at ${redact(rest!)} could not be read: ${answer.statusText}`)
    }
    wanted = (await context.http.text(answer, 1 << 20)).toLowerCase().match(/\b[0-9a-f]{32,128}\b/g) ?? []
  }
  for (const sum of wanted) {
    const algorithm = scheme === undefined || scheme === 'file' ? checksumLengths[sum.length] : scheme
    if (algorithm === undefined || !Object.values(checksumLengths).includes(algorithm)) continue
    if ((await digestOf(file, algorithm)) === sum) return
  }
  throw new RegistryError('the checksum of the archive is not the expected one')
}

function digestOf(file: string, algorithm: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash(algorithm)
    createReadStream(file)
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(hash.digest('hex')))
  })
}

async function fetchFile(address: string, dir: string, context: FetchContext): Promise<void> {
  const [bare, text] = address.split('?') as [string, string | undefined]
  const query = new URLSearchParams(text)
  const checksum = query.get('checksum')
  const path = /^file:/i.test(bare) ? fileURLToPath(bare) : bare
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new RegistryError(`source path error: ${path}: no such file or directory`)
  if (found.isDirectory()) {
    if (checksum !== null) throw new RegistryError('checksum cannot be specified for directory download')
    symlinkSync(path, dir, 'dir')
    return
  }
  const kind = archiveKind(path, query)
  if (kind === undefined) throw new RegistryError(`source path error: ${path} is neither a directory nor an archive`)
  if (checksum !== null) await verifyChecksum(path, checksum, context)
  await unpackArchive(path, kind, dir, context)
}

/** Refuses a package with links to files outside of it. A linked folder of this machine is the user's own. */
function checkLinks(dir: string): void {
  if (lstatSync(dir).isSymbolicLink()) return
  const root = realpathSync(dir)
  const pending = ['']
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const entry of readdirSync(join(root, at), { withFileTypes: true })) {
      const name = join(at, entry.name)
      if (entry.isDirectory()) {
        if (entry.name !== '.git') pending.push(name)
      } else if (entry.isSymbolicLink()) {
        let real: string
        try {
          real = realpathSync(join(root, name))
        } catch {
          continue
        }
        if (!isInside(root, real))
          throw new RegistryError(`the package is refused: its link ${JSON.stringify(name)} leads out of the package`)
      }
    }
  }
}

/** Whether an error of `fetchModulePackage` is one that a network, a server, a package or a disk can cause. */
export function isFetchError(error: unknown): error is Error {
  if (error instanceof RegistryError || error instanceof HttpError || error instanceof UnpackError) return true
  return error instanceof Error && /^E[A-Z]+$/.test((error as NodeJS.ErrnoException).code ?? '')
}
