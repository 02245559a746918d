import type { Call } from '../../kernel/call.ts'
import { tryInstanceProfile } from './instance-profile.ts'
import { rows } from './rows.ts'

type Input = Readonly<Record<string, unknown>>

export interface PassedRole {
  readonly arn: string
  /** The service that will act as the role. */
  readonly to: string
}

/**
 * The roles that a call hands to a service, which takes the permission `iam:PassRole`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 */
export function passedRoles(service: string, operation: string, input: Input, call: Call): readonly PassedRole[] {
  const table = Object.hasOwn(passing, service) ? passing[service]! : {}
  return Object.hasOwn(table, operation) ? table[operation]!(input, call) : []
}

type Passing = (input: Input, call: Call) => readonly PassedRole[]

const byProfile: Passing = ({ IamInstanceProfile: given }, call) => {
  if (given === undefined) return []
  const named =
    typeof given === 'string' ? (given.startsWith('arn:') ? { Arn: given } : { Name: given }) : (given as { Arn?: string; Name?: string })
  const id = tryInstanceProfile(call, named)?.role
  const role = id === undefined ? undefined : rows(call, 'roles').get(id)
  return role === undefined ? [] : [{ arn: role.arn, to: 'ec2.amazonaws.com' }]
}

/** By ARN, or by name. */
function byRole(to: string, ...members: readonly string[]): Passing {
  return (input, call) =>
    members.flatMap((member) => {
      const given = input[member]
      if (typeof given !== 'string' || given === '') return []
      const arn = given.startsWith('arn:')
        ? given
        : (rows(call, 'roles').get(given.toLowerCase())?.arn ?? `arn:aws:iam::${call.account}:role/${given}`)
      return [{ arn, to }]
    })
}

const passing: Readonly<Record<string, Readonly<Record<string, Passing>>>> = {
  autoscaling: { CreateLaunchConfiguration: byProfile },
  config: {
    PutConfigurationRecorder({ ConfigurationRecorder: recorder }) {
      const arn = (recorder as { roleARN?: string } | undefined)?.roleARN
      return arn === undefined ? [] : [{ arn, to: 'config.amazonaws.com' }]
    },
  },
  ec2: { AssociateIamInstanceProfile: byProfile, ReplaceIamInstanceProfileAssociation: byProfile, RunInstances: byProfile },
  ecs: {
    CreateService: byRole('ecs.amazonaws.com', 'role'),
    RegisterTaskDefinition: byRole('ecs-tasks.amazonaws.com', 'taskRoleArn', 'executionRoleArn'),
  },
  iam: { AddRoleToInstanceProfile: byRole('ec2.amazonaws.com', 'RoleName') },
}
