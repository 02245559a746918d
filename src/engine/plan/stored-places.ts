import {
  type AbsResource,
  type InstanceKey,
  instanceKeyToString,
  type ModuleInstance,
  moduleInstanceToString,
  type Resource,
  resourceToString,
} from '../../addrs/index.ts'
import { inStateOrder, type ResourceState, resourceKey, type StateBuilder } from '../../states/index.ts'

/** Any key, including none. */
export const ANY_KEY: unique symbol = Symbol('any key')

/** The last step of a path of modules has this key, or any. Those before may have any. */
type LastKey = InstanceKey | typeof ANY_KEY

/**
 * The stored resources by the names of the modules they are in, so that a thousand statements about them need not go through them all.
 * What has gone from the state is left out when somebody looks.
 */
export class StoredPlaces {
  readonly #state: StateBuilder
  readonly #places = new Map<string, Map<string, AbsResource>>()

  constructor(state: StateBuilder) {
    this.#state = state
    for (const { address } of state.snapshot().resources.values()) this.add(address)
  }

  /** To be told of every resource that comes into the state. */
  add(address: AbsResource): void {
    const { module } = address
    const resource = resourceToString(address.resource)
    let names = ''
    for (const { name, key } of module) {
      names += `${name}/`
      this.#addTo(place(names, ANY_KEY, ''), address)
      this.#addTo(place(names, key, ''), address)
    }
    this.#addTo(place(names, ANY_KEY, resource), address)
    const last = module[module.length - 1]
    if (last !== undefined) this.#addTo(place(names, last.key, resource), address)
    for (let depth = 1; depth <= module.length; depth++) this.#addTo(moduleInstanceToString(module.slice(0, depth)), address)
  }

  /** What there is of a resource in all instances of its module, in the order of the state. */
  resources(names: readonly string[], lastKey: LastKey, resource: Resource): readonly ResourceState[] {
    return this.#at(place(joined(names), lastKey, resourceToString(resource)))
  }

  /** What there is in and below a module, in the order of the state. */
  below(names: readonly string[], lastKey: LastKey): readonly ResourceState[] {
    return this.#at(place(joined(names), lastKey, ''))
  }

  /** Whether anything is in or below an instance of a module. */
  hasModule(instance: ModuleInstance): boolean {
    const found = this.#places.get(moduleInstanceToString(instance))
    if (found === undefined) return false
    for (const [key, address] of found) {
      if (this.#state.tryResource(address) !== undefined) return true
      found.delete(key)
    }
    return false
  }

  #addTo(name: string, address: AbsResource): void {
    let found = this.#places.get(name)
    if (found === undefined) this.#places.set(name, (found = new Map()))
    found.set(resourceKey(address), address)
  }

  #at(name: string): readonly ResourceState[] {
    const found = this.#places.get(name)
    if (found === undefined) return []
    const resources: ResourceState[] = []
    for (const [key, address] of found) {
      const resource = this.#state.tryResource(address)
      if (resource === undefined) found.delete(key)
      else resources.push(resource)
    }
    return inStateOrder(resources)
  }
}

function joined(names: readonly string[]): string {
  return names.map((name) => `${name}/`).join('')
}

/** Never the text of a module instance: that has no slash outside of keys, and this begins with one. */
function place(names: string, lastKey: LastKey, resource: string): string {
  return `/${names} ${lastKey === ANY_KEY ? '*' : instanceKeyToString(lastKey)} ${resource}`
}
