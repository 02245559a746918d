import { AwsError, isAwsError } from '../../aws/index.ts'
import type { Organization } from '../organization.ts'
import type { Caller, Callers } from './callers.ts'
import type { Journal } from './journal.ts'
import type { Registration } from './register.ts'

/** A call that is still to be made. */
export interface Act {
  /** As `plan` shows it: `organizations:CreateAccount dev aws+dev@example.com`. */
  readonly text: string
  /** Acts of different parts are done side by side, and one that fails keeps none of another part waiting. */
  readonly part?: string | undefined
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
  /** Parts of steps, such as regions, that something failed in, with what it was: left alone for the rest of the run. */
  readonly failed: Map<string, string>
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
  usually(making: Making): readonly string[]
  /** Needs the number of the account. */
  readonly inside?: boolean
  /** Nothing after it needs it: whatever fails in it is put off. */
  readonly canWait?: boolean
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
export function act(text: string, run: () => Promise<unknown>, part?: string): Act {
  return {
    text,
    part,
    async run() {
      await run()
    },
  }
}

/** What an account has that was made here. */
export const ownTag = { Key: 'ManagedBy', Value: 'landform' } as const

/** A part of a step that stands by itself: a region, or a service in it. */
export interface Part {
  readonly name: string
  probe(): Promise<readonly Act[]>
}

/**
 * What is missing of all parts, which are looked at side by side. One that fails keeps none of the others waiting.
 *
 * @param complaint what is said of those that failed, once the others are done
 * @param before what has to be done before any of them
 * @throws PutOff when nothing is missing but in parts that failed
 */
export async function actsOfParts(
  making: Making,
  parts: readonly Part[],
  complaint: string,
  before: readonly Act[] = [],
): Promise<readonly Act[]> {
  const { failed } = making
  const found = new Map<string, readonly Act[]>()
  const open = parts.filter(({ name }) => !failed.has(name))
  await sideBySide(open, async ({ name, probe }) => {
    try {
      found.set(
        name,
        (await probe()).map((one) => ({ ...one, part: name })),
      )
    } catch (error) {
      if (!isPutOff(error)) throw error
      failed.set(name, error.message)
    }
  })
  const acts = [...before, ...parts.flatMap(({ name }) => found.get(name) ?? [])]
  const left = parts.filter(({ name }) => failed.has(name))
  if (acts.length === 0 && left.length > 0)
    throw new PutOff(`${complaint}\n${left.map(({ name }) => `  - ${name}: ${failed.get(name)}`).join('\n')}`)
  return acts
}

/** Whether something has failed that can be come back to: no bug, and not the end of the run. */
export function isPutOff(error: unknown): error is StepError | AwsError {
  return error instanceof StepError || error instanceof AwsError
}

/** The account that is being made, as a caller. */
export const memberOf = ({ journal }: Making): { readonly member: string } => ({ member: journal.accountId! })

/** The account that people log in to, as a caller; the account itself when it is that one. */
export function hubOf({ journal, organization, adopt }: Making): { readonly id: string; readonly who: Caller } {
  const id = adopt ? journal.accountId! : organization.hub.id
  return { id, who: id === organization.management.id ? 'management' : { member: id } }
}

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

/** How long what was just made, or allowed, may take until another service sees it. */
const longestSightMs = 60_000

/** A call that is refused with these codes while what it needs is not known everywhere. @throws StepError when that does not end */
export async function whenSeen(
  { callers }: Making,
  failure: string,
  codes: readonly string[],
  call: () => Promise<unknown>,
): Promise<void> {
  let refused = ''
  const isDone = await callers.until(async () => {
    try {
      await call()
      return true
    } catch (error) {
      if (!isAwsError(error, ...codes)) throw error
      refused = error.message
      return false
    }
  }, longestSightMs)
  if (!isDone) throw new StepError(`${failure}: ${refused}`)
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

/** Parts of a step, such as regions, that are looked after at once. */
const partsAtOnce = 4

/** Work for several parts, some of them at the same time. The first error ends it. */
export async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: partsAtOnce }, worker))
}
