import type { AbsProviderConfig, AbsResourceInstance, InstanceKey, ModuleInstance, ResourceMode } from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import { jsonString, type Value } from '../../cty/index.ts'
import type { State } from '../../states/index.ts'
import type { Action, ActionReason, Importing, OutputChange, Plan, PlanMode, RelevantAttribute, ResourceChange } from '../plan.ts'
import { array, object, PlanJsonError, pathFromPlanJson, pathToPlanJson, string, valueFromPlanJson, valueToPlanJson } from './_values.ts'

/** The plan without its states, which are entries of their own. */
export function planToJson(plan: Plan): string {
  const members: (readonly [string, string])[] = [
    ['mode', jsonString(plan.mode)],
    ['changes', `[${plan.changes.map(changeToJson).join(',')}]`],
    ['drift', `[${plan.drift.map(changeToJson).join(',')}]`],
    ['outputChanges', `[${plan.outputChanges.map(outputChangeToJson).join(',')}]`],
    ['relevantAttributes', `[${plan.relevantAttributes().map(relevantToJson).join(',')}]`],
    ['variables', `[${[...plan.variables].map(([name, value]) => `[${jsonString(name)},${valueToPlanJson(value)}]`).join(',')}]`],
    ['applyTimeVariables', plan.applyTimeVariables === undefined ? 'null' : JSON.stringify(plan.applyTimeVariables)],
    ['functionResults', JSON.stringify([...(plan.functionResults ?? [])].sort(([a], [b]) => compareStrings(a, b)))],
    ['targets', JSON.stringify(plan.targets)],
    ['excludes', plan.excludes === undefined ? 'null' : JSON.stringify(plan.excludes)],
    ['forceReplace', JSON.stringify(plan.forceReplace)],
    ['timestamp', jsonString(plan.timestamp)],
    ['errored', `${plan.errored}`],
  ]
  return objectJson(members)
}

export function planFromJson(json: unknown, previousState: State, priorState: State): Plan {
  const o = object(json, 'the plan')
  const relevant = array(o.relevantAttributes).map(relevantFromJson)
  const results = array(o.functionResults).map((pair) => [string(array(pair)[0]), string(array(pair)[1])] as const)
  return {
    mode: oneOf<PlanMode>(o.mode, ['normal', 'destroy', 'refreshOnly']),
    previousState,
    priorState,
    changes: array(o.changes).map(changeFromJson),
    drift: array(o.drift).map(changeFromJson),
    outputChanges: array(o.outputChanges).map(outputChangeFromJson),
    relevantAttributes: () => relevant,
    variables: new Map(array(o.variables).map((pair) => [string(array(pair)[0]), valueFromPlanJson(array(pair)[1])] as const)),
    ...(o.applyTimeVariables === null ? {} : { applyTimeVariables: array(o.applyTimeVariables).map(string) }),
    ...(results.length === 0 ? {} : { functionResults: new Map(results) }),
    targets: array(o.targets).map(string),
    ...(o.excludes === null ? {} : { excludes: array(o.excludes).map(string) }),
    forceReplace: array(o.forceReplace).map(string),
    timestamp: string(o.timestamp),
    errored: o.errored === true,
  }
}

function changeToJson(change: ResourceChange): string {
  const { address, previousAddress } = change
  const text = addressToJson(address)
  const privateText = change.private === undefined ? 'null' : `"${Buffer.from(change.private).toString('base64')}"`
  const { importing } = change
  const importingText =
    importing === undefined ? 'null' : `{"id":${jsonString(importing.id)},"identity":${optionalValue(importing.identity)}}`
  return (
    `{"address":${text},"previousAddress":${previousAddress === address ? text : addressToJson(previousAddress)}` +
    `,"deposed":${optional(change.deposed)},"provider":${JSON.stringify(change.provider)}` +
    `,"action":${jsonString(change.action)},"reason":${optional(change.reason)}` +
    `,"before":${valueToPlanJson(change.before)},"after":${valueToPlanJson(change.after)}` +
    `,"requiredReplace":[${change.requiredReplace.map(pathToPlanJson).join(',')}],"schemaVersion":${change.schemaVersion}` +
    `,"private":${privateText},"importing":${importingText}` +
    `,"beforeIdentity":${optionalValue(change.beforeIdentity)},"afterIdentity":${optionalValue(change.afterIdentity)}` +
    `,"generatedConfig":${optional(change.generatedConfig)}}`
  )
}

