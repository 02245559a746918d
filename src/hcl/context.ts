import type { FunctionSpec, Value } from '../cty/index.ts'
import type { AnonymousSymbolExpr, Expr } from './ast.ts'

/**
 * How `&&` and `||` treat their operands. `terraform`: both are evaluated and converted, whichever decides wins and the
 * errors of the other are dropped. `opentofu`: the right one is not looked at when the left one decides.
 */
export type Dialect = 'terraform' | 'opentofu'

/** What names mean while expressions are evaluated. Names are looked up here, then in `parent`. */
export interface EvalContext {
  readonly variables: ReadonlyMap<string, Value>
  readonly functions: (name: string) => FunctionSpec | undefined
  /** For suggestions; all callable names, with namespaces. */
  readonly functionNames?: (() => Iterable<string>) | undefined
  /** Why there is no function of this name: the detail of the message, when the caller knows better words. */
  readonly explainFunction?: ((name: string) => string | undefined) | undefined
  readonly parent?: EvalContext | undefined
  /** Values of index expressions that someone else has looked up, by identity of the node. */
  readonly override?: ReadonlyMap<Expr, Value> | undefined
  /** Default `terraform`. */
  readonly dialect?: Dialect | undefined
}

/** A context within an expression: the symbols of a `for`, or the item of a splat. */
export interface Frame extends EvalContext {
  readonly item: AnonymousSymbolExpr | undefined
  /** Replaced from item to item; whoever keeps a frame must be done with it before. */
  itemValue: Value | undefined
}

const noVariables: ReadonlyMap<string, Value> = new Map()

/** A context in which these names shadow those of `parent`. Functions, overrides and dialect are the parent's. */
export function childContext(parent: EvalContext | undefined, variables: ReadonlyMap<string, Value>): EvalContext {
  return frame(parent, variables, undefined)
}

/** For the evaluator: a child whose anonymous symbol is `item`. */
export function itemFrame(parent: EvalContext | undefined, item: AnonymousSymbolExpr): Frame {
  return frame(parent, noVariables, item)
}

function frame(parent: EvalContext | undefined, variables: ReadonlyMap<string, Value>, item: AnonymousSymbolExpr | undefined): Frame {
  return {
    variables,
    functions: parent?.functions ?? noFunctions,
    functionNames: parent?.functionNames,
    explainFunction: parent?.explainFunction,
    parent,
    override: parent?.override,
    dialect: parent?.dialect,
    item,
    itemValue: undefined,
  }
}

/** The functions of a context that has none. */
export function noFunctions(): undefined {
  return undefined
}

/** The innermost value of a name. */
export function lookUpVariable(context: EvalContext | undefined, name: string): Value | undefined {
  for (let c = context; c !== undefined; c = c.parent) {
    const value = c.variables.get(name)
    if (value !== undefined) return value
  }
  return undefined
}

/** The value that a splat expression gave its symbol; undefined outside of that expression. */
export function lookUpItem(context: EvalContext | undefined, item: AnonymousSymbolExpr): Value | undefined {
  for (let c = context; c !== undefined; c = c.parent) {
    if ((c as Frame).item === item) return (c as Frame).itemValue
  }
  return undefined
}

/** All names that may be used, nearest first; a name may come twice. */
export function* variableNames(context: EvalContext | undefined): Iterable<string> {
  for (let c = context; c !== undefined; c = c.parent) yield* c.variables.keys()
}
