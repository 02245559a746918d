import { describe, expect, test } from 'vitest'
import { terraformProvider, terraformProviderSchema } from '../../src/builtin/terraform/index.ts'
import { numberVal, objectVal, stringVal, type Value } from '../../src/cty/index.ts'
import type { Diagnostic } from '../../src/diags/index.ts'
import { apply, giveUpPendingCalls, validate } from '../../src/engine/index.ts'
import type { Provider } from '../../src/providers/index.ts'
import { Harness } from '../support/harness.ts'
import { testProvider, testProviderSchema } from '../support/test-provider.ts'

/** What a call does instead of answering. */
const misdeeds: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new TypeError('out of order')
  },
  rejects: () => Promise.reject(new Error('out of order')),
  'rejects with a text': () => Promise.reject('out of order'),
  'rejects with nothing': () => Promise.reject(undefined),
  'rejects with what cannot be shown': () => {
    const loop: Record<string, unknown> = {}
    loop.self = loop
    return Promise.reject(loop)
  },
  'answers nothing': () => undefined,
  'answers null': () => Promise.resolve(null),
  'answers without diagnostics': () => Promise.resolve({}),
  'answers with odd diagnostics': () => ({ diags: [{ severity: 'fatal' }] }),
  'answers something else': () => Promise.resolve({ diags: [], value: 1, newState: 'x', planned: {}, imported: {}, renewAt: 'soon' }),
  // biome-ignore lint/suspicious/noThenProperty: that is the point
  'answers like a promise': () => ({ then: (_: unknown, fail: (e: unknown) => void) => fail(new Error('out of order')) }),
  'has no such method': undefined as never,
}

/** The harness with a provider whose call named so does something else where `when` holds of the request. */
function failing(call: keyof Provider, misdeed: (() => unknown) | undefined, when: (request: never) => boolean = () => true): Harness {
  const h = new Harness()
  h.extra = {
    providers: {
      open: (source) => {
        if (source.type === 'terraform') return terraformProvider()
        const provider = testProvider(h.world)
        const original = provider[call] as (request: never) => unknown
        const replaced = misdeed === undefined ? undefined : (request: never) => (when(request) ? misdeed() : original(request))
        return { ...provider, [call]: replaced }
      },
      schemaOf: (source) => (source.type === 'terraform' ? terraformProviderSchema : testProviderSchema),
    },
  }
  return h
}

const source = '"registry.terraform.io/hashicorp/test"'

/** `SUMMARY of ADDRESS: DETAIL`, without what is said of whose fault it is. */
function told(diags: readonly Diagnostic[]): string[] {
  return diags.map(({ summary, detail, address }) => {
    expect(detail).not.toContain('Landform')
    return `${summary} of ${address}: ${detail.split('\n\nThis is a bug in the provider')[0]!.replace(/\s+/g, ' ')}`
  })
}

const two = 'resource "test_thing" "bad" { name = "bad" }\nresource "test_thing" "good" { name = "good" }'
const isBad = ({ config, proposed, planned, prior }: Record<string, import('../../src/cty/index.ts').Value>): boolean =>
  [config, proposed, planned, prior].some((v) => v?.hasContent && v.getAttr('name').hasContent && v.getAttr('name').asString() === 'bad')

