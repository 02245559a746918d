import type { AbsResourceInstance } from '../../addrs/index.ts'
import { configResourceToString, toModulePath } from '../../addrs/index.ts'
import type { Value } from '../../cty/index.ts'
import type { Plan, ResourceChange } from '../../plans/index.ts'
import type { StateBuilder } from '../../states/index.ts'
import { type Steps, wait } from '../_steps.ts'
import type { CreateBeforeDestroy, ResourceBlock } from '../blocks.ts'
import type { Operation } from '../execution-graph.ts'
import type { InstanceContext } from '../plan/planning.ts'
import type { Run } from '../run.ts'

/** What applying has done so far. */
export interface Applying {
  readonly run: Run
  readonly plan: Plan
  /** What exists, as far as is known. */
  readonly state: StateBuilder
  readonly createBeforeDestroy: CreateBeforeDestroy
  /** Deposed keys of objects that wait for their destruction after they were replaced, by address. */
  readonly deposed: Map<string, string>
  /** The changes of objects that were imported, by their blocks. */
  readonly imports: Map<string, ResourceChange[]>
}

/** The configured instance that an operation is about. Undefined when the configuration has none. */
export function instanceOf(a: Applying, operation: Operation): InstanceContext | undefined {
  const { address } = operation.change
  const block = blockOf(a, address)
  const scope = a.run.evaluation.tryScope(address.module)
  if (block === undefined || scope === undefined) return undefined
  const { mode, type, name } = address.resource
  const cell = scope.resources.get(mode === 'managed' ? `${type}.${name}` : `${mode}.${type}.${name}`)
  if (cell === undefined) return undefined
  return {
    run: a.run,
    block,
    scope,
    address,
    text: operation.text,
    repetition: cell.expansion.repetition(address.key),
    provider: operation.change.provider,
  }
}

export function blockOf(a: Applying, address: AbsResourceInstance): ResourceBlock | undefined {
  return a.run.graph.resources.get(configResourceToString({ module: toModulePath(address.module), resource: address.resource }))
}

/** What expressions see of an instance from now on. */
export function setValue(instance: InstanceContext, value: Value): void {
  const { mode, type, name } = instance.address.resource
  const cell = instance.scope.resources.get(mode === 'managed' ? `${type}.${name}` : `${mode}.${type}.${name}`)
  cell?.values.set(instance.address.key, value)
}

/** Tells whoever keeps the state that it has changed. */
export function* announce(a: Applying): Steps<void> {
  const { hooks } = a.run.input
  const changes = a.state.takeChanges()
  if (hooks?.stateUpdated !== undefined) yield* wait(hooks.stateUpdated(a.state.snapshot(), changes))
}
