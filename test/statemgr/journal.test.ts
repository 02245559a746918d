import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiagnosticError } from '../../src/diags/index.ts'
import { JournaledStateManager, LocalStateManager } from '../../src/statemgr/index.ts'
import { readJournal } from '../../src/statemgr/journal.ts'
import { emptyState, readStateFile, type State, StateBuilder, stateContentHash, writeStateFile } from '../../src/states/index.ts'
import { instance, nullProvider, object } from '../states/_support.ts'

function place(): { readonly path: string; readonly journal: string; readonly open: () => JournaledStateManager } {
  const path = join(mkdtempSync(join(tmpdir(), 'landform-journal-')), 'terraform.tfstate')
  const journal = `${path}.journal`
  return {
    path,
    journal,
    open: () => new JournaledStateManager(new LocalStateManager({ path, terraformVersion: '1.11.4' }), { path: journal }),
  }
}

/** A run that is cut off after some results: what it had in memory, as of each. */
async function interruptedRun(
  manager: JournaledStateManager,
  steps: (builder: StateBuilder, i: number) => void,
  count: number,
): Promise<State[]> {
  await manager.read()
  const start = manager.current()?.state ?? emptyState
  const builder = new StateBuilder(start)
  await manager.begin(start)
  const states = [start]
  for (let i = 0; i < count; i++) {
    steps(builder, i)
    await manager.append(builder.takeChanges())
    states.push(builder.snapshot())
  }
  return states
}

const create = (builder: StateBuilder, i: number): void => builder.setInstance(instance(`r${i}`), nullProvider, object(`${i}`))

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(DiagnosticError)
  return (error as DiagnosticError).diags.map((d) => `${d.summary}: ${d.detail}`).join('\n')
}

describe('a run that was killed', () => {
  test('has lost nothing that was recorded, and the next one writes it down', async () => {
    const { path, journal, open } = place()
    const states = await interruptedRun(open(), create, 5)
    expect(existsSync(path)).toBe(false)
    expect(statSync(journal).mode & 0o777).toBe(0o600)
    const next = open()
    const read = await next.read()
    expect(stateContentHash(read!.state)).toBe(stateContentHash(states[5]!))
    expect(next.recovery()).toEqual({ instances: [0, 1, 2, 3, 4].map((i) => `null_resource.r${i}`), damaged: 0 })
    // Looking at it changes nothing.
    expect(existsSync(path)).toBe(false)
    const folded = await next.fold()
    expect(existsSync(journal)).toBe(false)
    expect(folded).toMatchObject({ serial: 1 })
    expect(stateContentHash(readStateFile(readFileSync(path)).value!.state)).toBe(stateContentHash(states[5]!))
  })

  test('removals, deposed objects, taints and what was refreshed before', async () => {
    const { open } = place()
    const first = open()
    const builder = new StateBuilder()
    for (let i = 0; i < 4; i++) create(builder, i)
    await first.write(builder.snapshot())
    const manager = open()
    await manager.read()
    const refreshed = new StateBuilder(manager.current()!.state)
    refreshed.moveInstance(instance('r3'), instance('moved'))
    const start = refreshed.snapshot()
    await manager.begin(start)
    const running = new StateBuilder(start)
    running.removeInstance(instance('r0'))
    await manager.append(running.takeChanges())
    running.depose(instance('r1'), '0badcafe')
    await manager.append(running.takeChanges())
    running.setInstance(instance('r1'), nullProvider, { ...object('new'), status: 'tainted' })
    await manager.append(running.takeChanges())
    const next = open()
    const { state } = (await next.read())!
    expect(writeStateFile({ terraformVersion: '', serial: 0, lineage: '', state })).toBe(
      writeStateFile({ terraformVersion: '', serial: 0, lineage: '', state: running.snapshot() }),
    )
    expect([...state.resources.keys()].sort()).toEqual(['null_resource.moved', 'null_resource.r1', 'null_resource.r2'])
  })

  test('after an interval write the journal still fits', async () => {
    const { path, open } = place()
    const manager = open()
    const states = await interruptedRun(manager, create, 3)
    await manager.write(states[2]!)
    const next = open()
    expect(stateContentHash((await next.read())!.state)).toBe(stateContentHash(states[3]!))
    expect(readStateFile(readFileSync(path)).value!.state.resources.size).toBe(2)
  })

  test('between writing the state and removing the journal nothing is taken twice', async () => {
    const { journal, open } = place()
    const manager = open()
    const states = await interruptedRun(manager, create, 3)
    const text = readFileSync(journal)
    await manager.end(states[3]!)
    expect(existsSync(journal)).toBe(false)
    writeFileSync(journal, text)
    // As if the announcement had been written and the removal not.
    expect(await failure(open().read())).toContain('State changed after an interrupted run')
    const again = place()
    const other = again.open()
    const more = await interruptedRun(other, create, 3)
    await other.write(more[3]!)
    const next = again.open()
    await next.read()
    expect(next.recovery()).toEqual({ instances: [], damaged: 0 })
    await next.fold()
    expect(existsSync(again.journal)).toBe(false)
    expect(next.current()!.serial).toBe(1)
  })

  test('the outputs of a state that could not be written are recovered with it', async () => {
    const { path, journal, open } = place()
    const manager = open()
    const states = await interruptedRun(manager, create, 1)
    mkdirSync(path)
    expect(await failure(manager.end(states[1]!))).toContain('Failed to load state')
    await manager.abandon()
    expect((await readJournal(journal))!.deltas.at(-1)!.hasResults).toBe(true)
  })
})

