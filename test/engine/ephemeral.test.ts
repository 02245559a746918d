import { describe, expect, test } from 'vitest'
import { stringVal } from '../../src/cty/index.ts'
import { apply, type EngineHooks, plan } from '../../src/engine/index.ts'
import { readStateFile, writeStateFile } from '../../src/states/index.ts'
import { Harness, lines } from '../support/harness.ts'

/** What was asked of ephemeral objects and of the things that use them. */
function calls(h: Harness): string[] {
  return h.world.calls.splice(0).filter((c) => !c.startsWith('configure') && !c.startsWith('read'))
}

describe('ephemeral resources', () => {
  test('are opened in plan and in apply, and closed after their last use', async () => {
    const h = new Harness().config(`
      ephemeral "test_token" "t" { name = "t" }
      ephemeral "test_token" "unused" { name = "unused" }
      locals { secret = ephemeral.test_token.t.value }
      resource "test_thing" "a" {
        name     = "a"
        password = local.secret
      }
      resource "test_thing" "b" { name = test_thing.a.id }`)
    const input = h.input()
    const { value } = await plan(input)
    expect(calls(h).sort()).toEqual(['close t.0', 'close unused.0', 'open t', 'open unused'])
    const { value: state, diags } = await apply({ ...input, plan: value.plan })
    expect(diags).toEqual([])
    const done = calls(h)
    expect([...done].sort()).toEqual(['close t.0', 'close unused.0', 'create a with token of t', 'create id-1', 'open t', 'open unused'])
    expect(done.indexOf('close t.0')).toBeGreaterThan(done.indexOf('create a with token of t'))
    expect(done.indexOf('close t.0')).toBeLessThan(done.indexOf('create id-1') + 2)
    const [first] = state.resources.get('test_thing.a')!.instances.values()
    expect(JSON.parse(String(first!.current!.attributesJson))).toMatchObject({ name: 'a', password: null })
    expect(first!.current!.dependencies).toEqual(['ephemeral.test_token.t'])
    const stored = readStateFile(writeStateFile({ state, lineage: 'l', serial: 1, terraformVersion: '1.11.4' }))
    expect(stored.diags).toEqual([])
    expect([...stored.value!.state.resources.get('test_thing.a')!.instances.values()][0]!.current!.dependencies).toEqual(
      first!.current!.dependencies,
    )
    expect([...state.resources.keys()]).toEqual(['test_thing.a', 'test_thing.b'])
  })

  test('wait for apply when their configuration is not known, or what they depend on will change', async () => {
    const deferred: string[] = []
    const hooks: EngineHooks = { preEphemeral: (a, action) => void deferred.push(`${action} ${a.resource.name}`) }
    const h = new Harness().config(`
      resource "test_thing" "a" { name = "a" }
      ephemeral "test_token" "unknown" { name = test_thing.a.id }
      ephemeral "test_token" "pending" {
        name       = "p"
        depends_on = [test_thing.a]
      }
      resource "test_thing" "b" { password = "${'$'}{ephemeral.test_token.unknown.value} ${'$'}{ephemeral.test_token.pending.value}" }`)
    h.extra = { hooks }
    const { diags } = await h.plan()
    expect(diags).toEqual([])
    expect(calls(h)).toEqual([])
    expect(deferred.sort()).toEqual(['defer pending', 'defer unknown'])
    await h.apply()
    expect(calls(h).slice(0, 1)).toEqual(['create a'])
    await h.plan()
    expect(calls(h).sort()).toEqual(['close id-1.0', 'close p.0', 'open id-1', 'open p'])
  })

  test('serve provider configurations as long as anything needs the provider', async () => {
    const h = new Harness().config(`
      ephemeral "test_token" "t" {
        provider = test.plain
        name     = "t"
      }
      provider "test" { alias = "plain" }
      provider "test" { region = ephemeral.test_token.t.value }
      resource "test_thing" "a" { name = "a" }
      resource "test_thing" "b" { name = test_thing.a.id }`)
    await h.apply()
    expect(h.world.calls.filter((c) => /^(open|close|configure token|create)/.test(c))).toEqual([
      'open t',
      'configure token of t',
      'close t.0',
      'open t',
      'configure token of t',
      'create a',
      'create id-1',
      'close t.0',
    ])
    h.world.calls.length = 0
    await h.apply({ mode: 'destroy' })
    expect(h.world.calls.filter((c) => /^(open|close|delete)/.test(c)).slice(-4)).toEqual([
      'open t',
      'delete id-1',
      'delete a',
      'close t.0',
    ])
  })

  test('are not opened to destroy what is not configured by them', async () => {
    const h = new Harness().config(
      'ephemeral "test_token" "t" { name = "t" }\nresource "test_thing" "a" { password = ephemeral.test_token.t.value }',
    )
    await h.apply()
    calls(h)
    const { plan: planned } = await h.plan({ mode: 'destroy' })
    expect(calls(h)).toEqual(['open t', 'close t.0'])
    await apply({ ...h.input(), plan: planned })
    expect(calls(h)).toEqual(['delete '])
  })

  test('are renewed in time, with what was last said of them', async () => {
    const h = new Harness().config(`
      ephemeral "test_token" "t" {
        name  = "t"
        renew = 1
      }
      resource "test_thing" "a" { password = ephemeral.test_token.t.value }`)
    h.world.delayMs = 50
    await h.apply()
    expect(calls(h).slice(-4)).toEqual(['open t', 'create  with token of t', 'renew t 0', 'close t.1'])
  })

  test('that fail keep back what uses them, and nothing else', async () => {
    const h = new Harness().config(`
      variable "v" {}
      ephemeral "test_token" "t" { name = var.v }
      resource "test_thing" "a" { password = ephemeral.test_token.t.value }
      resource "test_thing" "b" {}`)
    h.set('v', stringVal('refused'))
    const { diags, actions } = await h.plan()
    expect(lines(diags)).toEqual(['error: Refused: As it was told to.'])
    expect(diags[0]!.address).toBe('ephemeral.test_token.t')
    expect(actions).toEqual(['create test_thing.b'])
    h.set('v', stringVal('stuck'))
    expect(lines((await h.plan()).diags)).toEqual(['error: Cannot close: As it was told to.'])
  })

  test('may have conditions, whose messages hide what they gave', async () => {
    const h = new Harness().config(`
      ephemeral "test_token" "t" {
        name = "t"
        lifecycle {
          postcondition {
            condition     = self.value == ""
            error_message = "It is ${'$'}{self.value}."
          }
        }
      }`)
    expect(lines((await h.plan()).diags)).toEqual([
      expect.stringContaining('warning: Error message refers to ephemeral values: '),
      'error: Resource postcondition failed: This check failed, but has an invalid error message as described in the other accompanying messages.',
    ])
  })
})

