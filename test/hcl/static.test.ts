import { describe, expect, test } from 'vitest'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import {
  type Expr,
  evaluate,
  exprCall,
  exprList,
  exprMap,
  exprToRelativeTraversal,
  exprToTraversal,
  indexedTraversals,
  keywordOf,
  literalString,
  parseJsonExpr,
  parseType,
  parseTypeConstraint,
  traversals,
  traversalToString,
  typeToText,
} from '../../src/hcl/index.ts'
import { encodeValue } from '../support/tagged.ts'
import { contextOf, formatDiagnostic, parse } from './_evaluate.ts'

function json(text: string): Expr {
  return parseJsonExpr(new Source('t.hcl', text), new Diagnostics())!
}

describe('traversals', () => {
  test.each([
    ['a.b[0]["k"].c', ['a.b[0]["k"].c']],
    ['a + b * c', ['a', 'b', 'c']],
    ['a[b.c].d', ['a', 'b.c']],
    ['[for k, v in a : k + v + b if v == c]', ['a', 'b', 'c']],
    ['{ for v in a : v => [for v in v : v] }', ['a']],
    ['[for v in v : v]', ['v']],
    ['a[*].b', ['a']],
    ['a.*.b[c]', ['a', 'c']],
    ['"x${a}%{ for b in c }${b}${d}%{ endfor }%{ if e }${f}%{ else }${g}%{ endif }"', ['a', 'c', 'd', 'e', 'f', 'g']],
    ['{ a = b, (c) = d }', ['b', 'c', 'd']],
    ['f(a, b...).c', ['a', 'b']],
    ['a ? b : c', ['a', 'b', 'c']],
    ['1 + 2', []],
  ])('%s', (text, want) => {
    expect(traversals(parse(text)).map(traversalToString)).toEqual(want)
  })

  test('templates in JSON strings count, also those of property names', () => {
    expect(traversals(json('{"${a}": ["${b.c}", "d", 1]}')).map(traversalToString)).toEqual(['a', 'b.c'])
  })

  test('a deep expression is no problem', () => {
    expect(traversals(parse(Array.from({ length: 5000 }, () => 'a').join(' - ')))).toHaveLength(5000)
  })
})

describe('indexedTraversals', () => {
  test.each([
    ['a.b[count.index].c.d', [['a.b', 2, false]]],
    ['a.b[0].c', []],
    ['[for i in x : a.b[i].c]', [['a.b', 1, true]]],
    ['[for i in x : a.b[c.d].e]', [['a.b', 1, false]]],
    ['[for i in x : i[c.d]]', []],
    ['a.b[[for i in x : i][0]]', [['a.b', 0, false]]],
    ['f(a[b])[c]', [['a', 0, false]]],
  ])('%s', (text, want) => {
    const found = indexedTraversals(parse(text)).map((t) => [traversalToString(t.collection), t.rest.length, t.dependent])
    expect(found).toEqual(want)
  })
})

describe('literalString and keywordOf', () => {
  test.each([
    [parse('"abc"'), 'abc', undefined],
    [parse('"a${b}"'), undefined, undefined],
    [parse('abc'), undefined, 'abc'],
    [parse('a.b'), undefined, undefined],
    [parse('true'), undefined, 'true'],
    [parse('1'), undefined, undefined],
    [json('"abc"'), 'abc', 'abc'],
    [json('"a b"'), 'a b', undefined],
  ])('row %#', (expr, string, keyword) => {
    expect(literalString(expr)).toBe(string)
    expect(keywordOf(expr)).toBe(keyword)
  })
})

const notStatic =
  'A single static variable reference is required: only attribute access and indexing with constant keys. No calculations, function calls, template expressions, etc are allowed here.'

describe('exprToTraversal', () => {
  test.each([
    [parse('a.b[0].c'), 'a.b[0].c'],
    [parse('a["x"].c'), 'a["x"].c'],
    [parse('a'), 'a'],
    [json('"a.b[0]"'), 'a.b[0]'],
  ])('row %#', (expr, want) => {
    const diags = new Diagnostics()
    const traversal = exprToTraversal(expr, diags)
    expect(diags.items).toEqual([])
    expect(traversalToString(traversal!)).toBe(want)
  })

  test.each(['a.b + 1', 'a[b]', 'f()', 'a[*].b', '1', '"a"'])('%s is none', (text) => {
    const diags = new Diagnostics()
    expect(exprToTraversal(parse(text), diags)).toBeUndefined()
    expect(diags.items.map(formatDiagnostic)).toEqual([`1,1-${text.length + 1} Invalid expression: ${notStatic}`])
  })

  test('an error in a JSON string is placed at the string', () => {
    const diags = new Diagnostics()
    expect(exprToTraversal(json(' "a.1b"'), diags)).toBeUndefined()
    expect(diags.items.length).toBeGreaterThan(0)
    expect(formatDiagnostic(diags.items[0]!)).toMatch(/^1,2-8 /)
  })

  test('a relative one begins with an attribute', () => {
    const steps = exprToRelativeTraversal(parse('tags["Name"]'), new Diagnostics())!
    expect(steps.map((s) => s.kind)).toEqual(['attr', 'index'])
  })
})

