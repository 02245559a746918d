import type * as Route53 from '@aws-sdk/client-route-53'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import type { Row, Table } from '../../kernel/store.ts'
import { submitChange } from './_changes.ts'
import { bareId, findZone, type HostedZoneRow, invalidInput, noSuchZone, zones } from './_rows.ts'

type Vpc = Required<Route53.VPC>

/** That VPCs of other accounts may be associated: seen by all accounts. */
interface AuthorizationRow extends Row {
  readonly owner: string
  readonly zoneId: string
  readonly vpc: Vpc
}

function authorizations(call: Call): Table<AuthorizationRow> {
  return call.kernel.store.scope('-', '-', 'route53').table<AuthorizationRow>('authorizations')
}

function authorizationId(zoneId: string, vpc: Vpc): string {
  return `${zoneId} ${vpc.VPCRegion} ${vpc.VPCId}`
}

export const vpcAssociationOperations = {
  /** The caller's own zone and VPC, or a VPC of the caller and a zone whose owner has authorized the association. */
  AssociateVPCWithHostedZone(input: Route53.AssociateVPCWithHostedZoneRequest, call: Call): Route53.AssociateVPCWithHostedZoneResponse {
    const zoneId = bareId(input.HostedZoneId)
    const vpc = checkVpc(call, input.VPC!)
    const authorization = authorizations(call).get(authorizationId(zoneId, vpc))
    const owner = zones(call).get(zoneId) !== undefined || authorization === undefined ? call.account : authorization.owner
    const table = call.scopeOf('route53', 'global', owner).table<HostedZoneRow>('zones')
    const zone = table.get(zoneId)
    if (zone === undefined) throw noSuchZone(zoneId)
    if (!zone.isPrivate)
      throw new AwsError(
        'PublicZoneVPCAssociation',
        "You're trying to associate a VPC with a public hosted zone. Amazon Route 53 doesn't support associating a VPC with a public hosted zone.",
      )
    sameNameInVpc(call, zone.name, vpc)
    table.patch(zone.id, { vpcs: [...zone.vpcs, vpc] })
    return { ChangeInfo: submitChange(call, input.Comment) }
  },

  DisassociateVPCFromHostedZone(
    input: Route53.DisassociateVPCFromHostedZoneRequest,
    call: Call,
  ): Route53.DisassociateVPCFromHostedZoneResponse {
    const zone = findZone(call, input.HostedZoneId)
    const { VPCId, VPCRegion } = input.VPC!
    const vpcs = zone.vpcs.filter((vpc) => vpc.VPCId !== VPCId || vpc.VPCRegion !== VPCRegion)
    if (vpcs.length === zone.vpcs.length)
      throw new AwsError(
        'VPCAssociationNotFound',
        `The VPC ${VPCId} in region ${VPCRegion} is not associated with the hosted zone ${zone.id}.`,
        404,
      )
    if (vpcs.length === 0)
      throw new AwsError(
        'LastVPCAssociation',
        "The VPC that you're trying to disassociate from the private hosted zone is the last VPC that is associated with the hosted zone. Amazon Route 53 doesn't support disassociating the last VPC from a hosted zone.",
      )
    zones(call).patch(zone.id, { vpcs })
    return { ChangeInfo: submitChange(call, input.Comment) }
  },

  ListHostedZonesByVPC(input: Route53.ListHostedZonesByVPCRequest, call: Call): Route53.ListHostedZonesByVPCResponse {
    const found = [...zones(call).values()].filter((zone) =>
      zone.vpcs.some((vpc) => vpc.VPCId === input.VPCId && vpc.VPCRegion === input.VPCRegion),
    )
    const page = pageOf(call, found, input.NextToken, Number(input.MaxItems ?? 100), 'InvalidPaginationToken')
    return {
      HostedZoneSummaries: page.items.map((zone) => ({ HostedZoneId: zone.id, Name: zone.name, Owner: { OwningAccount: call.account } })),
      MaxItems: Number(input.MaxItems ?? 100),
      NextToken: page.nextToken,
    }
  },

  CreateVPCAssociationAuthorization(
    input: Route53.CreateVPCAssociationAuthorizationRequest,
    call: Call,
  ): Route53.CreateVPCAssociationAuthorizationResponse {
    const zone = findZone(call, input.HostedZoneId)
    if (!zone.isPrivate) throw invalidInput('Authorizations are for private hosted zones only.')
    const vpc = completeVpc(input.VPC!)
    authorizations(call).put({ id: authorizationId(zone.id, vpc), owner: call.account, zoneId: zone.id, vpc })
    return { HostedZoneId: zone.id, VPC: vpc }
  },

  ListVPCAssociationAuthorizations(
    input: Route53.ListVPCAssociationAuthorizationsRequest,
    call: Call,
  ): Route53.ListVPCAssociationAuthorizationsResponse {
    const zone = findZone(call, input.HostedZoneId)
    const found = [...authorizations(call).values()].filter((row) => row.zoneId === zone.id)
    const page = pageOf(call, found, input.NextToken, Number(input.MaxResults ?? 50), 'InvalidPaginationToken')
    return { HostedZoneId: zone.id, NextToken: page.nextToken, VPCs: page.items.map((row) => row.vpc) }
  },

  DeleteVPCAssociationAuthorization(input: Route53.DeleteVPCAssociationAuthorizationRequest, call: Call): object {
    const zone = findZone(call, input.HostedZoneId)
    const id = authorizationId(zone.id, completeVpc(input.VPC!))
    if (authorizations(call).get(id) === undefined)
      throw new AwsError(
        'VPCAssociationAuthorizationNotFound',
        'The VPC that you specified is not authorized to be associated with the hosted zone.',
        404,
      )
    authorizations(call).delete(id)
    return {}
  },
}

function completeVpc(vpc: Route53.VPC): Vpc {
  if (vpc.VPCId === undefined || vpc.VPCRegion === undefined) throw invalidInput('Both the ID and the region of the VPC must be given.')
  return { VPCId: vpc.VPCId, VPCRegion: vpc.VPCRegion }
}

/** A VPC of the caller's account. @throws AwsError InvalidVPCId when there is none */
export function checkVpc(call: Call, given: Route53.VPC): Vpc {
  const vpc = completeVpc(given)
  if (call.scopeOf('ec2', vpc.VPCRegion).table('vpc').get(vpc.VPCId) === undefined)
    throw new AwsError(
      'InvalidVPCId',
      `The VPC: ${vpc.VPCId} in region ${vpc.VPCRegion} that you provided is not authorized to make the association.`,
    )
  return vpc
}

/** @throws AwsError ConflictingDomainExists when the VPC sees a zone of this name already */
export function sameNameInVpc(call: Call, name: string, vpc: Vpc): void {
  const other = [...zones(call).values()].find(
    (zone) => zone.name === name && zone.vpcs.some((v) => v.VPCId === vpc.VPCId && v.VPCRegion === vpc.VPCRegion),
  )
  if (other !== undefined)
    throw new AwsError(
      'ConflictingDomainExists',
      `The VPC ${vpc.VPCId} in region ${vpc.VPCRegion} has already been associated with the hosted zone ${other.id} with the same domain name.`,
    )
}
