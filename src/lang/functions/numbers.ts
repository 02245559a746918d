import { goQuote } from '../../base/index.ts'
import {
  absoluteNumeric,
  addNumeric,
  compareNumeric,
  convert,
  type FunctionSpec,
  friendlyName,
  intVal,
  listType,
  listVal,
  type Numeric,
  negateNumeric,
  numberType,
  numberVal,
  numericFromFloat,
  numericFromInteger,
  numericIsInteger,
  numericToBigInt,
  numericToJs,
  parseNumeric,
  type Type,
  unknownVal,
  type Value,
} from '../../cty/index.ts'
import { any, define, fail, failArg, num } from './_define.ts'
import { integer } from './strings.ts'

const zero: Numeric = 0

function fromJs(value: number): Value {
  if (Number.isNaN(value)) fail('the result is not a number')
  return numberVal(numericFromFloat(value))
}

/** Zero is never negative where its sign is dropped on the way. */
function unsignedZero(n: Numeric): Numeric {
  return Object.is(n, -0) ? 0 : n
}

function floorNumeric(n: Numeric): Numeric {
  if (numericIsInteger(n)) return n
  const whole = numericTruncate(n)
  return compareNumeric(n, zero) < 0 ? addNumeric(whole, -1) : whole
}

function numericTruncate(n: Numeric): Numeric {
  if (typeof n === 'number') return Math.trunc(n)
  const integer = numericToBigInt(n)
  if (integer !== undefined) return n
  // The decimal text is exact for a binary fraction's integer part.
  return parseNumeric(plainText(n).replace(/\..*$/, '')) ?? 0
}

function plainText(n: Numeric): string {
  return convert(numberVal(n), { kind: 'string' }).asString()
}

export const numberFunctions: readonly FunctionSpec[] = [
  define('abs', [num('num', { allowDynamic: true })], numberType, ([n]) => numberVal(unsignedZero(absoluteNumeric(n!.asNumeric()))), {
    description: 'The absolute value of a number.',
  }),
  define(
    'ceil',
    [num('num', { allowDynamic: true })],
    numberType,
    ([n]) => numberVal(unsignedZero(negateNumeric(floorNumeric(negateNumeric(n!.asNumeric()))))),
    {
      description: 'The closest whole number that is greater than or equal to the given number.',
    },
  ),
  define('floor', [num('num', { allowDynamic: true })], numberType, ([n]) => numberVal(unsignedZero(floorNumeric(n!.asNumeric()))), {
    description: 'The closest whole number that is less than or equal to the given number.',
  }),
  define(
    'log',
    [num('num'), num('base')],
    numberType,
    ([n, base]) => fromJs(Math.log(numericToJs(n!.asNumeric())) / Math.log(numericToJs(base!.asNumeric()))),
    { description: 'The logarithm of a number in a given base.' },
  ),
  define(
    'pow',
    [num('num'), num('power')],
    numberType,
    ([n, power]) => fromJs(numericToJs(n!.asNumeric()) ** numericToJs(power!.asNumeric())),
    {
      description: 'A number raised to a power.',
    },
  ),
  define('signum', [num('num', { allowDynamic: true })], numberType, ([n]) => intVal(compareNumeric(wholeNumber(n!), zero)), {
    description: 'The sign of a number: -1, 0 or 1.',
  }),
  define('max', [], numberType, (args) => extreme(args, 1), {
    description: 'The greatest of the given numbers.',
    varParam: num('numbers', { allowDynamic: true }),
  }),
  define('min', [], numberType, (args) => extreme(args, -1), {
    description: 'The smallest of the given numbers.',
    varParam: num('numbers', { allowDynamic: true }),
  }),
  define('parseint', [any('number'), num('base')], parseIntegerType, ([text, base]) => parseInteger(text!, base!), {
    description: 'The integer that a string stands for in a base between 2 and 62.',
  }),
  define('range', [], listType(numberType), (args) => range(args), {
    description: 'Numbers from a start to below a limit, by a step.',
    varParam: num('params'),
  }),
  define('sum', [any('list')], numberType, ([list]) => sum(list!), { description: 'The sum of the numbers of a list or set.' }),
]

function extreme(args: readonly Value[], sign: number): Value {
  if (args.length === 0) fail('must pass at least one number')
  return args.reduce((best, n) => (compareNumeric(n.asNumeric(), best.asNumeric()) * sign > 0 ? n : best))
}

function parseIntegerType([text]: readonly Value[]): Type {
  if (text!.type.kind !== 'string') failArg(0, `first argument must be a string, not ${friendlyName(text!.type)}`)
  return numberType
}

