import { describe, expect, test } from 'vitest'
import { terraformProvider, terraformProviderSchema } from '../../src/builtin/terraform/index.ts'
import { objectVal, stringVal, type Value } from '../../src/cty/index.ts'
import { apply } from '../../src/engine/index.ts'
import type { PlanResourceRequest, Provider } from '../../src/providers/index.ts'
import { stateInstances, tryInstance, withDeposed } from '../../src/states/index.ts'
import { Harness, lines } from '../support/harness.ts'
import { testProvider, testProviderSchema } from '../support/test-provider.ts'

const changesMade = (h: Harness) => h.world.calls.filter((c) => /^(create|update|delete) /.test(c))

/** A harness whose provider answers through `wrap`. */
function wrapped(wrap: (provider: Provider) => Partial<Provider>): Harness {
  const h = new Harness()
  h.extra = {
    providers: {
      open: (source) => {
        if (source.type === 'terraform') return terraformProvider()
        const provider = testProvider(h.world)
        return { ...provider, ...wrap(provider) }
      },
      schemaOf: (source) => (source.type === 'terraform' ? terraformProviderSchema : testProviderSchema),
    },
  }
  return h
}

/** A harness that keeps what its provider is asked to plan. */
function spied(privateOf: (r: PlanResourceRequest, call: number) => string = () => ''): {
  readonly h: Harness
  readonly asked: PlanResourceRequest[]
} {
  const asked: PlanResourceRequest[] = []
  const h = wrapped((provider) => ({
    planResourceChange: async (r) => {
      asked.push(r)
      const answer = await provider.planResourceChange(r)
      return { ...answer, plannedPrivate: Buffer.from(privateOf(r, asked.length)) }
    },
  }))
  return { h, asked }
}

const attribute = (value: Value, name: string): unknown => (value.isNull ? null : value.getAttr(name).payload)
const text = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : Buffer.from(bytes).toString())

const thing = (body: string): string => `resource "test_thing" "a" {\n${body}\n}`

describe('what a provider is asked', () => {
  test('a replacement is planned twice: against the object, then for the new one with the configuration as written', async () => {
    const { h, asked } = spied((_, call) => `call ${call}`)
    h.config(thing('name = "a"\nzone = "1"\ntags = { x = "1" }'))
    await h.apply()
    asked.length = 0
    h.config(thing('name = "b"\nzone = "2"\ntags = { x = "2" }\nlifecycle { ignore_changes = [name, tags] }'))
    const { plan } = await h.plan()
    expect(plan.changes[0]!.action).toBe('deleteThenCreate')
    const seen = asked.map((r) => ({
      prior: attribute(r.prior, 'name'),
      config: attribute(r.config, 'name'),
      proposed: attribute(r.proposed, 'name'),
      private: text(r.priorPrivate),
    }))
    expect(seen).toEqual([
      { prior: 'a', config: 'a', proposed: 'a', private: 'call 2' },
      // What was there does not count any more, but the answer to the first question does.
      { prior: null, config: 'b', proposed: 'b', private: 'call 1' },
    ])
    expect(text(plan.changes[0]!.private)).toBe('call 2')
  })

  test('a tainted object is planned once, as a new one', async () => {
    const { h, asked } = spied()
    h.config(thing('name = "a"\nfail = "half"'))
    await h.apply()
    asked.length = 0
    h.config(thing('name = "a"'))
    expect((await h.plan()).actions).toEqual(['deleteThenCreate test_thing.a (replace_because_tainted)'])
    expect(asked.map((r) => r.prior.isNull)).toEqual([true])
  })

  test('apply plans again with what is known by then', async () => {
    const { h, asked } = spied()
    h.config(`${thing('name = terraform_data.late.output')}\nresource "terraform_data" "late" { input = "late" }`)
    expect(await h.apply()).toEqual([])
    expect(asked.map((r) => r.config.getAttr('name').isKnown)).toEqual([false, true])
  })
})

