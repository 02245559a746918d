import type { Service } from '../kernel/service.ts'
import type { WireRequest } from '../protocols/index.ts'
import { dialectOf } from './cloudwatch/dialect.ts'

/** A service that the sandbox has. Its file, and the SDK package with its shapes, are loaded at its first call. */
export interface ServiceEntry {
  readonly name: string
  /** The service's name in credential scopes and host names. */
  readonly signingName: string
  /** For services that share a signing name. */
  readonly serves?: (request: WireRequest) => boolean
  readonly load: () => Promise<Service>
}

export const services: readonly ServiceEntry[] = [
  { name: 'iam', signingName: 'iam', load: async () => (await import('./iam/index.ts')).iam },
  { name: 'sts', signingName: 'sts', load: async () => (await import('./sts/index.ts')).sts },
  { name: 'ec2', signingName: 'ec2', load: async () => (await import('./ec2/index.ts')).ec2 },
  {
    name: 's3-control',
    signingName: 's3',
    serves: ({ path }) => path.startsWith('/v20180820/'),
    load: async () => (await import('./s3-control/index.ts')).s3Control,
  },
  { name: 's3', signingName: 's3', load: async () => (await import('./s3/index.ts')).s3 },
  { name: 'autoscaling', signingName: 'autoscaling', load: async () => (await import('./autoscaling/index.ts')).autoscaling },
  { name: 'ecs', signingName: 'ecs', load: async () => (await import('./ecs/index.ts')).ecs },
  { name: 'elb', signingName: 'elasticloadbalancing', load: async () => (await import('./elb/index.ts')).elb },
  { name: 'route53', signingName: 'route53', load: async () => (await import('./route53/index.ts')).route53 },
  // One service, one state: an entry for each protocol that its clients speak.
  {
    name: 'cloudwatch',
    signingName: 'monitoring',
    serves: (request) => dialectOf(request) === 'json',
    load: async () => (await import('./cloudwatch/index.ts')).cloudwatch('json'),
  },
  {
    name: 'cloudwatch-query',
    signingName: 'monitoring',
    serves: (request) => dialectOf(request) === 'query',
    load: async () => (await import('./cloudwatch/index.ts')).cloudwatch('query'),
  },
  {
    name: 'cloudwatch-cbor',
    signingName: 'monitoring',
    serves: (request) => dialectOf(request) === 'cbor',
    load: async () => (await import('./cloudwatch/index.ts')).cloudwatch('cbor'),
  },
  {
    name: 'organizations',
    signingName: 'organizations',
    load: async () => (await import('./organizations/index.ts')).organizations,
  },
  { name: 'account', signingName: 'account', load: async () => (await import('./account/index.ts')).account },
  { name: 'cloudtrail', signingName: 'cloudtrail', load: async () => (await import('./cloudtrail/index.ts')).cloudtrail },
  { name: 'config', signingName: 'config', load: async () => (await import('./config/index.ts')).config },
  { name: 'guardduty', signingName: 'guardduty', load: async () => (await import('./guardduty/index.ts')).guardduty },
  { name: 'securityhub', signingName: 'securityhub', load: async () => (await import('./securityhub/index.ts')).securityhub },
  {
    name: 'access-analyzer',
    signingName: 'access-analyzer',
    load: async () => (await import('./access-analyzer/index.ts')).accessAnalyzer,
  },
  { name: 'budgets', signingName: 'budgets', load: async () => (await import('./budgets/index.ts')).budgets },
  { name: 'ce', signingName: 'ce', load: async () => (await import('./ce/index.ts')).costExplorer },
  { name: 'logs', signingName: 'logs', load: async () => (await import('./logs/index.ts')).logs },
  { name: 'kms', signingName: 'kms', load: async () => (await import('./kms/index.ts')).kms },
  { name: 'ssm', signingName: 'ssm', load: async () => (await import('./ssm/index.ts')).ssm },
]

/** A service by its name. */
export function loadService(name: string): Promise<Service> {
  return services.find((entry) => entry.name === name)!.load()
}
