import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changes } from './_names.ts'
import { awsCli, terraformWithAws } from './_sandbox.ts'
import { SharedFolder } from './_shared-folder.ts'

const MINUTES = 60_000
const region = 'eu-central-1'

/** When terraform refreshes, it turns the null of what was never set into an empty collection. */
function settled(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Object.keys(value).length === 0) return null
  if (Array.isArray(value)) return value.map(settled)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, settled(member)]))
}

// Needs LANDFORM_PEER_TERRAFORM and LANDFORM_PEER_MIRROR.
describe.skipIf(terraformWithAws === undefined)('Landform applies names and monitoring', () => {
  let folder: SharedFolder
  beforeAll(async () => {
    folder = await SharedFolder.start('names')
    folder.run('landform', 'init')
  }, 2 * MINUTES)
  afterAll(() => folder?.close())

  test(
    'and real terraform with the real AWS provider takes the state over',
    () => {
      expect(folder.run('landform', 'apply', '-auto-approve').stdout).toContain(
        'Apply complete! Resources: 16 added, 0 changed, 0 destroyed.',
      )
      expect(folder.run('landform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
      const before = folder.objects()
      folder.run('terraform', 'init')
      expect(folder.run('terraform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
      // What terraform stores after reading everything again is what Landform has stored.
      folder.run('terraform', 'apply', '-refresh-only', '-auto-approve')
      expect(settled(folder.objects())).toEqual(settled(before))
    },
    3 * MINUTES,
  )

  test.skipIf(awsCli === undefined)('the aws command sees it', { timeout: MINUTES }, () => {
    expect(
      folder.aws(region, 'route53', 'list-hosted-zones', '--query', 'HostedZones[].[Name,Config.PrivateZone,ResourceRecordSetCount]'),
    ).toEqual(
      expect.arrayContaining([
        ['names.test.', false, 8],
        ['internal.names.test.', true, 4],
      ]),
    )
    const [id] = folder.aws(
      region,
      'route53',
      'list-hosted-zones-by-name',
      '--dns-name',
      'names.test',
      '--query',
      'HostedZones[].Id',
    ) as string[]
    const records = [
      'route53',
      'list-resource-record-sets',
      '--hosted-zone-id',
      id!,
      '--query',
      "ResourceRecordSets[?Type=='A'].[Name,AliasTarget.DNSName]",
    ]
    expect(folder.aws(region, ...records)).toEqual([
      ['names.test.', 'www.names.test.'],
      ['api.names.test.', 'api-123456.eu-central-1.elb.amazonaws.com.'],
      ['www.names.test.', null],
    ])
    expect(folder.aws(region, 'cloudwatch', 'describe-alarms', '--query', 'MetricAlarms[].[AlarmName,StateValue]')).toEqual([
      ['api-cpu', 'INSUFFICIENT_DATA'],
      ['api-errors', 'INSUFFICIENT_DATA'],
    ])
    expect(
      folder.aws(region, 'logs', 'describe-log-groups', '--log-group-name-prefix', '/test/api', '--query', 'logGroups[].retentionInDays'),
    ).toEqual([14])
    const image = '/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id'
    expect(folder.aws(region, 'ssm', 'get-parameter', '--name', image, '--query', 'Parameter.Value')).toMatch(/^ami-0[0-9a-f]{16}$/)
  })

  test(
    'terraform changes it and Landform has nothing to add; terraform destroys it all',
    () => {
      expect(folder.run('terraform', 'apply', '-auto-approve', ...changes).stdout).toContain(
        'Apply complete! Resources: 0 added, 4 changed, 0 destroyed.',
      )
      expect(folder.run('landform', 'plan', '-detailed-exitcode', ...changes).stdout).toContain('No changes.')
      expect(folder.run('terraform', 'destroy', '-auto-approve').stdout).toContain('Destroy complete! Resources: 16 destroyed.')
    },
    5 * MINUTES,
  )
})
