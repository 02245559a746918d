import { type Graph, neighboursOf } from './graph.ts'
import { topologicalOrder } from './order.ts'

/**
 * The edges that say something by themselves: those without which what waits for what would be another. By vertex, each
 * list ascending. Takes memory by the square of the number of vertices (an eighth of a byte each); vertices on cycles keep all theirs.
 */
export function reducedEdges(graph: Graph): readonly (readonly number[])[] {
  const words = Math.ceil(graph.size / 32)
  const reached: (Uint32Array | undefined)[] = new Array(graph.size).fill(undefined)
  const kept: number[][] = Array.from({ length: graph.size }, (_, v) => [...new Set(neighboursOf(graph.waitsFor, v))].sort((a, b) => a - b))
  // What a vertex waits for comes before it.
  for (const vertex of topologicalOrder(graph)) {
    const own = new Uint32Array(words)
    const direct = kept[vertex]!
    for (const next of direct) {
      const further = reached[next]
      if (further !== undefined) for (let w = 0; w < words; w++) own[w]! |= further[w]!
    }
    kept[vertex] = direct.filter((next) => (own[next >> 5]! & (1 << (next & 31))) === 0)
    for (const next of direct) own[next >> 5]! |= 1 << (next & 31)
    reached[vertex] = own
  }
  return kept
}
