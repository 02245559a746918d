import type * as Elb from '@aws-sdk/client-elastic-load-balancing'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { rowsOf } from '../ec2/_kind.ts'
import { networkInterfaceKind, securityGroupKind, subnetKind } from '../ec2/_kinds.ts'
import type { SubnetRow } from '../ec2/_rows.ts'
import { ec2Call } from '../ec2/from-outside.ts'
import { newInterface, removeInterface } from '../ec2/network-interface.ts'
import { findLoadBalancer, type LoadBalancerRow, loadBalancers } from './_rows.ts'
import { canonicalZones } from './_zones.ts'
import { healthCheckOf } from './health-check.ts'
import { addTags } from './tags.ts'
import { probeAll } from './target.ts'

const maxPage = 400

export const loadBalancerOperations = {
  CreateLoadBalancer(input: Elb.CreateAccessPointInput, call: Call): Elb.CreateAccessPointOutput {
    const name = input.LoadBalancerName!
    if (!/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name))
      throw new AwsError(
        'ValidationError',
        `LoadBalancerName '${name}' must contain only alphanumeric characters or hyphens, must not begin or end with a hyphen and have at most 32 characters`,
      )
    if (input.Scheme !== undefined && input.Scheme !== 'internal' && input.Scheme !== 'internet-facing')
      throw new AwsError('InvalidScheme', `The scheme '${input.Scheme}' is not valid. Valid schemes are: internal, internet-facing`)
    const existing = loadBalancers(call).get(name)
    if (existing !== undefined)
      throw new AwsError(
        'DuplicateLoadBalancerName',
        `Load Balancer named '${name}' already exists and it is configured with different parameters.`,
      )
    if ((input.Listeners ?? []).length === 0) throw new AwsError('ValidationError', 'Listeners cannot be empty')
    const subnets = chosenSubnets(call, input)
    const groups = chosenGroups(call, input.SecurityGroups ?? [], subnets[0]!.vpcId)
    const scheme = input.Scheme === 'internal' ? 'internal' : 'internet-facing'
    const number = call.newBytes().readUInt32BE(0) % 2_000_000_000
    const first = checkListener(input.Listeners![0]!)
    const row: LoadBalancerRow = {
      id: name,
      dnsName: `${scheme === 'internal' ? 'internal-' : ''}${name}-${number}.${call.region}.elb.amazonaws.com`,
      scheme,
      vpcId: subnets[0]!.vpcId,
      subnets: [],
      groups,
      created: call.now,
      listeners: [],
      cookies: [],
      healthCheck: { target: `TCP:${first.InstancePort}`, interval: 30, timeout: 5, unhealthy: 2, healthy: 10 },
      attributes: {
        crossZone: false,
        accessLog: { enabled: false },
        draining: { enabled: false, timeout: 300 },
        idleTimeout: 60,
        additional: [{ Key: 'elb.http.desyncmitigationmode', Value: 'defensive' }],
      },
      targets: [],
      draining: [],
      tags: {},
    }
    loadBalancers(call).put(row)
    attach(call, row.id, subnets)
    addListeners(call, row.id, input.Listeners!)
    addTags(call, row.id, input.Tags ?? [])
    return { DNSName: row.dnsName }
  },

  DescribeLoadBalancers(input: Elb.DescribeAccessPointsInput, call: Call): Elb.DescribeAccessPointsOutput {
    const size = input.PageSize ?? maxPage
    if (size < 1 || size > maxPage) throw new AwsError('ValidationError', `PageSize must be between 1 and ${maxPage}`)
    const names = input.LoadBalancerNames ?? []
    const rows = names.length > 0 ? names.map((name) => findLoadBalancer(call, name)) : [...loadBalancers(call).values()]
    const page = pageOf(call, rows, input.Marker, size, 'ValidationError')
    return { LoadBalancerDescriptions: page.items.map((row) => describe(row, call)), NextMarker: page.nextToken }
  },

  /** A name that nothing has is deleted successfully. */
  DeleteLoadBalancer(input: Elb.DeleteAccessPointInput, call: Call): Elb.DeleteAccessPointOutput {
    const row = loadBalancers(call).get(input.LoadBalancerName!)
    if (row === undefined) return {}
    removeInterfaces(call, row.id, row.subnets)
    loadBalancers(call).delete(row.id)
    return {}
  },

  CreateLoadBalancerListeners(input: Elb.CreateLoadBalancerListenerInput, call: Call): Elb.CreateLoadBalancerListenerOutput {
    addListeners(call, findLoadBalancer(call, input.LoadBalancerName).id, input.Listeners ?? [])
    return {}
  },

  /** Ports without a listener are passed over. */
  DeleteLoadBalancerListeners(input: Elb.DeleteLoadBalancerListenerInput, call: Call): Elb.DeleteLoadBalancerListenerOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const ports = new Set(input.LoadBalancerPorts)
    loadBalancers(call).patch(row.id, { listeners: row.listeners.filter(({ listener }) => !ports.has(listener.LoadBalancerPort!)) })
    return {}
  },

  SetLoadBalancerListenerSSLCertificate(
    input: Elb.SetLoadBalancerListenerSSLCertificateInput,
    call: Call,
  ): Elb.SetLoadBalancerListenerSSLCertificateOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    if (!row.listeners.some(({ listener }) => listener.LoadBalancerPort === input.LoadBalancerPort))
      throw noListener(row.id, input.LoadBalancerPort!)
    const listeners = row.listeners.map((entry) => {
      if (entry.listener.LoadBalancerPort !== input.LoadBalancerPort) return entry
      return { ...entry, listener: checkListener({ ...entry.listener, SSLCertificateId: input.SSLCertificateId }) }
    })
    loadBalancers(call).patch(row.id, { listeners })
    return {}
  },

  ApplySecurityGroupsToLoadBalancer(
    input: Elb.ApplySecurityGroupsToLoadBalancerInput,
    call: Call,
  ): Elb.ApplySecurityGroupsToLoadBalancerOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const groups = chosenGroups(call, input.SecurityGroups ?? [], row.vpcId)
    loadBalancers(call).patch(row.id, { groups })
    const interfaces = rowsOf(networkInterfaceKind, ec2Call(call))
    for (const eni of [...interfaces.values()]) if (isInterfaceOf(row.id, eni)) interfaces.patch(eni.id, { groups })
    probeAll(call, row.id)
    return { SecurityGroups: [...groups] }
  },

  AttachLoadBalancerToSubnets(input: Elb.AttachLoadBalancerToSubnetsInput, call: Call): Elb.AttachLoadBalancerToSubnetsOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const fresh = (input.Subnets ?? []).filter((id) => !row.subnets.includes(id))
    const zones = new Set(row.subnets.map((id) => findSubnet(call, id).zone))
    for (const id of fresh)
      if (zones.has(findSubnet(call, id).zone))
        throw new AwsError('InvalidConfigurationRequest', `ELB cannot be attached to multiple subnets in the same AZ.`)
    attach(
      call,
      row.id,
      fresh.map((id) => findSubnet(call, id)),
    )
    probeAll(call, row.id)
    return { Subnets: [...findLoadBalancer(call, row.id).subnets] }
  },

  DetachLoadBalancerFromSubnets(input: Elb.DetachLoadBalancerFromSubnetsInput, call: Call): Elb.DetachLoadBalancerFromSubnetsOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const gone = input.Subnets ?? []
    const subnets = row.subnets.filter((id) => !gone.includes(id))
    if (subnets.length === 0)
      throw new AwsError('InvalidConfigurationRequest', 'The load balancer must be attached to at least one subnet.')
    removeInterfaces(call, row.id, gone)
    loadBalancers(call).patch(row.id, { subnets })
    probeAll(call, row.id)
    return { Subnets: subnets }
  },

  /** For load balancers in default subnets: the one of each zone. */
  EnableAvailabilityZonesForLoadBalancer(input: Elb.AddAvailabilityZonesInput, call: Call): Elb.AddAvailabilityZonesOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const present = new Set(row.subnets.map((id) => findSubnet(call, id).zone))
    const fresh = (input.AvailabilityZones ?? []).filter((zone) => !present.has(zone))
    attach(
      call,
      row.id,
      fresh.map((zone) => defaultSubnet(call, row.vpcId, zone)),
    )
    probeAll(call, row.id)
    return { AvailabilityZones: zonesOf(findLoadBalancer(call, row.id), call) }
  },

  DisableAvailabilityZonesForLoadBalancer(input: Elb.RemoveAvailabilityZonesInput, call: Call): Elb.RemoveAvailabilityZonesOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const gone = row.subnets.filter((id) => input.AvailabilityZones?.includes(findSubnet(call, id).zone) === true)
    if (gone.length === row.subnets.length)
      throw new AwsError('InvalidConfigurationRequest', 'The load balancer must be in at least one Availability Zone.')
    removeInterfaces(call, row.id, gone)
    const changed = loadBalancers(call).patch(row.id, { subnets: row.subnets.filter((id) => !gone.includes(id)) })
    probeAll(call, row.id)
    return { AvailabilityZones: zonesOf(changed, call) }
  },

  DescribeAccountLimits(): Elb.DescribeAccountLimitsOutput {
    return {
      Limits: [
        { Name: 'classic-load-balancers', Max: '20' },
        { Name: 'classic-listeners', Max: '100' },
        { Name: 'classic-registered-instances', Max: '1000' },
      ],
    }
  },
}

