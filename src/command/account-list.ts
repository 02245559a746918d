import { Callers, type Journal, steps } from '../ops/accounts/index.ts'
import { inAccounts } from './_accounts.ts'
import type { CommandContext } from './context.ts'

/** The accounts of environments/accounts.ts and those that are being made. */
export async function accountListCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return inAccounts(argv, 'account list', context, async ({ options, organization, view }) => {
    const callers = new Callers(options)
    const journals = new Map<string, Journal>()
    try {
      const store = await options.journals(callers)
      for (const name of await store.list()) {
        const journal = await store.read(name)
        if (journal !== undefined) journals.set(name, journal)
      }
    } finally {
      callers.close()
    }
    const rows = organization.accounts.map(({ name, id, email }) => ({ name, id, email, state: stateOf(journals.get(name)) }))
    for (const [name, journal] of journals)
      if (!rows.some((row) => row.name === name))
        rows.push({ name, id: journal.accountId ?? '-', email: journal.request.email, state: stateOf(journal) })
    const width = (key: 'name' | 'id' | 'email'): number => Math.max(...rows.map((row) => row[key].length))
    for (const { name, id, email, state } of rows)
      view.print(`${name.padEnd(width('name'))}  ${id.padEnd(width('id'))}  ${email.padEnd(width('email'))}  ${state}\n`)
  })
}

function stateOf(journal: Journal | undefined): string {
  if (journal === undefined) return 'registered'
  if (journal.closed !== undefined) return `closed on ${journal.closed.slice(0, 10)}`
  const left = Object.keys(journal.open ?? {})
  const next = steps.find(({ name }) => journal.done[name] === undefined && !left.includes(name))
  if (next !== undefined) return `being made: ${next.name} is next${journal.failure === undefined ? '' : ', and failed'}`
  return left.length === 0 ? 'ready' : `ready but for ${left.join(', ')}`
}
