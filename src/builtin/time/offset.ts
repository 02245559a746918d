import { numberType, stringType } from '../../cty/index.ts'
import type { PlainObject } from '../../providers/kit/index.ts'
import { Failure, type SimpleAttributes, type SimpleResource } from '../../providers/simple/index.ts'
import {
  type Clock,
  checkTimestamp,
  findTimestamp,
  formatTimestamp,
  importedCounts,
  offsetBy,
  partAttributes,
  timeParts,
  triggers,
} from './_timestamp.ts'

/** In the order of import ids. */
const offsets = ['offset_years', 'offset_months', 'offset_days', 'offset_hours', 'offset_minutes', 'offset_seconds']

/** `time_offset`: a time that lies so far from another one, which is that of its creation or given. */
export const timeOffset: SimpleResource<Clock> = {
  attributes: {
    base_rfc3339: { type: stringType, optional: true, computed: true, stable: true, forceNew: true, check: checkTimestamp },
    triggers,
    ...Object.fromEntries(offsets.map((name) => [name, { type: numberType, optional: true }])),
    rfc3339: { type: stringType, computed: true },
    ...partAttributes(false),
    id: { type: stringType, computed: true, stable: true },
  } satisfies SimpleAttributes,
  validate(config) {
    if (offsets.some((name) => (config[name] ?? null) !== null)) return []
    const detail = `At least one of these attributes must be configured: [${[...offsets].sort().join(',')}]`
    return [{ severity: 'error', summary: 'Missing Attribute Configuration', detail }]
  },
  create(planned, { api: now }) {
    const { base_rfc3339: given } = planned
    const base = typeof given === 'string' ? given : formatTimestamp(now())
    return { base_rfc3339: base, id: base, ...moved(base, planned) }
  },
  update: (planned) => moved(planned.base_rfc3339 as string, planned),
  /** `BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES,SECONDS`. */
  import(id) {
    const [base, ...counts] = id.split(',')
    if (counts.length !== offsets.length || counts.every((text) => text === '')) {
      throw new Failure('Import time offset error', `"${id}" is not of the form BASE_TIMESTAMP,YEARS,MONTHS,DAYS,HOURS,MINUTES,SECONDS.`)
    }
    const given = importedCounts(offsets, counts)
    return { base_rfc3339: base!, id: base!, triggers: null, ...given, ...moved(base!, given) }
  },
}

function moved(base: string, object: PlainObject): PlainObject {
  const time = offsetBy(findTimestamp(base), 'offset', object)
  return { rfc3339: formatTimestamp(time), ...timeParts(time) }
}
