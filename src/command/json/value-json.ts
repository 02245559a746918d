import { nullVal, objectVal, SENSITIVE, tupleVal, unmarkDeep, type Value, valueToJson } from '../../cty/index.ts'
import { RawJson } from './json-text.ts'

/** The JSON of a wholly known value with the type it has; marks are dropped. */
export function valueJson(value: Value): RawJson {
  return new RawJson(valueToJson(unmarkDeep(value)))
}

/**
 * The JSON of what is known of a value: unknown attributes and map elements are left out, unknown elements of sequences are
 * null. Undefined when the whole value is unknown.
 */
export function knownJson(value: Value): RawJson | undefined {
  const bare = unmarkDeep(value)
  if (bare.isWhollyKnown) return new RawJson(valueToJson(bare))
  const known = knownPart(bare)
  return known === undefined ? undefined : new RawJson(valueToJson(known))
}

function knownPart(value: Value): Value | undefined {
  if (!value.isKnown) return undefined
  if (value.isWhollyKnown) return value
  if (value.payload instanceof Map) {
    const members: [string, Value][] = []
    for (const [name, child] of value.asMap()) {
      const part = knownPart(child)
      if (part !== undefined) members.push([name, part])
    }
    return objectVal(members)
  }
  return tupleVal(value.asArray().map((child) => knownPart(child) ?? nullVal(child.type)))
}

/** The shape of a value with true in certain places; see reference/plan-json.md 1.2. */
export type Mask = boolean | readonly Mask[] | { readonly [name: string]: Mask }

/** Where a value is unknown. A wholly known object is `{}`. */
export function unknownMask(value: Value): Mask {
  return maskOf(value, (v) => (v.isKnown ? undefined : true))
}

/** Where a value is sensitive. */
export function sensitiveMask(value: Value): Mask {
  return maskOf(value, (v) => {
    if (v.hasMark(SENSITIVE)) return true
    if (v.isKnown) return undefined
    switch (v.type.kind) {
      case 'list':
      case 'set':
      case 'tuple':
        return []
      case 'map':
      case 'object':
        return {}
      default:
        return false
    }
  })
}

function maskOf(value: Value, decide: (value: Value) => Mask | undefined): Mask {
  const decided = decide(value)
  if (decided !== undefined) return decided
  const { payload } = value
  if (Array.isArray(payload)) return (payload as readonly Value[]).map((child) => maskOf(child, decide))
  if (payload instanceof Map) {
    const members: Record<string, Mask> = {}
    for (const [name, child] of payload as ReadonlyMap<string, Value>) {
      const mask = maskOf(child, decide)
      if (mask !== false) members[name] = mask
    }
    return members
  }
  return false
}
