import {
  absProviderConfigKey,
  absResourceInstanceToString,
  configResourceToString,
  type InstanceKey,
  instanceKeyToMapKey,
  moduleInstanceToString,
  modulePathToString,
  toModulePath,
  withoutProviderKey,
} from '../addrs/index.ts'
import { compareStrings } from '../base/index.ts'
import { findCycles, Graph, neighboursOf, openCycles } from '../dag/index.ts'
import { type Diagnostics, formatRange, type SourceRange } from '../diags/index.ts'
import type { Action, Plan, ResourceChange } from '../plans/index.ts'
import { StateBuilder, tryInstance } from '../states/index.ts'
import { type Block, type BlockGraph, Dependencies, type ResourceBlock } from './blocks.ts'

/** One thing that applying a plan does. A replacement is two operations. */
export interface Operation {
  readonly vertex: number
  readonly kind: 'create' | 'update' | 'delete' | 'read' | 'forget'
  readonly change: ResourceChange
  /** Canonical text of the instance. */
  readonly text: string
  /** Of a replacement: the other half. */
  readonly replaces: 'deleteThenCreate' | 'createThenDelete' | 'forgetThenCreate' | undefined
}

/**
 * What applying a plan does and in which order, settled when the plan is made. The first vertices are those of the block graph: for
 * a resource the moment when its operations may start. Then come operations and the joints between them.
 */
export interface ExecutionGraph {
  readonly graph: Graph
  readonly blocks: BlockGraph
  readonly operations: readonly Operation[]
  /** By vertex; undefined for blocks and joints. */
  readonly operationAt: readonly (Operation | undefined)[]
}

/**
 * Derives the execution graph from a plan: always the same for the same plan and configuration, so it need not be saved.
 *
 * - Creating or updating waits for everything that the block refers to.
 * - Destroying an object waits for the destruction of all that depends on it, as recorded in the state.
 * - Creating or updating an object waits for the destruction of what depends on it, and for that of what it depended on; with
 *   create_before_destroy it is the destruction that waits.
 * - A replacement destroys, then creates; with create_before_destroy the other way round.
 *
 * Configuration that has been turned round, or objects left over from runs that failed, can make these wait for each other. Terraform refuses such a plan. Here
 * the order of two different resources gives way where one of the two is destroyed: see `wishes`.
 *
 * Cycles without such an order are reported; the answer is undefined then.
 */
export function buildExecutionGraph(blocks: BlockGraph, plan: Plan, diags: Diagnostics): ExecutionGraph | undefined {
  const builder = new Builder(blocks, plan)
  let built = builder.build()
  let cycles = findCycles(built.graph)
  if (cycles.length > 0) {
    built = { ...built, graph: builder.withoutCycles() }
    cycles = findCycles(built.graph)
  }
  for (const members of cycles) {
    const named = members.map((v) => ({ name: nameOf(built, v), range: rangeOf(built, v) })).filter(({ name }) => name !== undefined)
    const list = named.map(({ name, range }) => (range === undefined ? `  ${name}` : `  ${name} at ${formatRange(range)}`)).join('\n')
    diags.error(
      `Cycle: ${named.map(({ name }) => name).join(', ')}`,
      `Each of these operations would have to wait for another one of them:\n${list}\n\nApply the change in two steps, or take create_before_destroy from one of the resources.`,
      { subject: named.find(({ range }) => range !== undefined)?.range },
    )
  }
  return cycles.length > 0 ? undefined : built
}

/** Actions that take nothing away: done in the order of the configuration, which has no cycles, they have none either. */
const buildingActions: ReadonlySet<Action> = new Set(['noop', 'create', 'update', 'read'])

/** Reports the cycles of a plan's operations, without building the order where there can be none. */
export function reportOperationCycles(blocks: BlockGraph, plan: Plan, diags: Diagnostics): void {
  if (!plan.changes.every(({ action }) => buildingActions.has(action))) buildExecutionGraph(blocks, plan, diags)
}

