import { describe, expect, test } from 'vitest'
import { stringVal } from '../../src/cty/index.ts'
import { tryInstance } from '../../src/states/index.ts'
import { Harness, lines } from '../support/harness.ts'

const root = { module: [] }
const thing = (name: string, key?: string | number) => ({
  ...root,
  resource: { kind: 'resource', mode: 'managed', type: 'test_thing', name } as const,
  key,
})
const order = (h: Harness) => h.world.calls.filter((c) => /^(create|update|delete) /.test(c))

describe('a second plan after apply', () => {
  test('changes nothing', async () => {
    const h = new Harness().config(`
      locals { zone = "z" }
      resource "test_thing" "a" {
        name = "a"
        zone = local.zone
        tags = { one = "1" }
      }
      resource "test_thing" "b" {
        count = 2
        name  = "b\${count.index}"
        refs  = [test_thing.a.id]
      }
      resource "terraform_data" "c" {
        for_each = { x = test_thing.b[0].id, y = "y" }
        input    = each.value
      }
      output "ids" { value = [for k, v in terraform_data.c : v.output] }
    `)
    expect((await h.plan()).actions).toEqual([
      'create terraform_data.c["x"]',
      'create terraform_data.c["y"]',
      'create test_thing.a',
      'create test_thing.b[0]',
      'create test_thing.b[1]',
    ])
    expect(await h.apply()).toEqual([])
    const again = await h.plan()
    expect(again.diags).toEqual([])
    expect(again.actions).toEqual([])
    expect(again.plan.outputChanges.map((o) => o.action)).toEqual(['noop'])
    expect(again.plan.drift).toEqual([])
  })
})

