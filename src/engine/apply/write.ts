import {
  markPaths,
  nullVal,
  type Path,
  pathToString,
  rawEquals,
  transformValue,
  typeConformanceErrors,
  unknownAsNull,
  unmarkDeep,
  unmarkDeepWithPaths,
  type Value,
  walkValue,
} from '../../cty/index.ts'
import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import type { Action } from '../../plans/index.ts'
import { assertApplyCompatible, normalizeLegacySdk } from '../../plans/objchange/index.ts'
import { impliedType, withoutWriteOnly } from '../../schema/index.ts'
import { encodeObject, type ObjectState, withSkipDestroy } from '../../states/index.ts'
import { placeDiagnostics } from '../_placing.ts'
import { type Steps, wait } from '../_steps.ts'
import type { Operation } from '../execution-graph.ts'
import { checkIdentity, checkSameIdentity, identitySchemaOf, recordIdentity } from '../identity.ts'
import { type PlannedChange, planChange } from '../plan/change.ts'
import { checkPostconditions, checkPreconditions } from '../plan/managed.ts'
import type { InstanceContext } from '../plan/planning.ts'
import { providerMetaFor } from '../provider-meta.ts'
import { decodeStored, hasWriteOnly, isError, quotedProvider, quotedSource, type StoredObject, withSchemaMarks } from '../stored-object.ts'
import { type Applying, announce, instanceOf, setValue } from './applying.ts'
import { runProvisioners } from './provision.ts'

/** P-51 to P-53: creates or updates an object, after planning it once more with what is known now. */
export function* applyCreateOrUpdate(a: Applying, operation: Operation, diags: Diagnostics): Steps<boolean> {
  const { run, state } = a
  const { change, text, kind } = operation
  const { hooks } = run.input
  const instance = instanceOf(a, operation)
  if (instance?.block.schema === undefined) return false
  const { block, address } = instance
  const schema = block.schema!
  const provider = run.providers.tryProviderFor(address, instance.provider)
  if (provider === undefined) return false
  const place = { address, text, deposed: undefined, provider: instance.provider }

  const deposed = operation.replaces === 'createThenDelete' ? depose(a, instance) : undefined
  const restore = (): void => {
    if (deposed !== undefined && state.restoreDeposed(address, deposed)) a.deposed.delete(text)
  }
  const record = kind === 'create' ? undefined : state.tryInstance(address)?.current
  const prior = record === undefined ? undefined : yield* decodeStored(run.limiter, provider, schema, place, record, diags)
  if (diags.hasErrors || !checkPreconditions(instance, false, diags)) {
    restore()
    return false
  }
  const again = yield* planChange(
    instance,
    { schema, provider, prior, createBeforeDestroy: a.createBeforeDestroy.has(block), force: undefined },
    diags,
  )
  if (again === undefined || !keepsPromise(instance, change.after, kind, again, diags)) {
    restore()
    return false
  }
  if (again.action === 'noop') {
    setValue(instance, again.after)
    return checkPostconditions(instance, again.after, false, diags)
  }
  const action: Action = kind
  if (hooks?.preApply !== undefined) yield* wait(hooks.preApply(address, action, again.before, again.after, undefined))
  const own = new Diagnostics()
  const result = yield* callProvider(instance, provider, prior, again, own)
  const creating = kind === 'create' && !own.hasErrors && !result.value.isNull
  const provisioners = creating ? block.resource.provisioners.filter((p) => p.when === 'create') : []
  if (provisioners.length > 0) {
    // What exists is recorded before anything else is tried with it.
    store(a, instance, kind, record, result, false)
    yield* announce(a)
    const object = {
      address,
      text,
      scope: instance.scope,
      repetition: instance.repetition,
      self: result.value,
      connection: block.resource.connection,
    }
    yield* runProvisioners(a, provisioners, object, own)
  }
  diags.addAll(own.items)
  store(a, instance, kind, record, result, own.hasErrors)
  if (result.value.isNull) restore()
  else setValue(instance, result.value)
  const errors = own.items.filter(isError)
  if (hooks?.postApply !== undefined) {
    yield* wait(hooks.postApply(address, action, errors.length === 0 ? undefined : errors, result.value, undefined))
  }
  yield* announce(a)
  if (errors.length > 0) return false
  return checkPostconditions(instance, result.value, false, diags)
}

