import type { RequestContext } from './condition.ts'

const ANY = Symbol('any text')
const ONE = Symbol('one character')

/** A pattern with its variables filled in: characters and wildcards. */
export type Pattern = readonly (string | typeof ANY | typeof ONE)[]

/**
 * Fills in the variables of a pattern. Undefined when one of them has no value: then nothing matches.
 *
 * @param context absent for policies of before 2012-10-17, which have no variables
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function compilePattern(text: string, context: RequestContext | undefined, wildcards = true): Pattern | undefined {
  const pattern: (string | typeof ANY | typeof ONE)[] = []
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (c === '$' && text[i + 1] === '{' && context !== undefined) {
      const end = text.indexOf('}', i)
      if (end > 0) {
        const value = variable(text.slice(i + 2, end), context)
        if (value === undefined) return undefined
        pattern.push(...value)
        i = end
        continue
      }
    }
    pattern.push(wildcards && c === '*' ? ANY : wildcards && c === '?' ? ONE : c)
  }
  return pattern
}

/** `${*}`, `${?}` and `${$}` are those characters themselves; `${key, 'text'}` has a default. */
function variable(name: string, context: RequestContext): string | undefined {
  if (name === '*' || name === '?' || name === '$') return name
  const match = /^\s*([^\s,]+)\s*(?:,\s*'([^']*)'\s*)?$/.exec(name)
  if (match === null) return undefined
  const values = context.get(match[1]!.toLowerCase())
  // A key of several values cannot stand in a text.
  return values?.length === 1 ? values[0] : match[2]
}

/** Matches in time proportional to the product of both lengths at worst, whatever the pattern. */
export function matchesCompiled(pattern: Pattern, text: string, ignoreCase = false): boolean {
  const same = (a: string, b: string) => a === b || (ignoreCase && a.toLowerCase() === b.toLowerCase())
  let p = 0
  let t = 0
  let lastAny = -1
  let lastStart = 0
  while (t < text.length) {
    const token = pattern[p]
    if (token === ANY) {
      lastAny = p++
      lastStart = t
    } else if (token !== undefined && (token === ONE || same(token as string, text[t]!))) {
      p++
      t++
    } else if (lastAny >= 0) {
      p = lastAny + 1
      t = ++lastStart
    } else return false
  }
  while (pattern[p] === ANY) p++
  return p === pattern.length
}

/** Whether a text matches a pattern without variables. */
export function matchesWildcard(pattern: string, text: string, ignoreCase = false): boolean {
  return matchesCompiled(compilePattern(pattern, undefined)!, text, ignoreCase)
}

/** ARNs are compared part by part, so that a wildcard never reaches over a colon; only the resource itself may have colons. */
export function matchesArn(pattern: string, arn: string, context: RequestContext | undefined): boolean {
  const wanted = arnParts(pattern)
  const given = arnParts(arn)
  if (wanted === undefined || given === undefined) return false
  return wanted.every((part, i) => {
    const compiled = compilePattern(part, context)
    return compiled !== undefined && matchesCompiled(compiled, given[i]!)
  })
}

function arnParts(text: string): readonly string[] | undefined {
  if (text === '*') return ['*', '*', '*', '*', '*', '*']
  const parts = text.split(':')
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')]
}
