import { createHash, randomInt } from 'node:crypto'
import { mapType, stringType } from '../../cty/index.ts'
import { isSameWithoutNulls } from '../../providers/kit/index.ts'
import type { SimpleAttribute, SimpleDraft } from '../../providers/simple/index.ts'

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

/** Unpredictable without a seed; with one, the same numbers in the same order each time: SHA-256 of the seed and a counter. */
export function dice(seed: string | null): Dice {
  if (seed === null || seed === '') return (bound) => randomInt(bound)
  let counter = 0
  return (bound) => {
    // Numbers above the last whole multiple would favour the small ones.
    const limit = 2 ** 48 - (2 ** 48 % bound)
    for (;;) {
      const value = createHash('sha256').update(`${seed}\0${counter++}`).digest().readUIntBE(0, 6)
      if (value < limit) return value % bound
    }
  }
}

/** Fisher and Yates, in place. */
export function shuffle<T>(items: T[], roll: Dice): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = roll(i + 1)
    const item = items[i]!
    items[i] = items[j]!
    items[j] = item
  }
  return items
}
