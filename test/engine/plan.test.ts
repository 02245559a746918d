import { describe, expect, test } from 'vitest'
import { stringType, tupleType } from '../../src/cty/index.ts'
import { cpuMs } from '../support/cpu.ts'
import { Harness, lines } from '../support/harness.ts'

describe('targets', () => {
  const text = `
    resource "test_thing" "a" { count = 2 }
    resource "test_thing" "b" { refs = [test_thing.a[0].id] }
    resource "test_thing" "c" { refs = [test_thing.b.id] }
    resource "test_thing" "d" {}
    output "b" { value = test_thing.b.id }
    output "c" { value = test_thing.c.id }`

  test('take what they depend on with them, and say so', async () => {
    const planned = await new Harness().config(text).plan({ targets: ['test_thing.b'] })
    expect(planned.actions).toEqual(['create test_thing.a[0]', 'create test_thing.a[1]', 'create test_thing.b'])
    expect(planned.plan.outputChanges.map((o) => o.name)).toEqual(['b'])
    expect(planned.diags.map((d) => d.summary)).toEqual(['Resource targeting is in effect'])
  })

  test('can be single instances', async () => {
    const planned = await new Harness().config(text).plan({ targets: ['test_thing.a[1]'] })
    expect(planned.actions).toEqual(['create test_thing.a[1]'])
  })

  test('that are single instances take no others with them, though another target refers to those', async () => {
    const h = new Harness().config(text)
    const planned = await h.plan({ targets: ['test_thing.a[1]', 'test_thing.b'] })
    expect(planned.actions).toEqual(['create test_thing.a[1]', 'create test_thing.b'])
    await h.apply({ targets: ['test_thing.a[1]'] })
    const output = new Harness().config('resource "test_thing" "a" { count = 2 }\noutput "ids" { value = test_thing.a[*].id }')
    await output.apply({ targets: ['test_thing.a[1]'] })
    expect(output.state.outputs.get('ids')?.type).toEqual(tupleType([stringType, stringType]))
  })

  test('leave alone what they do not cover, outputs included', async () => {
    const h = new Harness().config(text)
    await h.apply()
    h.config('resource "test_thing" "d" { name = "d" }')
    await h.apply({ targets: ['test_thing.d'] })
    expect([...h.state.outputs.keys()]).toEqual(['b', 'c'])
    expect(h.state.resources.size).toBe(4)
  })

  test('must cover both ends of a move', async () => {
    const h = new Harness().config('resource "test_thing" "a" {}\nresource "test_thing" "z" {}')
    await h.apply()
    h.config('resource "test_thing" "b" {}\nresource "test_thing" "z" {}\nmoved {\nfrom = test_thing.a\nto = test_thing.b\n}')
    const { diags } = await h.plan({ targets: ['test_thing.z'] })
    expect(lines(diags)[1]).toMatch(
      /^error: Moved resource instances excluded by targeting: [\s\S]*options:\n {2}-target="test_thing.a"\n {2}-target="test_thing.b"\n\nNote/,
    )
  })

  test('of destruction take what depends on them', async () => {
    const h = new Harness().config(text)
    await h.apply()
    const planned = await h.plan({ mode: 'destroy', targets: ['test_thing.b'] })
    expect(planned.actions).toEqual(['delete test_thing.b', 'delete test_thing.c'])
    await h.apply({ mode: 'destroy', targets: ['test_thing.b'] })
    expect([...h.state.resources.keys()]).toEqual(['test_thing.a', 'test_thing.d'])
  })
})

test('targets of destruction leave other instances of their module alone', async () => {
  const h = new Harness().config({
    'main.tf':
      'module "m" {\n  source   = "./m"\n  for_each = toset(["a", "b"])\n}\nresource "test_thing" "z" { refs = [module.m["b"].id] }',
    'm/main.tf':
      'resource "test_thing" "x" {}\nresource "test_thing" "y" { refs = [test_thing.x.id] }\noutput "id" { value = test_thing.x.id }',
  })
  await h.apply()
  const planned = await h.plan({ mode: 'destroy', targets: ['module.m["a"].test_thing.x'] })
  expect(planned.actions).toEqual(['delete test_thing.z', 'delete module.m["a"].test_thing.x', 'delete module.m["a"].test_thing.y'])
})

