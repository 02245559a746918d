import { isAwsError } from '../../aws/index.ts'
import { entryRole } from './callers.ts'
import { type Act, act, isSameJson, type Making, ownTag, type Step, StepError, unlessThere } from './step.ts'

const quarantine = 'quarantine'
const policyName = 'landform-quarantine'

/** In quarantine nobody does anything but who makes the account ready. */
const policyContent = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'OnlyWhoMakesTheAccountReady',
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { ArnNotLike: { 'aws:PrincipalArn': `arn:aws*:iam::*:role/${entryRole}` } },
    },
  ],
})

/** The unit of a name below the root; undefined when there is none. */
async function findUnit({ callers }: Making, root: string, name: string): Promise<string | undefined> {
  let NextToken: string | undefined
  do {
    const page = await callers.call('management', 'organizations', 'ListOrganizationalUnitsForParent', { ParentId: root, NextToken })
    const found = page.OrganizationalUnits?.find((unit) => unit.Name === name)
    if (found !== undefined) return found.Id
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return undefined
}

/** What is missing until the account is in a unit; nothing when it is in one of the others named. */
export async function moveActs(making: Making, name: string): Promise<readonly Act[]> {
  const { callers, journal } = making
  const root = await rootOf(making)
  const parent = await parentOf(making)
  if ((await findUnit(making, root, name)) === parent) return []
  const acts: Act[] = []
  // The unit for new accounts is made with its policy.
  if (name !== quarantine && (await findUnit(making, root, name)) === undefined) acts.push(makeUnit(making, root, name))
  acts.push({
    text: `organizations:MoveAccount to ${name}`,
    async run() {
      // A unit that was just made is not known everywhere at once.
      const moved = await callers.until(async () => {
        const to = await findUnit(making, root, name)
        if (to === undefined) return false
        const move = { AccountId: journal.accountId!, SourceParentId: parent, DestinationParentId: to }
        try {
          await unlessThere(
            callers.call('management', 'organizations', 'MoveAccount', move),
            'DuplicateAccountException',
            'SourceParentNotFoundException',
          )
          return true
        } catch (error) {
          if (isAwsError(error, 'DestinationParentNotFoundException')) return false
          throw error
        }
      })
      if (!moved) throw new StepError(`The account cannot be moved to the unit ${name}. Look at the organization, then resume.`)
    },
  })
  return acts
}

export const hold: Step = {
  name: 'hold',
  title: `the account is in the unit ${quarantine} until it is ready, where nobody else does anything in it`,
  usually: () => [
    `organizations:AttachPolicy ${policyName} to ${quarantine}, the first time`,
    `organizations:MoveAccount to ${quarantine}`,
  ],
  inside: true,
  async probe(making) {
    if (making.journal.done.release !== undefined) return []
    switch (await placeOf(making)) {
      case 'quarantine':
        return policyActs(making)
      case 'root':
        // An account that was there before may be at work: nobody is shut out of it.
        return (await isOwn(making)) ? [...(await policyActs(making)), ...(await moveActs(making, quarantine))] : []
      case 'elsewhere':
        return []
    }
  },
}

async function parentOf({ callers, journal }: Making): Promise<string> {
  return (await callers.call('management', 'organizations', 'ListParents', { ChildId: journal.accountId! })).Parents![0]!.Id!
}

/** Where the account is; in a unit of its own it has been put by somebody. */
async function placeOf(making: Making): Promise<'root' | 'quarantine' | 'elsewhere'> {
  const root = await rootOf(making)
  const parent = await parentOf(making)
  if (parent === root) return 'root'
  return parent === (await findUnit(making, root, quarantine)) ? 'quarantine' : 'elsewhere'
}

/** Whether the account was made by Landform: then it has a tag from its beginning. */
async function isOwn({ callers, journal }: Making): Promise<boolean> {
  const { Tags = [] } = await callers.call('management', 'organizations', 'ListTagsForResource', { ResourceId: journal.accountId! })
  return Tags.some(({ Key, Value }) => Key === ownTag.Key && Value === ownTag.Value)
}

/** What is missing until the unit for new accounts has its policy. */
async function policyActs(making: Making): Promise<readonly Act[]> {
  const { callers } = making
  const call = callers.call.bind(callers)
  const root = await rootOf(making)
  const unit = await findUnit(making, root, quarantine)
  const known = await findPolicy(making)
  const acts: Act[] = []
  if (unit === undefined) acts.push(makeUnit(making, root, quarantine))
  if (known === undefined)
    acts.push(
      act(`organizations:CreatePolicy ${policyName}`, () =>
        unlessThere(
          call('management', 'organizations', 'CreatePolicy', {
            Name: policyName,
            Description: 'Keeps everybody out of accounts that are being made',
            Type: 'SERVICE_CONTROL_POLICY',
            Content: policyContent,
          }),
          'DuplicatePolicyException',
        ),
      ),
    )
  else {
    const { Policy } = await call('management', 'organizations', 'DescribePolicy', { PolicyId: known })
    if (!isSameJson(Policy?.Content ?? '{}', policyContent))
      acts.push(
        act(`organizations:UpdatePolicy ${policyName}`, () =>
          call('management', 'organizations', 'UpdatePolicy', { PolicyId: known, Content: policyContent }),
        ),
      )
  }
  if (unit === undefined || known === undefined || !(await isAttached(making, known, unit)))
    acts.push(
      act(`organizations:AttachPolicy ${policyName} to ${quarantine}`, async () => {
        const attached = await callers.until(async () => {
          const PolicyId = await findPolicy(making)
          const TargetId = await findUnit(making, root, quarantine)
          if (PolicyId === undefined || TargetId === undefined) return false
          try {
            const attach = call('management', 'organizations', 'AttachPolicy', { PolicyId, TargetId })
            await unlessThere(attach, 'DuplicatePolicyAttachmentException')
            return true
          } catch (error) {
            // Neither what was just made nor the type of policies is known everywhere at once.
            if (isAwsError(error, 'PolicyNotFoundException', 'TargetNotFoundException', 'PolicyTypeNotEnabledException')) return false
            throw error
          }
        })
        if (!attached) throw new StepError(`The policy ${policyName} cannot be attached. Look at the organization, then resume.`)
      }),
    )
  return acts
}

async function findPolicy({ callers }: Making): Promise<string | undefined> {
  let NextToken: string | undefined
  do {
    const page = await callers.call('management', 'organizations', 'ListPolicies', { Filter: 'SERVICE_CONTROL_POLICY', NextToken })
    const found = page.Policies?.find(({ Name }) => Name === policyName)
    if (found !== undefined) return found.Id
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return undefined
}

async function isAttached({ callers }: Making, policy: string, TargetId: string): Promise<boolean> {
  let NextToken: string | undefined
  do {
    const input = { TargetId, Filter: 'SERVICE_CONTROL_POLICY', NextToken } as const
    const page = await callers.call('management', 'organizations', 'ListPoliciesForTarget', input)
    if (page.Policies?.some(({ Id }) => Id === policy)) return true
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return false
}

async function rootOf({ callers }: Making): Promise<string> {
  return (await callers.call('management', 'organizations', 'ListRoots', {})).Roots![0]!.Id!
}

function makeUnit({ callers }: Making, ParentId: string, Name: string): Act {
  return act(`organizations:CreateOrganizationalUnit ${Name}`, () =>
    unlessThere(
      callers.call('management', 'organizations', 'CreateOrganizationalUnit', { ParentId, Name }),
      'DuplicateOrganizationalUnitException',
    ),
  )
}

export const release: Step = {
  name: 'release',
  title: 'the account is in its unit',
  usually: () => ['organizations:MoveAccount'],
  inside: true,
  probe: async (making) => ((await placeOf(making)) === 'elsewhere' ? [] : moveActs(making, making.journal.request.unit)),
}
