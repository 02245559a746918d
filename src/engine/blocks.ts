import {
  type AbsProviderConfig,
  absProviderConfigKey,
  absProviderConfigToString,
  configResourceToString,
  type InstanceKey,
  modulePathToString,
  type Reference,
  resourceToString,
} from '../addrs/index.ts'
import { compareStrings } from '../base/index.ts'
import {
  type Check,
  type CheckRule,
  type Config,
  type Import,
  type InputVariable,
  type LocalValue,
  type ModuleCall,
  type OutputValue,
  type ProviderConfig,
  passedProviderKey,
  type ResourceConfig,
} from '../config/index.ts'
import { findCycles, Graph, neighboursOf, topologicalOrder } from '../dag/index.ts'
import { type Diagnostic, Diagnostics, formatRange, type SourceRange } from '../diags/index.ts'
import { type Expr, justAttributes, type Traversal, traversals } from '../hcl/index.ts'
import { type Needs, needsOf, noNeeds } from '../lang/index.ts'
import type { ProviderSchema } from '../providers/index.ts'
import { type BlockSchema, bodyReferences, type Schema } from '../schema/index.ts'
import { argumentsOf } from './_arguments.ts'
import type { Repeated } from './expansion.ts'
import { type ProviderMap, providerBlockOf } from './provider-map.ts'

/**
 * A block (or call, or provider configuration) of a static module: the vertices of the only graph that is made before
 * evaluation. Instances of blocks are no vertices: they are worked out when their block's turn comes.
 */
export type Block = VariableBlock | LocalBlock | OutputBlock | CallBlock | CallEndBlock | ProviderBlock | ResourceBlock | CheckBlock

interface BlockBase {
  readonly vertex: number
  /** The module that holds it. */
  readonly config: Config
  /** Static address, `module.m.local.x`, for messages. */
  readonly name: string
  readonly range: SourceRange | undefined
}

/** An input variable of a root or child module. */
export interface VariableBlock extends BlockBase {
  readonly kind: 'variable'
  readonly variable: InputVariable
  /** What the call gives for it, with its needs in the calling module. Undefined for the root module and for defaults. */
  readonly argument: { readonly expr: Expr; readonly needs: Needs } | undefined
  readonly rules: readonly RuleNeeds[]
}

export interface LocalBlock extends BlockBase {
  readonly kind: 'local'
  readonly local: LocalValue
  readonly needs: Needs
}

export interface OutputBlock extends BlockBase {
  readonly kind: 'output'
  readonly output: OutputValue
  readonly needs: Needs
  readonly preconditions: readonly RuleNeeds[]
}

/** The expansion of a module call; all blocks of the called module come after it. `config` is the calling module. */
export interface CallBlock extends BlockBase {
  readonly kind: 'call'
  readonly call: ModuleCall
  readonly child: Config
  readonly needs: Needs
}

/** Everything in the called module is complete. */
export interface CallEndBlock extends BlockBase {
  readonly kind: 'callEnd'
  readonly call: ModuleCall
}

/** A provider configuration that something uses. */
export interface ProviderBlock extends BlockBase {
  readonly kind: 'provider'
  readonly address: AbsProviderConfig
  /** Undefined when nothing is written: an empty configuration. */
  readonly block: ProviderConfig | undefined
  readonly schema: ProviderSchema | undefined
  readonly needs: Needs
  /** Of its `for_each`. */
  readonly expansionNeeds: Needs
}

/** A managed, data or ephemeral resource. */
export interface ResourceBlock extends BlockBase {
  readonly kind: 'resource'
  readonly resource: ResourceConfig
  readonly provider: AbsProviderConfig
  /** What chooses the instance of that configuration where it has `for_each`: said by the module whose path has this length. */
  readonly providerKey: { readonly expr: Expr; readonly needs: Needs; readonly depth: number } | undefined
  /** Undefined when the provider or the type is not known, which has been reported. */
  readonly schema: Schema | undefined
  readonly expansionNeeds: Needs
  readonly bodyNeeds: Needs
  /** Of `prevent_destroy`. */
  readonly preventDestroyNeeds: Needs
  readonly preconditions: readonly RuleNeeds[]
  readonly postconditions: readonly RuleNeeds[]
  readonly triggers: readonly { readonly expr: Expr; readonly needs: Needs }[]
  /** Of a data source inside of a check block the name of the check: it is read in every run, and nothing fails when that does. */
  readonly inCheck: string | undefined
  /** Of the provisioners that run when an object is created. */
  readonly provisionerNeeds: Needs
  /** The `import` blocks that name it, with what their expressions need in the root module. */
  readonly imports: readonly ImportNeeds[]
  /** Resources that `depends_on` names, own and of the enclosing module calls, as vertices; modules stand for what is in them. */
  readonly dependsOn: readonly number[]
}

