import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'

/**
 * Detached OpenPGP signatures over release files, as far as releases of providers use them: version 4 keys with RSA, ECDSA
 * and EdDSA, signing subkeys, expiry and revocation.
 *
 * @see RFC 9580 (and RFC 4880, whose forms most keys have)
 */
export type SignatureVerdict =
  /** Good. `expired`: the key's validity had ended by now. */
  | { readonly kind: 'good'; readonly keyId: string; readonly fingerprint: string; readonly expired: boolean }
  /** Made by a key that is not among the given ones. */
  | { readonly kind: 'unknownIssuer' }
  /** `problem` is the end of a sentence. */
  | { readonly kind: 'bad'; readonly problem: string }

interface Packet {
  readonly tag: number
  readonly body: Buffer
}

interface PublicKey {
  readonly body: Buffer
  readonly keyId: string
  readonly fingerprint: string
  readonly createdSeconds: number
  readonly algorithm: number
}

interface Signature {
  readonly type: number
  readonly algorithm: number
  readonly hash: string
  /** From the version to the end of the hashed subpackets. */
  readonly head: Buffer
  /** Bodies by type; the hashed ones alone, except for the issuer. */
  readonly hashed: ReadonlyMap<number, Buffer>
  readonly issuers: readonly string[]
  readonly digestStart: Buffer
  readonly values: Buffer
}

/** A key with its right to sign. */
interface SigningKey {
  readonly key: PublicKey
  readonly primary: PublicKey
  readonly expiresSeconds: number | undefined
}

class PgpError extends Error {}

/**
 * Checks a detached binary signature over `data` with the keys of an armored block. `now` decides about expiry.
 */
export function verifyDetached(armoredKeys: string, data: Buffer, signatureBytes: Buffer, now: Date = new Date()): SignatureVerdict {
  try {
    const text = signatureBytes.subarray(0, 5).toString('latin1') === '-----' ? dearmor(signatureBytes.toString('latin1')) : signatureBytes
    const signatures = packets(text).filter((p) => p.tag === 2)
    if (signatures.length === 0) return { kind: 'bad', problem: 'there is no signature in the signature file' }
    const keys = signingKeys(packets(dearmor(armoredKeys)))
    let verdict: SignatureVerdict = { kind: 'unknownIssuer' }
    for (const { body } of signatures) {
      const one = checkSignature(parseSignature(body), keys, data, now)
      if (one.kind === 'good') return one
      if (one.kind === 'bad') verdict = one
    }
    return verdict
  } catch (error) {
    if (error instanceof PgpError || error instanceof RangeError) return { kind: 'bad', problem: error.message }
    throw error
  }
}

function checkSignature(signature: Signature, keys: readonly SigningKey[], data: Buffer, now: Date): SignatureVerdict {
  if (signature.type !== 0) return { kind: 'bad', problem: 'the signature is not one over a binary document' }
  const candidates = keys.filter(({ key }) => signature.issuers.includes(key.keyId) || signature.issuers.includes(key.fingerprint))
  const created = signature.hashed.get(2)
  if (candidates.length === 0) return { kind: 'unknownIssuer' }
  if (created === undefined) return { kind: 'bad', problem: 'the signature does not say when it was made' }
  for (const { key, primary, expiresSeconds } of candidates) {
    if (!verifies(signature, key, data)) continue
    const lifetime = signature.hashed.get(3)?.readUInt32BE(0) ?? 0
    const nowSeconds = now.getTime() / 1000
    if (lifetime > 0 && created.readUInt32BE(0) + lifetime < nowSeconds) return { kind: 'bad', problem: 'the signature has expired' }
    const expired = expiresSeconds !== undefined && expiresSeconds < nowSeconds
    return { kind: 'good', keyId: primary.keyId, fingerprint: primary.fingerprint, expired }
  }
  return { kind: 'bad', problem: 'the signature does not fit the document' }
}

