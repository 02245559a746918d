import { stringType, stringVal, transformValue, unmarkDeep, type Value } from '../../../src/cty/index.ts'

/** As in a recording: `(unknown)` where nothing is known. */
export function knownPart(value: Value): unknown {
  const text = transformValue(unmarkDeep(value), (_path, v) => (v.isKnown ? v : v.type.kind === 'string' ? stringVal('(unknown)') : v))
  return toJson(text)
}

function toJson(value: Value): unknown {
  if (!value.isKnown) return '(unknown)'
  if (value.isNull) return null
  switch (value.type.kind) {
    case 'list':
    case 'set':
    case 'tuple':
      return value.asArray().map(toJson)
    case 'map':
    case 'object':
      return Object.fromEntries([...value.asMap()].map(([k, v]) => [k, toJson(v)]))
    case 'bool':
      return value.asBool()
    case 'number':
      return Number(value.asNumeric())
    default:
      return value.type === stringType ? value.asString() : String(value.payload)
  }
}

/** Places where two documents differ, as lines. */
export function differences(got: unknown, want: unknown, path = ''): string[] {
  if (typeof got === 'object' && typeof want === 'object' && got !== null && want !== null && Array.isArray(got) === Array.isArray(want)) {
    const a = got as Record<string, unknown>
    const b = want as Record<string, unknown>
    return [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .sort()
      .flatMap((k) => differences(a[k], b[k], path === '' ? k : `${path}.${k}`))
  }
  return got === want ? [] : [`${path}: ${JSON.stringify(got)}, recorded ${JSON.stringify(want)}`]
}
