import { describe, expect, test } from 'vitest'
import { connectionSchema } from '../../src/builtin/provisioners/index.ts'
import { boolVal, nullVal, objectVal, SENSITIVE, stringType, stringVal } from '../../src/cty/index.ts'
import { apply, plan } from '../../src/engine/index.ts'
import type { BlockSchema } from '../../src/schema/index.ts'
import { tryInstance } from '../../src/states/index.ts'
import { Harness, lines } from '../support/harness.ts'

const thing = (name: string) => ({
  module: [],
  resource: { kind: 'resource', mode: 'managed', type: 'test_thing', name } as const,
  key: undefined,
})
const names = (h: Harness) => [...h.state.resources.keys()].sort()

describe('a failure', () => {
  test('keeps back only what depends on it', async () => {
    const h = new Harness().config(`
      resource "test_thing" "a" {
        name = "a"
        fail = "create"
      }
      resource "test_thing" "needs_a" { refs = [test_thing.a.id] }
      resource "test_thing" "other" { name = "other" }
      resource "test_thing" "more" { refs = [test_thing.other.id] }
      output "fine" { value = test_thing.more.id }
      output "not" { value = test_thing.needs_a.id }`)
    expect(await h.apply()).toEqual(['error: create failed: As it was told to.'])
    expect(names(h)).toEqual(['test_thing.more', 'test_thing.other'])
    expect([...h.state.outputs.keys()]).toEqual(['fine'])
  })

  test('of an update keeps the object as it was', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "a" }')
    await h.apply()
    const before = tryInstance(h.state, thing('a'))
    h.config('resource "test_thing" "a" {\nname = "b"\nfail = "update"\n}')
    expect(await h.apply()).toEqual(['error: update failed: As it was told to.'])
    expect(tryInstance(h.state, thing('a'))).toEqual(before)
  })

  test('of a deletion keeps the object and what it depends on', async () => {
    const h = new Harness().config(`
      resource "test_thing" "a" { name = "a" }
      resource "test_thing" "b" {
        fail = "delete"
        refs = [test_thing.a.id]
      }`)
    await h.apply()
    expect(await h.apply({ mode: 'destroy' })).toEqual(['error: Delete failed: As it was told to.'])
    expect(names(h)).toEqual(['test_thing.a', 'test_thing.b'])
  })
})

describe('a reference to one instance', () => {
  test('waits for that instance alone', async () => {
    const h = new Harness().config(`
      resource "test_thing" "a" {
        count = 2
        name  = "a\${count.index}"
        fail  = count.index == 1 ? "create" : null
      }
      resource "test_thing" "one" { refs = [test_thing.a[0].id] }
      resource "test_thing" "all" { refs = test_thing.a[*].id }`)
    expect(await h.apply()).toEqual(['error: create failed: As it was told to.'])
    expect([...h.state.resources.keys()]).toEqual(['test_thing.a', 'test_thing.one'])
  })
})

describe('a provider', () => {
  test('is closed after its last use', async () => {
    const h = new Harness().config(`
      provider "test" {}
      provider "test" { alias = "other" }
      resource "test_thing" "a" { name = "a" }
      resource "test_thing" "b" {
        provider = test.other
        name     = "b"
        refs     = [test_thing.a.id]
      }`)
    const input = h.input()
    const { value } = await plan(input)
    h.world.closed.length = 0
    await apply({ ...input, plan: value.plan })
    expect(h.world.closed).toEqual(['after create a', 'after create b'])
  })
})

describe('concurrency', () => {
  test('is bounded by parallelism and used up to it', async () => {
    const h = new Harness().config('resource "test_thing" "a" { count = 20 }')
    h.world.delayMs = 2
    h.extra = { parallelism: 4 }
    await h.apply()
    expect(h.world.most).toBe(4)
  })

  test('ends after running operations when stopped, with everything recorded', async () => {
    const stop = new AbortController()
    const h = new Harness().config(`
      resource "test_thing" "a" { name = "a" }
      resource "test_thing" "b" { refs = [test_thing.a.id] }`)
    h.world.onApply = () => stop.abort()
    h.extra = { stop: stop.signal }
    expect(await h.apply()).toEqual(['error: execution halted: '])
    expect(names(h)).toEqual(['test_thing.a'])
    expect(h.world.calls).toContain('stop')
  })

  test('tells the state after each operation', async () => {
    const h = new Harness().config('resource "test_thing" "a" { count = 3 }')
    const sizes: number[] = []
    h.extra = { parallelism: 1, hooks: { stateUpdated: (s) => void sizes.push(s.resources.get('test_thing.a')?.instances.size ?? 0) } }
    await h.apply()
    expect(sizes).toEqual([1, 2, 3])
  })
})