function describe(row: LoadBalancerRow, call: Call): Elb.LoadBalancerDescription {
  const { healthCheck } = row
  const group = row.groups.length === 0 ? undefined : rowsOf(securityGroupKind, call.inService('ec2')).get(row.groups[0]!)
  return {
    LoadBalancerName: row.id,
    DNSName: row.dnsName,
    CanonicalHostedZoneName: row.scheme === 'internal' ? undefined : row.dnsName,
    CanonicalHostedZoneNameID: canonicalZones[call.region],
    ListenerDescriptions: row.listeners.map(({ listener, policies }) => ({ Listener: listener, PolicyNames: [...policies] })),
    Policies: {
      AppCookieStickinessPolicies: row.cookies.flatMap(({ name, cookie }) =>
        cookie === undefined ? [] : [{ PolicyName: name, CookieName: cookie }],
      ),
      LBCookieStickinessPolicies: row.cookies.flatMap(({ name, cookie, expiration }) =>
        cookie === undefined ? [{ PolicyName: name, CookieExpirationPeriod: expiration }] : [],
      ),
      OtherPolicies: [],
    },
    BackendServerDescriptions: [],
    AvailabilityZones: zonesOf(row, call),
    Subnets: [...row.subnets],
    VPCId: row.vpcId,
    Instances: row.targets.map(({ instanceId }) => ({ InstanceId: instanceId })),
    HealthCheck: healthCheckOf(healthCheck),
    SourceSecurityGroup: { OwnerAlias: call.account, GroupName: group?.name },
    SecurityGroups: [...row.groups],
    CreatedTime: row.created,
    Scheme: row.scheme,
  }
}

