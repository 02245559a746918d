import { expect, test } from 'vitest'
import { listType, mapType, numberType, setType, stringType } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { validate } from '../../src/engine/index.ts'
import { exprToTraversal, parseExpression } from '../../src/hcl/index.ts'
import { checkSteps } from '../../src/lang/_static-steps.ts'
import type { BlockSchema, NestedBlockSchema } from '../../src/schema/index.ts'
import { Harness } from '../support/harness.ts'

const inner: BlockSchema = { attributes: { iops: { type: numberType }, size: { type: numberType } }, blockTypes: {} }
const nested = (nesting: NestedBlockSchema['nesting']): NestedBlockSchema => ({ nesting, block: inner }) as NestedBlockSchema
const schema: BlockSchema = {
  attributes: {
    id: { type: stringType },
    tags: { type: mapType(stringType) },
    ids: { type: setType(stringType) },
    names: { type: listType(stringType) },
  },
  blockTypes: { list: nested('list'), set: nested('set'), timeouts: nested('single'), map: nested('map') },
}

const said = (text: string): string[] => {
  const diags = new Diagnostics()
  const traversal = exprToTraversal(parseExpression(new Source('x', `x${text}`), diags), diags)!
  checkSteps(traversal.steps, schema, diags)
  return diags.items.map(
    ({ summary, detail, subject }) => `${subject!.source.text.slice(subject!.start, subject!.end)} ${summary}: ${detail}`,
  )
}

// Checked against Terraform 1.11.4, with the attributes and blocks of aws_instance.
const dot = 'Only attribute access is allowed here'
const indexed = 'Block type "list" is represented by a list of objects, so it must be indexed using a numeric key, like .list[0].'
const addressless =
  'Block type "set" is represented by a set of objects, and set elements do not have addressable keys. To find elements matching specific criteria, use a "for" expression with an "if" clause.'
const elements =
  "Elements of a set are identified only by their value and don't have any separate index or key to select with, so it's only possible to perform operations across all elements of the set."

test.each<readonly [text: string, said: string | undefined]>([
  ['.id', undefined],
  ['.list', undefined],
  ['.list[0].size', undefined],
  ['.list.0.size', undefined],
  ['.set', undefined],
  ['.timeouts.size', undefined],
  ['.map["a"].size', undefined],
  ['.map.a.size', undefined],
  ['.tags.x', undefined],
  ['.tags["x"]', undefined],
  ['.names[0]', undefined],
  ['.nope', '.nope Unsupported attribute: This object has no argument, nested block, or exported attribute named "nope".'],
  [
    '.name',
    '.name Unsupported attribute: This object has no argument, nested block, or exported attribute named "name". Did you mean "names"?',
  ],
  ['["id"]', `["id"] Invalid index operation: ${dot}. Did you mean to access attribute "id" using the dot operator?`],
  ['[0]', `[0] Invalid index operation: ${dot}, using the dot operator.`],
  ['.id.foo', ".foo Unsupported attribute: Can't access attributes on a primitive-typed value (string)."],
  ['.id[0]', '[0] Invalid index: This value does not have any indices.'],
  ['.list.size', `.size Invalid operation: ${indexed}`],
  [
    '.list[0].siz',
    '.siz Unsupported attribute: This object has no argument, nested block, or exported attribute named "siz". Did you mean "size"?',
  ],
  ['.list[0].size.x', ".x Unsupported attribute: Can't access attributes on a primitive-typed value (number)."],
  ['.list[0][0]', `[0] Invalid index operation: ${dot}, using the dot operator.`],
  ['.list[0]["size"]', `["size"] Invalid index operation: ${dot}. Did you mean to access attribute "size" using the dot operator?`],
  ['.set.size', `.size Cannot index a set value: ${addressless}`],
  ['.set[0].size', `[0] Cannot index a set value: ${addressless}`],
  ['.tags.x.y', ".y Unsupported attribute: Can't access attributes on a primitive-typed value (string)."],
  ['.tags["x"]["y"]', '["y"] Invalid index: This value does not have any indices.'],
  ['.ids[0]', `[0] Invalid index: ${elements}`],
  ['.ids.x', '.x Unsupported attribute: This value does not have any attributes.'],
  ['.names["x"]', '["x"] Invalid index: The given key does not identify an element in this collection value: a number is required.'],
  ['.timeouts["size"]', `["size"] Invalid index operation: ${dot}. Did you mean to access attribute "size" using the dot operator?`],
  [
    '.timeouts.nope',
    '.nope Unsupported attribute: This object has no argument, nested block, or exported attribute named "nope". Did you mean "iops"?',
  ],
])('%s', (text, want?: string) => {
  expect(said(text)).toEqual(want === undefined ? [] : [want])
})

test.each<readonly [text: string, said: string]>([
  [
    'resource "terraform_data" "a" {\n  lifecycle {\n    postcondition {\n      condition     = self.nope\n      error_message = "x"\n    }\n  }\n}',
    '.nope: This object has no argument, nested block, or exported attribute named "nope".',
  ],
  [
    'resource "terraform_data" "a" {\n  lifecycle {\n    postcondition {\n      condition     = self.id.x\n      error_message = "x"\n    }\n  }\n}',
    ".x: Can't access attributes on a primitive-typed value (string).",
  ],
  ['module "m" { source = "./m" }\noutput "x" { value = module.m.nope }', '.nope: This object does not have an attribute named "nope".'],
])('told by validation: %s', async (text, said) => {
  const h = new Harness().config({ 'main.tf': text, 'm/main.tf': 'output "yes" { value = 1 }' })
  const { diags } = await validate(h.input())
  expect(diags.map(({ subject, detail }) => `${subject!.source.text.slice(subject!.start, subject!.end)}: ${detail}`)).toEqual([said])
})