describe('a provider that does not keep its promise', () => {
  test('is told so when it plans something else than before', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "a" }')
    const input = h.input()
    const planned = await h.plan()
    h.world.corrupt = (operation, value) =>
      operation === 'plan' ? objectVal(new Map([...value.asMap(), ['size', stringVal('huge')]])) : value
    const approved = {
      ...planned.plan,
      changes: planned.plan.changes.map((c) => ({ ...c, after: objectVal(new Map([...c.after.asMap(), ['size', stringVal('tiny')]])) })),
    }
    const { diags, value } = await apply({ ...input, plan: approved })
    expect(lines(diags)).toEqual([
      'error: Provider produced inconsistent final plan: When expanding the plan for test_thing.a to include new values learned so far during apply, provider "registry.terraform.io/hashicorp/test" produced an invalid new value for .size: was cty.StringVal("tiny"), but now cty.StringVal("huge").\n\nThis is a bug in the provider, which should be reported in the provider\'s own issue tracker.',
    ])
    expect(value.resources.size).toBe(0)
  })

  test('is told so when the result is another, which is kept all the same', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "a" }')
    h.world.corrupt = (operation, value) =>
      operation === 'apply' ? objectVal(new Map([...value.asMap(), ['name', stringVal('x')]])) : value
    expect((await h.apply())[0]).toMatch(/^error: Provider produced inconsistent result after apply: When applying changes to test_thing.a/)
    expect(tryInstance(h.state, thing('a'))?.current).toMatchObject({ status: 'tainted' })
  })

  test('cannot plan what was not configured', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "a" }')
    h.world.corrupt = (operation, value) =>
      operation === 'plan' ? objectVal(new Map([...value.asMap(), ['name', nullVal(stringType)]])) : value
    const planned = await h.plan()
    expect(lines(planned.diags)[0]).toMatch(
      /^error: Provider produced invalid plan: Provider "registry.terraform.io\/hashicorp\/test" planned an invalid value for test_thing\.a\.name: /,
    )
    expect(planned.plan.errored).toBe(true)
  })
})

describe('sensitive values', () => {
  test('reach providers bare, come back marked and are remembered', async () => {
    const h = new Harness()
      .config(`
        variable "password" {
          type      = string
          sensitive = true
        }
        resource "test_thing" "a" {
          name   = var.password
          secret = "known to be"
        }
        resource "terraform_data" "b" { input = test_thing.a.name }
        output "o" {
          value     = terraform_data.b.output
          sensitive = true
        }`)
      .set('password', stringVal('hunter2'))
    const planned = await h.plan()
    const after = planned.plan.changes.find((c) => c.address.resource.type === 'test_thing')!.after
    expect(after.getAttr('name').hasMark(SENSITIVE)).toBe(true)
    expect(after.getAttr('secret').hasMark(SENSITIVE)).toBe(true)
    await h.apply()
    expect(h.world.calls).toContain('create hunter2')
    expect(tryInstance(h.state, thing('a'))?.current?.sensitivePaths).toEqual([
      [{ kind: 'attribute', name: 'name' }],
      [{ kind: 'attribute', name: 'secret' }],
    ])
    expect(h.state.outputs.get('o')).toMatchObject({ sensitive: true })
    expect((await h.plan()).actions).toEqual([])
  })

  test('that become so are an update without a call', async () => {
    const h = new Harness().config('resource "test_thing" "a" { name = "a" }')
    await h.apply()
    h.world.calls.length = 0
    h.config('resource "test_thing" "a" { name = sensitive("a") }')
    h.extra = {}
    expect((await h.plan()).actions).toEqual(['update test_thing.a'])
    await h.apply()
    expect(h.world.calls.filter((c) => c.startsWith('update'))).toEqual([])
    expect((await h.plan()).actions).toEqual([])
  })

  test('are not let out of the root module by accident', async () => {
    const h = new Harness().config('output "o" { value = sensitive(1) }')
    const { plan, diags } = await h.plan()
    expect(lines(diags)[0]).toMatch(/^error: Output refers to sensitive values/)
    expect(plan.outputChanges).toEqual([])
  })
})

