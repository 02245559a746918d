import { stringType } from '../../cty/index.ts'
import type { SimpleDataSource, SimpleEphemeral } from '../../providers/simple/index.ts'
import { algorithmOf, parsePrivateKey, publicKeyAttributes } from './_keys.ts'
import type { TlsApi } from './index.ts'

const computed = { type: stringType, computed: true }

const attributes: SimpleDataSource<TlsApi>['attributes'] = {
  private_key_pem: { type: stringType, optional: true, sensitive: true, exactlyOneOf: ['private_key_pem', 'private_key_openssh'] },
  private_key_openssh: { type: stringType, optional: true, sensitive: true },
  algorithm: computed,
  public_key_pem: computed,
  public_key_openssh: computed,
  public_key_fingerprint_md5: computed,
  public_key_fingerprint_sha256: computed,
  id: computed,
}

type Members = Parameters<SimpleDataSource<TlsApi>['read']>[0]

function publicPart({ private_key_pem: pem, private_key_openssh: openssh }: Members): Members {
  const [text, attribute] = typeof pem === 'string' ? [pem, 'private_key_pem'] : [openssh as string, 'private_key_openssh']
  const key = parsePrivateKey(text, attribute)
  return { algorithm: algorithmOf(key), ...publicKeyAttributes(key) }
}

/** The data source `tls_public_key`: the public part of a private key. */
export const publicKeyData: SimpleDataSource<TlsApi> = { attributes, read: publicPart }

/** The ephemeral `tls_public_key`, for keys that are stored nowhere. */
export const ephemeralPublicKey: SimpleEphemeral<TlsApi> = { attributes, open: publicPart }
