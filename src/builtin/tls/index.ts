import { boolType, stringType } from '../../cty/index.ts'
import type { Provider } from '../../providers/index.ts'

import { defineSimpleProvider, Failure } from '../../providers/simple/index.ts'
import { certRequest } from './cert-request.ts'
import { certificateData } from './certificate-data.ts'
import { locallySignedCert } from './locally-signed-cert.ts'
import { ephemeralPrivateKey, privateKey } from './private-key.ts'
import { publicKeyData } from './public-key-data.ts'
import { selfSignedCert } from './self-signed-cert.ts'

export interface TlsProviderOptions {
  readonly now?: () => Date
}

/** What the types are called with: the clock. */
export interface TlsApi {
  readonly now: () => Date
}

const text = { type: stringType, optional: true }

/** The built-in provider `hashicorp/tls`. */
export function tlsProvider({ now = () => new Date() }: TlsProviderOptions = {}): Provider {
  return defineSimpleProvider<TlsApi>({
    blocks: {
      proxy: {
        nesting: 'list',
        maxItems: 1,
        attributes: { url: text, username: text, password: { ...text, sensitive: true }, from_env: { type: boolType, optional: true } },
      },
    },
    resources: {
      tls_cert_request: certRequest,
      tls_locally_signed_cert: locallySignedCert,
      tls_private_key: privateKey,
      tls_self_signed_cert: selfSignedCert,
    },
    dataSources: { tls_certificate: certificateData, tls_public_key: publicKeyData },
    ephemerals: { tls_private_key: ephemeralPrivateKey },
    configure({ proxy }) {
      if (Array.isArray(proxy) && proxy.some((p) => (p as { url?: unknown } | null)?.url != null)) {
        throw new Failure(
          'Proxies not supported yet',
          'The built-in tls provider connects to servers directly. Remove the proxy block, or use the plugin of this provider.',
        )
      }
      return { now }
    },
  })
}
