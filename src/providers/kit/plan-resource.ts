import type { AttributeSchema, BlockSchema, NestedBlockSchema } from '../../schema/index.ts'
import type { Facts } from './facts.ts'
import type { Field, FieldMap } from './field.ts'
import { asArray, asRecord, isEquivalent, isZero, type Plain, type PlainObject, plainEquals, UNKNOWN } from './plain.ts'
import { hasOtherMembers, planSet } from './plan-sets.ts'

export interface PlanInput {
  readonly facts: Facts
  readonly fields: FieldMap
  readonly rules: 'sdk' | 'framework'
  /** Undefined: to be created. */
  readonly prior: PlainObject | undefined
  readonly config: PlainObject
  /** The configuration with what is computed as it was, elements of sets paired; the configuration alone when not given. */
  readonly proposed?: PlainObject | undefined
}

/** What the object will be, as far as configuration, schema and field map tell. A pure function. */
export function planFields(input: PlanInput): Record<string, Plain> {
  const { facts, fields, prior, config } = input
  const planned = planBlock(input, facts.schema.block, fields, '', config, prior, input.proposed ?? config)
  for (const [name, field] of Object.entries(fields)) {
    const { changesWith } = field.options
    if (prior === undefined || changesWith === undefined || config[name] != null) continue
    const isSame = input.rules === 'sdk' ? isEquivalent : plainEquals
    if (changesWith.some((other) => !isSame(planned[other], prior[other]))) planned[name] = UNKNOWN
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
  proposed: PlainObject,
): Record<string, Plain> {
  const planned: Record<string, Plain> = {}
  for (const [name, schema] of Object.entries(block.attributes)) {
    planned[name] = planAttribute(input, schema, fields[name], path + name, config[name] ?? null, prior?.[name])
  }
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    planned[name] = planNested(input, nested, fields[name], path + name, config[name] ?? null, prior?.[name], proposed[name] ?? null)
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
  schema: AttributeSchema,
  field: Field | undefined,
  path: string,
  config: Plain,
  prior: Plain | undefined,
): Plain {
  if (config !== null) {
    if (config === UNKNOWN) return UNKNOWN
    const { normalize, same } = field?.options ?? {}
    const value = normalize === undefined ? config : (normalize(config) as Plain)
    if (prior !== undefined && prior !== null && same?.(prior, value)) return prior
    // To the old SDK an absent text is an empty one.
    if (prior === null && input.rules === 'sdk' && value === '') return null
    return value
  }
  const byDefault = input.facts.defaults[path] ?? (field?.options.default as Plain | undefined)
  if (byDefault !== undefined) return byDefault
  if (schema.computed) return prior === undefined ? UNKNOWN : prior
  if (prior !== undefined && input.rules === 'sdk') {
    if (isZero(prior)) return prior
    // What is taken out of a collection of the old SDK leaves it empty.
    if (prior !== UNKNOWN) return schema.type?.kind === 'map' ? {} : Array.isArray(prior) ? [] : null
  }
  return null
}

function planNested(
  input: PlanInput,
  nested: NestedBlockSchema,
  field: Field | undefined,
  path: string,
  config: Plain,
  prior: Plain | undefined,
  proposed: Plain,
): Plain {
  if (config === UNKNOWN) return UNKNOWN
  const fields = field?.nested ?? {}
  const inner = `${path}.`
  if (nested.nesting === 'single' || nested.nesting === 'group') {
    if (config === null) return null
    return planBlock(input, nested.block, fields, inner, asRecord(config), prior ? asRecord(prior) : undefined, asRecord(proposed))
  }
  const given = config === null ? [] : asArray(config)
  if (given.length === 0 && input.facts.computedBlocks.has(path)) return prior === undefined ? UNKNOWN : prior
  const before = prior === undefined || prior === null || prior === UNKNOWN ? [] : asArray(prior)
  const wanted = proposed === null || proposed === UNKNOWN ? given : asArray(proposed)
  if (nested.nesting === 'set' && input.rules === 'sdk')
    return planSet({ facts: input.facts, nested, field, path: inner }, wanted, before, false)
  return given.map((element, index) => {
    if (element === UNKNOWN || element === null) return element
    const own = asRecord(element)
    const match = nested.nesting === 'set' ? before.find((b) => fitsConfig(own, asRecord(b))) : before[index]
    const merged = nested.nesting === 'set' ? own : asRecord(wanted[index] ?? own)
    return planBlock(input, nested.block, fields, inner, own, match == null ? undefined : asRecord(match), merged)
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
    const members = (set: Plain): readonly Plain[] => (Array.isArray(set) ? (set as readonly Plain[]) : [])
    if (hasOtherMembers(nested.block, members(before), members(after), rest)) found.push(here)
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
