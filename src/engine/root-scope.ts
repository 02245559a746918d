import { dynamicVal, type FunctionSpec, type Value } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type EvalContext, type Expr, evaluate } from '../hcl/index.ts'
import { needsOfExpr, noNeeds } from '../lang/index.ts'
import { runSteps, type Steps } from './_steps.ts'
import { warnOfDeprecatedUse } from './deprecations.ts'
import { noRepetition } from './expansion.ts'
import type { RootScope } from './input.ts'
import { checkBlockReferences } from './module-blocks.ts'
import type { Run } from './run.ts'

/** The root module as a walk has left it, for expressions that stand outside of the configuration. */
export function rootScope(run: Run): RootScope {
  const { root } = run.evaluation
  return {
    outputs: root.outputs,
    variables: root.variables,
    context(needs, diags) {
      const own = new Diagnostics()
      checkBlockReferences(run.graph, { kind: 'module', config: root.config }, needs, false, own)
      diags.addAll(own.items)
      // What is not there has been said.
      return run.evaluation.context(root, own.hasErrors ? noNeeds : needs, noRepetition, diags)
    },
    evaluate: async (expr, diags, addition) => await runSteps(evaluateLater(run, expr, addition, diags)),
    close: async () => {
      await runSteps(run.providers.closeAll())
    },
  }
}

/** An expression that came after the walk, until all calls of functions in it have been answered. */
function* evaluateLater(run: Run, expr: Expr, addition: FunctionSpec | undefined, diags: Diagnostics): Steps<Value> {
  const { root } = run.evaluation
  const own = new Diagnostics()
  const needs = needsOfExpr(expr)
  checkBlockReferences(run.graph, { kind: 'module', config: root.config }, needs, false, own)
  yield* run.functions.startNamed(expr.range.source.text, root.config, own)
  if (own.hasErrors) {
    diags.addAll(own.items)
    return dynamicVal
  }
  for (;;) {
    const last = new Diagnostics()
    const found = evaluate(expr, withFunction(run.evaluation.context(root, needs, noRepetition, last), addition), last)
    if (yield* run.functions.answered()) continue
    diags.addAll(last.items)
    return warnOfDeprecatedUse(expr, found, diags)
  }
}

function withFunction(context: EvalContext, addition: FunctionSpec | undefined): EvalContext {
  if (addition === undefined) return context
  const names = [addition.name, `core::${addition.name}`]
  return { ...context, functions: (name) => (names.includes(name) ? addition : context.functions(name)) }
}
