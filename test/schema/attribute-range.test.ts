import { describe, expect, test } from 'vitest'
import { attributeStep, indexStep, listType, mapType, numberVal, type Path, stringType, stringVal } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { type Body, parseHcl, parseJsonBody } from '../../src/hcl/index.ts'
import { attributeRange, type BlockSchema } from '../../src/schema/index.ts'

const text = { type: stringType, optional: true }
const inner: BlockSchema = {
  attributes: { t: text, u: text },
  blockTypes: { deep: { nesting: 'list', block: { attributes: { t: text }, blockTypes: {} } } },
}
const schema: BlockSchema = {
  attributes: {
    t: text,
    missing: text,
    m: { type: mapType(stringType), optional: true },
    l: { type: listType(stringType), optional: true },
    n: { nestedType: { nesting: 'list', attributes: { t: text } }, optional: true },
  },
  blockTypes: {
    one: { nesting: 'single', block: inner },
    list: { nesting: 'list', block: inner },
    set: { nesting: 'set', block: inner },
    map: { nesting: 'map', block: inner },
    dyn: { nesting: 'list', block: inner },
    group: { nesting: 'group', block: inner },
  },
}

const native = `t = "top"
m = { a = "m.a", "b" = "m.b", (x) = "other" }
l = ["l.0", upper("l.1")]
n = [{ t = "n.0.t" }]
one {
  t = "one.t"
}
list {
  t = "list.0.t"
}
list {
  t = "list.1.t"
  deep {
    t = "list.1.deep.0.t"
  }
}
set {
  t = "set"
}
map "k" {
  t = "map.k.t"
}
dynamic "dyn" {
  for_each = [1]
  content {
    t = "dyn.t"
  }
}
`
const json = JSON.stringify({
  t: 'top',
  m: { a: 'm.a', b: 'm.b' },
  l: ['l.0', '${upper("l.1")}'],
  n: [{ t: 'n.0.t' }],
  one: { t: 'one.t' },
  list: [{ t: 'list.0.t' }, { t: 'list.1.t', deep: { t: 'list.1.deep.0.t' } }],
  set: { t: 'set' },
  map: { k: { t: 'map.k.t' } },
  dynamic: { dyn: { for_each: [1], content: { t: 'dyn.t' } } },
})

/** Names are attributes; numbers, and names after a colon, are keys. */
function path(steps: string): Path {
  return steps
    .split('.')
    .filter((s) => s !== '')
    .map((s) =>
      /^\d+$/.test(s) ? indexStep(numberVal(Number(s))) : s.startsWith(':') ? indexStep(stringVal(s.slice(1))) : attributeStep(s),
    )
}

/** The text that is pointed at; of an empty place the line that it stands on. */
function pointed(body: Body, steps: string): string {
  const { source, start, end } = attributeRange(body, schema, path(steps))
  return source.text.slice(start, end)
}

describe('attributeRange', () => {
  const cases: [string, string, string?][] = [
    ['t', '"top"'],
    ['m.:a', '"m.a"'],
    ['m.:b', '"m.b"'],
    ['m.:zzz', '{ a = "m.a", "b" = "m.b", (x) = "other" }', '{"a":"m.a","b":"m.b"}'],
    ['l.0', '"l.0"'],
    ['l.1', 'upper("l.1")', '"${upper(\\"l.1\\")}"'],
    ['n.0.t', '"n.0.t"'],
    ['one.t', '"one.t"'],
    ['list.0.t', '"list.0.t"'],
    ['list.1.t', '"list.1.t"'],
    ['list.1.deep.0.t', '"list.1.deep.0.t"'],
    ['map.:k.t', '"map.k.t"'],
    ['dyn.0.t', '"dyn.t"'],
  ]
  const bodies: readonly (readonly [string, Body])[] = [
    ['native', parseHcl(new Source('t', native), new Diagnostics()).body],
    ['json', parseJsonBody(new Source('t', json), new Diagnostics())!],
  ]
  test.each(cases)('%s', (steps, want, wantJson = want) => {
    expect(bodies.map(([, body]) => pointed(body, steps))).toEqual([want, wantJson])
  })

  test.each(['missing', 'list', 'list.7.t', 'set', 'nothing.at.all', 'group.t'])('%s: the body as a whole', (steps) => {
    for (const [, body] of bodies) expect(attributeRange(body, schema, path(steps))).toEqual(body.endRange)
  })

  test('an argument missing from a nested block is pointed at there', () => {
    const { source, start } = attributeRange(bodies[0]![1], schema, path('one.u'))
    expect(source.text.slice(0, start).split('\n').length).toBe(5)
  })
})
