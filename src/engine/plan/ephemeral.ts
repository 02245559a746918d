import { type AbsResourceInstance, absProviderConfigToString, type InstanceKey } from '../../addrs/index.ts'
import { EPHEMERAL, markPaths, pathToString, typeConformanceErrors, unknownVal, unmarkDeepWithPaths, type Value } from '../../cty/index.ts'
import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import { impliedType } from '../../schema/index.ts'
import { placeDiagnostics } from '../_placing.ts'
import { type Steps, wait } from '../_steps.ts'
import type { ResourceBlock } from '../blocks.ts'
import { servesProvider } from '../ephemeral-objects.ts'
import type { ModuleScope, ResourceCell } from '../evaluation.ts'
import { servingProvider } from '../provider-instances.ts'
import { isError, withSchemaMarks } from '../stored-object.ts'
import { whyLater } from './data.ts'
import { checkPostconditions, checkPreconditions } from './managed.ts'
import { type InstanceContext, instanceText, type Planning } from './planning.ts'

/** L-022: opens an ephemeral resource, or leaves that to apply when its configuration or what it depends on is not settled. */
export function* planEphemeral(
  p: Planning,
  block: ResourceBlock,
  scope: ModuleScope,
  cell: ResourceCell,
  key: InstanceKey,
  diags: Diagnostics,
): Steps<boolean> {
  const address: AbsResourceInstance = { module: scope.instance, resource: block.resource.address, key }
  const text = instanceText(scope, block, key)
  if (p.targeting !== undefined && !p.targeting.includesInstance(block, address)) return true
  const repetition = cell.expansion.repetition(key)
  const provider = servingProvider(p.run, block, scope, repetition, diags)
  if (provider === undefined) return false
  const instance: InstanceContext = { run: p.run, block, scope, address, text, repetition, provider }
  return yield* visitEphemeral(
    instance,
    cell,
    p.mode === 'destroy',
    p.lenient,
    (config) => p.mode === 'normal' && whyLater(p, block, scope, config) !== undefined,
    diags,
  )
}

/**
 * One instance in either phase: conditions, configuration, opening. What is only there for objects that go anyway is not opened.
 *
 * @param isTooEarly whether opening has to wait for apply although the configuration is known.
 */
export function* visitEphemeral(
  instance: InstanceContext,
  cell: ResourceCell,
  destroying: boolean,
  lenient: boolean,
  isTooEarly: (config: Value) => boolean,
  diags: Diagnostics,
): Steps<boolean> {
  const { run, block, address } = instance
  if (block.schema === undefined) return false
  const later = unknownVal(impliedType(block.schema.block)).mark(EPHEMERAL)
  if (destroying && !servesProvider(run.graph, block.vertex)) {
    cell.values.set(address.key, later)
    return true
  }
  if (!destroying && !checkPreconditions(instance, lenient, diags)) return false
  const own = new Diagnostics()
  const context = run.evaluation.context(instance.scope, block.bodyNeeds, instance.repetition, own)
  const config = own.hasErrors ? undefined : run.evaluation.decode(block.resource.body, block.schema.block, context, own)
  diags.addAll(own.items)
  if (config === undefined || own.hasErrors) return false
  if (!config.isWhollyKnown || isTooEarly(config)) {
    yield* wait(run.input.hooks?.preEphemeral?.(address, 'defer'))
    cell.values.set(address.key, later)
    return true
  }
  const value = yield* open(instance, config, diags)
  if (value === undefined) return false
  cell.values.set(address.key, value)
  return destroying || checkPostconditions(instance, value, lenient, diags)
}

function* open(instance: InstanceContext, marked: Value, diags: Diagnostics): Steps<Value | undefined> {
  const { run, block, address, text } = instance
  const { hooks } = run.input
  const schema = block.schema!
  const provider = run.providers.tryProvider(instance.provider)
  if (provider === undefined) return undefined
  const typeName = block.resource.address.type
  const about = { body: block.resource.body, schema: schema.block }
  const [config, marks] = unmarkDeepWithPaths(marked)
  const verdict = yield* wait(run.limiter.run(() => provider.validateEphemeralConfig?.({ typeName, config })))
  diags.addAll(placeDiagnostics(verdict?.diags ?? [], text, about, [marked]))
  if (verdict?.diags.some(isError)) return undefined
  yield* wait(hooks?.preEphemeral?.(address, 'open'))
  if (provider.openEphemeralResource === undefined) return undefined
  const answer = yield* wait(run.limiter.run(() => provider.openEphemeralResource!({ typeName, config })))
  const found: Diagnostic[] = [...placeDiagnostics(answer.diags, text, about, [marked])]
  const failed = found.some(isError)
  const problem = failed ? undefined : problemOf(answer.value, schema)
  if (problem !== undefined) {
    found.push({
      severity: 'error',
      summary: 'Provider produced invalid ephemeral resource instance',
      detail: `The provider ${absProviderConfigToString(instance.provider)} produced an invalid value for ephemeral resource instance ${text}: ${problem}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      address: text,
      subject: block.resource.range,
    })
  }
  diags.addAll(found)
  // What was opened is closed, whatever came of it.
  if (!failed) run.ephemerals.add({ address, text, block, provider, private: answer.private, renewAt: answer.renewAt })
  const errors = found.filter(isError)
  yield* wait(hooks?.postEphemeral?.(address, 'open', errors.length === 0 ? undefined : errors))
  return errors.length > 0 ? undefined : withSchemaMarks(schema.block, markPaths(answer.value, marks)).mark(EPHEMERAL)
}

function problemOf(value: Value, schema: NonNullable<ResourceBlock['schema']>): string | undefined {
  const problem = typeConformanceErrors(value.type, impliedType(schema.block))[0]
  if (problem !== undefined) return `${pathToString(problem.path)}: ${problem.message}`
  if (value.isNull) return 'it is null'
  return value.isWhollyKnown ? undefined : 'it holds unknown values'
}
