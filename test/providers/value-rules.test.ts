import { describe, expect, test } from 'vitest'
import { checkValues, type Plain, parseCidr, UNKNOWN, type ValueRules } from '../../src/providers/kit/index.ts'

const problems = (rules: ValueRules, value: Plain): string[] =>
  checkValues({ 'a.b': rules }, { a: [{ b: value }] }).map(({ summary }) => summary)

const cases: [name: string, rules: ValueRules, good: Plain[], bad: [Plain, string][]][] = [
  ['one of', { oneOf: ['x', 'y'] }, ['x', null, UNKNOWN], [['z', 'expected a.0.b to be one of ["x" "y"], got z']]],
  ['one of some numbers', { oneOf: [1, 3] }, [3], [[2, 'expected a.0.b to be one of [1 3], got 2']]],
  [
    'a range',
    { between: [1, 3], whole: true },
    [1, 3],
    [
      [4, 'expected a.0.b to be in the range (1 - 3), got 4'],
      [1.5, 'Attribute must be a whole number, got 1.5'],
    ],
  ],
  ['at least', { atLeast: 0 }, [0], [[-1, 'expected a.0.b to be at least (0), got -1']]],
  ['a multiple', { divisibleBy: 60 }, [120, 0], [[61, 'expected a.0.b to be divisible by 60, got: 61']]],
  ['not zero', { nonZero: true }, [1], [[0, 'a.0.b must not be zero, got 0']]],
  ['lengths in bytes', { length: [1, 2] }, ['ab', 'ü'], [['üb', 'expected length of a.0.b to be in the range (1 - 2), got üb']]],
  ['patterns', { matches: [['^[a-z]+$', '"{path}" is no word: {value}']] }, ['abc'], [['$&', '"a.0.b" is no word: $&']]],
  ['elements', { oneOf: ['x'] }, [['x', UNKNOWN]], [[['x', 'y'], 'expected a.0.b.1 to be one of ["x"], got y']]],
  [
    'an ARN',
    { format: 'arn' },
    ['', 'arn:aws:s3:::bucket'],
    [['arn:aws', '"a.0.b" (arn:aws) is an invalid ARN: arn: not enough sections']],
  ],
  ['base64', { format: 'base64' }, ['', 'YQ=='], [['Y', '"a.0.b" must be base64-encoded']]],
  ['a duration', { format: 'duration' }, ['1h30m', '0'], [['1', '"a.0.b" cannot be parsed as a duration: time: invalid duration "1"']]],
  [
    'a block of addresses',
    { format: 'ipv4-cidr' },
    ['10.0.0.0/16', '0.0.0.0/0'],
    [
      ['10.1.0.0/99', '"10.1.0.0/99" is not a valid CIDR block: invalid CIDR address: 10.1.0.0/99'],
      ['10.0.0.1/16', '"10.0.0.1/16" is not a valid IPv4 CIDR block; did you mean "10.0.0.0/16"?'],
      ['::/0', '"::/0" is not a valid IPv4 CIDR block'],
    ],
  ],
  [
    'one of IPv6',
    { format: 'ipv6-cidr' },
    ['::/0', '2001:db8::/32'],
    [['2001:DB8::1:0/32', '"2001:DB8::1:0/32" is not a valid IPv6 CIDR block; did you mean "2001:db8::/32"?']],
  ],
  [
    'a network of some size',
    { format: 'network', prefixBits: [16, 28] },
    ['10.0.0.0/16'],
    [['10.0.0.0/8', 'expected "a.0.b" to contain a network Value with between 16 and 28 significant bits, got: 8']],
  ],
  [
    'JSON',
    { format: 'json' },
    ['', '{}'],
    [['x', `"a.0.b" contains an invalid JSON: invalid character 'x' looking for beginning of value`]],
  ],
]

describe('checkValues', () => {
  test.each(cases)('%s', (_name, rules, good, bad) => {
    for (const value of good) expect(problems(rules, value)).toEqual([])
    for (const [value, text] of bad) expect(problems(rules, value)).toEqual([text])
  })

  test('one of two rules is enough', () => {
    const rules: ValueRules = { anyOf: [{ oneOf: [10] }, { divisibleBy: 60 }] }
    expect(problems(rules, 120)).toEqual([])
    expect(problems(rules, 61)).toEqual(['expected a.0.b to be one of [10], got 61', 'expected a.0.b to be divisible by 60, got: 61'])
  })

  test('the argument is named', () => {
    expect(checkValues({ a: { atLeast: 1 } }, { a: 0 })).toMatchObject([{ attribute: [{ kind: 'attribute', name: 'a' }] }])
  })
})

test.each([
  ['10.0.0.1/16', { version: 4, bits: 16, network: '10.0.0.0/16', isNetwork: false }],
  ['::ffff:10.0.0.0/112', { version: 6, bits: 112, network: '::ffff:a00:0/112', isNetwork: true }],
  ['1:0:0:2::/64', { version: 6, bits: 64, network: '1:0:0:2::/64', isNetwork: true }],
  ['10.0.0.0/33', undefined],
  ['10.0.0.0/08', undefined],
  ['fe80::1%eth0/64', undefined],
  ['10.0.0.0', undefined],
])('parseCidr %s', (text, want) => {
  expect(parseCidr(text)).toEqual(want)
})
