import { describe, expect, test } from 'vitest'
import { terraformDataSchema, terraformProvider } from '../../src/builtin/terraform/index.ts'
import { dynamicType, intVal, nullVal, objectVal, stringType, stringVal, trueVal, type Value, valueToJson } from '../../src/cty/index.ts'
import { impliedType } from '../../src/schema/index.ts'

const provider = terraformProvider({ newId: () => 'new-id' })
const untyped = nullVal(dynamicType)
const data = (members: Readonly<Record<string, Value>>): Value =>
  objectVal({ id: nullVal(stringType), input: untyped, output: untyped, triggers_replace: untyped, ...members })
const absent = nullVal(impliedType(terraformDataSchema.block))
const plan = (prior: Value, proposed: Value) =>
  provider.planResourceChange({ typeName: 'terraform_data', prior, proposed, config: proposed, priorPrivate: undefined })

describe('terraform_data', () => {
  const old = data({ id: stringVal('old'), input: intVal(1), output: intVal(1) })

  test('is created with an id, and with an output when there is an input', async () => {
    const planned = await plan(absent, data({ input: trueVal }))
    expect([planned.planned.getAttr('id').isKnown, planned.planned.getAttr('output').type.kind, planned.requiresReplace]).toEqual([
      false,
      'bool',
      [],
    ])
    const bare = await plan(absent, data({}))
    expect(bare.planned.getAttr('output').isNull).toBe(true)
    const { newState } = await provider.applyResourceChange({
      typeName: 'terraform_data',
      prior: absent,
      planned: planned.planned,
      config: planned.planned,
      plannedPrivate: undefined,
    })
    expect([newState.getAttr('id').asString(), newState.getAttr('output').asBool()]).toEqual(['new-id', true])
  })

  test('keeps its id and changes its output with its input', async () => {
    const { planned, requiresReplace } = await plan(old, data({ id: stringVal('old'), input: intVal(2), output: intVal(1) }))
    expect([planned.getAttr('id').asString(), planned.getAttr('output').isKnown, requiresReplace]).toEqual(['old', false, []])
  })

  test('is replaced when its triggers change', async () => {
    const { planned, requiresReplace } = await plan(
      old,
      data({ id: stringVal('old'), input: intVal(1), output: intVal(1), triggers_replace: trueVal }),
    )
    expect([planned.getAttr('id').isKnown, planned.getAttr('output').isKnown, requiresReplace]).toEqual([
      false,
      false,
      [[{ kind: 'attribute', name: 'triggers_replace' }]],
    ])
  })

  test('stays as it is when nothing changes', async () => {
    expect((await plan(old, old)).planned).toEqual(old)
    expect((await provider.readResource({ typeName: 'terraform_data', prior: old, private: undefined })).newState).toBe(old)
  })
})

describe('moveResourceState', () => {
  const move = (sourceTypeName: string, sourceProvider: string, json: string) =>
    terraformProvider().moveResourceState!({
      sourceProvider,
      sourceTypeName,
      sourceVersion: 0,
      sourceStored: { json },
      sourcePrivate: undefined,
      targetTypeName: 'terraform_data',
    })
  const nullProvider = 'registry.terraform.io/hashicorp/null'

  test.each([
    [
      '{"id":"7","triggers":{"a":"x"}}',
      '{"id":"7","input":null,"output":null,"triggers_replace":{"value":{"a":"x"},"type":["object",{"a":"string"}]}}',
    ],
    ['{"id":"7","triggers":null}', '{"id":"7","input":null,"output":null,"triggers_replace":null}'],
  ])('takes over null_resource %s', async (json, want) => {
    const { value, diags } = await move('null_resource', nullProvider, json)
    expect(diags).toEqual([])
    expect(valueToJson(value, impliedType(terraformDataSchema.block))).toBe(want)
  })

  test.each([
    ['aws_vpc', 'registry.terraform.io/hashicorp/aws', 'Unsupported source provider for move operation'],
    ['null_thing', nullProvider, 'Unsupported source resource type for move operation'],
  ])('refuses %s', async (type, provider, want) => {
    expect((await move(type, provider, '{}')).diags.map((d) => d.summary)).toEqual([want])
  })
})
