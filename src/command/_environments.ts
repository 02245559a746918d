import { Diagnostics } from '../diags/index.ts'
import { openProject, type Prepared, prepareEnvironments, selectEnvironments } from '../ops/index.ts'
import { type EnvArguments, parseEnvArguments } from './arguments/env.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import type { View } from './views/view.ts'

/** What the commands about environments begin with. */
export interface EnvironmentsRun {
  readonly args: EnvArguments
  readonly view: View
  readonly prepared: Prepared
  /** Those that were asked for, in the order of the accounts. */
  readonly names: readonly string[]
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
  if (prepared === undefined) return fail()
  const order = prepared.organization.accounts.map((account) => account.name)
  return { args, view, prepared, names: selectEnvironments(project, args.name, order, diags)! }
}
