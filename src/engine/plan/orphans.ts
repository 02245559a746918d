import {
  type AbsResourceInstance,
  absResourceInstanceToString,
  type ConfigResource,
  configResourceToString,
  moduleInstanceToString,
  modulePathToString,
  providerSourceToString,
  resourceToString,
  targetContainsConfig,
  targetFromTraversal,
  targetToString,
  toModulePath,
} from '../../addrs/index.ts'
import { type Config, configAt, type Removed } from '../../config/index.ts'
import { nullVal, unmarkDeep } from '../../cty/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import type { Action, ActionReason } from '../../plans/index.ts'
import type { PlanResourceRequest, Provider } from '../../providers/index.ts'
import { impliedType, type Schema } from '../../schema/index.ts'
import { type ObjectState, skipsDestroy } from '../../states/index.ts'
import { placeDiagnostics } from '../_placing.ts'
import { type Steps, wait } from '../_steps.ts'
import type { ResourceBlock } from '../blocks.ts'
import { storedProvider } from '../provider-instances.ts'
import { providerMetaFor } from '../provider-meta.ts'
import type { Run } from '../run.ts'
import { isError, quotedSource, type StoredObject } from '../stored-object.ts'
import { allowDestroy } from './managed.ts'
import { type ObjectPlace, type Planning, recordChange } from './planning.ts'
import { bringUpToDate } from './refresh.ts'

/** Plans the end of a stored object that the configuration does not have, or that is to be destroyed with everything else. */
export function* planDelete(
  p: Planning,
  place: ObjectPlace,
  record: ObjectState,
  block: ResourceBlock | undefined,
  reason: ActionReason | undefined,
  diags: Diagnostics,
): Steps<boolean> {
  const { run } = p
  const { address, text, deposed } = place
  if (p.targeting !== undefined && !p.targeting.includesInstance(block, address)) return true
  if (address.resource.mode !== 'managed') {
    // Data read before is of use to provider configurations until everything is destroyed; it goes at the end of apply.
    if (p.mode === 'normal') p.prior.setInstance(address, place.provider, undefined)
    return true
  }
  const provider = storedProvider(run, place, diags)
  if (provider === undefined) return false
  const schema = run.providerMap.schemaOf(run.schemas, place.provider.source)?.resource(address.resource.type)
  if (schema === undefined) {
    diags.error(
      'Unsupported resource type',
      `The provider ${providerSourceToString(place.provider.source)} does not support resource type "${address.resource.type}", so ${text} cannot be destroyed.`,
      { address: text },
    )
    return false
  }
  const action: Action = isForgotten(p, place, record, block) ? 'forget' : 'delete'
  // What is only forgotten need not be looked at.
  const stored = yield* bringUpToDate(action === 'forget' ? { ...p, refresh: false } : p, provider, schema, place, record, undefined, diags)
  if (stored === undefined) return false
  const prefix = moduleInstanceToString(address.module) === '' ? '' : `${moduleInstanceToString(address.module)}.`
  if (stored === null && deposed !== undefined && p.mode === 'normal') {
    // As Terraform, which lists that there is nothing to be done.
    const none = nullVal(impliedType(schema.block))
    const change = { address, previousAddress: address, deposed, provider: place.provider, reason: undefined, before: none, after: none }
    const nothing = { requiredReplace: [], schemaVersion: schema.version, private: undefined, importing: undefined }
    recordChange(p, text, { ...change, ...nothing, action: 'noop' }, block?.vertex, prefix)
  }
  if (stored === null || p.mode === 'refreshOnly') return true
  let kept = stored.private
  if (action === 'delete') {
    const answer = yield* planDestroy(run, provider, schema, place, stored, diags)
    if (answer === undefined) return false
    kept = answer.private
  }
  recordChange(
    p,
    text,
    {
      address,
      // When everything goes, it does not matter any more where it was.
      previousAddress: (p.mode === 'destroy' ? undefined : p.movedFrom.get(text)) ?? address,
      deposed,
      provider: place.provider,
      action,
      reason,
      before: stored.value,
      after: nullVal(impliedType(schema.block)),
      requiredReplace: [],
      schemaVersion: schema.version,
      private: kept,
      importing: undefined,
      beforeIdentity: stored.identity,
    },
    block?.vertex,
    prefix,
  )
  if (action === 'delete' && deposed === undefined && block !== undefined)
    return allowDestroy(p.run, block, p.run.evaluation.tryScope(address.module), text, diags)
  return true
}

/**
 * L-034: whether an object that is to go stays where it is. A `removed` statement decides for what is configured no more; otherwise what the
 * object is remembered with counts as much as what is configured now, so that nothing is destroyed that was once to be kept. Only when everything
 * goes the configuration alone speaks for the objects that it has.
 */