describe('replacement', () => {
  test('destroys dependents first, then creates in order', async () => {
    const text = (zone: string) => `
      resource "test_thing" "a" {
        name = "a"
        zone = "${zone}"
      }
      resource "test_thing" "b" {
        name = "b"
        zone = test_thing.a.id
      }`
    const h = new Harness().config(text('1'))
    await h.apply()
    h.world.calls.length = 0
    h.config(text('2'))
    expect((await h.plan()).actions).toEqual([
      'deleteThenCreate test_thing.a (replace_because_cannot_update)',
      'deleteThenCreate test_thing.b (replace_because_cannot_update)',
    ])
    expect(await h.apply()).toEqual([])
    expect(order(h)).toEqual(['delete b', 'delete a', 'create a', 'create b'])
  })

  test('with create_before_destroy spreads to dependencies, and dependents update in between', async () => {
    const text = (zone: string) => `
      resource "test_thing" "a" {
        name = "a"
        zone = "${zone}"
      }
      resource "test_thing" "b" {
        name = "b"
        refs = [test_thing.a.id]
        lifecycle { create_before_destroy = true }
      }`
    const h = new Harness().config(text('1'))
    await h.apply()
    expect(tryInstance(h.state, thing('a'))?.current?.createBeforeDestroy).toBe(true)
    h.world.calls.length = 0
    h.config(text('2'))
    expect((await h.plan()).actions).toEqual(['createThenDelete test_thing.a (replace_because_cannot_update)', 'update test_thing.b'])
    expect(await h.apply()).toEqual([])
    expect(order(h)).toEqual(['create a', 'update b', 'delete a'])
    expect(tryInstance(h.state, thing('a'))?.deposed.size).toBe(0)
  })

  test('that fails to create puts the old object back', async () => {
    const text = (zone: string, fail: string) => `
      resource "test_thing" "a" {
        name = "a"
        zone = "${zone}"
        fail = ${fail}
        lifecycle { create_before_destroy = true }
      }`
    const h = new Harness().config(text('1', 'null'))
    await h.apply()
    const before = tryInstance(h.state, thing('a'))
    h.config(text('2', '"create"'))
    expect(await h.apply()).toEqual(['error: create failed: As it was told to.'])
    expect(tryInstance(h.state, thing('a'))).toEqual(before)
  })

  test('of a deposed object that is left over is planned on its own', async () => {
    const text = (zone: string, fail: string) => `
      resource "test_thing" "a" {
        name = "a"
        zone = "${zone}"
        fail = ${fail}
        lifecycle { create_before_destroy = true }
      }`
    const h = new Harness().config(text('1', '"delete"'))
    await h.apply()
    h.config(text('2', 'null'))
    expect(await h.apply()).toEqual(['error: Delete failed: As it was told to.'])
    expect(tryInstance(h.state, thing('a'))?.deposed.size).toBe(1)
    expect((await h.plan()).actions).toEqual(['delete test_thing.a deposed'])
  })

  test.each([
    [
      'is destroyed like its successor, before what that needs',
      '2',
      ['delete c', 'delete b', 'delete b', 'delete a', 'delete a', 'create a', 'create b', 'create c'],
    ],
    ['is destroyed alone where nothing else is', '1', ['delete b', 'delete a']],
  ])('what was put aside %s', async (_, zone, want) => {
    const text = (zone: string, first: boolean) =>
      [
        ['a', 'null'],
        ['b', 'test_thing.a.id'],
        ['c', 'test_thing.b.id'],
      ]
        .map(
          ([name, size]) => `
      resource "test_thing" "${name}" {
        name = "${name}"
        size = ${size}
        zone = "${zone}"
        lifecycle { create_before_destroy = ${first} }
      }`,
        )
        .join('')
    const h = new Harness().config(text('1', true))
    await h.apply()
    const { withDeposed } = await import('../../src/states/index.ts')
    const { provider } = h.state.resources.get('test_thing.a')!
    for (const name of ['a', 'b']) {
      h.state = withDeposed(h.state, thing(name), '0badcafe', provider, tryInstance(h.state, thing(name))!.current!)
    }
    h.config(text(zone, false))
    h.world.calls.length = 0
    expect(await h.apply()).toEqual([])
    expect(order(h)).toEqual(want)
    expect(['a', 'b'].map((name) => tryInstance(h.state, thing(name))?.deposed.size)).toEqual([0, 0])
  })

  test('is done on request, for triggers, and for tainted objects', async () => {
    const h = new Harness().config(`
      resource "test_thing" "a" { name = "a" }
      resource "test_thing" "b" {
        name = "b"
        lifecycle { replace_triggered_by = [test_thing.a.name] }
      }`)
    await h.apply()
    expect((await h.plan({ forceReplace: ['test_thing.b'] })).actions).toEqual(['deleteThenCreate test_thing.b (replace_by_request)'])
    h.config(`
      resource "test_thing" "a" { name = "a2" }
      resource "test_thing" "b" {
        name = "b"
        lifecycle { replace_triggered_by = [test_thing.a.name] }
      }`)
    expect((await h.plan()).actions).toEqual(['update test_thing.a', 'deleteThenCreate test_thing.b (replace_by_triggers)'])
  })

  test('of a tainted object follows a creation that failed half way', async () => {
    const h = new Harness().config(`resource "test_thing" "a" {
      name = "a"
      fail = "half"
    }`)
    expect(await h.apply()).toEqual(['error: create failed half way: As it was told to.'])
    expect(tryInstance(h.state, thing('a'))?.current?.status).toBe('tainted')
    expect((await h.plan()).actions).toEqual(['deleteThenCreate test_thing.a (replace_because_tainted)'])
  })
})

describe('order of destruction', () => {
  test('follows recorded dependencies when the configuration is gone', async () => {
    const h = new Harness().config(`
      resource "test_thing" "a" { name = "a" }
      resource "test_thing" "b" {
        name = "b"
        refs = [test_thing.a.id]
      }
      resource "test_thing" "c" {
        name = "c"
        refs = [test_thing.b.id]
      }`)
    await h.apply()
    expect(tryInstance(h.state, thing('c'))?.current?.dependencies).toEqual(['test_thing.a', 'test_thing.b'])
    h.world.calls.length = 0
    h.config('')
    expect((await h.plan()).actions).toEqual([
      'delete test_thing.a (delete_because_no_resource_config)',
      'delete test_thing.b (delete_because_no_resource_config)',
      'delete test_thing.c (delete_because_no_resource_config)',
    ])
    await h.apply()
    expect(order(h)).toEqual(['delete c', 'delete b', 'delete a'])
    expect(h.state.resources.size).toBe(0)
  })

  test('of everything leaves an empty state', async () => {
    const h = new Harness().config({
      'main.tf': `
        module "m" {
          source = "./m"
          count  = 2
          name   = "m\${count.index}"
        }
        output "o" { value = module.m[0].id }`,
      'm/main.tf': `
        variable "name" {}
        resource "test_thing" "in" { name = var.name }
        output "id" { value = test_thing.in.id }`,
    })
    await h.apply()
    expect(h.state.outputs.get('o')?.value.asString()).toMatch(/^id-/)
    const planned = await h.plan({ mode: 'destroy' })
    expect(planned.actions).toEqual(['delete module.m[0].test_thing.in', 'delete module.m[1].test_thing.in'])
    expect(planned.plan.outputChanges.map((o) => o.action)).toEqual(['delete'])
    expect(await h.apply({ mode: 'destroy' })).toEqual([])
    expect([h.state.resources.size, h.state.outputs.size]).toEqual([0, 0])
  })
})

