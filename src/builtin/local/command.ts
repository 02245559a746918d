import { spawn } from 'node:child_process'
import { boolType, listType, numberType, stringType } from '../../cty/index.ts'
import { asArray, type PlainObject } from '../../providers/kit/index.ts'
import {
  Failure,
  type SimpleAttributes,
  type SimpleContext,
  type SimpleDataSource,
  type SimpleEphemeral,
} from '../../providers/simple/index.ts'

const attributes: SimpleAttributes = {
  command: { type: stringType, required: true },
  arguments: { type: listType(stringType), optional: true },
  stdin: { type: stringType, optional: true },
  working_directory: { type: stringType, optional: true },
  allow_non_zero_exit_code: { type: boolType, optional: true },
  exit_code: { type: numberType, computed: true },
  stdout: { type: stringType, computed: true },
  stderr: { type: stringType, computed: true },
}

/** The data source `local_command`: what a program of this machine says. */
export const commandData: SimpleDataSource<undefined> = { attributes, read: runCommand }

/** The ephemeral `local_command`, for what is a secret. */
export const ephemeralCommand: SimpleEphemeral<undefined> = { attributes, open: runCommand }

async function runCommand(config: PlainObject, { signal }: SimpleContext<undefined>): Promise<PlainObject> {
  const { command, working_directory: cwd, stdin, allow_non_zero_exit_code: mayFail } = config
  // Conditions leave null behind.
  const words = asArray(config.arguments ?? []).filter((word): word is string => typeof word === 'string')
  const program = command as string
  const { code, stdout, stderr } = await run(program, words, typeof cwd === 'string' ? cwd : undefined, String(stdin ?? ''), signal)
  if (code !== 0 && mayFail !== true) {
    const said = stderr.trim() === '' ? '' : `\n\nIt wrote to its standard error:\n${stderr.trim()}`
    throw new Failure('Command Execution Failed', `The command "${program}" ended with the exit code ${code}.${said}`, 'command')
  }
  return { exit_code: code, stdout, stderr }
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(program: string, args: readonly string[], cwd: string | undefined, input: string, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, signal, stdio: ['pipe', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    // A program that reads nothing may have ended before it was all written.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.on('error', (error) => {
      reject(new Failure('Command Execution Failed', `The command "${program}" cannot be started: ${error.message}`, 'command'))
    })
    child.on('close', (code, killedBy) => {
      const said = { stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
      if (code !== null) resolve({ code, ...said })
      else reject(new Failure('Command Execution Failed', `The command "${program}" was ended by the signal ${killedBy}.`, 'command'))
    })
  })
}
