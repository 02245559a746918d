import { goQuote } from '../../base/index.ts'
import {
  boolType,
  boolVal,
  ConversionError,
  convert,
  dynamicType,
  EPHEMERAL,
  type FunctionSpec,
  friendlyConstraintName,
  friendlyName,
  listType,
  type Mark,
  mapType,
  nullVal,
  numberType,
  SENSITIVE,
  setType,
  stringType,
  type Type,
  transformValue,
  unknownVal,
  type Value,
} from '../../cty/index.ts'
import { any, define, failArg } from './_define.ts'

const open = { allowNull: true, allowUnknown: true, allowMarked: true, allowDynamic: true } as const

/** `tostring` and its like: conversion on request, with errors that speak of the function. */
function conversion(name: string, wanted: Type, description: string): FunctionSpec {
  return define(
    name,
    [any('v', open)],
    ([v]) => {
      const { type } = v!
      if (type.kind === 'dynamic')
        return wanted.kind === 'string' || wanted.kind === 'number' || wanted.kind === 'bool' ? wanted : v!.isNull ? wanted : dynamicType
      return convertOr(unknownVal(type), wanted, v!).type
    },
    ([v], type) => {
      if (type.kind === 'dynamic') return unknownVal(dynamicType).withMarks(v!.marks)
      return convertOr(v!, wanted, v!)
    },
    { description, mayBeNull: true },
  )
}

function convertOr(value: Value, wanted: Type, given: Value): Value {
  try {
    return convert(value, wanted)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    const { type } = given
    if (type.kind === 'string' && (wanted.kind === 'bool' || wanted.kind === 'number') && given.hasContent) {
      if (given.hasMark(SENSITIVE) || (given.isMarked && given.hasMark(EPHEMERAL)))
        failArg(0, `cannot convert this sensitive string to ${wanted.kind}`)
      const shown = goQuote(given.asString())
      const reason =
        wanted.kind === 'bool'
          ? 'only the strings "true" or "false" are allowed'
          : 'given string must be a decimal representation of a number'
      failArg(0, `cannot convert ${shown} to ${wanted.kind}; ${reason}`)
    }
    failArg(0, `cannot convert ${friendlyName(type)} to ${friendlyConstraintName(wanted)}`)
  }
}

const hasMark = (mark: Mark) => (value: Value) => value.hasMark(mark)

function without(value: Value, mark: Mark): Value {
  if (!value.hasMark(mark)) return value
  const rest = new Set(value.marks)
  rest.delete(mark)
  return value.unmark().withMarks(rest)
}

export const typeFunctions: readonly FunctionSpec[] = [
  conversion('tostring', stringType, 'A value converted to a string.'),
  conversion('tonumber', numberType, 'A value converted to a number.'),
  conversion('tobool', boolType, 'A value converted to a bool.'),
  conversion('tolist', listType(dynamicType), 'A value converted to a list.'),
  conversion('toset', setType(dynamicType), 'A value converted to a set.'),
  conversion('tomap', mapType(dynamicType), 'A value converted to a map.'),
  define(
    'sensitive',
    [any('value', open)],
    ([v]) => v!.type,
    ([v]) => v!.mark(SENSITIVE),
    {
      description: 'A value that is not to be shown.',
      mayBeNull: true,
    },
  ),
  define(
    'nonsensitive',
    [any('value', open)],
    ([v]) => v!.type,
    ([v]) => without(v!, SENSITIVE),
    {
      description: 'A sensitive value that may be shown after all.',
      mayBeNull: true,
    },
  ),
  define(
    'issensitive',
    [any('value', open)],
    boolType,
    ([v]) => {
      if (hasMark(SENSITIVE)(v!)) return boolVal(true)
      return v!.isKnown ? boolVal(false) : unknownVal(boolType)
    },
    { description: 'Whether a value is sensitive.' },
  ),
  define(
    'ephemeralasnull',
    [any('value', open)],
    ([v]) => v!.type,
    ([v]) =>
      transformValue(v!, (_, child) =>
        !child.hasMark(EPHEMERAL) ? child : without(child.isKnown ? nullVal(child.type).withMarks(child.marks) : child, EPHEMERAL),
      ),
    { description: 'A value with its ephemeral parts replaced by null.', mayBeNull: true },
  ),
]
