import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  boolType,
  dynamicType,
  jsonToImpliedValue,
  jsonToValue,
  listType,
  mapType,
  numberType,
  objectType,
  setType,
  stringType,
  type Type,
  valueToJson,
} from '../../src/cty/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { type BlockSchema, impliedType } from '../../src/schema/index.ts'
import { fillObject, madeUp, madeUpFilling, unknownFilling } from '../../src/testing/mock-values.ts'
import { runIn } from '../support/in-process.ts'

const block: BlockSchema = {
  attributes: {
    id: { type: stringType, computed: true },
    size: { type: numberType, optional: true, computed: true },
    name: { type: stringType, optional: true },
    nested: {
      nestedType: {
        nesting: 'list',
        attributes: { key: { type: stringType, computed: true }, value: { type: stringType, optional: true } },
      },
      optional: true,
    },
  },
  blockTypes: {
    port: {
      nesting: 'list',
      block: {
        attributes: { number: { type: numberType, required: true }, address: { type: stringType, computed: true } },
        blockTypes: {},
      },
    },
  },
}
const type = impliedType(block)
const config =
  '{"id":null,"size":null,"name":null,"nested":[{"key":null,"value":"v"}],"port":[{"number":1,"address":null},{"number":2,"address":null}]}'

describe('what a mock fills in', () => {
  test('while planning: computed attributes are unknown, others as configured', () => {
    const diags = new Diagnostics()
    const filled = fillObject(block, jsonToValue(config, type), unknownFilling(), diags)
    const known = (path: (v: typeof filled) => typeof filled): boolean => path(filled).isKnown
    expect([known((v) => v.getAttr('id')), known((v) => v.getAttr('size')), known((v) => v.getAttr('name'))]).toEqual([false, false, true])
    expect(known((v) => v.getAttr('nested').asArray()[0]!.getAttr('key'))).toBe(false)
    expect(known((v) => v.getAttr('port').asArray()[1]!.getAttr('address'))).toBe(false)
    expect(diags.items).toEqual([])
  })

  test('afterwards: what is given, in all blocks of a name, and made up values for the rest', () => {
    const diags = new Diagnostics()
    const given = jsonToImpliedValue('{"id":"ID","port":{"address":"here"},"name":"not computed, so not taken"}')
    const filled = JSON.parse(
      valueToJson(fillObject(block, jsonToValue(config, type), madeUpFilling({ values: given }), diags), type),
    ) as object
    expect(filled).toEqual({
      id: 'ID',
      size: 0,
      name: null,
      nested: [{ key: expect.stringMatching(/^[a-z0-9]{8}$/), value: 'v' }],
      port: [
        { number: 1, address: 'here' },
        { number: 2, address: 'here' },
      ],
    })
    expect(diags.items).toEqual([])
  })

  test('what does not fit is said', () => {
    const diags = new Diagnostics()
    fillObject(block, jsonToValue(config, type), madeUpFilling({ values: jsonToImpliedValue('{"size":"much"}') }), diags)
    expect(diags.items.map((d) => [d.severity, d.summary, d.detail])).toEqual([
      [
        'error',
        'Failed to compute attribute',
        'Terraform could not compute a value for the target type number with the mocked data with the attribute "size": a number is required.',
      ],
    ])
  })

  const rows: readonly (readonly [string, Type, string])[] = [
    ['numbers', numberType, '0'],
    ['truth', boolType, 'false'],
    ['lists', listType(stringType), '[]'],
    ['sets', setType(stringType), '[]'],
    ['maps', mapType(stringType), '{}'],
    ['objects', objectType([['a', numberType]]), '{"a":0}'],
    ['anything', dynamicType, 'null'],
  ]
  test.each(rows)('made up %s', (_, t, want) => expect(valueToJson(madeUp(t), t === dynamicType ? stringType : t)).toBe(want))
})

describe('a provider that is mocked', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'landform-mocks-'))
    writeFileSync(
      join(dir, 'main.tf'),
      `terraform {
  required_providers {
    test = {
      source                = "hashicorp/test"
      configuration_aliases = [test.other]
    }
  }
}
resource "test_resource" "x" { value = "v" }
resource "test_resource" "y" {
  provider = test.other
  value    = data.test_data_source.d.value
}
data "test_data_source" "d" {
  provider = test.other
  id       = "not there"
}
`,
    )
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  const mocked = (body: string): string => `mock_provider "test" {
  alias = "other"
${body}
}
provider "test" {}
`
  const rows: readonly (readonly [name: string, file: string, code: number, text: string])[] = [
    [
      'answers under its alias, the real one under its own',
      `${mocked('  mock_data "test_data_source" {\n    defaults = { value = upper("given") }\n  }')}run "a" {
  assert {
    condition     = data.test_data_source.d.value == "GIVEN" && test_resource.y.value == "GIVEN"
    error_message = data.test_data_source.d.value
  }
  assert {
    condition     = length(test_resource.y.id) == 8 && length(test_resource.x.id) > 8
    error_message = "\${test_resource.y.id} \${test_resource.x.id}"
  }
}
`,
      0,
      '1 passed, 0 failed',
    ],
    [
      'makes up values while planning where it is told to',
      `${mocked('  override_during = plan')}run "a" {
  command = plan
  assert {
    condition     = length(test_resource.y.id) == 8
    error_message = "unknown"
  }
}
`,
      0,
      '1 passed, 0 failed',
    ],
    [
      'keeps what exists as it is from run to run',
      `${mocked('')}run "a" {}
run "b" {
  assert {
    condition     = test_resource.y.id != null && run.a != null
    error_message = "x"
  }
}
run "c" {
  command = plan
  assert {
    condition     = length(test_resource.y.id) == 8
    error_message = "planned anew"
  }
}
`,
      0,
      '3 passed, 0 failed',
    ],
    [
      'is not asked for what the real one does not find',
      'provider "test" {}\nprovider "test" {\n  alias = "other"\n}\nrun "a" {}\n',
      1,
      '0 passed, 1 failed',
    ],
  ]
  test.each(rows)('%s', async (_, file, code, text) => {
    writeFileSync(join(dir, 'main.tftest.hcl'), file)
    const got = await runIn(dir, ['test', '-no-color'])
    expect([got.stderr === '' || code === 1 ? '' : got.stderr, got.stdout]).toEqual(['', expect.stringContaining(text)])
    expect(got.code).toBe(code)
  })
})
