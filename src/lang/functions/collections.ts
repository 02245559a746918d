import { countGraphemes } from '../../base/index.ts'
import {
  boolType,
  boolVal,
  convert,
  dynamicType,
  dynamicVal,
  equals,
  type FunctionSpec,
  falseVal,
  friendlyName,
  intVal,
  lengthOf,
  listType,
  listVal,
  type Marks,
  mapType,
  mapVal,
  nullVal,
  numberType,
  numericToBigInt,
  type ObjectType,
  objectType,
  objectVal,
  parseNumeric,
  refine,
  setType,
  setVal,
  stringType,
  stringVal,
  type Type,
  trueVal,
  tupleType,
  tupleVal,
  typeEquals,
  unify,
  unionMarks,
  unknownVal,
  type Value,
} from '../../cty/index.ts'
import { any, define, fail, failArg, num, param, str } from './_define.ts'
import { integer } from './strings.ts'

const isSequence = (type: Type) => type.kind === 'list' || type.kind === 'set' || type.kind === 'tuple'
const isKeyed = (type: Type) => type.kind === 'map' || type.kind === 'object'

const anyList = listType(dynamicType)
const anySet = setType(dynamicType)

/** The element type of a parameter that was declared as a collection of anything. */
function elementOf(type: Type): Type {
  return type.kind === 'list' || type.kind === 'set' || type.kind === 'map' ? type.element : dynamicType
}

const sameType = (args: readonly Value[]): Type => args[0]!.type

export const collectionFunctions: readonly FunctionSpec[] = [
  define('length', [any('value', { allowDynamic: true, allowUnknown: true, allowMarked: true })], numberType, ([v]) => length(v!), {
    description: 'The number of elements of a collection, or of characters of a string.',
  }),
  define('alltrue', [param('list', listType(boolType))], boolType, ([l]) => allOf(l!, true), {
    description: 'Whether all elements are true.',
  }),
  define('anytrue', [param('list', listType(boolType))], boolType, ([l]) => allOf(l!, false), {
    description: 'Whether any element is true.',
  }),
  define(
    'chunklist',
    [param('list', anyList, { allowMarked: true }), num('size', { allowMarked: true })],
    ([l]) => listType(l!.type),
    ([l, n], type) => chunk(l!, n!, type),
    { description: 'A list split into lists of a given length.' },
  ),
  define('coalesce', [], coalesceType, coalesce, {
    description: 'The first argument that is neither null nor an empty string.',
    varParam: any('vals', { allowNull: true, allowUnknown: true, allowDynamic: true }),
  }),
  define('coalescelist', [], coalesceListType, coalesceList, {
    description: 'The first list that is not empty.',
    varParam: any('vals', { allowNull: true, allowUnknown: true, allowDynamic: true }),
    mayBeNull: true,
  }),
  define('compact', [param('list', listType(stringType))], listType(stringType), ([l]) => compact(l!), {
    description: 'A list of strings without the empty ones.',
  }),
  define('concat', [], concatType, concat, { description: 'Several lists joined to one.', varParam: any('seqs', { allowMarked: true }) }),
  define('contains', [any('list', { allowMarked: true }), any('value', { allowMarked: true })], boolType, ([l, v]) => contains(l!, v!), {
    description: 'Whether a list or set contains a value.',
  }),
  define('distinct', [param('list', anyList)], sameType, ([l]) => distinct(l!), { description: 'A list without repeated elements.' }),
  define('element', [any('list', { allowMarked: true }), num('index')], elementType, ([l, i]) => element(l!, i!), {
    description: 'An element by index, which wraps round.',
    mayBeNull: true,
  }),
  define('flatten', [any('list', { allowMarked: true, allowUnknown: true })], flattenType, ([l], type) => flatten(l!, type), {
    description: 'Nested sequences made into one.',
  }),
  define('index', [any('list'), any('value')], numberType, ([l, v]) => indexOf(l!, v!), { description: 'The index of a value in a list.' }),
  define('keys', [any('inputMap', { allowMarked: true, allowUnknown: true })], keysType, ([m]) => keys(m!), {
    description: 'The keys of a map in ascending order.',
  }),
  define('values', [any('mapping', { allowMarked: true })], valuesType, ([m], type) => values(m!, type), {
    description: 'The values of a map in order of its keys.',
  }),
  define('lookup', [any('inputMap', { allowMarked: true }), str('key', { allowMarked: true })], lookupType, lookup, {
    description: 'The value of a key, or a default.',
    varParam: any('default', { allowUnknown: true, allowDynamic: true, allowNull: true, allowMarked: true }),
    mayBeNull: true,
  }),
  define(
    'matchkeys',
    [param('values', anyList), param('keys', anyList), param('searchset', anyList)],
    (args) => {
      if (unify([args[1]!.type, args[2]!.type], 'unsafe') === undefined) fail('keys and searchset must be of the same type')
      return args[0]!.type
    },
    matchKeys,
    { description: 'The elements of one list whose counterparts in another are in a set.' },
  ),
  define('merge', [], mergeType, merge, {
    description: 'Maps or objects joined to one; later ones win.',
    varParam: any('maps', { allowNull: true, allowDynamic: true, allowMarked: true }),
  }),
  define('one', [any('list', { allowMarked: true })], oneType, ([l], type) => one(l!, type), {
    description: 'The only element, or null when there is none.',
    mayBeNull: true,
  }),
  define('reverse', [any('list', { allowMarked: true })], reverseType, ([l]) => reverse(l!), {
    description: 'A sequence in reverse order.',
  }),
  define('setintersection', [param('first_set', anySet)], setResultType, (args, type) => setOperation(args, type, (a, b) => a && b), {
    description: 'The elements that all sets have.',
    varParam: param('other_sets', anySet),
  }),
  define('setunion', [param('first_set', anySet)], setResultType, (args, type) => setOperation(args, type, (a, b) => a || b, true), {
    description: 'The elements of all sets.',
    varParam: param('other_sets', anySet),
  }),
  define(
    'setsubtract',
    [param('a', anySet), param('b', anySet)],
    setResultType,
    (args, type) => setOperation(args, type, (a, b) => a && !b),
    {
      description: 'The elements of one set that are not in another.',
    },
  ),
  define('setproduct', [], productType, product, {
    description: 'All combinations of elements of several sets.',
    varParam: any('sets', { allowMarked: true, allowUnknown: true }),
  }),
  define('slice', [any('list', { allowMarked: true }), num('start_index'), num('end_index')], sliceType, slice, {
    description: 'A stretch of a list.',
  }),
  define(
    'transpose',
    [param('values', mapType(listType(stringType)), { allowMarked: true })],
    mapType(listType(stringType)),
    ([m]) => transpose(m!),
    {
      description: 'A map of lists with keys and elements exchanged.',
    },
  ),
  define('zipmap', [param('keys', listType(stringType), { allowMarked: true }), any('values', { allowMarked: true })], zipmapType, zipmap, {
    description: 'A map from a list of keys and a list of values.',
  }),
  define(
    'list',
    [],
    dynamicType,
    () =>
      fail(
        'the "list" function was deprecated in Terraform v0.12 and is no longer available; use tolist([ ... ]) syntax to write a literal list',
      ),
    {
      description: 'Not available any more; see tolist.',
      varParam: any('vals', { allowUnknown: true, allowDynamic: true, allowNull: true }),
    },
  ),
  define(
    'map',
    [],
    dynamicType,
    () =>
      fail(
        'the "map" function was deprecated in Terraform v0.12 and is no longer available; use tomap({ ... }) syntax to write a literal map',
      ),
    {
      description: 'Not available any more; see tomap.',
      varParam: any('vals', { allowUnknown: true, allowDynamic: true, allowNull: true }),
    },
  ),
]