export interface CheckBlock extends BlockBase {
  readonly kind: 'check'
  readonly check: Check
  readonly asserts: readonly RuleNeeds[]
}

export interface ImportNeeds {
  readonly block: Import
  /** Of the keys in `to` and of the id. */
  readonly needs: Needs
  readonly forEachNeeds: Needs
}

export interface RuleNeeds {
  readonly rule: CheckRule
  readonly needs: Needs
}

/** All blocks of a configuration and which of them wait for which. */
export interface BlockGraph {
  readonly blocks: readonly Block[]
  readonly graph: Graph
  /** By `absProviderConfigKey`. */
  readonly providers: ReadonlyMap<string, ProviderBlock>
  /** By `configResourceToString`. */
  readonly resources: ReadonlyMap<string, ResourceBlock>
  /** The instances of a resource block that another block refers to; undefined: all of them, or their number. */
  keysOf(vertex: number, dependency: number): ReadonlySet<InstanceKey> | undefined
  /** By vertex: what it waits for without depending on it. */
  readonly orderOnly: ReadonlyMap<number, ReadonlySet<number>>
  /** Names in any of the blocks that cannot refer to anything. */
  readonly badReferences: readonly Diagnostic[]
}

export interface BlockGraphInput {
  readonly config: Config
  readonly providerMap: ProviderMap
  /** By `providerSourceKey`. */
  readonly schemas: ReadonlyMap<string, ProviderSchema>
  /** Of the arguments of a provisioner; undefined when there is none of this type. */
  provisionerSchema(type: string): BlockSchema | undefined
  /** Configurations that stored objects need beside those of the resources. */
  readonly storedProviders: readonly AbsProviderConfig[]
}

/** By module: where the named things of the module are. */
interface ModuleIndex {
  readonly config: Config
  readonly call: number | undefined
  readonly variables: Map<string, number>
  readonly locals: Map<string, number>
  readonly outputs: Map<string, number>
  readonly resources: Map<string, number>
  readonly calls: Map<string, { readonly call: number; readonly end: number; readonly child: ModuleIndex }>
}

/** Builds the graph of blocks. Imports that need what they import are reported; cycles are not, see `reportCycles`. */
export function buildBlockGraph(input: BlockGraphInput, diags: Diagnostics): BlockGraph {
  return new Builder(input, diags).build()
}

class Builder {
  readonly #input: BlockGraphInput
  readonly #diags: Diagnostics
  readonly #graph = new Graph()
  readonly #blocks: Block[] = []
  readonly #badReferences: Diagnostic[] = []
  readonly #providers = new Map<string, ProviderBlock>()
  readonly #resources = new Map<string, ResourceBlock>()
  readonly #modules = new Map<string, ModuleIndex>()
  /** By vertex and dependency; only where all references have keys. */
  readonly #keys = new Map<number, ReadonlyMap<number, ReadonlySet<InstanceKey>>>()
  /** What the block whose edges are being added needs of resources. */
  readonly #needsNow: { readonly needs: Needs; readonly index: ModuleIndex }[] = []

  constructor(input: BlockGraphInput, diags: Diagnostics) {
    this.#input = input
    this.#diags = diags
  }

  build(): BlockGraph {
    const root = this.#addModule(this.#input.config, undefined)
    for (const address of this.#input.storedProviders) this.#provider(address)
    this.#addEdges(root)
    const keys = this.#keys
    return {
      blocks: this.#blocks,
      graph: this.#graph,
      providers: this.#providers,
      resources: this.#resources,
      orderOnly: this.#orderOnly,
      badReferences: this.#badReferences,
      keysOf: (vertex, dependency) => keys.get(vertex)?.get(dependency),
    }
  }

  #next(): number {
    return this.#graph.addVertex()
  }

