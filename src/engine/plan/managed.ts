import type { AbsProviderConfig, AbsResourceInstance, InstanceKey } from '../../addrs/index.ts'
import { boolType, ConversionError, convert, unknownVal, type Value } from '../../cty/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import type { Expr } from '../../hcl/index.ts'
import { impliedType } from '../../schema/index.ts'
import { decodeObject, providerOf } from '../../states/index.ts'
import { resume, type Steps } from '../_steps.ts'
import type { ResourceBlock } from '../blocks.ts'
import type { ModuleScope, ResourceCell } from '../evaluation.ts'
import { noRepetition } from '../expansion.ts'
import { servingProvider, storedProvider } from '../provider-instances.ts'
import { checkRules } from '../rules.ts'
import type { Run } from '../run.ts'
import { type StoredObject, withSchemaMarks } from '../stored-object.ts'
import { type PlannedChange, planChange } from './change.ts'
import { generatedBody, generateResource } from './generate-config.ts'
import { type InstanceContext, instanceText, type ObjectPlace, type Planning, recordChange, takenFrom } from './planning.ts'
import { bringIn, bringUpToDate, put, sameTexts } from './refresh.ts'
import { isTriggered } from './replace-triggers.ts'

/**
 * Plans one instance of a managed resource, P-10 to P-31: what is stored, what has become of it, what is wanted, what that takes.
 * False when it failed.
 */
export function* planManaged(
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
  const repetition = cell.expansion.repetition(key)
  const record = p.prior.tryInstance(address)?.current
  // What goes is destroyed by what has made it, whatever the configuration would choose now.
  const config =
    p.mode === 'destroy' && block.providerKey !== undefined
      ? storedProviderConfig(p, address)
      : servingProvider(run, block, scope, repetition, diags)
  if (config === undefined) {
    if (p.mode === 'destroy') cell.values.set(key, unknownVal(impliedType(schema.block)))
    return p.mode === 'destroy'
  }
  const place: ObjectPlace = {
    address,
    text,
    deposed: undefined,
    provider: config,
    takenFrom: takenFrom(p, text, resource.address.type, config),
  }
  const provider = p.mode === 'destroy' ? storedProvider(run, place, diags) : run.providers.tryProviderFor(address, config)
  if (provider === undefined) return false
  const instance: InstanceContext = { run, block, scope, address, text, repetition, provider: config }

  const request = record === undefined ? p.imports.get(text) : undefined
  const flags = {
    dependencies: record === undefined && request === undefined ? noTexts : run.dependencies().ofPlanned(block),
    createBeforeDestroy: p.createBeforeDestroy.has(block),
    skipDestroy: !resource.lifecycle.destroy,
  }
  const reading = new Diagnostics()
  let stored: StoredObject | null | undefined = null
  if (request !== undefined) {
    stored = yield* bringIn(p, provider, schema, place, request.importing, { ...flags, dependencies: noTexts }, diags)
  } else if (record !== undefined) {
    const steps = bringUpToDate(p, provider, schema, place, record, flags, reading)
    const first = steps.next()
    stored = first.done === true ? first.value : yield* resume(steps, first.value)
  }
  // Nothing of it is about one argument, but there is a place where the object is configured.
  if (reading.items.length > 0)
    diags.add(
      ...reading.items.map((d) => (d.subject === undefined && p.mode !== 'destroy' ? { ...d, subject: resource.body.endRange } : d)),
    )
  if (stored === undefined) return false

  if (p.mode !== 'normal') {
    // Nothing is planned: expressions see what is there.
    if (stored !== null) cell.values.set(key, stored.value)
    if (p.mode === 'refreshOnly') {
      checkPreconditions(instance, true, diags)
      if (stored !== null) checkPostconditions(instance, stored.value, true, diags)
    }
    return true
  }
  const generated = p.generating?.resources.has(block.name) === true && stored !== null ? generateFor(p, instance, stored.value) : undefined
  const triggered = block.triggers.length > 0 && findTriggered(p, instance, diags)
  if (triggered === undefined) return false
  if (!checkPreconditions(instance, p.lenient, diags)) return false
  const planning = planChange(
    generated?.instance ?? instance,
    {
      schema,
      provider,
      prior: stored ?? undefined,
      createBeforeDestroy: flags.createBeforeDestroy,
      force: p.forceReplace.has(text) ? 'request' : triggered ? 'triggers' : undefined,
    },
    diags,
  )
  const planned = planning.next()
  const change = planned.done === true ? planned.value : yield* resume(planning, planned.value)
  if (generated !== undefined)
    p.generating!.written.push({ text: generated.text, origin: change === undefined ? undefined : request?.importing.id })
  if (change === undefined) return false
  recordChange(
    p,
    text,
    {
      address,
      previousAddress: p.movedFrom.get(text) ?? address,
      deposed: undefined,
      provider: config,
      action: change.action,
      // Given even where another reason would have been enough, or where there is nothing yet to replace.
      reason: triggered ? 'replace_by_triggers' : change.reason,
      before: change.before,
      after: change.after,
      requiredReplace: change.requiredReplace,
      schemaVersion: schema.version,
      private: change.private,
      importing: request?.importing,
      beforeIdentity: change.beforeIdentity,
      afterIdentity: change.afterIdentity,
      generatedConfig: generated?.text,
    },
    block.vertex,
    scope.prefix,
  )
  if (!checkPreventDestroy(run, block, scope, text, change, diags)) return false
  if (change.action === 'noop' && stored !== null) {
    // What the object depends on now is all that counts: nothing is going to change that could need the old order.
    if (!sameTexts(stored.record.dependencies, flags.dependencies)) {
      put(p.prior, place, { ...stored.record, dependencies: flags.dependencies })
    }
  }
  cell.values.set(key, change.after)
  return checkPostconditions(instance, change.after, p.lenient, diags)
}

