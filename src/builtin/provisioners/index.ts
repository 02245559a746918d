export { localExecSchema, runLocalExec } from './local-exec.ts'