  /** Vertices first, so that references in any direction find them. The depth of modules is the depth of folders: recursion is fine. */
  #addModule(
    config: Config,
    call: { readonly vertex: number; readonly block: ModuleCall; readonly parent: Config } | undefined,
  ): ModuleIndex {
    const { module, path } = config
    const prefix = path.length === 0 ? '' : `${modulePathToString(path)}.`
    const index: ModuleIndex = {
      config,
      call: call?.vertex,
      variables: new Map(),
      locals: new Map(),
      outputs: new Map(),
      resources: new Map(),
      calls: new Map(),
    }
    this.#modules.set(modulePathToString(path), index)
    const given = call === undefined ? undefined : argumentsOf(call.block)
    for (const variable of module.variables.values()) {
      const vertex = this.#next()
      const expr = given?.get(variable.name)?.expr
      index.variables.set(variable.name, vertex)
      this.#blocks.push({
        kind: 'variable',
        vertex,
        config,
        name: `${prefix}var.${variable.name}`,
        range: variable.range,
        variable,
        argument: expr === undefined ? undefined : { expr, needs: this.#needs(traversals(expr)) },
        rules: this.#rules(variable.validations),
      })
    }
    for (const local of module.locals.values()) {
      const vertex = this.#next()
      index.locals.set(local.name, vertex)
      this.#blocks.push({
        kind: 'local',
        vertex,
        config,
        name: `${prefix}local.${local.name}`,
        range: local.range,
        local,
        needs: this.#needs(traversals(local.expr)),
      })
    }
    for (const [key, resource] of module.resources) index.resources.set(key, this.#addResource(config, resource, prefix))
    for (const childCall of module.moduleCalls.values()) {
      const child = config.children.get(childCall.name)
      if (child === undefined) continue
      const vertex = this.#next()
      const name = modulePathToString(child.path)
      this.#blocks.push({
        kind: 'call',
        vertex,
        config,
        name: `${name} (expand)`,
        range: childCall.range,
        call: childCall,
        child,
        needs: this.#needs(expansionTraversals(childCall)),
      })
      const childIndex = this.#addModule(child, { vertex, block: childCall, parent: config })
      const end = this.#next()
      this.#blocks.push({ kind: 'callEnd', vertex: end, config, name: `${name} (close)`, range: childCall.range, call: childCall })
      index.calls.set(childCall.name, { call: vertex, end, child: childIndex })
    }
    for (const output of module.outputs.values()) {
      const vertex = this.#next()
      index.outputs.set(output.name, vertex)
      this.#blocks.push({
        kind: 'output',
        vertex,
        config,
        name: `${prefix}output.${output.name}`,
        range: output.range,
        output,
        needs: this.#needs(traversals(output.expr)),
        preconditions: this.#rules(output.preconditions),
      })
    }
    for (const check of module.checks.values()) {
      // Only the check itself can name it: see `checkBlockReferences`.
      if (check.data !== undefined)
        index.resources.set(resourceToString(check.data.address), this.#addResource(config, check.data, prefix, check.name))
      const vertex = this.#next()
      this.#blocks.push({
        kind: 'check',
        vertex,
        config,
        name: `${prefix}check.${check.name}`,
        range: check.range,
        check,
        asserts: this.#rules(check.asserts),
      })
    }
    return index
  }

  #addResource(config: Config, resource: ResourceConfig, prefix: string, inCheck?: string): number {
    const provider = this.#input.providerMap.configOf(config.path, resource.provider)
    const providerBlock = this.#provider(provider)
    const schema = this.#schemaOf(resource, providerBlock)
    const vertex = this.#next()
    const block: ResourceBlock = {
      kind: 'resource',
      vertex,
      config,
      name: `${prefix}${resourceToString(resource.address)}`,
      range: resource.range,
      resource,
      provider,
      providerKey: this.#providerKey(config, resource),
      schema,
      expansionNeeds: this.#needs(expansionTraversals(resource)),
      bodyNeeds: schema === undefined ? noNeeds : this.#needs(bodyReferences(resource.body, schema.block)),
      preventDestroyNeeds: this.#needs(
        resource.lifecycle.preventDestroyExpr === undefined ? noTraversals : traversals(resource.lifecycle.preventDestroyExpr),
      ),
      preconditions: this.#rules(resource.lifecycle.preconditions),
      postconditions: this.#rules(resource.lifecycle.postconditions),
      triggers: resource.lifecycle.replaceTriggeredBy.map((expr) => ({ expr, needs: this.#needs(traversals(expr)) })),
      inCheck,
      provisionerNeeds: this.#provisionerNeeds(resource),
      dependsOn: [],
      imports: this.#importsOf(configResourceToString({ module: config.path, resource: resource.address })),
    }
    this.#blocks.push(block)
    this.#resources.set(block.name, block)
    this.#graph.addEdge(vertex, providerBlock.vertex)
    return vertex
  }

  #providerKey({ path }: Config, { provider, providerKey: expr }: ResourceConfig): ResourceBlock['providerKey'] {
    if (expr !== undefined) return { expr, needs: this.#needs(traversals(expr)), depth: path.length }
    const passed = passedProviderKey(this.#input.config, path, provider)
    return passed && { ...passed, needs: this.#needs(traversals(passed.expr)) }
  }

  #provisionerNeeds({ connection, provisioners }: ResourceConfig): Needs {
    if (provisioners.length === 0) return noNeeds
    const all: Traversal[] = []
    for (const { type, when, body, connection: own } of provisioners) {
      if (when !== 'create') continue
      const schema = this.#input.provisionerSchema(type)
      if (schema !== undefined) all.push(...bodyReferences(body, schema))
      for (const place of [connection, own]) {
        if (place === undefined) continue
        for (const { expr } of justAttributes(place, new Diagnostics()).values()) all.push(...traversals(expr))
      }
    }
    return this.#needs(all)
  }

  #importsOf(address: string): readonly ImportNeeds[] {
    if (this.#imports === undefined) {
      this.#imports = new Map()
      for (const block of this.#input.config.module.imports) {
        const key = configResourceToString(block.target)
        const known = this.#imports.get(key)
        const entry: ImportNeeds = {
          block,
          needs: this.#needs([
            ...keyTraversals(block.to),
            ...[block.id, block.identity].flatMap((e) => (e === undefined ? [] : traversals(e))),
          ]),
          forEachNeeds: this.#needs(block.forEach === undefined ? [] : traversals(block.forEach)),
        }
        if (known === undefined) this.#imports.set(key, [entry])
        else known.push(entry)
      }
    }
    return this.#imports.get(address) ?? noImports
  }
  #imports: Map<string, ImportNeeds[]> | undefined

  /** All that use a configuration name it by one object: see `providerMap`. */
  #provider(address: AbsProviderConfig): ProviderBlock {
    let block = this.#providerOf.get(address)
    if (block === undefined) this.#providerOf.set(address, (block = this.#addProvider(address)))
    return block
  }
  readonly #providerOf = new Map<AbsProviderConfig, ProviderBlock>()

  #addProvider(address: AbsProviderConfig): ProviderBlock {
    const name = absProviderConfigToString(address)
    const key = absProviderConfigKey(address)
    const known = this.#providers.get(key)
    if (known !== undefined) return known
    const found = providerBlockOf(this.#input.config, this.#input.providerMap, address)
    const schema = this.#input.providerMap.schemaOf(this.#input.schemas, address.source)
    const block: ProviderBlock = {
      kind: 'provider',
      vertex: this.#next(),
      config: found.config,
      name,
      range: found.block?.range,
      address,
      block: found.block,
      schema,
      needs: found.block === undefined || schema === undefined ? noNeeds : this.#needs(bodyReferences(found.block.body, schema.provider)),
      expansionNeeds: found.block?.forEach === undefined ? noNeeds : this.#needs(traversals(found.block.forEach)),
    }
    this.#blocks.push(block)
    this.#providers.set(key, block)
    return block
  }

  #schemaOf(resource: ResourceConfig, provider: ProviderBlock): Schema | undefined {
    const { mode, type } = resource.address
    if (provider.schema === undefined) return undefined
    switch (mode) {
      case 'managed':
        return provider.schema.resource(type)
      case 'data':
        return provider.schema.dataSource(type)
      case 'ephemeral':
        return provider.schema.ephemeralResource?.(type)
    }
  }

  #needs(all: readonly Traversal[]): Needs {
    if (all.length === 0) return noNeeds
    const needs = needsOf(all)
    this.#badReferences.push(...needs.problems)
    return needs
  }

  #rules(rules: readonly CheckRule[]): readonly RuleNeeds[] {
    return rules.length === 0
      ? noRules
      : rules.map((rule) => ({ rule, needs: this.#needs([...traversals(rule.condition), ...traversals(rule.errorMessage)]) }))
  }

  #addEdges(root: ModuleIndex): void {
    for (const block of this.#blocks) {
      const { vertex } = block
      const index = this.#modules.get(modulePathToString(block.config.path)) ?? root
      if (block.kind !== 'callEnd' && index.call !== undefined) this.#graph.addEdge(vertex, index.call)
      switch (block.kind) {
        case 'variable':
          if (block.argument !== undefined) this.#edgesTo(vertex, block.argument.needs, this.#parentOf(index))
          for (const { needs } of block.rules) this.#edgesTo(vertex, needs, index, vertex)
          break
        case 'local':
          this.#edgesTo(vertex, block.needs, index)
          break
        case 'output':
          this.#edgesTo(vertex, block.needs, index)
          for (const { needs } of block.preconditions) this.#edgesTo(vertex, needs, index)
          this.#edgesTo(vertex, this.#needs(block.output.dependsOn), index)
          break
        case 'call':
          this.#edgesTo(vertex, block.needs, index)
          this.#edgesTo(vertex, this.#needs(block.call.dependsOn), index)
          break
        case 'callEnd': {
          const { call, child } = index.calls.get(block.call.name)!
          this.#graph.addEdge(vertex, call)
          for (const v of child.variables.values()) this.#graph.addEdge(vertex, v)
          for (const v of child.resources.values()) this.#graph.addEdge(vertex, v)
          for (const v of child.outputs.values()) this.#graph.addEdge(vertex, v)
          for (const { end } of child.calls.values()) this.#graph.addEdge(vertex, end)
          break
        }
        case 'provider':
          this.#edgesTo(vertex, block.needs, index)
          this.#edgesTo(vertex, block.expansionNeeds, index)
          break
        case 'resource': {
          // What refers to itself has no edge to itself: see `reportSelfReferences`.
          this.#edgesTo(vertex, block.expansionNeeds, index, vertex)
          this.#edgesTo(vertex, block.bodyNeeds, index, vertex)
          this.#edgesTo(vertex, block.preventDestroyNeeds, index, vertex)
          for (const { needs } of block.preconditions) this.#edgesTo(vertex, needs, index, vertex)
          for (const { needs } of block.postconditions) this.#edgesTo(vertex, needs, index, vertex)
          for (const { needs } of block.triggers) this.#edgesTo(vertex, needs, index, vertex)
          this.#edgesTo(vertex, block.provisionerNeeds, index, vertex)
          if (block.providerKey !== undefined) {
            const { needs, depth } = block.providerKey
            this.#edgesTo(vertex, needs, this.#modules.get(modulePathToString(index.config.path.slice(0, depth)))!)
          }
          this.#addImportEdges(block, index, root)
          const named = this.#edgesTo(vertex, this.#needs(block.resource.dependsOn), index, vertex).filter((v) => v !== vertex)
          const inherited = this.#callDependsOn(index)
          ;(block as { dependsOn: readonly number[] }).dependsOn = named.length === 0 ? inherited : [...named, ...inherited]
          break
        }
        case 'check':
          for (const { needs } of block.asserts) this.#edgesTo(vertex, needs, index)
          break
      }
      this.#keepKeys(vertex)
    }
  }

  /** What an import asks for must be known first, but the object does not depend on it. */
  #addImportEdges(block: ResourceBlock, index: ModuleIndex, root: ModuleIndex): void {
    if (block.imports.length === 0) return
    const conditions = [...block.preconditions, ...block.postconditions, ...block.triggers]
    const own = new Set<number>(
      [block.expansionNeeds, block.bodyNeeds, ...conditions.map((c) => c.needs)].flatMap((needs) => this.#verticesOf(needs, index)),
    )
    const all = block.imports.flatMap(({ block: statement, needs, forEachNeeds }) => {
      const wanted = this.#edgesTo(block.vertex, needs, root, block.vertex)
      if (wanted.includes(block.vertex)) {
        const [what, expr] = statement.id === undefined ? ['identity', statement.identity] : ['id', statement.id]
        this.#diags.error(
          `Invalid import ${what} argument`,
          `The import ${what === 'id' ? 'ID' : what} cannot reference the resource being imported.`,
          { subject: (expr ?? statement.to).range },
        )
      }
      return [...wanted, ...this.#edgesTo(block.vertex, forEachNeeds, root)]
    })
    this.#orderOnly.set(block.vertex, new Set(all.filter((v) => !own.has(v))))
  }
  readonly #orderOnly = new Map<number, ReadonlySet<number>>()

  #keepKeys(vertex: number): void {
    const now = this.#needsNow
    if (now.length === 0) return
    // Most name no instances.
    if (now.some(({ needs }) => needs.resources.some(({ keys }) => keys !== 'all'))) {
      const named = new Map<number, Set<InstanceKey> | 'all'>()
      for (const { needs, index } of now) noteKeys(needs, index, named)
      const kept = new Map<number, ReadonlySet<InstanceKey>>()
      for (const [dependency, keys] of named) if (keys !== 'all') kept.set(dependency, keys)
      if (kept.size > 0) this.#keys.set(vertex, kept)
    }
    now.length = 0
  }

  #parentOf(index: ModuleIndex): ModuleIndex {
    return this.#modules.get(modulePathToString(index.config.path.slice(0, -1)))!
  }

  /** What the calls of this module and of those around it name in `depends_on`. */
  #callDependsOn(index: ModuleIndex): readonly number[] {
    const cached = this.#inherited.get(index)
    if (cached !== undefined) return cached
    const { path } = index.config
    let all: readonly number[] = []
    if (path.length > 0) {
      const parent = this.#parentOf(index)
      const call = parent.config.module.moduleCalls.get(path[path.length - 1]!)
      const own = call === undefined ? [] : this.#verticesOf(this.#needs(call.dependsOn), parent)
      all = [...own, ...this.#callDependsOn(parent)]
    }
    this.#inherited.set(index, all)
    return all
  }
  readonly #inherited = new Map<ModuleIndex, readonly number[]>()

  /** @param except not an edge to this vertex: a rule may speak of its own object. */
  #edgesTo(vertex: number, needs: Needs, index: ModuleIndex, except?: number): readonly number[] {
    if (needs === noNeeds) return noVertices
    const all = this.#verticesOf(needs, index)
    for (let i = 0; i < all.length; i++) if (all[i] !== except) this.#graph.addEdge(vertex, all[i]!)
    if (needs.resources.length > 0) this.#needsNow.push({ needs, index })
    return all
  }

  #verticesOf(needs: Needs, index: ModuleIndex): readonly number[] {
    if (needs === noNeeds) return noVertices
    const found: number[] = []
    const add = (v: number | undefined): void => {
      if (v !== undefined) found.push(v)
    }
    for (const { name } of needs.variables) add(index.variables.get(name))
    for (const { name } of needs.locals) add(index.locals.get(name))
    for (let i = 0; i < needs.resources.length; i++) {
      const v = index.resources.get(needs.resources[i]!.text)
      if (v !== undefined) found.push(v)
    }
    for (const { name, outputs } of needs.modules) {
      const called = index.calls.get(name)
      if (called === undefined) continue
      add(called.call)
      if (outputs === 'all') add(called.end)
      else for (const output of outputs) add(called.child.outputs.get(output))
    }
    return found
  }
}

