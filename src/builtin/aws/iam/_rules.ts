import type { ConfigProblem, Plain, PlainObject } from '../resource.ts'

/** Checks of configurations, in the words of hashicorp/aws. Unknown and null values have no problems. */
export type Rule = (config: PlainObject) => readonly ConfigProblem[]

/** All problems that the rules find. */
export function rules(...all: readonly Rule[]): Rule {
  return (config) => all.flatMap((rule) => rule(config))
}

function problem(summary: string): ConfigProblem {
  return { summary, detail: '' }
}

function ofText(attribute: string, check: (text: string) => string | undefined): Rule {
  return (config) => problemsOf(attribute, config[attribute], check)
}

function problemsOf(
  where: string,
  value: Plain | undefined,
  check: (text: string, where: string) => string | undefined,
): readonly ConfigProblem[] {
  if (Array.isArray(value)) return (value as readonly Plain[]).flatMap((one, i) => problemsOf(`${where}.${i}`, one, check))
  const found = typeof value === 'string' ? check(value, where) : undefined
  return found === undefined ? [] : [problem(found)]
}

/** `name` and `name_prefix`: one of them at most. */
export const oneName: Rule = (config) => {
  if ((config.name ?? null) === null || (config.name_prefix ?? null) === null) return []
  return [
    { summary: 'Conflicting configuration arguments', detail: '"name": conflicts with name_prefix' },
    { summary: 'Conflicting configuration arguments', detail: '"name_prefix": conflicts with name' },
  ]
}

/** Names of what IAM makes, with the length of the longest. A prefix leaves room for what makes the name unique. */
export function names(longest: number): Rule {
  const check = (attribute: string, most: number) =>
    ofText(attribute, (name) => {
      if (name.length < 1 || name.length > most) return `expected length of ${attribute} to be in the range (1 - ${most}), got ${name}`
      return /^[\w+=,.@-]*$/.test(name) ? undefined : `invalid value for ${attribute} (must match [\\w+=,.@-])`
    })
  const each = rules(check('name', longest), check('name_prefix', longest - 26))
  // What conflicts is not looked at any closer.
  return (config) => {
    const conflicts = oneName(config)
    return conflicts.length > 0 ? conflicts : each(config)
  }
}

/** Names of people and groups. */
export const personName: Rule = ofText('name', (name) =>
  /^[0-9A-Za-z=,.@\-_+]+$/.test(name)
    ? undefined
    : 'invalid value for name (must only contain alphanumeric characters, hyphens, underscores, commas, periods, @ symbols, plus and equals signs)',
)

/** A text that is to be a policy. */
export function policyText(attribute: string): Rule {
  return ofText(attribute, (text) => {
    if (text === '') return `"${attribute}" is an empty string, which is not a valid JSON value`
    const why = notAPolicy(text)
    return why === undefined ? undefined : `"${attribute}" contains an invalid JSON policy: ${why}`
  })
}

function notAPolicy(text: string): string | undefined {
  const start = text.trimStart()[0]
  if (start === '[') return 'contains a JSON array, not a JSON object'
  if (start === '"') return 'contains a JSON-encoded string, not a JSON-encoded object'
  if (start !== '{') return 'not a JSON object'
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    const message = (error as Error).message
    const position = /position (\d+)/.exec(message)?.[1]
    const isCutOff = position === undefined ? /end of JSON|Unterminated/.test(message) : Number(position) >= text.length
    if (isCutOff) return `unexpected end of JSON input, at byte offset ${Buffer.byteLength(text)}`
    return `invalid JSON, at byte offset ${Buffer.byteLength(text.slice(0, Number(position ?? 0))) + 1}`
  }
}

export function oneOf(attribute: string, values: readonly string[], where = attribute): Rule {
  return (config) => {
    const value = config[attribute]
    if (typeof value !== 'string' || values.includes(value)) return []
    return [problem(`expected ${where} to be one of [${values.map((v) => JSON.stringify(v)).join(' ')}], got ${value}`)]
  }
}

/** Texts that are to be JSON, in a list. */
export function jsonTexts(attribute: string): Rule {
  return (config) =>
    problemsOf(attribute, config[attribute], (text, where) => {
      if (text === '') return undefined
      try {
        JSON.parse(text)
        return undefined
      } catch (error) {
        const { message } = error as Error
        const token = /^Unexpected token '(.)'/.exec(message)?.[1]
        const why = token === undefined ? 'unexpected end of JSON input' : `invalid character '${token}' looking for beginning of value`
        return `"${where}" contains an invalid JSON: ${why}`
      }
    })
}
