import { isAwsError } from '../../../aws/index.ts'
import type { AwsApi, Operation } from '../resource.ts'

/** IAM tells all of its places within two minutes, mostly. */
export const propagationMs = 2 * 60_000

/** There is no such user, group, role, policy or profile. */
export function isGone(error: unknown): boolean {
  return isAwsError(error, 'NoSuchEntity', 'NoSuchEntityException')
}

/** A principal that was made a moment ago is "invalid" until it is known everywhere. */
export function isNewPrincipal(error: unknown): boolean {
  return isAwsError(error, 'MalformedPolicyDocument*') && error.apiMessage.includes('Invalid principal')
}

/** What was taken away a moment ago may still be seen. */
export function isConflict(error: unknown): boolean {
  return isAwsError(error, 'DeleteConflict', 'DeleteConflictException')
}

/** Undefined for what does not exist. */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** Deletes; what is gone already is as wanted. */
export async function deleteUnlessGone(op: Operation<AwsApi>, work: () => Promise<unknown>): Promise<void> {
  await unlessGone(op.retry(isConflict, work, propagationMs))
}

interface Page {
  readonly IsTruncated?: boolean
  readonly Marker?: string
}

/** All elements of a list, however many pages it has. */
export async function all<P extends Page, T>(
  page: (marker: { Marker?: string }) => Promise<P>,
  list: (page: P) => readonly T[] | undefined,
): Promise<T[]> {
  const found: T[] = []
  let marker: { Marker?: string } = {}
  for (;;) {
    const answer = await page(marker)
    found.push(...(list(answer) ?? []))
    if (answer.IsTruncated !== true || answer.Marker === undefined) return found
    marker = { Marker: answer.Marker }
  }
}
