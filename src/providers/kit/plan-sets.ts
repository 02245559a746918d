import type { AttributeSchema, BlockSchema, NestedBlockSchema } from '../../schema/index.ts'
import type { Facts } from './facts.ts'
import type { Field } from './field.ts'
import { asArray, asRecord, isZero, type Plain, type PlainObject, UNKNOWN } from './plain.ts'

/** Where a set of blocks is: its schema, its fields, and its dotted path with a dot at the end. */
interface Place {
  readonly facts: Facts
  readonly nested: NestedBlockSchema
  readonly field: Field | undefined
  readonly path: string
}

/**
 * What the old SDK makes of a set of blocks. Elements are the same when all that can be configured is, an absent value and the zero of
 * its type being one, or what the field's `identity` names. A set of the same elements stays as it was, whatever else is in them. In
 * any other set each element is written anew, by `elementAnew`.
 *
 * @param wanted as proposed: with the computed values of elements that were there before
 * @param inSet of a set in an element of another, which is written anew together with it
 */
export function planSet(place: Place, wanted: readonly Plain[], before: readonly Plain[], inSet: boolean): readonly Plain[] {
  const keys = before.map((element) => elementKey(place, element, false))
  const wantedKeys = wanted.map((element) => elementKey(place, element, true))
  const isSame = wanted.length > 0 && sameKeys(keys, wantedKeys)
  if (isSame && !inSet) return before
  return wanted.map((element, i) => {
    if (element === UNKNOWN || element === null) return element
    const match = before[keys.indexOf(wantedKeys[i]!)]
    return elementAnew(place, asRecord(element), match === undefined || match === UNKNOWN || match === null ? undefined : asRecord(match))
  })
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [[...a].sort(), [...b].sort()]
  return left.length === right.length && left.every((key, i) => key === right[i])
}

/**
 * | wanted | schema        | the same element had a value | it had none, or is new |
 * |--------|---------------|------------------------------|------------------------|
 * | set    |               | it                           | it                     |
 * | null   | has a default | default                      | default                |
 * | null   | computed      | that                         | unknown                |
 * | null   | a text        | null                         | the empty text         |
 * | null   | a collection  | empty                        | null                   |
 * | null   | another       | null                         | null                   |
 */
function elementAnew(place: Place, wanted: PlainObject, before: PlainObject | undefined): PlainObject {
  const { facts, nested, path } = place
  const fields = place.field?.nested ?? {}
  const made: Record<string, Plain> = {}
  for (const [name, schema] of Object.entries(nested.block.attributes)) {
    const given = writtenValue(facts, fields[name], path + name, wanted[name] ?? null)
    const had = before?.[name] ?? null
    const isSet = given !== null && !(typeof given === 'object' && isZero(given))
    if (isSet) made[name] = given
    else if (schema.computed) made[name] = isAbsent(had) ? UNKNOWN : had
    else if (schema.type?.kind === 'string') made[name] = had === null ? '' : null
    else made[name] = before === undefined ? null : emptyOf(schema)
  }
  for (const [name, inner] of Object.entries(nested.block.blockTypes)) {
    const given = wanted[name] ?? null
    if (given === null || given === UNKNOWN) {
      made[name] = given
      continue
    }
    const own: Place = { facts, nested: inner, field: fields[name], path: `${path}${name}.` }
    const had = before?.[name] ?? null
    if (inner.nesting === 'set') made[name] = planSet(own, asArray(given), had === null || had === UNKNOWN ? [] : asArray(had), true)
    else
      made[name] = elementsOf(given).map((e, i) =>
        e === UNKNOWN ? e : elementAnew(own, asRecord(e), elementsOf(had)[i] as PlainObject | undefined),
      )
  }
  return made
}

/** What an attribute that is not set is in a block that is there: collections are empty. */
function emptyOf({ type }: AttributeSchema): Plain {
  if (type?.kind === 'map') return {}
  return type?.kind === 'list' || type?.kind === 'set' ? [] : null
}

