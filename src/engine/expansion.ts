import type { InstanceKey } from '../addrs/index.ts'
import {
  boolType,
  ConversionError,
  convert,
  dynamicVal,
  EPHEMERAL,
  friendlyName,
  intVal,
  numberType,
  numericIsInteger,
  numericToJs,
  SENSITIVE,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type DescribeOptions, describeValues, type Expr } from '../hcl/index.ts'
import type { Needs } from '../lang/index.ts'
import type { Evaluation, ModuleScope } from './evaluation.ts'

/** What `count` and `each` mean in one instance; absent members may not be used. */
export interface Repetition {
  readonly countIndex?: Value | undefined
  readonly eachKey?: Value | undefined
  readonly eachValue?: Value | undefined
}

export const noRepetition: Repetition = {}

/** How a resource or module call is repeated. `unknown` occurs only while validating, where it has one instance that stands for all. */
export interface Expansion {
  readonly kind: 'single' | 'count' | 'forEach' | 'unknown'
  /** Ascending: numbers, or strings by their bytes. */
  readonly keys: readonly InstanceKey[]
  has(key: InstanceKey): boolean
  repetition(key: InstanceKey): Repetition
}

export const singleExpansion: Expansion = {
  kind: 'single',
  keys: [undefined],
  has: (key) => key === undefined,
  repetition: () => noRepetition,
}

/** OpenTofu's `enabled = false`: there is no object, and whoever names it finds null. */
const disabledExpansion: Expansion = { ...singleExpansion, keys: [], has: () => false }

/** Stands for all instances while nothing is known of them. */
export function unknownExpansion(block: Repeated): Expansion {
  if (block.enabled !== undefined) return { ...singleExpansion, kind: 'unknown', has: () => true }
  const repetition: Repetition =
    block.count !== undefined ? { countIndex: unknownVal(numberType) } : { eachKey: unknownVal(stringType), eachValue: dynamicVal }
  return { kind: 'unknown', keys: [undefined], has: () => true, repetition: () => repetition }
}

export interface Repeated {
  readonly count: Expr | undefined
  readonly forEach: Expr | undefined
  readonly enabled: Expr | undefined
}

/**
 * Evaluates `count`, `for_each` or `enabled`. Undefined when that failed, with the reason reported.
 *
 * @param unknownAllowed while validating: an unknown repetition stands for any.
 */
export function expand(
  evaluation: Evaluation,
  scope: ModuleScope,
  block: Repeated,
  needs: Needs,
  unknownAllowed: boolean,
  diags: Diagnostics,
): Expansion | undefined {
  if (block.count !== undefined) return expandCount(evaluation, scope, block, block.count, needs, unknownAllowed, diags)
  if (block.forEach !== undefined) return expandForEach(evaluation, scope, block, block.forEach, needs, unknownAllowed, diags)
  if (block.enabled !== undefined) return expandEnabled(evaluation, scope, block, block.enabled, needs, unknownAllowed, diags)
  return singleExpansion
}

function expandEnabled(
  evaluation: Evaluation,
  scope: ModuleScope,
  block: Repeated,
  expr: Expr,
  needs: Needs,
  unknownAllowed: boolean,
  diags: Diagnostics,
): Expansion | undefined {
  const own = new Diagnostics()
  const given = evaluation.evaluate(scope, expr, needs, noRepetition, own)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  const refuse = (detail: string): undefined => {
    diags.error('Invalid enabled argument', detail, { subject: expr.range })
    return undefined
  }
  for (const [mark, word] of [
    [SENSITIVE, 'sensitive'],
    [EPHEMERAL, 'ephemeral'],
  ] as const) {
    if (given.hasMark(mark)) {
      return refuse(`The "enabled" value is derived from a ${word} value, so whether the object exists would tell something of it.`)
    }
  }
  let value: Value
  try {
    value = convert(given, boolType)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return refuse(`The given "enabled" argument value is unsuitable: ${error.message}.`)
  }
  if (value.isNull) return refuse('The given "enabled" argument value is null. A bool is required.')
  if (value.isKnown) return value.asBool() ? singleExpansion : disabledExpansion
  if (unknownAllowed) return unknownExpansion(block)
  return refuse(
    'The "enabled" value depends on resource attributes that cannot be determined until apply, so it cannot be predicted whether the object will exist. To work around this, use the -target argument to first apply only what the value depends on.',
  )
}

/** Applying asks again for what planning has asked, so instances of one number are shared. */
function countExpansion(count: number): Expansion {
  const keys = Array.from({ length: count }, (_, i) => i)
  return {
    kind: 'count',
    keys,
    has: (key) => typeof key === 'number' && key >= 0 && key < count,
    repetition: (key) => ({ countIndex: intVal(key as number) }),
  }
}