describe('a replaced dependency of a target', () => {
  const text = (zone: string, cbd: string) => `
    resource "test_thing" "a" {
      name = "a"
      zone = "${zone}"
      ${cbd}
    }
    resource "test_thing" "b" {
      name = "b"
      refs = [test_thing.a.id]
    }
    resource "test_thing" "c" {
      name = "c"
      refs = [test_thing.b.id]
      zone = "${zone}"
    }`
  const first = 'lifecycle { create_before_destroy = true }'
  const cases: readonly [name: string, cbd: string, target: string, calls: string[], deposed: number][] = [
    ['stays when its successor is made first', first, 'test_thing.b', ['create a', 'update b'], 1],
    ['goes when it is a target itself', first, 'test_thing.a', ['create a', 'delete a'], 0],
    ['goes when it has to go first', '', 'test_thing.b', ['delete a', 'create a', 'update b'], 0],
  ]
  test.each(cases)('%s', async (_, cbd, target, calls, deposed) => {
    const h = new Harness().config(text('1', cbd))
    await h.apply()
    h.world.calls.length = 0
    h.config(text('2', cbd))
    await h.apply({ targets: [target] })
    expect(h.world.calls.filter((c) => /^(create|update|delete) /.test(c))).toEqual(calls)
    const instance = h.state.resources.get('test_thing.a')!.instances.get('')!
    expect(instance.deposed.size).toBe(deposed)
    expect((await h.plan()).actions.filter((a) => a.endsWith('deposed'))).toHaveLength(deposed)
  })
})

describe('exclusions', () => {
  const text = `
    resource "test_thing" "a" { count = 2 }
    resource "test_thing" "b" { refs = [test_thing.a[0].id] }
    resource "test_thing" "c" { refs = [test_thing.b.id] }
    resource "test_thing" "d" {}
    output "b" { value = test_thing.b.id }
    output "d" { value = test_thing.d.id }`

  test('take what depends on them with them, and say so', async () => {
    const planned = await new Harness().config(text).plan({ excludes: ['test_thing.b'] })
    expect(planned.actions).toEqual(['create test_thing.a[0]', 'create test_thing.a[1]', 'create test_thing.d'])
    expect(planned.plan.outputChanges.map((o) => o.name)).toEqual(['d'])
    expect(planned.diags.map((d) => d.summary)).toEqual(['Resource targeting is in effect'])
  })

  test('can be single instances', async () => {
    const planned = await new Harness().config(text).plan({ excludes: ['test_thing.a[0]'] })
    expect(planned.actions).toEqual(['create test_thing.a[1]', 'create test_thing.d'])
  })

  test('can be modules', async () => {
    const h = new Harness().config({
      'main.tf': 'module "m" { source = "./m" }\nresource "test_thing" "x" { name = module.m.id }\nresource "test_thing" "y" {}',
      'm/main.tf': 'resource "test_thing" "i" {}\noutput "id" { value = test_thing.i.id }',
    })
    expect((await h.plan({ excludes: ['module.m'] })).actions).toEqual(['create test_thing.y'])
  })

  test('are applied as they were planned', async () => {
    const h = new Harness().config(text)
    await h.apply()
    h.config(text.replaceAll('id]', 'id, "more"]'))
    expect(await h.apply({ excludes: ['test_thing.c'] })).toEqual([expect.stringContaining('created with the -exclude option in effect')])
    expect((await h.plan()).actions).toEqual(['update test_thing.c'])
    expect([...h.state.outputs.keys()]).toEqual(['b', 'd'])
  })

  test('keep what they need from destruction', async () => {
    const h = new Harness().config(text)
    await h.apply()
    expect((await h.plan({ mode: 'destroy', excludes: ['test_thing.b'] })).actions).toEqual(['delete test_thing.c', 'delete test_thing.d'])
    h.config(
      text
        .split('\n')
        .filter((l) => !/"a"/.test(l))
        .join('\n')
        .replaceAll('test_thing.a[0].id', '"x"'),
    )
    expect((await h.plan({ excludes: ['test_thing.b'] })).actions).toEqual([])
  })
})

