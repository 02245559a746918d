import { Diagnostics } from '../diags/index.ts'
import { noNeeds } from '../lang/index.ts'
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
  }
}