function isAbsent(plain: Plain): boolean {
  return plain === null || plain === '' || (typeof plain === 'object' && isZero(plain))
}

function elementsOf(plain: Plain): readonly Plain[] {
  if (plain === null || plain === UNKNOWN) return []
  return Array.isArray(plain) ? (plain as readonly Plain[]) : [plain]
}

/** What is configured, as it is stored; the default where there is nothing. */
function writtenValue(facts: Facts, field: Field | undefined, path: string, given: Plain): Plain {
  if (given === UNKNOWN) return given
  if (given === null) return facts.defaults[path] ?? (field?.options.default as Plain | undefined) ?? null
  return field?.options.normalize === undefined ? given : (field.options.normalize(given) as Plain)
}

let unknowns = 0

/** Equal for elements that are the same. Something unknown is like nothing else. */
function elementKey({ facts, nested, field, path }: Place, element: Plain, isWanted: boolean): string {
  if (element === UNKNOWN || element === null) return `unknown ${unknowns++}`
  const own = asRecord(element)
  const identity = field?.options.identity
  const parts: unknown[] = []
  for (const [name, schema] of Object.entries(nested.block.attributes)) {
    if (identity === undefined ? !schema.required && !schema.optional : !identity.includes(name)) continue
    const value = own[name] ?? null
    parts.push(keyOf(isWanted ? writtenValue(facts, field?.nested?.[name], path + name, value) : value, schema.type?.kind === 'set'))
  }
  if (identity === undefined) {
    for (const [name, inner] of Object.entries(nested.block.blockTypes)) {
      const place: Place = { facts, nested: inner, field: field?.nested?.[name], path: `${path}${name}.` }
      const keys = elementsOf(own[name] ?? null).map((e) => elementKey(place, e, isWanted))
      parts.push(inner.nesting === 'set' ? keys.sort() : keys)
    }
  }
  return JSON.stringify(parts)
}

function keyOf(plain: Plain, isSet: boolean): unknown {
  if (plain === UNKNOWN) return `unknown ${unknowns++}`
  if (isZero(plain)) return null
  if (Array.isArray(plain)) {
    const keys = (plain as readonly Plain[]).map((e) => JSON.stringify(keyOf(e, false)))
    return isSet ? keys.sort() : keys
  }
  if (typeof plain === 'object') return Object.entries(asRecord(plain)).map(([k, v]) => [k, keyOf(v, false)])
  return plain
}

/** Whether a set lost or got an element that has something, or something unknown, at a path: names from the element on. */
export function hasOtherMembers(block: BlockSchema, before: readonly Plain[], after: readonly Plain[], path: readonly string[]): boolean {
  const key = (element: Plain): string => JSON.stringify(settableOf(block, element))
  const [left, right] = [before.map(key), after.map(key)]
  const others = [...before.filter((_, i) => !right.includes(left[i]!)), ...after.filter((_, i) => !left.includes(right[i]!))]
  return others.some((element) => valuesAt(element, path).some((value) => value === UNKNOWN || !isZero(value)))
}

function settableOf(block: BlockSchema, element: Plain): unknown {
  if (element === UNKNOWN || element === null) return `unknown ${unknowns++}`
  const own = asRecord(element)
  return [
    ...Object.entries(block.attributes).flatMap(([name, { required, optional, type }]) =>
      required || optional ? [keyOf(own[name] ?? null, type?.kind === 'set')] : [],
    ),
    ...Object.entries(block.blockTypes).map(([name, inner]) => elementsOf(own[name] ?? null).map((e) => settableOf(inner.block, e))),
  ]
}

function valuesAt(plain: Plain, path: readonly string[]): readonly Plain[] {
  if (plain === null || plain === UNKNOWN) return [plain]
  if (Array.isArray(plain)) return path.length === 0 ? [plain] : (plain as readonly Plain[]).flatMap((e) => valuesAt(e, path))
  const [name, ...rest] = path
  return name === undefined || typeof plain !== 'object' ? [plain] : valuesAt(asRecord(plain)[name] ?? null, rest)
}
