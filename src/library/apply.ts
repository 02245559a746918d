import type { Value } from '../cty/index.ts'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import { MemoryStateManager } from '../statemgr/index.ts'
import { emptyState, type State } from '../states/index.ts'
import { applyOperation, terraformVersion } from '../workdir/index.ts'
import type { RunEvent } from './events.ts'
import { fileOf, operationContext, type Planned } from './plan.ts'
import type { RunOptions } from './run-options.ts'
import { valueToPlain } from './values.ts'

/** The rest is as it was when planning. */
export type ApplyOptions = Pick<RunOptions, 'onEvent' | 'stop' | 'parallelism'>

export interface AppliedOutput {
  readonly sensitive: boolean
  readonly value: Value
  /** As plain JavaScript, sensitive ones too. */
  readonly plain: unknown
}

export interface Applied {
  readonly ok: boolean
  readonly diags: readonly Diagnostic[]
  /** What exists afterwards, whatever happened. Hand it to the next `plan`; `writeStateFile` makes a file of it. */
  readonly state: State
  readonly outputs: ReadonlyMap<string, AppliedOutput>
}

/** Does exactly what was planned. A plan with errors is refused. */
export async function apply(planned: Planned, options: ApplyOptions = {}): Promise<Applied> {
  const { plan, origin } = planned
  const diags = new Diagnostics()
  if (plan === undefined || origin === undefined || !planned.ok) {
    diags.error('Cannot apply incomplete plan', 'There were errors when the plan was made, so it cannot be applied.')
    return result(origin?.state ?? emptyState, diags)
  }
  const { loaded, settings, variables, state, baseDir } = origin
  const file = fileOf(state)
  const session = { manager: new MemoryStateManager(terraformVersion, file), file }
  // What was expected of others while planning is there by now, or is not.
  const now = { ...settings, providers: { ...settings.providers, plannedStates: undefined } }
  const { onEvent } = { ...origin.options, ...options }
  // Objects are planned once more while applying; that is nobody's business.
  const tell = onEvent && ((event: RunEvent): void => (event.kind === 'planned' ? undefined : onEvent(event)))
  const context = operationContext(now, { ...origin.options, ...options, onEvent: tell }, baseDir)
  const outcome = await applyOperation(loaded.config, session, plan, variables, context, diags)
  return result(outcome.state, diags)
}

function result(state: State, diags: Diagnostics): Applied {
  const outputs = [...state.outputs].map(
    ([name, { value, sensitive }]) => [name, { value, sensitive, plain: valueToPlain(value) }] as const,
  )
  return { ok: !diags.hasErrors, diags: diags.items, state, outputs: new Map(outputs) }
}
