import { boolType, listType, numberType, stringType } from '../../cty/index.ts'
import { asArray, type PlainObject } from '../../providers/kit/index.ts'
import {
  Failure,
  type SimpleAttributes,
  type SimpleContext,
  type SimpleDataSource,
  type SimpleEphemeral,
} from '../../providers/simple/index.ts'
import { runProgram } from '../run-program.ts'

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
  const fail = (what: string): Failure => new Failure('Command Execution Failed', `The command "${program}" ${what}`, 'command')
  const options = { cwd: typeof cwd === 'string' ? cwd : undefined, input: String(stdin ?? ''), signal }
  const { code, killedBy, stdout, stderr } = await runProgram(program, words, options).catch((error: Error) => {
    throw fail(`cannot be started: ${error.message}`)
  })
  if (code === undefined) throw fail(`was ended by the signal ${killedBy}.`)
  if (code !== 0 && mayFail !== true) {
    const said = stderr.trim() === '' ? '' : `\n\nIt wrote to its standard error:\n${stderr.trim()}`
    throw fail(`ended with the exit code ${code}.${said}`)
  }
  return { exit_code: code, stdout, stderr }
}
