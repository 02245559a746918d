import { type InputOf, isAwsError, type OutputOf } from '../../../aws/index.ts'
import { namePrefixOf } from '../names.ts'
import {
  type AwsApi,
  blocks,
  bool,
  defineResource,
  number,
  type Operation,
  type Plain,
  setting,
  string,
  strings,
  UNKNOWN,
  uniqueName,
} from '../resource.ts'
import { isInUse, isUnknownId, propagationMs } from './consistency.ts'
import { describeBy } from './describe.ts'
import { diffRules, flattenRules, normalizeRule, type Rule } from './security-group-rules.ts'
import { ec2Tags } from './tags.ts'

type Group = NonNullable<OutputOf<'ec2', 'DescribeSecurityGroups'>['SecurityGroups']>[number]
type Remote = Group & { readonly Arn: string; readonly Ingress: readonly Rule[]; readonly Egress: readonly Rule[] }
type Direction = 'Ingress' | 'Egress'

export const securityGroups = describeBy(
  'DescribeSecurityGroups',
  'group-id',
  (page) => page.SecurityGroups,
  (group) => group.GroupId,
)

const rule = {
  from_port: number(),
  to_port: number(),
  protocol: string(),
  cidr_blocks: strings(),
  ipv6_cidr_blocks: strings(),
  prefix_list_ids: strings(),
  security_groups: strings(),
  self: bool(),
  description: string(),
}

/** Rules are read as a whole, so that no two of them are merged that the configuration keeps apart. */
function rules(direction: Direction) {
  return blocks(undefined, rule, {
    read: (remote: Remote) => remote[direction] as never,
    update: 'rules',
    initial: [],
    normalize: (list) => (list as unknown as readonly Plain[]).map(normalizeRule) as never,
  })
}

export const securityGroup = defineResource({
  type: 'aws_security_group',
  title: 'EC2 Security Group',
  rules: 'sdk',
  timeouts: { create: 10, delete: 15 },
  traits: [ec2Tags('security-group')],
  fields: {
    arn: string('Arn', { create: false }),
    description: string('Description'),
    name: string('GroupName'),
    name_prefix: string(undefined, { read: (remote: Remote) => namePrefixOf(remote.GroupName) }),
    vpc_id: string('VpcId'),
    owner_id: string('OwnerId', { create: false }),
    ingress: rules('Ingress'),
    egress: rules('Egress'),
    revoke_rules_on_delete: bool(undefined, setting),
  },

  async create(op, request, planned) {
    const GroupName = planned.name ?? uniqueName(planned.name_prefix ?? 'terraform-')
    const { GroupId } = await op.retry(
      isUnknownId,
      () => op.api.call('ec2', 'CreateSecurityGroup', { ...request, GroupName, Description: planned.description ?? '' }),
      propagationMs,
    )
    return GroupId!
  },

  async ready(op, id) {
    await op.waitFor('the security group to be found', async () =>
      (await securityGroups(op.api).load(id)) === undefined ? undefined : true,
    )
    // AWS lets everything out of a new group; a group here has the rules of its configuration and no others.
    const all = (range: object) => ({ GroupId: id, IpPermissions: [{ IpProtocol: '-1', ...range }] })
    await revokeDefault(op, all({ IpRanges: [{ CidrIp: '0.0.0.0/0' }] }))
    const found = await securityGroups(op.api).load(id)
    if (found?.IpPermissionsEgress?.some((p) => p.Ipv6Ranges?.length)) await revokeDefault(op, all({ Ipv6Ranges: [{ CidrIpv6: '::/0' }] }))
  },

  async find({ api }, id, state): Promise<Remote | undefined> {
    const found = await securityGroups(api).load(id)
    if (found === undefined) return undefined
    const flatten = (permissions: Group['IpPermissions'], known: unknown): Rule[] =>
      flattenRules(permissions ?? [], id, found.OwnerId ?? '', Array.isArray(known) ? (known as Rule[]) : [])
    return {
      ...found,
      Arn: api.arn('ec2', `security-group/${id}`, found.OwnerId),
      Ingress: flatten(found.IpPermissions, state.ingress),
      Egress: flatten(found.IpPermissionsEgress, state.egress),
    }
  },

  updates: {
    async rules(op, { id, prior, planned, changed }) {
      if (changed.has('ingress')) await changeRules(op, id, 'Ingress', prior.ingress, planned.ingress)
      if (changed.has('egress')) await changeRules(op, id, 'Egress', prior.egress, planned.egress)
    },
  },
  afterCreate: ['rules'],

  async delete(op, id, state) {
    if (state.revoke_rules_on_delete) {
      await changeRules(op, id, 'Ingress', state.ingress, [])
      await changeRules(op, id, 'Egress', state.egress, [])
    }
    await op
      .retry(isInUse, () => op.api.call('ec2', 'DeleteSecurityGroup', { GroupId: id }))
      .catch((error: unknown) => {
        if (!isAwsError(error, 'InvalidGroup.NotFound', 'InvalidGroupId.Malformed')) throw error
      })
  },
  waitGone: true,

  plan({ planned, config }) {
    // A prefix that is not configured is read off the name.
    if (typeof config.name === 'string' && (config.name_prefix ?? null) === null && planned.name_prefix === null)
      planned.name_prefix = UNKNOWN
  },

  validate(config) {
    if ((config.name ?? null) !== null && (config.name_prefix ?? null) !== null) {
      return [{ summary: 'Conflicting configuration arguments', detail: '"name": conflicts with name_prefix' }]
    }
    return []
  },

  expect: (api, id) => securityGroups(api).expect(id),
})

async function revokeDefault(op: Operation<AwsApi>, input: InputOf<'ec2', 'RevokeSecurityGroupEgress'>): Promise<void> {
  await op.api.call('ec2', 'RevokeSecurityGroupEgress', input).catch((error: unknown) => {
    // No such rule: as wanted. No IPv6: the VPC has none.
    if (!isAwsError(error, 'InvalidPermission.NotFound', 'InvalidParameterValue')) throw error
  })
}

type RuleList = readonly object[] | null | undefined

async function changeRules(op: Operation<AwsApi>, id: string, direction: Direction, prior: RuleList, planned: RuleList): Promise<void> {
  const { revoke, authorize, describe } = diffRules((prior ?? []) as readonly Rule[], (planned ?? []) as readonly Rule[], id)
  const call = (
    operation: `${'Revoke' | 'Authorize'}SecurityGroup${Direction}` | `UpdateSecurityGroupRuleDescriptions${Direction}`,
    IpPermissions: typeof revoke,
  ): Promise<unknown> => (IpPermissions.length === 0 ? Promise.resolve() : op.api.call('ec2', operation, { GroupId: id, IpPermissions }))
  await call(`RevokeSecurityGroup${direction}`, revoke).catch((error: unknown) => {
    if (!isAwsError(error, 'InvalidPermission.NotFound')) throw error
  })
  await call(`AuthorizeSecurityGroup${direction}`, authorize)
  await call(`UpdateSecurityGroupRuleDescriptions${direction}`, describe)
}
