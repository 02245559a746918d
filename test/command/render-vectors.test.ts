// biome-ignore-all lint/suspicious/noExplicitAny: the cases are trusted data, and their shape is the suite's own.
import { describe, expect, test } from 'vitest'
import { haveConformance, readVectors } from '../support/vectors.ts'
import { renderOutputsVector, renderVector } from './_render-vectors.ts'

/** The whole text is compared. Without the conformance data beside the project there is nothing to compare with. */
describe.skipIf(!haveConformance)('conformance/plan', () => {
  test.each(readVectors<any>('plan/render.json'))('$name', (c) => {
    expect(renderVector(c)).toBe(c.output)
  })
  test.each(readVectors<any>('plan/render-outputs.json'))('outputs: $name', (c) => {
    expect(renderOutputsVector(c)).toBe(c.output)
  })
})

describe('blocks of a set that become secret as a whole', () => {
  const schema = { block_types: { sb: { nesting_mode: 'set', block: { attributes: { s: { type: 'string', optional: true } } } } } }
  const blocks = (...texts: string[]) => {
    const of = ['object', { s: 'string' }]
    return { object: { sb: { set: texts.map((s) => ({ object: { s: { string: s } } })), of } } }
  }
  const change = { schema, mode: 'managed', action: 'Update', before: blocks('a'), after: blocks('a', 'b') }
  const secret = [[{ attr: 'sb' }]]
  const hidden =
    '          # At least one attribute in this block is (or was) sensitive,\n          # so its contents will not be displayed.\n        }\n'
  const rows: readonly [name: string, sides: object, blocks: string][] = [
    [
      'afterwards',
      { after_sensitive: secret },
      `      # Warning: this block will be marked as sensitive and will not\n      # display in UI output after applying this change.\n      ~ sb {\n${hidden}      + sb {\n${hidden}`,
    ],
    [
      'before',
      { before_sensitive: secret },
      `      # Warning: this block will no longer be marked as sensitive\n      # after applying this change.\n      ~ sb {\n${hidden}      + sb {\n          + s = "b"\n        }\n`,
    ],
  ]
  test.each(rows)('%s: the same ones stay', (_, sides, want) => {
    const text = renderVector({ ...change, ...sides })
    expect(text.slice(text.indexOf('{\n') + 2)).toBe(`${want}    }`)
  })
})
