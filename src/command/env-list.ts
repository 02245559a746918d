import { Diagnostics } from '../diags/index.ts'
import { openProject, prepareEnvironments, selectEnvironments } from '../ops/index.ts'
import { parseFlags } from './arguments/flags.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'

/** Lists the environments with their accounts, in the order in which `all` goes through them. */
export async function envListCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { 'no-color': { kind: 'bool' } }, context.dialect)
  const view = makeView(context, { colour: parsed.given.length === 0, compactWarnings: false })
  if (parsed.diags.length > 0) return failUsage(view, parsed.diags, 'env list')
  const diags = new Diagnostics()
  const project = openProject(context.originalDir, diags)
  const prepared = project === undefined ? undefined : await prepareEnvironments(project, diags)
  if (project === undefined || prepared === undefined) {
    view.diagnostics(diags.items)
    return 1
  }
  const { organization } = prepared
  const names = selectEnvironments(
    project,
    'all',
    organization.accounts.map((a) => a.name),
    diags,
  )!
  const width = Math.max(...names.map((name) => name.length))
  for (const name of names) {
    const account = organization.accounts.find((a) => a.name === name)
    view.print(
      `${name.padEnd(width)}  ${account === undefined ? 'no account in environments/accounts.ts' : `${account.id}  ${account.region}`}\n`,
    )
  }
  return 0
}
