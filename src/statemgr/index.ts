export { newLineage } from './_snapshots.ts'
export { writeFileAtomically } from './atomic-file.ts'
export { erroredStateName, writeErroredState } from './errored-state.ts'
export { HttpStateManager, type HttpStateOptions } from './http.ts'
export { type JournaledOptions, JournaledStateManager, type Recovery } from './journaled.ts'
export { LocalStateManager, type LocalStateOptions, localStatePath, localWorkspaces, lockInfoPath } from './local.ts'
export { formatLockInfo, type LockInfo, lockInfoToJson, newLockInfo, parseLockInfo } from './lock-info.ts'
export { type LockOptions, lockWithTimeout } from './lock-loop.ts'
export { MemoryStateManager } from './memory.ts'
export { PgStates, type PgStatesOptions, type SqlSession } from './pg.ts'
export { checkPush } from './push.ts'
export { type Expected, type RemoteClient, RemoteStateManager, type StoredBody } from './remote.ts'
export {
  deleteS3State,
  type LockTable,
  type ObjectStore,
  type PutCondition,
  S3StateManager,
  type S3StateOptions,
  s3StateKey,
  s3Workspaces,
} from './s3.ts'
export { type PushOptions, StateLockedError, type StateManager } from './state-manager.ts'
