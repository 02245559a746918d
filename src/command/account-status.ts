import { Callers, steps } from '../ops/accounts/index.ts'
import { inAccounts, unknownAccount } from './_accounts.ts'
import type { CommandContext } from './context.ts'

/** What the journal of an account says. */
export async function accountStatusCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return inAccounts(argv, 'account status', context, async ({ args, options, view }, diags) => {
    const callers = new Callers(options)
    const journal = await (await options.journals(callers)).read(args.name).finally(() => callers.close())
    if (journal === undefined) {
      diags.add(unknownAccount(args.name))
      return
    }
    const { request, accountId, done, failure } = journal
    view.print(`${view.palette.bold(request.name)}  ${accountId ?? 'no number yet'}  ${request.email}\n`)
    for (const step of steps)
      view.print(`  ${step.name.padEnd(13)}${done[step.name] ?? (failure?.step === step.name ? `failed ${failure.at}` : 'not done')}\n`)
    if (failure !== undefined) view.print(`\n${failure.text}\n\nTo go on:\n    landform account resume ${request.name}\n`)
  })
}
