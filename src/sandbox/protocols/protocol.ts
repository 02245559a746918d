import type { AwsError } from '../kernel/errors.ts'
import type { OperationShape, ServiceModel, WireObject } from './shape.ts'

/** A request as it came over the wire; header names are in lower case. */
export interface WireRequest {
  readonly method: string
  /** Still percent-encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface WireResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

/** What the protocols must know of a service besides its shapes. */
export interface ServiceFacts {
  readonly version: string
  readonly xmlNamespace?: string
  /** What stands before the dot in `X-Amz-Target`. */
  readonly targetPrefix?: string
}

export interface Protocol {
  /** @throws AwsError when the request names no operation of the service or does not have its shape */
  decode(request: WireRequest, model: ServiceModel, facts: ServiceFacts): { operation: OperationShape; input: WireObject }
  encode(output: WireObject, operation: OperationShape, facts: ServiceFacts, requestId: string): WireResponse
  encodeError(error: AwsError, facts: ServiceFacts, requestId: string): WireResponse
}
