import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DiagnosticError, Diagnostics } from '../../src/diags/index.ts'
import { apply, plan } from '../../src/engine/index.ts'
import { JournaledStateManager, LocalStateManager } from '../../src/statemgr/index.ts'
import { emptyState, readStateFile, type State, stateContentHash, stateInstances, writeStateFile } from '../../src/states/index.ts'
import { StatePersister, withStateSession } from '../../src/workdir/index.ts'
import { Harness } from '../support/harness.ts'

/** One object of a program. `refs` are those before it that it refers to. */
interface Thing {
  readonly name: number
  readonly zone: number
  readonly refs: readonly number[]
  readonly fail: 'create' | 'update' | 'delete' | 'half' | undefined
  readonly createBeforeDestroy: boolean
}

/** What happens to a folder: a program is planned and applied, and killed at the start of this call, if it comes to that. */
interface Step {
  readonly things: readonly Thing[]
  readonly destroy: boolean
  readonly killAt: number
  readonly writeAt: number
}

const thing = fc.record({
  name: fc.integer({ min: 0, max: 5 }),
  zone: fc.integer({ min: 0, max: 1 }),
  refs: fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { maxLength: 2 }),
  fail: fc.constantFrom(undefined, undefined, undefined, undefined, 'create', 'update', 'delete', 'half'),
  createBeforeDestroy: fc.boolean(),
}) as fc.Arbitrary<Thing>
const step: fc.Arbitrary<Step> = fc.record({
  things: fc.uniqueArray(thing, { maxLength: 6, selector: (t) => t.name }),
  destroy: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  killAt: fc.integer({ min: 0, max: 9 }),
  writeAt: fc.integer({ min: 0, max: 6 }),
})

function program(things: readonly Thing[], healthy = false): string {
  const names = new Set(things.map((t) => t.name))
  return things
    .map(({ name, zone, refs, fail, createBeforeDestroy }) => {
      const known = refs.filter((r) => r < name && names.has(r)).map((r) => `test_thing.t${r}.id`)
      return `resource "test_thing" "t${name}" {
        name = "t${name}"
        zone = "${zone}"
        refs = [${known.join(', ')}]
        fail = ${fail === undefined || healthy ? 'null' : `"${fail}"`}
        lifecycle { create_before_destroy = ${createBeforeDestroy} }
      }`
    })
    .join('\n')
}

function open(dir: string): JournaledStateManager {
  const path = join(dir, 'terraform.tfstate')
  return new JournaledStateManager(new LocalStateManager({ path, terraformVersion: '1.11.4' }), { path: `${path}.journal` })
}

/** Ids of all objects in a state, deposed ones too. */
function idsOf(state: State): Set<string> {
  const ids = new Set<string>()
  for (const [, , object] of stateInstances(state)) ids.add((JSON.parse(String(object.attributesJson)) as { id: string }).id)
  return ids
}

const lock = { lock: true, lockTimeoutMs: 0 }

/** Runs one step in `dir`. @returns the folder as a kill has left it: `dir` itself when nothing was killed. */
async function run(h: Harness, { things, destroy, killAt, writeAt }: Step, dir: string, healthy: boolean): Promise<string> {
  let left = dir
  let lost: Set<string> | undefined
  /** What the state has been while it was being recorded, and how far recording had come for sure. */
  const told: string[] = []
  let certain = 0
  let possible: readonly string[] = []
  const diags = new Diagnostics()
  await withStateSession(open(dir), 'test', lock, diags, async ({ manager, file }) => {
    h.state = file?.state ?? emptyState
    h.config(program(things, healthy))
    const input = h.input()
    const planned = (await plan(input, { mode: destroy ? 'destroy' : 'normal' })).value.plan
    // Also where what is there has been turned round: no two operations wait for each other.
    expect(planned.errored).toBe(false)
    const persister = new StatePersister(manager)
    await persister.begin(planned.priorState)
    const hooks = persister.hooks()
    told.push(stateContentHash(planned.priorState))
    let calls = 0
    let updates = 0
    let known = idsOf(planned.priorState)
    h.world.onApply = () => {
      if (healthy || lost !== undefined || calls++ !== killAt) return
      // Whatever is on the disk at this moment is what the next command finds.
      left = mkdtempSync(join(tmpdir(), 'landform-killed-'))
      cpSync(dir, left, { recursive: true, filter: (path) => !path.endsWith('.lock.info') })
      possible = told.slice(certain)
      lost = new Set([...h.world.things.keys()].filter((id) => !known.has(id)))
    }
    const { value } = await apply({
      ...input,
      plan: planned,
      hooks: {
        ...hooks,
        async stateUpdated(state, changes) {
          const at = told.push(stateContentHash(state)) - 1
          await hooks.stateUpdated!(state, changes)
          if (updates++ === writeAt) await persister.flush()
          if (at > certain) {
            certain = at
            known = idsOf(state)
          }
        },
      },
    })
    h.world.onApply = () => {}
    if (left === dir) await persister.finish(value, diags)
    else await persister.finish(value, new Diagnostics())
  })
  expect(diags.items.filter((d) => d.severity === 'error')).toEqual([])
  if (left === dir) return dir
  const state = (await open(left).read())?.state ?? emptyState
  // Everything that had been recorded when it was killed is there, or something later.
  expect(possible).toContain(stateContentHash(state))
  const ids = idsOf(state)
  for (const id of h.world.things.keys()) if (!lost!.has(id) && !ids.has(id)) h.world.things.delete(id)
  rmSync(dir, { recursive: true })
  return left
}

