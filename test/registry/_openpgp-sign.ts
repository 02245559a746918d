import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A key pair for signing tests' packages, in the old EdDSA form that `gpg` makes by default. */
export interface SigningKey {
  readonly privateKey: KeyObject
  readonly body: Buffer
  readonly armor: string
  readonly keyId: string
}

function packet(tag: number, body: Buffer): Buffer {
  const header = Buffer.alloc(6)
  header[0] = 0xc0 | tag
  header[1] = 0xff
  header.writeUInt32BE(body.length, 2)
  return Buffer.concat([header, body])
}

function mpi(bytes: Buffer): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const trimmed = bytes.subarray(start)
  const header = Buffer.alloc(2)
  header.writeUInt16BE(trimmed.length * 8 - Math.clz32(trimmed[0]!) + 24)
  return Buffer.concat([header, trimmed])
}

function subpacket(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([body.length + 1, type]), body])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const created = 1_600_000_000

function signature(key: Pick<SigningKey, 'privateKey' | 'keyId'>, type: number, data: Buffer, extra: readonly Buffer[] = []): Buffer {
  const hashed = Buffer.concat([subpacket(2, uint32(created)), ...extra])
  const head = Buffer.concat([Buffer.from([4, type, 22, 8, hashed.length >> 8, hashed.length & 255]), hashed])
  const digest = createHash('sha256')
    .update(data)
    .update(head)
    .update(Buffer.from([4, 0xff]))
    .update(uint32(head.length))
    .digest()
  const raw = sign(null, digest, key.privateKey)
  const unhashed = subpacket(16, Buffer.from(key.keyId, 'hex'))
  return packet(
    2,
    Buffer.concat([
      head,
      Buffer.from([0, unhashed.length]),
      unhashed,
      digest.subarray(0, 2),
      mpi(raw.subarray(0, 32)),
      mpi(raw.subarray(32)),
    ]),
  )
}

function armored(title: string, data: Buffer): string {
  const text = data.toString('base64').replace(/.{1,64}/g, '$&\n')
  return `-----BEGIN PGP ${title}-----\n\n${text}=${crc24(data)}\n-----END PGP ${title}-----\n`
}

/** RFC 9580, 6.1.1. */
function crc24(data: Buffer): string {
  let crc = 0xb704ce
  for (const byte of data) {
    crc ^= byte << 16
    for (let i = 0; i < 8; i++) {
      crc <<= 1
      if ((crc & 0x1000000) !== 0) crc ^= 0x1864cfb
    }
  }
  return Buffer.from([crc >> 16, crc >> 8, crc].map((b) => b & 0xff)).toString('base64')
}

/** `validSeconds` after its creation in 2020 the key expires. */
export function newSigningKey(name: string, validSeconds?: number): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const point = Buffer.concat([Buffer.from([0x40]), Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')])
  const oid = Buffer.from('092b06010401da470f01', 'hex')
  const body = Buffer.concat([Buffer.from([4]), uint32(created), Buffer.from([22]), oid, mpi(point)])
  const prefixed = Buffer.concat([Buffer.from([0x99, body.length >> 8, body.length & 255]), body])
  const keyId = createHash('sha1').update(prefixed).digest('hex').slice(-16).toUpperCase()
  const user = Buffer.from(`${name} <${name}@example.com>`)
  const certified = Buffer.concat([prefixed, Buffer.from([0xb4]), uint32(user.length), user])
  const extra = [subpacket(27, Buffer.from([0x03])), ...(validSeconds === undefined ? [] : [subpacket(9, uint32(validSeconds))])]
  const self = signature({ privateKey, keyId }, 0x13, certified, extra)
  const armor = armored('PUBLIC KEY BLOCK', Buffer.concat([packet(6, body), packet(13, user), self]))
  return { privateKey, body, armor, keyId }
}

/** A detached signature in binary form. */
export function detachedSignature(key: SigningKey, data: string | Buffer): Buffer {
  return signature(key, 0x00, Buffer.from(data))
}
