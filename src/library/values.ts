import { jsonToImpliedValue, numericToJs, SENSITIVE, Value } from '../cty/index.ts'

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

/** The other way: anything JSON can say, as it would be written in a variable file. A value of the language is taken as it is. */
export function valueFromPlain(plain: unknown): Value {
  if (plain instanceof Value) return plain
  return jsonToImpliedValue(JSON.stringify(plain ?? null))
}
