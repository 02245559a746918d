/**
 * Protocol Buffers (proto3) by tables: a message is a record of fields, and what is encoded and decoded has its type by inference.
 *
 * Absent fields decode to the default of their kind; fields of kind `optional` and messages to undefined. Fields that no table names
 * are passed over. Numbers of kind `int64` must be safe integers. A `lazyMap` keeps its values as bytes, so that an answer of many
 * megabytes costs only a look at its index; decode a value with `decodeMessage` when it is needed.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export interface Message {
  readonly [name: string]: Field
}

type ScalarKind = 'string' | 'bytes' | 'bool' | 'int64' | 'uint32' | 'enum'

export type Field =
  | { readonly number: number; readonly rule: 'single' | 'optional' | 'repeated'; readonly kind: ScalarKind }
  | { readonly number: number; readonly rule: 'single' | 'repeated' | 'map' | 'lazyMap'; readonly kind: () => Message }
  | { readonly number: number; readonly rule: 'map'; readonly kind: 'string' }

interface ScalarTypes {
  string: string
  bytes: Uint8Array
  bool: boolean
  int64: number
  uint32: number
  enum: number
}

type Plain<K> = K extends ScalarKind ? ScalarTypes[K] : K extends () => infer M ? (M extends Message ? Decoded<M> : never) : never
type Given<K> = K extends ScalarKind ? ScalarTypes[K] : K extends () => infer M ? (M extends Message ? Encodable<M> : never) : never

type DecodedField<F extends Field> = F extends { rule: 'optional' }
  ? Plain<F['kind']> | undefined
  : F extends { rule: 'repeated' }
    ? readonly Plain<F['kind']>[]
    : F extends { rule: 'map' }
      ? ReadonlyMap<string, Plain<F['kind']>>
      : F extends { rule: 'lazyMap' }
        ? ReadonlyMap<string, Uint8Array>
        : F['kind'] extends ScalarKind
          ? Plain<F['kind']>
          : Plain<F['kind']> | undefined

type GivenField<F extends Field> = F extends { rule: 'repeated' }
  ? readonly Given<F['kind']>[]
  : F extends { rule: 'map' }
    ? ReadonlyMap<string, Given<F['kind']>>
    : F extends { rule: 'lazyMap' }
      ? ReadonlyMap<string, Uint8Array>
      : Given<F['kind']>

/** What a message of this table decodes to. */
export type Decoded<M extends Message> = { readonly [N in keyof M]: DecodedField<M[N]> }
/** What can be encoded as a message of this table: what is left out has its default. */
export type Encodable<M extends Message> = { readonly [N in keyof M]?: GivenField<M[N]> | undefined }

export interface Single<K> {
  readonly number: number
  readonly rule: 'single'
  readonly kind: K
}
export interface Optional<K> {
  readonly number: number
  readonly rule: 'optional'
  readonly kind: K
}
export interface Repeated<K> {
  readonly number: number
  readonly rule: 'repeated'
  readonly kind: K
}
export interface MapField<K> {
  readonly number: number
  readonly rule: 'map'
  readonly kind: K
}
export interface LazyMapField<K> {
  readonly number: number
  readonly rule: 'lazyMap'
  readonly kind: K
}

export function scalar<K extends ScalarKind>(number: number, kind: K): Single<K> {
  return { number, rule: 'single', kind }
}

/** One whose absence is told from its default value: `optional` fields and members of a `oneof`. */
export function optional<K extends ScalarKind>(number: number, kind: K): Optional<K> {
  return { number, rule: 'optional', kind }
}

export function repeatedScalar<K extends ScalarKind>(number: number, kind: K): Repeated<K> {
  return { number, rule: 'repeated', kind }
}

/** A nested message. The table is given as a function, so that tables can refer to each other. */
export function nested<M extends Message>(number: number, message: () => M): Single<() => M> {
  return { number, rule: 'single', kind: message }
}

export function repeated<M extends Message>(number: number, message: () => M): Repeated<() => M> {
  return { number, rule: 'repeated', kind: message }
}

/** `map<string, MESSAGE>`. */
export function mapOf<M extends Message>(number: number, message: () => M): MapField<() => M> {
  return { number, rule: 'map', kind: message }
}

