import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { goQuote } from '../../src/base/index.ts'
import { keyText } from '../../src/command/diff/key-text.ts'
import { alignSequences, commonSubsequence } from '../../src/command/diff/sequences.ts'
import { indentJson, RawJson, toJson } from '../../src/command/json/json-text.ts'
import { knownJson, sensitiveMask, unknownMask } from '../../src/command/json/value-json.ts'
import { blockAround, blockOrConstructAround } from '../../src/command/views/block-around.ts'
import { diagnosticJson } from '../../src/command/views/diagnostic-json.ts'
import { arrangeDiagnostics, compactWarningsText, diagnosticText } from '../../src/command/views/diagnostic-text.ts'
import { plainPalette } from '../../src/command/views/palette.ts'
import { valueText } from '../../src/command/views/value-text.ts'
import { wrapText } from '../../src/command/views/wrap.ts'
import {
  dynamicType,
  intVal,
  listVal,
  mapVal,
  nullVal,
  objectVal,
  SENSITIVE,
  setVal,
  stringType,
  stringVal,
  trueVal,
  tupleVal,
  unknownVal,
} from '../../src/cty/index.ts'
import { type Diagnostic, Source, sourceRange } from '../../src/diags/index.ts'

describe('sequences', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 })
  const equal = (a: string, b: string): boolean => a === b

  test('a common subsequence is one of both, in order', () => {
    fc.assert(
      fc.property(letters, letters, (before, after) => {
        const pairs = commonSubsequence(before, after, equal)
        pairs.forEach(([b, a], i) => {
          expect(before[b]).toBe(after[a])
          if (i > 0) expect(b > pairs[i - 1]![0] && a > pairs[i - 1]![1]).toBe(true)
        })
      }),
    )
  })

  test('an alignment uses every element once and in order', () => {
    fc.assert(
      fc.property(letters, letters, fc.boolean(), (before, after, pairing) => {
        const pairs = alignSequences(before, after, equal, () => pairing)
        expect(pairs.map(([b]) => b).filter((b) => b !== undefined)).toEqual(before.map((_, i) => i))
        expect(pairs.map(([, a]) => a).filter((a) => a !== undefined)).toEqual(after.map((_, i) => i))
      }),
    )
  })

  test('what is equal is found to be unchanged', () => {
    expect(alignSequences([...'abcd'], [...'abxcd'], equal, () => false)).toEqual([
      [0, 0],
      [1, 1],
      [undefined, 2],
      [2, 3],
      [3, 4],
    ])
  })
})

test.each([
  ['plain', '"plain"'],
  ['a"b\\', '"a\\"b\\\\"'],
  ['\n\t\r\x01\x7f', '"\\n\\t\\r\\x01\\x7f"'],
  ['é中😀', '"é中😀"'],
  ['\u00a0\u200b', '"\\u00a0\\u200b"'],
])('goQuote(%j)', (text, want) => {
  expect(goQuote(text)).toBe(want)
})

test.each([
  ['a-b_1', 'a-b_1'],
  ['1x', '"1x"'],
  ['a b', '"a b"'],
  ['é', 'é'],
  ['', '""'],
])('keyText(%j)', (name, want) => {
  expect(keyText(name)).toBe(want)
})

describe('JSON', () => {
  test('members keep their order, undefined ones are left out, Go escapes', () => {
    expect(toJson({ b: 1, a: undefined, c: [null, true, '<&>'], d: new RawJson('1e400') })).toBe(
      '{"b":1,"c":[null,true,"\\u003c\\u0026\\u003e"],"d":1e400}',
    )
  })

  test('indentation changes white space only', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const compact = JSON.stringify(value)
        const indented = indentJson(compact)
        expect(JSON.stringify(JSON.parse(indented))).toBe(JSON.stringify(JSON.parse(compact)))
        expect(indented).toBe(JSON.stringify(JSON.parse(compact), undefined, 2))
      }),
    )
    expect(indentJson('{"n":12345678901234567890}')).toBe('{\n  "n": 12345678901234567890\n}')
  })

  const mixed = objectVal({
    known: stringVal('k'),
    unknown: unknownVal(stringType),
    list: listVal([stringVal('a'), unknownVal(stringType)]),
    none: nullVal(stringType),
    secret: stringVal('s').mark(SENSITIVE),
    nested: objectVal({ all: trueVal }),
    empty: listVal([], stringType),
  })

  test('what is unknown is left out, or null in sequences', () => {
    expect(JSON.parse(knownJson(mixed)!.text)).toEqual({
      known: 'k',
      list: ['a', null],
      none: null,
      secret: 's',
      nested: { all: true },
      empty: [],
    })
    expect(knownJson(unknownVal(stringType))).toBeUndefined()
  })

  test('masks', () => {
    expect(unknownMask(mixed)).toEqual({ unknown: true, list: [false, true], nested: {}, empty: [] })
    expect(sensitiveMask(mixed)).toEqual({ list: [false, false], nested: {}, secret: true, empty: [] })
    expect(sensitiveMask(nullVal(dynamicType))).toBe(false)
  })
})

test.each([
  [stringVal('a"b'), '"a\\"b"'],
  [stringVal('a\nb'), '<<EOT\na\nb\nEOT'],
  [stringVal('EOT\nb'), '<<EOT_\nEOT\nb\nEOT_'],
  [tupleVal([stringVal('a\nb')]), '[\n  <<-EOT\n  a\n  b\n  EOT,\n]'],
  [listVal([intVal(1)]), 'tolist([\n  1,\n])'],
  [setVal([], stringType), 'toset([])'],
  [mapVal([['k', trueVal]]), 'tomap({\n  "k" = true\n})'],
  [objectVal({}), '{}'],
  [nullVal(dynamicType), 'null'],
  [nullVal(stringType), 'tostring(null)'],
  [unknownVal(stringType), '(known after apply)'],
  [stringVal('s').mark(SENSITIVE), '(sensitive value)'],
])('valueText %#', (value, want) => {
  expect(valueText(value)).toBe(want)
})

