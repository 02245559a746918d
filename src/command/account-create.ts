import type { Diagnostics } from '../diags/index.ts'
import { type AccountRequest, bootstrapAccount, Callers } from '../ops/accounts/index.ts'
import { type AccountRun, accountHead, inAccounts, requestOf, unknownAccount } from './_accounts.ts'
import type { CommandContext } from './context.ts'

/** Makes a new account ready, from the request for it to the environment that plans. Doing it again changes nothing. */
export async function accountCreateCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return inAccounts(argv, 'account create', context, async (run, diags) => {
    const request = requestOf(run.args, run, context)
    run.view.print(accountHead('make account', run, request))
    if (await mayGoOn(request, run, context, diags)) await make(request, run, diags)
  })
}

/** Goes on where an earlier run ended. */
export async function accountResumeCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return inAccounts(argv, 'account resume', context, async (run, diags) => {
    const callers = new Callers(run.options)
    const journal = await (await run.options.journals(callers)).read(run.args.name).finally(() => callers.close())
    if (journal === undefined) {
      diags.add(unknownAccount(run.args.name))
      return
    }
    run.view.print(accountHead('resume account', run, journal.request))
    await make(journal.request, run, diags)
  })
}

/** An account of AWS cannot be taken back quickly, so its address is asked for twice. */
async function mayGoOn(
  request: AccountRequest,
  { view, world }: AccountRun,
  context: CommandContext,
  diags: Diagnostics,
): Promise<boolean> {
  if (context.environment.YES === '1') return true
  const remedy = `To see what it would do: landform account plan ${request.name} -email=${request.email}. Where there is no terminal to ask at, set YES=1.`
  if (!context.streams.inIsTerminal) {
    diags.error('No one to ask', `Making an account has to be agreed to. ${remedy}`)
    return false
  }
  const what = world.target === 'aws' ? 'a new account of AWS' : 'a new account in the sandbox'
  view.print(
    `\n${view.palette.bold(`Make ${what} for ${request.email}?`)}\n  Type the e-mail address again to agree.\n\n  ${view.palette.bold('Enter a value:')} `,
  )
  const answer = await view.streams.readLine()
  view.print('\n')
  if (answer?.trim() === request.email) return true
  diags.error('Not agreed to', `Nothing has been changed. ${remedy}`)
  return false
}

async function make(request: AccountRequest, run: AccountRun, diags: Diagnostics): Promise<void> {
  const { options, view } = run
  const started = Date.now()
  let calls = 0
  view.print('\n')
  const journal = await bootstrapAccount(
    request,
    {
      ...options,
      hooks: {
        onStep: (step, acts) => view.print(`  ${view.palette.bold(step.name.padEnd(13))}${step.title}${acts.length === 0 ? '' : ':'}\n`),
        onAct: ({ text }) => {
          calls++
          view.print(`    + ${text}\n`)
        },
      },
    },
    diags,
  )
  if (journal === undefined || diags.hasErrors) return
  const { name } = request
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  const news =
    calls === 0
      ? ', and nothing was left to do'
      : `, after ${seconds} s. Its entry in environments/accounts.ts and environments/${name}.ts are yours to look at and to commit`
  view.print(`\nThe account ${name} (${journal.accountId}) is ready${news}. To see what is to be made in it:\n    make plan ENV=${name}\n`)
}