test('exprList, exprMap and exprCall read what stands there', () => {
  const diags = new Diagnostics()
  expect(exprList(parse('[a, b]'), diags)).toHaveLength(2)
  expect(exprMap(parse('{ a = b }'), diags)).toHaveLength(1)
  expect(exprCall(parse('list(string)'))?.name).toBe('list')
  expect(exprCall(json('"list(string)"'))?.name).toBe('list')
  expect(exprCall(parse('a'))).toBeUndefined()
  expect(diags.items).toEqual([])
  exprList(parse('a'), diags)
  exprMap(parse('a'), diags)
  expect(diags.items.map(formatDiagnostic)).toEqual([
    '1,1-2 Invalid expression: A static list expression is required.',
    '1,1-2 Invalid expression: A static map expression is required.',
  ])
})

describe('values of JSON expressions', () => {
  const text = '{"a": "${var.s}-y", "${var.s}": [1, true, null]}'

  test('strings and property names are templates', () => {
    const diags = new Diagnostics()
    const value = evaluate(json(text), contextOf(), diags)
    expect(diags.items).toEqual([])
    expect(encodeValue(value)).toEqual({
      object: { a: { string: 'x-y' }, x: { tuple: [{ number: '1' }, { bool: true }, { null: 'dynamic' }] } },
    })
  })

  test('a repeated property is an error', () => {
    const diags = new Diagnostics()
    evaluate(json('{"x": 1, "x": 2}'), contextOf(), diags)
    expect(diags.items.map(formatDiagnostic)).toEqual([
      '1,10-13 Duplicate object attribute: An attribute named "x" was already defined at t.hcl:1,2-5.',
    ])
  })

  test('without a context they are text', () => {
    const value = evaluate(json('["a${b}"]'), undefined, new Diagnostics())
    expect(encodeValue(value)).toEqual({ tuple: [{ string: 'a${b}' }] })
  })
})

describe('types', () => {
  test.each([
    ['object({ a = string, b = optional(number, 5), c-d = any })', 'object({a=string,b=optional(number),c-d=any})'],
    ['map(list(set(bool)))', 'map(list(set(bool)))'],
    ['tuple([string, any])', 'tuple([string,any])'],
  ])('%s', (text, want) => {
    const diags = new Diagnostics()
    expect(typeToText(parseTypeConstraint(parse(text), diags).type)).toBe(want)
    expect(diags.items).toEqual([])
  })

  test('a type in a JSON string', () => {
    const diags = new Diagnostics()
    expect(typeToText(parseType(json('"map(string)"'), diags))).toBe('map(string)')
    expect(typeToText(parseType(json('"string"'), diags))).toBe('string')
    expect(diags.items).toEqual([])
  })

  test.each([
    ['strin', '1,1-6 Invalid type specification: The keyword "strin" is not a valid type specification.'],
    ['list()', '1,5-7 Invalid type specification: The list type constructor requires one argument specifying the element type.'],
    [
      'a + b',
      '1,1-6 Invalid type specification: A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string).',
    ],
    [
      'object({ a = optional(number, "x") })',
      "1,31-34 Invalid default value for optional attribute: This default value is not compatible with the attribute's type constraint: a number is required.",
    ],
  ])('%s', (text, want) => {
    const diags = new Diagnostics()
    parseTypeConstraint(parse(text), diags)
    expect(diags.items.map(formatDiagnostic)).toEqual([want])
  })

  test('defaults are of the type of their attribute', () => {
    const { defaults } = parseTypeConstraint(parse('object({ a = optional(list(string), [1]) })'), new Diagnostics())
    expect(encodeValue(defaults!.defaults.get('a')!)).toEqual({ list: [{ string: '1' }], of: 'string' })
  })
})
