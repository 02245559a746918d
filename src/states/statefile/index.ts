export { type ReadStateOptions, readStateFile } from './read.ts'
export { stateContentEquals, writeStateFile } from './write.ts'
