import { boolType, stringType } from '../../cty/index.ts'
import type { Provider } from '../../providers/index.ts'
import { asRecord, type Plain } from '../../providers/kit/index.ts'
import { defineSimpleProvider, Failure, type SimpleProvider } from '../../providers/simple/index.ts'
import { proxyFor, proxySettingsOf } from '../../proxy/index.ts'
import { type Flavour, flavourOf } from './_flavour.ts'
import { certRequest } from './cert-request.ts'
import { certificateData } from './certificate-data.ts'
import { locallySignedCert } from './locally-signed-cert.ts'
import { ephemeralPrivateKey, privateKey } from './private-key.ts'
import { ephemeralPublicKey, publicKeyData } from './public-key-data.ts'
import { selfSignedCert } from './self-signed-cert.ts'

export interface TlsProviderOptions {
  readonly now?: () => Date
  /** Of the plugin that is followed; the newest known one when not given. */
  readonly version?: string
}

/** What the types are called with: the clock, and the ways to servers. */
export interface TlsApi {
  readonly now: () => Date
  /** The proxy by which a server is reached; undefined: directly. */
  readonly proxyOf: (server: URL) => URL | undefined
}

const text = { type: stringType, optional: true }

type Types = Pick<SimpleProvider<TlsApi>, 'resources' | 'dataSources' | 'ephemerals'>

const known = new Map<string, Types>()

/** The types of a flavour, the same ones each time: their schemas are cached by identity. */
function typesOf(flavour: Flavour): Types {
  const key = JSON.stringify(flavour)
  let types = known.get(key)
  if (types === undefined) {
    types = {
      resources: {
        tls_cert_request: certRequest(flavour),
        tls_locally_signed_cert: locallySignedCert(flavour),
        tls_private_key: privateKey,
        tls_self_signed_cert: selfSignedCert(flavour),
      },
      dataSources: { tls_certificate: certificateData(flavour), tls_public_key: publicKeyData },
      ...(flavour.ephemerals ? { ephemerals: { tls_private_key: ephemeralPrivateKey, tls_public_key: ephemeralPublicKey } } : {}),
    }
    known.set(key, types)
  }
  return types
}

/** By the block of the provider, or else by the environment. */
function proxyOf(blocks: Plain | undefined): TlsApi['proxyOf'] {
  const block = asRecord((Array.isArray(blocks) ? blocks[0] : blocks) ?? {})
  const { url, username, password, from_env: fromEnv } = block
  if (typeof url === 'string') {
    const proxy = URL.canParse(url) ? new URL(url) : undefined
    if (proxy === undefined || !/^https?:$/.test(proxy.protocol)) {
      throw new Failure('Invalid proxy URL', 'The argument "url" of the proxy block must be a URL with the scheme http or https.')
    }
    if (fromEnv === true)
      throw new Failure('Invalid Attribute Combination', 'The arguments "url" and "from_env" of the proxy block exclude each other.')
    if (typeof username === 'string') proxy.username = encodeURIComponent(username)
    if (typeof password === 'string') proxy.password = encodeURIComponent(password)
    return () => proxy
  }
  if (username != null || password != null) {
    throw new Failure('Invalid Attribute Combination', 'The arguments "username" and "password" of the proxy block belong to its "url".')
  }
  return fromEnv === false ? () => undefined : (server) => proxyFor(server, proxySettingsOf(process.env))
}

/** The built-in provider `hashicorp/tls`. */
export function tlsProvider({ now = () => new Date(), version = '4.4.1' }: TlsProviderOptions = {}): Provider {
  const types = typesOf(flavourOf(version))
  return defineSimpleProvider<TlsApi>({
    blocks: {
      proxy: {
        nesting: 'list',
        maxItems: 1,
        attributes: { url: text, username: text, password: { ...text, sensitive: true }, from_env: { type: boolType, optional: true } },
      },
    },
    ...types,
    configure: ({ proxy }) => ({ now, proxyOf: proxyOf(proxy) }),
  })
}