test('what is ephemeral is not shown beside the expression that it is wrong in', async () => {
  const h = new Harness().config(`
    variable "e" {
      type      = string
      ephemeral = true
      default   = "brief"
    }
    locals { sum = var.e + 1 }
    check "c" {
      assert {
        condition     = var.e == "long"
        error_message = "Not long."
      }
    }`)
  const { diags } = await h.plan()
  expect(lines(diags)).toEqual([expect.stringContaining('error: Invalid operand'), 'warning: Check block assertion failed: Not long.'])
  expect(diags.map((d) => d.values)).toEqual([undefined, undefined])
})

test('an ephemeral variable that was given to a plan must be given to its apply', async () => {
  const h = new Harness().config('variable "e" {\nephemeral = true\ndefault = "d"\n}\nresource "test_thing" "a" { password = var.e }')
  h.set('e', stringVal('s'))
  const { plan } = await h.plan()
  h.variables = new Map()
  expect(lines((await apply({ ...h.input(), plan })).diags)).toEqual([
    'error: No value for required variable: The ephemeral input variable "e" was set during the plan phase, and so must also be set during the apply phase.',
  ])
  expect(h.world.calls.filter((c) => c.startsWith('create'))).toEqual([])
  h.set('e', stringVal('again'))
  expect((await apply({ ...h.input(), plan })).diags).toEqual([])
  expect(h.world.calls).toContain('create  with again')
})

describe('ephemeral values', () => {
  const output =
    'error: Ephemeral value not allowed: This output value is not declared as returning an ephemeral value, so it cannot be set to a result derived from an ephemeral value.'
  const token = 'ephemeral "test_token" "t" { name = "t" }\n'
  const cases: [string, string | Record<string, string>, string[]][] = [
    [
      'in an argument that is stored',
      `${token}resource "test_thing" "a" { name = ephemeral.test_token.t.value }`,
      [
        'error: Invalid use of ephemeral value: Ephemeral values are not valid for "name", because it is not a write-only attribute and must be persisted to state.',
      ],
    ],
    ['in a write-only argument', `${token}resource "test_thing" "a" { password = ephemeral.test_token.t.value }`, []],
    [
      'in a write-only argument, from many',
      `ephemeral "test_token" "t" {\ncount = 2\nname = count.index\n}\nresource "test_thing" "a" { password = ephemeral.test_token.t[1].value }`,
      [],
    ],
    ['in a root output', `${token}output "o" { value = ephemeral.test_token.t.value }`, [output]],
    ['made null', `${token}output "o" { value = ephemeralasnull(ephemeral.test_token.t.value) }`, []],
    ['whether this is an apply', 'output "o" { value = terraform.applying }', [output]],
    [
      'in a provider',
      `provider "test" {\nalias = "p"\n}\nephemeral "test_token" "t" {\nname = "t"\nprovider = test.p\n}\nprovider "test" { region = ephemeral.test_token.t.value }\nresource "test_thing" "a" {}`,
      [],
    ],
    [
      'in a module variable',
      { 'main.tf': `${token}module "m" {\nsource = "./m"\nv = ephemeral.test_token.t.value\n}`, 'm/main.tf': 'variable "v" {}' },
      [
        'error: Ephemeral value not allowed: This input variable is not declared as accepting a ephemeral values, so it cannot be set to a result derived from an ephemeral value.',
      ],
    ],
    [
      'in an output of a module',
      { 'main.tf': 'module "m" { source = "./m" }', 'm/main.tf': `${token}output "o" { value = ephemeral.test_token.t.value }` },
      [output],
    ],
    [
      'of a type that there is not',
      'ephemeral "test_tokn" "t" { name = "t" }',
      [
        'error: Invalid ephemeral resource: The provider hashicorp/test does not support ephemeral resource "test_tokn". Did you mean "test_token"?',
      ],
    ],
    [
      'of a configuration that the provider does not like',
      'ephemeral "test_token" "t" { name = "invalid" }',
      ['error: Invalid token: As it was told to.'],
    ],
  ]
  test.each(cases)('%s', async (_, text, want) => {
    expect(await new Harness().config(text).validate()).toEqual(want)
  })

  test('in an ephemeral output of a module, which planning finds', async () => {
    const h = new Harness().config({
      'main.tf': `${token}module "m" {\nsource = "./m"\nv = ephemeral.test_token.t.value\n}\noutput "o" { value = module.m.o }`,
      'm/main.tf': 'variable "v" {\nephemeral = true\n}\noutput "o" {\nephemeral = true\nvalue = var.v\n}',
    })
    expect(await h.validate()).toEqual([])
    expect(lines((await h.plan()).diags)).toEqual([output])
  })
})
