import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { convert } from '../../src/cty/index.ts'
import { Diagnostics, rangeEnd, rangeStart } from '../../src/diags/index.ts'
import { evaluate, parseType } from '../../src/hcl/index.ts'
import { encodeValue } from '../support/tagged.ts'
import { conformanceDir, haveConformance } from '../support/vectors.ts'
import { contextOf } from './_evaluate.ts'
import { decodeBySpec, parseFile, readOutcome, readSpec, specFiles } from './_specs.ts'

const dir = `${conformanceDir}hcl/specsuite/`

/** The configuration of a case in each syntax that it comes in. */
function inputsOf(name: string): string[] {
  const base = `${dir}${name.slice(0, -'.t'.length)}`
  return [`${base}.hcl`, `${base}.hcl.json`].filter((path) => existsSync(path))
}

const cases = haveConformance
  ? specFiles(dir).flatMap((name) => inputsOf(name).map((input) => [input.slice(dir.length), name, input] as const))
  : []

describe.skipIf(!haveConformance)('the specification suite of HCL', () => {
  test.each(cases)('%s', (_, name, input) => {
    const outcome = readOutcome(`${dir}${name}`)
    const spec = readSpec(parseFile(`${dir}${name.replace(/\.t$/, '.hcldec')}`, new Diagnostics()))
    const diags = new Diagnostics()
    const body = parseFile(input, diags)
    const syntaxErrors = diags.items.length
    const value = syntaxErrors > 0 ? undefined : decodeBySpec(spec, body, contextOf(new Map()), diags)
    const errors = diags.items.map((d) => ({ from: rangeStart(d.subject!).byte, to: rangeEnd(d.subject!).byte }))
    expect(errors).toEqual(outcome.errors ?? [])
    if (outcome.errors !== undefined || outcome.result === undefined) return
    const type = outcome.resultType === undefined ? undefined : parseType(outcome.resultType, new Diagnostics(), 'constraint')
    const want = evaluate(outcome.result, undefined, new Diagnostics())
    expect(encodeValue(type === undefined ? value! : convert(value!, type))).toEqual(
      encodeValue(type === undefined ? want : convert(want, type)),
    )
  })
})
