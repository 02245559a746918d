import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { detachedSignature, type SigningKey } from './_openpgp-sign.ts'

/** The certificate of the tests' https hosts, which are all `localhost`. */
export const certificateFile = join(import.meta.dirname, 'testdata/tls-cert.pem')

export type Answer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  | ((request: IncomingMessage, response: ServerResponse) => void)

export interface Host {
  readonly url: string
  /** `localhost:PORT` */
  readonly host: string
  /** Paths asked for, in order; with the `authorization` header after a space when there was one. */
  readonly requests: string[]
  /** What is answered, by path; 404 for the rest. */
  readonly routes: Map<string, Answer>
  json(path: string, document: unknown): void
  close(): Promise<void>
}

export async function startHost(options: { readonly tls?: boolean } = {}): Promise<Host> {
  const routes = new Map<string, Answer>()
  const requests: string[] = []
  const listen = (request: IncomingMessage, response: ServerResponse): void => {
    const { authorization } = request.headers
    requests.push(`${request.url}${authorization === undefined ? '' : ` ${authorization}`}`)
    const answer = routes.get(request.url!) ?? routes.get(request.url!.replace(/\?.*/, ''))
    if (answer === undefined) response.writeHead(404).end('not here')
    else if (typeof answer === 'function') answer(request, response)
    else response.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body ?? '')
  }
  const secrets = (): { key: Buffer; cert: Buffer } => ({
    key: readFileSync(join(import.meta.dirname, 'testdata/tls-key.pem')),
    cert: readFileSync(certificateFile),
  })
  const server = options.tls === true ? createTlsServer(secrets(), listen) : createServer(listen)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `localhost:${(server.address() as AddressInfo).port}`
  return {
    url: `${options.tls === true ? 'https' : 'http'}://${host}`,
    host,
    requests,
    routes,
    json: (path, document) => routes.set(path, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

export interface Release {
  readonly namespace: string
  readonly type: string
  readonly version: string
  readonly platform: { readonly os: string; readonly arch: string }
  readonly archive: Buffer
  readonly key: SigningKey | undefined
  readonly protocols?: readonly string[]
}

export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

function archiveName(type: string, version: string, platform: string): string {
  return `terraform-provider-${type}_${version}_${platform}.zip`
}

/** Publishes providers on a host as a registry does; what is published can be spoilt afterwards through `routes`. */
export function publish(host: Host, releases: readonly Release[]): void {
  host.json('/.well-known/terraform.json', { 'providers.v1': '/v1/providers/', 'modules.v1': '/v1/modules/' })
  const versions = new Map<string, Set<string>>()
  for (const { namespace, type, version, platform, archive, key, protocols = ['5.0'] } of releases) {
    const base = `/v1/providers/${namespace}/${type}`
    const known = versions.get(base) ?? new Set()
    versions.set(base, known.add(version))
    const filename = archiveName(type, version, `${platform.os}_${platform.arch}`)
    const other = archiveName(type, version, 'plan9_mips')
    const ofVersion = releases.filter((r) => r.type === type && r.version === version)
    const listed = ofVersion.map((r) => `${sha256(r.archive)}  ${archiveName(type, version, `${r.platform.os}_${r.platform.arch}`)}\n`)
    const sums = `${listed.join('')}${sha256(other)}  ${other}\n`
    const files = `/files/${type}/${version}`
    host.routes.set(`${files}/${filename}`, { headers: { 'content-type': 'application/zip', etag: '"1"' }, body: archive })
    host.routes.set(`${files}/SHA256SUMS`, { body: sums })
    if (key !== undefined) host.routes.set(`${files}/SHA256SUMS.sig`, { body: detachedSignature(key, sums) })
    host.json(`${base}/${version}/download/${platform.os}/${platform.arch}`, {
      protocols,
      ...platform,
      filename,
      download_url: `${files}/${filename}`,
      shasum: sha256(archive),
      shasums_url: `${files}/SHA256SUMS`,
      shasums_signature_url: `${files}/SHA256SUMS.sig`,
      signing_keys: { gpg_public_keys: key === undefined ? [] : [{ key_id: key.keyId, ascii_armor: key.armor }] },
    })
  }
  for (const [base, known] of versions) {
    host.json(`${base}/versions`, { versions: [...known].map((version) => ({ version, protocols: ['5.0'], platforms: [] })) })
  }
}

/** Changes the JSON document of a path. */
export function amend(host: Host, path: string, change: (document: Record<string, unknown>) => void): void {
  const answer = host.routes.get(path) as { readonly body: string }
  const document = JSON.parse(answer.body) as Record<string, unknown>
  change(document)
  host.json(path, document)
}
