import { attributeStep, emptyPath, indexStep, numberVal, type Path, stringVal, type Value } from '../cty/index.ts'
import type { AttributeSchema, BlockSchema } from './schema.ts'

/**
 * The places in a value that the schema calls sensitive, null ones included. Elements of sets cannot be marked one by
 * one: where one holds something sensitive, the path is that of the set.
 */
export function schemaSensitivePaths(block: BlockSchema, value: Value): readonly Path[] {
  return attributePaths(block, value, (a) => a.sensitive === true)
}

/** The places in a value that belong to write-only attributes, which no state may hold. */
export function writeOnlyPaths(block: BlockSchema, value: Value): readonly Path[] {
  return attributePaths(block, value, (a) => a.writeOnly === true)
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

function attributePaths(block: BlockSchema, value: Value, wanted: (attribute: AttributeSchema) => boolean): readonly Path[] {
  // Most schemas have none, and values can be large.
  if (!hasAttribute(block, wanted)) return []
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
      elements(nested.nesting, object.getAttr(name), at, hasAttribute(nested.block, wanted), (v, p) => inBlock(nested.block, v, p))
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