function expandCount(
  evaluation: Evaluation,
  scope: ModuleScope,
  block: Repeated,
  expr: Expr,
  needs: Needs,
  unknownAllowed: boolean,
  diags: Diagnostics,
): Expansion | undefined {
  const subject = expr.range
  const own = new Diagnostics()
  const given = evaluation.evaluate(scope, expr, needs, noRepetition, own)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  if (given.hasMark(EPHEMERAL)) {
    diags.error(
      'Invalid count argument',
      'The given "count" is derived from an ephemeral value, which means that Terraform cannot persist it between plan/apply rounds. Use only non-ephemeral values to specify the number of resource instances.',
      { subject },
    )
    return undefined
  }
  let value: Value
  try {
    value = convert(given.unmark(), numberType)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error('Incorrect value type', `Invalid expression value: ${error.message}.`, { subject })
    return undefined
  }
  if (!value.isKnown) {
    if (unknownAllowed) return unknownExpansion(block)
    diags.error(
      'Invalid count argument',
      'The "count" value depends on resource attributes that cannot be determined until apply, so Terraform cannot predict how many instances will be created. To work around this, use the -target argument to first apply only the resources that the count depends on.',
      { subject },
    )
    return undefined
  }
  if (value.isNull) {
    diags.error('Invalid count argument', 'The given "count" argument value is null. An integer is required.', { subject })
    return undefined
  }
  const number = value.asNumeric()
  const count = numericToJs(number)
  if (!numericIsInteger(number)) {
    diags.error(
      'Invalid count argument',
      'The given "count" argument value is unsuitable: value must be a whole number, between -9223372036854775808 and 9223372036854775807.',
      { subject },
    )
    return undefined
  }
  if (count < 0) {
    diags.error('Invalid count argument', 'The given "count" argument value is unsuitable: must be greater than or equal to zero.', {
      subject,
    })
    return undefined
  }
  if (count > 2147483647) {
    diags.error('Invalid count argument', 'The given "count" argument value is unsuitable: must be less than or equal to 2147483647.', {
      subject,
    })
    return undefined
  }
  return countExpansion(count)
}

function expandForEach(
  evaluation: Evaluation,
  scope: ModuleScope,
  block: Repeated,
  expr: Expr,
  needs: Needs,
  unknownAllowed: boolean,
  diags: Diagnostics,
): Expansion | undefined {
  const subject = expr.range
  const own = new Diagnostics()
  const value = evaluation.evaluate(scope, expr, needs, noRepetition, own)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  const describe = (options: DescribeOptions): ReturnType<typeof describeValues> =>
    describeValues([expr], evaluation.context(scope, needs, noRepetition, new Diagnostics()), options)
  const unsuitable = (summary: string, why: string): undefined => {
    diags.error(summary, `The given "for_each" argument value is unsuitable: ${why}`, { subject })
    return undefined
  }
  const unknown = (): Expansion | undefined => {
    if (unknownAllowed) return unknownExpansion(block)
    const what =
      value.type.kind === 'set'
        ? 'The "for_each" set includes values derived from resource attributes that cannot be determined until apply, and so Terraform cannot determine the full set of keys that will identify the instances of this resource.\n\nWhen working with unknown values in for_each, it\'s better to use a map value where the keys are defined statically in your configuration and where only the values contain apply-time results.\n\nAlternatively, you could use the -target planning option to first apply only the resources that the for_each value depends on, and then apply a second time to fully converge.'
        : 'The "for_each" map includes keys derived from resource attributes that cannot be determined until apply, and so Terraform cannot determine the full set of keys that will identify the instances of this resource.\n\nWhen working with unknown values in for_each, it\'s better to define the map keys statically in your configuration and place apply-time results only in the map values.\n\nAlternatively, you could use the -target planning option to first apply only the resources that the for_each value depends on, and then apply a second time to fully converge.'
    diags.error('Invalid for_each argument', what, { subject, values: describe({ unknowns: true }) })
    return undefined
  }
  if (value.hasMark(SENSITIVE)) {
    diags.error(
      'Invalid for_each argument',
      'Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. If used, the sensitive value could be exposed as a resource instance key.',
      { subject, values: describe({ sensitives: true }) },
    )
    return undefined
  }
  if (value.hasMark(EPHEMERAL)) {
    diags.error(
      'Invalid for_each argument',
      'The given "for_each" value is derived from an ephemeral value, which means that Terraform cannot persist it between plan/apply rounds. Use only non-ephemeral values to specify a resource\'s instance keys.',
      { subject, values: describe({ ephemerals: true }) },
    )
    return undefined
  }
  if (value.isNull) {
    diags.error(
      'Invalid for_each argument',
      'The given "for_each" argument value is unsuitable: the given "for_each" argument value is null. A map, or set of strings is allowed.',
      { subject, values: describe({}) },
    )
    return undefined
  }
  const bare = value.unmark()
  const { type } = bare
  if (type.kind === 'dynamic') return unknown()
  if (type.kind !== 'map' && type.kind !== 'object' && type.kind !== 'set') {
    return unsuitable(
      'Invalid for_each argument',
      `the "for_each" argument must be a map, or set of strings, and you have provided a value of type ${friendlyName(type)}.`,
    )
  }
  if (!bare.isKnown) return unknown()
  if (type.kind !== 'set') {
    const entries = bare.asMap()
    return {
      kind: 'forEach',
      keys: [...entries.keys()],
      has: (key) => typeof key === 'string' && entries.has(key),
      repetition: (key) => ({ eachKey: stringVal(key as string), eachValue: entries.get(key as string)! }),
    }
  }
  const elements = bare.asArray()
  if (elements.some((e) => !e.isKnown)) return unknown()
  if (elements.length > 0 && type.element.kind !== 'string') {
    return unsuitable(
      'Invalid for_each set argument',
      `"for_each" supports maps and sets of strings, but you have provided a set containing type ${friendlyName(type.element)}.`,
    )
  }
  if (elements.some((e) => e.isNull)) {
    return unsuitable('Invalid for_each set argument', '"for_each" sets must not contain null values.')
  }
  const byKey = new Map(elements.map((e) => [e.asString(), e] as const))
  return {
    kind: 'forEach',
    keys: [...byKey.keys()],
    has: (key) => typeof key === 'string' && byKey.has(key),
    repetition: (key) => ({ eachKey: byKey.get(key as string)!, eachValue: byKey.get(key as string)! }),
  }
}
