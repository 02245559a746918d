import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rowFromText, rowToText } from '../../src/sandbox/kernel/_codec.ts'
import { type Row, Store } from '../../src/sandbox/kernel/store.ts'

describe('rows as text', () => {
  test.each<[string, unknown]>([
    ['plain values', { id: 'a', n: 1.5, t: true, z: null, list: [1, 'x', { y: [] }] }],
    ['dates and bytes, however deep', { id: 'a', at: new Date(1234), list: [{ body: new Uint8Array([0, 255, 7]) }] }],
    ['members that look like them', { id: 'a', labels: { $date: 'not one', $bytes: { $members: [] }, other: new Date(5) } }],
    ['texts that look like them', { id: '{"$date":1}' }],
  ])('%s', (_, value) => {
    expect(rowFromText(rowToText(value))).toEqual(value)
  })
})

describe('a store', () => {
  interface Thing extends Row {
    readonly n: number
  }

  test('undoes what is not committed', () => {
    const table = new Store().scope('a', 'r', 's')
    const store = new Store()
    const things = store.scope('a', 'r', 's').table<Thing>('things')
    things.put({ id: 'x', n: 1 })
    things.put({ id: 'y', n: 2 })
    store.commit()
    things.patch('x', { n: 5 })
    things.delete('y')
    things.put({ id: 'z', n: 3 })
    store.rollback()
    expect([...things.values()]).toEqual([
      { id: 'x', n: 1 },
      { id: 'y', n: 2 },
    ])
    expect(table.table('things').size).toBe(0)
  })

  test('has its scopes apart from each other', () => {
    const store = new Store()
    store.scope('a', 'r', 's').table<Thing>('t').put({ id: 'x', n: 1 })
    for (const [account, region, service] of [
      ['b', 'r', 's'],
      ['a', 'q', 's'],
      ['a', 'r', 't'],
    ] as const)
      expect(store.scope(account, region, service).table('t').size).toBe(0)
  })

  test('keeps its files short', () => {
    const dir = mkdtempSync(join(tmpdir(), 'landform-store-'))
    try {
      const store = new Store(dir)
      const things = store.scope('a', 'r', 's').table<Thing>('t')
      for (let n = 0; n < 5000; n++) {
        things.put({ id: `x${n % 10}`, n })
        store.commit()
      }
      const lines = readFileSync(join(dir, 'state', 'a', 'r', 's.jsonl'), 'utf8').split('\n').length
      expect(lines).toBeLessThan(2100)
      const again = new Store(dir).scope('a', 'r', 's').table<Thing>('t')
      expect([...again.values()].map(({ n }) => n).sort()).toEqual([4990, 4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999])
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})
