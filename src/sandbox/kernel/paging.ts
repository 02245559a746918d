import type { Call } from './call.ts'
import { AwsError } from './errors.ts'

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextToken: string | undefined
}

/**
 * The page of `items` that a token points at. Tokens are opaque to clients and name the position.
 *
 * @throws AwsError of the given code for a token that is none
 */
export function pageOf<T>(
  call: Call,
  items: readonly T[],
  token: string | undefined,
  size: number | undefined,
  badToken = 'InvalidNextToken',
): Page<T> {
  let start = 0
  if (token !== undefined && token !== '') {
    const match = /^at:(\d+)$/.exec(Buffer.from(token, 'base64url').toString('utf8'))
    if (match === null) throw new AwsError(badToken, `The token '${token}' is invalid`)
    start = Number(match[1])
  }
  const end = start + Math.min(size ?? Number.POSITIVE_INFINITY, call.kernel.maxPageSize)
  return {
    items: items.slice(start, end),
    nextToken: end < items.length ? Buffer.from(`at:${end}`).toString('base64url') : undefined,
  }
}
