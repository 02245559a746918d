import {
  dynamicType,
  dynamicVal,
  EPHEMERAL,
  FunctionError,
  type FunctionSpec,
  staticReturn,
  stringType,
  type Type,
  unknownVal,
  type Value,
  withoutOptional,
} from '../cty/index.ts'
import { type Diagnosed, type Diagnostic, Diagnostics } from '../diags/index.ts'
import { type Expr, exprCall } from '../hcl/index.ts'
import { functionTable } from '../lang/functions/index.ts'
import { impliedType } from '../schema/index.ts'
import { decodeObject, tryInstance, tryResource } from '../states/index.ts'
import { runSteps, type Steps } from './_steps.ts'
import type { Block, ResourceBlock, VariableBlock } from './blocks.ts'
import { expand } from './expansion.ts'
import type { EngineInput, RootScope } from './input.ts'
import { visitCall, visitLocal, visitOutput } from './module-blocks.ts'
import { rootScope } from './root-scope.ts'
import { type Run, startRun, visitBlocks } from './run.ts'
import { withSchemaMarks } from './stored-object.ts'
import { visitVariable } from './variables.ts'

/** Evaluates expressions in the root module, as far as state and variables tell what they are worth. */
export interface Console {
  /** Problems go to `diags` and are answered with an unknown. Waits for the answers of providers whose functions are called. */
  evaluate(expr: Expr, diags: Diagnostics): Promise<Value | TypeAnswer>
  /** Ends the providers that were asked. */
  close(): Promise<void>
}

/** What the function `type` answers. */
export interface TypeAnswer {
  readonly typeOf: Type
}

/**
 * Values of the configuration without asking any provider: resource instances are worth what the state holds, those that do not
 * exist yet and variables without a value are unknown. Undefined when the configuration cannot be evaluated at all.
 */
export function openConsole(input: EngineInput): Promise<Diagnosed<Console | undefined>> {
  return Promise.resolve(runSteps(openSteps(input)))
}

function* openSteps(input: EngineInput): Steps<Diagnosed<Console | undefined>> {
  const diags = new Diagnostics()
  const table = functionTable({ baseDir: input.baseDir ?? '.', pure: false, now: input.now })
  const run = yield* startRun({ ...input, language: table }, 'plan', input.state, undefined, diags)
  if (run === undefined) return { value: undefined, diags: diags.items }
  yield* visitBlocks(run, (block, own) => visit(run, block, own), undefined, diags)
  return { value: consoleOf(rootScope(run)), diags: diags.items }
}

/** What `type(...)` around a whole expression asks is its type. */
async function answer(scope: RootScope, expr: Expr, diags: Diagnostics): Promise<Value | TypeAnswer> {
  const found = new Diagnostics()
  const call = exprCall(expr)
  const asksType = call !== undefined && /^(core::)?type$/.test(call.name) && call.args.length === 1
  const value = await scope.evaluate(asksType ? call.args[0]! : expr, found, nestedType)
  for (const diag of found.items) diags.add(diag.call?.signature?.name === nestedType.name ? asMisuse(diag) : diag)
  return asksType ? { typeOf: value.type } : value
}

/** A console over what the root module is worth after a walk, such as what has been planned. */
export function consoleOf(scope: RootScope): Console {
  return { evaluate: (expr, diags) => answer(scope, expr, diags), close: () => scope.close() }
}

/** Found only where `type` is not the whole expression. */
const nestedType: FunctionSpec = {
  name: 'type',
  params: [{ name: 'value', type: dynamicType, allowNull: true, allowUnknown: true, allowDynamic: true }],
  type: staticReturn(stringType),
  impl: () => {
    throw new FunctionError('the console-only "type" function cannot be used as part of an expression')
  },
}

/** A wrong number of arguments is wrong in itself. */
function asMisuse(diag: Diagnostic): Diagnostic {
  if (diag.summary !== 'Error in function call') return diag
  const detail = 'The console-only "type" function cannot be used as part of an expression.'
  return { ...diag, summary: 'Invalid use of type function', detail }
}

function visit(run: Run, block: Block, diags: Diagnostics): boolean {
  switch (block.kind) {
    case 'variable':
      return visitConsoleVariable(run, block, diags)
    case 'local':
      return visitLocal(run, block, diags)
    case 'output':
      return visitOutput(run, block, true, diags)
    case 'call':
      return visitCall(run, block, diags)
    case 'resource':
      return visitResource(run, block, diags)
    default:
      return true
  }
}

/** A variable without a value is no reason not to look at the others. */
function visitConsoleVariable(run: Run, block: VariableBlock, diags: Diagnostics): boolean {
  const { variable, config } = block
  const isRoot = config.path.length === 0
  if (!isRoot || variable.default !== undefined || run.input.variables.get(variable.name)?.value !== undefined)
    return visitVariable(run, block, diags)
  run.evaluation.root.variables.set(variable.name, unknownVal(withoutOptional(variable.type)))
  return true
}

function visitResource(run: Run, block: ResourceBlock, diags: Diagnostics): boolean {
  const { resource, schema } = block
  if (schema === undefined) return false
  const type = impliedType(schema.block)
  const absent = resource.address.mode === 'ephemeral' ? unknownVal(type).mark(EPHEMERAL) : unknownVal(type)
  for (const scope of run.evaluation.scopesOf(block.config)) {
    const expansion = expand(run.evaluation, scope, resource, block.expansionNeeds, false, diags)
    if (expansion === undefined) return false
    const cell = run.evaluation.expandResource(scope, resource.address, block.schema, expansion)
    // Nothing is there yet, so nothing is known: not even that it will be repeated like this.
    if (tryResource(run.input.state, { module: scope.instance, resource: resource.address }) === undefined) cell.whole = dynamicVal
    for (const key of expansion.keys) {
      const object = tryInstance(run.input.state, { module: scope.instance, resource: resource.address, key })?.current
      // A record of another schema version would need its provider to be read.
      const readable = object !== undefined && object.schemaVersion === schema.version
      cell.values.set(key, readable ? withSchemaMarks(schema.block, decodeObject(object, type)) : absent)
    }
  }
  return true
}
