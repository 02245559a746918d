/** What the vectors of `plan/` about objects ask for: for the tests and for the conformance adapter. */
import { pathToString } from '../../src/cty/index.ts'
import {
  assertApplyCompatible,
  assertPlanValid,
  normalizeLegacySdk,
  type ObjectProblem,
  proposedNew,
} from '../../src/plans/objchange/index.ts'
import { type BlockJson, blockFromJson } from '../../src/schema/index.ts'
import { decodeValue, encodeValue, type Tagged } from './tagged.ts'

// biome-ignore lint/suspicious/noExplicitAny: the cases are trusted data, and their shape is the suite's own.
type Case = Readonly<Record<string, any>>

export const planHandlers: Readonly<Record<string, (c: Case) => Readonly<Record<string, unknown>>>> = {
  'plan/proposed-new': (c) => ({ value: encodeValue(proposedNew(schema(c), value(c.prior), value(c.config))) }),
  'plan/plan-valid': (c) => ({ errors: texts(assertPlanValid(schema(c), value(c.prior), value(c.config), value(c.planned))) }),
  'plan/apply-compatible': (c) => ({ errors: texts(assertApplyCompatible(schema(c), value(c.planned), value(c.actual))) }),
  'plan/normalize-legacy-sdk': (c) => ({ value: encodeValue(normalizeLegacySdk(schema(c), value(c.input))) }),
}

function schema(c: Case): ReturnType<typeof blockFromJson> {
  return blockFromJson(c.schema as BlockJson)
}

function value(tagged: Tagged): ReturnType<typeof decodeValue> {
  return decodeValue(tagged)
}

function texts(problems: readonly ObjectProblem[]): string[] {
  return problems.map((p) => `${pathToString(p.path)}: ${p.message}`)
}
