import type { AbsProviderConfig, AbsResource, InstanceKey } from '../addrs/index.ts'
import type { Path, Type, Value } from '../cty/index.ts'
import type { LaidOutJson } from './statefile/index.ts'

/**
 * What is known to exist, in memory. Immutable: `with...` functions of this folder return a new state that shares what did
 * not change. Keys of maps are canonical address texts.
 */
export interface State {
  /** By text of the absolute resource, `module.a["k"].aws_vpc.main`. Resources without instances are left out. */
  readonly resources: ReadonlyMap<string, ResourceState>
  readonly outputs: ReadonlyMap<string, OutputState>
  readonly checkResults: readonly CheckResult[] | undefined
}

export interface OutputState {
  /** Unmarked; the type to write is `type`. */
  readonly value: Value
  readonly type: Type
  readonly sensitive: boolean
}

export interface ResourceState {
  readonly address: AbsResource
  /** As a whole: which instance of it serves an instance is said there. */
  readonly provider: AbsProviderConfig
  /** By `instanceKeyToMapKey`. */
  readonly instances: ReadonlyMap<string, ResourceInstanceState>
}

export interface ResourceInstanceState {
  readonly key: InstanceKey
  readonly current: ObjectState | undefined
  /** OpenTofu: which instance of the provider configuration, where that has `for_each`. */
  readonly providerKey?: InstanceKey
  /** By deposed key, 8 hexadecimal digits. */
  readonly deposed: ReadonlyMap<string, ObjectState>
}

/** One remote object, still encoded: attributes are decoded with the type's schema when something needs them. */
export interface ObjectState {
  readonly status: 'ready' | 'tainted'
  readonly schemaVersion: number
  /**
   * JSON text of the attributes object, compact and exactly as value JSON writes it; with `isFlat`, of the flat map of strings. What has
   * just been read from a file may be laid out still: `String` gives the compact text of either.
   */
  readonly attributesJson: string | LaidOutJson
  /** The file holds attributes in the form of versions before 0.12, by flat key such as `triggers.%`. */
  readonly isFlat?: boolean | undefined
  readonly sensitivePaths: readonly Path[]
  readonly private: Uint8Array | undefined
  /** Texts of static resource addresses, ascending. */
  readonly dependencies: readonly string[]
  readonly createBeforeDestroy: boolean
  /** Members of the file that this version has no use for (identity, skip_destroy ...), by name, as compact JSON text. */
  readonly extra?: ReadonlyMap<string, string> | undefined
}

export type CheckStatus = 'pass' | 'fail' | 'error' | 'unknown'

export interface CheckResult {
  readonly objectKind: 'resource' | 'output' | 'check' | 'var'
  /** Static address: `check.z`, `module.x.output.y`. */
  readonly configAddr: string
  readonly status: CheckStatus
  readonly objects: readonly CheckObjectResult[]
}

export interface CheckObjectResult {
  readonly objectAddr: string
  readonly status: CheckStatus
  readonly failureMessages: readonly string[]
}

/** A state as it stands in a file or store. */
export interface StateFile {
  readonly terraformVersion: string
  /** Counts snapshots; a whole number from 0. */
  readonly serial: number
  /** Identifies one history of snapshots; opaque. Empty in hand-made files. */
  readonly lineage: string
  readonly state: State
}
