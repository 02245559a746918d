import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aws, awsCli, ServedSandbox, TerraformFolder, terraformWithAws } from './_sandbox.ts'

/** The AWS provider waits ten seconds at a time for things that take no time here. */
const MINUTES = 60_000

// Needs LANDFORM_PEER_TERRAFORM and LANDFORM_PEER_MIRROR.
describe.skipIf(terraformWithAws === undefined)('real terraform applies the bastion with the real AWS provider', () => {
  let sandbox: ServedSandbox
  let folder: TerraformFolder

  beforeAll(async () => {
    sandbox = await ServedSandbox.start()
    folder = new TerraformFolder('bastion', sandbox)
    folder.run(['init'])
  }, 2 * MINUTES)
  afterAll(async () => {
    folder?.remove()
    await sandbox?.stop()
    sandbox?.workspace.remove()
  })

  test(
    'and nothing is left to do',
    () => {
      expect(folder.run(['apply', '-auto-approve']).stdout).toContain('Apply complete! Resources: 27 added, 0 changed, 0 destroyed.')
      expect(folder.run(['plan', '-detailed-exitcode'], [0, 2]).stdout).toContain('No changes.')
    },
    5 * MINUTES,
  )

  test.skipIf(awsCli === undefined)(
    'the aws command sees it, another account does not',
    () => {
      const bastion = folder.output<{ id: string; public_ip: string }>('bastion')
      const own = sandbox.environment()
      const other = sandbox.environment('210987654321')
      expect(aws(own, 'sts', 'get-caller-identity')).toMatchObject({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:root' })
      const named = ['--filters', 'Name=tag:Name,Values=stage-bastion', '--query', 'Reservations[].Instances[]']
      expect(aws(own, 'ec2', 'describe-instances', ...named)).toMatchObject([
        { InstanceId: bastion.id, PublicIpAddress: bastion.public_ip, State: { Name: 'running' } },
      ])
      expect(aws(own, 's3api', 'get-bucket-versioning', '--bucket', 'stage-assets-123456789012')).toEqual({ Status: 'Enabled' })
      expect(aws(other, 'ec2', 'describe-instances', '--instance-ids', bastion.id)).toContain(
        `(InvalidInstanceID.NotFound) when calling the DescribeInstances operation: The instance ID '${bastion.id}' does not exist`,
      )
      expect(aws(other, 'ec2', 'describe-vpcs', '--vpc-ids', folder.output<string>('vpc_id'))).toContain('(InvalidVpcID.NotFound)')
      expect(aws(other, 's3api', 'list-objects-v2', '--bucket', 'stage-assets-123456789012')).toContain('(AccessDenied)')
    },
    4 * MINUTES,
  )

  test(
    'a sandbox that was stopped has it all when it is started again; another instance type is a change in place',
    async () => {
      await sandbox.stop()
      sandbox = await ServedSandbox.start([`-port=${new URL(sandbox.url).port}`], sandbox.workspace)
      const { stdout } = folder.run(['plan', '-var=instance_type=t3.small'])
      expect(stdout).toContain('# aws_instance.bastion will be updated in-place')
      expect(stdout).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
    },
    2 * MINUTES,
  )

  test(
    'and destroys it',
    () => {
      expect(folder.run(['destroy', '-auto-approve']).stdout).toContain('Destroy complete! Resources: 27 destroyed.')
    },
    5 * MINUTES,
  )
})
