import type { AbsProviderConfig, AbsResource, AbsResourceInstance, ModuleInstance } from '../addrs/index.ts'
import { StateBuilder } from './builder.ts'
import type { CheckResult, ObjectState, OutputState, State } from './state.ts'

export const emptyState: State = { resources: new Map(), outputs: new Map(), checkResults: undefined }

// Each of these costs time in the size of the state. A run, which changes one instance after the other, uses a StateBuilder.

/** With this current object of an instance, or without one; deposed objects stay. */
export function withInstance(
  state: State,
  address: AbsResourceInstance,
  provider: AbsProviderConfig,
  object: ObjectState | undefined,
): State {
  return changed(state, (builder) => builder.setInstance(address, provider, object))
}

/** With this deposed object, or without it. */
export function withDeposed(
  state: State,
  address: AbsResourceInstance,
  deposedKey: string,
  provider: AbsProviderConfig,
  object: ObjectState | undefined,
): State {
  return changed(state, (builder) => builder.setDeposed(address, deposedKey, provider, object))
}

/** With exactly these outputs. */
export function withOutputs(state: State, outputs: ReadonlyMap<string, OutputState>): State {
  return { resources: state.resources, outputs, checkResults: state.checkResults }
}

export function withCheckResults(state: State, checkResults: readonly CheckResult[] | undefined): State {
  return { resources: state.resources, outputs: state.outputs, checkResults }
}

/** Without an instance, its current and its deposed objects. */
export function removeInstance(state: State, address: AbsResourceInstance): State {
  return changed(state, (builder) => builder.removeInstance(address))
}

export function removeResource(state: State, address: AbsResource): State {
  return changed(state, (builder) => builder.removeResource(address))
}

/** The same state when there is nothing at `from` or something at `to`. */
export function moveInstance(state: State, from: AbsResourceInstance, to: AbsResourceInstance): State {
  return changed(state, (builder) => builder.moveInstance(from, to))
}

/** The same state when there is nothing at `from` or something at `to`. */
export function moveResource(state: State, from: AbsResource, to: AbsResource): State {
  return changed(state, (builder) => builder.moveResource(from, to))
}

/** Moves everything at and below a module instance; the same state when there is nothing or something is in the way. */
export function moveModule(state: State, from: ModuleInstance, to: ModuleInstance): State {
  return changed(state, (builder) => builder.moveModule(from, to))
}

function changed(state: State, change: (builder: StateBuilder) => void): State {
  const builder = new StateBuilder(state)
  change(builder)
  return builder.snapshot()
}
