import { isIP } from 'node:net'
import { bitString, der, integer, octetString, oid, sequence, trueValue } from './_der.ts'

/** Uses of a key by their bit (RFC 5280, section 4.2.1.3). */
const keyUses: Readonly<Record<string, number>> = {
  digital_signature: 0,
  content_commitment: 1,
  key_encipherment: 2,
  data_encipherment: 3,
  key_agreement: 4,
  cert_signing: 5,
  crl_signing: 6,
  encipher_only: 7,
  decipher_only: 8,
}

/** Extended uses by their object identifier (RFC 5280, section 4.2.1.12, and those of Microsoft and Netscape). */
const extendedUses: Readonly<Record<string, string>> = {
  any_extended: '2.5.29.37.0',
  server_auth: '1.3.6.1.5.5.7.3.1',
  client_auth: '1.3.6.1.5.5.7.3.2',
  code_signing: '1.3.6.1.5.5.7.3.3',
  email_protection: '1.3.6.1.5.5.7.3.4',
  ipsec_end_system: '1.3.6.1.5.5.7.3.5',
  ipsec_tunnel: '1.3.6.1.5.5.7.3.6',
  ipsec_user: '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  ocsp_signing: '1.3.6.1.5.5.7.3.9',
  microsoft_server_gated_crypto: '1.3.6.1.4.1.311.10.3.3',
  netscape_server_gated_crypto: '2.16.840.1.113730.4.1',
  microsoft_commercial_code_signing: '1.3.6.1.4.1.311.2.1.22',
  microsoft_kernel_code_signing: '1.3.6.1.4.1.311.61.1.1',
}

/** What `allowed_uses` may hold. */
export const allowedUses: readonly string[] = [...Object.keys(keyUses), ...Object.keys(extendedUses)].sort()

export function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(isCritical ? [trueValue] : []), octetString(value))
}

export const extensionIds = {
  basicConstraints: '2.5.29.19',
  subjectKeyId: '2.5.29.14',
  subjectAltName: '2.5.29.17',
  authorityKeyId: '2.5.29.35',
} as const

/** Both kinds of uses, each in an extension of its own where there are any. */
export function useExtensions(uses: readonly string[]): Buffer[] {
  const bits = uses.flatMap((use) => keyUses[use] ?? [])
  const extended = uses.flatMap((use) => extendedUses[use] ?? [])
  const extensions: Buffer[] = []
  if (bits.length > 0) {
    const last = Math.max(...bits)
    const bytes = Buffer.alloc(Math.floor(last / 8) + 1)
    for (const bit of bits) bytes[bit >> 3]! |= 0x80 >> (bit & 7)
    extensions.push(extension('2.5.29.15', true, bitString(bytes, 7 - (last & 7))))
  }
  if (extended.length > 0) extensions.push(extension('2.5.29.37', false, sequence(...extended.map(oid))))
  return extensions
}

/** `pathLength`: how many authorities may follow below; undefined or negative is any number. Of others than authorities nothing is said. */
export function basicConstraints(isCa: boolean, pathLength?: number): Buffer {
  const limit = isCa && pathLength !== undefined && pathLength >= 0 ? [integer(pathLength)] : []
  return extension('2.5.29.19', true, sequence(...(isCa ? [trueValue] : []), ...limit))
}

export function subjectKeyId(id: Buffer): Buffer {
  return extension(extensionIds.subjectKeyId, false, octetString(id))
}

export function authorityKeyId(id: Buffer): Buffer {
  return extension(extensionIds.authorityKeyId, false, sequence(der(0x80, id)))
}

/** Critical where there is no subject (RFC 5280, section 4.2.1.6). Undefined when there are no names. */
export function subjectAltName(
  names: { dns: readonly string[]; ips: readonly string[]; uris: readonly string[] },
  isCritical: boolean,
): Buffer | undefined {
  const all = [
    ...names.dns.map((name) => der(0x82, Buffer.from(name))),
    ...names.ips.map((address) => der(0x87, ipBytes(address))),
    ...names.uris.map((uri) => der(0x86, Buffer.from(uri))),
  ]
  return all.length === 0 ? undefined : extension(extensionIds.subjectAltName, isCritical, sequence(...all))
}

/** The 4 or 16 bytes of an address. */
export function ipBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const bare = address.split('%')[0]!
  // The last two groups may be written as an IPv4 address.
  const v4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare)
  const hex = (a: string, b: string): string => (Number(a) * 256 + Number(b)).toString(16)
  const text = v4 === null ? bare : `${v4[1]}${hex(v4[2]!, v4[3]!)}:${hex(v4[4]!, v4[5]!)}`
  const [head = '', tail] = text.split('::')
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const [first, last] = [groups(head), tail === undefined ? [] : groups(tail)]
  const all = [...first, ...Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}
