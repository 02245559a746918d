export { bodyExpressions, isEmptyBody } from './_body.ts'
export { decodeCheckRule } from './_check-rule.ts'
export { decodeProviderConfig } from './_provider.ts'
export * from './config.ts'
export { diskFileSystem, type FileSystem, joinPath, memoryFileSystem } from './file-system.ts'
export { type ConfigFiles, isIgnoredFile, selectConfigFiles } from './files.ts'
export { type FindModule, type InstalledModule, type LoadOptions, loadConfig, localModulesOnly } from './load-config.ts'
export { languageVersion, loadModule, type ModuleOptions, openTofuVersion, wrongVersion } from './module.ts'
export { checkModuleArguments, moduleCallSchema } from './module-arguments.ts'
export { type ModuleSource, moduleSourceToString, parseModuleSource, type SourceProblem, splitSubdir } from './module-source.ts'
export {
  findMissingModules,
  installedModules,
  installLocalModules,
  type KnownModule,
  type MissingModule,
  type ModulePass,
  type ModuleRecord,
  type ModulesManifest,
  modulesManifestToString,
  type OutsideCall,
  parseModulesManifest,
} from './modules-manifest.ts'
export {
  allModules,
  configAt,
  localNameFor,
  moduleText,
  type ProviderKey,
  type ProviderRequirement,
  passedProviderKey,
  providerConfigFor,
  providerSourceFor,
  registryHostOf,
  resolveProviderSources,
} from './providers.ts'
export { StaticScope, type StaticSurroundings, staticText } from './static-evaluation.ts'
export {
  collectVariables,
  loadVariableFile,
  loadVariableFiles,
  parseVariableValue,
  type VariableArgument,
  type VariableFile,
  type VariableInput,
  type VariableSources,
} from './variables.ts'
