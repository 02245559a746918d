import { describe, expect, test } from 'vitest'
import { objectVal, stringType, stringVal, unknownVal, type Value } from '../../src/cty/index.ts'
import { apply } from '../../src/engine/index.ts'
import { withIdentity } from '../../src/states/index.ts'
import { Harness, lines } from '../support/harness.ts'

/** `name@place` as recorded, with the version of the schema. */
function recorded(h: Harness, address = 'test_named.a'): string {
  const [instance] = h.state.resources.get(address)!.instances.values()
  const { extra } = instance!.current!
  if (extra === undefined) return 'none'
  const { name, place } = JSON.parse(extra.get('identity')!)
  return `${name}@${place} ${extra.get('identity_schema_version')}`
}

function shown(identity: Value | undefined): string {
  if (identity === undefined) return 'none'
  if (!identity.isKnown) return 'unknown'
  return [...identity.asMap().values()].map((v) => (v.isNull ? 'null' : v.asString())).join('@')
}

const identity = (name: string, place: string): Value =>
  objectVal([
    ['name', stringVal(name)],
    ['place', stringVal(place)],
  ])

describe('resource identity', () => {
  test('is planned, recorded, handed to the provider and kept', async () => {
    const h = new Harness().config('resource "test_named" "a" { name = "x" }')
    const { plan } = await h.plan()
    expect([shown(plan.changes[0]!.beforeIdentity), shown(plan.changes[0]!.afterIdentity)]).toEqual(['none', 'x@here'])
    await h.apply()
    expect(recorded(h)).toBe('x@here 2')
    h.config('resource "test_named" "a" {\nname = "x"\nnote = "n"\n}')
    await h.apply()
    expect(recorded(h)).toBe('x@here 2')
    expect(h.world.calls.filter((c) => c.startsWith('read'))).toEqual(['read x here'])
  })

  test('that is not known before apply is found out then', async () => {
    const h = new Harness().config('resource "test_thing" "t" {}\nresource "test_named" "a" { name = test_thing.t.id }')
    expect(shown((await h.plan()).plan.changes[0]!.afterIdentity)).toBe('unknown')
    await h.apply()
    expect(recorded(h)).toBe('id-1@here 2')
  })

  test('changes with a replacement', async () => {
    const h = new Harness().config('resource "test_named" "a" { name = "x" }')
    await h.apply()
    h.config('resource "test_named" "a" { name = "y" }')
    const { plan } = await h.plan()
    expect([shown(plan.changes[0]!.beforeIdentity), shown(plan.changes[0]!.afterIdentity)]).toEqual(['x@here', 'y@here'])
    await h.apply()
    expect(recorded(h)).toBe('y@here 2')
  })

  test('of an older version is upgraded; one of a newer version is refused', async () => {
    const h = new Harness().config('resource "test_named" "a" { name = "x" }')
    await h.apply()
    const stored = h.state.resources.get('test_named.a')!
    const [[key, instance]] = [...stored.instances] as [[string, NonNullable<ReturnType<typeof stored.instances.get>>]]
    const rewrite = (schemaVersion: number, json: string): void => {
      const current = { ...instance.current!, extra: withIdentity(instance.current!.extra, { schemaVersion, json }) }
      h.state = { ...h.state, resources: new Map([['test_named.a', { ...stored, instances: new Map([[key, { ...instance, current }]]) }]]) }
    }
    rewrite(1, '{"name":"x","region":"old"}')
    expect((await h.plan()).actions).toEqual([])
    await h.apply({ mode: 'refreshOnly' })
    expect(recorded(h)).toBe('x@old 2')
    rewrite(3, '{}')
    expect(lines((await h.plan()).diags)).toEqual([
      'error: Resource instance managed by newer provider version: The identity of test_named.a was recorded by a newer provider version than is currently selected. Upgrade the test provider to work with this state.',
    ])
  })

  const broken: [string, 'read' | 'plan' | 'apply', Value, string][] = [
    ['a read that changes it', 'read', identity('y', 'here'), 'Provider produced inconsistent identity'],
    ['a plan that changes it', 'plan', identity('x', 'there'), 'Provider produced inconsistent identity'],
    ['a plan of another type', 'plan', objectVal([['nmae', stringVal('x')]]), 'Provider produced invalid identity'],
    [
      'a read that does not know it',
      'read',
      objectVal([
        ['name', unknownVal(stringType)],
        ['place', stringVal('here')],
      ]),
      'Provider produced invalid identity',
    ],
  ]
  test.each(broken)('%s is an error', async (_, at, value, want) => {
    const h = new Harness().config('resource "test_named" "a" { name = "x" }')
    await h.apply()
    h.config('resource "test_named" "a" {\nname = "x"\nnote = "n"\n}')
    h.world.corruptIdentity = (operation) => (operation === at ? value : undefined)
    expect((await h.plan()).diags.map((d) => d.summary)).toEqual([want])
  })

  test('that apply gets wrong is an error, and the object is recorded all the same', async () => {
    const h = new Harness().config('resource "test_named" "a" { name = "x" }')
    h.world.corruptIdentity = (operation) => (operation === 'apply' ? identity('z', 'here') : undefined)
    expect((await h.apply()).map((l) => l.split(':')[1])).toEqual([' Provider produced inconsistent identity'])
    expect(h.state.resources.size).toBe(1)
  })
})

