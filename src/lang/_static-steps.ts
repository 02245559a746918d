import { suggest } from '../base/index.ts'
import { unknownVal } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { type TraversalStep, traverse } from '../hcl/index.ts'
import { attributeType, type BlockSchema, type NestedBlockSchema } from '../schema/index.ts'

/**
 * Reports the first step into an object that its schema has no place for, whatever the object will be worth. What comes after an
 * attribute has to suit its type.
 */
export function checkSteps(steps: readonly TraversalStep[], schema: BlockSchema, diags: Diagnostics): void {
  let block: BlockSchema = schema
  for (let i = 0; i < steps.length; ) {
    const step = steps[i]!
    if (step.kind !== 'attr') {
      reportIndex(step, diags)
      return
    }
    const { name } = step
    if (Object.hasOwn(block.attributes, name)) {
      if (i + 1 < steps.length) traverse(unknownVal(attributeType(block.attributes[name]!)), steps.slice(i + 1), diags)
      return
    }
    if (!Object.hasOwn(block.blockTypes, name)) {
      reportAttribute(step, block, diags)
      return
    }
    const nested = block.blockTypes[name]!
    const next = steps[i + 1]
    if (next === undefined || !checkSelection(name, nested, next, diags)) return
    block = nested.block
    i += nested.nesting === 'list' || nested.nesting === 'map' ? 2 : 1
  }
}

/** Whether the step after the name of blocks leads to one of them. */
function checkSelection(name: string, { nesting }: NestedBlockSchema, next: TraversalStep, diags: Diagnostics): boolean {
  const said = JSON.stringify(name)
  if (nesting === 'list' && next.kind !== 'index') {
    const detail = `Block type ${said} is represented by a list of objects, so it must be indexed using a numeric key, like .${name}[0].`
    diags.error('Invalid operation', detail, { subject: next.range })
    return false
  }
  if (nesting === 'set') {
    const detail = `Block type ${said} is represented by a set of objects, and set elements do not have addressable keys. To find elements matching specific criteria, use a "for" expression with an "if" clause.`
    diags.error('Cannot index a set value', detail, { subject: next.range })
    return false
  }
  return true
}

function reportIndex(step: Exclude<TraversalStep, { kind: 'attr' }>, diags: Diagnostics): void {
  const key = step.kind === 'index' && step.key.type.kind === 'string' ? step.key.asString() : undefined
  const detail =
    key === undefined
      ? 'Only attribute access is allowed here, using the dot operator.'
      : `Only attribute access is allowed here. Did you mean to access attribute ${JSON.stringify(key)} using the dot operator?`
  diags.error('Invalid index operation', detail, { subject: step.range })
}

function reportAttribute({ name, range }: Extract<TraversalStep, { kind: 'attr' }>, block: BlockSchema, diags: Diagnostics): void {
  const meant = suggest(name, [...Object.keys(block.attributes), ...Object.keys(block.blockTypes)])
  diags.error(
    'Unsupported attribute',
    `This object has no argument, nested block, or exported attribute named "${name}".${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
    { subject: range },
  )
}
