import { type InstanceKey, parseReference, type Reference, type Resource } from '../addrs/index.ts'
import { invariant } from '../base/index.ts'
import { type Diagnostic, Diagnostics, type SourceRange } from '../diags/index.ts'
import { type Expr, type Traversal, traversals } from '../hcl/index.ts'

/**
 * What an expression or a body needs to be evaluated, worked out once from its syntax and then used for each of its instances.
 * Names stand once each, with the first place that names them.
 */
export interface Needs {
  /** All of them in order of appearance, repeated ones included. */
  readonly references: readonly Reference[]
  readonly variables: readonly NeededName[]
  readonly locals: readonly NeededName[]
  readonly counts: readonly NeededName[]
  readonly eachs: readonly NeededName[]
  readonly paths: readonly NeededName[]
  readonly terraforms: readonly NeededName[]
  readonly modules: readonly NeededModule[]
  readonly resources: readonly NeededResource[]
  readonly self: SourceRange | undefined
  /** A resource is named as `resource.TYPE.NAME`. */
  readonly escaped: boolean
  /** What is wrong with names that cannot refer to anything: `references` is without them. */
  readonly problems: readonly Diagnostic[]
}

export interface NeededName {
  readonly name: string
  readonly range: SourceRange
}

export interface NeededModule extends NeededName {
  /** Names of the output values wanted, or everything the module gives. */
  readonly outputs: ReadonlySet<string> | 'all'
}

export interface NeededResource {
  readonly resource: Resource
  /** `resourceToString` of it: the key in `Module.resources`. */
  readonly text: string
  readonly range: SourceRange
  /** The instances that are named by constant keys; `all` when one place names the resource as a whole. */
  readonly keys: ReadonlySet<InstanceKey> | 'all'
}

/** The range is that of the first reference, and made when asked for: only messages show it. */
class ResourceNeed implements NeededResource {
  declare readonly resource: Resource
  declare readonly text: string
  declare keys: Set<InstanceKey> | 'all'
  declare private readonly first: Reference

  constructor(first: Reference, text: string) {
    const { subject } = first
    invariant(subject.kind === 'resource' || subject.kind === 'resourceInstance', 'Only resources are needed as such.')
    this.resource = subject.kind === 'resource' ? subject : subject.resource
    this.text = text
    this.keys = subject.kind === 'resource' ? 'all' : new Set([subject.key])
    this.first = first
  }

  get range(): SourceRange {
    return this.first.range
  }
}

export const noNeeds: Needs = {
  references: [],
  variables: [],
  locals: [],
  counts: [],
  eachs: [],
  paths: [],
  terraforms: [],
  modules: [],
  resources: [],
  self: undefined,
  escaped: false,
  problems: [],
}

type NamedKind = 'variable' | 'local' | 'count' | 'each' | 'path' | 'terraform'

function listed(names: ReadonlyMap<string, NeededName> | undefined): readonly NeededName[] {
  return names === undefined ? noNeeds.variables : [...names.values()]
}

export function needsOfExpr(expr: Expr | undefined): Needs {
  return expr === undefined ? noNeeds : needsOf(traversals(expr))
}

export function needsOf(all: readonly Traversal[]): Needs {
  if (all.length === 0) return noNeeds
  const diags = new Diagnostics()
  const references: Reference[] = []
  // Most need things of one or two kinds.
  const named: { [K in NamedKind]?: Map<string, NeededName> } = {}
  const modules = new Map<string, { name: string; range: SourceRange; outputs: Set<string> | 'all' }>()
  const resources = new Map<string, ResourceNeed>()
  let self: SourceRange | undefined
  let escaped = false
  for (const traversal of all) {
    const reference = parseReference(traversal, diags)
    if (reference === undefined) continue
    references.push(reference)
    const { subject } = reference
    switch (subject.kind) {
      case 'resource':
      case 'resourceInstance': {
        const text = reference.resourceText!
        const known = resources.get(text)
        if (known === undefined) resources.set(text, new ResourceNeed(reference, text))
        else if (subject.kind === 'resource') known.keys = 'all'
        else if (known.keys !== 'all') known.keys.add(subject.key)
        if (traversal.root === 'resource') escaped = true
        break
      }
      case 'moduleCall':
      case 'moduleCallInstance':
        modules.set(subject.name, { name: subject.name, range: reference.range, outputs: 'all' })
        break
      case 'moduleOutput': {
        const known = modules.get(subject.call)
        if (known === undefined)
          modules.set(subject.call, { name: subject.call, range: reference.range, outputs: new Set([subject.output]) })
        else if (known.outputs !== 'all') known.outputs.add(subject.output)
        break
      }
      case 'self':
        self ??= reference.range
        break
      default:
        named[subject.kind] ??= new Map()
        if (!named[subject.kind]!.has(subject.name)) named[subject.kind]!.set(subject.name, { name: subject.name, range: reference.range })
    }
  }
  return {
    references,
    variables: listed(named.variable),
    locals: listed(named.local),
    counts: listed(named.count),
    eachs: listed(named.each),
    paths: listed(named.path),
    terraforms: listed(named.terraform),
    modules: modules.size === 0 ? noNeeds.modules : [...modules.values()],
    resources: resources.size === 0 ? noNeeds.resources : [...resources.values()],
    self,
    escaped,
    problems: diags.items,
  }
}
