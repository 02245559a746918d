import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { attributeStep } from '../../../cty/index.ts'
import { type ConfigProblem, type PlainObject, parseCidr } from '../../../providers/kit/index.ts'
import { defineResource, number, type Plain, string } from '../resource.ts'
import { isUnknownId, propagationMs } from './consistency.ts'
import { describeBy } from './describe.ts'
import { normalizeProtocol } from './security-group-rules.ts'
import { ec2Tags } from './tags.ts'

type Rule = NonNullable<OutputOf<'ec2', 'DescribeSecurityGroupRules'>['SecurityGroupRules']>[number]
type Remote = Rule & { readonly Arn: string; readonly Account: string }

const rules = describeBy(
  'DescribeSecurityGroupRules',
  'security-group-rule-id',
  (page) => page.SecurityGroupRules,
  (rule) => rule.SecurityGroupRuleId,
)

const sources = ['cidr_ipv4', 'cidr_ipv6', 'prefix_list_id', 'referenced_security_group_id']

/** One rule of a security group with an id of its own. */
function securityGroupRule(type: string, direction: 'Ingress' | 'Egress') {
  return defineResource({
    type,
    title: `VPC Security Group ${direction} Rule`,
    rules: 'framework',
    traits: [ec2Tags('security-group-rule', 'framework')],
    fields: {
      arn: string('Arn', { create: false }),
      security_group_rule_id: string('SecurityGroupRuleId', { create: false }),
      security_group_id: string('GroupId', { create: false }),
      cidr_ipv4: string('CidrIpv4', { create: false, update: 'rule' }),
      cidr_ipv6: string('CidrIpv6', { create: false, update: 'rule' }),
      description: string('Description', { create: false, update: 'rule' }),
      from_port: number('FromPort', { create: false, update: 'rule' }),
      ip_protocol: string('IpProtocol', { create: false, update: 'rule' }),
      prefix_list_id: string('PrefixListId', { create: false, update: 'rule' }),
      referenced_security_group_id: string(undefined, {
        create: false,
        read: (remote: Remote) => {
          const { GroupId, UserId } = remote.ReferencedGroupInfo ?? {}
          return UserId && UserId !== remote.Account ? `${UserId}/${GroupId}` : GroupId
        },
        update: 'rule',
      }),
      to_port: number('ToPort', { create: false, update: 'rule' }),
    },

    async create(op, request, planned) {
      const input = { ...request, GroupId: planned.security_group_id!, IpPermissions: [permissionOf(planned)] }
      const answer = await op.retry(isUnknownId, () => op.api.call('ec2', `AuthorizeSecurityGroup${direction}`, input), propagationMs)
      return answer.SecurityGroupRules![0]!.SecurityGroupRuleId!
    },

    async find({ api }, id): Promise<Remote | undefined> {
      const found = await rules(api).load(id)
      if (found === undefined || found.IsEgress !== (direction === 'Egress')) return undefined
      const Arn = api.arn('ec2', `security-group-rule/${id}`, found.GroupOwnerId)
      return { ...found, Arn, Account: found.GroupOwnerId ?? api.account }
    },

    updates: {
      async rule({ api }, { id, planned }) {
        const permission = permissionOf(planned)
        await api.call('ec2', 'ModifySecurityGroupRules', {
          GroupId: planned.security_group_id!,
          SecurityGroupRules: [{ SecurityGroupRuleId: id, SecurityGroupRule: requestOf(planned, permission) }],
        })
      },
    },

    async delete({ api }, id, state) {
      const input = { GroupId: state.security_group_id!, SecurityGroupRuleIds: [id] }
      await api.call('ec2', `RevokeSecurityGroup${direction}`, input).catch((error: unknown) => {
        if (!isAwsError(error, 'InvalidSecurityGroupRuleId.NotFound', 'InvalidGroup.NotFound')) throw error
      })
    },

    // A rule keeps its kind of source.
    plan({ prior, planned, replace }) {
      if (prior === undefined) return
      for (const source of sources) if (((prior[source] ?? null) === null) !== ((planned[source] ?? null) === null)) replace.add(source)
    },

    validate: (config) => [...badValues(config), ...badSources(config)],

    finish(state, prior) {
      // For all protocols there are no ports; the API says -1.
      for (const port of ['from_port', 'to_port']) if (state[port] === -1 && (prior[port] ?? null) === null) state[port] = null
      if (isSameProtocol(prior.ip_protocol, state.ip_protocol)) state.ip_protocol = prior.ip_protocol as string
      if (state.description === '') state.description = null
    },

    expect: (api, id) => rules(api).expect(id),
  })
}

