import { Graph, neighboursOf } from './graph.ts'
import { findCycles } from './order.ts'

/** How many steps the search for single orders that can be kept may take before the rest of them is left out. */
const searchLimit = 20_000_000

/**
 * The graph without cycles, where those can be opened by leaving out what is merely wished for. Wishes are joints: vertices without work, all
 * of whose waiters would like to come after all that the joint waits for. Kinds of wishes come strongest first; of one kind whole joints are kept
 * where they do no harm, and elsewhere the single orders of which they consist, those with the greater weight first. Nothing is left out that would not
 * close a cycle with what is kept, unless there are too many orders to look at each. Always the same for the same graph.
 *
 * Cycles that have no wish in them stay.
 *
 * @param kinds vertices of the joints; no joint waits for another one.
 * @param weight of the order of two vertices that a joint of this kind connects.
 */
export function openCycles(
  graph: Graph,
  kinds: readonly (readonly number[])[],
  weight: (kind: number, waiter: number, awaited: number) => number,
): Graph {
  const kindOf = new Map<number, number>()
  kinds.forEach((joints, kind) => {
    for (const joint of joints) kindOf.set(joint, kind)
  })
  const edges: [number, number][] = []
  const wishes: [number, number][][] = kinds.map(() => [])
  for (let v = 0; v < graph.size; v++)
    for (const d of neighboursOf(graph.waitsFor, v)) (kindOf.has(d) ? wishes[kindOf.get(d)!]! : edges).push([v, d])
  let steps = 0
  wishes.forEach((wished, kind) => {
    const members = membership(withEdges(graph.size, [...edges, ...wished]))
    const orders: { readonly edge: [number, number]; readonly weight: number }[] = []
    for (const [waiter, joint] of wished) {
      const circle = members.get(waiter)
      if (circle === undefined || circle !== members.get(joint)) {
        edges.push([waiter, joint])
        continue
      }
      for (const awaited of neighboursOf(graph.waitsFor, joint)) {
        if (members.get(awaited) === circle) orders.push({ edge: [waiter, awaited], weight: weight(kind, waiter, awaited) })
        else edges.push([waiter, awaited])
      }
    }
    if (orders.length === 0) return
    const within = new Map<number, number[]>()
    for (const [v, d] of edges) if (members.has(v) && members.get(v) === members.get(d)) listOf(within, v).push(d)
    for (const { edge } of orders.sort((a, b) => b.weight - a.weight)) {
      const [waiter, awaited] = edge
      const seen = new Set([awaited])
      for (const v of seen) {
        steps++
        for (const d of within.get(v) ?? []) seen.add(d)
        if (seen.has(waiter) || steps > searchLimit) break
      }
      if (seen.has(waiter) || steps > searchLimit) continue
      edges.push(edge)
      listOf(within, waiter).push(awaited)
    }
  })
  return withEdges(graph.size, edges)
}

function withEdges(size: number, edges: readonly (readonly [number, number])[]): Graph {
  const graph = new Graph()
  for (let v = 0; v < size; v++) graph.addVertex()
  for (const [vertex, dependency] of edges) graph.addEdge(vertex, dependency)
  return graph
}

/** By vertex on a cycle: the first member of it. */
function membership(graph: Graph): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const members of findCycles(graph)) for (const v of members) found.set(v, members[0]!)
  return found
}

function listOf(lists: Map<number, number[]>, key: number): number[] {
  let list = lists.get(key)
  if (list === undefined) lists.set(key, (list = []))
  return list
}
