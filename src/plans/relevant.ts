import { absResourceInstanceToString } from '../addrs/index.ts'
import {
  CtyError,
  listVal,
  mapVal,
  nullVal,
  numericToJs,
  objectVal,
  type Path,
  rawEquals,
  tupleVal,
  unmarkDeep,
  type Value,
} from '../cty/index.ts'
import type { Plan, ResourceChange } from './plan.ts'

/**
 * The differences found by refreshing that may have had a part in the planned changes, each cut down to the attributes that may:
 * `after` is `before` elsewhere. Addresses are compared as they are, so a reference to all instances makes none of them relevant, as in
 * Terraform.
 */
export function relevantDrift(plan: Pick<Plan, 'drift' | 'relevantAttributes'>): readonly ResourceChange[] {
  if (plan.drift.length === 0) return []
  const paths = new Map<string, Path[]>()
  for (const { address, path } of plan.relevantAttributes()) {
    const text = absResourceInstanceToString(address)
    const known = paths.get(text)
    if (known === undefined) paths.set(text, [path])
    else known.push(path)
  }
  return plan.drift.flatMap((change) => {
    const relevant = paths.get(absResourceInstanceToString(change.address))
    if (relevant === undefined || change.action === 'noop') return []
    if (relevant.some((path) => path.length === 0)) return [change]
    const { before } = change
    let after = before
    for (const path of relevant) after = overlay(after, change.after.isNull ? undefined : change.after, path)
    return rawEquals(unmarkDeep(after), unmarkDeep(before)) ? [] : [{ ...change, after }]
  })
}

/** `base` with what is at the path in `other`, null when there is nothing; `base` itself when the path leads nowhere in it. */
function overlay(base: Value, other: Value | undefined, path: Path): Value {
  const [step, ...rest] = path
  if (step === undefined) return other ?? nullVal(base.type)
  if (!base.hasContent) return base.isNull && other !== undefined && !other.isNull ? other : base
  const { type } = base
  if (type.kind === 'object' || type.kind === 'map') {
    const key = step.kind === 'attribute' ? step.name : step.key.payload
    if (typeof key !== 'string') return base
    const members = new Map(base.asMap())
    const theirs = other?.hasContent && (other.type.kind === 'object' || other.type.kind === 'map') ? other.asMap().get(key) : undefined
    const mine = members.get(key)
    if (mine === undefined && theirs === undefined) return base
    if (mine === undefined) members.set(key, theirs!)
    else members.set(key, overlay(mine, theirs, rest))
    const changed = type.kind === 'object' ? objectVal(members) : rebuiltMap(members, base)
    return changed.withMarks(base.marks)
  }
  if ((type.kind === 'list' || type.kind === 'tuple') && step.kind === 'index' && step.key.type.kind === 'number') {
    const at = numericToJs(step.key.asNumeric())
    const elements = base.asArray()
    if (at >= elements.length) return base
    const theirs = other?.hasContent && (other.type.kind === 'list' || other.type.kind === 'tuple') ? other.asArray()[at] : undefined
    const changed = elements.map((element, i) => (i === at ? overlay(element, theirs, rest) : element))
    return (type.kind === 'list' ? listVal(changed, type.element) : tupleVal(changed)).withMarks(base.marks)
  }
  return base
}

function rebuiltMap(members: ReadonlyMap<string, Value>, base: Value): Value {
  try {
    return mapVal(members, base.type.kind === 'map' ? base.type.element : base.type)
  } catch (error) {
    if (error instanceof CtyError) return base
    throw error
  }
}
