import type { Diagnostics } from '../diags/index.ts'
import type { Traversal, TraversalStep } from '../hcl/index.ts'
import { allSteps, keyFromValue, stepsRange, traversalFromText } from './_steps.ts'
import {
  type AbsResource,
  type AbsResourceInstance,
  type ConfigResource,
  type ModuleInstance,
  type ModuleStep,
  type Resource,
  type ResourceMode,
  rootInstance,
  toModulePath,
} from './addrs.ts'
import type { Target } from './target.ts'

/*
 * Addresses of objects, from text (command line, state) and from traversals (configuration). All report what is wrong and
 * return undefined then. The texts are Terraform's.
 */

/**
 * `module.a["x"].aws_instance.web[0]`.
 *
 * @param place what messages call the text
 */
export function parseAbsResourceInstance(text: string, diags: Diagnostics, place = ''): AbsResourceInstance | undefined {
  const traversal = traversalFromText(text, diags, place)
  return traversal && absResourceInstanceFromTraversal(traversal, diags)
}

/** A whole resource: an instance key is an error. */
export function parseAbsResource(text: string, diags: Diagnostics): AbsResource | undefined {
  const traversal = traversalFromText(text, diags)
  return traversal && absResourceFromTraversal(traversal, diags)
}

/** A module, a module instance, a resource or an instance. */
export function parseTarget(text: string, diags: Diagnostics): Target | undefined {
  const traversal = traversalFromText(text, diags)
  return traversal && targetFromTraversal(traversal, diags)
}

/** `module.a[0].module.b`; empty text is the root module. */
export function parseModuleInstance(text: string, diags: Diagnostics): ModuleInstance | undefined {
  if (text === '') return rootInstance
  const traversal = traversalFromText(text, diags)
  return traversal && moduleInstanceFromTraversal(traversal, diags)
}

export function moduleInstanceFromTraversal(traversal: Traversal, diags: Diagnostics): ModuleInstance | undefined {
  const steps = allSteps(traversal)
  const prefix = takeModules(steps, diags)
  if (prefix === undefined) return undefined
  const { module, rest } = prefix
  if (rest.length > 0) {
    const nothing = rest.length === steps.length
    const detail = nothing
      ? 'A module instance address must begin with "module.".'
      : 'The module instance address is followed by additional invalid content.'
    diags.error('Invalid module instance address', detail, { subject: stepsRange(rest) })
    return undefined
  }
  return module
}

export function absResourceInstanceFromTraversal(traversal: Traversal, diags: Diagnostics): AbsResourceInstance | undefined {
  const prefix = takeModules(allSteps(traversal), diags)
  if (prefix === undefined) return undefined
  if (prefix.rest.length === 0) {
    diags.error(
      'Invalid address',
      'A resource instance address is required here. The module path must be followed by a resource instance specification.',
      {
        subject: traversal.range,
      },
    )
    return undefined
  }
  return takeResource(prefix.module, prefix.rest, traversal, diags)
}

export function absResourceFromTraversal(traversal: Traversal, diags: Diagnostics): AbsResource | undefined {
  const instance = absResourceInstanceFromTraversal(traversal, diags)
  if (instance === undefined) return undefined
  if (instance.key !== undefined) {
    diags.error('Invalid address', 'A resource address is required. This instance key identifies a specific resource instance.', {
      subject: traversal.range,
    })
    return undefined
  }
  return { module: instance.module, resource: instance.resource }
}

/** A resource block anywhere in the configuration: no keys at all, neither of modules nor of the resource. */
export function configResourceFromTraversal(traversal: Traversal, diags: Diagnostics): ConfigResource | undefined {
  const instance = absResourceInstanceFromTraversal(traversal, diags)
  if (instance === undefined) return undefined
  if (instance.key !== undefined || instance.module.some((step) => step.key !== undefined)) {
    diags.error('Invalid address', 'Module and resource instance keys are not allowed here: the address must name a whole resource.', {
      subject: traversal.range,
    })
    return undefined
  }
  return { module: toModulePath(instance.module), resource: instance.resource }
}

