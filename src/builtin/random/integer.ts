import { numberType, stringType } from '../../cty/index.ts'
import { UNKNOWN } from '../../providers/kit/index.ts'
import { Failure, type SimpleResource } from '../../providers/simple/index.ts'
import { dice, keepers, planKeepers } from './_shared.ts'

const summary = 'Create Random Integer Error'

/** `random_integer`: a whole number from `min` to `max`, both included. */
export const randomInteger: SimpleResource<undefined> = {
  attributes: {
    keepers,
    min: { type: numberType, required: true, forceNew: true, check: whole },
    max: { type: numberType, required: true, forceNew: true, check: whole },
    seed: { type: stringType, optional: true, forceNew: true },
    result: { type: numberType, computed: true, stable: true },
    id: { type: stringType, computed: true, stable: true },
  },
  plan: planKeepers,
  create({ min, max, seed }) {
    const [low, high] = [min as number, max as number]
    if (high < low) throw new Failure(summary, 'The minimum (min) value needs to be smaller than or equal to maximum (max) value.')
    if (high - low >= 2 ** 48) throw new Failure(summary, 'The range from min to max may have at most 2^48 numbers.')
    const result = low + dice(seed as string | null)(high - low + 1)
    return { result, id: String(result) }
  },
  /** `RESULT,MIN,MAX` or `RESULT,MIN,MAX,SEED`. */
  import(id) {
    const [result, min, max, ...seed] = id.split(',')
    const numbers = [result, min, max].map((text) => (/^-?\d+$/.test(text ?? '') ? Number(text) : Number.NaN))
    if (numbers.some((n) => !Number.isSafeInteger(n)) || seed.length > 1) {
      throw new Failure(
        'Import Random Integer Error',
        `"${id}" is not of the form RESULT,MIN,MAX or RESULT,MIN,MAX,SEED with whole numbers.`,
      )
    }
    return { id: String(numbers[0]), result: numbers[0]!, min: numbers[1]!, max: numbers[2]!, seed: seed[0] ?? null, keepers: null }
  },
}

function whole(value: unknown): string | undefined {
  if (value === UNKNOWN || Number.isSafeInteger(value)) return undefined
  return 'value must be a whole number between -2^53 and 2^53'
}
