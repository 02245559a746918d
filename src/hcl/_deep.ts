import { dynamicVal, type Value } from '../cty/index.ts'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import type { Expr, TemplatePart } from './ast.ts'
import type { EvalContext } from './context.ts'

/*
 * Expressions of any depth on a stack of limited depth. From a certain depth on, parts of an expression are evaluated from
 * the innermost outwards, and whoever needs one of them finds it done. That is possible where parts have the same context as
 * the whole: not inside the bodies of loops and splats, where nesting has a limit.
 */

/** So many levels of `evaluate` may be on the stack; each is five calls or more. */
export const maxLevels = 160

/** Parts that are done ahead are so many levels apart. */
const stride = 80

/** How many times levels may be counted anew, within bodies of loops. */
const maxRounds = 2

interface Known {
  readonly value: Value
  readonly diags: readonly Diagnostic[]
}

/** What has been evaluated ahead in one context. */
interface Ahead {
  readonly context: EvalContext | undefined
  readonly results: Map<Expr, Known>
}

/** Every expression comes by here, so there are no private names, which cost time at each use. */
class Depth {
  level = 0
  rounds = 0
  ahead: Ahead | undefined = undefined

  /** One expression that is part of no other is being evaluated. */
  get isOutermost(): boolean {
    return this.level === 1 && this.rounds === 0
  }

  /** What was evaluated ahead; to be asked only where there is something. */
  known(expr: Expr, context: EvalContext | undefined): Known | undefined {
    return this.ahead!.context === context ? this.ahead!.results.get(expr) : undefined
  }

  /** Counts from nothing again while `run` is at work, with a place for what it does ahead. Undefined when that is no longer possible. */
  anew<T>(context: EvalContext | undefined, run: (results: Map<Expr, Known>) => T): T | undefined {
    if (this.rounds >= maxRounds) return undefined
    const level = this.level
    const ahead = this.ahead
    this.level = 0
    this.rounds++
    this.ahead = { context, results: new Map() }
    try {
      return run(this.ahead.results)
    } finally {
      this.level = level
      this.rounds--
      this.ahead = ahead
    }
  }
}

/** How deep in `evaluate` the thread is. */
export const depth = new Depth()

type Evaluate = (expr: Expr, context: EvalContext | undefined, diags: Diagnostics) => Value

export function evaluateDeep(expr: Expr, context: EvalContext | undefined, diags: Diagnostics, evaluate: Evaluate): Value {
  const found = depth.anew(context, (results) => {
    const parts = partsAhead(expr)
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const own = new Diagnostics()
      results.set(part, { value: evaluate(part, context, own), diags: own.items })
    }
    return evaluate(expr, context, diags)
  })
  if (found !== undefined) return found
  diags.error(
    'Nesting too deep',
    'Loops and splat expressions in this expression are nested too deeply. Give names to inner parts as local values.',
    {
      subject: expr.range,
    },
  )
  return dynamicVal
}

/** Parts in certain distances from the root, each after those that hold it. */
function partsAhead(root: Expr): Expr[] {
  const ahead: Expr[] = []
  let level: Expr[] = [root]
  for (let distance = 1; level.length > 0; distance++) {
    const next: Expr[] = []
    for (const expr of level) pushParts(expr, next)
    if (distance % stride === 0) for (const part of next) if (part.kind !== 'literal') ahead.push(part)
    level = next
  }
  return ahead
}

/** The expressions in `expr` that are evaluated in its own context. */
function pushParts(expr: Expr, parts: Expr[]): void {
  switch (expr.kind) {
    case 'template':
      for (const part of expr.parts) pushTemplateParts(part, parts)
      return
    case 'templateWrap':
      parts.push(expr.wrapped)
      return
    case 'parentheses':
      parts.push(expr.inner)
      return
    case 'relativeTraversal':
    case 'splat':
      parts.push(expr.source)
      return
    case 'index':
      parts.push(expr.collection, expr.key)
      return
    case 'call':
      parts.push(...expr.args)
      return
    case 'conditional':
      parts.push(expr.condition, expr.then, expr.otherwise)
      return
    case 'binary':
      parts.push(expr.left, expr.right)
      return
    case 'unary':
      parts.push(expr.operand)
      return
    case 'tuple':
    case 'jsonArray':
      for (const element of expr.elements) parts.push(element)
      return
    case 'object':
      for (const { key, value } of expr.items) {
        // A name alone is a key by itself.
        if (key.kind !== 'traversal') parts.push(key)
        parts.push(value)
      }
      return
    case 'for':
      parts.push(expr.collection)
      return
    case 'jsonString':
      parts.push(expr.template().expr)
      return
    case 'jsonObject':
      for (const { key, value } of expr.items) parts.push(key, value)
      return
    default:
      return
  }
}

function pushTemplateParts(part: TemplatePart, parts: Expr[]): void {
  if (part.kind === 'templateIf') {
    parts.push(part.condition, part.then)
    if (part.otherwise !== undefined) parts.push(part.otherwise)
  } else if (part.kind === 'templateFor') parts.push(part.collection)
  else parts.push(part)
}
