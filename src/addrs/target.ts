import type { AbsResourceInstance, ConfigResource, InstanceKey, ModuleInstance, ModulePath, Resource } from './addrs.ts'
import { absResourceInstanceToString, absResourceToString, moduleInstanceToString, resourceToString } from './format.ts'

/** What `-target` and `moved` can name. A module whose last step has no key means all its instances. */
export type Target =
  | { readonly kind: 'module'; readonly module: ModuleInstance }
  | { readonly kind: 'resource'; readonly module: ModuleInstance; readonly resource: Resource }
  | { readonly kind: 'resourceInstance'; readonly module: ModuleInstance; readonly resource: Resource; readonly key: InstanceKey }

export function targetToString(target: Target): string {
  switch (target.kind) {
    case 'module':
      return moduleInstanceToString(target.module)
    case 'resource':
      return absResourceToString(target)
    default:
      return absResourceInstanceToString(target)
  }
}

/** Whether two module instances are the same. */
export function moduleInstanceEquals(a: ModuleInstance, b: ModuleInstance): boolean {
  return a === b || (a.length === b.length && a.every((step, i) => step.name === b[i]!.name && step.key === b[i]!.key))
}

export function resourceEquals(a: Resource, b: Resource): boolean {
  return a.mode === b.mode && a.type === b.type && a.name === b.name
}

/** Whether `inner` is `outer` or lies below it; a last step of `outer` without key fits every key. */
export function moduleContains(outer: ModuleInstance, inner: ModuleInstance): boolean {
  if (inner.length < outer.length) return false
  return outer.every((step, i) => {
    const other = inner[i]!
    return step.name === other.name && (step.key === other.key || (i === outer.length - 1 && step.key === undefined))
  })
}

/** Whether the target covers this instance. */
export function targetContains(target: Target, instance: AbsResourceInstance): boolean {
  if (target.kind === 'module') return moduleContains(target.module, instance.module)
  if (!resourceEquals(target.resource, instance.resource) || !moduleInstanceEquals(target.module, instance.module)) return false
  return target.kind === 'resource' || target.key === instance.key
}

/** Whether the target may cover instances of a resource block that has not been expanded: keys are not compared. */
export function targetContainsConfig(target: Target, resource: ConfigResource): boolean {
  const path = target.module
  const fits = (module: ModulePath): boolean => path.every((step, i) => step.name === module[i])
  if (target.kind === 'module') return resource.module.length >= path.length && fits(resource.module)
  return (
    resource.module.length === path.length &&
    fits(resource.module) &&
    resourceToString(target.resource) === resourceToString(resource.resource)
  )
}
