import type { AwsApi, Operation } from '../resource.ts'

/** Waits until all name servers know of a change, or it is too old to be remembered. */
export async function waitForChange({ api, waitFor }: Operation<AwsApi>, changeId: string | undefined): Promise<void> {
  if (changeId === undefined) return
  const Id = changeId.replace(/^\/change\//, '')
  await waitFor('the change to reach all name servers', async () => {
    const { ChangeInfo } = await api.call('route53', 'GetChange', { Id })
    return ChangeInfo?.Status === 'INSYNC' ? true : undefined
  })
}

const submitted = new WeakMap<object, string>()

/** Keeps the change that an operation has set off until it is waited for. */
export function noteChange(op: Operation<AwsApi>, changeId: string | undefined): void {
  if (changeId !== undefined) submitted.set(op, changeId)
}

export function waitForNotedChange(op: Operation<AwsApi>): Promise<void> {
  return waitForChange(op, submitted.get(op))
}