function length(value: Value): Value {
  const bare = value.unmark()
  const { type } = bare
  switch (type.kind) {
    case 'tuple':
      return intVal(type.elements.length).withMarks(value.marks)
    case 'object':
      return intVal(type.attributes.size).withMarks(value.marks)
    case 'string':
      if (!bare.isKnown) {
        const least = countGraphemes(bare.refinement?.prefix ?? '')
        return refine(unknownVal(numberType), { notNull: true, min: { value: least, inclusive: true } }).withMarks(value.marks)
      }
      return intVal(countGraphemes(bare.asString())).withMarks(value.marks)
    case 'dynamic':
      return unknownVal(numberType).withMarks(value.marks)
    case 'list':
    case 'set':
    case 'map':
      return boundedLength(lengthOf(bare)).withMarks(value.marks)
    default:
      return fail('argument must be a string, a collection type, or a structural type')
  }
}

const MAX_LENGTH = { value: parseNumeric('9223372036854775807')!, inclusive: true }

/** A length fits a signed integer of 64 bits, whatever it turns out to be. */
function boundedLength(length: Value): Value {
  return length.isKnown || length.refinement?.max !== undefined ? length : refine(length, { max: MAX_LENGTH })
}

function allOf(list: Value, wanted: boolean): Value {
  let unknown = false
  for (const e of list.asArray()) {
    if (!e.isKnown) unknown = true
    else if (e.isNull) {
      if (wanted) return falseVal
    } else if (e.asBool() !== wanted) return boolVal(!wanted)
  }
  return unknown ? unknownVal(boolType) : boolVal(wanted)
}

