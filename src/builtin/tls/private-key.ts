import { numberType, stringType } from '../../cty/index.ts'
import type { PlainObject } from '../../providers/kit/index.ts'
import type { SimpleAttribute, SimpleAttributes, SimpleEphemeral, SimpleResource } from '../../providers/simple/index.ts'
import { type Algorithm, type Curve, curves, generateKey, parsePrivateKey, privateKeyAttributes } from './_keys.ts'
import type { TlsApi } from './index.ts'

const oneOf =
  (...values: readonly string[]) =>
  (value: unknown): string | undefined =>
    typeof value === 'string' && !values.includes(value)
      ? `value must be one of: [${values.map((v) => `"${v}"`).join(' ')}], got: "${value}"`
      : undefined

const args: SimpleAttributes = {
  algorithm: { type: stringType, required: true, forceNew: true, check: oneOf('RSA', 'ECDSA', 'ED25519') },
  ecdsa_curve: { type: stringType, default: 'P224', forceNew: true, check: oneOf(...Object.keys(curves)) },
  rsa_bits: {
    type: numberType,
    default: 2048,
    forceNew: true,
    check: (v) => (typeof v === 'number' && v < 512 ? `value must be at least 512, got: ${v}` : undefined),
  },
}

const known: SimpleAttribute = { type: stringType, computed: true, stable: true }
const secret: SimpleAttribute = { ...known, sensitive: true }

const notations: SimpleAttributes = {
  private_key_pem: secret,
  private_key_openssh: secret,
  private_key_pem_pkcs8: secret,
  public_key_pem: known,
  public_key_openssh: known,
  public_key_fingerprint_md5: known,
  public_key_fingerprint_sha256: known,
}

async function make({ algorithm, ecdsa_curve: curve, rsa_bits: bits }: PlainObject): Promise<Record<string, string>> {
  return privateKeyAttributes(await generateKey(algorithm as Algorithm, curve as Curve, bits as number))
}

/** `tls_private_key`: a key that lives in the state. */
export const privateKey: SimpleResource<TlsApi> = {
  version: 1,
  attributes: { ...args, ...notations, id: known },
  create: make,
  upgrades: {
    // Version 0 had fewer notations.
    0: (stored) => ({ ...stored, ...privateKeyAttributes(parsePrivateKey(String(stored.private_key_pem), 'private_key_pem')) }),
  },
}

/** The ephemeral `tls_private_key`: a new one each time, stored nowhere. */
export const ephemeralPrivateKey: SimpleEphemeral<TlsApi> = {
  attributes: { ...args, ...notations },
  async open(config) {
    const { id: _, ...attributes } = await make(config)
    return attributes
  },
}
