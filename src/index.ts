/**
 * The public interface of Landform as a library: `plan` and `apply`, what they take and what they give. The engine below them is exported
 * as `engine`, for programs that bring their own states and providers.
 */
export { type Config, diskFileSystem, type FileSystem, loadConfig, memoryFileSystem } from './config/index.ts'
export type { Value } from './cty/index.ts'
export type { Diagnosed, Diagnostic } from './diags/index.ts'
export * as engine from './engine/index.ts'
export {
  type AppLike,
  type Applied,
  type AppliedOutput,
  type ApplyOptions,
  apply,
  type ConfigSource,
  type GivenProvider,
  type Planned,
  type PlannedOutput,
  type PlannedResource,
  type PlanOptions,
  plan,
  type RunEvent,
  type RunOptions,
  type StackLike,
  valueFromPlain,
  valueToPlain,
} from './library/index.ts'
export type { Action, OutputChange, Plan, ResourceChange } from './plans/index.ts'
export type { Provider, ProviderSchema } from './providers/index.ts'
export { type Sandbox, type SandboxOptions, startSandbox } from './sandbox/index.ts'
export { emptyState, readStateFile, type State, type StateFile, writeStateFile } from './states/index.ts'
export { landformVersion, terraformVersion } from './workdir/index.ts'
