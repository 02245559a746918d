import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { callFunction, type FunctionSpec, type Value, valueToJson } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { evaluate, parseExpression } from '../../src/hcl/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'
import { operatorFunction } from '../support/cty-operations.ts'
import { decodeValue, encodeValue, type Tagged } from '../support/tagged.ts'
import { conformanceDir, haveConformance, readVectors } from '../support/vectors.ts'

interface Vector {
  readonly id: string
  readonly expr?: string
  readonly args?: readonly Tagged[]
  readonly operator?: string
  readonly cwd?: string
  readonly want?: Tagged
  readonly want_json?: unknown
  readonly want_error?: boolean
  readonly message?: string
  readonly tofu_only?: boolean
  readonly unordered?: boolean
}

/** Functions that the language does not have yet, with the reason. */
const later: Readonly<Record<string, string>> = {
  type: 'only in console',
}

/** Vectors that cannot be told from here, with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  'merge-a5c016d1': 'tomap({}) is a map of any type in real Terraform too; the expression lost the element type of the original',
}

const table = (cwd: string | undefined) => functionTable({ baseDir: `${conformanceDir}functions/cwd/${cwd ?? ''}`, pure: false })

function evaluateText(text: string, cwd: string | undefined): { readonly value: Value; readonly error: string | undefined } {
  const diags = new Diagnostics()
  const expr = parseExpression(new Source('<vector>', text), diags)
  const functions = table(cwd)
  const value = evaluate(expr, { variables: new Map(), functions: functions.lookUp, functionNames: functions.names }, diags)
  const first = diags.items.find((d) => d.severity === 'error')
  return { value, error: first === undefined ? undefined : `${first.summary}: ${first.detail}` }
}

function call(spec: FunctionSpec, args: readonly Value[]): Value {
  return callFunction(spec, args)
}

function comparable(tagged: unknown): unknown {
  if (Array.isArray(tagged)) return tagged.map(comparable)
  if (typeof tagged !== 'object' || tagged === null) return tagged
  const entries = Object.entries(tagged).map(([k, v]) => {
    if (k === 'set') return [k, (comparable(v) as unknown[]).map((x) => JSON.stringify(x)).sort()]
    if (k === 'marks') return [k, [...(v as unknown[])].sort()]
    // Transcendental functions may differ in the last digits.
    if (k === 'number') return [k, Number(v) === Number(Number(v).toPrecision(15)) ? v : Number(v).toPrecision(14)]
    return [k, comparable(v)]
  })
  return Object.fromEntries(entries)
}

const names = haveConformance
  ? readdirSync(`${conformanceDir}functions/vectors`)
      .map((f) => f.replace(/\.json$/, ''))
      .filter((name) => later[name] === undefined)
  : []

describe.skipIf(!haveConformance)('function vectors', () => {
  describe.each(names)('%s', (name) => {
    const vectors = readVectors<Vector>(`functions/vectors/${name}.json`)
    test.each(vectors.filter((v) => v.expr !== undefined && exceptions[v.id] === undefined).map((v) => [v.expr!, v] as const))(
      '%s',
      (expr, v) => {
        const got = evaluateText(expr, v.cwd)
        if (v.want_error) {
          expect(got.error, 'succeeded where an error is wanted').toBeDefined()
          if (v.message !== undefined)
            expect(got.error!.replace(/\s+/g, ' ').toLowerCase()).toContain(v.message.replace(/\s+/g, ' ').toLowerCase())
          return
        }
        expect(got.error).toBeUndefined()
        if (v.want !== undefined) expect(comparable(encodeValue(got.value))).toEqual(comparable(encodeValue(decodeValue(v.want!))))
        else if (v.unordered) expect(new Set(JSON.parse(valueToJson(got.value, got.value.type)))).toEqual(new Set(v.want_json as unknown[]))
        else expect(JSON.parse(valueToJson(got.value, got.value.type))).toEqual(v.want_json)
      },
    )
    const direct = vectors.filter((v) => v.args !== undefined)
    test.each(direct.map((v, i) => [`${i}: ${JSON.stringify(v.args)}`, v] as const))('%s', (_, v) => {
      const spec = v.operator === undefined ? table(v.cwd).lookUp(name) : operatorFunction(v.operator, v.args!.length)
      expect(spec).toBeDefined()
      const run = () => call(spec!, v.args!.map(decodeValue))
      if (v.want_error) {
        expect(run).toThrow(v.message)
        return
      }
      expect(comparable(encodeValue(run()))).toEqual(comparable(encodeValue(decodeValue(v.want!))))
    })
  })
})

// As Terraform 1.11.4 answers.
describe('nulls within arguments', () => {
  const rows: [text: string, json: string | undefined, error: string | undefined][] = [
    ['zipmap([null], [1])', undefined, 'Call to function "zipmap" failed: keys list has null value at index 0.'],
    ['zipmap(["a", null], [1, 2])', undefined, 'Call to function "zipmap" failed: keys list has null value at index 1.'],
    ['transpose({ a = null })', undefined, 'Call to function "transpose" failed: input must not contain null list.'],
    ['transpose({ a = [null] })', undefined, 'Call to function "transpose" failed: input list must not contain null string.'],
    ['setproduct([null], ["a"])', '[[null,"a"]]', undefined],
    ['setproduct(null, ["a"])', undefined, 'Invalid value for "sets" parameter: argument must not be null.'],
    ['setsubtract([null], ["a"])', '[null]', undefined],
    ['setsubtract(null, ["a"])', undefined, 'Invalid value for "a" parameter: argument must not be null.'],
    ['setsubtract(["a"], null)', undefined, 'Invalid value for "b" parameter: argument must not be null.'],
  ]
  test.each(rows)('%s', (text, json, error) => {
    const found = evaluateText(text, undefined)
    if (error !== undefined) expect(found.error).toContain(error)
    else expect({ error: found.error, json: valueToJson(found.value) }).toEqual({ error: undefined, json })
  })
})