function chunk(list: Value, size: Value, type: Type): Value {
  const marks = unionMarks(list.marks, size.marks)
  const n = integer(size.unmark(), 'invalid size: ')
  if (n < 0) fail('the size argument must be positive')
  const elements = list.unmark().asArray()
  if (elements.length === 0) return listVal([], elementOf(type)).withMarks(marks)
  const inner = elementOf(list.type)
  const chunks: Value[] = []
  for (let i = 0; i < elements.length; i += n || elements.length)
    chunks.push(listVal(elements.slice(i, n === 0 ? undefined : i + n), inner))
  return listVal(chunks, elementOf(type)).withMarks(marks)
}

function coalesceType(args: readonly Value[]): Type {
  if (args.length === 0) fail('all arguments must have the same type')
  const type = unify(
    args.map((a) => a.type),
    'unsafe',
  )
  if (type === undefined) fail('all arguments must have the same type')
  return type
}

function coalesce(args: readonly Value[], type: Type): Value {
  for (const arg of args) {
    if (!arg.isKnown) return unknownVal(type)
    if (arg.isNull) continue
    const value = convert(arg, type)
    if (value.type.kind !== 'string' || value.asString() !== '') return value
  }
  return fail('no non-null, non-empty-string arguments')
}

function coalesceListType(args: readonly Value[]): Type {
  if (args.length === 0) fail('at least one argument is required')
  for (const arg of args) {
    if (!arg.isKnown) return dynamicType
    if (arg.type.kind !== 'list' && arg.type.kind !== 'tuple') fail('coalescelist arguments must be lists or tuples')
  }
  for (const arg of args) {
    if (!arg.isNull && arg.asArray().length > 0) return arg.type
  }
  const last = args.at(-1)!
  for (const arg of args.slice(1))
    if (unify([arg.type, args[0]!.type], 'unsafe') === undefined) fail('coalescelist arguments must have the same type')
  return last.type
}

function coalesceList(args: readonly Value[]): Value {
  for (const arg of args) {
    if (!arg.isKnown) return dynamicVal
    if (arg.isNull) continue
    if (arg.asArray().length > 0) return arg
  }
  return fail('no non-null arguments')
}

function compact(list: Value): Value {
  if (!list.isWhollyKnown) return unknownVal(listType(stringType))
  return listVal(
    list.asArray().filter((e) => !e.isNull && e.asString() !== ''),
    stringType,
  )
}

function concatType(args: readonly Value[]): Type {
  if (args.length === 0) fail('at least one argument is required')
  if (args.every((a) => a.type.kind === 'list' && !a.isNull)) {
    const type = unify(
      args.map((a) => elementOf(a.type)),
      'unsafe',
    )
    if (type !== undefined) return listType(type)
  }
  const types: Type[] = []
  for (const [i, arg] of args.entries()) {
    if (arg.type.kind === 'tuple') for (const element of arg.type.elements) types.push(element)
    else if (arg.type.kind === 'list' || arg.type.kind === 'set') {
      if (arg.type.kind === 'set') failArg(i, `all arguments must be lists or tuples; got ${friendlyName(arg.type)}`)
      if (!arg.isKnown) return dynamicType
      for (const e of arg.unmark().asArray()) types.push(e.type)
    } else failArg(i, `all arguments must be lists or tuples; got ${friendlyName(arg.type)}`)
  }
  return tupleType(types)
}

function concat(args: readonly Value[], type: Type): Value {
  let marks: Marks | undefined
  const elements: Value[] = []
  for (const arg of args) {
    marks = unionMarks(marks, arg.marks)
    const bare = type.kind === 'list' ? convert(arg.unmark(), type) : arg.unmark()
    if (!bare.isKnown) return unknownVal(type).withMarks(marks)
    for (const element of bare.asArray()) elements.push(element)
  }
  return (type.kind === 'list' ? listVal(elements, type.element) : tupleVal(elements)).withMarks(marks)
}

function contains(list: Value, value: Value): Value {
  const [bare, marks] = [list.unmark(), unionMarks(list.marks, value.marks)]
  if (!isSequence(bare.type)) fail('argument must be list, tuple, or set')
  let unknown = false
  let found = marks
  for (const e of bare.asArray()) {
    const same = equals(e, value.unmark())
    found = unionMarks(found, same.marks)
    const plain = same.unmark()
    if (!plain.isKnown) unknown = true
    else if (plain.asBool()) return trueVal.withMarks(found)
  }
  return (unknown ? unknownVal(boolType) : falseVal).withMarks(found)
}

