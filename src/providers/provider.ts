import type { Path, Value } from '../cty/index.ts'
import type { Diagnostic } from '../diags/index.ts'
import type { BlockSchema, Schema } from '../schema/index.ts'

/**
 * A provider as the engine sees it: the requests and responses of plugin protocol 6 with values instead of bytes. Values in
 * requests are unmarked and conform to the schema's implied type; the engine checks that answers do too.
 *
 * One object serves one provider configuration. Methods never reject for what a user or a service did: that is a diagnostic.
 */
export interface Provider {
  /** Types are looked up one by one, so that a provider with a thousand of them loads only what is used. */
  schema(): ProviderSchema
  /** `config` may hold unknowns. */
  validateProviderConfig(config: Value): Promise<Diagnosis>
  validateResourceConfig(request: { typeName: string; config: Value }): MaybePromise<Diagnosis>
  validateDataConfig(request: { typeName: string; config: Value }): MaybePromise<Diagnosis>
  configure(request: { config: Value; terraformVersion: string }): Promise<Diagnosis>
  /** `stored` is the attributes object of the state file as parsed JSON with numbers kept as text (see `states`), of schema version `version`. */
  upgradeResourceState(request: { typeName: string; version: number; stored: StoredAttributes }): MaybePromise<{ value: Value } & Diagnosis>
  readResource(request: ReadResourceRequest): MaybePromise<ReadResourceResponse>
  planResourceChange(request: PlanResourceRequest): MaybePromise<PlanResourceResponse>
  applyResourceChange(request: ApplyResourceRequest): Promise<ApplyResourceResponse>
  importResourceState(request: { typeName: string; id: string }): Promise<{ imported: readonly ImportedResource[] } & Diagnosis>
  readDataSource(request: { typeName: string; config: Value }): Promise<{ value: Value } & Diagnosis>
  /** The stored objects that are about to be refreshed, of any schema version, so that reads can be coalesced. A hint: some may never be read. */
  prefetchResources?(objects: readonly { typeName: string; stored: StoredAttributes }[]): MaybePromise<void>
  /** Ends running calls as soon as that is safe; further calls may fail. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** Work that needs no waiting answers at once, so that planning it costs no turn of the event loop. */
export type MaybePromise<T> = T | Promise<T>

export interface Diagnosis {
  readonly diags: readonly Diagnostic[]
}

/** JSON text of the stored attributes object; parse with `jsonToValue` or JSON.parse as the type needs. */
export interface StoredAttributes {
  readonly json: string
}

export interface ProviderSchema {
  readonly provider: BlockSchema
  resource(typeName: string): Schema | undefined
  dataSource(typeName: string): Schema | undefined
  resourceNames(): readonly string[]
  dataSourceNames(): readonly string[]
}

export interface ReadResourceRequest {
  readonly typeName: string
  readonly prior: Value
  readonly private: Uint8Array | undefined
}

/** A null `newState`: the object is gone. */
export interface ReadResourceResponse extends Diagnosis {
  readonly newState: Value
  readonly private: Uint8Array | undefined
}

export interface PlanResourceRequest {
  readonly typeName: string
  /** Null: to be created. */
  readonly prior: Value
  /** Null: to be deleted. */
  readonly proposed: Value
  readonly config: Value
  readonly priorPrivate: Uint8Array | undefined
}

export interface PlanResourceResponse extends Diagnosis {
  readonly planned: Value
  /** Paths whose change makes a replacement necessary. */
  readonly requiresReplace: readonly Path[]
  readonly plannedPrivate: Uint8Array | undefined
  /** The answer follows the rules of the old Go SDK: deviations that the protocol tolerates are tolerated. */
  readonly legacyTypeSystem?: boolean
}

export interface ApplyResourceRequest {
  readonly typeName: string
  readonly prior: Value
  readonly planned: Value
  readonly config: Value
  readonly plannedPrivate: Uint8Array | undefined
}

/** With errors, `newState` is what exists all the same. */
export interface ApplyResourceResponse extends Diagnosis {
  readonly newState: Value
  readonly private: Uint8Array | undefined
  readonly legacyTypeSystem?: boolean
}

export interface ImportedResource {
  readonly typeName: string
  readonly state: Value
  readonly private: Uint8Array | undefined
}
