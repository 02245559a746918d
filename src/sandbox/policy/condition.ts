import { BlockList, isIP } from 'node:net'
import { compilePattern, matchesArn, matchesCompiled } from './pattern.ts'

/** What is known of a request, by condition key in lower case, such as `aws:sourceip`. A key that is absent is not known. */
export type RequestContext = ReadonlyMap<string, readonly string[]>

export interface Condition {
  readonly operator: ConditionOperator
  /** In lower case. */
  readonly key: string
  readonly values: readonly string[]
}

export interface ConditionOperator {
  readonly name: OperatorName
  readonly ifExists: boolean
  readonly qualifier: 'all' | 'any' | undefined
}

type Compare = (wanted: string, given: string, variables: RequestContext | undefined) => boolean

interface OperatorSpec {
  readonly compare: Compare
  /** The condition is met when none of the values fits, and also when there is nothing to compare. */
  readonly negated?: boolean
}

const equals: Compare = (wanted, given, variables) => textMatches(wanted, given, variables, false)
const equalsIgnoreCase: Compare = (wanted, given, variables) => textMatches(wanted, given, variables, false, true)
const like: Compare = (wanted, given, variables) => textMatches(wanted, given, variables, true)

function textMatches(
  wanted: string,
  given: string,
  variables: RequestContext | undefined,
  wildcards: boolean,
  ignoreCase = false,
): boolean {
  const pattern = compilePattern(wanted, variables, wildcards)
  return pattern !== undefined && matchesCompiled(pattern, given, ignoreCase)
}

function numeric(compare: (given: number, wanted: number) => boolean): Compare {
  return (wanted, given) => wanted.trim() !== '' && given.trim() !== '' && compare(Number(given), Number(wanted))
}

function dated(compare: (given: number, wanted: number) => boolean): Compare {
  return (wanted, given) => compare(instant(given), instant(wanted))
}

/** Milliseconds of an ISO 8601 text or of seconds since 1970; NaN, which compares as false, for others. */
function instant(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) && text.length > 4 ? Number(text) * 1000 : Date.parse(text)
}

const inRange: Compare = (wanted, given) => {
  const [address, bits] = wanted.split('/') as [string, string | undefined]
  const family = isIP(address)
  if (family === 0 || isIP(given) !== family) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(address, bits === undefined ? (family === 4 ? 32 : 128) : Number(bits), type)
  return list.check(given, type)
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const operators = {
  StringEquals: { compare: equals },
  StringNotEquals: { compare: equals, negated: true },
  StringEqualsIgnoreCase: { compare: equalsIgnoreCase },
  StringNotEqualsIgnoreCase: { compare: equalsIgnoreCase, negated: true },
  StringLike: { compare: like },
  StringNotLike: { compare: like, negated: true },
  NumericEquals: { compare: numeric((a, b) => a === b) },
  NumericNotEquals: { compare: numeric((a, b) => a === b), negated: true },
  NumericLessThan: { compare: numeric((a, b) => a < b) },
  NumericLessThanEquals: { compare: numeric((a, b) => a <= b) },
  NumericGreaterThan: { compare: numeric((a, b) => a > b) },
  NumericGreaterThanEquals: { compare: numeric((a, b) => a >= b) },
  DateEquals: { compare: dated((a, b) => a === b) },
  DateNotEquals: { compare: dated((a, b) => a === b), negated: true },
  DateLessThan: { compare: dated((a, b) => a < b) },
  DateLessThanEquals: { compare: dated((a, b) => a <= b) },
  DateGreaterThan: { compare: dated((a, b) => a > b) },
  DateGreaterThanEquals: { compare: dated((a, b) => a >= b) },
  Bool: { compare: (wanted, given) => wanted.toLowerCase() === given.toLowerCase() },
  BinaryEquals: { compare: (wanted, given) => wanted === given },
  IpAddress: { compare: inRange },
  NotIpAddress: { compare: inRange, negated: true },
  ArnEquals: { compare: matchesArn },
  ArnLike: { compare: matchesArn },
  ArnNotEquals: { compare: matchesArn, negated: true },
  ArnNotLike: { compare: matchesArn, negated: true },
  Null: { compare: () => false },
} as const satisfies Record<string, OperatorSpec>

export type OperatorName = keyof typeof operators

const operatorNames = new Map(Object.keys(operators).map((name) => [name.toLowerCase(), name as OperatorName]))

/** Such as `ForAnyValue:StringLikeIfExists`; undefined when it is none. */
export function tryOperator(text: string): ConditionOperator | undefined {
  const match = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/i.exec(text)
  const name = operatorNames.get(match?.[2]?.toLowerCase() ?? '')
  if (match === null || name === undefined) return undefined
  const qualifier = match[1] === undefined ? undefined : match[1].toLowerCase() === 'forallvalues' ? 'all' : 'any'
  const ifExists = match[3] !== undefined
  return name === 'Null' && ifExists ? undefined : { name, ifExists, qualifier }
}

/**
 * Whether a condition is met.
 *
 * | key     | plain              | negated      | IfExists | ForAllValues | ForAnyValue |
 * |---------|--------------------|--------------|----------|--------------|-------------|
 * | absent  | no                 | yes          | yes      | yes          | no          |
 * | present | some pair fits     | no pair fits | as plain | each fits    | one fits    |
 *
 * @param variables absent when the policy's version has no variables
 */
export function isMet(condition: Condition, context: RequestContext, variables: RequestContext | undefined): boolean {
  const { operator, values } = condition
  const given = context.get(condition.key)
  if (operator.name === 'Null')
    return values.some((value) => (value.toLowerCase() === 'true') === (given === undefined || given.length === 0))
  const spec: OperatorSpec = operators[operator.name]
  const negated = spec.negated === true
  if (given === undefined || given.length === 0) {
    if (operator.qualifier === 'any') return operator.ifExists
    return negated || operator.ifExists || operator.qualifier === 'all'
  }
  const fits = (one: string) => values.some((value) => spec.compare(value, one, variables)) !== negated
  if (operator.qualifier === 'all') return given.every(fits)
  if (operator.qualifier === 'any') return given.some(fits)
  return negated ? given.every(fits) : given.some(fits)
}
