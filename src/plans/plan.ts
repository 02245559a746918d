import type { AbsProviderConfig, AbsResourceInstance } from '../addrs/index.ts'
import type { Path, Value } from '../cty/index.ts'
import type { State } from '../states/index.ts'

export type Action =
  | 'noop'
  | 'create'
  | 'read'
  | 'update'
  | 'delete'
  | 'forget'
  | 'deleteThenCreate'
  | 'createThenDelete'
  | 'forgetThenCreate'

/** Whether another object comes in the place of the one there is. */
export function isReplacement(action: Action): boolean {
  return action === 'deleteThenCreate' || action === 'createThenDelete' || action === 'forgetThenCreate'
}

/** Why an action was chosen, where that is not plain from the action: the words of the plan's JSON. */
export type ActionReason =
  | 'replace_because_tainted'
  | 'replace_because_cannot_update'
  | 'replace_by_request'
  | 'replace_by_triggers'
  | 'delete_because_no_resource_config'
  | 'delete_because_wrong_repetition'
  | 'delete_because_count_index'
  | 'delete_because_each_key'
  | 'delete_because_enabled_false'
  | 'delete_because_no_module'
  | 'delete_because_no_move_target'
  | 'read_because_config_unknown'
  | 'read_because_dependency_pending'
  | 'read_because_check_nested'

/** What will be done to one object. `before` and `after` carry their marks; null stands for an object that is not there. */
export interface ResourceChange {
  readonly address: AbsResourceInstance
  readonly previousAddress: AbsResourceInstance
  /** Set for an object left over from a create-before-destroy replacement. */
  readonly deposed: string | undefined
  readonly provider: AbsProviderConfig
  readonly action: Action
  readonly reason: ActionReason | undefined
  readonly before: Value
  readonly after: Value
  readonly requiredReplace: readonly Path[]
  readonly schemaVersion: number
  readonly private: Uint8Array | undefined
  readonly importing: Importing | undefined
  /** What identifies the object before and after, for resource types that have an identity. May hold unknowns after. */
  readonly beforeIdentity?: Value | undefined
  readonly afterIdentity?: Value | undefined
  /** Configuration that was written for an import. */
  readonly generatedConfig?: string | undefined
}

/** How an object that exists is found: by its id, or with an empty id by its identity. */
export interface Importing {
  readonly id: string
  readonly identity?: Value | undefined
}

export interface OutputChange {
  readonly name: string
  readonly action: Action
  /** Unmarked at the top where only the output's own `sensitive` applies. */
  readonly before: Value
  readonly after: Value
  readonly sensitive: boolean
}

/** An attribute of a resource that may have had a part in what is planned. An address without key stands for all instances. */
export interface RelevantAttribute {
  readonly address: AbsResourceInstance
  /** Empty: the whole object. */
  readonly path: Path
}

export type PlanMode = 'normal' | 'destroy' | 'refreshOnly'

/** What a run would do and everything that doing exactly that needs. */
export interface Plan {
  readonly mode: PlanMode
  /** As read, after moves and schema upgrades. */
  readonly previousState: State
  /** After refresh. */
  readonly priorState: State
  /** As it is expected to stand after apply; may hold unknowns, so it is for showing only. */
  readonly changes: readonly ResourceChange[]
  readonly drift: readonly ResourceChange[]
  readonly outputChanges: readonly OutputChange[]
  /** What the planned changes are derived from: only differences there are worth telling with the plan. Worked out when it is first asked for. */
  readonly relevantAttributes: () => readonly RelevantAttribute[]
  /** Root input values as given, before they are converted, by name; ephemeral ones are left out. */
  readonly variables: ReadonlyMap<string, Value>
  /** Names of the ephemeral variables that were given: they must be given again to apply the plan. */
  readonly applyTimeVariables?: readonly string[] | undefined
  /** What functions gave that read files or belong to providers, by hash of the call: the hash of the result. Applying must get the same. */
  readonly functionResults?: ReadonlyMap<string, string> | undefined
  readonly targets: readonly string[]
  /** What `-exclude` leaves out, with all that depends on it; never together with targets. */
  readonly excludes?: readonly string[] | undefined
  readonly forceReplace: readonly string[]
  /** ISO 8601 in UTC: what `plantimestamp()` gives. */
  readonly timestamp: string
  readonly errored: boolean
}
