import {
  absProviderConfigToString,
  type ModulePath,
  modulePathToString,
  parseReference,
  type Resource,
  type ResourceMode,
  resourceToString,
} from '../addrs/index.ts'
import { compareStrings } from '../base/index.ts'
import {
  allModules,
  bodyExpressions,
  type CheckRule,
  type Config,
  configAt,
  type Module,
  type ModuleCall,
  providerConfigFor,
  type ResourceConfig,
} from '../config/index.ts'
import { Graph, neighboursOf, reducedEdges } from '../dag/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type Expr, justAttributes, type Traversal, traversals } from '../hcl/index.ts'

/** Of what a vertex is; the others are only there to lead from one to another. */
export type VertexKind = 'resource' | 'instance' | 'provider' | 'variable' | 'other'

export interface OperationVertex {
  readonly name: string
  readonly kind: VertexKind
  /** What people call it. */
  readonly label: string
}

/** A resource of the static tree. */
export interface GraphResource {
  readonly module: ModulePath
  readonly mode: ResourceMode
  /** Address within its module. */
  readonly name: string
  /** With the module. */
  readonly address: string
}

/** What waits for what when a configuration is planned or applied, as far as the configuration alone says it. */
export interface OperationGraph {
  readonly vertices: readonly OperationVertex[]
  /** Without edges that others imply. By vertex. */
  readonly edges: readonly (readonly number[])[]
}

/** Resources that depend on one another, whatever leads from one to the other. Without edges that others imply. */
export interface ResourceGraph {
  /** By module, data sources before managed resources. */
  readonly resources: readonly GraphResource[]
  readonly edges: readonly (readonly number[])[]
}

/** Instances with planned changes by the text of their resource with its module; they do what the resource stands for otherwise. */
export type PlannedInstances = ReadonlyMap<string, readonly string[]>

export function operationGraph(root: Config, phase: 'plan' | 'apply', planned: PlannedInstances = new Map()): OperationGraph {
  const builder = new Builder(root, phase, planned)
  return { vertices: builder.vertices, edges: reducedEdges(builder.graph) }
}

const modeOrder: Readonly<Record<ResourceMode, number>> = { data: 0, managed: 1, ephemeral: 2 }

export function resourceGraph(root: Config): ResourceGraph {
  const { graph, resources: byVertex } = new Builder(root, 'plan', new Map())
  const found = [...byVertex].sort(
    ([, a], [, b]) => compareModules(a.module, b.module) || modeOrder[a.mode] - modeOrder[b.mode] || compareStrings(a.name, b.name),
  )
  const numbers = new Map(found.map(([vertex], i) => [vertex, i] as const))
  const between = new Graph()
  for (const _ of found) between.addVertex()
  for (const [i, [vertex]] of found.entries()) {
    // Through everything that is no resource, to the first resources.
    const seen = new Set([vertex])
    const pending = [...neighboursOf(graph.waitsFor, vertex)]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (seen.has(next)) continue
      seen.add(next)
      const number = numbers.get(next)
      if (number === undefined) pending.push(...neighboursOf(graph.waitsFor, next))
      else between.addEdge(i, number)
    }
  }
  return { resources: found.map(([, resource]) => resource), edges: reducedEdges(between) }
}

function compareModules(a: ModulePath, b: ModulePath): number {
  return compareStrings(modulePathToString(a), modulePathToString(b))
}

/** Vertices are named as Terraform names them, whose picture people know. */
class Builder {
  readonly graph = new Graph()
  readonly vertices: OperationVertex[] = []
  /** By vertex. */
  readonly resources = new Map<number, GraphResource>()
  readonly #root: Config
  readonly #phase: 'plan' | 'apply'
  readonly #planned: PlannedInstances
  readonly #byName = new Map<string, number>()
  readonly #providerUsers = new Map<string, number[]>()

  constructor(root: Config, phase: 'plan' | 'apply', planned: PlannedInstances) {
    this.#root = root
    this.#phase = phase
    this.#planned = planned
    for (const config of allModules(root)) this.#addVertices(config)
    for (const config of allModules(root)) this.#addEdges(config)
    this.#closeProviders()
    const end = this.#add('root', 'other', 'root')
    for (let v = 0; v < end; v++) this.graph.addEdge(end, v)
  }

