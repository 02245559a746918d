/**
 * The public interface of Landform as a library.
 */
export { type Config, diskFileSystem, type FileSystem, loadConfig, memoryFileSystem } from './config/index.ts'
export type { Diagnosed, Diagnostic } from './diags/index.ts'
export { apply, type EngineHooks, type EngineInput, type PlanOptions, type PlanResult, plan, validate } from './engine/index.ts'
export { type PlannedResource, type PlanStackOptions, planStack, type StackPlan } from './ops/index.ts'
export type { OutputChange, Plan, ResourceChange } from './plans/index.ts'
export type { Provider, ProviderSchema } from './providers/index.ts'
export { type Sandbox, type SandboxOptions, startSandbox } from './sandbox/index.ts'
export { emptyState, readStateFile, type State, type StateFile, writeStateFile } from './states/index.ts'
export { landformVersion, providerFactories, terraformVersion } from './workdir/index.ts'
