import { randomBytes } from 'node:crypto'
import {
  type AbsProviderConfig,
  type AbsResource,
  type AbsResourceInstance,
  instanceKeyToMapKey,
  type ModuleInstance,
  type Resource,
  withoutProviderKey,
} from '../addrs/index.ts'
import { invariant } from '../base/index.ts'
import { resourceKey } from './query.ts'
import type { CheckResult, ObjectState, OutputState, ResourceInstanceState, ResourceState, State } from './state.ts'

interface MutableResource {
  readonly address: AbsResource
  provider: AbsProviderConfig
  instances: Map<string, ResourceInstanceState>
}

/** One step of the history: what a resource's instance became, or with `provider` undefined that it is gone. */
interface Step {
  readonly key: string
  readonly address: AbsResource
  readonly provider: AbsProviderConfig
  readonly instanceKey: string
  readonly instance: ResourceInstanceState | undefined
}

/** What an instance has become: everything that is recorded of it now, or with `instance` undefined nothing any more. */
export interface InstanceChange {
  readonly address: AbsResourceInstance
  readonly provider: AbsProviderConfig
  readonly instance: ResourceInstanceState | undefined
}

/**
 * The state during a run: changed in place, one instance at a time, each change in constant time.
 *
 * `snapshot()` costs constant time too: it remembers how far the history had come, and makes its maps only when somebody looks
 * into them. So a run may announce a new state after each of ten thousand operations, and the saver, which looks at one every
 * twenty seconds, pays for those it looks at.
 *
 * Invariants: no resource without instances, no instance without an object, keys agree with addresses.
 */
export class StateBuilder {
  /** Those of the given state until they are changed. */
  readonly #resources: Map<string, MutableResource>
  readonly #own: Owner
  #outputs: ReadonlyMap<string, OutputState>
  #checkResults: readonly CheckResult[] | undefined
  /** `#base` with `#history` applied is what `#resources` holds. Snapshots keep both. */
  #base: ReadonlyMap<string, ResourceState>
  #history: Step[] = []
  #untaken: InstanceChange[] = []
  #latest: State | undefined
  /** The key that was made last, with what it was made of. */
  #lastKey = ''
  #lastResource: Resource | undefined
  #lastModule: ModuleInstance | undefined

  constructor(state?: State) {
    this.#base = state?.resources ?? new Map()
    this.#outputs = state?.outputs ?? new Map()
    this.#checkResults = state?.checkResults
    this.#resources = new Map(this.#base) as Map<string, MutableResource>
    this.#own = ownerOf(this.#resources)
    this.#latest = state
  }

  tryResource(address: AbsResource | AbsResourceInstance): ResourceState | undefined {
    const { module, resource } = address
    // The instances of a resource come one after the other, and share these parts of their addresses.
    if (resource !== this.#lastResource || module !== this.#lastModule) {
      this.#lastKey = resourceKey(address)
      this.#lastResource = resource
      this.#lastModule = module
    }
    return this.#resources.get(this.#lastKey)
  }

  tryInstance(address: AbsResourceInstance): ResourceInstanceState | undefined {
    return this.tryResource(address)?.instances.get(instanceKeyToMapKey(address.key))
  }

  get outputs(): ReadonlyMap<string, OutputState> {
    return this.#outputs
  }

  get checkResults(): readonly CheckResult[] | undefined {
    return this.#checkResults
  }

  /** Records the current object of an instance, or with undefined that there is none; deposed ones stay. The provider becomes that of the resource. */
  setInstance(address: AbsResourceInstance, provider: AbsProviderConfig, object: ObjectState | undefined): void {
    const deposed = this.tryInstance(address)?.deposed ?? noDeposed
    this.#put(address, withoutProviderKey(provider), { key: address.key, current: object, deposed, ...servedBy(provider) })
  }

  /** Records a deposed object, or with undefined that it is gone. */
  setDeposed(address: AbsResourceInstance, deposedKey: string, provider: AbsProviderConfig, object: ObjectState | undefined): void {
    const existing = this.tryInstance(address)
    const deposed = new Map(existing?.deposed)
    if (object === undefined) deposed.delete(deposedKey)
    else deposed.set(deposedKey, object)
    this.#put(address, withoutProviderKey(provider), { key: address.key, current: existing?.current, deposed, ...servedBy(provider) })
  }

