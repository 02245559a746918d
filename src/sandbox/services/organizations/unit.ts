import type * as Orgs from '@aws-sdk/client-organizations'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import {
  allowEverything,
  arnOf,
  findAccount,
  forgetTarget,
  isParent,
  lowerId,
  managed,
  type OrganizationRow,
  rows,
  type UnitRow,
} from './rows.ts'
import { putTags } from './tags.ts'

function described(organization: OrganizationRow, { id, name }: UnitRow): Orgs.OrganizationalUnit {
  return { Id: id, Arn: arnOf(organization, 'ou', id), Name: name }
}

function findUnit(call: Call, organization: OrganizationRow, id: string | undefined): UnitRow {
  const row = rows(call, 'units').get(id ?? '')
  if (row?.management === organization.id) return row
  throw new AwsError('OrganizationalUnitNotFoundException', "You specified an organizational unit that doesn't exist.")
}

function checkParent(call: Call, organization: OrganizationRow, id: string | undefined): string {
  if (!isParent(call, organization, id)) throw new AwsError('ParentNotFoundException', "You specified parent that doesn't exist.")
  return id!
}

function unitsBelow(call: Call, organization: OrganizationRow, parent: string): readonly UnitRow[] {
  return [...rows(call, 'units').values()].filter((row) => row.management === organization.id && row.parent === parent)
}

function checkFree(call: Call, organization: OrganizationRow, parent: string, name: string): void {
  if (unitsBelow(call, organization, parent).some((unit) => unit.name === name))
    throw new AwsError('DuplicateOrganizationalUnitException', 'An OU with the same name already exists.')
}

export const unitOperations = {
  CreateOrganizationalUnit(input: Orgs.CreateOrganizationalUnitRequest, call: Call): Orgs.CreateOrganizationalUnitResponse {
    const organization = managed(call)
    const parent = checkParent(call, organization, input.ParentId)
    checkFree(call, organization, parent, input.Name!)
    const id = lowerId(call, `ou-${organization.rootId.slice(2)}-`, 8)
    const row = rows(call, 'units').put({ id, management: organization.id, name: input.Name!, parent })
    allowEverything(call, organization, id)
    putTags(call, id, input.Tags)
    return { OrganizationalUnit: described(organization, row) }
  },

  DescribeOrganizationalUnit(input: Orgs.DescribeOrganizationalUnitRequest, call: Call): Orgs.DescribeOrganizationalUnitResponse {
    const organization = managed(call)
    return { OrganizationalUnit: described(organization, findUnit(call, organization, input.OrganizationalUnitId)) }
  },

  UpdateOrganizationalUnit(input: Orgs.UpdateOrganizationalUnitRequest, call: Call): Orgs.UpdateOrganizationalUnitResponse {
    const organization = managed(call)
    const unit = findUnit(call, organization, input.OrganizationalUnitId)
    if (input.Name === undefined || input.Name === unit.name) return { OrganizationalUnit: described(organization, unit) }
    checkFree(call, organization, unit.parent, input.Name)
    return { OrganizationalUnit: described(organization, rows(call, 'units').patch(unit.id, { name: input.Name })) }
  },

  DeleteOrganizationalUnit(input: Orgs.DeleteOrganizationalUnitRequest, call: Call): object {
    const organization = managed(call)
    const { id } = findUnit(call, organization, input.OrganizationalUnitId)
    const isEmpty =
      unitsBelow(call, organization, id).length === 0 && ![...rows(call, 'accounts').values()].some((row) => row.parent === id)
    if (!isEmpty) throw new AwsError('OrganizationalUnitNotEmptyException', 'The specified OU is not empty.')
    rows(call, 'units').delete(id)
    forgetTarget(call, id)
    rows(call, 'tags').delete(id)
    return {}
  },

  ListOrganizationalUnitsForParent(
    input: Orgs.ListOrganizationalUnitsForParentRequest,
    call: Call,
  ): Orgs.ListOrganizationalUnitsForParentResponse {
    const organization = managed(call)
    const all = unitsBelow(call, organization, checkParent(call, organization, input.ParentId))
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 20, 'InvalidInputException')
    return { OrganizationalUnits: items.map((row) => described(organization, row)), NextToken: nextToken }
  },

  ListParents(input: Orgs.ListParentsRequest, call: Call): Orgs.ListParentsResponse {
    const organization = managed(call)
    const parent = rows(call, 'units').get(input.ChildId!)?.parent ?? rows(call, 'accounts').get(input.ChildId!)?.parent
    if (parent === undefined)
      throw new AwsError('ChildNotFoundException', "You specified an organizational unit or account that doesn't exist.")
    return { Parents: [{ Id: parent, Type: parent === organization.rootId ? 'ROOT' : 'ORGANIZATIONAL_UNIT' }] }
  },

  MoveAccount(input: Orgs.MoveAccountRequest, call: Call): object {
    const organization = managed(call)
    const account = findAccount(call, organization, input.AccountId)
    if (account.parent !== input.SourceParentId)
      throw new AwsError('SourceParentNotFoundException', "The specified source parent isn't the parent of the account.")
    if (!isParent(call, organization, input.DestinationParentId))
      throw new AwsError(
        'DestinationParentNotFoundException',
        "We can't find the destination container (a root or OU) with the specified ID.",
      )
    if (input.DestinationParentId === account.parent)
      throw new AwsError('DuplicateAccountException', 'The account is already in the specified destination.')
    rows(call, 'accounts').patch(account.id, { parent: input.DestinationParentId! })
    return {}
  },
}
