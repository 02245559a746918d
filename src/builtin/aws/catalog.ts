import type { AnyResource, DataSourceSpec } from '../../providers/kit/index.ts'
import type { AwsApi, Flavour } from './api.ts'

/** The resource types of this provider. Each is loaded when it is first used. */
export const resources: Readonly<Record<string, (flavour: Flavour) => Promise<AnyResource<AwsApi>>>> = {
  aws_cloudwatch_log_group: async () => (await import('./logs/log-group.ts')).logGroup,
  aws_cloudwatch_metric_alarm: async () => (await import('./cloudwatch/metric-alarm.ts')).metricAlarm,
  aws_eip: async () => (await import('./ec2/eip.ts')).eip,
  aws_instance: async (flavour) => (await import('./ec2/instance.ts')).instanceOf(flavour),
  aws_internet_gateway: async () => (await import('./ec2/internet-gateway.ts')).internetGateway,
  aws_key_pair: async () => (await import('./ec2/key-pair.ts')).keyPair,
  aws_nat_gateway: async () => (await import('./ec2/nat-gateway.ts')).natGateway,
  aws_route: async () => (await import('./ec2/route.ts')).route,
  aws_route53_record: async () => (await import('./route53/record.ts')).record,
  aws_route53_zone: async () => (await import('./route53/zone.ts')).zone,
  aws_route_table: async () => (await import('./ec2/route-table.ts')).routeTable,
  aws_route_table_association: async () => (await import('./ec2/route-table-association.ts')).routeTableAssociation,
  aws_s3_bucket: async () => (await import('./s3/bucket.ts')).bucket,
  aws_s3_bucket_policy: async () => (await import('./s3/policy.ts')).bucketPolicy,
  aws_s3_bucket_public_access_block: async () => (await import('./s3/public-access-block.ts')).publicAccessBlock,
  aws_s3_bucket_server_side_encryption_configuration: async () => (await import('./s3/encryption.ts')).encryption,
  aws_s3_bucket_versioning: async () => (await import('./s3/versioning.ts')).versioning,
  aws_security_group: async () => (await import('./ec2/security-group.ts')).securityGroup,
  aws_subnet: async () => (await import('./ec2/subnet.ts')).subnet,
  aws_vpc: async () => (await import('./ec2/vpc.ts')).vpc,
  aws_vpc_security_group_egress_rule: async () => (await import('./ec2/security-group-rule.ts')).securityGroupEgressRule,
  aws_vpc_security_group_ingress_rule: async () => (await import('./ec2/security-group-rule.ts')).securityGroupIngressRule,
}

export const dataSources: Readonly<Record<string, (flavour: Flavour) => Promise<DataSourceSpec<AwsApi>>>> = {
  aws_ami: async () => (await import('./ec2/ami.ts')).ami,
  aws_availability_zones: async () => (await import('./ec2/availability-zones.ts')).availabilityZones,
  aws_caller_identity: async () => (await import('./sts/caller-identity.ts')).callerIdentity,
  aws_partition: async () => (await import('./meta.ts')).partition,
  aws_region: async () => (await import('./meta.ts')).region,
  aws_ssm_parameter: async () => (await import('./ssm/parameter-data.ts')).parameterData,
}
