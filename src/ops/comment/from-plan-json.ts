import { diffLines, diffValueLines } from './diff-lines.ts'
import { isObject, type Json, type Mask, type PlanJson, type PlanJsonChange, type PlanJsonResource } from './plan-json.ts'
import { Redactor } from './redact.ts'
import type { ChangeAction, ChangeReport, DiagnosticReport, OutputReport, ProtectionReport, SourceLine, StackReport } from './report.ts'

/** What a plan does not say of itself. */
export interface StackFacts {
  readonly environment: string
  readonly stack: string
  /** Outputs whose values are secret for another reason than their own declaration; undefined when nobody knows. */
  readonly sensitiveOutputs?: ReadonlySet<string> | undefined
  /** Of the resource block, such as `aws_elb.api`. */
  readonly constructOf?: ((address: string) => string | undefined) | undefined
  readonly sourceOf?: ((address: string) => SourceLine | undefined) | undefined
  readonly protectionOf?: ((change: PlanJsonResource, action: ChangeAction) => ProtectionReport | undefined) | undefined
  readonly diagnostics?: readonly DiagnosticReport[] | undefined
  /** Tell all that was found changed outside, and not only what the plan is derived from. */
  readonly allDrift?: boolean | undefined
}

/** A plan as data for a comment, without its secrets. */
export function stackFromPlanJson(plan: PlanJson, facts: StackFacts): StackReport {
  const redactor = redactorOf(plan, facts)
  const changes: ChangeReport[] = []
  for (const resource of plan.resource_changes ?? []) {
    const change = changeOf(resource, facts, redactor)
    if (change !== undefined) changes.push(change)
  }
  const drift: ChangeReport[] = []
  const isRelevant = facts.allDrift === true || (plan.resource_changes ?? []).length === 0 ? () => true : relevance(plan)
  for (const resource of plan.resource_drift ?? []) {
    if (!isRelevant(resource)) continue
    const change = changeOf(resource, { ...facts, protectionOf: undefined }, redactor)
    if (change !== undefined) drift.push(change)
  }
  const outputs: OutputReport[] = []
  for (const [name, change] of Object.entries(plan.output_changes ?? {})) {
    if (change.actions.every((a) => a === 'no-op' || a === 'read')) continue
    const lines = diffValueLines(name, outputInput(name, change, plan, facts), redactor)
    if (lines.length > 0) outputs.push({ name, lines })
  }
  const diagnostics = (facts.diagnostics ?? []).map((d) => ({ ...d, summary: redactor.text(d.summary), detail: redactor.text(d.detail) }))
  const failed = plan.errored === true || diagnostics.some((d) => d.severity === 'error')
  const status = !failed ? 'planned' : changes.length > 0 ? 'partial' : 'failed'
  return { environment: facts.environment, stack: facts.stack, status, changes, outputs, drift, diagnostics }
}

/** Whether the plan is derived from an attribute that has changed outside. */
function relevance(plan: PlanJson): (resource: PlanJsonResource) => boolean {
  const attributes = new Map<string, Set<string>>()
  for (const entry of Array.isArray(plan.relevant_attributes) ? plan.relevant_attributes : []) {
    if (!isObject(entry) || typeof entry.resource !== 'string' || !Array.isArray(entry.attribute)) continue
    const [first] = entry.attribute as readonly Json[]
    const names = attributes.get(entry.resource) ?? new Set()
    attributes.set(entry.resource, names.add(typeof first === 'string' ? first : '*'))
  }
  return ({ address, change }) => {
    const names = attributes.get(address) ?? attributes.get(address.replace(/\[[^\]]*\]$/, ''))
    if (names === undefined) return false
    const { before, after } = change
    if (names.has('*') || !isObject(before) || !isObject(after)) return true
    return [...names].some((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  }
}

/** A redactor that knows every value which the plan marks sensitive, wherever it stands. */
export function redactorOf(plan: PlanJson, facts: Pick<StackFacts, 'sensitiveOutputs'> = {}): Redactor {
  const redactor = new Redactor()
  for (const { change } of [...(plan.resource_changes ?? []), ...(plan.resource_drift ?? [])]) {
    redactor.learn(change.before, change.before_sensitive)
    redactor.learn(change.after, change.after_sensitive)
  }
  for (const [name, change] of Object.entries(plan.output_changes ?? {})) {
    if (isShownAnyway(name, plan, facts)) continue
    redactor.learn(change.before, change.before_sensitive)
    redactor.learn(change.after, change.after_sensitive)
  }
  for (const [name, { value }] of Object.entries(plan.variables ?? {})) {
    if (isSensitiveVariable(plan, name)) redactor.learn(value, true)
  }
  learnTree(plan.planned_values, redactor)
  if (isObject(plan.prior_state)) learnTree(plan.prior_state.values, redactor)
  return redactor
}

/** Values of modules in planned and prior states, below each other. */
function learnTree(values: Json | undefined, redactor: Redactor): void {
  const stack: (Json | undefined)[] = isObject(values) ? [values.root_module] : []
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (!isObject(next)) continue
    for (const resource of Array.isArray(next.resources) ? next.resources : []) {
      if (isObject(resource)) redactor.learn(resource.values, resource.sensitive_values as Mask)
    }
    if (Array.isArray(next.child_modules)) stack.push(...next.child_modules)
  }
}

