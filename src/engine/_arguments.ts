import type { ModuleCall } from '../config/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type Attribute, justAttributes } from '../hcl/index.ts'

const known = new WeakMap<ModuleCall, ReadonlyMap<string, Attribute>>()

/** What a module call gives for the variables of the module. Blocks in it are reported by whoever loaded the configuration. */
export function argumentsOf(call: ModuleCall): ReadonlyMap<string, Attribute> {
  let found = known.get(call)
  if (found === undefined) {
    found = justAttributes(call.body, new Diagnostics())
    known.set(call, found)
  }
  return found
}
