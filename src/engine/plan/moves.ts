import {
  type AbsResource,
  type AbsResourceInstance,
  absResourceInstanceToString,
  type InstanceKey,
  instanceKeyToString,
  type ModuleInstance,
  type ModulePath,
  moduleInstanceToString,
  modulePathToString,
  resourceEquals,
  resourceToString,
  type Target,
  targetFromTraversal,
  targetToString,
} from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import { type Config, configAt } from '../../config/index.ts'
import { Graph, topologicalOrder } from '../../dag/index.ts'
import { Diagnostics, rangeStart, type SourceRange } from '../../diags/index.ts'
import { instancesOf, resourcesOf, type StateBuilder } from '../../states/index.ts'
import type { Evaluation } from '../evaluation.ts'
import type { ObjectOrigin } from './planning.ts'
import { ANY_KEY, StoredPlaces } from './stored-places.ts'

interface Statement {
  /** The module that makes it; addresses are relative to each of its instances. */
  readonly path: ModulePath
  readonly from: Target
  readonly to: Target
  readonly range: SourceRange
}

/** What moving came to, by the new addresses of the objects. */
export interface Moved {
  readonly from: ReadonlyMap<string, AbsResourceInstance>
  /** Who made them: whoever plans them has them taken over where that is someone else. */
  readonly origins: ReadonlyMap<string, ObjectOrigin>
}

/**
 * Applies `moved` blocks to the stored objects, and the moves that follow from a resource gaining or losing `count`. Returns for each
 * moved object where it was, by its new address. Statements that make no sense move nothing: see `validateMoves`.
 */
export function applyMoves(config: Config, state: StateBuilder, diags: Diagnostics): Moved {
  const movedFrom = new Map<string, AbsResourceInstance>()
  const origins = new Map<string, ObjectOrigin>()
  const statements = statementsOf(config)
  const blocked: string[] = []
  const touched = new Set<string>()
  const move = (from: AbsResourceInstance, to: AbsResourceInstance): boolean => {
    const fromText = absResourceInstanceToString(from)
    const toText = absResourceInstanceToString(to)
    if (fromText === toText) return false
    touched.add(fromText)
    touched.add(toText)
    const provider = state.tryResource(from)?.provider
    if (!state.moveInstance(from, to)) {
      blocked.push(`\n  - ${fromText} could not move to ${toText}`)
      return false
    }
    movedFrom.set(toText, movedFrom.get(fromText) ?? from)
    movedFrom.delete(fromText)
    if (provider !== undefined) origins.set(toText, origins.get(fromText) ?? { provider, typeName: from.resource.type })
    origins.delete(fromText)
    return true
  }
  const { order, cyclic } = ordered(statements)
  if (order.length > 0 && cyclic.length === 0) {
    const places = new StoredPlaces(state)
    for (const statement of order) {
      for (const [source, target] of unlessTaken(movesBy(statement, places, state), places, blocked)) {
        if (move(source, target)) places.add({ module: target.module, resource: target.resource })
      }
    }
  }
  moveForCount(config, state, statements, touched, move)
  if (blocked.length > 0) {
    diags.warning(
      'Unresolved resource instance address changes',
      `Terraform tried to adjust resource instance addresses in the prior state based on change information recorded in the configuration, but some adjustments did not succeed due to existing objects already at the intended addresses:${blocked.join('')}\n\nTerraform has planned to destroy these objects. If Terraform's proposed changes aren't appropriate, you must first resolve the conflicts using the "terraform state" subcommands and then create a new plan.`,
    )
  }
  return { from: movedFrom, origins }
}

interface Move {
  readonly source: AbsResourceInstance
  readonly target: AbsResourceInstance
  /** The module instances that a statement about modules moves the object between. */
  readonly modules: readonly [ModuleInstance, ModuleInstance] | undefined
}

