import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { RegistryError, readJson } from '../discovery.ts'
import { decodePercent, type HttpClient } from '../http.ts'

/** Where objects of S3, or of a server that speaks like it, are; `key` is that of an archive or the beginning of those of a folder. */
export interface S3Place {
  readonly bucket: string
  readonly key: string
  readonly region: string | undefined
  /** Undefined for AWS itself. */
  readonly endpoint: string | undefined
  readonly accessKey: string | undefined
  readonly secretKey: string | undefined
  readonly token: string | undefined
  readonly profile: string | undefined
}

/** The objects of one bucket. */
export interface Bucket {
  /** All keys with this prefix. */
  list(prefix: string): Promise<readonly string[]>
  /** Writes an object into a file; false when there is no such object. */
  download(key: string, file: string): Promise<boolean>
}

/**
 * Reads the address behind `s3::`: AWS with the bucket in the path or in the host, or another server with the bucket first in the path. Its query
 * may hold `region`, `aws_profile`, `aws_access_key_id`, `aws_access_key_secret` and `aws_access_token`. @throws RegistryError
 */
export function parseS3Address(address: string): S3Place {
  const url = parseUrl(address, 's3')
  const path = decodePercent(url.pathname, 'the address').replace(/^\//, '')
  const query = (name: string): string | undefined => url.searchParams.get(name) ?? undefined
  const given = {
    accessKey: query('aws_access_key_id'),
    secretKey: query('aws_access_key_secret'),
    token: query('aws_access_token'),
    profile: query('aws_profile'),
  }
  const inHost = /^(.+)\.s3(?:[.-]([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?$/.exec(url.hostname)
  if (inHost !== null) return { bucket: inHost[1]!, key: path, region: inHost[2] ?? query('region'), endpoint: undefined, ...given }
  const [bucket, key] = splitFirst(path)
  if (bucket === '' || key === '') throw new RegistryError(`${JSON.stringify(url.host + url.pathname)} names no bucket and path`)
  const atAws = /^s3(?:[.-]([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?$/.exec(url.hostname)
  return atAws === null
    ? { bucket, key, region: query('region') ?? 'us-east-1', endpoint: url.origin, ...given }
    : { bucket, key, region: atAws[1] ?? query('region') ?? 'us-east-1', endpoint: undefined, ...given }
}

/** Reads the address behind `gcs::`: `https://www.googleapis.com/storage/v1/BUCKET/PATH`. @throws RegistryError */
export function parseGcsAddress(address: string): { readonly bucket: string; readonly key: string } {
  const url = parseUrl(address, 'gcs')
  const match = /^\/storage\/v[^/]+\/([^/]+)\/(.+)$/.exec(decodePercent(url.pathname, 'the address'))
  if (url.hostname !== 'www.googleapis.com' || match === null) {
    throw new RegistryError('a module in Google Cloud Storage is named as gcs::https://www.googleapis.com/storage/v1/BUCKET/PATH')
  }
  return { bucket: match[1]!, key: match[2]! }
}

function parseUrl(address: string, kind: string): URL {
  try {
    return new URL(address.includes('://') ? address : `https://${address}`)
  } catch {
    throw new RegistryError(`what follows "${kind}::" is no URL`)
  }
}

function splitFirst(path: string): readonly [string, string] {
  const slash = path.indexOf('/')
  return slash === -1 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)]
}

/** How many objects a package may have. */
const maxObjects = 10_000

/** Fetches everything below `key` into a folder that does not exist yet. @throws RegistryError also when there is nothing */
export async function fetchObjects(bucket: Bucket, key: string, dir: string): Promise<void> {
  const prefix = key.replace(/\/*$/, '/')
  const keys = (await bucket.list(prefix)).filter((name) => !name.endsWith('/'))
  if (keys.length === 0) throw new RegistryError(`there are no objects below ${JSON.stringify(prefix)}`)
  if (keys.length > maxObjects) throw new RegistryError(`there are more than ${maxObjects} objects below ${JSON.stringify(prefix)}`)
  mkdirSync(dir)
  for (const name of keys) {
    const relative = name.slice(prefix.length)
    const clean = posix.normalize(relative)
    if (clean !== relative || clean.startsWith('..') || clean.startsWith('/') || /[\\\0]/.test(clean)) {
      throw new RegistryError(`the object ${JSON.stringify(name)} has a name that is no path within the package`)
    }
    const file = join(dir, clean)
    mkdirSync(dirname(file), { recursive: true })
    if (!(await bucket.download(name, file))) {
      throw new RegistryError(`the object ${JSON.stringify(name)} was removed while the package was fetched`)
    }
  }
}

/**
 * A bucket of Google Cloud Storage over its JSON interface: with the token of GOOGLE_OAUTH_ACCESS_TOKEN, else anonymously. STORAGE_EMULATOR_HOST
 * names another server, as for Google's own clients.
 *
 * @see https://cloud.google.com/storage/docs/json_api/v1/objects
 */
export function gcsBucket(
  bucket: string,
  http: HttpClient,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Bucket {
  const host = environment.STORAGE_EMULATOR_HOST
  const base = host === undefined || host === '' ? 'https://storage.googleapis.com' : host.includes('://') ? host : `http://${host}`
  const objects = `${base}/storage/v1/b/${encodeURIComponent(bucket)}/o`
  const token = environment.GOOGLE_OAUTH_ACCESS_TOKEN
  const headers: Record<string, string> = token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }
  return {
    async list(prefix) {
      const names: string[] = []
      let page: string | undefined
      do {
        const url = new URL(objects)
        url.searchParams.set('prefix', prefix)
        if (page !== undefined) url.searchParams.set('pageToken', page)
        const answer = await http.get(url, headers, signal)
        if (answer.status !== 200) {
          answer.body.destroy()
          throw new RegistryError(
            `the objects of the bucket ${JSON.stringify(bucket)} cannot be listed: ${answer.status} ${answer.statusText}`,
          )
        }
        const found = (await readJson(http, answer, 'the list of objects')) as { items?: { name: string }[]; nextPageToken?: string }
        names.push(...(found.items ?? []).map(({ name }) => name))
        page = found.nextPageToken
      } while (page !== undefined && names.length <= maxObjects)
      return names
    },
    async download(key, file) {
      await http.download(new URL(`${objects}/${encodeURIComponent(key)}?alt=media`), file, { headers, maxBytes: 2 ** 30, signal })
      return true
    },
  }
}

/** A bucket whose objects come as bytes. */
export function bucketOf(store: {
  get(key: string): Promise<{ body: Uint8Array } | undefined>
  list(prefix: string): Promise<readonly string[]>
}): Bucket {
  const asked = async <T>(what: string, answer: Promise<T>): Promise<T> => {
    try {
      return await answer
    } catch (error) {
      throw new RegistryError(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
  return {
    list: (prefix) => asked(`the objects below ${JSON.stringify(prefix)} cannot be listed`, store.list(prefix)),
    async download(key, file) {
      const found = await asked(`the object ${JSON.stringify(key)} cannot be read`, store.get(key))
      if (found !== undefined) writeFileSync(file, found.body)
      return found !== undefined
    },
  }
}
