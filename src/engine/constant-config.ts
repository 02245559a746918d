import type { Value } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { noNeeds } from '../lang/index.ts'
import { decodeBody, type Schema } from '../schema/index.ts'
import type { ResourceBlock } from './blocks.ts'
import { type ModuleScope, watchingCalls } from './evaluation.ts'
import type { Repetition } from './expansion.ts'
import type { Run } from './run.ts'

/** A configuration that is the same whenever it is evaluated: it names nothing, and calls nothing that may answer otherwise. */
interface ConstantConfig {
  readonly value: Value
  /** The provider was asked about it and had nothing to say. */
  isAccepted: boolean
}

const constants = new WeakMap<ResourceBlock, ConstantConfig>()

/**
 * The arguments of an instance of a resource, with marks. A command validates, plans and perhaps applies the same blocks; what cannot
 * have become another value is not evaluated again.
 */
export function decodeConfig(
  run: Run,
  block: ResourceBlock,
  schema: Schema,
  scope: ModuleScope,
  repetition: Repetition,
  diags: Diagnostics,
): Value | undefined {
  const known = constants.get(block)
  if (known !== undefined) return known.value
  const before = diags.items.length
  const context = run.evaluation.context(scope, block.bodyNeeds, repetition, diags)
  if (diags.hasErrors) return undefined
  if (block.bodyNeeds !== noNeeds) return run.evaluation.decode(block.resource.body, schema.block, context, diags)
  const watched = watchingCalls(context)
  const value = decodeBody(block.resource.body, schema.block, watched.context, diags)
  if (!watched.mayDiffer() && diags.items.length === before) constants.set(block, { value, isAccepted: false })
  return value
}

/** Whether the provider need not be asked about the configuration of a block because it was, and could only say the same. */
export function isAccepted(block: ResourceBlock): boolean {
  return constants.get(block)?.isAccepted === true
}

export function accept(block: ResourceBlock): void {
  const known = constants.get(block)
  if (known !== undefined) known.isAccepted = true
}
