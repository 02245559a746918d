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
      checkBlockReferences(run.graph, { kind: 'module', config: root.config }, needs, false, diags)
      return run.evaluation.context(root, needs, noRepetition, diags)
    },
  }
}
