import type * as AccessAnalyzer from '@aws-sdk/client-accessanalyzer'
import type * as Account from '@aws-sdk/client-account'
import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type * as Budgets from '@aws-sdk/client-budgets'
import type * as CloudTrail from '@aws-sdk/client-cloudtrail'
import type * as CloudWatch from '@aws-sdk/client-cloudwatch'
import type * as Logs from '@aws-sdk/client-cloudwatch-logs'
import type * as Config from '@aws-sdk/client-config-service'
import type * as CostExplorer from '@aws-sdk/client-cost-explorer'
import type * as Ec2 from '@aws-sdk/client-ec2'
import type * as Ecs from '@aws-sdk/client-ecs'
import type * as Elb from '@aws-sdk/client-elastic-load-balancing'
import type * as GuardDuty from '@aws-sdk/client-guardduty'
import type * as Iam from '@aws-sdk/client-iam'
import type * as Kms from '@aws-sdk/client-kms'
import type * as Organizations from '@aws-sdk/client-organizations'
import type * as Route53 from '@aws-sdk/client-route-53'
import type * as S3 from '@aws-sdk/client-s3'
import type * as S3Control from '@aws-sdk/client-s3-control'
import type * as SecurityHub from '@aws-sdk/client-securityhub'
import type * as Ssm from '@aws-sdk/client-ssm'
import type * as Sts from '@aws-sdk/client-sts'

/** The SDK package of each service. A service is added by one row here and one in `loaders`. */
export interface ServiceModules {
  readonly accessanalyzer: typeof AccessAnalyzer
  readonly account: typeof Account
  readonly autoscaling: typeof AutoScaling
  readonly budgets: typeof Budgets
  readonly cloudtrail: typeof CloudTrail
  readonly cloudwatch: typeof CloudWatch
  readonly config: typeof Config
  readonly costexplorer: typeof CostExplorer
  readonly ec2: typeof Ec2
  readonly ecs: typeof Ecs
  readonly elb: typeof Elb
  readonly guardduty: typeof GuardDuty
  readonly iam: typeof Iam
  readonly kms: typeof Kms
  readonly logs: typeof Logs
  readonly organizations: typeof Organizations
  readonly route53: typeof Route53
  readonly s3: typeof S3
  readonly s3control: typeof S3Control
  readonly securityhub: typeof SecurityHub
  readonly ssm: typeof Ssm
  readonly sts: typeof Sts
}

export type ServiceName = keyof ServiceModules

interface ServiceEntry<S extends ServiceName> {
  readonly load: () => Promise<ServiceModules[S]>
  readonly client: string
  /** As the environment variable AWS_ENDPOINT_URL_<...> and a profile's `services` section name it. */
  readonly endpointName: string
  /** One endpoint for all regions of a partition. */
  readonly isGlobal?: boolean
}

/** Lazily imported: a package costs up to a quarter of a second to load. */
export const services: { readonly [S in ServiceName]: ServiceEntry<S> } = {
  accessanalyzer: { load: () => import('@aws-sdk/client-accessanalyzer'), client: 'AccessAnalyzerClient', endpointName: 'ACCESSANALYZER' },
  account: { load: () => import('@aws-sdk/client-account'), client: 'AccountClient', endpointName: 'ACCOUNT', isGlobal: true },
  autoscaling: { load: () => import('@aws-sdk/client-auto-scaling'), client: 'AutoScalingClient', endpointName: 'AUTO_SCALING' },
  budgets: { load: () => import('@aws-sdk/client-budgets'), client: 'BudgetsClient', endpointName: 'BUDGETS', isGlobal: true },
  cloudtrail: { load: () => import('@aws-sdk/client-cloudtrail'), client: 'CloudTrailClient', endpointName: 'CLOUDTRAIL' },
  cloudwatch: { load: () => import('@aws-sdk/client-cloudwatch'), client: 'CloudWatchClient', endpointName: 'CLOUDWATCH' },
  config: { load: () => import('@aws-sdk/client-config-service'), client: 'ConfigServiceClient', endpointName: 'CONFIG_SERVICE' },
  costexplorer: {
    load: () => import('@aws-sdk/client-cost-explorer'),
    client: 'CostExplorerClient',
    endpointName: 'COST_EXPLORER',
    isGlobal: true,
  },
  ec2: { load: () => import('@aws-sdk/client-ec2'), client: 'EC2Client', endpointName: 'EC2' },
  ecs: { load: () => import('@aws-sdk/client-ecs'), client: 'ECSClient', endpointName: 'ECS' },
  elb: {
    load: () => import('@aws-sdk/client-elastic-load-balancing'),
    client: 'ElasticLoadBalancingClient',
    endpointName: 'ELASTIC_LOAD_BALANCING',
  },
  guardduty: { load: () => import('@aws-sdk/client-guardduty'), client: 'GuardDutyClient', endpointName: 'GUARDDUTY' },
  iam: { load: () => import('@aws-sdk/client-iam'), client: 'IAMClient', endpointName: 'IAM', isGlobal: true },
  kms: { load: () => import('@aws-sdk/client-kms'), client: 'KMSClient', endpointName: 'KMS' },
  logs: { load: () => import('@aws-sdk/client-cloudwatch-logs'), client: 'CloudWatchLogsClient', endpointName: 'CLOUDWATCH_LOGS' },
  organizations: {
    load: () => import('@aws-sdk/client-organizations'),
    client: 'OrganizationsClient',
    endpointName: 'ORGANIZATIONS',
    isGlobal: true,
  },
  route53: { load: () => import('@aws-sdk/client-route-53'), client: 'Route53Client', endpointName: 'ROUTE_53', isGlobal: true },
  s3: { load: () => import('@aws-sdk/client-s3'), client: 'S3Client', endpointName: 'S3' },
  s3control: { load: () => import('@aws-sdk/client-s3-control'), client: 'S3ControlClient', endpointName: 'S3_CONTROL' },
  securityhub: { load: () => import('@aws-sdk/client-securityhub'), client: 'SecurityHubClient', endpointName: 'SECURITYHUB' },
  ssm: { load: () => import('@aws-sdk/client-ssm'), client: 'SSMClient', endpointName: 'SSM' },
  sts: { load: () => import('@aws-sdk/client-sts'), client: 'STSClient', endpointName: 'STS' },
}

/** Names of a service's operations, such as `DescribeVpcs`. */
export type OperationOf<S extends ServiceName> = {
  [K in keyof ServiceModules[S]]: K extends `${infer Op}Command` ? Op : never
}[keyof ServiceModules[S]]

type CommandOf<S extends ServiceName, Op extends OperationOf<S>> = `${Op}Command` extends keyof ServiceModules[S]
  ? ServiceModules[S][`${Op}Command`]
  : never

// biome-ignore lint/suspicious/noExplicitAny: the SDK's own types have it in these places.
type AnyArgs = any

type OneOf<Args> = Args extends readonly [infer I] ? NonNullable<I> : never

export type InputOf<S extends ServiceName, Op extends OperationOf<S>> =
  CommandOf<S, Op> extends new (...args: infer A) => unknown ? OneOf<A> : never

export type OutputOf<S extends ServiceName, Op extends OperationOf<S>> =
  CommandOf<S, Op> extends new (
    ...args: AnyArgs
  ) => infer C
    ? C extends { resolveMiddleware(...args: AnyArgs): (...args: AnyArgs) => Promise<{ output: infer O }> }
      ? O
      : never
    : never
