import { CtyError } from './errors.ts'

/**
 * A number of the language: a binary float of arbitrary precision. A JavaScript number stands for exactly its value at
 * the precision of parsed text (512 bits), infinities and negative zero included; everything else is a `BigFloat`.
 */
export type Numeric = number | BigFloat

/** Bits of mantissa of every number that comes from text. */
export const TEXT_PRECISION = 512
/** Bits of mantissa of integers the engine makes itself, such as lengths and `count.index`. */
export const INTEGER_PRECISION = 64
/** Bits of mantissa of numbers that arrive as 64-bit floats. */
export const FLOAT_PRECISION = 53

/** `mantissa` × 2^`exponent`, where the mantissa is odd or zero and has at most `precision` bits. Finite. */
export class BigFloat {
  readonly mantissa: bigint
  readonly exponent: number
  readonly precision: number

  /** Only for this file: the members must already be in normal form. */
  constructor(mantissa: bigint, exponent: number, precision: number) {
    this.mantissa = mantissa
    this.exponent = exponent
    this.precision = precision
  }

  toString(): string {
    return numericToString(this)
  }
}

/** An integer at integer precision, or at as many bits as it needs. */
export function numericFromInteger(n: number | bigint): Numeric {
  if (typeof n === 'number' && n > 0 && n <= 0x7fffffff) {
    const zeros = 31 - Math.clz32(n & -n)
    return new BigFloat(BigInt(n >> zeros), zeros, INTEGER_PRECISION)
  }
  const mantissa = BigInt(n)
  return settle(mantissa, 0, Math.max(INTEGER_PRECISION, bitLength(magnitude(mantissa))))
}

/** A number that arrived as a 64-bit float: later arithmetic and printing know only its 53 bits. NaN is an error. */
export function numericFromFloat(n: number): Numeric {
  if (Number.isNaN(n)) throw new CtyError('a number is required')
  if (!Number.isFinite(n) || Object.is(n, -0)) return n
  const { mantissa, exponent } = parts(n)
  return settle(mantissa, exponent, FLOAT_PRECISION)
}

/** The number at another precision, rounded half to even where that has fewer bits. */
export function withPrecision(n: Numeric, precision: number): Numeric {
  if (typeof n === 'number' && !Number.isFinite(n)) return n
  const { mantissa, exponent } = parts(n)
  return round(mantissa, exponent, precision)
}

const decimalText = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:([eEpP])([+-]?\d+))?$/
const shortInteger = /^-?\d{1,15}$/

/** Beyond these the exact power of ten would be larger than the result deserves, or the result is infinite or zero. */
const EXACT_DECIMAL_EXPONENT = 20_000
const MAX_DECIMAL_EXPONENT = 600_000_000

/**
 * Decimal text with an optional sign, fraction and exponent, or an infinity; undefined for anything else. Rounded half to
 * even at 512 bits.
 */
export function parseNumeric(text: string): Numeric | undefined {
  if (shortInteger.test(text)) return Number(text)
  const match = decimalText.exec(text)
  if (match === null) {
    if (/^\+?[iI]nf$/.test(text)) return Number.POSITIVE_INFINITY
    if (/^-[iI]nf$/.test(text)) return Number.NEGATIVE_INFINITY
    return undefined
  }
  const [, sign, whole = '', fraction = match[4] ?? '', , letter, exponentText] = match
  const negative = sign === '-'
  const digits = BigInt(whole + fraction)
  if (digits === 0n) return negative ? -0 : 0
  const mantissa = negative ? -digits : digits
  const given = exponentText === undefined ? 0 : Number(exponentText)
  const binary = letter === 'p' || letter === 'P'
  const decimal = (binary ? 0 : given) - fraction.length
  if (decimal > MAX_DECIMAL_EXPONENT || (binary && given > 2 ** 31)) return negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (decimal < -MAX_DECIMAL_EXPONENT || (binary && given < -(2 ** 31))) return negative ? -0 : 0
  const shift = decimal + (binary ? given : 0)
  if (decimal >= 0) {
    const power = powerOfFive(decimal)
    return round(mantissa * power.mantissa, power.exponent + shift, TEXT_PRECISION)
  }
  const power = powerOfFive(-decimal)
  return quotient(mantissa, shift, power.mantissa, power.exponent, TEXT_PRECISION)
}

