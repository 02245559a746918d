import { absResourceInstanceToString } from '../../addrs/index.ts'
import { terraformProviderSchema } from '../../builtin/terraform/index.ts'
import { rawEquals, type Value } from '../../cty/index.ts'
import type { Diagnostics } from '../../diags/index.ts'
import type { EngineHooks } from '../../engine/index.ts'
import type { Plan } from '../../plans/index.ts'
import type { PlanFile } from '../../plans/planfile/index.ts'
import { impliedType } from '../../schema/index.ts'
import { decodeObject, instancesOf, resourcesOf, type StateFile } from '../../states/index.ts'
import { applyOperation, checkNotStale, planOperation, type StatePersister, type StateSession } from '../../workdir/index.ts'
import { remoteStateReader } from '../../workdir/remote-state.ts'
import type { SetStack } from './plan-stacks.ts'
import { type Difference, planDifferences } from './refine.ts'

export interface ApplyReviewedOptions {
  /** An earlier run has begun to apply this very plan, so that its state may be further than the plan says. */
  readonly resumed: boolean
  readonly parallelism: number
  readonly stop: AbortSignal
  readonly hooks: EngineHooks
  /** Asked when a plan that had to be made again is not the reviewed one; only a yes lets it be applied. */
  readonly accept: (differences: readonly Difference[], plan: Plan) => Promise<boolean>
  /** Asked before anything is done. `skip`: there is nothing to do, and that is well. */
  readonly approve: (plan: Plan) => Promise<'apply' | 'skip' | 'refuse'>
  readonly onPersister?: (persister: StatePersister) => void
  /** Right before the first change. */
  readonly onBegin?: () => void
}

export interface AppliedReviewed {
  /** What was applied: the reviewed plan, or the one that refines it. */
  readonly plan: Plan
  readonly rederived: boolean
  readonly rescuedText: string | undefined
}

/**
 * Applies a reviewed plan to the state in a session. Where what it reads of other states was not known when it was made, or is not the same any more, or where an
 * interrupted run has done part of it, the plan is made again, and takes the place of the reviewed one only when it is the same with its unknowns filled in.
 *
 * @returns undefined when nothing was begun: it was refused or somebody said no, which is reported.
 */
export async function applyReviewed(
  stack: SetStack,
  saved: PlanFile,
  session: StateSession,
  options: ApplyReviewedOptions,
  diags: Diagnostics,
): Promise<AppliedReviewed | undefined> {
  const { resumed, parallelism, stop, hooks } = options
  const moved = resumed && saved.stateLineage !== '' && session.file !== undefined && session.file.lineage === saved.stateLineage
  const begun = resumed && saved.stateLineage === ''
  if (!moved && !begun) {
    const before = diags.hasErrors
    checkNotStale(saved, session.file, diags)
    checkStillEmpty(saved, session.file, diags)
    if (diags.hasErrors && !before) return undefined
  }
  const context = { settings: stack.settings, hooks, parallelism, stop }
  let plan = saved.plan
  const again = resumed || (await inputsChanged(stack, saved.plan, diags))
  if (diags.hasErrors) return undefined
  if (again) {
    const request = {
      mode: plan.mode,
      refresh: true,
      targets: plan.targets,
      forceReplace: plan.forceReplace,
      timestamp: plan.timestamp,
    }
    const { value, diags: found } = await planOperation(stack.loaded.config, session, stack.variables, request, { ...context, hooks: {} })
    diags.addAll(found)
    if (value === undefined || diags.hasErrors) return undefined
    const differences = planDifferences(saved.plan, value.plan, resumed)
    if (differences.length > 0 && !(await options.accept(differences, value.plan))) {
      diags.error(
        'The plan is not the reviewed one any more',
        `What the stack depends on has turned out to be different from what was planned, or has changed since:\n${listText(differences)}\n\nNothing of this stack was changed. Plan again, and have that reviewed.`,
      )
      return undefined
    }
    plan = value.plan
  }
  const verdict = await options.approve(plan)
  if (verdict === 'refuse') return undefined
  if (verdict === 'skip') return { plan, rederived: again, rescuedText: undefined }
  options.onBegin?.()
  const { rescuedText } = await applyOperation(stack.loaded.config, session, plan, stack.variables, context, diags, options.onPersister)
  return { plan, rederived: again, rescuedText }
}

