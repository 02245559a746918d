import { expect, test } from 'vitest'
import { DiagnosticError } from '../../src/diags/index.ts'
import { newLockInfo, StateLockedError, type StateManager } from '../../src/statemgr/index.ts'
import { emptyState, type State, type StateFile, withInstance } from '../../src/states/index.ts'
import { instance, nullProvider, object } from '../states/_support.ts'

export const one = withInstance(emptyState, instance('a'), nullProvider, object('1'))
export const two = withInstance(one, instance('b'), nullProvider, object('2'))
export const info = () => newLockInfo('OperationTypeApply', '0.1.0')

export function file(state: State, serial: number, lineage = 'l'): StateFile {
  return { terraformVersion: '1.9.0', serial, lineage, state }
}

export async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(DiagnosticError)
  return (error as DiagnosticError).diags.map((d) => `${d.summary}: ${d.detail}`).join('\n')
}

/**
 * What every manager does. `place` gives a new place, which gives another manager on itself each time it is called.
 *
 * @param shared two managers on a place do not share their memory.
 * @param locksAreRecorded others can see who holds a lock, and release it.
 */
export function contract(
  place: () => () => StateManager,
  { shared, locksAreRecorded }: { shared: boolean; locksAreRecorded: boolean },
): void {
  test('nothing is there at first', async () => expect(await place()().read()).toBeUndefined())

  test('lineage and serial', async () => {
    const open = place()
    const manager = open()
    await manager.read()
    await manager.write(one)
    const first = (await open().read())!
    expect(first.serial).toBe(1)
    expect(first.terraformVersion).toMatch(/^\d+\.\d+\.\d+$/)
    expect(first.lineage).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    await manager.write(one)
    expect((await open().read())!.serial).toBe(1)
    await manager.write(two)
    await manager.write(one)
    expect(await open().read()).toMatchObject({ serial: 3, lineage: first.lineage })
    expect(manager.current()).toMatchObject({ serial: 3, lineage: first.lineage })
  })

  test('a first snapshot without content counts too', async () => {
    const manager = place()()
    await manager.write(emptyState)
    expect(manager.current()?.serial).toBe(1)
  })

  test('write without read follows what is there', async () => {
    const open = place()
    await open().write(one)
    const manager = open()
    await manager.write(two)
    expect(await open().read()).toMatchObject({ serial: 2 })
  })

  test('push refuses strangers and older snapshots unless forced', async () => {
    const open = place()
    const manager = open()
    await manager.push(file(one, 5))
    const { serial, lineage } = (await manager.read())!
    expect(await failure(manager.push(file(two, 99, 'other')))).toContain('unrelated state')
    expect(await failure(manager.push(file(two, serial - 1, lineage)))).toContain('newer state')
    await manager.push(file(two, 1, 'other'), { force: true })
    expect((await open().read())!.lineage).toBe('other')
  })

  test('only one holds the lock', async () => {
    const open = place()
    const [a, b] = [open(), open()]
    const id = await a.lock(info())
    const error = await b.lock(info()).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(StateLockedError)
    if (locksAreRecorded) expect((error as StateLockedError).holder).toMatchObject({ id, operation: 'OperationTypeApply' })
    expect(await failure(b.unlock('wrong'))).toContain('Error releasing the state lock')
    await a.unlock(id)
    const second = await b.lock(info())
    await b.unlock(second)
  })

  test.skipIf(!locksAreRecorded)('a lock is released by its id from elsewhere', async () => {
    const open = place()
    const id = await open().lock(info())
    await open().unlock(id)
    await open().lock(info())
  })

  test.skipIf(!shared)('what somebody else has written is not overwritten', async () => {
    const open = place()
    const [a, b] = [open(), open()]
    await a.read()
    await b.read()
    await a.write(one)
    expect(await failure(b.write(two))).toContain('State changed by another program')
    expect((await open().read())!.state.resources.size).toBe(1)
    await b.read()
    await b.write(two)
    expect(await failure(a.write(emptyState))).toContain('State changed by another program')
  })
}
