import { describe, expect, test } from 'vitest'
import { Diagnostics, formatRange, Source } from '../../src/diags/index.ts'
import { parseHcl } from '../../src/hcl/index.ts'

function problems(text: string): { errors: string[]; names: string[] } {
  const diags = new Diagnostics()
  const { body } = parseHcl(new Source('', text), diags)
  const names = [
    ...body.attributes.keys(),
    ...body.blocks.map((b) => `${[b.type, ...b.labels].join(' ')} {${[...b.body.attributes.keys()]}}`),
  ]
  return { errors: diags.items.map((d) => `${formatRange(d.subject!).slice(1)} ${d.summary}`), names }
}

describe('after an error the parser goes on with the next item', () => {
  test.each<[string, string[], string[]]>([
    ['a = ]\nb = 2 2\nc = 3\n', ['1,5-6 Invalid expression', '2,7-8 Missing newline after argument'], ['a', 'b', 'c']],
    ['a = "${)}"\nb = 1\n', ['1,8-9 Invalid expression'], ['a', 'b']],
    ['x {\n  a = [1\n}\ny {\n  b = 2\n}\n', ['3,1-2 Missing item separator'], ['x {a}', 'y {b}']],
    ['x {\n  a = f(1,\n}\ny {\n  b = (2\n}\n', ['3,1-2 Invalid expression', '6,1-2 Unbalanced parentheses'], ['x {a}', 'y {b}']],
    ['"a" = 1\nb = 2\n', ['1,1-2 Invalid argument name'], ['b']],
    ['x {\n  a =\n}\n}\nb = )\n}\n', ['2,6-3,1 Invalid expression', '5,5-6 Invalid expression'], ['b', 'x {a}']],
    ['x\n{\n  a = 1\n}\nb = 2\n', ['1,1-2 Argument or block definition required'], ['b']],
    ['a = [\nx {\n  b = 1\n', ['2,3-4 Missing item separator'], ['a']],
    ['}\na = 1\n', ['1,1-2 Argument or block definition required'], ['a']],
    ['x "a" = {\n  b = 1\n}\ny {\n}\n', ['1,7-8 Invalid block definition'], ['x a {}', 'y {}']],
    ['x { a = 1, b = 2 }\ny {\n}\n', ['1,10-11 Invalid single-argument block definition'], ['x {a}', 'y {}']],
    ['x {\n  a\n  b = 1\n}\n', ['2,3-4 Argument or block definition required'], ['x {b}']],
    ['x {\n  y {\n    a = 1\n', ['2,5-6 Unclosed configuration block'], ['x {}']],
    ['a = {\n  b = 1 2\n  c = 2\n}\nd = [for]\n', ['2,9-10 Missing attribute separator', "5,9-10 Invalid 'for' expression"], ['a', 'd']],
    ['a = 1\na = 2\n', ['2,1-2 Attribute redefined'], ['a']],
    ['a = b.0.1\nc = "\\q"\n', ['1,7-10 Invalid legacy index syntax', '2,6-8 Invalid escape sequence'], ['a', 'c']],
    [
      'a = 1 & 2\nb = `x`\n',
      ['1,7-8 Unsupported operator', '2,5-6 Invalid character', '1,7-8 Missing newline after argument', '2,5-6 Invalid expression'],
      ['a', 'b'],
    ],
    [
      'a = "%{ if x }%{ endfor }"\nb = <<E\n%{ else }\nE\n',
      ['1,15-26 Unexpected endfor directive', '3,1-10 Unexpected else directive'],
      ['a', 'b'],
    ],
  ])('%j', (text, errors, names) => {
    const got = problems(text)
    expect(got).toEqual({ errors, names })
  })
})
