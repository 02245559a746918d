import type { EngineHooks } from '../../engine/index.ts'
import type { OperationView } from './operation-view.ts'

/** Tells everything twice: for people, and to a file for programs (`-json-into`). */
export function bothOperationViews(first: OperationView, second: OperationView): OperationView {
  const both =
    <A extends readonly unknown[]>(tell: (view: OperationView, ...args: A) => void) =>
    (...args: A): void => {
      tell(first, ...args)
      tell(second, ...args)
    }
  return {
    hooks: () => bothHooks(first.hooks(), second.hooks()),
    plan: both((view, ...args: Parameters<OperationView['plan']>) => view.plan(...args)),
    savedPlan: both((view, ...args: Parameters<OperationView['savedPlan']>) => view.savedPlan(...args)),
    nextStep: both((view, ...args: Parameters<OperationView['nextStep']>) => view.nextStep(...args)),
    applied: both((view, ...args: Parameters<OperationView['applied']>) => view.applied(...args)),
    refreshed: both((view, ...args: Parameters<OperationView['refreshed']>) => view.refreshed(...args)),
    interrupted: both((view) => view.interrupted()),
    interruptedAgain: both((view) => view.interruptedAgain()),
    diagnostics: both((view, ...args: Parameters<OperationView['diagnostics']>) => view.diagnostics(...args)),
  }
}

type AnyHook = (...args: unknown[]) => unknown

function bothHooks(first: EngineHooks, second: EngineHooks): EngineHooks {
  const [a, b] = [first, second] as unknown as Readonly<Record<string, AnyHook | undefined>>[]
  const names = new Set([...Object.keys(a!), ...Object.keys(b!)])
  const hooks = [...names].map((name): [string, AnyHook] => [
    name,
    (...args) => {
      b![name]?.(...args)
      return a![name]?.(...args)
    },
  ])
  return Object.fromEntries(hooks) as unknown as EngineHooks
}
