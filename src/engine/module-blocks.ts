import { modulePathToString } from '../addrs/index.ts'
import type { Config } from '../config/index.ts'
import { EPHEMERAL, SENSITIVE, type Value } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { checkReferences, type Needs } from '../lang/index.ts'
import { marksWithin } from './_marks.ts'
import { checkStorable } from './_storable.ts'
import type { Block, BlockGraph, CallBlock, CheckBlock, LocalBlock, OutputBlock } from './blocks.ts'
import type { ModuleScope } from './evaluation.ts'
import { expand, noRepetition, singleExpansion, unknownExpansion } from './expansion.ts'
import { checkRules, type RuleSubject } from './rules.ts'
import type { Run } from './run.ts'

/** Visits of what is evaluated in the same way in all phases. */

export function visitLocal(run: Run, block: LocalBlock, diags: Diagnostics): boolean {
  for (const scope of run.evaluation.scopesOf(block.config)) {
    scope.locals.set(block.local.name, run.evaluation.evaluateNamed(scope, block.local.expr, block.needs, diags))
  }
  return true
}

/** How a module call is repeated, in each instance of the calling module. */
export function visitCall(run: Run, block: CallBlock, diags: Diagnostics): boolean {
  let ok = true
  for (const scope of run.evaluation.scopesOf(block.config)) {
    const repeated = (block.call.count ?? block.call.forEach ?? block.call.enabled) !== undefined
    if (run.phase === 'validate') {
      // One instance stands for all: mistakes in it are those of every one.
      if (repeated) expand(run.evaluation, scope, block.call, block.needs, true, diags)
      run.evaluation.expandCall(scope, block, repeated ? unknownExpansion(block.call) : singleExpansion)
      continue
    }
    const expansion = expand(run.evaluation, scope, block.call, block.needs, false, diags)
    if (expansion === undefined) ok = false
    else run.evaluation.expandCall(scope, block, expansion)
  }
  if (run.phase !== 'validate') for (const child of run.evaluation.scopesOf(block.child)) expectChecks(run, child)
  return ok
}

/** Whatever goes wrong elsewhere, it is known which checks a module instance has. */
export function expectChecks(run: Run, scope: ModuleScope): void {
  const { config } = scope
  const path = config.path.length === 0 ? '' : `${modulePathToString(config.path)}.`
  for (const { name } of config.module.checks.values()) run.checks.expect('check', `${path}check.${name}`, `${scope.prefix}check.${name}`)
}

/**
 * Output values of child modules and of the root module, their preconditions first.
 *
 * @param checked false leaves the preconditions out.
 */
export function visitOutput(run: Run, block: OutputBlock, asWarning: boolean, diags: Diagnostics, checked = true): boolean {
  const { output } = block
  const rooted = block.config.path.length === 0
  if (block.preconditions.length > 0 && checked && run.phase !== 'validate') run.checks.expanded('output', block.name)
  let ok = true
  for (const scope of run.evaluation.scopesOf(block.config)) {
    if (checked && run.phase !== 'validate') {
      const held = checkRules(
        run,
        block.preconditions,
        {
          kind: 'output',
          configAddr: block.name,
          objectAddr: `${scope.prefix}output.${output.name}`,
          scope,
          repetition: noRepetition,
          summary: 'Module output value precondition failed',
          asWarning,
        },
        diags,
      )
      if (!held) {
        ok = false
        continue
      }
    }
    const before = diags.items.length
    const value =
      run.input.standIns?.moduleOutput?.(scope.instance, output.name) ??
      run.evaluation.evaluateNamed(scope, output.expr, block.needs, diags)
    if (diags.items.length > before && diags.hasErrors) {
      ok = false
      continue
    }
    if (rooted && run.phase !== 'validate' && !checkStorable(value, `output value "${output.name}"`, output.expr.range, diags)) {
      ok = false
      continue
    }
    if (!checkOutputMarks(block, rooted, value, diags)) {
      ok = false
      // As Terraform: what must not be let out stays what it was.
      if (rooted) continue
    }
    scope.outputs.set(output.name, value)
  }
  return ok
}

/** What is secret may leave the root module only where that is declared; what is ephemeral may not leave any module otherwise. */
function checkOutputMarks({ output }: OutputBlock, rooted: boolean, value: Value, diags: Diagnostics): boolean {
  if (!value.containsMarked) return true
  if (rooted && !output.sensitive && marksWithin(value, SENSITIVE)) {
    diags.error(
      'Output refers to sensitive values',
      'To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, Terraform requires that any root module output containing sensitive data be explicitly marked as sensitive, to confirm your intent.\n\nIf you do intend to export this data, annotate the output value as sensitive by adding the following argument:\n    sensitive = true',
      { subject: output.range },
    )
    return false
  }
  if (!output.ephemeral && marksWithin(value, EPHEMERAL)) {
    diags.error(
      'Ephemeral value not allowed',
      'This output value is not declared as returning an ephemeral value, so it cannot be set to a result derived from an ephemeral value.',
      { subject: output.expr.range },
    )
    return false
  }
  return true
}

/** Assertions of a check block: failures are warnings, and nothing waits for them. */
export function visitCheck(run: Run, block: CheckBlock, diags: Diagnostics): boolean {
  run.checks.expanded('check', block.name)
  for (const scope of run.evaluation.scopesOf(block.config)) {
    // When its data source could not be read, there is nothing to assert of it.
    if (block.check.data !== undefined && run.checks.hasFailed(block.name, `${scope.prefix}check.${block.check.name}`)) continue
    visitCheckIn(run, block, scope, diags)
  }
  return true
}

/** The same in one instance of its module. */
export function visitCheckIn(run: Run, block: CheckBlock, scope: ModuleScope, diags: Diagnostics): void {
  const subject: RuleSubject = {
    kind: 'check',
    configAddr: block.name,
    objectAddr: `${scope.prefix}check.${block.check.name}`,
    scope,
    repetition: noRepetition,
    summary: 'Check block assertion failed',
    asWarning: true,
  }
  checkRules(run, block.asserts, subject, diags)
}

/** Where expressions stand that are in no block, such as those of the console. */
export interface ModulePlace {
  readonly kind: 'module'
  readonly config: Config
}

/** The resources and modules that a block names, as far as that can be judged from syntax and schemas. */
export function checkBlockReferences(
  graph: BlockGraph,
  block: Block | ModulePlace,
  needs: Needs,
  selfAllowed: boolean,
  diags: Diagnostics,
): void {
  diags.addAll(needs.problems)
  if (needs.references.length === 0) return
  const { config } = block
  const prefix = config.path.length === 0 ? '' : `${modulePathToString(config.path)}.`
  checkReferences(
    needs.references,
    {
      module: config.module,
      path: config.path,
      ownData: block.kind === 'check' ? block.check.data : undefined,
      schemaOf: (text) => graph.resources.get(prefix + text)?.schema?.block,
      selfAllowed,
      selfSchema: 'kind' in block && block.kind === 'resource' ? block.schema?.block : undefined,
    },
    diags,
  )
}
