import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findCycles, Graph, neighboursOf, openCycles, topologicalOrder, walkGraph } from '../../src/dag/index.ts'

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

describe('openCycles', () => {
  // Vertices 0 to 4 do something, 5 to 7 are joints: of the strongest kind, of the next one, and of the weakest.
  const kinds = [[5], [6], [7]]
  const none = (): number => 0
  const edgesOf = (graph: Graph): string[] =>
    Array.from({ length: graph.size }, (_, v) => [...neighboursOf(graph.waitsFor, v)].map((d) => `${v}>${d}`)).flat()

  test.each<[string, [number, number][], string[]]>([
    [
      'nothing to open',
      [
        [1, 0],
        [2, 5],
        [5, 1],
      ],
      ['1>0', '2>5', '5>1'],
    ],
    [
      'the weaker of two gives way',
      [
        [0, 5],
        [5, 1],
        [1, 7],
        [7, 0],
      ],
      ['0>5', '5>1', '7>0'],
    ],
    [
      'a joint loses the one order that does harm',
      [
        [0, 1],
        [1, 6],
        [6, 0],
        [6, 2],
        [3, 6],
      ],
      ['0>1', '1>2', '3>6', '6>0', '6>2'],
    ],
    [
      'others keep a stronger one',
      [
        [0, 7],
        [7, 1],
        [1, 2],
        [2, 6],
        [6, 0],
        [3, 6],
      ],
      ['1>2', '2>6', '3>6', '6>0', '7>1'],
    ],
    [
      'without wishes it stays',
      [
        [0, 1],
        [1, 0],
        [2, 7],
        [7, 0],
      ],
      ['0>1', '1>0', '2>7', '7>0'],
    ],
  ])('%s', (_, edges, want) => {
    expect(edgesOf(openCycles(graphOf(8, edges), kinds, none)).sort()).toEqual(want)
  })

  test('among orders of one kind that with the greater weight stays', () => {
    const edges: [number, number][] = [
      [0, 5],
      [5, 1],
      [1, 6],
      [6, 0],
    ]
    const weigh = (stronger: number) => edgesOf(openCycles(graphOf(7, edges), [[5, 6]], (_, waiter) => (waiter === stronger ? 1 : 0)))
    expect([weigh(0), weigh(1)]).toEqual([
      ['0>1', '5>1', '6>0'],
      ['1>0', '5>1', '6>0'],
    ])
  })

  test('leaves no cycle that has a wish in it, keeps the rest, and leaves out no more than it must', () => {
    const some = (max: number) => fc.uniqueArray(fc.nat({ max }), { maxLength: 4 })
    const joint = fc.record({ kind: fc.nat({ max: 2 }), waiters: some(9), awaited: some(9) })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })), { maxLength: 8 }),
        fc.array(joint, { maxLength: 6 }),
        (pairs, joints) => {
          const hard = pairs.filter(([v, d]) => v > d)
          const edges = [
            ...hard,
            ...joints.flatMap(({ waiters, awaited }, i) => [
              ...waiters.map((v): [number, number] => [v, 10 + i]),
              ...awaited.filter((d) => !waiters.includes(d)).map((d): [number, number] => [10 + i, d]),
            ]),
          ]
          const size = 10 + joints.length
          const opened = openCycles(
            graphOf(size, edges),
            [0, 1, 2].map((k) => joints.flatMap((j, i) => (j.kind === k ? [10 + i] : []))),
            none,
          )
          expect(findCycles(opened)).toEqual([])
          const kept = new Set(edgesOf(opened))
          for (const [v, d] of hard) expect(kept).toContain(`${v}>${d}`)
          const comesAfter = (from: number): Set<number> => {
            const seen = new Set([from])
            for (const v of seen) for (const d of neighboursOf(opened.waitsFor, v)) seen.add(d)
            return seen
          }
          // What was wished for either holds, or its opposite does.
          for (const { waiters, awaited } of joints)
            for (const v of waiters)
              for (const d of awaited) if (!waiters.includes(d)) expect(comesAfter(v).has(d) || comesAfter(d).has(v)).toBe(true)
        },
      ),
    )
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
