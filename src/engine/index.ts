export { type ApplyInput, apply, checkApplyTimeVariables } from './apply.ts'
export { judgeCondition, judgeMessage } from './condition.ts'
export { type Console, consoleOf, openConsole, type TypeAnswer } from './console.ts'
export { type DeprecationLevel, warnOfDeprecatedUse } from './deprecations.ts'
export { buildExecutionGraph, type ExecutionGraph, type Operation } from './execution-graph.ts'
export type {
  EngineHooks,
  EngineInput,
  PlanOptions,
  PlanResult,
  ProviderFactories,
  ProvisionerRuntime,
  RootScope,
  StandIns,
} from './input.ts'
export { giveUpPendingCalls } from './pending-calls.ts'
export { type GeneratedResource, generatedFileText } from './plan/generate-config.ts'
export { plan } from './plan.ts'
export { terraformVersion } from './providers-block.ts'
export { validate } from './validate.ts'
export { rootValue } from './variables.ts'
