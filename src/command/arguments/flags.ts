import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import type { Dialect } from '../views/dialect.ts'

/** How a flag is written: `-name`, `-name=value` or `-name value`, with one dash or two. */
export interface FlagSpec {
  readonly kind: 'bool' | 'string' | 'int' | 'durationMs' | 'deprecation'
  /** May be given more than once. */
  readonly repeatable?: boolean
  /** OpenTofu has it and Terraform does not: unknown where this program stands in for Terraform. */
  readonly beyondTerraform?: boolean
}

/** Whether this program is started as Terraform, and so has none but its flags. */
export function isTerraformItself({ kind, isOwn }: Pick<Dialect, 'kind' | 'isOwn'>): boolean {
  return kind === 'terraform' && !isOwn
}

export interface GivenFlag {
  readonly name: string
  readonly value: string | number | boolean
}

export interface ParsedFlags {
  /** In order of appearance. */
  readonly given: readonly GivenFlag[]
  readonly positional: readonly string[]
  readonly help: boolean
  readonly diags: readonly Diagnostic[]
}

const ownDialect = { kind: 'terraform', isOwn: true } as const

/**
 * Splits arguments by a table of flags. Unlike Go's, flags may also follow positional arguments; `--` ends them.
 *
 * @param dialect whose flags there are; without it all of the table.
 */
export function parseFlags(
  args: readonly string[],
  specs: Readonly<Record<string, FlagSpec>>,
  dialect: Pick<Dialect, 'kind' | 'isOwn'> = ownDialect,
): ParsedFlags {
  const asTerraform = isTerraformItself(dialect)
  const given: GivenFlag[] = []
  const positional: string[] = []
  const diags = new Diagnostics()
  let help = false
  const fail = (detail: string): void => diags.error('Failed to parse command-line flags', detail)
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--') {
      positional.push(...args.slice(i + 1))
      break
    }
    const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg)
    if (match === null) {
      positional.push(arg)
      continue
    }
    const name = match[1]!
    let text = match[2]
    if (name === 'h' || name === 'help') {
      help = true
      continue
    }
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
    if (spec === undefined || (spec.beyondTerraform && asTerraform)) {
      fail(`flag provided but not defined: -${name}`)
      break
    }
    if (spec.kind !== 'bool' && text === undefined) {
      if (i + 1 >= args.length) {
        fail(`flag needs an argument: -${name}`)
        break
      }
      text = args[++i]!
    }
    const value = flagValue(spec.kind, text)
    if (value === undefined) {
      const kind = spec.kind === 'bool' ? 'boolean value' : 'value'
      fail(`invalid ${kind} ${JSON.stringify(text)} for ${spec.kind === 'bool' ? '' : 'flag '}-${name}: parse error`)
      break
    }
    given.push({ name, value })
  }
  return { given, positional, help, diags: diags.items }
}

function flagValue(kind: FlagSpec['kind'], text: string | undefined): string | number | boolean | undefined {
  switch (kind) {
    case 'bool':
      return text === undefined ? true : parseBool(text)
    case 'string':
      return text
    case 'int':
      return text !== undefined && /^-?[0-9]+$/.test(text) ? Number(text) : undefined
    case 'deprecation':
      return text !== undefined && /^module:(all|local|none)$/.test(text) ? text : undefined
    case 'durationMs':
      return text === undefined ? undefined : parseDurationMs(text)
  }
}

/** The spellings that Go accepts. */
export function parseBool(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false
  return undefined
}

const unitsMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `1h30m`, `0.5s`, `0`: a duration as Go writes it. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0
  const match = /^([+-]?)((?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text)
  if (match === null) return undefined
  let total = 0
  for (const [, number, unit] of match[2]!.matchAll(/([0-9.]+)(ns|us|µs|μs|ms|s|m|h)/g)) total += Number(number) * unitsMs[unit!]!
  return match[1] === '-' ? -total : total
}

/** The last value given for a flag. */
export function flag<T extends string | number | boolean>(parsed: ParsedFlags, name: string, otherwise: T): T {
  return (parsed.given.findLast((g) => g.name === name)?.value as T | undefined) ?? otherwise
}

export function optionalFlag<T extends string | number | boolean>(parsed: ParsedFlags, name: string): T | undefined {
  return parsed.given.findLast((g) => g.name === name)?.value as T | undefined
}

export function allFlags(parsed: ParsedFlags, name: string): readonly string[] {
  return parsed.given.filter((g) => g.name === name).map((g) => String(g.value))
}