  /** Makes the current object a deposed one, before its replacement is created. @returns its deposed key, or undefined without a current object. */
  depose(address: AbsResourceInstance, deposedKey?: string): string | undefined {
    const resource = this.tryResource(address)
    const existing = this.tryInstance(address)
    if (resource === undefined || existing?.current === undefined) return undefined
    const key = deposedKey ?? newDeposedKey(existing)
    invariant(!existing.deposed.has(key), `A deposed object "${key}" is there already.`)
    this.#put(address, resource.provider, {
      ...existing,
      current: undefined,
      deposed: new Map([...existing.deposed, [key, existing.current]]),
    })
    return key
  }

  /** Undoes `depose` when the replacement was not created. Does nothing, and says false, when there is a current object after all. */
  restoreDeposed(address: AbsResourceInstance, deposedKey: string): boolean {
    const resource = this.tryResource(address)
    const existing = this.tryInstance(address)
    const object = existing?.deposed.get(deposedKey)
    if (resource === undefined || existing === undefined || object === undefined || existing.current !== undefined) return false
    const deposed = new Map(existing.deposed)
    deposed.delete(deposedKey)
    this.#put(address, resource.provider, { ...existing, current: object, deposed })
    return true
  }

  /** Forgets an instance with all its objects. */
  removeInstance(address: AbsResourceInstance): void {
    const resource = this.tryResource(address)
    if (resource !== undefined) this.#put(address, resource.provider, undefined)
  }

  removeResource(address: AbsResource): void {
    const resource = this.tryResource(address)
    if (resource === undefined) return
    for (const instance of [...resource.instances.values()]) this.removeInstance({ ...address, key: instance.key })
  }

  /** @returns false, with nothing changed, when there is nothing at `from` or something at `to` already. */
  moveInstance(from: AbsResourceInstance, to: AbsResourceInstance): boolean {
    const resource = this.tryResource(from)
    const instance = this.tryInstance(from)
    if (resource === undefined || instance === undefined || this.tryInstance(to) !== undefined) return false
    this.removeInstance(from)
    this.#put(to, resource.provider, { ...instance, key: to.key })
    return true
  }

  /** Moves all instances with their keys. @returns false, with nothing changed, as `moveInstance` does. */
  moveResource(from: AbsResource, to: AbsResource): boolean {
    const resource = this.tryResource(from)
    if (resource === undefined || this.tryResource(to) !== undefined) return false
    for (const instance of [...resource.instances.values()]) {
      this.moveInstance({ ...from, key: instance.key }, { ...to, key: instance.key })
    }
    return true
  }

  /** Moves everything at and below a module instance. @returns false, with nothing changed, when there is nothing or something is in the way. */
  moveModule(from: ModuleInstance, to: ModuleInstance): boolean {
    const moves: (readonly [AbsResource, AbsResource])[] = []
    for (const { address } of this.#resources.values()) {
      if (!startsWith(address.module, from)) continue
      moves.push([address, { ...address, module: [...to, ...address.module.slice(from.length)] }])
    }
    if (moves.length === 0 || moves.some(([, target]) => this.tryResource(target) !== undefined)) return false
    for (const [source, target] of moves) this.moveResource(source, target)
    return true
  }

  /** Gives a resource another provider configuration. */
  setProvider(address: AbsResource, provider: AbsProviderConfig): void {
    const resource = this.tryResource(address)
    const first = resource?.instances.values().next().value
    if (first !== undefined) this.#put({ ...address, key: first.key }, provider, first)
  }

  /** Records all there is of an instance, or with undefined that there is nothing. */
  replaceInstance({ address, provider, instance }: InstanceChange): void {
    this.#put(address, provider, instance)
  }

  /** What has changed since this was asked last, in order; an instance that changed several times may come several times. */
  takeChanges(): readonly InstanceChange[] {
    const taken = this.#untaken
    this.#untaken = []
    return taken
  }

  setOutputs(outputs: ReadonlyMap<string, OutputState>): void {
    this.#outputs = outputs
    this.#latest = undefined
  }

  setOutput(name: string, output: OutputState | undefined): void {
    const outputs = new Map(this.#outputs)
    if (output === undefined) outputs.delete(name)
    else outputs.set(name, output)
    this.setOutputs(outputs)
  }

  setCheckResults(results: readonly CheckResult[] | undefined): void {
    this.#checkResults = results
    this.#latest = undefined
  }

  /** The state as it stands now; later changes do not reach it. */
  snapshot(): State {
    if (this.#latest !== undefined) return this.#latest
    if (this.#history.length > 1000 + 2 * this.#base.size) {
      // Replaying a long history for each snapshot that is looked at would cost more than starting anew.
      this.#base = replay(this.#base, this.#history, this.#history.length)
      this.#history = []
    }
    const base = this.#base
    const history = this.#history
    const length = history.length
    let resources: ReadonlyMap<string, ResourceState> | undefined
    this.#latest = {
      get resources() {
        resources ??= replay(base, history, length)
        return resources
      },
      outputs: this.#outputs,
      checkResults: this.#checkResults,
    }
    return this.#latest
  }

  #put(address: AbsResourceInstance, provider: AbsProviderConfig, instance: ResourceInstanceState | undefined): void {
    const key = resourceKey(address)
    const step: Step = {
      key,
      address: { module: address.module, resource: address.resource },
      provider,
      instanceKey: instanceKeyToMapKey(address.key),
      instance: instance !== undefined && (instance.current !== undefined || instance.deposed.size > 0) ? instance : undefined,
    }
    applyStep(this.#resources, step, this.#own)
    this.#history.push(step)
    this.#untaken.push({ address, provider, instance: step.instance })
    this.#latest = undefined
  }
}