function distinct(list: Value): Value {
  const elements = list.asArray()
  if (!list.isWhollyKnown) return unknownVal(list.type)
  if (elements.length === 0) return list
  // A set's membership is exactly the question here; its order is not.
  const seen = new Set<string>()
  const result: Value[] = []
  for (const e of elements) {
    const key = keyOf(e)
    if (seen.has(key)) continue
    seen.add(key)
    result.push(e)
  }
  return listVal(result, elementOf(list.type))
}

/** Text that is equal exactly for equal known values of one type. */
function keyOf(value: Value): string {
  if (value.isNull) return '~'
  switch (value.type.kind) {
    case 'string':
      return JSON.stringify(value.asString())
    case 'number':
      return convert(value, stringType).asString()
    case 'bool':
      return String(value.asBool())
    case 'map':
    case 'object':
      return `{${[...value.asMap()].map(([k, v]) => `${JSON.stringify(k)}:${keyOf(v)}`).join(',')}}`
    default:
      return `[${value.asArray().map(keyOf).join(',')}]`
  }
}

function elementType([list, index]: readonly Value[]): Type {
  const { type } = list!
  if (type.kind === 'list') return type.element
  if (type.kind !== 'tuple') return fail(`cannot read elements from ${friendlyName(type)}`)
  if (!index!.isKnown) return dynamicType
  const i = wrapIndex(index!, type.elements.length)
  return type.elements[i]!
}

function wrapIndex(index: Value, size: number): number {
  const n = numericToBigInt(index.asNumeric())
  if (n === undefined) fail('invalid index: value must be a whole number, between -9223372036854775808 and 9223372036854775807')
  if (n > 9223372036854775807n || n < -9223372036854775808n)
    fail('invalid index: value must be a whole number, between -9223372036854775808 and 9223372036854775807')
  if (size === 0) fail('cannot use element function with an empty list')
  const m = BigInt(size)
  return Number(((n % m) + m) % m)
}

function element(list: Value, index: Value): Value {
  const bare = list.unmark()
  const elements = bare.asArray()
  const i = wrapIndex(index, elements.length)
  return elements[i]!.withMarks(list.marks)
}

/** Undefined where an unknown sequence hides what there is. */
function flatItems(value: Value, marks: { all: Marks | undefined }): Value[] | undefined {
  const items: Value[] = []
  return addFlatItems(value, items, marks) ? items : undefined
}

function addFlatItems(value: Value, items: Value[], marks: { all: Marks | undefined }): boolean {
  marks.all = unionMarks(marks.all, value.marks)
  if (!value.isKnown) return false
  const bare = value.unmark()
  const elements = isSequence(value.type) ? bare.asArray() : [...bare.asMap().values()]
  // Elements that are not known yet may turn out to be others of the set.
  if (value.type.kind === 'set' && elements.length > 1 && !value.isWhollyKnown) return false
  let complete = true
  for (const e of elements) {
    const { kind } = e.type
    if (e.payload === null) items.push(e)
    else if (kind === 'list' || kind === 'set' || kind === 'tuple') complete = addFlatItems(e, items, marks) && complete
    else if (kind !== 'dynamic') items.push(e)
    else {
      // What it will be is not known, so whether it flattens is not known either.
      marks.all = unionMarks(marks.all, e.marks)
      complete = false
    }
  }
  return complete
}

function flattenType([list]: readonly Value[]): Type {
  const { type } = list!
  if (type.kind === 'dynamic') return dynamicType
  // As in Terraform, what is not known yet is not complained of.
  if (!isSequence(type)) return list!.isWhollyKnown ? fail('can only flatten lists, sets and tuples') : dynamicType
  const marks: { all: Marks | undefined } = { all: undefined }
  const items = flatItems(list!, marks)
  if (items === undefined) return dynamicType
  const result = tupleType(items.map((i) => i.type))
  // The type takes all the work that the value takes, which is asked for next.
  lastFlat = { list: list!, value: tupleVal(items, result).withMarks(marks.all) }
  return result
}

let lastFlat: { readonly list: Value; readonly value: Value } | undefined

function flatten(list: Value, type: Type): Value {
  const flat = lastFlat
  lastFlat = undefined
  if (flat?.list === list) return flat.value
  const marks: { all: Marks | undefined } = { all: undefined }
  const items = flatItems(list, marks)
  return (items === undefined ? unknownVal(type) : tupleVal(items)).withMarks(marks.all)
}

function indexOf(list: Value, value: Value): Value {
  if (list.type.kind !== 'list' && list.type.kind !== 'tuple') fail('argument must be a list or tuple')
  const elements = list.asArray()
  if (elements.length === 0) fail('cannot search an empty list')
  for (const [i, e] of elements.entries()) {
    const same = equals(e, value).unmark()
    if (!same.isKnown) return unknownVal(numberType)
    if (same.asBool()) return intVal(i)
  }
  return fail('item not found')
}