/** 5^n, exact up to a limit and beyond that with enough bits to round the result correctly in all but contrived cases. */
function powerOfFive(n: number): { mantissa: bigint; exponent: number } {
  if (n <= EXACT_DECIMAL_EXPONENT) return { mantissa: 5n ** BigInt(n), exponent: 0 }
  const half = powerOfFive(Math.floor(n / 2))
  let mantissa = half.mantissa * half.mantissa * (n % 2 === 1 ? 5n : 1n)
  let exponent = half.exponent * 2
  const excess = bitLength(mantissa) - 4 * TEXT_PRECISION
  if (excess > 0) {
    mantissa >>= BigInt(excess)
    exponent += excess
  }
  return { mantissa, exponent }
}

/**
 * Plain decimal notation without an exponent: the fewest digits that still identify the value at its precision.
 * Infinities print as `+Inf` and `-Inf`. @throws CtyError for numbers of tens of millions of digits.
 */
export function numericToString(n: Numeric): string {
  if (typeof n === 'number') {
    if (Number.isSafeInteger(n)) return Object.is(n, -0) ? '-0' : String(n)
    if (!Number.isFinite(n)) return n > 0 ? '+Inf' : '-Inf'
  } else if (n.exponent >= 0 && n.exponent < 64 && bitLength(magnitude(n.mantissa)) + n.exponent <= n.precision) {
    // Every digit of an integer within its precision counts.
    return String(safeInteger(n) ?? n.mantissa << BigInt(n.exponent))
  }
  const { digits, point } = shortestDigits(parts(n))
  const sign = isNegative(n) ? '-' : ''
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** All decimal digits of the binary number, which `numericToString` does not need. Infinities as there. */
export function numericToExactString(n: Numeric): string {
  if (typeof n === 'number' && (Number.isSafeInteger(n) || !Number.isFinite(n))) return numericToString(n)
  const p = parts(n)
  const { digits, point } = exactDigits(magnitude(p.mantissa), p.exponent)
  const sign = isNegative(n) ? '-' : ''
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/**
 * The number with a fixed count of significant digits, as `%g` of C and Go prints it: with an exponent when that is below
 * -4 or at least `significant`, trailing zeros dropped.
 */
export function numericToGeneral(n: Numeric, significant: number): string {
  if (typeof n === 'number') {
    if (Number.isSafeInteger(n) && Math.abs(n) < 10 ** Math.min(significant, 15)) return Object.is(n, -0) ? '-0' : String(n)
    if (!Number.isFinite(n)) return n > 0 ? '+Inf' : '-Inf'
  }
  const p = parts(n)
  if (p.mantissa === 0n) return '0'
  return layOutGeneral(isNegative(n), roundDigits(exactDigits(magnitude(p.mantissa), p.exponent), significant), significant)
}

/** As `numericToGeneral` with as many digits as identify the value at its precision; exponents from 21 digits on. */
export function numericToShortestGeneral(n: Numeric): string {
  if (typeof n === 'number' && !Number.isFinite(n)) return n > 0 ? '+Inf' : '-Inf'
  const p = parts(n)
  if (p.mantissa === 0n) return Object.is(n, -0) ? '-0' : '0'
  const digits = shortestDigits(p)
  return layOutGeneral(isNegative(n), digits, Math.max(digits.digits.length, 21))
}

function layOutGeneral(negative: boolean, { digits, point }: Digits, limit: number): string {
  const sign = negative ? '-' : ''
  const exponent = point - 1
  if (exponent < -4 || exponent >= limit) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${sign}${digits[0]}${rest}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** 0.`digits` × 10^`point`, without leading or trailing zeros. */
interface Digits {
  readonly digits: string
  readonly point: number
}

const MAX_PRINTED_BITS = 1 << 27

function exactDigits(mantissa: bigint, exponent: number): Digits {
  if (Math.abs(exponent) > MAX_PRINTED_BITS) throw new CtyError('the number is too large or too small to be written as text')
  const text = exponent >= 0 ? (mantissa << BigInt(exponent)).toString() : (mantissa * 5n ** BigInt(-exponent)).toString()
  const point = exponent >= 0 ? text.length : text.length + exponent
  return { digits: text.replace(/0+$/, ''), point }
}

/**
 * Digits are taken from the exact expansion until cutting or rounding there stays within half a unit of the last place.
 * Both ends of that interval are written out exactly, so no error can build up.
 */
function shortestDigits({ mantissa, exponent, precision }: BigFloat): Digits {
  const odd = magnitude(mantissa)
  if (odd === 0n) return { digits: '0', point: 1 }
  // One bit more than the precision, so that the last bit is half a unit of the last place.
  const shift = precision + 1 - bitLength(odd)
  const scaled = odd << BigInt(shift)
  const scale = exponent - shift
  const exact = exactDigits(scaled, scale)
  const lower = exactDigits(scaled - 1n, scale).digits
  const upper = exactDigits(scaled + 1n, scale).digits
  // A tie rounds to the even mantissa: then the ends of the interval belong to it.
  const inclusive = (scaled & 2n) === 0n
  for (let i = 0; i < exact.digits.length; i++) {
    const digit = exact.digits.charCodeAt(i)
    const low = i < lower.length ? lower.charCodeAt(i) : 48
    const high = i < upper.length ? upper.charCodeAt(i) : 48
    const mayCut = low !== digit || (inclusive && i + 1 === lower.length)
    const mayRaise = digit !== high && (inclusive || digit + 1 < high || i + 1 < upper.length)
    if (mayCut && mayRaise) return roundDigits(exact, i + 1)
    if (mayCut) return trimDigits(exact.digits.slice(0, i + 1), exact.point)
    if (mayRaise) return raiseDigits(exact.digits.slice(0, i + 1), exact.point)
  }
  return exact
}

function roundDigits(exact: Digits, count: number): Digits {
  if (exact.digits.length <= count) return exact
  const kept = exact.digits.slice(0, count)
  const next = exact.digits.charCodeAt(count) - 48
  const tie = next === 5 && exact.digits.length === count + 1
  const up = tie ? (kept.charCodeAt(count - 1) - 48) % 2 === 1 : next >= 5
  return up ? raiseDigits(kept, exact.point) : trimDigits(kept, exact.point)
}

function trimDigits(digits: string, point: number): Digits {
  return { digits: digits.replace(/0+$/, ''), point }
}

function raiseDigits(digits: string, point: number): Digits {
  let i = digits.length - 1
  while (i >= 0 && digits[i] === '9') i--
  if (i < 0) return { digits: '1', point: point + 1 }
  return { digits: digits.slice(0, i) + String.fromCharCode(digits.charCodeAt(i) + 1), point }
}

/** The nearest JavaScript number; infinite when out of range. */
export function numericToJs(n: Numeric): number {
  if (typeof n === 'number') return n
  const length = bitLength(magnitude(n.mantissa))
  // Conversion of a bigint rounds to nearest even; a mantissa of 64 bits leaves that rounding intact.
  const excess = Math.max(0, length - 1000)
  const top = Number(excess > 0 ? (n.mantissa >> BigInt(excess)) | 1n : n.mantissa)
  const exponent = n.exponent + excess
  if (length + n.exponent > 1100) return n.mantissa < 0n ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (length + n.exponent < -1100) return 0
  const half = Math.trunc(exponent / 2)
  return top * 2 ** half * 2 ** (exponent - half)
}

export function numericIsInteger(n: Numeric): boolean {
  return typeof n === 'number' ? Number.isInteger(n) : n.exponent >= 0
}

/** The integer; undefined when the number is not one, is infinite, or has hundreds of millions of bits. */
export function numericToBigInt(n: Numeric): bigint | undefined {
  if (typeof n === 'number') return Number.isInteger(n) ? BigInt(n) : undefined
  return n.exponent >= 0 && n.exponent <= MAX_PRINTED_BITS ? n.mantissa << BigInt(n.exponent) : undefined
}

/** Whether a JavaScript number holds the value exactly. */
export function numericIsExactDouble(n: Numeric): boolean {
  if (typeof n === 'number') return true
  return typeof settle(n.mantissa, n.exponent, TEXT_PRECISION) === 'number'
}

/** The integer part, towards zero, at the same precision. */
export function truncateNumeric(n: Numeric): Numeric {
  if (typeof n === 'number') return Math.trunc(n)
  if (n.exponent >= 0) return n
  const whole = n.mantissa / (1n << BigInt(Math.min(-n.exponent, bitLength(magnitude(n.mantissa)) + 1)))
  return settle(whole, 0, n.precision)
}

export function isNegative(n: Numeric): boolean {
  return typeof n === 'number' ? n < 0 || Object.is(n, -0) : n.mantissa < 0n
}

/** By numeric value; precision plays no part. */
export function compareNumeric(a: Numeric, b: Numeric): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'number' && !Number.isFinite(a)) return a < 0 ? -1 : 1
  if (typeof b === 'number' && !Number.isFinite(b)) return b < 0 ? 1 : -1
  const p = safeInteger(a)
  const q = safeInteger(b)
  if (p !== undefined && q !== undefined) return p < q ? -1 : p > q ? 1 : 0
  const x = parts(a)
  const y = parts(b)
  if (x.exponent === y.exponent) return compareBigInts(x.mantissa, y.mantissa)
  const xSign = signOf(x.mantissa)
  const ySign = signOf(y.mantissa)
  if (xSign !== ySign) return xSign < ySign ? -1 : 1
  if (xSign === 0) return 0
  const xTop = bitLength(magnitude(x.mantissa)) + x.exponent
  const yTop = bitLength(magnitude(y.mantissa)) + y.exponent
  if (xTop !== yTop) return xTop < yTop ? -xSign : xSign
  const base = Math.min(x.exponent, y.exponent)
  return compareBigInts(x.mantissa << BigInt(x.exponent - base), y.mantissa << BigInt(y.exponent - base))
}

export function equalNumeric(a: Numeric, b: Numeric): boolean {
  return compareNumeric(a, b) === 0
}

/** The precision of the result is the larger one of the operands. @throws CtyError for opposite infinities. */
export function addNumeric(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return sum
  }
  const infinite = infinityAmong(a, b)
  if (infinite !== undefined) {
    if (infinityAmong(b, a) !== infinite) throw new CtyError("can't add infinities of opposite signs")
    return infinite
  }
  const x = parts(a)
  const y = parts(b)
  const precision = Math.max(x.precision, y.precision)
  if (x.mantissa === 0n) return round(y.mantissa, y.exponent, precision)
  if (y.mantissa === 0n) return round(x.mantissa, x.exponent, precision)
  const [high, low] = x.exponent >= y.exponent ? [x, y] : [y, x]
  const gap = high.exponent - low.exponent
  const lowTop = bitLength(magnitude(low.mantissa)) + low.exponent
  const highTop = bitLength(magnitude(high.mantissa)) + high.exponent
  if (highTop - lowTop > precision + 2 && gap > 4 * TEXT_PRECISION) {
    // Far below the last place: it matters only as a hint on which side of a tie the sum lies.
    const room = precision + 3
    return round((high.mantissa << BigInt(room)) + BigInt(signOf(low.mantissa)), high.exponent - room, precision)
  }
  return round((high.mantissa << BigInt(gap)) + low.mantissa, low.exponent, precision)
}

