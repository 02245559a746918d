import { describe, expect, test } from 'vitest'
import { Harness, lines } from '../support/harness.ts'

const required = 'terraform {\nrequired_providers {\ntest = { source = "hashicorp/test" }\n}\n}\n'

async function output(text: string): Promise<string | string[]> {
  const { plan, diags } = await new Harness().config(`${required}${text}`).plan()
  if (diags.length > 0) return lines(diags)
  const after = plan.outputChanges.find((o) => o.name === 'o')!.after
  return after.isKnown ? after.asString() : 'unknown'
}

describe('functions of providers', () => {
  const cases: [string, string, string | string[]][] = [
    ['are called', 'output "o" { value = provider::test::shout("a") }', 'A!'],
    [
      'of results of others',
      'output "o" { value = provider::test::shout(provider::test::join("a", provider::test::shout("b"))) }',
      'A+B!!',
    ],
    ['with nulls where they may be', 'output "o" { value = provider::test::join("a", null) }', 'a+-'],
    [
      'in locals, and conditions on them',
      'locals { l = provider::test::shout("a") }\noutput "o" {\nvalue = local.l\nprecondition {\ncondition = provider::test::shout(local.l) == "A!!"\nerror_message = "no"\n}\n}',
      'A!',
    ],
    ['with what is not known', 'resource "test_thing" "t" {}\noutput "o" { value = provider::test::shout(test_thing.t.id) }', 'unknown'],
    [
      'that refuse',
      'output "o" { value = provider::test::shout("bad") }',
      ['error: Invalid function argument: Invalid value for "text" parameter: that is bad.'],
    ],
    [
      'that there are not',
      'output "o" { value = provider::test::shoot("a") }',
      ['error: Unknown provider function: The function "shoot" is not available from the provider "test". Did you mean "shout"?'],
    ],
    [
      'of a provider that is not required',
      'output "o" { value = provider::other::shout("a") }',
      [
        'error: Unknown provider function: There is no function named "provider::other::shout". Ensure that provider name "other" is declared in this module\'s required_providers block, and that this provider offers a function named "shout".',
      ],
    ],
  ]
  test.each(cases)('%s', async (_, text, want) => {
    expect(await output(text)).toEqual(want)
  })

  test('decide about repetition and arguments, in every phase, and are asked once for the same', async () => {
    const h = new Harness().config(`${required}resource "test_thing" "a" {
      for_each = toset([provider::test::shout("k")])
      name     = provider::test::shout(each.key)
    }
    resource "test_thing" "b" { name = provider::test::shout(test_thing.a["K!"].id) }`)
    expect(await h.validate()).toEqual([])
    h.world.calls.length = 0
    const { actions } = await h.plan({ validate: false })
    expect(actions).toEqual(['create test_thing.a["K!"]', 'create test_thing.b'])
    expect(h.world.calls.filter((c) => c.startsWith('call'))).toEqual(['call shout k', 'call shout K!'])
    await h.apply()
    expect([...h.world.things.values()].map((v) => v.getAttr('name').asString())).toEqual(['K!!', 'ID-1!'])
  })
})
