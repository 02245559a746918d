import type { RE2JS } from 're2js'
import {
  dynamicType,
  type FunctionSpec,
  listType,
  listVal,
  nullVal,
  objectType,
  objectVal,
  stringType,
  stringVal,
  type Type,
  tupleType,
  tupleVal,
  type Value,
} from '../../cty/index.ts'
import { define, fail, failArg, str } from './_define.ts'
import { loadRe2 } from './_libraries.ts'

/** RE2 syntax and semantics: no backtracking, leftmost-first. Patterns are compiled once per run. */
const compiled = new Map<string, RE2JS>()

function compile(pattern: string, index?: number): RE2JS {
  let re = compiled.get(pattern)
  if (re === undefined) {
    try {
      re = loadRe2().RE2JS.compile(pattern)
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
      if (index === undefined) fail(`error parsing regexp: ${reason}`)
      // The part at fault stands in backquotes at the end.
      const [, what, part] = /^(.*?)(?:: `(.*)`)?$/s.exec(reason)!
      const place = part ?? (what === 'trailing backslash at end of expression' ? '' : undefined)
      failArg(index, `invalid regexp pattern: ${what}${place === undefined ? '' : ` in ${place}`}`)
    }
    compiled.set(pattern, re)
  }
  return re
}

/** Go's replacement: `$1`, `${1}`, `$name`, `${name}`; `$$` is a dollar sign; unknown groups are empty. */
export function replaceAllRegex(pattern: string, text: string, by: string): string {
  const re = compile(pattern)
  const names = re.namedGroups()
  const matcher = re.matcher(text)
  let result = ''
  let last = 0
  for (const _ of allMatches(matcher)) {
    const start = matcher.start(0)
    result += text.slice(last, start) + expandTemplate(by, (name) => groupText(matcher, name, names, re.groupCount()))
    last = matcher.end(0)
  }
  return result + text.slice(last)
}

type Matcher = ReturnType<RE2JS['matcher']>

/** Moves from match to match as Go does: an empty match right after another match does not count. */
function* allMatches(matcher: Matcher): Iterable<void> {
  let last = -1
  while (matcher.find()) {
    if (matcher.start(0) === matcher.end(0) && matcher.start(0) === last) continue
    last = matcher.end(0)
    yield
  }
}

function groupText(matcher: Matcher, name: string, names: Readonly<Record<string, number>>, count: number): string {
  const index = /^\d+$/.test(name) ? Number(name) : names[name]
  if (index === undefined || index > count) return ''
  return matcher.group(index) ?? ''
}

function expandTemplate(template: string, group: (name: string) => string): string {
  return template.replace(
    /\$(?:(\$)|\{(\w+)\}|(\w+))/g,
    (_, dollar: string | undefined, braced: string | undefined, bare: string | undefined) =>
      dollar === undefined ? group(braced ?? bare!) : '$',
  )
}

/** Without groups: the matched text. Only unnamed groups: a tuple. Only named ones: an object. */
function captureType(re: RE2JS, index: number): Type {
  const names = Object.keys(re.namedGroups())
  const count = re.groupCount()
  if (count === 0) return stringType
  if (names.length === 0) return tupleType(Array.from({ length: count }, () => stringType))
  if (names.length !== count) failArg(index, 'invalid regexp pattern: cannot mix both named and unnamed capture groups')
  return objectType(names.map((name) => [name, stringType] as const))
}

function captures(re: RE2JS, matcher: Matcher, type: Type): Value {
  const text = (i: number) => {
    const group = matcher.group(i)
    return group === null || group === undefined ? nullVal(stringType) : stringVal(group)
  }
  if (type.kind === 'tuple') return tupleVal(type.elements.map((_, i) => text(i + 1)))
  if (type.kind === 'object')
    return objectVal(Object.entries(re.namedGroups() as Record<string, number>).map(([name, i]) => [name, text(i)] as const))
  return text(0)
}

function resultType(args: readonly Value[], wrap: (type: Type) => Type): Type {
  const pattern = args[0]!
  if (!pattern.isKnown) return wrap(dynamicType)
  if (pattern.isNull) failArg(0, 'argument must not be null')
  return wrap(captureType(compile(pattern.asString(), 0), 0))
}

export const regexFunctions: readonly FunctionSpec[] = [
  define(
    'regex',
    [str('pattern'), str('string')],
    (args) => resultType(args, (t) => t),
    ([pattern, text], type) => {
      const re = compile(pattern!.asString(), 0)
      const matcher = re.matcher(text!.asString())
      if (!matcher.find()) fail('pattern did not match any part of the given string')
      return captures(re, matcher, type)
    },
    { description: 'Applies a regular expression to a string and gives what it captures.' },
  ),
  define(
    'regexall',
    [str('pattern'), str('string')],
    (args) => resultType(args, listType),
    ([pattern, text], type) => {
      const re = compile(pattern!.asString(), 0)
      const element = (type as { readonly element: Type }).element
      const matcher = re.matcher(text!.asString())
      const found: Value[] = []
      for (const _ of allMatches(matcher)) found.push(captures(re, matcher, element))
      return listVal(found, element)
    },
    { description: 'All matches of a regular expression in a string.' },
  ),
]
