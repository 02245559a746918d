import {
  boolType,
  ConversionError,
  convert,
  dynamicType,
  dynamicVal,
  listType,
  mapType,
  numberType,
  objectType,
  setType,
  stringType,
  type Type,
  tupleType,
  type Value,
} from '../../cty/index.ts'
import { Diagnostics, type SourceRange } from '../../diags/index.ts'
import type { CallExpr, Expr } from '../ast.ts'
import { evaluate } from '../evaluate.ts'
import { exprCall, keywordOf } from '../static.ts'
import { quote } from '../traverse.ts'
import { makeDefaults, type TypeDefaults } from './defaults.ts'

/**
 * What may occur in a type: `exact` names one type; `constraint` allows `any` and `optional(T)`; `defaults` allows
 * `optional(T, value)` too.
 */
export type TypeMode = 'exact' | 'constraint' | 'defaults'

/** A type with the defaults of its optional attributes. */
export interface TypeConstraint {
  readonly type: Type
  readonly defaults: TypeDefaults | undefined
}

/** The type that an expression such as `list(string)` spells, `any` where it spells none, which is reported. */
export function parseType(expr: Expr, diags: Diagnostics, mode: TypeMode = 'exact'): Type {
  return read(expr, mode, diags).type
}

/** The constraint of an input variable: `any`, `optional(T)` and `optional(T, default)` are allowed. */
export function parseTypeConstraint(expr: Expr, diags: Diagnostics): TypeConstraint {
  return read(expr, 'defaults', diags)
}

const anyType: TypeConstraint = { type: dynamicType, defaults: undefined }

function read(expr: Expr, mode: TypeMode, diags: Diagnostics): TypeConstraint {
  if (expr.kind === 'error') return anyType
  const keyword = keywordOf(expr)
  if (keyword !== undefined) return readKeyword(keyword, expr.range, mode, diags)
  const call = exprCall(expr)
  if (call !== undefined) return readCall(call, expr, mode, diags)
  return invalid(
    'A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string).',
    expr.range,
    diags,
  )
}

function invalid(detail: string, subject: SourceRange, diags: Diagnostics, context?: SourceRange): TypeConstraint {
  diags.error('Invalid type specification', detail, { subject, context })
  return anyType
}

const primitives: ReadonlyMap<string, Type> = new Map([
  ['bool', boolType],
  ['string', stringType],
  ['number', numberType],
])

const collections: ReadonlyMap<string, (element: Type) => Type> = new Map<string, (element: Type) => Type>([
  ['list', listType],
  ['set', setType],
  ['map', mapType],
])

const objectArgument = 'The object type constructor requires one argument specifying the attribute types and values as a map.'
const tupleArgument = 'The tuple type constructor requires one argument specifying the element types as a list.'

function readKeyword(keyword: string, range: SourceRange, mode: TypeMode, diags: Diagnostics): TypeConstraint {
  const primitive = primitives.get(keyword)
  if (primitive !== undefined) return { type: primitive, defaults: undefined }
  if (collections.has(keyword)) return invalid(elementArgument(keyword), range, diags)
  switch (keyword) {
    case 'any':
      if (mode !== 'exact') return anyType
      return invalid('The keyword "any" cannot be used in this type specification: an exact type is required.', range, diags)
    case 'object':
      return invalid(objectArgument, range, diags)
    case 'tuple':
      return invalid(tupleArgument, range, diags)
    case 'optional':
      return invalid('Keyword "optional" is valid only as a modifier for object type attributes.', range, diags)
    default:
      return invalid(`The keyword ${quote(keyword)} is not a valid type specification.`, range, diags)
  }
}

function elementArgument(keyword: string): string {
  return `The ${keyword} type constructor requires one argument specifying the element type.`
}

function readCall(call: CallExpr, whole: Expr, mode: TypeMode, diags: Diagnostics): TypeConstraint {
  const { name, args } = call
  if (primitives.has(name)) {
    return invalid(`Primitive type keyword ${quote(name)} does not expect arguments.`, argumentsOf(call), diags, call.range)
  }
  const collection = collections.get(name)
  if (collection !== undefined) {
    if (args.length !== 1) return invalid(elementArgument(name), args[1]?.range ?? argumentsOf(call), diags, call.range)
    const element = read(args[0]!, mode, diags)
    const type = collection(element.type)
    return { type, defaults: makeDefaults(type, new Map(), new Map([['', element.defaults]])) }
  }
  switch (name) {
    case 'any':
      return invalid('Type constraint keyword "any" does not expect arguments.', argumentsOf(call), diags, call.range)
    case 'optional':
      return invalid('Keyword "optional" is valid only as a modifier for object type attributes.', call.nameRange, diags, call.range)
    case 'object':
      if (args.length !== 1) return invalid(objectArgument, argumentsOf(call), diags, call.range)
      return readObject(args[0]!, call, mode, diags)
    case 'tuple':
      if (args.length !== 1) return invalid(tupleArgument, argumentsOf(call), diags, call.range)
      return readTuple(args[0]!, call, mode, diags)
    default:
      return invalid(`Keyword ${quote(name)} is not a valid type constructor.`, whole.range, diags)
  }
}

