import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { awsProvider, awsProviderSchema } from '../../../src/builtin/aws/index.ts'
import { valueToJson } from '../../../src/cty/index.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts'
import { emptyBlockValue, impliedType } from '../../../src/schema/index.ts'
import { prelude, Stack } from './_stack.ts'

const fixture = readFileSync(new URL('../../fixtures/names/main.tf', import.meta.url), 'utf8').replace(
  'region = var.region',
  'region = var.region\n  access_key = "test"\n  secret_key = "test"',
)

/** The fixture with other defaults of its variables. */
function names(change: Readonly<Record<string, string>> = {}): string {
  let text = fixture
  for (const [before, after] of Object.entries(change)) {
    if (!text.includes(before)) throw new Error(`The fixture has no ${before}`)
    text = text.replaceAll(before, after)
  }
  return text
}

let sandbox: Sandbox
beforeAll(async () => {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
  sandbox = await startSandbox({ seed: 'names', maxPageSize: 3 })
})
afterAll(() => sandbox.close())

describe('names and monitoring', () => {
  test('the fixture: create, no changes, update, destroy', { timeout: 60_000 }, async () => {
    const stack = new Stack(sandbox.url).config(names(), '')
    expect(await stack.apply()).toHaveLength(16)
    expect((await stack.plan()).actions).toEqual([])
    const zone = stack.attributes('aws_route53_zone.public')
    expect(zone).toMatchObject({
      arn: `arn:aws:route53:::hostedzone/${zone.id}`,
      comment: 'Managed by Terraform',
      delegation_set_id: '',
      name: 'names.test',
      tags: { Name: 'public' },
      tags_all: { Environment: 'test', Name: 'public' },
      vpc: [],
      zone_id: zone.id,
    })
    expect(stack.attributes('aws_route53_record.any')).toMatchObject({
      id: `${zone.id}_*.names.test_CNAME`,
      fqdn: '*.names.test',
      name: '*.names.test',
    })
    expect(stack.attributes('aws_route53_record.mail')).toMatchObject({ id: `${zone.id}__MX`, fqdn: 'names.test', name: '' })
    expect(stack.attributes('aws_route53_record.balancer')).toMatchObject({
      alias: [{ evaluate_target_health: true, name: 'api-123456.eu-central-1.elb.amazonaws.com', zone_id: 'Z215JYRZR1TBD5' }],
      records: null,
      ttl: 0,
    })
    stack.takeRequests()
    expect(
      (
        await stack
          .config(names({ 'default = 10': 'default = 50', 'default = 14': 'default = 0', 'default = 80': 'default = 90.5' }), '')
          .apply()
      ).sort(),
    ).toEqual([
      'update aws_cloudwatch_log_group.api',
      'update aws_cloudwatch_metric_alarm.cpu',
      'update aws_route53_record.weighted["blue"]',
      'update aws_route53_record.weighted["green"]',
    ])
    expect(stack.takeRequests()).toMatchObject({
      'cloudwatch.PutMetricAlarm': 1,
      'logs.DeleteRetentionPolicy': 1,
      'route53.ChangeResourceRecordSets': 2,
    })
    expect((await stack.plan()).actions).toEqual([])
    expect(await stack.destroy()).toHaveLength(16)
    expect(stack.addresses()).toEqual([])
  })

  test('what is gone is planned again, what differs is changed back', { timeout: 60_000 }, async () => {
    const stack = new Stack(sandbox.url).config(names(), '')
    await stack.apply()
    const { Route53 } = await import('@aws-sdk/client-route-53')
    const { CloudWatch } = await import('@aws-sdk/client-cloudwatch')
    const config = { region: 'eu-central-1', endpoint: sandbox.url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
    const zone = String(stack.attributes('aws_route53_zone.public').id)
    const address = (value: string) => ({ Name: 'www.names.test', Type: 'A' as const, TTL: 300, ResourceRecords: [{ Value: value }] })
    await new Route53(config).changeResourceRecordSets({
      HostedZoneId: zone,
      ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet: address('192.0.2.9') }] },
    })
    await new CloudWatch(config).deleteAlarms({ AlarmNames: ['api-cpu'] })
    const { actions } = await stack.plan()
    expect(actions.sort()).toEqual(['create aws_cloudwatch_metric_alarm.cpu', 'update aws_route53_record.address'])
    await stack.apply()
    expect((await stack.plan()).actions).toEqual([])
    await stack.destroy()
  })
})

