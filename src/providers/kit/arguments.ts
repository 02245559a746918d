import type { PlainObject } from './plain.ts'
import type { ConfigProblem } from './resource.ts'

/** What must hold between arguments of a configuration. The rules are those of the old Go SDK, and so are the texts. */
export interface ArgumentRules {
  /** It or one of these must be set, and no two of them. */
  readonly exactlyOneOf?: readonly string[]
  /** When it is set, these must be too. */
  readonly requiredWith?: readonly string[]
  /** When it is set, none of these may be. */
  readonly conflictsWith?: readonly string[]
}

/** Problems of a configuration with a table of rules, by argument. What is set counts, known or not. */
export function checkArguments(table: Readonly<Record<string, ArgumentRules>>, config: PlainObject): readonly ConfigProblem[] {
  return Object.entries(table).flatMap(([name, rules]) => checkAcross(name, rules, config) ?? [])
}

function isSet(config: PlainObject, name: string): boolean {
  const value = config[name] ?? null
  return value !== null && !(Array.isArray(value) && value.length === 0)
}

function checkAcross(name: string, rules: ArgumentRules, config: PlainObject): ConfigProblem | undefined {
  if (rules.exactlyOneOf !== undefined) {
    const all = [...new Set([name, ...rules.exactlyOneOf])].sort()
    const given = all.filter((other) => isSet(config, other))
    const list = all.join(',')
    const summary = 'Invalid combination of arguments'
    if (given.length === 0) return { summary, detail: `"${name}": one of \`${list}\` must be specified` }
    if (given.length > 1)
      return { summary, detail: `"${name}": only one of \`${list}\` can be specified, but \`${given.join(',')}\` were specified.` }
  }
  if (!isSet(config, name)) return undefined
  if (rules.requiredWith?.some((other) => !isSet(config, other))) {
    const all = [...new Set([name, ...rules.requiredWith])].sort()
    return { summary: 'Missing required argument', detail: `"${name}": all of \`${all.join(',')}\` must be specified` }
  }
  const other = rules.conflictsWith?.find((o) => isSet(config, o))
  return other === undefined ? undefined : { summary: 'Conflicting configuration arguments', detail: `"${name}": conflicts with ${other}` }
}
