import type { Graph } from './graph.ts'

type MaybePromise<T> = T | Promise<T>

/** What became of a vertex. `skipped`: something it waits for did not succeed, or the walk was stopped before its turn. */
export type Outcome = 'done' | 'failed' | 'skipped'

export interface GraphVisitor {
  /** Whether the vertex succeeded. An answer that is no promise costs no turn of the event loop. */
  visit(vertex: number): MaybePromise<boolean>
  /** Asked before each visit: true ends the walk, so that what runs finishes and nothing new starts. */
  stopped?(): boolean
}

/**
 * Visits every vertex once, each after all it waits for; those that are free run at the same time. Bounding the concurrency
 * is left to the visitor, who knows which part of its work needs it. The first exception ends the walk and is thrown once
 * running visits have ended.
 *
 * The graph must have no cycles: vertices on or behind one come out as `skipped`.
 */
export function walkGraph(graph: Graph, visitor: GraphVisitor): MaybePromise<readonly Outcome[]> {
  const { waitsFor, waiters } = graph
  const outcomes: Outcome[] = new Array<Outcome>(graph.size).fill('skipped')
  const open = new Int32Array(graph.size)
  const blocked = new Uint8Array(graph.size)
  const ready: number[] = []
  for (let v = 0; v < graph.size; v++) {
    open[v] = waitsFor.offsets[v + 1]! - waitsFor.offsets[v]!
    if (open[v] === 0) ready.push(v)
  }
  let at = 0
  let running = 0
  let failure: { readonly error: unknown } | undefined
  let finish: (() => void) | undefined

  const settle = (v: number, outcome: Outcome): void => {
    outcomes[v] = outcome
    for (let e = waiters.offsets[v]!; e < waiters.offsets[v + 1]!; e++) {
      const w = waiters.neighbours[e]!
      if (outcome !== 'done') blocked[w] = 1
      if (--open[w]! === 0) ready.push(w)
    }
  }
  const pump = (): void => {
    while (at < ready.length) {
      const v = ready[at++]!
      if (blocked[v] === 1 || failure !== undefined || visitor.stopped?.() === true) {
        settle(v, 'skipped')
        continue
      }
      try {
        const answer = visitor.visit(v)
        if (typeof answer === 'boolean') {
          settle(v, answer ? 'done' : 'failed')
          continue
        }
        running++
        answer.then(
          (ok) => ended(v, ok ? 'done' : 'failed'),
          (error: unknown) => {
            failure ??= { error }
            ended(v, 'failed')
          },
        )
      } catch (error) {
        failure ??= { error }
        settle(v, 'failed')
      }
    }
  }
  const ended = (v: number, outcome: Outcome): void => {
    running--
    settle(v, outcome)
    pump()
    if (running === 0) finish?.()
  }

  pump()
  if (running === 0) {
    if (failure !== undefined) throw failure.error
    return outcomes
  }
  return new Promise((resolve, reject) => {
    finish = () => {
      if (failure !== undefined) reject(failure.error)
      else resolve(outcomes)
    }
  })
}
