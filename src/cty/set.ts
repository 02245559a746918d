import { compareStrings, goQuote } from '../base/index.ts'
import { equalKnown } from './_equal.ts'
import { compareNumeric, type Numeric, numericToGeneral } from './number.ts'
import type { Type } from './type.ts'
import type { Value } from './value.ts'

/**
 * The elements of a set in its iteration order, duplicates dropped (the first stays). Elements with unknown parts are
 * never equal to another. The order is go-cty's, because state files and plans show it: known before unknown before null,
 * strings by bytes, numbers by value, false before true, and everything else by the bytes of its key.
 *
 * @param elements unmarked at every depth and all of the type.
 * @see cty-encodings, "Sets"
 */
export function orderSetElements(elements: readonly Value[], type: Type): readonly Value[] {
  if (elements.length < 2) return elements
  switch (type.kind) {
    case 'string':
      return order(elements, (a, b) => compareStrings(a.payload as string, b.payload as string))
    case 'number':
      return order(elements, (a, b) => compareNumeric(a.payload as Numeric, b.payload as Numeric))
    case 'bool':
      return order(elements, (a, b) => Number(a.payload) - Number(b.payload))
    default:
      return orderByKey(elements)
  }
}

/** 0: content, 1: unknown, 2: null. */
function group(value: Value): number {
  return value.payload === null ? 2 : value.isKnown ? 0 : 1
}

function order(elements: readonly Value[], compare: (a: Value, b: Value) => number): readonly Value[] {
  const compareAll = (a: Value, b: Value): number => {
    const x = group(a)
    const y = group(b)
    return x === y && x === 0 ? compare(a, b) : x - y
  }
  let ascending = true
  for (let i = 1; ascending && i < elements.length; i++) ascending = compareAll(elements[i - 1]!, elements[i]!) < 0
  if (ascending) return elements
  const sorted = elements.toSorted(compareAll)
  return sorted.filter((e, i) => i === 0 || !e.isKnown || compareAll(sorted[i - 1]!, e) !== 0)
}

function orderByKey(elements: readonly Value[]): readonly Value[] {
  const keyed = elements.map((value) => ({ value, group: group(value), key: setKey(value) }))
  keyed.sort((a, b) => a.group - b.group || compareStrings(a.key, b.key))
  const result: Value[] = []
  // Only elements with the same key can be equal; the key is coarser than equality for long numbers.
  let runStart = 0
  let runKey: string | undefined
  for (const { value, key } of keyed) {
    if (key !== runKey) {
      runStart = result.length
      runKey = key
    }
    let duplicate = false
    for (let i = runStart; !duplicate && i < result.length; i++) duplicate = equalKnown(result[i]!, value)
    if (!duplicate) result.push(value)
  }
  return result
}

/** A text of the element by which sets of compound elements are ordered; elements of one type that are equal share it. */
export function setKey(value: Value): string {
  const { payload, type } = value
  if (payload === null) return '~'
  if (!value.isKnown) return '?'
  switch (type.kind) {
    case 'string':
      return goQuote(payload as string)
    case 'number':
      return numericToGeneral(payload as Numeric, 10)
    case 'bool':
      return payload === true ? 'T' : 'F'
    case 'list':
    case 'set':
      return `[${value.asArray().map(terminatedKey).join('')}]`
    case 'tuple':
      return `<${value.asArray().map(terminatedKey).join('')}>`
    case 'object':
      return `<${[...value.asMap().values()].map(terminatedKey).join('')}>`
    case 'map':
      return `{${[...value.asMap()].map(([key, v]) => `${goQuote(key)}:${setKey(v)};`).join('')}}`
    default:
      return '?'
  }
}

function terminatedKey(value: Value): string {
  return `${setKey(value)};`
}