describe('conditions', () => {
  test('hold before and after, and later too', async () => {
    const h = new Harness().config(`
      variable "ok" { type = bool }
      resource "test_thing" "a" {
        lifecycle {
          precondition {
            condition     = var.ok
            error_message = "Not ok."
          }
          postcondition {
            condition     = self.size == "small"
            error_message = "Size is \${self.size}."
          }
        }
      }`)
    h.set('ok', boolVal(false))
    expect(lines((await h.plan()).diags)).toEqual(['error: Resource precondition failed: Not ok.'])
    h.set('ok', boolVal(true))
    expect(await h.apply()).toEqual([])
    expect(h.state.checkResults).toEqual([
      {
        objectKind: 'resource',
        configAddr: 'test_thing.a',
        status: 'pass',
        objects: [{ objectAddr: 'test_thing.a', status: 'pass', failureMessages: [] }],
      },
    ])
  })

  test('of checks are warnings, of variables and outputs errors', async () => {
    const h = new Harness().config(`
      variable "n" {
        default = 1
        validation {
          condition     = var.n > 1
          error_message = "Too small."
        }
      }
      variable "m" { default = 1 }
      output "o" {
        value = 1
        precondition {
          condition     = var.m > 1
          error_message = "No output."
        }
      }
      check "c" {
        assert {
          condition     = var.m > 1
          error_message = "Checked."
        }
      }`)
    expect(lines((await h.plan()).diags)).toEqual([
      'error: Invalid value for variable: Too small.\n\nThis was checked by the validation rule at main.tf:4,9-19.',
      'error: Module output value precondition failed: No output.',
      'warning: Check block assertion failed: Checked.',
    ])
  })
})

test('prevent_destroy shows the plan and refuses it', async () => {
  const text = (zone: string) => `resource "test_thing" "a" {
    zone = "${zone}"
    lifecycle { prevent_destroy = true }
  }`
  const h = new Harness().config(text('1'))
  await h.apply()
  h.config(text('2'))
  const planned = await h.plan()
  expect(planned.actions).toEqual(['deleteThenCreate test_thing.a (replace_because_cannot_update)'])
  expect(lines(planned.diags)[0]).toMatch(/^error: Instance cannot be destroyed: Resource test_thing.a has lifecycle.prevent_destroy set/)
})

test('ignore_changes keeps what is there, of maps single elements', async () => {
  const text = (name: string, tags: string) => `resource "test_thing" "a" {
    name = "${name}"
    tags = ${tags}
    lifecycle { ignore_changes = [name, tags["x"]] }
  }`
  const h = new Harness().config(text('a', '{ x = "1", y = "1" }'))
  await h.apply()
  h.config(text('b', '{ x = "2", y = "1" }'))
  expect((await h.plan()).actions).toEqual([])
  h.config(text('b', '{ y = "2" }'))
  const planned = await h.plan()
  expect(planned.actions).toEqual(['update test_thing.a'])
  expect([...planned.plan.changes[0]!.after.getAttr('tags').asMap()].map(([k, v]) => `${k}=${v.asString()}`)).toEqual(['x=1', 'y=2'])
})

test('a provider is configured with what other resources give', async () => {
  const h = new Harness().config(`
    resource "terraform_data" "region" { input = "north" }
    provider "test" { region = terraform_data.region.output }
    resource "test_thing" "a" {}`)
  await h.apply()
  expect(h.world.calls.filter((c) => c.startsWith('configure'))).toEqual(['configure ', 'configure north'])
  expect(tryInstance(h.state, thing('a'))?.current?.dependencies).toEqual(['terraform_data.region'])
  expect(await h.apply({ mode: 'destroy' })).toEqual([])
  expect(h.state.resources.size).toBe(0)
})

describe('connections', () => {
  test('of a provisioner are those of its resource with its own arguments over them', async () => {
    const schema: BlockSchema = { attributes: { command: { type: stringType, required: true } }, blockTypes: {} }
    const seen: string[] = []
    const h = new Harness().config(`
      resource "test_thing" "a" {
        name = "x"
        connection {
          host = self.name
          user = "root"
        }
        provisioner "run" { command = "one" }
        provisioner "run" {
          command = "two"
          connection { user = "me" }
        }
      }`)
    h.extra = {
      provisioners: {
        schemaOf: (type) => (type === 'run' ? schema : undefined),
        connection: connectionSchema,
        run: async (_type, config, _output, _stop, connection) => {
          seen.push(
            `${config.getAttr('command').asString()} ${connection!.getAttr('user').asString()}@${connection!.getAttr('host').asString()}`,
          )
          return []
        },
      },
    }
    expect(await h.apply()).toEqual([])
    expect(seen).toEqual(['one root@x', 'two me@x'])
    h.config('resource "test_thing" "b" {\nconnection {\nhst = "x"\n}\nprovisioner "run" { command = "x" }\n}')
    expect(await h.validate()).toEqual([
      'error: Missing required argument: The argument "host" is required, but no definition was found.',
      'error: Unsupported argument: An argument named "hst" is not expected here. Did you mean "host"?',
    ])
  })
})
