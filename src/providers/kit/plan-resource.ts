import { stringType } from '../../cty/index.ts'
import type { BlockSchema, NestedBlockSchema } from '../../schema/index.ts'
import type { Facts } from './facts.ts'
import type { Field, FieldMap } from './field.ts'
import { asArray, asRecord, isZero, type Plain, type PlainObject, plainEquals, UNKNOWN } from './plain.ts'

export interface PlanInput {
  readonly facts: Facts
  readonly fields: FieldMap
  readonly rules: 'sdk' | 'framework'
  /** Undefined: to be created. */
  readonly prior: PlainObject | undefined
  readonly config: PlainObject
}

/** What the object will be, as far as configuration, schema and field map tell. A pure function. */
export function planFields(input: PlanInput): Record<string, Plain> {
  const { facts, fields, prior, config } = input
  const planned = planBlock(input, facts.schema.block, fields, '', config, prior)
  for (const [name, field] of Object.entries(fields)) {
    const { changesWith } = field.options
    if (prior === undefined || changesWith === undefined || config[name] != null) continue
    if (changesWith.some((other) => !plainEquals(planned[other], prior[other]))) planned[name] = UNKNOWN
  }
  return planned
}

function planBlock(
  input: PlanInput,
  block: BlockSchema,
  fields: FieldMap,
  path: string,
  config: PlainObject,
  prior: PlainObject | undefined,
  inSet = false,
): Record<string, Plain> {
  const planned: Record<string, Plain> = {}
  for (const [name, schema] of Object.entries(block.attributes)) {
    const value = planAttribute(input, block, fields[name], path + name, name, config[name] ?? null, prior?.[name], inSet)
    // The old SDK writes all texts of an element of a set, and knows no absent ones.
    const isAbsentText = inSet && value === null && input.rules === 'sdk' && schema.type === stringType
    planned[name] = isAbsentText ? '' : value
  }
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    planned[name] = planNested(input, nested, fields[name]?.nested ?? {}, path + name, config[name] ?? null, prior?.[name], inSet)
  }
  return planned
}

/**
 * | configuration | schema            | new object | existing object                     |
 * |---------------|-------------------|------------|-------------------------------------|
 * | set           |                   | it         | it, or prior when they mean the same, as null and a zero do to the old SDK |
 * | null          | has a default     | default    | default                             |
 * | null          | computed          | unknown    | prior                               |
 * | null          | optional only     | null       | null; with the old SDK prior when that is a zero, an empty collection when it was not |
 */
function planAttribute(
  input: PlanInput,
  block: BlockSchema,
  field: Field | undefined,
  path: string,
  name: string,
  config: Plain,
  prior: Plain | undefined,
  inSet: boolean,
): Plain {
  const schema = block.attributes[name]!
  if (config !== null) {
    if (config === UNKNOWN) return UNKNOWN
    const { normalize, same } = field?.options ?? {}
    const value = normalize === undefined ? config : (normalize(config) as Plain)
    if (prior !== undefined && prior !== null && same?.(prior, value)) return prior
    // The old SDK reads what is absent as the zero of its type, and sees no difference.
    if (prior === null && input.rules === 'sdk' && !inSet && !schema.computed && typeof value !== 'object' && isZero(value)) return null
    return value
  }
  const byDefault = input.facts.defaults[path] ?? (field?.options.default as Plain | undefined)
  if (byDefault !== undefined) return byDefault
  if (schema.computed) return prior === undefined ? UNKNOWN : prior
  if (prior !== undefined && input.rules === 'sdk') {
    if (isZero(prior)) return prior
    // What is taken out of a collection of the old SDK leaves it empty.
    if (!inSet && prior !== UNKNOWN) return schema.type?.kind === 'map' ? {} : Array.isArray(prior) ? [] : null
  }
  return null
}

