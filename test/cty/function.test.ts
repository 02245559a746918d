import { describe, expect, test } from 'vitest'
import {
  boolType,
  callFunction,
  dynamicType,
  dynamicVal,
  FunctionError,
  type FunctionSpec,
  intVal,
  listType,
  listVal,
  nullVal,
  numberType,
  numberVal,
  rawEquals,
  refineNotNull,
  returnTypeForValues,
  staticReturn,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../../src/cty/index.ts'
import { encodeValue } from '../support/tagged.ts'

const joined: FunctionSpec = {
  name: 'joined',
  params: [{ name: 'separator', type: stringType }],
  varParam: { name: 'parts', type: listType(stringType) },
  type: staticReturn(stringType),
  refine: refineNotNull,
  impl: ([separator, ...lists]) => stringVal(lists.flatMap((l) => l.asArray().map((e) => e.asString())).join(separator!.asString())),
}

const same: FunctionSpec = {
  name: 'same',
  params: [{ name: 'value', type: dynamicType, allowDynamic: true, allowMarked: true, allowNull: true, allowUnknown: true }],
  type: ([value]) => value!.type,
  impl: ([value]) => value!,
}

const typed: FunctionSpec = {
  name: 'typed',
  params: [{ name: 'value', type: dynamicType }],
  type: ([value]) => listType(value!.type),
  impl: ([value]) => listVal([value!]),
}

const comma = stringVal(',')
const ab = listVal([stringVal('a'), stringVal('b')])

describe('callFunction', () => {
  const cases: [string, FunctionSpec, Value[], Value][] = [
    ['computes', joined, [comma, ab, ab], stringVal('a,b,a,b')],
    ['takes no optional arguments', joined, [comma], stringVal('')],
    ['unknown argument: unknown result, refined', joined, [comma, unknownVal(listType(stringType))], refineNotNull(unknownVal(stringType))],
    ['marks move to the result', joined, [comma.mark('m'), ab], stringVal('a,b').mark('m')],
    ['marks inside too', joined, [comma, listVal([stringVal('a').mark('n')])], stringVal('a').mark('n')],
    [
      'marks stay on unknown results',
      joined,
      [comma.mark('m'), unknownVal(listType(stringType))],
      refineNotNull(unknownVal(stringType)).mark('m'),
    ],
    ['unknown type: unknown result of unknown type', typed, [dynamicVal], dynamicVal],
    ['with marks', typed, [dynamicVal.mark('m')], dynamicVal.mark('m')],
    ['what is allowed passes', same, [unknownVal(boolType).mark('m')], unknownVal(boolType).mark('m')],
    ['null where allowed', same, [nullVal(stringType)], nullVal(stringType)],
    ['type from the argument', typed, [unknownVal(numberType)], unknownVal(listType(numberType))],
  ]
  test.each(cases)('%s', (_, spec, args, want) => {
    const got = callFunction(spec, args)
    if (!rawEquals(got, want)) expect(encodeValue(got)).toEqual(encodeValue(want))
    expect(rawEquals(got, want)).toBe(true)
  })

  const failures: [string, FunctionSpec, Value[], string, number | undefined][] = [
    ['null', joined, [nullVal(stringType)], 'argument must not be null', 0],
    ['null in the rest', joined, [comma, ab, nullVal(listType(stringType))], 'argument must not be null', 2],
    ['too few', joined, [], 'wrong number of arguments (0 given, at least 1 required)', undefined],
    ['too many', same, [comma, comma], 'wrong number of arguments (2 given, 1 required)', undefined],
    ['wrong type', joined, [intVal(1)], 'string required, but received number', 0],
  ]
  test.each(failures)('refuses %s', (_, spec, args, message, argIndex) => {
    let error: unknown
    try {
      callFunction(spec, args)
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(FunctionError)
    expect(error).toMatchObject({ message, argIndex })
  })

  test('a result of another type than promised is a bug', () => {
    const lying: FunctionSpec = { ...typed, impl: () => numberVal(1) }
    expect(() => callFunction(lying, [comma])).toThrow('This is a bug in Landform.')
  })
})

test('returnTypeForValues does not compute', () => {
  expect(returnTypeForValues(typed, [unknownVal(boolType)])).toEqual(listType(boolType))
  expect(returnTypeForValues(typed, [dynamicVal])).toBe(dynamicType)
})
