import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addNumeric,
  CtyError,
  compareNumeric,
  divideNumeric,
  moduloNumeric,
  multiplyNumeric,
  type Numeric,
  numericFromFloat,
  numericFromInteger,
  numericToBigInt,
  numericToGeneral,
  numericToJs,
  numericToString,
  parseNumeric,
  subtractNumeric,
} from '../../src/cty/index.ts'
import { cpuMs } from '../support/cpu.ts'

const operators: Readonly<Record<string, (a: Numeric, b: Numeric) => Numeric>> = {
  '+': addNumeric,
  '-': subtractNumeric,
  '*': multiplyNumeric,
  '/': divideNumeric,
  '%': moduloNumeric,
}

const number = (text: string): Numeric => parseNumeric(text)!

/** Left side, operator, right side (the last two empty for a single number), and what `terraform console` printed. */
const recorded: readonly [string, string, string, string][] = JSON.parse(
  readFileSync(new URL('./testdata/arithmetic.json', import.meta.url), 'utf8'),
)

describe('arithmetic recorded from Terraform', () => {
  test.each(recorded)('%s %s %s', (a, operator, b, want) => {
    expect(numericToString(operator === '' ? number(a) : operators[operator]!(number(a), number(b)))).toBe(want)
  })
})

test('integers of the engine compare, print and count as what they are, whatever their size', () => {
  const integer = fc.oneof(
    fc.integer(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.constantFrom(0, 1, 2 ** 31, 2 ** 52, 2 ** 53, -(2 ** 31)),
  )
  fc.assert(
    fc.property(integer, integer, fc.boolean(), (a, b, fromText) => {
      const [x, y] = [numericFromInteger(a), fromText ? number(String(b)) : numericFromInteger(b)]
      expect([numericToString(x), numericToString(y)]).toEqual([String(a), String(b)])
      expect(compareNumeric(x, y)).toBe(a < b ? -1 : a > b ? 1 : 0)
      const sum = BigInt(a) + BigInt(b)
      // A larger one may need a bit more than either has, and is rounded.
      if (sum < 2n ** 64n && sum > -(2n ** 64n)) expect(numericToString(addNumeric(x, y))).toBe(String(sum))
    }),
  )
})

describe('parseNumeric', () => {
  test.each([
    ['+5', '5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['007', '7'],
    ['1p3', '8'],
    ['1e3', '1000'],
    ['1E-3', '0.001'],
    ['Inf', '+Inf'],
    ['-inf', '-Inf'],
    ['-0', '-0'],
    ['0.50', '0.5'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['1e-999999999', '0'],
    ['-1e999999999', '-Inf'],
  ])('%s is %s', (text, want) => expect(numericToString(number(text))).toBe(want))

  test.each(['', ' 1', '1 ', '1_0', '0x10', '1e', 'e1', '.', '--1', 'infinity', 'NaN', '1.2.3', '1f'])('%j is no number', (text) => {
    expect(parseNumeric(text)).toBeUndefined()
  })

  test('exponents far out of range take no time', () => {
    const start = cpuMs()
    expect(compareNumeric(number('1e100000000'), number('1e99999999'))).toBe(1)
    expect(numericToJs(number('1e-100000000'))).toBe(0)
    expect(() => numericToString(number('1e100000000'))).toThrow(CtyError)
    expect(cpuMs() - start).toBeLessThan(2000)
  })
})

describe('precision', () => {
  test('numbers of the engine have 64 bits', () => {
    expect(numericToString(divideNumeric(numericFromInteger(1), numericFromInteger(3)))).toBe('0.33333333333333333334')
  })

  test('a text operand raises it to 512 bits', () => {
    expect(numericToString(divideNumeric(numericFromInteger(1), 3))).toBe(numericToString(divideNumeric(1, 3)))
  })

  test('floats print the digits that identify 53 bits', () => {
    expect(numericToString(numericFromFloat(0.1))).toBe('0.1')
    expect(numericToString(0.1)).toBe('0.1000000000000000055511151231257827021181583404541015625')
  })
})

describe('undefined results', () => {
  const infinity = Number.POSITIVE_INFINITY
  test.each([
    ['0/0', () => divideNumeric(0, 0)],
    ['inf/inf', () => divideNumeric(infinity, infinity)],
    ['inf-inf', () => subtractNumeric(infinity, infinity)],
    ['0*inf', () => multiplyNumeric(0, infinity)],
  ])('%s', (_, run) => expect(run).toThrow(CtyError))
})

test.each([
  ['1e20', '1e+20'],
  ['1234567890123', '1.23456789e+12'],
  ['0.00001234', '1.234e-05'],
  ['0.1', '0.1'],
  ['9999999999.9', '1e+10'],
  ['-100000', '-100000'],
])('numericToGeneral(%s, 10) is %s', (text, want) => expect(numericToGeneral(number(text), 10)).toBe(want))

describe('laws', () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }), fc.integer({ min: -80, max: 80 }))
    .map(([mantissa, exponent]) => `${mantissa}e${exponent}`)

  test('text reads back to the same number', () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const n = number(text)
        expect(compareNumeric(number(numericToString(n)), n)).toBe(0)
      }),
    )
  })

  test('integers agree with bigint arithmetic', () => {
    const integer = fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n })
    fc.assert(
      fc.property(integer, integer, (x, y) => {
        const a = number(String(x))
        const b = number(String(y))
        expect(numericToBigInt(addNumeric(a, b))).toBe(x + y)
        expect(numericToBigInt(subtractNumeric(a, b))).toBe(x - y)
        expect(numericToBigInt(multiplyNumeric(a, b))).toBe(x * y)
        if (y !== 0n) expect(numericToBigInt(moduloNumeric(a, b))).toBe(x % y)
        expect(Math.sign(compareNumeric(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0)
      }),
    )
  })

  test('doubles keep their value on the way through', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (x) => {
        expect(numericToJs(numericFromFloat(x))).toBe(x)
        if (Number.isFinite(x)) expect(Number(numericToString(numericFromFloat(x)))).toBe(x)
      }),
    )
  })
})
