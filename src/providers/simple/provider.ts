import { attributeStep, nullVal, type ObjectType, type Value } from '../../cty/index.ts'
import { impliedType, type Schema } from '../../schema/index.ts'
import { fromPlain, type PlainObject, toPlain, unknownAsNullPlain } from '../kit/plain.ts'
import { storedToValue } from '../kit/stored.ts'
import type {
  ApplyResourceRequest,
  ApplyResourceResponse,
  Diagnosis,
  FunctionResponse,
  MaybePromise,
  OpenEphemeralResponse,
  Provider,
  ProviderDiagnostic,
  ProviderFunction,
  ProviderSchema,
  ReadResourceRequest,
  ReadResourceResponse,
  RenewEphemeralResponse,
  StoredAttributes,
} from '../provider.ts'
import { type SimpleAttributes, type SimpleBlocks, simpleSchema } from './attributes.ts'
import { checkSimple } from './checks.ts'
import { merged, planSimple, type SimpleDraft } from './plan.ts'

/** What a type's functions are called with beside the object. */
export interface SimpleContext<Api> {
  /** What `configure` made. */
  readonly api: Api
  /** The configuration, while creating, updating and reading data; empty otherwise. */
  readonly config: PlainObject
  /** Aborted when the operation is to be stopped. */
  readonly signal: AbortSignal
  warn(summary: string, detail: string): void
}

/** What goes wrong for a reason outside of the program, with a summary of its own. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly summary: string
  readonly attribute: string | undefined

  constructor(summary: string, detail: string, attribute?: string) {
    super(detail)
    this.summary = summary
    this.attribute = attribute
  }
}

/** A resource type. Objects are records of attributes by name; `UNKNOWN` stands for what is not known yet. */
export interface SimpleResource<Api> {
  /** Schema version; 0 when not given. */
  readonly version?: number
  readonly description?: string
  readonly attributes: SimpleAttributes
  readonly blocks?: SimpleBlocks
  /** Rules across attributes of a configuration that may hold unknowns. */
  validate?(config: PlainObject): readonly ProviderDiagnostic[]
  /** Adds to the plan what the declarations cannot say. */
  plan?(draft: SimpleDraft, api: Api | undefined): void
  /** The attributes that were not known; all others are as planned. Unknown ones that are not given become null. */
  create(planned: PlainObject, context: SimpleContext<Api>): MaybePromise<PlainObject>
  /** The object as it is now; undefined when it is gone. As stored when not given. */
  read?(state: PlainObject, context: SimpleContext<Api>): MaybePromise<PlainObject | undefined>
  /** As `create`; when not given, the object lives in the state alone. */
  update?(planned: PlainObject, prior: PlainObject, context: SimpleContext<Api>): MaybePromise<PlainObject>
  delete?(state: PlainObject, context: SimpleContext<Api>): MaybePromise<void>
  /** The attributes of an existing object; when not given, it cannot be imported. */
  import?(id: string, context: SimpleContext<Api>): MaybePromise<PlainObject>
  /** Stored attributes of an older schema version, by that version, brought to the next one. */
  readonly upgrades?: Readonly<Record<number, (stored: Record<string, unknown>) => Record<string, unknown>>>
}

export interface SimpleDataSource<Api> {
  readonly description?: string
  readonly attributes: SimpleAttributes
  readonly blocks?: SimpleBlocks
  validate?(config: PlainObject): readonly ProviderDiagnostic[]
  /** The attributes that are not configured. */
  read(config: PlainObject, context: SimpleContext<Api>): MaybePromise<PlainObject>
}

/** An ephemeral resource that needs neither renewal nor closing: what it gives is made up or computed. */
export interface SimpleEphemeral<Api> {
  readonly description?: string
  readonly attributes: SimpleAttributes
  validate?(config: PlainObject): readonly ProviderDiagnostic[]
  /** The attributes that are not configured. */
  open(config: PlainObject, context: SimpleContext<Api>): MaybePromise<PlainObject>
}

export interface SimpleFunction {
  readonly signature: ProviderFunction
  call(args: readonly Value[]): MaybePromise<FunctionResponse>
}

