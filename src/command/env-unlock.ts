import { Diagnostics } from '../diags/index.ts'
import { openEnvironment } from '../ops/index.ts'
import { diagnosticsOf } from '../workdir/index.ts'
import { beginEnvironments, inEachEnvironment } from './_environments.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'

/** Takes away the lock of an environment's state that a program left behind. The id, which the lock's message tells, says which one is meant. */
export async function envUnlockCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const id = argv.filter((arg) => !arg.startsWith('-'))[1]
  if (id === undefined) {
    const detail =
      'The command "env unlock" needs the name of an environment and the id of the lock, which the message about the lock tells.'
    const view = makeView(context, { colour: true, compactWarnings: false })
    return failUsage(view, [{ severity: 'error', summary: 'Which lock?', detail }], 'env unlock')
  }
  const run = await beginEnvironments(
    argv.filter((arg) => arg !== id),
    'env unlock',
    context,
  )
  if (typeof run === 'number') return run
  return inEachEnvironment(run, context, { stopAtFailure: true }, async (name, world) => {
    const diags = new Diagnostics()
    const open = await openEnvironment(run.prepared, name, 'plan', world, diags)
    try {
      await open?.manager.unlock(id)
    } catch (error) {
      diags.add(...diagnosticsOf(error))
    }
    run.view.diagnostics(diags.items)
    if (open === undefined || diags.hasErrors) return false
    run.view.print(`The lock ${id} of ${open.manager.describe()} is released.\n`)
    return true
  })
}
