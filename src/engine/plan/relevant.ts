import {
  type AbsResourceInstance,
  absResourceInstanceToString,
  configResourceToString,
  type InstanceKey,
  type ModuleInstance,
  moduleInstanceToString,
  type Reference,
  type Resource,
  referenceableToString,
  toModulePath,
} from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import { type Config, configAt } from '../../config/index.ts'
import { attributeStep, indexStep, type Path, pathToString } from '../../cty/index.ts'
import { type Expr, type TraversalStep, traversals } from '../../hcl/index.ts'
import { needsOf } from '../../lang/index.ts'
import type { OutputChange, RelevantAttribute, ResourceChange } from '../../plans/index.ts'
import { attributeReferences } from '../../schema/index.ts'
import { argumentsOf } from '../_arguments.ts'
import type { ResourceBlock } from '../blocks.ts'
import type { ModuleScope } from '../evaluation.ts'
import type { Run } from '../run.ts'

/** A reference with where it stands: the module instance, and the resource whose `count` and `each` it may mean. */
interface PlacedReference {
  readonly module: ModuleInstance
  readonly inside: ResourceBlock | undefined
  readonly reference: Reference
}

/**
 * The attributes of resources that may have had a part in what is planned: those that the configuration of a changed object or
 * output value refers to, directly or through other values. Ascending by resource and attribute.
 *
 * Only syntax is looked at, as in Terraform: a key that is an expression means the resource as a whole.
 */
export function relevantAttributes(
  run: Run,
  changes: readonly Pick<ResourceChange, 'action' | 'address'>[],
  outputChanges: readonly OutputChange[],
  destroying: boolean,
): readonly RelevantAttribute[] {
  const search = new Search(run)
  const seen = new Map<string, Set<ResourceBlock>>()
  for (const { action, address } of changes) {
    if (action === 'noop') continue
    const block = run.graph.resources.get(configResourceToString({ module: toModulePath(address.module), resource: address.resource }))
    if (block === undefined) continue
    // All instances of a block in one module instance say the same.
    const prefix = moduleInstanceToString(address.module)
    let blocks = seen.get(prefix)
    if (blocks === undefined) seen.set(prefix, (blocks = new Set()))
    if (blocks.has(block)) continue
    blocks.add(block)
    search.add(address.module, block, block.bodyNeeds.references)
  }
  const { root } = run.evaluation
  for (const { action, name } of outputChanges) {
    const output = root.config.module.outputs.get(name)
    if (action !== 'noop' && output !== undefined) search.addExpr([], undefined, output.expr)
  }
  if (!destroying) addChildOutputs(search, root)
  return search.finish()
}

/** Output values of child modules are not stored, so they always count as new. */
function addChildOutputs(search: Search, scope: ModuleScope): void {
  for (const { scopes } of scope.calls.values()) {
    for (const child of scopes.values()) {
      for (const [name, value] of child.outputs) {
        if (!value.isNull) search.addExpr(child.instance, undefined, child.config.module.outputs.get(name)!.expr)
      }
      addChildOutputs(search, child)
    }
  }
}

class Search {
  readonly #run: Run
  readonly #visited = new Set<string>()
  readonly #pending: PlacedReference[] = []
  readonly #found = new Map<string, RelevantAttribute>()
  readonly #exprs = new Map<Expr, readonly Reference[]>()

  constructor(run: Run) {
    this.#run = run
  }

  addExpr(module: ModuleInstance, inside: ResourceBlock | undefined, expr: Expr | undefined): void {
    if (expr === undefined) return
    let references = this.#exprs.get(expr)
    if (references === undefined) this.#exprs.set(expr, (references = needsOf(traversals(expr)).references))
    this.add(module, inside, references)
  }

