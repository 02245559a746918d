import type { Address } from './client.ts'
import type { ProtocolMajor } from './messages.ts'

/** Key and value of the variable by which a program knows that it was started as a plugin; never change. */
export const MAGIC_COOKIE = {
  name: 'TF_PLUGIN_MAGIC_COOKIE',
  value: 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2',
} as const

/** The one line a plugin writes to its stdout: `CORE|APP|NETWORK|ADDRESS|PROTOCOL|CERT[|MUX]`. */
export interface Handshake {
  readonly protocol: ProtocolMajor
  readonly address: Address
  /** Base64 without padding; see `certificateFromHandshake`. Undefined: the plugin talks plain text. */
  readonly certificate: string | undefined
}

/** The line is none, or not one we can go on with; the message is a sentence for the user. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
}

const CORE_VERSION = '1'
/** A certificate is longer; what is shorter is taken for none, as go-plugin does. */
const MIN_CERTIFICATE = 50

/** @throws HandshakeError */
export function parseHandshake(line: string): Handshake {
  const parts = line.trim().split('|')
  const [core, app, network, address, protocol = 'netrpc', certificate = ''] = parts
  if (parts.length < 4) {
    throw new HandshakeError(`It did not greet as a plugin does, but wrote ${JSON.stringify(shorten(line.trim()))}.`)
  }
  if (core !== CORE_VERSION) {
    throw new HandshakeError(`It speaks version ${shorten(core!)} of the plugin handshake, of which only version 1 is known.`)
  }
  if (app !== '5' && app !== '6') throw new HandshakeError(`It speaks plugin protocol ${shorten(app!)}; 5 and 6 are supported.`)
  if (network !== 'unix' && network !== 'tcp') throw new HandshakeError(`It listens on a network of unknown kind ${shorten(network!)}.`)
  if (protocol !== 'grpc') throw new HandshakeError(`It speaks ${shorten(protocol)}, and only gRPC is supported.`)
  return {
    protocol: app === '5' ? 5 : 6,
    address: { network, address: address! },
    certificate: certificate.length > MIN_CERTIFICATE ? certificate : undefined,
  }
}

/** Without the line's end. */
export function formatHandshake({ protocol, address, certificate }: Handshake): string {
  return [CORE_VERSION, protocol, address.network, address.address, 'grpc', certificate ?? ''].join('|')
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}
