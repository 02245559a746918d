import {
  type AbsProviderConfig,
  type AbsResourceInstance,
  absProviderConfigKey,
  absResourceInstanceToString,
  absResourceToString,
  configResourceToString,
  instanceKeyToMapKey,
  parseAbsResourceInstance,
  toModulePath,
  withoutProviderKey,
} from '../addrs/index.ts'
import { compareStrings } from '../base/index.ts'
import type { Config } from '../config/index.ts'
import { jsonString, unmarkDeep, type Value } from '../cty/index.ts'
import { type Diagnosed, type Diagnostic, Diagnostics } from '../diags/index.ts'
import type { OutputChange, Plan, RelevantAttribute, ResourceChange } from '../plans/index.ts'
import {
  deposedOf,
  instancesOf,
  providerOf,
  type ResourceState,
  resourcesOf,
  type State,
  StateBuilder,
  stateInstances,
} from '../states/index.ts'
import { type MaybePromise, runAll, runSteps, type Steps } from './_steps.ts'
import { type Block, createBeforeDestroyBlocks, type ProviderBlock, type ResourceBlock } from './blocks.ts'
import { setBlockUsers } from './ephemeral-objects.ts'
import type { CallCell, ModuleScope } from './evaluation.ts'
import { reportOperationCycles } from './execution-graph.ts'
import { type Expansion, expand } from './expansion.ts'
import type { EngineInput, PlanOptions, PlanResult } from './input.ts'
import { expectChecks, visitCall, visitCheck, visitLocal, visitOutput } from './module-blocks.ts'
import { planData } from './plan/data.ts'
import { planEphemeral } from './plan/ephemeral.ts'
import { warnOfExcluding } from './plan/excluding.ts'
import { undeclaredResources, withResources } from './plan/generate-config.ts'
import { type ImportRequest, reportImportsWithoutConfig, reportMissingInstance, resolveImports } from './plan/import.ts'
import { planManaged } from './plan/managed.ts'
import { applyMoves, validateMoves } from './plan/moves.ts'
import { checkRemoved, orphanReason, planDelete } from './plan/orphans.ts'
import { planOutputs } from './plan/outputs.ts'
import { instanceText, type ObjectPlace, type Planning, takenFrom } from './plan/planning.ts'
import { announceReads } from './plan/prefetch.ts'
import { relevantAttributes } from './plan/relevant.ts'
import { checkMovesTargeted, targeting, warnOfTargeting } from './plan/targeting.ts'
import { configureProvider } from './providers-block.ts'
import { rootScope } from './root-scope.ts'
import { type Run, startRun, visitBlocks } from './run.ts'
import { reportUnknownType, validateSteps } from './validate.ts'
import { visitVariable } from './variables.ts'

/**
 * Finds out what it takes to make what exists be what is configured. With errors the plan holds what was found all the same, is marked
 * `errored`, and must not be applied.
 */
export function plan(input: EngineInput, options: PlanOptions = {}): Promise<Diagnosed<PlanResult>> {
  return Promise.resolve(runSteps(planSteps(input, options)))
}

function* planSteps(input: EngineInput, options: PlanOptions): Steps<Diagnosed<PlanResult>> {
  const diags = new Diagnostics()
  const timestamp = options.timestamp ?? (input.now?.() ?? new Date()).toISOString().replace(/\.\d+Z$/, 'Z')
  const base: Plan = {
    mode: options.mode ?? 'normal',
    previousState: input.state,
    priorState: input.state,
    changes: [],
    drift: [],
    outputChanges: [],
    relevantAttributes: () => [],
    variables: new Map(),
    targets: options.targets ?? [],
    excludes: options.excludes ?? [],
    forceReplace: options.forceReplace ?? [],
    timestamp,
    errored: true,
  }
  const failed = (): Diagnosed<PlanResult> => ({ value: { plan: base, begun: false, generated: [] }, diags: diags.items })
  if (options.validate !== false) {
    const { diags: found } = yield* validateSteps(input)
    diags.addAll(found)
    if (diags.hasErrors) return failed()
  }
  if (base.mode === 'normal' && options.generateConfig !== undefined) {
    const resources = undeclaredResources(input.config)
    const extended = { ...input, config: withResources(input.config, resources) }
    return (yield* planOnce(extended, base, { ...options, generating: new Set(resources.keys()) }, diags)) ?? failed()
  }
  if (base.mode !== 'destroy' || options.refresh === false || input.state.resources.size === 0) {
    return (yield* planOnce(input, base, options, diags)) ?? failed()
  }
  // P-05: what there is to destroy is found out by an ordinary plan, of which only the refreshed state is kept.
  const own = new Diagnostics()
  const first = yield* planOnce(input, { ...base, mode: 'normal', forceReplace: [] }, { ...options, beforeDestroy: true }, own)
  if (first === undefined || own.hasErrors) {
    diags.addAll(own.items)
    return failed()
  }
  const { previousState, priorState } = first.value.plan
  const second = yield* planOnce({ ...input, state: priorState }, base, { ...options, refresh: false }, diags)
  if (second === undefined) return failed()
  const { plan } = second.value
  return { value: { plan: { ...plan, previousState }, begun: true, generated: [] }, diags: second.diags }
}

