import { compareStrings } from '../base/index.ts'
import { CtyError } from './errors.ts'
import type { Marks } from './marks.ts'
import { numericToString } from './number.ts'
import { indexValue, rawEquals } from './operations.ts'
import { attributeStep, indexStep, type Path, type PathStep } from './path.ts'
import type { ObjectType } from './type.ts'
import { dynamicVal, listVal, mapVal, nullVal, numberVal, objectVal, setVal, stringVal, takeMarks, tupleVal, type Value } from './value.ts'

/** Parents before children, in iteration order; `visit` returns false to leave out the children of a value. */
export function walkValue(value: Value, visit: (path: Path, value: Value) => boolean | void, path: Path = []): void {
  if (visit(path, value) === false || !value.hasContent) return
  for (const [step, child] of childrenOf(value)) walkValue(child, visit, [...path, step])
}

/** The children with the steps that lead to them; none for null, unknown and primitive values. */
export function childrenOf(value: Value): [PathStep, Value][] {
  const { payload, type } = value
  if (Array.isArray(payload)) {
    const elements = payload as readonly Value[]
    return elements.map((e, i) => [indexStep(type.kind === 'set' ? e : numberVal(i)), e])
  }
  if (!(payload instanceof Map)) return []
  const step = type.kind === 'object' ? attributeStep : (key: string): PathStep => indexStep(stringVal(key))
  return [...(payload as ReadonlyMap<string, Value>)].map(([key, e]) => [step(key), e])
}

/**
 * The value with every part replaced by what `change` makes of it, children before parents. Marks of a parent are kept
 * through the rebuilding and passed to `change` with it. Elements of a list, set or map must stay of one type. In sets the
 * path step is the element before the change.
 */
export function transformValue(value: Value, change: (path: Path, value: Value) => Value, path: Path = []): Value {
  if (!value.hasContent) return change(path, value)
  const { payload, type } = value
  if (Array.isArray(payload)) {
    const old = payload as readonly Value[]
    const elements = old.map((e, i) => transformValue(e, change, [...path, indexStep(type.kind === 'set' ? e : numberVal(i))]))
    return change(path, elements.every((e, i) => e === old[i]) ? value : rebuildSequence(value, elements))
  }
  if (payload instanceof Map) {
    const old = payload as ReadonlyMap<string, Value>
    const entries = new Map<string, Value>()
    let changed = false
    for (const [key, e] of old) {
      const step = type.kind === 'object' ? attributeStep(key) : indexStep(stringVal(key))
      const next = transformValue(e, change, [...path, step])
      if (next !== e) changed = true
      entries.set(key, next)
    }
    return change(path, changed ? rebuildMapping(value, entries) : value)
  }
  return change(path, value)
}

function rebuildSequence(value: Value, elements: readonly Value[]): Value {
  switch (value.type.kind) {
    case 'list':
      return listVal(elements, elements[0]?.type ?? value.type.element).withMarks(value.marks)
    case 'set':
      return setVal(elements, elements[0]?.type ?? value.type.element).withMarks(value.marks)
    default:
      return tupleVal(elements).withMarks(value.marks)
  }
}

function rebuildMapping(value: Value, entries: ReadonlyMap<string, Value>): Value {
  if (value.type.kind === 'map') {
    const first = entries.values().next().value
    return mapVal(entries, first?.type ?? value.type.element).withMarks(value.marks)
  }
  const { attributes } = value.type as ObjectType
  const sameTypes = [...entries].every(([name, e]) => e.type === attributes.get(name))
  return objectVal(entries, sameTypes ? (value.type as ObjectType) : undefined).withMarks(value.marks)
}

/** Every unknown at any depth replaced by a null of its type. Marks stay. */
export function unknownAsNull(value: Value): Value {
  if (value.isWhollyKnown) return value
  return transformValue(value, (_, v) => (v.isKnown ? v : nullVal(v.type).withMarks(v.marks)))
}

/** Without marks at any depth. */
export function unmarkDeep(value: Value): Value {
  return takeMarks(value)[0]
}

export interface PathMarks {
  readonly path: Path
  readonly marks: Marks
}

/** Without marks at any depth, and where each of them was, parents first. `markPaths` puts them back. */
export function unmarkDeepWithPaths(value: Value): readonly [Value, readonly PathMarks[]] {
  if (!value.containsMarked) return [value, noPlaces]
  const found: PathMarks[] = []
  walkValue(value, (path, v) => {
    if (v.marks !== undefined) found.push({ path, marks: v.marks })
    return v.containsMarked
  })
  return [takeMarks(value)[0], found]
}