describe('a provider of the old SDK', () => {
  const old = (planned: (p: Value) => Value, replace: readonly string[] = []): Harness =>
    wrapped((provider) => ({
      planResourceChange: async (r) => {
        const answer = await provider.planResourceChange(r)
        if (answer.planned.isNull) return answer
        const requiresReplace = replace.map((name) => [{ kind: 'attribute', name }] as const)
        return { ...answer, planned: planned(answer.planned), requiresReplace, legacyTypeSystem: true }
      },
    }))
  const renamed = (p: Value, name: string): Value => objectVal(new Map([...p.asMap(), ['name', stringVal(name)]]))

  test('may plan what was not configured', async () => {
    const h = old((p) => renamed(p, p.getAttr('name').asString().toUpperCase())).config(thing('name = "a"'))
    expect(lines((await h.plan()).diags)).toEqual([])
  })

  test('has ignore_changes applied to what it plans as well', async () => {
    const h = old((p) => renamed(p, 'other')).config(thing('name = "a"\nlifecycle { ignore_changes = [name] }'))
    await h.apply()
    expect((await h.plan()).actions).toEqual([])
    h.config(thing('name = "a"'))
    h.world.things.set('id-1', renamed([...h.world.things.values()][0]!, 'a'))
    expect((await h.plan()).actions).toEqual(['update test_thing.a'])
  })

  test('replaces only where one of the paths that it names has changed', async () => {
    const h = old((p) => p, ['zone']).config(thing('name = "a"\nzone = "1"'))
    await h.apply()
    h.config(thing('name = "b"\nzone = "1"'))
    expect((await h.plan()).actions).toEqual(['update test_thing.a'])
    h.config(thing('name = "b"\nzone = "2"'))
    expect((await h.plan()).actions).toEqual(['deleteThenCreate test_thing.a (replace_because_cannot_update)'])
  })
})

describe('a plan that failed', () => {
  test('holds what was found, and is not applied', async () => {
    const h = new Harness().config(`${thing('name = "a"')}\nresource "test_thing" "b" {\n  name = test_thing.a.name\n  zone = var.z\n}
      variable "z" {
        default = "1"
        validation {
          condition     = var.z == "2"
          error_message = "Not two."
        }
      }`)
    const { plan, begun, actions } = await h.plan()
    expect([plan.errored, begun, actions]).toEqual([true, true, ['create test_thing.a']])
    const { value, diags } = await apply({ ...h.input(), plan })
    expect(lines(diags)).toEqual([
      'error: Cannot apply incomplete plan: Terraform encountered an error when generating this plan, so it cannot be applied.',
    ])
    expect(value.resources.size).toBe(0)
    expect(h.world.calls.filter((c) => c.startsWith('create'))).toEqual([])
  })
})

describe('-refresh-only', () => {
  test('changes no object, whatever the configuration says, and records what was found', async () => {
    const h = new Harness().config(`${thing('name = "a"\nzone = "1"')}\noutput "size" { value = test_thing.a.size }`)
    await h.apply()
    const object = h.world.things.get('id-1')!
    h.world.things.set('id-1', objectVal(new Map([...object.asMap(), ['size', stringVal('large')]])))
    h.config(`${thing('name = "b"\nzone = "2"')}\nresource "test_thing" "new" {}\noutput "size" { value = test_thing.a.size }`)
    const { plan } = await h.plan({ mode: 'refreshOnly' })
    expect(plan.changes).toEqual([])
    expect(plan.drift.map((d) => d.action)).toEqual(['update'])
    expect(plan.outputChanges.map((o) => [o.name, o.action])).toEqual([['size', 'update']])
    h.world.calls.length = 0
    expect(await h.apply({ mode: 'refreshOnly' })).toEqual([])
    expect(h.world.calls.filter((c) => /^(create|update|delete)/.test(c))).toEqual([])
    expect([...stateInstances(h.state)].map(([, , o]) => (JSON.parse(String(o.attributesJson)) as { size: string }).size)).toEqual([
      'large',
    ])
    expect(h.state.outputs.get('size')!.value.payload).toBe('large')
  })
})