describe('cycles', () => {
  const cases: [string, string, string][] = [
    ['of locals', 'locals {\n  a = local.b\n  b = local.a\n}', 'Cycle: local.a (expand), local.b (expand)'],
    [
      'of resources',
      'resource "test_thing" "a" { name = test_thing.b.id }\nresource "test_thing" "b" { name = test_thing.a.id }',
      'Cycle: test_thing.a, test_thing.b',
    ],
    ['of a block with itself', 'resource "test_thing" "a" { name = test_thing.a.id }', 'Self-referential block'],
  ]
  test.each(cases)('%s are reported and evaluate nothing', async (_, text, want) => {
    const h = new Harness().config(text)
    const { diags } = await h.plan()
    expect(diags.map((d) => d.summary)).toEqual([want])
    expect(diags[0]?.subject).toBeDefined()
    expect(h.world.calls).toEqual([])
  })

  test('between outputs of two modules are none as long as values go one way', async () => {
    const m =
      'variable "v" { default = 1 }\nresource "test_thing" "x" { name = var.v }\noutput "one" { value = 1 }\noutput "v" { value = test_thing.x.id }'
    const h = new Harness().config({
      'main.tf': 'module "a" {\nsource = "./m"\nv = module.b.one\n}\nmodule "b" {\nsource = "./m"\nv = module.a.v\n}',
      'm/main.tf': m,
    })
    expect((await h.plan()).actions).toEqual(['create module.a.test_thing.x', 'create module.b.test_thing.x'])
  })
})

describe('mistakes', () => {
  const cases: [string, string, string][] = [
    [
      'an undeclared resource',
      'output "o" { value = test_thing.a.id }',
      'error: Reference to undeclared resource: A managed resource "test_thing" "a" has not been declared in the root module.',
    ],
    [
      'an ephemeral value that would be stored',
      'variable "e" {\nephemeral = true\n}\nresource "test_thing" "a" { name = "${var.e}!" }',
      'error: Invalid use of ephemeral value: Ephemeral values are not valid for "name", because it is not a write-only attribute and must be persisted to state.',
    ],
    [
      'an unknown attribute',
      'resource "test_thing" "a" {}\noutput "o" { value = test_thing.a.nmae }',
      'error: Unsupported attribute: This object has no argument, nested block, or exported attribute named "nmae". Did you mean "name"?',
    ],
    [
      'no key where one is needed',
      'resource "test_thing" "a" { count = 1 }\noutput "o" { value = test_thing.a.id }',
      'error: Missing resource instance key: Because test_thing.a has "count" set, its attributes must be accessed on specific instances.\n\nFor example, to correlate with indices of a referring resource, use:\n    test_thing.a[count.index]',
    ],
    [
      'a key where there are none',
      'resource "test_thing" "a" {}\noutput "o" { value = test_thing.a[0].id }',
      'error: Unexpected resource instance key: Because test_thing.a does not have "count" or "for_each" set, references to it must not include an index key. Remove the bracketed index to refer to the single instance of this resource.',
    ],
    [
      'an unknown type',
      'resource "test_thnig" "a" {}',
      'error: Invalid resource type: The provider hashicorp/test does not support resource type "test_thnig". Did you mean "test_thing"?',
    ],
    ["a provider's own opinion", 'resource "test_thing" "a" { name = "invalid" }', 'error: Invalid name: As it was told to.'],
    [
      'a negative count',
      'resource "test_thing" "a" { count = -1 }',
      'error: Invalid count argument: The given "count" argument value is unsuitable: must be greater than or equal to zero.',
    ],
    [
      'for_each of a tuple',
      'resource "test_thing" "a" { for_each = ["a"] }',
      'error: Invalid for_each argument: The given "for_each" argument value is unsuitable: the "for_each" argument must be a map, or set of strings, and you have provided a value of type tuple.',
    ],
    [
      'each without for_each',
      'resource "test_thing" "a" { name = each.key }',
      'error: Reference to "each" in context without for_each: The "each" object can be used only in "module" or "resource" blocks, and only when the "for_each" argument is set.',
    ],
    [
      'a provisioner',
      'resource "test_thing" "a" {\nprovisioner "local-exec" {\ncommand = "x"\n}\n}',
      'error: Provisioners are not supported yet: Landform does not support the provisioner "local-exec" yet.',
    ],
  ]
  test.each(cases)('%s', async (_, text, want) => {
    expect(await new Harness().config(text).validate()).toEqual([want])
  })

  test('only seen while planning', async () => {
    const h = new Harness().config(`
      resource "test_thing" "a" {}
      resource "test_thing" "b" { count = length(test_thing.a.id) }
      resource "test_thing" "c" { for_each = toset([test_thing.a.id]) }`)
    const { diags } = await h.plan()
    expect(diags.map((d) => d.summary)).toEqual(['Invalid count argument', 'Invalid for_each argument'])
  })

  test('a move away from what is still there', async () => {
    const h = new Harness().config(
      'resource "test_thing" "a" {}\nresource "test_thing" "b" {}\nmoved {\nfrom = test_thing.a\nto = test_thing.b\n}',
    )
    expect(lines((await h.plan()).diags)).toEqual([
      'error: Moved object still exists: This statement declares a move from test_thing.a, but that resource is still declared at main.tf:1,1.\n\nChange your configuration so that this resource will be declared as test_thing.b instead.',
    ])
  })

  test('a replacement that lacks the key', async () => {
    const h = new Harness().config('resource "test_thing" "a" { count = 2 }')
    await h.apply()
    expect(lines((await h.plan({ forceReplace: ['test_thing.a'] })).diags)).toEqual([
      'warning: Incompletely-matched force-replace resource instance: Your force-replace request for test_thing.a doesn\'t match any resource instances because it lacks an instance key.\n\nTo force replacement of particular instances, use one or more of the following options instead:\n  -replace="test_thing.a[0]"\n  -replace="test_thing.a[1]"',
    ])
  })

  test('a required variable without value', async () => {
    const { diags } = await new Harness().config('variable "v" {}\noutput "o" { value = var.v }').plan()
    expect(lines(diags)).toEqual([
      'error: No value for required variable: The root module input variable "v" is not set, and has no default value. Use a -var or -var-file command line argument to provide a value for this variable.',
    ])
  })
})

