import type { Diagnostics } from '../diags/index.ts'
import { type AccountRequest, Callers, closeAccount, type Journal } from '../ops/accounts/index.ts'
import { type AccountRun, accountHead, inAccounts, unknownAccount } from './_accounts.ts'
import type { CommandContext } from './context.ts'

/** Closes an account that nothing is left in. Needs two approvals: its address on the command line, and its number. */
export async function accountCloseCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return inAccounts(argv, 'account close', context, async (run, diags) => {
    const { args, options, view } = run
    const callers = new Callers(options)
    const journal = await (await options.journals(callers)).read(args.name).finally(() => callers.close())
    const request = journal?.request ?? registeredRequest(run)
    if (request === undefined) {
      diags.add(unknownAccount(args.name))
      return
    }
    view.print(accountHead('close account', run, request))
    if (!(await mayClose(request, journal, run, context, diags))) return
    view.print('\n')
    const hooks = { onAct: ({ text }: { readonly text: string }) => view.print(`    + ${text}\n`) }
    const closed = await closeAccount(request, { ...options, hooks }, diags)
    if (closed?.closed === undefined || diags.hasErrors) return
    const { name } = request
    view.print(
      `\nThe account ${name} (${closed.accountId}) is closed. AWS keeps it for 90 days, in which AWS Support can open it again. Remove its entry from environments/accounts.ts, and environments/${name}.ts.\n`,
    )
  })
}

/** An account that is in the file and was not made by Landform. */
function registeredRequest({ args, organization }: AccountRun): AccountRequest | undefined {
  const account = organization.accounts.find(({ name }) => name === args.name)
  if (account === undefined) return undefined
  const { name, email, region } = account
  return { name, email, region, unit: args.unit, repository: undefined }
}

async function mayClose(
  request: AccountRequest,
  journal: Journal | undefined,
  { args, view, organization }: AccountRun,
  context: CommandContext,
  diags: Diagnostics,
): Promise<boolean> {
  const { name, email } = request
  if (args.email?.toLowerCase() !== email.toLowerCase()) {
    diags.error(
      'Which account?',
      `The account ${name} has the e-mail address ${email}${args.email === undefined ? '' : `, not ${args.email}`}. To agree that it is this one which is to be closed, name it:\n    landform account close ${name} -email=${email}`,
    )
    return false
  }
  if (context.environment.YES === '1') return true
  const id = journal?.accountId ?? organization.accounts.find((account) => account.name === name)?.id
  if (!context.streams.inIsTerminal) {
    diags.error('No one to ask', 'Closing an account has to be agreed to. Where there is no terminal to ask at, set YES=1.')
    return false
  }
  view.print(
    `\n${view.palette.bold(`Close the account ${name} for good?`)}\n  Nothing in it can be used any more. Type its number, ${id}, to agree.\n\n  ${view.palette.bold('Enter a value:')} `,
  )
  const answer = await view.streams.readLine()
  view.print('\n')
  if (answer?.trim() === id) return true
  diags.error('Not agreed to', 'Nothing has been changed.')
  return false
}