/** Whether a trigger asks for replacement; undefined when that cannot be told, with the reason reported. */
function findTriggered(p: Planning, instance: InstanceContext, diags: Diagnostics): boolean | undefined {
  const own = new Diagnostics()
  const triggered = isTriggered(p, instance, own)
  diags.addAll(own.items)
  return own.hasErrors ? undefined : triggered
}

/** L-076: writes the configuration of an object, which it is then planned with. */
function generateFor(p: Planning, instance: InstanceContext, object: Value): { readonly text: string; readonly instance: InstanceContext } {
  const { block } = instance
  const { address, provider } = block.resource
  const text = generateResource(address.type, address.name, provider, block.schema!.block, object)
  const body = generatedBody(text, p.generating!.fileName)
  return { text, instance: { ...instance, block: { ...block, resource: { ...block.resource, body } } } }
}

function storedProviderConfig(p: Planning, address: AbsResourceInstance): AbsProviderConfig | undefined {
  const resource = p.prior.tryResource(address)
  const instance = p.prior.tryInstance(address)
  return resource === undefined || instance?.current === undefined ? undefined : providerOf(resource, instance)
}

const noTexts: readonly string[] = []

/** P-30: told only once the change is recorded, so that the plan shows what would have happened. */
function checkPreventDestroy(
  run: Run,
  block: ResourceBlock,
  scope: ModuleScope,
  text: string,
  change: PlannedChange,
  diags: Diagnostics,
): boolean {
  if (change.action !== 'deleteThenCreate' && change.action !== 'createThenDelete') return true
  return allowDestroy(run, block, scope, text, diags)
}

/** @param scope the instance of the module that the object belongs to; undefined when there is none any more, and nothing that could be asked */
export function allowDestroy(run: Run, block: ResourceBlock, scope: ModuleScope | undefined, text: string, diags: Diagnostics): boolean {
  const { preventDestroy, preventDestroyExpr: expr } = block.resource.lifecycle
  const prevented = expr === undefined || scope === undefined ? preventDestroy : evaluatePreventDestroy(run, block, scope, expr, diags)
  if (prevented === undefined) return false
  if (!prevented) return true
  diags.error(
    'Instance cannot be destroyed',
    `Resource ${text} has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed. To avoid this error and continue with the plan, either disable lifecycle.prevent_destroy or reduce the scope of the plan using the -target option.`,
    { subject: block.range },
  )
  return false
}

/** L-030: known, and no secret. Undefined when it is not, with the reason reported. */
function evaluatePreventDestroy(run: Run, block: ResourceBlock, scope: ModuleScope, expr: Expr, diags: Diagnostics): boolean | undefined {
  const own = new Diagnostics()
  const value = run.evaluation.evaluate(scope, expr, block.preventDestroyNeeds, noRepetition, own)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  const invalid = (why: string): undefined => {
    diags.error('Invalid prevent_destroy argument', `The "prevent_destroy" argument ${why}`, { subject: expr.range })
  }
  if (value.containsMarked) return invalid('may not be derived from a value that is sensitive or ephemeral.')
  if (!value.isKnown) {
    return invalid(
      'depends on values that cannot be determined until apply, and the plan calls for this resource to be destroyed. Apply what it depends on first, by the -target option.',
    )
  }
  if (value.isNull) return invalid('must be true or false, and not null.')
  try {
    return convert(value, boolType).asBool()
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return invalid(`is unsuitable: ${error.message}.`)
  }
}

export function checkPreconditions(instance: InstanceContext, asWarning: boolean, diags: Diagnostics): boolean {
  return checkConditions(instance, instance.block.preconditions, 'Resource precondition failed', undefined, asWarning, diags)
}

export function checkPostconditions(instance: InstanceContext, self: Value, asWarning: boolean, diags: Diagnostics): boolean {
  return checkConditions(instance, instance.block.postconditions, 'Resource postcondition failed', self, asWarning, diags)
}

function checkConditions(
  instance: InstanceContext,
  rules: ResourceBlock['preconditions'],
  summary: string,
  self: Value | undefined,
  asWarning: boolean,
  diags: Diagnostics,
): boolean {
  if (rules.length === 0) return true
  return checkRules(
    instance.run,
    rules,
    {
      kind: 'resource',
      configAddr: instance.block.name,
      objectAddr: instance.text,
      scope: instance.scope,
      repetition: instance.repetition,
      self,
      summary,
      asWarning,
    },
    diags,
  )
}

/** An instance beside the targets: what is stored of it is what others see. */
export function leftOut(p: Planning, { schema }: ResourceBlock, address: AbsResourceInstance, cell: ResourceCell): boolean {
  const record = p.prior.tryInstance(address)?.current
  if (schema !== undefined && record?.schemaVersion === schema.version)
    cell.values.set(address.key, withSchemaMarks(schema.block, decodeObject(record, impliedType(schema.block))))
  return true
}