export function targetFromTraversal(traversal: Traversal, diags: Diagnostics): Target | undefined {
  const prefix = takeModules(allSteps(traversal), diags)
  if (prefix === undefined) return undefined
  if (prefix.rest.length === 0) return { kind: 'module', module: prefix.module }
  const instance = takeResource(prefix.module, prefix.rest, traversal, diags)
  if (instance === undefined) return undefined
  const { module, resource, key } = instance
  return key === undefined ? { kind: 'resource', module, resource } : { kind: 'resourceInstance', module, resource, key }
}

/** The `module.NAME[KEY]` steps at the start, and what follows them. */
export function takeModules(
  steps: readonly TraversalStep[],
  diags: Diagnostics,
): { readonly module: ModuleInstance; readonly rest: readonly TraversalStep[] } | undefined {
  const module: ModuleStep[] = []
  let at = 0
  while (at < steps.length) {
    const first = steps[at]!
    if (first.kind !== 'attr') {
      diags.error('Invalid address operator', 'Module address prefix must be followed by dot and then a name.', { subject: first.range })
      return undefined
    }
    if (first.name !== 'module') break
    const name = steps[at + 1]
    if (name?.kind !== 'attr') {
      diags.error('Invalid address operator', 'Prefix "module." must be followed by a module name.', { subject: (name ?? first).range })
      return undefined
    }
    at += 2
    const index = steps[at]
    if (index === undefined || index.kind === 'attr') {
      module.push({ name: name.name, key: undefined })
      continue
    }
    if (index.kind === 'splat') {
      splatError(index, diags)
      return undefined
    }
    const key = keyFromValue(index.key)
    if ('problem' in key) {
      diags.error('Invalid address operator', `Invalid module index: ${key.problem}.`, { subject: index.range })
      return undefined
    }
    module.push({ name: name.name, key: key.key })
    at++
  }
  return { module: module.length === 0 ? rootInstance : module, rest: at === 0 ? steps : steps.slice(at) }
}

function splatError(step: TraversalStep, diags: Diagnostics): void {
  diags.error('Invalid address', 'Splat expressions ([*]) may not be used here.', { subject: step.range })
}

const reserved = new Set(['var', 'local', 'each', 'count', 'path', 'self', 'terraform', 'template', 'lazy', 'arg'])
const prefixes: Readonly<Record<string, ResourceMode>> = { resource: 'managed', data: 'data', ephemeral: 'ephemeral' }

function takeResource(
  module: ModuleInstance,
  given: readonly TraversalStep[],
  traversal: Traversal,
  diags: Diagnostics,
): AbsResourceInstance | undefined {
  const fail = (detail: string, step: TraversalStep | undefined): undefined => {
    diags.error('Invalid address', detail, { subject: step?.range ?? traversal.range })
    return undefined
  }
  let steps = given
  let mode: ResourceMode = 'managed'
  const first = steps[0]!
  if (first.kind === 'attr') {
    const prefix = Object.hasOwn(prefixes, first.name) ? prefixes[first.name] : undefined
    if (prefix !== undefined) {
      mode = prefix
      steps = steps.slice(1)
    } else if (reserved.has(first.name)) {
      return fail(
        `The keyword "${first.name}" is reserved and cannot be used to target a resource address. If you are targeting a resource type that uses a reserved keyword, please prefix your address with "resource.".`,
        first,
      )
    }
  }
  const [type, name, index, ...extra] = steps
  if (type === undefined || name === undefined) return fail('Resource specification must include a resource type and name.', undefined)
  if (type.kind !== 'attr') {
    const noun = mode === 'data' ? 'data source' : mode === 'ephemeral' ? 'ephemeral resource type' : 'resource type'
    return fail(`A ${noun} name is required.`.replace(/^A (?=[aeiou])/, 'An '), type)
  }
  if (name.kind !== 'attr') return fail('A resource name is required.', name)
  const resource: Resource = { kind: 'resource', mode, type: type.name, name: name.name }
  if (index === undefined) return { module, resource, key: undefined }
  if (index.kind === 'splat') return void splatError(index, diags)
  if (extra.length > 0) return fail('Unexpected extra operators after address.', extra[0])
  if (index.kind === 'attr') return fail('Resource instance key must be given in square brackets.', index)
  const key = keyFromValue(index.key)
  if ('problem' in key) return fail(`Invalid resource instance key: ${key.problem}.`, index)
  return { module, resource, key: key.key }
}
