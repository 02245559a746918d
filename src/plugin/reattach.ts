import { defaultHost, type ProviderSource, parseProviderSource, providerSourceToString } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { Address, ProtocolMajor } from './wire/index.ts'

/** A running plugin, as TF_REATTACH_PROVIDERS names it. */
export interface Reattachment {
  readonly source: ProviderSource
  readonly address: Address
  readonly protocol: ProtocolMajor
}

/** By `providerSourceToString`. What is wrong with the text is reported. */
export function parseReattach(text: string | undefined, diags: Diagnostics): ReadonlyMap<string, Reattachment> {
  const found = new Map<string, Reattachment>()
  if (text === undefined || text.trim() === '') return found
  const wrong = (reason: string): void =>
    diags.error(
      'Invalid TF_REATTACH_PROVIDERS',
      `The environment variable TF_REATTACH_PROVIDERS is not the JSON object that a provider under development prints: ${reason}.`,
    )
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (e) {
    wrong((e as Error).message)
    return found
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    wrong('it is no object')
    return found
  }
  for (const [name, entry] of Object.entries(parsed)) {
    const own = new Diagnostics()
    const source = parseProviderSource(name, defaultHost, own)
    if (source === undefined) {
      wrong(`${JSON.stringify(name)} is no provider source address`)
      continue
    }
    const one = readEntry(entry)
    if (typeof one === 'string') wrong(`the entry of ${JSON.stringify(name)} ${one}`)
    else found.set(providerSourceToString(source), { source, ...one })
  }
  return found
}

function readEntry(entry: unknown): { address: Address; protocol: ProtocolMajor } | string {
  const { Protocol, ProtocolVersion, Addr } = (entry ?? {}) as { Protocol?: unknown; ProtocolVersion?: unknown; Addr?: unknown }
  const { Network, String: address } = (Addr ?? {}) as { Network?: unknown; String?: unknown }
  if (Protocol !== undefined && Protocol !== '' && Protocol !== 'grpc') return 'speaks another protocol than gRPC'
  // Releases that know only one version do not say which.
  const version = ProtocolVersion === undefined || ProtocolVersion === 0 ? 5 : ProtocolVersion
  if (version !== 5 && version !== 6) return 'has a protocol version other than 5 and 6'
  if (Network !== 'unix' && Network !== 'tcp') return 'has no network "unix" or "tcp"'
  if (typeof address !== 'string' || address === '') return 'has no address'
  return { address: { network: Network, address }, protocol: version }
}
