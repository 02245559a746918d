import { isAwsError, s3ObjectStore } from '../../aws/index.ts'
import { enabledRegions } from './guard-rails.ts'
import { moveActs } from './placement.ts'
import { type Act, act, actsOfParts, type Making, memberOf, type Step, StepError } from './step.ts'
import { dismissActs, watchers } from './watchers.ts'

/** Where accounts are that have been closed, until AWS forgets them. */
const suspended = 'suspended'

/** Keys of states below the account's name that hold something. */
async function statesInUse({ callers, organization, journal }: Making): Promise<readonly string[]> {
  const { bucket, region } = organization.store
  const objects = s3ObjectStore({ session: await callers.store(), bucket, region })
  const keys = await callers.attempt('s3:ListObjectsV2', () => objects.list(`${journal.request.name}/`))
  const used: string[] = []
  for (const key of keys) {
    if (!key.endsWith('.tfstate')) continue
    const found = await callers.attempt('s3:GetObject', () => objects.get(key))
    const state =
      found === undefined ? {} : (JSON.parse(Buffer.from(found.body).toString('utf8')) as { resources?: readonly { mode?: string }[] })
    if (state.resources?.some(({ mode }) => mode !== 'data')) used.push(key)
  }
  return used
}

const emptied: Step = {
  name: 'emptied',
  title: 'nothing is left in it that a state knows of',
  usually: () => [],
  async probe(making) {
    const used = await statesInUse(making)
    if (used.length === 0) return []
    const { name } = making.journal.request
    throw new StepError(
      `Something is left in the account:\n${used.map((key) => `  - s3://${making.organization.store.bucket}/${key}`).join('\n')}\n\nDestroy it first:\n    make destroy ENV=${name}`,
    )
  },
}

const dismiss: Step = {
  name: 'dismiss',
  title: 'nobody watches it any more',
  usually: () => [],
  canWait: true,
  async probe(making): Promise<readonly Act[]> {
    const { detection: on } = making.organization
    const wanted = [...(on.guardDuty ? [watchers.guardDuty] : []), ...(on.securityHub ? [watchers.securityHub] : [])]
    // What is closed cannot be entered to be asked for its regions.
    if (wanted.length === 0 || (await statusOf(making)) !== 'ACTIVE') return []
    const parts = (await enabledRegions(making)).flatMap((region) =>
      wanted.map((watcher) => ({ name: `${watcher.name} in ${region}`, probe: () => dismissActs(making, watcher, region) })),
    )
    return actsOfParts(making, parts, 'It is still a member of what watches the accounts.')
  },
}

const suspend: Step = {
  name: 'suspend',
  title: `it is in the unit ${suspended}`,
  usually: () => [`organizations:MoveAccount to ${suspended}`],
  async probe(making): Promise<readonly Act[]> {
    // What is closed stays where it is.
    return (await statusOf(making)) === 'ACTIVE' ? moveActs(making, suspended) : []
  },
}

const close: Step = {
  name: 'close',
  title: 'it is closed',
  usually: () => ['organizations:CloseAccount'],
  async probe(making) {
    const { callers, journal } = making
    if ((await statusOf(making)) !== 'ACTIVE') return []
    return [
      act(`organizations:CloseAccount ${journal.accountId} ${journal.request.email}`, async () => {
        try {
          await callers.call('management', 'organizations', 'CloseAccount', { AccountId: memberOf(making).member })
        } catch (error) {
          if (isAwsError(error, 'AccountAlreadyClosedException', 'ConflictException')) return
          if (isAwsError(error, 'ConstraintViolationException'))
            throw new StepError(
              `AWS does not close it now: ${error.apiMessage} Within 30 days a tenth of the accounts can be closed, and ten at least. Run the command again later.`,
            )
          throw error
        }
      }),
    ]
  },
}

async function statusOf({ callers, journal }: Making): Promise<string> {
  const { Account } = await callers.call('management', 'organizations', 'DescribeAccount', { AccountId: journal.accountId! })
  return Account!.Status!
}

/** In the order in which they are taken. */
export const closingSteps: readonly Step[] = [emptied, dismiss, suspend, close]
