export { connectionSchema } from './connection.ts'
export { localExecSchema, runLocalExec } from './local-exec.ts'
export { fileSchema, remoteExecSchema, runFile, runRemoteExec } from './remote.ts'