interface OnceOptions extends PlanOptions {
  /** Only the state is wanted: conditions need not hold. */
  readonly beforeDestroy?: boolean
  /** Resources that are only there to have their configuration written. */
  readonly generating?: ReadonlySet<string>
}

/** One walk over the configuration. Undefined when that could not even begin. */
function* planOnce(input: EngineInput, base: Plan, options: OnceOptions, diags: Diagnostics): Steps<Diagnosed<PlanResult> | undefined> {
  const run = yield* startRun(input, 'plan', input.state, base.timestamp, diags)
  if (run === undefined) return undefined
  try {
    return yield* planRun(run, base, options, diags)
  } finally {
    yield* run.ephemerals.closeAll(diags)
    yield* run.providers.closeAll()
  }
}

/**
 * Root output values as the configuration gives them now, as far as that is known: part of what looking has found out, as in Terraform.
 * They are recorded even where applying the plan fails before it gets to them.
 */
function knownOutputs(stored: State['outputs'], changes: readonly OutputChange[], config: Config): State['outputs'] {
  const outputs = new Map(stored)
  for (const { name, action, after } of changes) {
    if (action === 'delete') continue
    const sensitive = config.module.outputs.get(name)?.sensitive ?? false
    const value = unmarkDeep(after)
    if (value.isNull) outputs.delete(name)
    else if (value.isWhollyKnown) outputs.set(name, { value, type: value.type, sensitive })
  }
  return outputs
}

function* planRun(run: Run, base: Plan, options: OnceOptions, diags: Diagnostics): Steps<Diagnosed<PlanResult>> {
  const { input, graph } = run
  const previous = new StateBuilder(input.state)
  const unbegun = (found: readonly Diagnostic[]): Diagnosed<PlanResult> => ({
    value: { plan: base, begun: false, generated: [] },
    diags: found,
  })
  const { from: movedFrom, origins } = applyMoves(input.config, previous, diags)
  const forceReplace = new Set<string>()
  for (const text of base.forceReplace) {
    const address = parseAbsResourceInstance(text, diags)
    if (address !== undefined) forceReplace.add(absResourceInstanceToString(address))
  }
  const targets = targeting(base, graph, previous.snapshot(), base.mode === 'destroy', diags)
  const p: Planning = {
    run,
    mode: base.mode,
    refresh: options.refresh ?? true,
    lenient: base.mode !== 'normal' || options.beforeDestroy === true,
    previous,
    prior: new StateBuilder(previous.snapshot()),
    changes: [],
    drift: [],
    changeOf: new Map(),
    forceReplace,
    createBeforeDestroy: createBeforeDestroyBlocks(graph, targets?.includesBlock),
    targeting: targets,
    movedFrom,
    origins,
    imports: new Map(options.imports?.map((request) => [absResourceInstanceToString(request.address), request])),
    asked: options.imports ?? [],
    generating:
      options.generateConfig === undefined
        ? undefined
        : { resources: options.generating ?? new Set(), fileName: options.generateConfig.fileName, written: [] },
    pending: new Map(),
  }
  if (p.targeting !== undefined) {
    if (base.targets.length > 0) {
      warnOfTargeting(diags)
      checkMovesTargeted(movedFrom, base.targets, diags)
    } else warnOfExcluding(diags)
    if (diags.hasErrors) return unbegun(diags.items)
  }
  if (p.mode === 'normal') {
    checkRemoved(input.config, run, diags)
    if (diags.hasErrors) return unbegun(diags.items)
  }
  if (!diags.hasErrors) {
    if (p.mode !== 'destroy') expectChecks(run, run.evaluation.root)
    run.input.stop?.addEventListener('abort', () => run.providers.stopAll(), { once: true })
    if (p.mode === 'normal') reportImportsWithoutConfig(run, p.generating !== undefined, base.targets, diags)
    for (const name of p.generating?.resources ?? []) {
      const block = graph.resources.get(name)
      if (block !== undefined && block.schema === undefined) reportUnknownType(run, block, diags)
    }
    setBlockUsers(run.ephemerals, graph)
    yield* visitBlocks(run, (block, own) => visit(p, block, own), p.targeting && ((b) => p.targeting!.includesBlock(b)), diags)
    yield* planOrphans(p, diags)
    const misplaced = new Diagnostics()
    validateMoves(input.config, run.evaluation, misplaced)
    if (misplaced.hasErrors) return unbegun(misplaced.items)
    if (options.beforeDestroy !== true) run.evaluation.deprecatedUses?.report(diags)
    input.onEvaluated?.(rootScope(run))
    if (input.stop?.aborted) diags.error('Planning was interrupted', 'The operation was stopped before the plan was complete.')
    reportUnusedForceReplace(p, diags)
  }
  if (p.mode !== 'normal' && p.mode !== 'refreshOnly') yield* planDestroy(p, diags)
  yield* run.ephemerals.closeAll(diags)
  p.prior.setCheckResults(run.checks.results())
  const outputChanges = planOutputs(run.evaluation, input.state.outputs, p.mode === 'destroy', p.targeting !== undefined)
  if (p.mode !== 'destroy') p.prior.setOutputs(knownOutputs(input.state.outputs, outputChanges, input.config))
  let relevant: readonly RelevantAttribute[] | undefined
  const result: Plan = {
    ...base,
    previousState: previous.snapshot(),
    priorState: p.prior.snapshot(),
    changes: sortChanges(p.changes),
    drift: sortChanges(p.drift),
    outputChanges,
    relevantAttributes: () => (relevant ??= relevantAttributes(run, [...p.changes, ...goneData(p)], outputChanges, p.mode === 'destroy')),
    variables: rootVariables(run),
    applyTimeVariables: applyTimeVariables(run),
    functionResults: run.functionResults.found,
    errored: diags.hasErrors,
  }
  const generated = p.generating?.written ?? []
  if (diags.hasErrors) return { value: { plan: result, begun: true, generated }, diags: diags.items }
  // Now nothing has been touched yet.
  reportOperationCycles(graph, result, diags)
  return { value: { plan: { ...result, errored: diags.hasErrors }, begun: true, generated }, diags: diags.items }
}

