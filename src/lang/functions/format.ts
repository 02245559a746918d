import { countGraphemes, goQuote, sliceGraphemes } from '../../base/index.ts'
import {
  boolType,
  compareNumeric,
  convert,
  dynamicType,
  type FunctionSpec,
  listType,
  listVal,
  type Numeric,
  numberType,
  numericIsInteger,
  numericToBigInt,
  numericToExactString,
  numericToJs,
  numericToString,
  refine,
  refineNotNull,
  safePrefix,
  stringType,
  stringVal,
  unknownVal,
  type Value,
  valueToJson,
} from '../../cty/index.ts'
import { define, fail, failArg, str } from './_define.ts'

interface Verb {
  /** As written, for messages. */
  readonly raw: string
  /** Byte offset in the format string. */
  readonly offset: number
  readonly argument: number
  readonly mode: string
  readonly sharp: boolean
  readonly zero: boolean
  readonly space: boolean
  readonly plus: boolean
  readonly minus: boolean
  readonly width: number | undefined
  readonly precision: number | undefined
}

type Part = { readonly literal: string; readonly verb?: undefined } | { readonly literal?: undefined; readonly verb: Verb }

const MODES = 'vtbdoxXeEfgGsq'

/** Format strings that have been split before. */
const knownFormats = new Map<string, readonly Part[]>()
const maxKnownFormats = 256

/** Splits a format string into literal text and verbs. @throws FunctionError for a verb that makes no sense. */
function partsOf(format: string): readonly Part[] {
  const known = knownFormats.get(format)
  if (known !== undefined) return known
  const parts = parseFormat(format)
  if (knownFormats.size >= maxKnownFormats) knownFormats.clear()
  knownFormats.set(format, parts)
  return parts
}

