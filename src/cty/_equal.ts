import { compareNumeric, type Numeric } from './number.ts'
import { typeEquals } from './type.ts'
import type { Value } from './value.ts'

/**
 * Whether two unmarked values are definitely equal: same type, wholly known, same content; nulls of one type are equal.
 * Sets are compared in their order, which is the same for equal sets of wholly known elements but for numbers that differ
 * only after ten digits inside compound elements.
 */
export function equalKnown(a: Value, b: Value): boolean {
  if (a === b) return a.isWhollyKnown
  if (!a.isWhollyKnown || !b.isWhollyKnown) return false
  if (a.type !== b.type && !typeEquals(a.type, b.type)) return false
  return equalContent(a, b)
}

function equalContent(a: Value, b: Value): boolean {
  const x = a.payload
  const y = b.payload
  if (x === null || y === null) return x === y
  if (a.type.kind === 'number') return compareNumeric(x as Numeric, y as Numeric) === 0
  if (Array.isArray(x)) {
    const others = y as readonly Value[]
    return x.length === others.length && (x as readonly Value[]).every((e, i) => equalKnown(e, others[i]!))
  }
  if (x instanceof Map) {
    const others = y as ReadonlyMap<string, Value>
    if (x.size !== others.size) return false
    for (const [key, e] of x as ReadonlyMap<string, Value>) {
      const other = others.get(key)
      if (other === undefined || !equalKnown(e, other)) return false
    }
    return true
  }
  return x === y
}
