import { randomInt } from 'node:crypto'
import { crc64 } from '../../base/index.ts'
import { mapType, stringType } from '../../cty/index.ts'
import { isSameWithoutNulls } from '../../providers/kit/index.ts'
import type { SimpleAttribute, SimpleDraft } from '../../providers/simple/index.ts'
import { seededNumbers } from './_seeded.ts'

/** Arbitrary values that make a new object when they change; see `planKeepers`. */
export const keepers: SimpleAttribute = { type: mapType(stringType), optional: true }

/** States of the old SDK have no null values in maps: those are no change. */
export function planKeepers({ planned, prior, replace }: SimpleDraft): void {
  if (prior !== undefined && !isSameWithoutNulls(prior.keepers, planned.keepers)) replace.add('keepers')
}

export function atLeast(minimum: number): (value: unknown) => string | undefined {
  return (value) => (typeof value === 'number' && value < minimum ? `value must be at least ${minimum}, got: ${value}` : undefined)
}

/** Gives whole numbers from 0 to below `bound`, which is below 2^48. */
export type Dice = (bound: number) => number

/** Unpredictable without a seed; with one, the same numbers in the same order each time, and the same as those of the Go provider. */
export function dice(seed: string | null): Dice {
  return seed === null || seed === '' ? (bound) => randomInt(bound) : seededNumbers(crc64(Buffer.from(seed)))
}

/** All elements in another order. With a seed it is the order that the Go provider makes of it. */
export function shuffle<T>(items: readonly T[], roll: Dice): T[] {
  const order: T[] = []
  items.forEach((item, i) => {
    const j = roll(i + 1)
    order[i] = order[j]!
    order[j] = item
  })
  return order
}
