import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stringType, stringVal, unknownVal } from '../../src/cty/index.ts'
import { FunctionResults } from '../../src/engine/function-results.ts'
import { apply, type PlanResult } from '../../src/engine/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'
import { planFromJson, planToJson } from '../../src/plans/planfile/_plan-json.ts'
import { Harness, lines } from '../support/harness.ts'

/** E-24: what reads files gives the same at plan and at apply. */

let dir: string
const put = (name: string, text: string): void => writeFileSync(join(dir, name), text)

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-functions-'))
  put('f', 'one')
  put('t', 'is ${v}')
})
afterEach(() => rmSync(dir, { recursive: true }))

function harness(config: string): Harness {
  const h = new Harness().config(config)
  h.extra = { baseDir: dir }
  return h
}

async function applied(h: Harness, { plan }: PlanResult): Promise<string[]> {
  const saved = planFromJson(JSON.parse(planToJson(plan)), plan.previousState, plan.priorState)
  return lines((await apply({ ...h.input(), plan: saved })).diags)
}

const problem = (name: string): string =>
  `error: Error in function call: Call to function "${name}" failed: what it reads has changed since it was first called, so that the result is not the one that was planned with. Files that functions read must stay the same from plan to apply: create the plan again, or where a resource writes the file, refer to an attribute of that resource instead.`

describe('a function that reads files', () => {
  test.each(['terraform.tfstate', 'terraform.tfstate.backup', '.terraform.tfstate.lock.info', 'x.tfstate.journal'])(
    'fileset may list %s, which a run writes itself',
    async (name) => {
      const h = harness('locals {\nl = length(fileset(".", "**"))\n}\noutput "o" { value = local.l }')
      const planned = await h.plan()
      put(name, 'x')
      expect(await applied(h, planned)).toEqual([])
    },
  )

  test('fileset does not list what is there only while a run changes something', async () => {
    put('terraform.tfstate.journal', 'x')
    put('.terraform.tfstate.0123456789ab.tmp', 'x')
    const h = harness('output "o" { value = fileset(".", "**") }')
    expect((await h.plan()).plan.outputChanges.map((o) => o.after.asArray().map((name) => name.asString()))).toEqual([['f', 't']])
  })

  test('infinite arguments are as good as others', async () => {
    const h = harness('output "o" { value = templatefile("t", { v = 1 / 0 > 5 ? "x" : "y", w = 1 / 0 }) }')
    expect(await applied(h, await h.plan())).toEqual([])
  })

  test.each([
    ['file', 'file("f")'],
    ['filebase64', 'filebase64("f")'],
    ['filemd5', 'filemd5("f")'],
    ['filesha1', 'filesha1("f")'],
    ['filesha256', 'filesha256("f")'],
    ['filesha512', 'filesha512("f")'],
    ['filebase64sha256', 'filebase64sha256("f")'],
    ['filebase64sha512', 'filebase64sha512("f")'],
    ['fileexists', 'fileexists("g")'],
    ['fileset', 'fileset(".", "*")'],
    ['templatefile', 'templatefile("t", { v = "x" })'],
    ['core::file', 'core::file("f")'],
  ])('%s gives what was planned with, or is an error', async (name, call) => {
    const h = harness(`locals {\nl = ${call}\n}\noutput "o" { value = local.l }`)
    const planned = await h.plan()
    expect(planned.diags).toEqual([])
    expect(await applied(h, planned)).toEqual([])
    for (const file of ['f', 'g', 't']) put(file, 'two')
    expect(await applied(h, planned)).toEqual([problem(name)])
  })

  test('is told with its place', async () => {
    const h = harness('resource "test_thing" "a" { name = file("f") }')
    const planned = await h.plan()
    put('f', 'two')
    const { diags } = await apply({ ...h.input(), plan: planned.plan })
    expect(diags.map((d) => [d.summary, d.subject?.source.filename, d.subject?.source.text.slice(d.subject.start)])).toEqual([
      ['Error in function call', 'main.tf', 'file("f") }'],
    ])
    expect(h.state.resources.size).toBe(0)
  })

  test('is not compared with calls that could not be made while planning', async () => {
    const h = harness(
      'resource "test_thing" "a" {}\noutput "o" { value = templatefile("t", { v = test_thing.a.id }) }\noutput "p" { value = file(test_thing.a.id == "" ? "f" : "f") }',
    )
    const planned = await h.plan()
    put('f', 'two')
    put('t', 'not ${v}')
    expect(await applied(h, planned)).toEqual([])
  })

  test('may give another result to the configuration of a provider', async () => {
    const h = harness('provider "test" { region = file("f") }\nresource "test_thing" "a" {}')
    const planned = await h.plan()
    put('f', 'two')
    expect(await applied(h, planned)).toEqual([])
  })

  test('leaves nothing of what it read in the plan but a hash', async () => {
    put('f', 'hush')
    const { plan } = await harness('locals {\nl = length(file("f"))\n}\noutput "o" { value = local.l }').plan()
    expect([...plan.functionResults!.values()].map((hash) => hash.length)).toEqual([44])
    expect(planToJson(plan)).not.toContain('hush')
  })
})

describe('a function of a provider', () => {
  const table = functionTable({ baseDir: '.', pure: true })
  const [a, b] = [stringVal('a'), stringVal('b')]
  const first = new FunctionResults(table)
  first.checkProvider('provider::p::f', [a], a)
  first.checkProvider('provider::p::f', [a], a)

  test.each([
    ['the same call', 'provider::p::f', a, b, true],
    ['other arguments', 'provider::p::f', b, b, false],
    ['another function', 'provider::p::g', a, b, false],
    ['what is not known', 'provider::p::f', a, unknownVal(stringType), false],
  ])('answers alike: %s', (_, name, arg, result, isError) => {
    for (const results of [first, new FunctionResults(table, first.found)]) {
      const call = (): void => results.checkProvider(name, [arg], result)
      if (isError) expect(call).toThrow("the provider's answer is not the one that it gave to the same arguments before")
      else expect(call).not.toThrow()
    }
  })
})
