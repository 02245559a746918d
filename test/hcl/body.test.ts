import { describe, expect, test } from 'vitest'
import { Diagnostics, formatRange, Source } from '../../src/diags/index.ts'
import {
  type Body,
  type BodySchema,
  bodyContent,
  justAttributes,
  mergeBodies,
  parseHcl,
  parseJsonBody,
  partialContent,
} from '../../src/hcl/index.ts'

const schema: BodySchema = {
  attributes: [{ name: 'name', required: true }, { name: 'count' }],
  blocks: [
    { type: 'rule', labelNames: [] },
    { type: 'item', labelNames: ['kind', 'name'] },
  ],
}

function bodyOf(text: string, filename = text.startsWith('{') || text.startsWith('[') ? 'b.json' : 'b.tf'): Body {
  const diags = new Diagnostics()
  const source = new Source(filename, text)
  const body = filename.endsWith('.json') ? parseJsonBody(source, diags) : parseHcl(source, diags).body
  expect(diags.items).toEqual([])
  return body
}

function read(body: Body): string[] {
  const diags = new Diagnostics()
  const content = bodyContent(body, schema, diags)
  return [
    ...content.attributes.keys(),
    ...content.blocks.map((b) => [b.type, ...b.labels].join('.')),
    ...diags.items.map((d) => `${formatRange(d.subject!)}: ${d.summary}; ${d.detail}`),
  ]
}

describe('bodyContent', () => {
  test.each<[string, string[]]>([
    ['name = 1\nrule {}\nitem a "b" {}\nrule {}\n', ['name', 'rule', 'item.a.b', 'rule']],
    ['{"name": 1, "//": "note", "rule": [{}, {}], "item": {"a": [{"b": {}}, {"c": null}]}}', ['name', 'rule', 'rule', 'item.a.b']],
    ['[{"name": 1}, {"rule": {}}]', ['name', 'rule']],
    ['count = 1\n', ['count', 'b.tf:1,1-1: Missing required argument; The argument "name" is required, but no definition was found.']],
    ['{"count": 1}', ['count', 'b.json:1,12-13: Missing required argument; The argument "name" is required, but no definition was found.']],
    [
      'name = 1\ncont = 2\n',
      ['name', 'b.tf:2,1-5: Unsupported argument; An argument named "cont" is not expected here. Did you mean "count"?'],
    ],
    [
      'name = 1\nrule = 2\n',
      [
        'name',
        'b.tf:2,1-5: Unsupported argument; An argument named "rule" is not expected here. Did you mean to define a block of type "rule"?',
      ],
    ],
    [
      'name = 1\nrul {}\n',
      ['name', 'b.tf:2,1-4: Unsupported block type; Blocks of type "rul" are not expected here. Did you mean "rule"?'],
    ],
    [
      'name = 1\ncount {}\n',
      [
        'name',
        'b.tf:2,1-6: Unsupported block type; Blocks of type "count" are not expected here. Did you mean to define argument "count"? If so, use the equals sign to assign it a value.',
      ],
    ],
    [
      'name = 1\nrule "x" {}\nitem "y" {}\nitem {}\n',
      [
        'name',
        'b.tf:2,6-9: Extraneous label for rule; No labels are expected for rule blocks.',
        'b.tf:3,10-11: Missing name for item; All item blocks must have 2 labels (kind, name).',
        'b.tf:4,6-7: Missing kind for item; All item blocks must have 2 labels (kind, name).',
      ],
    ],
    [
      'name = 1\nitem a b c {}\n',
      ['name', 'b.tf:2,10-11: Extraneous label for item; Only 2 labels (kind, name) are expected for item blocks.'],
    ],
    [
      '{"name": 1, "nam": 2}',
      ['name', 'b.json:1,13-18: Extraneous JSON object property; No argument or block type is named "nam". Did you mean "name"?'],
    ],
    ['{"name": 1, "name": 2}', ['name', 'b.json:1,13-19: Duplicate argument; The argument "name" was already set at b.json:1,2-11.']],
    [
      '{"name": 1, "rule": 1, "item": {}}',
      [
        'name',
        'b.json:1,21-22: Incorrect JSON value type; Either a JSON object or a JSON array is required, representing the contents of one or more "rule" blocks.',
        "b.json:1,32-33: Missing block label; At least one object property is required, whose name represents the item block's kind.",
      ],
    ],
  ])('%s', (text, want) => {
    expect(read(bodyOf(text))).toEqual(want)
  })

  test('of merged bodies asks for a required argument once, in any of them', () => {
    expect(read(mergeBodies([bodyOf('count = 1\n'), bodyOf('{"name": 1, "rule": {}}')]))).toEqual(['count', 'name', 'rule'])
    expect(read(mergeBodies([bodyOf('name = 1\n', 'a.tf'), bodyOf('name = 2\nx {}\n', 'b.tf')]))).toEqual([
      'name',
      'b.tf:1,1-5: Duplicate argument; The argument "name" was already set at a.tf:1,1-5.',
      'b.tf:2,1-2: Unsupported block type; Blocks of type "x" are not expected here.',
    ])
  })
})

describe('partialContent', () => {
  test.each(['name = 1\nother = 2\nrule {}\nmore {}\n', '{"name": 1, "other": 2, "rule": {}, "more": {}}'])(
    'leaves the rest of %s',
    (text) => {
      const diags = new Diagnostics()
      const { content, remain } = partialContent(bodyOf(text), schema, diags)
      expect([...content.attributes.keys()]).toEqual(['name'])
      expect(content.blocks.map((b) => b.type)).toEqual(['rule'])
      const rest = bodyContent(remain, { attributes: [{ name: 'other' }], blocks: [{ type: 'more', labelNames: [] }] }, diags)
      expect([...rest.attributes.keys(), ...rest.blocks.map((b) => b.type)]).toEqual(['other', 'more'])
      expect(diags.items).toEqual([])
    },
  )
})

describe('justAttributes', () => {
  test('takes any names, and no blocks', () => {
    const diags = new Diagnostics()
    expect([...justAttributes(bodyOf('a = 1\nb = 2\nc {}\n'), diags).keys()]).toEqual(['a', 'b'])
    expect([...justAttributes(bodyOf('{"a": 1, "//": 0, "b": {}}'), diags).keys()]).toEqual(['a', 'b'])
    expect(diags.items.map((d) => `${formatRange(d.subject!)}: ${d.summary}; ${d.detail}`)).toEqual([
      'b.tf:3,1-2: Unexpected "c" block; Blocks are not allowed here.',
    ])
  })
})

describe('JSON strings', () => {
  test('are templates when they are asked to be, and point into the file', () => {
    const body = bodyOf('{"a": "x${y z}", "b": "\\n${y z}"}')
    const ranges = [...justAttributes(body, new Diagnostics()).values()].map(({ expr }) => {
      if (expr.kind !== 'jsonString') throw new Error(expr.kind)
      return expr.template().diags.map((d) => formatRange(d.subject!))
    })
    // A text with escapes has no place of its own but the whole string.
    expect(ranges).toEqual([['b.json:1,13-14'], ['b.json:1,23-33']])
  })
})