function keysType([map]: readonly Value[]): Type {
  const { type } = map!
  if (type.kind === 'map') return listType(stringType)
  if (type.kind === 'object') return tupleType([...type.attributes].map(() => stringType))
  if (type.kind === 'dynamic') return map!.isNull ? failArg(0, 'argument must not be null') : dynamicType
  return failArg(0, 'must have map or object type')
}

function keys(map: Value): Value {
  const bare = map.unmark()
  if (bare.type.kind === 'object') return tupleVal([...bare.type.attributes.keys()].map(stringVal)).withMarks(map.marks)
  if (!bare.isKnown) return unknownVal(bare.type.kind === 'map' ? listType(stringType) : dynamicType).withMarks(map.marks)
  return listVal([...bare.asMap().keys()].map(stringVal), stringType).withMarks(map.marks)
}

function valuesType([map]: readonly Value[]): Type {
  const { type } = map!
  if (type.kind === 'map') return listType(type.element)
  if (type.kind === 'object') return tupleType([...type.attributes.values()])
  return fail('values() requires a map as the first argument')
}

function values(map: Value, type: Type): Value {
  const children = [...map.unmark().asMap().values()]
  return (type.kind === 'list' ? listVal(children, type.element) : tupleVal(children)).withMarks(map.marks)
}

function lookupType(args: readonly Value[]): Type {
  if (args.length < 2 || args.length > 3) fail(`lookup() takes two or three arguments, got ${args.length}`)
  const [map, key, fallback] = args
  const { type } = map!
  if (type.kind === 'object') {
    if (!key!.isKnown) return dynamicType
    const attribute = type.attributes.get(key!.unmark().asString())
    if (attribute !== undefined) return attribute
    if (fallback === undefined) failArg(0, `the given object has no attribute ${JSON.stringify(key!.unmark().asString())}`)
    return fallback.type
  }
  if (type.kind === 'map') {
    if (fallback !== undefined) {
      const unified = unify([type.element, fallback.type], 'unsafe')
      if (unified === undefined) failArg(2, 'the default value must have the same type as the map elements')
      try {
        convert(fallback.unmark(), type.element)
      } catch {
        failArg(2, 'the default value must have the same type as the map elements')
      }
    }
    return type.element
  }
  return failArg(0, 'lookup() requires a map as the first argument')
}

function lookup(args: readonly Value[], type: Type): Value {
  const [map, key, fallback] = args
  const marks = unionMarks(map!.marks, key!.marks)
  const bare = map!.unmark()
  const name = key!.unmark().asString()
  if (!bare.isKnown) return unknownVal(type).withMarks(marks)
  const found = bare.asMap().get(name)
  if (found !== undefined) return found.withMarks(marks)
  if (fallback !== undefined) return (type.kind === 'dynamic' ? fallback : convert(fallback, type)).withMarks(marks)
  return fail(key!.isMarked ? 'lookup failed to find key (sensitive value)' : `lookup failed to find key ${JSON.stringify(name)}`)
}

function matchKeys(args: readonly Value[], type: Type): Value {
  const [list, keyList, search] = args
  if (list!.asArray().length !== keyList!.asArray().length) fail('length of keys and values should be equal')
  const wanted = search!.asArray()
  const result: Value[] = []
  if (wanted.length > 0 && !(list!.isWhollyKnown && keyList!.isWhollyKnown)) return unknownVal(type)
  const elements = list!.asArray()
  const unifiedOfAll = matchType(keyList!, search!)
  if (unifiedOfAll !== undefined) {
    const found = new Set(wanted.map((candidate) => keyOf(convert(candidate, unifiedOfAll))))
    for (const [i, key] of keyList!.asArray().entries()) if (found.has(keyOf(convert(key, unifiedOfAll)))) result.push(elements[i]!)
    return listVal(result, elementOf(type))
  }
  for (const [i, key] of keyList!.asArray().entries()) {
    for (const candidate of wanted) {
      const unified = unify([key.type, candidate.type], 'unsafe')!
      const same = equals(convert(key, unified), convert(candidate, unified)).unmark()
      if (!same.isKnown) return unknownVal(type)
      if (!same.asBool()) continue
      result.push(elements[i]!)
      break
    }
  }
  return listVal(result, elementOf(type))
}

/** The type in which keys and what is looked for are compared, when there is one for all and nothing is unknown. */
function matchType(keys: Value, search: Value): Type | undefined {
  if (!keys.isWhollyKnown || !search.isWhollyKnown || keys.containsMarked || search.containsMarked) return undefined
  const [key, candidate] = [elementOf(keys.type), elementOf(search.type)]
  return key.kind === 'dynamic' || candidate.kind === 'dynamic' ? undefined : unify([key, candidate], 'unsafe')
}

