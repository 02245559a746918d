import {
  applyPath,
  CtyError,
  EPHEMERAL,
  equals,
  markPaths,
  nullVal,
  type Path,
  type PathMarks,
  pathToString,
  rawEquals,
  typeConformanceErrors,
  unmarkDeep,
  unmarkDeepWithPaths,
  type Value,
} from '../../cty/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import type { Action, ActionReason } from '../../plans/index.ts'
import { assertPlanValid, proposedNew } from '../../plans/objchange/index.ts'
import type { PlanResourceRequest, PlanResourceResponse, Provider } from '../../providers/index.ts'
import { impliedType, type Schema, withoutWriteOnly, writeOnlyPaths } from '../../schema/index.ts'
import { placeDiagnostics } from '../_placing.ts'
import { isPromise, resume, type Steps, wait } from '../_steps.ts'
import { checkStorable } from '../_storable.ts'
import { decodeConfig, isAccepted } from '../constant-config.ts'
import { checkPersistable } from '../ephemeral.ts'
import { checkIdentity, checkSameIdentity, identitySchemaOf } from '../identity.ts'
import { providerMetaFor } from '../provider-meta.ts'
import { hasWriteOnly, isError, quotedSource, type StoredObject, withSchemaMarks } from '../stored-object.ts'
import { validateConfig } from '../validate.ts'
import { ignoreAll, ignoreChanges } from './ignore-changes.ts'
import type { InstanceContext } from './planning.ts'

/** What planning one instance came to. Values carry their marks. */
export interface PlannedChange {
  readonly action: Action
  readonly reason: ActionReason | undefined
  readonly before: Value
  readonly after: Value
  /** As configured, unmarked; what apply hands to the provider. */
  readonly config: Value
  /** The same with its marks. */
  readonly marked: Value
  readonly requiredReplace: readonly Path[]
  readonly private: Uint8Array | undefined
  readonly beforeIdentity: Value | undefined
  readonly afterIdentity: Value | undefined
}

export interface ChangeRequest {
  readonly schema: Schema
  readonly provider: Provider
  readonly prior: StoredObject | undefined
  readonly createBeforeDestroy: boolean
  /** Replace although nothing makes it necessary. */
  readonly force: 'request' | 'triggers' | undefined
}

/**
 * Steps P-18 to P-31 for one managed instance. The same function plans, and plans again with known values right before apply.
 * Undefined when it failed, with the reasons reported.
 */
