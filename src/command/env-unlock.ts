import { Diagnostics } from '../diags/index.ts'
import { openEnvironment } from '../ops/index.ts'
import { diagnosticsOf } from '../workdir/index.ts'
import { beginEnvironments, inWorld } from './_environments.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'

/** Takes away the lock of a stack's state that a program left behind. The id, which the lock's message tells, says which one is meant. */
export async function envUnlockCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const [name, id] = argv.filter((arg) => !arg.startsWith('-'))
  if (name === undefined || id === undefined) {
    const detail =
      'The command "env unlock" needs the name of an environment, or ENVIRONMENT/STACK where it has several stacks, and the id of the lock, which the message about the lock tells.'
    const view = makeView(context, { colour: true, compactWarnings: false })
    return failUsage(view, [{ severity: 'error', summary: 'Which lock?', detail }], 'env unlock')
  }
  const [environment] = name.split('/') as [string]
  const run = await beginEnvironments(
    argv.filter((arg) => arg !== id).map((arg) => (arg === name ? environment : arg)),
    'env unlock',
    context,
  )
  if (typeof run === 'number') return run
  return inWorld(run, context, async (world) => {
    const diags = new Diagnostics()
    const stacks = await openEnvironment(run.prepared, environment, 'plan', world, diags)
    const stack = stacks?.find((s) => s.name === name) ?? (stacks?.length === 1 && name === environment ? stacks[0] : undefined)
    if (stacks !== undefined && stack === undefined) {
      diags.error(
        'Which stack?',
        `The environment ${environment} has the stacks ${stacks.map((s) => s.name).join(', ')}. Name the one whose lock is meant.`,
      )
    }
    try {
      await stack?.manager.unlock(id)
    } catch (error) {
      diags.addAll(diagnosticsOf(error))
    }
    run.view.diagnostics(diags.items)
    if (stack === undefined || diags.hasErrors) return false
    run.view.print(`The lock ${id} of ${stack.manager.describe()} is released.\n`)
    return true
  })
}
