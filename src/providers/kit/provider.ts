import {
  attributeStep,
  CtyError,
  intVal,
  jsonToValue,
  nullVal,
  type ObjectType,
  objectVal,
  type Path,
  type PathStep,
  type Value,
} from '../../cty/index.ts'
import type { Diagnostic } from '../../diags/index.ts'
import type { AttributeSchema, BlockSchema } from '../../schema/index.ts'
import type {
  ApplyResourceRequest,
  ApplyResourceResponse,
  Diagnosis,
  ImportedResource,
  MaybePromise,
  PlanResourceRequest,
  PlanResourceResponse,
  Provider,
  ProviderDiagnostic,
  ProviderSchema,
  ReadResourceRequest,
  ReadResourceResponse,
  StoredAttributes,
} from '../provider.ts'
import { expandFields, flattenFields } from './expand.ts'
import type { Facts } from './facts.ts'
import { missingInBlocks } from './missing.ts'
import {
  fromPlain,
  isEquivalent,
  isZero,
  type Plain,
  type PlainObject,
  plainEquals,
  toPlain,
  UNKNOWN,
  unknownAsNullPlain,
} from './plain.ts'
import { type PlainPath, planFields, replacePaths } from './plan-resource.ts'
import { sdkPrivate, timeoutsInMs } from './private-state.ts'
import type { AnyResource, Change, ConfigProblem, DataSourceSpec, Draft, Operation, OperationName } from './resource.ts'
import { settle } from './settle.ts'
import { unsupportedArguments } from './unsupported.ts'
import { checkValues } from './value-rules.ts'
import { type Pace, retryWhile, waitUntil } from './wait.ts'

/** A provider as data: where its facts are, how it is configured, and its types, each loaded when first used. */
export interface ProviderSpec<Api> {
  readonly facts: {
    readonly provider: Facts
    resource(typeName: string): Facts | undefined
    dataSource(typeName: string): Facts | undefined
  }
  readonly resources: Readonly<Record<string, () => Promise<AnyResource<Api>>>>
  readonly dataSources: Readonly<Record<string, () => Promise<DataSourceSpec<Api>>>>
  /** Arguments of the provider's configuration that are taken into account; others are refused. */
  readonly supports: readonly string[]
  validate?(config: PlainObject): readonly ConfigProblem[]
  /** @throws Error, best one with a `summary`, when there can be no such configuration. */
  configure(config: PlainObject, terraformVersion: string): Promise<Api>
  /** The way to call the service for one object, where that depends on the object: its region, say. */
  apiFor?(api: Api, state: PlainObject): Api
  /** Between two looks at something that changes by itself. */
  pace(api: Api): Pace
  /** Announced reads are void: something is about to change. */
  forgetExpected?(api: Api): void
  close?(api: Api): void
}

const defaultTimeoutMs = 20 * 60_000

/** Makes a provider of a description. One call gives one configuration's provider. */
export function defineProvider<Api>(spec: ProviderSpec<Api>): Provider {
  return new KitProvider(spec)
}

class KitProvider<Api> implements Provider {
  readonly #spec: ProviderSpec<Api>
  readonly #schema: ProviderSchema
  readonly #resources = new Map<string, AnyResource<Api>>()
  readonly #loading = new Map<string, Promise<AnyResource<Api>>>()
  readonly #stop = new AbortController()
  #api: Api | undefined