/** What a statement says of the objects that are stored. */
function movesBy(statement: Statement, places: StoredPlaces, state: StateBuilder): readonly Move[] {
  const { path, from, to } = statement
  const names = [...path, ...from.module.map((step) => step.name)]
  const last = from.module[from.module.length - 1]
  const moves: Move[] = []
  const add = (source: AbsResourceInstance): void => {
    const target = destination(statement, source)
    if (target === undefined) return
    const modules = to.kind === 'module' ? movedModules(statement, source, target) : undefined
    moves.push({ source, target, modules })
  }
  if (from.kind === 'module') {
    const whole = last!.key === undefined && to.kind === 'module' && to.module[to.module.length - 1]!.key === undefined
    for (const resource of places.below(names, whole ? ANY_KEY : last!.key)) {
      for (const { key } of instancesOf(resource)) add({ ...resource.address, key })
    }
    return moves
  }
  const whole = from.kind === 'resource' && to.kind === 'resource'
  for (const resource of places.resources(names, last === undefined ? ANY_KEY : last.key, from.resource)) {
    if (whole) for (const { key } of instancesOf(resource)) add({ ...resource.address, key })
    else {
      const source = { ...resource.address, key: from.kind === 'resourceInstance' ? from.key : undefined }
      if (state.tryInstance(source) !== undefined) add(source)
    }
  }
  return moves
}

/** Modules move as a whole, so not to where there is one when the statement is come to. */
function unlessTaken(
  moves: readonly Move[],
  places: StoredPlaces,
  blocked: string[],
): readonly (readonly [AbsResourceInstance, AbsResourceInstance])[] {
  const free = new Map<string, boolean>()
  const possible: (readonly [AbsResourceInstance, AbsResourceInstance])[] = []
  for (const { source, target, modules } of moves) {
    if (modules !== undefined) {
      const [from, to] = modules
      const fromText = moduleInstanceToString(from)
      const toText = moduleInstanceToString(to)
      if (fromText === toText) continue
      let isFree = free.get(fromText)
      if (isFree === undefined) {
        isFree = !places.hasModule(to)
        free.set(fromText, isFree)
        if (!isFree) blocked.push(`\n  - ${fromText} could not move to ${toText}`)
      }
      if (!isFree) continue
    }
    possible.push([source, target])
  }
  return possible
}

function movedModules(
  { path, from, to }: Statement,
  source: AbsResourceInstance,
  target: AbsResourceInstance,
): readonly [ModuleInstance, ModuleInstance] {
  return [source.module.slice(0, path.length + from.module.length), target.module.slice(0, path.length + to.module.length)]
}

function statementsOf(config: Config): readonly Statement[] {
  const statements: Statement[] = []
  const silent = new Diagnostics()
  const collect = (at: Config): void => {
    for (const moved of at.module.moved) {
      const from = targetFromTraversal(moved.from, silent)
      const to = targetFromTraversal(moved.to, silent)
      if (from !== undefined && to !== undefined) statements.push({ path: at.path, from, to, range: moved.range })
    }
    for (const child of at.children.values()) collect(child)
  }
  collect(config)
  return statements
}

/**
 * Reports statements that contradict the configuration or each other. Known only once everything is expanded, and more important than
 * whatever else went wrong, since what comes of such statements is not what anybody meant.
 */
