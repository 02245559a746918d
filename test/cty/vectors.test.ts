import { describe, expect, test } from 'vitest'
import {
  CtyError,
  conforms,
  convert,
  impliedTypeOfJson,
  jsonToValue,
  mismatchMessage,
  parseJsonLossless,
  rawEquals,
  safePrefix,
  type Type,
  typeConformanceErrors,
  typeFromJson,
  typeToJson,
  unify,
  unknownAsNull,
  type Value,
  valueToJson,
} from '../../src/cty/index.ts'
import { impliedTypeOfMsgpack, msgpackToValue, valueToMsgpack } from '../../src/cty/msgpack/index.ts'
import { operations } from '../support/cty-operations.ts'
import { decodeType, decodeValue, encodeType, encodeValue, type Tagged } from '../support/tagged.ts'
import { haveConformance, readVectors } from '../support/vectors.ts'

/** Vectors that are not met, with the reason. */
const exceptions: Readonly<Record<string, string>> = {}

interface Vector {
  readonly id: string
  readonly value: Tagged
  readonly args: readonly Tagged[]
  readonly type: unknown
  readonly types: readonly unknown[]
  readonly want: Tagged
  readonly want_error?: string | boolean
  readonly [key: string]: unknown
}

function suite(name: string, check: (c: Vector) => void): void {
  describe.skipIf(!haveConformance)(name, () => {
    test.each(readVectors<Vector>(`cty/${name}.json`).filter((c) => exceptions[c.id] === undefined))('$id', check)
  })
}

/** A difference is shown in the tagged notation. Negative zero counts as zero, as in go-cty's comparison. */
function expectValue(got: Value, want: Tagged): void {
  const wanted = decodeValue(want)
  if (!rawEquals(got, wanted)) expect(encodeValue(got)).toEqual(encodeValue(wanted))
  expect(rawEquals(got, wanted)).toBe(true)
}

function expectType(got: Type | undefined, want: unknown): void {
  expect(got === undefined ? null : encodeType(got)).toEqual(want)
}

suite('operations', (c) => {
  const run = (): Value => operations[c.op as string]!(...c.args.map(decodeValue))
  if (c.want_error) expect(run).toThrow(CtyError)
  else expectValue(run(), c.want)
})

suite('convert', (c) => {
  const run = (): Value => convert(decodeValue(c.value), decodeType(c.type))
  if (c.want_error) {
    expect(run).toThrow(CtyError)
    expect(run).toThrow(c.want_error as string)
  } else expectValue(run(), c.want)
})

suite('unify', (c) => expectType(unify(c.types.map(decodeType), 'safe'), c.want))

suite('mismatch-message', (c) => expect(mismatchMessage(decodeType(c.got), decodeType(c.want_type))).toBe(c.message))

suite('type-conformance', (c) => {
  expect(conforms(decodeType(c.receiver), decodeType(c.given))).toBe(c.conforms)
  expect(typeConformanceErrors(decodeType(c.receiver), decodeType(c.given)).length === 0).toBe(c.conforms)
})

suite('type-json', (c) => {
  expect(typeToJson(decodeType(c.type))).toBe(c.json)
  expectType(typeFromJson(parseJsonLossless(c.json as string)), c.type)
})

suite('json-value', (c) => {
  const type = decodeType(c.type)
  expect(valueToJson(decodeValue(c.value), type)).toBe(c.json)
  expectValue(jsonToValue(c.json as string, type), c.decoded as Tagged)
})

suite('json-implied-type', (c) => {
  const run = (): Type => impliedTypeOfJson(c.json as string)
  if (c.want_error) expect(run).toThrow(c.want_error as string)
  else expectType(run(), c.type)
})

suite('unknown-as-null', (c) => expectValue(unknownAsNull(decodeValue(c.value)), c.want))

suite('safe-known-prefix', (c) => expect(safePrefix(c.input as string)).toBe(c.want))

suite('msgpack-roundtrip', (c) => {
  const type = decodeType(c.type)
  const value = convert(decodeValue(c.value), type)
  const bytes = valueToMsgpack(value, type)
  expect(Buffer.from(bytes).toString('hex')).toBe(c.msgpack_hex)
  expectValue(msgpackToValue(bytes, type), encodeValue(value))
})

suite('msgpack-implied-type', (c) => expectType(impliedTypeOfMsgpack(Buffer.from(c.msgpack_hex as string, 'hex')), c.type))
