import {
  type AbsProviderConfig,
  absProviderConfigKey,
  absResourceInstanceToString,
  configResourceOf,
  configResourceToString,
  type InstanceKey,
  parseTargets,
  resourceToString,
  toModulePath,
  withoutProviderKey,
} from '../addrs/index.ts'
import type { VariableInput } from '../config/index.ts'
import { jsonString, unknownAsNull, unmarkDeep, type Value } from '../cty/index.ts'
import { neighboursOf, walkGraph } from '../dag/index.ts'
import { type Diagnosed, type Diagnostic, Diagnostics } from '../diags/index.ts'
import type { Plan, ResourceChange } from '../plans/index.ts'
import { impliedType } from '../schema/index.ts'
import { type CheckResult, decodeObject, type OutputState, type State, StateBuilder, stateInstances } from '../states/index.ts'
import { isPromise, type MaybePromise, runAll, runSteps, type Steps, wait } from './_steps.ts'
import { type Applying, blockOf } from './apply/applying.ts'
import { applyDelete, applyForget } from './apply/destroy.ts'
import { applyRead } from './apply/read.ts'
import { applyCreateOrUpdate } from './apply/write.ts'
import { type Block, type CheckBlock, createBeforeDestroyBlocks, type ResourceBlock } from './blocks.ts'
import { CheckLog } from './check-log.ts'
import { ephemeralUsers } from './ephemeral-objects.ts'
import type { ModuleScope, ResourceCell } from './evaluation.ts'
import { buildExecutionGraph, type ExecutionGraph, type Operation, visitedInstances } from './execution-graph.ts'
import { type Expansion, expand } from './expansion.ts'
import type { EngineInput } from './input.ts'
import { visitCall, visitCheck, visitCheckIn, visitLocal, visitOutput } from './module-blocks.ts'
import { visitEphemeral } from './plan/ephemeral.ts'
import { withPlannedResources } from './plan/generate-config.ts'
import { checkPostconditions, checkPreconditions } from './plan/managed.ts'
import { type InstanceContext, instanceText } from './plan/planning.ts'
import { targeting } from './plan/targeting.ts'
import { settleFunctions } from './provider-functions.ts'
import { servingProvider } from './provider-instances.ts'
import { configureProvider } from './providers-block.ts'
import { rootScope } from './root-scope.ts'
import { type Run, startRun } from './run.ts'
import { withSchemaMarks } from './stored-object.ts'
import { visitVariable } from './variables.ts'

export type ApplyInput = EngineInput & { readonly plan: Plan }

/**
 * Does what a plan says, as far as that succeeds: a failure keeps back only what depends on it. The state returned is what exists
 * afterwards, whatever happened, and is to be stored.
 */
export function apply(input: ApplyInput): Promise<Diagnosed<State>> {
  return Promise.resolve(runSteps(applySteps(input)))
}

/** Ephemeral variables are part of no plan: those that it was made with must be given again. */
export function checkApplyTimeVariables(
  { applyTimeVariables = [] }: Plan,
  variables: ReadonlyMap<string, VariableInput>,
  diags: Diagnostics,
): void {
  for (const name of applyTimeVariables) {
    if (variables.get(name)?.value !== undefined) continue
    diags.error(
      'No value for required variable',
      `The ephemeral input variable ${jsonString(name)} was set during the plan phase, and so must also be set during the apply phase.`,
    )
  }
}

