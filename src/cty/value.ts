import { compareStrings, InvariantError, invariant } from '../base/index.ts'
import { type Mark, type Marks, unionMarks } from './marks.ts'
import type { Numeric } from './number.ts'
import { type Refinement, Unknown, unrefined } from './refinement.ts'
import { orderSetElements } from './set.ts'
import {
  boolType,
  type CapsuleType,
  dynamicType,
  emptyObjectType,
  emptyTupleType,
  listType,
  mapType,
  numberType,
  type ObjectType,
  objectTypeFromSorted,
  setType,
  stringType,
  type TupleType,
  type Type,
  tupleType,
  typeEquals,
} from './type.ts'

/**
 * What a value holds, by its type: string, `Numeric`, boolean; a list, tuple or set an array in iteration order; a map or
 * object a map in ascending order of keys; `null` for null; `Unknown` for unknown; anything for a capsule.
 */
export type Payload = string | Numeric | boolean | readonly Value[] | ReadonlyMap<string, Value> | Unknown | null | object

const HAS_UNKNOWN = 1
const HAS_MARK = 2
const HAS_INFINITY = 4
const OCCURRING = HAS_UNKNOWN | HAS_MARK | HAS_INFINITY
const DEPTH_SHIFT = 3

/**
 * How deeply values may nest that leave the evaluator: into plans and states, to providers and to views. Terraform's limit is that of
 * its JSON reader, some thousand levels; here it is the stack of whoever goes through a value by recursion.
 */
export const maxStoredDepth = 512

/** What occurs in a value or below it, and above these bits its depth; for this file only. */
let flagsOf: (value: Value) => number

/**
 * A value of the language: immutable, made only by the factories below, so that its parts always agree. Strings are in
 * NFC, sets hold no duplicates and no marks (marks of elements move to the set), children of lists, sets and maps have
 * exactly the element type.
 */
export class Value {
  readonly type: Type
  readonly payload: Payload
  /** Marks of this value itself, not of its children; absent rather than empty. */
  readonly marks: Marks | undefined
  /** What occurs in this value or below it, and its depth. No private name: those take longer to set and to read, and there are so many values. */
  private readonly flags: number

  static {
    flagsOf = (value) => value.flags
  }

  /** Only for the factories of this folder. */
  constructor(type: Type, payload: Payload, marks: Marks | undefined, childFlags: number) {
    this.type = type
    this.payload = payload
    this.marks = marks
    this.flags = childFlags | (payload instanceof Unknown ? HAS_UNKNOWN : 0) | (marks === undefined ? 0 : HAS_MARK)
  }

  get isNull(): boolean {
    return this.payload === null
  }

  /** Whether this value itself is known; its children may be unknown. */
  get isKnown(): boolean {
    return !(this.payload instanceof Unknown)
  }

  /** Known, and every child at any depth too. */
  get isWhollyKnown(): boolean {
    return (this.flags & HAS_UNKNOWN) === 0
  }

  /** Known and not null: the payload is content. */
  get hasContent(): boolean {
    return this.payload !== null && !(this.payload instanceof Unknown)
  }

  get isMarked(): boolean {
    return this.marks !== undefined
  }

  /** Marked itself or at any depth. */
  get containsMarked(): boolean {
    return (this.flags & HAS_MARK) !== 0
  }

  /** Infinite itself or at any depth: no such number can be written as JSON, so none can be stored. */
  get containsInfinity(): boolean {
    return (this.flags & HAS_INFINITY) !== 0
  }

  /** So many collections and structures are within one another: 0 for a string or number, 1 for an empty list. */
  get depth(): number {
    return this.flags >> DEPTH_SHIFT
  }

  hasMark(mark: Mark): boolean {
    return this.marks?.has(mark) ?? false
  }

  /** What is known of an unknown value; undefined also when the value is known. */
  get refinement(): Refinement | undefined {
    return this.payload instanceof Unknown ? this.payload.refinement : undefined
  }