export function validateMoves(config: Config, evaluation: Evaluation, diags: Diagnostics): void {
  const statements = statementsOf(config)
  const fromSeen = new Map<string, Statement>()
  const toSeen = new Map<string, Statement>()
  for (const statement of statements) {
    const from = absolute(statement, statement.from)
    const to = absolute(statement, statement.to)
    if (from === to) {
      diags.error(
        'Redundant move statement',
        `This statement declares a move from ${from} to the same address, which is the same as not declaring this move at all.`,
        { subject: statement.range },
      )
      continue
    }
    checkStillDeclared(config, evaluation, statement, diags)
    const [noun, short] = nounsOf(statement.from)
    const start = (other: Statement): string => startText(other.range)
    const sameFrom = fromSeen.get(from)
    if (sameFrom === undefined) fromSeen.set(from, statement)
    else if (absolute(sameFrom, sameFrom.to) !== to) {
      diags.error(
        'Ambiguous move statements',
        `A statement at ${start(sameFrom)} declared that ${from} moved to ${absolute(sameFrom, sameFrom.to)}, but this statement instead declares that it moved to ${to}.\n\nEach ${noun} can move to only one destination ${short}.`,
        { subject: statement.range },
      )
    }
    const sameTo = toSeen.get(to)
    if (sameTo === undefined) toSeen.set(to, statement)
    else if (absolute(sameTo, sameTo.from) !== from) {
      diags.error(
        'Ambiguous move statements',
        `A statement at ${start(sameTo)} declared that ${absolute(sameTo, sameTo.from)} moved to ${to}, but this statement instead declares that ${from} moved there.\n\nEach ${noun} can have moved from only one source ${short}.`,
        { subject: statement.range },
      )
    }
  }
  if (diags.hasErrors) return
  const { cyclic } = ordered(statements)
  if (cyclic.length === 0) return
  const list = cyclic.map((m) => `\n  - ${startText(m.range)}: ${anyKey(m, m.from)} → ${anyKey(m, m.to)}`).sort(compareStrings)
  diags.error(
    'Cyclic dependency in move statements',
    `The following chained move statements form a cycle, and so there is no final location to move objects to:${list.join('')}\n\nA chain of move statements must end with an address that doesn't appear in any other statements, and which typically also refers to an object still declared in the configuration.`,
  )
}

function startText(range: SourceRange): string {
  const { line, column } = rangeStart(range)
  return `${range.source.filename}:${line},${column}`
}

function absolute({ path }: Statement, target: Target): string {
  const prefix = path.length === 0 ? '' : `${modulePathToString(path)}.`
  return `${prefix}${targetToString(target)}`
}

/** With a star for the keys that the target leaves open. */
function anyKey(statement: Statement, target: Target): string {
  const open = target.kind === 'resource' || (target.kind === 'module' && target.module[target.module.length - 1]?.key === undefined)
  return `${absolute(statement, target)}${open ? '[*]' : ''}`
}

function nounsOf(target: Target): readonly [string, string] {
  if (target.kind === 'resource') return ['resource', 'resource']
  if (target.kind === 'resourceInstance') return ['resource instance', 'instance']
  return target.module[target.module.length - 1]?.key === undefined ? ['module call', 'call'] : ['module instance', 'instance']
}

/** A module, resource or instance that is still declared cannot have moved away. */
function checkStillDeclared(config: Config, evaluation: Evaluation, statement: Statement, diags: Diagnostics): void {
  const { path, from, to } = statement
  const declaredAt = stillDeclaredAt(config, evaluation, statement)
  if (declaredAt === undefined) return
  const prefix = path.length === 0 ? '' : `${modulePathToString(path)}.`
  const [noun, short] = nounsOf(from)
  diags.error(
    'Moved object still exists',
    `This statement declares a move from ${prefix}${targetToString(from)}, but that ${noun} is still declared at ${startText(declaredAt)}.\n\nChange your configuration so that this ${short} will be declared as ${prefix}${targetToString(to)} instead.`,
    { subject: statement.range },
  )
}

function stillDeclaredAt(config: Config, evaluation: Evaluation, { path, from, to }: Statement): SourceRange | undefined {
  const at = configAt(config, path)
  if (at === undefined) return undefined
  if (from.kind === 'module') {
    const names = from.module.map((step) => step.name)
    const caller = configAt(config, [...path, ...names.slice(0, -1)])
    const call = caller?.module.moduleCalls.get(names[names.length - 1]!)
    if (call === undefined) return undefined
    const { key } = from.module[from.module.length - 1]!
    const sameCall = to.kind === 'module' && to.module.length === from.module.length && to.module.every((step, i) => step.name === names[i])
    if (key === undefined && !sameCall) return call.range
    const exists = evaluation.scopesOf(at).some((scope) => evaluation.tryScope([...scope.instance, ...from.module]) !== undefined)
    return exists ? call.range : undefined
  }
  const holder = configAt(config, [...path, ...from.module.map((step) => step.name)])
  const declared = holder?.module.resources.get(resourceToString(from.resource))
  if (declared === undefined) return undefined
  const sameBlock =
    to.kind !== 'module' &&
    resourceToString(to.resource) === resourceToString(from.resource) &&
    to.module.length === from.module.length &&
    to.module.every((step, i) => step.name === from.module[i]!.name)
  if (from.kind === 'resource' && to.kind === 'resource') {
    // The same resource in another instance of the module is a move between instances of one block.
    const exists = evaluation.scopesOf(at).some((scope) => evaluation.tryScope([...scope.instance, ...from.module]) !== undefined)
    return exists ? declared.range : undefined
  }
  const key = from.kind === 'resourceInstance' ? from.key : undefined
  if (sameBlock && from.kind === 'resource' && (declared.count ?? declared.forEach) !== undefined) return undefined
  const exists = evaluation.scopesOf(at).some((scope) => {
    const cell = evaluation.tryScope([...scope.instance, ...from.module])?.resources.get(resourceToString(from.resource))
    return cell !== undefined && cell.expansion.kind !== 'unknown' && cell.expansion.has(key)
  })
  return exists ? declared.range : undefined
}

