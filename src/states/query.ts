import {
  type AbsProviderConfig,
  type AbsResource,
  type AbsResourceInstance,
  absResourceToString,
  compareInstanceKeys,
  instanceKeyToMapKey,
  moduleInstanceToString,
  withProviderKey,
} from '../addrs/index.ts'
import { compareStrings } from '../base/index.ts'
import type { InstanceChange } from './builder.ts'
import type { ObjectState, ResourceInstanceState, ResourceState, State } from './state.ts'

/** The key of a resource in `State.resources`. */
export function resourceKey(address: AbsResource | AbsResourceInstance): string {
  return absResourceToString(address)
}

export function tryResource(state: State, address: AbsResource | AbsResourceInstance): ResourceState | undefined {
  return state.resources.get(resourceKey(address))
}

/** What is recorded of one instance: its current object, deposed ones, or both. */
export function tryInstance(state: State, address: AbsResourceInstance): ResourceInstanceState | undefined {
  return tryResource(state, address)?.instances.get(instanceKeyToMapKey(address.key))
}

/** All resources in the order of the state file: module, mode, type, name. */
export function resourcesOf(state: State): readonly ResourceState[] {
  return inStateOrder([...state.resources.values()])
}

/** The same, or in the order of the state file: module, mode, type, name. */
export function inStateOrder(resources: readonly ResourceState[]): readonly ResourceState[] {
  if (isInOrder(resources)) return resources
  const sortable = resources.map((resource) => ({ resource, module: moduleInstanceToString(resource.address.module) }))
  sortable.sort((a, b) => compareStrings(a.module, b.module) || compareResources(a.resource, b.resource))
  return sortable.map((s) => s.resource)
}

/** Whether there is nothing to sort, as where a file has been read: found out without making anything. False when modules take part. */
function isInOrder(resources: readonly ResourceState[]): boolean {
  return resources.every(
    (resource, i) => resource.address.module.length === 0 && (i === 0 || compareResources(resources[i - 1]!, resource) < 0),
  )
}

function compareResources(a: ResourceState, b: ResourceState): number {
  const x = a.address.resource
  const y = b.address.resource
  return compareStrings(x.mode, y.mode) || compareStrings(x.type, y.type) || compareStrings(x.name, y.name)
}

/** Without key first, then by number, then by text. */
export function instancesOf(resource: ResourceState): readonly ResourceInstanceState[] {
  const instances = [...resource.instances.values()]
  return instances.length < 2 ? instances : instances.sort((a, b) => compareInstanceKeys(a.key, b.key))
}

/** The provider configuration that serves an instance. */
export function providerOf(resource: ResourceState, instance: ResourceInstanceState): AbsProviderConfig {
  return instance.providerKey === undefined ? resource.provider : withProviderKey(resource.provider, instance.providerKey)
}

const noDeposed: readonly (readonly [string, ObjectState])[] = []

/** By deposed key, ascending. */
export function deposedOf(instance: ResourceInstanceState): readonly (readonly [string, ObjectState])[] {
  return instance.deposed.size === 0 ? noDeposed : [...instance.deposed].sort((a, b) => compareStrings(a[0], b[0]))
}

/** Every object in the order of the state file: its address, deposed key where it has one, the object, its provider. */
export function* stateInstances(
  state: State,
): Iterable<readonly [address: AbsResourceInstance, deposed: string | undefined, object: ObjectState, provider: AbsProviderConfig]> {
  for (const resource of resourcesOf(state)) {
    for (const instance of instancesOf(resource)) {
      const address: AbsResourceInstance = { ...resource.address, key: instance.key }
      const provider = providerOf(resource, instance)
      if (instance.current !== undefined) yield [address, undefined, instance.current, provider]
      for (const [key, object] of deposedOf(instance)) yield [address, key, object, provider]
    }
  }
}

/** Whether any managed resource is tracked. */
export function hasManagedResources(state: State): boolean {
  for (const resource of state.resources.values()) if (resource.address.resource.mode === 'managed') return true
  return false
}

/** Whether there is nothing at all to remember. */
export function isEmptyState(state: State): boolean {
  return state.resources.size === 0 && state.outputs.size === 0
}

/** Whether two states hold the same managed objects, as far as anything is recorded of them. Unchanged parts are recognised by identity. */
export function managedResourcesEqual(a: State, b: State): boolean {
  const texts = (state: State, other: State): Map<string, string> => {
    const found = new Map<string, string>()
    for (const [key, resource] of state.resources) {
      if (resource.address.resource.mode !== 'managed' || other.resources.get(key) === resource) continue
      for (const [instanceKey, instance] of resource.instances) {
        if (other.resources.get(key)?.instances.get(instanceKey) === instance) continue
        found.set(`${key}|${instanceKey}`, instanceText(instance))
      }
    }
    return found
  }
  const left = texts(a, b)
  const right = texts(b, a)
  return left.size === right.size && [...left].every(([key, text]) => right.get(key) === text)
}

function plainBytes(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value]
  return value instanceof Map ? [...value] : value
}

/** What turns the first state's instances into the second's. Unchanged parts are recognised by identity, others by their text. */
export function instanceDifferences(from: State, to: State): readonly InstanceChange[] {
  const changes: InstanceChange[] = []
  for (const [key, { address, provider, instances }] of to.resources) {
    const before = from.resources.get(key)
    if (before?.instances === instances) continue
    for (const [instanceKey, instance] of instances) {
      const old = before?.instances.get(instanceKey)
      if (old === instance || (old !== undefined && instanceText(old) === instanceText(instance))) continue
      changes.push({ address: { ...address, key: instance.key }, provider, instance })
    }
  }
  for (const [key, { address, provider, instances }] of from.resources) {
    const after = to.resources.get(key)
    for (const [instanceKey, { key: own }] of instances) {
      if (after?.instances.has(instanceKey) !== true) changes.push({ address: { ...address, key: own }, provider, instance: undefined })
    }
  }
  return changes
}

function instanceText(instance: ResourceInstanceState): string {
  return JSON.stringify([instance.current ?? null, [...instance.deposed], instance.providerKey ?? null], plainBytes)
}