  /** This value with these marks added to its own. */
  withMarks(marks: Marks | undefined): Value {
    const all = unionMarks(this.marks, marks)
    if (all === this.marks || all === undefined || all.size === 0) return this
    return new Value(this.type, this.payload, all, this.flags)
  }

  mark(mark: Mark): Value {
    return this.hasMark(mark) ? this : this.withMarks(new Set([mark]))
  }

  /** Without its own marks; those of children stay. */
  unmark(): Value {
    return this.marks === undefined ? this : new Value(this.type, this.payload, undefined, childFlags(this.payload))
  }

  /** The content of a string. @throws InvariantError for anything else; callers have checked. */
  asString(): string {
    if (typeof this.payload !== 'string') misread(this, 'a string')
    return this.payload
  }

  asBool(): boolean {
    if (typeof this.payload !== 'boolean') misread(this, 'a bool')
    return this.payload
  }

  /** The exact number; `numericToJs` of `number.ts` gives the nearest JavaScript number. */
  asNumeric(): Numeric {
    if (this.type !== numberType || !this.hasContent) misread(this, 'a number')
    return this.payload as Numeric
  }

  /** Elements of a list, tuple or set in iteration order. */
  asArray(): readonly Value[] {
    if (!Array.isArray(this.payload)) misread(this, 'a sequence')
    return this.payload as readonly Value[]
  }

  /** Entries of a map or attributes of an object, in ascending order of keys. */
  asMap(): ReadonlyMap<string, Value> {
    if (!(this.payload instanceof Map)) misread(this, 'a map')
    return this.payload as ReadonlyMap<string, Value>
  }

  /** An attribute of an object: a child, or for a null or unknown object a null or unknown of its type. Marks of the object are added. */
  getAttr(name: string): Value {
    if (this.type.kind !== 'object') misread(this, 'an object')
    const type = this.type.attributes.get(name)
    if (type === undefined) throw new InvariantError(`An object has no attribute ${name}. This is a bug in Landform.`)
    if (this.payload === null) return new Value(type, null, this.marks, 0)
    if (this.payload instanceof Unknown) return new Value(type, unrefined, this.marks, 0)
    const child = (this.payload as ReadonlyMap<string, Value>).get(name)!
    return this.marks === undefined ? child : child.withMarks(this.marks)
  }

  toJSON(): string {
    // Values may be secrets: they reach text only through encoders and views that look at marks.
    return `<${describe(this)}>`
  }
}

/** Apart from where it is noticed, so that text is only made when something is wrong: values are read very often. */
function misread(value: Value, what: string): never {
  throw new InvariantError(`A ${describe(value)} was read as ${what}. This is a bug in Landform.`)
}

function describe(value: Value): string {
  const state = value.payload === null ? 'null ' : value.payload instanceof Unknown ? 'unknown ' : ''
  return `${state}${value.type.kind}`
}

/** Flags of a value with this content, from those of its children. */
function childFlags(payload: Payload): number {
  if (typeof payload === 'number') return Number.isFinite(payload) ? 0 : HAS_INFINITY
  return Array.isArray(payload) || payload instanceof Map ? flagsOfAll(payload as readonly Value[] | ReadonlyMap<string, Value>) : 0
}

function flagsOfAll(children: readonly Value[] | ReadonlyMap<string, Value>): number {
  let occurring = 0
  // Depth stands in the higher bits, so that whole flags can be compared.
  let deepest = 0
  // Values are made all the time, mostly in programs that are over before loops are compiled: iterators would take longer.
  children.forEach((child: Value) => {
    const flags = flagsOf(child)
    occurring |= flags
    if (flags > deepest) deepest = flags
  })
  return flagsAbove(occurring, deepest)
}

/** @param occurring the flags of all children together. @param deepest the largest of them. */
function flagsAbove(occurring: number, deepest: number): number {
  return (occurring & OCCURRING) | (((deepest >> DEPTH_SHIFT) + 1) << DEPTH_SHIFT)
}