function zonesOf(row: LoadBalancerRow, call: Call): string[] {
  return row.subnets.map((id) => findSubnet(call, id).zone)
}

function defaultSubnet(call: Call, vpcId: string, zone: string): SubnetRow {
  const subnet = [...rowsOf(subnetKind, ec2Call(call)).values()].find((row) => row.vpcId === vpcId && row.defaultForAz && row.zone === zone)
  if (subnet === undefined) throw new AwsError('InvalidConfigurationRequest', `VPC ${vpcId} has no default subnet in ${zone}`)
  return subnet
}

export function findSubnet(call: Call, id: string): SubnetRow {
  const row = rowsOf(subnetKind, ec2Call(call)).get(id)
  if (row === undefined) throw new AwsError('SubnetNotFound', `The subnet ID '${id}' does not exist`)
  return row
}

/** Those named, or the default subnets of the zones named. */
function chosenSubnets(call: Call, input: Elb.CreateAccessPointInput): readonly SubnetRow[] {
  const ids = input.Subnets ?? []
  const zones = input.AvailabilityZones ?? []
  if (ids.length > 0 && zones.length > 0)
    throw new AwsError('ValidationError', 'Only one of SubnetIds or AvailabilityZones may be specified')
  if (ids.length === 0 && zones.length === 0)
    throw new AwsError('ValidationError', 'Either AvailabilityZones or SubnetIds must be specified')
  const subnets = ids.map((id) => findSubnet(call, id))
  for (const zone of zones) {
    const subnet = [...rowsOf(subnetKind, ec2Call(call)).values()].find((row) => row.defaultForAz && row.zone === zone)
    if (subnet === undefined) throw new AwsError('ValidationError', `Default subnet in ${zone} not found`)
    subnets.push(subnet)
  }
  if (new Set(subnets.map((row) => row.vpcId)).size > 1)
    throw new AwsError('InvalidConfigurationRequest', `All subnets must belong to the same VPC`)
  if (new Set(subnets.map((row) => row.zone)).size < subnets.length)
    throw new AwsError('InvalidConfigurationRequest', 'ELB cannot be attached to multiple subnets in the same AZ.')
  return subnets
}

function chosenGroups(call: Call, ids: readonly string[], vpcId: string): readonly string[] {
  const table = rowsOf(securityGroupKind, ec2Call(call))
  if (ids.length === 0) return [...table.values()].filter((row) => row.vpcId === vpcId && row.name === 'default').map((row) => row.id)
  const missing = ids.filter((id) => table.get(id)?.vpcId !== vpcId)
  if (missing.length > 0) throw new AwsError('InvalidSecurityGroup', `One or more security groups are invalid: ${missing.join(', ')}`)
  return ids
}

