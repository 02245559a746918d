import type { AbsResourceInstance } from '../addrs/index.ts'
import { neighboursOf } from '../dag/index.ts'
import type { Diagnostic, Diagnostics } from '../diags/index.ts'
import type { Provider } from '../providers/index.ts'
import type { Limiter } from './_limiter.ts'
import { placeDiagnostics } from './_placing.ts'
import { type Steps, wait } from './_steps.ts'
import type { BlockGraph, ResourceBlock } from './blocks.ts'
import type { EngineHooks } from './input.ts'

/** An ephemeral object that was opened, with what it takes to keep it alive and to close it. */
export interface OpenedObject {
  readonly address: AbsResourceInstance
  readonly text: string
  readonly block: ResourceBlock
  readonly provider: Provider
  readonly private: Uint8Array | undefined
  readonly renewAt: Date | undefined
}

interface Lease {
  readonly object: OpenedObject
  private: Uint8Array | undefined
  timer: NodeJS.Timeout | undefined
  /** A renewal on its way: closing waits for it. */
  renewing: Promise<void> | undefined
}

/**
 * The ephemeral objects that a run has open (L-022): renewed as long as anything may use them, closed once nothing does any more,
 * at the latest when the run ends, whatever happened. What uses an object is said as vertices of the graph that is walked.
 */
export class EphemeralObjects {
  readonly #hooks: EngineHooks | undefined
  readonly #limiter: Limiter
  /** By vertex of the block, in the order in which they were opened. */
  readonly #open = new Map<number, Lease[]>()
  /** By vertex of the block: what still may use its objects. */
  readonly #users = new Map<number, Set<number>>()
  /** By vertex: the blocks whose objects it may use. */
  readonly #uses = new Map<number, number[]>()
  readonly #closing: Promise<void>[] = []
  readonly #failures: Diagnostic[] = []

  constructor(hooks: EngineHooks | undefined, limiter: Limiter) {
    this.#hooks = hooks
    this.#limiter = limiter
  }

  /** Says what may use the objects of a block, before it is visited. */
  setUsers(block: number, users: Iterable<number>): void {
    const all = new Set(users)
    this.#users.set(block, all)
    for (const vertex of all) {
      const known = this.#uses.get(vertex)
      if (known === undefined) this.#uses.set(vertex, [block])
      else known.push(block)
    }
  }

  add(object: OpenedObject): void {
    const lease: Lease = { object, private: object.private, timer: undefined, renewing: undefined }
    const { vertex } = object.block
    const known = this.#open.get(vertex)
    if (known === undefined) this.#open.set(vertex, [lease])
    else known.push(lease)
    this.#schedule(lease, object.renewAt)
  }

  /** A vertex has done all it will ever do. Closing what it was the last to use goes on while others work. */
  finished(vertex: number): void {
    for (const block of this.#uses.get(vertex) ?? []) {
      const users = this.#users.get(block)!
      if (users.delete(vertex) && users.size === 0) this.#closeBlock(block)
    }
  }

  /** Closes what is still open, the latest first, and reports what went wrong with any of them. */
  *closeAll(diags: Diagnostics): Steps<void> {
    for (const block of [...this.#open.keys()].reverse()) this.#closeBlock(block)
    if (this.#closing.length > 0) yield* wait(Promise.all(this.#closing))
    diags.addAll(this.#failures)
    this.#failures.length = 0
  }

  #closeBlock(block: number): void {
    const leases = this.#open.get(block) ?? []
    this.#open.delete(block)
    for (const lease of leases.reverse()) this.#closing.push(this.#close(lease))
  }

  #schedule(lease: Lease, at: Date | undefined): void {
    if (at === undefined || lease.object.provider.renewEphemeralResource === undefined) return
    // Longer waits than a timer can take are waits for the end of the run.
    const delay = Math.min(Math.max(0, at.getTime() - Date.now()), 2 ** 31 - 1)
    lease.timer = setTimeout(() => {
      lease.timer = undefined
      lease.renewing = this.#renew(lease)
    }, delay)
    lease.timer.unref()
  }

  async #renew(lease: Lease): Promise<void> {
    const { address, provider, block } = lease.object
    await this.#hooks?.preEphemeral?.(address, 'renew')
    const typeName = block.resource.address.type
    const answer = await this.#limiter.run(() => provider.renewEphemeralResource!({ typeName, private: lease.private }))
    const failed = this.#report(lease, answer.diags)
    await this.#hooks?.postEphemeral?.(address, 'renew', failed)
    lease.renewing = undefined
    if (failed !== undefined) return
    lease.private = answer.private
    this.#schedule(lease, answer.renewAt)
  }

  async #close(lease: Lease): Promise<void> {
    clearTimeout(lease.timer)
    await lease.renewing
    clearTimeout(lease.timer)
    const { address, provider, block } = lease.object
    await this.#hooks?.preEphemeral?.(address, 'close')
    const typeName = block.resource.address.type
    const answer = await provider.closeEphemeralResource?.({ typeName, private: lease.private })
    const failed = this.#report(lease, answer?.diags ?? [])
    await this.#hooks?.postEphemeral?.(address, 'close', failed)
  }

  #report({ object }: Lease, diags: Parameters<typeof placeDiagnostics>[0]): readonly Diagnostic[] | undefined {
    const { text, block } = object
    const found = placeDiagnostics(diags, text, { body: block.resource.body, schema: block.schema!.block })
    this.#failures.push(...found)
    const errors = found.filter((d) => d.severity === 'error')
    return errors.length === 0 ? undefined : errors
  }
}

/**
 * By ephemeral block the vertices of the block graph that may use its objects: all that refer to it, through values, provider
 * configurations and other ephemeral resources, up to managed and data resources. Those are the last to see a value, since what
 * they give is not ephemeral.
 */
export function ephemeralUsers({ blocks, graph }: BlockGraph): ReadonlyMap<number, ReadonlySet<number>> {
  const found = new Map<number, ReadonlySet<number>>()
  for (const block of blocks) {
    if (block.kind !== 'resource' || block.resource.address.mode !== 'ephemeral') continue
    const users = new Set<number>()
    const stack = [block.vertex]
    for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
      for (const user of neighboursOf(graph.waiters, v)) {
        if (users.has(user)) continue
        users.add(user)
        const other = blocks[user]!
        if (other.kind !== 'resource' || other.resource.address.mode === 'ephemeral') stack.push(user)
      }
    }
    found.set(block.vertex, users)
  }
  return found
}

/** For a walk over the blocks alone: what serves a provider configuration stays open to its end, since stored objects come after the blocks. */
export function setBlockUsers(ephemerals: EphemeralObjects, graph: BlockGraph): void {
  for (const [vertex, users] of ephemeralUsers(graph)) {
    const lasting = [...users].some((v) => graph.blocks[v]!.kind === 'provider')
    ephemerals.setUsers(vertex, lasting ? [endOfRun] : [vertex, ...users])
  }
}

/** No vertex: never finished. */
const endOfRun = -1

/** Whether an ephemeral block has a part in a provider configuration: only those are opened when everything is destroyed. */
export function servesProvider({ blocks, graph }: BlockGraph, vertex: number): boolean {
  const seen = new Set<number>([vertex])
  const stack = [vertex]
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    for (const user of neighboursOf(graph.waiters, v)) {
      const other = blocks[user]!
      if (other.kind === 'provider') return true
      if (seen.has(user) || (other.kind === 'resource' && other.resource.address.mode !== 'ephemeral')) continue
      seen.add(user)
      stack.push(user)
    }
  }
  return false
}
