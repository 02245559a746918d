import { AwsError, isAwsError } from '../../aws/index.ts'
import type { Diagnostics } from '../../diags/index.ts'
import { Callers, type CallersOptions } from './callers.ts'
import { closingSteps } from './close.ts'
import { type Journal, JournalConflict, type JournalStore } from './journal.ts'
import type { Registration } from './register.ts'
import { type AccountRequest, checkRequest } from './request.ts'
import { type Act, isPutOff, type Making, PutOff, type Step, StepError, sideBySide } from './step.ts'
import { steps } from './steps.ts'

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
    if (making.journal.closed !== undefined) {
      diags.error(
        'The account has been closed',
        `The account ${request.name} (${making.journal.accountId}) was closed on ${making.journal.closed}. Use another name for another one.`,
      )
      return
    }
    await takeSteps(steps, making, write, options, diags)
  })
}

/** How long a step is waited for that nothing else needs: `resume` comes back to it. */
const shortPatienceMs = 120_000

/** Takes each step that is not done. @returns whether all of them are, but for what was put off */
async function takeSteps(
  list: readonly Step[],
  making: Making,
  write: (changes: Partial<Journal>) => Promise<void>,
  options: BootstrapOptions,
  diags: Diagnostics,
): Promise<boolean> {
  const { request } = making.journal
  const { hooks, now = () => new Date() } = options
  for (const step of list) {
    try {
      let acts = await step.probe(making)
      hooks?.onStep?.(step, acts)
      await doAll(acts, making, hooks)
      if (acts.length > 0) {
        // Not everything that AWS has answered can be seen at once.
        const settled = await making.callers.until(
          async () => {
            acts = await step.probe(making)
            return acts.length === 0
          },
          step.canWait ? shortPatienceMs : undefined,
        )
        if (!settled)
          throw new StepError(`What was done cannot be seen. Still missing:\n${acts.map(({ text }) => `  - ${text}`).join('\n')}`)
      }
    } catch (error) {
      if (error instanceof PutOff || (step.canWait && isPutOff(error))) {
        await write({ open: { ...making.journal.open, [step.name]: error.message } })
        diags.warning(
          `Something is left to do for the account ${request.name}`,
          `The step "${step.name}": ${error.message}\n\nEverything else goes on. To come back to it:\n    landform account resume ${request.name}`,
        )
        continue
      }
      if (error instanceof JournalConflict || !(error instanceof StepError || error instanceof AwsError)) throw error
      const text = error instanceof AwsError ? explainAccess(error, making) : error.message
      await write({ failure: { step: step.name, at: now().toISOString(), text } })
      diags.error(
        list === steps ? `The account ${request.name} is not ready` : `The account ${request.name} is not closed`,
        `The step "${step.name}" failed: ${text}\n\nWhat has been done stays. To go on:\n    landform account ${list === steps ? 'resume' : 'close'} ${request.name}`,
      )
      return false
    }
    const { done, open = {} } = making.journal
    if (done[step.name] === undefined || open[step.name] !== undefined) {
      const { [step.name]: _, ...others } = open
      await write({
        done: { ...done, [step.name]: done[step.name] ?? now().toISOString() },
        open: Object.keys(others).length === 0 ? undefined : others,
        failure: undefined,
      })
    }
  }
  if (making.journal.failure !== undefined) await write({ failure: undefined })
  return true
}

/**
 * Closes an account that is empty: nothing of it can be used any more, and AWS forgets it after 90 days. The accounts that the others rely on are not closed.
 *
 * @returns the journal as it is at the end; undefined with diagnostics when it could not begin
 */
export async function closeAccount(request: AccountRequest, options: BootstrapOptions, diags: Diagnostics): Promise<Journal | undefined> {
  const { organization, now = () => new Date() } = options
  const needed = [organization.management, organization.hub, organization.store.account].find(({ name }) => name === request.name)
  if (needed !== undefined) {
    diags.error(
      'An account that the others need',
      `The account ${needed.name} (${needed.id}) manages the organization, lets people in or keeps the states. It is not closed by this command.`,
    )
    return undefined
  }
  return inRun(request, options, diags, async (making, write) => {
    if (making.journal.accountId === undefined) {
      diags.error('No account to close', `The account ${request.name} has no number yet: it was never made.`)
      return
    }
    if (await takeSteps(closingSteps, making, write, options, diags)) await write({ closed: making.journal.closed ?? now().toISOString() })
  })
}

/** One after the other; those of parts side by side, each part by itself. */
async function doAll(acts: readonly Act[], making: Making, hooks: BootstrapHooks | undefined): Promise<void> {
  const parts = new Map<string, Act[]>()
  for (const act of acts) {
    if (act.part === undefined) {
      hooks?.onAct?.(act)
      await act.run()
    } else parts.set(act.part, [...(parts.get(act.part) ?? []), act])
  }
  await sideBySide([...parts], async ([part, own]) => {
    try {
      for (const act of own) {
        hooks?.onAct?.(act)
        await act.run()
      }
    } catch (error) {
      // The other parts are not kept waiting by one that cannot be reached.
      if (!isPutOff(error)) throw error
      making.failed.set(part, error.message)
    }
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
        planned.push({ step, calls: step.usually(making) })
        continue
      }
      try {
        planned.push({ step, calls: (await step.probe(making)).map(({ text }) => text) })
      } catch (error) {
        // An organization that is still to be made has nothing in it.
        if (isAwsError(error, 'AWSOrganizationsNotInUseException')) {
          planned.push({ step, calls: step.usually(making) })
          continue
        }
        if (!(error instanceof StepError || error instanceof AwsError)) throw error
        if (error instanceof PutOff || step.canWait) {
          planned.push({ step, calls: [] })
          diags.warning(`Something is left to do for the account ${request.name}`, `The step "${step.name}": ${error.message}`)
          continue
        }
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
    // What AWS has refused, or was never asked for, may be asked for in another way.
    const isOpen = found?.accountId === undefined && found?.requestId === undefined
    const differs = found === undefined || isOpen ? undefined : differenceOf(found.request, request)
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
      failed: new Map(),
      adopt: options.adopt ?? false,
      journal:
        found === undefined
          ? { version: 1, request, done: {}, ...(accountId === undefined ? {} : { accountId }) }
          : { ...found, request: isOpen ? request : found.request },
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
    else if (error instanceof AwsError) diags.error('The account cannot be made', explainAccess(error, options))
    else throw error
    return undefined
  } finally {
    callers.close()
  }
}

/** Answers that are about who asks. */
const credentialCodes = [
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]

/** The error, and what is needed when it is about who asks: in the sandbox everybody is who they should be. */
export function explainAccess(
  error: AwsError,
  { organization, adopt }: Pick<Making, 'organization'> & { readonly adopt?: boolean | undefined },
): string {
  const { hub, management, target } = organization
  if (target !== 'aws' || !isAwsError(error, ...credentialCodes)) return `${error.message}.`
  const who = adopt
    ? `credentials of the account ${management.name} (${management.id}) itself, of a user or role that may do everything`
    : `credentials of the account ${hub.name} (${hub.id}) that may assume the role ${management.roles.apply} of ${management.name} (${management.id})`
  return `${error.message}.\n\nThis needs ${who}. To see whose credentials these are:\n    aws sts get-caller-identity`
}

function differenceOf(before: AccountRequest, now: AccountRequest): string | undefined {
  if (before.email.toLowerCase() !== now.email.toLowerCase()) return `the e-mail address ${before.email}.`
  if (before.region !== now.region) return `the region ${before.region}.`
  return undefined
}
