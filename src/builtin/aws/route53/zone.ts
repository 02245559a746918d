import { type InputOf, isAwsError, type OutputOf } from '../../../aws/index.ts'
import { checkArguments } from '../../../providers/kit/index.ts'
import { type AwsApi, blocks, bool, defineResource, type Operation, setting, string, strings, uniqueName } from '../resource.ts'
import { noteChange, waitForChange, waitForNotedChange } from './_change.ts'
import { bareZoneId, plainName } from './_names.ts'
import { route53Tags, tagsOf } from './tags.ts'

type Answer = OutputOf<'route53', 'GetHostedZone'>
type Vpc = NonNullable<Answer['VPCs']>[number]
type Change = NonNullable<NonNullable<InputOf<'route53', 'ChangeResourceRecordSets'>['ChangeBatch']>['Changes']>[number]

interface Remote {
  readonly Id: string
  readonly Arn: string
  readonly Name: string
  readonly Comment: string | undefined
  readonly DelegationSetId: string | undefined
  readonly NameServers: readonly string[]
  readonly PrimaryNameServer: string | undefined
  readonly VPCs: readonly Vpc[] | undefined
}

/** Route 53 takes up to 1,000 records in a batch; sets of more than one record are seldom large. */
const deletionsPerBatch = 100

export const zone = defineResource({
  type: 'aws_route53_zone',
  title: 'Route53 Hosted Zone',
  rules: 'sdk',
  timeouts: { create: 30, update: 30, delete: 30 },
  traits: [route53Tags('hostedzone')],
  fields: {
    arn: string('Arn', { create: false }),
    comment: string('HostedZoneConfig.Comment', { read: 'Comment', update: 'comment' }),
    delegation_set_id: string('DelegationSetId', { normalize: bareZoneId }),
    force_destroy: bool(undefined, setting),
    name: string('Name', { normalize: plainName }),
    name_servers: strings('NameServers', { create: false }),
    primary_name_server: string('PrimaryNameServer', { create: false }),
    vpc: blocks(
      'VPCs[]',
      { vpc_id: string('VPCId'), vpc_region: string('VPCRegion') },
      {
        create: false,
        update: 'vpcs',
        identity: ['vpc_id'],
      },
    ),
    zone_id: string('Id', { create: false }),
  },

  async create(op, request, planned) {
    const vpcs = vpcsOf(op.api, planned.vpc)
    const { HostedZone, ChangeInfo } = await op.api.call('route53', 'CreateHostedZone', {
      ...request,
      Name: planned.name!,
      CallerReference: uniqueName('terraform-'),
      ...(vpcs[0] === undefined ? {} : { VPC: vpcs[0] }),
    })
    noteChange(op, ChangeInfo?.Id)
    return bareZoneId(HostedZone!.Id!)
  },

  async ready(op, id, planned) {
    await waitForNotedChange(op)
    for (const VPC of vpcsOf(op.api, planned.vpc).slice(1)) await associate(op, id, VPC)
  },

  async find({ api }, id): Promise<Remote | undefined> {
    const answer = await api.call('route53', 'GetHostedZone', { Id: id }).catch((error: unknown) => {
      if (isAwsError(error, 'NoSuchHostedZone')) return undefined
      throw error
    })
    if (answer?.HostedZone === undefined) return undefined
    const { HostedZone, DelegationSet, VPCs } = answer
    const isPrivate = HostedZone.Config?.PrivateZone === true
    const servers = isPrivate ? await nameServersOf(api, id, HostedZone.Name!) : (DelegationSet?.NameServers ?? [])
    return {
      Id: id,
      Arn: `arn:${api.session.partition.id}:route53:::hostedzone/${id}`,
      Name: plainName(HostedZone.Name!),
      Comment: HostedZone.Config?.Comment,
      DelegationSetId: DelegationSet?.Id === undefined ? undefined : bareZoneId(DelegationSet.Id),
      NameServers: [...servers].sort(),
      PrimaryNameServer: servers[0],
      VPCs,
    }
  },

  updates: {
    async comment({ api }, { id, planned }) {
      await api.call('route53', 'UpdateHostedZoneComment', { Id: id, Comment: planned.comment ?? '' })
    },
    async vpcs(op, { id, planned, prior }) {
      const before = vpcsOf(op.api, prior.vpc)
      const after = vpcsOf(op.api, planned.vpc)
      // A private zone always has a VPC: new ones come before old ones go.
      for (const VPC of after.filter((vpc) => !before.some((b) => isSame(b, vpc)))) await associate(op, id, VPC)
      for (const VPC of before.filter((vpc) => !after.some((a) => isSame(a, vpc)))) {
        const { ChangeInfo } = await op.api.call('route53', 'DisassociateVPCFromHostedZone', { HostedZoneId: id, VPC })
        await waitForChange(op, ChangeInfo?.Id)
      }
    },
  },

  async delete(op, id, state) {
    if (state.force_destroy) await deleteRecords(op, id, state.name!)
    const answer = await op.api.call('route53', 'DeleteHostedZone', { Id: id }).catch((error: unknown) => {
      if (isAwsError(error, 'NoSuchHostedZone')) return undefined
      throw error
    })
    await waitForChange(op, answer?.ChangeInfo?.Id)
  },

  validate: (config) =>
    checkArguments({ delegation_set_id: { conflictsWith: ['vpc'] }, vpc: { conflictsWith: ['delegation_set_id'] } }, config),

  importId: (id) => ({ id: bareZoneId(id) }),

  finish(state, prior) {
    // An imported zone is like one that was configured without the argument.
    if (typeof prior.force_destroy !== 'boolean') state.force_destroy = false
  },

  expect: (api, id) => tagsOf(api, 'hostedzone').expect(id),
})

