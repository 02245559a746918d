import type { ParsedJson, Path, Type, Value } from '../cty/index.ts'
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
  upgradeResourceState(request: UpgradeResourceRequest): MaybePromise<{ value: Value } & Diagnosis>
  /** `stored` is the recorded identity. Only called for types with an identity whose schema version has changed. */
  upgradeResourceIdentity?(request: UpgradeResourceRequest): MaybePromise<{ identity: Value } & Diagnosis>
  readResource(request: ReadResourceRequest): MaybePromise<ReadResourceResponse>
  planResourceChange(request: PlanResourceRequest): MaybePromise<PlanResourceResponse>
  applyResourceChange(request: ApplyResourceRequest): Promise<ApplyResourceResponse>
  /** By id, or by identity where the type has one: exactly one of the two is given. */
  importResourceState(request: ImportResourceRequest): Promise<{ imported: readonly ImportedResource[] } & Diagnosis>
  /** Takes over an object of another type. Absent: the provider moves none. */
  moveResourceState?(request: MoveResourceRequest): MaybePromise<MoveResourceResponse>
  readDataSource(request: ReadDataRequest): Promise<ReadDataResponse>
  validateEphemeralConfig?(request: { typeName: string; config: Value }): MaybePromise<Diagnosis>
  /** Before `configure` an error, as every call that needs the service. */
  openEphemeralResource?(request: { typeName: string; config: Value }): Promise<OpenEphemeralResponse>
  /** `private` is that of the latest answer for this object. */
  renewEphemeralResource?(request: { typeName: string; private: Uint8Array | undefined }): Promise<RenewEphemeralResponse>
  closeEphemeralResource?(request: { typeName: string; private: Uint8Array | undefined }): Promise<Diagnosis>
  /**
   * A function of `ProviderSchema.functions`, configured or not. Arguments are of the parameters' types, unmarked, and hold nulls and
   * unknowns only where the parameter allows them.
   */
  callFunction?(request: { name: string; args: readonly Value[] }): MaybePromise<FunctionResponse>
  /** The stored objects that are about to be refreshed, of any schema version, so that reads can be coalesced. A hint: some may never be read. */
  prefetchResources?(objects: readonly { typeName: string; stored: StoredAttributes }[]): MaybePromise<void>
  /** Ends running calls as soon as that is safe; further calls may fail. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** Work that needs no waiting answers at once, so that planning it costs no turn of the event loop. */
export type MaybePromise<T> = T | Promise<T>

export interface Diagnosis {
  readonly diags: readonly ProviderDiagnostic[]
}

/** A provider knows no source files: it names the attribute, and the engine finds where that was written. */
export interface ProviderDiagnostic extends Diagnostic {
  /** In the configuration of the request; nothing beyond a set, whose elements have no addresses. */
  readonly attribute?: Path | undefined
  /** A part of the detail that was thrown rather than written for people: it may hold anything of the request. Set by the engine. */
  readonly exception?: string | undefined
}

/** JSON text of the stored attributes object; parse with `jsonToValue` or JSON.parse as the type needs. */
export interface StoredAttributes {
  readonly json: string
  /** The same for `jsonToValue`, where the text has been parsed already. */
  readonly parsed?: ParsedJson
}

export interface ProviderSchema {
  readonly provider: BlockSchema
  resource(typeName: string): Schema | undefined
  dataSource(typeName: string): Schema | undefined
  resourceNames(): readonly string[]
  dataSourceNames(): readonly string[]
  /** Absent: there are none. */
  ephemeralResource?(typeName: string): Schema | undefined
  ephemeralResourceNames?(): readonly string[]
  /** What identifies objects of a resource type; undefined for types without. */
  identity?(typeName: string): IdentitySchema | undefined
  /** By plain name. */
  readonly functions?: ReadonlyMap<string, ProviderFunction> | undefined
  /** Of `provider_meta` blocks. */
  readonly providerMeta?: BlockSchema | undefined
  /** `planResourceChange` is also asked before an object is deleted. Default: not. */
  readonly planDestroy?: boolean | undefined
}

export interface IdentitySchema {
  readonly version: number
  readonly attributes: Readonly<Record<string, IdentityAttribute>>
}

/** One of `requiredForImport` and `optionalForImport` is true. */
export interface IdentityAttribute {
  readonly type: Type
  readonly requiredForImport?: boolean | undefined
  readonly optionalForImport?: boolean | undefined
  readonly description?: string | undefined
}

