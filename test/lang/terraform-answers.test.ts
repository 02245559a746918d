import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { unmarkDeep, valueToJson } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { evaluate, parseExpression } from '../../src/hcl/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'

/*
 * Odd arguments of functions and operators with what Terraform 1.11.4 makes of them: the value, or the message.
 */

type Answer = readonly [text: string, answer: { readonly value?: unknown; readonly error?: string }]

const answers = JSON.parse(readFileSync(new URL('./testdata/terraform-answers.json', import.meta.url), 'utf8')) as readonly Answer[]
const table = functionTable({ baseDir: '.', pure: false })

/** What newer versions of Terraform say in addition, and Landform says. */
const withoutAdditions = (text: string): string => text.replace(/(required), but have [a-z ]+/g, '$1')

describe('answers of Terraform', () => {
  test.each(answers)('%s', (text, want) => {
    const diags = new Diagnostics()
    const value = evaluate(
      parseExpression(new Source('x', text), diags),
      { variables: new Map(), functions: table.lookUp, functionNames: table.names },
      diags,
    )
    if (want.error !== undefined) expect(diags.items.map((d) => withoutAdditions(`${d.summary}: ${d.detail}`))).toContain(want.error)
    else {
      expect(diags.items).toEqual([])
      expect(JSON.parse(valueToJson(unmarkDeep(value), value.type))).toEqual(want.value ?? null)
    }
  })
})