  #add(name: string, kind: VertexKind, label: string): number {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const vertex = this.graph.addVertex()
    this.vertices.push({ name, kind, label })
    this.#byName.set(name, vertex)
    return vertex
  }

  #addVertices({ path, module }: Config): void {
    const prefix = prefixOf(path)
    const other = (name: string): number => this.#add(name, 'other', name)
    if (path.length > 0) {
      other(`${modulePathToString(path)} (expand)`)
      other(`${modulePathToString(path)} (close)`)
    }
    for (const name of module.variables.keys()) {
      if (path.length === 0) this.#add(`var.${name}`, 'variable', `var.${name}`)
      else other(`${prefix}var.${name} (expand)`)
    }
    for (const name of module.locals.keys()) other(`${prefix}local.${name} (expand)`)
    for (const name of module.outputs.keys()) other(`${prefix}output.${name} (expand)`)
    for (const name of module.checks.keys()) {
      other(`${prefix}check.${name} (expand)`)
      // Results are announced once, with the plan.
      if (this.#phase === 'plan') other(`${prefix}check.${name} (report)`)
    }
    for (const resource of resourcesOf(module)) {
      const name = resourceToString(resource.address)
      const address = `${prefix}${name}`
      const vertex = this.#add(`${address} (expand)`, 'resource', address)
      this.resources.set(vertex, { module: path, mode: resource.address.mode, name, address })
      for (const instance of this.#planned.get(address) ?? []) {
        this.graph.addEdge(this.#add(instance, 'instance', address), vertex)
      }
    }
  }

  #addEdges(config: Config): void {
    const { path, module } = config
    const prefix = prefixOf(path)
    const inside = path.length > 0 ? this.#byName.get(`${modulePathToString(path)} (expand)`) : undefined
    const close = path.length > 0 ? this.#byName.get(`${modulePathToString(path)} (close)`) : undefined
    const connect = (name: string, all: readonly Traversal[]): number => {
      const vertex = this.#byName.get(name)!
      for (const target of this.#targets(config, all)) if (target !== vertex) this.graph.addEdge(vertex, target)
      if (inside !== undefined) this.graph.addEdge(vertex, inside)
      if (close !== undefined) this.graph.addEdge(close, vertex)
      return vertex
    }
    for (const [name, { validations }] of module.variables) {
      const vertexName = path.length === 0 ? `var.${name}` : `${prefix}var.${name} (expand)`
      const own = connect(vertexName, rulesTraversals(validations))
      const caller = this.#callerOf(path)
      const argument = caller && justAttributes(caller.call.body, new Diagnostics()).get(name)
      if (argument !== undefined) {
        for (const target of this.#targets(caller!.config, traversals(argument.expr))) this.graph.addEdge(own, target)
      }
    }
    for (const { name, expr } of module.locals.values()) connect(`${prefix}local.${name} (expand)`, traversals(expr))
    for (const { name, expr, dependsOn, preconditions } of module.outputs.values()) {
      connect(`${prefix}output.${name} (expand)`, [...traversals(expr), ...dependsOn, ...rulesTraversals(preconditions)])
    }
    for (const { name, asserts } of module.checks.values()) {
      const vertex = connect(`${prefix}check.${name} (expand)`, rulesTraversals(asserts))
      const report = this.#byName.get(`${prefix}check.${name} (report)`)
      if (report !== undefined) this.graph.addEdge(vertex, report)
    }
    for (const resource of resourcesOf(module)) {
      const vertex = connect(`${prefix}${resourceToString(resource.address)} (expand)`, resourceTraversals(resource))
      this.#useProvider(config, resource, vertex)
    }
    for (const call of module.moduleCalls.values()) {
      const child = modulePathToString([...path, call.name])
      if (this.#byName.has(`${child} (expand)`)) {
        connect(`${child} (expand)`, callTraversals(call))
        if (close !== undefined) this.graph.addEdge(close, this.#byName.get(`${child} (close)`)!)
      }
    }
  }

  #callerOf(path: ModulePath): { readonly config: Config; readonly call: ModuleCall } | undefined {
    if (path.length === 0) return undefined
    const config = configAt(this.#root, path.slice(0, -1))
    const call = config?.module.moduleCalls.get(path.at(-1)!)
    return config && call && { config, call }
  }

  #useProvider({ path }: Config, { provider }: ResourceConfig, vertex: number): void {
    const found = providerConfigFor(this.#root, path, provider)
    if (found === undefined) return
    const name = absProviderConfigToString(found)
    const isNew = !this.#byName.has(name)
    const own = this.#add(name, 'provider', name)
    this.graph.addEdge(vertex, own)
    const users = this.#providerUsers.get(name) ?? []
    this.#providerUsers.set(name, users)
    users.push(vertex)
    if (!isNew) return
    const owner = configAt(this.#root, found.module)
    const block = [...(owner?.module.providerConfigs.values() ?? [])].find(
      ({ localName, alias }) => alias === found.alias && isOf(this.#root, found.module, localName, alias, name),
    )
    if (owner === undefined || block === undefined) return
    const all = [...bodyExpressions(block.body), ...(block.forEach === undefined ? [] : [block.forEach])].flatMap((expr) =>
      traversals(expr),
    )
    for (const target of this.#targets(owner, all)) this.graph.addEdge(own, target)
  }

  #closeProviders(): void {
    for (const [name, users] of this.#providerUsers) {
      const close = this.#add(`${name} (close)`, 'other', name)
      this.graph.addEdge(close, this.#byName.get(name)!)
      for (const user of users) {
        this.graph.addEdge(close, user)
        for (const instance of this.#planned.get(this.resources.get(user)!.address) ?? []) {
          this.graph.addEdge(close, this.#byName.get(instance)!)
        }
      }
    }
  }

  /** What expressions of a module name, as vertices. Things that are not there are left out. */
  *#targets({ path }: Config, all: readonly Traversal[]): Iterable<number> {
    const prefix = prefixOf(path)
    const quiet = new Diagnostics()
    for (const traversal of all) {
      const subject = parseReference(traversal, quiet)?.subject
      if (subject === undefined) continue
      for (const name of this.#namesOf(subject, prefix)) {
        const vertex = this.#byName.get(name)
        if (vertex !== undefined) yield vertex
      }
    }
  }

  #namesOf(subject: NonNullable<ReturnType<typeof parseReference>>['subject'], prefix: string): readonly string[] {
    switch (subject.kind) {
      case 'variable':
        return prefix === '' ? [`var.${subject.name}`] : [`${prefix}var.${subject.name} (expand)`]
      case 'local':
        return [`${prefix}local.${subject.name} (expand)`]
      case 'resource':
        return this.#instancesOf(subject, prefix)
      case 'resourceInstance': {
        const key = typeof subject.key === 'number' ? `[${subject.key}]` : `[${JSON.stringify(subject.key)}]`
        const instance = `${prefix}${resourceToString(subject.resource)}${key}`
        return this.#byName.has(instance) ? [instance] : this.#instancesOf(subject.resource, prefix)
      }
      case 'moduleCall':
      case 'moduleCallInstance':
        return [`${prefix}module.${subject.name} (close)`]
      case 'moduleOutput':
        return [`${prefix}module.${subject.call}.output.${subject.output} (expand)`]
      default:
        return []
    }
  }

  /** Whoever names a resource waits for what is done to its instances. */
  #instancesOf(resource: Resource, prefix: string): readonly string[] {
    const address = `${prefix}${resourceToString(resource)}`
    const instances = this.#planned.get(address) ?? []
    return instances.length > 0 ? instances : [`${address} (expand)`]
  }
}

function isOf(root: Config, path: ModulePath, localName: string, alias: string | undefined, name: string): boolean {
  const found = providerConfigFor(root, path, { localName, alias })
  return found !== undefined && absProviderConfigToString(found) === name
}

function prefixOf(path: ModulePath): string {
  return path.length === 0 ? '' : `${modulePathToString(path)}.`
}

function* resourcesOf(module: Module): Iterable<ResourceConfig> {
  yield* module.resources.values()
  for (const { data } of module.checks.values()) if (data !== undefined) yield data
}

function rulesTraversals(rules: readonly CheckRule[]): readonly Traversal[] {
  return rules.flatMap(({ condition, errorMessage }) => [...traversals(condition), ...traversals(errorMessage)])
}

function given(...exprs: readonly (Expr | undefined)[]): readonly Traversal[] {
  return exprs.flatMap((expr) => (expr === undefined ? [] : traversals(expr)))
}

function resourceTraversals(resource: ResourceConfig): readonly Traversal[] {
  const { lifecycle, provisioners, connection } = resource
  const bodies = [resource.body, connection, ...provisioners.flatMap((p) => [p.body, p.connection])]
  return [
    ...given(resource.count, resource.forEach, resource.enabled, resource.providerKey),
    ...resource.dependsOn,
    ...bodies.flatMap((body) => (body === undefined ? [] : [...bodyExpressions(body)].flatMap((expr) => traversals(expr)))),
    ...given(...lifecycle.replaceTriggeredBy),
    ...rulesTraversals([...lifecycle.preconditions, ...lifecycle.postconditions]),
  ]
}

function callTraversals({ count, forEach, enabled, dependsOn }: ModuleCall): readonly Traversal[] {
  return [...given(count, forEach, enabled), ...dependsOn]
}
