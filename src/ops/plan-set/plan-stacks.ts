import type { VariableInput } from '../../config/index.ts'
import { unmarkDeep, type Value } from '../../cty/index.ts'
import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import type { EngineHooks } from '../../engine/index.ts'
import type { Plan } from '../../plans/index.ts'
import type { StateManager } from '../../statemgr/index.ts'
import type { StateFile } from '../../states/index.ts'
import {
  type BackendSettings,
  type LoadedConfig,
  type PlannedStates,
  planOperation,
  type Settings,
  withStateSession,
} from '../../workdir/index.ts'
import { type StackId, type StackOrder, stateIdentity } from './dependencies.ts'

/** A stack with all that planning it takes. */
export interface SetStack {
  readonly id: StackId
  readonly settings: Settings
  readonly loaded: LoadedConfig
  readonly backend: BackendSettings
  readonly manager: StateManager
  readonly variables: ReadonlyMap<string, VariableInput>
}

export type StackOutcome =
  | { readonly kind: 'planned'; readonly plan: Plan; readonly file: StateFile | undefined; readonly diags: readonly Diagnostic[] }
  /** `plan` holds what was planned until then, if anything. */
  | { readonly kind: 'failed'; readonly plan: Plan | undefined; readonly diags: readonly Diagnostic[] }
  /** Because of stacks that it depends on. */
  | { readonly kind: 'skipped'; readonly because: readonly string[] }
  /** Nothing that it reads changes. */
  | { readonly kind: 'unaffected' }

export interface PlanStacksOptions {
  readonly refresh: boolean
  readonly parallelism: number
  readonly stop: AbortSignal
  readonly hooks?: EngineHooks
  readonly mode?: 'normal' | 'refreshOnly'
  /** Stacks that are planned only if a state changes that they read. */
  readonly onlyIfInputsChange?: ReadonlySet<string> | undefined
  /** Told of each stack as soon as it is done, in no particular order. */
  readonly onDone?: (stack: SetStack, outcome: StackOutcome) => Promise<void>
}

/** What a stack's state is going to say, once its plan has been applied. */
interface ExpectedState {
  readonly outputs: ReadonlyMap<string, Value>
  /** Something in it is not there yet. */
  readonly pending: boolean
}

/**
 * Plans stacks as one: each as soon as those are planned whose states it reads, side by side otherwise. A stack sees the outputs of the others as they are
 * planned, what is known as it is going to be and the rest unknown. No state is locked, since nothing is written.
 */
export async function planStacks(
  stacks: ReadonlyMap<string, SetStack>,
  order: StackOrder,
  options: PlanStacksOptions,
): Promise<ReadonlyMap<string, StackOutcome>> {
  const expected = new Map<string, ExpectedState>()
  const plannedStates: PlannedStates = (backend, config, workspace) => expected.get(stateIdentity(backend, config, workspace))
  const running = new Map<string, Promise<StackOutcome>>()
  for (const name of order.names) {
    const stack = stacks.get(name)!
    const before = order.upstream.get(name)!.map((other) => [other, running.get(other)!] as const)
    const run = async (): Promise<StackOutcome> => {
      const because: string[] = []
      for (const [other, outcome] of before) if (['failed', 'skipped'].includes((await outcome).kind)) because.push(other)
      const changes = before.some(([other]) => expected.get(identityOf(stacks.get(other)!))?.pending === true)
      const outcome: StackOutcome =
        because.length > 0
          ? { kind: 'skipped', because }
          : options.onlyIfInputsChange?.has(name) === true && !changes
            ? { kind: 'unaffected' }
            : await planStack(stack, plannedStates, options)
      if (outcome.kind === 'planned') expected.set(identityOf(stack), expectedState(outcome.plan))
      await options.onDone?.(stack, outcome)
      return outcome
    }
    running.set(name, run())
  }
  const outcomes = new Map<string, StackOutcome>()
  for (const [name, outcome] of running) outcomes.set(name, await outcome)
  return outcomes
}

export function identityOf(stack: Pick<SetStack, 'backend' | 'settings'>): string {
  const { backend, settings } = stack
  return stateIdentity(backend.type, backend.config, settings.workspace)
}

async function planStack(stack: SetStack, plannedStates: PlannedStates, options: PlanStacksOptions): Promise<StackOutcome> {
  const diags = new Diagnostics()
  const settings = withPlannedStates(stack.settings, plannedStates)
  const planned = await withStateSession(stack.manager, 'OperationTypePlan', { lock: false, lockTimeoutMs: 0 }, diags, async (session) => {
    const request = { mode: options.mode ?? ('normal' as const), refresh: options.refresh, targets: [], forceReplace: [] }
    const context = { settings, hooks: options.hooks ?? {}, parallelism: options.parallelism, stop: options.stop }
    const { value, diags: found } = await planOperation(stack.loaded.config, session, stack.variables, request, context)
    diags.addAll(found)
    return { plan: value?.plan, file: session.file }
  })
  if (planned?.plan === undefined || diags.hasErrors) return { kind: 'failed', plan: planned?.plan, diags: diags.items }
  return { kind: 'planned', plan: planned.plan, file: planned.file, diags: diags.items }
}

export function withPlannedStates(settings: Settings, plannedStates: PlannedStates | undefined): Settings {
  return { ...settings, providers: { ...settings.providers, plannedStates } }
}

/** Outputs are pending as soon as one of them is not in the state as it is expected. Nothing of them is sensitive to who reads a state. */
function expectedState(plan: Plan): ExpectedState {
  const outputs = new Map<string, Value>()
  let pending = false
  for (const { name, action, after } of plan.outputChanges) {
    const value = unmarkDeep(after)
    if (action !== 'noop') pending = true
    // A null output is none.
    if (action !== 'delete' && !(value.isKnown && value.isNull)) outputs.set(name, value)
  }
  return { outputs, pending }
}