function visit(p: Planning, block: Block, diags: Diagnostics): MaybePromise<boolean> {
  const { run } = p
  switch (block.kind) {
    case 'variable':
      return visitVariable(run, block, diags, p.mode !== 'destroy')
    case 'local':
      return visitLocal(run, block, diags)
    case 'output':
      if (p.mode === 'destroy' && block.config.path.length === 0) {
        for (let i = 0; i < block.preconditions.length; i++) run.checks.record('output', block.name, block.name, 'unknown')
        return true
      }
      return visitOutput(run, block, p.lenient, diags, p.mode !== 'destroy')
    case 'call':
      return visitCall(run, block, diags)
    case 'callEnd':
      return true
    case 'check':
      return p.mode === 'destroy' ? true : visitCheck(run, block, diags)
    case 'provider':
      return runSteps(visitProvider(p, block, diags))
    case 'resource':
      return runSteps(visitResource(p, block, diags))
  }
}

function* visitProvider(p: Planning, block: ProviderBlock, diags: Diagnostics): Steps<boolean> {
  if (!(yield* configureProvider(p.run, block, diags))) return false
  yield* announceReads(p, block)
  return true
}

const planners = { managed: planManaged, data: planData, ephemeral: planEphemeral } as const

function* visitResource(p: Planning, block: ResourceBlock, diags: Diagnostics): Steps<boolean> {
  const { run } = p
  if (block.preconditions.length + block.postconditions.length > 0 && p.mode !== 'destroy') run.checks.expanded('resource', block.name)
  let ok = true
  const { mode } = block.resource.address
  const missing = new Map<string, ImportRequest>()
  if (block.imports.length > 0 && p.mode === 'normal') {
    const requests = resolveImports(run, block, diags)
    if (requests === undefined) return false
    for (const [text, request] of requests) {
      p.imports.set(text, request)
      missing.set(text, request)
    }
  }
  for (const request of p.asked) {
    if (configOf(request.address) === block.name) missing.set(absResourceInstanceToString(request.address), request)
  }
  const expansions: { readonly scope: ModuleScope; readonly expansion: Expansion }[] = []
  for (const scope of run.evaluation.scopesOf(block.config)) {
    const expansion = expansionIn(p, block, scope, diags)
    if (expansion === undefined) ok = false
    else expansions.push({ scope, expansion })
  }
  if (missing.size > 0) {
    for (const { scope, expansion } of expansions) for (const key of expansion.keys) missing.delete(instanceText(scope, block, key))
    for (const request of missing.values()) reportMissingInstance(request, diags)
    if (missing.size > 0) return false
  }
  for (const { scope, expansion } of expansions) {
    const cell = run.evaluation.expandResource(scope, block.resource.address, block.schema, expansion)
    const one = planners[mode]
    const results = yield* runAll(expansion.keys, (key) => runSteps(one(p, block, scope, cell, key, diags)))
    if (results.includes(false)) ok = false
    if (p.mode === 'destroy') continue
    const stored = p.prior.tryResource({ module: scope.instance, resource: block.resource.address })
    if (stored !== undefined && !(yield* planSurplus(p, block, stored, expansion, diags))) ok = false
  }
  return ok
}