function parseInteger(text: Value, base: Value): Value {
  const radix = integer(base, '', 1)
  if (radix < 2 || radix > 62) failArg(1, 'base must be a whole number between 2 and 62 inclusive')
  const given = text.asString()
  const digits = given.replace(/^[+-]/, '')
  const bad = () => failArg(0, `cannot parse ${goQuote(given)} as a base ${radix} integer`)
  if (digits === '') bad()
  const values: number[] = []
  for (const c of digits) {
    const code = c.charCodeAt(0)
    let value = -1
    if (code >= 48 && code <= 57) value = code - 48
    else if (code >= 97 && code <= 122) value = code - 97 + 10
    // Up to base 36 both cases mean the same; above, capitals come after small letters.
    else if (code >= 65 && code <= 90) value = radix <= 36 ? code - 65 + 10 : code - 65 + 36
    if (value < 0 || value >= radix) bad()
    values.push(value)
  }
  const magnitude = fromDigits(values, radix)
  return numberVal(numericFromInteger(given.startsWith('-') ? -magnitude : magnitude))
}

/** Neighbours are joined to digits of the base squared, these to digits of its square: digit by digit would take time that grows with the square. */
function fromDigits(values: readonly number[], radix: number): bigint {
  let digits = values.map((value) => BigInt(value))
  for (let base = BigInt(radix); digits.length > 1; base *= base) {
    const joined: bigint[] = []
    // Pairs are counted from the end, where the units are.
    if (digits.length % 2 === 1) joined.push(digits[0]!)
    for (let i = digits.length % 2; i < digits.length; i += 2) joined.push(digits[i]! * base + digits[i + 1]!)
    digits = joined
  }
  return digits[0]!
}

/** The list of the last call: an inner loop asks for the same one at each turn of the outer loop. */
let lastRange: { readonly args: readonly Value[]; readonly list: Value } | undefined

function range(args: readonly Value[]): Value {
  if (lastRange?.args.length === args.length && lastRange.args.every((arg, i) => arg.payload === args[i]!.payload)) return lastRange.list
  const list = makeRange(args)
  lastRange = { args: [...args], list }
  return list
}

function makeRange(args: readonly Value[]): Value {
  let start: Numeric = 0
  let end: Numeric
  let step: Numeric
  const numbers = args.map((a) => a.asNumeric())
  switch (numbers.length) {
    case 1:
      end = numbers[0]!
      step = compareNumeric(end, zero) < 0 ? -1 : 1
      break
    case 2:
      start = numbers[0]!
      end = numbers[1]!
      step = compareNumeric(end, start) < 0 ? -1 : 1
      break
    case 3:
      start = numbers[0]!
      end = numbers[1]!
      step = numbers[2]!
      break
    default:
      fail('must have one, two, or three arguments')
  }
  const direction = compareNumeric(step, zero)
  const tooMany = 'more than 1024 values were generated; either decrease the difference between start and end or use a smaller step'
  if (direction === 0 && compareNumeric(end, start) !== 0) fail(tooMany)
  if (direction > 0 && compareNumeric(end, start) < 0) failArg(1, 'end must be greater than start when step is positive')
  if (direction < 0 && compareNumeric(end, start) > 0) failArg(1, 'end must be less than start when step is negative')
  const values: Value[] = []
  for (let n = start; compareNumeric(n, end) * direction < 0; n = addNumeric(n, step)) {
    if (values.length >= 1024) fail(tooMany)
    values.push(numberVal(n))
  }
  return listVal(values, numberType)
}

function sum(list: Value): Value {
  const { type } = list
  if ((type.kind === 'map' || type.kind === 'object') && list.asMap().size === 0) failArg(0, 'cannot sum an empty list')
  if (type.kind !== 'list' && type.kind !== 'set' && type.kind !== 'tuple') {
    if (type.kind === 'map') failArg(0, `argument must be list, set, or tuple. Received ${friendlyName(type)}`)
    if (type.kind === 'object') failArg(0, 'argument must be list, set, or tuple. Received object')
    failArg(0, 'cannot sum noniterable')
  }
  const elements = list.asArray()
  if (elements.length === 0) failArg(0, 'cannot sum an empty list')
  if (!list.isWhollyKnown) return unknownVal(numberType)
  let total: Numeric | undefined
  for (const element of elements) {
    if (element.isNull) failArg(0, 'argument must be list, set, or tuple of number values')
    let n: Value
    try {
      n = convert(element, numberType)
    } catch {
      failArg(0, 'argument must be list, set, or tuple of number values')
    }
    total = total === undefined ? n.asNumeric() : addNumeric(total, n.asNumeric())
  }
  return numberVal(total!)
}

/** A number that fits 64 bits, as functions want it that were written with integers in mind. */
function wholeNumber(value: Value): Numeric {
  const n = value.asNumeric()
  const range = 'value must be a whole number, between -9223372036854775808 and 9223372036854775807'
  if (!numericIsInteger(n) || compareNumeric(n, least) < 0 || compareNumeric(n, greatest) > 0) fail(range)
  return n
}

const least = parseNumeric('-9223372036854775808')!
const greatest = parseNumeric('9223372036854775807')!
