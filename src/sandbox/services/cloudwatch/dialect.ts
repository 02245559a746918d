import type { WireRequest } from '../../protocols/index.ts'

export type Dialect = 'json' | 'query' | 'cbor'

/** In which of CloudWatch's protocols a request is written. */
export function dialectOf(request: WireRequest): Dialect {
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return 'cbor'
  return request.headers['x-amz-target'] === undefined ? 'query' : 'json'
}
