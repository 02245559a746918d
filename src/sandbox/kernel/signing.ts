import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { WireRequest } from '../protocols/protocol.ts'

/** What a request says about its sender, by SigV4 header or pre-signed query. */
export interface Signature {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly sessionToken?: string
  readonly presigned: boolean
  /** Until when a pre-signed query is good. */
  readonly expires?: Date
}

/** Undefined when the request is not signed with Signature Version 4. */
export function parseSignature(request: WireRequest): Signature | undefined {
  const header = request.headers.authorization
  if (header?.startsWith('AWS4-') === true) {
    const fields = new Map(
      header
        .slice(header.indexOf(' ') + 1)
        .split(',')
        .map((part) => {
          const [name, ...value] = part.trim().split('=')
          return [name!, value.join('=')] as const
        }),
    )
    const scope = scopeOf(fields.get('Credential'), request.headers['x-amz-region-set'])
    if (scope === undefined) return undefined
    return {
      ...scope,
      signedHeaders: (fields.get('SignedHeaders') ?? '').split(';'),
      signature: fields.get('Signature') ?? '',
      sessionToken: request.headers['x-amz-security-token'],
      presigned: false,
    }
  }
  const scope = scopeOf(request.query.get('X-Amz-Credential') ?? undefined, undefined)
  if (scope === undefined) return undefined
  return {
    ...scope,
    signedHeaders: (request.query.get('X-Amz-SignedHeaders') ?? '').split(';'),
    signature: request.query.get('X-Amz-Signature') ?? '',
    sessionToken: request.query.get('X-Amz-Security-Token') ?? undefined,
    presigned: true,
    expires: expiryOf(request.query.get('X-Amz-Date'), request.query.get('X-Amz-Expires')),
  }
}

function expiryOf(date: string | null, seconds: string | null): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date ?? '')
  if (match === null || seconds === null || !/^\d+$/.test(seconds)) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number]
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second + Number(seconds)))
}

function scopeOf(
  credential: string | undefined,
  regionSet: string | undefined,
): Pick<Signature, 'accessKeyId' | 'date' | 'region' | 'service'> | undefined {
  const parts = credential?.split('/') ?? []
  // The asymmetric variant has no region in its scope.
  if (parts.length === 4) return { accessKeyId: parts[0]!, date: parts[1]!, region: regionSet ?? 'us-east-1', service: parts[2]! }
  if (parts.length < 5) return undefined
  const [service, region, date] = [parts.at(-2)!, parts.at(-3)!, parts.at(-4)!]
  return { accessKeyId: parts.slice(0, -4).join('/'), date, region, service }
}

/**
 * Whether the signature was made with the secret.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySignature(request: WireRequest, rawQuery: string, sent: Signature, secret: string): boolean {
  const timestamp = sent.presigned ? (request.query.get('X-Amz-Date') ?? '') : (request.headers['x-amz-date'] ?? '')
  const hash =
    request.headers['x-amz-content-sha256'] ?? (sent.presigned && sent.service === 's3' ? 'UNSIGNED-PAYLOAD' : sha256(request.body))
  // S3 signs the path as it is sent; all others encode it once more.
  const path = sent.service === 's3' ? request.path : request.path.split('/').map(encode).join('/')
  const query = rawQuery
    .split('&')
    .filter((part) => part !== '' && !part.startsWith('X-Amz-Signature='))
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&')
  const headers = sent.signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('')
  const canonical = [request.method, path || '/', query, headers, sent.signedHeaders.join(';'), hash].join('\n')
  const scope = `${sent.date}/${sent.region}/${sent.service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n')
  const key = [sent.date, sent.region, sent.service, 'aws4_request'].reduce<Buffer>(
    (k, part) => hmac(k, part),
    Buffer.from(`AWS4${secret}`),
  )
  const wanted = hmac(key, text).toString('hex')
  return wanted.length === sent.signature.length && timingSafeEqual(Buffer.from(wanted), Buffer.from(sent.signature))
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}
