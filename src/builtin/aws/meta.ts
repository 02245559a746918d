import type { DataSourceSpec } from '../../providers/kit/index.ts'
import type { AwsApi } from './api.ts'

/** Names of regions. @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
const descriptions: Readonly<Record<string, string>> = {
  'af-south-1': 'Africa (Cape Town)',
  'ap-east-1': 'Asia Pacific (Hong Kong)',
  'ap-east-2': 'Asia Pacific (Taipei)',
  'ap-northeast-1': 'Asia Pacific (Tokyo)',
  'ap-northeast-2': 'Asia Pacific (Seoul)',
  'ap-northeast-3': 'Asia Pacific (Osaka)',
  'ap-south-1': 'Asia Pacific (Mumbai)',
  'ap-south-2': 'Asia Pacific (Hyderabad)',
  'ap-southeast-1': 'Asia Pacific (Singapore)',
  'ap-southeast-2': 'Asia Pacific (Sydney)',
  'ap-southeast-3': 'Asia Pacific (Jakarta)',
  'ap-southeast-4': 'Asia Pacific (Melbourne)',
  'ap-southeast-5': 'Asia Pacific (Malaysia)',
  'ap-southeast-7': 'Asia Pacific (Thailand)',
  'ca-central-1': 'Canada (Central)',
  'ca-west-1': 'Canada West (Calgary)',
  'cn-north-1': 'China (Beijing)',
  'cn-northwest-1': 'China (Ningxia)',
  'eu-central-1': 'Europe (Frankfurt)',
  'eu-central-2': 'Europe (Zurich)',
  'eu-north-1': 'Europe (Stockholm)',
  'eu-south-1': 'Europe (Milan)',
  'eu-south-2': 'Europe (Spain)',
  'eu-west-1': 'Europe (Ireland)',
  'eu-west-2': 'Europe (London)',
  'eu-west-3': 'Europe (Paris)',
  'il-central-1': 'Israel (Tel Aviv)',
  'me-central-1': 'Middle East (UAE)',
  'me-south-1': 'Middle East (Bahrain)',
  'mx-central-1': 'Mexico (Central)',
  'sa-east-1': 'South America (Sao Paulo)',
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-gov-east-1': 'AWS GovCloud (US-East)',
  'us-gov-west-1': 'AWS GovCloud (US-West)',
  'us-west-1': 'US West (N. California)',
  'us-west-2': 'US West (Oregon)',
}

export const region: DataSourceSpec<AwsApi> = {
  type: 'aws_region',
  title: 'AWS Region',
  supports: ['name', 'endpoint'],
  async read({ api }, config) {
    const { dnsSuffix } = api.session.partition
    const ofEndpoint = typeof config.endpoint === 'string' ? regionOfEndpoint(config.endpoint, dnsSuffix) : undefined
    const name = typeof config.name === 'string' ? config.name : (ofEndpoint ?? api.region)
    const description = descriptions[name]
    if (description === undefined) throw new Error(`no matching AWS Region found: ${name}`)
    return {
      description,
      endpoint: `ec2.${name}.${dnsSuffix}`,
      id: name,
      name,
      ...(api.flavour === 6 ? { region: name } : {}),
    }
  },
}

function regionOfEndpoint(endpoint: string, dnsSuffix: string): string {
  const match = /^ec2\.([a-z0-9-]+)\./.exec(endpoint)
  if (match === null || !endpoint.endsWith(dnsSuffix)) throw new Error(`no matching AWS Region found for the endpoint ${endpoint}`)
  return match[1]!
}

export const partition: DataSourceSpec<AwsApi> = {
  type: 'aws_partition',
  title: 'AWS Partition',
  supports: [],
  async read({ api }) {
    const { id, dnsSuffix, reverseDnsPrefix } = api.session.partition
    return { id, partition: id, dns_suffix: dnsSuffix, reverse_dns_prefix: reverseDnsPrefix }
  },
}
