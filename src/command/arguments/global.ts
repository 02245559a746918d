import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import { splitWords } from './words.ts'

/** What stands before the command: `landform -chdir=DIR plan ...`. */
export interface GlobalArguments {
  /** Words of the command as far as they are names: `['state', 'list']`; empty for none. */
  readonly command: readonly string[]
  /** What follows the command, with the arguments from the environment in their place. */
  readonly args: readonly string[]
  readonly chdir: string | undefined
  readonly version: boolean
  readonly help: boolean
  /** Options that stand before the command and are not for all commands. */
  readonly misplaced: readonly string[]
  readonly diags: readonly Diagnostic[]
}

/** @param known command names with one or two words, such as `plan` and `state list`; `groups` need a second word. */
export function parseGlobal(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  known: ReadonlySet<string>,
  groups: ReadonlySet<string>,
): GlobalArguments {
  const diags = new Diagnostics()
  let chdir: string | undefined
  let version = false
  let help = false
  const misplaced: string[] = []
  let at = 0
  for (; at < argv.length; at++) {
    const arg = argv[at]!
    if (!arg.startsWith('-')) break
    const name = arg.replace(/^--?/, '')
    if (name === 'chdir' || name.startsWith('chdir=')) {
      if (name === 'chdir' || name === 'chdir=') {
        diags.error('Invalid -chdir option', 'must include an equals sign followed by a directory path, like -chdir=example')
      } else chdir = name.slice('chdir='.length)
    } else if (name === 'version' || name === 'v') version = true
    else if (name === 'help' || name === 'h') help = true
    else misplaced.push(arg)
  }
  let rest = argv.slice(at)
  const prefix = environmentWords('TF_CLI_ARGS', environment, diags)
  const command: string[] = []
  if (rest.length > 0 && !rest[0]!.startsWith('-')) {
    command.push(rest[0]!)
    rest = rest.slice(1)
    if (groups.has(command[0]!) && rest.length > 0 && known.has(`${command[0]} ${rest[0]}`)) {
      command.push(rest[0]!)
      rest = rest.slice(1)
    }
    rest = [...prefix, ...rest]
  }
  const variable = `TF_CLI_ARGS_${command.join('_').replace(/-/g, '_')}`
  const specific = command.length === 0 ? [] : environmentWords(variable, environment, diags)
  return { command, args: [...specific, ...rest], chdir, version, help, misplaced, diags: diags.items }
}

function environmentWords(name: string, environment: Readonly<Record<string, string | undefined>>, diags: Diagnostics): readonly string[] {
  const text = environment[name]
  if (text === undefined || text === '') return []
  const words = splitWords(text)
  if (words === undefined) {
    diags.error('Invalid arguments in the environment', `Error parsing extra CLI args from ${name}: a quote is not closed.`)
    return []
  }
  return words
}
