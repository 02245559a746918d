import { nullVal, type ObjectType, rawEquals, unknownVal, type Value } from '../../cty/index.ts'
import {
  type AttributeEntry,
  type AttributeSchema,
  attributeEntries,
  attributeType,
  type BlockSchema,
  emptyBlockValue,
  impliedType,
  type NestedAttributeType,
  type NestedBlockSchema,
  nestedBlockType,
  nestedElementType,
} from '../../schema/index.ts'
import { elements, entries, isKeyed, isSequence, likeKeyed, likeSequence, member, objectOf } from './_members.ts'
import { candidatesAmong, configuredMembers, membersKey } from './_pairing.ts'

/**
 * Merges configuration over prior state into the proposal that a provider's plan step starts from: what is computed and
 * not configured keeps its prior value, everything else is as configured.
 *
 * `prior` is wholly known, or null for an object to be created; `config` may hold unknowns. Both are unmarked. Elements of
 * sets are paired with prior ones that could have come from the same configuration: a heuristic, which can pair wrongly
 * when all attributes are computed. Without any configuration (null) the answer is `prior`.
 */
export function proposedNew(block: BlockSchema, prior: Value, config: Value): Value {
  if (prior.isNull && config.isNull) return prior
  return proposeBlock(block, prior.isNull ? emptyBlockValue(block) : prior, config)
}

/**
 * What a data source will give, before it can be read: the configuration, with all that is computed and not configured
 * unknown. The same merge over a prior state of which nothing is known.
 */
export function plannedDataResult(block: BlockSchema, config: Value): Value {
  return proposeBlock(block, unknownVal(impliedType(block)), config)
}

function proposeBlock(block: BlockSchema, prior: Value, config: Value): Value {
  if (!config.hasContent) return prior
  if (isAsConfigured(block, prior, config)) return config
  const members = new Map<string, Value>()
  proposeAttributes(block.attributes, prior, config, members)
  for (const name in block.blockTypes) {
    const nested = block.blockTypes[name]!
    const type = nestedBlockType(nested)
    members.set(name, proposeNestedBlock(nested, member(prior, name, type), member(config, name, type)))
  }
  // For a new object the proposal mostly is the configuration.
  return isSameAs(config, members) ? config : objectOf(members, impliedType(block))
}

interface Merged {
  /** Of all attributes and blocks. */
  readonly size: number
  /** Whose proposal may be another value than what is configured. */
  readonly attributes: readonly AttributeEntry[]
}

const mergedParts = new WeakMap<BlockSchema, Merged | 'blocks'>()

/** Whether nothing is proposed but what is configured, as for most new objects: found out without making the proposal. */
function isAsConfigured(block: BlockSchema, prior: Value, config: Value): boolean {
  let parts = mergedParts.get(block)
  if (parts === undefined) {
    const all = attributeEntries(block.attributes)
    parts =
      Object.keys(block.blockTypes).length > 0
        ? 'blocks'
        : { size: all.length, attributes: all.filter(({ attribute: a }) => a.computed === true || a.nestedType !== undefined) }
    mergedParts.set(block, parts)
  }
  if (parts === 'blocks' || !isKeyed(config)) return false
  const own = config.asMap()
  if (own.size !== parts.size) return false
  for (let i = 0; i < parts.attributes.length; i++) {
    const { name, attribute, type } = parts.attributes[i]!
    const configured = own.get(name)
    if (configured === undefined || proposeAttribute(attribute, member(prior, name, type), configured) !== configured) return false
  }
  return true
}

function isSameAs(object: Value, members: ReadonlyMap<string, Value>): boolean {
  const own = object.asMap()
  if (own.size !== members.size) return false
  let same = true
  members.forEach((value, name) => {
    if (own.get(name) !== value) same = false
  })
  return same
}

function proposeAttributes(attributes: BlockSchema['attributes'], prior: Value, config: Value, members: Map<string, Value>): void {
  const entries = attributeEntries(attributes)
  for (let i = 0; i < entries.length; i++) {
    const { name, attribute, type } = entries[i]!
    members.set(name, proposeAttribute(attribute, member(prior, name, type), member(config, name, type)))
  }
}

function proposeAttribute(attribute: AttributeSchema, prior: Value, config: Value): Value {
  // Of two nulls that of the configuration is the one with the exact type.
  if (attribute.computed === true && config.isNull) return prior.isNull || wasConfigured(attribute, prior) ? config : prior
  if (attribute.nestedType !== undefined) return proposeNestedAttribute(attribute.nestedType, prior, config)
  return config
}

/**
 * Whether the prior value of an optional and computed attribute holds something that only configuration can have put
 * there. Then its removal from the configuration means null, not "keep".
 */
function wasConfigured(attribute: AttributeSchema, prior: Value): boolean {
  return attribute.optional === true && attribute.nestedType !== undefined && holdsConfigured(attribute.nestedType, prior)
}

function holdsConfigured(nested: NestedAttributeType, value: Value): boolean {
  if (!value.hasContent) return false
  return objectsIn(nested.nesting, value).some(
    (object) =>
      object.hasContent &&
      Object.entries(nested.attributes).some(([name, attribute]) => {
        const v = member(object, name, attributeType(attribute))
        if (attribute.computed !== true && !v.isNull) return true
        return attribute.nestedType !== undefined && holdsConfigured(attribute.nestedType, v)
      }),
  )
}

