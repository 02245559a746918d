import type { ServiceName } from './services.ts'

/** The SDK's packages with all operations. The bundler leaves out of `services.ts` what no code names (scripts/slim-sdk.js). */
const packages: Readonly<Record<ServiceName, () => Promise<object>>> = {
  accessanalyzer: () => import('@aws-sdk/client-accessanalyzer'),
  account: () => import('@aws-sdk/client-account'),
  autoscaling: () => import('@aws-sdk/client-auto-scaling'),
  budgets: () => import('@aws-sdk/client-budgets'),
  cloudtrail: () => import('@aws-sdk/client-cloudtrail'),
  cloudwatch: () => import('@aws-sdk/client-cloudwatch'),
  config: () => import('@aws-sdk/client-config-service'),
  costexplorer: () => import('@aws-sdk/client-cost-explorer'),
  ec2: () => import('@aws-sdk/client-ec2'),
  ecs: () => import('@aws-sdk/client-ecs'),
  elb: () => import('@aws-sdk/client-elastic-load-balancing'),
  guardduty: () => import('@aws-sdk/client-guardduty'),
  iam: () => import('@aws-sdk/client-iam'),
  kms: () => import('@aws-sdk/client-kms'),
  logs: () => import('@aws-sdk/client-cloudwatch-logs'),
  organizations: () => import('@aws-sdk/client-organizations'),
  route53: () => import('@aws-sdk/client-route-53'),
  s3: () => import('@aws-sdk/client-s3'),
  s3control: () => import('@aws-sdk/client-s3-control'),
  securityhub: () => import('@aws-sdk/client-securityhub'),
  ssm: () => import('@aws-sdk/client-ssm'),
  sts: () => import('@aws-sdk/client-sts'),
}

export async function wholeService(service: ServiceName): Promise<Readonly<Record<string, unknown>>> {
  return (await packages[service]()) as Readonly<Record<string, unknown>>
}
