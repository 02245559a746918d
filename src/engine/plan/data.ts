import { type AbsResourceInstance, type InstanceKey, modulePathToString, resourceToString } from '../../addrs/index.ts'
import { markPaths, nullVal, pathToString, typeConformanceErrors, unknownVal, unmarkDeepWithPaths, type Value } from '../../cty/index.ts'
import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import type { ActionReason, ResourceChange } from '../../plans/index.ts'
import { plannedDataResult } from '../../plans/objchange/index.ts'
import { impliedType } from '../../schema/index.ts'
import { decodeObject, encodeObject } from '../../states/index.ts'
import { placeDiagnostics } from '../_placing.ts'
import { type Steps, wait } from '../_steps.ts'
import type { Block, ResourceBlock } from '../blocks.ts'
import { checkPersistable } from '../ephemeral.ts'
import type { ModuleScope, ResourceCell } from '../evaluation.ts'
import { servingProvider } from '../provider-instances.ts'
import { providerMetaFor } from '../provider-meta.ts'
import { isError, quotedProvider, withSchemaMarks } from '../stored-object.ts'
import { validateConfig } from '../validate.ts'
import { checkPostconditions, checkPreconditions, leftOut } from './managed.ts'
import { type InstanceContext, instanceText, type Planning, recordChange } from './planning.ts'

/** P-42: reads a data source now, or plans to read it once its configuration or what it depends on is settled. False when it failed. */
export function* planData(
  p: Planning,
  block: ResourceBlock,
  scope: ModuleScope,
  cell: ResourceCell,
  key: InstanceKey,
  diags: Diagnostics,
): Steps<boolean> {
  const { run } = p
  const { resource, schema } = block
  const address: AbsResourceInstance = { module: scope.instance, resource: resource.address, key }
  const text = instanceText(scope, block, key)
  if (p.targeting !== undefined && !p.targeting.includesInstance(block, address)) return leftOut(p, block, address, cell)
  if (schema === undefined) return false
  const type = impliedType(schema.block)
  if (p.mode === 'destroy') {
    // Reading it again is of no use to anything that is going to be destroyed.
    const record = p.prior.tryInstance(address)?.current
    cell.values.set(key, record === undefined ? unknownVal(type) : withSchemaMarks(schema.block, decodeObject(record, type)))
    return true
  }
  const repetition = cell.expansion.repetition(key)
  const provider = servingProvider(run, block, scope, repetition, diags)
  if (provider === undefined) return false
  const instance: InstanceContext = { run, block, scope, address, text, repetition, provider }
  if (!checkPreconditions(instance, p.lenient, diags)) return false
  const before = diags.items.length
  const config = dataConfig(instance, diags)
  if (config === undefined || diags.items.slice(before).some(isError)) return false
  const reason = p.mode === 'normal' ? whyLater(p, block, scope, config) : config.isWhollyKnown ? undefined : 'read_because_config_unknown'
  if (reason !== undefined) {
    const [bare, marks] = unmarkDeepWithPaths(config)
    const planned = withSchemaMarks(schema.block, markPaths(plannedDataResult(schema.block, bare), marks))
    cell.values.set(key, p.mode === 'normal' ? planned : unknownVal(type))
    p.prior.setInstance(address, provider, undefined)
    if (p.mode === 'normal') recordChange(p, text, plannedRead(instance, planned, reason), block.vertex, scope.prefix)
    // What holds afterwards is not known yet.
    if (block.postconditions.length > 0) run.checks.record('resource', block.name, text, 'unknown')
    return true
  }
  const own = new Diagnostics()
  const read = yield* readData(instance, config, own)
  const value = read?.value
  if (block.inCheck !== undefined) {
    diags.addAll(failedCheck(instance, block.inCheck, own.items))
    const [bare, marks] = unmarkDeepWithPaths(config)
    planCheckData(p, instance, value ?? withSchemaMarks(schema.block, markPaths(plannedDataResult(schema.block, bare), marks)), cell)
    return true
  }
  diags.addAll(own.items)
  if (value === undefined) return false
  cell.values.set(key, value)
  if (read?.pending !== true) p.prior.setInstance(address, provider, encodeObject(value, type, { schemaVersion: schema.version }))
  else {
    p.prior.setInstance(address, provider, undefined)
    if (p.mode === 'normal')
      recordChange(p, text, plannedRead(instance, value, 'read_because_dependency_pending'), block.vertex, scope.prefix)
  }
  return checkPostconditions(instance, value, p.lenient, diags)
}

/** What is known of the object now, to be read when applying. */
function plannedRead({ block, address, provider }: InstanceContext, after: Value, reason: ActionReason): ResourceChange {
  return {
    address,
    previousAddress: address,
    deposed: undefined,
    provider,
    action: 'read',
    reason,
    before: nullVal(impliedType(block.schema!.block)),
    after,
    requiredReplace: [],
    schemaVersion: block.schema!.version,
    private: undefined,
    importing: undefined,
  }
}

/** What a check looks at is always looked at again when applying; what it is now serves only the plan. */
function planCheckData(p: Planning, instance: InstanceContext, after: Value, cell: ResourceCell): void {
  const { block, scope, address, text, provider } = instance
  const type = impliedType(block.schema!.block)
  cell.values.set(address.key, after)
  p.prior.setInstance(address, provider, encodeObject(after, type, { schemaVersion: block.schema!.version }))
  if (p.mode === 'normal') recordChange(p, text, plannedRead(instance, after, 'read_because_check_nested'), block.vertex, scope.prefix)
}