function* applySteps(input: ApplyInput): Steps<Diagnosed<State>> {
  const diags = new Diagnostics()
  const { plan } = input
  const refused = (): Diagnosed<State> => ({ value: plan.priorState, diags: diags.items })
  if (plan.errored) {
    diags.error('Cannot apply incomplete plan', 'Terraform encountered an error when generating this plan, so it cannot be applied.')
    return refused()
  }
  checkApplyTimeVariables(plan, input.variables, diags)
  if (diags.hasErrors) return refused()
  const config = withPlannedResources(input.config, plan.changes)
  const given = { ...input, config, variables: plannedVariables(input) }
  const run = yield* startRun(given, 'apply', plan.priorState, plan.timestamp, diags, plan.functionResults)
  if (run === undefined) return refused()
  const execution = buildExecutionGraph(run.graph, plan, diags)
  if (execution === undefined) return refused()
  const included = targeting(plan, run.graph, plan.priorState, plan.mode === 'destroy', diags)
  const a: Applying = {
    run,
    plan,
    state: new StateBuilder(plan.priorState),
    // Recorded with everything that is configured in mind, as Terraform does, also where a plan was made for some of it.
    createBeforeDestroy: createBeforeDestroyBlocks(run.graph, undefined, visitedInstances(plan)),
    deposed: new Map(),
    imports: new Map(),
  }
  const changes = new Map<string, ResourceChange>()
  for (const change of plan.changes) {
    if (change.deposed !== undefined) continue
    changes.set(absResourceInstanceToString(change.address), change)
    if (change.importing === undefined) continue
    const block = configResourceToString(configResourceOf(change.address))
    const imports = a.imports.get(block)
    if (imports === undefined) a.imports.set(block, [change])
    else imports.push(change)
  }
  const reported: (readonly Diagnostic[] | undefined)[] = []
  const left = leftStanding(execution, plan)
  const users = new ProviderUsers(execution)
  setOperationUsers(run, execution)
  input.stop?.addEventListener('abort', () => run.providers.stopAll(), { once: true })
  try {
    yield* wait(
      walkGraph(execution.graph, {
        stopped: () => input.stop?.aborted === true || input.hooks?.mayStart?.() === false,
        visit: (vertex) => {
          const block = run.graph.blocks[vertex]
          const operation = execution.operationAt[vertex]
          if (block === undefined && operation === undefined) return true
          if (block !== undefined && included?.includesBlock(block) === false) return true
          const own = new Diagnostics()
          const finish = (ok: boolean): boolean => {
            if (own.items.length > 0) reported[vertex] = own.items
            const idle = users.release(vertex)
            if (idle !== undefined) run.providers.close(idle)
            run.ephemerals.finished(vertex)
            return ok && !own.hasErrors
          }
          const crashed = (error: unknown): boolean => {
            const what = operation?.text ?? block?.name ?? ''
            own.error(
              'Unexpected failure',
              `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\nThis is a bug in Landform.`,
            )
            return finish(false)
          }
          if (left.has(vertex)) return finish(true)
          try {
            const answer: MaybePromise<boolean> = runSteps(
              operation !== undefined ? visitOperation(a, operation, own) : visitBlock(a, block!, changes, own),
            )
            return isPromise(answer) ? answer.then(finish, crashed) : finish(answer)
          } catch (error) {
            return crashed(error)
          }
        },
      }),
    )
  } finally {
    for (const items of reported) if (items !== undefined) diags.addAll(items)
    yield* run.ephemerals.closeAll(diags)
    yield* run.providers.closeAll()
  }
  const scope = input.onEvaluated && rootScope(run)
  if (input.stop?.aborted) diags.error('execution halted', '')
  if (isPartial(plan)) warnOfIncompleteApply(plan, diags)
  finishState(a, diags.hasErrors)
  const value = a.state.snapshot()
  // What is beside the targets is what it was.
  if (scope !== undefined)
    input.onEvaluated!({ ...scope, outputs: new Map([...[...value.outputs].map(([n, o]) => [n, o.value] as const), ...scope.outputs]) })
  return { value, diags: diags.items }
}

/**
 * Replaced objects that the targets do not need gone, as their successors were made first: they stay, to be destroyed by a plan that means
 * them or everything.
 */
function leftStanding({ graph, operations }: ExecutionGraph, { targets: texts }: Plan): ReadonlySet<number> {
  const left = new Set<number>()
  if (texts.length === 0) return left
  const targets = parseTargets(texts, new Diagnostics())
  const needed = new Set<number>()
  const pending: number[] = []
  for (const { vertex, change } of operations) if (targets.covers(change.address)) pending.push(vertex)
  for (let v = pending.pop(); v !== undefined; v = pending.pop()) {
    if (needed.has(v)) continue
    needed.add(v)
    for (const d of neighboursOf(graph.waitsFor, v)) pending.push(d)
  }
  for (const { vertex, kind, replaces } of operations)
    if (kind === 'delete' && replaces === 'createThenDelete' && !needed.has(vertex)) left.add(vertex)
  return left
}