/** Merging goes on in loops, with the same types from item to item: those that came last, and what they became. */
/** With content all of them, of the types that the last arguments had. */
function isLikeLast(from: readonly Type[], args: readonly Value[]): boolean {
  if (from.length !== args.length) return false
  for (let i = 0; i < args.length; i++) if (from[i] !== args[i]!.type || !args[i]!.hasContent) return false
  return true
}

let lastMerge: Merge | undefined

/** More arguments are seldom the same again. */
const maxRemembered = 8

interface Merge {
  readonly from: readonly Type[]
  readonly type: ObjectType
  /** Attributes of the result in order, and of which argument each is. */
  readonly names: readonly string[]
  readonly sources: readonly number[]
}

function mergeOf(args: readonly Value[], type: ObjectType): Merge {
  const from = args.map((arg) => arg.type as ObjectType)
  const names = [...type.attributes.keys()]
  return { from, type, names, sources: names.map((name) => from.findLastIndex((t) => t.attributes.has(name))) }
}

function mergeLikeLast({ type, names, sources }: Merge, args: readonly Value[]): Value {
  const merged = new Map<string, Value>()
  for (let i = 0; i < names.length; i++) merged.set(names[i]!, args[sources[i]!]!.asMap().get(names[i]!)!)
  let marks: Marks | undefined
  for (let i = 0; i < args.length; i++) marks = unionMarks(marks, args[i]!.marks)
  return objectVal(merged, type).withMarks(marks)
}

function mergeType(args: readonly Value[]): Type {
  if (lastMerge !== undefined && isLikeLast(lastMerge.from, args)) return lastMerge.type
  const type = typeOfMerged(args)
  const isShort = args.length <= maxRemembered
  if (isShort && type.kind === 'object' && args.every((arg) => arg.hasContent && arg.type.kind === 'object'))
    lastMerge = mergeOf(args, type)
  return type
}

function typeOfMerged(args: readonly Value[]): Type {
  if (args.length === 0) return objectType({})
  const attributes = new Map<string, Type>()
  let first: Type | undefined
  let same = true
  let known = true
  for (const arg of args) {
    const { type } = arg
    if (type.kind === 'dynamic' && !arg.isNull) return dynamicType
    if (!isKeyed(type)) {
      if (arg.isNull && type.kind === 'dynamic') {
        same = false
        continue
      }
      fail(`arguments must be maps or objects, got ${JSON.stringify(friendlyName(type))}`)
    }
    if (first === undefined) first = type
    else if (same && !typeEquals(first, type)) same = false
    if (arg.isNull) continue
    if (type.kind === 'object') for (const [name, t] of type.attributes) attributes.set(name, t)
    else if (!arg.isKnown) known = false
    else for (const name of arg.unmark().asMap().keys()) attributes.set(name, elementOf(type))
  }
  if (first === undefined) return objectType({})
  if (same && first.kind === 'map') return first
  if (same && first.kind === 'object') return first
  return known ? objectType(attributes) : dynamicType
}

function merge(args: readonly Value[], type: Type): Value {
  if (lastMerge !== undefined && lastMerge.type === type && isLikeLast(lastMerge.from, args)) return mergeLikeLast(lastMerge, args)
  let marks: Marks | undefined
  const merged = new Map<string, Value>()
  let any = args.length === 0
  for (const arg of args) {
    if (arg.isNull) {
      marks = unionMarks(marks, arg.marks)
      continue
    }
    any = true
    marks = unionMarks(marks, arg.marks)
    if (!arg.isKnown) return unknownVal(type).withMarks(marks)
    for (const [name, value] of arg.asMap()) merged.set(name, value)
  }
  if (!any && type.kind === 'object' && type.attributes.size > 0) fail('all arguments are null, which leaves the attributes without values')
  return (type.kind === 'map' ? mapVal(merged, type.element) : objectVal(merged, type.kind === 'object' ? type : undefined)).withMarks(
    marks,
  )
}

const ONE = 'must be a list, set, or tuple value with either zero or one elements'

function oneType([list]: readonly Value[]): Type {
  const { type } = list!
  if (type.kind === 'list' || type.kind === 'set') return type.element
  if (type.kind !== 'tuple') return failArg(0, ONE)
  if (type.elements.length > 1) return failArg(0, ONE)
  return type.elements[0] ?? dynamicType
}

