import type * as Budgets from '@aws-sdk/client-budgets'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import type { Row, Table } from '../../kernel/store.ts'
import { awsJson, sdkModel } from '../../protocols/index.ts'
import { checkBilling } from '../organizations/billing.ts'

/** A budget; its id is its name. */
interface BudgetRow extends Row {
  readonly budget: Budgets.Budget
  readonly notifications: readonly Budgets.NotificationWithSubscribers[]
}

/** The account's own; others are none of the caller's business. */
function own(call: Call, accountId: string | undefined): Table<BudgetRow> {
  if (accountId !== call.account)
    throw new AwsError('AccessDeniedException', `User: ${call.identity.arn} is not authorized to perform: budgets:${call.operation}`)
  checkBilling(call)
  return call.scope.table<BudgetRow>('budgets')
}

function find(call: Call, accountId: string | undefined, name: string | undefined): BudgetRow {
  const row = own(call, accountId).get(name ?? '')
  if (row !== undefined) return row
  throw new AwsError('NotFoundException', `Unable to get budget: ${name} - the budget doesn't exist.`)
}

function check(budget: Budgets.Budget): Budgets.Budget {
  const { BudgetName: name = '', BudgetLimit: limit } = budget
  if (name === '' || name.length > 100 || /[:\\]/.test(name))
    throw new AwsError('InvalidParameterException', 'The name of the budget is invalid.')
  if (limit !== undefined && !(Number(limit.Amount) > 0))
    throw new AwsError('InvalidParameterException', 'The limit of the budget must be above 0.')
  return budget
}

const isSame = (a: Budgets.Notification | undefined, b: Budgets.Notification | undefined): boolean =>
  a?.NotificationType === b?.NotificationType && a?.Threshold === b?.Threshold && a?.ComparisonOperator === b?.ComparisonOperator

const operations = {
  CreateBudget(input: Budgets.CreateBudgetRequest, call: Call): object {
    const table = own(call, input.AccountId)
    const budget = check(input.Budget!)
    const id = budget.BudgetName!
    if (table.get(id) !== undefined)
      throw new AwsError('DuplicateRecordException', `Error creating budget: ${id} - the budget already exists.`)
    const notifications = input.NotificationsWithSubscribers ?? []
    // @see Billing User Guide, "Quotas": ten notifications for a budget, and eleven subscribers for each
    if (notifications.length > 10 || notifications.some(({ Subscribers: s }) => s!.length === 0 || s!.length > 11))
      throw new AwsError('CreationLimitExceededException', 'A budget has at most ten notifications, and each one to eleven subscribers.')
    table.put({ id, budget, notifications })
    return {}
  },

  UpdateBudget(input: Budgets.UpdateBudgetRequest, call: Call): object {
    const { id } = find(call, input.AccountId, input.NewBudget!.BudgetName)
    own(call, input.AccountId).patch(id, { budget: check(input.NewBudget!) })
    return {}
  },

  DescribeBudget(input: Budgets.DescribeBudgetRequest, call: Call): Budgets.DescribeBudgetResponse {
    const { budget } = find(call, input.AccountId, input.BudgetName)
    return { Budget: { ...budget, CalculatedSpend: { ActualSpend: { Amount: '0.0', Unit: budget.BudgetLimit?.Unit ?? 'USD' } } } }
  },

  DescribeBudgets(input: Budgets.DescribeBudgetsRequest, call: Call): Budgets.DescribeBudgetsResponse {
    const all = [...own(call, input.AccountId).values()].map(({ budget }) => budget)
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 100, 'InvalidNextTokenException')
    return { Budgets: [...items], NextToken: nextToken }
  },

  DescribeNotificationsForBudget(
    input: Budgets.DescribeNotificationsForBudgetRequest,
    call: Call,
  ): Budgets.DescribeNotificationsForBudgetResponse {
    const { notifications } = find(call, input.AccountId, input.BudgetName)
    return { Notifications: notifications.map(({ Notification }) => Notification!) }
  },

  DescribeSubscribersForNotification(
    input: Budgets.DescribeSubscribersForNotificationRequest,
    call: Call,
  ): Budgets.DescribeSubscribersForNotificationResponse {
    const { notifications } = find(call, input.AccountId, input.BudgetName)
    const found = notifications.find(({ Notification }) => isSame(Notification, input.Notification))
    if (found === undefined) throw new AwsError('NotFoundException', 'Unable to get subscribers: the notification does not exist.')
    return { Subscribers: [...found.Subscribers!] }
  },

  DeleteBudget(input: Budgets.DeleteBudgetRequest, call: Call): object {
    own(call, input.AccountId).delete(find(call, input.AccountId, input.BudgetName).id)
    return {}
  },
}

/** Budgets: what an account may cost and who is told. Nothing costs anything here, so nobody is. */
export const budgets: Service = {
  name: 'budgets',
  protocol: awsJson('1.1'),
  facts: { version: '2016-10-20', targetPrefix: 'AWSBudgetServiceGateway' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-budgets')),
  operations,
  refusals: jsonRefusals,
}