/** What uses an ephemeral resource: the blocks that refer to it with their operations, and all operations of the providers that do. */
function setOperationUsers(run: Run, execution: ExecutionGraph): void {
  const users = ephemeralUsers(run.graph)
  if (users.size === 0) return
  const operations = new Map<number, number[]>()
  const add = (vertex: number | undefined, operation: number): void => {
    if (vertex === undefined) return
    const known = operations.get(vertex)
    if (known === undefined) operations.set(vertex, [operation])
    else known.push(operation)
  }
  for (const { vertex, change } of execution.operations) {
    const { module, resource } = change.address
    add(run.graph.resources.get(configResourceToString({ module: toModulePath(module), resource }))?.vertex, vertex)
    add(run.graph.providers.get(absProviderConfigKey(withoutProviderKey(change.provider)))?.vertex, vertex)
  }
  for (const [vertex, blocks] of users)
    run.ephemerals.setUsers(vertex, [vertex, ...blocks, ...[...blocks].flatMap((b) => operations.get(b) ?? [])])
}

/** Counts down what still needs each provider configuration, so that it can be closed after its last use. */
class ProviderUsers {
  readonly #execution: ExecutionGraph
  readonly #left = new Map<string, number>()

  constructor(execution: ExecutionGraph) {
    this.#execution = execution
    for (let vertex = 0; vertex < execution.graph.size; vertex++) {
      const address = this.#providerOf(vertex)
      if (address === undefined) continue
      const key = absProviderConfigKey(address)
      this.#left.set(key, (this.#left.get(key) ?? 0) + 1)
    }
  }

  /** The configuration that nothing needs any more now that this vertex is done. */
  release(vertex: number): AbsProviderConfig | undefined {
    const address = this.#providerOf(vertex)
    if (address === undefined) return undefined
    const key = absProviderConfigKey(address)
    const left = this.#left.get(key)! - 1
    this.#left.set(key, left)
    return left === 0 ? address : undefined
  }

  #providerOf(vertex: number): AbsProviderConfig | undefined {
    const operation = this.#execution.operationAt[vertex]
    if (operation !== undefined) return withoutProviderKey(operation.change.provider)
    const block = this.#execution.blocks.blocks[vertex]
    return block?.kind === 'resource' ? block.provider : undefined
  }
}

/** What the plan was made with; what it does not hold, ephemeral values, must have been given again. */
function plannedVariables(input: ApplyInput): ReadonlyMap<string, VariableInput> {
  const declared = input.config.module.variables
  // What has no value in the plan had its default value.
  const all = new Map([...input.variables].filter(([name]) => declared.get(name)?.ephemeral === true))
  for (const [name, value] of input.plan.variables) all.set(name, { ...input.variables.get(name), value: unmarkDeep(value) })
  return all
}

function* visitOperation(a: Applying, operation: Operation, diags: Diagnostics): Steps<boolean> {
  const block = blockOf(a, operation.change.address)
  if (block !== undefined) yield* settleFunctions(a.run, block)
  switch (operation.kind) {
    case 'create':
    case 'update':
      return yield* applyCreateOrUpdate(a, operation, diags)
    case 'read':
      return yield* applyRead(a, operation, diags)
    case 'delete':
      return yield* applyDelete(a, operation, diags)
    case 'forget':
      return yield* applyForget(a, operation)
  }
}

function* visitBlock(a: Applying, block: Block, changes: ReadonlyMap<string, ResourceChange>, diags: Diagnostics): Steps<boolean> {
  const { run, plan } = a
  const destroying = plan.mode === 'destroy'
  yield* settleFunctions(run, block)
  switch (block.kind) {
    case 'variable':
      return visitVariable(run, block, diags, !destroying)
    case 'local':
      return visitLocal(run, block, diags)
    case 'output':
      if (destroying && block.config.path.length === 0) {
        for (let i = 0; i < block.preconditions.length; i++) run.checks.record('output', block.name, block.name, 'unknown')
        return true
      }
      return visitOutput(run, block, destroying, diags, !destroying)
    case 'call':
      return visitCall(run, block, diags)
    case 'callEnd':
      return true
    case 'check':
      return destroying ? true : plan.mode === 'refreshOnly' ? recheckRefreshed(a, block, diags) : visitCheck(run, block, diags)
    case 'provider':
      return yield* configureProvider(run, block, diags)
    case 'resource':
      if (block.resource.address.mode === 'ephemeral') return yield* openInstances(a, block, diags)
      yield* announceImports(a, block)
      return visitResource(a, block, changes, diags)
  }
}

/**
 * What has only been refreshed comes out as it did while planning, and is told again. Where it does not, the data source of the check could
 * not be read then, and it is not read now: what depends on it stays unknown.
 */
