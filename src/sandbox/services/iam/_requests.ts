import type { Call } from '../../kernel/call.ts'
import { keyResources, kmsFacts } from '../kms/_access.ts'
import { s3Action, s3Resource } from '../s3/access.ts'
import { keyOf } from './_names.ts'
import { rows } from './rows.ts'

type Input = Readonly<Record<string, unknown>>

/** Prefixes of actions where they are not the sandbox's name of the service. */
const prefixes: Readonly<Record<string, string>> = { elb: 'elasticloadbalancing', elbv2: 'elasticloadbalancing' }

/** The action that allows an operation: mostly of the operation's own name. */
export function actionOf(service: string, operation: string, input: Input): string {
  if (service === 's3') return s3Action(operation, input)
  // Budgets have two actions only, whatever is done with them.
  if (service === 'budgets') return operation.startsWith('Describe') ? 'budgets:ViewBudget' : 'budgets:ModifyBudget'
  return `${prefixes[service] ?? service}:${operation}`
}

/** What an operation is about, as ARNs, where its request names it; `*` where it names nothing. */
export function resourcesOf(service: string, operation: string, input: Input, call: Call): readonly string[] {
  const found = Object.hasOwn(named, service) ? named[service]!(input, call, operation) : arnsOf(input)
  return found.length === 0 ? ['*'] : [...new Set(found)]
}

/** Condition keys that only this service has. */
export function factsOf(service: string, input: Input): Readonly<Record<string, string | readonly string[]>> {
  return service === 'kms' ? kmsFacts(input.EncryptionContext as Readonly<Record<string, string>> | undefined) : {}
}

type Naming = (input: Input, call: Call, operation: string) => readonly string[]

const named: Readonly<Record<string, Naming>> = {
  s3: (input) => [s3Resource(input)],
  iam: iamResources,
  ec2(input, call, operation) {
    // Describing has no permissions for single resources.
    if (operation.startsWith('Describe')) return []
    return texts(input).flatMap(([, value]) => {
      const prefix = /^([a-z]+(?:-[a-z]+)*)-[0-9a-f]{8,17}$/.exec(value)?.[1]
      const type = prefix === undefined ? undefined : ec2Types[prefix]
      return type === undefined ? [] : [`arn:aws:ec2:${call.region}:${call.account}:${type}/${value}`]
    })
  },
  ecs(input, call) {
    const arns = arnsOf(input)
    const cluster = typeof input.cluster === 'string' ? input.cluster : 'default'
    const name = input.service ?? input.serviceName
    const own = (rest: string) => `arn:aws:ecs:${call.region}:${call.account}:${rest}`
    if (typeof name === 'string' && !name.startsWith('arn:')) return [own(`service/${cluster.split('/').at(-1)}/${name}`)]
    if (arns.length > 0) return arns
    return typeof input.cluster === 'string' ? [own(`cluster/${cluster}`)] : []
  },
  budgets(input) {
    const name =
      texts(input).find(([member]) => member === 'BudgetName')?.[1] ?? (input.Budget as { BudgetName?: string } | undefined)?.BudgetName
    return name === undefined ? [] : [`arn:aws:budgets::${String(input.AccountId)}:budget/${name}`]
  },
  cloudtrail: byName('cloudtrail', ['Name', 'trailNameList'], (name) => `trail/${name}`),
  guardduty(input, call) {
    const { DetectorId: id } = input
    return typeof id === 'string' ? [`arn:aws:guardduty:${call.region}:${call.account}:detector/${id}`] : []
  },
  kms: keyResources,
  ssm: byName('ssm', ['Name', 'Names', 'Path'], (name) => `parameter/${name.replace(/^\//, '')}`),
  logs: byName('logs', ['logGroupName'], (name) => `log-group:${name}`),
  cloudwatch: byName('cloudwatch', ['AlarmName', 'AlarmNames'], (name) => `alarm:${name}`),
  elb: byName('elasticloadbalancing', ['LoadBalancerName', 'LoadBalancerNames'], (name) => `loadbalancer/${name}`),
  autoscaling: byName(
    'autoscaling',
    ['AutoScalingGroupName', 'AutoScalingGroupNames'],
    (name) => `autoScalingGroup:*:autoScalingGroupName/${name}`,
  ),
  route53(input) {
    return texts(input)
      .filter(([member]) => member === 'Id' || member === 'HostedZoneId')
      .map(([, value]) => `arn:aws:route53:::hostedzone/${value.split('/').at(-1)}`)
  },
}

const ec2Types: Readonly<Record<string, string>> = {
  acl: 'network-acl',
  ami: 'image',
  eipalloc: 'elastic-ip',
  eni: 'network-interface',
  i: 'instance',
  igw: 'internet-gateway',
  key: 'key-pair',
  lt: 'launch-template',
  nat: 'natgateway',
  rtb: 'route-table',
  sg: 'security-group',
  subnet: 'subnet',
  vol: 'volume',
  vpc: 'vpc',
}

function byName(service: string, members: readonly string[], resource: (name: string) => string): Naming {
  return (input, call) => [
    ...arnsOf(input),
    ...texts(input)
      .filter(([member, value]) => members.includes(member) && !value.startsWith('arn:'))
      .map(([, value]) => `arn:aws:${service}:${call.region}:${call.account}:${resource(value)}`),
  ]
}

/** Members of a request that are texts or lists of texts. */
function texts(input: Input): [member: string, value: string][] {
  return Object.entries(input).flatMap(([member, value]) =>
    (Array.isArray(value) ? value : [value]).filter((v) => typeof v === 'string').map((v): [string, string] => [member, v]),
  )
}

function arnsOf(input: Input): string[] {
  return texts(input)
    .map(([, value]) => value)
    .filter((value) => value.startsWith('arn:'))
}

function iamResources(input: Input, call: Call, operation: string): readonly string[] {
  const of = (table: 'users' | 'groups' | 'roles' | 'profiles', kind: string, name: unknown) => {
    const path = typeof input.Path === 'string' && operation.startsWith('Create') ? input.Path : '/'
    return [rows(call, table).get(keyOf(String(name)))?.arn ?? `arn:aws:iam::${call.account}:${kind}${path}${String(name)}`]
  }
  if (typeof input.GroupName === 'string') return of('groups', 'group', input.GroupName)
  if (typeof input.InstanceProfileName === 'string') return of('profiles', 'instance-profile', input.InstanceProfileName)
  if (typeof input.RoleName === 'string') return of('roles', 'role', input.RoleName)
  if (typeof input.UserName === 'string') return of('users', 'user', input.UserName)
  if (typeof input.SerialNumber === 'string') return [input.SerialNumber]
  if (operation === 'CreatePolicy') return [`arn:aws:iam::${call.account}:policy${String(input.Path ?? '/')}${String(input.PolicyName)}`]
  if (operation === 'CreateVirtualMFADevice') return [`arn:aws:iam::${call.account}:mfa/${String(input.VirtualMFADeviceName)}`]
  if (ownUserOperations.has(operation) && call.identity.arn.includes(':user/')) return [call.identity.arn]
  return arnsOf(input)
}

/** Without a name these are about the caller. */
const ownUserOperations = new Set([
  'ChangePassword',
  'CreateAccessKey',
  'DeleteAccessKey',
  'GetLoginProfile',
  'GetUser',
  'ListAccessKeys',
  'ListMFADevices',
  'UpdateAccessKey',
])