function parseFormat(format: string): Part[] {
  const parts: Part[] = []
  let literal = ''
  let next = 0
  let at = 0
  const byte = (i: number) => Buffer.byteLength(format.slice(0, i))
  while (at < format.length) {
    const percent = format.indexOf('%', at)
    if (percent < 0) {
      literal += format.slice(at)
      break
    }
    literal += format.slice(at, percent)
    if (format[percent + 1] === '%') {
      literal += '%'
      at = percent + 2
      continue
    }
    const flags = /%([#0 +-]*)(\d+|\[[1-9]\d*\]\d*)?(?:\.(\d*))?(?:\[([1-9]\d*)\])?/y
    flags.lastIndex = percent
    const match = flags.exec(format)!
    let end = flags.lastIndex
    let width = match[2]
    let argument: number | undefined = match[4] === undefined ? undefined : Number(match[4])
    const bracket = width === undefined ? null : /^\[(\d+)\](\d*)$/.exec(width)
    if (bracket !== null) {
      argument = Number(bracket[1])
      width = bracket[2] === '' ? undefined : bracket[2]
    }
    let mode = format.codePointAt(end)
    if (mode === undefined) fail(`invalid format string starting at offset ${byte(end)}`)
    // An index begins with a digit other than zero: it is what follows the bracket that is wrong.
    if (format[end] === '[' && end + 1 < format.length) mode = format.codePointAt(++end)!
    const letter = String.fromCodePoint(mode)
    end += letter.length
    if (!/[a-zA-Z]/.test(letter) || format[end - letter.length - 1] === '[')
      fail(`unrecognized format character ${JSON.stringify(letter).replace(/^"|"$/g, "'")} at offset ${byte(end - letter.length)}`)
    const raw = format.slice(percent, end)
    if (!MODES.includes(letter)) fail(`unsupported format verb '${letter}' in ${JSON.stringify(raw)} at offset ${byte(percent)}`)
    const index: number = argument ?? next + 1
    next = index
    if (literal !== '') parts.push({ literal })
    literal = ''
    const f = match[1]!
    parts.push({
      verb: {
        raw,
        offset: byte(percent),
        argument: index,
        mode: letter,
        sharp: f.includes('#'),
        zero: f.includes('0'),
        space: f.includes(' '),
        plus: f.includes('+'),
        minus: f.includes('-'),
        width: width === undefined ? undefined : Number(width),
        precision: match[3] === undefined ? undefined : Number(match[3] || '0'),
      },
    })
    at = end
  }
  if (literal !== '') parts.push({ literal })
  return parts
}

/**
 * The whole text, of arguments that are wholly known.
 *
 * @param first where the arguments begin in `args`.
 */
function formatParts(parts: readonly Part[], args: readonly Value[], first = 0): string {
  let text = ''
  let highest = 0
  let verbs = 0
  for (const part of parts) {
    const { verb } = part
    if (verb === undefined) {
      text += part.literal
      continue
    }
    verbs++
    highest = Math.max(highest, verb.argument)
    const arg = args[first + verb.argument - 1]
    if (arg === undefined) {
      fail(
        `not enough arguments for ${JSON.stringify(verb.raw)} at ${verb.offset}: need index ${verb.argument} but have ${args.length - first} total`,
      )
    }
    text += formatVerb(verb, arg)
  }
  if (highest < args.length - first) {
    if (verbs === 0) failArg(1, 'too many arguments; no verbs in format string')
    failArg(highest + 1, `too many arguments; only ${highest} used by format string`)
  }
  return text
}

function unsupported(verb: Verb, reason: string): never {
  fail(`unsupported value for ${JSON.stringify(verb.raw)} at ${verb.offset}: ${reason}`)
}

function formatVerb(verb: Verb, arg: Value): string {
  if (arg.isNull && verb.mode !== 'v') unsupported(verb, 'null value cannot be formatted')
  switch (verb.mode) {
    case 'v':
      return formatAny(verb, arg)
    case 't':
      // Whatever the width.
      return String(as(verb, arg, 'bool').asBool())
    case 's':
      return formatText(verb, as(verb, arg, 'string').asString(), false)
    case 'q':
      return formatText(verb, as(verb, arg, 'string').asString(), true)
    case 'b':
    case 'd':
    case 'o':
    case 'x':
    case 'X':
      return formatInteger(verb, as(verb, arg, 'number').asNumeric())
    default:
      return formatFloat(verb, verb.mode, as(verb, arg, 'number').asNumeric())
  }
}

const kinds = { string: stringType, number: numberType, bool: boolType }

function as(verb: Verb, arg: Value, kind: 'string' | 'number' | 'bool'): Value {
  try {
    return convert(arg, kinds[kind])
  } catch (error) {
    unsupported(verb, error instanceof Error ? error.message : String(error))
  }
}

/** Without signs, width and precision. */
const plainVerb = { plus: false, space: false, zero: false, minus: false, sharp: false, width: undefined, precision: undefined }

function formatAny(verb: Verb, arg: Value): string {
  if (verb.sharp) return pad(verb, arg.isNull ? 'null' : valueToJson(arg, arg.type))
  if (arg.isNull) return pad(verb, 'null')
  switch (arg.type.kind) {
    case 'string':
      return pad(verb, arg.asString())
    case 'number':
      return pad(verb, formatFloat(plainVerb, 'g', arg.asNumeric()))
    case 'bool':
      return pad(verb, String(arg.asBool()))
    default:
      return pad(verb, valueToJson(arg, arg.type))
  }
}

/** Precision and width count characters as people see them. */
function formatText(verb: Verb, text: string, quoted: boolean): string {
  let shown = verb.precision === undefined ? text : sliceGraphemes(text, 0, verb.precision)
  if (quoted) shown = goQuote(shown)
  return pad(verb, shown)
}

/** With zeros on either side where the flag says so. */
function pad(verb: Layout, text: string): string {
  const missing = (verb.width ?? 0) - countGraphemes(text)
  if (missing <= 0) return text
  const filling = (verb.zero ? '0' : ' ').repeat(missing)
  return verb.minus ? text + filling : filling + text
}

type Layout = Pick<Verb, 'plus' | 'space' | 'zero' | 'minus' | 'sharp' | 'width' | 'precision'>

/** @param zero whether zeros stand between the sign and the digits. */
function padNumber(verb: Layout, zero: boolean, lead: string, digits: string): string {
  if (zero && verb.width !== undefined) return lead + digits.padStart(verb.width - lead.length, '0')
  return pad({ ...verb, zero: false }, lead + digits)
}

function signOf(verb: Layout, negative: boolean): string {
  return negative ? '-' : verb.plus ? '+' : verb.space ? ' ' : ''
}

const radixes: Readonly<Record<string, number>> = { b: 2, d: 10, o: 8, x: 16, X: 16 }

function formatInteger(verb: Verb, n: Numeric): string {
  if (!numericIsInteger(n)) unsupported(verb, 'an integer is required')
  const radix = radixes[verb.mode]!
  const integer = typeof n === 'number' && Number.isSafeInteger(n) ? n : numericToBigInt(n)!
  // Nothing at all, whatever the width.
  if (verb.precision === 0 && compareNumeric(n, 0) === 0) return ''
  let digits = (integer < 0 ? -integer : integer).toString(radix)
  if (verb.mode === 'X') digits = digits.toUpperCase()
  if (verb.precision !== undefined) digits = digits.padStart(verb.precision, '0')
  const prefix = verb.sharp ? { b: '0b', d: '', o: '0', x: '0x', X: '0X' }[verb.mode]! : ''
  return padNumber(verb, verb.zero && !verb.minus && verb.precision === undefined, signOf(verb, integer < 0) + prefix, digits)
}

/**
 * Decimal digits of a number: `digits` × 10^(exponent - digits.length).
 *
 * @param exact all digits of the binary number, as rounding to a given precision needs them, and not the fewest that identify it.
 */
function decimal(n: Numeric, exact: boolean): { readonly negative: boolean; readonly digits: string; readonly exponent: number } {
  const text = exact ? numericToExactString(n) : numericToString(n)
  const negative = text.startsWith('-')
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const all = (whole + fraction).replace(/^0+/, '')
  const leading = (whole + fraction).length - all.length
  return { negative, digits: all.replace(/0+$/, ''), exponent: whole.length - leading }
}

/** Rounds a digit string to `count` digits, half to even. */
function round(digits: string, exponent: number, count: number): { digits: string; exponent: number } {
  if (count < 0) return { digits: '', exponent }
  if (digits.length <= count) return { digits, exponent }
  const kept = digits.slice(0, count)
  const rest = digits.slice(count)
  const half = rest[0]! > '5' || (rest[0] === '5' && (/[1-9]/.test(rest.slice(1)) || (kept !== '' && Number(kept.at(-1)) % 2 === 1)))
  if (!half) return { digits: kept.replace(/0+$/, ''), exponent }
  const up = (BigInt(kept === '' ? '0' : kept) + 1n).toString().padStart(count, '0')
  return { digits: up.replace(/0+$/, ''), exponent: up.length > count ? exponent + 1 : exponent }
}

function formatFloat(verb: Layout, mode: string, n: Numeric): string {
  const js = numericToJs(n)
  if ((js === Infinity || js === -Infinity) && typeof n === 'number') return pad({ ...verb, zero: false }, js > 0 ? '+Inf' : '-Inf')
  const general = mode === 'g' || mode === 'G'
  const { negative, digits, exponent } = decimal(n, !general || verb.precision !== undefined)
  const sign = signOf(verb, negative || (Object.is(n, -0) && compareNumeric(n, 0) === 0 && Object.is(js, -0)))
  const upper = mode === mode.toUpperCase()
  const laid = (body: string): string => padNumber(verb, verb.zero, sign, body)
  if (!general)
    return laid(mode === 'f' ? fixed(digits, exponent, verb.precision ?? 6) : scientific(digits, exponent, verb.precision ?? 6, upper))
  // Shortest digits unless a precision is given; an exponent when it is below -4 or too large for the precision, which is then 6.
  const rounded = verb.precision === undefined ? { digits, exponent } : round(digits, exponent, verb.precision || 1)
  const limit = verb.precision === undefined ? 6 : generalLimit(verb.precision || 1, rounded)
  const power = rounded.digits === '' ? 0 : rounded.exponent - 1
  return laid(
    power < -4 || power >= limit
      ? scientific(rounded.digits, rounded.exponent, Math.max(0, rounded.digits.length - 1), upper)
      : fixed(rounded.digits, rounded.exponent, Math.max(0, rounded.digits.length - rounded.exponent)),
  )
}

/** All digits before the point are there, and there are fewer than asked for: then their number decides. */
function generalLimit(precision: number, { digits, exponent }: { readonly digits: string; readonly exponent: number }): number {
  return precision > digits.length && digits.length >= exponent ? digits.length : precision
}

function fixed(digits: string, exponent: number, precision: number): string {
  const rounded = round(digits, exponent, exponent + precision)
  const whole = rounded.exponent > 0 ? rounded.digits.slice(0, rounded.exponent).padEnd(rounded.exponent, '0') : '0'
  if (precision === 0) return whole
  const fraction = (rounded.exponent > 0 ? rounded.digits.slice(rounded.exponent) : '0'.repeat(-rounded.exponent) + rounded.digits).padEnd(
    precision,
    '0',
  )
  return `${whole}.${fraction.slice(0, precision)}`
}

function scientific(digits: string, exponent: number, precision: number, upper: boolean): string {
  const rounded = round(digits, exponent, precision + 1)
  const power = rounded.digits === '' ? 0 : rounded.exponent - 1
  const mantissa = (rounded.digits || '0').padEnd(precision + 1, '0')
  const e = `${upper ? 'E' : 'e'}${power < 0 ? '-' : '+'}${Math.abs(power).toString().padStart(2, '0')}`
  return `${mantissa[0]}${precision > 0 ? `.${mantissa.slice(1)}` : ''}${e}`
}

function format(args: readonly Value[]): Value {
  const pattern = args[0]!.asString()
  for (let i = 1; i < args.length; i++) {
    if (!args[i]!.isWhollyKnown) {
      // Only what comes before all verbs is told, and what is wrong with them not yet.
      const prefix = safePrefix(/^[^%]*/.exec(pattern)![0])
      return refine(unknownVal(stringType), { notNull: true, prefix: prefix === '' ? undefined : prefix })
    }
  }
  return stringVal(formatParts(partsOf(pattern), args, 1))
}

function formatList(args: readonly Value[]): Value {
  const [pattern, ...rest] = args
  let length: number | undefined
  let lengthFrom = 0
  let unknownLength = false
  const iterators = rest.map((arg, i) => {
    const { kind } = arg.type
    if ((kind !== 'list' && kind !== 'set' && kind !== 'tuple') || arg.isNull) return undefined
    const known = kind === 'tuple' ? arg.type.elements.length : lengthOf(arg)
    if (known === undefined) {
      unknownLength = true
      return undefined
    }
    if (length === undefined) {
      length = known
      lengthFrom = i + 1
    } else if (known !== length) {
      failArg(i + 1, `argument ${i + 1} has length ${known}, which is inconsistent with argument ${lengthFrom} of length ${length}`)
    }
    return arg.isKnown ? arg.asArray() : Array.from({ length: known }, () => unknownVal(dynamicType))
  })
  // What is of unknown type may turn out to be a list.
  if (unknownLength || rest.some((a) => !a.isKnown && a.type.kind === 'dynamic')) return unknownVal(listType(stringType))
  const count = length ?? 1
  const result: Value[] = []
  for (let i = 0; i < count; i++) {
    const row = rest.map((arg, j) => iterators[j]?.[i] ?? arg)
    try {
      result.push(
        row.every((v) => v.isWhollyKnown)
          ? stringVal(formatParts(partsOf(pattern!.asString()), row))
          : refineNotNull(unknownVal(stringType)),
      )
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      fail(rest.length === 0 ? problem : `error on format iteration ${i}: ${problem}`)
    }
  }
  return listVal(result, stringType)
}

/** A set with unknown elements has a certain number of them only when it is one. */
function lengthOf(collection: Value): number | undefined {
  if (!collection.isKnown) return undefined
  const { length } = collection.asArray()
  return collection.type.kind !== 'set' || length <= 1 || collection.isWhollyKnown ? length : undefined
}

const rest = { name: 'args', type: dynamicType, allowNull: true, allowUnknown: true }

export const formatFunctions: readonly FunctionSpec[] = [
  define('format', [str('format')], stringType, (args) => format(args), {
    description: 'A string made from a pattern with verbs and the values that fill them.',
    varParam: rest,
  }),
  define('formatlist', [str('format')], listType(stringType), (args) => formatList(args), {
    description: 'A list of strings, formatted element by element from lists of values.',
    varParam: rest,
  }),
]
