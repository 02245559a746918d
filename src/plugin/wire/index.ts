export { type Certificate, certificateFromHandshake, certificateToHandshake, createCertificate } from './certificate.ts'
export { type Address, type CallOptions, connectGrpc, GrpcChannel, type TlsIdentity } from './client.ts'
export { type Decoded, decodeMessage, type Encodable, encodeMessage, type Message, WireError } from './codec.ts'
export { formatHandshake, type Handshake, HandshakeError, MAGIC_COOKIE, parseHandshake } from './handshake.ts'
export * from './messages.ts'
export {
  type CallContext,
  type DuplexHandler,
  type GrpcServer,
  type GrpcServerOptions,
  type Handler,
  type StreamHandler,
  serveGrpc,
  type UnaryHandler,
} from './server.ts'
export { GrpcError, type StatusCode } from './status.ts'
