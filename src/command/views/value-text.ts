import { friendlyName, numericToString, SENSITIVE, type Type, type Value } from '../../cty/index.ts'
import { quote } from '../diff/quote.ts'

/** A value as an expression that would give it, over several lines: how `output` and `console` print. */
export function valueText(value: Value, indent = 0): string {
  if (value.hasMark(SENSITIVE)) return '(sensitive value)'
  if (!value.isKnown) return '(known after apply)'
  if (value.isNull) return nullText(value.type)
  switch (value.type.kind) {
    case 'string':
      return heredoc(value.asString(), indent) ?? quote(value.asString())
    case 'number':
      return numericToString(value.asNumeric())
    case 'bool':
      return String(value.asBool())
    case 'tuple':
      return sequence(value.asArray(), indent)
    case 'list':
      return `tolist(${sequence(value.asArray(), indent)})`
    case 'set':
      return `toset(${sequence(value.asArray(), indent)})`
    case 'map':
      return `tomap(${mapping(value.asMap(), indent)})`
    case 'object':
      return mapping(value.asMap(), indent)
    default:
      return `(${friendlyName(value.type)})`
  }
}

function nullText(type: Type): string {
  switch (type.kind) {
    case 'dynamic':
      return 'null'
    case 'string':
    case 'number':
    case 'bool':
      return `to${type.kind}(null)`
    case 'list':
    case 'set':
    case 'map':
      return `to${type.kind}(null) /* of ${friendlyName(type.element)} */`
    default:
      return `null /* ${type.kind} */`
  }
}

function sequence(elements: readonly Value[], indent: number): string {
  if (elements.length === 0) return '[]'
  const margin = ' '.repeat(indent + 2)
  return `[\n${elements.map((e) => `${margin}${valueText(e, indent + 2)},\n`).join('')}${' '.repeat(indent)}]`
}

function mapping(members: ReadonlyMap<string, Value>, indent: number): string {
  if (members.size === 0) return '{}'
  const margin = ' '.repeat(indent + 2)
  const lines = [...members].map(([name, v]) => `${margin}${quote(name)} = ${valueText(v, indent + 2)}\n`)
  return `{\n${lines.join('')}${' '.repeat(indent)}}`
}

function heredoc(text: string, indent: number): string | undefined {
  if (!text.includes('\n')) return undefined
  const lines = text.split('\n')
  let delimiter = 'EOT'
  while (lines.some((line) => line.trim() === delimiter)) delimiter += '_'
  const margin = ' '.repeat(indent)
  return `${indent > 0 ? '<<-' : '<<'}${delimiter}\n${lines.map((line) => `${margin}${line}\n`).join('')}${margin}${delimiter}`
}
