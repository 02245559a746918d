import { compareStrings } from '../../base/index.ts'
import { listVal, mapVal, nullVal, numberType, numericToJs, objectVal, stringType, tupleVal, type Value } from '../../cty/index.ts'
import type { Traversal, TraversalStep } from '../../hcl/index.ts'
import { attributeType, type BlockSchema, blockObject } from '../../schema/index.ts'

/**
 * P-20: the configuration with what is to be ignored taken from the prior object. Map elements that one side lacks are added or taken
 * away; a path that leads to nothing changes nothing.
 */
export function ignoreChanges(config: Value, prior: Value, paths: readonly Traversal[]): Value {
  let result = config
  for (const path of paths) result = replaceAt(result, prior, stepsOf(path))
  return result
}

/** `ignore_changes = all`: the prior object, without what only the provider may set. */
export function ignoreAll(prior: Value, block: BlockSchema): Value {
  if (!prior.hasContent) return prior
  const members = new Map(prior.asMap())
  for (const [name, attribute] of Object.entries(block.attributes)) {
    if (attribute.computed === true && attribute.optional !== true) members.set(name, nullVal(attributeType(attribute)))
  }
  return blockObject(members, block)
}

/** A relative traversal starts with an attribute of the resource, which the parser may hold as the root name. */
function stepsOf(traversal: Traversal): readonly TraversalStep[] {
  return traversal.root === '' ? traversal.steps : [{ kind: 'attr', name: traversal.root, range: traversal.rootRange }, ...traversal.steps]
}

function replaceAt(config: Value, prior: Value, steps: readonly TraversalStep[]): Value {
  const [step, ...rest] = steps
  if (step === undefined) return prior.withMarks(undefined)
  if (!config.isKnown || !prior.hasContent) return config
  const key = keyOf(step)
  if (key === undefined) return config
  const { type } = config
  if (type.kind === 'object') {
    if (
      typeof key !== 'string' ||
      config.isNull ||
      !type.attributes.has(key) ||
      prior.type.kind !== 'object' ||
      !prior.type.attributes.has(key)
    )
      return config
    const members = new Map(config.asMap())
    members.set(key, replaceAt(config.asMap().get(key)!, prior.asMap().get(key)!, rest))
    return objectVal(members).withMarks(config.marks)
  }
  if (type.kind === 'map') {
    if (typeof key !== 'string' || prior.type.kind !== 'map') return config
    const before = prior.asMap().get(key)
    const entries = new Map(config.isNull ? [] : config.asMap())
    const now = entries.get(key)
    if (before === undefined) {
      if (now === undefined || rest.length > 0) return config
      entries.delete(key)
    } else if (now !== undefined) {
      entries.set(key, replaceAt(now, before, rest))
    } else if (rest.length === 0) {
      entries.set(key, before)
    } else {
      return config
    }
    const sorted = [...entries].sort((a, b) => compareStrings(a[0], b[0]))
    if (sorted.length === 0 && config.isNull) return config
    return mapVal(new Map(sorted), type.element).withMarks(config.marks)
  }
  if (config.isNull || typeof key !== 'number') return config
  if (type.kind === 'list' || type.kind === 'tuple') {
    if (prior.type.kind !== 'list' && prior.type.kind !== 'tuple') return config
    const elements = config.asArray()
    const others = prior.asArray()
    if (key >= elements.length || key >= others.length) return config
    const changed = elements.map((e, i) => (i === key ? replaceAt(e, others[i]!, rest) : e))
    return (type.kind === 'list' ? listVal(changed, type.element) : tupleVal(changed)).withMarks(config.marks)
  }
  return config
}

function keyOf(step: TraversalStep): string | number | undefined {
  if (step.kind === 'attr') return step.name
  if (step.kind !== 'index' || !step.key.hasContent) return undefined
  if (step.key.type === stringType) return step.key.asString()
  return step.key.type === numberType ? numericToJs(step.key.asNumeric()) : undefined
}