/** Sets the object aside that is to be destroyed once its replacement stands. */
function depose(a: Applying, { address, text }: InstanceContext): string | undefined {
  let key = a.run.randomHex(8)
  while (a.state.tryInstance(address)?.deposed.has(key)) key = a.run.randomHex(8)
  const deposed = a.state.depose(address, key)
  if (deposed !== undefined) a.deposed.set(text, deposed)
  return deposed
}

/** P-51: what was approved is what is done: the same action, and all values that were known. */
function keepsPromise(
  instance: InstanceContext,
  approved: Value,
  kind: 'create' | 'update' | string,
  again: PlannedChange,
  diags: Diagnostics,
): boolean {
  const { block, text } = instance
  const provider = quotedSource(instance)
  const bug = "This is a bug in the provider, which should be reported in the provider's own issue tracker."
  const place = { address: text, subject: block.resource.range }
  const isSameAction = again.action === kind || (kind === 'update' && again.action === 'noop')
  if (!isSameAction) {
    diags.error(
      'Provider produced inconsistent final plan',
      `When expanding the plan for ${text} to include new values learned so far during apply, provider ${provider} changed the planned action from ${actionName(kind)} to ${actionName(again.action)}.\n\n${bug}`,
      place,
    )
  }
  const problems = assertApplyCompatible(block.schema!.block, unmarkDeep(approved), unmarkDeep(again.after))
  for (const { path, message } of problems) {
    diags.error(
      'Provider produced inconsistent final plan',
      `When expanding the plan for ${text} to include new values learned so far during apply, provider ${provider} produced an invalid new value for ${pathToString(path)}: ${message}.\n\n${bug}`,
      place,
    )
  }
  return isSameAction && problems.length === 0
}

const actionNames: Readonly<Record<string, string>> = {
  noop: 'NoOp',
  create: 'Create',
  update: 'Update',
  delete: 'Delete',
  deleteThenCreate: 'DeleteThenCreate',
  createThenDelete: 'CreateThenDelete',
  forgetThenCreate: 'ForgetThenCreate',
}

function actionName(action: string): string {
  return actionNames[action] ?? action
}

interface ApplyResult {
  /** With marks; null when there is no object. */
  readonly value: Value
  readonly private: Uint8Array | undefined
  readonly identity: Value | undefined
}

