export { connectionSchema } from './connection.ts'
export { runLocalExec } from './local-exec.ts'
export { runFile, runRemoteExec } from './remote.ts'
export { fileSchema, localExecSchema, remoteExecSchema } from './schemas.ts'
