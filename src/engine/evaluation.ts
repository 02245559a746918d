import {
  childInstance,
  type InstanceKey,
  type ModuleInstance,
  moduleInstanceToString,
  modulePathToString,
  type Resource,
  resourceToString,
  rootInstance,
} from '../addrs/index.ts'
import { invariant } from '../base/index.ts'
import type { Config, Module } from '../config/index.ts'
import {
  boolVal,
  dynamicType,
  dynamicVal,
  EPHEMERAL,
  listType,
  mapType,
  nullVal,
  objectType,
  objectVal,
  SENSITIVE,
  stringVal,
  tupleVal,
  unknownVal,
  type Value,
} from '../cty/index.ts'
import { Diagnostics, type SourceRange } from '../diags/index.ts'
import { type Body, type EvalContext, type Expr, evaluate } from '../hcl/index.ts'
import { type FunctionTable, isRepeatable } from '../lang/functions/index.ts'
import {
  evalContext,
  type NeededModule,
  type NeededResource,
  type Needs,
  noNeeds,
  reportUndeclaredLocal,
  reportUndeclaredResource,
  reportUndeclaredVariable,
  type ScopeData,
} from '../lang/index.ts'
import { type BlockSchema, decodeBody, impliedType, type Schema } from '../schema/index.ts'
import type { CallBlock } from './blocks.ts'
import type { DeprecatedUses } from './deprecations.ts'
import { type Expansion, noRepetition, type Repetition } from './expansion.ts'

/** What the settings that are the same everywhere stand for. */
export interface EvaluationSettings {
  /** Of a module, which may call those of its providers. */
  readonly functions: (config: Config) => FunctionTable
  readonly cwd: string
  readonly workspace: string
  /** `terraform.applying`. */
  readonly applying: boolean
  readonly validating: boolean
  /** Absent where no output value of a module is deprecated. */
  readonly deprecatedUses?: DeprecatedUses | undefined
}

/** The cells of one resource block in one module instance: how it is repeated, and what its instances are worth so far. */
export interface ResourceCell {
  readonly expansion: Expansion
  /** By key. Absent: nothing is planned for the instance, as when it is not targeted. */
  readonly values: Map<InstanceKey, Value>
  /** What such an instance is worth where its value is asked for all the same. */
  readonly absent: Value
  /** The value of the block as a whole, made when first asked for. */
  whole: Value | undefined
}

/** The same for a module call. */
export interface CallCell {
  readonly expansion: Expansion
  readonly scopes: ReadonlyMap<InstanceKey, ModuleScope>
  readonly wholes: Map<string, Value>
}

/** One instance of a module with the cells of its named things. Cells are filled in the order of the block graph. */
export class ModuleScope {
  readonly config: Config
  readonly instance: ModuleInstance
  readonly parent: ModuleScope | undefined
  /** What `count` and `each` mean in the arguments of the call that this is an instance of. */
  readonly repetition: Repetition
  readonly variables = new Map<string, Value>()
  readonly locals = new Map<string, Value>()
  readonly outputs = new Map<string, Value>()
  /** By `resourceToString`. */
  readonly resources = new Map<string, ResourceCell>()
  readonly calls = new Map<string, CallCell>()
  #prefix: string | undefined

  constructor(config: Config, instance: ModuleInstance, parent: ModuleScope | undefined, repetition: Repetition) {
    this.config = config
    this.instance = instance
    this.parent = parent
    this.repetition = repetition
  }

  /** `module.m[0].`, or nothing for the root module. */
  get prefix(): string {
    this.#prefix ??= this.instance.length === 0 ? '' : `${moduleInstanceToString(this.instance)}.`
    return this.#prefix
  }
}

/**
 * The values of a configuration as far as they are known: all module instances with their cells. Who fills them decides what a
 * resource instance is worth: something unknown while validating, what is planned while planning, what exists while applying.
 */
export class Evaluation {
  readonly root: ModuleScope
  readonly #settings: EvaluationSettings
  readonly #scopes = new Map<string, ModuleScope[]>()

  constructor(config: Config, settings: EvaluationSettings) {
    this.root = new ModuleScope(config, rootInstance, undefined, noRepetition)
    this.#settings = settings
    this.#scopes.set('', [this.root])
  }

  /** Absent where no output value of a module is deprecated. */
  get deprecatedUses(): DeprecatedUses | undefined {
    return this.#settings.deprecatedUses
  }

  /** All instances of a static module that there are. Known once the calls that lead to it are expanded. */
  scopesOf(config: Config): readonly ModuleScope[] {
    return this.#scopes.get(modulePathToString(config.path)) ?? []
  }