function servedBy({ key }: AbsProviderConfig): Pick<ResourceInstanceState, 'providerKey'> {
  return key === undefined ? none : { providerKey: key }
}

const none: Pick<ResourceInstanceState, 'providerKey'> = {}

const noDeposed: ReadonlyMap<string, ObjectState> = new Map()

/** Gives the resource that stands for this one from now on and may be changed in place. */
type Owner = (resource: MutableResource, key: string) => MutableResource

/** What was in the map before belongs to somebody else: it is copied before it is changed for the first time. */
function ownerOf(resources: Map<string, MutableResource>): Owner {
  const owned = new Set<MutableResource>()
  return (resource, key) => {
    if (owned.has(resource)) return resource
    const copy: MutableResource = { ...resource, instances: new Map(resource.instances) }
    owned.add(copy)
    resources.set(key, copy)
    return copy
  }
}

function applyStep(resources: Map<string, MutableResource>, step: Step, own: Owner): void {
  const found = resources.get(step.key)
  if (found === undefined) {
    if (step.instance === undefined) return
    const added: MutableResource = { address: step.address, provider: step.provider, instances: new Map() }
    own(added, step.key).instances.set(step.instanceKey, step.instance)
    return
  }
  const resource = own(found, step.key)
  resource.provider = step.provider
  if (step.instance === undefined) resource.instances.delete(step.instanceKey)
  else resource.instances.set(step.instanceKey, step.instance)
  if (resource.instances.size === 0) resources.delete(step.key)
}

function replay(base: ReadonlyMap<string, ResourceState>, history: readonly Step[], length: number): ReadonlyMap<string, ResourceState> {
  if (length === 0) return base
  const resources = new Map(base) as Map<string, MutableResource>
  const own = ownerOf(resources)
  for (let i = 0; i < length; i++) applyStep(resources, history[i]!, own)
  return resources
}

/** Eight hexadecimal digits that the instance does not use yet. */
export function newDeposedKey(instance: ResourceInstanceState | undefined): string {
  for (;;) {
    const key = randomBytes(4).toString('hex')
    if (!instance?.deposed.has(key)) return key
  }
}

function startsWith(module: ModuleInstance, prefix: ModuleInstance): boolean {
  return module.length >= prefix.length && prefix.every((step, i) => step.name === module[i]!.name && step.key === module[i]!.key)
}
