import type { Call } from '../../kernel/call.ts'
import { invalidInput } from './_rows.ts'

const MAX_ITEMS = 100

/** Route 53 takes sizes as text in some places and as numbers in others. @throws AwsError InvalidInput for sizes that are none */
export function pageSize(call: Call, given: number | string | undefined, most = MAX_ITEMS): number {
  const size = given === undefined ? most : Number(given)
  if (!Number.isInteger(size) || size < 1) throw invalidInput(`The value '${given}' of maxitems is invalid.`)
  return Math.min(size, most, call.kernel.maxPageSize)
}
