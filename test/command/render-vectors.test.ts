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
