import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadFacts } from '../../../src/builtin/aws/facts.ts'
import { awsProvider } from '../../../src/builtin/aws/index.ts'
import { fromPlain, type Plain, type PlainObject, UNKNOWN } from '../../../src/providers/kit/index.ts'
import type { BlockSchema } from '../../../src/schema/index.ts'

/**
 * Which of the values hashicorp/aws 5.100.0 refuses when validating, by argument: one value at a time, all that is required unknown.
 * `refused` holds the kind of the values and the positions of the refused ones.
 */
const recorded = JSON.parse(readFileSync(new URL('./testdata/values.json', import.meta.url), 'utf8')) as {
  readonly values: Readonly<Record<'string' | 'number', readonly (string | number)[]>>
  readonly refused: Readonly<Record<string, Readonly<Record<string, readonly ['string' | 'number', ...number[]]>>>>
}

/** Problems between arguments, which have tests of their own. */
const across = new Set([
  'Conflicting configuration arguments',
  'Invalid combination of arguments',
  'Missing required argument',
  'Missing Attribute Configuration',
  'Invalid Attribute Combination',
  'One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm',
])

/** A configuration of a block with one value at a path; what is required is unknown. */
function configOf(block: BlockSchema, path: readonly string[] | undefined, value: Plain): PlainObject {
  const config: Record<string, Plain> = {}
  const [name, ...rest] = path ?? []
  for (const [attribute, { required, type }] of Object.entries(block.attributes)) {
    const isTarget = attribute === name && rest.length === 0
    const isMany = type !== undefined && typeof type === 'object' && (type.kind === 'list' || type.kind === 'set')
    config[attribute] = isTarget ? (isMany ? [value] : value) : required ? UNKNOWN : null
  }
  for (const [blockName, nested] of Object.entries(block.blockTypes)) {
    const inner =
      blockName === name ? [configOf(nested.block, rest, value)] : nested.minItems ? [configOf(nested.block, undefined, null)] : []
    config[blockName] = nested.nesting === 'single' || nested.nesting === 'group' ? (inner[0] ?? null) : inner
  }
  return config
}

test.each(Object.entries(recorded.refused))('%s', async (typeName, paths) => {
  const provider = awsProvider({ flavour: 5, surroundings: { env: {} } })
  const { schema, type } = loadFacts(typeName, 5)!
  const differences: string[] = []
  for (const [path, [kind, ...positions]] of Object.entries(paths)) {
    const values = recorded.values[kind]
    for (const [i, value] of values.entries()) {
      const config = fromPlain(configOf(schema.block, path.split('.'), value), type)
      const { diags } = await provider.validateResourceConfig({ typeName, config })
      // What is not built yet is refused whatever its value.
      if (diags.some((d) => /not supported yet/.test(d.summary))) continue
      const found = diags.filter((d) => d.severity === 'error' && !across.has(d.summary))
      const isRefused = positions.includes(i)
      if (found.length > 0 !== isRefused)
        differences.push(
          `${path} = ${JSON.stringify(value).slice(0, 40)}: ${isRefused ? 'accepted' : `refused (${found[0]!.summary.slice(0, 80)})`}`,
        )
    }
  }
  expect(differences).toEqual([])
})
