import { listType, numberType, stringType } from '../../cty/index.ts'
import { asArray } from '../../providers/kit/index.ts'
import type { SimpleResource } from '../../providers/simple/index.ts'
import { atLeast, dice, keepers, planKeepers, shuffle } from './_shared.ts'

/** `random_shuffle`: the elements of a list in another order, more or fewer of them as `result_count` says. */
export const randomShuffle: SimpleResource<undefined> = {
  attributes: {
    keepers,
    seed: { type: stringType, optional: true, forceNew: true },
    input: { type: listType(stringType), required: true, forceNew: true },
    result_count: { type: numberType, optional: true, forceNew: true, check: atLeast(0) },
    result: { type: listType(stringType), computed: true, stable: true },
    id: { type: stringType, computed: true, stable: true },
  },
  plan: planKeepers,
  create({ input, result_count: count, seed }) {
    const items = asArray(input ?? [])
    const wanted = items.length === 0 ? 0 : ((count ?? items.length) as number)
    const roll = dice(seed as string | null)
    const result: (typeof items)[number][] = []
    // Whole rounds, so that no element comes twice before every other one has come once.
    while (result.length < wanted) result.push(...shuffle(items, roll).slice(0, wanted - result.length))
    return { result, id: '-' }
  },
}