/** What EC2 shows as the description of the interfaces of a load balancer. */
function isInterfaceOf(name: string, eni: { description: string; requesterManaged: boolean }): boolean {
  return eni.requesterManaged && eni.description === `ELB ${name}`
}

/** Addresses of the load balancer in its subnets. */
export function loadBalancerIps(call: Call, name: string): readonly string[] {
  const interfaces = [...rowsOf(networkInterfaceKind, call.inService('ec2')).values()]
  return interfaces.filter((eni) => isInterfaceOf(name, eni)).flatMap((eni) => eni.privateIps)
}

function attach(call: Call, name: string, subnets: readonly SubnetRow[]): void {
  const row = findLoadBalancer(call, name)
  for (const subnet of subnets)
    newInterface(ec2Call(call), { subnet, description: `ELB ${name}`, groups: row.groups, requesterManaged: true })
  loadBalancers(call).patch(name, { subnets: [...row.subnets, ...subnets.map((subnet) => subnet.id)] })
}

function removeInterfaces(call: Call, name: string, subnets: readonly string[]): void {
  const ec2 = ec2Call(call)
  for (const eni of [...rowsOf(networkInterfaceKind, ec2).values()])
    if (isInterfaceOf(name, eni) && subnets.includes(eni.subnetId)) removeInterface(ec2, eni.id)
}

const protocols: Readonly<Record<string, 'application' | 'transport'>> = {
  HTTP: 'application',
  HTTPS: 'application',
  TCP: 'transport',
  SSL: 'transport',
}

function checkListener(given: Elb.Listener): LoadBalancerRow['listeners'][number]['listener'] {
  const Protocol = given.Protocol!.toUpperCase()
  const InstanceProtocol = (given.InstanceProtocol ?? (protocols[Protocol] === 'transport' ? 'TCP' : 'HTTP')).toUpperCase()
  const layer = protocols[Protocol]
  const instanceLayer = protocols[InstanceProtocol]
  if (layer === undefined || instanceLayer === undefined)
    throw new AwsError('UnsupportedProtocol', `The protocol '${layer === undefined ? Protocol : InstanceProtocol}' is not supported`)
  if (layer !== instanceLayer)
    throw new AwsError(
      'InvalidConfigurationRequest',
      `Instance protocol ${InstanceProtocol} must be on the same layer as the listener protocol ${Protocol}.`,
    )
  const LoadBalancerPort = given.LoadBalancerPort!
  const InstancePort = given.InstancePort!
  for (const port of [LoadBalancerPort, InstancePort])
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new AwsError('ValidationError', `The port ${port} is not between 1 and 65535`)
  const SSLCertificateId = given.SSLCertificateId === '' ? undefined : given.SSLCertificateId
  const secure = Protocol === 'HTTPS' || Protocol === 'SSL'
  if (secure && SSLCertificateId === undefined)
    throw new AwsError('ValidationError', `SSLCertificateId is required for the listener protocol ${Protocol}`)
  if (
    SSLCertificateId !== undefined &&
    !/^arn:aws[\w-]*:(iam::\d{12}:server-certificate\/|acm:[\w-]+:\d{12}:certificate\/)/.test(SSLCertificateId)
  )
    throw new AwsError('CertificateNotFound', `Server Certificate not found for the key: ${SSLCertificateId}`)
  return { Protocol, LoadBalancerPort, InstanceProtocol, InstancePort, ...(secure ? { SSLCertificateId } : {}) }
}

function sameListener(a: Elb.Listener, b: Elb.Listener): boolean {
  return (['Protocol', 'InstanceProtocol', 'InstancePort', 'SSLCertificateId'] as const).every((name) => a[name] === b[name])
}

/** A listener that is there already, just so, is no error. */
function addListeners(call: Call, name: string, given: readonly Elb.Listener[]): void {
  const row = findLoadBalancer(call, name)
  const listeners = [...row.listeners]
  for (const raw of given) {
    const listener = checkListener(raw)
    const known = listeners.find((entry) => entry.listener.LoadBalancerPort === listener.LoadBalancerPort)
    if (known === undefined) listeners.push({ listener, policies: [] })
    else if (!sameListener(known.listener, listener))
      throw new AwsError(
        'DuplicateListener',
        `A listener already exists for ${name} with LoadBalancerPort ${listener.LoadBalancerPort}, but with a different InstancePort, Protocol, or SSLCertificateId`,
      )
  }
  loadBalancers(call).patch(name, { listeners })
}

export function noListener(name: string, port: number): AwsError {
  return new AwsError('ListenerNotFound', `There is no listener with the port ${port} for the load balancer ${name}`)
}