/** The instances of each resource that are named, or that it is named as a whole, added to those that others name. */
function noteKeys(needs: Needs, index: ModuleIndex, named: Map<number, Set<InstanceKey> | 'all'>): void {
  for (const { text, keys } of needs.resources) {
    const dependency = index.resources.get(text)
    if (dependency === undefined) continue
    const known = named.get(dependency)
    if (keys === 'all') named.set(dependency, 'all')
    else if (known === undefined) named.set(dependency, new Set(keys))
    else if (known !== 'all') for (const key of keys) known.add(key)
  }
}

const noImports: readonly ImportNeeds[] = []
const noTraversals: readonly Traversal[] = []
const noRules: readonly RuleNeeds[] = []
const noVertices: readonly number[] = []

/** What the keys of an address refer to; the address itself is no reference. */
function keyTraversals(address: Expr): Traversal[] {
  if (address.kind === 'relativeTraversal') return keyTraversals(address.source)
  return address.kind === 'index' ? [...keyTraversals(address.collection), ...traversals(address.key)] : []
}

function expansionTraversals({ count, forEach, enabled }: Repeated): readonly Traversal[] {
  if ((count ?? forEach ?? enabled) === undefined) return noTraversals
  return [count, forEach, enabled].flatMap((expr) => (expr === undefined ? [] : traversals(expr)))
}

