import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { tryInstanceProfile } from '../iam/instance-profile.ts'
import { rowsOf } from './_kind.ts'
import { instanceKind } from './_kinds.ts'
import type { InstanceRow } from './_rows.ts'

/** The instance profile that a request names. @throws AwsError when there is none */
export function findProfile(call: Call, given: Ec2.IamInstanceProfileSpecification): { arn: string; id: string } {
  if (given.Arn !== undefined && given.Name !== undefined)
    throw new AwsError(
      'InvalidParameterCombination',
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    )
  const profile = tryInstanceProfile(call, given)
  if (profile !== undefined) return { arn: profile.arn, id: profile.uniqueId }
  const [member, value] = given.Arn === undefined ? ['name', given.Name] : ['arn', given.Arn]
  throw new AwsError(
    'InvalidParameterValue',
    `Value (${value}) for parameter iamInstanceProfile.${member} is invalid. Invalid IAM Instance Profile ${member === 'arn' ? 'ARN' : 'name'}`,
  )
}

/** Gives the instance another profile. */
export function associate(call: Call, instance: InstanceRow, given: Ec2.IamInstanceProfileSpecification | undefined): InstanceRow {
  if (given === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter IamInstanceProfile')
  const profile = { ...findProfile(call, given), associationId: call.newId('iip-assoc') }
  return rowsOf(instanceKind, call).patch(instance.id, { profile })
}

export function describeProfile(instance: InstanceRow, state: Ec2.IamInstanceProfileAssociationState): Ec2.IamInstanceProfileAssociation {
  const { arn, id, associationId } = instance.profile!
  return { AssociationId: associationId, InstanceId: instance.id, IamInstanceProfile: { Arn: arn, Id: id }, State: state }
}
