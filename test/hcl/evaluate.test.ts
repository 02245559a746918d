import { describe, expect, test } from 'vitest'
import { encodeValue } from '../support/tagged.ts'
import { contextOf, evaluateTemplateText, evaluateText, formatDiagnostic } from './_evaluate.ts'

const notNull = { notNull: true }

describe('values', () => {
  test.each([
    ['1 + 2 * 3', { number: '7' }],
    ['"a${1}b${true}"', { string: 'a1btrue' }],
    ['"${var.list}"', { list: [{ string: 'a' }, { string: 'b' }], of: 'string' }],
    ['1 / 0', { number: 'inf' }],
    ['1 % 0', { number: '1' }],
    ['1 == "1"', { bool: false }],
    ['null == var.null', { bool: true }],
    ['"5" + 1', { number: '6' }],
    ['var.list["0"]', { string: 'a' }],
    ['var.list.0', { string: 'a' }],
    ['var.map.a', { string: '1' }],
    ['var.object["a"]', { number: '1' }],
    ['true ? 1 : "a"', { string: '1' }],
    ['false ? 1 : null', { null: 'number' }],
    ['null[*]', { tuple: [] }],
    ['var.s[*]', { tuple: [{ string: 'x' }] }],
    ['var.set[*]', { list: [{ string: 'a' }, { string: 'b' }], of: 'string' }],
    ['var.tuple[*]', { tuple: [{ string: 'a' }, { number: '1' }] }],
    ['[for k, v in var.set : "${k}${v}"]', { tuple: [{ string: 'aa' }, { string: 'bb' }] }],
    ['{ for k, v in var.list : v => k }', { object: { a: { number: '0' }, b: { number: '1' } } }],
    [
      '{ for v in ["b", "a", "b"] : v => v... }',
      { object: { a: { tuple: [{ string: 'a' }] }, b: { tuple: [{ string: 'b' }, { string: 'b' }] } } },
    ],
    [
      '[for x in [1, 2] : [for y in [3, 4] : x * y]]',
      { tuple: [{ tuple: [{ number: '3' }, { number: '4' }] }, { tuple: [{ number: '6' }, { number: '8' }] }] },
    ],
    ['{ a = 1, a = 2 }', { object: { a: { number: '2' } } }],
    ['{ (var.s) = 1 }', { object: { x: { number: '1' } } }],
    ['upper("a")', { string: 'A' }],
    ['join("-", var.list, ["c"])', { string: 'a-b-c' }],
    ['join(["-", var.list]...)', { string: 'a-b' }],
    ['try(var.nope, var.list[9], "d")', { string: 'd' }],
    ['[can(var.nope), can(var.s)]', { tuple: [{ bool: false }, { bool: true }] }],
    ['[for x in [1] : try(x.nope, x)]', { tuple: [{ number: '1' }] }],
    // Operators of the same level apply from the left, however many there are.
    ['10 - 3 - 2', { number: '5' }],
    ['false && false || true', { bool: true }],
  ])('%s', (text, want) => {
    const { tagged, diags } = evaluateText(text)
    expect(diags).toEqual([])
    expect(tagged).toEqual(want)
  })
})

