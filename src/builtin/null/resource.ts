import { mapType, stringType } from '../../cty/index.ts'
import { isSameWithoutNulls } from '../../providers/kit/index.ts'
import type { SimpleResource } from '../../providers/simple/index.ts'
import { randomNumber } from './_random-number.ts'

/** `null_resource`: no object but an id that is new whenever the triggers change. */
export const nullResource: SimpleResource<undefined> = {
  attributes: {
    id: { type: stringType, computed: true, stable: true },
    triggers: { type: mapType(stringType), optional: true },
  },
  plan({ planned, prior, replace }) {
    // States of the old SDK have no null values in maps.
    if (prior !== undefined && !isSameWithoutNulls(prior.triggers, planned.triggers)) replace.add('triggers')
  },
  create: () => ({ id: randomNumber() }),
}