export function subtractNumeric(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return difference
  }
  return addNumeric(a, negateNumeric(b))
}

/** Rounded at 512 bits; the result has the larger precision of the operands, or more where the product needs it. */
export function multiplyNumeric(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return product
  }
  if (infinityAmong(a, b) !== undefined) {
    if (isZero(a) || isZero(b)) throw new CtyError("can't multiply zero by infinity")
    return isNegative(a) === isNegative(b) ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }
  const x = parts(a)
  const y = parts(b)
  const product = x.mantissa * y.mantissa
  const wanted = Math.max(x.precision, y.precision)
  if (product === 0n) return isNegative(a) !== isNegative(b) ? -0 : settle(0n, 0, wanted)
  const atText = round(product, x.exponent + y.exponent, TEXT_PRECISION)
  const { mantissa, exponent } = parts(atText)
  return settle(mantissa, exponent, Math.max(wanted, bitLength(magnitude(mantissa))))
}

/** By zero the result is infinite. The precision is the larger one of the operands. @throws CtyError for 0/0 and ∞/∞. */
export function divideNumeric(a: Numeric, b: Numeric): Numeric {
  if (typeof a === 'number' && typeof b === 'number' && b !== 0 && Number.isSafeInteger(a) && Number.isSafeInteger(b) && a % b === 0) {
    return a / b
  }
  const negative = isNegative(a) !== isNegative(b)
  const infinity = negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (isInfinite(a)) {
    if (isInfinite(b)) throw new CtyError("can't divide infinity by infinity")
    return infinity
  }
  if (isInfinite(b)) return negative ? -0 : 0
  if (isZero(b)) {
    if (isZero(a)) throw new CtyError("can't divide zero by zero")
    return infinity
  }
  const x = parts(a)
  const y = parts(b)
  const precision = Math.max(x.precision, y.precision)
  if (x.mantissa === 0n) return negative ? -0 : settle(0n, 0, precision)
  return quotient(x.mantissa, x.exponent, y.mantissa, y.exponent, precision)
}

