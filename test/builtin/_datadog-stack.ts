import { absResourceInstanceToString } from '../../src/addrs/index.ts'
import { datadogProvider, datadogProviderSchema } from '../../src/builtin/datadog/index.ts'
import { loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { type Diagnostic, Diagnostics } from '../../src/diags/index.ts'
import { apply, type EngineInput, type PlanResult, plan, validate } from '../../src/engine/index.ts'
import { emptyState, type State, stateInstances } from '../../src/states/index.ts'

/** A configuration in memory, applied by the engine with the built-in Datadog provider. */
export class DatadogStack {
  state: State = emptyState
  readonly #environment: Readonly<Record<string, string>>
  #text = ''
  #requests: ReadonlyMap<string, number>[] = []

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment
  }

  config(text: string, provider = 'provider "datadog" {}'): this {
    this.#text = `terraform {\n  required_providers {\n    datadog = { source = "DataDog/datadog" }\n  }\n}\n${provider}\n${text}`
    return this
  }

  input(): EngineInput {
    const diags = new Diagnostics()
    const config = loadConfig('.', { files: memoryFileSystem({ 'main.tf': this.#text }) }, diags)
    if (diags.hasErrors) throw new Error(lines(diags.items).join('\n'))
    return {
      config,
      providers: {
        open: (source) =>
          source.type === 'datadog'
            ? datadogProvider({ environment: this.#environment, onConfigure: (api) => this.#requests.push(api.requests) })
            : undefined,
        schemaOf: (source) => (source.type === 'datadog' ? datadogProviderSchema() : undefined),
      },
      state: this.state,
      variables: new Map(),
      cwd: '/work',
    }
  }

  async validate(): Promise<string[]> {
    return lines((await validate(this.input())).diags)
  }

  /** @throws Error when planning fails */
  async plan(): Promise<{ actions: string[]; result: PlanResult }> {
    const { value, diags } = await plan(this.input(), {})
    if (value.plan.errored) throw new Error(lines(diags).join('\n'))
    return { actions: actionsOf(value), result: value }
  }

  /** Plans and applies. @throws Error when either fails */
  async apply(mode: 'normal' | 'destroy' = 'normal'): Promise<string[]> {
    const input = this.input()
    const planned = await plan(input, { mode })
    if (planned.value.plan.errored) throw new Error(lines(planned.diags).join('\n'))
    const { value, diags } = await apply({ ...input, plan: planned.value.plan })
    this.state = value
    const errors = diags.filter((d) => d.severity === 'error')
    if (errors.length > 0) throw new Error(lines(errors).join('\n'))
    return actionsOf(planned.value)
  }

  attributes(address: string): Record<string, unknown> {
    for (const [found, , object] of stateInstances(this.state)) {
      if (absResourceInstanceToString(found) === address) return JSON.parse(String(object.attributesJson)) as Record<string, unknown>
    }
    throw new Error(`no ${address} in the state`)
  }

  /** Requests sent so far by operation; forgets them. */
  takeRequests(): Record<string, number> {
    const sum: Record<string, number> = {}
    for (const requests of this.#requests.splice(0)) for (const [name, n] of requests) sum[name] = (sum[name] ?? 0) + n
    return sum
  }
}

function lines(diags: readonly Diagnostic[]): string[] {
  return diags.map((d) => `${d.severity}: ${d.summary}: ${d.detail}`)
}

function actionsOf({ plan: p }: PlanResult): string[] {
  return p.changes.filter((c) => c.action !== 'noop').map((c) => `${c.action} ${absResourceInstanceToString(c.address)}`)
}