const zone = `resource "aws_route53_zone" "z" {
  name          = "r.test"
  force_destroy = true
}
`
const record = (body: string) => `${zone}resource "aws_route53_record" "r" {\n  zone_id = aws_route53_zone.z.id\n  name = "a"\n${body}\n}\n`

describe('records', () => {
  test('another type or identifier is the same object with another id', { timeout: 60_000 }, async () => {
    const stack = new Stack(sandbox.url).config(record('type = "A"\nttl = 60\nrecords = ["192.0.2.1"]'))
    await stack.apply()
    const weighted = 'type = "CNAME"\nttl = 60\nrecords = ["b.test"]\nset_identifier = "one"\nweighted_routing_policy {\n weight = 0\n}'
    expect(await stack.config(record(weighted)).apply()).toEqual(['update aws_route53_record.r'])
    const attributes = stack.attributes('aws_route53_record.r')
    expect(attributes).toMatchObject({ id: `${attributes.zone_id}_a_CNAME_one`, weighted_routing_policy: [{ weight: 0 }] })
    expect((await stack.plan()).actions).toEqual([])
    await stack.destroy()
  })

  test('many are read in a sweep of their zone, few one by one', { timeout: 60_000 }, async () => {
    const many = (n: number) =>
      `${zone}resource "aws_route53_record" "r" {\n  count = ${n}\n  zone_id = aws_route53_zone.z.id\n  name = "a\${count.index}"\n  type = "A"\n  ttl = 60\n  records = ["192.0.2.1"]\n}\n`
    const open = await startSandbox({ seed: 'sweep' })
    try {
      const stack = new Stack(open.url).config(many(40))
      await stack.apply()
      stack.takeRequests()
      expect((await stack.plan()).actions).toEqual([])
      expect(stack.takeRequests()['route53.ListResourceRecordSets']).toBeLessThanOrEqual(2)
    } finally {
      await open.close()
    }
  })

  test('one that exists is taken over only when overwriting is allowed', { timeout: 60_000 }, async () => {
    const two = (overwrite: string) =>
      `${record('type = "A"\nttl = 60\nrecords = ["192.0.2.1"]')}resource "aws_route53_record" "again" {\n depends_on = [aws_route53_record.r]\n  zone_id = aws_route53_zone.z.id\n  name = "a"\n type = "A"\n ttl = 60\n records = ["192.0.2.2"]\n${overwrite}\n}\n`
    const stack = new Stack(sandbox.url).config(two(''))
    await expect(stack.apply()).rejects.toThrow(
      /Tried to create resource record set \[name='a\.r\.test\.', type='A'\] but it already exists/,
    )
    await stack.config(two('allow_overwrite = true')).apply()
    await stack.destroy()
  })

  test.each([
    ['neither alias nor records', 'type = "A"', 'Invalid combination of arguments: "alias": one of `alias,records` must be specified'],
    [
      'a policy without identifier',
      'type = "A"\nttl = 1\nrecords = ["192.0.2.1"]\nweighted_routing_policy {\n weight = 1\n}',
      'Missing required argument: "weighted_routing_policy": all of `set_identifier,weighted_routing_policy` must be specified',
    ],
  ])('%s is refused', async (_name, body, want) => {
    expect((await new Stack(sandbox.url).config(record(body)).validate()).join('\n')).toContain(want)
  })
})

test('VPCs of a private zone come and go', { timeout: 60_000 }, async () => {
  const text = (vpcs: string[]) => `resource "aws_vpc" "v" {
  for_each   = toset(["a", "b", "c"])
  cidr_block = "10.0.0.0/16"
}
resource "aws_route53_zone" "z" {
  name = "inside.test"
${vpcs.map((name) => `  vpc {\n    vpc_id = aws_vpc.v["${name}"].id\n  }`).join('\n')}
}
`
  const stack = new Stack(sandbox.url).config(text(['a', 'b']))
  await stack.apply()
  expect(await stack.config(text(['b', 'c'])).apply()).toEqual(['update aws_route53_zone.z'])
  const vpcs = (stack.attributes('aws_route53_zone.z').vpc as { vpc_id: string; vpc_region: string }[]).map((vpc) => vpc.vpc_id).sort()
  expect(vpcs).toEqual(['b', 'c'].map((name) => stack.attributes(`aws_vpc.v["${name}"]`).id).sort())
  expect((await stack.plan()).actions).toEqual([])
  await stack.destroy()
})