describe('unknown operands give unknowns of the best type', () => {
  test.each([
    ['var.unknown', { unknown: 'string' }],
    ['"id-${var.unknown}-x"', { unknown: 'string', refine: { notNull: true, prefix: 'id-', prefixFull: true } }],
    ['"${var.unknown}-x"', { unknown: 'string', refine: notNull }],
    ['var.unknownNumber + 1', { unknown: 'number', refine: notNull }],
    ['var.unknown == "a"', { unknown: 'bool', refine: notNull }],
    ['!var.unknownBool', { unknown: 'bool', refine: notNull }],
    ['var.anything.a[0]', { unknown: 'dynamic' }],
    ['var.unknownList[0]', { unknown: 'string' }],
    ['var.list[var.unknownNumber]', { unknown: 'string' }],
    ['var.tuple[var.unknownNumber]', { unknown: 'dynamic' }],
    ['var.map[var.unknown]', { unknown: 'string' }],
    ['var.object[var.unknown]', { unknown: 'dynamic' }],
    ['var.unknownObject.a', { unknown: 'string' }],
    ['[for x in var.unknownList : x]', { unknown: 'dynamic' }],
    ['[for x in [1] : x if var.unknownBool]', { unknown: 'dynamic' }],
    ['{ for x in [var.unknown] : x => 1 }', { unknown: 'dynamic' }],
    ['{ (var.unknown) = 1 }', { unknown: 'dynamic' }],
    ['{ a = var.unknown }', { object: { a: { unknown: 'string' } } }],
    ['var.unknownList[*]', { unknown: ['list', 'string'], refine: notNull }],
    ['var.unknown[*]', { unknown: 'dynamic' }],
    ['var.prefixed[*]', { tuple: [{ unknown: 'string', refine: { notNull: true, prefix: 'ami-', prefixFull: true } }] }],
    ['var.unknownBool ? 1 : 5', { unknown: 'number', refine: { notNull: true, min: ['1', true], max: ['5', true] } }],
    ['var.unknownBool ? "a" : null', { unknown: 'string' }],
    ['var.unknownBool ? var.list : var.list', { list: [{ unknown: 'string' }, { unknown: 'string' }], of: 'string' }],
    ['true ? "a" : var.anything', { string: 'a' }],
    ['true ? { a = 1 } : var.anything', { unknown: 'dynamic' }],
    ['upper(var.unknown)', { unknown: 'string' }],
    ['join("-", var.anything...)', { unknown: 'dynamic' }],
    ['try(var.unknown, 1)', { unknown: 'dynamic' }],
    ['can(var.unknown)', { unknown: 'bool' }],
  ])('%s', (text, want) => {
    const { tagged, diags } = evaluateText(text)
    expect(diags.map(formatDiagnostic)).toEqual([])
    expect(tagged).toEqual(want)
  })
})

describe('marks of everything that took part are on the result', () => {
  test.each([
    ['"a${var.secret}"', ['sensitive']],
    ['"${var.secret}${var.ephemeral}"', ['ephemeral', 'sensitive']],
    ['var.secrets[0]', ['sensitive']],
    ['var.list[var.secret == "hidden" ? 0 : 1]', ['sensitive']],
    ['var.secret == "a"', ['sensitive']],
    ['var.secret == var.unknown', ['sensitive']],
    ['true ? "a" : var.secret', ['sensitive']],
    ['var.secret == "x" ? 1 : 2', ['sensitive']],
    ['var.unknownBool ? "a" : var.secret', ['sensitive']],
    ['true || var.secret == "a"', ['sensitive']],
    ['[for x in var.secrets : x]', ['sensitive']],
    ['[for x in [1] : x if var.secret == "a"]', ['sensitive']],
    ['{ for x in [1] : var.secret => x }', ['sensitive']],
    ['{ (var.secret) = 1 }', ['sensitive']],
    ['var.secrets[*]', ['sensitive']],
    ['upper(var.secret)', ['sensitive']],
    ['join("-", var.secrets)', ['sensitive']],
    ['"%{ for x in var.secrets }${x}%{ endfor }"', ['sensitive']],
    ['"%{ if var.secret == "x" }a%{ endif }"', ['sensitive']],
  ])('%s', (text, want) => {
    const { tagged, diags } = evaluateText(text)
    expect(diags.map(formatDiagnostic)).toEqual([])
    expect(tagged.marks).toEqual(want)
  })

  test('elements keep their own', () => {
    expect(evaluateText('[var.secret, 1]').tagged).toEqual({ tuple: [{ string: 'hidden', marks: ['sensitive'] }, { number: '1' }] })
  })
})