/** `map<string, MESSAGE>` whose values stay bytes. */
export function lazyMapOf<M extends Message>(number: number, message: () => M): LazyMapField<() => M> {
  return { number, rule: 'lazyMap', kind: message }
}

/** `map<string, string>`. */
export function stringMap(number: number): MapField<'string'> {
  return { number, rule: 'map', kind: 'string' }
}

/** The bytes are no message of the table. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

/** Bounds the nesting of messages, which is recursion here; the deepest schemas of real providers have some twenty levels. */
const MAX_DEPTH = 200
const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const FIXED32 = 5
/** Holds most requests. */
const FIRST_SIZE = 1024

/** What a table says, by number for reading and in its order for writing. */
interface Plan {
  readonly byNumber: readonly (PlannedField | undefined)[]
  readonly fields: readonly PlannedField[]
  /** Every field with its default. */
  readonly initial: Readonly<Record<string, unknown>>
}

interface PlannedField {
  readonly name: string
  readonly number: number
  readonly rule: Field['rule']
  readonly kind: Field['kind']
}

const plans = new WeakMap<Message, Plan>()

function planOf(message: Message): Plan {
  let plan = plans.get(message)
  if (plan === undefined) {
    const fields = Object.entries(message).map(([name, { number, rule, kind }]): PlannedField => ({ name, number, rule, kind }))
    const byNumber: (PlannedField | undefined)[] = []
    for (const field of fields) byNumber[field.number] = field
    plan = { byNumber, fields, initial: Object.fromEntries(fields.map((field) => [field.name, defaultOf(field)])) }
    plans.set(message, plan)
  }
  return plan
}

// ---- decoding

const noBytes = new Uint8Array(0)
const noItems: readonly unknown[] = Object.freeze([])
const noEntries: ReadonlyMap<string, unknown> = new Map()

function defaultOf({ rule, kind }: PlannedField): unknown {
  if (rule === 'repeated') return noItems
  if (rule === 'map' || rule === 'lazyMap') return noEntries
  if (rule === 'optional' || typeof kind === 'function') return undefined
  switch (kind) {
    case 'string':
      return ''
    case 'bytes':
      return noBytes
    case 'bool':
      return false
    default:
      return 0
  }
}

/**
 * Fields of kind `bytes` and values of lazy maps are views into `bytes`, which must not be written to afterwards.
 *
 * @throws WireError when the bytes are damaged.
 */
export function decodeMessage<M extends Message>(message: M, bytes: Uint8Array): Decoded<M> {
  return decodeAt(message, new Reader(bytes, 0, bytes.length), 0) as Decoded<M>
}

/** The rest of what the reader may read. */
function decodeAt(message: Message, reader: Reader, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new WireError('messages are nested too deeply')
  const plan = planOf(message)
  const result: Record<string, unknown> = { ...plan.initial }
  while (!reader.atEnd) {
    const tag = reader.tag()
    const wireType = tag & 7
    const field = plan.byNumber[tag >>> 3]
    if (field === undefined) {
      reader.skip(wireType)
      continue
    }
    const { name } = field
    if (field.rule === 'map' || field.rule === 'lazyMap') {
      let entries = result[name] as Map<string, unknown>
      if (entries === noEntries) result[name] = entries = new Map()
      readEntry(field, reader.part(wireType), entries, depth)
      continue
    }
    if (field.rule !== 'repeated') {
      const earlier = result[name]
      const value = readOne(field, reader, wireType, depth)
      // Parts of one message are merged: what comes later wins, field by field.
      result[name] = typeof field.kind === 'function' && earlier !== undefined ? mergeParts(earlier, value) : value
      continue
    }
    let items = result[name] as unknown[]
    if (items === noItems) result[name] = items = []
    if (wireType === LENGTH && isPackable(field.kind)) {
      const packed = reader.part(wireType)
      while (!packed.atEnd) items.push(readOne(field, packed, VARINT, depth))
    } else items.push(readOne(field, reader, wireType, depth))
  }
  return result
}

function mergeParts(earlier: unknown, later: unknown): unknown {
  const merged: Record<string, unknown> = { ...(earlier as object) }
  for (const [name, value] of Object.entries(later as object)) {
    const old = merged[name]
    if (Array.isArray(value)) merged[name] = value.length === 0 ? old : [...(old as unknown[]), ...value]
    else if (value !== undefined && value !== '' && value !== 0 && value !== false && value !== noBytes && value !== noEntries)
      merged[name] = value
  }
  return merged
}