  /** Records how a call is repeated in one instance of the calling module. */
  expandCall(scope: ModuleScope, block: CallBlock, expansion: Expansion): void {
    const scopes = new Map<InstanceKey, ModuleScope>()
    const key = modulePathToString(block.child.path)
    let all = this.#scopes.get(key)
    if (all === undefined) this.#scopes.set(key, (all = []))
    for (const instanceKey of expansion.keys) {
      const child = new ModuleScope(
        block.child,
        childInstance(scope.instance, block.call.name, instanceKey),
        scope,
        expansion.repetition(instanceKey),
      )
      scopes.set(instanceKey, child)
      all.push(child)
    }
    scope.calls.set(block.call.name, { expansion, scopes, wholes: new Map() })
  }

  /** @param schema of the instances, as far as it is known */
  expandResource(scope: ModuleScope, resource: Resource, schema: Schema | undefined, expansion: Expansion): ResourceCell {
    const absent = schema === undefined ? dynamicVal : unknownVal(impliedType(schema.block))
    const cell: ResourceCell = { expansion, values: new Map(), absent, whole: undefined }
    scope.resources.set(resourceToString(resource), cell)
    return cell
  }

  /** The instance of the module at this address, if there is one. */
  tryScope(instance: ModuleInstance): ModuleScope | undefined {
    let scope: ModuleScope | undefined = this.root
    for (const { name, key } of instance) scope = scope?.calls.get(name)?.scopes.get(key)
    return scope
  }