  constructor(spec: ProviderSpec<Api>) {
    this.#spec = spec
    this.#schema = {
      provider: spec.facts.provider.schema.block,
      resource: (name) => (name in spec.resources ? spec.facts.resource(name)?.schema : undefined),
      dataSource: (name) => (name in spec.dataSources ? spec.facts.dataSource(name)?.schema : undefined),
      resourceNames: () => Object.keys(spec.resources),
      dataSourceNames: () => Object.keys(spec.dataSources),
    }
  }

  schema(): ProviderSchema {
    return this.#schema
  }

  async validateProviderConfig(config: Value): Promise<Diagnosis> {
    const plain = toPlain(config) as PlainObject
    const unsupported = unsupportedArguments('the provider configuration', this.#schema.provider, {}, new Set(this.#spec.supports), plain)
    return { diags: [...unsupported, ...(this.#spec.validate?.(plain) ?? [])].map(problem) }
  }

  async configure({ config, terraformVersion }: { config: Value; terraformVersion: string }): Promise<Diagnosis> {
    try {
      this.#api = await this.#spec.configure(toPlain(config) as PlainObject, terraformVersion)
      return nothing
    } catch (error) {
      return { diags: [failure((error as { summary?: string }).summary ?? 'Error configuring the provider', error)] }
    }
  }

  validateResourceConfig({ typeName, config }: { typeName: string; config: Value }): MaybePromise<Diagnosis> {
    return this.#with(typeName, (resource, facts) => {
      const plain = toPlain(config) as PlainObject
      const problems = [
        ...checkSupported(resource, facts, plain),
        // The schemas of the old SDK let it be set; the SDK does not.
        ...(resource.rules === 'sdk' && plain.id != null ? [invalidId] : []),
        ...missingInBlocks(facts.schema.block, plain),
        ...checkValues(facts.rules, plain),
        ...(resource.validate?.(plain) ?? []),
      ]
      return { diags: [...problems.map(problem), ...deprecations(facts, plain)] }
    })
  }

  validateDataConfig({ typeName, config }: { typeName: string; config: Value }): MaybePromise<Diagnosis> {
    const facts = this.#spec.facts.dataSource(typeName)
    const load = this.#spec.dataSources[typeName]
    if (facts === undefined || load === undefined) return { diags: [unknownType(typeName)] }
    return load().then((source) => {
      const plain = toPlain(config) as PlainObject
      const unsupported = unsupportedArguments(typeName, facts.schema.block, {}, new Set(source.supports), plain)
      return { diags: [...unsupported, ...(source.validate?.(plain) ?? [])].map(problem) }
    })
  }

  upgradeResourceState({
    typeName,
    version,
    stored,
  }: {
    typeName: string
    version: number
    stored: StoredAttributes
  }): MaybePromise<{ value: Value } & Diagnosis> {
    return this.#with(
      typeName,
      (resource, facts) => upgrade(resource, facts, version, stored),
      (diags) => ({ value: nullOfType(this.#spec, typeName), diags }),
    )
  }

  readResource(request: ReadResourceRequest): MaybePromise<ReadResourceResponse> {
    return this.#with(
      request.typeName,
      (resource, facts) => this.#read(resource, facts, request),
      (diags) => ({ newState: request.prior, private: request.private, diags }),
    )
  }

  planResourceChange(request: PlanResourceRequest): MaybePromise<PlanResourceResponse> {
    return this.#with(
      request.typeName,
      (resource, facts) => planChange(resource, facts, request, this.#api),
      (diags) => ({ planned: request.proposed, requiresReplace: [], plannedPrivate: request.priorPrivate, diags }),
    )
  }

  async applyResourceChange(request: ApplyResourceRequest): Promise<ApplyResourceResponse> {
    const facts = this.#spec.facts.resource(request.typeName)
    if (facts === undefined) return { newState: request.prior, private: request.plannedPrivate, diags: [unknownType(request.typeName)] }
    const resource = await this.#load(request.typeName)
    this.#spec.forgetExpected?.(this.#configured())
    const applier = new Applier(resource, facts, (name, state, diags, config) => this.#operation(name, resource, state, diags, config))
    return applier.apply(request)
  }

  async importResourceState({
    typeName,
    id,
  }: {
    typeName: string
    id: string
  }): Promise<{ imported: readonly ImportedResource[] } & Diagnosis> {
    const facts = this.#spec.facts.resource(typeName)
    if (facts === undefined) return { imported: [], diags: [unknownType(typeName)] }
    const resource = await this.#load(typeName)
    const known = resource.importId === undefined ? { id } : resource.importId(id)
    if (known === undefined) {
      const detail = `The text ${JSON.stringify(id)} is not the import id of an object of type ${typeName}.`
      return { imported: [], diags: [{ severity: 'error', summary: 'Unexpected format of import id', detail }] }
    }
    const kept = resource.rules === 'sdk' ? sdkPrivate(resource.timeouts, null, facts.schema.version) : undefined
    return { imported: [{ typeName, state: fromPlain(withBlocks(known, facts.schema.block), facts.type), private: kept }], ...nothing }
  }

  async readDataSource({ typeName, config }: { typeName: string; config: Value }): Promise<{ value: Value } & Diagnosis> {
    const facts = this.#spec.facts.dataSource(typeName)
    const load = this.#spec.dataSources[typeName]
    if (facts === undefined || load === undefined) return { value: config, diags: [unknownType(typeName)] }
    const source = await load()
    const plain = toPlain(config) as PlainObject
    const diags: Diagnostic[] = []
    try {
      const op = this.#operation('read', { timeouts: { read: 20 } }, plain, diags)
      const found = await source.read(op, plain)
      const configured = (name: string): Plain => {
        const given = plain[name] ?? null
        // The Go provider stores null where there are no blocks.
        return name in facts.schema.block.blockTypes && isZero(given) ? null : given
      }
      const state: PlainObject = Object.fromEntries(
        [...facts.type.attributes.keys()].map((name) => [name, found[name] ?? configured(name) ?? null]),
      )
      return { value: fromPlain(state, facts.type), diags }
    } catch (error) {
      return { value: config, diags: [...diags, failure(`reading ${source.title}`, error)] }
    }
  }

  async prefetchResources(objects: readonly { typeName: string; stored: StoredAttributes }[]): Promise<void> {
    const api = this.#api
    if (api === undefined) return
    const known = objects.filter(({ typeName }) => typeName in this.#spec.resources)
    // All at once, so that nothing is read before all is announced.
    await Promise.all([...new Set(known.map((o) => o.typeName))].map((typeName) => this.#load(typeName)))
    for (const { typeName, stored } of known) {
      const { expect } = this.#resources.get(typeName)!
      if (expect === undefined) continue
      const state = JSON.parse(stored.json) as PlainObject
      if (typeof state.id === 'string') expect(this.#spec.apiFor?.(api, state) ?? api, state.id, state)
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('The operation was stopped.'))
  }

  async close(): Promise<void> {
    if (this.#api !== undefined) this.#spec.close?.(this.#api)
  }

  #configured(): Api {
    if (this.#api === undefined) throw new Error('A provider was used before it was configured. This is a bug in Landform.')
    return this.#api
  }

  async #read(resource: AnyResource<Api>, facts: Facts, request: ReadResourceRequest): Promise<ReadResourceResponse> {
    const prior = toPlain(request.prior) as PlainObject
    const diags: Diagnostic[] = []
    try {
      const op = this.#operation('read', resource, prior, diags)
      const state = await readState(resource, op, String(prior.id), prior, facts)
      if (state === undefined) return { newState: nullVal(facts.type), private: request.private, diags }
      const settled = isImported(prior) ? state : (settle(state, prior) as PlainObject)
      return { newState: toValue(settled, facts.type, request.prior, prior), private: request.private, diags }
    } catch (error) {
      return {
        newState: request.prior,
        private: request.private,
        diags: [...diags, failure(`reading ${resource.title} (${String(prior.id)})`, error)],
      }
    }
  }

  #operation(
    name: OperationName,
    resource: Pick<AnyResource<Api>, 'timeouts'>,
    state: PlainObject,
    diags: Diagnostic[],
    config: PlainObject = {},
  ): Operation<Api> {
    const base = this.#configured()
    const api = this.#spec.apiFor?.(base, state) ?? base
    const own = timeoutsInMs(resource.timeouts ?? {}, timeoutsOf(state)).find(([n]) => n === name)?.[1]
    const deadlineMs = Date.now() + (own ?? defaultTimeoutMs)
    const pace = this.#spec.pace(api)
    const { signal } = this.#stop
    return {
      api,
      name,
      signal,
      deadlineMs,
      pace,
      config,
      waitFor: (what, look) => waitUntil(look, { pace, deadlineMs, signal, what }),
      retry: (isPassing, work, forMs) =>
        retryWhile(work, isPassing, {
          pace,
          deadlineMs: forMs === undefined ? deadlineMs : Math.min(deadlineMs, Date.now() + forMs),
          signal,
          what: '',
        }),
      warn: (summary, detail) => diags.push({ severity: 'warning', summary, detail }),
    }
  }

  #load(typeName: string): Promise<AnyResource<Api>> {
    let loading = this.#loading.get(typeName)
    if (loading === undefined) {
      loading = this.#spec.resources[typeName]!().then((resource) => {
        this.#resources.set(typeName, resource)
        return resource
      })
      this.#loading.set(typeName, loading)
    }
    return loading
  }

  /** Answers at once when the type's code is loaded. */
  #with<T>(
    typeName: string,
    work: (resource: AnyResource<Api>, facts: Facts) => MaybePromise<T>,
    otherwise?: (diags: readonly Diagnostic[]) => T,
  ): MaybePromise<T> {
    const facts = typeName in this.#spec.resources ? this.#spec.facts.resource(typeName) : undefined
    if (facts === undefined) {
      const diags = [unknownType(typeName)]
      return otherwise === undefined ? ({ diags } as T) : otherwise(diags)
    }
    const loaded = this.#resources.get(typeName)
    if (loaded !== undefined) return work(loaded, facts)
    return this.#load(typeName).then((resource) => work(resource, facts))
  }
}

const nothing = { diags: [] as const }

function problem({ summary, detail, attribute }: ConfigProblem): ProviderDiagnostic {
  return { severity: 'error', summary, detail, attribute }
}

function deprecations(facts: Facts, config: PlainObject): readonly Diagnostic[] {
  return Object.entries(facts.advice)
    .filter(([name]) => (config[name] ?? null) !== null)
    .map(([name, advice]) => ({
      severity: 'warning',
      summary: 'Argument is deprecated',
      detail: `The argument "${name}" is deprecated. ${advice}`,
    }))
}

function failure(summary: string, error: unknown): Diagnostic {
  return { severity: 'error', summary, detail: error instanceof Error ? error.message : String(error) }
}

/** The `timeouts` block, which types without one do not have. */
function timeoutsOf(state: PlainObject): PlainObject | null {
  const { timeouts } = state
  return timeouts === undefined || timeouts === UNKNOWN ? null : (timeouts as PlainObject | null)
}

function unknownType(typeName: string): Diagnostic {
  return { severity: 'error', summary: 'Type not supported yet', detail: `The built-in provider does not support ${typeName} yet.` }
}

function nullOfType<Api>(spec: ProviderSpec<Api>, typeName: string): Value {
  const type = spec.facts.resource(typeName)?.type
  return type === undefined ? nullVal({ kind: 'dynamic' } as never) : nullVal(type)
}

function coveredByTraits<Api>(resource: AnyResource<Api>): ReadonlySet<string> {
  return new Set(['id', 'timeouts', ...(resource.traits ?? []).flatMap((t) => t.attributes)])
}

function checkSupported<Api>(resource: AnyResource<Api>, facts: Facts, config: PlainObject): readonly ConfigProblem[] {
  return unsupportedArguments(resource.type, facts.schema.block, resource.fields, coveredByTraits(resource), config)
}

/** An object of which nothing but what its import id says is known. */
function isImported(state: PlainObject): boolean {
  return Object.entries(state).filter(([, v]) => v !== null && !(Array.isArray(v) && v.length === 0)).length <= 2
}

/** Nested blocks are never null: empty collections where there is nothing. */
function withBlocks(state: PlainObject, block: BlockSchema): PlainObject {
  const blocks = Object.entries(block.blockTypes).filter(([, b]) => b.nesting === 'list' || b.nesting === 'set')
  return { ...Object.fromEntries(blocks.map(([name]) => [name, []])), ...state }
}

/** The value of a state; parts equal to those of `known` are taken from there. */
function toValue(state: PlainObject, type: ObjectType, known: Value, knownPlain: PlainObject): Value {
  let same = known.hasContent
  const attributes = new Map<string, Value>()
  for (const [name, attributeType] of type.attributes) {
    const plain = state[name] ?? null
    if (known.hasContent && plainEquals(plain, knownPlain[name])) attributes.set(name, known.getAttr(name))
    else {
      same = false
      attributes.set(name, fromPlain(plain, attributeType))
    }
  }
  return same ? known : objectVal(attributes, type)
}

function upgrade<Api>(resource: AnyResource<Api>, facts: Facts, version: number, stored: StoredAttributes): { value: Value } & Diagnosis {
  if (version === facts.schema.version) {
    try {
      return { value: jsonToValue(stored.parsed ?? stored.json, facts.type), ...nothing }
    } catch (error) {
      if (!(error instanceof CtyError)) throw error
    }
  }
  try {
    let object = JSON.parse(stored.json) as Record<string, unknown>
    for (let v = version; v < facts.schema.version; v++) object = resource.upgrades?.[v]?.(object) ?? object
    return { value: jsonToValue(JSON.stringify(prune(object, facts.schema.block)), facts.type), ...nothing }
  } catch (error) {
    return { value: nullVal(facts.type), diags: [failure('Stored object cannot be read', error)] }
  }
}

/** Only what the schema has, null for what is missing: states of neighbouring versions of a provider differ in this way alone. */
function prune(stored: Record<string, unknown>, block: BlockSchema): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, attribute] of Object.entries(block.attributes)) result[name] = pruneAttribute(stored[name] ?? null, attribute)
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const found = stored[name] ?? null
    if (Array.isArray(found)) result[name] = found.map((e) => prune(e as Record<string, unknown>, nested.block))
    else if (found === null) result[name] = nested.nesting === 'list' || nested.nesting === 'set' ? [] : null
    else result[name] = prune(found as Record<string, unknown>, nested.block)
  }
  return result
}