/** The signature of a function that a configuration calls as `provider::LOCALNAME::NAME`. */
export interface ProviderFunction {
  readonly parameters: readonly FunctionParameter[]
  readonly variadicParameter?: FunctionParameter | undefined
  readonly returnType: Type
  readonly summary?: string | undefined
  readonly description?: string | undefined
  readonly descriptionKind?: 'plain' | 'markdown' | undefined
  readonly deprecationMessage?: string | undefined
}

export interface FunctionParameter {
  readonly name: string
  readonly type: Type
  readonly allowNull?: boolean | undefined
  readonly allowUnknown?: boolean | undefined
  readonly description?: string | undefined
  readonly descriptionKind?: 'plain' | 'markdown' | undefined
}

/** Either a result or what was wrong, and with which argument. */
export type FunctionResponse =
  | { readonly result: Value; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: { readonly text: string; readonly argument?: number | undefined } }

export interface UpgradeResourceRequest {
  readonly typeName: string
  readonly version: number
  readonly stored: StoredAttributes
}

export interface ReadResourceRequest {
  readonly typeName: string
  readonly prior: Value
  readonly private: Uint8Array | undefined
  /** As recorded. */
  readonly identity?: Value | undefined
  readonly providerMeta?: Value | undefined
}

export interface ReadDataRequest {
  readonly typeName: string
  /** Of the instance that asks, such as `module.m[0].data.x.y`: for providers of this process, plugins are not told. */
  readonly address?: string | undefined
  readonly config: Value
  readonly providerMeta?: Value | undefined
}

export interface ReadDataResponse extends Diagnosis {
  readonly value: Value
  /**
   * The answer is what is expected once something planned elsewhere has been applied: it may hold unknowns, and is asked for again when
   * applying. No plugin says so; remote states of stacks that are planned together do.
   */
  readonly pending?: boolean | undefined
}

export interface ImportResourceRequest {
  readonly typeName: string
  readonly id: string
  /** Set: `id` is empty and means nothing. */
  readonly identity?: Value | undefined
}

export interface MoveResourceRequest {
  /** Full address such as `registry.terraform.io/hashicorp/null`. */
  readonly sourceProvider: string
  readonly sourceTypeName: string
  readonly sourceVersion: number
  readonly sourceStored: StoredAttributes
  readonly sourcePrivate: Uint8Array | undefined
  readonly targetTypeName: string
}

export interface MoveResourceResponse extends Diagnosis {
  readonly value: Value
  readonly private: Uint8Array | undefined
  readonly identity?: Value | undefined
}

export interface OpenEphemeralResponse extends Diagnosis {
  readonly value: Value
  readonly private: Uint8Array | undefined
  /** When `renewEphemeralResource` must have been called; undefined: never. */
  readonly renewAt: Date | undefined
}

export interface RenewEphemeralResponse extends Diagnosis {
  readonly private: Uint8Array | undefined
  readonly renewAt: Date | undefined
}

/** A null `newState`: the object is gone. */
export interface ReadResourceResponse extends Diagnosis {
  readonly newState: Value
  readonly private: Uint8Array | undefined
  readonly identity?: Value | undefined
}

export interface PlanResourceRequest {
  readonly typeName: string
  /** Null: to be created. */
  readonly prior: Value
  /** Null: to be deleted. */
  readonly proposed: Value
  readonly config: Value
  readonly priorPrivate: Uint8Array | undefined
  readonly priorIdentity?: Value | undefined
  readonly providerMeta?: Value | undefined
}

export interface PlanResourceResponse extends Diagnosis {
  readonly planned: Value
  /** Paths whose change makes a replacement necessary. */
  readonly requiresReplace: readonly Path[]
  readonly plannedPrivate: Uint8Array | undefined
  readonly plannedIdentity?: Value | undefined
  /** The answer follows the rules of the old Go SDK: deviations that the protocol tolerates are tolerated. */
  readonly legacyTypeSystem?: boolean
}

export interface ApplyResourceRequest {
  readonly typeName: string
  readonly prior: Value
  readonly planned: Value
  readonly config: Value
  readonly plannedPrivate: Uint8Array | undefined
  readonly plannedIdentity?: Value | undefined
  readonly providerMeta?: Value | undefined
}

/** With errors, `newState` is what exists all the same. */
export interface ApplyResourceResponse extends Diagnosis {
  readonly newState: Value
  readonly private: Uint8Array | undefined
  readonly identity?: Value | undefined
  readonly legacyTypeSystem?: boolean
}

export interface ImportedResource {
  readonly typeName: string
  readonly state: Value
  readonly private: Uint8Array | undefined
  readonly identity?: Value | undefined
}
