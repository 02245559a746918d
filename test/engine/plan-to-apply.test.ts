import { describe, expect, test } from 'vitest'
import { numberVal, stringVal, unknownAsNull, unmarkDeep, type Value, valueToJson } from '../../src/cty/index.ts'
import { apply } from '../../src/engine/index.ts'
import { Harness, lines } from '../support/harness.ts'

const jsonOf = (value: Value): string => valueToJson(unknownAsNull(unmarkDeep(value)))

test('a plan is applied with the values it was made with, whatever is given by then', async () => {
  const h = new Harness().config('variable "v" { default = "planned" }\nresource "test_thing" "a" { name = var.v }')
  const { plan } = await h.plan()
  const { value, diags } = await apply({ ...h.set('v', stringVal('later')).input(), plan })
  expect(diags).toEqual([])
  expect(String(value.resources.get('test_thing.a')!.instances.values().next().value!.current!.attributesJson)).toContain(
    '"name":"planned"',
  )
})

test('what a statement says of one instance keeps the resource from being moved on its own', async () => {
  const h = new Harness().config('resource "test_thing" "a" { count = 2 }')
  await h.apply()
  h.config('moved {\nfrom = test_thing.a[1]\nto = test_thing.b\n}\nresource "test_thing" "a" {}\nresource "test_thing" "b" {}')
  expect((await h.plan()).actions).toEqual(['create test_thing.a', 'delete test_thing.a[0] (delete_because_wrong_repetition)'])
})

test('a failed condition without a message that can be told', async () => {
  const h = new Harness().config(
    'variable "n" {}\nresource "test_thing" "a" { name = "x" }\ncheck "c" {\nassert {\ncondition = var.n > 1\nerror_message = "id ${test_thing.a.id}"\n}\n}',
  )
  const { diags, plan } = await h.set('n', numberVal(1)).plan()
  expect(lines(diags)).toEqual([
    'warning: Check block assertion failed: This check failed, but has an invalid error message as described in the other accompanying messages.',
  ])
  expect(plan.priorState.checkResults?.[0]?.objects[0]?.failureMessages).toEqual([])
})

test('applying what was refreshed holds the preconditions of output values', async () => {
  const h = new Harness().config(
    'variable "n" { default = 1 }\noutput "o" {\nvalue = var.n\nprecondition {\ncondition = var.n < 2\nerror_message = "big"\n}\n}',
  )
  await h.apply()
  expect(await h.set('n', numberVal(3)).apply({ mode: 'refreshOnly' })).toEqual(['error: Module output value precondition failed: big'])
})

test('output values that are known are recorded by what looks, whether applying gets to them or not', async () => {
  const h = new Harness().config('output "o" { value = "old" }\noutput "gone" { value = 1 }')
  await h.apply()
  h.config(
    'resource "test_thing" "a" { fail = "create" }\noutput "o" {\nvalue = "new"\ndepends_on = [test_thing.a]\n}\noutput "id" { value = test_thing.a.id }',
  )
  const { plan } = await h.plan()
  expect([...plan.priorState.outputs].map(([name, { value }]) => [name, jsonOf(value)])).toEqual([
    ['gone', '1'],
    ['o', '"new"'],
  ])
  expect(await h.apply()).toEqual(['error: create failed: As it was told to.'])
  expect([...h.state.outputs].map(([name, { value }]) => [name, jsonOf(value)])).toEqual([['o', '"new"']])
})

test('refreshing records an output value whose precondition fails', async () => {
  const h = new Harness().config(
    'variable "n" { default = 1 }\noutput "o" {\nvalue = var.n\nprecondition {\ncondition = var.n < 2\nerror_message = "big"\n}\n}',
  )
  await h.apply()
  await h.set('n', numberVal(3)).apply({ mode: 'refreshOnly' })
  expect(jsonOf(h.state.outputs.get('o')!.value)).toBe('3')
})

test('destroying removes the output values though an object stays', async () => {
  const h = new Harness().config('resource "test_thing" "a" { fail = "delete" }\noutput "o" { value = 1 }')
  await h.apply()
  expect(await h.apply({ mode: 'destroy' })).toEqual(['error: Delete failed: As it was told to.'])
  expect(h.state.outputs.size).toBe(0)
})

describe('a reference to an instance that stays as it is', () => {
  const config = (n: number, conditions = ''): string => `
    resource "test_thing" "a" {
      count = ${n}
      fail  = count.index == 1 ? "create" : ""
      ${conditions}
    }
    resource "test_thing" "b" {
      name = "${n}"
      refs = [test_thing.a[0].id]
      lifecycle { create_before_destroy = true }
    }`
  const condition = 'lifecycle {\nprecondition {\ncondition = count.index < 9\nerror_message = "no"\n}\n}'

  test.each([
    ['waits for all of its resource', '', '1'],
    ['or for that instance, where it has conditions to check', condition, '2'],
  ])('%s', async (_, conditions, name) => {
    const h = new Harness().config(config(1, conditions))
    await h.apply()
    expect(await h.config(config(2, conditions)).apply()).toEqual(['error: create failed: As it was told to.'])
    expect(h.state.resources.get('test_thing.b')!.instances.values().next().value!.current!.attributesJson).toContain(`"name":"${name}"`)
  })
})

test('messages of what failed are recorded in the order of their texts', async () => {
  const assert = (text: string): string => `assert {\ncondition = local.n == 2\nerror_message = "${text}"\n}\n`
  const h = new Harness().config(`locals {\nn = 1\n}\ncheck "c" {\n${['b', 'a', 'B', 'a'].map(assert).join('')}}`)
  await h.apply()
  expect(h.state.checkResults?.[0]?.objects[0]?.failureMessages).toEqual(['B', 'a', 'a', 'b'])
})

describe('while refreshing, a resource', () => {
  test('has the instances that there are, and no others', async () => {
    const h = new Harness().config('resource "test_thing" "a" { for_each = toset(["x"]) }\nresource "test_thing" "c" { count = 2 }')
    await h.apply()
    h.config(
      'resource "test_thing" "a" { for_each = toset(["x", "y"]) }\nresource "test_thing" "c" { count = 3 }\nresource "test_thing" "s" {}\noutput "n" { value = [keys(test_thing.a), length(test_thing.c), test_thing.s.name] }',
    )
    expect(await h.apply({ mode: 'refreshOnly' })).toEqual([])
    expect(jsonOf((await h.plan({ mode: 'refreshOnly' })).plan.outputChanges[0]!.after)).toBe('[["x"],2,null]')
  })
})

test('refreshing records what conditions of data sources gave', async () => {
  const h = new Harness().config(
    'data "test_lookup" "d" {\nid = "x"\nlifecycle {\npostcondition {\ncondition = self.id == "y"\nerror_message = "no y"\n}\n}\n}\noutput "o" { value = 1 }',
  )
  await h.apply({ mode: 'refreshOnly' })
  expect(h.state.checkResults?.map((r) => [r.configAddr, r.status, r.objects[0]?.failureMessages])).toEqual([
    ['data.test_lookup.d', 'fail', ['no y']],
  ])
})