/** A plan that was made when nothing was stored must not meet a state. */
function checkStillEmpty(saved: PlanFile, file: StateFile | undefined, diags: Diagnostics): void {
  if (saved.stateLineage !== '' || file === undefined || diags.hasErrors) return
  diags.error(
    'Saved plan is stale',
    'The plan was made when nothing was stored for this stack yet, but there is a state now: somebody else has applied something since.',
  )
}

const mostListed = 20

function listText(differences: readonly Difference[]): string {
  const lines = differences.slice(0, mostListed).map(({ address, what }) => `  - ${address} ${what}`)
  if (differences.length > mostListed) lines.push(`  - and ${differences.length - mostListed} more`)
  return lines.join('\n')
}

/** What a plan has read, or is going to read, of other states. */
interface RemoteInput {
  readonly address: string
  /** The whole object of `terraform_remote_state` as planned. */
  readonly value: Value
  readonly pending: boolean
}

const remoteStateType = 'terraform_remote_state'

function remoteInputs(plan: Plan): readonly RemoteInput[] {
  const inputs: RemoteInput[] = []
  const type = impliedType(terraformProviderSchema.dataSource(remoteStateType)!.block)
  for (const resource of resourcesOf(plan.priorState)) {
    if (resource.address.resource.mode !== 'data' || resource.address.resource.type !== remoteStateType) continue
    for (const instance of instancesOf(resource)) {
      if (instance.current === undefined) continue
      inputs.push({
        address: absResourceInstanceToString({ ...resource.address, key: instance.key }),
        value: decodeObject(instance.current, type),
        pending: false,
      })
    }
  }
  for (const change of plan.changes) {
    if (change.action !== 'read' || change.address.resource.type !== remoteStateType) continue
    inputs.push({ address: absResourceInstanceToString(change.address), value: change.after, pending: true })
  }
  return inputs
}

/** Whether a plan has to be made again because of the states of others: it did not know them, or they are not what it knew. */
async function inputsChanged(stack: SetStack, plan: Plan, diags: Diagnostics): Promise<boolean> {
  const inputs = remoteInputs(plan)
  if (inputs.some((input) => input.pending)) return true
  if (inputs.length === 0) return false
  const read = remoteStateReader(stack.settings.environment, undefined, stack.settings.providers.remoteStateSeals)
  for (const { address, value } of inputs) {
    const recorded = value.unmark()
    const workspace = recorded.getAttr('workspace').unmark()
    const { value: outputs, diags: found } = await read({
      backend: recorded.getAttr('backend').unmark().asString(),
      config: recorded.getAttr('config').unmark(),
      workspace: workspace.isNull ? 'default' : workspace.asString(),
      address,
    })
    diags.addAll(found)
    if (found.some((d) => d.severity === 'error')) return true
    if (outputs === undefined || !sameOutputs(recorded, outputs)) return true
  }
  return false
}

function sameOutputs(recorded: Value, outputs: ReadonlyMap<string, Value>): boolean {
  const known = recorded.getAttr('outputs').unmark()
  if (!known.hasContent || known.type.kind !== 'object') return false
  const defaults = recorded.getAttr('defaults').unmark()
  const expected = new Map(defaults.hasContent && (defaults.type.kind === 'object' || defaults.type.kind === 'map') ? defaults.asMap() : [])
  for (const [name, value] of outputs) expected.set(name, value)
  const were = known.asMap()
  if (were.size !== expected.size) return false
  for (const [name, value] of expected) {
    const was = were.get(name)
    if (was === undefined || !rawEquals(was, value)) return false
  }
  return true
}