describe('failures of apply', () => {
  test('an update that fails leaves the status as it was, and what the provider says there is', async () => {
    const h = new Harness().config(thing('name = "a"'))
    await h.apply()
    h.config(thing('name = "b"\nfail = "update"'))
    expect(await h.apply()).toEqual(['error: update failed: As it was told to.'])
    const [, , object] = [...stateInstances(h.state)][0]!
    expect([object.status, (JSON.parse(String(object.attributesJson)) as { name: string }).name]).toEqual(['ready', 'a'])
    expect((await h.plan()).actions).toEqual(['update test_thing.a'])
  })

  test('keep back what depends on them, and nothing else', async () => {
    const h = new Harness().config(`${thing('name = "a"\nfail = "create"')}
      resource "test_thing" "after" { name = test_thing.a.id }
      resource "test_thing" "later" { name = test_thing.after.id }
      resource "test_thing" "other" { name = "other" }
      resource "test_thing" "further" { name = test_thing.other.name }`)
    expect(await h.apply()).toEqual(['error: create failed: As it was told to.'])
    expect([...h.state.resources.keys()].sort()).toEqual(['test_thing.further', 'test_thing.other'])
  })
})

describe('references to itself', () => {
  test.each([
    ['an attribute', thing('name = test_thing.a.id')],
    ['another instance', thing('count = 2\nname = test_thing.a[0].id')],
  ])('%s is an error with its place', async (_, config) => {
    const { diags } = await new Harness().config(config).plan()
    expect(diags.map((d) => [d.summary, d.subject?.source.text.slice(d.subject.start, d.subject.end)])).toEqual([
      ['Self-referential block', expect.stringMatching(/^test_thing\.a/)],
    ])
  })
})

describe('operations that would wait for each other', () => {
  test('what was there first is destroyed as it was made when dependencies have been turned round', async () => {
    const h = new Harness().config(`
      resource "test_thing" "a" { name = "a" }
      resource "test_thing" "b" { name = test_thing.a.id }`)
    await h.apply()
    // Both have to be replaced.
    h.config(`
      resource "test_thing" "a" {
        name = test_thing.b.id
        zone = "2"
        lifecycle { create_before_destroy = true }
      }
      resource "test_thing" "b" {
        name = "b"
        zone = "2"
      }`)
    h.world.calls.length = 0
    expect(await h.apply()).toEqual([])
    expect(changesMade(h)).toEqual(['create b', 'create id-3', 'delete id-1', 'delete a'])
  })

  test('what was put aside in the middle of a chain goes before what it needs, and before what is changed with it', async () => {
    const config = (zone: string) =>
      [
        ['a', 'null', zone],
        ['b', 'test_thing.a.id', '1'],
        ['c', 'test_thing.b.size', '1'],
      ]
        .map(([name, size, z]) => `resource "test_thing" "${name}" {\n name = "${name}"\n size = ${size}\n zone = "${z}"\n}\n`)
        .join('')
    const h = new Harness().config(config('1'))
    await h.apply()
    const address = [...stateInstances(h.state)].find(([a]) => a.resource.name === 'b')![0]
    const { provider } = h.state.resources.get('test_thing.b')!
    h.state = withDeposed(h.state, address, '0badcafe', provider, tryInstance(h.state, address)!.current!)
    h.config(config('2'))
    h.world.calls.length = 0
    expect(await h.apply()).toEqual([])
    expect(changesMade(h)).toEqual(['delete b', 'delete a', 'create a', 'update b', 'update c'])
  })
})

describe('data sources', () => {
  test('wait for what depends_on names, in their own module call and in those around it', async () => {
    const text = (size: string): Record<string, string> => ({
      'main.tf': `
        resource "test_thing" "a" {
          name = "a"
          size = "${size}"
        }
        data "test_lookup" "d" {
          id         = "d"
          depends_on = [test_thing.a]
        }
        module "m" {
          source     = "./m"
          depends_on = [test_thing.a]
        }`,
      'm/main.tf': 'data "test_lookup" "in" { id = "in" }',
    })
    const h = new Harness().config(text('s'))
    await h.apply()
    expect((await h.plan()).actions).toEqual([])
    h.config(text('t'))
    expect((await h.plan()).actions).toEqual([
      'read data.test_lookup.d (read_because_dependency_pending)',
      'update test_thing.a',
      'read module.m.data.test_lookup.in (read_because_dependency_pending)',
    ])
  })
})