/** Moves into an address come before moves out of it, so that chains arrive at their end; what cannot be ordered is `cyclic`. */
function ordered(statements: readonly Statement[]): { readonly order: readonly Statement[]; readonly cyclic: readonly Statement[] } {
  if (statements.length < 2) return { order: statements, cyclic: [] }
  const graph = new Graph()
  const byTo = new Map<string, number[]>()
  const byModule = new Map<string, number[]>()
  statements.forEach((s) => {
    const v = graph.addVertex()
    listIn(byTo, absolute(s, s.to)).push(v)
    for (const module of [s.from, s.to]) if (module.kind === 'module') listIn(byModule, moduleNames(s, module)).push(v)
  })
  statements.forEach((s, v) => {
    for (const w of byTo.get(absolute(s, s.from)) ?? []) if (w !== v) graph.addEdge(v, w)
    // What is said about the inside of a module that moves is said of the place where it arrives, and comes before it leaves.
    for (const w of new Set(namesAround(s, s.from).flatMap((names) => byModule.get(names) ?? []))) {
      const other = statements[w]!
      if (w === v) continue
      if (isWithin(s, s.from, other, other.to) && !isWithin(s, s.from, other, other.from)) graph.addEdge(v, w)
      else if (isWithin(s, s.from, other, other.from)) graph.addEdge(w, v)
    }
  })
  const order = topologicalOrder(graph)
  const inOrder = new Set(order)
  return { order: [...order].map((v) => statements[v]!), cyclic: statements.filter((_, v) => !inOrder.has(v)) }
}

/** A module by its names and its own key, by which those that may be around a target are found. */
function moduleNames({ path }: Statement, { module }: Target): string {
  return [...path, ...module.map((step) => step.name)].join('/') + instanceKeyToString(module[module.length - 1]!.key)
}

/** All `moduleNames` of modules that a target may lie in. */
function namesAround({ path }: Statement, { module }: Target): readonly string[] {
  const around: string[] = []
  let names = ''
  for (const name of path) {
    names += names === '' ? name : `/${name}`
    around.push(names)
  }
  for (const { name, key } of module) {
    names += names === '' ? name : `/${name}`
    around.push(names)
    if (key !== undefined) around.push(names + instanceKeyToString(key))
  }
  return around
}

function listIn<T>(lists: Map<string, T[]>, name: string): T[] {
  let list = lists.get(name)
  if (list === undefined) lists.set(name, (list = []))
  return list
}

/** Whether a target lies inside of a module that another statement names. */
function isWithin(own: Statement, target: Target, other: Statement, module: Target): boolean {
  if (module.kind !== 'module') return false
  const inner = [...own.path.map((name) => ({ name, key: undefined as InstanceKey })), ...target.module]
  const outer = [...other.path.map((name) => ({ name, key: undefined as InstanceKey })), ...module.module]
  if (inner.length < outer.length || (target.kind === 'module' && inner.length === outer.length)) return false
  return outer.every((step, i) => {
    const own = inner[i]!
    return step.name === own.name && (step.key === own.key || step.key === undefined || i < other.path.length)
  })
}