describe('import by identity', () => {
  test('finds the object', async () => {
    const h = new Harness().config(
      'import {\nto = test_named.a\nidentity = {\nname = "x"\nplace = "there"\n}\n}\nresource "test_named" "a" { name = "x" }',
    )
    const { plan, diags } = await h.plan()
    expect(diags).toEqual([])
    expect(shown(plan.changes[0]!.importing?.identity)).toBe('x@there')
    await h.apply()
    expect(recorded(h)).toBe('x@there 2')
  })

  const cases: [string, string, string][] = [
    [
      'without what is required',
      'test_named.a\nidentity = { place = "x" }',
      'error: Invalid import identity argument: The identity of test_named must have "name" to import by it.',
    ],
    [
      'with what there is not',
      'test_named.a\nidentity = {\nname = "x"\nid = 1\n}',
      'error: Invalid import identity argument: The identity of test_named has no attribute named "id".',
    ],
    [
      'of a type without',
      'test_thing.b\nidentity = { name = "x" }',
      'error: Resource type has no identity: The provider has no identity for test_thing that objects could be imported by. Use the "id" argument instead.',
    ],
    ['that is null', 'test_named.a\nidentity = null', 'error: Invalid import identity argument: The import identity cannot be null.'],
    [
      'that is not known',
      'test_named.a\nidentity = { name = test_thing.b.id }',
      'error: Invalid import identity argument: The import block "identity" argument depends on resource attributes that cannot be determined until apply, so Terraform cannot plan to import this resource.',
    ],
  ]
  test.each(cases)('%s', async (_, text, want) => {
    const h = new Harness().config(`import {\nto = ${text}\n}\nresource "test_named" "a" { name = "x" }\nresource "test_thing" "b" {}`)
    expect(lines((await h.plan()).diags)).toEqual([want])
  })
})

describe('moves across types of resources', () => {
  const moved = 'moved {\nfrom = test_thing.a\nto = test_named.a\n}\n'

  test('are made by the provider of the new type', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "x" }')
    await h.apply()
    h.config(`${moved}resource "test_named" "a" { name = "x" }`)
    const { plan, actions, diags } = await h.plan()
    expect(diags).toEqual([])
    expect(actions).toEqual([])
    expect(plan.changes.map((c) => `${c.action} ${c.previousAddress.resource.type}`)).toEqual(['noop test_thing'])
    expect(h.world.calls).toContain('move test_thing 1 of registry.terraform.io/hashicorp/test')
    await h.apply()
    expect([...h.state.resources.keys()]).toEqual(['test_named.a'])
    expect(recorded(h)).toBe('x@moved 2')
    expect((await h.plan()).actions).toEqual([])
  })

  test('are made for what is then destroyed as well', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "x" }')
    await h.apply()
    h.config(moved)
    expect((await h.plan()).actions).toEqual(['delete test_named.a (delete_because_no_move_target)'])
    await h.apply()
    expect(h.world.calls.slice(-1)).toEqual(['delete with going'])
    expect(h.state.resources.size).toBe(0)
  })

  test('that the provider refuses fail', async () => {
    const h = new Harness().config('resource "terraform_data" "a" {}')
    await h.apply()
    h.config('moved {\nfrom = terraform_data.a\nto = test_named.a\n}\nresource "test_named" "a" { name = "x" }')
    expect(lines((await h.plan()).diags)).toEqual(['error: Cannot be taken over: As it was told to.'])
  })
})

describe('destroying', () => {
  test('is planned by providers that want to be asked', async () => {
    const h = new Harness().config('resource "test_named" "a" { name = "x" }')
    await h.apply()
    const { plan } = await h.plan({ mode: 'destroy' })
    expect(Buffer.from(plan.changes[0]!.private!).toString()).toBe('going')
    await apply({ ...h.input(), plan })
    expect(h.world.calls.slice(-1)).toEqual(['delete with going'])
  })

  test('can be refused', async () => {
    const h = new Harness().config('resource "test_named" "a" {\nname = "x"\nnote = "keep"\n}')
    await h.apply()
    expect(lines((await h.plan({ mode: 'destroy' })).diags)).toEqual(['error: Not to be destroyed: As it was told to.'])
  })
})

describe('provider_meta', () => {
  test('tells the provider of each module what it says of itself', async () => {
    const seen: string[] = []
    const h = new Harness().config({
      'main.tf': 'module "m" { source = "./m" }\nresource "test_thing" "root" {}',
      'm/main.tf': 'terraform {\nprovider_meta "test" { module = "m!" }\n}\nresource "test_thing" "a" {}',
    })
    h.world.onMeta = (operation, meta) => {
      seen.push(`${operation} ${meta === undefined ? 'nothing' : meta.isNull ? 'null' : meta.getAttr('module').asString()}`)
    }
    await h.apply()
    expect([...new Set(seen)].sort()).toEqual(['apply m!', 'apply null', 'plan m!', 'plan null'])
  })
})
