import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import { allFlags, type FlagSpec, flag, parseFlags } from './flags.ts'

/** What the commands about accounts are told. */
export interface AccountArguments {
  readonly colour: boolean
  /** Empty for `account list`. */
  readonly name: string
  readonly email: string | undefined
  readonly unit: string
  readonly region: string | undefined
  readonly repository: string | undefined
  readonly adopt: boolean
}

const flags: Readonly<Record<string, FlagSpec>> = {
  'no-color': { kind: 'bool' },
  adopt: { kind: 'bool' },
  email: { kind: 'string' },
  region: { kind: 'string' },
  repository: { kind: 'string' },
  unit: { kind: 'string' },
}

export function parseAccountArguments(
  args: readonly string[],
  command: string,
): { readonly value: AccountArguments; readonly diags: readonly Diagnostic[] } {
  const parsed = parseFlags(args, flags)
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  const [name = '', extra] = parsed.positional
  const takesName = command !== 'account list'
  if (takesName && name === '')
    diags.error('Which account?', `The command "${command}" needs the name of an account: landform ${command} dev`)
  if (extra !== undefined || (!takesName && name !== ''))
    diags.error(
      'Too many arguments',
      `The command "${command}" takes ${takesName ? 'one name' : 'no name'}. Found also ${JSON.stringify(extra ?? name)}.`,
    )
  const text = (key: string): string | undefined => {
    const value = flag(parsed, key, '')
    return value === '' ? undefined : String(value)
  }
  if ((command === 'account create' || command === 'account plan') && text('email') === undefined && diags.items.length === 0)
    diags.error(
      'Which e-mail address?',
      `Every account of AWS has an e-mail address of its own, which nothing else may use. Name one: landform ${command} ${name} -email=aws+${name}@example.com`,
    )
  return {
    value: {
      colour: !allFlags(parsed, 'no-color').length,
      name,
      email: text('email'),
      unit: text('unit') ?? 'environments',
      region: text('region'),
      repository: text('repository'),
      adopt: Boolean(flag(parsed, 'adopt', false)),
    },
    diags: diags.items,
  }
}