function one(list: Value, type: Type): Value {
  const bare = list.unmark()
  if (!bare.isKnown) return unknownVal(type).withMarks(list.marks)
  const elements = bare.asArray()
  // Elements of a set that are not known yet may turn out to be the same.
  if (elements.length > 1 && bare.type.kind === 'set' && !bare.isWhollyKnown) return unknownVal(type).withMarks(list.marks)
  if (elements.length > 1) failArg(0, ONE)
  return (elements[0] ?? nullVal(type)).withMarks(list.marks)
}

function reverseType([list]: readonly Value[]): Type {
  const { type } = list!
  if (type.kind === 'tuple') return tupleType([...type.elements].reverse())
  if (type.kind === 'list') return type
  if (type.kind === 'set') return listType(type.element)
  return failArg(0, `can only reverse list or tuple values, not ${friendlyName(type)}`)
}

function reverse(list: Value): Value {
  const reversed = [...list.unmark().asArray()].reverse()
  const { type } = list
  return (type.kind === 'tuple' ? tupleVal(reversed) : listVal(reversed, elementOf(type))).withMarks(list.marks)
}

function setResultType(args: readonly Value[]): Type {
  // Empty sets of anything take part in any type.
  const types = args
    .filter((a) => !(elementOf(a.type).kind === 'dynamic' && a.hasContent && a.asArray().length === 0))
    .map((a) => elementOf(a.type))
  if (types.length === 0) return setType(dynamicType)
  const type = unify(types, 'unsafe')
  if (type === undefined) return fail('given sets must all have compatible element types')
  return setType(type)
}

function setOperation(args: readonly Value[], type: Type, keep: (inFirst: boolean, inOther: boolean) => boolean, keepsAll = false): Value {
  const element = elementOf(type)
  if (args.some((a) => !a.isWhollyKnown)) {
    if (!keepsAll || args.some((a) => !a.isKnown)) return unknownVal(type)
    // All elements will be there, whatever they will be, though perhaps fewer of them.
    return setVal(
      args.flatMap((a) => (a.asArray().length === 0 ? [] : convert(a, type).asArray())),
      element,
    )
  }
  const sets = args.map((a) => new Map((a.asArray().length === 0 ? [] : convert(a, type).asArray()).map((e) => [keyOf(e), e] as const)))
  let result = sets[0]!
  for (const other of sets.slice(1)) {
    const next = new Map<string, Value>()
    for (const [key, value] of [...result, ...other]) if (keep(result.has(key), other.has(key))) next.set(key, value)
    result = next
  }
  const values = [...result.values()]
  if (values.some((v) => !typeEquals(v.type, element))) fail('given sets must all have compatible element types')
  return setVal(values, element)
}

function productType(args: readonly Value[]): Type {
  if (args.length < 2) fail('at least two arguments are required')
  let ordered = true
  const types = args.map((arg, i) => {
    const { type } = arg
    if (type.kind === 'set') {
      ordered = false
      return type.element
    }
    if (type.kind === 'list') return type.element
    if (type.kind === 'tuple') {
      if (type.elements.length === 0) return dynamicType
      const element = unify(type.elements, 'unsafe')
      if (element === undefined) failArg(i, 'all elements must be of the same type')
      return element
    }
    return failArg(i, 'a set or a list is required')
  })
  const element = tupleType(types)
  return ordered ? listType(element) : setType(element)
}

function product(args: readonly Value[], type: Type): Value {
  let marks: Marks | undefined
  const element = elementOf(type) as Type & { readonly elements: readonly Type[] }
  for (const arg of args) marks = unionMarks(marks, arg.marks)
  const bare = args.map((a) => a.unmark())
  const empty = () => (type.kind === 'list' ? listVal([], element) : setVal([], element)).withMarks(marks)
  const sizes = bare.map((a) =>
    a.isKnown && !(a.type.kind === 'set' && !a.isWhollyKnown)
      ? { min: a.asArray().length, max: a.asArray().length }
      : { min: a.refinement?.minLength ?? 0, max: a.refinement?.maxLength ?? Number.POSITIVE_INFINITY },
  )
  if (sizes.some((s) => s.max === 0)) return empty()
  if (bare.some((a) => !a.isKnown || (a.type.kind === 'set' && !a.isWhollyKnown))) {
    const max = sizes.reduce((n, s) => n * s.max, 1)
    const min = sizes.reduce((n, s) => n * s.min, 1)
    // Sets may turn out to hold equal tuples, and bounds beyond what anyone builds say nothing.
    const bounds = type.kind === 'list' && max <= 1024 ? { minLength: Math.max(1, min), maxLength: max } : {}
    return refine(unknownVal(type), { notNull: true, ...bounds }).withMarks(marks)
  }
  let rows: Value[][] = [[]]
  for (const [i, arg] of bare.entries()) {
    const elements = arg.asArray().map((e) => convert(e, element.elements[i]!))
    rows = rows.flatMap((row) => elements.map((e) => [...row, e]))
  }
  const tuples = rows.map((row) => tupleVal(row))
  // Nulls of no type differ from everything else in type.
  if (tuples.some((t) => !typeEquals(t.type, element))) fail('all elements must be of the same type')
  return (type.kind === 'list' ? listVal(tuples, element) : setVal(tuples, element)).withMarks(marks)
}