function pruneAttribute(stored: unknown, attribute: AttributeSchema): unknown {
  const { type } = attribute
  if (type === undefined || (type.kind !== 'list' && type.kind !== 'set') || type.element.kind !== 'object' || !Array.isArray(stored))
    return stored
  const names = [...type.element.attributes.keys()]
  return stored.map((e) => Object.fromEntries(names.map((n) => [n, (e as Record<string, unknown>)[n] ?? null])))
}

function planChange<Api>(
  resource: AnyResource<Api>,
  facts: Facts,
  request: PlanResourceRequest,
  api: Api | undefined,
): PlanResourceResponse {
  const legacy = resource.rules === 'sdk' ? { legacyTypeSystem: true } : {}
  if (request.proposed.isNull)
    return { planned: request.proposed, requiresReplace: [], plannedPrivate: request.priorPrivate, ...nothing, ...legacy }
  const config = toPlain(request.config) as PlainObject
  const prior = request.prior.isNull ? undefined : (toPlain(request.prior) as PlainObject)
  const planned: Record<string, Plain> = planFields({
    facts,
    fields: resource.fields,
    rules: resource.rules,
    prior,
    config,
    proposed: toPlain(request.proposed) as PlainObject,
  })
  const diags: Diagnostic[] = []
  const draft: Draft = {
    planned,
    prior,
    config,
    replace: new Set(),
    inPlace: new Set(),
    error: (summary, detail) => diags.push({ severity: 'error', summary, detail }),
  }
  for (const trait of resource.traits ?? []) trait.plan?.(draft, api)
  resource.plan?.(draft, api)
  const paths = prior === undefined ? [] : replacePaths(facts, prior, planned).filter((p) => !draft.inPlace.has(String(p[0])))
  for (const name of draft.replace) if (prior !== undefined && !paths.some((p) => p[0] === name && p.length === 1)) paths.push([name])
  if (prior !== undefined && resource.rules === 'sdk') Object.assign(planned, withKeptTimeouts(planned, prior))
  // Null, zeros and what is empty are one to the old SDK: where nothing else differs, nothing is planned.
  if (prior !== undefined && resource.rules === 'sdk' && isEquivalent(planned, prior)) Object.assign(planned, prior)
  const changed = prior === undefined || Object.keys(planned).some((name) => !sameForPlan(planned[name], prior[name]))
  if (prior !== undefined && changed && resource.rules === 'sdk')
    Object.assign(planned, withEmptyCollections(planned, prior, facts.schema.block, false))
  const own = resource.rules === 'sdk' ? sdkPrivate(resource.timeouts, timeoutsOf(planned), facts.schema.version) : undefined
  return {
    planned: plannedValue(planned, facts.type, request, prior),
    requiresReplace: paths.map(toPath),
    plannedPrivate: changed ? (own ?? request.priorPrivate) : request.priorPrivate,
    diags,
    ...legacy,
  }
}