  context(scope: ModuleScope, needs: Needs, repetition: Repetition, diags: Diagnostics, self?: Value): EvalContext {
    const functions = this.#settings.functions(scope.config)
    if (needs !== noNeeds) return evalContext(needs, new InstanceData(scope, repetition, self, this.#settings), functions, diags)
    const { lookUp, names, explain } = functions
    return { variables: noVariables, functions: lookUp, functionNames: names, explainFunction: explain }
  }

  /** The same as `evaluate` for the expression of a local or output value, which is not evaluated again where that could change nothing. */
  evaluateNamed(scope: ModuleScope, expr: Expr, needs: Needs, diags: Diagnostics): Value {
    const known = constants.get(expr)
    if (known !== undefined) return known
    if (!needsConstants(needs, scope.config.module)) return this.evaluate(scope, expr, needs, noRepetition, diags)
    const own = new Diagnostics()
    const { context, mayDiffer } = watchingCalls(this.context(scope, needs, noRepetition, own))
    const value = evaluate(expr, context, own)
    if (own.items.length > 0) diags.addAll(own.items)
    else if (!mayDiffer()) constants.set(expr, value)
    return value
  }

  /** The value of an expression in a module instance. Problems are reported, and answered with an unknown. */
  evaluate(scope: ModuleScope, expr: Expr, needs: Needs, repetition: Repetition, diags: Diagnostics, self?: Value): Value {
    // An expression whose names are wrong is not evaluated: its other complaints would only repeat that.
    const own = new Diagnostics()
    const context = this.context(scope, needs, repetition, own, self)
    if (own.hasErrors) {
      diags.addAll(own.items)
      return dynamicVal
    }
    const value = evaluate(expr, context, diags)
    return this.deprecatedUses === undefined ? value : this.deprecatedUses.usedIn(expr, value)
  }

  /** The value of a body, with marks. Problems are reported, and what they are about is unknown. */
  decode(body: Body, schema: BlockSchema, context: EvalContext, diags: Diagnostics): Value {
    const value = decodeBody(body, schema, context, diags)
    return this.deprecatedUses === undefined ? value : this.deprecatedUses.usedInBody(body, schema, value)
  }
}

/** The same context, and whether a function was called in it that may answer otherwise another time. */
export function watchingCalls(context: EvalContext): { readonly context: EvalContext; readonly mayDiffer: () => boolean } {
  let differs = false
  // Loops ask for the same names at every turn.
  let known: Map<string, ReturnType<EvalContext['functions']>> | undefined
  const functions: EvalContext['functions'] = (name) => {
    known ??= new Map()
    const before = known.get(name)
    if (before !== undefined) return before
    if (!isRepeatable(name)) differs = true
    const found = context.functions(name)
    known.set(name, found)
    return found
  }
  return { context: { ...context, functions }, mayDiffer: () => differs }
}

/** By expression: what is the same in each phase of a command and in each instance of a module. */
const constants = new WeakMap<Expr, Value>()

/** Whether all that is named is a local value that is constant itself. */
function needsConstants(needs: Needs, module: Module): boolean {
  return (
    needs === noNeeds ||
    needs.references.every(({ subject }) => {
      const local = subject.kind === 'local' ? module.locals.get(subject.name) : undefined
      return local !== undefined && constants.has(local.expr)
    })
  )
}

const noVariables: ReadonlyMap<string, Value> = new Map()

/** One is made for each evaluation, and private names (`#x`) take long to set up. */
class InstanceData implements ScopeData {
  private readonly scope: ModuleScope
  private readonly repetition: Repetition
  private readonly selfValue: Value | undefined
  private readonly settings: EvaluationSettings

  constructor(scope: ModuleScope, repetition: Repetition, self: Value | undefined, settings: EvaluationSettings) {
    this.scope = scope
    this.repetition = repetition
    this.selfValue = self
    this.settings = settings
  }

  variable(name: string, range: SourceRange, diags: Diagnostics): Value {
    const value = this.scope.variables.get(name)
    if (value !== undefined) return value
    reportUndeclaredVariable(name, this.scope.config.module, range, diags)
    return dynamicVal
  }

  local(name: string, range: SourceRange, diags: Diagnostics): Value {
    const value = this.scope.locals.get(name)
    if (value !== undefined) return value
    reportUndeclaredLocal(name, this.scope.config.module, range, diags)
    return dynamicVal
  }

  resource(needed: NeededResource, diags: Diagnostics): Value {
    const cell = this.scope.resources.get(needed.text)
    if (cell !== undefined) return wholeResource(cell)
    const { module, path } = this.scope.config
    reportUndeclaredResource(needed.resource, { module, path }, needed.range, diags)
    return dynamicVal
  }

  moduleCall(needed: NeededModule, diags: Diagnostics): Value {
    const cell = this.scope.calls.get(needed.name)
    if (cell !== undefined) return wholeCall(cell, needed, this.settings)
    diags.error(
      'Reference to undeclared module',
      `No module call named "${needed.name}" is declared in ${this.scope.config.path.length === 0 ? 'the root module' : modulePathToString(this.scope.config.path)}.`,
      { subject: needed.range },
    )
    return dynamicVal
  }

  count(name: string, range: SourceRange, diags: Diagnostics): Value {
    if (name !== 'index') {
      diags.error(
        'Invalid "count" attribute',
        `The "count" object does not have an attribute named "${name}". The only supported attribute is count.index, which is the index of each instance of a resource block that has the "count" argument set.`,
        { subject: range },
      )
      return dynamicVal
    }
    const { countIndex } = this.repetition
    if (countIndex !== undefined) return countIndex
    diags.error(
      'Reference to "count" in non-counted context',
      'The "count" object can only be used in "module", "resource", and "data" blocks, and only when the "count" argument is set.',
      { subject: range },
    )
    return dynamicVal
  }

  each(name: string, range: SourceRange, diags: Diagnostics): Value {
    if (name !== 'key' && name !== 'value') {
      diags.error(
        'Invalid "each" attribute',
        `The "each" object does not have an attribute named "${name}". The supported attributes are each.key and each.value, the current key and value pair of the "for_each" attribute set.`,
        { subject: range },
      )
      return dynamicVal
    }
    const value = name === 'key' ? this.repetition.eachKey : this.repetition.eachValue
    if (value !== undefined) return value
    if (name === 'value') {
      diags.error(
        'each.value cannot be used in this context',
        'A reference to "each.value" has been used in a context in which it is unavailable, such as when the configuration no longer contains the value in its "for_each" expression. Remove this reference to each.value in your configuration to work around this error.',
        { subject: range },
      )
      return dynamicVal
    }
    diags.error(
      'Reference to "each" in context without for_each',
      'The "each" object can be used only in "module" or "resource" blocks, and only when the "for_each" argument is set.',
      { subject: range },
    )
    return dynamicVal
  }

  path(name: string, range: SourceRange, diags: Diagnostics): Value {
    switch (name) {
      case 'cwd':
        return stringVal(this.settings.cwd)
      case 'module':
        return stringVal(this.scope.config.module.sourceDir)
      case 'root': {
        let scope = this.scope
        while (scope.parent !== undefined) scope = scope.parent
        return stringVal(scope.config.module.sourceDir)
      }
      default:
        diags.error('Invalid "path" attribute', `The "path" object does not have an attribute named "${name}".`, { subject: range })
        return dynamicVal
    }
  }

  terraform(name: string, range: SourceRange, diags: Diagnostics): Value {
    if (name === 'workspace') return stringVal(this.settings.workspace)
    if (name === 'applying') return boolVal(this.settings.applying).mark(EPHEMERAL)
    if (name === 'env') {
      diags.error(
        'Invalid "terraform" attribute',
        'The terraform.env attribute was deprecated in v0.10 and removed in v0.12. The "state environment" concept was renamed to "workspace" in v0.12, and so the workspace name can now be accessed using the terraform.workspace attribute.',
        { subject: range },
      )
      return dynamicVal
    }
    diags.error(
      'Invalid "terraform" attribute',
      `The "terraform" object does not have an attribute named "${name}". The only supported attributes are terraform.workspace, the name of the currently-selected workspace, and terraform.applying, a boolean which is true only during apply.`,
      { subject: range },
    )
    return dynamicVal
  }

  self(range: SourceRange, diags: Diagnostics): Value {
    if (this.selfValue !== undefined) return this.selfValue
    diags.error(
      'Invalid "self" reference',
      'The "self" object is not available in this context. This object can be used only in resource provisioner, connection, and postcondition blocks.',
      { subject: range },
    )
    return dynamicVal
  }
}

/** The keys of the instances that there are or will be, without those beside the targets: with `count` up to the last one there is. */
function present({ expansion: { keys, kind }, values }: ResourceCell): readonly InstanceKey[] {
  if (values.size === keys.length) return keys
  if (kind !== 'count') return keys.filter((key) => values.has(key))
  return keys.slice(0, keys.findLastIndex((key) => values.has(key)) + 1)
}

function wholeResource(cell: ResourceCell): Value {
  if (cell.whole !== undefined) return cell.whole
  const { expansion, values } = cell
  let whole: Value
  switch (expansion.kind) {
    case 'unknown':
      whole = dynamicVal
      break
    case 'single':
      whole = expansion.keys.length === 0 ? nullVal(dynamicType) : (values.get(undefined) ?? cell.absent)
      break
    case 'count':
      whole = tupleVal(present(cell).map((key) => values.get(key) ?? cell.absent))
      break
    case 'forEach':
      whole = objectVal(present(cell).map((key) => [key as string, values.get(key) ?? cell.absent] as const))
      break
  }
  // Before all instances are there the value would go stale.
  if (expansion.kind === 'unknown' || values.size === expansion.keys.length) cell.whole = whole
  return whole
}

/** While it is not known how a module is repeated it is known that it is, and what its outputs are called. */
function unknownCall({ expansion, scopes }: CallCell): Value {
  const { countIndex, eachKey } = expansion.repetition(undefined)
  const [scope] = scopes.values()
  if (scope === undefined || (countIndex === undefined && eachKey === undefined)) return dynamicVal
  const outputs = objectType([...scope.config.module.outputs.keys()].map((name) => [name, dynamicType] as const))
  return unknownVal(countIndex === undefined ? mapType(outputs) : listType(outputs))
}

/**
 * @param validating nothing is said of the outputs but their names, as in Terraform: what is wrong with their values is found by
 *   planning.
 */
function wholeCall(cell: CallCell, needed: NeededModule, { validating, deprecatedUses }: EvaluationSettings): Value {
  const { expansion, scopes, wholes } = cell
  const memoKey = needed.outputs === 'all' ? '*' : [...needed.outputs].sort().join(' ')
  const known = wholes.get(memoKey)
  if (known !== undefined) return known
  const one = (key: InstanceKey): Value => {
    const scope = scopes.get(key)
    invariant(scope !== undefined, 'A module instance is missing.')
    const { outputs } = scope.config.module
    const names = needed.outputs === 'all' ? [...outputs.keys()] : [...needed.outputs].filter((name) => outputs.has(name))
    if (validating) return unknownVal(objectType(names.map((name) => [name, dynamicType] as const)))
    return objectVal(
      names.map((name) => {
        const value = scope.outputs.get(name) ?? dynamicVal
        const { sensitive, ephemeral } = outputs.get(name)!
        const marked = sensitive ? value.mark(SENSITIVE) : value
        const deprecation = deprecatedUses?.markOf(scope.config, key, name)
        const told = deprecation === undefined ? marked : marked.mark(deprecation)
        return [name, ephemeral ? told.mark(EPHEMERAL) : told] as const
      }),
    )
  }
  let whole: Value
  switch (expansion.kind) {
    case 'unknown':
      whole = unknownCall(cell)
      break
    case 'single':
      whole = expansion.keys.length === 0 ? nullVal(dynamicType) : one(undefined)
      break
    case 'count':
      whole = tupleVal(expansion.keys.map(one))
      break
    case 'forEach':
      whole = objectVal(expansion.keys.map((key) => [key as string, one(key)] as const))
      break
  }
  wholes.set(memoKey, whole)
  return whole
}