type VpcBlocks = readonly { readonly vpc_id: string | null; readonly vpc_region: string | null }[] | null | undefined

function vpcsOf(api: AwsApi, configured: VpcBlocks): Vpc[] {
  return (configured ?? []).map((block) => ({ VPCId: block.vpc_id!, VPCRegion: (block.vpc_region || api.region) as Vpc['VPCRegion'] }))
}

function isSame(a: Vpc, b: Vpc): boolean {
  return a.VPCId === b.VPCId && a.VPCRegion === b.VPCRegion
}

async function associate(op: Operation<AwsApi>, id: string, VPC: Vpc): Promise<void> {
  const { ChangeInfo } = await op.api.call('route53', 'AssociateVPCWithHostedZone', { HostedZoneId: id, VPC })
  await waitForChange(op, ChangeInfo?.Id)
}

/** A private zone has no delegation: its servers are those of its NS records. */
async function nameServersOf(api: AwsApi, HostedZoneId: string, name: string): Promise<readonly string[]> {
  const { ResourceRecordSets } = await api.call('route53', 'ListResourceRecordSets', {
    HostedZoneId,
    StartRecordName: name,
    StartRecordType: 'NS',
    MaxItems: 1,
  })
  const set = ResourceRecordSets?.find((found) => found.Type === 'NS' && found.Name === name)
  return (set?.ResourceRecords ?? []).map((record) => record.Value ?? '')
}

/** Everything but what the zone cannot be without. */
async function deleteRecords(op: Operation<AwsApi>, HostedZoneId: string, zoneName: string): Promise<void> {
  const changes: Change[] = []
  let start: Omit<InputOf<'route53', 'ListResourceRecordSets'>, 'HostedZoneId'> | undefined = {}
  while (start !== undefined) {
    const page: OutputOf<'route53', 'ListResourceRecordSets'> = await op.api.call('route53', 'ListResourceRecordSets', {
      HostedZoneId,
      ...start,
    })
    for (const ResourceRecordSet of page.ResourceRecordSets ?? []) {
      const isOwn = plainName(ResourceRecordSet.Name!) === zoneName && (ResourceRecordSet.Type === 'NS' || ResourceRecordSet.Type === 'SOA')
      if (!isOwn) changes.push({ Action: 'DELETE', ResourceRecordSet })
    }
    const { NextRecordName: StartRecordName, NextRecordType: StartRecordType, NextRecordIdentifier: StartRecordIdentifier } = page
    start = page.IsTruncated ? { StartRecordName, StartRecordType, StartRecordIdentifier } : undefined
  }
  for (let i = 0; i < changes.length; i += deletionsPerBatch) {
    const { ChangeInfo } = await op.api.call('route53', 'ChangeResourceRecordSets', {
      HostedZoneId,
      ChangeBatch: { Comment: 'Deleted by Terraform', Changes: changes.slice(i, i + deletionsPerBatch) },
    })
    await waitForChange(op, ChangeInfo?.Id)
  }
}
