import { listType, stringType } from '../../cty/index.ts'
import { asArray, asRecord, type Plain } from '../../providers/kit/index.ts'
import type { SimpleBlock } from '../../providers/simple/index.ts'
import { der, oid, sequence, tag } from './_der.ts'

/** Arguments of a `subject` block with their attribute types, in the order in which Go writes them. */
const parts = [
  ['country', '2.5.4.6'],
  ['organization', '2.5.4.10'],
  ['organizational_unit', '2.5.4.11'],
  ['locality', '2.5.4.7'],
  ['province', '2.5.4.8'],
  ['street_address', '2.5.4.9'],
  ['postal_code', '2.5.4.17'],
  ['common_name', '2.5.4.3'],
  ['serial_number', '2.5.4.5'],
  ['email_address', '1.2.840.113549.1.9.1'],
] as const

/** The block `subject`; addresses of mail came with version 4.1.0. */
export function subjectBlock(hasEmailAddress: boolean): SimpleBlock {
  const names = parts.map(([name]) => name).filter((name) => hasEmailAddress || name !== 'email_address')
  return {
    nesting: 'list',
    maxItems: 1,
    forceNew: true,
    attributes: Object.fromEntries(
      names.map((name) => [name, { type: name === 'street_address' ? listType(stringType) : stringType, optional: true }]),
    ),
  }
}

/** A name of a certificate from `subject` blocks; empty when there is none. @see RFC 5280, section 4.1.2.4 */
export function nameOf(subject: Plain): Buffer {
  const [block] = asArray(subject ?? [])
  if (block === undefined || block === null) return sequence()
  const record = asRecord(block)
  return sequence(
    ...parts.flatMap(([name, type]) => {
      const value = record[name] ?? null
      const texts = (Array.isArray(value) ? value : [value]).filter((v): v is string => typeof v === 'string' && v !== '')
      if (texts.length === 0) return []
      // RFC 2985, section 5.2.1 has a type of its own for addresses.
      const encode = name === 'email_address' ? (text: string) => der(tag.ia5, Buffer.from(text)) : nameText
      return [der(tag.set, ...texts.map((text) => sequence(oid(type), encode(text))))]
    }),
  )
}

function nameText(text: string): Buffer {
  return der(/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text) ? tag.printable : tag.utf8, Buffer.from(text))
}
