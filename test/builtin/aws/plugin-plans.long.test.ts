import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resources } from '../../../src/builtin/aws/catalog.ts'
import { awsProvider } from '../../../src/builtin/aws/index.ts'
import { boolVal, mapVal, objectVal, stringVal, type Value } from '../../../src/cty/index.ts'
import { launchPlugin, type Plugin, pluginEnvironment } from '../../../src/plugin/index.ts'
import type { Provider } from '../../../src/providers/index.ts'
import { type BlockSchema, blockObject, collectBlocks, emptyBlockValue, impliedType } from '../../../src/schema/index.ts'
import { differences, knownPart } from './_differences.ts'
import { type Answer, answerOf, type Cell, cellNames, cellsOf, type Hints } from './_matrix.ts'
import { knownDifference } from './_plan-differences.ts'

/**
 * The AWS provider in this process and hashicorp/aws 5.100.0 as a plugin are asked the same: for each type and settable attribute, at
 * every depth, how setting, changing and unsetting it is planned, with the attributes the real provider has stored as prior state.
 * No cloud is needed. LANDFORM_MATRIX names a file for all answers that differ.
 */
const executable = process.env.LANDFORM_PEER_AWS_PLUGIN
const isHere = executable !== undefined && existsSync(executable)

function providerConfig(block: BlockSchema): Value {
  const given: Record<string, Value> = { region: stringVal('eu-central-1'), access_key: stringVal('test'), secret_key: stringVal('test') }
  // As the recordings were made.
  const tags = block.blockTypes.default_tags!
  given.default_tags = collectBlocks(tags, [['', blockObject(new Map([['tags', mapVal([['Team', stringVal('ops')]])]]), tags.block)]])
  const skipped = ['skip_credentials_validation', 'skip_region_validation', 'skip_requesting_account_id']
  return objectVal(
    [...emptyBlockValue(block).asMap()].map(([name, v]) => [name, skipped.includes(name) ? boolVal(true) : (given[name] ?? v)] as const),
    impliedType(block),
  )
}

interface Row {
  cells: number
  asked: number
  same: number
  refusedByBoth: number
  refusedByName: number
  /** Whose reasons stand in `_plan-differences.ts`. */
  known: string[]
  different: string[]
}

describe.skipIf(!isHere)('planned as by hashicorp/aws 5.100.0 (skipped without LANDFORM_PEER_AWS_PLUGIN)', () => {
  let plugin: Plugin
  let theirs: Provider
  let ours: Provider
  const table = new Map<string, Row>()

  beforeAll(async () => {
    const environment = {
      ...pluginEnvironment('aws', { PATH: process.env.PATH, HOME: '/nonexistent' }, undefined),
      AWS_EC2_METADATA_DISABLED: 'true',
    }
    plugin = await launchPlugin({ executable: executable!, environment, settings: {} })
    theirs = plugin.provider()
    ours = awsProvider({ flavour: 5, surroundings: { env: { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' } } })
    for (const provider of [theirs, ours]) {
      const { diags } = await provider.configure({ config: providerConfig(provider.schema().provider), terraformVersion: '1.11.4' })
      expect(diags.filter((d) => d.severity === 'error')).toEqual([])
    }
  }, 120_000)
  afterAll(async () => {
    await theirs?.close()
    await plugin?.close()
    if (process.env.LANDFORM_MATRIX !== undefined) writeFileSync(process.env.LANDFORM_MATRIX, JSON.stringify([...table], undefined, 1))
  })

  test.each(Object.keys(resources))(
    '%s',
    async (typeName) => {
      const schema = theirs.schema().resource(typeName)!
      const facts = JSON.parse(readFileSync(new URL(`../../../src/builtin/aws/schemas/${typeName}.json`, import.meta.url), 'utf8')) as {
        rules?: Hints
      }
      const cells = cellsOf(typeName, schema, facts.rules ?? {})
      const row: Row = {
        cells: cellNames(schema).length,
        asked: cells.length,
        same: 0,
        refusedByBoth: 0,
        refusedByName: 0,
        known: [],
        different: [],
      }
      table.set(typeName, row)
      for (const cell of cells)
        judge(
          cell,
          await answerOf(theirs, schema, cell, knownPart),
          await answerOf(ours, ours.schema().resource(typeName)!, cell, knownPart),
          row,
        )
      expect(row.different).toEqual([])
    },
    600_000,
  )

  test('the table in docs/providers.md is what was found', () => {
    const text = readFileSync(new URL('../../../docs/providers.md', import.meta.url), 'utf8')
    for (const [typeName, row] of table) {
      const line = text.split('\n').find((l) => l.startsWith(`| \`${typeName}\` |`))
      expect(line).toMatch(new RegExp(`${columns(row)}$`))
    }
    expect(text).toContain(totals([...table.values()]))
  })
})

function judge(cell: Cell, want: Answer, got: Answer, row: Row): void {
  const name = `${cell.attribute} ${cell.operation}`
  // Some of what one refuses when it validates, the other refuses when it plans.
  const isRefused = ({ invalid, errors }: Answer): boolean => invalid.length > 0 || errors.length > 0
  if (isRefused(want) && isRefused(got)) {
    row.refusedByBoth++
    return
  }
  // What is not implemented is refused at validation, by its name.
  if (want.invalid.length === 0 && got.invalid.some((text) => /not supported yet|is not implemented|not supported/.test(text))) {
    row.refusedByName++
    return
  }
  const lines = [
    ...(want.invalid.length > 0 !== got.invalid.length > 0 ? [`validation: ${got.invalid.join()} / ${want.invalid.join()}`] : []),
    ...(want.errors.length > 0 !== got.errors.length > 0 ? [`error: ${got.errors.join()} / ${want.errors.join()}`] : []),
    ...(got.replace.join() === want.replace.join() ? [] : [`replace: ${got.replace.join()} / ${want.replace.join()}`]),
    // Of an object that is replaced the new one is planned.
    ...(want.created === undefined || got.created === undefined ? differences(got.planned, want.planned, 'planned') : []),
    ...differences(got.created, want.created, 'created'),
  ]
  if (lines.length === 0) row.same++
  else if (knownDifference(cell.typeName, name) !== undefined) row.known.push(`${name}: ${lines.join('; ')}`)
  else row.different.push(`${name}: ${lines.join('; ')}`)
}

/** The last columns of a row in docs/providers.md. */
function columns(r: Row): string {
  return `\\| ${r.cells} \\| ${r.same} \\| ${r.refusedByBoth} \\| ${r.refusedByName} \\| ${r.known.length + r.different.length} \\|`
}

/** The sentence below it. */
function totals(rows: readonly Row[]): string {
  const sum = (of: (r: Row) => number): number => rows.reduce((total, r) => total + of(r), 0)
  return `Of ${sum((r) => r.cells)} cells ${sum((r) => r.cells - r.asked)} make no sense, such as unsetting what is required. Of the other ${sum((r) => r.asked)}, ${sum((r) => r.same)} are planned the same, ${sum((r) => r.refusedByBoth)} are refused by both, ${sum((r) => r.refusedByName)} are refused by name here, and ${sum((r) => r.known.length + r.different.length)} differ.`
}
