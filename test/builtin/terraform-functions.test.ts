import { describe, expect, test } from 'vitest'
import { terraformProvider } from '../../src/builtin/terraform/index.ts'
import {
  mapVal,
  nullVal,
  numberVal,
  objectVal,
  parseNumeric,
  stringType,
  stringVal,
  trueVal,
  tupleVal,
  type Value,
  valueToJson,
} from '../../src/cty/index.ts'

const provider = terraformProvider()
const call = async (name: string, arg: Value): Promise<string> => {
  const { result, error } = await provider.callFunction!({ name, args: [arg] })
  if (error !== undefined) return `error: ${error.text}`
  return result!.type.kind === 'string' ? result!.asString() : valueToJson(result!, result!.type)
}
const number = (text: string): Value => numberVal(parseNumeric(text)!)
const s = stringVal

/** What Terraform 1.11.4 answers. */
describe('encode_expr', () => {
  test.each<[value: Value, want: string]>([
    [s('a\nb\n'), '"a\\nb\\n"'],
    [s('a ${x} %{if} \t é \u0001 " \\ '), '"a $${x} %%{if} \\t é \\u0001 \\" \\\\ "'],
    [objectVal({}), '{}'],
    [tupleVal([]), '[]'],
    [
      tupleVal([tupleVal([number('1'), tupleVal([number('2')])]), objectVal({ a: objectVal({ b: objectVal({}) }) }), tupleVal([])]),
      '[[1, [2]], {\n  a = {\n    b = {}\n  }\n}, []]',
    ],
    [
      mapVal(['a.b', '1x', 'for', 'null', 'a-b', 'é'].map((key, i) => [key, number(String(i + 1))] as const)),
      '{\n  "1x"  = 2\n  a-b   = 5\n  "a.b" = 1\n  for   = 3\n  null  = 4\n  é     = 6\n}',
    ],
    [number('12345678901234567890.5'), '12345678901234567890.5'],
    [number('1e30'), `1${'0'.repeat(30)}`],
    [trueVal, 'true'],
  ])('%#', async (value, want) => {
    expect(await call('encode_expr', value)).toBe(want)
  })
})

describe('encode_tfvars', () => {
  test.each<[value: Value, want: string]>([
    [
      objectVal({ a: number('1'), b: tupleVal([s('x'), objectVal({ c: nullVal(stringType), 'd e': trueVal })]), s: s('q"${x}\n') }),
      'a = 1\nb = ["x", {\n  c     = null\n  "d e" = true\n}]\ns = "q\\"$${x}\\n"\n',
    ],
    [objectVal({}), ''],
    [mapVal([['a', number('1')]]), 'a = 1\n'],
    [
      objectVal({ 'a b': number('1') }),
      'error: invalid variable name "a b": must be a valid identifier, per Terraform\'s rules for input variable declarations',
    ],
    [s('x'), 'error: invalid value to encode: must be an object whose attribute names will become the encoded variable names'],
  ])('%#', async (value, want) => {
    expect(await call('encode_tfvars', value)).toBe(want)
  })
})

const place = '<decode_tfvars argument>'

describe('decode_tfvars', () => {
  test.each([
    ['', '{}'],
    ['a = "x${1+1}"\nb = { c = [1, null] }', '{"a":"x2","b":{"c":[1,null]}}'],
    [
      'a = 1\nb = foo\n',
      `error: invalid expression for variable "b": ${place}:2,5-8: Variables not allowed; Variables may not be used here.`,
    ],
    [
      'a = ',
      `error: invalid tfvars syntax: ${place}:1,5-5: Missing expression; Expected the start of an expression, but found the end of the file.`,
    ],
    ['a {\n}\n', `error: invalid tfvars content: ${place}:1,1-2: Unexpected "a" block; Blocks are not allowed here.`],
    [
      'a = 1\na = 2\n',
      `error: invalid tfvars syntax: ${place}:2,1-2: Attribute redefined; The argument "a" was already set at ${place}:1,1-2. Each argument may be set only once.`,
    ],
    [
      'a = max(1,2)\n',
      `error: invalid expression for variable "a": ${place}:1,5-13: Function calls not allowed; Functions may not be called here.`,
    ],
  ])('%j', async (text, want) => {
    expect(await call('decode_tfvars', s(text))).toBe(want)
  })
})