/** P-52: calls the provider and holds its answer against the plan. Whatever is wrong with it, as much as possible of it is kept. */
function* callProvider(
  instance: InstanceContext,
  provider: import('../../providers/index.ts').Provider,
  prior: StoredObject | undefined,
  planned: PlannedChange,
  diags: Diagnostics,
): Steps<ApplyResult> {
  const { run, block, text } = instance
  const schema = block.schema!
  const type = impliedType(schema.block)
  const [wanted, marks] = unmarkDeepWithPaths(planned.after)
  const before = prior === undefined ? nullVal(type) : unmarkDeep(prior.value)
  // P-28: only how secret something is has changed, which is no business of the provider.
  if (prior !== undefined && wanted.isWhollyKnown && rawEquals(wanted, before))
    return { value: planned.after, private: prior.private, identity: prior.identity }
  const place = { address: text, subject: block.resource.range }
  const name = quotedProvider(instance)
  const answer = yield* wait(
    run.limiter.run(() =>
      provider.applyResourceChange({
        typeName: block.resource.address.type,
        prior: before,
        planned: wanted,
        config: planned.config,
        plannedPrivate: planned.private,
        plannedIdentity: planned.afterIdentity,
        providerMeta: providerMetaFor(run, { address: instance.address, provider: instance.provider }, diags),
      }),
    ),
  )
  const found: readonly Diagnostic[] = placeDiagnostics(answer.diags, text, { body: block.resource.body, schema: schema.block }, [
    planned.after,
    planned.marked,
    prior?.value,
  ])
  diags.addAll(found)
  const failed = found.some(isError)
  const bug = "This is a bug in the provider, which should be reported in the provider's own issue tracker."
  const unchanged = { value: prior?.value ?? nullVal(type), private: prior?.private, identity: prior?.identity }
  let value = answer.newState
  const problem = typeConformanceErrors(value.type, type)[0]
  if (problem !== undefined && !value.isNull) {
    diags.error(
      'Provider produced invalid object',
      `Provider ${name} produced an invalid value after apply for ${text}. The result cannot not be saved in the Terraform state.\n\nError: ${pathToString(problem.path)}: ${problem.message}.\n\n${bug}`,
      place,
    )
    return unchanged
  }
  if (value.isNull) {
    if (!failed) {
      diags.error(
        'Provider produced inconsistent result after apply',
        `When applying changes to ${text}, provider ${name} produced an unexpected new value: Root object was present, but now absent.\n\n${bug}`,
        place,
      )
    }
    return unchanged
  }
  const shown = hasWriteOnly(schema, value, instance, 'after apply', diags)
  if (shown) value = withoutWriteOnly(schema.block, value)
  const { containsInfinity } = value
  if (containsInfinity) {
    diags.error(
      'Provider returned invalid result object after apply',
      `After the apply operation, the provider gave an infinite number for ${text}, which states have no way to write, so null is saved in its place. This is a bug in the provider and should be reported in the provider's own repository.`,
      place,
    )
    value = transformValue(value, (_, v) => (v.type.kind === 'number' && v.containsInfinity ? nullVal(v.type) : v))
  }
  if (!value.isWhollyKnown) {
    for (const path of unknownPaths(value)) {
      diags.error(
        'Provider returned invalid result object after apply',
        `After the apply operation, the provider still indicated an unknown value for ${text}${pathToString(path)}. All values must be known after apply, so this is always a bug in the provider and should be reported in the provider's own repository. Terraform will still save the other known object values in the state.`,
        place,
      )
    }
    value = unknownAsNull(value)
  } else if (!containsInfinity && !failed && !shown && answer.legacyTypeSystem !== true) {
    for (const { path, message } of assertApplyCompatible(schema.block, wanted, value)) {
      diags.error(
        'Provider produced inconsistent result after apply',
        `When applying changes to ${text}, provider ${name} produced an unexpected new value: ${pathToString(path)}: ${message}.\n\n${bug}`,
        place,
      )
    }
  }
  if (answer.legacyTypeSystem === true) value = normalizeLegacySdk(schema.block, value)
  let identity = answer.identity === undefined || answer.identity.isNull ? planned.afterIdentity : answer.identity
  const identitySchema = identitySchemaOf(provider, block.resource.address.type)
  const isSound =
    checkIdentity(instance, identitySchema, identity, 'after apply', diags, failed) &&
    checkSameIdentity(instance, planned.afterIdentity?.isWhollyKnown ? planned.afterIdentity : prior?.identity, identity, diags)
  if (!isSound || identity?.isWhollyKnown === false) identity = prior?.identity
  return { value: withSchemaMarks(schema.block, markPaths(value, marks)), private: answer.private, identity }
}

function unknownPaths(value: Value): Path[] {
  const found: Path[] = []
  walkValue(value, (path, v) => {
    if (!v.isKnown) found.push(path)
    return !v.isWhollyKnown
  })
  return found
}

/** P-53: a failed creation leaves a tainted object, a failed update one of the status it had. */
function store(
  a: Applying,
  instance: InstanceContext,
  kind: string,
  record: ObjectState | undefined,
  result: ApplyResult,
  failed: boolean,
): void {
  const { block, address } = instance
  const schema = block.schema!
  if (result.value.isNull) {
    if (record !== undefined) a.state.setInstance(address, instance.provider, record)
    return
  }
  const status = kind === 'create' ? (failed ? 'tainted' : 'ready') : failed ? (record?.status ?? 'ready') : 'ready'
  const encoded = encodeObject(result.value, impliedType(schema.block), {
    status,
    schemaVersion: schema.version,
    private: result.private,
    createBeforeDestroy: a.createBeforeDestroy.hasInstance(block, address.key),
    extra: withSkipDestroy(record?.extra, !block.resource.lifecycle.destroy),
  })
  const provider = a.run.providers.tryProvider(instance.provider)!
  const identified = recordIdentity(encoded, provider, address.resource.type, result.identity)
  // The list is shared by all instances of the block and already in order.
  a.state.setInstance(address, instance.provider, { ...identified, dependencies: a.run.dependencies().of(block) })
}
