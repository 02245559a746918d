import { hasDynamic } from '../cty/index.ts'
import { attributeType } from './implied-type.ts'
import type { AttributeSchema, BlockSchema } from './schema.ts'

/** What is wrong with a provider's schema, as `path: problem`; empty for a proper one. For tests of providers. */
export function validateSchema(block: BlockSchema): string[] {
  const problems: string[] = []
  checkBlock(block, '', problems)
  return problems
}

const properName = /^[a-z0-9_]+$/

function checkBlock(block: BlockSchema, prefix: string, problems: string[]): void {
  for (const [name, attribute] of Object.entries(block.attributes)) checkAttribute(name, attribute, prefix, problems)
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const at = `${prefix}.${name}`
    if (Object.hasOwn(block.attributes, name)) problems.push(`${at}: name defined as both attribute and child block type`)
    if (!properName.test(name)) problems.push(`${at}: name may contain only lowercase letters, digits and underscores`)
    const min = nested.minItems ?? 0
    const max = nested.maxItems ?? 0
    if (min < 0 || max < 0) problems.push(`${at}: minItems and maxItems must not be negative`)
    switch (nested.nesting) {
      case 'single':
        if (min > 1 || max > 1) problems.push(`${at}: minItems and maxItems must not be greater than one in a single block`)
        break
      case 'group':
      case 'map':
        if (min !== 0 || max !== 0) problems.push(`${at}: minItems and maxItems must not be set in a ${nested.nesting} block`)
        break
      case 'list':
      case 'set':
        if (max !== 0 && min > max) problems.push(`${at}: minItems must not be greater than maxItems`)
        if (nested.nesting === 'set' && blockHasDynamic(nested.block))
          problems.push(`${at}: a set of blocks must not have attributes of dynamic type`)
    }
    checkBlock(nested.block, at, problems)
  }
}

function blockHasDynamic(block: BlockSchema): boolean {
  return (
    Object.values(block.attributes).some((a) => hasDynamic(attributeType(a))) ||
    Object.values(block.blockTypes).some((nested) => blockHasDynamic(nested.block))
  )
}

function checkAttribute(name: string, attribute: AttributeSchema, prefix: string, problems: string[]): void {
  const at = `${prefix}.${name}`
  const { required, optional, computed } = attribute
  if (!properName.test(name)) problems.push(`${at}: name may contain only lowercase letters, digits and underscores`)
  if (!required && !optional && !computed) problems.push(`${at}: must set required, optional or computed`)
  if (required && optional) problems.push(`${at}: cannot set both required and optional`)
  if (required && computed) problems.push(`${at}: cannot set both required and computed`)
  if (attribute.writeOnly && computed) problems.push(`${at}: cannot set both writeOnly and computed`)
  if (attribute.writeOnly && !required && !optional) problems.push(`${at}: a write-only attribute must be required or optional`)
  if ((attribute.type === undefined) === (attribute.nestedType === undefined)) {
    problems.push(`${at}: either type or nestedType must be set, and not both`)
    return
  }
  if (attribute.nestedType === undefined) return
  if (attribute.nestedType.nesting === 'set' && Object.values(attribute.nestedType.attributes).some((a) => hasDynamic(attributeType(a)))) {
    problems.push(`${at}: a set must not have attributes of dynamic type`)
  }
  for (const [inner, a] of Object.entries(attribute.nestedType.attributes)) checkAttribute(inner, a, at, problems)
}
