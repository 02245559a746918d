import { format as formatWithGo } from '@cdktf/hcl-tools'
import { parse as parseWithGo } from '@cdktf/hcl2json'
import fc from 'fast-check'
/** Go's HCL 2.10 (2021) compiled to JavaScript. */
import hcl2 from 'hcl2-parser'
import { describe, expect, test } from 'vitest'
import { listVal, numberVal, objectVal, rawEquals, stringType, stringVal } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { type BodySchema, bodyContent, type EvalContext, evaluate, justAttributes, parseHcl, parseJsonBody } from '../../src/hcl/index.ts'
import { layOut } from '../../src/hcl/write/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'
import { type BodyModel, bodies, expressionTexts, jsonOf, writeNative } from '../support/arbitrary-config.ts'

/** More of them when there is time: `make test-long`. */
const many = process.env.LANDFORM_LONG ? 20 : 1

const functions = functionTable({ baseDir: '.', pure: true })
const context: EvalContext = {
  variables: new Map([
    ['var', objectVal({ n: numberVal(2), o: objectVal({ k: stringVal('v') }), l: listVal([stringVal('x'), stringVal('y')], stringType) })],
  ]),
  functions: functions.lookUp,
  functionNames: functions.names,
}

/** A configuration in some layout, or the same with one character gone or another put in. */
const texts = fc
  .tuple(
    bodies,
    fc.infiniteStream(fc.nat(11)),
    fc.option(fc.tuple(fc.nat(2000), fc.constantFrom('', '{', '}', '"', '\n', '=', '${', ']', ','))),
  )
  .map(([model, choices, change]) => {
    const text = writeNative(model, () => choices.next().value)
    if (change === null || text === '') return text
    const at = change[0] % text.length
    return text.slice(0, at) + change[1] + text.slice(at + 1)
  })

function parse(text: string) {
  const diags = new Diagnostics()
  const { body } = parseHcl(new Source('main.tf', text), diags)
  return { body, ok: !diags.hasErrors, diags }
}

describe('generated configurations', () => {
  test('are accepted and rejected as by hcl2-parser', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(texts, (text) => {
        const [theirs] = hcl2.parseToObject(text) as [unknown]
        expect(parse(text).ok, parse(text).diags.items[0]?.summary).toBe(theirs !== null)
      }),
      { numRuns: 60 * many },
    )
  })

  test('are accepted and rejected as by hcl2json', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const theirs = await parseWithGo('main.tf', text).then(
          () => true,
          () => false,
        )
        expect(parse(text).ok, parse(text).diags.items[0]?.summary).toBe(theirs)
      }),
      { numRuns: 60 * many },
    )
  })

  test('are laid out as by hcl-tools', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        // What is no configuration has no layout that counts.
        if (parse(text).ok) expect(layOut(text)).toBe(await formatWithGo(text))
      }),
      { numRuns: 60 * many },
    )
  })

  test('mean after layout what they meant before', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const before = parse(text)
        if (!before.ok) return
        const once = layOut(text)
        expect(layOut(once)).toBe(once)
        expect(valuesOf(parse(once).body)).toEqual(valuesOf(before.body))
      }),
      { numRuns: 60 * many },
    )
  })

  /** Whatever is in a body, by its path: texts of values, or of what is wrong with them. */
  function valuesOf(body: ReturnType<typeof parse>['body'], path = ''): string[] {
    const found: string[] = []
    for (const [name, { expr }] of body.attributes) found.push(`${path}${name} = ${resultOf(expr)}`)
    for (const [i, block] of body.blocks.entries())
      found.push(...valuesOf(block.body, `${path}${block.type} ${block.labels.join(' ')} ${i}/`))
    return found
  }
})

function resultOf(expr: Parameters<typeof evaluate>[0]): string {
  const diags = new Diagnostics()
  const value = evaluate(expr, context, diags)
  return diags.hasErrors ? diags.items.map((d) => d.summary).join() : describeValue(value)
}

function describeValue(value: ReturnType<typeof evaluate>): string {
  return value.isWhollyKnown ? JSON.stringify(value, (_, v) => (v instanceof Map ? [...v] : v)) : 'unknown'
}

describe('native and JSON syntax', () => {
  test('say the same: values, blocks and their labels', () => {
    fc.assert(
      fc.property(bodies, fc.infiniteStream(fc.nat(11)), (model, choices) => {
        const diags = new Diagnostics()
        const native = parseHcl(
          new Source(
            'a.tf',
            writeNative(model, () => choices.next().value),
          ),
          diags,
        ).body
        const json = parseJsonBody(new Source('a.tf.json', JSON.stringify(jsonOf(model))), diags)
        expect(diags.items).toEqual([])
        compare(model, native, json)
      }),
      { numRuns: 150 * many },
    )
  })

  function compare(model: BodyModel, native: Parameters<typeof bodyContent>[0], json: Parameters<typeof bodyContent>[0]): void {
    const counts = new Map(model.blocks.map(({ type, labels }) => [type, labels.length] as const))
    const schema: BodySchema = {
      attributes: [...model.attributes.keys()].map((name) => ({ name })),
      blocks: [...counts].map(([type, count]) => ({ type, labelNames: Array.from({ length: count }, (_, i) => `l${i}`) })),
    }
    const diags = new Diagnostics()
    const [a, b] = [bodyContent(native, schema, diags), bodyContent(json, schema, diags)]
    expect(diags.items).toEqual([])
    expect([...a.attributes.keys()].sort()).toEqual([...b.attributes.keys()].sort())
    for (const [name, { expr }] of a.attributes) {
      const [own, other] = [new Diagnostics(), new Diagnostics()]
      const [x, y] = [evaluate(expr, context, own), evaluate(b.attributes.get(name)!.expr, context, other)]
      expect(other.items.map((d) => d.summary)).toEqual(own.items.map((d) => d.summary))
      if (!own.hasErrors) expect(rawEquals(x, y), `${name}: ${describeValue(x)} and ${describeValue(y)}`).toBe(true)
    }
    for (const type of counts.keys()) {
      const [ours, theirs] = [a, b].map((content) => content.blocks.filter((block) => block.type === type))
      expect(theirs!.map((block) => block.labels)).toEqual(ours!.map((block) => block.labels))
      for (const [i, block] of ours!.entries()) compare(model.blocks.filter((m) => m.type === type)[i]!.body, block.body, theirs![i]!.body)
    }
  }

  test('an expression alone means what it means in quotes', () => {
    fc.assert(
      fc.property(expressionTexts, (text) => {
        const [own, other] = [new Diagnostics(), new Diagnostics()]
        const native = justAttributes(parseHcl(new Source('a.tf', `x = ${text}\n`), own).body, own).get('x')!
        const json = justAttributes(parseJsonBody(new Source('a.json', JSON.stringify({ x: `\${${text}}` })), other), other).get('x')!
        const [x, y] = [evaluate(native.expr, context, own), evaluate(json.expr, context, other)]
        expect(own.hasErrors).toBe(other.hasErrors)
        if (!own.hasErrors) expect(rawEquals(x, y)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
