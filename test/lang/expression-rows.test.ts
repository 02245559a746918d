import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { typeText } from '../../src/command/views/type-text.ts'
import { valueText } from '../../src/command/views/value-text.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { type Console, consoleOf, type RootScope } from '../../src/engine/index.ts'
import { parseExpression } from '../../src/hcl/index.ts'
import { Harness } from '../support/harness.ts'

/*
 * The rows about expressions (E-01 to E-26 of the feature matrix), each with expressions and what `terraform console -plan` of Terraform 1.11.4
 * prints for them in `testdata/expression-rows`: the value, or the errors.
 */

type Answer = readonly [text: string, answer: string | { readonly errors: readonly string[] }]

const folder = new URL('./testdata/expression-rows/', import.meta.url)
const rows = JSON.parse(readFileSync(new URL('answers.json', folder), 'utf8')) as Readonly<Record<string, readonly Answer[]>>

/** What is answered otherwise on purpose, with the reason. */
const shortCircuit = 'as since Terraform 1.12: one operand that decides is enough, whatever becomes of the other'
const bounds =
  'bounds of unknown numbers count as they are, those of the language that Terraform has now; its version 1.11 takes them for wider'
const topMarks = 'as since Terraform 1.15: whether an object is null says nothing about what is in it'
const opentofu = 'what only OpenTofu has'
const exceptions: Readonly<Record<string, string>> = {
  'false && null': shortCircuit,
  'true || null': shortCircuit,
  'false && terraform_data.x.output': shortCircuit,
  'true || terraform_data.x.output': shortCircuit,
  'terraform_data.x.output && false': shortCircuit,
  'false && (terraform_data.x.id == "a")': shortCircuit,
  '(terraform_data.x.id == "a") || true': shortCircuit,
  '(terraform_data.x.id == "a" ? 1 : 5) > 5': bounds,
  'length(terraform_data.x.id) < 0': bounds,
  'length(terraform_data.x.id) >= 0': bounds,
  'length(toset([terraform_data.x.id,"a"])) > 2': bounds,
  'issensitive([sensitive("a")] == null)': topMarks,
  'issensitive({a=sensitive("a")} == null)': topMarks,
  'tostring(terraform_data.x.id) == null': 'what is known of an unknown string stays known when it is converted',
  'plantimestamp()': 'there is a plan, and so its time',
  '{a=1}[sensitive("a")]': 'what a secret key selects tells of the key',
  'templatestring("a",{})': opentofu,
  'templatestring("${1}",{})': opentofu,
  'convert(1,string)': opentofu,
  'var.lst': 'the closest name is suggested, not any that is close',
  'nope()': 'the closest name is suggested, not any that is close',
  local: 'said once',
  var: 'said once',
}
/** What newer versions of Terraform say in addition, and Landform says. */
const withoutAdditions = (message: string): string => message.replace(/(required), but have [a-z ]+/g, '$1')

let console: Console
beforeAll(async () => {
  const names = ['main.tf', 'heredocs.tf', 'more.tf.json']
  const h = new Harness().config(Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')])))
  let scope: RootScope | undefined
  h.extra = { onEvaluated: (s) => (scope = s) }
  await h.plan()
  console = consoleOf(scope!)
})

async function answer(text: string): Promise<string | { readonly errors: readonly string[] }> {
  const diags = new Diagnostics()
  const expr = parseExpression(new Source('<console-input>', text), diags)
  const value = diags.hasErrors ? undefined : await console.evaluate(expr, diags)
  const errors = diags.items.filter(({ severity }) => severity === 'error')
  if (errors.length > 0 || value === undefined)
    return { errors: errors.map(({ summary, detail }) => withoutAdditions(`${summary}: ${detail}`).replace(/\s+/g, ' ').trim()) }
  return 'typeOf' in value ? typeText(value.typeOf) : valueText(value)
}

describe.each(Object.entries(rows))('%s', (_, answers) => {
  test.each(answers.filter(([text]) => !Object.hasOwn(exceptions, text)))('%s', async (text, want) => {
    expect(await answer(text)).toEqual(want)
  })
})

test('exceptions are answered otherwise', async () => {
  const all = new Map(Object.values(rows).flat())
  for (const text of Object.keys(exceptions)) expect([text, await answer(text)]).not.toEqual([text, all.get(text)])
})