function objectsIn(nesting: string, value: Value): readonly Value[] {
  if (nesting === 'single' || nesting === 'group') return [value]
  return isKeyed(value) ? [...value.asMap().values()] : elements(value)
}

function proposeNestedAttribute(nested: NestedAttributeType, prior: Value, config: Value): Value {
  const type = nestedElementType(nested)
  const merge = (priorElement: Value, configElement: Value): Value => {
    if (!configElement.hasContent) return configElement
    const members = new Map<string, Value>()
    proposeAttributes(nested.attributes, priorElement, configElement, members)
    return objectOf(members, type)
  }
  const related = (priorElement: Value, configElement: Value): boolean => attributesFit(nested.attributes, priorElement, configElement)
  return mergeCollection(nested.nesting, nested.attributes, type, prior, config, merge, related)
}

function proposeNestedBlock(nested: NestedBlockSchema, prior: Value, config: Value): Value {
  const type = impliedType(nested.block)
  const merge = (priorElement: Value, configElement: Value): Value => {
    if (!configElement.hasContent) return configElement
    return proposeBlock(nested.block, priorElement.isNull ? emptyBlockValue(nested.block) : priorElement, configElement)
  }
  const related = (priorElement: Value, configElement: Value): boolean => blockFits(nested.block, priorElement, configElement)
  return mergeCollection(nested.nesting, nested.block.attributes, type, prior, config, merge, related)
}

function mergeCollection(
  nesting: NestedBlockSchema['nesting'],
  attributes: BlockSchema['attributes'],
  type: ObjectType,
  prior: Value,
  config: Value,
  merge: (prior: Value, config: Value) => Value,
  related: (prior: Value, config: Value) => boolean,
): Value {
  if (!config.hasContent) return config
  // Of a prior that is unknown as a whole, as for data sources, every element is unknown.
  const absent = prior.isKnown ? nullVal(type) : unknownVal(type)
  switch (nesting) {
    case 'single':
    case 'group':
      return merge(prior, config)
    case 'map': {
      const before = entries(prior)
      const merged = new Map<string, Value>()
      for (const [key, v] of entries(config)) merged.set(key, merge(before.get(key) ?? absent, v))
      return merged.size === 0 ? config : likeKeyed(config, merged)
    }
    case 'list': {
      // A list of blocks with dynamic types can only be a tuple; anything else is no list at all.
      if (!isSequence(config)) return config
      const before = elements(prior)
      const merged = elements(config).map((v, i) => merge(before[i] ?? absent, v))
      return merged.length === 0 ? config : likeSequence(config, merged)
    }
    default: {
      if (!isSequence(config)) return config
      const unused = new Set(elements(prior))
      const priorLike = candidatesAmong(elements(prior), membersKey(configuredMembers(attributes)))
      const merged = elements(config).map((v) => {
        for (const candidate of priorLike(v)) {
          if (!unused.has(candidate) || !related(candidate, v)) continue
          unused.delete(candidate)
          return merge(candidate, v)
        }
        return merge(absent, v)
      })
      return merged.length === 0 ? config : likeSequence(config, merged)
    }
  }
}

/** Whether the prior object could be what became of this configuration: equal but for what the provider may have filled in. */
function blockFits(block: BlockSchema, prior: Value, config: Value): boolean {
  if (!prior.hasContent || !config.hasContent) return rawEquals(prior, config)
  if (!attributesFit(block.attributes, prior, config)) return false
  return Object.entries(block.blockTypes).every(([name, nested]) => {
    const type = nestedBlockType(nested)
    return collectionFits(nested.nesting, member(prior, name, type), member(config, name, type), (p, c) => blockFits(nested.block, p, c))
  })
}

function attributesFit(attributes: BlockSchema['attributes'], prior: Value, config: Value): boolean {
  if (!prior.hasContent || !config.hasContent) return rawEquals(prior, config)
  return attributeEntries(attributes).every(({ name, attribute, type }) => {
    const p = member(prior, name, type)
    const c = member(config, name, type)
    if (c.isNull && attribute.computed === true) return !wasConfigured(attribute, p)
    const { nestedType } = attribute
    if (nestedType === undefined) return rawEquals(p, c)
    return collectionFits(nestedType.nesting, p, c, (pe, ce) => attributesFit(nestedType.attributes, pe, ce))
  })
}

function collectionFits(nesting: string, prior: Value, config: Value, fits: (prior: Value, config: Value) => boolean): boolean {
  if (!prior.hasContent || !config.hasContent) return rawEquals(prior, config)
  if (nesting === 'single' || nesting === 'group') return fits(prior, config)
  if (nesting === 'map') {
    const before = entries(prior)
    const now = entries(config)
    return before.size === now.size && [...now].every(([key, v]) => before.has(key) && fits(before.get(key)!, v))
  }
  if (nesting === 'list') {
    const before = elements(prior)
    const now = elements(config)
    return before.length === now.length && now.every((v, i) => fits(before[i]!, v))
  }
  // Pairing within the elements that are to be paired has no end: inner sets count as a whole.
  return rawEquals(prior, config)
}
