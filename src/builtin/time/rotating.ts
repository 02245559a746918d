import { numberType, stringType } from '../../cty/index.ts'
import { type PlainObject, UNKNOWN } from '../../providers/kit/index.ts'
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
const rotations = ['rotation_years', 'rotation_months', 'rotation_days', 'rotation_hours', 'rotation_minutes']

/** `time_rotating`: a time that is kept until its rotation, after which the object is gone and made anew. */
export const timeRotating: SimpleResource<Clock> = {
  attributes: {
    rfc3339: { type: stringType, optional: true, computed: true, stable: true, forceNew: true, check: checkTimestamp },
    triggers,
    ...Object.fromEntries(rotations.map((name) => [name, { type: numberType, optional: true, check: positive }])),
    rotation_rfc3339: { type: stringType, optional: true, computed: true, check: checkTimestamp },
    ...partAttributes(true),
    id: { type: stringType, computed: true, stable: true },
  } satisfies SimpleAttributes,
  validate(config) {
    const names = [...rotations, 'rotation_rfc3339']
    if (names.some((name) => (config[name] ?? null) !== null)) return []
    const detail = `At least one of these attributes must be configured: [${names.sort().join(',')}]`
    return [{ severity: 'error', summary: 'Missing Attribute Configuration', detail }]
  },
  plan({ planned, prior }) {
    // It can be told at once: only the time it starts from may be unknown.
    if (planned.rotation_rfc3339 !== UNKNOWN || prior === undefined || typeof planned.rfc3339 !== 'string') return
    if (rotations.every((name) => planned[name] !== UNKNOWN)) planned.rotation_rfc3339 = rotation(planned.rfc3339, planned)
  },
  create(planned, { api: now }) {
    const { rfc3339: given } = planned
    const text = typeof given === 'string' ? given : formatTimestamp(now())
    return { rfc3339: text, id: text, rotation_rfc3339: rotation(text, planned), ...timeParts(findTimestamp(text)) }
  },
  update: (planned) => ({ rotation_rfc3339: rotation(planned.rfc3339 as string, planned) }),
  read({ rotation_rfc3339: text }, { api: now }) {
    if (typeof text !== 'string' || text === '') return {}
    return now().getTime() > findTimestamp(text).getTime() ? undefined : {}
  },
  /** `BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES` or `BASE,ROTATION`. */
  import(id) {
    const [base = '', ...rest] = id.split(',')
    const parts = { rfc3339: base, id: base, triggers: null }
    if (rest.length === 1) {
      const end = formatTimestamp(findTimestamp(rest[0]!))
      return { ...parts, ...timeParts(findTimestamp(base)), rotation_rfc3339: end }
    }
    if (rest.length !== rotations.length || rest.every((text) => text === '')) {
      throw new Failure(
        'Import time rotating error',
        `"${id}" is not of the form BASE_TIMESTAMP,YEARS,MONTHS,DAYS,HOURS,MINUTES or BASE_TIMESTAMP,ROTATION_TIMESTAMP.`,
      )
    }
    const given = importedCounts(rotations, rest)
    return { ...parts, ...given, ...timeParts(findTimestamp(base)), rotation_rfc3339: rotation(base, given) }
  },
}

/** As configured, or after the time that is configured in units. */
function rotation(base: string, object: PlainObject): string {
  const { rotation_rfc3339: given } = object
  const isByUnits = rotations.some((name) => typeof object[name] === 'number')
  if (!isByUnits && typeof given === 'string') return given
  return formatTimestamp(offsetBy(findTimestamp(base), 'rotation', object))
}

function positive(value: unknown): string | undefined {
  return typeof value === 'number' && value < 1 ? `value must be at least 1, got: ${value}` : undefined
}