export const trueVal = new Value(boolType, true, undefined, 0)
export const falseVal = new Value(boolType, false, undefined, 0)

export function boolVal(value: boolean): Value {
  return value ? trueVal : falseVal
}

/** The text is brought to NFC. */
export function stringVal(text: string): Value {
  return new Value(stringType, normalizeString(text), undefined, 0)
}

/** For text of which it is known that it is in NFC: digits, digests, addresses, parts that cannot combine. */
export function normalVal(text: string): Value {
  return new Value(stringType, text, undefined, 0)
}

/** NFC; text of ASCII alone is returned as it is. */
export function normalizeString(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return text.normalize('NFC')
  return text
}

/** See `number.ts` for parsing text, integers with 64 bits of precision, and arithmetic. */
export function numberVal(value: Numeric): Value {
  return new Value(numberType, value, undefined, childFlags(value))
}

export function nullVal(type: Type): Value {
  return type.kind === 'dynamic' ? untypedNull : new Value(type, null, undefined, 0)
}

const untypedNull = new Value(dynamicType, null, undefined, 0)

/** An unknown about which nothing but the type is known; see `refine` in `unknown.ts` for more. */
export function unknownVal(type: Type): Value {
  return type.kind === 'dynamic' ? dynamicVal : new Value(type, unrefined, undefined, 0)
}

/** The unknown of unknown type. */
export const dynamicVal = new Value(dynamicType, unrefined, undefined, 0)

/** For `refine`: an unknown with exactly this refinement, which the caller has checked against the type. */
export function refinedUnknownVal(type: Type, refinement: Refinement): Value {
  return new Value(type, new Unknown(refinement), undefined, 0)
}

export function capsuleVal(type: CapsuleType, content: object): Value {
  return new Value(type, content, undefined, 0)
}

/** @param element required when there are no elements; otherwise all elements must have exactly one type. */
export function listVal(elements: readonly Value[], element?: Type): Value {
  const type = elementType(elements, element)
  return new Value(listType(type), elements, undefined, childFlags(elements))
}

/** Duplicates are dropped, elements are ordered, and marks at any depth of elements move to the set. */
export function setVal(elements: readonly Value[], element?: Type): Value {
  const type = elementType(elements, element)
  let marks: Marks | undefined
  const plain = elements.map((e) => {
    if (!e.containsMarked) return e
    const [bare, found] = takeMarks(e)
    marks = unionMarks(marks, found)
    return bare
  })
  const ordered = orderSetElements(plain, type)
  return new Value(setType(type), ordered, marks, childFlags(ordered))
}

export function mapVal(entries: ReadonlyMap<string, Value> | Iterable<readonly [string, Value]>, element?: Type): Value {
  const sorted = sortEntries(entries)
  const type = elementType([...sorted.values()], element)
  return new Value(mapType(type), sorted, undefined, childFlags(sorted))
}

export const emptyTuple = new Value(emptyTupleType, [], undefined, childFlags([]))

/** @param type when the caller already has the exact type, it is shared instead of made anew. */
export function tupleVal(elements: readonly Value[], type?: TupleType): Value {
  if (elements.length === 0) return emptyTuple
  return new Value(type ?? typeOfElements(elements), elements, undefined, childFlags(elements))
}

/** Types of recent short tuples, by the type of the first element and the length. */
const recentTuples = new Map<Type, TupleType[]>()
const maxRecentLength = 32

function typeOfElements(elements: readonly Value[]): Type {
  const { length } = elements
  if (length > maxRecentLength) return tupleType(elements.map((e) => e.type))
  const first = elements[0]!.type
  let recent = recentTuples.get(first)
  if (recent === undefined) {
    if (recentTuples.size >= maxRecentTypes) recentTuples.clear()
    recentTuples.set(first, (recent = []))
  }
  const known = recent[length]
  if (known?.elements.every((type, i) => type === elements[i]!.type)) return known
  return (recent[length] = { kind: 'tuple', elements: elements.map((e) => e.type) })
}

