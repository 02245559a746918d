import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js'
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy/index.js'
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js'
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js'
import type { Construct } from 'constructs'
import { Environment } from '../environment/index.ts'
import { isModule, Module } from '../module.ts'

export interface EnvironmentRolesProps {
  /** Account in which people log in. */
  readonly trustedAccountId: string
  /** The account's own users may take on its roles too, where a policy of theirs allows it: the way in when the other account cannot be reached. Default false. */
  readonly ownUsers?: boolean
  /** Only with a second factor. Default true. */
  readonly mfa?: boolean
  /** How long a session may last. Default 12. */
  readonly maxSessionHours?: number
}

/** What people may be in an environment. */
export const roleNames = ['admin', 'developer', 'readonly'] as const
export type RoleName = (typeof roleNames)[number]

/** The ARN of a role of `EnvironmentRoles` in an account, for those who grant it without reading the account's state. */
export function environmentRoleArn(accountId: string, role: RoleName): string {
  return `arn:aws:iam::${accountId}:role/${role}`
}

const kind = 'environment-roles'

/** The roles that people of another account take on in this one. Who may is settled there, by groups. */
export class EnvironmentRoles extends Module {
  readonly roleArns: Readonly<Record<RoleName, string>>

  constructor(scope: Construct, id: string, props: EnvironmentRolesProps) {
    super(scope, id, kind)
    const { account } = Environment.of(this)
    const { trustedAccountId, ownUsers = false, mfa = true, maxSessionHours = 12 } = props
    const trusted = ownUsers ? [trustedAccountId, account.id] : [trustedAccountId]
    const trust = new DataAwsIamPolicyDocument(this, 'trust', {
      statement: [
        {
          effect: 'Allow',
          actions: ['sts:AssumeRole'],
          principals: [{ type: 'AWS', identifiers: trusted.map((id) => `arn:aws:iam::${id}:root`) }],
          ...(mfa ? { condition: [{ test: 'Bool', variable: 'aws:MultiFactorAuthPresent', values: ['true'] }] } : {}),
        },
      ],
    })
    const role = (name: RoleName, description: string, policies: Readonly<Record<string, string>>): string => {
      const made = new IamRole(this, name, {
        name,
        description,
        assumeRolePolicy: trust.json,
        maxSessionDuration: maxSessionHours * 3600,
      })
      for (const [policy, policyArn] of Object.entries(policies)) {
        new IamRolePolicyAttachment(this, `${name}-${policy}`, { role: made.name, policyArn })
      }
      return made.arn
    }
    const readonlyPolicy = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
    const deploy = new IamPolicy(this, 'deploy', {
      name: 'deploy',
      description: 'Start new versions of services',
      policy: new DataAwsIamPolicyDocument(this, 'deploy-document', {
        statement: [
          {
            sid: 'Deploy',
            effect: 'Allow',
            actions: ['ecs:RegisterTaskDefinition', 'ecs:UpdateService', 'ecs:StopTask'],
            resources: ['*'],
          },
          {
            sid: 'PassServiceRoles',
            effect: 'Allow',
            actions: ['iam:PassRole'],
            resources: [`arn:aws:iam::${account.id}:role/${account.name}-*`],
            condition: [{ test: 'StringEquals', variable: 'iam:PassedToService', values: ['ecs-tasks.amazonaws.com'] }],
          },
        ],
      }).json,
    })
    this.roleArns = {
      admin: role('admin', 'May do everything', { all: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
      developer: role('developer', 'May look at everything and deploy services', { read: readonlyPolicy, deploy: deploy.arn }),
      readonly: role('readonly', 'May look at everything', { read: readonlyPolicy }),
    }
  }

  static isEnvironmentRoles(x: unknown): x is EnvironmentRoles {
    return isModule(x, kind)
  }
}
