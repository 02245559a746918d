import {
  attributeStep,
  emptyPath,
  indexStep,
  nullVal,
  numberVal,
  type Path,
  pathToString,
  stringVal,
  transformValue,
  type Value,
} from '../cty/index.ts'
import type { AttributeSchema, BlockSchema } from './schema.ts'

const isSensitive = (a: AttributeSchema): boolean => a.sensitive === true
const isWriteOnly = (a: AttributeSchema): boolean => a.writeOnly === true

/**
 * The places in a value that the schema calls sensitive, null ones included. Elements of sets cannot be marked one by
 * one: where one holds something sensitive, the path is that of the set.
 */
export function schemaSensitivePaths(block: BlockSchema, value: Value): readonly Path[] {
  return attributePaths(block, value, isSensitive)
}

/** The places in a value that belong to write-only attributes, which no state may hold. */
export function writeOnlyPaths(block: BlockSchema, value: Value): readonly Path[] {
  return attributePaths(block, value, isWriteOnly)
}

/** An object without what its configuration set for write-only attributes: nothing that is planned or stored has it. */
export function withoutWriteOnly(block: BlockSchema, value: Value): Value {
  const paths = writeOnlyPaths(block, value)
  if (paths.length === 0) return value
  const texts = new Set(paths.map(pathToString))
  return transformValue(value, (path, v) => (v.isNull || !texts.has(pathToString(path)) ? v : nullVal(v.type)))
}

/** Whether any attribute at any depth is such a one, whatever the value. */
export function hasAttribute(block: BlockSchema, wanted: (attribute: AttributeSchema) => boolean): boolean {
  return attributesHave(block.attributes, wanted) || Object.values(block.blockTypes).some((nested) => hasAttribute(nested.block, wanted))
}

function attributesHave(attributes: BlockSchema['attributes'], wanted: (attribute: AttributeSchema) => boolean): boolean {
  for (const attribute of Object.values(attributes)) {
    if (wanted(attribute) || (attribute.nestedType !== undefined && attributesHave(attribute.nestedType.attributes, wanted))) return true
  }
  return false
}

const known = new WeakMap<BlockSchema, Map<unknown, boolean>>()

/** The same for the conditions of this file, which are asked for each object: worked out once. */
function knownToHave(block: BlockSchema, wanted: (attribute: AttributeSchema) => boolean): boolean {
  let answers = known.get(block)
  if (answers === undefined) known.set(block, (answers = new Map()))
  let answer = answers.get(wanted)
  if (answer === undefined) answers.set(wanted, (answer = hasAttribute(block, wanted)))
  return answer
}

const noPaths: readonly Path[] = []

function attributePaths(block: BlockSchema, value: Value, wanted: (attribute: AttributeSchema) => boolean): readonly Path[] {
  // Most schemas have none, and values can be large.
  return knownToHave(block, wanted) ? findAttributePaths(block, value, wanted) : noPaths
}

function findAttributePaths(block: BlockSchema, value: Value, wanted: (attribute: AttributeSchema) => boolean): readonly Path[] {
  const found: Path[] = []

  const inAttributes = (attributes: BlockSchema['attributes'], object: Value, path: Path): void => {
    for (const [name, attribute] of Object.entries(attributes)) {
      const at = [...path, attributeStep(name)]
      if (wanted(attribute)) found.push(at)
      else if (attribute.nestedType !== undefined) {
        const { nesting, attributes: inner } = attribute.nestedType
        elements(nesting, object.getAttr(name), at, attributesHave(inner, wanted), (v, p) => inAttributes(inner, v, p))
      }
    }
  }
  const inBlock = (b: BlockSchema, object: Value, path: Path): void => {
    inAttributes(b.attributes, object, path)
    for (const [name, nested] of Object.entries(b.blockTypes)) {
      const at = [...path, attributeStep(name)]
      elements(nested.nesting, object.getAttr(name), at, knownToHave(nested.block, wanted), (v, p) => inBlock(nested.block, v, p))
    }
  }
  const elements = (nesting: string, value: Value, path: Path, inside: boolean, visit: (value: Value, path: Path) => void): void => {
    if (!inside || !value.hasContent) return
    if (nesting === 'single' || nesting === 'group') visit(value, path)
    else if (nesting === 'set') {
      if (value.asArray().length > 0) found.push(path)
    } else if (nesting === 'map') {
      for (const [key, v] of value.asMap()) if (v.hasContent) visit(v, [...path, indexStep(stringVal(key))])
    } else {
      const list = value.asArray()
      for (let i = 0; i < list.length; i++) if (list[i]!.hasContent) visit(list[i]!, [...path, indexStep(numberVal(i))])
    }
  }
  if (value.hasContent) inBlock(block, value, emptyPath)
  return found
}
