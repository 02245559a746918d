import { describe, expect, test } from 'vitest'
import { findCycles, Graph, topologicalOrder, walkGraph } from '../../src/dag/index.ts'

/** `edges` are pairs [vertex, what it waits for]. */
function graphOf(size: number, edges: readonly (readonly [number, number])[]): Graph {
  const graph = new Graph()
  for (let v = 0; v < size; v++) graph.addVertex()
  for (const [v, w] of edges) graph.addEdge(v, w)
  return graph
}

describe('findCycles', () => {
  test.each([
    [
      'none',
      3,
      [
        [1, 0],
        [2, 1],
      ],
      [],
    ],
    ['self', 2, [[1, 1]], [[1]]],
    [
      'two',
      5,
      [
        [0, 1],
        [1, 0],
        [2, 1],
        [3, 4],
        [4, 3],
      ],
      [
        [0, 1],
        [3, 4],
      ],
    ],
    [
      'one of four',
      5,
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 0],
        [4, 0],
      ],
      [[0, 1, 2, 3]],
    ],
  ] as [string, number, [number, number][], number[][]][])('%s', (_, size, edges, want) => {
    expect(findCycles(graphOf(size, edges))).toEqual(want)
  })
})

describe('topologicalOrder', () => {
  test('dependencies come first, cycles are left out', () => {
    expect([
      ...topologicalOrder(
        graphOf(4, [
          [0, 1],
          [1, 2],
        ]),
      ),
    ]).toEqual([2, 3, 1, 0])
    expect([
      ...topologicalOrder(
        graphOf(3, [
          [0, 1],
          [1, 0],
        ]),
      ),
    ]).toEqual([2])
  })

  test('a chain of 200,000 does not recurse', () => {
    const graph = graphOf(
      200_000,
      Array.from({ length: 199_999 }, (_, i) => [i, i + 1] as [number, number]),
    )
    expect(topologicalOrder(graph)[0]).toBe(199_999)
    expect(findCycles(graph)).toEqual([])
  })
})

describe('walkGraph', () => {
  test('is synchronous when all answers are', () => {
    const seen: number[] = []
    const result = walkGraph(
      graphOf(3, [
        [0, 1],
        [1, 2],
      ]),
      { visit: (v) => seen.push(v) > 0 },
    )
    expect(seen).toEqual([2, 1, 0])
    expect(result).toEqual(['done', 'done', 'done'])
  })

  test('a failure skips only what waits for it', async () => {
    const result = await walkGraph(
      graphOf(4, [
        [1, 0],
        [2, 1],
      ]),
      { visit: async (v) => v !== 0 },
    )
    expect(result).toEqual(['failed', 'skipped', 'skipped', 'done'])
  })

  test('free vertices run at the same time', async () => {
    let running = 0
    let most = 0
    await walkGraph(graphOf(4, [[3, 0]]), {
      visit: async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, 1))
        running--
        return true
      },
    })
    expect(most).toBe(3)
  })

  test('stopping lets what runs finish', async () => {
    let stop = false
    const finished: number[] = []
    const result = await walkGraph(
      graphOf(3, [
        [1, 0],
        [2, 1],
      ]),
      {
        stopped: () => stop,
        visit: async (v) => {
          stop = true
          await Promise.resolve()
          finished.push(v)
          return true
        },
      },
    )
    expect(finished).toEqual([0])
    expect(result).toEqual(['done', 'skipped', 'skipped'])
  })

  test('an exception ends the walk after what runs', async () => {
    const walk = walkGraph(graphOf(2, []), {
      visit: async (v) => {
        if (v === 0) throw new Error('broken')
        return true
      },
    })
    await expect(walk).rejects.toThrow('broken')
  })
})