describe('reasons for deletion', () => {
  const cases: [string, string, string, string[]][] = [
    ['fewer of count', 'count = 2', 'count = 1', ['delete test_thing.a[1] (delete_because_count_index)']],
    ['a key less', 'for_each = toset(["x", "y"])', 'for_each = toset(["x"])', ['delete test_thing.a["y"] (delete_because_each_key)']],
    [
      'count to for_each',
      'count = 1',
      'for_each = toset(["x"])',
      ['delete test_thing.a[0] (delete_because_wrong_repetition)', 'create test_thing.a["x"]'],
    ],
    ['count added', '', 'count = 1', []],
    ['count taken away', 'count = 1', '', []],
  ]
  test.each(cases)('%s', async (_, before, after, want) => {
    const h = new Harness().config(`resource "test_thing" "a" {\n${before}\n}`)
    await h.apply()
    h.config(`resource "test_thing" "a" {\n${after}\n}`)
    expect((await h.plan()).actions).toEqual(want)
  })

  test('a module instance less', async () => {
    const files = (count: number) => ({
      'main.tf': `module "m" {\nsource = "./m"\ncount = ${count}\n}`,
      'm/main.tf': 'resource "test_thing" "a" {}',
    })
    const h = new Harness().config(files(2))
    await h.apply()
    h.config(files(1))
    expect((await h.plan()).actions).toEqual(['delete module.m[1].test_thing.a (delete_because_no_module)'])
  })
})

describe('enabled', () => {
  const text = (enabled: string): string => `
    resource "test_thing" "a" {
      name = "a"
      lifecycle { enabled = ${enabled} }
    }
    output "a" { value = test_thing.a == null ? "none" : test_thing.a.name }`

  test('decides whether there is an object; without one the resource is null', async () => {
    const h = new Harness().config(text('true'))
    await h.apply()
    expect([h.state.resources.size, h.state.outputs.get('a')!.value.payload]).toEqual([1, 'a'])
    h.config(text('false'))
    expect((await h.plan()).actions).toEqual(['delete test_thing.a (delete_because_enabled_false)'])
    await h.apply()
    expect([h.state.resources.size, h.state.outputs.get('a')!.value.payload]).toEqual([0, 'none'])
    expect((await h.plan()).actions).toEqual([])
  })

  test('takes the object of count 1 over', async () => {
    const h = new Harness().config('resource "test_thing" "a" {\n  count = 1\n  name  = "a"\n}')
    await h.apply()
    h.config(text('true'))
    expect((await h.plan()).actions).toEqual([])
  })

  test.each([
    ['unknown', 'test_thing.z.id != ""', /depends on resource attributes that cannot be determined until apply/],
    ['null', 'null', /value is null/],
    ['sensitive', 'sensitive(true)', /derived from a sensitive value/],
    ['a number', '[]', /is unsuitable: bool required/],
  ])('must be known: %s is refused', async (_, value, want) => {
    const { diags } = await new Harness().config(`${text(value)}\nresource "test_thing" "z" {}`).plan()
    expect(lines(diags)[0]).toMatch(/^error: Invalid enabled argument: /)
    expect(lines(diags)[0]).toMatch(want)
  })
})

describe('moved', () => {
  test('keeps objects, through chains and into modules', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "a" }')
    await h.apply()
    h.config({
      'main.tf': `
        module "m" { source = "./m" }
        moved {
          from = test_thing.b
          to   = module.m.test_thing.c
        }
        moved {
          from = test_thing.a
          to   = test_thing.b
        }`,
      'm/main.tf': 'resource "test_thing" "c" { name = "a" }',
    })
    const planned = await h.plan()
    expect(planned.actions).toEqual([])
    expect(planned.plan.drift.map((d) => d.action)).toEqual(['noop'])
    expect(planned.plan.changes[0]?.previousAddress.resource.name).toBe('a')
    await h.apply()
    expect([...h.state.resources.keys()]).toEqual(['module.m.test_thing.c'])
  })

  test('moves whole modules with their keys', async () => {
    const m = 'resource "test_thing" "c" {}'
    const h = new Harness().config({ 'main.tf': 'module "a" {\nsource = "./m"\ncount = 2\n}', 'm/main.tf': m })
    await h.apply()
    h.config({ 'main.tf': 'module "b" {\nsource = "./m"\ncount = 2\n}\nmoved {\nfrom = module.a\nto = module.b\n}', 'm/main.tf': m })
    expect((await h.plan()).actions).toEqual([])
  })
})