/** When everything goes, an expansion that cannot be worked out any more is that of the objects there are. */
function expansionIn(p: Planning, block: ResourceBlock, scope: Parameters<typeof expand>[1], diags: Diagnostics): Expansion | undefined {
  const own = new Diagnostics()
  const found = expand(p.run.evaluation, scope, block.resource, block.expansionNeeds, false, own)
  if (found !== undefined || p.mode !== 'destroy') {
    diags.addAll(own.items)
    return found
  }
  const stored = p.prior.tryResource({ module: scope.instance, resource: block.resource.address })
  const keys = stored === undefined ? [] : instancesOf(stored).map((i) => i.key)
  return { kind: 'unknown', keys, has: (key) => keys.includes(key), repetition: () => ({}) }
}

/** Stored instances of a block that its expansion does not have, and deposed objects of all. */
function* planSurplus(p: Planning, block: ResourceBlock, stored: ResourceState, expansion: Expansion, diags: Diagnostics): Steps<boolean> {
  const work: (() => Steps<boolean>)[] = []
  for (const instance of instancesOf(stored)) {
    const wanted = expansion.has(instance.key)
    if (wanted && instance.deposed.size === 0) continue
    const address: AbsResourceInstance = { ...stored.address, key: instance.key }
    const place: ObjectPlace = {
      address,
      text: absResourceInstanceToString(address),
      deposed: undefined,
      provider: remaining(p.run, block, providerOf(stored, instance)),
      takenFrom: takenFrom(p, absResourceInstanceToString(address), address.resource.type, stored.provider),
    }
    if (!wanted && instance.current !== undefined) {
      const { current } = instance
      work.push(() => planDelete(p, place, current, block, orphanReason(p, address), diags))
    }
    for (const [deposed, record] of deposedOf(instance))
      work.push(() => planDelete(p, { ...place, deposed }, record, block, undefined, diags))
  }
  const results = yield* runAll(work, (steps) => runSteps(steps()))
  return !results.includes(false)
}

/** What serves an object that goes: what has made it, or what the configuration of its resource names where that is gone. */
function remaining(run: Run, block: ResourceBlock | undefined, made: AbsProviderConfig): AbsProviderConfig {
  return block === undefined || run.graph.providers.has(absProviderConfigKey(withoutProviderKey(made))) ? made : block.provider
}

/** Stored objects of resources and module instances that are not configured at all. */
function* planOrphans(p: Planning, diags: Diagnostics): Steps<void> {
  if (p.mode === 'destroy') return
  const { run } = p
  const work: (() => Steps<boolean>)[] = []
  for (const resource of resourcesOf(p.prior.snapshot())) {
    const { module } = resource.address
    const block = run.graph.resources.get(configResourceToString({ module: toModulePath(module), resource: resource.address.resource }))
    if (block !== undefined && (run.evaluation.tryScope(module) !== undefined || !isExpanded(run, module))) continue
    for (const instance of instancesOf(resource)) {
      const address: AbsResourceInstance = { ...resource.address, key: instance.key }
      const place: ObjectPlace = {
        address,
        text: absResourceInstanceToString(address),
        deposed: undefined,
        provider: remaining(run, block, providerOf(resource, instance)),
        takenFrom: takenFrom(p, absResourceInstanceToString(address), address.resource.type, resource.provider),
      }
      if (instance.current !== undefined) {
        const { current } = instance
        work.push(() => planDelete(p, place, current, block, orphanReason(p, address), diags))
      }
      for (const [deposed, record] of deposedOf(instance))
        work.push(() => planDelete(p, { ...place, deposed }, record, block, undefined, diags))
    }
  }
  yield* runAll(work, (steps) => runSteps(steps()))
}

