import { type Resource, resourceToString } from '../addrs/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { type Block, type BodySchema, bodyContent, traversals } from '../hcl/index.ts'
import type { CheckRule } from './config.ts'

const ruleSchema: BodySchema = {
  attributes: [
    { name: 'condition', required: true },
    { name: 'error_message', required: true },
  ],
  blocks: [],
}

/**
 * Reads a `validation`, `precondition`, `postcondition` or `assert` block; `noun` is how messages name it. Undefined when
 * it cannot be used, which has been reported.
 */
export function decodeCheckRule(block: Block, noun: string, diags: Diagnostics): CheckRule | undefined {
  const content = bodyContent(block.body, ruleSchema, diags)
  const condition = content.attributes.get('condition')?.expr
  const errorMessage = content.attributes.get('error_message')?.expr
  if (condition !== undefined && condition.kind !== 'error' && traversals(condition).length === 0) {
    diags.error(
      `Invalid ${noun} expression`,
      'The condition expression must refer to at least one object from elsewhere in the configuration, or else its result would not be checking anything.',
      { subject: condition.range },
    )
    return undefined
  }
  if (condition === undefined || errorMessage === undefined) return undefined
  return { condition, errorMessage, range: block.headerRange }
}

/** Says that a condition of a resource refers to the resource itself by its address. */
export function checkNoSelfReference(rule: CheckRule, noun: string, address: Resource, diags: Diagnostics): void {
  const prefix = address.mode === 'managed' ? [] : [address.mode]
  const names = [...prefix, address.type, address.name]
  for (const expr of [rule.condition, rule.errorMessage]) {
    for (const { root, steps } of traversals(expr)) {
      const written = [root, ...steps.map((step) => (step.kind === 'attr' ? step.name : ''))]
      if (written[0] === 'resource' && address.mode === 'managed') written.shift()
      if (!names.every((name, i) => written[i] === name)) continue
      diags.error(`Invalid reference in ${noun}`, `Configuration for ${resourceToString(address)} may not refer to itself.`, {
        subject: expr.range,
      })
      break
    }
  }
}

/** Conditions are what the primary files say: an override file that has some is refused. */
export function refuseRules(blocks: readonly Block[], diags: Diagnostics): void {
  for (const { type, headerRange } of blocks)
    if (type === 'precondition' || type === 'postcondition')
      diags.error(`Can't override ${type} blocks`, `Override files cannot override "${type}" blocks.`, { subject: headerRange })
}
