import {
  boolType,
  dynamicType,
  FunctionError,
  type FunctionSpec,
  numberType,
  type Param,
  refineNotNull,
  stringType,
  type Type,
  type Value,
} from '../../cty/index.ts'

/** What functions may know of their surroundings. */
export interface FunctionContext {
  /** Where relative paths of filesystem functions start. */
  readonly baseDir: string
  readonly homeDir?: string | undefined
  /** RFC 3339, what `plantimestamp` gives; undefined where no plan is being made: unknown then. */
  readonly planTimestamp?: string | undefined
  /** True while validating and planning: functions whose result differs from call to call are unknown then. */
  readonly pure: boolean
  readonly now?: (() => Date) | undefined
}

export function param(name: string, type: Type, options: Omit<Param, 'name' | 'type'> = {}): Param {
  return { name, type, ...options }
}

export const str = (name: string, options?: Omit<Param, 'name' | 'type'>): Param => param(name, stringType, options)
export const num = (name: string, options?: Omit<Param, 'name' | 'type'>): Param => param(name, numberType, options)
export const bool = (name: string, options?: Omit<Param, 'name' | 'type'>): Param => param(name, boolType, options)
export const any = (name: string, options?: Omit<Param, 'name' | 'type'>): Param => param(name, dynamicType, options)

export interface Options {
  readonly description: string
  readonly varParam?: Param
  /** Most functions never give null; that is known of an unknown result too. */
  readonly mayBeNull?: boolean
}

/** A function whose result always has one type, or a type computed from its arguments. */
export function define(
  name: string,
  params: readonly Param[],
  type: Type | ((args: readonly Value[]) => Type),
  impl: (args: readonly Value[], type: Type) => Value,
  options: Options & { readonly refine?: FunctionSpec['refine'] },
): FunctionSpec {
  return {
    name,
    description: options.description,
    params: [...params],
    ...(options.varParam === undefined ? {} : { varParam: options.varParam }),
    type: typeof type === 'function' ? type : () => type,
    ...(options.mayBeNull && options.refine === undefined ? {} : { refine: options.refine ?? refineNotNull }),
    impl,
  }
}

export function fail(message: string): never {
  throw new FunctionError(message)
}

export function failArg(index: number, message: string): never {
  throw new FunctionError(message, index)
}
