import { type InstanceKey, parseReference, type Resource } from '../../addrs/index.ts'
import { CtyError, convert, numberType, numericToJs, rawEquals, stringType, unmarkDeep, type Value } from '../../cty/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import { type Expr, type TraversalStep, traverse } from '../../hcl/index.ts'
import type { ResourceChange } from '../../plans/index.ts'
import { type InstanceContext, instanceText, type Planning } from './planning.ts'

const replacing = new Set(['update', 'deleteThenCreate', 'createThenDelete'])

/** P-16: whether something that `replace_triggered_by` names is about to change. */
export function isTriggered(p: Planning, instance: InstanceContext, diags: Diagnostics): boolean {
  let triggered = false
  for (const { expr, needs } of instance.block.triggers) {
    const own = new Diagnostics()
    const named = referent(p, instance, expr, needs, own)
    diags.add(...own.items)
    if (named === undefined) continue
    for (const change of changesOf(p, instance, named)) {
      if (!replacing.has(change.action)) continue
      if (named.steps.length === 0 || differsAt(change, named.steps)) triggered = true
    }
  }
  return triggered
}

interface Referent {
  readonly resource: Resource
  /** Undefined with `all`: every instance. */
  readonly key: InstanceKey
  readonly all: boolean
  readonly steps: readonly TraversalStep[]
}

function referent(
  p: Planning,
  instance: InstanceContext,
  expr: Expr,
  needs: InstanceContext['block']['bodyNeeds'],
  diags: Diagnostics,
): Referent | undefined {
  let at: Expr = expr
  let steps: readonly TraversalStep[] = []
  if (at.kind === 'relativeTraversal') {
    steps = at.steps
    at = at.source
  }
  let key: InstanceKey
  let keyed = false
  if (at.kind === 'index') {
    const value = p.run.evaluation.evaluate(instance.scope, at.key, needs, instance.repetition, diags)
    key = keyFrom(value)
    keyed = true
    at = at.collection
  }
  if (at.kind === 'jsonString') {
    const parsed = at.template().expr
    at = parsed.kind === 'templateWrap' ? parsed.wrapped : parsed
  }
  if (at.kind !== 'traversal') return undefined
  const reference = parseReference(at.traversal, diags)
  if (reference === undefined) return undefined
  const { subject } = reference
  if (subject.kind === 'resource') return { resource: subject, key, all: !keyed, steps: keyed ? steps : reference.remaining }
  if (subject.kind === 'resourceInstance') return { resource: subject.resource, key: subject.key, all: false, steps: reference.remaining }
  return undefined
}

function keyFrom(value: Value): InstanceKey {
  const bare = unmarkDeep(value)
  if (!bare.hasContent) return undefined
  if (bare.type.kind === 'number') return numericToJs(bare.asNumeric())
  try {
    return convert(bare, bare.type.kind === 'bool' ? numberType : stringType).asString()
  } catch (error) {
    if (error instanceof CtyError) return undefined
    throw error
  }
}

function changesOf(p: Planning, instance: InstanceContext, { resource, key, all }: Referent): readonly ResourceChange[] {
  const block = p.run.graph.resources.get(configName(instance, resource))
  if (block === undefined) return []
  const cell = instance.scope.resources.get(block.name.slice(block.name.length - resourceName(resource).length))
  const keys: readonly InstanceKey[] = all ? (cell?.expansion.keys ?? []) : [key]
  const found: ResourceChange[] = []
  for (const k of keys) {
    const change = p.changeOf.get(instanceText(instance.scope, block, k))
    if (change !== undefined) found.push(change)
  }
  return found
}

function resourceName(resource: Resource): string {
  return resource.mode === 'managed' ? `${resource.type}.${resource.name}` : `${resource.mode}.${resource.type}.${resource.name}`
}

function configName(instance: InstanceContext, resource: Resource): string {
  const own = resourceName(instance.block.resource.address)
  return instance.block.name.slice(0, instance.block.name.length - own.length) + resourceName(resource)
}

function differsAt(change: ResourceChange, steps: readonly TraversalStep[]): boolean {
  const at = (value: Value): Value | undefined => {
    const own = new Diagnostics()
    const found = traverse(unmarkDeep(value), steps, own)
    return own.hasErrors ? undefined : found
  }
  const before = at(change.before)
  const after = at(change.after)
  if (before === undefined || after === undefined) return before !== after
  return !after.isWhollyKnown || !rawEquals(before, after)
}
