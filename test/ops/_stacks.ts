import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { absResourceInstanceToString } from '../../src/addrs/index.ts'
import type { Value } from '../../src/cty/index.ts'
import { type Diagnostic, Diagnostics } from '../../src/diags/index.ts'
import type { EngineHooks } from '../../src/engine/index.ts'
import {
  applyReviewed,
  type Difference,
  identityOf,
  orderStacks,
  planStacks,
  refines,
  type SetStack,
  type StackOutcome,
  statesReadBy,
} from '../../src/ops/plan-set/index.ts'
import type { Action, Plan } from '../../src/plans/index.ts'
import { type PlanFile, readPlanFile } from '../../src/plans/planfile/index.ts'
import {
  encryptionOf,
  loadSavedConfiguration,
  openStateManager,
  readBackendBlock,
  readSettings,
  savePlan,
  withEncryption,
  withStateSession,
} from '../../src/workdir/index.ts'

/** A stack as JSON of Terraform, and where its state is. */
export interface StackSource {
  readonly name: string
  readonly json: object
}

/** What an apply did. */
export interface Done {
  readonly stack: string
  readonly address: string
  readonly action: Action
  readonly after: Value
}

/** Stacks with states in a folder of their own. */
export class StackWorld {
  readonly dir = mkdtempSync(join(tmpdir(), 'landform-stacks-'))
  #count = 0

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }

  statePath(name: string): string {
    return join(this.dir, `${name}.tfstate`)
  }

  open({ name, json }: StackSource): SetStack {
    const diags = new Diagnostics()
    const loaded = loadSavedConfiguration(new Map([['cdk.tf.json', JSON.stringify(json, undefined, 2)]]), diags)
    const backend = readBackendBlock(loaded.config.module.backend, diags)
    const settings = { ...readSettings({}, this.dir), workspace: 'default' }
    const encryption = encryptionOf(loaded.config.module, settings, [], diags)
    if (diags.hasErrors || backend === undefined || encryption === undefined) throw new Error(texts(diags.items))
    const sealed = { ...backend, seal: encryption.state }
    return {
      id: { environment: name, stack: name },
      settings: withEncryption(settings, encryption),
      loaded,
      backend: sealed,
      manager: openStateManager(sealed, 'default', {}, {}),
      variables: new Map(),
    }
  }

  order(sources: readonly StackSource[]) {
    const diags = new Diagnostics()
    const order = orderStacks(
      sources.map((source) => ({
        name: source.name,
        state: identityOf(this.open(source)),
        reads: statesReadBy(JSON.stringify(source.json)),
      })),
      diags,
    )
    if (order === undefined) throw new Error(texts(diags.items))
    return order
  }

  async plan(sources: readonly StackSource[]): Promise<ReadonlyMap<string, StackOutcome>> {
    const stacks = new Map(sources.map((source) => [source.name, this.open(source)]))
    return planStacks(stacks, this.order(sources), { refresh: true, parallelism: 10, stop: new AbortController().signal })
  }

  /** Saves a plan and reads it again, as commands do. */
  async save(source: StackSource, outcome: StackOutcome): Promise<PlanFile> {
    if (outcome.kind !== 'planned') throw new Error(outcome.kind === 'failed' ? texts(outcome.diags) : outcome.kind)
    const stack = this.open(source)
    const path = join(this.dir, `${this.#count++}.tfplan`)
    await savePlan(path, outcome.plan, stack.loaded, outcome.file, stack.backend, stack.settings)
    const { value, diags } = await readPlanFile(path)
    if (value === undefined) throw new Error(texts(diags))
    return value
  }

  /** @param stopAfter how many changes until the run is interrupted */
  async apply(
    source: StackSource,
    saved: PlanFile,
    options: { readonly resumed?: boolean; readonly stopAfter?: number; readonly accept?: boolean } = {},
  ): Promise<{
    readonly ok: boolean
    readonly diags: readonly Diagnostic[]
    readonly done: readonly Done[]
    readonly differences: readonly Difference[]
    readonly plan: Plan | undefined
  }> {
    const stack = this.open(source)
    const diags = new Diagnostics()
    const done: Done[] = []
    const differences: Difference[] = []
    const controller = new AbortController()
    const hooks: EngineHooks = {
      preApply: (address, action, _before, after) => {
        done.push({ stack: source.name, address: absResourceInstanceToString(address), action, after })
        if (options.stopAfter !== undefined && done.length >= options.stopAfter) controller.abort()
      },
    }
    const result = await withStateSession(stack.manager, 'OperationTypeApply', { lock: true, lockTimeoutMs: 0 }, diags, (session) =>
      applyReviewed(
        stack,
        saved,
        session,
        {
          resumed: options.resumed ?? false,
          parallelism: 10,
          stop: controller.signal,
          hooks,
          accept: async (found) => {
            differences.push(...found)
            return options.accept ?? false
          },
          approve: async () => 'apply',
        },
        diags,
      ),
    )
    return { ok: result !== undefined && !diags.hasErrors, diags: diags.items, done, differences, plan: result?.plan }
  }
}

