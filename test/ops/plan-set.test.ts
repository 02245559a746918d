import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  listVal,
  nullVal,
  numberVal,
  objectVal,
  refineNotNull,
  SENSITIVE,
  setVal,
  stringType,
  stringVal,
  tupleVal,
  unknownVal,
  type Value,
} from '../../src/cty/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { firstDifference, orderStacks, planStacks, refines, stateIdentity } from '../../src/ops/plan-set/index.ts'
import type { PlanFile } from '../../src/plans/planfile/index.ts'
import { checkRandomStacks } from './_random-stacks.ts'
import { type StackSource, StackWorld, texts } from './_stacks.ts'

let world: StackWorld
beforeEach(() => {
  world = new StackWorld()
})
afterEach(() => world.remove())

const text = stringVal
const unknown = unknownVal(stringType)

describe('refining', () => {
  test.each<[string, Value, Value, boolean]>([
    ['the same', text('a'), text('a'), true],
    ['another', text('a'), text('b'), false],
    ['unknown becomes known', unknown, text('a'), true],
    ['unknown stays', unknown, unknown, true],
    ['known becomes unknown', text('a'), unknown, false],
    ['unknown becomes null', unknown, nullVal(stringType), true],
    ['not null becomes null', refineNotNull(unknown), nullVal(stringType), false],
    ['null becomes a value', nullVal(stringType), text('a'), false],
    ['marks do not count', text('a').mark(SENSITIVE), text('a'), true],
    ['nor on unknown ones', unknown.mark(SENSITIVE), text('a').mark(SENSITIVE), true],
    ['within an object', objectVal({ a: text('x'), b: unknown }), objectVal({ a: text('x'), b: text('y') }), true],
    ['a member changes', objectVal({ a: text('x'), b: unknown }), objectVal({ a: text('z'), b: text('y') }), false],
    ['a member more', objectVal({ a: text('x') }), objectVal({ a: text('x'), b: text('y') }), false],
    ['a list by position', listVal([text('a'), unknown]), listVal([text('a'), text('b')]), true],
    ['another position', listVal([text('a'), unknown]), listVal([text('b'), text('a')]), false],
    ['another length', tupleVal([text('a')]), tupleVal([text('a'), text('b')]), false],
    ['a set without order', setVal([text('a'), text('b')]), setVal([text('b'), text('a')]), true],
    ['a set with an unknown', setVal([text('a'), unknown]), setVal([text('0'), text('a')]), true],
    ['unknowns become equal', setVal([text('a'), unknown]), setVal([text('a')]), true],
    ['two for one unknown', setVal([text('a'), unknown]), setVal([text('a'), text('b'), text('c')]), false],
    ['a known element is missing', setVal([text('a'), unknown]), setVal([text('b'), text('c')]), false],
    [
      'objects in a set',
      setVal([objectVal({ k: text('a'), v: unknown }), objectVal({ k: text('b'), v: unknown })]),
      setVal([objectVal({ k: text('b'), v: text('1') }), objectVal({ k: text('a'), v: text('2') })]),
      true,
    ],
    [
      'objects in a set that are others',
      setVal([objectVal({ k: text('a'), v: unknown })]),
      setVal([objectVal({ k: text('c'), v: text('1') })]),
      false,
    ],
    ['another kind', text('1'), numberVal(1), false],
  ])('%s', (_name, reviewed, actual, want) => {
    expect(refines(reviewed, actual)).toBe(want)
  })

  test('says where', () => {
    expect(firstDifference(objectVal({ a: objectVal({ b: text('x') }) }), objectVal({ a: objectVal({ b: text('y') }) }))).toEqual([
      { kind: 'attribute', name: 'a' },
      { kind: 'attribute', name: 'b' },
    ])
  })
})