export function* planChange(instance: InstanceContext, request: ChangeRequest, diags: Diagnostics): Steps<PlannedChange | undefined> {
  const { run, block, text } = instance
  const { schema, provider, prior } = request
  const { resource } = block
  const type = impliedType(schema.block)
  const absent = nullVal(type)
  const { hooks } = run.input

  // P-18: the configuration, and what the provider thinks of it now that more is known than at validation.
  const own = new Diagnostics()
  const marked = decodeConfig(run, block, schema, instance.scope, instance.repetition, own)
  if (marked !== undefined && !own.hasErrors && checkStorable(marked, text, resource.range, own)) checkPersistable(block, marked, text, own)
  diags.addAll(own.items)
  if (own.hasErrors || marked === undefined) return undefined
  const bare = unmarkDeepWithPaths(marked)
  const writtenConfig = bare[0]
  const configMarks = withoutEphemeral(bare[1])
  if (!isAccepted(block)) {
    const asked = run.limiter.run(() => validateConfig(provider, resource, writtenConfig))
    const verdict = isPromise(asked) ? ((yield asked) as Awaited<typeof asked>) : asked
    diags.addAll(placeDiagnostics(verdict.diags, text, { body: resource.body, schema: schema.block }, [marked]))
    if (verdict.diags.some(isError)) return undefined
  }

  // P-19: a tainted object is planned as if it were not there, which makes the change a replacement below.
  const tainted = prior?.status === 'tainted'
  const priorMarked = prior === undefined || tainted ? absent : prior.value
  const before = unmarkDeep(priorMarked)

  const config = before.isNull ? writtenConfig : withIgnored(instance, writtenConfig, before, schema)
  const proposed = withoutWriteOnly(schema.block, proposedNew(schema.block, before, config))
  if (hooks?.preDiff !== undefined) yield* wait(hooks.preDiff(instance.address, priorMarked, proposed))
  const providerMeta = providerMetaFor(run, { address: instance.address, provider: instance.provider }, diags)
  const identity = tainted ? undefined : prior?.identity
  const asking = askProvider(
    instance,
    request,
    { prior: before, proposed, config, priorPrivate: prior?.private, priorIdentity: identity, providerMeta },
    [marked, prior?.value],
    diags,
  )
  const answer = asking.next()
  const first = answer.done === true ? answer.value : yield* resume(asking, answer.value)
  if (first === undefined) return undefined
  let planned = first.planned
  if (first.legacyTypeSystem === true && !before.isNull) planned = withIgnored(instance, planned, before, schema)

  const requiredReplace = before.isNull ? [] : effectivePaths(instance, schema, before, planned, first.requiresReplace, diags)
  if (requiredReplace === undefined) return undefined
  // L-034: what is not to be destroyed is forgotten first, whatever the order would be otherwise.
  const replacement: Action = !resource.lifecycle.destroy
    ? 'forgetThenCreate'
    : request.createBeforeDestroy
      ? 'createThenDelete'
      : 'deleteThenCreate'
  let action: Action
  let reason: ActionReason | undefined
  let kept = first.plannedPrivate
  let { plannedIdentity } = first
  if (tainted) {
    action = replacement
    reason = 'replace_because_tainted'
  } else if (before.isNull) {
    action = 'create'
  } else if (request.force !== undefined || requiredReplace.length > 0) {
    action = replacement
    reason =
      request.force === 'request'
        ? 'replace_by_request'
        : request.force === 'triggers'
          ? 'replace_by_triggers'
          : 'replace_because_cannot_update'
    // P-27: what the new object will be; the config is as written, since there is nothing to keep from the old one.
    // Its warnings would only repeat those of the first answer.
    const second = new Diagnostics()
    const fresh = withoutWriteOnly(schema.block, proposedNew(schema.block, absent, writtenConfig))
    const anew = yield* askProvider(
      instance,
      request,
      { prior: absent, proposed: fresh, config: writtenConfig, priorPrivate: kept, priorIdentity: undefined, providerMeta },
      [marked],
      second,
    )
    diags.addAll(second.items.filter(isError))
    if (anew === undefined) return undefined
    planned = anew.planned
    kept = anew.plannedPrivate
    plannedIdentity = anew.plannedIdentity
  } else {
    action = isSame(planned, before) ? 'noop' : 'update'
  }
  const after = withSchemaMarks(schema.block, markPaths(planned, configMarks))
  // P-28: what changes may be only how secret something is, which the state has to remember.
  if (action === 'noop' && !sameMarks(priorMarked, after)) action = 'update'
  const was = tainted ? prior.value : priorMarked
  if (hooks?.postDiff !== undefined) yield* wait(hooks.postDiff(instance.address, action, was, after))
  if (action === 'noop' || action === 'update') {
    if (!checkSameIdentity(instance, prior?.identity, plannedIdentity, diags)) return undefined
    plannedIdentity ??= prior?.identity
  }
  return {
    action,
    reason,
    before: was,
    after,
    config: writtenConfig,
    marked,
    requiredReplace,
    private: kept,
    beforeIdentity: prior?.identity,
    afterIdentity: plannedIdentity,
  }
}

/** Only write-only attributes can have been set to ephemeral values, and of these nothing is planned. */
function withoutEphemeral(marks: readonly PathMarks[]): readonly PathMarks[] {
  if (!marks.some((m) => m.marks.has(EPHEMERAL))) return marks
  return marks.flatMap(({ path, marks: all }) => {
    const left = new Set([...all].filter((mark) => mark !== EPHEMERAL))
    return left.size === 0 ? [] : [{ path, marks: left }]
  })
}

