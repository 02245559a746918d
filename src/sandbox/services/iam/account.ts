import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import type { Row } from '../../kernel/store.ts'
import { alreadyExists, noSuchEntity, validationError } from './_errors.ts'
import { attachedPolicies, boundaryOf } from './_holders.ts'
import { managedPolicies } from './_managed-policies.ts'
import { encodeDocument, listed, page } from './_names.ts'
import { describeProfile } from './instance-profile.ts'
import { type HolderRow, iamScope, type PolicyRow, type RoleRow, rows, type UserRow } from './rows.ts'

interface AliasRow extends Row {
  readonly account: string
}

interface PasswordPolicyRow extends Row {
  readonly policy: Iam.PasswordPolicy
}

/** Aliases are names of all accounts together. */
function aliases(call: Call) {
  return call.kernel.store.scope('-', '-', 'iam').table<AliasRow>('aliases')
}

function aliasOf(call: Call): string | undefined {
  return [...aliases(call).values()].find((row) => row.account === call.account)?.id
}

function passwordPolicies(call: Call) {
  return iamScope(call).table<PasswordPolicyRow>('password-policy')
}

export const accountOperations = {
  CreateAccountAlias(input: Iam.CreateAccountAliasRequest, call: Call): object {
    const alias = input.AccountAlias!
    if (!/^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$/.test(alias))
      throw validationError(
        `1 validation error detected: Value '${alias}' at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`,
      )
    const taken = aliases(call).get(alias)
    if (taken !== undefined && taken.account !== call.account) throw alreadyExists(`The account alias ${alias} already exists.`)
    // An account has one alias: a new one takes the place of the old.
    const old = aliasOf(call)
    if (old !== undefined) aliases(call).delete(old)
    aliases(call).put({ id: alias, account: call.account })
    return {}
  },

  ListAccountAliases(_input: object, call: Call): Iam.ListAccountAliasesResponse {
    const alias = aliasOf(call)
    return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false }
  },

  DeleteAccountAlias(input: Iam.DeleteAccountAliasRequest, call: Call): object {
    if (aliasOf(call) !== input.AccountAlias) throw noSuchEntity(`The account alias ${input.AccountAlias} cannot be found.`)
    aliases(call).delete(input.AccountAlias!)
    return {}
  },

  UpdateAccountPasswordPolicy(input: Iam.UpdateAccountPasswordPolicyRequest, call: Call): object {
    const maxAge = input.MaxPasswordAge ?? 0
    passwordPolicies(call).put({
      id: 'policy',
      policy: {
        MinimumPasswordLength: input.MinimumPasswordLength ?? 6,
        RequireSymbols: input.RequireSymbols ?? false,
        RequireNumbers: input.RequireNumbers ?? false,
        RequireUppercaseCharacters: input.RequireUppercaseCharacters ?? false,
        RequireLowercaseCharacters: input.RequireLowercaseCharacters ?? false,
        AllowUsersToChangePassword: input.AllowUsersToChangePassword ?? false,
        ExpirePasswords: maxAge > 0,
        ...(maxAge > 0 ? { MaxPasswordAge: maxAge } : {}),
        ...(input.PasswordReusePrevention ? { PasswordReusePrevention: input.PasswordReusePrevention } : {}),
        HardExpiry: input.HardExpiry ?? false,
      },
    })
    return {}
  },

  GetAccountPasswordPolicy(_input: object, call: Call): Iam.GetAccountPasswordPolicyResponse {
    return { PasswordPolicy: findPasswordPolicy(call).policy }
  },

  DeleteAccountPasswordPolicy(_input: object, call: Call): object {
    passwordPolicies(call).delete(findPasswordPolicy(call).id)
    return {}
  },

  GetAccountSummary(_input: object, call: Call): Iam.GetAccountSummaryResponse {
    const devices = [...rows(call, 'devices').values()]
    return {
      SummaryMap: {
        Users: rows(call, 'users').size,
        UsersQuota: 5000,
        Groups: rows(call, 'groups').size,
        GroupsQuota: 300,
        Roles: rows(call, 'roles').size,
        RolesQuota: 1000,
        Policies: rows(call, 'policies').size,
        PoliciesQuota: 1500,
        InstanceProfiles: rows(call, 'profiles').size,
        InstanceProfilesQuota: 1000,
        MFADevices: devices.length,
        MFADevicesInUse: devices.filter((device) => device.user !== undefined).length,
        AccountMFAEnabled: 0,
        AccountAccessKeysPresent: 0,
        AccessKeysPerUserQuota: 2,
        AttachedPoliciesPerGroupQuota: 10,
        AttachedPoliciesPerRoleQuota: 10,
        AttachedPoliciesPerUserQuota: 10,
        GroupsPerUserQuota: 10,
        VersionsPerPolicyQuota: 5,
        PolicySizeQuota: 6144,
        AssumeRolePolicySizeQuota: 2048,
        Providers: rows(call, 'oidc').size,
      } as Record<string, number>,
    }
  },

  GetAccountAuthorizationDetails(input: Iam.GetAccountAuthorizationDetailsRequest, call: Call): Iam.GetAccountAuthorizationDetailsResponse {
    const all = input.Filter === undefined || input.Filter.length === 0 ? undefined : new Set(input.Filter)
    const wants = (filter: Iam.EntityType) => all === undefined || all.has(filter)
    const details: Detail[] = [
      ...(wants('User')
        ? listed(rows(call, 'users').values()).map((row): Detail => ({ kind: 'user', detail: userDetail(call, row) }))
        : []),
      ...(wants('Group')
        ? listed(rows(call, 'groups').values()).map((row): Detail => ({ kind: 'group', detail: groupDetail(call, row) }))
        : []),
      ...(wants('Role')
        ? listed(rows(call, 'roles').values()).map((row): Detail => ({ kind: 'role', detail: roleDetail(call, row) }))
        : []),
      ...(wants('LocalManagedPolicy')
        ? listed(rows(call, 'policies').values()).map((row): Detail => ({ kind: 'policy', detail: policyDetail(call, row) }))
        : []),
      ...(wants('AWSManagedPolicy')
        ? listed(managedPolicies().values())
            .map((row): Detail => ({ kind: 'policy', detail: policyDetail(call, row) }))
            .filter(({ detail }) => (detail as Iam.ManagedPolicyDetail).AttachmentCount! > 0)
        : []),
    ]
    const { items, ...rest } = page(call, input, details)
    const of = <D>(kind: Detail['kind']) => items.filter((item) => item.kind === kind).map((item) => item.detail as D)
    return {
      UserDetailList: of<Iam.UserDetail>('user'),
      GroupDetailList: of<Iam.GroupDetail>('group'),
      RoleDetailList: of<Iam.RoleDetail>('role'),
      Policies: of<Iam.ManagedPolicyDetail>('policy'),
      ...rest,
    }
  },
}

