import { absResourceInstanceToString } from '../addrs/index.ts'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import {
  countByModule,
  explainStoreFailure,
  identityOf,
  type OpenEnvironment,
  openEnvironment,
  openProject,
  openWorld,
  orderStacks,
  type Prepared,
  type Project,
  type Protection,
  prepareEnvironments,
  type StackNode,
  type StackOrder,
  selectEnvironments,
  statesReadBy,
  type World,
} from '../ops/index.ts'
import type { Plan } from '../plans/index.ts'
import { installLocked } from './_environment-plugins.ts'
import { schemasOfPlan } from './_operation.ts'
import { redactorFor } from './_report.ts'
import { type EnvArguments, parseEnvArguments } from './arguments/env.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import { environmentHeadText, modulesText, withModules } from './views/environment-text.ts'
import { schemaLookup } from './views/operation-human.ts'
import { isShown, planText } from './views/plan-text.ts'
import type { View } from './views/view.ts'

/** What the commands about environments begin with. */
export interface EnvironmentsRun {
  readonly args: EnvArguments
  readonly view: View
  readonly prepared: Prepared
  /** Those that were asked for, in the order of the accounts. */
  readonly names: readonly string[]
}

/** What is at hand in the world. */
export interface EnvironmentsWork extends EnvironmentsRun {
  readonly context: CommandContext
  readonly world: World
  /** Protections of `landform.json`. */
  readonly fileRules: readonly Protection[]
}

/**
 * Reads the arguments, checks and bundles the environments of the folder's project and finds the ones that were asked for.
 *
 * @returns the exit code when that failed, which has been reported then.
 */
export async function beginEnvironments(
  argv: readonly string[],
  command: string,
  context: CommandContext,
  onFailure: (args: EnvArguments, project: Project, diags: readonly Diagnostic[]) => void = () => {},
): Promise<EnvironmentsRun | number> {
  const { value: args, diags: usage } = parseEnvArguments(argv, command)
  const view = makeView(context, { colour: args.colour, compactWarnings: false })
  if (usage.length > 0) return failUsage(view, usage, command)
  const diags = new Diagnostics()
  const fail = (): number => {
    view.diagnostics(diags.items)
    return 1
  }
  const project = openProject(context.originalDir, diags)
  // The name comes first: it is the cheapest mistake to find.
  if (project === undefined || selectEnvironments(project, args.name, [], diags) === undefined) return fail()
  const prepared = await prepareEnvironments(project, diags)
  if (prepared === undefined) {
    onFailure(args, project, diags.items)
    return fail()
  }
  const order = prepared.organization.accounts.map((account) => account.name)
  return { args, view, prepared, names: selectEnvironments(project, args.name, order, diags)! }
}

/**
 * Does something in the world that the environments are about, and closes it.
 *
 * @returns the exit code: 1 when there is no world, or `work` answers that it did not go well.
 */
export async function inWorld(run: EnvironmentsRun, context: CommandContext, work: (world: World) => Promise<boolean>): Promise<number> {
  const diags = new Diagnostics()
  const { organization, project } = run.prepared
  const world = await openWorld(project, organization, context.environment, context.originalDir, waitingFor(run.view), diags)
  run.view.diagnostics(diags.items)
  if (world === undefined) return 1
  try {
    return (await work(world)) ? 0 : 1
  } finally {
    await world.close()
  }
}

interface OpenStacksOptions {
  /** Told why they cannot be opened. */
  readonly onFailure?: (diags: readonly Diagnostic[]) => void
  /** `pending`: the caller looks at what the type check has found before it shows or keeps anything. */
  readonly types?: 'checked' | 'pending'
}

/**
 * The stacks of the environments that were asked for, by name, in the order in which they depend on each other. Undefined when any cannot be opened, which
 * has been reported then.
 */
export async function openStacks(
  run: EnvironmentsRun,
  role: 'plan' | 'apply',
  world: World,
  { onFailure = () => {}, types = 'checked' }: OpenStacksOptions = {},
): Promise<{ readonly stacks: ReadonlyMap<string, OpenEnvironment>; readonly order: StackOrder } | undefined> {
  const { prepared, names, view } = run
  const diags = new Diagnostics()
  const stacks = new Map<string, OpenEnvironment>()
  for (const name of names) {
    for (const stack of (await openEnvironment(prepared, name, role, world, diags, types)) ?? []) stacks.set(stack.name, stack)
    // What the types say is said of all environments at once.
    if (diags.hasErrors && (await prepared.typeErrors).length > 0) break
  }
  if (!diags.hasErrors) await installLocked([...stacks.values()], view, diags)
  const order = diags.hasErrors ? undefined : orderStacks([...stacks.values()].map(nodeOf), diags)
  if (order !== undefined) {
    view.diagnostics(diags.items)
    return { stacks, order }
  }
  const typeErrors = await prepared.typeErrors
  const told = typeErrors.length > 0 ? typeErrors : diags.items
  view.diagnostics(told)
  onFailure(told)
  return undefined
}

