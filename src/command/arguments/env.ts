import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import { type FlagSpec, flag, parseFlags } from './flags.ts'

/** What `landform env plan|apply|destroy|synth NAME` is told. */
export interface EnvArguments {
  /** An environment, or `all`. */
  readonly name: string
  readonly colour: boolean
  readonly refresh: boolean
  readonly parallelism: number
  readonly lockTimeoutMs: number
}

const flags: Readonly<Record<string, FlagSpec>> = {
  'no-color': { kind: 'bool' },
  refresh: { kind: 'bool' },
  parallelism: { kind: 'int' },
  'lock-timeout': { kind: 'durationMs' },
}

/** @param command its name, for messages. */
export function parseEnvArguments(
  args: readonly string[],
  command: string,
): { readonly value: EnvArguments; readonly diags: readonly Diagnostic[] } {
  const parsed = parseFlags(args, flags)
  const diags = new Diagnostics()
  diags.add(...parsed.diags)
  const [name, ...rest] = parsed.positional
  if (!diags.hasErrors && (name === undefined || name === '')) {
    diags.error(
      'Which environment?',
      `The command "${command}" needs the name of an environment, or "all". From make it is given as ENV:\n    make ${command.split(' ').at(-1)} ENV=stage`,
    )
  } else if (rest.length > 0)
    diags.error('Too many command line arguments', `The command "${command}" takes one name; ${JSON.stringify(rest[0])} is too much.`)
  const parallelism = flag(parsed, 'parallelism', 10)
  if (parallelism < 1) diags.error('Invalid parallelism value', 'The parallelism must be at least 1.')
  return {
    value: {
      name: name ?? '',
      colour: !flag(parsed, 'no-color', false),
      refresh: flag(parsed, 'refresh', true),
      parallelism,
      lockTimeoutMs: flag(parsed, 'lock-timeout', 0),
    },
    diags: diags.items,
  }
}
