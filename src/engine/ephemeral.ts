import { EPHEMERAL, pathToString, unmarkDeepWithPaths, type Value } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { partialContent } from '../hcl/index.ts'
import { writeOnlyPaths } from '../schema/index.ts'
import type { ResourceBlock } from './blocks.ts'

/**
 * Reports ephemeral values in a configuration where they would have to be stored: everywhere but in write-only attributes. One message
 * for each argument.
 */
export function checkPersistable({ resource, schema }: ResourceBlock, config: Value, address: string, diags: Diagnostics): boolean {
  if (schema === undefined || !config.containsMarked) return true
  const writeOnly = writeOnlyPaths(schema.block, config).map(pathToString)
  const told = new Set<string>()
  for (const { path, marks } of unmarkDeepWithPaths(config)[1]) {
    const [step] = path
    if (!marks.has(EPHEMERAL) || writeOnly.includes(pathToString(path)) || step?.kind !== 'attribute' || told.has(step.name)) continue
    told.add(step.name)
    const { content } = partialContent(resource.body, { attributes: [{ name: step.name }], blocks: [] }, new Diagnostics())
    diags.error(
      'Invalid use of ephemeral value',
      `Ephemeral values are not valid for "${step.name}", because it is not a write-only attribute and must be persisted to state.`,
      { address, subject: content.attributes.get(step.name)?.expr.range ?? resource.body.endRange },
    )
  }
  return told.size === 0
}