test('wrapText breaks between words and leaves indented lines alone', () => {
  expect(wrapText('aaa bbb ccc', 7)).toBe('aaa bbb\nccc')
  expect(wrapText('  aaa bbb ccc\nlongerthanthat x', 7)).toBe('  aaa bbb ccc\nlongerthanthat\nx')
})

describe('diagnostics', () => {
  const source = new Source('main.tf', 'resource "x" "y" {\n  name = var.missing\n}\n')
  const at = (text: string): Diagnostic['subject'] =>
    sourceRange(source, source.text.indexOf(text), source.text.indexOf(text) + text.length)
  const style = { palette: plainPalette, width: 40, boxed: true, blockAround }
  const diagnostic: Diagnostic = {
    severity: 'error',
    summary: 'Bad thing',
    detail: 'This is why it is bad, in more than one line of words.',
    subject: at('var.missing'),
    values: [{ traversal: 'var.a', statement: 'is 1' }],
  }

  test('in a box', () => {
    expect(diagnosticText(diagnostic, style)).toBe(
      [
        '╷',
        '│ Error: Bad thing',
        '│ ',
        '│   on main.tf line 2, in resource "x" "y":',
        '│    2:   name = var.missing',
        '│     ├────────────────',
        '│     │ var.a is 1',
        '│ ',
        '│ This is why it is bad, in more than',
        '│ one line of words.',
        '╵',
        '',
      ].join('\n'),
    )
  })

  test('the address is said where one is known', () => {
    const shown = (address: string): boolean => diagnosticText({ ...diagnostic, address }, style).includes(`with ${address},`)
    expect(shown('x.y')).toBe(true)
    expect(shown('x.y[0]')).toBe(true)
    expect(shown('module.m.x.y')).toBe(true)
  })

  test('as JSON', () => {
    expect(JSON.parse(toJson(diagnosticJson(diagnostic, blockAround)))).toEqual({
      severity: 'error',
      summary: 'Bad thing',
      detail: diagnostic.detail,
      range: { filename: 'main.tf', start: { line: 2, column: 10, byte: 28 }, end: { line: 2, column: 21, byte: 39 } },
      snippet: {
        context: 'resource "x" "y"',
        code: '  name = var.missing',
        start_line: 2,
        highlight_start_offset: 9,
        highlight_end_offset: 20,
        values: [{ traversal: 'var.a', statement: 'is 1' }],
      },
    })
  })

  test('what a construct made is told with its path, as text and as JSON', () => {
    const web = { '//': { metadata: { path: 'dev/api/web', uniqueId: 'web' } }, name: `${'${'}var.missing}` }
    const text = JSON.stringify({ '//': { metadata: { stackName: 'dev' } }, resource: { x: { w: { name: 1 }, y: web } } })
    const json = new Source('cdk.tf.json', text)
    const within = (part: string): Diagnostic => ({
      ...diagnostic,
      subject: sourceRange(json, text.indexOf(part), text.indexOf(part) + part.length),
    })
    const made = 'resource.x.y, made by the construct dev/api/web'
    const style = { palette: plainPalette, width: 90, boxed: true, blockAround: blockOrConstructAround }
    expect(diagnosticText(within('var.missing'), style)).toContain(`│   on cdk.tf.json line 1, in ${made}:\n`)
    const context = (part: string, around: typeof blockAround): unknown =>
      JSON.parse(toJson(diagnosticJson(within(part), around))).snippet.context
    expect(context('var.missing', blockOrConstructAround)).toBe(made)
    expect(context('"name":1', blockOrConstructAround)).toBe('resource.x.w')
    expect(context('var.missing', blockAround)).toBe('resource.x.y')
  })

  test('a range over several lines, at the end of the text, and an empty one', () => {
    const whole: Diagnostic = { ...diagnostic, subject: sourceRange(source, 0, source.text.length), values: undefined }
    expect(JSON.parse(toJson(diagnosticJson(whole, undefined))).snippet).toMatchObject({
      code: source.text.trimEnd(),
      highlight_start_offset: 0,
    })
    const end: Diagnostic = { ...diagnostic, subject: sourceRange(source, source.text.length, source.text.length) }
    expect(() => diagnosticText(end, style)).not.toThrow()
    const empty = JSON.parse(toJson(diagnosticJson({ ...diagnostic, subject: sourceRange(source, 3, 3) }, undefined)))
    expect([empty.range.start.byte, empty.range.end.byte]).toEqual([3, 4])
  })

  test('warnings of one kind are told once, errors come last', () => {
    const warning = (n: number): Diagnostic => ({
      severity: 'warning',
      summary: 'Old',
      detail: `number ${n}`,
      subject: sourceRange(source, n, n + 1),
    })
    const arranged = arrangeDiagnostics([diagnostic, warning(2), warning(1), warning(3)])
    expect(arranged.map((d) => [d.severity, d.detail])).toEqual([
      ['warning', 'number 1\n\n(and 2 more similar warnings elsewhere)'],
      ['error', diagnostic.detail],
    ])
    expect(compactWarningsText([warning(0)], 'Terraform', plainPalette)).toContain('- Old\n  on main.tf line 1\n')
  })
})