export interface SimpleProvider<Api> {
  readonly attributes?: SimpleAttributes
  readonly blocks?: SimpleBlocks
  readonly resources: Readonly<Record<string, SimpleResource<Api>>>
  readonly dataSources?: Readonly<Record<string, SimpleDataSource<Api>>>
  readonly ephemerals?: Readonly<Record<string, SimpleEphemeral<Api>>>
  readonly functions?: Readonly<Record<string, SimpleFunction>>
  /** Makes of a configuration what the types' functions get as `api`. @throws Failure */
  configure(config: PlainObject): MaybePromise<Api>
}

/** Makes a provider of a description. One call gives one configuration's provider. */
export function defineSimpleProvider<Api>(spec: SimpleProvider<Api>): Provider {
  return new Implementation(spec)
}

interface Known {
  readonly schema: Schema
  readonly type: ObjectType
}

class Implementation<Api> implements Provider {
  readonly #spec: SimpleProvider<Api>
  readonly #schema: ProviderSchema
  readonly #stop = new AbortController()
  #api: { readonly value: Api } | undefined

  constructor(spec: SimpleProvider<Api>) {
    this.#spec = spec
    const sources = spec.dataSources ?? {}
    const ephemerals = spec.ephemerals ?? {}
    const functions = Object.entries(spec.functions ?? {})
    this.#schema = {
      provider: knownOf(spec).schema.block,
      resource: (name) => (Object.hasOwn(spec.resources, name) ? knownOf(spec.resources[name]!).schema : undefined),
      dataSource: (name) => (Object.hasOwn(sources, name) ? knownOf(sources[name]!).schema : undefined),
      resourceNames: () => Object.keys(spec.resources),
      dataSourceNames: () => Object.keys(sources),
      ephemeralResource: (name) => (Object.hasOwn(ephemerals, name) ? knownOf(ephemerals[name]!).schema : undefined),
      ephemeralResourceNames: () => Object.keys(ephemerals),
      ...(functions.length === 0 ? {} : { functions: new Map(functions.map(([name, f]) => [name, f.signature])) }),
    }
  }

  schema(): ProviderSchema {
    return this.#schema
  }

  async validateProviderConfig(config: Value): Promise<Diagnosis> {
    const { attributes = {}, blocks = {} } = this.#spec
    return { diags: checkSimple(attributes, blocks, toPlain(config) as PlainObject) }
  }

  validateResourceConfig({ typeName, config }: { typeName: string; config: Value }): Diagnosis {
    const found = this.#resource(typeName)
    return found === undefined ? { diags: [unknownType(typeName)] } : validate(found.resource, config)
  }

  validateDataConfig({ typeName, config }: { typeName: string; config: Value }): Diagnosis {
    const source = this.#dataSource(typeName)
    return source === undefined ? { diags: [unknownType(typeName)] } : validate(source, config)
  }

  async configure({ config }: { config: Value }): Promise<Diagnosis> {
    try {
      this.#api = { value: await this.#spec.configure(toPlain(config) as PlainObject) }
      return { diags: [] }
    } catch (error) {
      return { diags: [failure('Invalid provider configuration', error)] }
    }
  }

  upgradeResourceState({ typeName, version, stored }: { typeName: string; version: number; stored: StoredAttributes }): {
    value: Value
  } & Diagnosis {
    const found = this.#resource(typeName)
    if (found === undefined) return { value: nullVal(noAttributes), diags: [unknownType(typeName)] }
    const { resource, schema } = found
    if (version === schema.version || resource.upgrades === undefined) return storedToValue(stored, schema.block)
    let object = JSON.parse(stored.json) as Record<string, unknown>
    for (let v = version; v < schema.version; v++) object = resource.upgrades[v]?.(object) ?? object
    return storedToValue(JSON.stringify(object), schema.block)
  }

  readResource(request: ReadResourceRequest): MaybePromise<ReadResourceResponse> {
    const found = this.#resource(request.typeName)
    const unchanged = { newState: request.prior, private: request.private }
    if (found === undefined) return { ...unchanged, diags: [unknownType(request.typeName)] }
    const { resource, type } = found
    if (resource.read === undefined) return { ...unchanged, diags: [] }
    const prior = toPlain(request.prior) as PlainObject
    const diags: ProviderDiagnostic[] = []
    const answer = (state: PlainObject | undefined): ReadResourceResponse => ({
      newState: state === undefined ? nullVal(type) : merged(request.prior, prior, { ...prior, ...state }, type),
      private: request.private,
      diags,
    })
    const failed = (error: unknown): ReadResourceResponse => ({
      ...unchanged,
      diags: [...diags, failure(`Error reading ${request.typeName}`, error)],
    })
    // Most answers need no waiting: planning stays synchronous.
    try {
      const state = resource.read(prior, this.#context({}, diags))
      return state instanceof Promise ? state.then(answer, failed) : answer(state)
    } catch (error) {
      return failed(error)
    }
  }

  planResourceChange(request: Parameters<Provider['planResourceChange']>[0]): ReturnType<Provider['planResourceChange']> {
    const found = this.#resource(request.typeName)
    if (found === undefined) {
      return {
        planned: request.proposed,
        requiresReplace: [],
        plannedPrivate: request.priorPrivate,
        diags: [unknownType(request.typeName)],
      }
    }
    const { resource, type } = found
    return planSimple(resource.attributes, resource.blocks ?? {}, type, request, (draft) => resource.plan?.(draft, this.#api?.value))
  }

  async applyResourceChange(request: ApplyResourceRequest): Promise<ApplyResourceResponse> {
    const found = this.#resource(request.typeName)
    const kept = { private: request.plannedPrivate }
    if (found === undefined) return { newState: request.prior, ...kept, diags: [unknownType(request.typeName)] }
    const { resource, type } = found
    const diags: ProviderDiagnostic[] = []
    const word = request.planned.isNull ? 'deleting' : request.prior.isNull ? 'creating' : 'updating'
    try {
      if (request.planned.isNull) {
        await resource.delete?.(toPlain(request.prior) as PlainObject, this.#context({}, diags))
        return { newState: request.planned, ...kept, diags }
      }
      const planned = toPlain(request.planned) as PlainObject
      const context = this.#context(unknownAsNullPlain(toPlain(request.config)) as PlainObject, diags)
      const made = request.prior.isNull
        ? await resource.create(planned, context)
        : await resource.update?.(planned, toPlain(request.prior) as PlainObject, context)
      const state = unknownAsNullPlain({ ...planned, ...made }) as PlainObject
      return { newState: merged(request.planned, planned, state, type), ...kept, diags }
    } catch (error) {
      return { newState: request.prior, ...kept, diags: [...diags, failure(`Error ${word} ${request.typeName}`, error)] }
    }
  }

  async importResourceState({ typeName, id }: { typeName: string; id: string }): ReturnType<Provider['importResourceState']> {
    const found = this.#resource(typeName)
    if (found === undefined) return { imported: [], diags: [unknownType(typeName)] }
    const { resource, schema, type } = found
    const diags: ProviderDiagnostic[] = []
    if (resource.import === undefined) {
      const detail = `Objects of the type ${typeName} cannot be imported.`
      return { imported: [], diags: [{ severity: 'error', summary: 'Resource Import Not Implemented', detail }] }
    }
    try {
      const members = await resource.import(id, this.#context({}, diags))
      const absent = Object.fromEntries(
        Object.entries(schema.block.blockTypes).map(([name, b]) => [name, b.nesting === 'single' ? null : []]),
      )
      return { imported: [{ typeName, state: fromPlain({ ...absent, ...members }, type), private: undefined }], diags }
    } catch (error) {
      return { imported: [], diags: [...diags, failure(`Error importing ${typeName}`, error)] }
    }
  }

  async readDataSource({ typeName, config }: { typeName: string; config: Value }): Promise<{ value: Value } & Diagnosis> {
    const source = this.#dataSource(typeName)
    if (source === undefined) return { value: config, diags: [unknownType(typeName)] }
    const plain = toPlain(config) as PlainObject
    const diags: ProviderDiagnostic[] = []
    try {
      const given = withDefaults(source.attributes, plain)
      const found = await source.read(given, this.#context(plain, diags))
      return { value: merged(config, plain, { ...given, ...found }, knownOf(source).type), diags }
    } catch (error) {
      return { value: config, diags: [...diags, failure(`Error reading ${typeName}`, error)] }
    }
  }

  validateEphemeralConfig({ typeName, config }: { typeName: string; config: Value }): Diagnosis {
    const found = this.#ephemeral(typeName)
    return found === undefined ? { diags: [unknownType(typeName)] } : validate(found, config)
  }

  async openEphemeralResource({ typeName, config }: { typeName: string; config: Value }): Promise<OpenEphemeralResponse> {
    const found = this.#ephemeral(typeName)
    const nothingKept = { private: undefined, renewAt: undefined }
    if (found === undefined) return { value: config, ...nothingKept, diags: [unknownType(typeName)] }
    const plain = toPlain(config) as PlainObject
    const diags: ProviderDiagnostic[] = []
    try {
      const opened = await found.open(withDefaults(found.attributes, plain), this.#context(plain, diags))
      const all = { ...withDefaults(found.attributes, plain), ...opened }
      return { value: merged(config, plain, all, knownOf(found).type), ...nothingKept, diags }
    } catch (error) {
      return { value: config, ...nothingKept, diags: [...diags, failure(`Error opening ${typeName}`, error)] }
    }
  }

  async renewEphemeralResource(): Promise<RenewEphemeralResponse> {
    return { private: undefined, renewAt: undefined, diags: [] }
  }

  async closeEphemeralResource(): Promise<Diagnosis> {
    return { diags: [] }
  }

  callFunction({ name, args }: { name: string; args: readonly Value[] }): MaybePromise<FunctionResponse> {
    const called = this.#spec.functions?.[name]
    if (called === undefined) return { error: { text: `There is no function named "${name}".` } }
    return called.call(args)
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('The operation was stopped.'))
  }

  async close(): Promise<void> {}

  #resource(typeName: string): ({ readonly resource: SimpleResource<Api> } & Known) | undefined {
    const resource = Object.hasOwn(this.#spec.resources, typeName) ? this.#spec.resources[typeName] : undefined
    return resource && { resource, ...knownOf(resource) }
  }

  #dataSource(typeName: string): SimpleDataSource<Api> | undefined {
    const sources = this.#spec.dataSources ?? {}
    return Object.hasOwn(sources, typeName) ? sources[typeName] : undefined
  }

  #ephemeral(typeName: string): SimpleEphemeral<Api> | undefined {
    const ephemerals = this.#spec.ephemerals ?? {}
    return Object.hasOwn(ephemerals, typeName) ? ephemerals[typeName] : undefined
  }

  #context(config: PlainObject, diags: ProviderDiagnostic[]): SimpleContext<Api> {
    if (this.#api === undefined) throw new Error('A provider was used before it was configured. This is a bug in Landform.')
    return {
      api: this.#api.value,
      config,
      signal: this.#stop.signal,
      warn: (summary, detail) => diags.push({ severity: 'warning', summary, detail }),
    }
  }
}

const noAttributes: ObjectType = { kind: 'object', attributes: new Map(), optional: new Set() }

interface Declared {
  readonly version?: number
  readonly description?: string
  readonly attributes?: SimpleAttributes
  readonly blocks?: SimpleBlocks
}

const schemas = new WeakMap<Declared, Known>()

/** Made once for each description: types are compared and cached by identity. */
function knownOf(declared: Declared): Known {
  let known = schemas.get(declared)
  if (known === undefined) {
    const { version = 0, description, attributes = {}, blocks } = declared
    const block = { ...simpleSchema(attributes, blocks), ...(description === undefined ? {} : { description }) }
    known = { schema: { version, block }, type: impliedType(block) }
    schemas.set(declared, known)
  }
  return known
}

function validate(declared: Declared & { validate?(config: PlainObject): readonly ProviderDiagnostic[] }, config: Value): Diagnosis {
  const plain = toPlain(config) as PlainObject
  return { diags: [...checkSimple(declared.attributes ?? {}, declared.blocks ?? {}, plain), ...(declared.validate?.(plain) ?? [])] }
}

/** A configuration with the defaults of what it leaves out. */
function withDefaults(attributes: SimpleAttributes, config: PlainObject): PlainObject {
  const added = Object.entries(attributes).filter(([name, a]) => a.default !== undefined && (config[name] ?? null) === null)
  return { ...config, ...Object.fromEntries(added.map(([name, a]) => [name, a.default!])) }
}

function unknownType(typeName: string): ProviderDiagnostic {
  return { severity: 'error', summary: 'Invalid type', detail: `The provider has no type ${typeName}.` }
}

function failure(summary: string, error: unknown): ProviderDiagnostic {
  const detail = error instanceof Error ? error.message : String(error)
  if (!(error instanceof Failure)) return { severity: 'error', summary, detail }
  const place = error.attribute === undefined ? {} : { attribute: [attributeStep(error.attribute)] }
  return { severity: 'error', summary: error.summary, detail, ...place }
}