/** What goes wrong with the data source of a check fails the check, and nothing else. */
export function failedCheck({ run, block, scope }: InstanceContext, check: string, items: readonly Diagnostic[]): readonly Diagnostic[] {
  const path = block.config.path.length === 0 ? '' : `${modulePathToString(block.config.path)}.`
  for (const { summary, detail } of items.filter(isError)) {
    run.checks.record('check', `${path}check.${check}`, `${scope.prefix}check.${check}`, 'fail', `${summary}: ${detail}`)
  }
  const failing = { kind: 'check' as const, config: `${path}check.${check}`, object: `${scope.prefix}check.${check}` }
  return items.map((d) => (d.severity === 'error' ? { ...d, severity: 'warning', separate: true, failing } : d))
}

/** The configuration of a data source instance with its marks. */
export function dataConfig({ run, block, scope, repetition, text }: InstanceContext, diags: Diagnostics): Value | undefined {
  const context = run.evaluation.context(scope, block.bodyNeeds, repetition, diags)
  if (block.schema === undefined) return undefined
  const config = run.evaluation.decode(block.resource.body, block.schema.block, context, diags)
  return checkPersistable(block, config, text, diags) ? config : undefined
}

/** Asks the provider. Undefined when it failed. */
export function* readData(
  instance: InstanceContext,
  marked: Value,
  diags: Diagnostics,
): Steps<{ readonly value: Value; readonly pending: boolean } | undefined> {
  const { run, block, text, address } = instance
  const { hooks } = run.input
  const schema = block.schema!
  const provider = run.providers.tryProviderFor(address, instance.provider)
  if (provider === undefined) return undefined
  const [config, marks] = unmarkDeepWithPaths(marked)
  const verdict = yield* wait(run.limiter.run(() => validateConfig(provider, block.resource, config)))
  diags.addAll(placeDiagnostics(verdict.diags, text, { body: block.resource.body, schema: schema.block }, [marked]))
  if (verdict.diags.some(isError)) return undefined
  const providerMeta = providerMetaFor(run, { address, provider: instance.provider }, diags)
  if (hooks?.preRead !== undefined) yield* wait(hooks.preRead(address))
  const answer = yield* wait(
    run.limiter.run(() => provider.readDataSource({ typeName: block.resource.address.type, address: text, config, providerMeta })),
  )
  const told = placeDiagnostics(answer.diags, text, { body: block.resource.body, schema: schema.block }, [marked])
  diags.addAll(told)
  const errors = told.filter(isError)
  const pending = answer.pending === true && run.phase === 'plan'
  const wrong = errors.length > 0 ? undefined : problemOf(instance, answer.value, pending)
  if (wrong !== undefined) diags.add(wrong)
  const found = wrong === undefined ? errors : [wrong]
  if (hooks?.postRead !== undefined) yield* wait(hooks.postRead(address, answer.value, found.length === 0 ? undefined : found))
  if (found.length > 0) return undefined
  return { value: withSchemaMarks(schema.block, markPaths(answer.value, marks)), pending }
}

/** What is wrong with the answer of a provider that reports no error. */
function problemOf(instance: InstanceContext, value: Value, pending: boolean): Diagnostic | undefined {
  const { block, text } = instance
  const problem = typeConformanceErrors(value.type, impliedType(block.schema!.block))[0]
  const found: readonly [summary: string, what: string] | undefined =
    problem !== undefined
      ? ['Provider produced invalid object', `an invalid value for ${text}${pathToString(problem.path)}: ${problem.message}`]
      : value.isNull
        ? ['Provider produced null object', `a null value for ${text}`]
        : value.isWhollyKnown || pending
          ? undefined
          : ['Provider produced invalid object', `a value for ${text} that is not wholly known`]
  if (found === undefined) return undefined
  const [summary, what] = found
  return {
    severity: 'error',
    summary,
    detail: `Provider ${quotedProvider(instance)} produced ${what}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
    address: text,
    subject: block.resource.range,
  }
}

/** Why a data source cannot be read yet, or an ephemeral resource not opened; undefined when it can. */
export function whyLater(p: Planning, block: ResourceBlock, scope: ModuleScope, config: Value): ActionReason | undefined {
  if (!config.isWhollyKnown) return 'read_because_config_unknown'
  const { blocks } = p.run.graph
  const isPending = (vertex: number): boolean => {
    const other = blocks[vertex]!
    if (other.kind === 'callEnd') return anyPendingIn(p, blocks, `${other.name.slice(0, -' (close)'.length)}.`)
    const prefixes = p.pending.get(vertex)
    if (prefixes === undefined || other.kind !== 'resource' || other.resource.address.mode !== 'managed') return false
    return other.config !== block.config || prefixes.has(scope.prefix)
  }
  if (block.dependsOn.some(isPending)) return 'read_because_dependency_pending'
  const direct = block.bodyNeeds.resources.some(({ text }) => {
    const own = block.name.length - resourceText(block).length
    const other = p.run.graph.resources.get(block.name.slice(0, own) + text)
    return other !== undefined && isPending(other.vertex)
  })
  if (direct) return 'read_because_dependency_pending'
  if (block.preconditions.length + block.postconditions.length > 0) {
    // A condition is about the world as it will be, so everything that will change counts.
    const all = p.run.dependencies().resourcesBefore(block.vertex)
    if (all.some((b) => b.resource.address.mode === 'managed' && isPending(b.vertex))) return 'read_because_dependency_pending'
  }
  return undefined
}

function resourceText(block: ResourceBlock): string {
  return resourceToString(block.resource.address)
}

function anyPendingIn(p: Planning, blocks: readonly Block[], modulePrefix: string): boolean {
  for (const vertex of p.pending.keys()) {
    const block = blocks[vertex]!
    if (block.name.startsWith(modulePrefix) && block.kind === 'resource' && block.resource.address.mode === 'managed') return true
  }
  return false
}
