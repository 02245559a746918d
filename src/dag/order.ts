import type { Graph } from './graph.ts'

/**
 * The vertices so that each comes after all it waits for; among those that are free, the order of their numbers' discovery.
 * Vertices on or behind a cycle are left out.
 */
export function topologicalOrder(graph: Graph): Int32Array {
  const { waitsFor, waiters } = graph
  const open = new Int32Array(graph.size)
  const order = new Int32Array(graph.size)
  let filled = 0
  for (let v = 0; v < graph.size; v++) {
    open[v] = waitsFor.offsets[v + 1]! - waitsFor.offsets[v]!
    if (open[v] === 0) order[filled++] = v
  }
  for (let at = 0; at < filled; at++) {
    const v = order[at]!
    for (let e = waiters.offsets[v]!; e < waiters.offsets[v + 1]!; e++) {
      const w = waiters.neighbours[e]!
      if (--open[w]! === 0) order[filled++] = w
    }
  }
  return order.subarray(0, filled)
}

/**
 * The cycles of a graph: sets of vertices each of which waits, directly or not, for itself. Members are ascending, and so
 * are the cycles by their first member. Tarjan's algorithm with a stack of its own, for the few graphs that have any.
 */
export function findCycles(graph: Graph): number[][] {
  if (isAcyclic(graph)) return []
  const { offsets, neighbours } = graph.waitsFor
  const size = graph.size
  const index = new Int32Array(size).fill(-1)
  const low = new Int32Array(size)
  const onStack = new Uint8Array(size)
  const next = offsets.slice(0, size)
  const stack: number[] = []
  const path: number[] = []
  const cycles: number[][] = []
  let counter = 0
  for (let root = 0; root < size; root++) {
    if (index[root] !== -1) continue
    path.push(root)
    while (path.length > 0) {
      const v = path[path.length - 1]!
      if (index[v] === -1) {
        index[v] = low[v] = counter++
        stack.push(v)
        onStack[v] = 1
      }
      let descended = false
      while (next[v]! < offsets[v + 1]!) {
        const w = neighbours[next[v]!++]!
        if (index[w] === -1) {
          path.push(w)
          descended = true
          break
        }
        if (onStack[w] === 1 && index[w]! < low[v]!) low[v] = index[w]!
      }
      if (descended) continue
      path.pop()
      const parent = path[path.length - 1]
      if (parent !== undefined && low[v]! < low[parent]!) low[parent] = low[v]!
      if (low[v] !== index[v]) continue
      // Nearly every vertex is alone.
      if (stack[stack.length - 1] === v) {
        stack.pop()
        onStack[v] = 0
        if (hasSelfEdge(offsets, neighbours, v)) cycles.push([v])
        continue
      }
      const members: number[] = []
      for (;;) {
        const w = stack.pop()!
        onStack[w] = 0
        members.push(w)
        if (w === v) break
      }
      cycles.push(members.sort((a, b) => a - b))
    }
  }
  return cycles.sort((a, b) => a[0]! - b[0]!)
}

/** Takes away again and again what nothing waits for: only cycles and what they wait for remain. */
function isAcyclic({ size, waitsFor: { offsets, neighbours } }: Graph): boolean {
  const waiters = new Int32Array(size)
  for (let e = 0; e < neighbours.length; e++) waiters[neighbours[e]!]!++
  const free = new Int32Array(size)
  let filled = 0
  for (let v = 0; v < size; v++) if (waiters[v] === 0) free[filled++] = v
  for (let at = 0; at < filled; at++) {
    const v = free[at]!
    for (let e = offsets[v]!, end = offsets[v + 1]!; e < end; e++) {
      const w = neighbours[e]!
      if (--waiters[w]! === 0) free[filled++] = w
    }
  }
  return filled === size
}

function hasSelfEdge(offsets: Int32Array, neighbours: Int32Array, v: number): boolean {
  for (let e = offsets[v]!; e < offsets[v + 1]!; e++) if (neighbours[e] === v) return true
  return false
}
