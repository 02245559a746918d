import { stringType } from '../../cty/index.ts'
import type { SimpleResource } from '../../providers/simple/index.ts'
import { keepers } from './_shared.ts'
import { checkLength, importedArguments, makeText, numberArgument, planText, textArguments } from './_text.ts'

/** `random_string`: a text that is no secret. */
export const randomString: SimpleResource<undefined> = {
  version: 2,
  attributes: {
    keepers,
    ...textArguments,
    ...numberArgument,
    result: { type: stringType, computed: true, stable: true },
    id: { type: stringType, computed: true, stable: true },
  },
  validate(config) {
    const detail = checkLength(config)
    return detail === undefined ? [] : [{ severity: 'error', summary: 'Invalid Attribute Value', detail }]
  },
  plan: planText,
  create(planned) {
    const result = makeText(planned)
    return { result, id: result }
  },
  import: (id) => ({ ...importedArguments(id), result: id, id }),
  upgrades: { 1: (stored) => ({ ...stored, numeric: stored.number ?? true, number: stored.number ?? true }) },
}
