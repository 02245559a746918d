import { join } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import { parseSandboxArguments } from './arguments/sandbox.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'

/** Removes everything that was made in a sandbox. */
export async function sandboxResetCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const args = parseSandboxArguments(argv, context.originalDir, 'reset')
  const view = makeView(context, { colour: args.colour, compactWarnings: false })
  if (args.diags.length > 0) return failUsage(view, args.diags, 'sandbox reset')
  const diags = new Diagnostics()
  const dir = args.dir ?? (await dirOf(context))
  const { resetSandbox, SandboxOwnedError } = await import('../sandbox/index.ts')
  try {
    const existed = resetSandbox(dir)
    view.print(existed ? `The sandbox in ${dir} is empty again.\n` : `There is no sandbox in ${dir}.\n`)
  } catch (error) {
    const remedy = error instanceof SandboxOwnedError ? ' End that process first.' : ''
    diags.error('The sandbox cannot be reset', `${(error as Error).message}${remedy}`)
  }
  view.diagnostics(diags.items)
  return diags.hasErrors ? 1 : 0
}

async function dirOf(context: CommandContext): Promise<string> {
  const { openProject, sandboxDir } = await import('../ops/index.ts')
  const project = openProject(context.originalDir, new Diagnostics())
  if (project !== undefined) return sandboxDir(project, context.environment)
  return context.environment.LANDFORM_SANDBOX_DIR || join(context.originalDir, '.landform', 'sandbox')
}