/**
 * What remains after subtracting the truncated quotient times the divisor; it has the sign of `a`. At the precision of
 * `a`; modulo zero is `a` itself. Of an infinity an infinity remains.
 *
 * @throws CtyError modulo an infinity.
 */
export function moduloNumeric(a: Numeric, b: Numeric): Numeric {
  if (isZero(b)) return a
  if (isInfinite(b)) throw new CtyError("can't use modulo with an infinity")
  if (isInfinite(a)) return multiplyNumeric(a, b)
  if (isZero(a)) return isNegative(a) && !isNegative(b) ? a : 0
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return a % b || 0
  const { precision } = parts(a)
  const times = withPrecision(truncateNumeric(divideNumeric(a, b)), precision)
  const x = parts(times)
  const y = parts(b)
  const product = round(x.mantissa * y.mantissa, x.exponent + y.exponent, precision)
  return withPrecision(subtractNumeric(a, product), precision)
}

export function negateNumeric(n: Numeric): Numeric {
  if (typeof n === 'number') return -n
  return n.mantissa === 0n ? -0 : new BigFloat(-n.mantissa, n.exponent, n.precision)
}

export function absoluteNumeric(n: Numeric): Numeric {
  return isNegative(n) ? negateNumeric(n) : n
}

function quotient(a: bigint, aExponent: number, b: bigint, bExponent: number, precision: number): Numeric {
  const x = magnitude(a)
  const y = magnitude(b)
  const shift = Math.max(0, precision + 2 - (bitLength(x) - bitLength(y)))
  const dividend = x << BigInt(shift)
  const whole = dividend / y
  // The remainder shrinks to one bit: it only says that the quotient is not exact.
  const sticky = (whole << 1n) | (dividend % y === 0n ? 0n : 1n)
  return round(a < 0n !== b < 0n ? -sticky : sticky, aExponent - bExponent - shift - 1, precision)
}

