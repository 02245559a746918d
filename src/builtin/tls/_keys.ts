import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { Failure } from '../../providers/simple/index.ts'
import { opensshPrivateKey, opensshPublicKey, readOpensshPrivateKey } from './_openssh.ts'

export type Algorithm = 'RSA' | 'ECDSA' | 'ED25519'

export const curves = { P224: 'secp224r1', P256: 'prime256v1', P384: 'secp384r1', P521: 'secp521r1' } as const
export type Curve = keyof typeof curves

const generate = promisify(generateKeyPair)

export async function generateKey(algorithm: Algorithm, curve: Curve, rsaBits: number): Promise<KeyObject> {
  switch (algorithm) {
    case 'RSA':
      return (await generate('rsa', { modulusLength: rsaBits })).privateKey
    case 'ECDSA':
      return (await generate('ec', { namedCurve: curves[curve] })).privateKey
    case 'ED25519':
      return (await generate('ed25519')).privateKey
  }
}

/** @throws Failure without the text, which is a secret. */
export function parsePrivateKey(text: string, attribute: string): KeyObject {
  let key: KeyObject
  try {
    key = text.includes('BEGIN OPENSSH PRIVATE KEY') ? readOpensshPrivateKey(text) : createPrivateKey(text)
  } catch {
    throw new Failure(
      'Failed to parse private key PEM',
      `The value of "${attribute}" is not an unencrypted private key in a notation that is supported.`,
      attribute,
    )
  }
  algorithmOf(key)
  return key
}

/** @throws Failure for keys of other kinds. */
export function algorithmOf(key: KeyObject): Algorithm {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return 'RSA'
    case 'ec':
      return 'ECDSA'
    case 'ed25519':
      return 'ED25519'
    default:
      throw new Failure(
        'Unsupported key',
        `Keys of the kind ${key.asymmetricKeyType ?? 'unknown'} are not supported; RSA, ECDSA and ED25519 are.`,
      )
  }
}

/** PEM in the notation that is usual for the algorithm: PKCS #1, SEC 1 or PKCS #8. */
export function privateKeyPem(key: KeyObject): string {
  const type = { RSA: 'pkcs1', ECDSA: 'sec1', ED25519: 'pkcs8' } as const
  return key.export({ format: 'pem', type: type[algorithmOf(key)] }).toString()
}

export function privateKeyPkcs8(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

export function publicKeyDer(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' })
}

/** The attributes of a public key; those for OpenSSH are empty where it has no name for the curve. */
export function publicKeyAttributes(key: KeyObject): Record<string, string> {
  const spki = publicKeyDer(key)
  const wire = opensshPublicKey(key)
  const digest = (algorithm: string): Buffer => createHash(algorithm).update(wire!.blob).digest()
  return {
    id: createHash('sha1').update(spki).digest('hex'),
    public_key_pem: createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString(),
    public_key_openssh: wire === undefined ? '' : `${wire.type} ${wire.blob.toString('base64')}\n`,
    public_key_fingerprint_md5: wire === undefined ? '' : digest('md5').toString('hex').match(/../g)!.join(':'),
    public_key_fingerprint_sha256: wire === undefined ? '' : `SHA256:${digest('sha256').toString('base64').replace(/=+$/, '')}`,
  }
}

export function privateKeyAttributes(key: KeyObject): Record<string, string> {
  return {
    private_key_pem: privateKeyPem(key),
    private_key_pem_pkcs8: privateKeyPkcs8(key),
    private_key_openssh: opensshPrivateKey(key) ?? '',
    ...publicKeyAttributes(key),
  }
}
