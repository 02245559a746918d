import { CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import { type Change, type ListResourceRecordSetsResponse, type ResourceRecordSet, Route53 } from '@aws-sdk/client-route-53'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, refusal, testSandbox } from './_clients.ts'

let sandbox: Sandbox
let route53: Route53
let count = 0

beforeAll(async () => {
  sandbox = await testSandbox()
  route53 = new Route53(clientConfig(sandbox))
})
afterAll(() => sandbox.close())

async function newVpc(account?: string): Promise<{ VPCId: string; VPCRegion: 'eu-central-1' }> {
  const { Vpc } = await new EC2Client(clientConfig(sandbox, account)).send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  return { VPCId: Vpc!.VpcId!, VPCRegion: 'eu-central-1' }
}

async function newZone(name = `zone-${++count}.test`, extra: object = {}): Promise<string> {
  const { HostedZone } = await route53.createHostedZone({ Name: name, CallerReference: `ref-${++count}`, ...extra })
  return HostedZone!.Id!.replace('/hostedzone/', '')
}

const record = (
  Name: string,
  Type: ResourceRecordSet['Type'],
  values: string[],
  extra: Partial<ResourceRecordSet> = {},
): ResourceRecordSet => ({
  Name,
  Type,
  TTL: 60,
  ResourceRecords: values.map((Value) => ({ Value })),
  ...extra,
})
const create = (set: ResourceRecordSet): Change => ({ Action: 'CREATE', ResourceRecordSet: set })
const change = (HostedZoneId: string, ...Changes: Change[]) => route53.changeResourceRecordSets({ HostedZoneId, ChangeBatch: { Changes } })

async function names(zone: string): Promise<string[]> {
  const { ResourceRecordSets } = await route53.listResourceRecordSets({ HostedZoneId: zone })
  return ResourceRecordSets!.map((set) => `${set.Type} ${set.Name}${set.SetIdentifier === undefined ? '' : ` ${set.SetIdentifier}`}`)
}

