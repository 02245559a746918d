import type { Call } from '../../kernel/call.ts'
import { type Cidr, parseCidr, parseIp } from './_cidr.ts'
import { rowsOf } from './_kind.ts'
import { instanceKind, networkInterfaceKind, securityGroupRuleKind } from './_kinds.ts'
import type { InstanceRow, NetworkInterfaceRow, SecurityGroupRuleRow } from './_rows.ts'
import { furnish } from './vpc.ts'

/** The call as EC2 sees it, in an account that has what every account has from the beginning. */
export function ec2Call(call: Call): Call {
  const own = call.inService('ec2')
  furnish(own)
  return own
}

/** Services that follow what becomes of instances, each with the table without whose rows it has nothing to follow. */
const followers = [
  ['autoscaling', 'groups'],
  ['ecs', 'clusters'],
  ['elb', 'loadBalancers'],
] as const

/** Tells other services that an instance has another state than before. */
export function announceInstance(call: Call, id: string): void {
  for (const [service, table] of followers) {
    if (call.scopeOf(service).table(table).size > 0) call.inService(service).later(0, 'instance-changed', id)
  }
}

/** @param call any service's */
export function tryInstance(call: Call, id: string): InstanceRow | undefined {
  return rowsOf(instanceKind, call.inService('ec2')).get(id)
}

export function interfacesOfInstance(call: Call, id: string): readonly NetworkInterfaceRow[] {
  return [...rowsOf(networkInterfaceKind, call.inService('ec2')).values()].filter((eni) => eni.attachment?.instanceId === id)
}

/** One end of a connection. */
export interface NetworkEnd {
  readonly groups: readonly string[]
  readonly ips: readonly string[]
}

/** Whether security groups let a TCP connection through: out of the source and into the target. */
export function canConnect(call: Call, from: NetworkEnd, to: NetworkEnd, port: number): boolean {
  const rules = [...rowsOf(securityGroupRuleKind, call.inService('ec2')).values()]
  return admits(rules, from, to, port, true) && admits(rules, to, from, port, false)
}

function admits(rules: readonly SecurityGroupRuleRow[], own: NetworkEnd, other: NetworkEnd, port: number, egress: boolean): boolean {
  return rules.some((rule) => {
    if (rule.egress !== egress || !own.groups.includes(rule.groupId)) return false
    const allPorts = rule.protocol === '-1'
    if (!allPorts && (!isTcp(rule.protocol) || port < rule.from || port > rule.to)) return false
    const { peer } = rule
    if (peer.kind === 'group') return other.groups.includes(peer.value)
    const cidr = peer.kind === 'cidr' ? parseCidr(peer.value) : undefined
    return cidr !== undefined && other.ips.some((ip) => contains(cidr, ip))
  })
}

function isTcp(protocol: string): boolean {
  return protocol === 'tcp' || protocol === '6'
}

function contains(cidr: Cidr, ip: string): boolean {
  const address = parseIp(ip)
  return address !== undefined && address >= cidr.first && address < cidr.first + 2 ** (32 - cidr.length)
}
