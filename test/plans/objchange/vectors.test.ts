import { describe, expect, test } from 'vitest'
import { planHandlers } from '../../support/plan-vectors.ts'
import { decodeValue, encodeValue, type Tagged } from '../../support/tagged.ts'
import { haveConformance, readVectors } from '../../support/vectors.ts'

interface Vector {
  readonly id: string
  readonly name?: string
  readonly want?: Tagged
  readonly want_errors?: readonly string[]
}

describe.skipIf(!haveConformance).each(Object.keys(planHandlers))('%s', (suite) => {
  const vectors = readVectors<Vector>(`${suite}.json`)
  test.each(vectors.map((v) => [`${v.id} ${v.name ?? ''}`, v] as const))('%s', (_, v) => {
    const result = planHandlers[suite]!(v)
    if (v.want_errors !== undefined) expect(result.errors).toEqual(v.want_errors)
    else expect(result.value).toEqual(encodeValue(decodeValue(v.want!)))
  })
})
