import { crc32, goQuote } from '../base/index.ts'
import { numericToString, type Value } from '../cty/index.ts'

/**
 * The number by which `init` records what a backend block says, and later commands see whether it still says that. It is Terraform's
 * number, so that either tool goes on where the other has initialised: the IEEE CRC-32 of the text by which cty orders the values of a set,
 * for the tuple of type and arguments.
 *
 * @param config known and unmarked, of the object type of all arguments.
 */
export function backendHash(type: string, config: Value): number {
  return crc32(`<${goQuote(type)};${setText(config)};>`)
}

function setText(value: Value): string {
  if (value.isNull) return '~'
  switch (value.type.kind) {
    case 'string':
      return goQuote(value.asString())
    case 'number':
      return numericToString(value.asNumeric())
    case 'bool':
      return value.asBool() ? 'T' : 'F'
    case 'object':
      return `<${[...value.asMap()].map(([, v]) => `${setText(v)};`).join('')}>`
    case 'map':
      return `{${[...value.asMap()].map(([k, v]) => `${goQuote(k)}:${setText(v)};`).join('')}}`
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
