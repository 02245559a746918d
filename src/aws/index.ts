export type { AssumeRoleSettings, CredentialProvider, Credentials, WebIdentitySettings } from './credentials.ts'
export { endpointFor, isLoopback } from './endpoints.ts'
export { AwsError, classifyFailure, isAwsError } from './errors.ts'
export {
  answerLocally,
  fetchLocally,
  type LocalAnswer,
  type LocalFetched,
  type LocalRequest,
  type LocalResponse,
} from './local-endpoints.ts'
export { type LockTable, lockTable } from './lock-table.ts'
export { type S3Store, type S3StoreOptions, s3ObjectStore } from './object-store.ts'
export { isRegionName, type Partition, partitionOf } from './partition.ts'
export { type Clock, RateLimiter, systemClock } from './rate-limiter.ts'
export { backoffMs, withRetries } from './retry.ts'
export type { InputOf, OperationOf, OutputOf, ServiceModules, ServiceName } from './services.ts'
export {
  type CallerIdentity,
  type CallOptions,
  openSession,
  Session,
  SessionError,
  type SessionSettings,
  type SessionSurroundings,
} from './session.ts'
