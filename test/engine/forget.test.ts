import { describe, expect, test } from 'vitest'
import { absResourceInstanceToString, parseAbsResourceInstance } from '../../src/addrs/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { type State, StateBuilder, skipsDestroy, withSkipDestroy } from '../../src/states/index.ts'
import { Harness } from '../support/harness.ts'

/** `name = "b"`, with whether it may be destroyed. */
const one = (more: string, name = 'a', zone = 'x'): string =>
  `resource "test_thing" "a" {\nname = "${name}"\nzone = "${zone}"\nlifecycle {\n${more}\n}\n}`

/** The state as if objects had been written with this. */
function remembering(state: State, skips: Readonly<Record<string, boolean>>): State {
  const builder = new StateBuilder(state)
  for (const [text, skip] of Object.entries(skips)) {
    const address = parseAbsResourceInstance(text, new Diagnostics())!
    const current = builder.tryInstance(address)!.current!
    const provider = builder.tryResource(address)!.provider
    builder.setInstance(address, provider, { ...current, extra: withSkipDestroy(current.extra, skip) })
  }
  return builder.snapshot()
}

function remembered(state: State): string[] {
  const found: string[] = []
  for (const resource of state.resources.values())
    for (const instance of resource.instances.values())
      if (instance.current !== undefined && skipsDestroy(instance.current))
        found.push(absResourceInstanceToString({ ...resource.address, key: instance.key }))
  return found
}

describe('lifecycle.destroy = false', () => {
  test('is remembered with the object, and forgotten with the argument', async () => {
    const h = new Harness().config(one('destroy = false'))
    await h.apply()
    expect(remembered(h.state)).toEqual(['test_thing.a'])
    h.config(one('destroy = true', 'b'))
    await h.apply()
    expect(remembered(h.state)).toEqual([])
    h.config(one('destroy = false', 'b'))
    expect((await h.plan({ refresh: false })).actions).toEqual([])
    await h.apply()
    expect(remembered(h.state)).toEqual(['test_thing.a'])
  })

  test('a replacement forgets the old object before the new one is made, whatever the order and the protection', async () => {
    for (const more of ['', 'create_before_destroy = true', 'prevent_destroy = true']) {
      const h = new Harness().config(one('destroy = false'))
      await h.apply()
      h.config(one(`destroy = false\n${more}`, 'a', 'y'))
      expect((await h.plan()).actions).toEqual(['forgetThenCreate test_thing.a (replace_because_cannot_update)'])
      h.world.calls.length = 0
      expect(await h.apply()).toEqual([])
      expect(h.world.calls.filter((c) => /^(create|delete)/.test(c))).toEqual(['create a'])
      expect([...h.world.things.keys()]).toEqual(['id-1', 'id-2'])
      expect((await h.plan()).actions).toEqual([])
    }
  })

  test('a replacement that fails leaves nothing of the old object', async () => {
    const h = new Harness().config(one('destroy = false'))
    await h.apply()
    h.config(`resource "test_thing" "a" {\nname = "a"\nzone = "y"\nfail = "create"\nlifecycle {\ndestroy = false\n}\n}`)
    expect(await h.apply()).toEqual([expect.stringContaining('create failed')])
    expect(h.state.resources.size).toBe(0)
    expect([...h.world.things.keys()]).toEqual(['id-1'])
  })

  test('an object remembered so is replaced as the configuration says', async () => {
    const h = new Harness().config(one('destroy = false'))
    await h.apply()
    h.config(one('destroy = true', 'a', 'y'))
    expect((await h.plan()).actions).toEqual(['deleteThenCreate test_thing.a (replace_because_cannot_update)'])
  })

  /** What becomes of `test_thing.a[1]`, or of `test_thing.a` where that is not repeated. */
  const counted = (destroy: boolean): string => `resource "test_thing" "a" {\ncount = 1\nlifecycle {\ndestroy = ${destroy}\n}\n}`
  const rows: readonly [what: string, config: string, remembered: boolean, want: 'forget' | 'delete', mode?: 'destroy'][] = [
    ['everything goes, the configuration protects', counted(false), false, 'forget', 'destroy'],
    ['everything goes, only the state protects', counted(true), true, 'delete', 'destroy'],
    ['fewer instances, the configuration protects', counted(false), false, 'forget'],
    ['fewer instances, the state protects', counted(true), true, 'forget'],
    ['fewer instances, nothing protects', counted(true), false, 'delete'],
    ['no configuration, the state protects', '', true, 'forget'],
    ['no configuration, nothing protects', '', false, 'delete'],
    ['no configuration and everything goes, the state protects', '', true, 'forget', 'destroy'],
    ['removed, to be destroyed', 'removed {\nfrom = test_thing.a\nlifecycle {\ndestroy = true\n}\n}', true, 'delete'],
    ['removed, to be kept', 'removed {\nfrom = test_thing.a\nlifecycle {\ndestroy = false\n}\n}', false, 'forget'],
  ]
  test.each(rows)('%s', async (_, config, isRemembered, want, mode) => {
    const h = new Harness().config('resource "test_thing" "a" {\ncount = 2\n}')
    await h.apply()
    h.state = remembering(h.state, { 'test_thing.a[0]': isRemembered, 'test_thing.a[1]': isRemembered })
    h.config(config)
    const { actions } = await h.plan(mode === undefined ? {} : { mode })
    expect(actions.filter((a) => a.includes('test_thing.a[1]')).map((a) => a.split(' ')[0])).toEqual([want])
    await h.apply(mode === undefined ? {} : { mode })
    expect([...h.world.things.keys()].includes('id-2')).toBe(want === 'forget')
  })

  test('what is switched off is forgotten', async () => {
    const h = new Harness().config(one('enabled = true'))
    await h.apply()
    h.config(one('enabled = false\ndestroy = false'))
    expect((await h.plan()).actions).toEqual(['forget test_thing.a (delete_because_enabled_false)'])
  })

  test('what was put aside is kept when either says so', async () => {
    for (const [destroy, skips, want] of [
      [true, true, 'forget'],
      [false, false, 'forget'],
      [true, false, 'delete'],
    ] as const) {
      const h = new Harness().config(one(''))
      await h.apply()
      h.state = remembering(h.state, { 'test_thing.a': skips })
      const builder = new StateBuilder(h.state)
      builder.depose(parseAbsResourceInstance('test_thing.a', new Diagnostics())!, '0badcafe')
      h.state = builder.snapshot()
      h.config(one(`destroy = ${destroy}`))
      expect((await h.plan()).actions).toContain(`${want} test_thing.a deposed`)
    }
  })
})
