import { compareStrings, countGraphemes, graphemes, sliceGraphemes } from '../../base/index.ts'
import {
  boolType,
  boolVal,
  compareNumeric,
  type FunctionSpec,
  listType,
  listVal,
  type Numeric,
  numericIsInteger,
  numericToJs,
  parseNumeric,
  refine,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../../cty/index.ts'
import { define, fail, failArg, num, str } from './_define.ts'
import { replaceAllRegex } from './regex.ts'

const text = (f: (s: string) => string) => (args: readonly Value[]) => stringVal(f(args[0]!.asString()))

/** Go's notion of white space. */
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'

function trimSet(s: string, cut: string, left: boolean, right: boolean): string {
  const set = new Set(cut)
  const chars = [...s]
  let from = 0
  let to = chars.length
  if (left) while (from < to && set.has(chars[from]!)) from++
  if (right) while (to > from && set.has(chars[to - 1]!)) to--
  return chars.slice(from, to).join('')
}

/** A word begins after white space and after what is ASCII but no letter, digit or underscore. */
function titleCase(s: string): string {
  return s.replace(/(^|[\s\x85]|[\x00-\x7f](?<![\w]))([\p{L}])/gu, (_, before: string, letter: string) => before + titleLetter(letter))
}

/** Letters that stand for two have a form of their own at the beginning of a word. */
const titleLetters: Readonly<Record<string, string>> = { Ǆ: 'ǅ', ǆ: 'ǅ', Ǉ: 'ǈ', ǉ: 'ǈ', Ǌ: 'ǋ', ǌ: 'ǋ', Ǳ: 'ǲ', ǳ: 'ǲ' }

function titleLetter(letter: string): string {
  const upper = letter.toUpperCase()
  return titleLetters[letter] ?? ([...upper].length === 1 ? upper : letter)
}

export const stringFunctions: readonly FunctionSpec[] = [
  define(
    'chomp',
    [str('str')],
    stringType,
    text((s) => s.replace(/(?:\r\n?|\n)*$/, '')),
    { description: 'Removes newline characters at the end of a string.' },
  ),
  define(
    'lower',
    [str('str')],
    stringType,
    // Go keeps to one character for one.
    text((s) => mapCase(s, (c) => (c === 'İ' ? 'i' : c.toLowerCase()))),
    { description: 'All letters in lower case.' },
  ),
  define(
    'upper',
    [str('str')],
    stringType,
    text((s) => mapCase(s, (c) => c.toUpperCase())),
    { description: 'All letters in upper case.' },
  ),
  define('title', [str('str')], stringType, text(titleCase), { description: 'The first letter of each word in upper case.' }),
  define(
    'strrev',
    [str('str')],
    stringType,
    text((s) => graphemes(s).reverse().join('')),
    { description: 'The characters in reverse order.' },
  ),
  define(
    'trimspace',
    [str('str')],
    stringType,
    text((s) => s.replace(new RegExp(`^${SPACE}+|${SPACE}+$`, 'g'), '')),
    {
      description: 'Removes white space at both ends.',
    },
  ),
  define('trim', [str('str'), str('cutset')], stringType, ([s, cut]) => stringVal(trimSet(s!.asString(), cut!.asString(), true, true)), {
    description: 'Removes the given characters at both ends.',
  }),
  define(
    'trimprefix',
    [str('str'), str('prefix')],
    stringType,
    ([s, p]) => stringVal(s!.asString().startsWith(p!.asString()) ? s!.asString().slice(p!.asString().length) : s!.asString()),
    { description: 'Removes a prefix if it is there.' },
  ),
  define(
    'trimsuffix',
    [str('str'), str('suffix')],
    stringType,
    ([s, p]) =>
      stringVal(
        p!.asString() !== '' && s!.asString().endsWith(p!.asString()) ? s!.asString().slice(0, -p!.asString().length) : s!.asString(),
      ),
    { description: 'Removes a suffix if it is there.' },
  ),
  define('startswith', [str('str', { allowUnknown: true }), str('prefix')], boolType, ([s, p]) => startsWith(s!, p!), {
    description: 'Whether a string begins with a prefix.',
  }),
  define('endswith', [str('str'), str('suffix')], boolType, ([s, p]) => boolVal(s!.asString().endsWith(p!.asString())), {
    description: 'Whether a string ends with a suffix.',
  }),
  define('strcontains', [str('str'), str('substr')], boolType, ([s, p]) => boolVal(s!.asString().includes(p!.asString())), {
    description: 'Whether a string contains another.',
  }),
  define(
    'replace',
    [str('str'), str('substr'), str('replace')],
    stringType,
    ([s, find, by]) => replace(s!.asString(), find!.asString(), by!.asString()),
    {
      description: 'Replaces each occurrence of a substring, or of a regular expression written between slashes.',
    },
  ),
  define('split', [str('separator'), str('str')], listType(stringType), ([sep, s]) => split(sep!.asString(), s!.asString()), {
    description: 'The parts of a string between occurrences of a separator.',
  }),
  define('join', [str('separator')], stringType, (args) => join(args), {
    description: 'The elements of lists of strings, with a separator between them.',
    varParam: { name: 'lists', type: listType(stringType) },
  }),
  define(
    'indent',
    [num('spaces'), str('str')],
    stringType,
    ([n, s]) => stringVal(s!.asString().replaceAll('\n', `\n${' '.repeat(indentation(n!))}`)),
    {
      description: 'Adds spaces at the beginning of all lines but the first.',
    },
  ),
  define('substr', [str('str'), num('offset'), num('length')], stringType, ([s, o, l]) => substr(s!.asString(), integer(o!), integer(l!)), {
    description: 'A part of a string by offset and length, counted in characters.',
  }),
  define('sort', [{ name: 'list', type: listType(stringType), allowUnknown: true }], listType(stringType), ([list]) => sort(list!), {
    description: 'A list of strings in ascending order.',
  }),
]

/** One code point for one, as Go maps case: letters whose other case is several letters stay. */
function mapCase(s: string, map: (c: string) => string): string {
  if (!/[^\x00-\x7f]/.test(s)) return map(s)
  return Array.from(s, (c) => {
    const mapped = map(c)
    return [...mapped].length === 1 ? mapped : c
  }).join('')
}

function indentation(spaces: Value): number {
  const count = integer(spaces)
  if (count < 0 || count >= 2 ** 29) failArg(0, 'must be a number of spaces that a line can have')
  return count
}

/** Whole numbers only. */
export function integer(n: Value, what = '', argument?: number): number {
  const value = n.asNumeric()
  if (!fits64Bits(value)) {
    const problem = `${what}value must be a whole number, between -9223372036854775808 and 9223372036854775807`
    if (argument === undefined) fail(problem)
    failArg(argument, problem)
  }
  return numericToJs(value)
}

const least = parseNumeric('-9223372036854775808')!
const greatest = parseNumeric('9223372036854775807')!

function fits64Bits(n: Numeric): boolean {
  if (typeof n === 'number') return Number.isInteger(n) && n >= -(2 ** 63) && n < 2 ** 63
  return numericIsInteger(n) && compareNumeric(n, least) >= 0 && compareNumeric(n, greatest) <= 0
}

function startsWith(s: Value, prefix: Value): Value {
  if (s.isKnown) return boolVal(s.asString().startsWith(prefix.asString()))
  const known = s.refinement?.prefix
  if (known !== undefined) {
    if (known.startsWith(prefix.asString())) return boolVal(true)
    if (!prefix.asString().startsWith(known)) return boolVal(false)
  }
  return prefix.asString() === '' ? boolVal(true) : unknownVal(boolType)
}

function replace(s: string, find: string, by: string): Value {
  if (find.length > 1 && find.startsWith('/') && find.endsWith('/')) return stringVal(replaceAllRegex(find.slice(1, -1), s, by))
  // Go's replacement of the empty string puts the text between all characters.
  if (find === '') return stringVal(by + [...s].map((c) => c + by).join(''))
  return stringVal(s.split(find).join(by))
}

function split(separator: string, s: string): Value {
  if (s === '' && separator === '') return listVal([], stringType)
  const parts = separator === '' ? [...s] : s.split(separator)
  return listVal(parts.map(stringVal), stringType)
}

function join(args: readonly Value[]): Value {
  if (args.length < 2) fail('at least one list is required')
  const parts: string[] = []
  for (const [i, list] of args.slice(1).entries()) {
    if (!list.isWhollyKnown) return unknownVal(stringType)
    for (const [j, element] of list.asArray().entries()) {
      if (element.isNull) {
        failArg(
          i + 1,
          args.length === 2
            ? `element ${j} is null; cannot concatenate null values`
            : `element ${j} of list ${i + 1} is null; cannot concatenate null values`,
        )
      }
      parts.push(element.asString())
    }
  }
  return stringVal(parts.join(args[0]!.asString()))
}

function substr(s: string, offset: number, length: number): Value {
  // As in Terraform, nothing from the end on backwards means all up to the end.
  if (offset < 0 && length === 0) return substr(s, offset, -1)
  const start = offset < 0 ? Math.max(0, countGraphemes(s) + offset) : offset
  return stringVal(sliceGraphemes(s, start, length < 0 ? undefined : start + length))
}

function sort(list: Value): Value {
  if (!list.isKnown) return list
  if (!list.isWhollyKnown)
    return refine(unknownVal(list.type), { notNull: true, minLength: list.asArray().length, maxLength: list.asArray().length })
  const elements = list.asArray()
  for (const [i, e] of elements.entries()) if (e.isNull) fail(`given list element ${i} is null; a null string cannot be sorted`)
  return listVal(
    [...elements].sort((a, b) => compareStrings(a.asString(), b.asString())),
    stringType,
  )
}
