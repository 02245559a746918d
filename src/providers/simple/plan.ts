import { attributeStep, type ObjectType, objectVal, type Path, type Value } from '../../cty/index.ts'
import { fromPlain, type Plain, type PlainObject, plainEquals, toPlain, UNKNOWN } from '../kit/plain.ts'
import type { PlanResourceRequest, PlanResourceResponse, ProviderDiagnostic } from '../provider.ts'
import type { SimpleAttributes, SimpleBlocks } from './attributes.ts'

/** A plan while it is made; `planned` may be changed. */
export interface SimpleDraft {
  readonly planned: Record<string, Plain>
  /** Undefined: to be created. */
  readonly prior: PlainObject | undefined
  readonly config: PlainObject
  /** Names of attributes whose change makes a replacement necessary; they may be added and removed. */
  readonly replace: Set<string>
  error(summary: string, detail: string, attribute?: string): void
  warn(summary: string, detail: string, attribute?: string): void
}

/**
 * The plan of one object, as Go's plugin framework makes it: defaults, then everything computed and not configured is unknown when
 * anything changes, then what is stable keeps its prior value, then what forces a replacement. `special` has the last word.
 */
export function planSimple(
  attributes: SimpleAttributes,
  blocks: SimpleBlocks,
  type: ObjectType,
  request: PlanResourceRequest,
  special: ((draft: SimpleDraft) => void) | undefined,
): PlanResourceResponse {
  const { proposed, priorPrivate } = request
  if (proposed.isNull) return { planned: proposed, requiresReplace: [], plannedPrivate: priorPrivate, diags: [] }
  const before = toPlain(proposed) as PlainObject
  const config = toPlain(request.config) as PlainObject
  const prior = request.prior.isNull ? undefined : (toPlain(request.prior) as PlainObject)
  const planned: Record<string, Plain> = { ...before }
  const isUnset = (name: string): boolean => (config[name] ?? null) === null
  for (const [name, attribute] of Object.entries(attributes)) {
    if (attribute.default !== undefined && isUnset(name)) planned[name] = attribute.default
    // It is in the configuration alone.
    if (attribute.writeOnly) planned[name] = null
  }
  const differs = (name: string): boolean => !plainEquals(planned[name] ?? null, prior?.[name] ?? null)
  const names = [...type.attributes.keys()]
  if (prior === undefined || names.some(differs)) {
    for (const [name, { computed, default: byDefault, stable }] of Object.entries(attributes)) {
      if (computed !== true || byDefault !== undefined || !isUnset(name)) continue
      const known = prior?.[name] ?? null
      planned[name] = stable && known !== null ? known : UNKNOWN
    }
  }
  const replace = new Set<string>()
  if (prior !== undefined) {
    for (const [name, { forceNew }] of [...Object.entries(attributes), ...Object.entries(blocks)]) {
      if (forceNew && differs(name)) replace.add(name)
    }
  }
  const diags: ProviderDiagnostic[] = []
  const tell = (severity: 'error' | 'warning') => (summary: string, detail: string, attribute?: string) => {
    diags.push({ severity, summary, detail, ...(attribute === undefined ? {} : { attribute: [attributeStep(attribute)] }) })
  }
  special?.({ planned, prior, config, replace, error: tell('error'), warn: tell('warning') })
  const requiresReplace: Path[] = prior === undefined ? [] : [...replace].map((name) => [attributeStep(name)])
  return { planned: merged(proposed, before, planned, type), requiresReplace, plannedPrivate: priorPrivate, diags }
}

/** A value with some members changed; the others stay as they are, with all that is known of unknown ones. */
export function merged(base: Value, plainBase: PlainObject, changed: PlainObject, type: ObjectType): Value {
  const isSame = (name: string): boolean => {
    const value = changed[name] ?? null
    return value === UNKNOWN ? plainBase[name] === UNKNOWN : plainEquals(value, plainBase[name] ?? null)
  }
  const names = [...type.attributes]
  if (names.every(([name]) => isSame(name))) return base
  return objectVal(
    names.map(([name, t]) => [name, isSame(name) ? base.getAttr(name) : fromPlain(changed[name], t)] as const),
    type,
  )
}
