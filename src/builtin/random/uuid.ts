import { randomUUID } from 'node:crypto'
import { stringType } from '../../cty/index.ts'
import { Failure, type SimpleResource } from '../../providers/simple/index.ts'
import { keepers, planKeepers } from './_shared.ts'

/** `random_uuid`: a random UUID of version 4. */
export const randomUuid: SimpleResource<undefined> = {
  attributes: {
    keepers,
    result: { type: stringType, computed: true, stable: true },
    id: { type: stringType, computed: true, stable: true },
  },
  plan: planKeepers,
  create() {
    const result = randomUUID()
    return { result, id: result }
  },
  import(id) {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw new Failure('Import Random UUID Error', `"${id}" is not a UUID.`)
    const result = id.toLowerCase()
    return { result, id: result, keepers: null }
  },
}
