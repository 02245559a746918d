import { describe, expect, test } from 'vitest'
import { stringVal } from '../../src/cty/index.ts'
import type { Diagnostic } from '../../src/diags/index.ts'
import { apply, validate } from '../../src/engine/index.ts'
import { Harness } from '../support/harness.ts'

/** `SUMMARY at TEXT of ADDRESS`. */
function placed(diags: readonly Diagnostic[]): string[] {
  return diags.map(({ summary, subject, address, ...rest }) => {
    expect(rest).not.toHaveProperty('attribute')
    return `${summary} at ${subject === undefined ? 'nowhere' : subject.source.text.slice(subject.start, subject.end) || 'the body'} of ${address}`
  })
}

describe('what a provider says of an attribute is said where that was written', () => {
  test.each([
    ['resource "test_thing" "a" { name = "in${"valid"}" }', 'Invalid name at "in${"valid"}" of test_thing.a'],
    ['data "test_lookup" "a" { id = "invalid" }', 'Invalid id at "invalid" of data.test_lookup.a'],
    [
      'provider "test" {\nregion = "nowhere"\n}\nresource "test_thing" "a" {}',
      'No such region at "nowhere" of provider["registry.terraform.io/hashicorp/test"]',
    ],
  ])('by validate: %s', async (text, want) => {
    expect(placed((await validate(new Harness().config(text).input())).diags)).toEqual([want])
  })

  test('by plan, when more is known', async () => {
    const h = new Harness().config('variable "v" {}\nresource "test_thing" "a" { name = var.v }').set('v', stringVal('invalid'))
    expect(placed((await h.plan()).diags)).toEqual(['Invalid name at var.v of test_thing.a'])
  })

  test('by apply', async () => {
    const h = new Harness().config('resource "test_thing" "a" { fail = "create" }')
    const { plan: planned } = await h.plan()
    const { diags } = await apply({ ...h.input(), plan: planned })
    expect(placed(diags)).toEqual(['create failed at "create" of test_thing.a'])
  })
})