// The texts are those of the original; each was compared with what it prints.
describe('errors say what is wrong and where', () => {
  test.each([
    ['nope', '1,1-5 Unknown variable: There is no variable named "nope".'],
    ['va', '1,1-3 Unknown variable: There is no variable named "va". Did you mean "var"?'],
    ['var.object.c', '1,11-13 Unsupported attribute: This object does not have an attribute named "c".'],
    ['var.map.c', '1,8-10 Missing map element: This map does not have an element with the key "c".'],
    ['var.map["c"]', '1,8-13 Invalid index: The given key does not identify an element in this collection value.'],
    ['var.s.c', "1,6-8 Unsupported attribute: Can't access attributes on a primitive-typed value (string)."],
    ['var.s[0]', '1,6-9 Invalid index: This value does not have any indices.'],
    ['var.tuple.c', '1,10-12 Unsupported attribute: This value does not have any attributes.'],
    ['var.null.c', '1,9-11 Attempt to get attribute from null value: This value is null, so it does not have any attributes.'],
    ['var.null[0]', '1,9-12 Attempt to index null value: This value is null, so it does not have any indices.'],
    ['var.list[5]', '1,9-12 Invalid index: The given key does not identify an element in this collection value.'],
    ['[][0]', '1,3-6 Invalid index: The given key does not identify an element in this collection value: the collection has no elements.'],
    [
      'var.list[1 + 1]',
      '1,9-16 Invalid index: The given key does not identify an element in this collection value: the given index is greater than or equal to the length of the collection.',
    ],
    [
      'var.list[-1]',
      '1,9-13 Invalid index: The given key does not identify an element in this collection value: a negative number is not a valid index for a sequence.',
    ],
    [
      'var.list[0.5]',
      '1,9-14 Invalid index: The given key does not identify an element in this collection value: indexing a sequence requires a whole number, but the given index has a fractional part.',
    ],
    ['var.list["a"]', '1,9-14 Invalid index: The given key does not identify an element in this collection value: a number is required.'],
    ['var.list[null]', "1,9-15 Invalid index: Can't use a null value as an indexing key."],
    ['1 + null', '1,1-9 Operation failed: Error during operation: argument must not be null.'],
    ['0 / 0', "1,1-6 Operation failed: Error during operation: can't divide zero by zero or infinity by infinity."],
    ['-"x"', '1,2-5 Invalid operand: Unsuitable value for unary operand: a number is required.'],
    ['-[]', '1,2-4 Invalid operand: Unsuitable value for unary operand: number required, but have tuple.'],
    ['"x" + 1', '1,1-4 Invalid operand: Unsuitable value for left operand: a number is required.'],
    ['true && []', '1,9-11 Invalid operand: Unsuitable value for right operand: bool required, but have tuple.'],
    [
      '"a${[]}"',
      '1,5-7 Invalid template interpolation value: Cannot include the given value in a string template: string required, but have tuple.',
    ],
    [
      '"a${null}"',
      '1,5-9 Invalid template interpolation value: The expression result is null. Cannot include a null value in a string template.',
    ],
    ['null ? 1 : 2', '1,1-5 Null condition: The condition value is null. Conditions must either be true or false.'],
    ['[] ? 1 : 2', '1,1-3 Incorrect condition type: The condition expression must be of type bool.'],
    [
      'true ? 1 : [1]',
      "1,8-15 Inconsistent conditional result types: The true and false result expressions must have consistent types. The 'true' value is number, but the 'false' value is tuple.",
    ],
    [
      'true ? { a = { b = 1 } } : { a = { b = [] } }',
      `1,8-46 Inconsistent conditional result types: The true and false result expressions must have consistent types. Type mismatch for object attribute "a": Type mismatch for object attribute "b": The 'true' value is number, but the 'false' value is tuple.`,
    ],
    ['[for x in null : x]', "1,11-15 Iteration over null value: A null value cannot be used as the collection in a 'for' expression."],
    [
      '[for x in 5 : x]',
      "1,11-12 Iteration over non-iterable value: A value of type number cannot be used as the collection in a 'for' expression.",
    ],
    ['[for x in [1, 2] : x if "a"]', "1,25-28 Invalid 'for' condition: The 'if' clause value is invalid: a bool is required."],
    ['[for x in [1] : x if null]', "1,22-26 Condition is null: The value of the 'if' clause must not be null."],
    ['{ for x in [1] : null => x }', "1,18-22 Invalid object key: Key expression in 'for' expression must not produce a null value."],
    [
      '{ for x in [1] : [] => x }',
      '1,18-20 Invalid object key: The key expression produced an invalid result: string required, but have tuple.',
    ],
    [
      '{ for x in [1, 1] : x => x }',
      '1,21-22 Duplicate object key: Two different items produced the key "1" in this \'for\' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.',
    ],
    ['{ (null) = 1 }', "1,12-13 Null value as key: Can't use a null value as a key."],
    ['{ ([]) = 1 }', "1,3-7 Incorrect key type: Can't use this value as a key: string required, but have tuple."],
    ['foo()', '1,1-4 Call to unknown function: There is no function named "foo".'],
    ['uper("a")', '1,1-5 Call to unknown function: There is no function named "uper". Did you mean "upper"?'],
    ['a::uper("a")', '1,1-8 Call to unknown function: There are no functions in namespace "a::".'],
    ['upper()', '1,7-8 Not enough function arguments: Function "upper" expects 1 argument(s). Missing value for "str".'],
    ['join()', '1,6-7 Not enough function arguments: Function "join" expects at least 1 argument(s). Missing value for "separator".'],
    ['upper(1, 2)', '1,10-11 Too many function arguments: Function "upper" expects only 1 argument(s).'],
    ['upper([])', '1,7-8 Invalid function argument: Invalid value for "str" parameter: string required, but have tuple.'],
    ['upper(null)', '1,7-11 Invalid function argument: Invalid value for "str" parameter: argument must not be null.'],
    ['upper(null...)', '1,7-11 Invalid expanding argument value: The expanding argument (indicated by ...) must not be null.'],
    [
      'upper(5...)',
      '1,7-8 Invalid expanding argument value: The expanding argument (indicated by ...) must be of a tuple, list, or set type.',
    ],
    ['try()', '1,1-5 Error in function call: Call to function "try" failed: at least one argument is required.'],
  ])('%s', (text, want) => {
    expect(evaluateText(text).diags.map(formatDiagnostic)).toEqual([want])
  })

  test('several mistakes are all found', () => {
    expect(evaluateText('[nope, var.s.c, 1 + "x"]').diags).toHaveLength(3)
  })

  test('a template in quotes without names may be evaluated without a context', () => {
    expect(evaluateText('"a"', undefined).tagged).toEqual({ string: 'a' })
    const { diags } = evaluateTemplateText('${a}${f()}', { ...contextOf(new Map()) })
    expect(diags.map((d) => d.summary)).toEqual(['Variables not allowed', 'Call to unknown function'])
  })

  test('secrets stay out of messages', () => {
    const texts = [
      '{ for x in [1, 2] : var.secret => x }',
      'var.secret + 1',
      'var.map[var.secret]',
      'upper([var.secret])',
      'var.secret ? 1 : 2',
    ]
    for (const text of texts) {
      const { diags } = evaluateText(text)
      expect(diags.length).toBeGreaterThan(0)
      expect(JSON.stringify(diags.map(({ summary, detail, values }) => ({ summary, detail, values })))).not.toContain('hidden')
    }
  })
})