const invalidId: ConfigProblem = { summary: 'Invalid or unknown key', detail: '', attribute: [attributeStep('id')] }

/**
 * What the old SDK makes of blocks when there is any change: lists, sets and maps in them that are not set are empty. What is not
 * changed stays as it is, null or empty, and so do blocks that were not there before. Elements of sets are written anew as they are
 * planned.
 */
function withEmptyCollections(plain: Plain, prior: Plain | undefined, block: BlockSchema, isNested: boolean): Plain {
  if (prior === undefined || prior === null || prior === UNKNOWN) return plain
  if (plain === null || plain === UNKNOWN || typeof plain !== 'object' || Array.isArray(plain)) return plain
  const filled: Record<string, Plain> = { ...(plain as PlainObject) }
  const before = (name: string): readonly Plain[] => {
    const had = (prior as PlainObject)[name]
    return Array.isArray(had) ? (had as readonly Plain[]) : []
  }
  if (isNested) {
    for (const [name, { type }] of Object.entries(block.attributes)) {
      if (filled[name] != null) continue
      const wasAbsent = ((prior as PlainObject)[name] ?? null) === null
      if (type?.kind === 'list' || type?.kind === 'set') filled[name] = []
      else if (type?.kind === 'map') filled[name] = {}
      else if (wasAbsent && type?.kind === 'string') filled[name] = ''
      else if (wasAbsent && type?.kind === 'number') filled[name] = 0
      else if (wasAbsent && type?.kind === 'bool') filled[name] = false
    }
  }
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const own = filled[name]
    if (nested.nesting === 'list' && Array.isArray(own))
      filled[name] = (own as readonly Plain[]).map((element, i) => withEmptyCollections(element, before(name)[i], nested.block, true))
  }
  return filled
}

