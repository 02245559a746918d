import {
  type AbsProviderConfig,
  type AbsResourceInstance,
  absProviderConfigKey,
  type ProviderSource,
  providerSourceKey,
  providerSourceToString,
  withoutProviderKey,
} from '../addrs/index.ts'
import { type Diagnostic, DiagnosticError, Diagnostics } from '../diags/index.ts'
import type { Provider } from '../providers/index.ts'
import { isPromise, type MaybePromise, runSteps, type Steps, wait } from './_steps.ts'
import { guardProvider, textOf } from './guarded-provider.ts'
import type { ProviderFactories, StandIns } from './input.ts'

/** Why there is no provider, or no schema of it. */
export function startFailure(error: unknown, source: ProviderSource): readonly Diagnostic[] {
  if (error instanceof DiagnosticError) return error.diags
  const detail = `The provider ${JSON.stringify(providerSourceToString(source))} could not be started:\n    ${textOf(error)}\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`
  return [{ severity: 'error', summary: 'Failed to instantiate provider', detail }]
}

/** What became of starting a provider, with what nobody has been told yet. */
interface Started {
  readonly provider: Provider | undefined
  readonly found: Diagnostics
}

/** The providers that a run has started, by configuration. */
export class OpenProviders {
  readonly #factories: ProviderFactories
  readonly #configured = new Map<string, Provider>()
  readonly #started: Provider[] = []
  readonly #closing: Promise<void>[] = []
  readonly #unconfigured = new Map<string, MaybePromise<Started>>()

  readonly #providerFor: StandIns['providerFor']

  constructor(factories: ProviderFactories, standIns?: StandIns) {
    this.#factories = factories
    this.#providerFor = standIns?.providerFor
  }

  /** A fresh one. Undefined, and reported, when there is none. */
  *start(source: ProviderSource, diags: Diagnostics, config?: AbsProviderConfig): Steps<Provider | undefined> {
    let provider: Provider | undefined
    try {
      provider = yield* wait(this.#factories.open(source, config))
    } catch (error) {
      diags.addAll(startFailure(error, source))
      return undefined
    }
    if (provider === undefined) {
      diags.error(
        'Missing required provider',
        `This configuration requires provider ${providerSourceToString(source)}, but that provider isn't available. You may be able to install it automatically by running:\n  terraform init`,
      )
      return undefined
    }
    const guarded = guardProvider(provider, source)
    this.#started.push(guarded)
    return guarded
  }

  /** One without configuration, for validation; the same for all who ask. */
  *unconfigured(source: ProviderSource, diags: Diagnostics): Steps<Provider | undefined> {
    const { provider, found } = yield* wait(this.#startUnconfigured(source))
    // Why there is none is said to the first who asks.
    if (found.items.length > 0) diags.addAll(found.take())
    return provider
  }

  /** Starts those that many are about to ask for, so that none of these has to wait. */
  *prepare(sources: Iterable<ProviderSource>): Steps<void> {
    const all = Array.from(sources, (source) => this.#startUnconfigured(source))
    if (all.some(isPromise)) yield* wait(Promise.all(all))
  }

  #startUnconfigured(source: ProviderSource): MaybePromise<Started> {
    const key = providerSourceKey(source)
    const known = this.#unconfigured.get(key)
    if (known !== undefined) return known
    const found = new Diagnostics()
    const settled = (provider: Provider | undefined): Started => {
      const started = { provider, found }
      this.#unconfigured.set(key, started)
      return started
    }
    const starting = runSteps(this.start(source, found))
    if (!isPromise(starting)) return settled(starting)
    const waiting = starting.then(settled)
    this.#unconfigured.set(key, waiting)
    return waiting
  }

  /** Records a provider that is configured. */
  add(address: AbsProviderConfig, provider: Provider): void {
    this.#configured.set(absProviderConfigKey(address), provider)
    this.#byAddress.set(address, provider)
  }

  /** Says that a configuration is complete: all its instances are there, those with these keys where it has `for_each`. */
  setReady(address: AbsProviderConfig, instances: readonly AbsProviderConfig[]): void {
    this.#instances.set(absProviderConfigKey(address), instances)
  }
  readonly #instances = new Map<string, readonly AbsProviderConfig[]>()

  /** Whether the configuration that an address, with or without key, belongs to is complete. */
  isReady(address: AbsProviderConfig): boolean {
    return this.#instances.has(absProviderConfigKey(withoutProviderKey(address)))
  }

  /** The instances of a configuration; the configuration itself where it has no `for_each`. */
  instancesOf(address: AbsProviderConfig): readonly AbsProviderConfig[] {
    return this.#instances.get(absProviderConfigKey(address)) ?? []
  }

  instanceKeysOf(address: AbsProviderConfig): readonly string[] {
    return this.instancesOf(address).flatMap(({ key }) => (typeof key === 'string' ? [key] : []))
  }

  tryInstance(address: AbsProviderConfig, key: string): AbsProviderConfig | undefined {
    return this.instancesOf(address).find((instance) => instance.key === key)
  }

  /** The one of this configuration; undefined before it was configured. */
  tryProvider(address: AbsProviderConfig): Provider | undefined {
    let provider = this.#byAddress.get(address)
    if (provider === undefined) {
      provider = this.#configured.get(absProviderConfigKey(address))
      if (provider !== undefined) this.#byAddress.set(address, provider)
    }
    return provider
  }
  readonly #byAddress = new Map<AbsProviderConfig, Provider>()

  /** Who answers for a resource instance that belongs to this configuration. */
  tryProviderFor(instance: AbsResourceInstance, address: AbsProviderConfig): Provider | undefined {
    const provider = this.tryProvider(address)
    return provider === undefined || this.#providerFor === undefined ? provider : this.#providerFor(instance, provider, address)
  }

  stopAll(): void {
    // Stopping is advice: a provider that cannot follow it finishes its calls as it would have.
    for (const provider of this.#started) void provider.stop()
  }

  /** Ends all instances of a configuration that nothing needs any more; `closeAll` waits until they have. */
  close(address: AbsProviderConfig): void {
    for (const instance of this.instancesOf(address)) {
      const provider = this.tryProvider(instance)
      const at = provider === undefined ? -1 : this.#started.indexOf(provider)
      if (at < 0) continue
      this.#started.splice(at, 1)
      this.#closing.push(provider!.close())
    }
  }

  *closeAll(): Steps<void> {
    const answers = [...this.#closing, ...this.#started.map((p) => p.close())]
    this.#closing.length = 0
    this.#started.length = 0
    this.#unconfigured.clear()
    if (answers.length > 0) yield* wait(Promise.all(answers))
  }
}
