import {
  convert,
  dynamicType,
  EPHEMERAL,
  type FunctionSpec,
  listType,
  mapType,
  numericToJs,
  type Refinement,
  rawEquals,
  refine,
  SENSITIVE,
  safePrefix,
  setType,
  stringType,
  type Type,
  unmarkDeep,
  type Value,
} from '../../cty/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import { closureOf, closureType, parseType } from '../../hcl/index.ts'
import { any, define, fail, failArg, num, param, str } from './_define.ts'

/**
 * What the author of a configuration knows of a value before it is known: as long as it is unknown the assumption refines it, once it is known
 * it is held to it. In OpenTofu since 1.13.
 */

const asIs = { allowNull: true, allowUnknown: true, allowDynamic: true } as const

/** Secrecy says how a value was come by; an assumption is public. */
function withoutSecrecy(value: Value): Value {
  if (value.marks === undefined) return value
  return value.unmark().withMarks(new Set([...value.marks].filter((mark) => mark !== SENSITIVE && mark !== EPHEMERAL)))
}

const assumeEqual: FunctionSpec = define(
  'assumeequal',
  [any('actual', { ...asIs, allowMarked: true }), any('assumed', { ...asIs, allowMarked: true })],
  ([, assumed]) => assumed!.type,
  ([actual, assumed], type) => {
    const result = assumed!.withMarks(withoutSecrecy(actual!).marks)
    if (!actual!.isWhollyKnown || !assumed!.isWhollyKnown) return result
    let same: boolean
    try {
      same = rawEquals(unmarkDeep(convert(actual!, type)), unmarkDeep(assumed!))
    } catch {
      same = false
    }
    if (!same) failArg(0, 'the actual value does not match the assumed value')
    return result
  },
  { description: 'The second value, which the first one is or will turn out to be equal to.', mayBeNull: true },
)

const assumeNotNull: FunctionSpec = define(
  'assumenotnull',
  [any('value', asIs)],
  ([value]) => value!.type,
  ([value]) => {
    if (value!.isNull) failArg(0, 'value must not be null')
    return refine(value!, { notNull: true })
  },
  { description: 'The value, which is not or will not turn out to be null.' },
)

const assumeStringPrefix: FunctionSpec = define(
  'assumestringprefix',
  [str('string', asIs), str('prefix')],
  stringType,
  ([string, prefix]) => {
    if (string!.isNull) return string!
    if (!string!.isKnown) return refine(string!, { prefix: safePrefix(prefix!.asString()) })
    if (!string!.asString().startsWith(prefix!.asString())) failArg(0, `string must begin with ${JSON.stringify(prefix!.asString())}`)
    return string!
  },
  { description: 'The string, which begins or will turn out to begin with this prefix.', mayBeNull: true },
)

interface Bounds {
  readonly min?: number
  readonly max?: number
}

function assumeLength(kind: string, type: Type, which: '' | 'min' | 'max'): FunctionSpec {
  const bounds = which === '' ? [num('min'), num('max')] : [num(which)]
  return define(
    `assume${kind}length${which}`,
    [param(kind, type, asIs), ...bounds],
    ([collection]) => collection!.type,
    ([collection, first, second]) => {
      const low = numericToJs(first!.asNumeric())
      const wanted: Bounds = which === '' ? { min: low, max: numericToJs(second!.asNumeric()) } : { [which]: low }
      if (collection!.isNull) return collection!
      if (!collection!.isKnown) return refine(collection!, lengthRefinement(wanted))
      const length = collection!.type.kind === 'map' ? collection!.asMap().size : collection!.asArray().length
      const { min = 0, max = Number.POSITIVE_INFINITY } = wanted
      if (length < min || length > max) failArg(0, `${kind} must have ${boundsText(wanted)}, but has ${length}`)
      return collection!
    },
    { description: `The ${kind}, whose number of elements is or will turn out to be within these bounds.`, mayBeNull: true },
  )
}

function lengthRefinement({ min, max }: Bounds): Refinement {
  return { ...(min === undefined ? {} : { minLength: min }), ...(max === undefined ? {} : { maxLength: max }) }
}

function boundsText({ min, max }: Bounds): string {
  if (min === undefined) return `at most ${max} elements`
  if (max === undefined) return `at least ${min} elements`
  return min === max ? `exactly ${min} elements` : `between ${min} and ${max} elements`
}

/** `convert(value, TYPE)`: the second argument is a type expression, not a value. */
const convertFunction: FunctionSpec = define(
  'convert',
  [any('value', { ...asIs, allowMarked: true }), param('type', closureType)],
  ([, type]) => typeOf(type!),
  ([value, type]) => {
    try {
      return convert(value!, typeOf(type!))
    } catch (error) {
      return failArg(0, (error as Error).message)
    }
  },
  { description: 'The value converted to a type, which is written as in a variable block.', mayBeNull: true },
)

function typeOf(argument: Value): Type {
  const diags = new Diagnostics()
  const type = parseType(closureOf(argument).expr, diags)
  const problem = diags.items[0]
  if (problem !== undefined) fail(problem.detail)
  return type
}

const bounds = ['', 'min', 'max'] as const

export const assumeFunctions: readonly FunctionSpec[] = [
  assumeEqual,
  assumeNotNull,
  assumeStringPrefix,
  ...bounds.map((which) => assumeLength('list', listType(dynamicType), which)),
  ...bounds.map((which) => assumeLength('map', mapType(dynamicType), which)),
  ...bounds.map((which) => assumeLength('set', setType(dynamicType), which)),
  convertFunction,
]