describe('order', () => {
  const node = (name: string, reads: readonly string[] = []) => ({ name, state: `local:/${name}`, reads: reads.map((r) => `local:/${r}`) })
  test('those that are read come first, otherwise as given', () => {
    const order = orderStacks([node('c', ['a', 'b', 'elsewhere']), node('a', ['b']), node('b'), node('d')], new Diagnostics())!
    expect(order.names).toEqual(['b', 'a', 'c', 'd'])
    expect(order.upstream.get('c')).toEqual(['a', 'b'])
  })
  test('none can come first', () => {
    const diags = new Diagnostics()
    expect(orderStacks([node('a', ['b']), node('b', ['c']), node('c', ['b'])], diags)).toBeUndefined()
    expect(diags.items[0]).toMatchObject({ summary: 'Stacks depend on each other', detail: expect.stringContaining('b reads c reads b') })
  })
  test.each([
    ['s3', { bucket: 'b', key: 'k', region: 'x' }, 'default', 's3:b/k'],
    ['s3', { bucket: 'b', key: 'k' }, 'w', 's3:b/env:/w/k'],
    ['local', { path: '/a/../b' }, '', 'local:/b'],
    ['http', { address: 'x', password: null }, 'default', 'http:[["address","x"]]:'],
  ])('the state of %s %j %s', (backend, config, workspace, want) => {
    expect(stateIdentity(backend, config, workspace)).toBe(want)
  })
})

/** Four stacks, each of which reads the one before it. */
function chain(values: Readonly<Record<string, string>> = {}): readonly StackSource[] {
  const names = ['network', 'cluster', 'service', 'monitors']
  return names.map((name, i) => ({
    name,
    json: {
      terraform: { backend: { local: { path: world.statePath(name) } } },
      ...(i === 0
        ? {}
        : { data: { terraform_remote_state: { up: { backend: 'local', config: { path: world.statePath(names[i - 1]!) } } } } }),
      resource: {
        terraform_data: {
          it: { input: { name: values[name] ?? name, from: i === 0 ? 'nothing' : '${data.terraform_remote_state.up.outputs.id}' } },
        },
      },
      output: { id: { value: '${terraform_data.it.id}' }, name: { value: values[name] ?? name } },
    },
  }))
}

/** With its state, and those that it reads, encrypted by one pass phrase. */
function encrypted(json: object): object {
  const { terraform } = json as { readonly terraform: object }
  const encryption = {
    key_provider: { pbkdf2: { key: { passphrase: 'correct-horse-battery-staple', iterations: 200_000 } } },
    method: { aes_gcm: { gcm: { keys: '${key_provider.pbkdf2.key}' } } },
    state: { method: '${method.aes_gcm.gcm}' },
    remote_state_data_sources: { default: { method: '${method.aes_gcm.gcm}' } },
  }
  return { ...json, terraform: { ...terraform, encryption } }
}

async function planAll(sources: readonly StackSource[]) {
  const outcomes = await world.plan(sources)
  const saved = new Map<string, PlanFile>()
  for (const source of sources) saved.set(source.name, await world.save(source, outcomes.get(source.name)!))
  return saved
}