export const emptyObject = new Value(emptyObjectType, new Map(), undefined, childFlags(new Map()))

/** @param type when the caller already has the exact type, it is shared instead of made anew. */
export function objectVal(
  attributes: ReadonlyMap<string, Value> | Iterable<readonly [string, Value]> | Readonly<Record<string, Value>>,
  type?: ObjectType,
): Value {
  const entries = Symbol.iterator in attributes ? (attributes as Iterable<readonly [string, Value]>) : Object.entries(attributes)
  if (entries instanceof Map) {
    if (type === undefined) return objectOfEntries(entries)
    if (entries.size > 0 && hasNamesOf(type, entries)) return new Value(type, entries, undefined, childFlags(entries))
  }
  const sorted = sortEntries(entries)
  if (sorted.size === 0) return emptyObject
  return new Value(type ?? typeOfAttributes(sorted), sorted, undefined, childFlags(sorted))
}

/** An object of names with their values, in the same order. Of equal names the last one counts. */
export function objectOf(names: readonly string[], values: readonly Value[]): Value {
  if (names.length === 0) return emptyObject
  const shape = recentShapes.get(names[0]!)
  if (shape !== undefined && fitsShape(shape, names, values)) return objectOfShape(shape, names, values)
  const entries = new Map<string, Value>()
  for (let i = 0; i < names.length; i++) entries.set(names[i]!, values[i]!)
  const object = objectVal(entries)
  if (entries.size === names.length) rememberShape(names, values, object)
  return object
}

/**
 * An object with the attributes of a type, in their order. It is of this type if the values have the types of its attributes, none of
 * them optional, and otherwise of the type that they make.
 */
export function objectInOrder(type: ObjectType, values: readonly Value[]): Value {
  const members = membersOf(type)
  const { names } = members
  if (names.length === 0) return emptyObject
  if (type.optional.size === 0 && haveTypes(values, members.types)) return objectOfType(type, names, values)
  const recent = recentTypesOf(names[0]!)
  for (let i = 0; i < recent.length; i++) {
    const known = recent[i]!
    if (haveNames(names, known.names) && haveTypes(values, known.types)) return objectOfType(known.type, names, values)
  }
  const entries = new Map<string, Value>()
  for (let i = 0; i < names.length; i++) entries.set(names[i]!, values[i]!)
  return objectVal(entries)
}

function haveNames(names: readonly string[], wanted: readonly string[]): boolean {
  if (names === wanted) return true
  if (names.length !== wanted.length) return false
  for (let i = 0; i < names.length; i++) if (names[i] !== wanted[i]) return false
  return true
}

function haveTypes(values: readonly Value[], wanted: readonly Type[]): boolean {
  for (let i = 0; i < values.length; i++) if (values[i]!.type !== wanted[i]) return false
  return true
}

/** @param names those of the type, in its order. */
function objectOfType(type: ObjectType, names: readonly string[], values: readonly Value[]): Value {
  const entries = new Map<string, Value>()
  let occurring = 0
  let deepest = 0
  for (let i = 0; i < names.length; i++) {
    const value = values[i]!
    const flags = flagsOf(value)
    occurring |= flags
    if (flags > deepest) deepest = flags
    entries.set(names[i]!, value)
  }
  return new Value(type, entries, undefined, flagsAbove(occurring, deepest))
}

/** What objects are like whose names and types come in this order. */
interface Shape {
  readonly names: readonly string[]
  readonly types: readonly Type[]
  /** Places in `names`, by which the names ascend. */
  readonly order: readonly number[]
  readonly type: ObjectType
}

/** Shapes of recent objects by the name that was given first: objects of one shape come in numbers, and share their type. */
const recentShapes = new Map<string, Shape>()

function fitsShape(shape: Shape, names: readonly string[], values: readonly Value[]): boolean {
  return haveNames(names, shape.names) && haveTypes(values, shape.types)
}