/**
 * Reports local values that refer to themselves, and dependency cycles with all their members and where they stand.
 * The order is that of the configuration, so that the same mistake always reads the same.
 */
export function reportCycles(graph: BlockGraph, diags: Diagnostics): void {
  for (const members of findCycles(graph.graph)) {
    const blocks = members.map((v) => graph.blocks[v]!)
    const first = blocks[0]!
    if (blocks.length === 1 && first.kind === 'local') {
      const own = first.needs.references.find(({ subject }) => subject.kind === 'local' && subject.name === first.local.name)
      const detail = `Local value ${first.name} cannot use its own result as part of its expression.`
      diags.error('Self-referencing local value', detail, { subject: own?.range ?? first.range })
      continue
    }
    const shown = blocks.filter((b) => b.kind !== 'callEnd')
    const list = shown.map((b) => (b.range === undefined ? `  ${b.name}` : `  ${b.name} at ${formatRange(b.range)}`)).join('\n')
    diags.error(
      `Cycle: ${shown.map((b) => (b.kind === 'local' || b.kind === 'variable' || b.kind === 'output' ? `${b.name} (expand)` : b.name)).join(', ')}`,
      `Each of these objects needs another one of them to be known first, so there is no order in which they could be evaluated:\n${list}\n\nRemove one of the references between them.`,
      { subject: shown[0]?.range },
    )
  }
}

