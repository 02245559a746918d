import type { EPHEMERAL, SENSITIVE, Value } from '../cty/index.ts'

/** Whether a value has a mark, at any depth. */
export function marksWithin(value: Value, mark: typeof SENSITIVE | typeof EPHEMERAL): boolean {
  if (value.hasMark(mark)) return true
  if (!value.containsMarked) return false
  const { payload } = value
  if (Array.isArray(payload)) return (payload as readonly Value[]).some((v) => marksWithin(v, mark))
  if (payload instanceof Map) for (const v of (payload as ReadonlyMap<string, Value>).values()) if (marksWithin(v, mark)) return true
  return false
}