function recheckRefreshed({ run, plan }: Applying, block: CheckBlock, diags: Diagnostics): boolean {
  const planned = plan.priorState.checkResults?.find((result) => result.objectKind === 'check' && result.configAddr === block.name)
  if (planned === undefined) return visitCheck(run, block, diags)
  run.checks.adopt(planned)
  const { data } = block.check
  const wanted = new Set(outcomes(planned))
  for (const scope of run.evaluation.scopesOf(block.config)) {
    const checks = new CheckLog()
    const own = new Diagnostics()
    visitCheckIn({ ...run, checks }, block, scope, own)
    const cell = data === undefined ? undefined : scope.resources.get(resourceToString(data.address))
    if (cell === undefined || outcomes(checks.results()![0]!).every((outcome) => wanted.has(outcome))) {
      diags.addAll(own.items)
      continue
    }
    cell.values.set(undefined, cell.absent)
    cell.whole = undefined
    visitCheckIn({ ...run, checks: new CheckLog() }, block, scope, diags)
  }
  return true
}

/** What each object came to, as one text to be compared. */
function outcomes({ objects }: CheckResult): readonly string[] {
  return objects.map(({ objectAddr, status, failureMessages }) => JSON.stringify([objectAddr, status, failureMessages]))
}

function* openInstances(a: Applying, block: ResourceBlock, diags: Diagnostics): Steps<boolean> {
  const { run, plan } = a
  const destroying = plan.mode === 'destroy'
  if (block.preconditions.length + block.postconditions.length > 0 && !destroying) run.checks.expanded('resource', block.name)
  let ok = true
  for (const scope of run.evaluation.scopesOf(block.config)) {
    const expansion = expansionIn(a, block, scope, diags)
    if (expansion === undefined) {
      ok = false
      continue
    }
    const cell = run.evaluation.expandResource(scope, block.resource.address, block.schema, expansion)
    const results = yield* runAll(expansion.keys, (key) => {
      const address = { module: scope.instance, resource: block.resource.address, key }
      const text = instanceText(scope, block, key)
      const repetition = expansion.repetition(key)
      const provider = servingProvider(run, block, scope, repetition, diags)
      if (provider === undefined) return false
      const instance: InstanceContext = { run, block, scope, address, text, repetition, provider }
      return runSteps(visitEphemeral(instance, cell, destroying, plan.mode !== 'normal', () => false, diags))
    })
    if (results.includes(false)) ok = false
  }
  return ok
}

/** Imported objects are in the state already; whoever watches is told all the same. */
function* announceImports(a: Applying, block: ResourceBlock): Steps<void> {
  const { hooks } = a.run.input
  for (const { address, importing } of a.imports.get(block.name) ?? []) {
    if (importing === undefined) continue
    if (hooks?.preApplyImport !== undefined) yield* wait(hooks.preApplyImport(address, importing))
    if (hooks?.postApplyImport !== undefined) yield* wait(hooks.postApplyImport(address, importing))
  }
}

/** Expands a resource again, with real values now, and gives the instances that have no operation the value they have. */
function visitResource(a: Applying, block: ResourceBlock, changes: ReadonlyMap<string, ResourceChange>, diags: Diagnostics): boolean {
  const { run, plan, state } = a
  const { schema } = block
  if (schema === undefined) return false
  const conditions = block.preconditions.length + block.postconditions.length > 0
  if (conditions && plan.mode !== 'destroy') run.checks.expanded('resource', block.name)
  const type = impliedType(schema.block)
  let ok = true
  for (const scope of run.evaluation.scopesOf(block.config)) {
    const expansion = expansionIn(a, block, scope, diags)
    if (expansion === undefined) {
      ok = false
      continue
    }
    const cell = run.evaluation.expandResource(scope, block.resource.address, block.schema, expansion)
    for (const key of expansion.keys) {
      const address = { module: scope.instance, resource: block.resource.address, key }
      const text = instanceText(scope, block, key)
      const change = changes.get(text)
      const record = state.tryInstance(address)?.current
      if (change === undefined || change.action === 'delete' || change.action === 'forget') {
        if (record !== undefined) cell.values.set(key, withSchemaMarks(schema.block, decodeObject(record, type)))
        if (change !== undefined || !conditions || plan.mode === 'destroy') continue
        // What was read while planning was checked then, and is not looked at again; what was refreshed keeps its outcome.
        if (block.resource.address.mode === 'data' && plan.mode !== 'refreshOnly') run.checks.expect('resource', block.name, text)
        else ok = recheck(a, block, scope, cell, key, text, cell.values.get(key), diags) && ok
      } else if (change.action === 'noop') {
        cell.values.set(key, change.after)
        if (conditions) ok = recheck(a, block, scope, cell, key, text, change.after, diags) && ok
      }
    }
  }
  return plan.mode === 'destroy' ? true : ok
}

