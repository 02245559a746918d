import type { AnyResource, DataSourceSpec } from '../../providers/kit/index.ts'
import type { AwsApi, Flavour } from './api.ts'

/** The resource types of this provider. Each is loaded when it is first used. */
export const resources: Readonly<Record<string, (flavour: Flavour) => Promise<AnyResource<AwsApi>>>> = {
  aws_security_group: async () => (await import('./ec2/security-group.ts')).securityGroup,
  aws_vpc: async () => (await import('./ec2/vpc.ts')).vpc,
}

export const dataSources: Readonly<Record<string, (flavour: Flavour) => Promise<DataSourceSpec<AwsApi>>>> = {}