/** Where a statement takes an object, or undefined when it does not speak of it. */
function destination({ path, from, to }: Statement, address: AbsResourceInstance): AbsResourceInstance | undefined {
  if (address.module.length < path.length || !path.every((name, i) => address.module[i]!.name === name)) return undefined
  const outer = address.module.slice(0, path.length)
  const inner = address.module.slice(path.length)
  if (from.kind === 'module') {
    if (to.kind !== 'module') return undefined
    const moved = movedModule(from.module, to.module, inner)
    return moved === undefined ? undefined : { ...address, module: [...outer, ...moved] }
  }
  if (to.kind === 'module' || resourceToString(from.resource) !== resourceToString(address.resource)) return undefined
  if (inner.length !== from.module.length || !from.module.every((s, i) => s.name === inner[i]!.name && s.key === inner[i]!.key))
    return undefined
  const module = [...outer, ...to.module]
  // Whole resources move with all their instances; as soon as one side names an instance, both do.
  if (from.kind === 'resource' && to.kind === 'resource') return { module, resource: to.resource, key: address.key }
  const fromKey: InstanceKey = from.kind === 'resourceInstance' ? from.key : undefined
  if (address.key !== fromKey) return undefined
  return { module, resource: to.resource, key: to.kind === 'resourceInstance' ? to.key : undefined }
}

function movedModule(from: ModuleInstance, to: ModuleInstance, inner: ModuleInstance): ModuleInstance | undefined {
  if (inner.length < from.length) return undefined
  const last = from.length - 1
  for (let i = 0; i < last; i++) if (from[i]!.name !== inner[i]!.name || from[i]!.key !== inner[i]!.key) return undefined
  const step = from[last]!
  const target = to[to.length - 1]!
  if (step.name !== inner[last]!.name) return undefined
  const whole = step.key === undefined && target.key === undefined
  if (!whole && inner[last]!.key !== step.key) return undefined
  return [...to.slice(0, -1), whole ? { name: target.name, key: inner[last]!.key } : target, ...inner.slice(from.length)]
}

/** A single instance becomes number 0 when `count` is added, and the other way round, unless a statement speaks of it. */
function moveForCount(
  config: Config,
  state: StateBuilder,
  statements: readonly Statement[],
  touched: ReadonlySet<string>,
  move: (from: AbsResourceInstance, to: AbsResourceInstance) => boolean,
): void {
  const named = new Map<string, (readonly [Statement, Target])[]>()
  for (const s of statements) {
    for (const target of [s.from, s.to]) if (target.kind !== 'module') listIn(named, resourceToString(target.resource)).push([s, target])
  }
  for (const resource of resourcesOf(state.snapshot())) {
    let at: Config | undefined = config
    for (const { name } of resource.address.module) at = at?.children.get(name)
    const block = at?.module.resources.get(resourceToString(resource.address.resource))
    if (block === undefined || block.forEach !== undefined) continue
    const counted = block.count !== undefined
    const from: AbsResourceInstance = { ...resource.address, key: counted ? undefined : 0 }
    const to: AbsResourceInstance = { ...resource.address, key: counted ? 0 : undefined }
    if (state.tryInstance(from) === undefined || state.tryInstance(to) !== undefined) continue
    if (touched.has(absResourceInstanceToString(from)) || touched.has(absResourceInstanceToString(to))) continue
    // Who says anything about the resource is taken to have said all.
    if (named.get(resourceToString(resource.address.resource))?.some(([s, target]) => selectsResource(s, target, resource.address)))
      continue
    move(from, to)
  }
}

function selectsResource({ path }: Statement, target: Target, { module, resource }: AbsResource): boolean {
  if (target.kind === 'module' || !resourceEquals(target.resource, resource)) return false
  if (module.length !== path.length + target.module.length) return false
  return module.every((step, i) => {
    if (i < path.length) return step.name === path[i]
    const named = target.module[i - path.length]!
    return step.name === named.name && (named.key === undefined || named.key === step.key)
  })
}
