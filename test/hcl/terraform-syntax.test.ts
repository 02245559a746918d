import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Diagnostics, rangeEnd, rangeStart, Source, type SourceRange } from '../../src/diags/index.ts'
import { parseHcl, parseJsonBody } from '../../src/hcl/index.ts'

/*
 * Small mistakes of syntax, and where and what `validate -json` of Terraform 1.11.4 says of them. Each place is line, column and byte.
 */

type Row = readonly [
  syntax: 'native' | 'json',
  text: string,
  errors: readonly (readonly [place: string, summary: string, detail: string])[],
]

const rows = JSON.parse(readFileSync(new URL('./testdata/terraform-syntax.json', import.meta.url), 'utf8')) as readonly Row[]

function placeOf(range: SourceRange): string {
  const [start, end] = [rangeStart(range), rangeEnd(range)]
  return `${start.line}:${start.column}(${start.byte})-${end.line}:${end.column}(${end.byte})`
}

describe('mistakes of syntax', () => {
  test.each(rows)('%s %j', (syntax, text, errors) => {
    const diags = new Diagnostics()
    if (syntax === 'native') parseHcl(new Source('a.tf', text), diags)
    else parseJsonBody(new Source('a.tf.json', text), diags)
    expect(diags.items.map(({ subject, summary, detail }) => [placeOf(subject!), summary, detail])).toEqual(errors)
  })
})
