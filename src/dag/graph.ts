import { invariant } from '../base/index.ts'

/**
 * A directed graph over the vertices 0 to `size - 1`, kept as plain number arrays. An edge says that one vertex waits for
 * another. Duplicate edges are allowed: they cost a little and change nothing.
 */
export class Graph {
  readonly #from: number[] = []
  readonly #to: number[] = []
  #size = 0
  #waitsFor: Adjacency | undefined
  #waiters: Adjacency | undefined

  get size(): number {
    return this.#size
  }

  get edgeCount(): number {
    return this.#from.length
  }

  /** The number of the new vertex. */
  addVertex(): number {
    this.#forget()
    return this.#size++
  }

  /** `vertex` comes after `dependency`. */
  addEdge(vertex: number, dependency: number): void {
    invariant(vertex < this.#size && dependency < this.#size, 'An edge names a vertex that is not in the graph.')
    this.#forget()
    this.#from.push(vertex)
    this.#to.push(dependency)
  }

  /** What each vertex waits for, in the order in which the edges were added. */
  get waitsFor(): Adjacency {
    this.#waitsFor ??= adjacency(this.#size, this.#from, this.#to)
    return this.#waitsFor
  }

  /** What waits for each vertex. */
  get waiters(): Adjacency {
    this.#waiters ??= adjacency(this.#size, this.#to, this.#from)
    return this.#waiters
  }

  #forget(): void {
    this.#waitsFor = undefined
    this.#waiters = undefined
  }
}

/** The neighbours of vertex v are `neighbours[offsets[v]]` to `neighbours[offsets[v + 1] - 1]`. */
export interface Adjacency {
  readonly offsets: Int32Array
  readonly neighbours: Int32Array
}

function adjacency(size: number, from: readonly number[], to: readonly number[]): Adjacency {
  const offsets = new Int32Array(size + 1)
  for (let e = 0; e < from.length; e++) offsets[from[e]! + 1]!++
  for (let v = 0; v < size; v++) offsets[v + 1]! += offsets[v]!
  const next = offsets.slice(0, size)
  const neighbours = new Int32Array(from.length)
  for (let e = 0; e < from.length; e++) neighbours[next[from[e]!]!++] = to[e]!
  return { offsets, neighbours }
}

/** The neighbours of one vertex, as a view. */
export function neighboursOf(adjacency: Adjacency, vertex: number): Int32Array {
  return adjacency.neighbours.subarray(adjacency.offsets[vertex]!, adjacency.offsets[vertex + 1]!)
}