test('cut off at any byte the journal gives a state that the run has been in', async () => {
  const { journal, open } = place()
  const states = await interruptedRun(open(), create, 6)
  const hashes = states.map(stateContentHash)
  const text = readFileSync(journal)
  let seen = 0
  for (let length = text.length; length >= 0; length -= 7) {
    truncateSync(journal, length)
    const state = (await open().read())?.state ?? emptyState
    expect(hashes).toContain(stateContentHash(state))
    seen = Math.max(seen, hashes.length - hashes.indexOf(stateContentHash(state)))
  }
  expect(seen).toBe(hashes.length)
})

test('random runs, cut off anywhere, interval writes anywhere', async () => {
  const step = fc.record({ kind: fc.constantFrom('set', 'remove', 'depose', 'write' as const), name: fc.integer({ min: 0, max: 3 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { open } = place()
      const manager = open()
      await manager.read()
      await manager.begin(emptyState)
      const builder = new StateBuilder()
      for (const [i, { kind, name }] of steps.entries()) {
        const at = instance(`r${name}`)
        if (kind === 'set') builder.setInstance(at, nullProvider, object(`${i}`))
        else if (kind === 'remove') builder.removeInstance(at)
        else if (kind === 'depose') builder.depose(at, `0000000${i % 10}`.slice(-8))
        else await manager.write(builder.snapshot())
        await manager.append(builder.takeChanges())
      }
      const next = open()
      const before = (await next.read())?.state ?? emptyState
      expect(stateContentHash(before)).toBe(stateContentHash(builder.snapshot()))
      await next.fold()
      expect(stateContentHash((await open().read())?.state ?? emptyState)).toBe(stateContentHash(before))
    }),
    { numRuns: 60 },
  )
})

describe('what cannot be taken', () => {
  test('a state that another program has written since is left alone, and all objects are named', async () => {
    const { path, journal, open } = place()
    await interruptedRun(open(), create, 2)
    const foreign = writeStateFile({ terraformVersion: '1.9.0', serial: 9, lineage: 'x', state: new StateBuilder(emptyState).snapshot() })
    writeFileSync(path, foreign.replace('"outputs": {}', '"outputs": {"o": {"value": 1, "type": "number"}}'))
    const text = await failure(open().read())
    expect(text).toContain('State changed after an interrupted run')
    expect(text).toContain('- null_resource.r0\n  - null_resource.r1')
    expect(text).toContain(`mv ${journal} ${journal}.old`)
    expect(existsSync(journal)).toBe(true)
  })

  test('a damaged record in the middle costs only itself, and is told', async () => {
    const { journal, open } = place()
    await interruptedRun(open(), create, 3)
    const lines = readFileSync(journal, 'utf8').split('\n')
    lines[3] = lines[3]!.replace('r1', 'rX')
    writeFileSync(journal, lines.join('\n'))
    const manager = open()
    const read = await manager.read()
    expect([...read!.state.resources.keys()]).toEqual(['null_resource.r0', 'null_resource.r2'])
    expect(manager.recovery()!.damaged).toBe(1)
  })

  test('a journal of a newer release is refused', async () => {
    const { journal, open } = place()
    await interruptedRun(open(), create, 1)
    const record = 'B {"journal":3,"place":"x","lineage":"","serial":0,"process":1,"host":"h"}'
    const { crc32 } = await import('../../src/base/index.ts')
    const hex = (n: number): string => n.toString(16).padStart(8, '0')
    writeFileSync(journal, `${hex(record.length)} ${hex(crc32(record))} ${record}\n`)
    expect(await failure(open().read())).toContain('Journal of a newer version')
  })

  test('text that is no journal is nothing', async () => {
    const { journal, open } = place()
    for (const text of ['', 'nonsense', '\0\0\0\0\n\n', '00000002 00000000 {}\n']) {
      writeFileSync(journal, text)
      expect(await open().read()).toBeUndefined()
    }
  })

  test('nothing is begun where nothing can be recorded, or where another run has left something', async () => {
    const { path, journal, open } = place()
    mkdirSync(journal)
    const manager = open()
    expect(await failure(manager.begin(emptyState))).toContain('There is a journal')
    writeFileSync(path, '')
    const nowhere = new JournaledStateManager(new LocalStateManager({ path, terraformVersion: '1' }), { path: join(path, 'journal') })
    expect(await failure(nowhere.begin(emptyState))).toContain('Failed to begin a journal')
  })
})

test('appending takes the same time and space however large the state is', async () => {
  const { journal, open } = place()
  const manager = open()
  const builder = new StateBuilder()
  for (let i = 0; i < 3000; i++) create(builder, i)
  const big = builder.snapshot()
  builder.takeChanges()
  await manager.write(big)
  await manager.begin(big)
  const before = statSync(journal).size
  for (let i = 0; i < 20; i++) {
    builder.setInstance(instance(`n${i}`), nullProvider, object(`${i}`))
    await manager.append(builder.takeChanges())
  }
  expect((statSync(journal).size - before) / 20).toBeLessThan(600)
  appendFileSync(journal, '')
})
