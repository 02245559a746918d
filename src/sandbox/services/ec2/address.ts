import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { create, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import { addressKind, instanceKind, interfaceOf, networkInterfaceKind } from './_kinds.ts'
import type { AddressRow } from './_rows.ts'
import { newPublicIp } from './network-interface.ts'

export const addressOperations = {
  AllocateAddress(input: Ec2.AllocateAddressRequest, call: Call): Ec2.AllocateAddressResult {
    if (input.Domain === 'standard')
      throw new AwsError('InvalidParameterValue', 'Value (standard) for parameter domain is invalid. Only vpc is supported.')
    const tags = specifiedTags(input.TagSpecifications, 'elastic-ip')
    const address = create(
      addressKind,
      call,
      {
        id: call.newId('eipalloc'),
        publicIp: input.Address ?? newPublicIp(call),
        borderGroup: input.NetworkBorderGroup ?? call.region,
        pool: input.PublicIpv4Pool ?? 'amazon',
      },
      tags,
    )
    return {
      AllocationId: address.id,
      PublicIp: address.publicIp,
      PublicIpv4Pool: address.pool,
      NetworkBorderGroup: address.borderGroup,
      Domain: 'vpc',
    }
  },

  DescribeAddresses(input: Ec2.DescribeAddressesRequest, call: Call): Ec2.DescribeAddressesResult {
    const byIp = (input.PublicIps ?? []).map((ip) => findByIp(call, ip).id)
    const ids = [...(input.AllocationIds ?? []), ...byIp]
    const { rows } = select(addressKind, call, { ids, filters: input.Filters })
    return { Addresses: rows.map((row) => describeAddress(row, call)) }
  },

  DescribeAddressesAttribute(input: Ec2.DescribeAddressesAttributeRequest, call: Call): Ec2.DescribeAddressesAttributeResult {
    const { rows, NextToken } = select(addressKind, call, { ids: input.AllocationIds, token: input.NextToken })
    // Only addresses that have a reverse name are listed with one.
    return {
      Addresses: rows.map((row) => ({ AllocationId: row.id, PublicIp: row.publicIp, PtrRecord: row.ptr })),
      NextToken,
    }
  },

  ModifyAddressAttribute(input: Ec2.ModifyAddressAttributeRequest, call: Call): Ec2.ModifyAddressAttributeResult {
    const address = find(addressKind, call, input.AllocationId)
    const ptr = input.DomainName === undefined ? address.ptr : `${input.DomainName.replace(/\.$/, '')}.`
    rowsOf(addressKind, call).patch(address.id, { ptr })
    return { Address: { AllocationId: address.id, PublicIp: address.publicIp, PtrRecord: ptr } }
  },

  ResetAddressAttribute(input: Ec2.ResetAddressAttributeRequest, call: Call): Ec2.ResetAddressAttributeResult {
    const { ptr: _, ...address } = find(addressKind, call, input.AllocationId)
    rowsOf(addressKind, call).put(address)
    return { Address: { AllocationId: address.id, PublicIp: address.publicIp } }
  },

  AssociateAddress(input: Ec2.AssociateAddressRequest, call: Call): Ec2.AssociateAddressResult {
    const address =
      input.AllocationId === undefined && input.PublicIp !== undefined
        ? findByIp(call, input.PublicIp)
        : find(addressKind, call, input.AllocationId)
    const eni = targetOf(input, call)
    const privateIp = input.PrivateIpAddress ?? eni.privateIps[0]!
    if (!eni.privateIps.includes(privateIp))
      throw new AwsError('InvalidParameterValue', `The private IP address ${privateIp} is not assigned to the network interface ${eni.id}`)
    if (address.interfaceId === eni.id && address.privateIp === privateIp) return { AssociationId: address.associationId }
    if (address.associationId !== undefined && input.AllowReassociation === false)
      throw new AwsError(
        'Resource.AlreadyAssociated',
        `resource ${address.id} is already associated with associate-id ${address.associationId}`,
      )
    const other = [...rowsOf(addressKind, call).values()].find((row) => row.interfaceId === eni.id && row.privateIp === privateIp)
    if (other !== undefined) {
      if (input.AllowReassociation !== true && input.InstanceId === undefined)
        throw new AwsError(
          'Resource.AlreadyAssociated',
          `resource ${eni.id} is already associated with associate-id ${other.associationId}`,
        )
      disassociate(call, other.id)
    }
    // The lent address goes back when an own one takes its place.
    const { lentPublicIp: _, ...without } = eni
    rowsOf(networkInterfaceKind, call).put(without)
    const associationId = call.newId('eipassoc')
    rowsOf(addressKind, call).patch(address.id, { associationId, interfaceId: eni.id, privateIp })
    return { AssociationId: associationId }
  },

  DisassociateAddress(input: Ec2.DisassociateAddressRequest, call: Call): object {
    const address =
      input.AssociationId === undefined
        ? findByIp(call, input.PublicIp ?? '')
        : [...rowsOf(addressKind, call).values()].find((row) => row.associationId === input.AssociationId)
    if (address === undefined)
      throw new AwsError('InvalidAssociationID.NotFound', `The association ID '${input.AssociationId}' does not exist`)
    if (interfaceOf(address, call)?.requesterManaged === true)
      throw new AwsError('AuthFailure', 'You do not have permission to access the specified resource.')
    disassociate(call, address.id)
    return {}
  },

  ReleaseAddress(input: Ec2.ReleaseAddressRequest, call: Call): object {
    const address =
      input.AllocationId === undefined && input.PublicIp !== undefined
        ? findByIp(call, input.PublicIp)
        : find(addressKind, call, input.AllocationId)
    if (address.associationId !== undefined) throw new AwsError('InvalidIPAddress.InUse', `Address ${address.publicIp} is in use.`)
    destroy(addressKind, call, address.id)
    return {}
  },
}

export function disassociate(call: Call, allocationId: string): void {
  const { associationId: _a, interfaceId: _i, privateIp: _p, ...address } = find(addressKind, call, allocationId)
  rowsOf(addressKind, call).put(address)
}

function findByIp(call: Call, ip: string): AddressRow {
  const address = [...rowsOf(addressKind, call).values()].find((row) => row.publicIp === ip)
  if (address === undefined) throw new AwsError('InvalidAddress.NotFound', `Address '${ip}' not found.`)
  return address
}

function targetOf(input: Ec2.AssociateAddressRequest, call: Call) {
  if (input.NetworkInterfaceId !== undefined) return find(networkInterfaceKind, call, input.NetworkInterfaceId)
  const instance = find(instanceKind, call, input.InstanceId)
  if (instance.state !== 'running' && instance.state !== 'stopped')
    throw new AwsError('InvalidInstanceID', `The pending instance '${instance.id}' is not in a valid state for this operation.`)
  const eni = [...rowsOf(networkInterfaceKind, call).values()].find(
    (row) => row.attachment?.instanceId === instance.id && row.attachment.deviceIndex === 0,
  )
  if (eni === undefined) throw new AwsError('InvalidInstanceID', `The instance '${instance.id}' has no network interface.`)
  return eni
}

function describeAddress(address: AddressRow, call: Call): Ec2.Address {
  const eni = interfaceOf(address, call)
  return {
    AllocationId: address.id,
    PublicIp: address.publicIp,
    Domain: 'vpc',
    PublicIpv4Pool: address.pool,
    NetworkBorderGroup: address.borderGroup,
    AssociationId: address.associationId,
    NetworkInterfaceId: address.interfaceId,
    NetworkInterfaceOwnerId: eni === undefined ? undefined : call.account,
    InstanceId: eni?.attachment?.instanceId,
    PrivateIpAddress: address.privateIp,
    Tags: [...tagsOf(call, address.id)],
  }
}