describe('validation', () => {
  test('may look at other objects, and waits until they are known', async () => {
    const h = new Harness().config({
      'main.tf': 'resource "test_thing" "a" { name = "a" }\nmodule "m" {\n  source = "./m"\n  v = "x"\n  id = test_thing.a.id\n}',
      'm/main.tf': `
        variable "id" {}
        variable "v" {
          validation {
            condition     = var.v == var.id
            error_message = "\${var.v} is not \${var.id}"
          }
        }`,
    })
    expect(lines((await h.plan()).diags)).toEqual([])
    expect(await h.apply()).toEqual([expect.stringMatching(/^error: Invalid value for variable: x is not id-1/)])
  })
})

describe('orphans', () => {
  test('are served by the configuration that the state names, which must still be there', async () => {
    const provider = 'provider "test" {\n  alias  = "west"\n  region = "w"\n}\n'
    const h = new Harness().config(provider + thing('provider = test.west\nname = "a"'))
    const seen: string[] = []
    h.world.onServed = (operation, name, region) => seen.push(`${operation} ${name} in ${region}`)
    await h.apply()
    h.config(provider)
    seen.length = 0
    expect(await h.apply()).toEqual([])
    expect(seen).toEqual(['read a in w', 'delete a in w'])
  })

  test('of what is configured are served by what the configuration names now, where that of the state is gone', async () => {
    const provider = 'provider "test" {\n  alias  = "west"\n  region = "w"\n}\n'
    const h = new Harness().config(provider + thing('provider = test.west\ncount = 2\nname = "a${count.index}"'))
    const seen: string[] = []
    h.world.onServed = (operation, name, region) => seen.push(`${operation} ${name} in ${region}`)
    await h.apply()
    h.config(`provider "test" { region = "e" }\n${thing('count = 1\nname = "a${count.index}"')}`)
    seen.length = 0
    expect(await h.apply()).toEqual([])
    expect(seen.sort()).toEqual(['delete a1 in e', 'read a0 in e', 'read a1 in e'])
    // What is not configured at all needs it.
    h.config(provider + thing('provider = test.west\nname = "b"'))
    await h.apply()
    h.config('')
    const { diags } = await h.plan()
    expect(diags.map((d) => d.summary)).toEqual(['Provider configuration not present'])
  })

  test('that are gone already are only taken out of the state', async () => {
    const h = new Harness().config(thing('name = "a"'))
    await h.apply()
    h.world.things.clear()
    h.config('')
    const { actions, plan } = await h.plan()
    expect([actions, plan.drift.map((d) => d.action)]).toEqual([[], ['delete']])
    await h.apply()
    expect(h.state.resources.size).toBe(0)
  })
})

describe('results of checks', () => {
  test('are those of the worst object: failed, in error, unknown, passed', async () => {
    const h = new Harness().config(`
      locals { two = [1, 2] }
      resource "test_thing" "a" {
        for_each = { pass = true, fail = false }
        name     = each.key
        lifecycle {
          postcondition {
            condition     = each.value
            error_message = "Not \${each.key}."
          }
        }
      }
      check "error" {
        assert {
          condition     = one(local.two) == 1
          error_message = "x"
        }
      }
      check "fail" {
        assert {
          condition     = local.two == []
          error_message = "no"
        }
        assert {
          condition     = one(local.two) == 1
          error_message = "x"
        }
      }
      check "unknown" {
        assert {
          condition     = test_thing.later.id == ""
          error_message = "x"
        }
        assert {
          condition     = local.two != []
          error_message = "x"
        }
      }
      resource "test_thing" "later" {}`)
    const { plan } = await h.plan()
    const found = Object.fromEntries((plan.priorState.checkResults ?? []).map((r) => [r.configAddr, r.status]))
    expect(found).toEqual({ 'test_thing.a': 'fail', 'check.error': 'error', 'check.fail': 'fail', 'check.unknown': 'unknown' })
  })
})
