import { AwsError } from '../../aws/index.ts'
import type { Diagnostics } from '../../diags/index.ts'
import type { Organization } from '../organization.ts'
import { Callers, type CallersOptions } from './callers.ts'
import { type Journal, JournalConflict, type JournalStore } from './journal.ts'
import type { Registration } from './register.ts'
import { type AccountRequest, checkRequest } from './request.ts'
import { type Act, type Making, type Step, StepError, steps } from './steps.ts'

/** What a run tells of. */
export interface BootstrapHooks {
  /** A step begins; with the calls that it is going to make. */
  onStep?(step: Step, acts: readonly Act[]): void
  onAct?(act: Act): void
}

export interface BootstrapOptions extends CallersOptions {
  readonly registration: Registration
  readonly journals: (callers: Callers) => Promise<JournalStore>
  readonly adopt?: boolean | undefined
  readonly hooks?: BootstrapHooks | undefined
  readonly now?: (() => Date) | undefined
}

/**
 * Makes an account, or goes on with making it: takes every step that is not done. Running it again when all is done changes nothing.
 *
 * @returns the journal as it is at the end; undefined with diagnostics when it could not begin
 */
export async function bootstrapAccount(
  request: AccountRequest,
  options: BootstrapOptions,
  diags: Diagnostics,
): Promise<Journal | undefined> {
  return inRun(request, options, diags, async (making, write) => {
    const { hooks, now = () => new Date() } = options
    for (const step of steps) {
      try {
        let acts = await step.probe(making)
        hooks?.onStep?.(step, acts)
        for (const act of acts) {
          hooks?.onAct?.(act)
          await act.run()
        }
        if (acts.length > 0) {
          // Not everything that AWS has answered can be seen at once.
          const settled = await making.callers.until(async () => {
            acts = await step.probe(making)
            return acts.length === 0
          })
          if (!settled)
            throw new StepError(`What was done cannot be seen. Still missing:\n${acts.map(({ text }) => `  - ${text}`).join('\n')}`)
        }
      } catch (error) {
        if (error instanceof JournalConflict || !(error instanceof StepError || error instanceof AwsError)) throw error
        await write({ failure: { step: step.name, at: now().toISOString(), text: error.message } })
        diags.error(
          `The account ${request.name} is not ready`,
          `The step "${step.name}" failed: ${error.message}\n\nWhat has been done stays. To go on:\n    landform account resume ${request.name}`,
        )
        return
      }
      if (making.journal.done[step.name] === undefined) {
        const done = { ...making.journal.done, [step.name]: now().toISOString() }
        await write({ done, failure: undefined })
      }
    }
    if (making.journal.failure !== undefined) await write({ failure: undefined })
  })
}

/** What is still to be done, by step; of steps that need an account that does not exist, what they usually do. Changes nothing. */
export async function planAccount(
  request: AccountRequest,
  options: BootstrapOptions,
  diags: Diagnostics,
): Promise<readonly { readonly step: Step; readonly calls: readonly string[] }[]> {
  const planned: { step: Step; calls: readonly string[] }[] = []
  await inRun(request, { ...options, readOnly: true }, diags, async (making) => {
    for (const step of steps) {
      if (step.inside && making.journal.accountId === undefined) {
        planned.push({ step, calls: step.usually })
        continue
      }
      try {
        planned.push({ step, calls: (await step.probe(making)).map(({ text }) => text) })
      } catch (error) {
        if (!(error instanceof StepError || error instanceof AwsError)) throw error
        diags.error(`The account ${request.name} cannot be made ready`, `The step "${step.name}" would fail: ${error.message}`)
        return
      }
    }
  })
  return planned
}

async function inRun(
  request: AccountRequest,
  options: BootstrapOptions & { readonly readOnly?: boolean },
  diags: Diagnostics,
  work: (making: Making, write: (changes: Partial<Journal>) => Promise<void>) => Promise<void>,
): Promise<Journal | undefined> {
  checkRequest(request, options.organization, diags)
  if (diags.hasErrors) return undefined
  const callers = new Callers(options)
  try {
    const journals = await options.journals(callers)
    const found = await callers.attempt('journal:read', () => journals.read(request.name))
    const differs = found === undefined ? undefined : differenceOf(found.request, request)
    if (differs !== undefined) {
      diags.error(
        'Another request of that name',
        `The account ${request.name} was asked for before, with ${differs} Use the same, or another name. See what is known:\n    landform account status ${request.name}`,
      )
      return undefined
    }
    const registered = options.organization.accounts.find(({ name }) => name === request.name)
    const accountId = found?.accountId ?? (options.adopt ? undefined : registered?.id)
    const making: Making = {
      organization: options.organization,
      callers,
      registration: options.registration,
      adopt: options.adopt ?? false,
      journal: found ?? { version: 1, request, done: {}, ...(accountId === undefined ? {} : { accountId }) },
      note: (changes) => write(changes),
    }
    const write = async (changes: Partial<Journal>): Promise<void> => {
      making.journal = { ...making.journal, ...changes }
      if (!options.readOnly) await callers.attempt('journal:write', () => journals.write(making.journal))
    }
    await work(making, write)
    return making.journal
  } catch (error) {
    if (error instanceof JournalConflict) diags.error('Two runs at once', error.message)
    else if (error instanceof AwsError) diags.error('The account cannot be made', explain(error, options.organization))
    else throw error
    return undefined
  } finally {
    callers.close()
  }
}

function explain(error: AwsError, { hub, management, target }: Organization): string {
  const who =
    target === 'aws'
      ? ` This needs credentials of the account ${hub.name} (${hub.id}) that may assume the role ${management.roles.apply} of ${management.name} (${management.id}).`
      : ''
  return `${error.message}.${who}`
}

function differenceOf(before: AccountRequest, now: AccountRequest): string | undefined {
  if (before.email.toLowerCase() !== now.email.toLowerCase()) return `the e-mail address ${before.email}.`
  if (before.region !== now.region) return `the region ${before.region}.`
  return undefined
}