function planNested(
  input: PlanInput,
  nested: NestedBlockSchema,
  fields: FieldMap,
  path: string,
  config: Plain,
  prior: Plain | undefined,
  inSet: boolean,
): Plain {
  if (config === UNKNOWN) return UNKNOWN
  const inner = `${path}.`
  if (nested.nesting === 'single' || nested.nesting === 'group') {
    if (config === null) return null
    return planBlock(input, nested.block, fields, inner, asRecord(config), prior ? asRecord(prior) : undefined, inSet)
  }
  const given = config === null ? [] : asArray(config)
  if (given.length === 0 && input.facts.computedBlocks.has(path)) return prior === undefined ? UNKNOWN : prior
  const before = prior === undefined || prior === null || prior === UNKNOWN ? [] : asArray(prior)
  const isSet = nested.nesting === 'set'
  return given.map((element, index) => {
    if (element === UNKNOWN || element === null) return element
    const own = asRecord(element)
    const match = isSet ? before.find((b) => fitsConfig(own, asRecord(b))) : before[index]
    return planBlock(input, nested.block, fields, inner, own, match == null ? undefined : asRecord(match), inSet || isSet)
  })
}

/** Whether an element of a set has everything that the configuration says of it. */
function fitsConfig(config: Plain, prior: Plain): boolean {
  if (config === null) return true
  if (config === UNKNOWN) return false
  if (typeof config !== 'object') return config === prior
  if (Array.isArray(config)) {
    return (
      Array.isArray(prior) &&
      (config.length === 0 || (config.length === prior.length && config.every((e, i) => fitsConfig(e, prior[i] as Plain))))
    )
  }
  if (prior === null || typeof prior !== 'object' || Array.isArray(prior)) return false
  return Object.entries(config).every(([name, value]) => fitsConfig(value as Plain, ((prior as PlainObject)[name] ?? null) as Plain))
}

/** A change that makes a replacement necessary: names and indices from the object's root. */
export type PlainPath = readonly (string | number)[]

/** Places named by `forceNew` that differ. Elements of sets have no index: their block is reported. */
export function replacePaths(facts: Facts, prior: PlainObject, planned: PlainObject): PlainPath[] {
  const found: PlainPath[] = []
  for (const path of facts.forceNew) collectChanges(facts.schema.block, path.split('.'), prior, planned, [], found)
  return found
}

function collectChanges(
  block: BlockSchema,
  steps: readonly string[],
  prior: Plain,
  planned: Plain,
  at: PlainPath,
  found: PlainPath[],
): void {
  const [name, ...rest] = steps
  const before = isObject(prior) ? (prior[name!] ?? null) : null
  const after = isObject(planned) ? (planned[name!] ?? null) : null
  const here = [...at, name!]
  if (rest.length === 0) {
    if (after === UNKNOWN || !plainEquals(before, after)) found.push(here)
    return
  }
  const nested = block.blockTypes[name!]
  if (nested === undefined) return
  if (after === UNKNOWN) return
  if (nested.nesting === 'set') {
    if (!sameMembers(before, after, rest)) found.push(here)
    return
  }
  if (nested.nesting === 'list') {
    const left = Array.isArray(before) ? (before as readonly Plain[]) : []
    const right = Array.isArray(after) ? (after as readonly Plain[]) : []
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      collectChanges(nested.block, rest, left[i] ?? null, right[i] ?? null, [...here, i], found)
    }
    return
  }
  collectChanges(nested.block, rest, before, after, here, found)
}

function isObject(plain: Plain): plain is PlainObject {
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain)
}

/** Whether two sets of blocks agree in one member, in any order. */
function sameMembers(before: Plain, after: Plain, rest: readonly string[]): boolean {
  const members = (set: Plain): string[] =>
    (Array.isArray(set) ? (set as readonly Plain[]) : [])
      .map((e) =>
        JSON.stringify(
          rest.reduce<Plain>((v, step) => (isObject(v) ? (v[step] ?? null) : null), e),
          (_, v: unknown) => (v === UNKNOWN ? '(unknown)' : v),
        ),
      )
      .sort()
  const left = members(before)
  const right = members(after)
  return left.length === right.length && left.every((e, i) => e === right[i])
}
