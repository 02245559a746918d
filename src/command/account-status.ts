import { Callers, type Journal, type Step, steps } from '../ops/accounts/index.ts'
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
    const { request, accountId, done, open = {}, failure, closed } = journal
    view.print(`${view.palette.bold(request.name)}  ${accountId ?? 'no number yet'}  ${request.email}\n`)
    if (closed !== undefined) view.print(`  closed       ${closed}\n`)
    for (const step of steps) view.print(`  ${step.name.padEnd(13)}${stateOf(step, journal)}\n`)
    for (const text of [failure?.text, ...Object.values(open)]) if (text !== undefined) view.print(`\n${text}\n`)
    const isReady = steps.every(({ name }) => done[name] !== undefined) && Object.keys(open).length === 0
    if (!isReady && closed === undefined) view.print(`\nTo go on:\n    landform account resume ${request.name}\n`)
  })
}

/** When a step was done, or what is missing of it. */
function stateOf({ name, title }: Step, { done, open = {}, failure }: Journal): string {
  if (open[name] !== undefined) return 'left to do'
  return done[name] ?? (failure?.step === name ? `failed ${failure.at}` : `not done: ${title}`)
}
