import { describe, expect, test } from 'vitest'
import {
  listType,
  listVal,
  mapType,
  mapVal,
  nullVal,
  numberType,
  numberVal,
  objectType,
  objectVal,
  stringType,
  stringVal,
  type Value,
} from '../../src/cty/index.ts'
import { apply, generatedFileText } from '../../src/engine/index.ts'
import { generateResource } from '../../src/engine/plan/generate-config.ts'
import { type BlockSchema, coerceValue } from '../../src/schema/index.ts'
import { Harness, lines } from '../support/harness.ts'

const imports = 'import {\nto = test_named.a\nid = "x"\n}\n'
const options = { generateConfig: { fileName: 'generated.tf' } }
const text = `resource "test_named" "a" {
  name = "x"
  note = null
}`

describe('configuration for imports', () => {
  test('is written, planned with, and applied', async () => {
    const h = new Harness().config(imports)
    const { plan, generated, diags } = await h.plan(options)
    expect(diags).toEqual([])
    expect(generated).toEqual([{ text, origin: 'x' }])
    expect(plan.changes.map(({ action, generatedConfig, importing }) => ({ action, generatedConfig, importing }))).toEqual([
      { action: 'noop', generatedConfig: text, importing: { id: 'x' } },
    ])
    const { value, diags: applied } = await apply({ ...h.input(), plan })
    expect(applied).toEqual([])
    expect([...value.resources.keys()]).toEqual(['test_named.a'])
    h.state = value
    h.config(`${imports}${text}`)
    expect((await h.plan()).actions).toEqual([])
  })

  const refused: [string, string, string][] = [
    [
      'a keyed instance',
      'import {\nto = test_named.a[0]\nid = "x"\n}',
      'The given import block is not compatible with config generation. The -generate-config-out option cannot be used with import blocks which use for_each, or resources which use for_each or count.',
    ],
    [
      'an unknown type',
      'import {\nto = test_nmaed.a\nid = "x"\n}',
      'The provider hashicorp/test does not support resource type "test_nmaed". Did you mean "test_named"?',
    ],
  ]
  test.each(refused)('is not written for %s', async (_, config, want) => {
    const { diags, generated } = await new Harness().config(config).plan(options)
    expect(diags.map((d) => d.detail)).toEqual([want])
    expect(generated).toEqual([])
  })

  test('is not written unless asked for', async () => {
    const { diags, generated } = await new Harness().config(imports).plan()
    expect(lines(diags)[0]).toContain('use the -generate-config-out option within terraform plan')
    expect(generated).toEqual([])
  })

  test('is a file with a comment for each block', () => {
    expect(
      generatedFileText(
        [
          { text, origin: 'x' },
          { text: 'resource "a" "b" {\n}', origin: undefined },
        ],
        'Terraform',
      ),
    ).toBe(
      `# __generated__ by Terraform\n# Please review these resources and move them into your main configuration files.\n\n# __generated__ by Terraform from "x"\n${text}\n\n# __generated__ by Terraform\nresource "a" "b" {\n}\n`,
    )
  })
})

describe('a generated block', () => {
  const optional = { type: stringType, optional: true }
  const schema: BlockSchema = {
    attributes: {
      id: { type: stringType, optional: true, computed: true },
      arn: { type: stringType, computed: true },
      name: { type: stringType, required: true },
      note: optional,
      policy: optional,
      secret: { type: stringType, optional: true, sensitive: true },
      once: { type: stringType, optional: true, writeOnly: true },
      tags: { type: mapType(stringType), optional: true },
      rules: {
        type: listType(
          objectType([
            ['port', numberType],
            ['note', stringType],
          ]),
        ),
        optional: true,
        computed: true,
      },
      nested: { nestedType: { nesting: 'list', attributes: { a: optional, c: { type: stringType, computed: true } } }, optional: true },
    },
    blockTypes: {
      one: { nesting: 'single', block: { attributes: { a: optional }, blockTypes: {} } },
      many: { nesting: 'list', block: { attributes: { a: optional }, blockTypes: {} } },
      by: { nesting: 'map', block: { attributes: { a: optional }, blockTypes: {} } },
      none: { nesting: 'single', block: { attributes: { a: optional }, blockTypes: {} } },
    },
  }
  const a = (value: string): Value => objectVal([['a', stringVal(value)]])

  test('holds what can be configured, as people would write it', () => {
    const object = objectVal([
      ['id', stringVal('i')],
      ['arn', stringVal('arn')],
      ['name', stringVal('a "${quote}" \n%{ of } text')],
      ['note', stringVal('')],
      ['policy', stringVal('{"B":[1,true,null],"a b":{"c":"d"}}')],
      ['secret', stringVal('s')],
      ['once', nullVal(stringType)],
      [
        'tags',
        mapVal(
          [
            ['Name', stringVal('n')],
            ['a b', stringVal('')],
          ],
          stringType,
        ),
      ],
      [
        'rules',
        listVal([
          objectVal([
            ['port', numberVal(80)],
            ['note', stringVal('')],
          ]),
        ]),
      ],
      [
        'nested',
        listVal([
          objectVal([
            ['a', stringVal('x')],
            ['c', stringVal('y')],
          ]),
        ]),
      ],
      ['one', a('x')],
      ['many', listVal([a('y'), a('z')])],
      ['by', mapVal([['k', a('w')]])],
      ['none', nullVal(objectType([['a', stringType]]))],
    ])
    expect(
      generateResource('test_thing', 'x', { localName: 'test', alias: 'other' }, schema, coerceValue(object, schema)),
    ).toBe(`resource "test_thing" "x" {
  provider = test.other
  name     = "a \\"$\${quote}\\" \\n%%{ of } text"
  nested = [
    {
      a = "x"
    },
  ]
  note = null
  once = null
  policy = jsonencode({
    B = [1, true, null]
    "a b" = {
      c = "d"
    }
  })
  rules = [{
    note = ""
    port = 80
  }]
  secret = null # sensitive
  tags = {
    Name  = "n"
    "a b" = ""
  }
  by "k" {
    a = "w"
  }
  many {
    a = "y"
  }
  many {
    a = "z"
  }
  one {
    a = "x"
  }
}`)
  })
})
