import {
  type AbsResourceInstance,
  absResourceInstanceToString,
  type InstanceKey,
  type ModuleInstance,
  type ModulePath,
  modulePathToString,
  resourceToString,
  type Target,
  targetFromTraversal,
  targetToString,
} from '../../addrs/index.ts'
import type { Config } from '../../config/index.ts'
import { Graph, topologicalOrder } from '../../dag/index.ts'
import { type Diagnostics, formatRange, rangeStart, type SourceRange } from '../../diags/index.ts'
import { instancesOf, resourcesOf, type StateBuilder } from '../../states/index.ts'

interface Statement {
  /** The module that makes it; addresses are relative to each of its instances. */
  readonly path: ModulePath
  readonly from: Target
  readonly to: Target
  readonly range: SourceRange
}

/**
 * Applies `moved` blocks to the stored objects, and the moves that follow from a resource gaining or losing `count`. Returns for each
 * moved object where it was, by its new address.
 */
export function applyMoves(config: Config, state: StateBuilder, diags: Diagnostics): ReadonlyMap<string, AbsResourceInstance> {
  const movedFrom = new Map<string, AbsResourceInstance>()
  const statements: Statement[] = []
  collect(config, statements, diags)
  const blocked: string[] = []
  const touched = new Set<string>()
  const move = (from: AbsResourceInstance, to: AbsResourceInstance): void => {
    const fromText = absResourceInstanceToString(from)
    const toText = absResourceInstanceToString(to)
    if (fromText === toText) return
    touched.add(fromText)
    touched.add(toText)
    if (!state.moveInstance(from, to)) {
      blocked.push(`\n  - ${fromText} could not move to ${toText}`)
      return
    }
    movedFrom.set(toText, movedFrom.get(fromText) ?? from)
    movedFrom.delete(fromText)
  }
  for (const statement of ordered(statements, diags)) {
    for (const resource of resourcesOf(state.snapshot())) {
      for (const instance of instancesOf(resource)) {
        const from: AbsResourceInstance = { ...resource.address, key: instance.key }
        const to = destination(statement, from)
        if (to === undefined) continue
        if (to.resource.mode !== from.resource.mode || to.resource.type !== from.resource.type) {
          diags.error(
            'Moves between resource types are not supported yet',
            `Landform does not support moving ${absResourceInstanceToString(from)} to ${absResourceInstanceToString(to)} yet, because they are of different types.`,
            { subject: statement.range },
          )
          continue
        }
        move(from, to)
      }
    }
  }
  moveForCount(config, state, touched, move)
  if (blocked.length > 0) {
    diags.warning(
      'Unresolved resource instance address changes',
      `Terraform tried to adjust resource instance addresses in the prior state based on change information recorded in the configuration, but some adjustments did not succeed due to existing objects already at the intended addresses:${blocked.join('')}\n\nTerraform has planned to destroy these objects. If Terraform's proposed changes aren't appropriate, you must first resolve the conflicts using the "terraform state" subcommands and then create a new plan.`,
    )
  }
  return movedFrom
}

function collect(config: Config, statements: Statement[], diags: Diagnostics): void {
  for (const moved of config.module.moved) {
    const from = targetFromTraversal(moved.from, diags)
    const to = targetFromTraversal(moved.to, diags)
    if (from === undefined || to === undefined) continue
    checkStillDeclared(config, from, to, moved.range, diags)
    statements.push({ path: config.path, from, to, range: moved.range })
  }
  for (const child of config.children.values()) collect(child, statements, diags)
}

function checkStillDeclared(config: Config, from: Target, to: Target, subject: SourceRange, diags: Diagnostics): void {
  if (from.kind === 'module' || to.kind === 'module' || from.module.length > 0) return
  const declared = config.module.resources.get(resourceToString(from.resource))
  if (declared === undefined) return
  // A move between instances of one block, or between the block and an instance, follows a change of its repetition.
  if (to.module.length === 0 && resourceToString(to.resource) === resourceToString(from.resource)) return
  const repeated = declared.count !== undefined || declared.forEach !== undefined
  const whole = from.kind === 'resource' && to.kind === 'resource'
  if (!whole && repeated !== (from.kind === 'resourceInstance')) return
  // Whether a single instance of a repeated resource is still there is only known when it is expanded.
  if (!whole && repeated) return
  const prefix = config.path.length === 0 ? '' : `${modulePathToString(config.path)}.`
  const { line, column } = rangeStart(declared.range)
  const at = `${declared.range.source.filename}:${line},${column}`
  const [noun, pronoun] = whole ? ['resource', 'this resource'] : ['resource instance', 'this instance']
  diags.error(
    'Moved object still exists',
    `This statement declares a move from ${prefix}${targetToString(from)}, but that ${noun} is still declared at ${at}.\n\nChange your configuration so that ${pronoun} will be declared as ${prefix}${targetToString(to)} instead.`,
    { subject },
  )
}

/** Moves into an address come before moves out of it, so that chains arrive at their end. */
function ordered(statements: readonly Statement[], diags: Diagnostics): readonly Statement[] {
  if (statements.length < 2) return statements
  const graph = new Graph()
  const byTo = new Map<string, number[]>()
  statements.forEach((s) => {
    const v = graph.addVertex()
    for (const text of prefixesOf(s, s.to)) byTo.set(text, [...(byTo.get(text) ?? []), v])
  })
  statements.forEach((s, v) => {
    for (const text of prefixesOf(s, s.from)) for (const w of byTo.get(text) ?? []) if (w !== v) graph.addEdge(v, w)
  })
  const order = topologicalOrder(graph)
  if (order.length < statements.length) {
    const inOrder = new Set(order)
    const members = statements.filter((_, v) => !inOrder.has(v))
    diags.error(
      'Cyclic dependency in move statements',
      `The following chained move statements form a cycle, and so there is no final location to move objects to:${members
        .map((m) => `\n  - ${formatRange(m.range)}: ${targetToString(m.from)} → ${targetToString(m.to)}`)
        .join(
          '',
        )}\n\nA chain of move statements must end with an address that doesn't appear in any other statements, and which typically also refers to an object still declared in the configuration.`,
      { subject: members[0]?.range },
    )
  }
  return [...order].map((v) => statements[v]!)
}

function prefixesOf(statement: Statement, target: Target): string[] {
  return [`${modulePathToString(statement.path)}|${targetToString(target)}`]
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
  touched: ReadonlySet<string>,
  move: (from: AbsResourceInstance, to: AbsResourceInstance) => void,
): void {
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
    move(from, to)
  }
}