/** What no single value may be. The types are on the newer framework, whose texts these are. */
function badValues(config: PlainObject): readonly ConfigProblem[] {
  const problem = (name: string, must: string): ConfigProblem => ({
    summary: 'Invalid Attribute Value',
    detail: `Attribute ${name} value must be ${must}, got: ${String(config[name])}`,
    attribute: [attributeStep(name)],
  })
  const problems: ConfigProblem[] = []
  for (const version of [4, 6] as const) {
    const name = `cidr_ipv${version}`
    const text = config[name]
    const cidr = typeof text === 'string' ? parseCidr(text) : undefined
    if (typeof text === 'string' && (cidr?.version !== version || !cidr.isNetwork))
      problems.push(problem(name, `a valid IPv${version} CIDR that represents a network address`))
  }
  for (const name of ['from_port', 'to_port']) {
    const port = config[name]
    if (typeof port === 'number' && (port < -1 || port > 65535 || !Number.isInteger(port)))
      problems.push(problem(name, 'between -1 and 65535'))
  }
  return problems
}

function badSources(config: PlainObject): readonly ConfigProblem[] {
  const given = sources.filter((name) => (config[name] ?? null) !== null)
  if (given.length === 1 || given.some((name) => typeof config[name] === 'symbol')) return []
  const list = `[${sources.join(',')}]`
  return [
    given.length === 0
      ? { summary: 'Missing Attribute Configuration', detail: `Exactly one of these attributes must be configured: ${list}` }
      : {
          summary: 'Invalid Attribute Combination',
          detail: `${given.length} attributes specified when one (and only one) of ${list} is required`,
        },
  ]
}

export const securityGroupIngressRule = securityGroupRule('aws_vpc_security_group_ingress_rule', 'Ingress')
export const securityGroupEgressRule = securityGroupRule('aws_vpc_security_group_egress_rule', 'Egress')

interface RuleState {
  readonly cidr_ipv4: string | null
  readonly cidr_ipv6: string | null
  readonly description: string | null
  readonly from_port: number | null
  readonly ip_protocol: string | null
  readonly prefix_list_id: string | null
  readonly referenced_security_group_id: string | null
  readonly to_port: number | null
}

function permissionOf(rule: RuleState) {
  const description = rule.description === null ? {} : { Description: rule.description }
  const [owner, group] = rule.referenced_security_group_id?.includes('/')
    ? (rule.referenced_security_group_id.split('/') as [string, string])
    : [undefined, rule.referenced_security_group_id]
  return {
    IpProtocol: rule.ip_protocol!,
    ...(rule.from_port === null ? {} : { FromPort: rule.from_port }),
    ...(rule.to_port === null ? {} : { ToPort: rule.to_port }),
    ...(rule.cidr_ipv4 === null ? {} : { IpRanges: [{ CidrIp: rule.cidr_ipv4, ...description }] }),
    ...(rule.cidr_ipv6 === null ? {} : { Ipv6Ranges: [{ CidrIpv6: rule.cidr_ipv6, ...description }] }),
    ...(rule.prefix_list_id === null ? {} : { PrefixListIds: [{ PrefixListId: rule.prefix_list_id, ...description }] }),
    ...(group === null
      ? {}
      : { UserIdGroupPairs: [{ GroupId: group, ...(owner === undefined ? {} : { UserId: owner }), ...description }] }),
  }
}

/** A rule as ModifySecurityGroupRules takes it: always as a whole. */
function requestOf(rule: RuleState, permission: ReturnType<typeof permissionOf>) {
  const { IpProtocol, FromPort, ToPort } = permission
  return {
    IpProtocol,
    ...(FromPort === undefined ? {} : { FromPort }),
    ...(ToPort === undefined ? {} : { ToPort }),
    ...(rule.cidr_ipv4 === null ? {} : { CidrIpv4: rule.cidr_ipv4 }),
    ...(rule.cidr_ipv6 === null ? {} : { CidrIpv6: rule.cidr_ipv6 }),
    ...(rule.prefix_list_id === null ? {} : { PrefixListId: rule.prefix_list_id }),
    ...(rule.referenced_security_group_id === null ? {} : { ReferencedGroupId: rule.referenced_security_group_id.split('/').at(-1)! }),
    ...(rule.description === null ? {} : { Description: rule.description }),
  }
}

function isSameProtocol(a: Plain | undefined, b: Plain | undefined): boolean {
  return typeof a === 'string' && typeof b === 'string' && normalizeProtocol(a) === normalizeProtocol(b)
}