/** Says of resources whose configuration needs their own values that it does. As in Terraform, this is no mistake before planning. */
export function reportSelfReferences(graph: BlockGraph, diags: Diagnostics): void {
  for (const block of graph.blocks) {
    if (block.kind !== 'resource') continue
    const own = ownReference(block)
    if (own === undefined) continue
    diags.error('Self-referential block', `Configuration for ${block.name} may not refer to itself.`, {
      subject: own.range,
      address: block.name,
    })
  }
}

/** Where the number of instances, the arguments or the triggers of a resource name the resource itself. */
function ownReference(block: ResourceBlock): Reference | undefined {
  const parts = [block.expansionNeeds, block.bodyNeeds, block.preventDestroyNeeds, ...block.triggers.map((t) => t.needs)]
  if (parts.every((needs) => needs.resources.length === 0)) return undefined
  const own = resourceToString(block.resource.address)
  const needs = parts.find(({ resources }) => resources.some(({ text }) => text === own))
  return needs?.references.find(({ resourceText }) => resourceText === own)
}

/**
 * For each resource block the static addresses of all resources that it depends on, directly or not, ascending: what is recorded in
 * the state. Arrays are shared between blocks with the same dependencies.
 */
export class Dependencies {
  readonly #graph: BlockGraph
  /** Resource blocks by address, ascending: the bit of a resource is its place here. */
  readonly #sorted: readonly ResourceBlock[]
  readonly #sets: (Uint32Array | undefined)[]
  readonly #texts = new Map<Uint32Array, readonly string[]>()