function isPackable(kind: Field['kind']): boolean {
  return kind === 'bool' || kind === 'int64' || kind === 'uint32' || kind === 'enum'
}

function readOne({ kind }: PlannedField, reader: Reader, wireType: number, depth: number): unknown {
  if (typeof kind === 'function') return decodeAt(kind(), reader.part(wireType), depth + 1)
  switch (kind) {
    case 'string':
      return reader.text(wireType)
    case 'bytes':
      return reader.lengthDelimited(wireType)
    case 'bool':
      return reader.varint(wireType) !== 0
    default:
      return reader.varint(wireType)
  }
}

function readEntry({ rule, kind }: PlannedField, reader: Reader, entries: Map<string, unknown>, depth: number): void {
  let key = ''
  let value: Uint8Array = noBytes
  while (!reader.atEnd) {
    const tag = reader.tag()
    if (tag >>> 3 === 1) key = reader.text(tag & 7)
    else if (tag >>> 3 === 2) value = reader.lengthDelimited(tag & 7)
    else reader.skip(tag & 7)
  }
  if (rule === 'lazyMap') entries.set(key, value)
  else if (typeof kind === 'function') entries.set(key, decodeAt(kind(), new Reader(value, 0, value.length), depth + 1))
  else entries.set(key, Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'))
}

/** Part of a message. No private names: every field of every message comes by here. */
class Reader {
  private readonly bytes: Uint8Array
  private readonly end: number
  private at: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes
    this.at = start
    this.end = end
  }

  get atEnd(): boolean {
    return this.at >= this.end
  }

  tag(): number {
    const tag = this.varint(VARINT)
    if (tag < 8 || tag > 0xffffffff) throw new WireError('a field number is out of range')
    return tag >>> 0
  }

  /** 64 bits in two's complement; what is beyond a safe integer loses precision. */
  varint(wireType: number): number {
    if (wireType !== VARINT) throw new WireError(`a number has wire type ${wireType}`)
    const { bytes } = this
    const first = this.at < this.end ? bytes[this.at]! : 0x80
    if (first < 0x80) {
      this.at++
      return first
    }
    let low = 0
    let high = 0
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) throw new WireError('the message ends inside a number')
      const byte = bytes[this.at++]!
      const part = byte & 0x7f
      if (i < 4) low |= part << (7 * i)
      else if (i === 4) {
        low |= part << 28
        high |= part >>> 4
      } else high |= part << (7 * i - 32)
      if (byte < 0x80) return high === 0 ? low >>> 0 : (high | 0) * 0x1_0000_0000 + (low >>> 0)
    }
    throw new WireError('a number is too long')
  }

  lengthDelimited(wireType: number): Uint8Array {
    const end = this.endOf(wireType)
    const taken = this.bytes.subarray(this.at, end)
    this.at = end
    return taken
  }

  text(wireType: number): string {
    const end = this.endOf(wireType)
    const { buffer, byteOffset } = this.bytes
    const text = end === this.at ? '' : Buffer.from(buffer, byteOffset + this.at, end - this.at).toString('utf8')
    this.at = end
    return text
  }

  /** A message in this one. */
  part(wireType: number): Reader {
    const end = this.endOf(wireType)
    const part = new Reader(this.bytes, this.at, end)
    this.at = end
    return part
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint(VARINT)
    else if (wireType === FIXED64) this.at = this.checked(8)
    else if (wireType === LENGTH) this.at = this.endOf(LENGTH)
    else if (wireType === FIXED32) this.at = this.checked(4)
    else throw new WireError(`wire type ${wireType} is not in use`)
  }

  private endOf(wireType: number): number {
    if (wireType !== LENGTH) throw new WireError(`text, bytes or a message has wire type ${wireType}`)
    return this.checked(this.varint(VARINT))
  }

  private checked(length: number): number {
    const end = this.at + length
    if (length < 0 || end > this.end) throw new WireError('the message ends inside a field')
    return end
  }
}

// ---- encoding

