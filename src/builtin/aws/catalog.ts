import type { AnyResource, DataSourceSpec } from '../../providers/kit/index.ts'
import type { AwsApi, Flavour } from './api.ts'

/** The resource types of this provider. Each is loaded when it is first used. */
export const resources: Readonly<Record<string, (flavour: Flavour) => Promise<AnyResource<AwsApi>>>> = {
  aws_cloudwatch_log_group: async () => (await import('./logs/log-group.ts')).logGroup,
  aws_cloudwatch_metric_alarm: async () => (await import('./cloudwatch/metric-alarm.ts')).metricAlarm,
  aws_route53_record: async () => (await import('./route53/record.ts')).record,
  aws_route53_zone: async () => (await import('./route53/zone.ts')).zone,
  aws_security_group: async () => (await import('./ec2/security-group.ts')).securityGroup,
  aws_vpc: async () => (await import('./ec2/vpc.ts')).vpc,
}

export const dataSources: Readonly<Record<string, (flavour: Flavour) => Promise<DataSourceSpec<AwsApi>>>> = {
  aws_ssm_parameter: async () => (await import('./ssm/parameter-data.ts')).parameterData,
}