describe('hosted zones', () => {
  test('a public zone has name servers, NS and SOA', async () => {
    const created = await route53.createHostedZone({ Name: 'Example.TEST', CallerReference: 'a', HostedZoneConfig: { Comment: 'hello' } })
    expect(created.HostedZone).toMatchObject({
      Name: 'example.test.',
      Config: { Comment: 'hello', PrivateZone: false },
      ResourceRecordSetCount: 2,
    })
    expect(created.HostedZone!.Id).toMatch(/^\/hostedzone\/Z[A-Z0-9]{13,31}$/)
    expect(created.DelegationSet!.NameServers).toHaveLength(4)
    expect(created.Location).toMatch(/hostedzone\/Z/)
    const { ResourceRecordSets } = await route53.listResourceRecordSets({ HostedZoneId: created.HostedZone!.Id! })
    expect(ResourceRecordSets!.map((set) => [set.Type, set.TTL])).toEqual([
      ['NS', 172_800],
      ['SOA', 900],
    ])
    expect(ResourceRecordSets![0]!.ResourceRecords!.map((r) => r.Value)).toEqual(created.DelegationSet!.NameServers!.map((n) => `${n}.`))
    expect(ResourceRecordSets![1]!.ResourceRecords![0]!.Value).toMatch(
      /^ns-\d+\.awsdns-\d\d\.\S+ awsdns-hostmaster\.amazon\.com\. 1 7200 900 1209600 86400$/,
    )
  })

  test('changes become INSYNC', async () => {
    const slow = await testSandbox({ delays: 1 })
    try {
      const client = new Route53(clientConfig(slow))
      const { ChangeInfo } = await client.createHostedZone({ Name: 'slow.test', CallerReference: 'a' })
      expect(ChangeInfo!.Status).toBe('PENDING')
      expect((await client.getChange({ Id: ChangeInfo!.Id! })).ChangeInfo!.Status).toBe('PENDING')
    } finally {
      await slow.close()
    }
    const { ChangeInfo } = await route53.createHostedZone({ Name: 'fast.test', CallerReference: 'fast' })
    expect(ChangeInfo!.Status).toBe('PENDING')
    expect((await route53.getChange({ Id: ChangeInfo!.Id! })).ChangeInfo!.Status).toBe('INSYNC')
  })

  test('a private zone is seen by its VPCs', async () => {
    const [first, second] = [await newVpc(), await newVpc()]
    const zone = await newZone('inside.test', { VPC: first })
    await route53.associateVPCWithHostedZone({ HostedZoneId: zone, VPC: second })
    const got = await route53.getHostedZone({ Id: zone })
    expect(got.VPCs).toEqual([first, second])
    expect(got.DelegationSet).toBeUndefined()
    expect(got.HostedZone!.Config!.PrivateZone).toBe(true)
    const { HostedZoneSummaries } = await route53.listHostedZonesByVPC(second)
    expect(HostedZoneSummaries).toEqual([{ HostedZoneId: zone, Name: 'inside.test.', Owner: { OwningAccount: '123456789012' } }])
    expect(await refusal(route53.createHostedZone({ Name: 'inside.test', CallerReference: 'again', VPC: first }))).toBe(
      `ConflictingDomainExists: The VPC ${first.VPCId} in region eu-central-1 has already been associated with the hosted zone ${zone} with the same domain name.`,
    )
    await route53.disassociateVPCFromHostedZone({ HostedZoneId: zone, VPC: first })
    expect(await refusal(route53.disassociateVPCFromHostedZone({ HostedZoneId: zone, VPC: second }))).toMatch(/^LastVPCAssociation: /)
    expect(await refusal(route53.disassociateVPCFromHostedZone({ HostedZoneId: zone, VPC: first }))).toMatch(/^VPCAssociationNotFound: /)
  })

  test('another account associates its VPC when it is authorized', async () => {
    const zone = await newZone('shared.test', { VPC: await newVpc() })
    const theirs = await newVpc('222222222222')
    const they = new Route53(clientConfig(sandbox, '222222222222'))
    const associate = () => they.associateVPCWithHostedZone({ HostedZoneId: zone, VPC: theirs })
    expect(await refusal(associate())).toBe(`NoSuchHostedZone: No hosted zone found with ID: ${zone}`)
    await route53.createVPCAssociationAuthorization({ HostedZoneId: zone, VPC: theirs })
    await associate()
    expect((await route53.getHostedZone({ Id: zone })).VPCs).toHaveLength(2)
    await route53.deleteVPCAssociationAuthorization({ HostedZoneId: zone, VPC: theirs })
    expect((await route53.listVPCAssociationAuthorizations({ HostedZoneId: zone })).VPCs).toEqual([])
  })

  test.each([
    ['an unknown zone', () => route53.getHostedZone({ Id: 'Z0123' }), 'NoSuchHostedZone: No hosted zone found with ID: Z0123'],
    [
      'a used caller reference',
      async () => {
        await newZone('x.test', { CallerReference: 'used' })
        return newZone('y.test', { CallerReference: 'used' })
      },
      /^HostedZoneAlreadyExists: /,
    ],
    ['a name that is none', () => newZone('a..b'), /^InvalidDomainName: /],
    ['a VPC that is not there', () => newZone('z.test', { VPC: { VPCId: 'vpc-1', VPCRegion: 'eu-central-1' } }), /^InvalidVPCId: /],
    ['a change that is not there', () => route53.getChange({ Id: 'C1' }), /^NoSuchChange: /],
  ] as const)('%s is refused', async (_name, work, want) => {
    expect(await refusal(work())).toMatch(want)
  })

  test('lists by name and by marker', async () => {
    const other = new Route53(clientConfig(sandbox, '333333333333'))
    for (const Name of ['b.test', 'a.b.test', 'a.test']) await other.createHostedZone({ Name, CallerReference: Name })
    const byName = await other.listHostedZonesByName({ DNSName: 'b.test', MaxItems: 1 })
    expect(byName.HostedZones!.map((z) => z.Name)).toEqual(['b.test.'])
    expect([byName.IsTruncated, byName.NextDNSName]).toEqual([true, 'a.b.test.'])
    const first = await other.listHostedZones({ MaxItems: 2 })
    const second = await other.listHostedZones({ MaxItems: 2, Marker: first.NextMarker })
    expect([...first.HostedZones!, ...second.HostedZones!].map((z) => z.Name)).toEqual(['b.test.', 'a.b.test.', 'a.test.'])
    expect(second.IsTruncated).toBe(false)
    expect((await other.getHostedZoneCount()).HostedZoneCount).toBe(3)
  })

  test('deletes a zone that has only its own records', async () => {
    const zone = await newZone()
    const { HostedZone } = await route53.getHostedZone({ Id: zone })
    await change(zone, create(record(`www.${HostedZone!.Name}`, 'A', ['10.0.0.1'])))
    expect(await refusal(route53.deleteHostedZone({ Id: zone }))).toBe(
      'HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets and so cannot be deleted.',
    )
    await change(zone, { Action: 'DELETE', ResourceRecordSet: record(`www.${HostedZone!.Name}`, 'A', ['10.0.0.1']) })
    await route53.deleteHostedZone({ Id: zone })
    expect(await refusal(route53.getHostedZone({ Id: zone }))).toMatch(/^NoSuchHostedZone/)
  })

  test('tags and comment', async () => {
    const zone = await newZone()
    await route53.changeTagsForResource({
      ResourceType: 'hostedzone',
      ResourceId: zone,
      AddTags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    })
    await route53.changeTagsForResource({
      ResourceType: 'hostedzone',
      ResourceId: zone,
      AddTags: [{ Key: 'a', Value: '3' }],
      RemoveTagKeys: ['b'],
    })
    const { ResourceTagSet } = await route53.listTagsForResource({ ResourceType: 'hostedzone', ResourceId: zone })
    expect(ResourceTagSet).toEqual({ ResourceType: 'hostedzone', ResourceId: zone, Tags: [{ Key: 'a', Value: '3' }] })
    await route53.updateHostedZoneComment({ Id: zone, Comment: 'new' })
    expect((await route53.getHostedZone({ Id: zone })).HostedZone!.Config!.Comment).toBe('new')
  })

  test('a reusable delegation set is shared by zones', async () => {
    const { DelegationSet } = await route53.createReusableDelegationSet({ CallerReference: 'set' })
    const zone = await newZone('set.test', { DelegationSetId: DelegationSet!.Id })
    expect((await route53.getHostedZone({ Id: zone })).DelegationSet!.NameServers).toEqual(DelegationSet!.NameServers)
    expect(await refusal(route53.deleteReusableDelegationSet({ Id: DelegationSet!.Id! }))).toMatch(/^DelegationSetInUse/)
  })
})

