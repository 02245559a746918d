import { describe, expect, test } from 'vitest'
import { objectVal, stringVal, type Value } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { evaluate, parseExpression } from '../../src/hcl/index.ts'
import { evalContext, type Needs, needsOfExpr, type ScopeData } from '../../src/lang/index.ts'

function needs(text: string): Needs {
  const diags = new Diagnostics()
  const found = needsOfExpr(parseExpression(new Source('test', text), diags))
  expect([...diags.items, ...found.problems]).toEqual([])
  return found
}

describe('needs', () => {
  test('sort references by kind, each name once', () => {
    const n = needs(
      '[var.a, var.a, local.b, test_x.y.id, test_x.y[0], data.test_d.e, module.m.o, module.m.p, path.root, count.index, each.key]',
    )
    expect(n.variables.map((v) => v.name)).toEqual(['a'])
    expect(n.locals.map((v) => v.name)).toEqual(['b'])
    expect(n.resources.map((r) => r.text)).toEqual(['test_x.y', 'data.test_d.e'])
    expect(n.modules.map((m) => [m.name, [...m.outputs]])).toEqual([['m', ['o', 'p']]])
    expect([n.paths.length, n.counts.length, n.eachs.length, n.references.length]).toEqual([1, 1, 1, 11])
  })

  test('of resources are whole ones or instances, placed where they are named first', () => {
    const text = '[x.y[0].a, x.y["k"], x.z[0], x.z\n.a.b, data.d.e[each.key], resource.r.s[1].t, [{ k = (x.n.id) }]]'
    const found = needs(text).resources.map(({ text: name, keys, range }) => [
      name,
      keys === 'all' ? keys : [...keys],
      text.slice(range.start, range.end),
    ])
    expect(found).toEqual([
      ['x.y', [0, 'k'], 'x.y[0]'],
      ['x.z', 'all', 'x.z[0]'],
      ['data.d.e', 'all', 'data.d.e'],
      ['r.s', [1], 'resource.r.s[1]'],
      ['x.n', 'all', 'x.n'],
    ])
  })

  test('of a whole module are all of its outputs', () => {
    expect(needs('[module.m.o, module.m]').modules[0]?.outputs).toBe('all')
    expect(needs('module.m[count.index].o').modules[0]?.outputs).toBe('all')
  })
})

test('only what is needed is asked for', () => {
  const asked: string[] = []
  const answer =
    (what: string) =>
    (name: string): Value => {
      asked.push(`${what} ${name}`)
      return stringVal(name)
    }
  const data: ScopeData = {
    variable: answer('variable'),
    local: answer('local'),
    count: answer('count'),
    each: answer('each'),
    path: answer('path'),
    terraform: answer('terraform'),
    self: () => stringVal('self'),
    resource: ({ resource: r }) => {
      asked.push(`resource ${r.name}`)
      return objectVal({ id: stringVal(r.name) })
    },
    moduleCall: (m) => objectVal({ o: stringVal(m.name) }),
  }
  const diags = new Diagnostics()
  const expr = parseExpression(new Source('test', '"${var.a} ${resource.test_x.y.id} ${test_x.y.id} ${module.m.o}"'), diags)
  const context = evalContext(needsOfExpr(expr), data, () => undefined, diags)
  expect(evaluate(expr, context, diags).asString()).toBe('a y y m')
  expect(diags.items).toEqual([])
  expect(asked).toEqual(['variable a', 'resource y'])
})
