import { createHash, X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { boolType, listType, numberType, objectType, stringType, type Type } from '../../cty/index.ts'
import type { PlainObject } from '../../providers/kit/index.ts'
import { Failure, type SimpleDataSource } from '../../providers/simple/index.ts'
import { openTunnel } from '../../proxy/index.ts'
import { extensionOf } from './_certificate.ts'
import { readElements, readInside, readOid, tag } from './_der.ts'
import { extensionIds } from './_extensions.ts'
import type { Flavour } from './_flavour.ts'
import { readPem, toPem } from './_pem.ts'
import type { TlsApi } from './index.ts'

function certificateType({ pathLength }: Flavour): Type {
  return objectType([
    ['cert_pem', stringType],
    ['is_ca', boolType],
    ['issuer', stringType],
    ...(pathLength ? ([['max_path_length', numberType]] as const) : []),
    ['not_after', stringType],
    ['not_before', stringType],
    ['public_key_algorithm', stringType],
    ['serial_number', stringType],
    ['sha1_fingerprint', stringType],
    ['signature_algorithm', stringType],
    ['subject', stringType],
    ['version', numberType],
  ])
}

/** The data source `tls_certificate`: the certificates of a server, the root first, or those of a text. */
export function certificateData(flavour: Flavour): SimpleDataSource<TlsApi> {
  return {
    attributes: {
      url: { type: stringType, optional: true, exactlyOneOf: ['url', 'content'], check: checkUrl },
      content: { type: stringType, optional: true, sensitive: true },
      verify_chain: { type: boolType, optional: true, conflictsWith: ['content'] },
      certificates: { type: listType(certificateType(flavour)), computed: true },
      id: { type: stringType, computed: true },
    },
    async read({ url, content, verify_chain: verify }, { api, signal }) {
      const found = typeof url === 'string' ? await chainOf(new URL(url), verify !== false, api, signal) : parseAll(content as string)
      const certificates = found.map((certificate) => describe(certificate, flavour))
      const id = createHash('sha1').update(JSON.stringify(certificates)).digest('hex')
      return { certificates, id }
    },
  }
}

function checkUrl(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return /^(https|tls):\/\/[^/]/.test(value) && URL.canParse(value)
    ? undefined
    : `must be a URL with the scheme https or tls, got: "${value}"`
}

function parseAll(content: string): X509Certificate[] {
  const blocks = readPem(content)
  const other = blocks.find((block) => block.label !== 'CERTIFICATE')
  if (blocks.length === 0 || other !== undefined) {
    const reason = other === undefined ? 'it holds no PEM block' : `it holds a PEM block "${other.label}"`
    throw new Failure('Failed to decoded PEM', `The value of "content" is not a list of certificates in PEM: ${reason}.`, 'content')
  }
  try {
    return blocks.map((block) => new X509Certificate(block.bytes))
  } catch (error) {
    throw new Failure(
      'Unable to parse certificate',
      `The value of "content" holds a certificate that cannot be read: ${(error as Error).message}.`,
      'content',
    )
  }
}

async function chainOf(url: URL, verify: boolean, { proxyOf }: TlsApi, signal: AbortSignal): Promise<X509Certificate[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || 443)
  const failure = (error: Error): Failure =>
    new Failure('Failed to identify fetch peer certificates', `Unable to execute a TLS handshake with ${url.host}: ${error.message}`, 'url')
  let tunnel: Socket | undefined
  try {
    // As the plugin: only what is asked by https goes by a proxy.
    const proxy = url.protocol === 'https:' ? proxyOf(url) : undefined
    if (proxy !== undefined) tunnel = await openTunnel(proxy, host, port)
  } catch (error) {
    throw failure(error as Error)
  }
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.destroy()
      reject(failure(error))
    }
    // A server's name is no address (RFC 6066, section 3).
    const servername = /[a-z]/i.test(host) && !host.includes(':') ? { servername: host } : {}
    const way = tunnel === undefined ? { host, port } : { socket: tunnel }
    const socket = connect({ ...way, rejectUnauthorized: verify, ...servername }, () => {
      const chain: X509Certificate[] = []
      let current: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
      while (current?.raw !== undefined) {
        chain.unshift(new X509Certificate(current.raw))
        // A root is its own issuer.
        current =
          current.issuerCertificate === current || current.issuerCertificate?.fingerprint256 === current.fingerprint256
            ? undefined
            : current.issuerCertificate
      }
      socket.end()
      resolve(chain)
    })
    socket.setTimeout(30_000, () => fail(new Error('no answer within 30 seconds')))
    socket.once('error', fail)
    signal.addEventListener('abort', () => fail(signal.reason as Error), { once: true })
  })
}

function describe(certificate: X509Certificate, { pathLength }: Flavour): PlainObject {
  const [body, algorithm] = readInside(certificate.raw)
  const version = readElements(body!.content)[0]!
  return {
    cert_pem: toPem('CERTIFICATE', certificate.raw),
    is_ca: certificate.ca,
    issuer: goName(certificate.issuer),
    ...(pathLength ? { max_path_length: maxPathLength(certificate) } : {}),
    not_after: new Date(certificate.validTo).toISOString().replace('.000Z', 'Z'),
    not_before: new Date(certificate.validFrom).toISOString().replace('.000Z', 'Z'),
    public_key_algorithm: publicKeyAlgorithm(certificate),
    serial_number: BigInt(`0x${certificate.serialNumber}`).toString(),
    sha1_fingerprint: certificate.fingerprint.replaceAll(':', '').toLowerCase(),
    signature_algorithm: signatureAlgorithms[readOid(readElements(algorithm!.content)[0]!.content)] ?? '0',
    subject: goName(certificate.subject),
    version: version.tag === 0xa0 ? readElements(version.content)[0]!.content[0]! + 1 : 1,
  }
}

/** How many authorities may follow below an authority; -1: any number, or it is none. */
function maxPathLength(certificate: X509Certificate): number {
  if (!certificate.ca) return -1
  const value = extensionOf(certificate, extensionIds.basicConstraints)
  const limit = value === undefined ? undefined : readInside(value).find((e) => e.tag === tag.integer)
  return limit === undefined ? -1 : Number(BigInt(`0x${limit.content.toString('hex')}`))
}

/** Names of Go's `crypto/x509`. */
const signatureAlgorithms: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.5': 'SHA1-RSA',
  '1.2.840.113549.1.1.11': 'SHA256-RSA',
  '1.2.840.113549.1.1.12': 'SHA384-RSA',
  '1.2.840.113549.1.1.13': 'SHA512-RSA',
  '1.2.840.10045.4.1': 'ECDSA-SHA1',
  '1.2.840.10045.4.3.2': 'ECDSA-SHA256',
  '1.2.840.10045.4.3.3': 'ECDSA-SHA384',
  '1.2.840.10045.4.3.4': 'ECDSA-SHA512',
  '1.3.101.112': 'Ed25519',
}

function publicKeyAlgorithm(certificate: X509Certificate): string {
  switch (certificate.publicKey.asymmetricKeyType) {
    case 'rsa':
      return 'RSA'
    case 'ec':
      return 'ECDSA'
    case 'ed25519':
      return 'Ed25519'
    case 'dsa':
      return 'DSA'
    default:
      return '0'
  }
}

/** Node gives a name line by line and escaped, in the order of the certificate; Go joins it with commas, the last part first. */
function goName(lines: string): string {
  return (lines ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .reverse()
    .join(',')
}
