import type { Budget } from '../watching.ts'
import { type Act, act, actsOfParts, ifThere, type Making, memberOf, type Step, unlessThere } from './step.ts'

const budgetName = 'landform-monthly'

/** Told when so many hundredths of the sum have been spent, and when it looks as if all of it will be. */
const thresholds = [
  { NotificationType: 'ACTUAL', Threshold: 80 },
  { NotificationType: 'ACTUAL', Threshold: 100 },
  { NotificationType: 'FORECASTED', Threshold: 100 },
] as const

export const budget: Step = {
  name: 'budget',
  title: 'somebody is told before it costs too much, and costs are told apart by tags',
  usually: ({ organization, journal }) =>
    organization.budget === undefined
      ? []
      : [`budgets:CreateBudget ${sumOf(organization.budget, journal.request.name)} USD a month`, 'ce:UpdateCostAllocationTagsStatus'],
  inside: true,
  canWait: true,
  async probe(making) {
    const { budget: wanted } = making.organization
    if (wanted === undefined) return []
    const parts = [
      { name: 'budget', probe: () => budgetActs(making, wanted) },
      { name: 'cost allocation tags', probe: () => tagActs(making, wanted) },
    ]
    return actsOfParts(making, parts, 'AWS takes up to 24 hours until costs of a new account can be seen.')
  },
}

/** US dollars a month. */
export function sumOf({ monthly, accounts }: Budget, name: string): number {
  return Object.hasOwn(accounts, name) ? accounts[name]! : monthly
}

async function budgetActs(making: Making, wanted: Budget): Promise<readonly Act[]> {
  const { callers, journal } = making
  const who = memberOf(making)
  const AccountId = journal.accountId!
  const Amount = String(sumOf(wanted, journal.request.name))
  const Budget = { BudgetName: budgetName, BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount, Unit: 'USD' } } as const
  const find = callers.call(who, 'budgets', 'DescribeBudget', { AccountId, BudgetName: budgetName })
  const present = await ifThere(find, 'NotFoundException')
  if (present === undefined) {
    const address = wanted.email ?? (await contactOf(making)) ?? journal.request.email
    const Subscribers = [{ SubscriptionType: 'EMAIL' as const, Address: address }]
    const NotificationsWithSubscribers = thresholds.map((threshold) => ({
      Notification: { ...threshold, ComparisonOperator: 'GREATER_THAN' as const, ThresholdType: 'PERCENTAGE' as const },
      Subscribers,
    }))
    return [
      act(`budgets:CreateBudget ${Amount} USD a month, ${address} is told`, () =>
        unlessThere(
          callers.call(who, 'budgets', 'CreateBudget', { AccountId, Budget, NotificationsWithSubscribers }),
          'DuplicateRecordException',
        ),
      ),
    ]
  }
  const limit = present.Budget?.BudgetLimit
  if (Number(limit?.Amount) === Number(Amount) && limit?.Unit === 'USD') return []
  return [
    act(`budgets:UpdateBudget to ${Amount} USD a month`, () =>
      callers.call(who, 'budgets', 'UpdateBudget', { AccountId, NewBudget: Budget }),
    ),
  ]
}

/** Whom AWS writes to about bills. */
async function contactOf(making: Making): Promise<string | undefined> {
  const find = making.callers.call(memberOf(making), 'account', 'GetAlternateContact', { AlternateContactType: 'BILLING' })
  return (await ifThere(find, 'ResourceNotFoundException'))?.AlternateContact?.EmailAddress
}

/** Tags can be chosen a day after something had them, where the bill is paid. Those that AWS does not know yet are left to a later run. */
async function tagActs({ callers }: Making, { tags }: Budget): Promise<readonly Act[]> {
  if (tags.length === 0) return []
  const { CostAllocationTags = [] } = await callers.call('management', 'costexplorer', 'ListCostAllocationTags', {
    TagKeys: [...tags],
    Type: 'UserDefined',
    Status: 'Inactive',
  })
  if (CostAllocationTags.length === 0) return []
  const keys = CostAllocationTags.map(({ TagKey }) => TagKey!)
  return [
    act(`ce:UpdateCostAllocationTagsStatus ${keys.join(', ')}`, () =>
      callers.call('management', 'costexplorer', 'UpdateCostAllocationTagsStatus', {
        CostAllocationTagsStatus: keys.map((TagKey) => ({ TagKey, Status: 'Active' as const })),
      }),
    ),
  ]
}
