import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Diagnostics } from '../diags/index.ts'
import type { Plan } from '../plans/index.ts'
import { type PlanFile, readPlanFile } from '../plans/planfile/index.ts'
import type { StateFile } from '../states/index.ts'
import { type BackendSettings, type LoadedConfig, type Settings, savePlan } from '../workdir/index.ts'
import type { AccountSettings, Organization } from './organization.ts'
import { type StackId, stackIdText } from './plan-set/index.ts'
import type { Project } from './project.ts'

/** What a saved plan is about; part of the plan file, so that one cannot be taken for another's. */
interface Binding {
  readonly environment: string
  /** Missing: the environment's only stack. */
  readonly stack?: string | undefined
  readonly target: Organization['target']
  readonly account: string
}

/** An entry among the plan's configuration files that no configuration is read from. */
const bindingEntry = 'landform-environment.json'

export function planPath(project: Project, { environment, stack }: StackId): string {
  return join(project.dataDir, 'plans', environment, environment === stack ? 'plan.tfplan' : `${stack}.tfplan`)
}

/** Keeps the plan of a stack, in place of an earlier one, readable by its owner alone. @throws Error of the file system */
export async function keepPlan(
  project: Project,
  binding: { readonly id: StackId; readonly target: Organization['target']; readonly account: AccountSettings },
  plan: Plan,
  loaded: LoadedConfig,
  state: StateFile | undefined,
  backend: BackendSettings,
  settings: Settings,
): Promise<string> {
  const { environment, stack } = binding.id
  const path = planPath(project, binding.id)
  mkdirSync(dirname(path), { recursive: true })
  chmodSync(dirname(path), 0o700)
  const own = environment === stack ? undefined : stack
  const bound: Binding = { environment, stack: own, target: binding.target, account: binding.account.id }
  const files = new Map(loaded.files).set(bindingEntry, JSON.stringify(bound))
  await savePlan(path, plan, { config: loaded.config, files }, state, backend, settings)
  return path
}

export function removePlan(project: Project, id: StackId): void {
  rmSync(planPath(project, id), { force: true })
}

/**
 * The saved plan of a stack. Undefined with diagnostics when there is none, or when it was made for another environment, account or
 * world than this is now.
 */
export async function findPlan(
  project: Project,
  id: StackId,
  organization: Organization,
  account: AccountSettings,
  diags: Diagnostics,
): Promise<PlanFile | undefined> {
  const { environment, stack } = id
  const name = stackIdText(id)
  const path = planPath(project, id)
  const remedy = `Plan, and look at what it says:\n    ${planCommand(project, environment)}`
  if (!existsSync(path)) {
    diags.error('No saved plan', `Nothing is applied that was not planned before, and there is no saved plan for ${name}. ${remedy}`)
    return undefined
  }
  const { value, diags: found } = await readPlanFile(path)
  if (value === undefined) {
    const shown = relative(project.root, path)
    for (const d of found) diags.add({ ...d, detail: `${d.detail}\n\nThe file is ${shown}. ${remedy}` })
    return undefined
  }
  const bound = readBinding(value)
  const problem =
    bound === undefined
      ? 'The saved plan does not say what environment it was made for, so it was not made by this command'
      : bound.environment !== environment || (bound.stack ?? bound.environment) !== stack
        ? `The saved plan was made for the environment ${bound.environment}${bound.stack === undefined ? '' : `, stack ${bound.stack}`}`
        : bound.target !== organization.target
          ? `The saved plan was made for ${worldName(bound.target)}, but environments/accounts.ts now says ${worldName(organization.target)}`
          : bound.account !== account.id
            ? `The saved plan was made for the account ${bound.account}, but ${environment} now is ${account.id}`
            : undefined
  if (problem === undefined) return value
  diags.error('Saved plan is of another environment', `${problem}. ${remedy}`)
  return undefined
}

function readBinding(file: PlanFile): Binding | undefined {
  try {
    return JSON.parse(file.configFiles.get(bindingEntry) ?? '') as Binding
  } catch {
    return undefined
  }
}

/** `the SANDBOX (no AWS account)`, or `AWS`. */
export function worldName(target: Organization['target']): string {
  return target === 'sandbox' ? 'the SANDBOX (no AWS account)' : 'AWS'
}

/** How one plans an environment here: by make where the project has a Makefile. */
export function planCommand(project: Project, environment: string): string {
  return commandFor(project, 'plan', environment)
}

export function commandFor(project: Project, verb: 'plan' | 'apply' | 'destroy' | 'drift', environment: string): string {
  return existsSync(join(project.root, 'Makefile')) ? `make ${verb} ENV=${environment}` : `landform env ${verb} ${environment}`
}
