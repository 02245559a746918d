import { expect, test } from 'vitest'
import { valueToJson } from '../../src/cty/index.ts'
import { loaded } from './_load.ts'

test.each([
  ['object({ a = optional(string) })', '{}', '{"a":null}'],
  ['object({ a = optional(object({ f = optional(bool) })) })', '{}', '{"a":null}'],
  ['object({ a = optional(object({ f = optional(bool, false) })) })', '{ a = {} }', '{"a":{"f":false}}'],
  ['object({ a = optional(object({ f = optional(bool, false) }), {}) })', '{}', '{"a":{"f":false}}'],
  ['list(object({ a = string, b = optional(string, "x") }))', '[{ a = 1 }]', '[{"a":"1","b":"x"}]'],
])('the default value of a variable of type %s may be %s', (type, value, want) => {
  const variable = loaded(`variable "v" {\ntype = ${type}\ndefault = ${value}\n}`).module.variables.get('v')!
  expect(valueToJson(variable.default!, variable.default!.type)).toBe(want)
})
