import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aws, awsCli, ServedSandbox, TerraformFolder, terraformWithAws } from './_sandbox.ts'

/** The AWS provider waits ten seconds at a time for things that take no time here. */
const MINUTES = 60_000

// Needs LANDFORM_PEER_TERRAFORM and LANDFORM_PEER_MIRROR.
describe.skipIf(terraformWithAws === undefined)('real terraform makes an organization with the real AWS provider', () => {
  let sandbox: ServedSandbox
  let folder: TerraformFolder

  beforeAll(async () => {
    sandbox = await ServedSandbox.start()
    folder = new TerraformFolder('organization', sandbox)
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
      expect(folder.run(['apply', '-auto-approve']).stdout).toContain('Apply complete! Resources: 12 added, 0 changed, 0 destroyed.')
      expect(folder.run(['plan', '-detailed-exitcode'], [0, 2]).stdout).toContain('No changes.')
      expect(folder.output('is_dev')).toBe(true)
      expect(folder.output<string[]>('policies')).toEqual(expect.arrayContaining(['p-FullAWSAccess']))
    },
    10 * MINUTES,
  )

  test.skipIf(awsCli === undefined)(
    'the aws command sees it, and what AWS refuses is refused',
    () => {
      const own = sandbox.environment('123456789012', 'us-east-1')
      const list = (...args: string[]) => aws(own, 'organizations', ...args)
      expect(list('describe-organization')).toMatchObject({ Organization: { FeatureSet: 'ALL', MasterAccountId: '123456789012' } })
      expect(list('list-accounts', '--query', 'Accounts[].[Name,Status]')).toEqual(expect.arrayContaining([['dev', 'ACTIVE']]))
      expect(list('create-organization')).toContain('(AlreadyInOrganizationException) when calling the CreateOrganization operation')
      expect(list('describe-account', '--account-id', '999999999999')).toContain('(AccountNotFoundException)')
      expect(list('create-account', '--email', 'aws+dev@example.com', '--account-name', 'dev2')).toMatchObject({
        CreateAccountStatus: { State: 'IN_PROGRESS' },
      })
      expect(list('list-create-account-status', '--states', 'FAILED', '--query', 'CreateAccountStatuses[].FailureReason')).toEqual([
        'EMAIL_ALREADY_EXISTS',
      ])
      expect(aws(own, 'account', 'get-region-opt-status', '--region-name', 'af-south-1')).toEqual({
        RegionName: 'af-south-1',
        RegionOptStatus: 'ENABLED',
      })
      expect(aws(own, 'iam', 'list-organizations-features', '--query', 'EnabledFeatures')).toEqual(
        expect.arrayContaining(['RootCredentialsManagement', 'RootSessions']),
      )
      const stranger = sandbox.environment('210987654321', 'us-east-1')
      expect(aws(stranger, 'organizations', 'describe-organization')).toContain('(AWSOrganizationsNotInUseException)')
    },
    10 * MINUTES,
  )

  test(
    'and closes the account, which stays where it is for 90 days, so that its unit cannot go',
    () => {
      expect(folder.run(['destroy', '-auto-approve'], [1]).stderr).toContain(
        'OrganizationalUnitNotEmptyException: The specified OU is not empty.',
      )
      const own = sandbox.environment('123456789012', 'us-east-1')
      if (awsCli !== undefined)
        expect(aws(own, 'organizations', 'list-accounts', '--query', "Accounts[?Name=='dev'].Status")).toEqual(['SUSPENDED'])
    },
    10 * MINUTES,
  )
})