function changeFromJson(json: unknown): ResourceChange {
  const o = object(json, 'a change')
  const privateText = optionalString(o.private)
  return {
    address: addressFromJson(o.address),
    previousAddress: addressFromJson(o.previousAddress),
    deposed: optionalString(o.deposed),
    provider: providerFromJson(o.provider),
    action: oneOf(o.action, actions),
    reason: optionalString(o.reason) as ActionReason | undefined,
    before: valueFromPlanJson(o.before),
    after: valueFromPlanJson(o.after),
    requiredReplace: array(o.requiredReplace).map(pathFromPlanJson),
    schemaVersion: Number(o.schemaVersion),
    private: privateText === undefined ? undefined : new Uint8Array(Buffer.from(privateText, 'base64')),
    importing: o.importing === null ? undefined : importingFromJson(object(o.importing, 'an import')),
    beforeIdentity: optionalValueFromJson(o.beforeIdentity),
    afterIdentity: optionalValueFromJson(o.afterIdentity),
    generatedConfig: optionalString(o.generatedConfig),
  }
}

function importingFromJson(o: Record<string, unknown>): Importing {
  return { id: string(o.id), identity: optionalValueFromJson(o.identity) }
}

function optionalValue(value: Value | undefined): string {
  return value === undefined ? 'null' : valueToPlanJson(value)
}

function optionalValueFromJson(json: unknown): Value | undefined {
  return json === null ? undefined : valueFromPlanJson(json)
}

function outputChangeToJson(change: OutputChange): string {
  return objectJson([
    ['name', jsonString(change.name)],
    ['action', jsonString(change.action)],
    ['before', valueToPlanJson(change.before)],
    ['after', valueToPlanJson(change.after)],
    ['sensitive', `${change.sensitive}`],
  ])
}

function outputChangeFromJson(json: unknown): OutputChange {
  const o = object(json, 'an output change')
  return {
    name: string(o.name),
    action: oneOf(o.action, actions),
    before: valueFromPlanJson(o.before),
    after: valueFromPlanJson(o.after),
    sensitive: o.sensitive === true,
  }
}

function relevantToJson({ address, path }: RelevantAttribute): string {
  return objectJson([
    ['address', addressToJson(address)],
    ['path', pathToPlanJson(path)],
  ])
}

function relevantFromJson(json: unknown): RelevantAttribute {
  const o = object(json, 'a relevant attribute')
  return { address: addressFromJson(o.address), path: pathFromPlanJson(o.path) }
}

const actions: readonly Action[] = [
  'noop',
  'create',
  'read',
  'update',
  'delete',
  'forget',
  'deleteThenCreate',
  'createThenDelete',
  'forgetThenCreate',
]

/** As data rather than text, so that no parser stands between: keys are numbers, strings or null. */
function addressToJson(address: AbsResourceInstance): string {
  const { resource } = address
  return JSON.stringify({
    module: address.module.map((step) => [step.name, step.key ?? null]),
    mode: resource.mode,
    type: resource.type,
    name: resource.name,
    key: address.key ?? null,
  })
}

function addressFromJson(json: unknown): AbsResourceInstance {
  const o = object(json, 'an address')
  const module: ModuleInstance = array(o.module).map((step) => ({ name: string(array(step)[0]), key: keyFromJson(array(step)[1]) }))
  const mode = oneOf<ResourceMode>(o.mode, ['managed', 'data', 'ephemeral'])
  return { module, resource: { kind: 'resource', mode, type: string(o.type), name: string(o.name) }, key: keyFromJson(o.key) }
}

function keyFromJson(json: unknown): InstanceKey {
  if (json === null) return undefined
  return typeof json === 'number' ? json : string(json)
}

function providerFromJson(json: unknown): AbsProviderConfig {
  const o = object(json, 'a provider')
  const source = object(o.source, 'a provider source')
  return {
    module: array(o.module).map(string),
    source: { host: string(source.host), namespace: string(source.namespace), type: string(source.type) },
    alias: o.alias === undefined ? undefined : string(o.alias),
    ...(o.key === undefined ? {} : { key: keyFromJson(o.key) }),
  }
}

function objectJson(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, json]) => `"${name}":${json}`).join(',')}}`
}

function optional(text: string | undefined): string {
  return text === undefined ? 'null' : jsonString(text)
}

function optionalString(json: unknown): string | undefined {
  return json === null ? undefined : string(json)
}

function oneOf<T extends string>(json: unknown, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === json)
  if (found === undefined) throw new PlanJsonError(`${JSON.stringify(json)} is not one of ${allowed.join(', ')}`)
  return found
}
