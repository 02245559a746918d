import { type InstanceKey, instanceKeyToString, parseReference, type Resource } from '../../addrs/index.ts'
import { moduleText } from '../../config/index.ts'
import {
  CtyError,
  convert,
  hasIndex,
  indexValue,
  numberType,
  numericToJs,
  rawEquals,
  stringType,
  unmarkDeep,
  type Value,
} from '../../cty/index.ts'
import { Diagnostics, type SourceRange } from '../../diags/index.ts'
import type { Expr, TraversalStep } from '../../hcl/index.ts'
import type { ResourceChange } from '../../plans/index.ts'
import { type InstanceContext, instanceText, type Planning } from './planning.ts'

const replacing = new Set(['update', 'deleteThenCreate', 'createThenDelete', 'forgetThenCreate'])

/**
 * P-16: whether something that `replace_triggered_by` names is about to change. What is named wrongly is found here and not while
 * validating, as in Terraform, since only now it is known which instances there are.
 */
export function isTriggered(p: Planning, instance: InstanceContext, diags: Diagnostics): boolean {
  let triggered = false
  for (const { expr, needs } of instance.block.triggers) {
    const named = referent(p, instance, expr, needs, diags)
    if (named === undefined) continue
    for (const change of changesOf(p, instance, named, expr.range, diags)) {
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
  const unexpected = (): undefined => {
    diags.error('Invalid replace_triggered_by expression', 'Unexpected expression found in replace_triggered_by.', { subject: expr.range })
    return undefined
  }
  let steps: readonly TraversalStep[] = []
  if (at.kind === 'relativeTraversal') {
    steps = at.steps
    at = at.source
  }
  let key: InstanceKey
  let keyed = false
  if (at.kind === 'index') {
    if (at.key.kind !== 'traversal' && at.key.kind !== 'literal' && at.key.kind !== 'template') {
      const detail =
        'A single static variable reference is required: only attribute access and indexing with constant keys. No calculations, function calls, template expressions, etc are allowed here.'
      diags.error('Invalid expression', detail, { subject: at.key.range })
      return undefined
    }
    const own = new Diagnostics()
    const value = p.run.evaluation.evaluate(instance.scope, at.key, needs, instance.repetition, own)
    diags.addAll(own.items)
    if (own.hasErrors) return undefined
    key = keyFrom(value)
    keyed = true
    at = at.collection
  }
  if (at.kind === 'jsonString') {
    const parsed = at.template().expr
    at = parsed.kind === 'templateWrap' ? parsed.wrapped : parsed
  }
  if (at.kind !== 'traversal') return unexpected()
  const reference = parseReference(at.traversal, diags)
  if (reference === undefined) return undefined
  const { subject } = reference
  if (subject.kind === 'resource') return { resource: subject, key, all: !keyed, steps: keyed ? steps : reference.remaining }
  if (subject.kind === 'resourceInstance') return { resource: subject.resource, key: subject.key, all: false, steps: reference.remaining }
  return unexpected()
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

function changesOf(
  p: Planning,
  instance: InstanceContext,
  { resource, key, all, steps }: Referent,
  subject: SourceRange,
  diags: Diagnostics,
): readonly ResourceChange[] {
  const { scope } = instance
  const name = resourceName(resource)
  const where = moduleText(scope.config.path)
  const block = p.run.graph.resources.get(configName(instance, resource))
  if (block === undefined) {
    diags.error(
      'Reference to undeclared resource',
      `A resource ${all ? name : name + instanceKeyToString(key)} has not been declared in ${where}`,
      { subject },
    )
    return []
  }
  const cell = scope.resources.get(name)
  const noChange = (what: string): readonly ResourceChange[] => {
    diags.error(`no change found for ${what} in ${where}`, '', { subject })
    return []
  }
  if (cell !== undefined && !all && !cell.expansion.has(key)) return noChange(name + instanceKeyToString(key))
  // Of a resource that is repeated it is its instances that have attributes.
  if (cell !== undefined && all && steps.length > 0 && cell.expansion.kind !== 'single') return noChange(name)
  const keys: readonly InstanceKey[] = all ? (cell?.expansion.keys ?? []) : [key]
  const found: ResourceChange[] = []
  for (const k of keys) {
    const change = p.changeOf.get(instanceText(scope, block, k))
    if (change !== undefined) found.push(change)
  }
  // What is only read does not change, unless it is to be read while applying.
  if (resource.mode !== 'managed' && keys.length > 0 && found.length === 0) return noChange(name)
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
  const before = valueAt(unmarkDeep(change.before), steps)
  const after = valueAt(unmarkDeep(change.after), steps)
  if (before === undefined || after === undefined) return before !== after
  return !after.isWhollyKnown || !rawEquals(before, after)
}

/**
 * As in Terraform, and stricter than an expression: attributes of objects, elements of lists and tuples by number, elements of maps by
 * quoted key. Undefined: there is no such thing.
 */
function valueAt(value: Value, steps: readonly TraversalStep[]): Value | undefined {
  let at = value
  for (const step of steps) {
    if (at.isNull || step.kind === 'splat') return undefined
    const { kind } = at.type
    if (step.kind === 'attr') {
      if (at.type.kind !== 'object' || !at.type.attributes.has(step.name)) return undefined
      at = at.getAttr(step.name)
      continue
    }
    const byNumber = step.key.type.kind === 'number'
    if (byNumber ? kind !== 'list' && kind !== 'tuple' : kind !== 'map') return undefined
    const there = hasIndex(at, step.key)
    if (there.isKnown && !there.asBool()) return undefined
    at = indexValue(at, step.key)
  }
  return at
}