/** Timeouts alone are no change to the old SDK: they stay as they were until something else changes. */
function withKeptTimeouts(planned: PlainObject, prior: PlainObject): PlainObject {
  if (Object.keys(planned).some((name) => name !== 'timeouts' && !sameForPlan(planned[name], prior[name]))) return planned
  return 'timeouts' in planned ? { ...planned, timeouts: prior.timeouts ?? null } : planned
}

function sameForPlan(a: Plain | undefined, b: Plain | undefined): boolean {
  return plainEquals(a ?? null, b ?? null)
}

/** Parts that are as in the configuration or before are taken from there, with all that is known of unknown ones. */
function plannedValue(planned: PlainObject, type: ObjectType, request: PlanResourceRequest, prior: PlainObject | undefined): Value {
  if (prior !== undefined && [...type.attributes.keys()].every((name) => plainEquals(planned[name] ?? null, prior[name] ?? null)))
    return request.prior
  const attributes = new Map<string, Value>()
  for (const [name, attributeType] of type.attributes) {
    const plain = planned[name] ?? null
    const given = request.config.getAttr(name)
    if (plain === UNKNOWN && !given.isKnown) attributes.set(name, given)
    else if (prior !== undefined && plainEquals(plain, prior[name] ?? null)) attributes.set(name, request.prior.getAttr(name))
    else attributes.set(name, fromPlain(plain, attributeType))
  }
  return objectVal(attributes, type)
}

