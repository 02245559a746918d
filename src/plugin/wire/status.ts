/** gRPC status codes by number. @see https://grpc.io/docs/guides/status-codes/ */
export const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

export type StatusCode = (typeof statusNames)[number]

/** A call that ended with another status than OK. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError'
  readonly code: StatusCode

  constructor(code: StatusCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export function statusFromNumber(number: number): StatusCode {
  return statusNames[number] ?? 'UNKNOWN'
}

export function statusToNumber(code: StatusCode): number {
  return statusNames.indexOf(code)
}

/** Status of a call that ended without a `grpc-status`, from the HTTP status. @see gRPC "HTTP to gRPC Status Code Mapping" */
export function statusFromHttp(status: number): StatusCode {
  switch (status) {
    case 400:
      return 'INTERNAL'
    case 401:
      return 'UNAUTHENTICATED'
    case 403:
      return 'PERMISSION_DENIED'
    case 404:
      return 'UNIMPLEMENTED'
    case 429:
    case 502:
    case 503:
    case 504:
      return 'UNAVAILABLE'
    default:
      return 'UNKNOWN'
  }
}

/** Status of a call that ended with a reset stream. @see gRPC over HTTP2, "Errors" */
export function statusFromReset(code: number): StatusCode {
  switch (code) {
    case 7: // REFUSED_STREAM
      return 'UNAVAILABLE'
    case 8: // CANCEL
      return 'CANCELLED'
    case 11: // ENHANCE_YOUR_CALM
      return 'RESOURCE_EXHAUSTED'
    case 12: // INADEQUATE_SECURITY
      return 'PERMISSION_DENIED'
    default:
      return 'INTERNAL'
  }
}

/** `grpc-message`: percent-encoded UTF-8. A text that is not well formed is taken as it is. */
export function decodeStatusMessage(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function encodeStatusMessage(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text)) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