/** Text between the armor lines; the checksum that may follow says nothing that the signature does not. @throws Error when there are none */
export function dearmor(text: string): Buffer {
  const match =
    /-----BEGIN PGP [A-Z ]+-----\r?\n((?:[^\r\n]+\r?\n)*?)\r?\n([A-Za-z0-9+/=\s]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\s*-----END PGP/.exec(text)
  if (match === null) throw new PgpError('an armored OpenPGP block cannot be read')
  return Buffer.from(match[2]!, 'base64')
}

/** RFC 9580, 4.2: headers of both formats; bodies of partial or unknown length are no part of keys and signatures. */
function packets(bytes: Buffer): readonly Packet[] {
  const found: Packet[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at++]!
    if ((first & 0x80) === 0) throw new PgpError('the OpenPGP data is damaged')
    const isNew = (first & 0x40) !== 0
    const tag = isNew ? first & 0x3f : (first >> 2) & 0x0f
    let length: number
    if (isNew) {
      const [size, bytesRead] = newLength(bytes, at)
      length = size
      at += bytesRead
    } else {
      const width = [1, 2, 4, 0][first & 3]!
      if (width === 0) throw new PgpError('the OpenPGP data has a packet of unknown length')
      length = bytes.readUIntBE(at, width)
      at += width
    }
    if (at + length > bytes.length) throw new PgpError('the OpenPGP data breaks off')
    found.push({ tag, body: bytes.subarray(at, at + length) })
    at += length
  }
  return found
}

/** Length of a packet or subpacket, and how many bytes told it. */
function newLength(bytes: Buffer, at: number): readonly [length: number, bytesRead: number] {
  const first = bytes.readUInt8(at)
  if (first < 192) return [first, 1]
  if (first < 224) return [((first - 192) << 8) + bytes.readUInt8(at + 1) + 192, 2]
  if (first === 255) return [bytes.readUInt32BE(at + 1), 5]
  throw new PgpError('the OpenPGP data has a packet of partial length')
}

function parseKey(body: Buffer): PublicKey | undefined {
  // Version 6 keys have other fingerprints and signatures; no provider is signed with one so far.
  if (body[0] !== 4) return undefined
  const fingerprint = createHash('sha1').update(keyPrefix(body)).update(body).digest('hex').toUpperCase()
  return { body, fingerprint, keyId: fingerprint.slice(-16), createdSeconds: body.readUInt32BE(1), algorithm: body.readUInt8(5) }
}

function keyPrefix(body: Buffer): Buffer {
  return Buffer.from([0x99, body.length >> 8, body.length & 0xff])
}

const hashNames: Readonly<Record<number, string>> = { 8: 'sha256', 9: 'sha384', 10: 'sha512', 11: 'sha224' }

function parseSignature(body: Buffer): Signature {
  if (body[0] !== 4) throw new PgpError(`signatures of version ${body[0]} are not supported`)
  const hashedLength = body.readUInt16BE(4)
  const head = body.subarray(0, 6 + hashedLength)
  const unhashedLength = body.readUInt16BE(head.length)
  const unhashedStart = head.length + 2
  const hashed = subpackets(body.subarray(6, 6 + hashedLength))
  const unhashed = subpackets(body.subarray(unhashedStart, unhashedStart + unhashedLength))
  const end = unhashedStart + unhashedLength
  const hash = hashNames[body.readUInt8(3)]
  if (hash === undefined) throw new PgpError(`the signature uses the hash algorithm ${body[3]}, which is too weak or unknown`)
  const issuers: string[] = []
  for (const map of [hashed, unhashed]) {
    const keyId = map.get(16)
    const fingerprint = map.get(33)
    if (keyId !== undefined) issuers.push(keyId.toString('hex').toUpperCase())
    if (fingerprint !== undefined) issuers.push(fingerprint.subarray(1).toString('hex').toUpperCase())
  }
  // The cross signature of a subkey may stand in the part that is not hashed: it proves itself.
  const embedded = unhashed.get(32)
  const all = embedded === undefined || hashed.has(32) ? hashed : new Map([...hashed, [32, embedded] as const])
  return {
    type: body.readUInt8(1),
    algorithm: body.readUInt8(2),
    hash,
    head,
    hashed: all,
    issuers,
    digestStart: body.subarray(end, end + 2),
    values: body.subarray(end + 2),
  }
}

function subpackets(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 0; at < bytes.length; ) {
    const [length, bytesRead] = newLength(bytes, at)
    at += bytesRead
    if (length === 0 || at + length > bytes.length) throw new PgpError('the signature is damaged')
    found.set(bytes[at]! & 0x7f, bytes.subarray(at + 1, at + length))
    at += length
  }
  return found
}

