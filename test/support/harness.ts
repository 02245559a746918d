import { absResourceInstanceToString } from '../../src/addrs/index.ts'
import { terraformProvider, terraformProviderSchema } from '../../src/builtin/terraform/index.ts'
import { loadConfig, memoryFileSystem, type VariableInput } from '../../src/config/index.ts'
import type { Value } from '../../src/cty/index.ts'
import { type Diagnostic, Diagnostics } from '../../src/diags/index.ts'
import { apply, type EngineInput, type PlanOptions, type PlanResult, plan, validate } from '../../src/engine/index.ts'
import { emptyState, type State } from '../../src/states/index.ts'
import { type TestWorld, testProvider, testProviderSchema, testWorld } from './test-provider.ts'

/** A configuration in memory, the world its providers act on, and the state: what a folder and its cloud are elsewhere. */
export class Harness {
  readonly world: TestWorld = testWorld()
  state: State = emptyState
  variables = new Map<string, VariableInput>()
  extra: Partial<EngineInput> = {}
  #files: Readonly<Record<string, string>> = {}

  /** The text of `main.tf`, or files by path. */
  config(files: string | Readonly<Record<string, string>>): this {
    this.#files = typeof files === 'string' ? { 'main.tf': files } : files
    return this
  }

  set(name: string, value: Value): this {
    this.variables.set(name, { value })
    return this
  }

  input(): EngineInput {
    const diags = new Diagnostics()
    const config = loadConfig('.', { files: memoryFileSystem(this.#files) }, diags)
    if (diags.hasErrors) throw new Error(lines(diags.items).join('\n'))
    return {
      config,
      providers: {
        open: (source) =>
          source.type === 'terraform' ? terraformProvider() : source.type === 'test' ? testProvider(this.world) : undefined,
        schemaOf: (source) =>
          source.type === 'terraform' ? terraformProviderSchema : source.type === 'test' ? testProviderSchema : undefined,
      },
      state: this.state,
      variables: this.variables,
      cwd: '/work',
      ...this.extra,
    }
  }

  async validate(): Promise<string[]> {
    return lines((await validate(this.input())).diags)
  }

  async plan(options: PlanOptions = {}): Promise<PlanResult & { diags: readonly Diagnostic[]; actions: string[] }> {
    const { value, diags } = await plan(this.input(), options)
    return { ...value, diags, actions: actionsOf(value) }
  }

  /** Plans and applies; throws when planning fails. @returns lines of diagnostics of the apply. */
  async apply(options: PlanOptions = {}): Promise<string[]> {
    const input = this.input()
    const planned = await plan(input, options)
    if (planned.value.plan.errored) throw new Error(`planning failed: ${lines(planned.diags).join('\n')}`)
    const { value, diags } = await apply({ ...input, plan: planned.value.plan })
    this.state = value
    return lines(diags)
  }
}

/** `create a.b`, `delete a.c (delete_because_no_resource_config)`: changes that are none are left out. */
export function actionsOf({ plan: p }: PlanResult): string[] {
  return p.changes
    .filter((c) => c.action !== 'noop')
    .map((c) => {
      const deposed = c.deposed === undefined ? '' : ' deposed'
      return `${c.action} ${absResourceInstanceToString(c.address)}${deposed}${c.reason === undefined ? '' : ` (${c.reason})`}`
    })
}

export function lines(diags: readonly Diagnostic[]): string[] {
  return diags.map((d) => `${d.severity}: ${d.summary}: ${d.detail}`)
}