function objectOfShape({ type, order }: Shape, names: readonly string[], values: readonly Value[]): Value {
  const entries = new Map<string, Value>()
  let occurring = 0
  let deepest = 0
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!
    const value = values[at]!
    const flags = flagsOf(value)
    occurring |= flags
    if (flags > deepest) deepest = flags
    entries.set(names[at]!, value)
  }
  return new Value(type, entries, undefined, flagsAbove(occurring, deepest))
}

function rememberShape(names: readonly string[], values: readonly Value[], object: Value): void {
  // Longer ones are seldom made by the thousand, and names that are not in NFC are other names in the object.
  if (names.length > maxRecentLength) return
  const order: number[] = []
  for (const name of object.asMap().keys()) order.push(names.indexOf(name))
  if (order.includes(-1)) return
  if (recentShapes.size >= maxRecentTypes) recentShapes.clear()
  recentShapes.set(names[0]!, { names, types: values.map((v) => v.type), order, type: object.type as ObjectType })
}

/** Whether the entries have the names of the type, in the same order. */
function hasNamesOf(type: ObjectType, entries: ReadonlyMap<string, Value>): boolean {
  if (type.attributes.size !== entries.size) return false
  const wanted = membersOf(type).names
  let at = 0
  let same = true
  entries.forEach((_, name) => {
    if (wanted[at++] !== name) same = false
  })
  return same
}

/** A type whose attributes can be gone through by place, which takes less than an iterator. */
interface ListedType {
  readonly type: ObjectType
  /** Ascending, with their types. */
  readonly names: readonly string[]
  readonly types: readonly Type[]
}

const listedTypes = new WeakMap<ObjectType, ListedType>()

/** The attributes of a type, by place. */
export function membersOf(type: ObjectType): ListedType {
  let listed = listedTypes.get(type)
  if (listed === undefined) {
    listed = { type, names: [...type.attributes.keys()], types: [...type.attributes.values()] }
    listedTypes.set(type, listed)
  }
  return listed
}

/** Types of recent objects by the name that was given first, the newest in front: objects of one shape come in numbers, and share their type then. */
const recentTypes = new Map<string, ListedType[]>()
/** So many shapes begin with the same name: an object as it is configured, proposed and stored. */
const maxRecentAlike = 4
const maxRecentTypes = 256

function objectOfEntries(entries: ReadonlyMap<string, Value>): Value {
  if (entries.size === 0) return emptyObject
  const first = entries.keys().next().value!
  const recent = recentTypesOf(first)
  for (let i = 0; i < recent.length; i++) {
    const fitting = inOrderOf(recent[i]!, entries)
    if (fitting !== undefined) return new Value(recent[i]!.type, fitting, undefined, childFlags(fitting))
  }
  const sorted = sortEntries(entries)
  const type = typeOfAttributes(sorted)
  rememberType(recent, type)
  return new Value(type, sorted, undefined, childFlags(sorted))
}

function recentTypesOf(first: string): ListedType[] {
  let recent = recentTypes.get(first)
  if (recent === undefined) {
    if (recentTypes.size >= maxRecentTypes) recentTypes.clear()
    recentTypes.set(first, (recent = []))
  }
  return recent
}

function rememberType(recent: ListedType[], type: ObjectType): void {
  if (recent.length === maxRecentAlike) recent.pop()
  recent.unshift(membersOf(type))
}

/** The type of an object with these attributes, which ascend, none of them optional: that of recent objects where they have it, so that it is quick to compare. */
export function sharedObjectType(attributes: ReadonlyMap<string, Type>): ObjectType {
  const first = attributes.keys().next().value
  if (first === undefined) return emptyObjectType
  const recent = recentTypesOf(first)
  const known = recent.find(
    ({ names, types }) => names.length === attributes.size && names.every((name, i) => attributes.get(name) === types[i]),
  )
  if (known !== undefined) return known.type
  const type = objectTypeFromSorted(attributes)
  rememberType(recent, type)
  return type
}

