import { nullVal, typeConformanceErrors, unmarkDeep, type Value } from '../../cty/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import { impliedType } from '../../schema/index.ts'
import { encodeObject } from '../../states/index.ts'
import { placeDiagnostics } from '../_placing.ts'
import { type Steps, wait } from '../_steps.ts'
import type { Operation } from '../execution-graph.ts'
import { planDestroy, removedStatement } from '../plan/orphans.ts'
import { put } from '../plan/refresh.ts'
import { providerMetaFor } from '../provider-meta.ts'
import { decodeStored, isError, withSchemaMarks } from '../stored-object.ts'
import { type Applying, announce, blockOf } from './applying.ts'
import { repetitionOfKey, runProvisioners } from './provision.ts'

/** P-54: destroys an object. When that fails it stays in the state as the provider says it is now. */
export function* applyDelete(a: Applying, operation: Operation, diags: Diagnostics): Steps<boolean> {
  const { run, state } = a
  const { change, text } = operation
  const { address } = change
  const { hooks } = run.input
  const deposed = operation.replaces === 'createThenDelete' ? a.deposed.get(text) : change.deposed
  if (operation.replaces === 'createThenDelete' && deposed === undefined) return true
  const stored = state.tryInstance(address)
  const record = deposed === undefined ? stored?.current : stored?.deposed.get(deposed)
  if (record === undefined) return true
  const provider = run.providers.tryProviderFor(change.address, change.provider)
  const schema = run.providerMap.schemaOf(run.schemas, change.provider.source)?.resource(address.resource.type)
  if (provider === undefined || schema === undefined) return false
  const place = { address, text, deposed, provider: change.provider }
  const object = yield* decodeStored(run.limiter, provider, schema, place, record, diags)
  if (object === undefined) return false
  const type = impliedType(schema.block)
  const absent = nullVal(type)
  const typeName = address.resource.type
  const prior = unmarkDeep(object.value)
  // What was planned holds for the object that goes for good; of a replacement the plan has only kept what is to come.
  const planned =
    operation.replaces === undefined && operation.change.deposed === undefined
      ? { private: change.private }
      : yield* planDestroy(run, provider, schema, place, object, diags)
  if (planned === undefined) return false
  if (hooks?.preApply !== undefined) yield* wait(hooks.preApply(address, 'delete', object.value, absent, deposed))
  if (!(yield* provisionBeforeDelete(a, operation, deposed, record.status === 'tainted', object.value, diags))) {
    if (hooks?.postApply !== undefined) {
      yield* wait(hooks.postApply(address, 'delete', diags.items.filter(isError), object.value, deposed))
    }
    return false
  }
  const answer = yield* wait(
    run.limiter.run(() =>
      provider.applyResourceChange({
        typeName,
        prior,
        planned: absent,
        config: absent,
        plannedPrivate: planned.private,
        plannedIdentity: object.identity,
        providerMeta: providerMetaFor(run, place, diags),
      }),
    ),
  )
  const found = [...placeDiagnostics(answer.diags, text, undefined, [object.value])]
  let failed = found.some(isError)
  let left = answer.newState
  if (typeConformanceErrors(left.type, type).length > 0) left = failed ? prior : absent
  if (!left.isNull && !failed) {
    failed = true
    found.push({
      severity: 'error',
      summary: 'Provider returned invalid result object after apply',
      detail: `After applying a Delete plan, the provider returned a non-null object for ${text}. Destroying should always produce a null value, so this is always a bug in the provider and should be reported in the provider's own repository. Terraform will still save this errant object in the state for debugging and recovery.`,
      address: text,
    })
  }
  diags.addAll(found)
  if (!failed) {
    put(state, place, undefined)
    if (operation.replaces === 'createThenDelete') a.deposed.delete(text)
  } else if (left.isNull || !left.isWhollyKnown) {
    // The provider did not say what is left: what was there before is the best guess.
    put(state, place, record)
  } else {
    const marked = withSchemaMarks(schema.block, left)
    put(state, place, {
      ...encodeObject(marked, type, {
        ...record,
        schemaVersion: schema.version,
        private: answer.private ?? record.private,
        dependencies: undefined,
      }),
      dependencies: record.dependencies,
    })
  }
  if (hooks?.postApply !== undefined) {
    yield* wait(hooks.postApply(address, 'delete', failed ? found.filter(isError) : undefined, failed ? object.value : absent, deposed))
  }
  yield* announce(a)
  return !failed
}

/** P-54: what is to be done before the object goes; a failure keeps it. Not for objects that were never complete. */
function* provisionBeforeDelete(
  a: Applying,
  { change, text, replaces }: Operation,
  deposed: string | undefined,
  tainted: boolean,
  self: Value,
  diags: Diagnostics,
): Steps<boolean> {
  // Neither for those that make way for a replacement that stands already: it would be undone for the new one.
  if (tainted || deposed !== undefined || replaces === 'createThenDelete') return true
  const { address } = change
  const block = blockOf(a, address)
  const all = block === undefined ? (removedStatement(a.run.input.config, address)?.provisioners ?? []) : block.resource.provisioners
  const provisioners = all.filter((p) => p.when === 'destroy')
  if (provisioners.length === 0) return true
  const scope = a.run.evaluation.tryScope(address.module) ?? a.run.evaluation.root
  const own = new Diagnostics()
  yield* runProvisioners(
    a,
    provisioners,
    { address, text, scope, repetition: repetitionOfKey(address.key), self, connection: block?.resource.connection },
    own,
  )
  diags.addAll(own.items)
  return !own.hasErrors
}

/** Takes an object out of the state and leaves it alone. */
export function* applyForget(a: Applying, { change }: Operation): Steps<boolean> {
  put(a.state, { address: change.address, text: '', deposed: change.deposed, provider: change.provider }, undefined)
  yield* announce(a)
  return true
}