describe('moves that contradict each other', () => {
  test('are refused', async () => {
    const h = new Harness().config('resource "test_thing" "a" {}\nresource "test_thing" "b" {}')
    await h.apply()
    h.config(`
      resource "test_thing" "c" {}
      moved {
        from = test_thing.a
        to   = test_thing.c
      }
      moved {
        from = test_thing.b
        to   = test_thing.c
      }`)
    const { begun, diags } = await h.plan()
    expect(begun).toBe(false)
    expect(diags.map((d) => d.detail)).toEqual([
      'A statement at main.tf:3,7 declared that test_thing.a moved to test_thing.c, but this statement instead declares that test_thing.b moved there.\n\nEach resource can have moved from only one source resource.',
    ])
  })
})

describe('removed', () => {
  test('with destroy = false forgets', async () => {
    const h = new Harness().config('resource "test_thing" "a" {}')
    await h.apply()
    h.config('removed {\nfrom = test_thing.a\nlifecycle {\ndestroy = false\n}\n}')
    expect((await h.plan()).actions).toEqual(['forget test_thing.a (delete_because_no_resource_config)'])
    await h.apply()
    expect([h.state.resources.size, h.world.things.size]).toEqual([0, 1])
  })
})

describe('refresh', () => {
  test('shows drift, and plans what went missing again', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "a" }\nresource "test_thing" "b" { name = "b" }')
    await h.apply()
    const id = [...h.world.things.keys()][0]!
    const value = h.world.things.get(id)!
    h.world.things.delete([...h.world.things.keys()][1]!)
    const { objectVal } = await import('../../src/cty/index.ts')
    h.world.things.set(id, objectVal(new Map([...value.asMap(), ['name', stringVal('other')]])))
    const planned = await h.plan()
    expect(planned.plan.drift.map((d) => d.action)).toEqual(['update', 'delete'])
    expect(planned.actions).toEqual(['update test_thing.a', 'create test_thing.b'])
    const only = await h.plan({ mode: 'refreshOnly' })
    expect(only.actions).toEqual([])
    const without = await h.plan({ refresh: false })
    expect([without.actions, without.plan.drift]).toEqual([[], []])
    await h.apply({ mode: 'refreshOnly' })
    expect([...h.state.resources.keys()]).toEqual(['test_thing.a'])
  })

  test('upgrades what an older schema version stored', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "a" }')
    await h.apply()
    const { withInstance } = await import('../../src/states/index.ts')
    const stored = tryInstance(h.state, thing('a'))!.current!
    const provider = h.state.resources.get('test_thing.a')!.provider
    h.state = withInstance(h.state, thing('a'), provider, {
      ...stored,
      schemaVersion: 0,
      attributesJson: String(stored.attributesJson).replace('"name":', '"title":'),
    })
    const planned = await h.plan()
    expect(planned.actions).toEqual([])
    expect(tryInstance(planned.plan.previousState, thing('a'))?.current?.schemaVersion).toBe(1)
  })
})

describe('data sources', () => {
  const text = (size: string) => `
    resource "test_thing" "a" {
      name = "a"
      size = ${size}
    }
    data "test_lookup" "by_id" { id = test_thing.a.id }
    data "test_lookup" "fixed" { id = "f" }
    output "o" { value = data.test_lookup.by_id.result }`

  test('are read at once, or when what they need is there', async () => {
    const h = new Harness().config(text('"s"'))
    const first = await h.plan()
    expect(first.actions).toEqual(['read data.test_lookup.by_id (read_because_config_unknown)', 'create test_thing.a'])
    await h.apply()
    expect(h.state.outputs.get('o')?.value.asString()).toBe('<id-1>')
    expect((await h.plan()).actions).toEqual([])
    h.config(text('"t"'))
    expect((await h.plan()).actions).toEqual(['read data.test_lookup.by_id (read_because_dependency_pending)', 'update test_thing.a'])
  })
})
