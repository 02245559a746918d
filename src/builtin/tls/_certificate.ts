import { createHash, createPublicKey, type KeyObject, randomBytes, sign, verify, X509Certificate } from 'node:crypto'
import { Failure } from '../../providers/simple/index.ts'
import { bitString, der, explicit, integer, oid, readElements, readInside, readOid, sequence, tag, time } from './_der.ts'
import { extension, extensionIds } from './_extensions.ts'
import { publicKeyDer } from './_keys.ts'
import { readPem, toPem } from './_pem.ts'

export interface CertificateContents {
  /** DER of names and of the public key. */
  readonly issuer: Buffer
  readonly subject: Buffer
  readonly publicKey: Buffer
  readonly from: Date
  readonly until: Date
  readonly extensions: readonly Buffer[]
  /** Signs it; belongs to the issuer. */
  readonly signer: KeyObject
}

/** A certificate as PEM, and its serial number in decimal digits. @see RFC 5280, section 4.1 */
export function makeCertificate(contents: CertificateContents): { pem: string; serial: string } {
  const { issuer, subject, publicKey, from, until, extensions, signer } = contents
  // Positive and at most 20 bytes, as section 4.1.2.2 demands.
  const serial = BigInt(`0x${randomBytes(16).toString('hex')}`)
  const algorithm = signatureAlgorithm(signer)
  const body = sequence(
    explicit(0, integer(2)),
    integer(serial),
    algorithm.identifier,
    issuer,
    sequence(time(from), time(until)),
    subject,
    publicKey,
    ...(extensions.length === 0 ? [] : [explicit(3, sequence(...extensions))]),
  )
  const signed = sequence(body, algorithm.identifier, bitString(sign(algorithm.digest, body, signer)))
  return { pem: toPem('CERTIFICATE', signed), serial: serial.toString() }
}

/** A request for a certificate as PEM. @see RFC 2986, section 4 */
export function makeRequest(subject: Buffer, key: KeyObject, altName: Buffer | undefined): string {
  const extensionRequest = altName === undefined ? [] : [sequence(oid('1.2.840.113549.1.9.14'), der(tag.set, sequence(altName)))]
  const body = sequence(integer(0), subject, publicKeyDer(key), explicit(0, ...extensionRequest))
  const algorithm = signatureAlgorithm(key)
  return toPem('CERTIFICATE REQUEST', sequence(body, algorithm.identifier, bitString(sign(algorithm.digest, body, key))))
}

export interface RequestContents {
  readonly subject: Buffer
  readonly publicKey: Buffer
  /** The value of the extension with other names, if there is one. */
  readonly altName: Buffer | undefined
}

/** @throws Failure for what is no request, or one that its key has not signed. */
export function readRequest(pem: string, attribute: string): RequestContents {
  const fail = (reason: string): never => {
    throw new Failure(
      'Failed to parse certificate request PEM',
      `The value of "${attribute}" is not a certificate request: ${reason}.`,
      attribute,
    )
  }
  const block = readPem(pem).find((b) => /^(NEW )?CERTIFICATE REQUEST$/.test(b.label)) ?? fail('it has no such PEM block')
  let contents: RequestContents & { body: Buffer; algorithm: string; signature: Buffer }
  try {
    const [body, algorithm, signature] = readInside(block.bytes)
    const [, subject, publicKey, attributes] = readElements(body!.content)
    contents = {
      subject: subject!.bytes,
      publicKey: publicKey!.bytes,
      altName: attributes === undefined ? undefined : requestedAltName(attributes.content),
      body: body!.bytes,
      algorithm: readOid(readElements(algorithm!.content)[0]!.content),
      signature: signature!.content.subarray(1),
    }
  } catch (error) {
    return fail((error as Error).message)
  }
  const digest = Object.values(algorithms).find((a) => a.id === contents.algorithm)?.digest
  const key = createPublicKey({ key: contents.publicKey, format: 'der', type: 'spki' })
  if (digest === undefined) fail(`its signature algorithm ${contents.algorithm} is not supported`)
  if (!verify(digest, contents.body, key, contents.signature)) fail('its signature is not that of its key')
  return contents
}

function requestedAltName(attributes: Buffer): Buffer | undefined {
  for (const attribute of readElements(attributes)) {
    const [id, values] = readElements(attribute.content)
    if (readOid(id!.content) !== '1.2.840.113549.1.9.14') continue
    const [extensions] = readElements(values!.content)
    for (const found of readElements(extensions!.content)) {
      const parts = readElements(found.content)
      if (readOid(parts[0]!.content) === extensionIds.subjectAltName) return parts.at(-1)!.content
    }
  }
  return undefined
}

/** Other names with the very value that was asked for. */
export function requestedNames(value: Buffer, isCritical: boolean): Buffer {
  return extension(extensionIds.subjectAltName, isCritical, value)
}

/** Subject and key identifier of an authority. @throws Failure for what is no certificate. */
export function readAuthority(
  pem: string,
  attribute: string,
): { subject: Buffer; keyId: Buffer | undefined; certificate: X509Certificate } {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch {
    throw new Failure('Failed to parse CA certificate PEM', `The value of "${attribute}" is not a certificate in PEM.`, attribute)
  }
  const [body] = readInside(certificate.raw)
  const fields = readElements(body!.content).filter((e) => e.tag !== 0xa0)
  // Serial number, algorithm, issuer, validity, subject.
  const subject = fields[4]!.bytes
  const value = extensionOf(certificate, extensionIds.subjectKeyId)
  const keyId = value && readElements(value)[0]!.content
  return { subject, keyId, certificate }
}

/** The value of an extension of a certificate, without the octet string around it. */
export function extensionOf(certificate: X509Certificate, id: string): Buffer | undefined {
  const [body] = readInside(certificate.raw)
  const extensions = readElements(body!.content).find((e) => e.tag === 0xa3)
  if (extensions === undefined) return undefined
  const found = readInside(extensions.content)
    .map((e) => readElements(e.content))
    .find((parts) => readOid(parts[0]!.content) === id)
  return found?.at(-1)?.content
}

/** The first method of RFC 5280, section 4.2.1.2: SHA-1 of the bits of the public key. */
export function keyIdOf(publicKey: Buffer): Buffer {
  const bits = readInside(publicKey)[1]!.content.subarray(1)
  return createHash('sha1').update(bits).digest()
}

const algorithms = {
  rsa: { id: '1.2.840.113549.1.1.11', digest: 'sha256' },
  ecdsa256: { id: '1.2.840.10045.4.3.2', digest: 'sha256' },
  ecdsa384: { id: '1.2.840.10045.4.3.3', digest: 'sha384' },
  ecdsa512: { id: '1.2.840.10045.4.3.4', digest: 'sha512' },
  ed25519: { id: '1.3.101.112', digest: null },
} as const

function signatureAlgorithm(key: KeyObject): { identifier: Buffer; digest: string | null } {
  const { namedCurve } = key.asymmetricKeyDetails ?? {}
  const chosen =
    key.asymmetricKeyType === 'rsa'
      ? algorithms.rsa
      : key.asymmetricKeyType === 'ed25519'
        ? algorithms.ed25519
        : namedCurve === 'secp521r1'
          ? algorithms.ecdsa512
          : namedCurve === 'secp384r1'
            ? algorithms.ecdsa384
            : algorithms.ecdsa256
  // RSA alone has parameters, and they are null.
  return { identifier: sequence(oid(chosen.id), ...(chosen === algorithms.rsa ? [der(tag.null)] : [])), digest: chosen.digest }
}
