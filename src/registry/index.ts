export { type Authentication, authenticationText, isThirdParty } from './authentication.ts'
export {
  type CliConfig,
  type ConfigDialect,
  configDirs,
  type InstallationMethod,
  normalHost,
  readCliConfig,
  tokenFor,
} from './cli-config.ts'
export { Hosts, RegistryError } from './discovery.ts'
export { archiveHash, contentHash, fileSha256, folderHash, type PackageHash } from './hashes.ts'
export { HttpClient, HttpError } from './http.ts'
export { type InstallEvent, type InstallOptions, installProviders, isInstallError, type ProviderToInstall } from './install-providers.ts'
export {
  checkLocked,
  type InstalledProvider,
  type InstalledQuery,
  installedProvider,
  type NeededPlugin,
  providersFolder,
  readLockFile,
  reportUnusable,
} from './installed.ts'
export { compareLocks, type DependencyLocks, lockFileName, lockFileToString, type ProviderLock, parseLockFile } from './lock-file.ts'
export { chooseVersion, type LockEvent, LockPlatformError, lockPlatforms } from './lock-platforms.ts'
export { indexMirror, mirrorPackage } from './mirror-providers.ts'
export { findPackages, type LocalPackage, packageExecutable, unpackedFolder } from './package-layout.ts'
export {
  combinedSource,
  configuredSource,
  directSource,
  filesystemMirror,
  networkMirror,
  type PackageOffer,
  type PackageSource,
} from './package-sources.ts'
export { currentPlatform, type Platform, parsePlatform, platformToString } from './platform.ts'
export { PlatformNotSupportedError } from './provider-registry.ts'
export { findByTwin, isBuiltinSource, twinSource } from './provider-sources.ts'
export {
  newestAllowed,
  type ProviderConstraint,
  parseProviderConstraints,
  parseProviderVersion,
  providerConstraintsToString,
  providerVersionAllowed,
} from './provider-versions.ts'