const lifecyclesTimeout = { timeout: process.env.LANDFORM_LONG ? 3_600_000 : 60_000 }
test(
  'random lifecycles: whatever fails and whenever it is killed, the state is valid and holds everything whose call had returned',
  lifecyclesTimeout,
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        let dir = mkdtempSync(join(tmpdir(), 'landform-lifecycle-'))
        const h = new Harness()
        for (const s of steps) {
          dir = await run(h, s, dir, false)
          const file = await open(dir).read()
          if (file === undefined) continue
          const text = writeStateFile(file)
          const again = readStateFile(text)
          expect(again.diags).toEqual([])
          expect(writeStateFile(again.value!)).toBe(text)
          for (const { instances } of file.state.resources.values())
            for (const { current, deposed } of instances.values()) expect(current !== undefined || deposed.size > 0).toBe(true)
        }
        // A run that nothing happens to brings all of it into line, and leaves nothing of its own behind.
        const last = { ...steps.at(-1)!, destroy: false }
        dir = await run(h, last, dir, true)
        dir = await run(h, last, dir, true)
        expect(existsSync(join(dir, 'terraform.tfstate.journal'))).toBe(false)
        const final = await open(dir).read()
        // What refuses to go keeps back what needs it gone.
        const refuses = [...stateInstances(final?.state ?? emptyState)].some(([, , object]) =>
          String(object.attributesJson).includes('"fail":"delete"'),
        )
        if (!refuses)
          expect([...(final?.state ?? emptyState).resources.keys()].sort()).toEqual(
            last.things.map(({ name }) => `test_thing.t${name}`).sort(),
          )
        rmSync(dir, { recursive: true })
      }),
      { numRuns: process.env.LANDFORM_LONG ? 400 : 12 },
    )
  },
)

test('a full disk: nothing more is started, what was done is saved elsewhere, and the old state stays', async () => {
  /** Has room for three results, and none for a state. */
  class FullDisk extends JournaledStateManager {
    appends = 0
    override async append(changes: Parameters<JournaledStateManager['append']>[0]): Promise<void> {
      if (++this.appends > 3) throw new Error('ENOSPC: no space left on device')
      await super.append(changes)
    }
    override async end(): Promise<void> {
      throw new DiagnosticError({ severity: 'error', summary: 'Failed to write state', detail: 'No space left on device.' })
    }
  }
  const dir = mkdtempSync(join(tmpdir(), 'landform-full-'))
  const previous = process.cwd()
  process.chdir(dir)
  try {
    const path = join(dir, 'terraform.tfstate')
    const inner = new LocalStateManager({ path, terraformVersion: '1.11.4' })
    const manager = new FullDisk(inner, { path: `${path}.journal` })
    const h = new Harness()
    h.config(Array.from({ length: 9 }, (_, i) => chained(i)).join('\n'))
    const planned = (await plan(h.input())).value.plan
    const persister = new StatePersister(manager)
    await persister.begin(planned.priorState)
    const { value } = await apply({ ...h.input(), plan: planned, hooks: persister.hooks() })
    expect(h.world.calls.filter((call) => call.startsWith('create'))).toEqual(['create t0', 'create t1', 'create t2', 'create t3'])
    const diags = new Diagnostics()
    await persister.finish(value, diags)
    expect(diags.items.map((d) => d.summary)).toEqual([
      'A result could not be recorded',
      'Failed to write state',
      'Failed to persist state to backend',
    ])
    expect(readStateFile(readFileSync('errored.tfstate')).value!.state.resources.size).toBe(4)
    expect(existsSync(path)).toBe(false)
    // The journal stays, and the next command takes what is in it.
    expect((await open(dir).read())!.state.resources.size).toBe(3)
  } finally {
    process.chdir(previous)
    rmSync(dir, { recursive: true })
  }
})

const chained = (i: number): string =>
  `resource "test_thing" "t${i}" {\n  name = "t${i}"\n  refs = [${i === 0 ? '' : `test_thing.t${i - 1}.id`}]\n}`
