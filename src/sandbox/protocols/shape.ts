/**
 * The sandbox's own picture of what a service's requests and responses look like. `_sdk-model.ts` fills it from the
 * schemas that the SDK packages publish; the codecs of this folder read nothing else.
 */

export interface Traits {
  readonly xmlName?: string
  readonly ec2QueryName?: string
  readonly xmlFlattened?: boolean
  readonly xmlAttribute?: boolean
  /** Prefix and address of a namespace declared on the element. */
  readonly xmlNamespace?: readonly [string, string]
  readonly jsonName?: string
  readonly httpHeader?: string
  readonly httpLabel?: boolean
  readonly httpQuery?: string
  readonly httpQueryParams?: boolean
  readonly httpPayload?: boolean
  readonly httpPrefixHeaders?: string
  readonly httpResponseCode?: boolean
  readonly idempotencyToken?: boolean
  readonly streaming?: boolean
}

export type TimestampFormat = 'default' | 'dateTime' | 'httpDate' | 'epoch'

export type Shape =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'blob' | 'document' | 'unit' }
  | { readonly kind: 'timestamp'; readonly format: TimestampFormat }
  | StructureShape
  | { readonly kind: 'list'; readonly name: string; readonly member: Member }
  | { readonly kind: 'map'; readonly name: string; readonly key: Member; readonly value: Member }

export interface StructureShape {
  readonly kind: 'structure'
  readonly name: string
  readonly traits: Traits
  readonly members: readonly Member[]
}

/** A place for a value: a member of a structure, the element of a list, the key or the value of a map. */
export interface Member {
  readonly name: string
  readonly traits: Traits
  readonly required: boolean
  /** Shapes refer to each other in circles, so the target is looked up when it is needed. */
  readonly shape: Shape
}

export interface OperationShape {
  readonly name: string
  readonly http?: { readonly method: string; readonly uri: string; readonly status: number }
  readonly input: StructureShape
  readonly output: StructureShape
}

export interface ServiceModel {
  /** Undefined for names that the service does not have. */
  operation(name: string): OperationShape | undefined
  operations(): readonly OperationShape[]
}

/** Requests and responses in memory: the member names of the SDK, `Date` for timestamps, `Uint8Array` for blobs. */
export type WireValue = string | number | boolean | Date | Uint8Array | WireObject | readonly WireValue[] | undefined | null
export interface WireObject {
  [name: string]: WireValue
}