/** The bounds of a slice as far as they are known. */
function sliceBounds(args: readonly Value[], size: number | undefined): readonly [number | undefined, number | undefined] {
  const bound = (index: 1 | 2, which: 'start' | 'end'): number | undefined => {
    const arg = args[index]!.unmark()
    if (!arg.isKnown) return undefined
    const n = integer(arg, `invalid ${which} index: `, index)
    if (n < 0) failArg(index, `${which} index must not be less than zero`)
    if (size !== undefined && n > size) failArg(index, `${which} index must not be greater than the length of the list`)
    return n
  }
  const start = bound(1, 'start')
  const end = bound(2, 'end')
  if (start !== undefined && end !== undefined && end < start) failArg(1, 'start index must not be greater than end index')
  return [start, end]
}

function sliceType(args: readonly Value[]): Type {
  const { type } = args[0]!
  if (type.kind === 'list') {
    const list = args[0]!.unmark()
    sliceBounds(args, list.isKnown ? list.asArray().length : undefined)
    return type
  }
  if (type.kind === 'set')
    return failArg(
      0,
      'cannot slice a set, because its elements do not have indices; explicitly convert to a list if the ordering of the result is not important',
    )
  if (type.kind !== 'tuple') return failArg(0, 'must be a list or tuple value')
  const [start, end] = sliceBounds(args, type.elements.length)
  if (start === undefined || end === undefined) return dynamicType
  return tupleType(type.elements.slice(start, end))
}

function slice(args: readonly Value[], type: Type): Value {
  const list = args[0]!
  const elements = list.unmark().asArray()
  const [start, end] = sliceBounds(args, elements.length)
  const part = elements.slice(start, end)
  return (type.kind === 'tuple' ? tupleVal(part) : listVal(part, elementOf(type))).withMarks(list.marks)
}

function transpose(map: Value): Value {
  let marks = map.marks
  const bare = map.unmark()
  const result = new Map<string, Value[]>()
  for (const [key, list] of bare.asMap()) {
    marks = unionMarks(marks, list.marks)
    const plain = list.unmark()
    if (!plain.isWhollyKnown) return unknownVal(mapType(listType(stringType))).withMarks(marks)
    if (plain.isNull) fail('input must not contain null list')
    for (const e of plain.asArray()) {
      marks = unionMarks(marks, e.marks)
      const name = e.unmark()
      if (name.isNull) fail('input list must not contain null string')
      const keys = result.get(name.asString()) ?? []
      keys.push(stringVal(key))
      result.set(name.asString(), keys)
    }
  }
  return mapVal(new Map([...result].map(([k, v]) => [k, listVal(v, stringType)] as const)), listType(stringType)).withMarks(marks)
}

function zipmapType([keyList, list]: readonly Value[]): Type {
  const { type } = list!
  if (type.kind === 'list') return mapType(type.element)
  if (type.kind !== 'tuple') return fail('values argument must be a list or tuple value')
  const bare = keyList!.unmark()
  if (!bare.isWhollyKnown) return type.elements.length === 0 && bare.isKnown ? objectType({}) : dynamicType
  const names = bare.asArray()
  if (names.length !== type.elements.length)
    fail(`number of keys (${names.length}) does not match number of values (${type.elements.length})`)
  return objectType(names.map((n, i) => [zipmapKey(n, i), type.elements[i]!] as const))
}

function zipmapKey(key: Value, index: number): string {
  return key.isNull ? fail(`keys list has null value at index ${index}`) : key.unmark().asString()
}

function zipmap([keyList, list]: readonly Value[], type: Type): Value {
  let marks = unionMarks(keyList!.marks, list!.marks)
  const names = keyList!.unmark()
  for (const n of names.asArray()) marks = unionMarks(marks, n.marks)
  if (!names.isWhollyKnown) return unknownVal(type).withMarks(marks)
  const children = list!.unmark().asArray()
  const count = names.asArray().length
  if (count !== children.length) fail(`number of keys (${count}) does not match number of values (${children.length})`)
  const entries = names.asArray().map((n, i) => [zipmapKey(n, i), children[i]!] as const)
  return (type.kind === 'map' ? mapVal(entries, type.element) : objectVal(entries)).withMarks(marks)
}