  constructor(graph: BlockGraph) {
    this.#graph = graph
    this.#sorted = [...graph.resources.values()].sort((a, b) => compareStrings(a.name, b.name))
    const bit = new Map(this.#sorted.map((block, i) => [block.vertex, i]))
    const words = (this.#sorted.length + 31) >> 5
    const sets: (Uint32Array | undefined)[] = new Array<Uint32Array | undefined>(graph.blocks.length)
    const { waitsFor } = graph.graph
    for (const v of topologicalOrder(graph.graph)) {
      // A set that one dependency already has is shared; only where several meet is a new one made.
      let set: Uint32Array | undefined
      let own = false
      const skipped = graph.orderOnly.get(v)
      for (const d of neighboursOf(waitsFor, v)) {
        if (skipped?.has(d)) continue
        const inherited = sets[d]
        const number = bit.get(d)
        if (inherited === undefined && number === undefined) continue
        if (set === undefined && number === undefined) {
          set = inherited
          continue
        }
        if (inherited === set && number !== undefined && set !== undefined && hasBit(set, number)) continue
        if (inherited === set && number === undefined) continue
        if (!own) {
          const made: Uint32Array = new Uint32Array(words)
          if (set !== undefined) made.set(set)
          set = made
          own = true
        }
        if (inherited !== undefined) for (let w = 0; w < words; w++) set![w]! |= inherited[w]!
        if (number !== undefined) set![number >> 5]! |= 1 << (number & 31)
      }
      sets[v] = set
    }
    this.#sets = sets
  }

  of(block: ResourceBlock): readonly string[] {
    const set = this.#sets[block.vertex]
    if (set === undefined) return []
    let texts = this.#texts.get(set)
    if (texts === undefined) {
      const found: string[] = []
      for (let w = 0; w < set.length; w++) {
        let word = set[w]!
        while (word !== 0) {
          const low = word & -word
          const resource = this.#sorted[w * 32 + (31 - Math.clz32(low))]!
          if (resource !== block) found.push(resource.name)
          word &= word - 1
        }
      }
      texts = found
      this.#texts.set(set, texts)
    }
    return texts
  }

  /** The same with what the imports of the block refer to: what planning goes by, in contrast to applying. */
  ofPlanned(block: ResourceBlock): readonly string[] {
    const own = this.of(block)
    const more = this.#graph.orderOnly.get(block.vertex)
    if (more === undefined || more.size === 0) return own
    const all = new Set(own)
    for (const vertex of more) {
      const other = this.#graph.blocks[vertex]!
      if (other.kind === 'resource') all.add(other.name)
      for (const { name } of this.resourcesBefore(vertex)) all.add(name)
    }
    all.delete(block.name)
    return [...all].sort(compareStrings)
  }

  /** Vertices of all resource blocks that a vertex waits for, directly or not. */
  resourcesBefore(vertex: number): readonly ResourceBlock[] {
    const set = this.#sets[vertex]
    if (set === undefined) return []
    const found: ResourceBlock[] = []
    for (let w = 0; w < set.length; w++) {
      for (let word = set[w]!; word !== 0; word &= word - 1) found.push(this.#sorted[w * 32 + (31 - Math.clz32(word & -word))]!)
    }
    return found
  }

  get graph(): BlockGraph {
    return this.#graph
  }
}

function hasBit(set: Uint32Array, bit: number): boolean {
  return (set[bit >> 5]! & (1 << (bit & 31))) !== 0
}

/** What is replaced by creating first. */
export interface CreateBeforeDestroy {
  has(block: ResourceBlock): boolean
  /** Of what an apply makes, only the instances that are referred to are recorded as such, as in Terraform. */
  hasInstance(block: ResourceBlock, key: InstanceKey): boolean
}

const noneFirst: CreateBeforeDestroy = { has: () => false, hasInstance: () => false }

/**
 * Which resources are replaced by creating first: those that say so, and all that these depend on, since a thing cannot be
 * destroyed while what needs it still stands. Blocks that are no part of the run have no say.
 *
 * @param isVisited whether something is done with an instance: a reference to one with which nothing is done counts for all of its
 * resource, as in Terraform.
 */
export function createBeforeDestroyBlocks(
  graph: BlockGraph,
  included?: (block: Block) => boolean,
  isVisited: (block: Block, key: InstanceKey) => boolean = () => true,
): CreateBeforeDestroy {
  if (!graph.blocks.some((b) => b.kind === 'resource' && b.resource.lifecycle.createBeforeDestroy === true)) return noneFirst
  const order = topologicalOrder(graph.graph)
  const forced = new Map<number, Set<InstanceKey> | 'all'>()
  const found = new Map<ResourceBlock, ReadonlySet<InstanceKey> | 'all'>()
  for (let i = order.length - 1; i >= 0; i--) {
    const v = order[i]!
    const block = graph.blocks[v]!
    if (included?.(block) === false) continue
    if (block.kind === 'resource' && block.resource.address.mode === 'managed') {
      if (block.resource.lifecycle.createBeforeDestroy === true) forced.set(v, 'all')
      const keys = forced.get(v)
      if (keys !== undefined) found.set(block, keys)
    }
    if (!forced.has(v)) continue
    for (const d of neighboursOf(graph.graph.waitsFor, v)) {
      const keys = graph.keysOf(v, d)
      const known = forced.get(d)
      if (keys === undefined || [...keys].some((key) => !isVisited(graph.blocks[d]!, key))) forced.set(d, 'all')
      else if (known === undefined) forced.set(d, new Set(keys))
      else if (known !== 'all') for (const key of keys) known.add(key)
    }
  }
  return {
    has: (block) => found.has(block),
    hasInstance: (block, key) => {
      const keys = found.get(block)
      return keys === 'all' || keys?.has(key) === true
    },
  }
}
