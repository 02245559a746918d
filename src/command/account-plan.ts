import { choicesOf, planAccount } from '../ops/accounts/index.ts'
import { type AccountRun, accountHead, inAccounts, requestOf } from './_accounts.ts'
import type { CommandContext } from './context.ts'

/** Lists the calls that would make an account ready. Changes nothing. */
export async function accountPlanCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return inAccounts(argv, 'account plan', context, async (run, diags) => {
    const { args, options, view } = run
    const request = requestOf(args, run, context)
    view.print(`${accountHead('plan account', run, request)}\n`)
    const planned = await planAccount(request, options, diags)
    let count = 0
    for (const { step, calls } of planned) {
      view.print(`  ${view.palette.bold(step.name.padEnd(13))}${calls.length === 0 ? `nothing to do: ${step.title}` : step.title}\n`)
      for (const call of calls) view.print(`    + ${call}\n`)
      count += calls.length
    }
    if (diags.hasErrors) return
    view.print(costs(run, request.name))
    if (count === 0) view.print('\nThe account is ready.\n')
    else
      view.print(
        `\nNothing has been changed. To do this:\n    make bootstrap ACCOUNT=${request.name} EMAIL=${request.email}${args.adopt ? ' ADOPT=1' : ''}\n`,
      )
  })
}

/** What the team has chosen, and what AWS asks for it. Calls with the sign ($) begin it. */
function costs({ organization, view }: AccountRun, name: string): string {
  const lines = choicesOf(organization, name).map(
    ({ name: choice, isOn, price }) => `    ${choice.padEnd(15)}${isOn ? view.palette.bold('on ') : 'off'}  ${price}\n`,
  )
  return `\n  What is watched, as environments/accounts.ts says, and what AWS asks for it; calls with ($) begin what costs by what happens:\n${lines.join('')}`
}
