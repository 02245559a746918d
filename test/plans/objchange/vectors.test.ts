import { describe, expect, test } from 'vitest'
import { pathToString } from '../../../src/cty/index.ts'
import {
  assertApplyCompatible,
  assertPlanValid,
  normalizeLegacySdk,
  type ObjectProblem,
  proposedNew,
} from '../../../src/plans/objchange/index.ts'
import { type BlockJson, blockFromJson } from '../../../src/schema/index.ts'
import { decodeValue, encodeValue, type Tagged } from '../../support/tagged.ts'
import { haveConformance, readVectors } from '../../support/vectors.ts'

interface Vector {
  readonly id: string
  readonly name?: string
  readonly schema: BlockJson
}

const title = (v: Vector): string => `${v.id} ${v.name ?? ''}`

function texts(problems: readonly ObjectProblem[]): string[] {
  return problems.map((p) => `${pathToString(p.path)}: ${p.message}`)
}

describe.skipIf(!haveConformance)('conformance', () => {
  const proposals = readVectors<Vector & { prior: Tagged; config: Tagged; want: Tagged }>('plan/proposed-new.json')
  test.each(proposals.map((v) => [title(v), v] as const))('%s', (_, v) => {
    const proposed = proposedNew(blockFromJson(v.schema), decodeValue(v.prior), decodeValue(v.config))
    expect(encodeValue(proposed)).toEqual(encodeValue(decodeValue(v.want)))
  })

  const plans = readVectors<Vector & { prior: Tagged; config: Tagged; planned: Tagged; want_errors: string[] }>('plan/plan-valid.json')
  test.each(plans.map((v) => [title(v), v] as const))('%s', (_, v) => {
    const problems = assertPlanValid(blockFromJson(v.schema), decodeValue(v.prior), decodeValue(v.config), decodeValue(v.planned))
    expect(texts(problems)).toEqual(v.want_errors)
  })

  const results = readVectors<Vector & { planned: Tagged; actual: Tagged; want_errors: string[] }>('plan/apply-compatible.json')
  test.each(results.map((v) => [title(v), v] as const))('%s', (_, v) => {
    const problems = assertApplyCompatible(blockFromJson(v.schema), decodeValue(v.planned), decodeValue(v.actual))
    expect(texts(problems)).toEqual(v.want_errors)
  })

  const legacy = readVectors<Vector & { input: Tagged; want: Tagged }>('plan/normalize-legacy-sdk.json')
  test.each(legacy.map((v) => [title(v), v] as const))('%s', (_, v) => {
    expect(encodeValue(normalizeLegacySdk(blockFromJson(v.schema), decodeValue(v.input)))).toEqual(encodeValue(decodeValue(v.want)))
  })
})
