import { stringType } from '../../cty/index.ts'
import type { SimpleDataSource } from '../../providers/simple/index.ts'
import { algorithmOf, parsePrivateKey, publicKeyAttributes } from './_keys.ts'
import type { TlsApi } from './index.ts'

const computed = { type: stringType, computed: true }

/** The data source `tls_public_key`: the public part of a private key. */
export const publicKeyData: SimpleDataSource<TlsApi> = {
  attributes: {
    private_key_pem: { type: stringType, optional: true, sensitive: true, exactlyOneOf: ['private_key_pem', 'private_key_openssh'] },
    private_key_openssh: { type: stringType, optional: true, sensitive: true },
    algorithm: computed,
    public_key_pem: computed,
    public_key_openssh: computed,
    public_key_fingerprint_md5: computed,
    public_key_fingerprint_sha256: computed,
    id: computed,
  },
  read({ private_key_pem: pem, private_key_openssh: openssh }) {
    const [text, attribute] = typeof pem === 'string' ? [pem, 'private_key_pem'] : [openssh as string, 'private_key_openssh']
    const key = parsePrivateKey(text, attribute)
    return { algorithm: algorithmOf(key), ...publicKeyAttributes(key) }
  },
}
