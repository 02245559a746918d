import { stringType } from '../../cty/index.ts'
import type { SimpleResource } from '../../providers/simple/index.ts'
import { type Clock, checkTimestamp, findTimestamp, formatTimestamp, partAttributes, timeParts, triggers } from './_timestamp.ts'

/** `time_static`: the time at which it was created, or a given one. */
export const timeStatic: SimpleResource<Clock> = {
  attributes: {
    rfc3339: { type: stringType, optional: true, computed: true, stable: true, forceNew: true, check: checkTimestamp },
    triggers,
    ...partAttributes(true),
    id: { type: stringType, computed: true, stable: true },
  },
  create({ rfc3339 }, { api: now }) {
    const text = typeof rfc3339 === 'string' ? rfc3339 : formatTimestamp(now())
    return { rfc3339: text, id: text, ...timeParts(findTimestamp(text)) }
  },
  import: (id) => ({ rfc3339: id, id, ...timeParts(findTimestamp(id)) }),
}
