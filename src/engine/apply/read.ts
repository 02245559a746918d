import { unknownVal } from '../../cty/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import { impliedType } from '../../schema/index.ts'
import { encodeObject } from '../../states/index.ts'
import type { Steps } from '../_steps.ts'
import type { Operation } from '../execution-graph.ts'
import { dataConfig, failedCheck, readData } from '../plan/data.ts'
import { checkPostconditions, checkPreconditions } from '../plan/managed.ts'
import { isError } from '../stored-object.ts'
import { type Applying, announce, instanceOf, setValue } from './applying.ts'

/** Reads a data source that had to wait for apply. */
export function* applyRead(a: Applying, operation: Operation, diags: Diagnostics): Steps<boolean> {
  const instance = instanceOf(a, operation)
  if (instance?.block.schema === undefined) return false
  const { schema, provider } = instance.block
  if (!checkPreconditions(instance, false, diags)) return false
  const config = dataConfig(instance, diags)
  if (config === undefined || diags.items.some(isError)) return false
  const own = new Diagnostics()
  const value = (yield* readData(instance, config, own))?.value
  const { inCheck } = instance.block
  diags.addAll(inCheck === undefined ? own.items : failedCheck(instance, inCheck, own.items))
  if (value === undefined) {
    if (inCheck !== undefined) setValue(instance, unknownVal(impliedType(schema.block)))
    return inCheck !== undefined
  }
  a.state.setInstance(instance.address, provider, encodeObject(value, impliedType(schema.block), { schemaVersion: schema.version }))
  setValue(instance, value)
  yield* announce(a)
  return checkPostconditions(instance, value, false, diags)
}