function rootModule(plan: PlanJson): Readonly<Record<string, Json>> {
  const root = isObject(plan.configuration) ? plan.configuration.root_module : undefined
  return isObject(root) ? root : {}
}

function isSensitiveVariable(plan: PlanJson, name: string): boolean {
  const { variables } = rootModule(plan)
  const declared = isObject(variables) ? variables[name] : undefined
  return isObject(declared) && declared.sensitive === true
}

/** How cdktf names the outputs that it makes for other stacks; it declares every one of them sensitive. */
const crossStackName = /^cross[-_]stack[-_]output[-_]/

/**
 * Whether an output is declared sensitive by cdktf alone. What it refers to decides: an attribute that is sensitive itself stays hidden, and so does
 * whatever cannot be followed.
 */
function isShownAnyway(name: string, plan: PlanJson, facts: Pick<StackFacts, 'sensitiveOutputs'>): boolean {
  if (!crossStackName.test(name)) return false
  if (facts.sensitiveOutputs !== undefined) return !facts.sensitiveOutputs.has(name)
  const { outputs } = rootModule(plan)
  const output = isObject(outputs) ? outputs[name] : undefined
  const expression = isObject(output) ? output.expression : undefined
  const references = isObject(expression) && Array.isArray(expression.references) ? expression.references : []
  const resources = plan.resource_changes ?? []
  const followed = resources.filter(({ address }) =>
    references.some((r) => typeof r === 'string' && r.startsWith(`${address.replace(/\[.*$/, '')}.`)),
  )
  if (followed.length === 0) return false
  return followed.every(({ address, change }) =>
    references.every((r) => {
      const base = address.replace(/\[.*$/, '')
      if (typeof r !== 'string' || !r.startsWith(`${base}.`)) return true
      const attribute = /^[^.[]*/.exec(r.slice(base.length + 1))![0]
      return ![change.before_sensitive, change.after_sensitive].some((mask) => isSensitiveIn(mask, attribute))
    }),
  )
}

function isSensitiveIn(mask: Mask, attribute: string): boolean {
  if (mask === true) return true
  if (typeof mask !== 'object' || Array.isArray(mask)) return false
  const own = (mask as Readonly<Record<string, Mask>>)[attribute]
  return own === true || (typeof own === 'object' && JSON.stringify(own).includes('true'))
}

function outputInput(name: string, change: PlanJsonChange, plan: PlanJson, facts: StackFacts) {
  const shown = isShownAnyway(name, plan, facts)
  return {
    before: change.before,
    after: change.after,
    unknown: change.after_unknown,
    beforeSensitive: shown ? false : change.before_sensitive,
    afterSensitive: shown ? false : change.after_sensitive,
  }
}

function changeOf(resource: PlanJsonResource, facts: StackFacts, redactor: Redactor): ChangeReport | undefined {
  const { address, change } = resource
  const from = resource.previous_address === address ? undefined : resource.previous_address
  const importing = change.importing?.id
  const action = actionOf(change.actions, from !== undefined, change.importing !== undefined && change.importing !== null)
  if (action === undefined) return undefined
  const base = address.replace(/\[[^\]]*\]$/, '')
  const lines = diffLines(
    {
      before: change.before,
      after: action === 'forget' ? change.before : change.after,
      unknown: change.after_unknown,
      beforeSensitive: change.before_sensitive,
      afterSensitive: action === 'forget' ? change.before_sensitive : change.after_sensitive,
      replacePaths: change.replace_paths,
    },
    redactor,
  )
  return {
    address,
    from,
    deposed: resource.deposed,
    construct: facts.constructOf?.(base),
    source: facts.sourceOf?.(base),
    action,
    importing: importing === undefined ? undefined : redactor.text(importing),
    createFirst: change.actions[0] === 'create' && change.actions.length > 1,
    reason: resource.action_reason === undefined ? undefined : reasons[resource.action_reason],
    protection: facts.protectionOf?.(resource, action),
    lines,
  }
}

/** Undefined: nothing worth showing. Data that is read during apply changes nothing. */
function actionOf(actions: readonly string[], moves: boolean, imports: boolean): ChangeAction | undefined {
  const has = (action: string): boolean => actions.includes(action)
  if (has('create') && (has('delete') || has('forget'))) return 'replace'
  if (has('create')) return 'create'
  if (has('delete')) return 'delete'
  if (has('update')) return 'update'
  if (has('forget')) return 'forget'
  if (imports) return 'import'
  return moves ? 'move' : undefined
}

const reasons: Readonly<Record<string, string>> = {
  replace_because_tainted: 'is tainted',
  replace_because_cannot_update: 'cannot be updated in place',
  replace_by_request: 'by request',
  replace_by_triggers: 'because of replace_triggered_by',
  delete_because_no_resource_config: 'is not in the configuration any more',
  delete_because_wrong_repetition: 'its instance key is not of the kind that the configuration has now',
  delete_because_count_index: 'its index is out of the range of count',
  delete_because_each_key: 'its key is not in for_each',
  delete_because_enabled_false: 'its configuration is not enabled',
  delete_because_no_module: 'its module is not in the configuration any more',
  delete_because_no_move_target: 'it was moved to an address that is not in the configuration',
}
