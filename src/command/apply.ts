import { existsSync, statSync } from 'node:fs'
import type { Config, VariableInput } from '../config/index.ts'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import { checkApplyTimeVariables, type EngineHooks } from '../engine/index.ts'
import type { Plan } from '../plans/index.ts'
import { type PlanFile, readPlanFile } from '../plans/planfile/index.ts'
import type { State } from '../states/index.ts'
import { devOverrideWarnings, runtimeConsequence } from '../workdir/dev-overrides.ts'
import {
  applyOperation,
  type BackendSettings,
  backendFromPlan,
  checkNotStale,
  checkSameSelections,
  currentEncryption,
  encryptionOf,
  type GivenVariable,
  gatherVariables,
  knownValues,
  landformVersion,
  loadSavedConfiguration,
  openStateManager,
  planOperation,
  readSettings,
  type Settings,
  type StatePersister,
  type StateSession,
  withEncryption,
  withStateSession,
} from '../workdir/index.ts'
import { failOperation, onLockWaiting, operationView, prepareOperation, schemasOfPlan } from './_operation.ts'
import { type ApplyArguments, parseApplyArguments, stateFlagWarnings } from './arguments/operation.ts'
import type { CommandContext } from './context.ts'
import { withApplyInterrupts } from './interrupts.ts'
import { type Approval, askForApproval } from './prompt.ts'
import type { Dialect } from './views/dialect.ts'
import type { AppliedCounts, OperationView } from './views/operation-view.ts'
import { planHasChanges } from './views/plan-text.ts'
import type { View } from './views/view.ts'

export async function applyCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return applyOrDestroy(argv, context, false)
}

export async function destroyCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return applyOrDestroy(argv, context, true)
}

/** What is applied, and where: planned now, or as saved. */
interface Target {
  readonly settings: Settings
  readonly backend: BackendSettings
  readonly config: Config
  readonly variables: ReadonlyMap<string, VariableInput>
  readonly saved: PlanFile | undefined
}

async function applyOrDestroy(argv: readonly string[], context: CommandContext, destroy: boolean): Promise<number> {
  const { value: args, diags: usage } = parseApplyArguments(argv, destroy, context.dialect)
  if (usage.length > 0) return failOperation(context, args.view, usage, destroy ? 'destroy' : 'apply')
  const { view, output } = operationView(context, args.view)
  output.diagnostics([...stateFlagWarnings(args.state, context.dialect), ...devOverrideWarnings(context.devOverrides, runtimeConsequence)])
  const diags = new Diagnostics()
  const target = await findTarget(args, destroy, context, view, diags)
  if (target === undefined) {
    output.diagnostics(diags.items)
    return 1
  }
  const outcome = await withApplyInterrupts(output, (stop, onPersister) => {
    const manager = openStateManager(
      target.backend,
      target.settings.workspace,
      args.state,
      target.settings.environment,
      target.settings.dataDir,
    )
    const lock = { ...args.state, signal: stop, onWaiting: onLockWaiting(view, args.view.json) }
    return withStateSession(manager, 'OperationTypeApply', lock, diags, (session) =>
      runApply(target, session, args, destroy, context, view, output, stop, diags, onPersister),
    )
  })
  if (outcome?.rescuedText !== undefined) view.print(`${outcome.rescuedText}\n`)
  if (outcome?.cancelled) {
    output.diagnostics(diags.items)
    return 1
  }
  if (outcome?.state !== undefined && !diags.hasErrors) {
    const leftBehind = leftBehindError(outcome.mode, outcome.counts, context.dialect)
    if (leftBehind !== undefined && !args.suppressForgetErrors) {
      diags.add(leftBehind)
      output.diagnostics(diags.items)
      return 1
    }
    output.diagnostics(diags.items)
    // The command counts, not the plan: `apply -destroy` and a saved plan of destruction are applied.
    output.applied(outcome.counts, destroy, outcome.state)
    return 0
  }
  output.diagnostics(diags.items)
  return 1
}

/** OpenTofu does not call a destruction done that has forgotten objects. */
export function leftBehindError(
  mode: Plan['mode'] | undefined,
  { forgotten = 0 }: Pick<AppliedCounts, 'forgotten'>,
  { kind, product }: Pick<Dialect, 'kind' | 'product'>,
): Diagnostic | undefined {
  if (mode !== 'destroy' || kind !== 'tofu' || forgotten === 0) return undefined
  return {
    severity: 'error',
    summary: 'Destroy was successful but left behind forgotten instances',
    detail: `As requested, ${product} has not deleted some remote objects that are no longer managed by this configuration. Those objects continue to exist in their remote system and so may continue to incur charges. Refer to the original plan for more information.\nTo suppress this error for the future 'destroy' runs, you can add the CLI flag "-suppress-forget-errors".`,
  }
}

