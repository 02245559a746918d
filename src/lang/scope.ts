import type { Resource } from '../addrs/index.ts'
import { objectVal, type Value } from '../cty/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'
import type { EvalContext } from '../hcl/index.ts'
import type { FunctionTable as NamedFunctions } from './functions/index.ts'
import type { NeededModule, NeededName, Needs } from './needs.ts'

/**
 * Answers what things named in expressions stand for, in one module instance. A thing that is not there is reported at `range`
 * and answered with an unknown.
 */
export interface ScopeData {
  variable(name: string, range: SourceRange, diags: Diagnostics): Value
  local(name: string, range: SourceRange, diags: Diagnostics): Value
  /** The value of all instances: an object, or a tuple of them, or an object of them by key. */
  resource(resource: Resource, range: SourceRange, diags: Diagnostics): Value
  /** The same for a module call; output values that were not asked for may be absent. */
  moduleCall(needed: NeededModule, diags: Diagnostics): Value
  count(name: string, range: SourceRange, diags: Diagnostics): Value
  each(name: string, range: SourceRange, diags: Diagnostics): Value
  path(name: string, range: SourceRange, diags: Diagnostics): Value
  terraform(name: string, range: SourceRange, diags: Diagnostics): Value
  self(range: SourceRange, diags: Diagnostics): Value
}

export type FunctionTable = EvalContext['functions']

/** The names that `needs` asks for, with their values, as the evaluator wants them. */
export function evalContext(needs: Needs, data: ScopeData, functions: FunctionTable | NamedFunctions, diags: Diagnostics): EvalContext {
  const variables = new Map<string, Value>()
  const group = (
    root: string,
    names: readonly NeededName[],
    answer: (name: string, range: SourceRange, diags: Diagnostics) => Value,
  ): void => {
    if (names.length === 0) return
    variables.set(root, objectVal(names.map(({ name, range }) => [name, answer.call(data, name, range, diags)] as const)))
  }
  group('var', needs.variables, data.variable)
  group('local', needs.locals, data.local)
  group('count', needs.counts, data.count)
  group('each', needs.eachs, data.each)
  group('path', needs.paths, data.path)
  group('terraform', needs.terraforms, data.terraform)
  const terraform = variables.get('terraform')
  if (terraform !== undefined) variables.set('tofu', terraform)
  if (needs.modules.length > 0) {
    variables.set('module', objectVal(needs.modules.map((m) => [m.name, data.moduleCall(m, diags)] as const)))
  }
  if (needs.resources.length > 0) addResources(needs, data, variables, diags)
  if (needs.self !== undefined) variables.set('self', data.self(needs.self, diags))
  if (typeof functions === 'function') return { variables, functions }
  return { variables, functions: functions.lookUp, functionNames: functions.names, explainFunction: functions.explain }
}

function addResources(needs: Needs, data: ScopeData, variables: Map<string, Value>, diags: Diagnostics): void {
  const byMode = new Map<string, Map<string, Map<string, Value>>>()
  for (const { resource, range } of needs.resources) {
    let types = byMode.get(resource.mode)
    if (types === undefined) byMode.set(resource.mode, (types = new Map()))
    let names = types.get(resource.type)
    if (names === undefined) types.set(resource.type, (names = new Map()))
    names.set(resource.name, data.resource(resource, range, diags))
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
