import type { Path } from '../../cty/index.ts'
import type { ApiRequest } from './expand.ts'
import type { FieldMap, StateOf } from './field.ts'
import type { Plain, PlainObject } from './plain.ts'
import type { Pace } from './wait.ts'

export type OperationName = 'create' | 'read' | 'update' | 'delete'

/** One operation on one object: its deadline, its way to be stopped, and `api`, the caller of the service. */
export interface Operation<Api> {
  readonly api: Api
  readonly name: OperationName
  readonly signal: AbortSignal
  readonly deadlineMs: number
  readonly pace: Pace
  /** What is configured, while creating and updating: states keep only a digest of some arguments. Empty otherwise. */
  readonly config: PlainObject
  /** Calls `look` until it gives something. @throws TimeoutError at the deadline. */
  waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T>
  /** Repeats `work` while it fails in this passing way, at most `forMs` long. */
  retry<T>(isPassing: (error: unknown) => boolean, work: () => Promise<T>, forMs?: number): Promise<T>
  warn(summary: string, detail: string): void
}

export interface Change<F extends FieldMap> {
  readonly id: string
  readonly prior: StateOf<F>
  readonly planned: StateOf<F>
  /** The changed attributes of the group, as part of a request. */
  readonly request: ApiRequest
  /** Names of the changed attributes of the group. */
  readonly changed: ReadonlySet<string>
}

/** What a plan looks like while it is made; `planned` may be changed. */
export interface Draft {
  readonly planned: Record<string, Plain>
  readonly prior: PlainObject | undefined
  readonly config: PlainObject
  /** Names of attributes whose change here makes a replacement necessary, beside those of the data. */
  readonly replace: Set<string>
  /** Names of attributes that the data says force a replacement, and that do not in this case. */
  readonly inPlace: Set<string>
  /** Problems found while planning; the plan is refused. */
  error(summary: string, detail: string): void
}

/**
 * What many types share, such as tags: a part of their plan, requests and state. The hooks run in the order of the spec's traits.
 */
export interface Trait<Api> {
  /** Attributes it takes care of. */
  readonly attributes: readonly string[]
  plan?(draft: Draft, api: Api | undefined): void
  /** Adds to the request that creates. */
  create?(op: Operation<Api>, request: ApiRequest, planned: PlainObject): void
  /** After creation, for what cannot be part of the request. */
  created?(op: Operation<Api>, id: string, planned: PlainObject): Promise<void>
  update?(op: Operation<Api>, id: string, prior: PlainObject, planned: PlainObject): Promise<void>
  /** `prior` is what was stored or planned. */
  read?(op: Operation<Api>, remote: unknown, prior: PlainObject, state: Record<string, Plain>): Promise<void> | void
}

/**
 * A resource type: its field map as data, and code for what is special about it.
 *
 * @typeParam Api how the provider calls its service.
 * @typeParam Remote what `find` gives; the field map's paths start there.
 */
export interface ResourceSpec<Api, F extends FieldMap, Remote> {
  readonly type: string
  /** In messages: `EC2 VPC`. */
  readonly title: string
  /**
   * `sdk`: planned and stored like types on the old Go SDK, where nothing is an empty text or zero. `framework`: null is null.
   * Decides how the engine checks the answers.
   */
  readonly rules: 'sdk' | 'framework'
  readonly fields: F
  readonly traits?: readonly Trait<Api>[]
  /** Default timeouts in minutes; the `timeouts` block overrides them. */
  readonly timeouts?: Partial<Record<OperationName, number>>

  /** Creates the object and returns its id; `request` holds what the field map says. */
  create(op: Operation<Api>, request: ApiRequest, planned: StateOf<F>): Promise<string>
  /** Waits until a new object can be used. */
  ready?(op: Operation<Api>, id: string, planned: StateOf<F>): Promise<unknown>
  /** What there is; undefined when it is gone. `state` has at least an id; after an import nothing else. */
  find(op: Operation<Api>, id: string, state: StateOf<F>): Promise<Remote | undefined>
  /**
   * Calls that change an existing object, by the group named in fields, in the order in which they are to run. A group may return
   * a new id.
   */
  readonly updates?: Readonly<Record<string, (op: Operation<Api>, change: Change<F>) => Promise<string | void>>>
  /** Groups that also run right after creation, for fields the creating call does not take. */
  readonly afterCreate?: readonly string[]
  delete(op: Operation<Api>, id: string, state: StateOf<F>): Promise<void>
  /** Waits after `delete` until `find` finds nothing. */
  readonly waitGone?: boolean

  /** Adds to the plan what no data can say. */
  plan?(draft: Draft, api: Api | undefined): void
  /** Rules across attributes of a configuration that may hold unknowns; texts of problems. */
  validate?(config: PlainObject): readonly ConfigProblem[]
  /** Attributes of an object of which only this text is known; `{ id }` when not given. */
  importId?(id: string): PlainObject | undefined
  /** Announces a read, so that it can share a call. */
  expect?(api: Api, id: string, state: PlainObject): void
  /** Puts the final touches on a state that was read. */
  finish?(state: Record<string, Plain>, prior: PlainObject, remote: Remote, api: Api): void
  /** Stored attributes of an older schema version, by that version, to the next one. */
  readonly upgrades?: Readonly<Record<number, (stored: Record<string, unknown>) => Record<string, unknown>>>
}

export interface ConfigProblem {
  readonly summary: string
  readonly detail: string
  /** Where in the configuration; the whole of it when not given. */
  readonly attribute?: Path | undefined
}

/** A resource type of which only the provider's way to call is known. */
// biome-ignore lint/suspicious/noExplicitAny: field map and answer are a matter between the functions of one spec.
export type AnyResource<Api> = ResourceSpec<Api, any, any>

/** Declares a resource type; the types of state and answer are inferred. */
export function resourceFor<Api>() {
  return <F extends FieldMap, Remote>(spec: ResourceSpec<Api, F, Remote>): AnyResource<Api> => spec
}

export interface DataSourceSpec<Api> {
  readonly type: string
  readonly title: string
  /** Arguments of the schema that `read` takes into account; others are refused at validation. */
  readonly supports: readonly string[]
  /** The attributes; of those that are not given, arguments keep what was configured and others are null. */
  read(op: Operation<Api>, config: PlainObject): Promise<Readonly<Record<string, Plain>>>
  validate?(config: PlainObject): readonly ConfigProblem[]
}
