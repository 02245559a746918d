import { Diagnostics } from '../diags/index.ts'
import { diagnosticsOf, readSettings } from '../workdir/index.ts'
import { failFlags, failWords, openForChange, plainErrors } from './_state-change.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'

/** Releases the lock with this id, whoever took it. Unlike Terraform's, those of local states are released too, because a crash leaves them. */
export async function forceUnlockCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { ...viewFlags, force: { kind: 'bool' } }, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, 'force-unlock', context)
  if (failed !== undefined) return failed
  const [id] = parsed.positional
  if (id === undefined || parsed.positional.length > 1)
    return failWords(view, 'Expected a single argument: LOCK_ID', 'force-unlock', context)
  const diags = new Diagnostics()
  const settings = readSettings(context.environment, context.originalDir)
  const opened = openForChange(settings, {}, 'one', context, diags, 'rootModule')
  if (opened === undefined) return finish(view, diags.items)
  const { product } = context.dialect
  if (!flag(parsed, 'force', false)) {
    view.print(
      `${view.palette.bold('Do you really want to force-unlock?')}\n  ${product} will remove the lock on the remote state.\n  This will allow local ${product} commands to modify this state, even though it\n  may still be in use. Only 'yes' will be accepted to confirm.\n\n  ${view.palette.bold('Enter a value:')} `,
    )
    const answer = await view.streams.readLine()
    if (answer === undefined) {
      view.streams.err('Error asking for confirmation: EOF\n')
      return 1
    }
    view.print('\n')
    if (answer !== 'yes') {
      view.print('force-unlock cancelled.\n')
      return 1
    }
  }
  try {
    await opened.manager.unlock(id)
  } catch (error) {
    diags.addAll(diagnosticsOf(error))
    view.streams.err(`Failed to unlock state: ${plainErrors(diags)}\n`)
    return 1
  }
  view.print(
    `${view.palette.bold(view.palette.green(`${product} state has been successfully unlocked!`))}\n\n${view.palette.green(`The state has been unlocked, and ${product} commands should now be able to\nobtain a new lock on the remote state.`)}\n`,
  )
  return finish(view, diags.items)
}