/** The entries in the order of the attributes of a type, when that is the type of an object of them. */
function inOrderOf({ names, types }: ListedType, entries: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> | undefined {
  if (names.length !== entries.size) return undefined
  for (let i = 0; i < names.length; i++) if (entries.get(names[i]!)?.type !== types[i]) return undefined
  let at = 0
  let ordered = true
  entries.forEach((_, name) => {
    if (names[at++] !== name) ordered = false
  })
  if (ordered) return entries
  const sorted = new Map<string, Value>()
  for (let i = 0; i < names.length; i++) sorted.set(names[i]!, entries.get(names[i]!)!)
  return sorted
}

function typeOfAttributes(sorted: ReadonlyMap<string, Value>): ObjectType {
  const types = new Map<string, Type>()
  for (const [name, value] of sorted) types.set(name, value.type)
  return objectTypeFromSorted(types)
}

function elementType(elements: readonly Value[], given: Type | undefined): Type {
  const type = given ?? elements[0]?.type
  invariant(type !== undefined, 'An empty collection needs an element type.')
  for (const e of elements) {
    if (e.type !== type && !typeEquals(e.type, type)) {
      throw new InvariantError(`A collection of ${type.kind} was given an element of type ${e.type.kind}. This is a bug in Landform.`)
    }
  }
  return type
}

function sortEntries(entries: Iterable<readonly [string, Value]>): ReadonlyMap<string, Value> {
  if (entries instanceof Map && hasSortedKeys(entries)) return entries
  // The last of two equal keys wins, as in Map itself.
  const normal = new Map<string, Value>()
  let isSorted = true
  let last: string | undefined
  for (const [given, value] of entries) {
    const key = normalizeString(given)
    if (last !== undefined && isSorted && compareStrings(last, key) >= 0) isSorted = false
    last = key
    normal.set(key, value)
  }
  if (isSorted) return normal
  const sorted = new Map<string, Value>()
  for (const key of sortKeys([...normal.keys()])) sorted.set(key, normal.get(key)!)
  return sorted
}

/** Orders keys by their bytes. The engine's own order is the same where no key has a character beyond the basic plane, and is much faster. */
function sortKeys(keys: string[]): string[] {
  return keys.some((key) => surrogate.test(key)) ? keys.sort(compareStrings) : keys.sort()
}

const surrogate = /[\ud800-\udfff]/

/** Whether the keys are ascending and in NFC, so that the map can be a payload as it is. */
function hasSortedKeys(entries: ReadonlyMap<string, Value>): boolean {
  let last: string | undefined
  for (const key of entries.keys()) {
    if (normalizeString(key) !== key || (last !== undefined && compareStrings(last, key) >= 0)) return false
    last = key
  }
  return true
}

/** The value without any marks at any depth, and all marks that were found. */
export function takeMarks(value: Value): readonly [Value, Marks | undefined] {
  if (!value.containsMarked) return [value, undefined]
  let marks = value.marks
  const strip = (child: Value): Value => {
    const [bare, found] = takeMarks(child)
    marks = unionMarks(marks, found)
    return bare
  }
  const { payload } = value
  if (Array.isArray(payload)) {
    const children = (payload as readonly Value[]).map(strip)
    return [new Value(value.type, children, undefined, childFlags(children)), marks]
  }
  if (payload instanceof Map) {
    const children = new Map<string, Value>()
    for (const [key, child] of payload as ReadonlyMap<string, Value>) children.set(key, strip(child))
    return [new Value(value.type, children, undefined, childFlags(children)), marks]
  }
  return [value.unmark(), marks]
}

/** For this folder: a value of the same type and marks with other children, which the caller has checked. */
export function withChildren(value: Value, children: readonly Value[] | ReadonlyMap<string, Value>): Value {
  return new Value(value.type, children, value.marks, childFlags(children))
}