/** Keys of a block that may sign: primary keys by their self-signatures, subkeys by bindings that both keys have signed. */
function signingKeys(all: readonly Packet[]): readonly SigningKey[] {
  const found: SigningKey[] = []
  for (let i = 0; i < all.length; ) {
    if (all[i]!.tag !== 6) {
      i++
      continue
    }
    let end = i + 1
    while (end < all.length && all[end]!.tag !== 6) end++
    found.push(...keysOfTransferable(all.slice(i, end)))
    i = end
  }
  return found
}

function keysOfTransferable(group: readonly Packet[]): readonly SigningKey[] {
  const primary = parseKey(group[0]!.body)
  if (primary === undefined) return []
  let subject: Packet = group[0]!
  let latest: Signature | undefined
  const bindings = new Map<PublicKey, Signature>()
  const revoked = new Set<PublicKey>()
  const subkeys = new Map<Packet, PublicKey>()
  for (const packet of group.slice(1)) {
    if (packet.tag === 13 || packet.tag === 17 || packet.tag === 14) {
      subject = packet
      const key = packet.tag === 14 ? parseKey(packet.body) : undefined
      if (key !== undefined) subkeys.set(packet, key)
    }
    if (packet.tag !== 2) continue
    const signature = tryParseSignature(packet.body)
    if (signature === undefined || !verifies(signature, primary, signedText(primary, subject, signature.type))) continue
    const subkey = subkeys.get(subject)
    if (signature.type === 0x20) revoked.add(primary)
    else if (signature.type === 0x28 && subkey !== undefined) revoked.add(subkey)
    else if (signature.type === 0x18 && subkey !== undefined) bindings.set(subkey, newer(bindings.get(subkey), signature))
    else if (signature.type === 0x1f || (signature.type >= 0x10 && signature.type <= 0x13)) latest = newer(latest, signature)
  }
  if (latest === undefined || revoked.has(primary)) return []
  const found: SigningKey[] = []
  const primaryExpires = expiry(primary, latest)
  if (maySign(latest, true)) found.push({ key: primary, primary, expiresSeconds: primaryExpires })
  for (const [key, binding] of bindings) {
    if (revoked.has(key) || !maySign(binding, false) || !isCrossSigned(primary, key, binding)) continue
    const expires = Math.min(primaryExpires ?? Number.POSITIVE_INFINITY, expiry(key, binding) ?? Number.POSITIVE_INFINITY)
    found.push({ key, primary, expiresSeconds: Number.isFinite(expires) ? expires : undefined })
  }
  return found
}

function tryParseSignature(body: Buffer): Signature | undefined {
  try {
    return parseSignature(body)
  } catch {
    // Old certifications by others, with hashes that do not count any more.
    return undefined
  }
}

function newer(a: Signature | undefined, b: Signature): Signature {
  const time = (s: Signature): number => s.hashed.get(2)?.readUInt32BE(0) ?? 0
  return a === undefined || time(b) >= time(a) ? b : a
}

function expiry(key: PublicKey, signature: Signature): number | undefined {
  const seconds = signature.hashed.get(9)?.readUInt32BE(0) ?? 0
  return seconds === 0 ? undefined : key.createdSeconds + seconds
}

function maySign(signature: Signature, otherwise: boolean): boolean {
  const flags = signature.hashed.get(27)
  return flags === undefined ? otherwise : (flags[0]! & 0x02) !== 0
}

function isCrossSigned(primary: PublicKey, key: PublicKey, binding: Signature): boolean {
  const embedded = binding.hashed.get(32)
  const back = embedded && tryParseSignature(embedded)
  if (back === undefined || back.type !== 0x19) return false
  return verifies(back, key, signedText(primary, { tag: 14, body: key.body }, 0x19))
}

/** What a signature over a key is computed over: the primary key, and the user or subkey it concerns. RFC 9580, 5.2.4. */
function signedText(primary: PublicKey, subject: Packet, type: number): Buffer {
  const own = [keyPrefix(primary.body), primary.body]
  if (type === 0x1f || type === 0x20) return Buffer.concat(own)
  if (subject.tag === 14) return Buffer.concat([...own, keyPrefix(subject.body), subject.body])
  const length = Buffer.alloc(5)
  length[0] = subject.tag === 17 ? 0xd1 : 0xb4
  length.writeUInt32BE(subject.body.length, 1)
  return Buffer.concat([...own, length, subject.body])
}

