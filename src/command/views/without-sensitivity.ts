import { unmarkDeep } from '../../cty/index.ts'
import type { Plan, ResourceChange } from '../../plans/index.ts'
import type { AttributeSchema, BlockSchema } from '../../schema/index.ts'

/** A schema whose attributes are all shown: for `-show-sensitive`. */
export function withoutSensitivity(block: BlockSchema): BlockSchema {
  return {
    ...block,
    attributes: mapMembers(block.attributes, shownAttribute),
    blockTypes: mapMembers(block.blockTypes, (nested) => ({ ...nested, block: withoutSensitivity(nested.block) })),
  }
}

function shownAttribute({ sensitive: _, ...attribute }: AttributeSchema): AttributeSchema {
  if (attribute.nestedType === undefined) return attribute
  return { ...attribute, nestedType: { ...attribute.nestedType, attributes: mapMembers(attribute.nestedType.attributes, shownAttribute) } }
}

/** A plan of which everything is shown. */
export function planWithoutSensitivity(plan: Plan): Plan {
  const shown = (change: ResourceChange): ResourceChange => ({
    ...change,
    before: unmarkDeep(change.before),
    after: unmarkDeep(change.after),
  })
  return {
    ...plan,
    changes: plan.changes.map(shown),
    drift: plan.drift.map(shown),
    outputChanges: plan.outputChanges.map((change) => ({
      ...change,
      sensitive: false,
      before: unmarkDeep(change.before),
      after: unmarkDeep(change.after),
    })),
  }
}

function mapMembers<T>(members: Readonly<Record<string, T>>, change: (member: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, change(member)]))
}