test('default tags reach zones, alarms and log groups; changed tags are changed in place', { timeout: 60_000 }, async () => {
  const text = (tag: string) => `resource "aws_route53_zone" "z" {
  name = "tags.test"
  tags = { Own = "${tag}" }
}
resource "aws_cloudwatch_log_group" "g" {
  name_prefix = "tags-"
  tags = { Own = "${tag}" }
}
resource "aws_cloudwatch_metric_alarm" "a" {
  alarm_name          = "tags"
  namespace           = "N"
  metric_name         = "M"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "LessThanThreshold"
  tags = { Own = "${tag}" }
}
`
  const stack = new Stack(sandbox.url).config(text('1'), prelude)
  await stack.apply()
  expect((await stack.config(text('2'), prelude).apply()).map((action) => action.split(' ')[0])).toEqual(['update', 'update', 'update'])
  for (const address of ['aws_route53_zone.z', 'aws_cloudwatch_log_group.g', 'aws_cloudwatch_metric_alarm.a'])
    expect(stack.attributes(address)).toMatchObject({ tags: { Own: '2' }, tags_all: { Own: '2', Team: 'ops' } })
  expect((await stack.plan()).actions).toEqual([])
  await stack.destroy()
})

test('a parameter that is not there', async () => {
  const stack = new Stack(sandbox.url).config('data "aws_ssm_parameter" "p" {\n  name = "/none"\n}\n')
  await expect(stack.plan()).rejects.toThrow(/There is no parameter \/none/)
})

test.each([
  ['retention_in_days = 9', 'expected retention_in_days to be one of [0 1 3 5'],
  ['name_prefix = "b"', '"name": conflicts with name_prefix'],
])('a log group with %s is refused', async (argument, want) => {
  const stack = new Stack(sandbox.url).config(`resource "aws_cloudwatch_log_group" "g" {\n  name = "a"\n  ${argument}\n}\n`)
  expect((await stack.validate()).join('\n')).toContain(want)
})

test('version 6: regional types have a region, names have none', { timeout: 60_000 }, async () => {
  const stack = new Stack(sandbox.url, 6).config(names({ '"5.100.0"': '"6.25.0"' }), '')
  await stack.apply()
  expect((await stack.plan()).actions).toEqual([])
  expect(stack.attributes('aws_cloudwatch_log_group.api').region).toBe('eu-central-1')
  expect(stack.attributes('aws_cloudwatch_metric_alarm.cpu').region).toBe('eu-central-1')
  expect(stack.attributes('aws_route53_zone.public')).not.toHaveProperty('region')
  await stack.destroy()
})

test('objects are imported by their ids', { timeout: 60_000 }, async () => {
  const stack = new Stack(sandbox.url).config(names(), '')
  await stack.apply()
  const schema = awsProviderSchema()
  const env = {
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'eu-central-1',
    HOME: '/nonexistent',
  }
  const provider = awsProvider({ surroundings: { env } })
  await provider.configure({ config: emptyBlockValue(schema.provider), terraformVersion: '1.0.0' })
  const imported = [
    'route53_zone.public',
    'route53_zone.private',
    'route53_record.any',
    'route53_record.mail',
    'route53_record.weighted["blue"]',
    'cloudwatch_log_group.api',
    'cloudwatch_metric_alarm.cpu',
    'cloudwatch_metric_alarm.errors',
  ]
  for (const address of imported) {
    const typeName = `aws_${address.split('.')[0]}`
    const stored = stack.attributes(`aws_${address}`)
    const { imported: found } = await provider.importResourceState({ typeName, id: String(stored.id) })
    const { newState, diags } = await provider.readResource({ typeName, prior: found[0]!.state, private: undefined } as never)
    expect(diags).toEqual([])
    const read = JSON.parse(valueToJson(newState, impliedType(schema.resource(typeName)!.block))) as Record<string, unknown>
    // What only configurations say is not there to be read, nor which tags are those of the provider's block.
    const settings = ['tags', 'force_destroy', 'skip_destroy', 'allow_overwrite', 'timeouts']
    for (const [name, value] of Object.entries(stored))
      if (!settings.includes(name)) expect([address, name, settled(read[name])]).toEqual([address, name, settled(value)])
  }
  await provider.close()
  await stack.destroy()
})

/** An empty collection is as good as none. */
function settled(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Object.keys(value).length === 0) return null
  if (Array.isArray(value)) return value.map(settled)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, settled(member)]))
}
