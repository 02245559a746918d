import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js'
import { IamGroup } from '@cdktf/provider-aws/lib/iam-group/index.js'
import { IamGroupPolicy } from '@cdktf/provider-aws/lib/iam-group-policy/index.js'
import { IamUser } from '@cdktf/provider-aws/lib/iam-user/index.js'
import { IamUserGroupMembership } from '@cdktf/provider-aws/lib/iam-user-group-membership/index.js'
import type { Construct } from 'constructs'
import { Environment } from '../environment/index.ts'
import { isModule, Module, ModuleError } from '../module.ts'

export interface PeopleProps {
  /** Groups and the ARNs of the roles that their members may assume. */
  readonly groups: Readonly<Record<string, readonly string[]>>
  /** User names and the groups they are in. */
  readonly people: Readonly<Record<string, readonly string[]>>
}

const kind = 'people'
/** Everybody is in it: one's own password, keys and MFA device. */
const everybody = 'people'

/**
 * Users who log in to this account, and by their groups into roles of this and of others. Everybody belongs in the account that people log in to; other
 * accounts have at most a user for the day when that one cannot be reached.
 */
export class People extends Module {
  readonly userArns: Readonly<Record<string, string>>
  readonly groupArns: Readonly<Record<string, string>>

  constructor(scope: Construct, id: string, props: PeopleProps) {
    super(scope, id, kind)
    const groups = new Map<string, IamGroup>()
    const all = new IamGroup(this, 'everybody', { name: everybody })
    groups.set(everybody, all)
    new IamGroupPolicy(this, 'everybody-policy', { name: 'own-credentials', group: all.name, policy: this.#ownCredentials() })
    for (const [name, roles] of Object.entries(props.groups)) {
      const group = new IamGroup(this, `group-${name}`, { name })
      const { json } = new DataAwsIamPolicyDocument(this, `group-${name}-document`, {
        statement: [{ sid: 'AssumeRoles', effect: 'Allow', actions: ['sts:AssumeRole'], resources: [...roles] }],
      })
      new IamGroupPolicy(this, `group-${name}-policy`, { name: 'assume-roles', group: group.name, policy: json })
      groups.set(name, group)
    }
    const userArns: Record<string, string> = {}
    for (const [name, memberOf] of Object.entries(props.people)) {
      const user = new IamUser(this, `user-${name}`, { name, forceDestroy: true })
      const names = [everybody, ...memberOf].map((group) => {
        const found = groups.get(group)
        if (found === undefined) throw new ModuleError(this, `${name} is in a group "${group}" that is not among the groups.`)
        return found.name
      })
      new IamUserGroupMembership(this, `user-${name}-groups`, { user: user.name, groups: names })
      userArns[name] = user.arn
    }
    this.userArns = userArns
    this.groupArns = Object.fromEntries([...groups].map(([name, group]) => [name, group.arn]))
  }

  static isPeople(x: unknown): x is People {
    return isModule(x, kind)
  }

  #ownCredentials(): string {
    const { account } = Environment.of(this)
    // The dollar sign is doubled: it is AWS that puts the name in.
    const own = `arn:aws:iam::${account.id}:user/$\${aws:username}`
    return JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Sid: 'OwnPasswordAndKeys', Effect: 'Allow', Action: ['iam:ChangePassword', 'iam:GetUser', 'iam:*AccessKey*'], Resource: own },
        {
          Sid: 'OwnMfaDevice',
          Effect: 'Allow',
          Action: ['iam:CreateVirtualMFADevice', 'iam:EnableMFADevice', 'iam:ResyncMFADevice', 'iam:ListMFADevices'],
          Resource: [own, `arn:aws:iam::${account.id}:mfa/*`],
        },
      ],
    })
  }
}
