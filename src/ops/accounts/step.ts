import { isAwsError } from '../../aws/index.ts'
import type { Organization } from '../organization.ts'
import type { Callers } from './callers.ts'
import type { Journal } from './journal.ts'
import type { Registration } from './register.ts'

/** A call that is still to be made. */
export interface Act {
  /** As `plan` shows it: `organizations:CreateAccount dev aws+dev@example.com`. */
  readonly text: string
  /** Acts of different regions are done side by side, and one that fails keeps none of another region waiting. */
  readonly region?: string | undefined
  run(): Promise<void>
}

/** What a step works with. Everything but the journal's news is as it was when the run began. */
export interface Making {
  readonly organization: Organization
  readonly callers: Callers
  readonly registration: Registration
  /** The account for the hub itself, in an organization that has none yet. */
  readonly adopt: boolean
  journal: Journal
  /** Regions that something failed in, with what it was: left alone for the rest of the run. */
  readonly unreachable: Map<string, string>
  /** Writes down what is known now. */
  note(changes: Pick<Journal, 'requestId' | 'accountId'>): Promise<void>
}

export interface Step {
  readonly name: string
  /** What it is for, in a few words. */
  readonly title: string
  /** Looks what there is and says what is missing. Changes nothing. @throws StepError when there is no way to go on. */
  probe(making: Making): Promise<readonly Act[]>
  /** What it usually does, for a plan in which the account does not exist yet. */
  readonly usually: readonly string[]
  /** Needs the number of the account. */
  readonly inside?: boolean
}

/** Why an account cannot be made; whole sentences with the remedy. */
export class StepError extends Error {
  override readonly name = 'StepError'
}

/** A step that is not done and can wait: what comes after does not need it. `resume` comes back to it. */
export class PutOff extends StepError {
  override readonly name = 'StepError'
}

/** A call as an act. */
export function act(text: string, run: () => Promise<unknown>, region?: string): Act {
  return {
    text,
    region,
    async run() {
      await run()
    },
  }
}

/** What an account has that was made here. */
export const ownTag = { Key: 'ManagedBy', Value: 'landform' } as const

/** The account that is being made, as a caller. */
export const memberOf = ({ journal }: Making): { readonly member: string } => ({ member: journal.accountId! })

/** Something that another run may have made in the meantime is as good as made. */
export async function unlessThere(work: Promise<unknown>, ...codes: readonly string[]): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isAwsError(error, ...codes)) throw error
  })
}

/** What there is, or undefined for what there is not. */
export async function ifThere<T>(work: Promise<T>, ...codes: readonly string[]): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (isAwsError(error, ...codes)) return undefined
    throw error
  })
}

/** Whether two texts are the same JSON, as policies are compared. */
export function isSameJson(a: string, b: string): boolean {
  try {
    return JSON.stringify(sorted(JSON.parse(a))) === JSON.stringify(sorted(JSON.parse(b)))
  } catch {
    return false
  }
}

/** Members of objects in order; lists of one element as that element, which is the same in policies. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? sorted(value[0]) : value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  )
}

/** Regions in which an account is looked after at once. */
const regionsAtOnce = 4

/** Work for several regions, some of them at the same time. The first error ends it. */
export async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: regionsAtOnce }, worker))
}
