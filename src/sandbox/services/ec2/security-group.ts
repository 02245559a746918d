import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { groupBy } from '../../kernel/group.ts'
import { cidrToString, normalizeCidr6, parseCidr } from './_cidr.ts'
import { addTags, create, dependencyViolation, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import { networkInterfaceKind, securityGroupKind, securityGroupRuleKind, vpcKind } from './_kinds.ts'
import type { RulePeer, SecurityGroupRow, SecurityGroupRuleRow } from './_rows.ts'

export const securityGroupOperations = {
  CreateSecurityGroup(input: Ec2.CreateSecurityGroupRequest, call: Call): Ec2.CreateSecurityGroupResult {
    const name = input.GroupName ?? ''
    const vpcId =
      input.VpcId === undefined ? [...rowsOf(vpcKind, call).values()].find((vpc) => vpc.isDefault)?.id : find(vpcKind, call, input.VpcId).id
    if (vpcId === undefined) throw new AwsError('VPCIdNotSpecified', 'No default VPC for this user')
    if (name === 'default') throw new AwsError('InvalidGroup.Reserved', "The security group 'default' is reserved")
    if (name.startsWith('sg-'))
      throw new AwsError('InvalidParameterValue', `Invalid value '${name}' for groupName. Group name must not start with sg-`)
    if (name === '' || name.length > 255 || !/^[\w .\-:/()#,@[\]+=&;{}!$*]*$/.test(name))
      throw new AwsError(
        'InvalidParameterValue',
        `Value (${name}) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.`,
      )
    if (input.Description === undefined || input.Description === '')
      throw new AwsError('MissingParameter', 'The request must contain the parameter GroupDescription')
    if (!/^[\w .\-:/()#,@[\]+=&;{}!$*]{1,255}$/.test(input.Description))
      throw new AwsError(
        'InvalidParameterValue',
        `Value (${input.Description}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.`,
      )
    if ([...rowsOf(securityGroupKind, call).values()].some((group) => group.vpcId === vpcId && group.name === name))
      throw new AwsError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpcId}'`)
    const tags = specifiedTags(input.TagSpecifications, 'security-group')
    const row = { id: call.newId('sg'), name, description: input.Description, vpcId }
    const group = create(securityGroupKind, call, row, tags)
    rowsOf(securityGroupRuleKind, call).put({
      id: call.newId('sgr'),
      groupId: group.id,
      egress: true,
      protocol: '-1',
      from: -1,
      to: -1,
      peer: { kind: 'cidr', value: '0.0.0.0/0' },
    })
    return { GroupId: group.id, SecurityGroupArn: call.arn(`security-group/${group.id}`), Tags: [...tagsOf(call, group.id)] }
  },

  DescribeSecurityGroups(input: Ec2.DescribeSecurityGroupsRequest, call: Call): Ec2.DescribeSecurityGroupsResult {
    const names = input.GroupNames ?? []
    const { rows, NextToken } = select(securityGroupKind, call, {
      ids: input.GroupIds,
      filters: names.length === 0 ? input.Filters : [...(input.Filters ?? []), { Name: 'group-name', Values: names }],
      token: input.NextToken,
      size: input.MaxResults,
    })
    const unknown = names.find((name) => !rows.some((row) => row.name === name))
    if (unknown !== undefined) throw new AwsError('InvalidGroup.NotFound', `The security group '${unknown}' does not exist`)
    const rules = groupBy(rowsOf(securityGroupRuleKind, call).values(), (rule) => rule.groupId)
    return { SecurityGroups: rows.map((row) => describeGroup(row, rules.get(row.id) ?? [], call)), NextToken }
  },

  DeleteSecurityGroup(input: Ec2.DeleteSecurityGroupRequest, call: Call): Ec2.DeleteSecurityGroupResult {
    const group = groupOf(input, call)
    if (group.name === 'default')
      throw new AwsError('CannotDelete', `the specified group: "${group.id}" name: "default" cannot be deleted by a user`)
    const used = [...rowsOf(networkInterfaceKind, call).values()].some((eni) => eni.groups.includes(group.id))
    const named = [...rowsOf(securityGroupRuleKind, call).values()].some(
      (rule) => rule.groupId !== group.id && rule.peer.kind === 'group' && rule.peer.value === group.id,
    )
    if (used || named) throw dependencyViolation(`resource ${group.id} has a dependent object`)
    for (const rule of [...rowsOf(securityGroupRuleKind, call).values()])
      if (rule.groupId === group.id) destroy(securityGroupRuleKind, call, rule.id)
    destroy(securityGroupKind, call, group.id)
    return { Return: true, GroupId: group.id }
  },

  DescribeSecurityGroupRules(input: Ec2.DescribeSecurityGroupRulesRequest, call: Call): Ec2.DescribeSecurityGroupRulesResult {
    const { rows, NextToken } = select(securityGroupRuleKind, call, {
      ids: input.SecurityGroupRuleIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { SecurityGroupRules: rows.map((row) => describeRule(row, call)), NextToken }
  },

  AuthorizeSecurityGroupIngress(input: Ec2.AuthorizeSecurityGroupIngressRequest, call: Call): Ec2.AuthorizeSecurityGroupIngressResult {
    return authorize(input, false, call)
  },

  AuthorizeSecurityGroupEgress(input: Ec2.AuthorizeSecurityGroupEgressRequest, call: Call): Ec2.AuthorizeSecurityGroupEgressResult {
    return authorize(input, true, call)
  },

  RevokeSecurityGroupIngress(input: Ec2.RevokeSecurityGroupIngressRequest, call: Call): Ec2.RevokeSecurityGroupIngressResult {
    return revoke(input, false, call)
  },

  RevokeSecurityGroupEgress(input: Ec2.RevokeSecurityGroupEgressRequest, call: Call): Ec2.RevokeSecurityGroupEgressResult {
    return revoke(input, true, call)
  },

  UpdateSecurityGroupRuleDescriptionsIngress(
    input: Ec2.UpdateSecurityGroupRuleDescriptionsIngressRequest,
    call: Call,
  ): Ec2.UpdateSecurityGroupRuleDescriptionsIngressResult {
    return describeAnew(input, false, call)
  },

  UpdateSecurityGroupRuleDescriptionsEgress(
    input: Ec2.UpdateSecurityGroupRuleDescriptionsEgressRequest,
    call: Call,
  ): Ec2.UpdateSecurityGroupRuleDescriptionsEgressResult {
    return describeAnew(input, true, call)
  },

  ModifySecurityGroupRules(input: Ec2.ModifySecurityGroupRulesRequest, call: Call): Ec2.ModifySecurityGroupRulesResult {
    const group = find(securityGroupKind, call, input.GroupId)
    for (const { SecurityGroupRuleId, SecurityGroupRule: given = {} } of input.SecurityGroupRules ?? []) {
      const rule = find(securityGroupRuleKind, call, SecurityGroupRuleId)
      if (rule.groupId !== group.id) throw securityGroupRuleKind.notFound([rule.id])
      const peer: RulePeer | undefined =
        given.CidrIpv4 !== undefined
          ? { kind: 'cidr', value: checkCidr(given.CidrIpv4) }
          : given.CidrIpv6 !== undefined
            ? { kind: 'cidr6', value: checkCidr6(given.CidrIpv6) }
            : given.PrefixListId !== undefined
              ? { kind: 'prefixList', value: given.PrefixListId }
              : given.ReferencedGroupId !== undefined
                ? { kind: 'group', value: given.ReferencedGroupId, account: call.account }
                : undefined
      if (peer === undefined)
        throw new AwsError(
          'InvalidParameterValue',
          'Exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId must be specified',
        )
      const { protocol, from, to } = portsOf({
        IpProtocol: given.IpProtocol ?? rule.protocol,
        FromPort: given.FromPort,
        ToPort: given.ToPort,
      })
      const changed = { id: rule.id, groupId: group.id, egress: rule.egress, protocol, from, to, peer, description: given.Description }
      checkUnique(call, changed)
      rowsOf(securityGroupRuleKind, call).put(changed)
    }
    return { Return: true }
  },
}

type Permissions = Pick<
  Ec2.AuthorizeSecurityGroupIngressRequest,
  | 'GroupId'
  | 'GroupName'
  | 'IpPermissions'
  | 'IpProtocol'
  | 'FromPort'
  | 'ToPort'
  | 'CidrIp'
  | 'SourceSecurityGroupName'
  | 'SourceSecurityGroupOwnerId'
>

type NewRule = Omit<SecurityGroupRuleRow, 'id'>

function groupOf(input: { GroupId?: string; GroupName?: string }, call: Call): SecurityGroupRow {
  if (input.GroupId !== undefined) return find(securityGroupKind, call, input.GroupId)
  if (input.GroupName === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter groupName or groupId')
  const vpc = [...rowsOf(vpcKind, call).values()].find((row) => row.isDefault)
  const group = [...rowsOf(securityGroupKind, call).values()].find((row) => row.vpcId === vpc?.id && row.name === input.GroupName)
  if (group === undefined)
    throw new AwsError('InvalidGroup.NotFound', `The security group '${input.GroupName}' does not exist in default VPC '${vpc?.id}'`)
  return group
}

const protocolNames: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6', all: '-1' }
const withPorts = new Set(['tcp', 'udp', 'icmp', 'icmpv6'])

function portsOf({ IpProtocol, FromPort, ToPort }: Ec2.IpPermission): Pick<NewRule, 'protocol' | 'from' | 'to'> {
  if (IpProtocol === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter ipProtocol')
  const given = IpProtocol.toLowerCase()
  const protocol = protocolNames[given] ?? given
  if (!withPorts.has(protocol)) {
    if (!/^(-1|\d{1,3})$/.test(protocol))
      throw new AwsError('InvalidPermission.Malformed', `Unsupported IP protocol "${IpProtocol}"  - supported: [tcp, udp, icmp]`)
    return { protocol, from: -1, to: -1 }
  }
  const isIcmp = protocol.startsWith('icmp')
  if ((FromPort === undefined || ToPort === undefined) && !isIcmp)
    throw new AwsError('InvalidParameterValue', `Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`)
  const from = FromPort ?? -1
  const to = ToPort ?? -1
  if (!isIcmp && (from < 0 || to > 65535 || from > to))
    throw new AwsError(
      'InvalidParameterValue',
      from > to ? `Invalid TCP/UDP port range (${from}:${to})` : `Invalid value '${from < 0 ? from : to}' for TCP/UDP port.`,
    )
  return { protocol, from, to }
}

function checkCidr(text: string): string {
  const cidr = parseCidr(text)
  if (cidr === undefined) throw new AwsError('InvalidParameterValue', `CIDR block ${text} is malformed`)
  return cidrToString(cidr)
}

function checkCidr6(text: string): string {
  const cidr = normalizeCidr6(text)
  if (cidr === undefined) throw new AwsError('InvalidParameterValue', `CIDR block ${text} is malformed`)
  return cidr
}

/** The rules that a request's permissions stand for, one per peer. */
function rulesOf(input: Permissions, group: SecurityGroupRow, egress: boolean, call: Call): NewRule[] {
  const permissions: readonly Ec2.IpPermission[] =
    input.IpPermissions !== undefined && input.IpPermissions.length > 0
      ? input.IpPermissions
      : input.IpProtocol === undefined && input.CidrIp === undefined && input.SourceSecurityGroupName === undefined
        ? []
        : [
            {
              IpProtocol: input.IpProtocol ?? '-1',
              FromPort: input.FromPort,
              ToPort: input.ToPort,
              IpRanges: input.CidrIp === undefined ? [] : [{ CidrIp: input.CidrIp }],
              UserIdGroupPairs:
                input.SourceSecurityGroupName === undefined
                  ? []
                  : [{ GroupName: input.SourceSecurityGroupName, UserId: input.SourceSecurityGroupOwnerId }],
            },
          ]
  return permissions.flatMap((permission) => {
    const common = { groupId: group.id, egress, ...portsOf(permission) }
    const rule = (peer: RulePeer, description: string | undefined): NewRule => ({
      ...common,
      peer,
      ...(description ? { description } : {}),
    })
    return [
      ...(permission.IpRanges ?? []).map((range) => rule({ kind: 'cidr', value: checkCidr(range.CidrIp ?? '') }, range.Description)),
      ...(permission.Ipv6Ranges ?? []).map((range) => rule({ kind: 'cidr6', value: checkCidr6(range.CidrIpv6 ?? '') }, range.Description)),
      ...(permission.PrefixListIds ?? []).map((list) => rule({ kind: 'prefixList', value: list.PrefixListId ?? '' }, list.Description)),
      ...(permission.UserIdGroupPairs ?? []).map((pair) => {
        const account = pair.UserId ?? call.account
        const value = pair.GroupId ?? groupOf({ GroupName: pair.GroupName }, call).id
        if (account === call.account) find(securityGroupKind, call, value)
        return rule({ kind: 'group', value, account }, pair.Description)
      }),
    ]
  })
}

function sameRule(a: NewRule, b: NewRule): boolean {
  return (
    a.groupId === b.groupId &&
    a.egress === b.egress &&
    a.protocol === b.protocol &&
    a.from === b.from &&
    a.to === b.to &&
    a.peer.kind === b.peer.kind &&
    a.peer.value === b.peer.value
  )
}

function checkUnique(call: Call, rule: NewRule & { id?: string }): void {
  for (const other of rowsOf(securityGroupRuleKind, call).values())
    if (other.id !== rule.id && sameRule(other, rule)) {
      const protocol = rule.protocol === '-1' ? 'ALL' : rule.protocol.toUpperCase()
      const ports = rule.protocol === '-1' ? '' : `, from port: ${rule.from}, to port: ${rule.to}`
      throw new AwsError(
        'InvalidPermission.Duplicate',
        `the specified rule "peer: ${rule.peer.value}, ${protocol}${ports}, ALLOW" already exists`,
      )
    }
}

function authorize(
  input: Permissions & { TagSpecifications?: Ec2.TagSpecification[] },
  egress: boolean,
  call: Call,
): Ec2.AuthorizeSecurityGroupIngressResult {
  const group = groupOf(input, call)
  const rules = rulesOf(input, group, egress, call)
  if (rules.length === 0) throw new AwsError('MissingParameter', 'The request must contain the parameter IpPermissions')
  const tags = specifiedTags(input.TagSpecifications, 'security-group-rule')
  const table = rowsOf(securityGroupRuleKind, call)
  const added = rules.map((rule) => {
    checkUnique(call, rule)
    const row = table.put({ id: call.newId('sgr'), ...rule })
    addTags(call, 'security-group-rule', row.id, tags)
    return row
  })
  const count = [...table.values()].filter((rule) => rule.groupId === group.id && rule.egress === egress).length
  if (count > 60)
    throw new AwsError('RulesPerSecurityGroupLimitExceeded', 'The maximum number of rules per security group has been reached.')
  return { Return: true, SecurityGroupRules: added.map((row) => describeRule(row, call)) }
}

function revoke(
  input: Permissions & { SecurityGroupRuleIds?: string[] },
  egress: boolean,
  call: Call,
): Ec2.RevokeSecurityGroupIngressResult {
  const group = groupOf(input, call)
  const table = rowsOf(securityGroupRuleKind, call)
  const gone: SecurityGroupRuleRow[] = []
  for (const id of input.SecurityGroupRuleIds ?? []) {
    const rule = find(securityGroupRuleKind, call, id)
    if (rule.groupId !== group.id || rule.egress !== egress) throw securityGroupRuleKind.notFound([id])
    gone.push(rule)
  }
  for (const rule of rulesOf(input, group, egress, call)) {
    const found = [...table.values()].find((row) => sameRule(row, rule))
    if (found === undefined) throw new AwsError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
    gone.push(found)
  }
  for (const rule of gone) destroy(securityGroupRuleKind, call, rule.id)
  return {
    Return: true,
    RevokedSecurityGroupRules: gone.map((rule) => {
      const { GroupId, IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo, Description } =
        describeRule(rule, call)
      const ReferencedGroupId = ReferencedGroupInfo?.GroupId
      const SecurityGroupRuleId = rule.id
      return {
        SecurityGroupRuleId,
        GroupId,
        IsEgress,
        IpProtocol,
        FromPort,
        ToPort,
        CidrIpv4,
        CidrIpv6,
        PrefixListId,
        ReferencedGroupId,
        Description,
      }
    }),
  }
}

function describeAnew(
  input: Permissions & { SecurityGroupRuleDescriptions?: Ec2.SecurityGroupRuleDescription[] },
  egress: boolean,
  call: Call,
): { Return: boolean } {
  const group = groupOf(input, call)
  const table = rowsOf(securityGroupRuleKind, call)
  const change = (rule: SecurityGroupRuleRow, description: string | undefined) => {
    const { description: _, ...rest } = rule
    table.put(description === undefined || description === '' ? rest : { ...rest, description })
  }
  for (const { SecurityGroupRuleId, Description } of input.SecurityGroupRuleDescriptions ?? [])
    change(find(securityGroupRuleKind, call, SecurityGroupRuleId), Description)
  for (const rule of rulesOf(input, group, egress, call)) {
    const found = [...table.values()].find((row) => sameRule(row, rule))
    if (found === undefined) throw new AwsError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
    change(found, rule.description)
  }
  return { Return: true }
}

function describeRule(rule: SecurityGroupRuleRow, call: Call): Ec2.SecurityGroupRule {
  const { peer } = rule
  return {
    SecurityGroupRuleId: rule.id,
    SecurityGroupRuleArn: call.arn(`security-group-rule/${rule.id}`),
    GroupId: rule.groupId,
    GroupOwnerId: call.account,
    IsEgress: rule.egress,
    IpProtocol: rule.protocol,
    FromPort: rule.from,
    ToPort: rule.to,
    CidrIpv4: peer.kind === 'cidr' ? peer.value : undefined,
    CidrIpv6: peer.kind === 'cidr6' ? peer.value : undefined,
    PrefixListId: peer.kind === 'prefixList' ? peer.value : undefined,
    ReferencedGroupInfo: peer.kind === 'group' ? { GroupId: peer.value, UserId: peer.account } : undefined,
    Description: rule.description,
    Tags: [...tagsOf(call, rule.id)],
  }
}

/** Rules of the same protocol and ports are one permission. */
function permissionsOf(rules: readonly SecurityGroupRuleRow[]): Ec2.IpPermission[] {
  const grouped = groupBy(rules, (rule) => `${rule.protocol} ${rule.from} ${rule.to}`)
  return [...grouped.values()].map((same) => {
    const first = same[0]!
    const ports = withPorts.has(first.protocol) ? { FromPort: first.from, ToPort: first.to } : {}
    const of = <K extends RulePeer['kind']>(kind: K) => same.filter((rule) => rule.peer.kind === kind)
    return {
      IpProtocol: first.protocol,
      ...ports,
      IpRanges: of('cidr').map((rule) => ({ CidrIp: rule.peer.value, Description: rule.description })),
      Ipv6Ranges: of('cidr6').map((rule) => ({ CidrIpv6: rule.peer.value, Description: rule.description })),
      PrefixListIds: of('prefixList').map((rule) => ({ PrefixListId: rule.peer.value, Description: rule.description })),
      UserIdGroupPairs: of('group').map((rule) => ({
        GroupId: rule.peer.value,
        UserId: rule.peer.kind === 'group' ? rule.peer.account : undefined,
        Description: rule.description,
      })),
    }
  })
}

function describeGroup(group: SecurityGroupRow, rules: readonly SecurityGroupRuleRow[], call: Call): Ec2.SecurityGroup {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: call.account,
    SecurityGroupArn: call.arn(`security-group/${group.id}`),
    IpPermissions: permissionsOf(rules.filter((rule) => !rule.egress)),
    IpPermissionsEgress: permissionsOf(rules.filter((rule) => rule.egress)),
    Tags: [...tagsOf(call, group.id)],
  }
}
