import { describe, expect, test } from 'vitest'
import { bodyVector, parseVector } from '../support/parse-vectors.ts'
import { haveConformance, readVectors } from '../support/vectors.ts'

interface ParseVector {
  readonly kind: string
  readonly input: string
  readonly accept: boolean
  readonly diag_count: number
}

describe.skipIf(!haveConformance)('parse vectors of the conformance data', () => {
  test.each(readVectors<ParseVector>('hcl/parse.json').map((v) => [`${v.kind} ${JSON.stringify(v.input)}`, v] as const))('%s', (_, v) => {
    const { accept, diags } = parseVector(v.kind, v.input)
    expect(diags.map((d) => `${d.summary}: ${d.detail}`)).toHaveLength(v.diag_count)
    expect(accept).toBe(v.accept)
  })
})

interface BodyVector {
  readonly src: string
  readonly schema: Parameters<typeof bodyVector>[1]
  readonly want: { readonly attributes: readonly string[]; readonly blocks: readonly { type: string; labels: readonly string[] }[] }
  readonly diag_count: number
}

describe.skipIf(!haveConformance)('JSON bodies of the conformance data', () => {
  test.each(readVectors<BodyVector>('hcl/json-body.json').map((v) => [v.src, v] as const))('%s', (_, v) => {
    const { attributes, blocks, diags } = bodyVector(v.src, v.schema)
    expect({ attributes, blocks }).toEqual(v.want)
    expect(diags.map((d) => `${d.summary}: ${d.detail}`)).toHaveLength(v.diag_count)
  })
})
