import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import { allFlags, type FlagSpec, flag, optionalFlag, parseFlags } from './flags.ts'

/** What `landform env plan|apply|destroy|drift|synth NAME` is told. */
export interface EnvArguments {
  /** An environment, several with commas between them, `all`, or `affected`. */
  readonly name: string
  readonly colour: boolean
  readonly refresh: boolean
  readonly parallelism: number
  readonly lockTimeoutMs: number
  /** What `affected` compares with. */
  readonly base: string | undefined
  /** Where a report for `landform comment` is written, beside its usual place. */
  readonly report: string | undefined
  /** Addresses of protected changes that are agreed to. */
  readonly approve: readonly string[]
  /** Ask the forge who has reviewed this run. */
  readonly review: boolean
  readonly json: boolean
  readonly issue: boolean
  /** A folder of snapshots to simulate with: no credentials, the sandbox, nothing saved. */
  readonly snapshot: string | undefined
  /** A report that the plans must agree with. */
  readonly reviewed: string | undefined
  /** Choose newer versions of plugins. */
  readonly upgrade: boolean
  /** Where snapshots are written. */
  readonly out: string | undefined
}

const common: Readonly<Record<string, FlagSpec>> = {
  'no-color': { kind: 'bool' },
  refresh: { kind: 'bool' },
  parallelism: { kind: 'int' },
  'lock-timeout': { kind: 'durationMs' },
}

/** Beyond those that all have. */
const flagsOf: Readonly<Record<string, Readonly<Record<string, FlagSpec>>>> = {
  'env plan': { base: { kind: 'string' }, report: { kind: 'string' }, snapshot: { kind: 'string' }, reviewed: { kind: 'string' } },
  'env apply': { approve: { kind: 'string', repeatable: true }, review: { kind: 'bool' }, report: { kind: 'string' } },
  'env destroy': { approve: { kind: 'string', repeatable: true }, review: { kind: 'bool' } },
  'env init': { upgrade: { kind: 'bool' } },
  'env snapshot': { out: { kind: 'string' } },
  'env drift': { json: { kind: 'bool' }, issue: { kind: 'bool' } },
}

/** @param command its name, for messages. */
export function parseEnvArguments(
  args: readonly string[],
  command: string,
): { readonly value: EnvArguments; readonly diags: readonly Diagnostic[] } {
  const parsed = parseFlags(args, { ...common, ...flagsOf[command] })
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  const [name, ...rest] = parsed.positional
  if (!diags.hasErrors && (name === undefined || name === '')) {
    diags.error(
      'Which environment?',
      `The command "${command}" needs the name of an environment, or "all". From make it is given as ENV:\n    make ${command.split(' ').at(-1)} ENV=stage`,
    )
  } else if (rest.length > 0)
    diags.error(
      'Too many command line arguments',
      `The command "${command}" takes one name, or several with commas between them; ${JSON.stringify(rest[0])} is too much.`,
    )
  const parallelism = flag(parsed, 'parallelism', 10)
  if (parallelism < 1) diags.error('Invalid parallelism value', 'The parallelism must be at least 1.')
  if (name === 'affected' && command !== 'env plan') {
    diags.error(
      'Invalid environment',
      'Only a plan is made for what is affected by a change; then apply what was planned:\n    make apply ENV=all',
    )
  }
  return {
    value: {
      name: name ?? '',
      colour: !flag(parsed, 'no-color', false),
      refresh: flag(parsed, 'refresh', true),
      parallelism,
      lockTimeoutMs: flag(parsed, 'lock-timeout', 0),
      base: optionalFlag(parsed, 'base'),
      report: optionalFlag(parsed, 'report'),
      approve: allFlags(parsed, 'approve'),
      review: flag(parsed, 'review', false),
      json: flag(parsed, 'json', false),
      issue: flag(parsed, 'issue', false),
      snapshot: optionalFlag(parsed, 'snapshot'),
      reviewed: optionalFlag(parsed, 'reviewed'),
      upgrade: flag(parsed, 'upgrade', false),
      out: optionalFlag(parsed, 'out'),
    },
    diags: diags.items,
  }
}
