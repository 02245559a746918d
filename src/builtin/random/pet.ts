import { numberType, stringType } from '../../cty/index.ts'
import type { SimpleResource } from '../../providers/simple/index.ts'
import { atLeast, dice, keepers, planKeepers } from './_shared.ts'
import { adjectives, adverbs, animals } from './_words.ts'

/** `random_pet`: a name that people can say, such as `gently-brave-otter`. */
export const randomPet: SimpleResource<undefined> = {
  attributes: {
    keepers,
    length: { type: numberType, default: 2, forceNew: true, check: atLeast(1) },
    prefix: { type: stringType, optional: true, forceNew: true },
    separator: { type: stringType, default: '-', forceNew: true },
    id: { type: stringType, computed: true, stable: true },
  },
  plan: planKeepers,
  create({ length, prefix, separator }) {
    const roll = dice(null)
    const pick = (words: readonly string[]): string => words[roll(words.length)]!
    const count = length as number
    const before = Array.from({ length: Math.max(0, count - 2) }, () => pick(adverbs))
    const words = [...before, ...(count > 1 ? [pick(adjectives)] : []), pick(animals)]
    const all = typeof prefix === 'string' && prefix !== '' ? [prefix, ...words] : words
    return { id: all.join(separator as string) }
  },
}
