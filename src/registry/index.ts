export { archiveHash, contentHash, fileSha256, folderHash, type PackageHash } from './hashes.ts'
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
export { type DependencyLocks, lockFileName, lockFileToString, type ProviderLock, parseLockFile, sameLocks } from './lock-file.ts'
export { findPackages, type LocalPackage, packageExecutable, unpackedFolder } from './package-layout.ts'
export { currentPlatform, type Platform, parsePlatform, platformToString } from './platform.ts'
export { findByTwin, isBuiltinSource, opentofuHost, twinSource } from './provider-sources.ts'
export {
  newestAllowed,
  type ProviderConstraint,
  parseProviderConstraints,
  parseProviderVersion,
  providerConstraintsToString,
  providerVersionAllowed,
} from './provider-versions.ts'
