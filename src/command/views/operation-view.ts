import type { Config } from '../../config/index.ts'
import type { Diagnostic } from '../../diags/index.ts'
import type { EngineHooks } from '../../engine/index.ts'
import type { Plan } from '../../plans/index.ts'
import type { State } from '../../states/index.ts'
import type { Schemas } from '../json/schemas.ts'

export interface AppliedCounts {
  imported: number
  added: number
  changed: number
  removed: number
  /** Absent: none. */
  forgotten?: number
}

/** What plan, apply and destroy tell while they run; for people and as a stream of JSON. */
export interface OperationView {
  hooks(): EngineHooks
  /** The outcome of planning. */
  plan(plan: Plan, config: Config, schemas: Schemas): void
  /** A plan that was made earlier is about to be applied. */
  savedPlan(plan: Plan): void
  /** What to do next with the plan; only the plan command says it. */
  nextStep(outPath: string | undefined, worthwhile: boolean, generatedPath?: string): void
  applied(counts: AppliedCounts, destroyed: boolean, state: State): void
  /** The state has been brought up to date. */
  refreshed(state: State): void
  interrupted(): void
  interruptedAgain(): void
  diagnostics(diagnostics: readonly Diagnostic[]): void
}