export function texts(diags: readonly Diagnostic[]): string {
  return diags.map((d) => `${d.summary}: ${d.detail}`).join('\n')
}

/** What was done beyond what was reviewed; empty is good. */
export function unreviewed(done: readonly Done[], reviewed: ReadonlyMap<string, Plan>): readonly string[] {
  const problems: string[] = []
  for (const { stack, address, action, after } of done) {
    // A replacement is done in two halves.
    const found = reviewed.get(stack)!.changes.find((c) => absResourceInstanceToString(c.address) === address && c.action !== 'noop')
    const halves: readonly Action[] =
      found?.action === 'deleteThenCreate' || found?.action === 'createThenDelete'
        ? ['delete', 'create', found.action]
        : found === undefined
          ? []
          : [found.action]
    if (!halves.includes(action)) problems.push(`${stack}: ${action} ${address} was not reviewed (${found?.action ?? 'nothing'} was)`)
    else if (action !== 'delete' && !refines(found!.after, after)) problems.push(`${stack}: ${address} got a value that was not reviewed`)
  }
  return problems
}

/** Where a value comes from: a text, an output of another stack, or a resource of this one. */
type Source =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'upstream'; readonly stack: number; readonly output: number }
  | { readonly kind: 'own'; readonly resource: number }

export interface GeneratedStack {
  readonly resources: readonly {
    readonly input: readonly Source[]
    readonly shape: 'text' | 'list' | 'set' | 'map'
    readonly trigger: Source | undefined
    readonly count: number
  }[]
  readonly outputs: readonly Source[]
}

const word = fc.constantFrom('red', 'green', 'blue')
const source: fc.Arbitrary<Source> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('text' as const), text: word }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('upstream' as const), stack: fc.nat(3), output: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('own' as const), resource: fc.nat(3) }) },
)
const resource = fc.record({
  input: fc.array(source, { minLength: 1, maxLength: 3 }),
  shape: fc.constantFrom('text' as const, 'list' as const, 'set' as const, 'map' as const),
  trigger: fc.option(source, { nil: undefined }),
  count: fc.constantFrom(1, 1, 1, 2, 0),
})
export const generatedStack: fc.Arbitrary<GeneratedStack> = fc.record({
  resources: fc.array(resource, { minLength: 1, maxLength: 4 }),
  outputs: fc.array(source, { minLength: 1, maxLength: 3 }),
})

/** Stacks of which each may refer to those before it. */
export function sourcesOf(world: StackWorld, stacks: readonly GeneratedStack[]): readonly StackSource[] {
  return stacks.map((stack, at): StackSource => {
    const upstream = new Set<number>()
    const text = (s: Source, before: number): string => {
      if (s.kind === 'text') return s.text
      if (s.kind === 'own') return before === 0 ? 'none' : `\${join("", terraform_data.r${s.resource % before}[*].id)}`
      if (at === 0) return 'first'
      const from = s.stack % at
      upstream.add(from)
      return `\${data.terraform_remote_state.s${from}.outputs.o${s.output % stacks[from]!.outputs.length}}`
    }
    const resources: Record<string, object> = {}
    for (const [i, { input, shape, trigger, count }] of stack.resources.entries()) {
      const parts = input.map((s) => text(s, i))
      const expressions = parts.map((part) => (part.startsWith('${') ? part.slice(2, -1) : JSON.stringify(part)))
      const value =
        shape === 'text'
          ? parts.join('-')
          : shape === 'list'
            ? parts
            : shape === 'set'
              ? `\${toset([${expressions.join(', ')}])}`
              : Object.fromEntries(parts.map((part, n) => [`k${n}`, part]))
      resources[`r${i}`] = { count, input: value, ...(trigger === undefined ? {} : { triggers_replace: text(trigger, i) }) }
    }
    const outputs = Object.fromEntries(stack.outputs.map((s, i) => [`o${i}`, { value: text(s, stack.resources.length) }]))
    const remote = Object.fromEntries([...upstream].map((n) => [`s${n}`, { backend: 'local', config: { path: world.statePath(`s${n}`) } }]))
    return {
      name: `s${at}`,
      json: {
        terraform: { backend: { local: { path: world.statePath(`s${at}`) } } },
        ...(upstream.size === 0 ? {} : { data: { terraform_remote_state: remote } }),
        resource: { terraform_data: resources },
        output: outputs,
      },
    }
  })
}
