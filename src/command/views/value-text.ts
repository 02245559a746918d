import { goQuote } from '../../base/index.ts'
import { EPHEMERAL, friendlyName, numericToString, SENSITIVE, type Type, type Value } from '../../cty/index.ts'

/** Text to be written, or a value with the margin it is indented by. */
type Pending = string | { readonly value: Value; readonly indent: number }

/** A value as an expression that would give it, over several lines: how `output` and `console` print. Values may nest to any depth. */
export function valueText(value: Value, indent = 0): string {
  // Last first.
  const pending: Pending[] = [{ value, indent }]
  const out: string[] = []
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === 'string') out.push(next)
    else openValue(next.value, next.indent, out, pending)
  }
  return out.join('')
}

function openValue(value: Value, indent: number, out: string[], pending: Pending[]): void {
  if (!value.isKnown) out.push('(known after apply)')
  else if (value.hasMark(SENSITIVE)) out.push('(sensitive value)')
  else if (value.hasMark(EPHEMERAL)) out.push('(ephemeral value)')
  else if (value.isNull) out.push(nullText(value.type))
  else {
    const { type } = value
    switch (type.kind) {
      case 'string':
        out.push(heredoc(value.asString(), indent) ?? goQuote(value.asString()))
        return
      case 'number':
        out.push(numericToString(value.asNumeric()))
        return
      case 'bool':
        out.push(String(value.asBool()))
        return
      case 'tuple':
        openSequence(value.asArray(), indent, '', out, pending)
        return
      case 'list':
      case 'set':
        openSequence(value.asArray(), indent, `to${type.kind}(`, out, pending)
        return
      case 'map':
        openMapping(value.asMap(), indent, 'tomap(', out, pending)
        return
      case 'object':
        openMapping(value.asMap(), indent, '', out, pending)
        return
      default:
        out.push(`(${friendlyName(type)})`)
    }
  }
}

function openSequence(elements: readonly Value[], indent: number, call: string, out: string[], pending: Pending[]): void {
  const end = call === '' ? '' : ')'
  if (elements.length === 0) {
    out.push(`${call}[]${end}`)
    return
  }
  const margin = ' '.repeat(indent + 2)
  out.push(`${call}[\n`)
  pending.push(`${' '.repeat(indent)}]${end}`)
  for (let i = elements.length - 1; i >= 0; i--) pending.push(',\n', { value: elements[i]!, indent: indent + 2 }, margin)
}

function openMapping(members: ReadonlyMap<string, Value>, indent: number, call: string, out: string[], pending: Pending[]): void {
  const end = call === '' ? '' : ')'
  if (members.size === 0) {
    out.push(`${call}{}${end}`)
    return
  }
  const margin = ' '.repeat(indent + 2)
  out.push(`${call}{\n`)
  pending.push(`${' '.repeat(indent)}}${end}`)
  for (const [name, value] of [...members].reverse()) {
    const key = heredoc(name, indent + 2) ?? goQuote(name)
    pending.push('\n', { value, indent: indent + 2 }, `${margin}${key} = `)
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

function heredoc(text: string, indent: number): string | undefined {
  if (!text.includes('\n')) return undefined
  const lines = text.split('\n')
  let delimiter = 'EOT'
  while (lines.some((line) => line.trim() === delimiter)) delimiter += '_'
  const margin = ' '.repeat(indent)
  return `${indent > 0 ? '<<-' : '<<'}${delimiter}\n${lines.map((line) => `${margin}${line}\n`).join('')}${margin}${delimiter}`
}