function nameOf(graph: ExecutionGraph, vertex: number): string | undefined {
  const operation = graph.operationAt[vertex]
  if (operation !== undefined) return operation.kind === 'delete' ? `${operation.text} (destroy)` : operation.text
  return graph.blocks.blocks[vertex]?.name
}

/** Where what is operated on is configured, if it still is. */
function rangeOf(graph: ExecutionGraph, vertex: number): SourceRange | undefined {
  const change = graph.operationAt[vertex]?.change
  if (change === undefined) return graph.blocks.blocks[vertex]?.range
  return graph.blocks.resources.get(configAddressOf(change))?.range
}

/** Canonical text of the resource in the configuration. */
function configAddressOf({ address: { module, resource } }: Pick<ResourceChange, 'address'>): string {
  return configResourceToString({ module: toModulePath(module), resource })
}

/**
 * Orders that joints stand for, the strongest first:
 * - what needs an object is destroyed before it (strongest where it was on record before this run, then where the configuration says so);
 * - with create_before_destroy what needed an object has moved on to its successor before it is destroyed (less so where it was put aside by an earlier run);
 * - an object is changed after what needed it is gone;
 * - with create_before_destroy an object is destroyed after what it needed has changed;
 * - an object is changed after what it needed is gone.
 */
const wishes = ['dependents gone', 'dependents made', 'dependents gone first', 'made', 'dependency gone'] as const
type Wish = (typeof wishes)[number]

interface Destroyer {
  readonly vertex: number
  readonly address: string
  readonly module: string
  readonly modulePath: string
  readonly dependencies: readonly string[]
  readonly createBeforeDestroy: boolean
  readonly isDeposed: boolean
  readonly provider: string
}

interface Creator {
  readonly vertex: number
  readonly address: string
  readonly module: string
  readonly modulePath: string
  readonly dependencies: readonly string[]
}

interface BlockEnd {
  readonly joint: number
  readonly operations: { readonly vertex: number; readonly key: InstanceKey }[]
}

/**
 * Whether applying a plan has to do with an instance: with those that stay as they are only where they have conditions. A reference to an
 * instance that there is nothing to do with counts for its whole resource, as in Terraform.
 */
export function visitedInstances({ changes }: Plan): (block: Block, key: InstanceKey) => boolean {
  const visited = new Set<string>()
  const nameOf = (resource: string, key: InstanceKey): string => `${resource}[${instanceKeyToMapKey(key)}]`
  for (const change of changes) {
    const { action, address, deposed } = change
    if (action === 'noop' || action === 'delete' || action === 'forget' || deposed !== undefined) continue
    visited.add(nameOf(configAddressOf(change), address.key))
  }
  return (block, key) =>
    block.kind !== 'resource' || block.preconditions.length + block.postconditions.length > 0 || visited.has(nameOf(block.name, key))
}

class Builder {
  readonly #blocks: BlockGraph
  readonly #plan: Plan
  readonly #graph = new Graph()
  readonly #operations: Operation[] = []
  readonly #operationAt: (Operation | undefined)[] = []
  readonly #destroyers: Destroyer[] = []
  readonly #creators: Creator[] = []
  readonly #joints = new Map<string, number>()
  readonly #jointsOf = new Map<Wish, number[]>(wishes.map((wish) => [wish, []]))

  constructor(blocks: BlockGraph, plan: Plan) {
    this.#blocks = blocks
    this.#plan = plan
  }

