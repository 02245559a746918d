import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto'
import { readPem, toPem } from './_pem.ts'

/** Names of curves in JSON Web Keys and in OpenSSH. Others have none there. */
const curveNames: Readonly<Record<string, string>> = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' }

const magic = Buffer.from('openssh-key-v1\0')

export interface SshPublicKey {
  /** Such as `ssh-rsa`. */
  readonly type: string
  readonly blob: Buffer
}

/** @see RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4. Undefined: OpenSSH has no name for it. */
export function opensshPublicKey(key: KeyObject): SshPublicKey | undefined {
  const parts = publicParts(key)
  return parts && { type: parts.type, blob: Buffer.concat([text(parts.type), ...parts.fields]) }
}

function publicParts(key: KeyObject): { type: string; fields: Buffer[] } | undefined {
  if (key.asymmetricKeyType === 'ec' && curveOf(key) === undefined) return undefined
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  if (jwk.kty === 'RSA') return { type: 'ssh-rsa', fields: [number(jwk.e!), number(jwk.n!)] }
  if (jwk.kty === 'OKP') return { type: 'ssh-ed25519', fields: [string(bytes(jwk.x!))] }
  const curve = curveNames[jwk.crv!]!
  return { type: `ecdsa-sha2-${curve}`, fields: [text(curve), string(point(jwk))] }
}

function curveOf(key: KeyObject): string | undefined {
  const { namedCurve } = key.asymmetricKeyDetails ?? {}
  return { prime256v1: 'nistp256', secp384r1: 'nistp384', secp521r1: 'nistp521' }[namedCurve ?? '']
}

/** Unencrypted. @see PROTOCOL.key of OpenSSH. Undefined: OpenSSH has no name for the curve. */
export function opensshPrivateKey(key: KeyObject): string | undefined {
  const own = publicParts(key)
  if (own === undefined) return undefined
  const publicKey = opensshPublicKey(key)!.blob
  const jwk = key.export({ format: 'jwk' })
  const secret =
    jwk.kty === 'RSA'
      ? [number(jwk.n!), number(jwk.e!), number(jwk.d!), number(jwk.qi!), number(jwk.p!), number(jwk.q!)]
      : jwk.kty === 'OKP'
        ? [string(bytes(jwk.x!)), string(Buffer.concat([bytes(jwk.d!), bytes(jwk.x!)]))]
        : [...own.fields, number(jwk.d!)]
  const check = randomBytes(4)
  const section = Buffer.concat([check, check, text(own.type), ...secret, text('')])
  const padding = Buffer.from(Array.from({ length: (8 - (section.length % 8)) % 8 }, (_, i) => i + 1))
  const one = Buffer.alloc(4)
  one.writeUInt32BE(1)
  const file = Buffer.concat([
    magic,
    text('none'),
    text('none'),
    text(''),
    one,
    string(publicKey),
    string(Buffer.concat([section, padding])),
  ])
  return toPem('OPENSSH PRIVATE KEY', file)
}

/** @throws Error for encrypted and damaged keys, and for kinds that are not supported. */
export function readOpensshPrivateKey(pem: string): KeyObject {
  const file = readPem(pem).find((block) => block.label === 'OPENSSH PRIVATE KEY')?.bytes
  if (file === undefined || !file.subarray(0, magic.length).equals(magic)) throw new Error('not an OpenSSH private key')
  const reader = new Reader(file.subarray(magic.length))
  const cipher = reader.string().toString()
  if (cipher !== 'none') throw new Error('the key is encrypted')
  reader.string()
  reader.string()
  if (reader.number() !== 1) throw new Error('the file holds more than one key')
  reader.string()
  const section = new Reader(reader.string())
  const [check, again] = [section.number(), section.number()]
  if (check !== again) throw new Error('the key is damaged')
  return createPrivateKey({ key: privateJwk(section), format: 'jwk' })
}

function privateJwk(section: Reader): JsonWebKey {
  const type = section.string().toString()
  const next = (): string => withoutSign(section.string()).toString('base64url')
  if (type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = [next(), next(), next(), next(), next(), next()]
    const [dExponent, pFactor, qFactor] = [d, p, q].map((v) => BigInt(`0x${bytes(v).toString('hex')}`)) as [bigint, bigint, bigint]
    return { kty: 'RSA', n, e, d, p, q, qi, dp: big(dExponent % (pFactor - 1n)), dq: big(dExponent % (qFactor - 1n)) }
  }
  if (type === 'ssh-ed25519') {
    const x = section.string()
    return { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url'), d: section.string().subarray(0, 32).toString('base64url') }
  }
  const curve = Object.entries(curveNames).find(([, name]) => type === `ecdsa-sha2-${name}`)?.[0]
  if (curve === undefined) throw new Error(`keys of the type ${type} are not supported`)
  section.string()
  const pointBytes = section.string()
  const size = (pointBytes.length - 1) / 2
  const d = withoutSign(section.string())
  return {
    kty: 'EC',
    crv: curve,
    x: pointBytes.subarray(1, 1 + size).toString('base64url'),
    y: pointBytes.subarray(1 + size).toString('base64url'),
    d: Buffer.concat([Buffer.alloc(size - d.length), d]).toString('base64url'),
  }
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  number(): number {
    const value = this.#bytes.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }

  string(): Buffer {
    const length = this.number()
    if (this.#at + length > this.#bytes.length) throw new Error('the key is damaged')
    const value = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return value
  }
}

function point(jwk: JsonWebKey): Buffer {
  return Buffer.concat([Buffer.from([4]), bytes(jwk.x!), bytes(jwk.y!)])
}

function bytes(base64url: string): Buffer {
  return Buffer.from(base64url, 'base64url')
}

function big(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

function withoutSign(value: Buffer): Buffer {
  let start = 0
  while (start < value.length - 1 && value[start] === 0) start++
  return value.subarray(start)
}

function string(content: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, content])
}

function text(content: string): Buffer {
  return string(Buffer.from(content))
}

/** `mpint`: without needless zeros, with one where the first bit would be a sign. */
function number(base64url: string): Buffer {
  const value = withoutSign(bytes(base64url))
  return string((value[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), value]) : value)
}
