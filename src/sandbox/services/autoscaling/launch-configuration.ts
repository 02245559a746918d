import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { ec2Call } from '../ec2/from-outside.ts'
import { findImage } from '../ec2/image.ts'
import { findInstanceType } from '../ec2/instance-type.ts'
import { groups, invalid, type LaunchConfigurationRow, launchConfigurations, newUuid } from './_rows.ts'

export const launchConfigurationOperations = {
  CreateLaunchConfiguration(input: AutoScaling.CreateLaunchConfigurationType, call: Call): object {
    const name = input.LaunchConfigurationName!
    if (launchConfigurations(call).get(name) !== undefined)
      throw new AwsError(
        'AlreadyExists',
        `Launch Configuration by this name already exists - A launch configuration already exists with the name ${name}`,
      )
    if (input.ImageId === undefined || input.InstanceType === undefined)
      throw invalid('Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.')
    try {
      findImage(ec2Call(call), input.ImageId)
      findInstanceType(input.InstanceType)
    } catch (error) {
      throw error instanceof AwsError ? invalid(error.message) : error
    }
    launchConfigurations(call).put({ id: name, uuid: newUuid(call), created: call.now, given: input })
    return {}
  },

  DescribeLaunchConfigurations(input: AutoScaling.LaunchConfigurationNamesType, call: Call): AutoScaling.LaunchConfigurationsType {
    const names = input.LaunchConfigurationNames ?? []
    const found = [...launchConfigurations(call).values()].filter((row) => names.length === 0 || names.includes(row.id))
    const page = pageOf(call, found, input.NextToken, Math.min(input.MaxRecords ?? 50, 100))
    return { LaunchConfigurations: page.items.map((row) => describe(row, call)), NextToken: page.nextToken }
  },

  DeleteLaunchConfiguration(input: AutoScaling.LaunchConfigurationNameType, call: Call): object {
    const name = input.LaunchConfigurationName!
    if (launchConfigurations(call).get(name) === undefined)
      throw invalid(`Launch configuration name not found - Launch configuration ${name} not found`)
    for (const group of groups(call).values())
      if (group.launch.kind === 'configuration' && group.launch.name === name)
        throw new AwsError(
          'ResourceInUse',
          `Cannot delete launch configuration ${name} because it is attached to AutoScalingGroup ${group.id}`,
        )
    launchConfigurations(call).delete(name)
    return {}
  },
}

function describe(row: LaunchConfigurationRow, call: Call): AutoScaling.LaunchConfiguration {
  const { given } = row
  return {
    KernelId: '',
    RamdiskId: '',
    KeyName: '',
    UserData: '',
    SecurityGroups: [],
    BlockDeviceMappings: [],
    EbsOptimized: false,
    InstanceMonitoring: { Enabled: true },
    ...given,
    LaunchConfigurationName: row.id,
    LaunchConfigurationARN: call.arn(`launchConfiguration:${row.uuid}:launchConfigurationName/${row.id}`),
    ImageId: given.ImageId,
    InstanceType: given.InstanceType,
    ClassicLinkVPCSecurityGroups: [],
    CreatedTime: row.created,
  }
}
