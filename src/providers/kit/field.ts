import type { ApiPath } from './api-path.ts'
import type { Plain } from './plain.ts'

/** Where an attribute is in the API and what becomes of it on the way. */
export interface FieldOptions<T, Remote = never> {
  /** In requests that create; `false`: in none of them. The path of the field when not given. */
  readonly create?: ApiPath | false
  /** In answers; a function where no path says it; `false`: never read, the state keeps what was configured. */
  readonly read?: ApiPath | false | ((remote: Remote) => T | null | undefined)
  /** The group of update calls that changes it; see `ResourceSpec.updates`. */
  readonly update?: string
  /** In requests that update, when it differs from creating. */
  readonly updateAt?: ApiPath
  /** What the service gives a new object; a group that also runs after creation is called only where this differs. */
  readonly initial?: T
  /** State to request. */
  readonly expand?: (value: T) => unknown
  /** Answer to state; not called for what is absent. */
  readonly flatten?: (value: never) => T | null
  /** What the state holds when the answer has nothing; by default the zero of the type under the old SDK's rules, else null. */
  readonly absent?: Plain
  /** Planned where the configuration has null; for nested blocks, of whose defaults the data file knows nothing. */
  readonly default?: T
  /** What is stored for what is configured. */
  readonly normalize?: (value: T) => T
  /** Of a set of blocks: attributes by which its elements are told apart; all that can be configured when not given. */
  readonly identity?: readonly string[]
  /** Differences that are none: the prior value stays. */
  readonly same?: (prior: T, planned: T) => boolean
  /** Read, but refused in a configuration: setting it is not supported yet. */
  readonly readOnly?: boolean
  /** This computed attribute is unknown again when one of these changes. */
  readonly changesWith?: readonly string[]
}

export type FieldKind = 'string' | 'number' | 'bool' | 'strings' | 'map' | 'blocks' | 'any'

/** One row of a field map. `T` is the type of the attribute in states; it exists only for the compiler. */
export interface Field<T = unknown> {
  readonly kind: FieldKind
  /** Undefined: in no request, and read only by a function. */
  readonly path: ApiPath | undefined
  // biome-ignore lint/suspicious/noExplicitAny: options are contravariant in T; maps of fields hold all kinds.
  readonly options: FieldOptions<any, any>
  /** Fields of nested blocks. */
  readonly nested?: FieldMap
  readonly __type?: T
}

export type FieldMap = Readonly<Record<string, Field>>

/** The attributes of a field map as special code sees them: wholly known, null for what is not set. */
export type StateOf<F extends FieldMap> = { readonly [K in keyof F]: (F[K] extends Field<infer T> ? T : never) | null } & {
  readonly id: string | null
}

// biome-ignore lint/suspicious/noExplicitAny: a reader's parameter is the answer's type, which the resource knows.
type AnyRemote = any

export function string(path?: ApiPath, options: FieldOptions<string, AnyRemote> = {}): Field<string> {
  return { kind: 'string', path, options }
}

export function number(path?: ApiPath, options: FieldOptions<number, AnyRemote> = {}): Field<number> {
  return { kind: 'number', path, options }
}

export function bool(path?: ApiPath, options: FieldOptions<boolean, AnyRemote> = {}): Field<boolean> {
  return { kind: 'bool', path, options }
}

/** A list or set of texts. */
export function strings(path?: ApiPath, options: FieldOptions<readonly string[], AnyRemote> = {}): Field<readonly string[]> {
  return { kind: 'strings', path, options }
}

export function stringMap(
  path?: ApiPath,
  options: FieldOptions<Readonly<Record<string, string>>, AnyRemote> = {},
): Field<Readonly<Record<string, string>>> {
  return { kind: 'map', path, options }
}

/** Nested blocks, or objects in an attribute. Where the API has one object and no list, there is at most one block. */
export function blocks<F extends FieldMap>(
  path: ApiPath | undefined,
  nested: F,
  options: FieldOptions<readonly BlockOf<F>[], AnyRemote> = {},
): Field<readonly BlockOf<F>[]> {
  return { kind: 'blocks', path, options, nested }
}

export type BlockOf<F extends FieldMap> = { readonly [K in keyof F]: (F[K] extends Field<infer T> ? T : never) | null }

/** Stored in the state only: a setting for Landform itself. */
export const setting = { create: false, read: false } as const