function isForgotten(p: Planning, { address, deposed }: ObjectPlace, record: ObjectState, block: ResourceBlock | undefined): boolean {
  const removed = block === undefined && p.mode !== 'destroy' ? removedStatement(p.run.input.config, address) : undefined
  if (removed !== undefined) return !removed.destroy
  if (block === undefined) return skipsDestroy(record)
  if (!block.resource.lifecycle.destroy) return true
  return skipsDestroy(record) && (deposed !== undefined || p.mode !== 'destroy')
}

/** Asks a provider that wants to be asked before an object is destroyed. Undefined when it refuses, with the reason reported. */
export function* planDestroy(
  run: Run,
  provider: Provider,
  schema: Schema,
  place: ObjectPlace,
  stored: Pick<StoredObject, 'value' | 'private' | 'identity'>,
  diags: Diagnostics,
): Steps<{ readonly private: Uint8Array | undefined } | undefined> {
  if (provider.schema().planDestroy !== true) return { private: stored.private }
  const absent = nullVal(impliedType(schema.block))
  const request: PlanResourceRequest = {
    typeName: place.address.resource.type,
    prior: unmarkDeep(stored.value),
    proposed: absent,
    config: absent,
    priorPrivate: stored.private,
    priorIdentity: stored.identity,
    providerMeta: providerMetaFor(run, place, diags),
  }
  const answer = yield* wait(run.limiter.run(() => provider.planResourceChange(request)))
  diags.addAll(placeDiagnostics(answer.diags, place.text, undefined, [stored.value]))
  if (answer.diags.some(isError)) return undefined
  if (!answer.planned.isNull) {
    diags.error(
      'Provider produced invalid plan',
      `Provider ${quotedSource(place)} planned a non-null destroy value for ${place.text}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      { address: place.text },
    )
    return undefined
  }
  return { private: answer.plannedPrivate }
}

/** The `removed` block that speaks of a resource, if any. */
export function removedStatement(config: Config, address: AbsResourceInstance): Removed | undefined {
  const resource: ConfigResource = { module: toModulePath(address.module), resource: address.resource }
  const search = (at: Config): Removed | undefined => {
    const { path } = at
    if (path.length <= resource.module.length && path.every((name, i) => resource.module[i] === name)) {
      const relative = { ...resource, module: resource.module.slice(path.length) }
      for (const removed of at.module.removed) {
        const target = targetFromTraversal(removed.from, new Diagnostics())
        if (target !== undefined && targetContainsConfig(target, relative)) return removed
      }
    }
    for (const child of at.children.values()) {
      const found = search(child)
      if (found !== undefined) return found
    }
    return undefined
  }
  return search(config)
}

/** Reports `removed` blocks whose object is still declared. */
export function checkRemoved(config: Config, run: Planning['run'], diags: Diagnostics): void {
  for (const removed of config.module.removed) {
    const target = targetFromTraversal(removed.from, new Diagnostics())
    if (target === undefined) continue
    const path = [...config.path, ...target.module.map((step) => step.name)]
    const text = `${config.path.length === 0 ? '' : `${modulePathToString(config.path)}.`}${targetToString(target)}`
    const [noun, range] =
      target.kind === 'module'
        ? ['module', configAt(run.input.config, path.slice(0, -1))?.module.moduleCalls.get(path[path.length - 1]!)?.range]
        : ['resource', configAt(run.input.config, path)?.module.resources.get(resourceToString(target.resource))?.range]
    if (range === undefined) continue
    diags.error(
      `Removed ${noun} still exists`,
      `This statement declares that ${text} was removed, but it is still declared in configuration.`,
      { subject: range },
    )
  }
  for (const child of config.children.values()) checkRemoved(child, run, diags)
}

/** P-40: why an object that is stored is not wanted any more. */
export function orphanReason(p: Planning, address: AbsResourceInstance): ActionReason | undefined {
  const block = p.run.graph.resources.get(configResourceToString({ module: toModulePath(address.module), resource: address.resource }))
  if (block === undefined) {
    return p.movedFrom.has(absResourceInstanceToString(address)) ? 'delete_because_no_move_target' : 'delete_because_no_resource_config'
  }
  if (p.run.evaluation.tryScope(address.module) === undefined) return 'delete_because_no_module'
  const { count, forEach, enabled } = block.resource
  switch (typeof address.key) {
    case 'number':
      return count === undefined ? 'delete_because_wrong_repetition' : 'delete_because_count_index'
    case 'string':
      return forEach === undefined ? 'delete_because_wrong_repetition' : 'delete_because_each_key'
    default:
      if (enabled !== undefined) return 'delete_because_enabled_false'
      return count !== undefined || forEach !== undefined ? 'delete_because_wrong_repetition' : undefined
  }
}