function verifies(signature: Signature, key: PublicKey, data: Buffer): boolean {
  if (signature.algorithm !== key.algorithm && !(isRsa(signature.algorithm) && isRsa(key.algorithm))) return false
  const trailer = Buffer.alloc(6)
  trailer[0] = 4
  trailer[1] = 0xff
  trailer.writeUInt32BE(signature.head.length, 2)
  const message = Buffer.concat([data, signature.head, trailer])
  const digest = createHash(signature.hash).update(message).digest()
  if (!digest.subarray(0, 2).equals(signature.digestStart)) return false
  try {
    const { object, size } = keyObject(key)
    const { values } = signature
    switch (key.algorithm) {
      case 1:
      case 3:
        return verify(signature.hash, message, object, leftPad(mpis(values, 1)[0]!, size))
      case 19: {
        const pair = mpis(values, 2).map((v) => leftPad(v, size))
        return verify(signature.hash, message, { key: object, dsaEncoding: 'ieee-p1363' }, Buffer.concat(pair))
      }
      case 22:
        return verify(null, digest, object, Buffer.concat(mpis(values, 2).map((v) => leftPad(v, size))))
      default:
        return verify(null, digest, object, values.subarray(0, size * 2))
    }
  } catch (error) {
    if (error instanceof PgpError) throw error
    // Numbers that OpenSSL refuses are no good signature.
    return false
  }
}

function isRsa(algorithm: number): boolean {
  return algorithm === 1 || algorithm === 3
}

const curves: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  '2a8648ce3d030107': { name: 'P-256', bytes: 32 },
  '2b81040022': { name: 'P-384', bytes: 48 },
  '2b81040023': { name: 'P-521', bytes: 66 },
}

/** The key for OpenSSL, with the width of the numbers in its signatures. RFC 9580, 5.5.2 and 9.2. */
function keyObject({ algorithm, body }: PublicKey): { readonly object: KeyObject; readonly size: number } {
  const material = body.subarray(6)
  const jwk = (key: Record<string, string>): KeyObject => createPublicKey({ key, format: 'jwk' })
  const url = (bytes: Buffer): string => bytes.toString('base64url')
  switch (algorithm) {
    case 1:
    case 3: {
      const [n, e] = mpis(material, 2)
      return { object: jwk({ kty: 'RSA', n: url(n!), e: url(e!) }), size: n!.length }
    }
    case 19: {
      const curve = curves[material.subarray(1, 1 + material.readUInt8(0)).toString('hex')]
      if (curve === undefined) throw new PgpError('the key uses an elliptic curve that is not supported')
      const point = mpis(material.subarray(1 + material.readUInt8(0)), 1)[0]!
      const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)]
      return { object: jwk({ kty: 'EC', crv: curve.name, x: url(x), y: url(y) }), size: curve.bytes }
    }
    case 22: {
      const point = mpis(material.subarray(1 + material.readUInt8(0)), 1)[0]!
      return { object: jwk({ kty: 'OKP', crv: 'Ed25519', x: url(point.subarray(1)) }), size: 32 }
    }
    case 27:
      return { object: jwk({ kty: 'OKP', crv: 'Ed25519', x: url(material.subarray(0, 32)) }), size: 32 }
    case 28:
      return { object: jwk({ kty: 'OKP', crv: 'Ed448', x: url(material.subarray(0, 57)) }), size: 57 }
    default:
      throw new PgpError(`keys of the algorithm ${algorithm} are not supported`)
  }
}

/** Big numbers with their length in bits in front. */
function mpis(bytes: Buffer, count: number): readonly Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; found.length < count; ) {
    const length = (bytes.readUInt16BE(at) + 7) >> 3
    if (at + 2 + length > bytes.length) throw new PgpError('the OpenPGP data breaks off')
    found.push(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return found
}

function leftPad(bytes: Buffer, size: number): Buffer {
  return bytes.length >= size ? bytes : Buffer.concat([Buffer.alloc(size - bytes.length), bytes])
}
