import { numericToJs, SENSITIVE, type Value } from '../cty/index.ts'

/** A value as plain JavaScript, for reading in tests: unknown is undefined, sensitive is the text `(sensitive)`, numbers are the nearest ones. */
export function valueToPlain(value: Value): unknown {
  if (value.hasMark(SENSITIVE)) return '(sensitive)'
  const bare = value.unmark()
  if (!bare.isKnown) return undefined
  if (bare.isNull) return null
  switch (bare.type.kind) {
    case 'string':
      return bare.asString()
    case 'number':
      return numericToJs(bare.asNumeric())
    case 'bool':
      return bare.asBool()
    case 'list':
    case 'set':
    case 'tuple':
      return bare.asArray().map(valueToPlain)
    case 'map':
    case 'object':
      return Object.fromEntries([...bare.asMap()].map(([key, v]) => [key, valueToPlain(v)]))
    default:
      return undefined
  }
}