/** Fields in the order of the table; what has the default value of its kind is left out, unless the field is `optional`. */
export function encodeMessage<M extends Message>(message: M, value: Encodable<M>): Uint8Array {
  const writer = new Writer()
  writer.message(message, value)
  return writer.result()
}

/** Writes from the end to the beginning: so the length of a nested message is known when it is to be written. */
class Writer {
  private bytes = Buffer.allocUnsafe(FIRST_SIZE)
  private at = FIRST_SIZE

  result(): Uint8Array {
    return this.bytes.subarray(this.at)
  }

  message(message: Message, value: Readonly<Record<string, unknown>>): void {
    const { fields } = planOf(message)
    for (let i = fields.length - 1; i >= 0; i--) {
      const field = fields[i]!
      const given = value[field.name]
      if (given !== undefined) this.field(field, given)
    }
  }

  private field({ number, rule, kind }: PlannedField, given: unknown): void {
    if (rule === 'map' || rule === 'lazyMap') {
      const entries = [...(given as ReadonlyMap<string, unknown>)]
      for (let i = entries.length - 1; i >= 0; i--) {
        const [key, content] = entries[i]!
        const end = this.written
        if (rule === 'lazyMap') this.delimited(2, content as Uint8Array)
        else if (kind === 'string') this.text(2, content as string)
        else this.nested(2, kind as () => Message, content)
        this.text(1, key)
        this.close(number, end)
      }
      return
    }
    if (rule === 'repeated') {
      const items = given as readonly unknown[]
      if (isPackable(kind)) {
        if (items.length === 0) return
        const end = this.written
        for (let i = items.length - 1; i >= 0; i--) this.varint(Number(items[i]))
        this.close(number, end)
        return
      }
      for (let i = items.length - 1; i >= 0; i--) this.one(number, kind, items[i])
      return
    }
    if (rule === 'single' && typeof kind !== 'function' && isDefault(given)) return
    this.one(number, kind, given)
  }

  private one(number: number, kind: Field['kind'], given: unknown): void {
    if (typeof kind === 'function') this.nested(number, kind, given)
    else if (kind === 'string') this.text(number, given as string)
    else if (kind === 'bytes') this.delimited(number, given as Uint8Array)
    else {
      this.varint(Number(given))
      this.varint(number * 8 + VARINT)
    }
  }

  private nested(number: number, message: () => Message, given: unknown): void {
    const end = this.written
    this.message(message(), given as Record<string, unknown>)
    this.close(number, end)
  }

  /** Puts the tag and the length before what was written since `end`. */
  private close(number: number, end: number): void {
    this.varint(this.written - end)
    this.varint(number * 8 + LENGTH)
  }

  private get written(): number {
    return this.bytes.length - this.at
  }

  private delimited(number: number, bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.at)
    this.varint(bytes.length)
    this.varint(number * 8 + LENGTH)
  }

  private text(number: number, text: string): void {
    const length = Buffer.byteLength(text)
    this.reserve(length)
    this.bytes.write(text, this.at, 'utf8')
    this.varint(length)
    this.varint(number * 8 + LENGTH)
  }

  private varint(n: number): void {
    if (n >= 0 && n < 0x80) {
      this.reserve(1)
      this.bytes[this.at] = n
      return
    }
    const parts: number[] = []
    if (n >= 0) {
      for (let rest = n; ; rest = Math.floor(rest / 128)) {
        parts.push(rest >= 128 ? (rest % 128) | 0x80 : rest)
        if (rest < 128) break
      }
    } else {
      for (let rest = BigInt.asUintN(64, BigInt(n)); ; rest >>= 7n) {
        parts.push(rest >= 128n ? Number(rest & 0x7fn) | 0x80 : Number(rest))
        if (rest < 128n) break
      }
    }
    this.reserve(parts.length)
    this.bytes.set(parts, this.at)
  }

  private reserve(length: number): void {
    if (this.at >= length) {
      this.at -= length
      return
    }
    const used = this.written
    const grown = Buffer.allocUnsafe(Math.max((used + length) * 2, 1024))
    grown.set(this.bytes.subarray(this.at), grown.length - used)
    this.bytes = grown
    this.at = grown.length - used - length
  }
}

function isDefault(given: unknown): boolean {
  return given === '' || given === 0 || given === false || (given instanceof Uint8Array && given.length === 0)
}