function toPath(path: PlainPath): Path {
  return path.map((step): PathStep => (typeof step === 'string' ? { kind: 'attribute', name: step } : { kind: 'index', key: intVal(step) }))
}

/** Reads the object and makes a state of it; undefined when it is gone. */
async function readState<Api>(
  resource: AnyResource<Api>,
  op: Operation<Api>,
  id: string,
  base: PlainObject,
  facts: Facts,
): Promise<Record<string, Plain> | undefined> {
  const remote: unknown = await resource.find(op, id, base as never)
  if (remote === undefined) return undefined
  const state: Record<string, Plain> = {
    ...withBlocks({}, facts.schema.block),
    ...base,
    id,
    ...flattenFields(resource.fields, remote, resource.rules),
  }
  for (const trait of resource.traits ?? []) await trait.read?.(op, remote, base, state)
  resource.finish?.(state, base, remote, op.api)
  return state
}

type OperationMaker<Api> = (name: OperationName, state: PlainObject, diags: Diagnostic[], config: PlainObject) => Operation<Api>

function configured({ config }: ApplyResourceRequest): PlainObject {
  return config.isNull ? {} : (unknownAsNullPlain(toPlain(config)) as PlainObject)
}

/** One apply of one object. */
class Applier<Api> {
  readonly #resource: AnyResource<Api>
  readonly #facts: Facts
  readonly #operation: OperationMaker<Api>