  build(): ExecutionGraph {
    const { blocks, graph } = this.#blocks
    for (let v = 0; v < blocks.length; v++) this.#vertex(undefined)
    const ends = this.#addOperations()
    const isVisited = visitedInstances(this.#plan)
    // What refers to a resource waits for all of its operations, or for those of the instances it names.
    for (let v = 0; v < blocks.length; v++) {
      const dependencies = neighboursOf(graph.waitsFor, v)
      for (let i = 0; i < dependencies.length; i++) {
        const d = dependencies[i]!
        const end = ends.get(d)
        const keys = end === undefined ? undefined : this.#blocks.keysOf(v, d)
        const isWhole = keys === undefined || [...keys].some((key) => !isVisited(blocks[d]!, key))
        if (end === undefined || isWhole) this.#graph.addEdge(v, end?.joint ?? d)
        else {
          this.#graph.addEdge(v, d)
          for (const { vertex, key } of end.operations) if (keys.has(key)) this.#graph.addEdge(v, vertex)
        }
      }
    }
    this.#orderDestroyers()
    this.#orderCreators()
    return { graph: this.#graph, blocks: this.#blocks, operations: this.#operations, operationAt: this.#operationAt }
  }

  #vertex(operation: Operation | undefined): number {
    this.#operationAt.push(operation)
    return this.#graph.addVertex()
  }

  #operation(kind: Operation['kind'], change: ResourceChange, text: string, replaces: Operation['replaces']): number {
    const operation: Operation = { vertex: this.#graph.size, kind, change, text, replaces }
    this.#operations.push(operation)
    return this.#vertex(operation)
  }

  /** @returns for each resource block what is made of it, and the vertex at which all of that is complete. */
  #addOperations(): ReadonlyMap<number, BlockEnd> {
    const state = new StateBuilder(this.#plan.priorState)
    const ends = new Map<number, BlockEnd>()
    const wayOfCurrent = this.#waysOfDestruction(state)
    for (const change of this.#plan.changes) {
      const { address } = change
      if (change.action === 'noop') continue
      const text = absResourceInstanceToString(address)
      const config = configAddressOf(change)
      const block = this.#blocks.resources.get(config)
      const instance = state.tryInstance(address)
      const record = change.deposed === undefined ? instance?.current : instance?.deposed.get(change.deposed)
      const place = {
        address: config,
        module: moduleInstanceToString(address.module),
        modulePath: modulePathToString(toModulePath(address.module)),
        dependencies: record?.dependencies ?? [],
      }
      const addCreator = (kind: 'create' | 'update' | 'read', replaces: Operation['replaces']): number => {
        const vertex = this.#operation(kind, change, text, replaces)
        if (kind !== 'read') this.#creators.push({ vertex, ...place })
        if (block !== undefined) {
          this.#graph.addEdge(vertex, block.vertex)
          let end = ends.get(block.vertex)
          if (end === undefined) {
            end = { joint: this.#vertex(undefined), operations: [] }
            ends.set(block.vertex, end)
            this.#graph.addEdge(end.joint, block.vertex)
          }
          end.operations.push({ vertex, key: address.key })
          this.#graph.addEdge(end.joint, vertex)
        }
        return vertex
      }
      const addDestroyer = (kind: 'delete' | 'forget', replaces: Operation['replaces'], createBeforeDestroy: boolean): number => {
        const vertex = this.#operation(kind, change, text, replaces)
        const provider = absProviderConfigKey(withoutProviderKey(change.provider))
        if (kind === 'forget') return vertex
        const opened = this.#blocks.providers.get(provider)
        if (opened !== undefined) this.#graph.addEdge(vertex, opened.vertex)
        this.#destroyers.push({ vertex, ...place, createBeforeDestroy, isDeposed: change.deposed !== undefined, provider })
        return vertex
      }
      switch (change.action) {
        case 'create':
        case 'update':
        case 'read':
          addCreator(change.action, undefined)
          break
        case 'delete':
        case 'forget':
          addDestroyer(
            change.action,
            undefined,
            change.deposed === undefined ? (record?.createBeforeDestroy ?? false) : (wayOfCurrent.get(text) ?? true),
          )
          break
        case 'deleteThenCreate': {
          const destroy = addDestroyer('delete', change.action, false)
          this.#graph.addEdge(addCreator('create', change.action), destroy)
          break
        }
        case 'forgetThenCreate': {
          const forget = addDestroyer('forget', change.action, false)
          this.#graph.addEdge(addCreator('create', change.action), forget)
          break
        }
        case 'createThenDelete': {
          const create = addCreator('create', change.action)
          this.#graph.addEdge(addDestroyer('delete', change.action, true), create)
          break
        }
      }
    }
    return ends
  }

  /**
   * Of instances that have objects put aside: whether their current object goes after its successor has come (true) or before. Those put aside go at
   * the same time, or else what is replaced the one way and what was once replaced the other would wait for each other.
   */
  #waysOfDestruction(state: StateBuilder): ReadonlyMap<string, boolean> {
    const ways = new Map<string, boolean>()
    const left = new Set<string>()
    for (const { address, deposed } of this.#plan.changes) if (deposed !== undefined) left.add(absResourceInstanceToString(address))
    if (left.size === 0) return ways
    for (const { address, deposed, action } of this.#plan.changes) {
      const text = absResourceInstanceToString(address)
      if (deposed !== undefined || !left.has(text)) continue
      if (action === 'deleteThenCreate') ways.set(text, false)
      if (action === 'delete') ways.set(text, state.tryInstance(address)?.current?.createBeforeDestroy ?? false)
    }
    return ways
  }

  /**
   * The joint between a resource and those that depend on it: a vertex without work, so that n things before m others take n + m edges. Two
   * instances of one module have nothing to do with each other although their static addresses say otherwise.
   */
  #joint(what: Wish, dependency: string, dependent: { readonly module: string; readonly modulePath: string }): number {
    const name = `${what}|${dependency}|${moduleOf(dependency) === dependent.modulePath ? dependent.module : '*'}`
    let vertex = this.#joints.get(name)
    if (vertex === undefined) {
      vertex = this.#vertex(undefined)
      this.#joints.set(name, vertex)
      this.#jointsOf.get(what)!.push(vertex)
    }
    return vertex
  }

  /** The graph with its cycles opened where one of `wishes` is in them. */
  withoutCycles(): Graph {
    const kinds = wishes.map((wish) => this.#jointsOf.get(wish)!)
    const previous = this.#plan.previousState
    const blocks = this.#blocks
    let configured: Dependencies | undefined
    const weight = (kind: number, waiter: number, awaited: number): number => {
      const needed = this.#operationAt[waiter]!.change
      if (wishes[kind] === 'dependents made') return needed.deposed === undefined ? 1 : 0
      if (wishes[kind] !== 'dependents gone') return 0
      const { address, deposed } = this.#operationAt[awaited]!.change
      const instance = tryInstance(previous, address)
      const record = deposed === undefined ? instance?.current : instance?.deposed.get(deposed)
      const name = configAddressOf(needed)
      const block = blocks.resources.get(configAddressOf({ address }))
      configured ??= new Dependencies(blocks)
      return (record?.dependencies.includes(name) === true ? 2 : 0) + (block !== undefined && configured.of(block).includes(name) ? 1 : 0)
    }
    return openCycles(this.#graph, kinds, weight)
  }

  #orderDestroyers(): void {
    /** By module instance and address: the one with the most dependencies. */
    const covers = new Map<string, Map<string, Destroyer>>()
    for (const d of this.#destroyers) {
      let inModule = covers.get(d.module)
      if (inModule === undefined) covers.set(d.module, (inModule = new Map()))
      if ((inModule.get(d.address)?.dependencies.length ?? -1) < d.dependencies.length) inModule.set(d.address, d)
    }
    const destroyed = covers.size === 1 ? undefined : new Set(this.#destroyers.map((d) => d.address))
    const made = new Set(this.#creators.map((c) => c.address))
    const behindProvider = this.#resourcesBehindProviders()
    for (const d of this.#destroyers) {
      for (const a of uncovered(d.dependencies, covers.get(d.module)!, destroyed))
        this.#graph.addEdge(this.#joint('dependents gone', a, d), d.vertex)
      if (made.size === 0) continue
      for (const a of d.dependencies) {
        if (!made.has(a)) continue
        if (d.createBeforeDestroy) {
          // What was put aside needs nothing that is made now.
          if (!d.isDeposed) this.#graph.addEdge(d.vertex, this.#joint('made', a, d))
        }
        // A provider that is configured from the dependency can only destroy once that is there.
        else if (behindProvider.get(d.provider)?.has(a) !== true) this.#graph.addEdge(this.#joint('dependents gone first', a, d), d.vertex)
      }
    }
    for (const d of this.#destroyers) this.#waitForJoints(d.vertex, 'dependents gone', d)
    for (const c of this.#creators) {
      this.#waitForJoints(c.vertex, 'dependents gone first', c)
      this.#leadToJoints(c.vertex, 'made', c)
    }
  }

  #orderCreators(): void {
    const first = new Set<string>()
    const last = new Set<string>()
    for (const d of this.#destroyers) (d.createBeforeDestroy ? last : first).add(d.address)
    for (const c of this.#creators) {
      for (const a of c.dependencies) {
        if (first.has(a)) this.#graph.addEdge(c.vertex, this.#joint('dependency gone', a, c))
        if (last.has(a)) this.#graph.addEdge(this.#joint('dependents made', a, c), c.vertex)
      }
    }
    for (const d of this.#destroyers) {
      if (d.createBeforeDestroy) this.#waitForJoints(d.vertex, 'dependents made', d)
      else this.#leadToJoints(d.vertex, 'dependency gone', d)
    }
  }

  #waitForJoints(vertex: number, what: Wish, own: { readonly address: string; readonly module: string }): void {
    if (this.#joints.size === 0) return
    for (const scope of [own.module, '*']) {
      const joint = this.#joints.get(`${what}|${own.address}|${scope}`)
      if (joint !== undefined) this.#graph.addEdge(vertex, joint)
    }
  }

  #leadToJoints(vertex: number, what: Wish, own: { readonly address: string; readonly module: string }): void {
    if (this.#joints.size === 0) return
    for (const scope of [own.module, '*']) {
      const joint = this.#joints.get(`${what}|${own.address}|${scope}`)
      if (joint !== undefined) this.#graph.addEdge(joint, vertex)
    }
  }

  #resourcesBehindProviders(): ReadonlyMap<string, ReadonlySet<string>> {
    const found = new Map<string, ReadonlySet<string>>()
    let dependencies: Dependencies | undefined
    for (const [name, block] of this.#blocks.providers) {
      if (block.needs.references.length === 0) continue
      dependencies ??= new Dependencies(this.#blocks)
      found.set(name, new Set(dependencies.resourcesBefore(block.vertex).map((b: ResourceBlock) => b.name)))
    }
    return found
  }
}

/** The static module part of a static resource address. */
function moduleOf(address: string): string {
  if (!address.startsWith('module.')) return ''
  const parts = address.split('.')
  let at = 0
  while (parts[at] === 'module' && at + 2 < parts.length) at += 2
  return parts.slice(0, at).join('.')
}

/**
 * Of some recorded dependencies those that something is destroyed of and that need an edge: they are transitive, so what the one with
 * the longest list has in it needs none, and a chain of n objects takes n edges instead of n²/2. That is so within one module instance,
 * where all of them meet at the same joints.
 *
 * @param covers of that module instance: all that is destroyed, with lists that ascend as `addresses` do.
 * @param destroyed what is destroyed anywhere, where that is more.
 */
function uncovered(
  addresses: readonly string[],
  covers: ReadonlyMap<string, Destroyer>,
  destroyed: ReadonlySet<string> | undefined,
): readonly string[] {
  const relevant: string[] = []
  let longest: readonly string[] = []
  for (const a of addresses) {
    const own = covers.get(a)
    if (own === undefined && destroyed?.has(a) !== true) continue
    relevant.push(a)
    if (own !== undefined && own.dependencies.length > longest.length) longest = own.dependencies
  }
  if (relevant.length < 3 || longest.length === 0) return relevant
  // In a chain each list is nearly as long as the next: sets would cost more than all else.
  const left: string[] = []
  let at = 0
  for (const a of relevant) {
    while (at < longest.length && longest[at] !== a && compareStrings(longest[at]!, a) < 0) at++
    if (longest[at] === a) at++
    else left.push(a)
  }
  return left
}
