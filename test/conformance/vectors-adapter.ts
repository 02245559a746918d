/**
 * Answers the library-level conformance vectors, one JSON line each: the protocol is described at the top of
 * `shared/conformance/run-vectors`. Started by `npm run --silent vectors`; the runner
 * works in the folder of the data, so give it `npm run --silent --prefix PROJECT vectors`.
 *
 * Known differences: cty/convert 088 and 089 want an untyped null inside a collection of string, which no value can hold; the
 * element is a null string (the project's own tests of these vectors give such elements the element type).
 *
 * To take on another suite add a handler to the table below; what is not in it is answered as unsupported.
 */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  callFunction,
  conforms,
  convert,
  FunctionError,
  impliedTypeOfJson,
  impliedTypeOfMsgpack,
  mismatchMessage,
  safePrefix,
  type Type,
  typeToJson,
  unify,
  unknownAsNull,
  type Value,
  valueToJson,
  valueToMsgpack,
} from '../../src/cty/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'
import { renderOutputsVector, renderVector } from '../command/_render-vectors.ts'
import { operations, operatorFunction } from '../support/cty-operations.ts'
import { type ExpressionCase, evaluateCase, typeCase } from '../support/hcl-vectors.ts'
import { bodyVector, parseVector } from '../support/parse-vectors.ts'
import { planHandlers } from '../support/plan-vectors.ts'
import { decodeType, decodeValue, encodeType, encodeValue, type Tagged } from '../support/tagged.ts'

/** A case without its outcome; which members there are depends on the suite. */
// biome-ignore lint/suspicious/noExplicitAny: the cases are trusted data, and their shape is the suite's own.
export type Case = Readonly<Record<string, any>>

/** A result in the members that the suite asks for, or a reason why there is none. What is thrown becomes `{ error }`. */
export type Handler = (c: Case) => Readonly<Record<string, unknown>>

/** Thrown by a handler that does not know this one case. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
}

const handlers: Readonly<Record<string, Handler>> = {
  'cty/convert': (c) => ({ value: encodeValue(convert(decodeValue(c.value), decodeType(c.type))) }),
  'cty/json-implied-type': (c) => ({ type: encodeType(impliedTypeOfJson(c.json)) }),
  'cty/json-value': (c) => ({ json: valueToJson(decodeValue(c.value), decodeType(c.type)) }),
  'cty/mismatch-message': (c) => ({ text: mismatchMessage(decodeType(c.got), decodeType(c.want_type)) }),
  'cty/msgpack-implied-type': (c) => ({ type: encodeType(impliedTypeOfMsgpack(Buffer.from(c.msgpack_hex, 'hex'))) }),
  'cty/msgpack-roundtrip': (c) => ({ hex: Buffer.from(valueToMsgpack(decodeValue(c.value), decodeType(c.type))).toString('hex') }),
  'cty/operations': (c) => ({ value: encodeValue(operationNamed(c.op)(...c.args.map((a: Tagged) => decodeValue(a)))) }),
  'cty/safe-known-prefix': (c) => ({ text: safePrefix(c.input) }),
  'cty/type-conformance': (c) => ({ conforms: conforms(decodeType(c.receiver), decodeType(c.given)) }),
  'cty/type-json': (c) => ({ json: typeToJson(decodeType(c.type)) }),
  'cty/unify': (c) => ({ type: encodeTypeOrNull(unify(c.types.map(decodeType), 'safe')) }),
  'plan/render': (c) => ({ text: renderVector(c) }),
  'plan/render-outputs': (c) => ({ text: renderOutputsVector(c) }),
  functions: (c) => ({ value: encodeValue(callNamed(c)) }),
  'cty/unknown-as-null': (c) => ({ value: encodeValue(unknownAsNull(decodeValue(c.value))) }),
  'hcl/expressions': evaluateVector,
  'hcl/json-body': (c) => {
    const { attributes, blocks, diags } = bodyVector(c.src, c.schema)
    return { attributes, blocks, diag_count: diags.length }
  },
  'hcl/parse': (c) => {
    const { accept, diags } = parseVector(c.kind, c.input)
    return { accept, diag_count: diags.length }
  },
  'hcl/templates': evaluateVector,
  'hcl/types': typeCase,
  ...planHandlers,
}

/** The folder of the data, from scripts/vectors.js. */
const dataDir = process.argv[2] ?? '.'

function evaluateVector(c: Case): Readonly<Record<string, unknown>> {
  const result = evaluateCase(c as Case & ExpressionCase)
  if (result === undefined) throw new Unsupported(`one of the functions ${Object.values(c.functions).join(', ')}`)
  const errors = result.diags.filter((d) => d.severity === 'error').map(({ summary, detail }) => ({ summary, detail }))
  return { value: encodeValue(result.value), diag_count: result.diags.length, errors }
}

/** A call below the language: relative paths start at the vector's own folder. */
function callNamed(c: Case): Value {
  const args = c.args.map((a: Tagged) => decodeValue(a))
  const baseDir = join(dataDir, 'functions/cwd', c.cwd ?? '')
  const spec =
    c.operator === undefined ? functionTable({ baseDir, pure: false }).lookUp(c.function) : operatorFunction(c.operator, args.length)
  if (spec === undefined) throw new Unsupported(`function ${c.function}`)
  return callFunction(spec, args)
}

function operationNamed(name: string): (typeof operations)[string] {
  const operation = operations[name]
  if (operation === undefined) throw new Unsupported(`operation ${name}`)
  return operation
}

function encodeTypeOrNull(type: Type | undefined): unknown {
  return type === undefined ? null : encodeType(type)
}

function answer(line: string): string {
  const { suite, id, case: c } = JSON.parse(line) as { suite: string; id: string; case: Case }
  const handler = handlers[suite]
  if (handler === undefined) return JSON.stringify({ id, unsupported: `no handler for ${suite}` })
  try {
    return JSON.stringify({ id, result: handler(c) })
  } catch (error) {
    if (error instanceof Unsupported) return JSON.stringify({ id, unsupported: error.message })
    const message = error instanceof Error ? error.message : String(error)
    return JSON.stringify({ id, result: { error: message, ...(error instanceof FunctionError ? { argument: error.argIndex } : {}) } })
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== '') process.stdout.write(`${answer(line)}\n`)
}
