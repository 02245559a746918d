import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'

/** A self-signed certificate for one connection, with its key; PEM texts. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

const SECOND_MS = 1000
const VALIDITY_MS = 30 * 365 * 24 * 3600 * SECOND_MS

/**
 * For `localhost`, both client and server, signed by itself and an authority for itself: what both sides of go-plugin's AutoMTLS show
 * each other. P-256 rather than the P-521 of the original, which takes four times as long and is not asked for by either side.
 *
 * @see RFC 5280, section 4
 */
export function createCertificate(now: Date = new Date()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'))
  const name = sequence(
    set(sequence(objectId('2.5.4.10'), utf8String('Landform'))),
    set(sequence(objectId('2.5.4.3'), utf8String('localhost'))),
  )
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    name,
    sequence(time(new Date(now.getTime() - 30 * SECOND_MS)), time(new Date(now.getTime() + VALIDITY_MS))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(
      3,
      sequence(
        extension('2.5.29.15', true, tlv(0x03, Buffer.from([2, 0b1010_1100]))), // digitalSignature, keyEncipherment, keyAgreement, keyCertSign
        extension('2.5.29.37', false, sequence(objectId('1.3.6.1.5.5.7.3.2'), objectId('1.3.6.1.5.5.7.3.1'))),
        extension('2.5.29.19', true, sequence(tlv(0x01, Buffer.from([0xff])))),
        extension('2.5.29.17', false, sequence(tlv(0x82, Buffer.from('localhost')))),
      ),
    ),
  )
  const signature = sign('sha256', body, privateKey)
  const der = sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])))
  return {
    certificate: new X509Certificate(der).toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Field 6 of the handshake line: DER in base64 without padding. @throws Error when it is no certificate. */
export function certificateFromHandshake(text: string): string {
  return new X509Certificate(Buffer.from(text, 'base64')).toString()
}

export function certificateToHandshake(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64').replace(/=+$/, '')
}

// ---- DER

function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content])
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  if (length < 0x100) return [0x81, length]
  return [0x82, length >> 8, length & 0xff]
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return tlv(0x30, ...contents)
}

function set(...contents: readonly Buffer[]): Buffer {
  return tlv(0x31, ...contents)
}

function explicit(number: number, content: Buffer): Buffer {
  return tlv(0xa0 | number, content)
}

/** Positive, big-endian, without leading zeros. */
function integer(bytes: Buffer): Buffer {
  return tlv(0x02, bytes)
}

function utf8String(text: string): Buffer {
  return tlv(0x0c, Buffer.from(text))
}

function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 0x7f]
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return tlv(0x06, Buffer.from(bytes))
}

/** UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`)) : tlv(0x18, Buffer.from(`${digits}Z`))
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(isCritical ? [tlv(0x01, Buffer.from([0xff]))] : []), tlv(0x04, value))
}
