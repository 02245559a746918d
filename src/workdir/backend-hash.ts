import { crc32 } from '../base/index.ts'
import { numericToString, type Value } from '../cty/index.ts'

/**
 * The number by which `init` records what a backend block says, and later commands see whether it still says that. It is Terraform's
 * number, so that either tool goes on where the other has initialised: the IEEE CRC-32 of the text by which cty orders the values of a set,
 * for the tuple of type and arguments.
 *
 * @param config known and unmarked, of the object type of all arguments.
 */
export function backendHash(type: string, config: Value): number {
  return crc32(`<${quoted(type)};${setText(config)};>`)
}

function setText(value: Value): string {
  if (value.isNull) return '~'
  switch (value.type.kind) {
    case 'string':
      return quoted(value.asString())
    case 'number':
      return numericToString(value.asNumeric())
    case 'bool':
      return value.asBool() ? 'T' : 'F'
    case 'object':
      return `<${[...value.asMap()].map(([, v]) => `${setText(v)};`).join('')}>`
    case 'map':
      return `{${[...value.asMap()].map(([k, v]) => `${quoted(k)}:${setText(v)};`).join('')}}`
    case 'tuple':
      return `<${value
        .asArray()
        .map((v) => `${setText(v)};`)
        .join('')}>`
    default:
      return `[${value
        .asArray()
        .map((v) => `${setText(v)};`)
        .join('')}]`
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** Between quotes, as Go quotes; characters that cannot be seen are escaped by number. */
function quoted(text: string): string {
  let out = '"'
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (escapes[char] !== undefined) out += escapes[char]
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`
    else if (code > 0x7f && !/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(char)) {
      out += code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
    } else out += char
  }
  return `${out}"`
}