/** Whether it is known which instances the calls on the way have: not when one failed or was left out. */
function isExpanded(run: Run, module: AbsResourceInstance['module']): boolean {
  let scope: ModuleScope | undefined = run.evaluation.root
  for (const { name, key } of module) {
    const call: CallCell | undefined = scope?.calls.get(name)
    if (call === undefined) return scope === undefined
    if (!call.scopes.has(key)) return true
    scope = call.scopes.get(key)
  }
  return true
}

/** P-05: everything that is stored. What something stays for that may not be destroyed is kept back with it. */
function* planDestroy(p: Planning, diags: Diagnostics): Steps<void> {
  if (diags.hasErrors) return
  const { run } = p
  const kept = new Set<string>()
  for (const [address, deposed, record, provider] of [...stateInstances(p.prior.snapshot())]) {
    const block = run.graph.resources.get(configOf(address))
    const place: ObjectPlace = { address, text: absResourceInstanceToString(address), deposed, provider }
    const ok = yield* planDelete(p, place, record, block, undefined, diags)
    if (!ok) for (const dependency of record.dependencies) kept.add(dependency)
  }
  if (kept.size === 0) return
  const left = p.changes.filter((change) => !kept.has(configOf(change.address)))
  p.changes.splice(0, p.changes.length, ...left)
}

/** Data that was read goes with everything else, without being listed. */
function goneData(p: Planning): readonly Pick<ResourceChange, 'action' | 'address'>[] {
  if (p.mode !== 'destroy') return []
  return [...stateInstances(p.prior.snapshot())].flatMap(([address]) =>
    address.resource.mode === 'data' ? [{ action: 'delete', address }] : [],
  )
}

function configOf(address: AbsResourceInstance): string {
  return configResourceToString({ module: toModulePath(address.module), resource: address.resource })
}

function reportUnusedForceReplace(p: Planning, diags: Diagnostics): void {
  for (const text of p.forceReplace) {
    const change = p.changeOf.get(text)
    if (change?.reason === 'replace_by_request' || change?.reason === 'replace_because_tainted') continue
    if (change !== undefined && change.action !== 'delete') continue
    const address = parseAbsResourceInstance(text, new Diagnostics())
    if (address === undefined || address.key !== undefined) continue
    const instances = p.changes.filter(
      (c) => c.deposed === undefined && c.action !== 'delete' && absResourceToString(c.address) === absResourceToString(address),
    )
    if (instances.length === 0) continue
    const options = instances.map((c) => `\n  -replace=${jsonString(absResourceInstanceToString(c.address))}`).join('')
    diags.warning(
      'Incompletely-matched force-replace resource instance',
      `Your force-replace request for ${text} doesn't match any resource instances because it lacks an instance key.\n\nTo force replacement of particular instances, use one or more of the following options instead:${options}`,
    )
  }
}

/** Root values for the plan, as they were given: without ephemeral ones, which must be given again. */
function rootVariables(run: Run): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>()
  for (const [name, { ephemeral }] of run.evaluation.root.config.module.variables) {
    const given = run.input.variables.get(name)?.value
    if (!ephemeral && given !== undefined) values.set(name, given)
  }
  return values
}

function applyTimeVariables(run: Run): readonly string[] | undefined {
  const { variables } = run.evaluation.root.config.module
  const names = [...variables.values()].filter((v) => v.ephemeral && isGiven(run.input.variables.get(v.name)?.value)).map((v) => v.name)
  return names.length === 0 ? undefined : names
}

function isGiven(value: Value | undefined): boolean {
  return value !== undefined && !value.isNull
}

/** By address, so that the same configuration always gives the same plan: modules, then mode, type, name, key, deposed key. */
function sortChanges(changes: readonly ResourceChange[]): readonly ResourceChange[] {
  const keyed: { readonly change: ResourceChange; readonly text: string }[] = []
  let before: ResourceChange | undefined
  let start = ''
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i]!
    const { module, resource, key } = change.address
    // The instances of a resource come one after the other.
    if (module !== before?.address.module || resource !== before.address.resource) start = sortableResource(change.address)
    before = change
    keyed.push({ change, text: `${start}\x01${sortableKey(key)}\x01${change.deposed ?? ''}` })
  }
  return keyed.sort((a, b) => compareStrings(a.text, b.text)).map((k) => k.change)
}

function sortableResource({ module, resource }: AbsResourceInstance): string {
  const path = module.map((s) => `${s.name}\0${sortableKey(s.key)}`).join('\0')
  return `${path}\x01${resource.mode}\x01${resource.type}\x01${resource.name}`
}

function sortableKey(key: AbsResourceInstance['key']): string {
  if (typeof key === 'number') return `0${String(key).padStart(12, '0')}`
  return key === undefined ? '' : `1${instanceKeyToMapKey(key)}`
}