  add(module: ModuleInstance, inside: ResourceBlock | undefined, references: readonly Reference[]): void {
    if (references.length === 0) return
    const moduleText = moduleInstanceToString(module)
    for (const reference of references) {
      const { subject } = reference
      const own = subject.kind === 'count' || subject.kind === 'each' ? (inside?.name ?? '') : ''
      const key = `${moduleText}|${own}|${referenceableToString(subject)}${stepsText(reference.remaining)}`
      if (this.#visited.has(key)) continue
      this.#visited.add(key)
      if (subject.kind === 'resource') this.#note(module, subject, undefined, reference.remaining)
      else if (subject.kind === 'resourceInstance') this.#note(module, subject.resource, subject.key, reference.remaining)
      this.#pending.push({ module, inside, reference })
    }
  }

  finish(): readonly RelevantAttribute[] {
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) this.#follow(next)
    return [...this.#found].sort((a, b) => compareStrings(a[0], b[0])).map(([, attribute]) => attribute)
  }

  #note(module: ModuleInstance, resource: Resource, key: InstanceKey, steps: readonly TraversalStep[]): void {
    const address: AbsResourceInstance = { module, resource, key }
    const path = pathOf(steps)
    this.#found.set(`${absResourceInstanceToString(address)}\0${pathToString(path)}`, { address, path })
  }

  /** What the value of a named thing is made from. */
  #follow({ module, inside, reference }: PlacedReference): void {
    const config = configAt(this.#run.input.config, toModulePath(module))
    if (config === undefined) return
    const { subject, remaining } = reference
    switch (subject.kind) {
      case 'variable':
        this.#followVariable(module, subject.name)
        return
      case 'local':
        this.addExpr(module, undefined, config.module.locals.get(subject.name)?.expr)
        return
      case 'moduleOutput':
        this.#followOutputs(config, module, subject.call, subject.key, subject.output)
        return
      case 'moduleCall':
        this.#followOutputs(config, module, subject.name, undefined, undefined)
        return
      case 'moduleCallInstance':
        this.#followOutputs(config, module, subject.name, subject.key, undefined)
        return
      case 'resource':
        this.#followResource(module, subject, remaining)
        return
      case 'resourceInstance':
        this.#followResource(module, subject.resource, remaining)
        return
      case 'count':
        this.addExpr(module, inside, inside?.resource.count)
        return
      case 'each':
        this.addExpr(module, inside, inside?.resource.forEach)
        return
      default:
    }
  }

  #followVariable(module: ModuleInstance, name: string): void {
    const last = module[module.length - 1]
    if (last === undefined) return
    const caller = module.slice(0, -1)
    const call = configAt(this.#run.input.config, toModulePath(caller))?.module.moduleCalls.get(last.name)
    if (call !== undefined) this.addExpr(caller, undefined, argumentsOf(call).get(name)?.expr)
  }

  #followOutputs(config: Config, module: ModuleInstance, call: string, key: InstanceKey, output: string | undefined): void {
    const outputs = config.children.get(call)?.module.outputs
    if (outputs === undefined) return
    const child = [...module, { name: call, key }]
    if (output !== undefined) this.addExpr(child, undefined, outputs.get(output)?.expr)
    else for (const { expr } of outputs.values()) this.addExpr(child, undefined, expr)
  }

  #followResource(module: ModuleInstance, resource: Resource, steps: readonly TraversalStep[]): void {
    const block = this.#run.graph.resources.get(configResourceToString({ module: toModulePath(module), resource }))
    if (block?.schema === undefined) return
    const [step] = steps
    if (step?.kind !== 'attr') {
      this.add(module, block, block.bodyNeeds.references)
      return
    }
    const found = attributeReferences(block.resource.body, block.schema.block, step.name)
    if (found.length > 0) this.add(module, block, needsOf(found).references)
  }
}

function pathOf(steps: readonly TraversalStep[]): Path {
  const path: Path[number][] = []
  for (const step of steps) {
    if (step.kind === 'splat') break
    path.push(step.kind === 'attr' ? attributeStep(step.name) : indexStep(step.key))
  }
  return path
}

function stepsText(steps: readonly TraversalStep[]): string {
  if (steps.length === 0) return ''
  const [step] = steps
  return steps.length === 1 && step!.kind === 'attr' ? `.${step!.name}` : pathToString(pathOf(steps))
}
