import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/**
 * Which test shows each row of the feature matrix (`reference/engine-features.md`) about expressions and types: file and a part of the test's
 * name. Rows P-.., L-.. and the differences of dialects stand in `test/engine/rows.test.ts`. A sentence instead says why there is none.
 */
type Proof = readonly (readonly [file: string, title: string])[] | string

/** Expressions with what Terraform answers. */
const answers = (row: string): readonly [string, string] => ['lang/testdata/expression-rows/answers.json', `"${row}": [`]
const values = (...titles: string[]): readonly [string, string][] => titles.map((t) => ['cty/values.test.ts', t])
const evaluation = (...titles: string[]): readonly [string, string][] => titles.map((t) => ['hcl/evaluate.test.ts', t])

const rows: Readonly<Record<string, Proof>> = {
  'E-01': [answers('E-01'), ['cty/laws.test.ts', 'types survive JSON']],
  'E-02': [answers('E-02'), ['hcl/oracles.test.ts', 'are accepted and rejected as by hcl2-parser']],
  'E-03': [answers('E-03'), ...evaluation("describe('&& and ||'", 'OpenTofu does not look at the right operand when the left one decides')],
  'E-04': [answers('E-04'), ...evaluation('neither are chains of conditionals as long as the parser takes them')],
  'E-05': [answers('E-05'), ['cty/laws.test.ts', 'equals decides for known values and agrees with raw equality']],
  'E-06': [
    answers('E-06'),
    ['cty/laws.test.ts', 'gives a value of the wanted type, and doing it again changes nothing'],
    ...values('conversion errors say where'),
  ],
  'E-07': [answers('E-07'), ['cty/laws.test.ts', 'all values convert to the type they unify to']],
  'E-08': [
    answers('E-08'),
    ['cty/number.test.ts', "describe('arithmetic recorded from Terraform'"],
    ['cty/number.test.ts', "describe('precision'"],
    ['cty/number.test.ts', "describe('undefined results'"],
  ],
  'E-09': [answers('E-09'), ['cty/number.test.ts', 'text reads back to the same number']],
  'E-10': [['cty/laws.test.ts', 'values with unknown parts survive msgpack'], ...values("describe('msgpack of others'")],
  'E-11': [answers('E-11')],
  'E-12': [
    answers('E-12'),
    ['cty/laws.test.ts', 'the order does not depend on the order of insertion, and duplicates vanish'],
    ...values('order: known, unknown, null'),
  ],
  'E-13': [answers('E-13'), ['hcl/static.test.ts', 'a repeated property is an error']],
  'E-14': [
    answers('E-14'),
    ...values("describe('refine'"),
    ...evaluation("describe('unknown operands give unknowns of the best type'"),
    ['hcl/evaluate-laws.test.ts', 'what is said while a name is unknown holds when it is known'],
  ],
  'E-15': [answers('E-15')],
  'E-16': [
    answers('E-16'),
    ...evaluation("describe('marks of everything that took part are on the result'"),
    ['hcl/evaluate-laws.test.ts', 'a result without the mark of a name does not depend on that name'],
    ['cty/laws.test.ts', 'marks taken off with their paths go back to where they were'],
  ],
  'E-17': [answers('E-17')],
  'E-18': [answers('E-18'), ['lang/static-steps.test.ts', "'.list.0.size'"]],
  'E-19': [answers('E-19')],
  'E-20': [answers('E-20'), ['hcl/templates.test.ts', 'templates give the text that Terraform gives']],
  'E-21': [answers('E-21')],
  'E-22': [answers('E-22')],
  'E-23': [answers('E-23'), ['lang/terraform-answers.test.ts', "describe('answers of Terraform'"]],
  'E-24': [['engine/function-results.test.ts', 'gives what was planned with, or is an error']],
  'E-25': [
    answers('E-25'),
    ['hcl/static.test.ts', "describe('values of JSON expressions'"],
    ['hcl/oracles.test.ts', 'say the same: values, blocks and their labels'],
  ],
  'E-26': [answers('E-26'), ['config/default-values.test.ts', 'optional(string, "x")']],
}

const tests = fileURLToPath(new URL('..', import.meta.url))

describe('rows of the feature matrix about expressions', () => {
  test.each(Object.entries(rows).filter(([, proof]) => typeof proof !== 'string'))('%s is shown by tests that are there', (_, proof) => {
    const missing = (proof as Exclude<Proof, string>).filter(([file, title]) => {
      const path = join(tests, file)
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(title)
    })
    expect(missing).toEqual([])
  })

  const matrix = join(tests, '../../shared/reference/engine-features.md')
  test.skipIf(!existsSync(matrix))('all are there (skipped without the reference)', () => {
    const text = readFileSync(matrix, 'utf8')
    const section = text.slice(text.indexOf('## 2. '), text.indexOf('## 3. '))
    const wanted = [...section.matchAll(/^\| (E-\d\d) \|/gm)].map(([, row]) => row!)
    expect(Object.keys(rows).sort()).toEqual(wanted.sort())
  })
})
