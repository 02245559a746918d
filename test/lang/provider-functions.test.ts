import { describe, expect, test } from 'vitest'
import { FunctionError, nullVal, SENSITIVE, stringType, stringVal, unknownVal, type Value } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { evaluate, parseExpression } from '../../src/hcl/index.ts'
import { type FunctionSignature, functionTable, type ProviderFunctions, withProviderFunctions } from '../../src/lang/functions/index.ts'

const shout: FunctionSignature = { parameters: [{ name: 'text', type: stringType }], returnType: stringType, summary: 'Louder.' }

/** A provider `aws` that is configured once more as `west`; a result may be waited for. */
function providers(answer: (name: string, args: readonly Value[]) => Value | undefined): ProviderFunctions {
  return {
    signatures: (localName, alias) =>
      localName === 'aws' && (alias === undefined || alias === 'west') ? new Map([['shout', shout]]) : undefined,
    call: ({ name, alias }, args) => answer(alias === undefined ? name : `${alias}.${name}`, args),
  }
}

function run(text: string, source: ProviderFunctions | undefined) {
  const table = withProviderFunctions(functionTable({ baseDir: '.', pure: true }), source)
  const diags = new Diagnostics()
  const variables = new Map([
    ['secret', stringVal('s').mark(SENSITIVE)],
    ['later', unknownVal(stringType)],
    ['none', nullVal(stringType)],
  ])
  const context = { variables, functions: table.lookUp, functionNames: table.names, explainFunction: table.explain }
  const value = evaluate(parseExpression(new Source('t', text), diags), context, diags)
  return { value, problems: diags.items.map((d) => `${d.summary}: ${d.detail}`) }
}

const echo = providers((name, [text]) => stringVal(`${name}:${text!.asString()}!`))

describe('functions of providers', () => {
  test.each([
    ['provider::aws::shout("a")', 'shout:a!'],
    ['provider::aws::west::shout("a")', 'west.shout:a!'],
    ['provider::aws::shout(12)', 'shout:12!'],
    ['provider::aws::shout(provider::aws::shout("a"))', 'shout:shout:a!!'],
    ['provider::aws::shout(["a"]...)', 'shout:a!'],
    ['core::upper("a")', 'A'],
  ])('%s', (text, want) => {
    expect(run(text, echo)).toMatchObject({ problems: [], value: { payload: want } })
  })

  test('marks are carried along, unknown arguments are waited for', () => {
    expect(run('provider::aws::shout(secret)', echo).value.hasMark(SENSITIVE)).toBe(true)
    expect(run('provider::aws::shout(later)', echo).value.isKnown).toBe(false)
  })

  test('without an answer yet the result is unknown', () => {
    const { value, problems } = run(
      '"x-${provider::aws::shout("a")}"',
      providers(() => undefined),
    )
    expect(problems).toEqual([])
    expect(value.isKnown).toBe(false)
  })

  test.each([
    [
      'provider::foo::bar(1)',
      'There is no function named "provider::foo::bar". Ensure that provider name "foo" is declared in this module\'s required_providers block, and that this provider offers a function named "bar".',
    ],
    ['provider::aws::nope(1)', 'The function "nope" is not available from the provider "aws".'],
    ['provider::aws::shoud(1)', 'The function "shoud" is not available from the provider "aws". Did you mean "shout"?'],
    ['provider::aws("x")', 'The function call must include the provider name after the "provider::" prefix.'],
    [
      'provider::aws::a::b("x")',
      'There is no function named "provider::aws::a::b". Ensure that provider name "aws" is declared in this module\'s required_providers block, and that this provider offers a function named "b".',
    ],
    ['nope::x(1)', 'The function namespace "nope" is not valid. Provider function calls must use the "provider::" namespace prefix.'],
    [
      'core::upperr("x")',
      'The function namespace "core" is not valid. Provider function calls must use the "provider::" namespace prefix.',
    ],
  ])('%s, in words of Terraform', (text, want) => {
    expect(run(text, echo).problems).toEqual([`Unknown provider function: ${want}`])
  })

  test('what is wrong is said by the language or by the provider', () => {
    expect(run('provider::aws::shout(none)', echo).problems).toEqual([
      'Invalid function argument: Invalid value for "text" parameter: argument must not be null.',
    ])
    expect(run('provider::aws::shout()', echo).problems).toEqual([
      'Not enough function arguments: Function "provider::aws::shout" expects 1 argument(s). Missing value for "text".',
    ])
    const failing = providers(() => {
      throw new FunctionError('arn: invalid prefix', 0)
    })
    expect(run('provider::aws::shout("x")', failing).problems).toEqual([
      'Invalid function argument: Invalid value for "text" parameter: arn: invalid prefix.',
    ])
  })
})