interface Outcome {
  readonly mode?: Plan['mode']
  readonly cancelled: boolean
  readonly state: State | undefined
  readonly counts: AppliedCounts
  readonly rescuedText: string | undefined
}

async function runApply(
  target: Target,
  session: StateSession,
  args: ApplyArguments,
  destroy: boolean,
  context: CommandContext,
  view: View,
  output: OperationView,
  stop: AbortSignal,
  diags: Diagnostics,
  onPersister: (persister: StatePersister) => void,
): Promise<Outcome | undefined> {
  const counts: AppliedCounts = { imported: 0, added: 0, changed: 0, removed: 0 }
  const hooks = countingHooks(output.hooks(), counts)
  const operation = { settings: target.settings, hooks, parallelism: args.operation.parallelism, stop }
  const isAgreedTo = async (plan: Plan): Promise<boolean> => {
    if (!context.dialect.isOwn || !existsSync('landform.json')) return true
    const { mayChangeFolder } = await import('./_protection.ts')
    const path = args.planPath === undefined ? '' : ` ${args.planPath}`
    const command = (flags: string): string => `${view.dialect.command} ${destroy ? 'destroy' : 'apply'}${flags}${path}`
    return mayChangeFolder(plan, context, { ...args, json: args.view.json }, command, view, stop, diags)
  }
  let plan: Plan
  if (target.saved === undefined) {
    const planned = await planOperation(target.config, session, target.variables, args.operation, operation)
    // Nobody is asked, so what check blocks say of the plan would only be said again after applying it.
    diags.addAll(planned.diags.filter((d) => !args.autoApprove || d.failing?.kind !== 'check' || d.severity === 'error'))
    if (planned.value === undefined) return undefined
    plan = planned.value.plan
    // Where nothing was found before the failure there is nothing to show: the errors say all.
    if (!plan.errored || plan.changes.length > 0 || plan.outputChanges.length > 0)
      output.plan(plan, target.config, await schemasOfPlan(plan, target.config, target.settings))
    if (diags.hasErrors || !(await isAgreedTo(plan))) return undefined
    if (planHasChanges(plan) && !args.autoApprove) {
      // Warnings are worth reading before the question is answered.
      output.diagnostics(diags.items.splice(0))
      const approved = await askForApproval(approvalFor(plan, target.settings.workspace, view.dialect), view, stop)
      if (approved === undefined) {
        diags.error(stop.aborted ? 'error asking for approval: interrupted' : 'error asking for approval: EOF', '')
        return undefined
      }
      if (!approved) {
        view.print(plan.mode === 'destroy' ? 'Destroy cancelled.\n' : 'Apply cancelled.\n')
        return { cancelled: true, state: undefined, counts, rescuedText: undefined }
      }
    }
  } else {
    await checkSameSelections(target.saved, diags)
    checkNotStale(target.saved, session.file, diags)
    plan = target.saved.plan
    if (plan.errored) {
      diags.error(
        'Cannot apply incomplete plan',
        `${view.dialect.product} encountered an error when generating this plan, so it cannot be applied.`,
      )
    }
    if (diags.hasErrors || !(await isAgreedTo(plan))) return undefined
    output.savedPlan(plan)
    // After what is planned has been told, as Terraform does, and before anything is written.
    checkApplyTimeVariables(plan, target.variables, diags)
    if (diags.hasErrors) return undefined
  }
  const applied = await applyOperation(target.config, session, plan, target.variables, operation, diags, onPersister)
  for (const change of plan.changes) if (change.importing !== undefined) counts.imported++
  counts.forgotten = plan.changes.filter((change) => change.action === 'forget' || change.action === 'forgetThenCreate').length
  return { mode: plan.mode, cancelled: false, state: applied.state, counts, rescuedText: applied.rescuedText }
}