function expansionIn(a: Applying, block: ResourceBlock, scope: ModuleScope, diags: Diagnostics): Expansion | undefined {
  const own = new Diagnostics()
  const found = expand(a.run.evaluation, scope, block.resource, block.expansionNeeds, false, own)
  if (found !== undefined || a.plan.mode !== 'destroy') {
    diags.addAll(own.items)
    return found
  }
  const stored = a.state.tryResource({ module: scope.instance, resource: block.resource.address })
  const keys = stored === undefined ? [] : [...stored.instances.values()].map((i) => i.key)
  return { kind: 'unknown', keys, has: (key) => keys.includes(key), repetition: () => ({}) }
}

/** P-55: conditions hold for what has not changed as well, and what they speak of may have. */
function recheck(
  a: Applying,
  block: ResourceBlock,
  scope: ModuleScope,
  cell: ResourceCell,
  key: InstanceKey,
  text: string,
  value: Value | undefined,
  diags: Diagnostics,
): boolean {
  if (value === undefined || a.plan.mode === 'destroy') return true
  const instance: InstanceContext = {
    run: a.run,
    block,
    scope,
    address: { module: scope.instance, resource: block.resource.address, key },
    text,
    repetition: cell.expansion.repetition(key),
    provider: block.provider,
  }
  // What was refreshed was told with the plan: only the outcome is recorded.
  const refreshed = a.plan.mode === 'refreshOnly'
  const found = refreshed ? new Diagnostics() : diags
  return checkPreconditions(instance, refreshed, found) && checkPostconditions(instance, value, refreshed, found)
}

/** Output values and outcomes of checks, which are complete only now. */
function finishState(a: Applying, failed: boolean): void {
  const { run, plan, state } = a
  const outputs = new Map<string, OutputState>(state.outputs)
  const { module } = run.evaluation.root.config
  if (plan.mode === 'destroy') {
    // Output values go first, whatever becomes of what they speak of.
    if (!isPartial(plan)) outputs.clear()
    if (!failed && !isPartial(plan)) {
      for (const [address, , , provider] of [...stateInstances(state.snapshot())]) {
        if (address.resource.mode === 'data') state.setInstance(address, provider, undefined)
      }
    }
  } else {
    // With targets, what was not looked at stays as it is.
    if (!isPartial(plan)) for (const name of outputs.keys()) if (!module.outputs.has(name)) outputs.delete(name)
    for (const [name, value] of run.evaluation.root.outputs) {
      const bare = unmarkDeep(value)
      // What is still not known, as what depends on an object that is gone, is null there, as in Terraform.
      if (bare.isNull) outputs.delete(name)
      else outputs.set(name, { value: unknownAsNull(bare), type: bare.type, sensitive: module.outputs.get(name)?.sensitive ?? false })
    }
  }
  const sorted = new Map([...outputs].sort((x, y) => (x[0] < y[0] ? -1 : 1)))
  state.setOutputs(sorted)
  if (plan.mode !== 'destroy') run.checks.expectAll(plan.priorState.checkResults ?? [])
  state.setCheckResults(run.checks.results())
}

/** Whether some of the configuration was left out. */
function isPartial({ targets, excludes }: Plan): boolean {
  return targets.length > 0 || (excludes?.length ?? 0) > 0
}

function warnOfIncompleteApply({ targets }: Plan, diags: Diagnostics): void {
  const option = targets.length > 0 ? '-target' : '-exclude'
  diags.warning(
    'Applied changes may be incomplete',
    `The plan was created with the ${option} option in effect, so some changes requested in the configuration may have been ignored and the output values may not be fully updated. Run the following command to verify that no other changes are pending:\n    terraform plan\n\nNote that the ${option} option is not suitable for routine use, and is provided only for exceptional situations such as recovering from errors or mistakes, or when Terraform specifically suggests to use it as part of an error message.`,
  )
}