/** From the opening parenthesis to the closing one. */
function argumentsOf(call: CallExpr): SourceRange {
  return { ...call.range, start: call.nameRange.end }
}

function readTuple(expr: Expr, call: CallExpr, mode: TypeMode, diags: Diagnostics): TypeConstraint {
  if (expr.kind !== 'tuple' && expr.kind !== 'jsonArray') {
    return invalid('Tuple type constructor requires a list of element types.', expr.range, diags, call.range)
  }
  const elements = expr.elements.map((element) => read(element, mode, diags))
  const type = tupleType(elements.map((e) => e.type))
  return { type, defaults: makeDefaults(type, new Map(), new Map(elements.map((e, i) => [String(i), e.defaults]))) }
}

function readObject(expr: Expr, call: CallExpr, mode: TypeMode, diags: Diagnostics): TypeConstraint {
  if (expr.kind !== 'object' && expr.kind !== 'jsonObject') {
    return invalid(
      'Object type constructor requires a map whose keys are attribute names and whose values are the corresponding attribute types.',
      expr.range,
      diags,
      call.range,
    )
  }
  const attributes = new Map<string, Type>()
  const optional: string[] = []
  const defaults = new Map<string, Value>()
  const children = new Map<string, TypeDefaults | undefined>()
  for (const { key, value } of expr.items) {
    const name = attributeName(key)
    if (name === undefined) {
      invalid('Object constructor map keys must be attribute names.', key.range, diags, expr.range)
      continue
    }
    if (attributes.has(name)) {
      invalid('Object constructor map keys must be unique.', key.range, diags, expr.range)
      continue
    }
    const attribute = readAttribute(value, mode, diags)
    attributes.set(name, attribute.type)
    children.set(name, attribute.defaults)
    if (attribute.optional) optional.push(name)
    if (attribute.defaultValue !== undefined) defaults.set(name, attribute.defaultValue)
  }
  const type = objectType(attributes, optional)
  return { type, defaults: makeDefaults(type, defaults, children) }
}

/** A bare word; it is a literal string where the parser has already taken it as the name of an attribute. */
function attributeName(key: Expr): string | undefined {
  if (key.kind === 'literal' && typeof key.value.payload === 'string') return key.value.payload
  return keywordOf(key)
}

interface AttributeConstraint extends TypeConstraint {
  readonly optional: boolean
  readonly defaultValue: Value | undefined
}

function readAttribute(expr: Expr, mode: TypeMode, diags: Diagnostics): AttributeConstraint {
  const call = exprCall(expr)
  if (call?.name !== 'optional') return { ...read(expr, mode, diags), optional: false, defaultValue: undefined }
  const problem = modifierProblem(call, mode)
  if (problem !== undefined) return { ...invalid(problem, argumentsOf(call), diags, call.range), optional: true, defaultValue: undefined }
  const constraint = read(call.args[0]!, mode, diags)
  const defaultExpr = call.args[1]
  const defaultValue = defaultExpr === undefined ? undefined : readDefault(defaultExpr, constraint.type, diags)
  return { ...constraint, optional: true, defaultValue }
}

function modifierProblem(call: CallExpr, mode: TypeMode): string | undefined {
  if (mode === 'exact') return 'Optional attribute modifier is only for type constraints, not for exact types.'
  if (call.args.length === 0) return 'Optional attribute modifier requires the attribute type as its argument.'
  if (mode === 'constraint' && call.args.length > 1) return 'Optional attribute modifier expects only one argument: the attribute type.'
  if (call.args.length > 2) return 'Optional attribute modifier expects at most two arguments: the attribute type, and a default value.'
  return undefined
}

function readDefault(expr: Expr, type: Type, diags: Diagnostics): Value {
  const found = new Diagnostics()
  const value = evaluate(expr, undefined, found)
  diags.addAll(found.items)
  if (found.hasErrors) return dynamicVal
  try {
    return convert(value, type)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error(
      'Invalid default value for optional attribute',
      `This default value is not compatible with the attribute's type constraint: ${error.message}.`,
      { subject: expr.range },
    )
    return dynamicVal
  }
}
