import { mapType, stringType } from '../../cty/index.ts'
import type { SimpleDataSource } from '../../providers/simple/index.ts'
import { randomNumber } from './_random-number.ts'

/** `null_data_source`: its inputs as outputs. Local values have long replaced it. */
export const nullDataSource: SimpleDataSource<undefined> = {
  attributes: {
    id: { type: stringType, computed: true, deprecated: true },
    inputs: { type: mapType(stringType), optional: true },
    outputs: { type: mapType(stringType), computed: true },
    random: { type: stringType, computed: true },
    has_computed_default: { type: stringType, optional: true, computed: true },
  },
  read: ({ inputs, has_computed_default: given }) => ({
    id: 'static',
    outputs: inputs ?? null,
    random: randomNumber(),
    has_computed_default: given ?? 'default',
  }),
}