async function findTarget(
  args: ApplyArguments,
  destroy: boolean,
  context: CommandContext,
  view: View,
  diags: Diagnostics,
): Promise<Target | undefined> {
  if (args.planPath === undefined) {
    const prepared = await prepareOperation('Apply', args.operation, args.input, context, view, diags)
    if (prepared === undefined) return undefined
    const { settings, backend, loaded, variables } = prepared
    return { settings, backend, config: loaded.config, variables, saved: undefined }
  }
  if (destroy && existsSync(args.planPath)) {
    diags.error(
      "Destroy can't be called with a plan file",
      `If this plan was created using plan -destroy, apply it using:\n  ${context.dialect.command} apply ${JSON.stringify(args.planPath)}`,
    )
    return undefined
  }
  return savedTarget(args.planPath, args, context, diags)
}

async function savedTarget(path: string, args: ApplyArguments, context: CommandContext, diags: Diagnostics): Promise<Target | undefined> {
  const failed = `Failed to load ${JSON.stringify(path)} as a plan file`
  if (!existsSync(path)) {
    diags.error(failed, `Error: stat ${path}: no such file or directory`)
    return undefined
  }
  if (statSync(path).isDirectory()) {
    diags.error(
      'Too many command line arguments',
      `${path} is a directory, not a plan file. To specify a working directory for the apply, use the global -chdir flag.`,
    )
    return undefined
  }
  const settings = readSettings(context.environment, context.originalDir)
  const current = currentEncryption(settings, args.operation.variables, diags)
  if (current === undefined) return undefined
  const { value: saved, diags: found } = await readPlanFile(path, { landformVersion, seal: current.plan })
  diags.addAll(found)
  if (saved === undefined) return undefined
  if (saved.backend.workspace !== settings.workspace) {
    diags.error(
      'Saved plan is for another workspace',
      `The plan was made for the workspace "${saved.backend.workspace}", but the current one is "${settings.workspace}". Select the plan's workspace, or make the plan again.`,
    )
    return undefined
  }
  const loaded = loadSavedConfiguration(saved.configFiles, diags, { settings, variables: saved.plan.variables })
  if (diags.hasErrors) return undefined
  checkPlannedVariables(loaded.config, args.operation.variables, diags)
  const variables = gatherVariables(loaded.config, args.operation.variables, settings, diags)
  if (diags.hasErrors) return undefined
  const encryption = encryptionOf(loaded.config.module, settings, knownValues(variables, saved.plan.variables), diags)
  if (encryption === undefined) return undefined
  const backend = { ...backendFromPlan(saved.backend), seal: encryption.state }
  return { settings: withEncryption(settings, encryption), backend, config: loaded.config, variables, saved }
}

/** A plan holds the values of its variables: only those of ephemeral ones can be given. */
function checkPlannedVariables({ module }: Config, given: readonly GivenVariable[], diags: Diagnostics): void {
  for (const { kind, value } of given) {
    const name = value.split('=', 1)[0]!
    if (kind !== 'var' || module.variables.get(name)?.ephemeral !== false) continue
    diags.error(
      'Value for undeclared variable',
      `A variable named ${JSON.stringify(name)} was assigned on the command line, but the root module does not declare a variable of that name. To use this value, add a "variable" block to the configuration.`,
    )
  }
}

function approvalFor(plan: Plan, workspace: string, dialect: Dialect): Approval {
  const where = workspace === 'default' ? '' : ` in workspace "${workspace}"`
  switch (plan.mode) {
    case 'destroy':
      return {
        question: `Do you really want to destroy all resources${where}?`,
        explanation: [
          `${dialect.product} will destroy all your managed infrastructure, as shown above.`,
          "There is no undo. Only 'yes' will be accepted to confirm.",
        ],
      }
    case 'refreshOnly':
      return {
        question:
          where === ''
            ? `Would you like to update the ${dialect.product} state to reflect these detected changes?`
            : `Would you like to update the ${dialect.product} state for "${workspace}" to reflect these detected changes?`,
        explanation: [
          `${dialect.product} will write these changes to the state without modifying any real infrastructure.`,
          "There is no undo. Only 'yes' will be accepted to confirm.",
        ],
      }
    case 'normal':
      return {
        question: `Do you want to perform these actions${where}?`,
        explanation: [`${dialect.product} will perform the actions described above.`, "Only 'yes' will be accepted to approve."],
      }
  }
}

/** The same hooks, counting what was done without errors. */
export function countingHooks(hooks: EngineHooks, counts: AppliedCounts): EngineHooks {
  return {
    ...hooks,
    postApply(address, action, errors, value, deposed) {
      if (errors === undefined && address.resource.mode === 'managed') {
        if (action === 'create') counts.added++
        else if (action === 'update') counts.changed++
        else if (action === 'delete') counts.removed++
      }
      return hooks.postApply?.(address, action, errors, value, deposed)
    },
  }
}