interface Detail {
  readonly kind: 'user' | 'group' | 'role' | 'policy'
  readonly detail: object
}

function findPasswordPolicy(call: Call): PasswordPolicyRow {
  const row = passwordPolicies(call).get('policy')
  if (row === undefined) throw noSuchEntity(`The Password Policy with domain name ${call.account} cannot be found.`)
  return row
}

function inlineDetails(holder: HolderRow): Iam.PolicyDetail[] {
  return Object.entries(holder.inline).map(([PolicyName, text]) => ({ PolicyName, PolicyDocument: encodeDocument(text) }))
}

function userDetail(call: Call, row: UserRow): Iam.UserDetail {
  return {
    Path: row.path,
    UserName: row.name,
    UserId: row.uniqueId,
    Arn: row.arn,
    CreateDate: row.created,
    UserPolicyList: inlineDetails(row),
    GroupList: row.groups.map((id) => rows(call, 'groups').get(id)?.name ?? id),
    AttachedManagedPolicies: attachedPolicies(call, row),
    PermissionsBoundary: boundaryOf(row.boundary),
    Tags: [...row.tags],
  }
}

function groupDetail(call: Call, row: HolderRow): Iam.GroupDetail {
  return {
    Path: row.path,
    GroupName: row.name,
    GroupId: row.uniqueId,
    Arn: row.arn,
    CreateDate: row.created,
    GroupPolicyList: inlineDetails(row),
    AttachedManagedPolicies: attachedPolicies(call, row),
  }
}

function roleDetail(call: Call, row: RoleRow): Iam.RoleDetail {
  const profiles = [...rows(call, 'profiles').values()].filter((profile) => profile.role === row.id)
  return {
    Path: row.path,
    RoleName: row.name,
    RoleId: row.uniqueId,
    Arn: row.arn,
    CreateDate: row.created,
    AssumeRolePolicyDocument: encodeDocument(row.trust),
    InstanceProfileList: profiles.map((profile) => describeProfile(call, profile)),
    RolePolicyList: inlineDetails(row),
    AttachedManagedPolicies: attachedPolicies(call, row),
    PermissionsBoundary: boundaryOf(row.boundary),
    Tags: [...row.tags],
    RoleLastUsed: {},
  }
}

function policyDetail(call: Call, row: PolicyRow): Iam.ManagedPolicyDetail {
  let count = 0
  for (const table of ['users', 'groups', 'roles'] as const)
    for (const holder of rows(call, table).values()) if (holder.attached.includes(row.arn)) count++
  return {
    PolicyName: row.name,
    PolicyId: row.uniqueId,
    Arn: row.arn,
    Path: row.path,
    DefaultVersionId: row.defaultVersion,
    AttachmentCount: count,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: row.description,
    CreateDate: row.created,
    UpdateDate: row.updated,
    PolicyVersionList: row.versions.map((version) => ({
      VersionId: version.id,
      Document: encodeDocument(version.document),
      IsDefaultVersion: version.id === row.defaultVersion,
      CreateDate: version.created,
    })),
  }
}
