import { type Diagnostics, rangeBetween, type SourceRange } from '../diags/index.ts'
import type { Traversal, TraversalStep } from '../hcl/index.ts'
import { keyFromValue } from './_steps.ts'
import type { InstanceKey, Referenceable, Resource, ResourceMode } from './addrs.ts'
import { resourceToString } from './format.ts'

/** An object named in an expression, and the steps into its value. */
export interface Reference {
  readonly subject: Referenceable
  /** The part of the source that names the subject. */
  readonly range: SourceRange
  readonly remaining: readonly TraversalStep[]
  /** Of a resource or an instance of one: `resourceToString` of the resource. */
  readonly resourceText?: string
}

/** Configurations are full of these: what only messages show is made when asked for. */
class ResourceReference implements Reference {
  declare readonly subject: Referenceable
  declare readonly resourceText: string
  declare private readonly traversal: Traversal
  declare private readonly last: number

  /** @param last index of the step with which the name of the subject ends. */
  constructor(subject: Referenceable, resourceText: string, traversal: Traversal, last: number) {
    this.subject = subject
    this.resourceText = resourceText
    this.traversal = traversal
    this.last = last
  }

  get range(): SourceRange {
    return to(this.traversal, this.traversal.steps[this.last]!)
  }

  get remaining(): readonly TraversalStep[] {
    return this.traversal.steps.slice(this.last + 1)
  }
}

/**
 * What a traversal refers to by its syntax alone; whether that exists is for the caller to find out. Reports and returns
 * undefined when no object can be meant. A resource instance or module instance is named when the key is static.
 */
export function parseReference(traversal: Traversal, diags: Diagnostics): Reference | undefined {
  const { root } = traversal
  switch (root) {
    case 'var':
      return namedReference(traversal, (name) => ({ kind: 'variable', name }), diags)
    case 'local':
      return namedReference(traversal, (name) => ({ kind: 'local', name }), diags)
    case 'count':
    case 'each':
    case 'path':
    case 'terraform':
      return namedReference(traversal, (name) => ({ kind: root, name }), diags)
    // OpenTofu's name for the same.
    case 'tofu':
      return namedReference(traversal, (name) => ({ kind: 'terraform', name }), diags)
    case 'self':
      return { subject: { kind: 'self' }, range: traversal.rootRange, remaining: traversal.steps }
    case 'module':
      return moduleReference(traversal, diags)
    case 'data':
      return prefixedReference(traversal, 'data', 'the data source type', diags)
    case 'ephemeral':
      return prefixedReference(traversal, 'ephemeral', 'the ephemeral resource type', diags)
    case 'resource':
      return prefixedReference(traversal, 'managed', 'the resource type', diags)
    case 'template':
    case 'lazy':
    case 'arg':
      diags.error(
        'Reserved symbol name',
        `The symbol name "${root}" is reserved for use in a future Terraform version. If you are using a provider that already uses this as a resource type name, add the prefix "resource." to force interpretation as a resource type name.`,
        { subject: traversal.rootRange },
      )
      return undefined
    default:
      return resourceReference(traversal, 'managed', root, 0, diags)
  }
}

function invalid(detail: string, subject: SourceRange, diags: Diagnostics): undefined {
  diags.error('Invalid reference', detail, { subject })
  return undefined
}

function to(traversal: Traversal, step: TraversalStep): SourceRange {
  return rangeBetween(traversal.rootRange, step.range)
}

function namedReference(traversal: Traversal, subject: (name: string) => Referenceable, diags: Diagnostics): Reference | undefined {
  const [step, ...remaining] = traversal.steps
  if (step === undefined) {
    const detail = `The "${traversal.root}" object cannot be accessed directly. Instead, access one of its attributes.`
    return invalid(detail, traversal.rootRange, diags)
  }
  if (step.kind !== 'attr') return invalid(`The "${traversal.root}" object does not support this operation.`, step.range, diags)
  return { subject: subject(step.name), range: to(traversal, step), remaining }
}

/** What an index step says: a key, nothing static, or a problem that has been reported. */
function staticKey(step: TraversalStep, noun: string, diags: Diagnostics): { key: InstanceKey } | 'none' | 'bad' {
  if (step.kind !== 'index') return 'none'
  const key = keyFromValue(step.key)
  if ('key' in key) return key
  if (!step.key.isKnown) return 'none'
  diags.error('Invalid index key', `Invalid index for ${noun} instance: ${key.problem}.`, { subject: step.range })
  return 'bad'
}

function moduleReference(traversal: Traversal, diags: Diagnostics): Reference | undefined {
  const name = namedReference(traversal, (n) => ({ kind: 'moduleCall', name: n }), diags)
  if (name === undefined || name.remaining.length === 0) return name
  const call = (name.subject as { name: string }).name
  const [first, ...rest] = name.remaining
  let key: InstanceKey
  let output = first!
  let remaining = rest
  if (first!.kind === 'index') {
    const found = staticKey(first!, 'module', diags)
    if (found === 'bad') return undefined
    if (found === 'none') return name
    key = found.key
    if (rest.length === 0) return { subject: { kind: 'moduleCallInstance', name: call, key }, range: to(traversal, first!), remaining: [] }
    output = rest[0]!
    remaining = rest.slice(1)
    if (output.kind === 'index') return invalid('Module instance objects do not support this operation.', output.range, diags)
  }
  if (output.kind !== 'attr') {
    return key === undefined
      ? name
      : { subject: { kind: 'moduleCallInstance', name: call, key }, range: to(traversal, first!), remaining: rest }
  }
  return { subject: { kind: 'moduleOutput', call, key, output: output.name }, range: to(traversal, output), remaining }
}

function prefixedReference(traversal: Traversal, mode: ResourceMode, typeNoun: string, diags: Diagnostics): Reference | undefined {
  const type = traversal.steps[0]
  if (type === undefined || traversal.steps.length === 1) {
    const detail = `The "${traversal.root}" object must be followed by two attribute names: ${typeNoun} and the resource name.`
    return invalid(detail, traversal.range, diags)
  }
  if (type.kind !== 'attr') return invalid(`The "${traversal.root}" object does not support this operation.`, type.range, diags)
  return resourceReference(traversal, mode, type.name, 1, diags)
}

const typeNouns: Readonly<Record<ResourceMode, string>> = {
  managed: 'a resource type',
  data: 'a data source',
  ephemeral: 'an ephemeral resource type',
}

/** @param at index of the step that gives the name. */
function resourceReference(traversal: Traversal, mode: ResourceMode, type: string, at: number, diags: Diagnostics): Reference | undefined {
  const name = traversal.steps[at]
  const index = traversal.steps[at + 1]
  if (name?.kind !== 'attr') {
    const detail = `A reference to ${typeNouns[mode]} must be followed by at least one attribute access, specifying the resource name.`
    return invalid(detail, name === undefined ? traversal.range : name.range, diags)
  }
  const resource: Resource = { kind: 'resource', mode, type, name: name.name }
  const text = resourceToString(resource)
  const found = index === undefined ? 'none' : staticKey(index, 'resource', diags)
  if (found === 'bad') return undefined
  if (found === 'none') return new ResourceReference(resource, text, traversal, at)
  return new ResourceReference({ kind: 'resourceInstance', resource, key: found.key }, text, traversal, at + 1)
}
