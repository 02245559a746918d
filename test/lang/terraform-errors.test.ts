import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { dynamicVal, listType, numberType, objectVal, stringType, unknownVal } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { evaluate, parseExpression } from '../../src/hcl/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'

/*
 * Expressions and what `validate` of Terraform 1.11.4 says of them: where and what, or nothing. Input variables have no values yet: `var.u`
 * is of unknown type, `var.ts` a string, `var.tn` a number, `var.us` a list of strings.
 */

type Row = readonly [text: string, errors: readonly (readonly [start: number, end: number, detail: string])[]]

const rows = JSON.parse(readFileSync(new URL('./testdata/terraform-errors.json', import.meta.url), 'utf8')) as readonly Row[]
const table = functionTable({ baseDir: '.', pure: true })
const variables = objectVal({
  u: dynamicVal,
  ts: unknownVal(stringType),
  tn: unknownVal(numberType),
  us: unknownVal(listType(stringType)),
})
const context = { variables: new Map([['var', variables]]), functions: table.lookUp, functionNames: table.names }

/** What newer versions of Terraform say in addition, and Landform says. */
const withoutAdditions = (text: string): string => text.replace(/(required), but have [a-z ,]+/g, '$1')

describe('errors of Terraform', () => {
  test.each(rows)('%s', (text, errors) => {
    const diags = new Diagnostics()
    evaluate(parseExpression(new Source('x', text), diags), context, diags)
    const found = diags.items.map(({ subject, detail }) => JSON.stringify([subject!.start, subject!.end, withoutAdditions(detail)]))
    expect([...new Set(found)].sort()).toEqual(errors.map((error) => JSON.stringify(error)).sort())
  })
})