describe('four chained stacks', () => {
  test('one plan shows all creations; apply converges', async () => {
    const sources = chain()
    const saved = await planAll(sources)
    expect([...saved.values()].flatMap(({ plan }) => plan.changes.filter((c) => c.action === 'create'))).toHaveLength(4)
    for (const source of sources) {
      const { ok, diags, done } = await world.apply(source, saved.get(source.name)!)
      expect([ok, texts(diags)]).toEqual([true, ''])
      expect(done).toHaveLength(1)
    }
    for (const outcome of (await world.plan(sources)).values()) {
      expect(outcome.kind === 'planned' && outcome.plan.changes.every((c) => c.action === 'noop')).toBe(true)
    }
  })

  test('a known output is known downstream before it is applied', async () => {
    const sources = chain()
    const outcome = (await world.plan(sources)).get('cluster')!
    if (outcome.kind !== 'planned') throw new Error('not planned')
    const input = outcome.plan.changes.find((c) => c.address.resource.name === 'it')!.after.getAttr('input')
    expect(input.getAttr('name').asString()).toBe('cluster')
    expect(input.getAttr('from').isKnown).toBe(false)
    const read = outcome.plan.changes.find((c) => c.action === 'read')!
    expect(read.after.getAttr('outputs').getAttr('name').asString()).toBe('network')
  })

  test('an upstream value that is changed between plan and apply is caught', async () => {
    const sources = chain()
    const first = await planAll(sources)
    for (const source of sources) await world.apply(source, first.get(source.name)!)
    const saved = await planAll(chain({ service: 'renamed' }))
    // Somebody puts another cluster in its place.
    const state = readFileSync(world.statePath('cluster'), 'utf8')
    writeFileSync(world.statePath('cluster'), state.replace(/("id": \{\s*"value": ")[^"]*/, '$1another'))
    const { ok, diags, done, differences } = await world.apply(chain({ service: 'renamed' })[2]!, saved.get('service')!)
    expect(ok).toBe(false)
    expect(done).toEqual([])
    expect(differences).toEqual([{ address: 'terraform_data.it', what: 'gets another value than was reviewed: input.from' }])
    expect(texts(diags)).toContain('The plan is not the reviewed one any more')
    // Told so, one may say yes.
    expect(await world.apply(chain({ service: 'renamed' })[2]!, saved.get('service')!, { accept: true })).toMatchObject({ ok: true })
  })

  test('states that are encrypted are read as the stack that reads them says', async () => {
    const sources = chain().map((source): StackSource => ({ ...source, json: encrypted(source.json) }))
    for (const source of sources) {
      const saved = await planAll(sources)
      const { ok, diags } = await world.apply(source, saved.get(source.name)!)
      expect([ok, texts(diags)]).toEqual([true, ''])
    }
    expect(readFileSync(world.statePath('network'), 'utf8')).toContain('"encrypted_data"')
    // Nothing is pending any more: what was read is held against the states as they are.
    const saved = await planAll(chain({ service: 'renamed' }).map((source): StackSource => ({ ...source, json: encrypted(source.json) })))
    const service = { ...sources[2]!, json: encrypted(chain({ service: 'renamed' })[2]!.json) }
    const { ok, diags, differences } = await world.apply(service, saved.get('service')!)
    expect([ok, texts(diags), differences]).toEqual([true, '', []])
  })

  test('a state that somebody else has changed is caught', async () => {
    const sources = chain()
    const first = await planAll(sources)
    for (const source of sources) await world.apply(source, first.get(source.name)!)
    const saved = await planAll(chain({ network: 'mine' }))
    const others = await planAll(chain({ network: 'theirs' }))
    expect((await world.apply(chain({ network: 'theirs' })[0]!, others.get('network')!)).ok).toBe(true)
    const { ok, diags } = await world.apply(sources[0]!, saved.get('network')!)
    expect(ok).toBe(false)
    expect(texts(diags)).toContain('Saved plan is stale')
    // Also where there was none when it was planned.
    expect(texts((await world.apply(sources[0]!, first.get('network')!)).diags)).toContain('Saved plan is stale')
  })

  test('stacks that do not read each other are planned side by side, others after those they read', async () => {
    const [network, cluster] = chain()
    const alone = { ...chain()[0]!, name: 'alone' }
    const sources = [
      network!,
      { ...alone, json: { ...alone.json, terraform: { backend: { local: { path: world.statePath('alone') } } } } },
      cluster!,
    ]
    const log: string[] = []
    let waiting = 0
    let release = (): void => {}
    const bothBegun = new Promise<void>((resolve) => {
      release = resolve
    })
    const stacks = new Map(
      sources.map((source) => {
        const stack = world.open(source)
        const read = stack.manager.read.bind(stack.manager)
        stack.manager.read = async () => {
          log.push(`begin ${source.name}`)
          // One after the other they would never get on.
          if (source.name !== 'cluster') {
            if (++waiting === 2) release()
            await bothBegun
          }
          return read()
        }
        return [source.name, stack] as const
      }),
    )
    const outcomes = await planStacks(stacks, world.order(sources), {
      ...{ refresh: true, parallelism: 10, stop: new AbortController().signal },
      onDone: async (stack) => void log.push(`end ${stack.id.environment}`),
    })
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(['planned', 'planned', 'planned'])
    expect(log.slice(0, 2).sort()).toEqual(['begin alone', 'begin network'])
    expect(log.indexOf('begin cluster')).toBeGreaterThan(log.indexOf('end network'))
  })

  test('a failed upstream stack keeps the others from being planned, and says so', async () => {
    const sources = chain().map((source) =>
      source.name === 'cluster'
        ? { ...source, json: { ...source.json, output: { id: { value: '${terraform_data.missing.id}' } } } }
        : source,
    )
    const outcomes = await world.plan(sources)
    expect([...outcomes].map(([name, { kind }]) => [name, kind])).toEqual([
      ['network', 'planned'],
      ['cluster', 'failed'],
      ['service', 'skipped'],
      ['monitors', 'skipped'],
    ])
  })
})

test('random stacks, changed, tampered with and interrupted: nothing unreviewed is ever applied, and what was reviewed is', {
  timeout: 120_000,
}, async () => {
  const { applied, rederived } = await checkRandomStacks(6)
  expect(applied).toBeGreaterThan(0)
  expect(rederived).toBeGreaterThan(0)
})
