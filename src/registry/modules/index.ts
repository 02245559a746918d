export { type Bucket, bucketOf, parseGcsAddress, parseS3Address, type S3Place } from './buckets.ts'
export { expandSubdir, type FetchContext, fetchModulePackage, isFetchError, joinSubdirs } from './fetch-package.ts'
export { redact } from './git.ts'
export { ModuleNotFoundError, ModuleRegistry, type RegistryModule } from './module-registry.ts'