function nodeOf(stack: OpenEnvironment): StackNode {
  return { name: stack.name, state: identityOf(stack), reads: statesReadBy(stack.stack!.text) }
}

/** Says that another process has the sandbox. */
export function waitingFor(view: View): (pid: number) => void {
  return (pid) => view.print(`Waiting for process ${pid}, which has the sandbox...\n`)
}

export function printHead(open: OpenEnvironment, verb: string, run: EnvironmentsRun): void {
  run.view.print(headText(open, verb, run))
}

export function headText(open: OpenEnvironment, verb: string, run: EnvironmentsRun): string {
  const { organization } = run.prepared
  const { account, role, name, manager } = open
  const head = { name, verb, target: organization.target, account: account.id, region: account.region, role, hub: organization.hub.name }
  return environmentHeadText({ ...head, state: manager.describe() }, run.view.palette)
}

/** The count per module of what a plan changes. */
export function modulesOf(plan: Plan, open: Pick<OpenEnvironment, 'stack'>, view: View): string {
  const addresses = plan.changes.map((change) => ({
    address: absResourceInstanceToString(change.address),
    counts: isShown(change) && change.address.resource.mode === 'managed',
  }))
  return modulesText(countByModule(addresses, open.stack), view.palette)
}

/** The plan in Terraform's shape, with the count per module before its last sentence. */
export async function printPlan(
  plan: Plan,
  open: Pick<OpenEnvironment, 'loaded' | 'settings' | 'variables'>,
  modules: string,
  view: View,
): Promise<void> {
  const text = planText(plan, {
    palette: view.palette,
    dialect: view.dialect,
    width: view.width,
    inAutomation: true,
    schemaFor: schemaLookup(await schemasOfPlan(plan, open.loaded.config, open.settings)),
  })
  // Providers copy values, such as tags, to where no mark follows them.
  view.print(redactorFor(open, plan).known(withModules(text, plan.changes, modules, view.dialect, view.palette)))
}

/**
 * What went wrong with an environment, placed and with the advice that fits. A store that is not there is the reason behind much else.
 *
 * @param plan what was planned until then: services repeat in their messages what they were told
 */
export async function reportFailure(
  open: OpenEnvironment,
  diags: readonly Diagnostic[],
  run: EnvironmentsRun,
  plan: Plan | undefined,
): Promise<void> {
  const { organization } = run.prepared
  const failed = diags.some((d) => d.severity === 'error')
  // Only what the state or its lock said: the engine was not asked yet.
  const isAboutState = failed && diags.every((d) => d.subject === undefined && d.address === undefined)
  const reason = isAboutState && organization.target === 'aws' ? await explainStoreFailure(organization, open.settings) : undefined
  const told = reason === undefined ? adviseFor(open.name, open.locate(diags)) : [reason]
  run.view.diagnostics(withoutSecrets(told, open, plan))
}

/** Diagnostics without the values that are known to be sensitive. */
export function withoutSecrets(
  diags: readonly Diagnostic[],
  open: Pick<OpenEnvironment, 'loaded' | 'variables'>,
  plan: Plan | undefined,
): readonly Diagnostic[] {
  if (diags.length === 0) return diags
  const redactor = redactorFor(open, plan)
  return diags.map((d) => ({ ...d, summary: redactor.known(d.summary), detail: redactor.known(d.detail) }))
}

/** Advice that is meant for commands on folders, as one follows it for an environment. */
export function adviseFor(name: string, diags: readonly Diagnostic[]): readonly Diagnostic[] {
  return diags.map((d) => {
    const detail = d.detail
      .replace(/landform force-unlock (\S+)/, `landform env unlock ${name} $1`)
      .replace(/\n+ *For most commands, you can disable locking .*$/, '\n\nTo wait until it is given back, use -lock-timeout=5m.')
      .replace(
        /^(The root module input variable "([^"]+)" .*)Use a -var or -var-file command line argument to provide a value for this variable\./s,
        '$1Give it a default in the sources, or a value in the environment variable TF_VAR_$2.',
      )
    if (d.summary !== 'Inconsistent dependency lock file') return { ...d, detail }
    const said = detail.replace(/\n\nTo (?:make the initial|update the locked) dependency[\s\S]*$/, '')
    return {
      ...d,
      detail: `${said}\n\nOn AWS an environment is planned with the plugins that are locked in .terraform.lock.hcl beside the Makefile. To choose, lock and install them:\n    landform env init ${name === 'state' ? 'all' : name}\n\nTo use the providers that are part of Landform in their place, say so in environments/accounts.ts, or for one shell:\n    export const builtinProviders = ['aws', 'datadog']\n    export LANDFORM_BUILTIN_PROVIDERS=aws,datadog`,
    }
  })
}
