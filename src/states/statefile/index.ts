export { changesToDelta, deltaFromJson, deltaToJson, replayDelta, type StateDelta } from './delta.ts'
export { type ReadStateOptions, readStateFile } from './read.ts'
export { stateContentEquals, stateContentHash, stateFileBytes, stateFileChunks, writeStateFile } from './write.ts'