/** Half to even. */
function round(mantissa: bigint, exponent: number, precision: number): Numeric {
  const abs = magnitude(mantissa)
  const excess = bitLength(abs) - precision
  if (excess <= 0) return settle(mantissa, exponent, precision)
  const shift = BigInt(excess)
  const kept = abs >> shift
  const rest = abs - (kept << shift)
  const half = 1n << (shift - 1n)
  const up = rest > half || (rest === half && (kept & 1n) === 1n)
  const rounded = up ? kept + 1n : kept
  return settle(mantissa < 0n ? -rounded : rounded, exponent + excess, precision)
}

/** Normal form: an odd mantissa, and a JavaScript number where that says the same. */
function settle(mantissa: bigint, exponent: number, precision: number): Numeric {
  if (mantissa === 0n) return precision === TEXT_PRECISION ? 0 : new BigFloat(0n, 0, precision)
  let odd = mantissa
  let scale = exponent
  if ((odd & 1n) === 0n) {
    const zeros = bitLength(odd & -odd) - 1
    odd >>= BigInt(zeros)
    scale += zeros
  }
  if (precision === TEXT_PRECISION && scale >= -1000 && odd >= -9007199254740991n && odd <= 9007199254740991n && scale <= 960) {
    return Number(odd) * 2 ** scale
  }
  return new BigFloat(odd, scale, precision)
}

