import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity } from './_errors.ts'
import {
  attach,
  checkBare,
  deleteInline,
  detach,
  findHolder,
  getInline,
  groupKind,
  listAttached,
  listInline,
  putInline,
} from './_holders.ts'
import { arnOf, checkName, checkPath, keyOf, listed, newEntity, page } from './_names.ts'
import { type GroupRow, rows, type UserRow } from './rows.ts'
import { describeUser, findUser } from './user.ts'

const MOST_GROUPS_OF_A_USER = 10

export function findGroup(call: Call, name: string | undefined): GroupRow {
  return findHolder(call, groupKind, name)
}

function membersOf(call: Call, group: GroupRow): UserRow[] {
  return listed([...rows(call, 'users').values()].filter((user) => user.groups.includes(group.id)))
}

export const groupOperations = {
  CreateGroup(input: Iam.CreateGroupRequest, call: Call): Iam.CreateGroupResponse {
    const name = checkName(input.GroupName, 'groupName', 128)
    const path = checkPath(input.Path)
    if (rows(call, 'groups').get(keyOf(name)) !== undefined) throw alreadyExists(`Group with name ${name} already exists.`)
    const row = rows(call, 'groups').put({ ...newEntity(call, 'group', 'AGPA', path, name), inline: {}, attached: [] })
    return { Group: describeGroup(row) }
  },

  GetGroup(input: Iam.GetGroupRequest, call: Call): Iam.GetGroupResponse {
    const row = findGroup(call, input.GroupName)
    const { items, ...rest } = page(call, input, membersOf(call, row))
    return { Group: describeGroup(row), Users: items.map((user) => ({ ...describeUser(user), Tags: undefined })), ...rest }
  },

  ListGroups(input: Iam.ListGroupsRequest, call: Call): Iam.ListGroupsResponse {
    const { items, ...rest } = page(call, input, listed(rows(call, 'groups').values(), input.PathPrefix))
    return { Groups: items.map(describeGroup), ...rest }
  },

  UpdateGroup(input: Iam.UpdateGroupRequest, call: Call): object {
    const row = findGroup(call, input.GroupName)
    const name = input.NewGroupName === undefined ? row.name : checkName(input.NewGroupName, 'newGroupName', 128)
    const path = input.NewPath === undefined ? row.path : checkPath(input.NewPath)
    const id = keyOf(name)
    if (id !== row.id && rows(call, 'groups').get(id) !== undefined) throw alreadyExists(`Group with name ${name} already exists.`)
    rows(call, 'groups').delete(row.id)
    rows(call, 'groups').put({ ...row, id, name, path, arn: arnOf(call, 'group', path, name) })
    for (const user of membersOf(call, row)) rows(call, 'users').patch(user.id, { groups: user.groups.map((g) => (g === row.id ? id : g)) })
    return {}
  },

  DeleteGroup(input: Iam.DeleteGroupRequest, call: Call): object {
    const row = findGroup(call, input.GroupName)
    checkBare(row)
    if (membersOf(call, row).length > 0) throw deleteConflict('remove users from group')
    rows(call, 'groups').delete(row.id)
    return {}
  },

  AddUserToGroup(input: Iam.AddUserToGroupRequest, call: Call): object {
    const group = findGroup(call, input.GroupName)
    const user = findUser(call, input.UserName)
    if (user.groups.includes(group.id)) return {}
    if (user.groups.length >= MOST_GROUPS_OF_A_USER) throw limitExceeded(`Cannot exceed quota for GroupsPerUser: ${MOST_GROUPS_OF_A_USER}`)
    rows(call, 'users').patch(user.id, { groups: [...user.groups, group.id] })
    return {}
  },

  RemoveUserFromGroup(input: Iam.RemoveUserFromGroupRequest, call: Call): object {
    const group = findGroup(call, input.GroupName)
    const user = findUser(call, input.UserName)
    if (!user.groups.includes(group.id)) throw noSuchEntity(`User ${user.name} is not in group ${group.name}.`)
    rows(call, 'users').patch(user.id, { groups: user.groups.filter((id) => id !== group.id) })
    return {}
  },

  PutGroupPolicy(input: Iam.PutGroupPolicyRequest, call: Call): object {
    putInline(call, groupKind, input.GroupName!, input.PolicyName, input.PolicyDocument!)
    return {}
  },

  GetGroupPolicy(input: Iam.GetGroupPolicyRequest, call: Call): Iam.GetGroupPolicyResponse {
    const { holder, ...policy } = getInline(call, groupKind, input.GroupName!, input.PolicyName!)
    return { GroupName: holder.name, ...policy }
  },

  DeleteGroupPolicy(input: Iam.DeleteGroupPolicyRequest, call: Call): object {
    deleteInline(call, groupKind, input.GroupName!, input.PolicyName!)
    return {}
  },

  ListGroupPolicies: (input: Iam.ListGroupPoliciesRequest, call: Call): Iam.ListGroupPoliciesResponse =>
    listInline(call, groupKind, input.GroupName!, input),

  AttachGroupPolicy(input: Iam.AttachGroupPolicyRequest, call: Call): object {
    attach(call, groupKind, input.GroupName!, input.PolicyArn!)
    return {}
  },

  DetachGroupPolicy(input: Iam.DetachGroupPolicyRequest, call: Call): object {
    detach(call, groupKind, input.GroupName!, input.PolicyArn!)
    return {}
  },

  ListAttachedGroupPolicies: (input: Iam.ListAttachedGroupPoliciesRequest, call: Call): Iam.ListAttachedGroupPoliciesResponse =>
    listAttached(call, groupKind, input.GroupName!, input),
}

export function describeGroup(row: GroupRow): Iam.Group {
  return { Path: row.path, GroupName: row.name, GroupId: row.uniqueId, Arn: row.arn, CreateDate: row.created }
}