describe('a call that does not answer is an error of its object', () => {
  const expected: Readonly<Record<string, string>> = {
    throws: 'failed in its planResourceChange call: TypeError: out of order',
    rejects: 'failed in its planResourceChange call: Error: out of order',
    'rejects with a text': 'failed in its planResourceChange call: out of order',
    'rejects with nothing': 'failed in its planResourceChange call: undefined',
    'rejects with what cannot be shown': 'failed in its planResourceChange call: what it has thrown cannot be shown',
    'answers nothing': 'answered the planResourceChange call with undefined instead of an object.',
    'answers null': 'answered the planResourceChange call with null instead of an object.',
    'answers without diagnostics': 'answered the planResourceChange call with invalid diags.',
    'answers with odd diagnostics': 'answered the planResourceChange call with invalid diags.',
    'answers something else': 'answered the planResourceChange call with an invalid value of "planned".',
    'answers like a promise': 'failed in its planResourceChange call: Error: out of order',
  }
  test.each(Object.keys(expected))('%s', async (name) => {
    const h = failing('planResourceChange', misdeeds[name], isBad as never).config(two)
    const { diags, plan } = await h.plan()
    expect(told(diags)).toEqual([`Provider failed of test_thing.bad: The provider ${source} ${expected[name]}`])
    expect(plan.changes.map((c) => c.address.resource.name)).toEqual(['good'])
  })

  test('there is no such call', async () => {
    const { diags } = await failing('readDataSource', undefined).config('data "test_lookup" "a" { id = "x" }').plan()
    expect(told(diags)).toEqual([`Provider failed of data.test_lookup.a: The provider ${source} has no readDataSource call.`])
  })

  test.each<[keyof Provider, string, string]>([
    ['validateProviderConfig', 'provider "test" {}\nresource "test_thing" "a" {}', 'provider["registry.terraform.io/hashicorp/test"]'],
    ['configure', 'resource "test_thing" "a" {}', 'provider["registry.terraform.io/hashicorp/test"]'],
    ['validateResourceConfig', 'resource "test_thing" "a" {}', 'test_thing.a'],
    ['validateDataConfig', 'data "test_lookup" "a" { id = "x" }', 'data.test_lookup.a'],
    ['readDataSource', 'data "test_lookup" "a" { id = "x" }', 'data.test_lookup.a'],
    ['validateEphemeralConfig', 'ephemeral "test_token" "a" { name = "x" }', 'ephemeral.test_token.a'],
    ['openEphemeralResource', 'ephemeral "test_token" "a" { name = "x" }', 'ephemeral.test_token.a'],
    ['closeEphemeralResource', 'ephemeral "test_token" "a" { name = "x" }', 'ephemeral.test_token.a'],
    ['importResourceState', 'import {\nto = test_thing.a\nid = "x"\n}\nresource "test_thing" "a" {}', 'test_thing.a'],
  ])('%s', async (call, config, address) => {
    for (const name of ['throws', 'rejects', 'answers something else', 'answers null']) {
      const h = failing(call, misdeeds[name]).config(`${config}\nresource "terraform_data" "other" {}`)
      const { diags } = await h.plan()
      if (name === 'answers something else' && /validate|configure|close/.test(call)) expect(told(diags)).toEqual([])
      else expect(told(diags)).toEqual([expect.stringContaining(`Provider failed of ${address}: The provider ${source}`)])
    }
  })

  test.each<keyof Provider>(['upgradeResourceState', 'readResource'])('%s', async (call) => {
    const good = new Harness().config(two)
    await good.apply()
    for (const name of ['throws', 'rejects', 'answers something else']) {
      const h = failing(call, misdeeds[name]).config(two)
      h.state = good.state
      expect(told((await h.plan()).diags)).toEqual([
        expect.stringContaining(`Provider failed of test_thing.bad: The provider ${source}`),
        expect.stringContaining(`Provider failed of test_thing.good: The provider ${source}`),
      ])
    }
  })

  test('functions say so where they are called', async () => {
    const config = `terraform {\nrequired_providers {\ntest = { source = "hashicorp/test" }\n}\n}\noutput "a" { value = provider::test::shout("hush-hush") }`
    const throwing = failing('callFunction', () => {
      throw new Error('no hush-hush today')
    }).config(config)
    const [diagnostic] = (await throwing.plan()).diags
    expect(diagnostic!.summary).toBe('Error in function call')
    expect(diagnostic!.detail).toContain('Error: no (value) today')
    const odd = failing('callFunction', () => ({ result: 'x' })).config(config)
    expect((await odd.plan()).diags[0]!.detail).toContain('answered the callFunction call with an invalid value of "result"')
  })

  test('validating', async () => {
    const h = failing('validateResourceConfig', misdeeds.rejects, isBad as never).config(two)
    expect(told((await validate(h.input())).diags)).toEqual([
      `Provider failed of test_thing.bad: The provider ${source} failed in its validateResourceConfig call: Error: out of order`,
    ])
  })

  test('starting', async () => {
    for (const part of ['open', 'schemaOf'] as const) {
      const h = new Harness().config(two)
      h.extra = { providers: { ...h.input().providers, [part]: () => Promise.reject(new Error('out of order')) } }
      expect(told((await h.plan()).diags)).toEqual([
        `Failed to instantiate provider of undefined: The provider ${source} could not be started: Error: out of order`,
      ])
    }
  })

  test('stopping and closing are advice', async () => {
    for (const call of ['stop', 'close'] as const) {
      for (const name of ['throws', 'rejects', 'answers nothing']) {
        const h = failing(call, misdeeds[name]).config(two)
        const stop = new AbortController()
        h.extra = { ...h.extra, stop: stop.signal }
        const planned = await h.plan()
        expect(planned.diags).toEqual([])
        const applying = apply({ ...h.input(), plan: planned.plan })
        stop.abort()
        expect((await applying).diags.map((d) => d.summary)).toEqual(['execution halted'])
      }
    }
  })
})

