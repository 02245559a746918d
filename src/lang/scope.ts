import { objectOf, objectVal, type Value } from '../cty/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'
import type { EvalContext } from '../hcl/index.ts'
import type { FunctionTable as NamedFunctions } from './functions/index.ts'
import type { NeededModule, NeededName, NeededResource, Needs } from './needs.ts'

/**
 * Answers what things named in expressions stand for, in one module instance. A thing that is not there is reported at `range`
 * and answered with an unknown.
 */
export interface ScopeData {
  variable(name: string, range: SourceRange, diags: Diagnostics): Value
  local(name: string, range: SourceRange, diags: Diagnostics): Value
  /** The value of all instances: an object, or a tuple of them, or an object of them by key. */
  resource(needed: NeededResource, diags: Diagnostics): Value
  /** The same for a module call; output values that were not asked for may be absent. */
  moduleCall(needed: NeededModule, diags: Diagnostics): Value
  count(name: string, range: SourceRange, diags: Diagnostics): Value
  each(name: string, range: SourceRange, diags: Diagnostics): Value
  path(name: string, range: SourceRange, diags: Diagnostics): Value
  terraform(name: string, range: SourceRange, diags: Diagnostics): Value
  self(range: SourceRange, diags: Diagnostics): Value
}

export type FunctionTable = EvalContext['functions']

/** The names that `needs` asks for, with their values, as the evaluator wants them. What cannot be meant is reported. */
export function evalContext(needs: Needs, data: ScopeData, functions: FunctionTable | NamedFunctions, diags: Diagnostics): EvalContext {
  const variables = new Map<string, Value>()
  diags.addAll(needs.problems)
  addNames('var', needs.variables, data, data.variable, variables, diags)
  addNames('local', needs.locals, data, data.local, variables, diags)
  addNames('count', needs.counts, data, data.count, variables, diags)
  addNames('each', needs.eachs, data, data.each, variables, diags)
  addNames('path', needs.paths, data, data.path, variables, diags)
  addNames('terraform', needs.terraforms, data, data.terraform, variables, diags)
  const terraform = variables.get('terraform')
  if (terraform !== undefined) variables.set('tofu', terraform)
  if (needs.modules.length > 0) {
    variables.set('module', objectVal(needs.modules.map((m) => [m.name, data.moduleCall(m, diags)] as const)))
  }
  if (needs.resources.length > 0) addResources(needs, data, functions, variables, diags)
  if (needs.self !== undefined) variables.set('self', data.self(needs.self, diags))
  if (typeof functions === 'function') return { variables, functions }
  return { variables, functions: functions.lookUp, functionNames: functions.names, explainFunction: functions.explain }
}

/** Without closures: this is done for every instance. */
function addNames(
  root: string,
  needed: readonly NeededName[],
  data: ScopeData,
  answer: (name: string, range: SourceRange, diags: Diagnostics) => Value,
  variables: Map<string, Value>,
  diags: Diagnostics,
): void {
  if (needed.length === 0) return
  const names: string[] = []
  const values: Value[] = []
  for (let i = 0; i < needed.length; i++) {
    const { name, range } = needed[i]!
    names.push(name)
    values.push(answer.call(data, name, range, diags))
  }
  variables.set(root, objectOf(names, values))
}

/** The last object of resources that was made for each type: neighbours in a configuration often refer to the same ones. */
const recentObjects = new WeakMap<
  object,
  Map<string, { readonly names: readonly string[]; readonly values: readonly Value[]; readonly object: Value }>
>()

/** @param run objects are kept as long as it is. */
function objectOfResources(type: string, resources: readonly NeededResource[], values: readonly Value[], run: object): Value {
  let byType = recentObjects.get(run)
  if (byType === undefined) recentObjects.set(run, (byType = new Map()))
  const recent = byType.get(type)
  const isSame =
    recent?.names.length === resources.length &&
    resources.every((r, i) => r.resource.name === recent.names[i] && values[i] === recent.values[i])
  if (isSame) return recent!.object
  const names = resources.map((r) => r.resource.name)
  const object = objectOf(names, values)
  byType.set(type, { names, values, object })
  return object
}

function addResources(needs: Needs, data: ScopeData, run: object, variables: Map<string, Value>, diags: Diagnostics): void {
  const { type } = needs.resources[0]!.resource
  if (!needs.escaped && needs.resources.every(({ resource }) => resource.mode === 'managed' && resource.type === type)) {
    const values = needs.resources.map((needed) => data.resource(needed, diags))
    if (!variables.has(type)) variables.set(type, objectOfResources(type, needs.resources, values, run))
    return
  }
  const byMode = new Map<string, Map<string, Map<string, Value>>>()
  for (const needed of needs.resources) {
    const { resource } = needed
    let types = byMode.get(resource.mode)
    if (types === undefined) byMode.set(resource.mode, (types = new Map()))
    let names = types.get(resource.type)
    if (names === undefined) types.set(resource.type, (names = new Map()))
    names.set(resource.name, data.resource(needed, diags))
  }
  for (const [mode, types] of byMode) {
    const objects = [...types].map(([type, names]) => [type, objectVal(names)] as const)
    if (mode === 'managed') {
      // A type that is called like another root symbol can only be named with the `resource.` prefix.
      for (const [type, object] of objects) if (!variables.has(type)) variables.set(type, object)
      if (needs.escaped) variables.set('resource', objectVal(objects))
    } else {
      variables.set(mode, objectVal(objects))
    }
  }
}