describe('diagnostics describe what the references in the expression stand for', () => {
  test.each([
    ['var.s + 1', [['var.s', 'is "x"']]],
    ['upper(var.object)', [['var.object', 'is object with 2 attributes']]],
    ['var.object.c', [['var.object', 'is object with 2 attributes']]],
    [
      'var.map[var.s]',
      [
        ['var.map', 'is map of string with 1 element'],
        ['var.s', 'is "x"'],
      ],
    ],
    ['var.list + 1', [['var.list', 'is list of string with 2 elements']]],
    ['var.big ? 1 : 2', [['var.big', 'is 1.23456789e+17']]],
    ['upper([var.unknown, var.anything, var.secret])', [['var.unknown', 'is a string']]],
  ])('%s', (text, want) => {
    expect(evaluateText(text).diags[0]!.values?.map((v) => [v.traversal, v.statement])).toEqual(want)
  })
})

describe('&& and ||', () => {
  test.each([
    ['var.unknownBool && false', { bool: false }, 0],
    ['nope && false', { bool: false }, 0],
    ['false && nope', { bool: false }, 0],
    ['nope || true', { bool: true }, 0],
    ['nope && true', { unknown: 'bool', refine: notNull }, 1],
    ['true && nope', { unknown: 'bool', refine: notNull }, 1],
    ['var.unknownBool && nope', { unknown: 'bool', refine: notNull }, 0],
    ['nope && nada', { unknown: 'bool', refine: notNull }, 1],
    ['var.null != null && var.null.x || true', { bool: true }, 0],
    ['false && nope && nada', { bool: false }, 0],
    ['false && "x"', { unknown: 'bool' }, 1],
  ])('%s', (text, want, errors) => {
    const { tagged, diags } = evaluateText(text)
    expect(tagged).toEqual(want)
    expect(diags).toHaveLength(errors)
  })

  test('OpenTofu does not look at the right operand when the left one decides', () => {
    const context = contextOf(undefined, 'opentofu')
    const { value, diags } = evaluateText('false && "x"', context)
    expect(encodeValue(value)).toEqual({ bool: false })
    expect(diags).toEqual([])
  })
})

test('very long chains of operators are no problem', () => {
  const text = Array.from({ length: 5000 }, () => '1').join(' + ')
  expect(evaluateText(text).tagged).toEqual({ number: '5000' })
})

test('neither are chains of conditionals as long as the parser takes them', () => {
  expect(evaluateText(`${'false ? 1 : '.repeat(300)}2`).tagged).toEqual({ number: '2' })
})
