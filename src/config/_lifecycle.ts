import { parseReference, type Resource } from '../addrs/index.ts'
import { Diagnostics, type SourceRange } from '../diags/index.ts'
import {
  type Attribute,
  type Block,
  type BodySchema,
  bodyContent,
  type Expr,
  exprList,
  keywordOf,
  literalString,
  type Traversal,
  traversals,
} from '../hcl/index.ts'
import { checkNoSelfReference, decodeCheckRule, refuseRules } from './_check-rule.ts'
import { type Declared, givenIn } from './_meta.ts'
import { isLiteral, literalBool, nativeForm, reference } from './_static.ts'
import type { CheckRule, Lifecycle } from './config.ts'

const managedArguments = ['create_before_destroy', 'prevent_destroy', 'ignore_changes', 'replace_triggered_by', 'destroy']
const lifecycleSchema: BodySchema = {
  attributes: [...managedArguments, 'enabled'].map((name) => ({ name })),
  blocks: ['precondition', 'postcondition'].map((type) => ({ type, labelNames: [] })),
}

export const defaultLifecycle: Lifecycle = {
  createBeforeDestroy: undefined,
  preventDestroy: false,
  preventDestroyExpr: undefined,
  preventDestroyRange: undefined,
  destroy: true,
  destroyRange: undefined,
  ignoreChanges: [],
  ignoreAllChanges: false,
  replaceTriggeredBy: [],
  preconditions: [],
  postconditions: [],
}

/** With `enabled`, which is about the number of instances. */
export interface DeclaredLifecycle extends Declared<Lifecycle> {
  readonly enabled: Attribute | undefined
}

export function decodeLifecycle(block: Block, address: Resource, override: boolean, diags: Diagnostics): DeclaredLifecycle {
  const content = bodyContent(block.body, lifecycleSchema, diags)
  if (address.mode !== 'managed') reportManagedArguments(content.attributes, address.mode, diags)
  const rules = { precondition: [] as CheckRule[], postcondition: [] as CheckRule[] }
  if (override) refuseRules(content.blocks, diags)
  for (const inner of override ? [] : content.blocks) {
    const noun = inner.type as keyof typeof rules
    const rule = decodeCheckRule(inner, noun, diags)
    if (rule === undefined) continue
    checkNoSelfReference(rule, noun, address, diags)
    rules[noun].push(rule)
  }
  const conditions = { preconditions: rules.precondition, postconditions: rules.postcondition }
  const given = givenIn(content)
  const enabled = content.attributes.get('enabled')
  if (address.mode !== 'managed') return { config: { ...defaultLifecycle, ...conditions }, given, enabled }
  const preventDestroy = content.attributes.get('prevent_destroy')
  const computed = preventDestroy === undefined || isLiteral(preventDestroy.expr) ? undefined : preventDestroy.expr
  const ignoreChanges = content.attributes.get('ignore_changes')
  const triggers = content.attributes.get('replace_triggered_by')
  const destroy = content.attributes.get('destroy')
  const config: Lifecycle = {
    createBeforeDestroy: literalBool(content.attributes.get('create_before_destroy'), diags),
    preventDestroy: computed === undefined ? (literalBool(preventDestroy, diags) ?? false) : false,
    preventDestroyExpr: computed,
    preventDestroyRange: preventDestroy?.expr.range,
    destroy: literalBool(destroy, diags) ?? true,
    destroyRange: destroy?.expr.range,
    ...(ignoreChanges === undefined ? { ignoreChanges: [], ignoreAllChanges: false } : decodeIgnoreChanges(ignoreChanges.expr, diags)),
    replaceTriggeredBy: triggers === undefined ? [] : decodeTriggers(triggers.expr, diags),
    ...conditions,
  }
  return { config, given, enabled }
}

function reportManagedArguments(attributes: ReadonlyMap<string, Attribute>, mode: 'data' | 'ephemeral', diags: Diagnostics): void {
  for (const name of managedArguments) {
    const attribute = attributes.get(name)
    if (attribute === undefined) continue
    const detail = `The lifecycle argument "${name}" is defined only for managed resources ("resource" blocks), and is not valid for ${mode} resources.`
    diags.error(`Invalid ${mode} resource lifecycle argument`, detail, { subject: attribute.nameRange })
  }
}

/** `all`, or a list of attributes of the resource. */
function decodeIgnoreChanges(expr: Expr, diags: Diagnostics): { ignoreChanges: readonly Traversal[]; ignoreAllChanges: boolean } {
  if (keywordOf(expr) === 'all') return { ignoreChanges: [], ignoreAllChanges: true }
  const ignoreChanges: Traversal[] = []
  let wildcard: SourceRange | undefined
  for (const item of exprList(expr, diags)) {
    if (literalString(item) === '*') {
      wildcard = item.range
      continue
    }
    const traversal = reference(item, diags)
    if (traversal !== undefined) ignoreChanges.push(traversal)
  }
  if (wildcard !== undefined) {
    if (ignoreChanges.length > 0) {
      const detail = 'Cannot mix wildcard string "*" with non-wildcard references.'
      diags.error('Invalid ignore_changes ruleset', detail, { subject: wildcard })
    }
    diags.error(
      'Invalid ignore_changes wildcard',
      'The ["*"] form of ignore_changes wildcard is was deprecated and is now invalid. Use "ignore_changes = all" to ignore changes to all attributes.',
      { subject: expr.range },
    )
  }
  return { ignoreChanges, ignoreAllChanges: false }
}

/** Each item refers to one resource, with nothing but `count.index` and `each.key` beside it. */
function decodeTriggers(expr: Expr, diags: Diagnostics): readonly Expr[] {
  const triggers: Expr[] = []
  for (const item of exprList(expr, diags)) {
    const trigger = nativeForm(item, diags)
    const problems = new Diagnostics()
    checkTrigger(trigger, problems)
    if (problems.hasErrors) {
      diags.addAll(problems.items)
      break
    }
    triggers.push(trigger)
  }
  return triggers
}

function checkTrigger(expr: Expr, diags: Diagnostics): void {
  const subject = expr.range
  let resources = 0
  for (const traversal of traversals(expr)) {
    const found = parseReference(traversal, diags)
    if (found === undefined) return
    switch (found.subject.kind) {
      case 'resource':
      case 'resourceInstance':
        resources++
        break
      case 'count':
        if (found.subject.name !== 'index') {
          const detail = 'Only count.index may be used in replace_triggered_by.'
          diags.error('Invalid count reference in replace_triggered_by expression', detail, { subject })
        }
        break
      case 'each':
        if (found.subject.name !== 'key') {
          diags.error('Invalid each reference in replace_triggered_by expression', 'Only each.key may be used in replace_triggered_by.', {
            subject,
          })
        }
        break
      default:
        diags.error(
          'Invalid reference in replace_triggered_by expression',
          'Only resources, count.index, and each.key may be used in replace_triggered_by.',
          { subject },
        )
    }
  }
  if (resources === 1) return
  const detail = `${resources === 0 ? 'Missing resource reference' : 'Multiple resource references'} in replace_triggered_by expression.`
  diags.error('Invalid replace_triggered_by expression', detail, { subject })
}
