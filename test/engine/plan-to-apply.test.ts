import { expect, test } from 'vitest'
import { numberVal, stringVal } from '../../src/cty/index.ts'
import { apply } from '../../src/engine/index.ts'
import { Harness, lines } from '../support/harness.ts'

test('a plan is applied with the values it was made with, whatever is given by then', async () => {
  const h = new Harness().config('variable "v" { default = "planned" }\nresource "test_thing" "a" { name = var.v }')
  const { plan } = await h.plan()
  const { value, diags } = await apply({ ...h.set('v', stringVal('later')).input(), plan })
  expect(diags).toEqual([])
  expect(value.resources.get('test_thing.a')!.instances.values().next().value!.current!.attributesJson).toContain('"name":"planned"')
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