  constructor(resource: AnyResource<Api>, facts: Facts, operation: OperationMaker<Api>) {
    this.#resource = resource
    this.#facts = facts
    this.#operation = operation
  }

  apply(request: ApplyResourceRequest): Promise<ApplyResourceResponse> {
    if (request.planned.isNull) return this.#delete(request)
    return request.prior.isNull ? this.#create(request) : this.#update(request)
  }

  async #create(request: ApplyResourceRequest): Promise<ApplyResourceResponse> {
    const resource = this.#resource
    const planned = toPlain(request.planned) as PlainObject
    const known = unknownAsNullPlain(planned) as PlainObject
    const diags: Diagnostic[] = []
    const op = this.#operation('create', known, diags, configured(request))
    const apiRequest = expandFields(resource.fields, known, 'create')
    let id: string
    try {
      for (const trait of resource.traits ?? []) trait.create?.(op, apiRequest, known)
      id = await resource.create(op, apiRequest, known as never)
    } catch (error) {
      return this.#answer(request, nullVal(this.#facts.type), [...diags, failure(`creating ${resource.title}`, error)])
    }
    try {
      await resource.ready?.(op, id, known as never)
      for (const trait of resource.traits ?? []) await trait.created?.(op, id, known)
      id = await this.#updateGroups(op, id, undefined, known, resource.afterCreate ?? [])
      // Right after creation a service may not know the object everywhere yet.
      const state = await op.waitFor(`${resource.title} (${id}) to be found`, () => this.#readBack(op, id, known))
      return this.#answer(request, this.#value(state, planned), diags)
    } catch (error) {
      const partial = { ...withBlocks({}, this.#facts.schema.block), ...known, id }
      return this.#answer(request, fromPlain(partial, this.#facts.type), [...diags, failure(`creating ${resource.title} (${id})`, error)])
    }
  }

  async #update(request: ApplyResourceRequest): Promise<ApplyResourceResponse> {
    const resource = this.#resource
    const planned = toPlain(request.planned) as PlainObject
    const known = unknownAsNullPlain(planned) as PlainObject
    const prior = toPlain(request.prior) as PlainObject
    const diags: Diagnostic[] = []
    let id = String(prior.id)
    const op = this.#operation('update', known, diags, configured(request))
    try {
      id = await this.#updateGroups(op, id, prior, known, Object.keys(resource.updates ?? {}))
      for (const trait of resource.traits ?? []) await trait.update?.(op, id, prior, known)
      const state = await op.waitFor(`${resource.title} (${id}) to be found`, () => this.#readBack(op, id, known))
      return this.#answer(request, this.#value(state, planned), diags)
    } catch (error) {
      diags.push(failure(`updating ${resource.title} (${id})`, error))
      // A part of the calls may have had effect: what is stored is what is there now.
      const state = await this.#readBack(op, id, prior).catch(() => undefined)
      return this.#answer(request, state === undefined ? request.prior : this.#value(state, prior), diags)
    }
  }

  async #delete(request: ApplyResourceRequest): Promise<ApplyResourceResponse> {
    const resource = this.#resource
    const prior = toPlain(request.prior) as PlainObject
    const id = String(prior.id)
    const diags: Diagnostic[] = []
    const op = this.#operation('delete', prior, diags, {})
    try {
      await resource.delete(op, id, prior as never)
      if (resource.waitGone) {
        await op.waitFor(`${resource.title} (${id}) to be gone`, async () =>
          (await resource.find(op, id, prior as never)) === undefined ? true : undefined,
        )
      }
      return this.#answer(request, request.planned, diags)
    } catch (error) {
      return this.#answer(request, request.prior, [...diags, failure(`deleting ${resource.title} (${id})`, error)])
    }
  }

  /** @param prior undefined after creation: then fields count as changed that the service did not set so by itself. */
  async #updateGroups(
    op: Operation<Api>,
    id: string,
    prior: PlainObject | undefined,
    planned: PlainObject,
    groups: readonly string[],
  ): Promise<string> {
    let current = id
    for (const group of groups) {
      const changed = new Set<string>()
      for (const [name, field] of Object.entries(
        this.#resource.fields as Record<string, { options: { update?: string; initial?: unknown } }>,
      )) {
        if (field.options.update !== group) continue
        const value = planned[name] ?? null
        const before = prior === undefined ? ((field.options.initial as Plain | undefined) ?? null) : (prior[name] ?? null)
        const matters = prior !== undefined || (value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
        if (matters && !plainEquals(value, before)) changed.add(name)
      }
      if (changed.size === 0) continue
      const change: Change<never> = {
        id: current,
        prior: (prior ?? {}) as never,
        planned: planned as never,
        request: expandFields(this.#resource.fields, planned, 'update', changed),
        changed,
      }
      current = (await this.#resource.updates![group]!(op, change)) ?? current
    }
    return current
  }

  #readBack(op: Operation<Api>, id: string, base: PlainObject): Promise<Record<string, Plain> | undefined> {
    return readState(this.#resource, op, id, base, this.#facts)
  }

  #value(state: PlainObject, expected: PlainObject): Value {
    return fromPlain(settle(state, expected), this.#facts.type)
  }

  #answer(request: ApplyResourceRequest, newState: Value, diags: readonly Diagnostic[]): ApplyResourceResponse {
    const legacy = this.#resource.rules === 'sdk' ? { legacyTypeSystem: true } : {}
    return { newState, private: request.plannedPrivate, diags, ...legacy }
  }
}
