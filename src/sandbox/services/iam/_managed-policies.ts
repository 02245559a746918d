import { base32Id, seededBytes } from '../../kernel/ids.ts'
import type { PolicyRow } from './rows.ts'

interface StatementText {
  readonly Effect: 'Allow'
  readonly Action?: string | readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

function allow(
  Action: StatementText['Action'],
  Resource: StatementText['Resource'] = '*',
  Condition?: StatementText['Condition'],
): StatementText {
  return { Effect: 'Allow', Action, Resource, ...(Condition === undefined ? {} : { Condition }) }
}

/** What reading is called in the services that `ReadOnlyAccess` covers here. */
const readVerbs = ['Describe*', 'Get*', 'List*']
const readableServices = [
  'acm',
  'application-autoscaling',
  'autoscaling',
  'cloudtrail',
  'cloudwatch',
  'config',
  'dynamodb',
  'ec2',
  'ecr',
  'ecs',
  'elasticache',
  'elasticfilesystem',
  'elasticloadbalancing',
  'events',
  'iam',
  'kms',
  'lambda',
  'logs',
  'organizations',
  'rds',
  'route53',
  's3',
  'secretsmanager',
  'servicequotas',
  'sns',
  'sqs',
  'ssm',
  'tag',
]
const reading = [
  ...readableServices.flatMap((service) => readVerbs.map((verb) => `${service}:${verb}`)),
  'iam:Generate*',
  'iam:SimulateCustomPolicy',
  'iam:SimulatePrincipalPolicy',
  'logs:FilterLogEvents',
  'logs:StartQuery',
  'route53:TestDNSAnswer',
  's3:HeadBucket',
  'sts:GetAccessKeyInfo',
  'sts:GetCallerIdentity',
  'sts:GetSessionToken',
].filter((action) => action !== 'secretsmanager:Get*' && action !== 'kms:Get*')

const ecsInstance = [
  'ec2:DescribeTags',
  'ecs:CreateCluster',
  'ecs:DeregisterContainerInstance',
  'ecs:DiscoverPollEndpoint',
  'ecs:Poll',
  'ecs:RegisterContainerInstance',
  'ecs:StartTelemetrySession',
  'ecs:UpdateContainerInstancesState',
  'ecs:Submit*',
  'ecr:GetAuthorizationToken',
  'ecr:BatchCheckLayerAvailability',
  'ecr:GetDownloadUrlForLayer',
  'ecr:BatchGetImage',
  'logs:CreateLogStream',
  'logs:PutLogEvents',
]
const pullImages = [
  'ecr:GetAuthorizationToken',
  'ecr:BatchCheckLayerAvailability',
  'ecr:GetDownloadUrlForLayer',
  'ecr:GetRepositoryPolicy',
  'ecr:DescribeRepositories',
  'ecr:ListImages',
  'ecr:DescribeImages',
  'ecr:BatchGetImage',
  'ecr:GetLifecyclePolicy',
  'ecr:GetLifecyclePolicyPreview',
  'ecr:ListTagsForResource',
  'ecr:DescribeImageScanFindings',
]
const ssmAgent = [
  'ssm:DescribeAssociation',
  'ssm:GetDeployablePatchSnapshotForInstance',
  'ssm:GetDocument',
  'ssm:DescribeDocument',
  'ssm:GetManifest',
  'ssm:GetParameter',
  'ssm:GetParameters',
  'ssm:ListAssociations',
  'ssm:ListInstanceAssociations',
  'ssm:PutInventory',
  'ssm:PutComplianceItems',
  'ssm:PutConfigurePackageResult',
  'ssm:UpdateAssociationStatus',
  'ssm:UpdateInstanceAssociationStatus',
  'ssm:UpdateInstanceInformation',
]
const messages = [
  'ec2messages:AcknowledgeMessage',
  'ec2messages:DeleteMessage',
  'ec2messages:FailMessage',
  'ec2messages:GetEndpoint',
  'ec2messages:GetMessages',
  'ec2messages:SendReply',
]
const channels = [
  'ssmmessages:CreateControlChannel',
  'ssmmessages:CreateDataChannel',
  'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel',
]

/**
 * Policies that AWS manages, by path and name, with what they allow. Those of AWS change and are long (`ReadOnlyAccess` lists
 * more than a thousand actions); here they allow the same to the services of the sandbox.
 */
const catalogue: Readonly<Record<string, readonly StatementText[]>> = {
  AdministratorAccess: [allow('*')],
  PowerUserAccess: [
    { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
    allow([
      'iam:CreateServiceLinkedRole',
      'iam:DeleteServiceLinkedRole',
      'iam:ListRoles',
      'organizations:DescribeOrganization',
      'account:ListRegions',
      'account:GetAccountInformation',
    ]),
  ],
  ReadOnlyAccess: [allow(reading)],
  SecurityAudit: [allow(reading.filter((action) => !/^s3:Get\*|^dynamodb:Get\*|^ssm:Get\*|^logs:(Filter|Get)/.test(action)))],
  'job-function/ViewOnlyAccess': [allow(reading.filter((action) => /:(Describe|List)\*$|^s3:/.test(action) && action !== 's3:Get*'))],
  'job-function/Billing': [
    allow(['aws-portal:*Billing', 'aws-portal:*Usage', 'budgets:*', 'ce:*', 'cur:*', 'account:GetAccountInformation']),
  ],
  AWSBillingReadOnlyAccess: [
    allow([
      'account:GetAccountInformation',
      'aws-portal:View*',
      'budgets:Describe*',
      'budgets:View*',
      'ce:Describe*',
      'ce:Get*',
      'ce:List*',
    ]),
  ],
  IAMFullAccess: [allow(['iam:*', 'organizations:DescribeAccount', 'organizations:DescribeOrganization', 'organizations:List*'])],
  IAMReadOnlyAccess: [
    allow([
      'iam:GenerateCredentialReport',
      'iam:GenerateServiceLastAccessedDetails',
      'iam:Get*',
      'iam:List*',
      'iam:SimulateCustomPolicy',
      'iam:SimulatePrincipalPolicy',
    ]),
  ],
  IAMUserChangePassword: [allow('iam:ChangePassword', ['arn:aws:iam::*:user/${aws:username}']), allow('iam:GetAccountPasswordPolicy')],
  IAMUserSSHKeys: [
    allow(
      ['iam:DeleteSSHPublicKey', 'iam:GetSSHPublicKey', 'iam:ListSSHPublicKeys', 'iam:UpdateSSHPublicKey', 'iam:UploadSSHPublicKey'],
      'arn:aws:iam::*:user/${aws:username}',
    ),
  ],
  AmazonEC2FullAccess: [
    allow('ec2:*'),
    allow('elasticloadbalancing:*'),
    allow('cloudwatch:*'),
    allow('autoscaling:*'),
    allow('iam:CreateServiceLinkedRole', '*', {
      StringEquals: {
        'iam:AWSServiceName': [
          'autoscaling.amazonaws.com',
          'ec2scheduled.amazonaws.com',
          'elasticloadbalancing.amazonaws.com',
          'spot.amazonaws.com',
          'spotfleet.amazonaws.com',
          'transitgateway.amazonaws.com',
        ],
      },
    }),
  ],
  AmazonEC2ReadOnlyAccess: [
    allow(['ec2:Describe*', 'ec2:Get*']),
    allow('elasticloadbalancing:Describe*'),
    allow(['cloudwatch:ListMetrics', 'cloudwatch:GetMetricStatistics', 'cloudwatch:Describe*']),
    allow('autoscaling:Describe*'),
  ],
  AmazonVPCFullAccess: [
    allow([
      'ec2:*Vpc*',
      'ec2:*Subnet*',
      'ec2:*Route*',
      'ec2:*Gateway*',
      'ec2:*SecurityGroup*',
      'ec2:*NetworkAcl*',
      'ec2:*Address*',
      'ec2:*NetworkInterface*',
      'ec2:Describe*',
      'ec2:*Tags',
    ]),
  ],
  AmazonVPCReadOnlyAccess: [allow(['ec2:Describe*', 'ec2:Get*'])],
  AutoScalingFullAccess: [allow(['autoscaling:*', 'cloudwatch:PutMetricAlarm', 'ec2:Describe*', 'elasticloadbalancing:Describe*'])],
  AutoScalingReadOnlyAccess: [allow('autoscaling:Describe*')],
  ElasticLoadBalancingFullAccess: [allow(['elasticloadbalancing:*', 'ec2:Describe*'])],
  ElasticLoadBalancingReadOnly: [allow(['elasticloadbalancing:Describe*', 'ec2:Describe*'])],
  AmazonECS_FullAccess: [
    allow([
      'ecs:*',
      'autoscaling:*',
      'application-autoscaling:*',
      'cloudwatch:*',
      'ec2:*',
      'elasticloadbalancing:*',
      'logs:*',
      'iam:ListRoles',
      'iam:ListInstanceProfiles',
      'route53:*',
      'servicediscovery:*',
    ]),
    allow('iam:PassRole', '*', { StringLike: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com'] } }),
  ],
  AmazonEC2ContainerRegistryReadOnly: [allow(pullImages)],
  AmazonEC2ContainerRegistryPowerUser: [
    allow([...pullImages, 'ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage']),
  ],
  AmazonEC2ContainerRegistryFullAccess: [
    allow(['ecr:*', 'cloudtrail:LookupEvents']),
    allow('iam:CreateServiceLinkedRole', '*', { StringEquals: { 'iam:AWSServiceName': ['replication.ecr.amazonaws.com'] } }),
  ],
  AmazonS3FullAccess: [allow(['s3:*', 's3-object-lambda:*'])],
  AmazonS3ReadOnlyAccess: [allow(['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*'])],
  AmazonRoute53FullAccess: [
    allow([
      'route53:*',
      'route53domains:*',
      'cloudfront:ListDistributions',
      'elasticloadbalancing:DescribeLoadBalancers',
      's3:ListBucket',
      's3:GetBucketLocation',
      's3:GetBucketWebsite',
      'ec2:DescribeVpcs',
      'ec2:DescribeVpcEndpoints',
      'ec2:DescribeRegions',
      'sns:ListTopics',
      'cloudwatch:DescribeAlarms',
      'cloudwatch:GetMetricStatistics',
    ]),
  ],
  AmazonRoute53ReadOnlyAccess: [allow(['route53:Get*', 'route53:List*', 'route53:TestDNSAnswer'])],
  AmazonSSMFullAccess: [
    allow([
      'cloudwatch:PutMetricData',
      'ds:CreateComputer',
      'ds:DescribeDirectories',
      'ec2:DescribeInstanceStatus',
      'logs:*',
      'ssm:*',
      'ec2messages:*',
    ]),
  ],
  AmazonSSMReadOnlyAccess: [allow(['ssm:Describe*', 'ssm:Get*', 'ssm:List*'])],
  AmazonSSMManagedInstanceCore: [allow(ssmAgent), allow(channels), allow(messages)],
  CloudWatchFullAccess: [
    allow(['autoscaling:Describe*', 'cloudwatch:*', 'logs:*', 'sns:*', 'iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:GetRole']),
  ],
  CloudWatchReadOnlyAccess: [
    allow([
      'autoscaling:Describe*',
      'cloudwatch:Describe*',
      'cloudwatch:Get*',
      'cloudwatch:List*',
      'logs:Get*',
      'logs:List*',
      'logs:Describe*',
      'logs:FilterLogEvents',
      'logs:StartQuery',
      'logs:StopQuery',
      'logs:TestMetricFilter',
      'sns:Get*',
      'sns:List*',
    ]),
  ],
  CloudWatchLogsFullAccess: [allow(['logs:*', 'cloudwatch:GenerateQuery'])],
  CloudWatchLogsReadOnlyAccess: [
    allow([
      'logs:Describe*',
      'logs:Get*',
      'logs:List*',
      'logs:StartQuery',
      'logs:StopQuery',
      'logs:TestMetricFilter',
      'logs:FilterLogEvents',
    ]),
  ],
  CloudWatchAgentServerPolicy: [
    allow([
      'cloudwatch:PutMetricData',
      'ec2:DescribeVolumes',
      'ec2:DescribeTags',
      'logs:PutLogEvents',
      'logs:PutRetentionPolicy',
      'logs:DescribeLogStreams',
      'logs:DescribeLogGroups',
      'logs:CreateLogStream',
      'logs:CreateLogGroup',
      'xray:PutTraceSegments',
      'xray:PutTelemetryRecords',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:GetSamplingStatisticSummaries',
    ]),
    allow('ssm:GetParameter', 'arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*'),
  ],
  AWSCloudTrail_ReadOnlyAccess: [allow(['cloudtrail:Get*', 'cloudtrail:Describe*', 'cloudtrail:List*', 'cloudtrail:LookupEvents'])],
  AWSCloudTrail_FullAccess: [allow(['cloudtrail:*', 's3:ListAllMyBuckets', 's3:PutBucketPolicy', 'logs:CreateLogGroup', 'kms:ListKeys'])],
  AWSOrganizationsReadOnlyAccess: [
    allow(['organizations:Describe*', 'organizations:List*', 'account:GetAlternateContact', 'account:GetContactInformation']),
  ],
  SecretsManagerReadWrite: [
    allow(['secretsmanager:*', 'kms:DescribeKey', 'kms:ListAliases', 'kms:ListKeys', 'lambda:ListFunctions', 'tag:GetResources']),
  ],
  AmazonDynamoDBFullAccess: [allow(['dynamodb:*', 'dax:*', 'application-autoscaling:*', 'cloudwatch:*'])],
  AmazonDynamoDBReadOnlyAccess: [
    allow(['dynamodb:BatchGetItem', 'dynamodb:Describe*', 'dynamodb:List*', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan']),
  ],
  AmazonRDSFullAccess: [allow(['rds:*', 'cloudwatch:*', 'ec2:Describe*', 'logs:DescribeLogStreams', 'logs:GetLogEvents'])],
  AmazonRDSReadOnlyAccess: [allow(['rds:Describe*', 'rds:ListTagsForResource', 'ec2:Describe*', 'cloudwatch:GetMetricStatistics'])],
  AmazonSQSFullAccess: [allow('sqs:*')],
  AmazonSQSReadOnlyAccess: [allow(['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ListDeadLetterSourceQueues', 'sqs:ListQueues'])],
  AmazonSNSFullAccess: [allow('sns:*')],
  AmazonSNSReadOnlyAccess: [allow(['sns:GetTopicAttributes', 'sns:List*'])],
  AWSXRayDaemonWriteAccess: [
    allow([
      'xray:PutTraceSegments',
      'xray:PutTelemetryRecords',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:GetSamplingStatisticSummaries',
    ]),
  ],
  'service-role/AmazonECSTaskExecutionRolePolicy': [
    allow([
      'ecr:GetAuthorizationToken',
      'ecr:BatchCheckLayerAvailability',
      'ecr:GetDownloadUrlForLayer',
      'ecr:BatchGetImage',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]),
  ],
  'service-role/AmazonEC2ContainerServiceforEC2Role': [
    allow(ecsInstance),
    allow('ecs:TagResource', '*', { StringEquals: { 'ecs:CreateAction': ['CreateCluster', 'RegisterContainerInstance'] } }),
  ],
  'service-role/AmazonEC2ContainerServiceRole': [
    allow([
      'ec2:AuthorizeSecurityGroupIngress',
      'ec2:Describe*',
      'elasticloadbalancing:DeregisterInstancesFromLoadBalancer',
      'elasticloadbalancing:DeregisterTargets',
      'elasticloadbalancing:Describe*',
      'elasticloadbalancing:RegisterInstancesWithLoadBalancer',
      'elasticloadbalancing:RegisterTargets',
    ]),
  ],
  'service-role/AmazonEC2ContainerServiceAutoscaleRole': [
    allow(['ecs:DescribeServices', 'ecs:UpdateService']),
    allow(['cloudwatch:DescribeAlarms', 'cloudwatch:PutMetricAlarm']),
  ],
  'service-role/AmazonEC2ContainerServiceEventsRole': [
    allow('ecs:RunTask'),
    allow('iam:PassRole', '*', { StringLike: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } }),
    allow('ecs:TagResource', '*', { StringEquals: { 'ecs:CreateAction': ['RunTask'] } }),
  ],
  'service-role/AmazonEC2RoleforSSM': [
    allow([
      ...ssmAgent,
      ...channels,
      ...messages,
      'cloudwatch:PutMetricData',
      'ec2:DescribeInstanceStatus',
      'logs:CreateLogGroup',
      'logs:CreateLogStream',
      'logs:DescribeLogGroups',
      'logs:DescribeLogStreams',
      'logs:PutLogEvents',
    ]),
  ],
  'service-role/AmazonRDSEnhancedMonitoringRole': [
    allow(['logs:CreateLogGroup', 'logs:PutRetentionPolicy'], 'arn:aws:logs:*:*:log-group:RDS*'),
    allow(
      ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams', 'logs:GetLogEvents'],
      'arn:aws:logs:*:*:log-group:RDS*:log-stream:*',
    ),
  ],
  'service-role/AutoScalingNotificationAccessRole': [allow(['sqs:SendMessage', 'sqs:GetQueueUrl', 'sns:Publish'])],
  'service-role/AWSLambdaBasicExecutionRole': [allow(['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'])],
  'service-role/AWSLambdaVPCAccessExecutionRole': [
    allow([
      'logs:CreateLogGroup',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ]),
  ],
  'service-role/AWSConfigRole': [allow(reading.filter((action) => !action.startsWith('sts:'))), allow('config:Put*')],
  'aws-service-role/AmazonECSServiceRolePolicy': [
    allow([
      'ec2:AttachNetworkInterface',
      'ec2:CreateNetworkInterface',
      'ec2:CreateNetworkInterfacePermission',
      'ec2:DeleteNetworkInterface',
      'ec2:DeleteNetworkInterfacePermission',
      'ec2:Describe*',
      'ec2:DetachNetworkInterface',
      'elasticloadbalancing:DeregisterInstancesFromLoadBalancer',
      'elasticloadbalancing:DeregisterTargets',
      'elasticloadbalancing:Describe*',
      'elasticloadbalancing:RegisterInstancesWithLoadBalancer',
      'elasticloadbalancing:RegisterTargets',
      'route53:*HealthCheck',
      'servicediscovery:*Instance',
      'servicediscovery:Get*',
      'servicediscovery:List*',
      'autoscaling:Describe*',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]),
  ],
  'aws-service-role/AutoScalingServiceRolePolicy': [
    allow([
      'ec2:*Instance*',
      'ec2:CreateFleet',
      'ec2:CreateTags',
      'ec2:DeleteTags',
      'ec2:Describe*',
      'ec2:*SpotInstances',
      'elasticloadbalancing:Register*',
      'elasticloadbalancing:Deregister*',
      'elasticloadbalancing:Describe*',
      'cloudwatch:DeleteAlarms',
      'cloudwatch:DescribeAlarms',
      'cloudwatch:PutMetricAlarm',
      'sns:Publish',
    ]),
  ],
  'aws-service-role/AWSElasticLoadBalancingServiceRolePolicy': [
    allow([
      'ec2:Describe*',
      'ec2:*NetworkInterface*',
      'ec2:*Address*',
      'ec2:AuthorizeSecurityGroupIngress',
      'ec2:CreateSecurityGroup',
      'logs:*LogDelivery',
    ]),
  ],
  'aws-service-role/AWSElasticLoadBalancingClassicServiceRolePolicy': [
    allow(['ec2:Describe*', 'ec2:*NetworkInterface*', 'ec2:*Address*', 'ec2:AuthorizeSecurityGroupIngress', 'ec2:CreateSecurityGroup']),
  ],
  'aws-service-role/AWSApplicationAutoscalingECSServicePolicy': [
    allow([
      'ecs:DescribeServices',
      'ecs:UpdateService',
      'cloudwatch:PutMetricAlarm',
      'cloudwatch:DescribeAlarms',
      'cloudwatch:DeleteAlarms',
    ]),
  ],
  'aws-service-role/AWSOrganizationsServiceTrustPolicy': [allow(['iam:CreateServiceLinkedRole', 'iam:DeleteRole'])],
  'aws-service-role/AWSServiceRoleForAmazonSSM': [allow(['ssm:*', 'ec2:Describe*', 'resource-groups:*', 'tag:GetResources'])],
}

const created = new Date(Date.UTC(2015, 1, 6, 18, 41))

let loaded: ReadonlyMap<string, PolicyRow> | undefined

/** Policies that AWS manages, by ARN. */
export function managedPolicies(): ReadonlyMap<string, PolicyRow> {
  loaded ??= new Map(Object.entries(catalogue).map(([name, statements]) => rowOf(name, statements)))
  return loaded
}

function rowOf(pathAndName: string, statements: readonly StatementText[]): [string, PolicyRow] {
  const arn = `arn:aws:iam::aws:policy/${pathAndName}`
  const slash = pathAndName.lastIndexOf('/')
  const document = { Version: '2012-10-17', Statement: statements }
  return [
    arn,
    {
      id: arn,
      name: pathAndName.slice(slash + 1),
      path: `/${pathAndName.slice(0, slash + 1)}`,
      uniqueId: base32Id('ANPA', seededBytes('landform', arn), 17),
      arn,
      created,
      updated: created,
      versions: [{ id: 'v1', document: JSON.stringify(document, null, 4), created }],
      defaultVersion: 'v1',
      lastVersion: 1,
      tags: [],
    },
  ]
}
