import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { absResourceInstanceToString } from '../../src/addrs/index.ts'
import { stringType, stringVal } from '../../src/cty/index.ts'
import {
  emptyState,
  moveInstance,
  moveModule,
  moveResource,
  removeInstance,
  type State,
  StateBuilder,
  stateInstances,
  tryInstance,
  withCheckResults,
  withDeposed,
  withInstance,
  withOutputs,
} from '../../src/states/index.ts'
import { cpuMs } from '../support/cpu.ts'
import { instance, nullProvider, object } from './_support.ts'

/** `address[/deposed]=id` of every object. */
function contents(state: State): string[] {
  return [...stateInstances(state)].map(
    ([a, d, o]) => `${absResourceInstanceToString(a)}${d === undefined ? '' : `/${d}`}=${JSON.parse(String(o.attributesJson)).id}`,
  )
}

describe('functions', () => {
  const one = withInstance(emptyState, instance('a', 0), nullProvider, object('1'))

  test('do not change what they were given', () => {
    const two = withInstance(one, instance('a', 1), nullProvider, object('2'))
    expect(contents(one)).toEqual(['null_resource.a[0]=1'])
    expect(contents(two)).toEqual(['null_resource.a[0]=1', 'null_resource.a[1]=2'])
    expect(contents(emptyState)).toEqual([])
  })

  test('a resource without instances is left out', () => {
    expect(withInstance(one, instance('a', 0), nullProvider, undefined).resources.size).toBe(0)
    expect(removeInstance(one, instance('a', 0)).resources.size).toBe(0)
  })

  test('a deposed object keeps its instance', () => {
    const both = withDeposed(one, instance('a', 0), '00000001', nullProvider, object('old'))
    const left = withInstance(both, instance('a', 0), nullProvider, undefined)
    expect(contents(left)).toEqual(['null_resource.a[0]/00000001=old'])
    expect(contents(withDeposed(left, instance('a', 0), '00000001', nullProvider, undefined))).toEqual([])
  })

  test('keys 0 and "0" differ', () => {
    expect(tryInstance(withInstance(one, instance('a', '0'), nullProvider, object('s')), instance('a', '0'))?.current).toEqual(object('s'))
    expect(tryInstance(one, instance('a', '0'))).toBeUndefined()
  })

  test('moves', () => {
    const state = withInstance(
      withInstance(one, instance('a', 1), nullProvider, object('2')),
      instance('x', undefined, 'm', 'n'),
      nullProvider,
      object('3'),
    )
    expect(contents(moveInstance(state, instance('a', 0), instance('b', 'k')))).toEqual([
      'null_resource.a[1]=2',
      'null_resource.b["k"]=1',
      'module.m.module.n.null_resource.x=3',
    ])
    expect(contents(moveInstance(state, instance('a', 0), instance('a', 1)))).toEqual(contents(state))
    expect(contents(moveResource(state, instance('a'), instance('c', undefined, 'q')))).toEqual([
      'module.m.module.n.null_resource.x=3',
      'module.q.null_resource.c[0]=1',
      'module.q.null_resource.c[1]=2',
    ])
    expect(contents(moveModule(state, [{ name: 'm', key: undefined }], [{ name: 'p', key: 1 }]))).toEqual([
      'null_resource.a[0]=1',
      'null_resource.a[1]=2',
      'module.p[1].module.n.null_resource.x=3',
    ])
    expect(contents(moveModule(state, [{ name: 'zz', key: undefined }], []))).toEqual(contents(state))
  })

  test('outputs and check results', () => {
    const outputs = new Map([['o', { value: stringVal('v'), type: stringType, sensitive: true }]])
    const results = [{ objectKind: 'check', configAddr: 'check.c', status: 'pass', objects: [] }] as const
    const state = withCheckResults(withOutputs(one, outputs), results)
    expect([state.outputs, state.checkResults, contents(state)]).toEqual([outputs, results, contents(one)])
  })
})

describe('StateBuilder', () => {
  test('depose and restore', () => {
    const builder = new StateBuilder()
    expect(builder.depose(instance('a'))).toBeUndefined()
    builder.setInstance(instance('a'), nullProvider, object('old'))
    const key = builder.depose(instance('a'))!
    expect(key).toMatch(/^[0-9a-f]{8}$/)
    expect(contents(builder.snapshot())).toEqual([`null_resource.a/${key}=old`])
    expect(builder.restoreDeposed(instance('a'), key)).toBe(true)
    expect(contents(builder.snapshot())).toEqual(['null_resource.a=old'])
    builder.depose(instance('a'), '0badcafe')
    builder.setInstance(instance('a'), nullProvider, object('new'))
    expect(builder.restoreDeposed(instance('a'), '0badcafe')).toBe(false)
    expect(contents(builder.snapshot())).toEqual(['null_resource.a=new', 'null_resource.a/0badcafe=old'])
  })

  test('snapshots stay what they were, whenever they are looked at', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b'),
      key: fc.nat(3),
      id: fc.option(fc.string({ maxLength: 2, unit: 'grapheme-ascii' }).filter((s) => !/["\\]/.test(s))),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const builder = new StateBuilder()
        const snapshots: State[] = []
        const model: string[][] = []
        const map = new Map<string, string>()
        for (const { name, key, id } of steps) {
          builder.setInstance(instance(name, key), nullProvider, id === null ? undefined : object(id))
          if (id === null) map.delete(`null_resource.${name}[${key}]`)
          else map.set(`null_resource.${name}[${key}]`, id)
          snapshots.push(builder.snapshot())
          model.push([...map].map(([a, i]) => `${a}=${i}`).sort())
        }
        expect(snapshots.map((s) => contents(s).sort())).toEqual(model)
      }),
    )
  })

  test('ten thousand updates, each with a snapshot, take linear time', () => {
    const builder = new StateBuilder()
    const start = cpuMs()
    let last: State = emptyState
    for (let i = 0; i < 10_000; i++) {
      builder.setInstance(instance('a', i), nullProvider, object(`${i}`))
      last = builder.snapshot()
    }
    expect(last.resources.get('null_resource.a')?.instances.size).toBe(10_000)
    expect(cpuMs() - start).toBeLessThan(1000)
  })
})