const noPlaces: readonly PathMarks[] = []

/**
 * Adds marks at the places given. Paths that lead to nothing are ignored; a place inside a null, an unknown or a set marks
 * the nearest value above it that exists.
 */
export function markPaths(value: Value, places: readonly PathMarks[]): Value {
  if (places.length === 0) return value
  let result = value
  const below: PathMarks[] = []
  for (const place of places) {
    if (place.path.length === 0 || !value.hasContent || value.type.kind === 'set') result = result.withMarks(place.marks)
    else below.push(place)
  }
  return below.length === 0 ? result : markChildren(result, below)
}

function markChildren(value: Value, places: readonly PathMarks[]): Value {
  const byKey = new Map<string | number, PathMarks[]>()
  for (const { path, marks } of places) {
    const key = keyOfStep(path[0]!)
    if (key === undefined) continue
    const list = byKey.get(key)
    const place = { path: path.slice(1), marks }
    if (list === undefined) byKey.set(key, [place])
    else list.push(place)
  }
  const { payload } = value
  if (Array.isArray(payload)) {
    return rebuildSequence(
      value,
      (payload as readonly Value[]).map((e, i) => markPaths(e, byKey.get(i) ?? [])),
    )
  }
  if (payload instanceof Map) {
    const entries = new Map<string, Value>()
    for (const [key, e] of payload as ReadonlyMap<string, Value>) entries.set(key, markPaths(e, byKey.get(key) ?? []))
    return rebuildMapping(value, entries)
  }
  return value
}

function keyOfStep(step: PathStep): string | number | undefined {
  if (step.kind === 'attribute') return step.name
  const { key } = step
  if (!key.hasContent) return undefined
  if (key.type.kind === 'string') return key.asString()
  return key.type.kind === 'number' ? Number(numericToString(key.asNumeric())) : undefined
}

/** The part a path leads to, with the marks of all it passes through. @throws CtyError when there is no such part. */
export function applyPath(value: Value, path: Path): Value {
  let current = value
  for (const [i, step] of path.entries()) {
    try {
      current = applyStep(current, step)
    } catch (error) {
      if (error instanceof CtyError) throw new CtyError(error.message, path.slice(0, i + 1))
      throw error
    }
  }
  return current
}

function applyStep(value: Value, step: PathStep): Value {
  if (value.isNull) throw new CtyError('cannot access a part of a null value')
  if (step.kind === 'index') {
    if (value.type.kind === 'set') {
      if (!value.isKnown) return step.key.withMarks(value.marks)
      const found = value.asArray().find((e) => rawEquals(e, step.key))
      if (found === undefined) throw new CtyError('the set has no such element')
      return found.withMarks(value.marks)
    }
    return indexValue(value, step.key)
  }
  if (value.type.kind === 'dynamic') return dynamicVal.withMarks(value.marks)
  if (value.type.kind !== 'object') throw new CtyError('not an object')
  if (!value.type.attributes.has(step.name)) throw new CtyError(`object has no attribute ${JSON.stringify(step.name)}`)
  return value.getAttr(step.name)
}

/** For people: `.a[0]["k"]`; elements of sets appear as `[...]`. */
export function pathToString(path: Path): string {
  return path.map(stepToString).join('')
}

function stepToString(step: PathStep): string {
  if (step.kind === 'attribute') return `.${step.name}`
  const { key } = step
  if (key.hasContent && key.type.kind === 'string') return `[${JSON.stringify(key.asString())}]`
  if (key.hasContent && key.type.kind === 'number') return `[${numericToString(key.asNumeric())}]`
  return '[...]'
}

export function pathEquals(a: Path, b: Path): boolean {
  return a.length === b.length && pathHasPrefix(a, b)
}

export function pathHasPrefix(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((step, i) => stepEquals(step, path[i]!))
}

function stepEquals(a: PathStep, b: PathStep): boolean {
  if (a.kind === 'attribute') return b.kind === 'attribute' && a.name === b.name
  return b.kind === 'index' && rawEquals(a.key, b.key)
}

/** Orders paths step by step: attributes before elements, names by bytes, numbers by value. */
export function comparePaths(a: Path, b: Path): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = keyOfStep(a[i]!)
    const y = keyOfStep(b[i]!)
    if (x === y) continue
    if (typeof x === 'number' && typeof y === 'number') return x - y
    return compareStrings(String(x), String(y))
  }
  return a.length - b.length
}
