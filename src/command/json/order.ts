import { type AbsResourceInstance, compareInstanceKeys, type ModuleInstance } from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import type { ResourceChange } from '../../plans/index.ts'

/** Module path, data before managed, type, name, key; the current object before deposed ones. */
export function compareChanges(a: ResourceChange, b: ResourceChange): number {
  return compareInstances(a.address, b.address) || compareStrings(a.deposed ?? '', b.deposed ?? '')
}

/** The order in which Terraform lists instances: of modules nearer to the root first, then as `compareChanges`. */
export function compareInstances(a: AbsResourceInstance, b: AbsResourceInstance): number {
  const x = a.resource
  const y = b.resource
  return (
    compareModules(a.module, b.module) ||
    compareStrings(x.mode, y.mode) ||
    compareStrings(x.type, y.type) ||
    compareStrings(x.name, y.name) ||
    compareInstanceKeys(a.key, b.key)
  )
}

function compareModules(a: ModuleInstance, b: ModuleInstance): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 0; i < a.length; i++) {
    const order = compareStrings(a[i]!.name, b[i]!.name) || compareInstanceKeys(a[i]!.key, b[i]!.key)
    if (order !== 0) return order
  }
  return 0
}
