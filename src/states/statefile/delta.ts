import { absResourceInstanceToString, instanceKeyToMapKey, parseAbsResourceInstance } from '../../addrs/index.ts'
import { jsonString } from '../../cty/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import type { InstanceChange, StateBuilder } from '../builder.ts'
import { resourceKey } from '../query.ts'
import type { OutputState, ResourceInstanceState, ResourceState, State } from '../state.ts'
import { readStateFile } from './read.ts'
import { writeStateFile } from './write.ts'

/** What has become of some instances, and perhaps of outputs and checks: applied to any state that lacks it, or to one that has it already. */
export interface StateDelta {
  /** All there is of the instances in it; outputs and check results count only where `hasResults`. */
  readonly state: State
  /** Addresses of instances of which nothing is left. */
  readonly gone: readonly string[]
  readonly hasResults: boolean
}

/** Later changes of an instance go before earlier ones. */
export function changesToDelta(changes: readonly InstanceChange[], results?: Pick<State, 'outputs' | 'checkResults'>): StateDelta {
  const last = new Map<string, InstanceChange>()
  for (const change of changes) last.set(absResourceInstanceToString(change.address), change)
  const resources = new Map<string, ResourceState & { readonly instances: Map<string, ResourceInstanceState> }>()
  const gone: string[] = []
  for (const [text, { address, provider, instance }] of last) {
    if (instance === undefined) {
      gone.push(text)
      continue
    }
    const key = resourceKey(address)
    let resource = resources.get(key)
    if (resource === undefined) {
      resource = { address: { module: address.module, resource: address.resource }, provider, instances: new Map() }
      resources.set(key, resource)
    }
    resource.instances.set(instanceKeyToMapKey(address.key), instance)
  }
  const state: State = { resources, outputs: results?.outputs ?? noOutputs, checkResults: results?.checkResults }
  return { state, gone, hasResults: results !== undefined }
}

const noOutputs: ReadonlyMap<string, OutputState> = new Map()

/** One line of JSON: the objects as a state file of version 4 has them, with every digit. */
export function deltaToJson({ state, gone, hasResults }: StateDelta): string {
  // White space of a state file stands between tokens only: in strings it is escaped.
  const text = writeStateFile({ terraformVersion: '', serial: 0, lineage: '', state }).replace(/\n\s*/g, '')
  return `{"gone":[${gone.map(jsonString).join(',')}],"results":${hasResults},"state":${text}}`
}

/** Undefined for text that is no delta. */
export function deltaFromJson(text: string): StateDelta | undefined {
  const match = /^\{"gone":(\[.*?\]),"results":(true|false),"state":(\{.*\})\}$/s.exec(text)
  if (match === null) return undefined
  let gone: unknown
  try {
    gone = JSON.parse(match[1]!)
  } catch {
    return undefined
  }
  const { value } = readStateFile(match[3]!)
  if (value === undefined || !Array.isArray(gone) || !gone.every((address) => typeof address === 'string')) return undefined
  return { state: value.state, gone, hasResults: match[2] === 'true' }
}

/** Brings a state up to date. @returns the addresses of the instances that it speaks of. */
export function replayDelta(builder: StateBuilder, { state, gone, hasResults }: StateDelta): readonly string[] {
  const touched: string[] = []
  for (const text of gone) {
    const address = parseAbsResourceInstance(text, new Diagnostics())
    if (address !== undefined) builder.removeInstance(address)
    touched.push(text)
  }
  for (const { address, provider, instances } of state.resources.values()) {
    for (const instance of instances.values()) {
      const at = { ...address, key: instance.key }
      builder.replaceInstance({ address: at, provider, instance })
      touched.push(absResourceInstanceToString(at))
    }
  }
  if (hasResults) {
    builder.setOutputs(state.outputs)
    builder.setCheckResults(state.checkResults)
  }
  return touched
}