describe('applying', () => {
  const dependent = `${two}\nresource "test_thing" "after" { name = test_thing.bad.id }`

  test.each(['throws', 'rejects', 'answers null', 'answers something else'])(
    'a creation that %s leaves nothing behind, and others go on',
    async (name) => {
      const h = failing('applyResourceChange', misdeeds[name], isBad as never).config(dependent)
      const lines = await h.apply()
      expect(lines).toEqual([expect.stringContaining('error: Provider failed: ')])
      expect([...h.state.resources.keys()]).toEqual(['test_thing.good'])
    },
  )

  test('an infinite number is an error, and the object is kept without it', async () => {
    const infinite = async (request: { readonly planned: Value }) => {
      const input = objectVal({ n: numberVal(Number.POSITIVE_INFINITY) })
      return {
        newState: objectVal({ ...Object.fromEntries(request.planned.asMap()), id: stringVal('x'), output: input }),
        private: undefined,
        diags: [],
      }
    }
    const h = new Harness().config('resource "terraform_data" "a" { input = { n = 1 } }')
    h.extra = {
      providers: {
        open: () => ({ ...terraformProvider(), applyResourceChange: infinite }),
        schemaOf: () => terraformProviderSchema,
      },
    }
    expect(await h.apply()).toEqual([expect.stringContaining('gave an infinite number for terraform_data.a')])
    const object = h.state.resources.get('terraform_data.a')!.instances.values().next().value!.current!
    expect([object.status, (JSON.parse(String(object.attributesJson)) as { output: object }).output]).toEqual([
      'tainted',
      { value: { n: null }, type: ['object', { n: 'number' }] },
    ])
  })

  test('an update that fails leaves the object as it was, not tainted', async () => {
    const good = new Harness().config('resource "test_thing" "bad" { name = "bad" }')
    await good.apply()
    const h = failing('applyResourceChange', misdeeds.throws).config('resource "test_thing" "bad" {\nname = "bad"\nsize = "big"\n}')
    h.state = good.state
    for (const [id, thing] of good.world.things) h.world.things.set(id, thing)
    expect(await h.apply()).toHaveLength(1)
    expect(h.state.resources.get('test_thing.bad')).toEqual(good.state.resources.get('test_thing.bad'))
  })

  test('a destruction that fails leaves the object', async () => {
    const good = new Harness().config(two)
    await good.apply()
    const h = failing('applyResourceChange', misdeeds.rejects, isBad as never).config(two)
    h.state = good.state
    for (const [id, thing] of good.world.things) h.world.things.set(id, thing)
    expect(await h.apply({ mode: 'destroy' })).toHaveLength(1)
    expect([...h.state.resources.keys()]).toEqual(['test_thing.bad'])
  })

  test('an answer that never comes is given up when nothing is left to wait for', async () => {
    const h = failing('applyResourceChange', () => new Promise(() => {}), isBad as never).config(dependent)
    const planned = await h.plan()
    const applying = apply({ ...h.input(), plan: planned.plan })
    while (!h.world.calls.includes('create good') || h.world.running > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(giveUpPendingCalls()).toBe(true)
    const { value, diags } = await applying
    expect(told(diags)).toEqual([
      `Provider failed of test_thing.bad: The provider ${source} never answers the applyResourceChange call: it waits for nothing that could still happen.`,
    ])
    expect([...value.resources.keys()]).toEqual(['test_thing.good'])
    expect(giveUpPendingCalls()).toBe(false)
  })
})

describe('what is thrown is told without secrets', () => {
  const rows: readonly [name: string, config: string, call: keyof Provider][] = [
    ['marked', 'variable "s" {\nsensitive = true\n}\nresource "test_thing" "a" { name = var.s }', 'planResourceChange'],
    ['sensitive by schema', 'variable "s" {}\nresource "test_thing" "a" { secret = var.s }', 'planResourceChange'],
    ['write-only', 'variable "s" {\nephemeral = true\n}\nresource "test_thing" "a" { password = var.s }', 'planResourceChange'],
    ['in a data source', 'variable "s" {\nsensitive = true\n}\ndata "test_lookup" "a" { id = var.s }', 'readDataSource'],
    ['in a provider', 'variable "s" {\nsensitive = true\n}\nprovider "test" { region = var.s }\nresource "test_thing" "a" {}', 'configure'],
    [
      'in an ephemeral resource',
      'variable "s" {\nsensitive = true\n}\nephemeral "test_token" "a" { name = var.s }',
      'openEphemeralResource',
    ],
  ]
  test.each(rows)('%s', async (_, config, call) => {
    const secret = 'top "secret" & more'
    const h = failing(call, () => {
      throw new Error(`refused ${secret}, ${JSON.stringify({ secret })} and https://x/?s=${encodeURIComponent(secret)}`)
    })
    h.config(config).set('s', stringVal(secret))
    const [diagnostic] = (await h.plan()).diags
    expect(diagnostic!.detail).toContain(
      'Error: refused (sensitive value), {"secret":"(sensitive value)"} and https://x/?s=(sensitive value)',
    )
  })

  test('when applying and destroying', async () => {
    const config = 'variable "s" {\nsensitive = true\n}\nresource "test_thing" "a" { name = var.s }'
    const secret = 'top secret'
    const fail = (): never => {
      throw new Error(`refused ${secret}`)
    }
    const h = failing('applyResourceChange', fail).config(config).set('s', stringVal(secret))
    expect((await h.apply()).join()).toContain('Error: refused (sensitive value)')
    const good = new Harness().config(config).set('s', stringVal(secret))
    await good.apply()
    h.state = good.state
    for (const [id, thing] of good.world.things) h.world.things.set(id, thing)
    expect((await h.apply({ mode: 'destroy' })).join()).toContain('Error: refused (sensitive value)')
  })

  test('a short one takes the whole text with it', async () => {
    const h = failing('planResourceChange', misdeeds.throws).config('variable "s" {}\nresource "test_thing" "a" { secret = var.s }')
    const [diagnostic] = (await h.set('s', stringVal('ou')).plan()).diags
    expect(diagnostic!.detail).toContain('(a text that may hold a value that is not to be shown)')
    expect(diagnostic!.detail).not.toContain('out of order')
  })
})
