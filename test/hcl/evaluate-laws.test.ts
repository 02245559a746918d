import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  boolVal,
  compareNumeric,
  conforms,
  listVal,
  numberVal,
  rawEquals,
  stringType,
  stringVal,
  takeMarks,
  unknownVal,
  type Value,
} from '../../src/cty/index.ts'
import { contextOf, evaluateText } from './_evaluate.ts'

/** Values of the names that generated expressions use. */
interface Environment {
  readonly n: Value
  readonly m: Value
  readonly s: Value
  readonly l: Value
  readonly p: Value
}

type Name = keyof Environment
const names: readonly Name[] = ['n', 'm', 's', 'l', 'p']

const environments: fc.Arbitrary<Environment> = fc.record({
  // Not negative: zero times an unknown is zero, but times a negative number it is -0, which prints so.
  n: fc.integer({ min: 0, max: 3 }).map(numberVal),
  m: fc.integer({ min: 0, max: 2 }).map(numberVal),
  s: fc.constantFrom('', 'a', 'bé', 'true', '1').map(stringVal),
  l: fc.array(fc.constantFrom('a', 'b', '').map(stringVal), { maxLength: 3 }).map((elements) => listVal(elements, stringType)),
  p: fc.boolean().map(boolVal),
})

/**
 * Expressions as text: mostly sensible ones by kind of result, so that many of them have a value. Without `try` and `can`:
 * they tell whether an expression fails, and that is neither marked nor always known in time. Arms of conditionals are of one
 * kind, because an arm of unknown type is taken to be of the other's type.
 */
const { number, string, bool, sequence, any } = fc.letrec<Record<'number' | 'string' | 'bool' | 'sequence' | 'any', string>>((tie) => {
  const one = (template: (...parts: string[]) => string, ...kinds: ('number' | 'string' | 'bool' | 'sequence' | 'any')[]) =>
    fc.tuple(...kinds.map((kind) => tie(kind) as fc.Arbitrary<string>)).map((parts) => template(...parts))
  return {
    number: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('n', 'm', '1', '2.5'),
      one((a, b) => `(${a} + ${b})`, 'number', 'number'),
      one((a, b) => `(${a} * ${b})`, 'number', 'number'),
      one((c, a, b) => `(${c} ? ${a} : ${b})`, 'bool', 'number', 'number'),
      one((a, b) => `{ x = ${a}, y = ${b} }.x`, 'number', 'any'),
    ),
    string: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('s', '"k"', '""'),
      one((a, b) => `"x-\${${a}}/\${${b}}"`, 'string', 'number'),
      one((a, b) => `"%{ if ${a} }y\${${b}}%{ endif }"`, 'bool', 'string'),
      one((a, b) => `"%{ for i in ${a} }\${i}\${${b}}%{ endfor }"`, 'sequence', 'string'),
      one((c, a, b) => `(${c} ? ${a} : ${b})`, 'bool', 'string', 'string'),
      one((a, b) => `${a}[${b}]`, 'sequence', 'number'),
      one((a) => `upper(${a})`, 'string'),
    ),
    bool: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('p', 'true', 'false'),
      one((a, b) => `(${a} == ${b})`, 'any', 'any'),
      one((a, b) => `(-${a} < ${b})`, 'number', 'number'),
      one((a, b) => `(${a} && ${b})`, 'bool', 'bool'),
      one((a, b) => `(${a} || ${b})`, 'bool', 'bool'),
      one((a) => `!${a}`, 'bool'),
    ),
    sequence: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('l', '[]'),
      one((a, b) => `[${a}, ${b}]`, 'string', 'string'),
      one((a, b) => `[for i in ${a} : "\${i}\${${b}}"]`, 'sequence', 'string'),
      one((a, c) => `[for i, v in ${a} : v if i < ${c}]`, 'sequence', 'number'),
      one((a) => `${a}[*]`, 'sequence'),
    ),
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('number'),
      tie('string'),
      tie('bool'),
      tie('sequence'),
      one((a, b) => `{ (${a}) = ${b} }`, 'string', 'any'),
      one((a, b) => `{ for i in ${a} : i => ${b}... }`, 'sequence', 'any'),
    ),
  }
})

const expressions = fc.oneof(any, number, string, bool, sequence)

function evaluateIn(text: string, environment: Environment) {
  return evaluateText(text, contextOf(new Map(Object.entries(environment))))
}

/** Whether `promise`, which was made while something was unknown, allows the value that came out. */
function allows(promise: Value, value: Value): boolean {
  if (!promise.isKnown) {
    const r = promise.refinement
    if (!conforms(value.type, promise.type)) return false
    if (value.isNull) return r?.notNull !== true
    if (!value.isKnown || r === undefined) return true
    if (r.prefix !== undefined && !value.asString().startsWith(r.prefix)) return false
    if (r.min !== undefined && compareNumeric(value.asNumeric(), r.min.value) < (r.min.inclusive ? 0 : 1)) return false
    if (r.max !== undefined && compareNumeric(value.asNumeric(), r.max.value) > (r.max.inclusive ? 0 : -1)) return false
    const length = Array.isArray(value.payload) ? value.payload.length : value.payload instanceof Map ? value.payload.size : undefined
    return length === undefined || (length >= (r.minLength ?? 0) && length <= (r.maxLength ?? length))
  }
  if (promise.isNull || value.isNull) return promise.isNull && value.isNull
  if (Array.isArray(promise.payload)) {
    const children = value.payload as readonly Value[]
    return (
      Array.isArray(children) && children.length === promise.payload.length && promise.asArray().every((c, i) => allows(c, children[i]!))
    )
  }
  if (promise.payload instanceof Map) {
    const children = value.payload as ReadonlyMap<string, Value>
    return children.size === promise.payload.size && [...promise.asMap()].every(([k, c]) => children.has(k) && allows(c, children.get(k)!))
  }
  return rawEquals(promise.unmark(), value.unmark())
}

const RUNS = 1500

describe('laws of evaluation', () => {
  test('what is said while a name is unknown holds when it is known', () => {
    fc.assert(
      fc.property(expressions, environments, fc.constantFrom(...names), (text, environment, name) => {
        const after = evaluateIn(text, environment)
        fc.pre(after.diags.length === 0)
        const before = evaluateIn(text, { ...environment, [name]: unknownVal(environment[name].type) })
        if (before.diags.length > 0) {
          // Only where errors of an operand or an arm are dropped may there be fewer of them later.
          expect(text).toMatch(/&&|\|\||\?|%\{ if/)
          return
        }
        expect(allows(before.value, after.value)).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })

  test('a result without the mark of a name does not depend on that name', () => {
    fc.assert(
      fc.property(expressions, environments, environments, fc.constantFrom(...names), (text, environment, other, name) => {
        const marked = evaluateIn(text, { ...environment, [name]: environment[name].mark('m') })
        const [bare, marks] = takeMarks(marked.value)
        const plain = evaluateIn(text, environment)
        expect(rawEquals(bare, plain.value)).toBe(true)
        if (marked.diags.length > 0 || marks?.has('m')) return
        const changed = evaluateIn(text, { ...environment, [name]: other[name] })
        fc.pre(changed.diags.length === 0)
        expect(rawEquals(changed.value, plain.value)).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })
})