/** The number as a JavaScript number, if it is an integer that those hold for certain. Counts and indices are, and many. */
function safeInteger(n: Numeric): number | undefined {
  const value =
    typeof n === 'number' ? n : n.exponent >= 0 && n.exponent < FLOAT_PRECISION ? Number(n.mantissa) * 2 ** n.exponent : undefined
  return Number.isSafeInteger(value) ? value : undefined
}

const view = new DataView(new ArrayBuffer(8))

/** @param n finite. */
function parts(n: Numeric): BigFloat {
  if (typeof n !== 'number') return n
  if (n === 0) return new BigFloat(0n, 0, TEXT_PRECISION)
  let mantissa: bigint
  let exponent = 0
  if (Number.isSafeInteger(n)) mantissa = BigInt(n)
  else {
    view.setFloat64(0, n)
    const bits = view.getBigUint64(0)
    const biased = Number((bits >> 52n) & 0x7ffn)
    const fraction = bits & 0xfffffffffffffn
    mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n
    exponent = (biased === 0 ? 1 : biased) - 1075
    if (n < 0) mantissa = -mantissa
  }
  if ((mantissa & 1n) === 0n) {
    const zeros = bitLength(mantissa & -mantissa) - 1
    mantissa >>= BigInt(zeros)
    exponent += zeros
  }
  return new BigFloat(mantissa, exponent, TEXT_PRECISION)
}

function infinityAmong(a: Numeric, b: Numeric): number | undefined {
  if (isInfinite(a)) return a as number
  return isInfinite(b) ? (b as number) : undefined
}

function isInfinite(n: Numeric): boolean {
  return n === Number.POSITIVE_INFINITY || n === Number.NEGATIVE_INFINITY
}

function isZero(n: Numeric): boolean {
  return typeof n === 'number' ? n === 0 : n.mantissa === 0n
}

function magnitude(n: bigint): bigint {
  return n < 0n ? -n : n
}

function signOf(n: bigint): number {
  return n < 0n ? -1 : n > 0n ? 1 : 0
}

function compareBigInts(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** @param n not negative. */
function bitLength(n: bigint): number {
  if (n <= 0xffffffffn) return 32 - Math.clz32(Number(n))
  const hex = n.toString(16)
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex[0]!, 16)))
}
