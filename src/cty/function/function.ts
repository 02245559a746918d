import { conforms, typeConformanceErrors } from '../convert/conformance.ts'
import { CtyError } from '../errors.ts'
import { type Marks, unionMarks } from '../marks.ts'
import { emptyPath, type Path } from '../path.ts'
import type { Type } from '../type.ts'
import { dynamicVal, takeMarks, unknownVal, type Value } from '../value.ts'
import { pathToString } from '../walk.ts'

/** A function of the language as data: what it takes, what type it gives, and the part that computes. */
export interface FunctionSpec {
  readonly name: string
  readonly description?: string
  readonly params: readonly Param[]
  /** Takes all arguments after those of `params`. */
  readonly varParam?: Param
  /** The type of the result for these arguments, which may be unknown. @throws FunctionError */
  readonly type: (args: readonly Value[]) => Type
  /** Adds what is known of every result, known ones included; never called with a result of unknown type. */
  readonly refine?: (result: Value, args: readonly Value[]) => Value
  /**
   * Computes the result, a value that conforms to `type`. Sees only arguments that their parameters allow: by default
   * known at their top, not null and unmarked at every depth. @throws FunctionError
   */
  readonly impl: (args: readonly Value[], type: Type) => Value
}

/** A parameter; what it does not allow is dealt with before the function sees it. */
export interface Param {
  readonly name: string
  readonly description?: string
  /** `dynamicType` for any type. The caller converts arguments to it. */
  readonly type: Type
  readonly allowNull?: boolean
  /** Otherwise an argument that is unknown (not merely inside) makes the result unknown. */
  readonly allowUnknown?: boolean
  /** Otherwise marks, also from inside, are taken off and put on the result. */
  readonly allowMarked?: boolean
  /** Otherwise an argument of unknown type makes the result one of unknown type. */
  readonly allowDynamic?: boolean
}

/** Why a call cannot be done. */
export class FunctionError extends CtyError {
  override readonly name = 'FunctionError'
  /** The argument at fault, from 0; undefined when it is not a single one. */
  readonly argIndex: number | undefined

  constructor(message: string, argIndex?: number, path: Path = emptyPath) {
    super(message, path)
    this.argIndex = argIndex
  }
}

/** For functions whose result type does not depend on the arguments. */
export function staticReturn(type: Type): () => Type {
  return () => type
}

/** Arguments as the function may see them, and what was taken off them. */
interface Checked {
  readonly args: readonly Value[]
  readonly marks: Marks | undefined
  /** The arguments do not tell the type of the result. */
  readonly dynamic: boolean
  /** The arguments do not tell the result. */
  readonly unknown: boolean
}

/**
 * Calls a function with values, which the language has converted to the types of the parameters.
 *
 * @returns unknown when an argument is that may not be; with the marks of all arguments that may not be marked.
 * @throws FunctionError
 */
export function callFunction(spec: FunctionSpec, args: readonly Value[]): Value {
  if (areUsual(spec, args)) {
    const type = spec.type(args)
    const result = resultOf(spec, args, type)
    return spec.refine === undefined || isOpen(result) ? result : spec.refine(result, args)
  }
  const checked = checkArguments(spec, args)
  if (checked.dynamic) return dynamicVal.withMarks(checked.marks)
  const type = spec.type(checked.args)
  if (checked.unknown) return refineResult(spec, unknownVal(type), checked)
  return refineResult(spec, resultOf(spec, checked.args, type), checked)
}

/** Whether nothing has to be dealt with before the function sees its arguments, as mostly: known, not null, without marks, of the right type. */
function areUsual({ params, varParam }: FunctionSpec, args: readonly Value[]): boolean {
  if (args.length !== params.length && (varParam === undefined || args.length < params.length)) return false
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    const { type } = i < params.length ? params[i]! : varParam!
    if (arg.containsMarked || !arg.hasContent || !(arg.type === type || type.kind === 'dynamic' || conforms(arg.type, type))) return false
  }
  return true
}

function resultOf(spec: FunctionSpec, args: readonly Value[], type: Type): Value {
  const result = spec.impl(args, type)
  if (result.type !== type && !conforms(result.type, type)) {
    throw new Error(`Function ${spec.name} gave a ${result.type.kind} instead of a ${type.kind}. This is a bug in Landform.`)
  }
  return result
}

/** Of unknown type, of which nothing can be said. */
function isOpen(result: Value): boolean {
  return result.type.kind === 'dynamic' && !result.isKnown
}

function refineResult(spec: FunctionSpec, result: Value, checked: Checked): Value {
  const refined = spec.refine === undefined || isOpen(result) ? result : spec.refine(result, checked.args)
  return checked.marks === undefined ? refined : refined.withMarks(checked.marks)
}

/** The type a call would give, without computing it. `dynamicType` where the arguments do not tell. @throws FunctionError */
export function returnTypeForValues(spec: FunctionSpec, args: readonly Value[]): Type {
  const checked = checkArguments(spec, args)
  return checked.dynamic ? dynamicVal.type : spec.type(checked.args)
}

function checkArguments(spec: FunctionSpec, args: readonly Value[]): Checked {
  const { params, varParam } = spec
  if (args.length < params.length || (args.length > params.length && varParam === undefined)) {
    const wanted = varParam === undefined ? `${params.length}` : `at least ${params.length}`
    throw new FunctionError(`wrong number of arguments (${args.length} given, ${wanted} required)`)
  }
  let seen: Value[] | undefined
  let marks: Marks | undefined
  let dynamic = false
  let unknown = false
  for (let i = 0; i < args.length; i++) {
    const param = params[i] ?? varParam!
    let arg = args[i]!
    if (arg.containsMarked && !param.allowMarked) {
      const [bare, found] = takeMarks(arg)
      marks = unionMarks(marks, found)
      seen ??= [...args]
      seen[i] = bare
      arg = bare
    }
    if (arg.isNull && !param.allowNull) throw new FunctionError('argument must not be null', i)
    if (arg.type.kind === 'dynamic' && !arg.isNull) {
      if (!param.allowDynamic) dynamic = true
    } else if (!arg.isNull && !conforms(arg.type, param.type)) {
      const [first] = typeConformanceErrors(arg.type, param.type)
      const where = first!.path.length === 0 ? '' : `${pathToString(first!.path)}: `
      throw new FunctionError(`${where}${first!.message}`, i, first!.path)
    }
    if (!arg.isKnown && !param.allowUnknown) unknown = true
  }
  return { args: seen ?? args, marks, dynamic, unknown }
}