describe('size', () => {
  test('a chain of 3,000 resources neither recurses nor takes long', async () => {
    const blocks = ['resource "terraform_data" "r0" { input = "x" }']
    for (let i = 1; i < 3000; i++) blocks.push(`resource "terraform_data" "r${i}" { input = terraform_data.r${i - 1}.id }`)
    const { actions } = await new Harness().config(blocks.join('\n')).plan()
    expect(actions.length).toBe(3000)
  })

  test('a reference to one instance of a thousand does not look at the others', async () => {
    const h = new Harness().config(`
      resource "terraform_data" "a" {
        count = 1000
        input = count.index
      }
      resource "terraform_data" "b" {
        count = length(terraform_data.a)
        input = terraform_data.a[count.index].input
      }`)
    const start = cpuMs()
    expect((await h.plan()).actions.length).toBe(2000)
    // Quadratic work would take minutes; the bound leaves room for a busy machine.
    expect(cpuMs() - start).toBeLessThan(10_000)
  })
})

describe('values that are nested too deeply to be stored', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  const resource = (input: string) => `resource "terraform_data" "r" {\n  input = ${input}\n}`
  const cases = [
    [`output "o" { value = ${nested(512)} }`, []],
    [`output "o" { value = ${nested(513)} }`, ['Value nested too deeply']],
    [`output "o" { value = ${nested(20_000)} }`, ['Value nested too deeply']],
    [`locals { l = ${nested(20_000)} }\noutput "o" { value = length(local.l) }`, []],
    [resource(nested(513)), ['Value nested too deeply']],
    [resource(`tolist(${nested(511)})`), []],
    [resource(`tolist(${nested(513)})`), ['Value nested too deeply']],
    [resource(`tolist(${nested(20_000)})`), ['Value nested too deeply']],
    [resource(`tolist([tolist(${nested(20_000)}), tolist(${nested(20_000)})])`), ['Value nested too deeply']],
  ] as const
  test.each(cases)('case %#', async (text, want) => {
    const start = cpuMs()
    const { diags } = await new Harness().config(text).plan()
    expect(diags.map((d) => d.summary)).toEqual(want)
    // Comparing types at each level with all below took more than a minute; the bound leaves room for a busy machine.
    expect(cpuMs() - start).toBeLessThan(20_000)
  })
})

describe('infinite numbers, which cannot be stored', () => {
  test.each([
    ['output "o" { value = log(0, 1) }', ['Infinite number']],
    ['output "o" { value = { a = [-1 / 0] } }', ['Infinite number']],
    ['output "o" {\n  sensitive = true\n  value = sensitive(1 / 0)\n}', ['Infinite number']],
    ['resource "terraform_data" "r" {\n  input = [{ a = 1 / 0 }]\n}', ['Infinite number']],
    ['locals { l = 1 / 0 }\noutput "o" { value = local.l > 5 ? "much" : "little" }', []],
  ] as const)('%s', async (text, want) => {
    const { diags } = await new Harness().config(text).plan()
    expect(diags.map((d) => d.summary)).toEqual(want)
  })
})
