import { absResourceInstanceToString } from '../../../src/addrs/index.ts'
import type { Session } from '../../../src/aws/index.ts'
import { awsProvider, awsProviderSchema, type Flavour } from '../../../src/builtin/aws/index.ts'
import { loadConfig, memoryFileSystem } from '../../../src/config/index.ts'
import { type Diagnostic, Diagnostics } from '../../../src/diags/index.ts'
import { apply, type EngineInput, type PlanOptions, type PlanResult, plan, validate } from '../../../src/engine/index.ts'
import { emptyState, type State, stateInstances } from '../../../src/states/index.ts'

export const region = 'eu-central-1'

/** Provider block and versions as the fixtures of a stack need them. */
export const prelude = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region            = "${region}"
  access_key        = "test"
  secret_key        = "test"
  s3_use_path_style = true
  default_tags {
    tags = { Team = "ops" }
  }
}
`

/** A configuration in memory, applied by the engine with the built-in AWS provider against one endpoint. */
export class Stack {
  state: State = emptyState
  sessions: Session[] = []
  readonly #endpoint: string
  readonly #flavour: Flavour
  #text = ''

  constructor(endpoint: string, flavour: Flavour = 5) {
    this.#endpoint = endpoint
    this.#flavour = flavour
  }

  config(text: string, provider = prelude): this {
    this.#text = provider + text
    return this
  }

  input(): EngineInput {
    const diags = new Diagnostics()
    const config = loadConfig('.', { files: memoryFileSystem({ 'main.tf': this.#text }) }, diags)
    if (diags.hasErrors) throw new Error(lines(diags.items).join('\n'))
    const env = { AWS_ENDPOINT_URL: this.#endpoint, AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' }
    return {
      config,
      providers: {
        open: (source) =>
          source.type === 'aws'
            ? awsProvider({ flavour: this.#flavour, surroundings: { env }, onConfigure: (api) => this.sessions.push(api.session) })
            : undefined,
        schemaOf: (source) => (source.type === 'aws' ? awsProviderSchema(this.#flavour) : undefined),
      },
      state: this.state,
      variables: new Map(),
      cwd: '/work',
    }
  }

  async validate(): Promise<string[]> {
    return lines((await validate(this.input())).diags)
  }

  async plan(options: PlanOptions = {}): Promise<PlanResult & { diags: readonly Diagnostic[]; actions: string[] }> {
    const { value, diags } = await plan(this.input(), options)
    if (value.plan.errored) throw new Error(`planning failed:\n${lines(diags).join('\n')}`)
    return { ...value, diags, actions: actionsOf(value) }
  }

  /** Plans and applies. @throws Error when either fails. */
  async apply(options: PlanOptions = {}): Promise<string[]> {
    const input = this.input()
    const planned = await plan(input, options)
    if (planned.value.plan.errored) throw new Error(`planning failed:\n${lines(planned.diags).join('\n')}`)
    const { value, diags } = await apply({ ...input, plan: planned.value.plan })
    this.state = value
    const errors = diags.filter((d) => d.severity === 'error')
    if (errors.length > 0) throw new Error(`applying failed:\n${lines(errors).join('\n')}`)
    return actionsOf(planned.value)
  }

  destroy(): Promise<string[]> {
    return this.apply({ mode: 'destroy' })
  }

  /** The stored attributes of an instance. */
  attributes(address: string): Record<string, unknown> {
    for (const [found, , object] of stateInstances(this.state)) {
      if (absResourceInstanceToString(found) === address) return JSON.parse(String(object.attributesJson)) as Record<string, unknown>
    }
    throw new Error(`no ${address} in the state`)
  }

  addresses(): string[] {
    return [...stateInstances(this.state)].map(([address]) => absResourceInstanceToString(address))
  }

  /** Calls sent by the sessions opened so far, by operation; forgets them. */
  takeRequests(): Record<string, number> {
    const sum: Record<string, number> = {}
    for (const session of this.sessions) for (const [name, n] of session.requests) sum[name] = (sum[name] ?? 0) + n
    this.sessions = []
    return sum
  }
}

export function lines(diags: readonly Diagnostic[]): string[] {
  return diags.map((d) => `${d.severity}: ${d.address ?? ''} ${d.summary}: ${d.detail}`)
}

function actionsOf({ plan: p }: PlanResult): string[] {
  return p.changes.filter((c) => c.action !== 'noop').map((c) => `${c.action} ${absResourceInstanceToString(c.address)}`)
}