function withIgnored({ block }: InstanceContext, config: Value, prior: Value, schema: Schema): Value {
  const { lifecycle } = block.resource
  if (lifecycle.ignoreAllChanges) return ignoreAll(prior, schema.block)
  return lifecycle.ignoreChanges.length === 0 ? config : ignoreChanges(config, prior, lifecycle.ignoreChanges)
}

/** P-22 and P-23: the provider's plan, held against the configuration. */
function* askProvider(
  instance: InstanceContext,
  { provider, schema }: ChangeRequest,
  question: Omit<PlanResourceRequest, 'typeName'>,
  marked: readonly (Value | undefined)[],
  diags: Diagnostics,
): Steps<PlanResourceResponse | undefined> {
  const { run, block, text } = instance
  const { prior, config } = question
  const typeName = block.resource.address.type
  const asked = run.limiter.run(() => provider.planResourceChange({ typeName, ...question }))
  const answer = isPromise(asked) ? ((yield asked) as Awaited<typeof asked>) : asked
  diags.addAll(placeDiagnostics(answer.diags, text, { body: block.resource.body, schema: schema.block }, marked))
  if (answer.diags.some(isError)) return undefined
  const invalid = (what: string): undefined => {
    diags.error(
      'Provider produced invalid plan',
      `Provider ${quotedSource(instance)} planned an invalid value for ${text}${what}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      { address: text, subject: block.resource.range },
    )
    return undefined
  }
  if (answer.planned.isNull) return invalid(': planned for absence but config wants existence')
  const problem = typeConformanceErrors(answer.planned.type, impliedType(schema.block))[0]
  if (problem !== undefined) return invalid(`${pathToString(problem.path)}: ${problem.message}`)
  if (hasWriteOnly(schema, answer.planned, instance, 'during planning', diags, 'Provider produced invalid plan')) return undefined
  if (!checkIdentity(instance, identitySchemaOf(provider, typeName), answer.plannedIdentity, 'when it was planned', diags, true))
    return undefined
  if (answer.legacyTypeSystem === true) return answer
  const problems = assertPlanValid(schema.block, prior, config, answer.planned)
  for (const { path, message } of problems) invalid(`${pathToString(path)}: ${message}`)
  return problems.length > 0 ? undefined : answer
}

/** P-25: of the paths that a provider names, those where something really changes. Undefined when one leads nowhere. */
function effectivePaths(
  instance: InstanceContext,
  schema: Schema,
  before: Value,
  planned: Value,
  paths: readonly Path[],
  diags: Diagnostics,
): readonly Path[] | undefined {
  if (paths.length === 0) return paths
  const writeOnly = writeOnlyPaths(schema.block, planned).map(pathToString)
  const found: Path[] = []
  for (const path of paths) {
    const text = pathToString(path)
    if (writeOnly.includes(text)) {
      found.push(path)
      continue
    }
    const was = tryPath(before, path)
    const will = tryPath(planned, path)
    if (was === undefined && will === undefined) {
      diags.error(
        'Provider produced invalid plan',
        `Provider ${quotedSource(instance)} has indicated "requires replacement" on ${instance.text} for a non-existent attribute path ${text}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
        { address: instance.text },
      )
      return undefined
    }
    if (was === undefined || will === undefined || !isSame(was, will)) found.push(path)
  }
  return found
}

/** Equal for sure, as expressions see it: nulls of different types are. */
function isSame(a: Value, b: Value): boolean {
  if (rawEquals(a, b)) return a.isWhollyKnown
  const same = equals(a, b)
  return same.isKnown && same.asBool()
}

function tryPath(value: Value, path: Path): Value | undefined {
  try {
    return applyPath(value, path)
  } catch (error) {
    if (error instanceof CtyError) return undefined
    throw error
  }
}

export function sameMarks(a: Value, b: Value): boolean {
  if (!a.containsMarked && !b.containsMarked) return true
  const text = (value: Value): string =>
    unmarkDeepWithPaths(value)[1]
      .filter(({ marks }) => marks.has('sensitive'))
      .map(({ path }) => pathToString(path))
      .sort()
      .join('\n')
  return text(a) === text(b)
}