describe('record sets', () => {
  let zone: string
  beforeAll(async () => {
    zone = await newZone('r.test')
    await change(
      zone,
      create(record('a.r.test', 'A', ['10.0.0.1', '10.0.0.2'])),
      create(record('c.r.test', 'CNAME', ['a.r.test'])),
      create(record('*.r.test', 'TXT', ['"one" "two"'])),
      create(record('w.r.test', 'CNAME', ['x'], { SetIdentifier: 'blue', Weight: 90 })),
      create(record('w.r.test', 'CNAME', ['y'], { SetIdentifier: 'green', Weight: 10 })),
      create({
        Name: 'alias.r.test',
        Type: 'A',
        AliasTarget: { HostedZoneId: 'Z215JYRZR1TBD5', DNSName: 'Web-1.eu-central-1.elb.amazonaws.com', EvaluateTargetHealth: true },
      }),
    )
  })

  test('are listed by reversed names, canonical', async () => {
    expect(await names(zone)).toEqual([
      'NS r.test.',
      'SOA r.test.',
      'TXT \\052.r.test.',
      'A a.r.test.',
      'A alias.r.test.',
      'CNAME c.r.test.',
      'CNAME w.r.test. blue',
      'CNAME w.r.test. green',
    ])
    const { ResourceRecordSets } = await route53.listResourceRecordSets({
      HostedZoneId: zone,
      StartRecordName: 'alias.r.test',
      StartRecordType: 'A',
      MaxItems: 1,
    })
    expect(ResourceRecordSets).toEqual([
      {
        Name: 'alias.r.test.',
        Type: 'A',
        AliasTarget: { HostedZoneId: 'Z215JYRZR1TBD5', DNSName: 'web-1.eu-central-1.elb.amazonaws.com.', EvaluateTargetHealth: true },
      },
    ])
  })

  test('pages of one lead through all of them', async () => {
    const seen: string[] = []
    let at: object | undefined = {}
    while (at !== undefined) {
      const page: ListResourceRecordSetsResponse = await route53.listResourceRecordSets({ HostedZoneId: zone, MaxItems: 1, ...at })
      for (const set of page.ResourceRecordSets!)
        seen.push(`${set.Type} ${set.Name}${set.SetIdentifier === undefined ? '' : ` ${set.SetIdentifier}`}`)
      const { NextRecordName: StartRecordName, NextRecordType: StartRecordType, NextRecordIdentifier: StartRecordIdentifier } = page
      at = page.IsTruncated ? { StartRecordName, StartRecordType, StartRecordIdentifier } : undefined
    }
    expect(seen).toEqual(await names(zone))
  })

  const refused: [string, Change[], string][] = [
    [
      'create what exists',
      [create(record('a.r.test', 'A', ['10.0.0.3']))],
      "[Tried to create resource record set [name='a.r.test.', type='A'] but it already exists]",
    ],
    [
      'create a weighted set that exists',
      [create(record('w.r.test', 'CNAME', ['z'], { SetIdentifier: 'blue', Weight: 1 }))],
      "[Tried to create resource record set [name='w.r.test.', type='CNAME', set-identifier='blue'] but it already exists]",
    ],
    [
      'delete what is not there',
      [{ Action: 'DELETE', ResourceRecordSet: record('no.r.test', 'A', ['10.0.0.3']) }],
      "[Tried to delete resource record set [name='no.r.test.', type='A'] but it was not found]",
    ],
    [
      'delete with other values',
      [{ Action: 'DELETE', ResourceRecordSet: record('a.r.test', 'A', ['10.0.0.1']) }],
      "[Tried to delete resource record set [name='a.r.test.', type='A'] but the values provided do not match the current values]",
    ],
    [
      'another zone',
      [create(record('a.other.test', 'A', ['10.0.0.3']))],
      '[RRSet with DNS name a.other.test. is not permitted in zone r.test.]',
    ],
    [
      'a CNAME at the apex',
      [create(record('r.test', 'CNAME', ['x']))],
      /CNAME with DNS name r\.test\. is not permitted at apex in zone r\.test\./.source,
    ],
    [
      'a CNAME beside an A',
      [create(record('a.r.test', 'CNAME', ['x']))],
      /^\[RRSet of type CNAME with DNS name a\.r\.test\. is not permitted as it conflicts with other records with the same DNS name in zone r\.test\.\]$/
        .source,
    ],
    [
      'an A beside a CNAME',
      [create(record('c.r.test', 'A', ['10.0.0.1']))],
      /conflicting RRSet of type CNAME with the same DNS name already exists in zone r\.test\./.source,
    ],
    [
      'an address that is none',
      [create(record('bad.r.test', 'A', ['10.0.0']))],
      "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '10.0.0'']",
    ],
    [
      'a text without quotes',
      [create(record('bad.r.test', 'TXT', ['x']))],
      "[Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'x'']",
    ],
    ['a value twice', [create(record('bad.r.test', 'A', ['10.0.0.1', '10.0.0.1']))], "[Duplicate Resource Record: '10.0.0.1']"],
    [
      'a simple set beside weighted ones',
      [create(record('w.r.test', 'CNAME', ['z']))],
      /type CNAME cannot be created as other RRSets exist with the same name and type\./.source,
    ],
    [
      'two changes of one set',
      [create(record('n.r.test', 'A', ['10.0.0.1'])), create(record('n.r.test', 'A', ['10.0.0.2']))],
      /invalid set of changes for a resource record set 'A n\.r\.test\.'/.source,
    ],
    [
      'an alias outside of the target zone',
      [
        create({
          Name: 'e.r.test',
          Type: 'A',
          AliasTarget: { HostedZoneId: 'Z215JYRZR1TBD5', DNSName: 'web.us-east-1.elb.amazonaws.com', EvaluateTargetHealth: false },
        }),
      ],
      '[Tried to create an alias that targets web.us-east-1.elb.amazonaws.com., type A in zone Z215JYRZR1TBD5, but the alias target name does not lie within the target zone]',
    ],
    [
      'the own NS record',
      [{ Action: 'DELETE', ResourceRecordSet: record('r.test', 'NS', []) }],
      /^InvalidInput: .*Missing field 'ResourceRecords'/.source,
    ],
  ]
  test.each(refused)('refuses to %s', async (_name, changes, want) => {
    const before = await names(zone)
    const text = (await refusal(change(zone, ...changes))).replace(/^InvalidChangeBatch: /, '')
    if (want.startsWith('[')) expect(text).toBe(want)
    else expect(text).toMatch(new RegExp(want))
    expect(await names(zone)).toEqual(before)
  })

  test('a batch is made as a whole or not at all', async () => {
    const before = await names(zone)
    const text = await refusal(
      change(
        zone,
        create(record('new.r.test', 'A', ['10.0.0.1'])),
        create(record('a.r.test', 'A', ['10.0.0.1'])),
        create(record('bad.r.test', 'A', ['x'])),
      ),
    )
    expect(text).toContain("but it already exists, Invalid Resource Record: 'FATAL problem")
    expect(await names(zone)).toEqual(before)
  })

  test('a deletion and a creation in one batch replace a set', async () => {
    await change(zone, create(record('t.r.test', 'A', ['10.0.0.1'])))
    await change(zone, create(record('t.r.test', 'CNAME', ['x.test'])), {
      Action: 'DELETE',
      ResourceRecordSet: record('t.r.test', 'A', ['10.0.0.1']),
    })
    expect(await names(zone)).toContain('CNAME t.r.test.')
    await change(zone, { Action: 'UPSERT', ResourceRecordSet: record('t.r.test', 'CNAME', ['y.test']) })
    await change(zone, { Action: 'DELETE', ResourceRecordSet: record('t.r.test', 'CNAME', ['y.test']) })
  })
})

test('health checks', async () => {
  const { HealthCheck } = await route53.createHealthCheck({
    CallerReference: 'h',
    HealthCheckConfig: { Type: 'HTTPS', FullyQualifiedDomainName: 'a.test' },
  })
  expect(HealthCheck!.HealthCheckConfig).toMatchObject({ Port: 443, RequestInterval: 30, FailureThreshold: 3, EnableSNI: true })
  await route53.updateHealthCheck({ HealthCheckId: HealthCheck!.Id!, FailureThreshold: 5 })
  expect((await route53.getHealthCheck({ HealthCheckId: HealthCheck!.Id! })).HealthCheck).toMatchObject({
    HealthCheckVersion: 2,
    HealthCheckConfig: { FailureThreshold: 5 },
  })
  await route53.deleteHealthCheck({ HealthCheckId: HealthCheck!.Id! })
  expect(await refusal(route53.getHealthCheck({ HealthCheckId: HealthCheck!.Id! }))).toMatch(/^NoSuchHealthCheck/)
})
