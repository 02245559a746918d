import { goQuote } from '../../base/index.ts'
import { numericIsInteger, numericToString, type Type, type Value } from '../../cty/index.ts'

/**
 * A value in the notation of messages about providers that break the protocol. Terraform prints values so in these, and
 * authors of providers look for them. Only for values that may be shown.
 */
export function describe(value: Value): string {
  if (value.isMarked) return '(sensitive value)'
  if (value.type.kind === 'dynamic') return value.isNull ? 'cty.NullVal(cty.DynamicPseudoType)' : 'cty.DynamicVal'
  if (value.isNull) return `cty.NullVal(${describeType(value.type)})`
  if (!value.isKnown) return `cty.UnknownVal(${describeType(value.type)})${value.refinement?.notNull === true ? '.RefineNotNull()' : ''}`
  switch (value.type.kind) {
    case 'string':
      return `cty.StringVal(${goQuote(value.asString())})`
    case 'bool':
      return value.asBool() ? 'cty.True' : 'cty.False'
    case 'number': {
      const number = value.asNumeric()
      const text = numericToString(number)
      return numericIsInteger(number) ? `cty.NumberIntVal(${text})` : `cty.NumberFloatVal(${text})`
    }
    case 'list':
    case 'set': {
      const name = value.type.kind === 'list' ? 'List' : 'Set'
      const items = value.asArray()
      if (items.length === 0) return `cty.${name}ValEmpty(${describeType(value.type.element)})`
      return `cty.${name}Val([]cty.Value{${items.map(describe).join(', ')}})`
    }
    case 'tuple': {
      const items = value.asArray()
      return items.length === 0 ? 'cty.EmptyTupleVal' : `cty.TupleVal([]cty.Value{${items.map(describe).join(', ')}})`
    }
    case 'map': {
      const items = value.asMap()
      return items.size === 0 ? `cty.MapValEmpty(${describeType(value.type.element)})` : `cty.MapVal(${describeEntries(items)})`
    }
    case 'object': {
      const items = value.asMap()
      return items.size === 0 ? 'cty.EmptyObjectVal' : `cty.ObjectVal(${describeEntries(items)})`
    }
    default:
      return 'cty.CapsuleVal(…)'
  }
}

function describeEntries(items: ReadonlyMap<string, Value>): string {
  return `map[string]cty.Value{${[...items].map(([key, v]) => `${goQuote(key)}:${describe(v)}`).join(', ')}}`
}

function describeType(type: Type): string {
  switch (type.kind) {
    case 'string':
      return 'cty.String'
    case 'number':
      return 'cty.Number'
    case 'bool':
      return 'cty.Bool'
    case 'dynamic':
      return 'cty.DynamicPseudoType'
    case 'list':
      return `cty.List(${describeType(type.element)})`
    case 'set':
      return `cty.Set(${describeType(type.element)})`
    case 'map':
      return `cty.Map(${describeType(type.element)})`
    case 'tuple':
      return type.elements.length === 0 ? 'cty.EmptyTuple' : `cty.Tuple([]cty.Type{${type.elements.map(describeType).join(', ')}})`
    case 'object': {
      if (type.attributes.size === 0) return 'cty.EmptyObject'
      return `cty.Object(map[string]cty.Type{${[...type.attributes].map(([name, t]) => `${goQuote(name)}:${describeType(t)}`).join(', ')}})`
    }
    default:
      return 'cty.Capsule'
  }
}
