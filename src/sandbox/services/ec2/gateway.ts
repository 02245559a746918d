import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { create, dependencyViolation, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import {
  addressKind,
  egressOnlyGatewayKind,
  internetGatewayKind,
  natGatewayKind,
  networkInterfaceKind,
  subnetKind,
  vpcKind,
} from './_kinds.ts'
import type { InternetGatewayRow, NatGatewayRow } from './_rows.ts'
import { disassociate } from './address.ts'
import { newInterface, removeInterface } from './network-interface.ts'

export const gatewayOperations = {
  CreateInternetGateway(input: Ec2.CreateInternetGatewayRequest, call: Call): Ec2.CreateInternetGatewayResult {
    const tags = specifiedTags(input.TagSpecifications, 'internet-gateway')
    return { InternetGateway: describeInternetGateway(create(internetGatewayKind, call, { id: call.newId('igw') }, tags), call) }
  },

  DescribeInternetGateways(input: Ec2.DescribeInternetGatewaysRequest, call: Call): Ec2.DescribeInternetGatewaysResult {
    const { rows, NextToken } = select(internetGatewayKind, call, {
      ids: input.InternetGatewayIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { InternetGateways: rows.map((row) => describeInternetGateway(row, call)), NextToken }
  },

  AttachInternetGateway(input: Ec2.AttachInternetGatewayRequest, call: Call): object {
    const gateway = find(internetGatewayKind, call, input.InternetGatewayId)
    const vpc = find(vpcKind, call, input.VpcId)
    if (gateway.vpcId !== undefined)
      throw new AwsError('Resource.AlreadyAssociated', `resource ${gateway.id} is already attached to network ${gateway.vpcId}`)
    if ([...rowsOf(internetGatewayKind, call).values()].some((other) => other.vpcId === vpc.id))
      throw new AwsError('InvalidParameterValue', `Network ${vpc.id} already has an internet gateway attached`)
    rowsOf(internetGatewayKind, call).patch(gateway.id, { vpcId: vpc.id })
    return {}
  },

  DetachInternetGateway(input: Ec2.DetachInternetGatewayRequest, call: Call): object {
    const gateway = find(internetGatewayKind, call, input.InternetGatewayId)
    const vpc = find(vpcKind, call, input.VpcId)
    if (gateway.vpcId !== vpc.id) throw new AwsError('Gateway.NotAttached', `resource ${gateway.id} is not attached to network ${vpc.id}`)
    const inVpc = new Set([...rowsOf(networkInterfaceKind, call).values()].filter((eni) => eni.vpcId === vpc.id).map((eni) => eni.id))
    const mapped =
      [...rowsOf(addressKind, call).values()].some((address) => address.interfaceId !== undefined && inVpc.has(address.interfaceId)) ||
      [...rowsOf(networkInterfaceKind, call).values()].some((eni) => eni.vpcId === vpc.id && eni.lentPublicIp !== undefined)
    if (mapped)
      throw dependencyViolation(
        `Network ${vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
      )
    const { vpcId: _, ...detached } = gateway
    rowsOf(internetGatewayKind, call).put(detached)
    return {}
  },

  DeleteInternetGateway(input: Ec2.DeleteInternetGatewayRequest, call: Call): object {
    const gateway = find(internetGatewayKind, call, input.InternetGatewayId)
    if (gateway.vpcId !== undefined)
      throw dependencyViolation(`The internetGateway '${gateway.id}' has dependencies and cannot be deleted.`)
    destroy(internetGatewayKind, call, gateway.id)
    return {}
  },

  CreateEgressOnlyInternetGateway(
    input: Ec2.CreateEgressOnlyInternetGatewayRequest,
    call: Call,
  ): Ec2.CreateEgressOnlyInternetGatewayResult {
    const vpc = find(vpcKind, call, input.VpcId)
    const tags = specifiedTags(input.TagSpecifications, 'egress-only-internet-gateway')
    const row = create(egressOnlyGatewayKind, call, { id: call.newId('eigw'), vpcId: vpc.id }, tags)
    return { EgressOnlyInternetGateway: describeEgressOnlyGateway(row, call), ClientToken: input.ClientToken }
  },

  DescribeEgressOnlyInternetGateways(
    input: Ec2.DescribeEgressOnlyInternetGatewaysRequest,
    call: Call,
  ): Ec2.DescribeEgressOnlyInternetGatewaysResult {
    const { rows, NextToken } = select(egressOnlyGatewayKind, call, {
      ids: input.EgressOnlyInternetGatewayIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { EgressOnlyInternetGateways: rows.map((row) => describeEgressOnlyGateway(row, call)), NextToken }
  },

  DeleteEgressOnlyInternetGateway(
    input: Ec2.DeleteEgressOnlyInternetGatewayRequest,
    call: Call,
  ): Ec2.DeleteEgressOnlyInternetGatewayResult {
    destroy(egressOnlyGatewayKind, call, find(egressOnlyGatewayKind, call, input.EgressOnlyInternetGatewayId).id)
    return { ReturnCode: true }
  },

  CreateNatGateway(input: Ec2.CreateNatGatewayRequest, call: Call): Ec2.CreateNatGatewayResult {
    const subnet = find(subnetKind, call, input.SubnetId)
    const connectivity = input.ConnectivityType ?? 'public'
    const address = input.AllocationId === undefined ? undefined : find(addressKind, call, input.AllocationId)
    if (connectivity === 'public' && address === undefined)
      throw new AwsError('MissingParameter', 'The request must contain the parameter AllocationId')
    if (connectivity === 'private' && address !== undefined)
      throw new AwsError('InvalidParameterCombination', 'AllocationId cannot be specified for a private NAT gateway.')
    if (address?.associationId !== undefined)
      throw new AwsError('Resource.AlreadyAssociated', `Elastic IP address [${address.id}] is already associated`)
    const tags = specifiedTags(input.TagSpecifications, 'natgateway')
    const id = call.newId('nat')
    const eni = newInterface(call, {
      subnet,
      description: `Interface for NAT Gateway ${id}`,
      groups: [],
      privateIp: input.PrivateIpAddress,
      type: 'nat_gateway',
      requesterManaged: true,
      sourceDestCheck: false,
    })
    const associationId = address === undefined ? undefined : call.newId('eipassoc')
    const nat = create<NatGatewayRow>(
      natGatewayKind,
      call,
      {
        id,
        vpcId: subnet.vpcId,
        subnetId: subnet.id,
        connectivity,
        state: 'pending',
        created: call.now,
        addresses: [
          {
            allocationId: address?.id,
            associationId,
            interfaceId: eni.id,
            privateIp: eni.privateIps[0]!,
            publicIp: address?.publicIp,
            primary: true,
          },
        ],
      },
      tags,
    )
    if (address !== undefined)
      rowsOf(addressKind, call).patch(address.id, { associationId, interfaceId: eni.id, privateIp: eni.privateIps[0] })
    call.later(90, 'nat-available', id)
    return { NatGateway: describeNatGateway(nat, call), ClientToken: input.ClientToken }
  },

  DescribeNatGateways(input: Ec2.DescribeNatGatewaysRequest, call: Call): Ec2.DescribeNatGatewaysResult {
    const { rows, NextToken } = select(natGatewayKind, call, {
      ids: input.NatGatewayIds,
      filters: input.Filter,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { NatGateways: rows.map((row) => describeNatGateway(row, call)), NextToken }
  },

  DeleteNatGateway(input: Ec2.DeleteNatGatewayRequest, call: Call): Ec2.DeleteNatGatewayResult {
    const nat = find(natGatewayKind, call, input.NatGatewayId)
    if (nat.state !== 'deleted' && nat.state !== 'deleting') {
      rowsOf(natGatewayKind, call).patch(nat.id, { state: 'deleting', deleted: call.now })
      call.later(45, 'nat-deleted', nat.id)
    }
    return { NatGatewayId: nat.id }
  },

  AssociateNatGatewayAddress(input: Ec2.AssociateNatGatewayAddressRequest, call: Call): Ec2.AssociateNatGatewayAddressResult {
    const nat = find(natGatewayKind, call, input.NatGatewayId)
    const eni = find(networkInterfaceKind, call, nat.addresses[0]!.interfaceId)
    const subnet = find(subnetKind, call, nat.subnetId)
    const added = (input.AllocationIds ?? []).map((allocationId, i) => {
      const address = find(addressKind, call, allocationId)
      if (address.associationId !== undefined)
        throw new AwsError('Resource.AlreadyAssociated', `Elastic IP address [${address.id}] is already associated`)
      const associationId = call.newId('eipassoc')
      const extra = newInterface(call, {
        subnet,
        description: '',
        groups: [],
        privateIp: input.PrivateIpAddresses?.[i],
        type: 'nat_gateway',
      })
      const privateIp = extra.privateIps[0]!
      removeInterface(call, extra.id)
      rowsOf(addressKind, call).patch(address.id, { associationId, interfaceId: eni.id, privateIp })
      return { allocationId: address.id, associationId, interfaceId: eni.id, privateIp, publicIp: address.publicIp, primary: false }
    })
    const changed = rowsOf(natGatewayKind, call).patch(nat.id, { addresses: [...nat.addresses, ...added] })
    rowsOf(networkInterfaceKind, call).patch(eni.id, { privateIps: [...eni.privateIps, ...added.map((a) => a.privateIp)] })
    return { NatGatewayId: nat.id, NatGatewayAddresses: describeNatGateway(changed, call).NatGatewayAddresses }
  },

  DisassociateNatGatewayAddress(input: Ec2.DisassociateNatGatewayAddressRequest, call: Call): Ec2.DisassociateNatGatewayAddressResult {
    const nat = find(natGatewayKind, call, input.NatGatewayId)
    const gone = nat.addresses.filter((a) => a.associationId !== undefined && input.AssociationIds?.includes(a.associationId) === true)
    if (gone.some((a) => a.primary))
      throw new AwsError('InvalidParameterValue', 'The primary address of a NAT gateway cannot be disassociated.')
    for (const address of gone) if (address.allocationId !== undefined) disassociate(call, address.allocationId)
    const changed = rowsOf(natGatewayKind, call).patch(nat.id, { addresses: nat.addresses.filter((a) => !gone.includes(a)) })
    const eni = find(networkInterfaceKind, call, nat.addresses[0]!.interfaceId)
    rowsOf(networkInterfaceKind, call).patch(eni.id, { privateIps: eni.privateIps.filter((ip) => !gone.some((a) => a.privateIp === ip)) })
    return { NatGatewayId: nat.id, NatGatewayAddresses: describeNatGateway(changed, call).NatGatewayAddresses }
  },
}

const HOUR = 3600

export const gatewayEvents = {
  'nat-available': (id: string, call: Call) => {
    const nat = rowsOf(natGatewayKind, call).get(id)
    if (nat?.state !== 'pending') return
    const reachable = [...rowsOf(internetGatewayKind, call).values()].some((gateway) => gateway.vpcId === nat.vpcId)
    if (reachable || nat.connectivity === 'private') {
      rowsOf(natGatewayKind, call).patch(id, { state: 'available' })
      return
    }
    const failure = { code: 'Gateway.NotAttached', message: `Network ${nat.vpcId} has no Internet gateway attached` }
    rowsOf(natGatewayKind, call).patch(id, { state: 'failed', failure })
    release(call, nat)
    call.linger(HOUR, 'nat-forgotten', id)
  },
  'nat-deleted': (id: string, call: Call) => {
    const nat = rowsOf(natGatewayKind, call).get(id)
    if (nat === undefined) return
    rowsOf(natGatewayKind, call).patch(id, { state: 'deleted' })
    release(call, nat)
    call.linger(HOUR, 'nat-forgotten', id)
  },
  'nat-forgotten': (id: string, call: Call) => destroy(natGatewayKind, call, id),
}

function release(call: Call, nat: NatGatewayRow): void {
  for (const { allocationId, associationId } of nat.addresses) {
    const address = allocationId === undefined ? undefined : rowsOf(addressKind, call).get(allocationId)
    if (address !== undefined && address.associationId === associationId) disassociate(call, address.id)
  }
  removeInterface(call, nat.addresses[0]!.interfaceId)
}

function describeInternetGateway(gateway: InternetGatewayRow, call: Call): Ec2.InternetGateway {
  return {
    InternetGatewayId: gateway.id,
    OwnerId: call.account,
    // EC2 says "available" here, which is no value of the type.
    Attachments: gateway.vpcId === undefined ? [] : [{ VpcId: gateway.vpcId, State: 'available' as Ec2.AttachmentStatus }],
    Tags: [...tagsOf(call, gateway.id)],
  }
}

function describeEgressOnlyGateway(gateway: InternetGatewayRow, call: Call): Ec2.EgressOnlyInternetGateway {
  return {
    EgressOnlyInternetGatewayId: gateway.id,
    Attachments: [{ VpcId: gateway.vpcId, State: 'attached' }],
    Tags: [...tagsOf(call, gateway.id)],
  }
}

function describeNatGateway(nat: NatGatewayRow, call: Call): Ec2.NatGateway {
  const settled = nat.state === 'available' || nat.state === 'deleting' || nat.state === 'deleted'
  return {
    NatGatewayId: nat.id,
    VpcId: nat.vpcId,
    SubnetId: nat.subnetId,
    State: nat.state,
    ConnectivityType: nat.connectivity,
    CreateTime: nat.created,
    DeleteTime: nat.deleted,
    FailureCode: nat.failure?.code,
    FailureMessage: nat.failure?.message,
    NatGatewayAddresses: nat.addresses.map((address) => ({
      AllocationId: address.allocationId,
      AssociationId: address.associationId,
      NetworkInterfaceId: address.interfaceId,
      PrivateIp: address.privateIp,
      PublicIp: address.publicIp,
      IsPrimary: address.primary,
      Status: settled ? 'succeeded' : nat.state === 'failed' ? 'failed' : 'associating',
    })),
    Tags: [...tagsOf(call, nat.id)],
  }
}
