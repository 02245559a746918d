export type { LaidOutJson } from './_laid-out-json.ts'
export { changesToDelta, deltaFromJson, deltaToJson, replayDelta, type StateDelta } from './delta.ts'
export { type ReadStateOptions, readStateFile, tryReadStateOutline } from './read.ts'
export { stateContentEquals, stateContentHash, stateFileBytes, stateFileChunks, writeStateFile } from './write.ts'
