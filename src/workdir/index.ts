export {
  activeBackend,
  type BackendSettings,
  backendFromPlan,
  currentBackend,
  defaultBackend,
  localStateFiles,
  openStateManager,
  openStore,
  readBackendBlock,
  recordedBackend,
  type StatePaths,
} from './backend.ts'
export { builtinProviderNames, type PlannedStates, type ProviderSurroundings } from './builtin-providers.ts'
export {
  earlyOptions,
  hasConfiguration,
  type LoadedConfig,
  type LoadSettings,
  loadConfiguration,
  loadRootModule,
  loadSavedConfiguration,
  loadUninstalled,
  readManifest,
} from './configuration.ts'
export { currentEncryption, encryptionOf, knownValues, noEncryption, readSnapshot, withEncryption } from './encryption.ts'
export {
  type InjectedModule,
  type InjectedProvider,
  injectedFolders,
  loadInjectedProviders,
  type ProviderKit,
} from './injected-providers.ts'
export {
  type ApplyOutcome,
  applyOperation,
  checkNotStale,
  checkSameSelections,
  engineInput,
  type OperationContext,
  type PlanRequest,
  planOperation,
  savePlan,
} from './operations.ts'
export {
  checkProviders,
  loadSchemas,
  namedBuiltins,
  neededProviders,
  type ProviderSelection,
  providerFactories,
  selectProviders,
} from './providers.ts'
export { diagnosticsOf, type LockSettings, StatePersister, type StateSession, withLock, withStateSession } from './session.ts'
export { type Environment, type ProviderSettings, readSettings, type Settings, selectedWorkspace } from './settings.ts'
export { type GivenVariable, gatherVariables } from './variables.ts'
export { landformVersion, terraformVersion } from './versions.ts'
