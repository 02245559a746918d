import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AwsError, openSession, type Session } from '../../src/aws/index.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { type Moto, motoProgram, startMoto } from '../aws/_moto.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

type Ids = Record<string, string>
type Op = readonly [
  service: 'organizations' | 'iam' | 'account' | 's3control',
  operation: string,
  input: (ids: Ids) => object,
  keep?: (answer: never, ids: Ids) => void,
]

const policy = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: statement })
const deny = policy({ Effect: 'Deny', Action: 'ec2:*', Resource: '*' })
const scp = { Type: 'SERVICE_CONTROL_POLICY' }
const filter = { Filter: 'SERVICE_CONTROL_POLICY' }
const none = (): object => ({})

/** One life of an organization, with what is refused on the way. */
const life: readonly Op[] = [
  ['organizations', 'DescribeOrganization', none],
  ['organizations', 'ListAccounts', none],
  ['organizations', 'CreateOrganization', () => ({ FeatureSet: 'ALL' })],
  ['organizations', 'CreateOrganization', () => ({ FeatureSet: 'ALL' })],
  ['organizations', 'ListRoots', none, (answer: { Roots: { Id: string }[] }, ids) => (ids.root = answer.Roots[0]!.Id)],
  [
    'organizations',
    'CreateOrganizationalUnit',
    ({ root }) => ({ ParentId: root, Name: 'a' }),
    (answer: { OrganizationalUnit: { Id: string } }, ids) => (ids.unit = answer.OrganizationalUnit.Id),
  ],
  ['organizations', 'CreateOrganizationalUnit', ({ root }) => ({ ParentId: root, Name: 'a' })],
  ['organizations', 'DescribeOrganizationalUnit', () => ({ OrganizationalUnitId: 'ou-abcd-12345678' })],
  ['organizations', 'CreateAccount', () => ({ Email: 'a@example.com', AccountName: 'a' })],
  [
    'organizations',
    'ListAccounts',
    none,
    (answer: { Accounts: { Id: string; Name: string }[] }, ids) => (ids.member = answer.Accounts.find(({ Name }) => Name === 'a')!.Id),
  ],
  ['organizations', 'DescribeAccount', () => ({ AccountId: '999999999999' })],
  ['organizations', 'DescribeCreateAccountStatus', () => ({ CreateAccountRequestId: 'car-00000000000000000000000000000000' })],
  ['organizations', 'ListParents', ({ member }) => ({ ChildId: member })],
  ['organizations', 'MoveAccount', ({ member, root, unit }) => ({ AccountId: member, SourceParentId: root, DestinationParentId: unit })],
  ['organizations', 'DeleteOrganizationalUnit', ({ unit }) => ({ OrganizationalUnitId: unit })],
  ['organizations', 'EnablePolicyType', ({ root }) => ({ RootId: root, PolicyType: scp.Type })],
  ['organizations', 'EnablePolicyType', ({ root }) => ({ RootId: root, PolicyType: scp.Type })],
  [
    'organizations',
    'CreatePolicy',
    () => ({ ...scp, Name: 'p', Description: '', Content: deny }),
    (answer: { Policy: { PolicySummary: { Id: string } } }, ids) => (ids.policy = answer.Policy.PolicySummary.Id),
  ],
  ['organizations', 'DescribePolicy', () => ({ PolicyId: 'p-12345678' })],
  ['organizations', 'AttachPolicy', (ids) => ({ PolicyId: ids.policy, TargetId: ids.unit })],
  ['organizations', 'ListPoliciesForTarget', ({ unit }) => ({ ...filter, TargetId: unit })],
  ['organizations', 'DeletePolicy', (ids) => ({ PolicyId: ids.policy })],
  ['organizations', 'DetachPolicy', (ids) => ({ PolicyId: ids.policy, TargetId: ids.unit })],
  ['organizations', 'DeletePolicy', (ids) => ({ PolicyId: ids.policy })],
  ['organizations', 'TagResource', ({ member }) => ({ ResourceId: member, Tags: [{ Key: 'a', Value: 'b' }] })],
  ['organizations', 'ListTagsForResource', ({ member }) => ({ ResourceId: member })],
  ['organizations', 'TagResource', () => ({ ResourceId: '999999999999', Tags: [] })],
  ['organizations', 'EnableAWSServiceAccess', () => ({ ServicePrincipal: 'config.amazonaws.com' })],
  ['organizations', 'ListAWSServiceAccessForOrganization', none],
  ['organizations', 'CloseAccount', ({ member }) => ({ AccountId: member })],
  ['organizations', 'CloseAccount', () => ({ AccountId: '999999999999' })],
  ['iam', 'CreateAccountAlias', () => ({ AccountAlias: 'example' })],
  ['iam', 'ListAccountAliases', none],
  ['iam', 'GetAccountPasswordPolicy', none],
  ['iam', 'GetOpenIDConnectProvider', () => ({ OpenIDConnectProviderArn: 'arn:aws:iam::123456789012:oidc-provider/example.com' })],
  ['account', 'GetAlternateContact', () => ({ AlternateContactType: 'SECURITY' })],
  ['s3control', 'GetPublicAccessBlock', () => ({ AccountId: '123456789012' })],
]

/** Where Moto lets through what AWS refuses by its documentation of the operation, and what comes of that. */
const known: Readonly<Record<string, string>> = {
  '1 organizations:ListAccounts AWSOrganizationsNotInUseException': 'Accounts',
  '6 organizations:CreateOrganizationalUnit DuplicateOrganizationalUnitException': 'OrganizationalUnit',
  '11 organizations:DescribeCreateAccountStatus CreateAccountStatusNotFoundException': 'AccountNotFoundException',
  '14 organizations:DeleteOrganizationalUnit OrganizationalUnitNotEmptyException': '',
  '19 organizations:AttachPolicy ': 'OrganizationalUnitNotFoundException',
  '20 organizations:ListPoliciesForTarget Policies': 'OrganizationalUnitNotFoundException',
  '21 organizations:DeletePolicy PolicyInUseException': '',
  '22 organizations:DetachPolicy ': 'PolicyNotFoundException',
  '23 organizations:DeletePolicy ': 'PolicyNotFoundException',
  // It leaves out a member that AWS always sends.
  '32 iam:ListAccountAliases AccountAliases IsTruncated': 'AccountAliases',
}

describe.skipIf(motoProgram === undefined)('an organization, as another emulator answers (skipped without moto_server)', () => {
  let moto: Moto
  let sandbox: Sandbox
  beforeAll(async () => {
    moto = await startMoto()
    sandbox = await startSandbox({ seed: 'moto' })
  })
  afterAll(async () => {
    await moto?.stop()
    await sandbox?.close()
  })

  async function live(url: string): Promise<readonly string[]> {
    const env = { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_CONFIG_FILE: '/dev/null' }
    const session: Session = await openSession({ region: 'us-east-1', maxRetries: 0 }, { env })
    const ids: Ids = {}
    const ends: string[] = []
    for (const [i, [service, operation, input, keep]] of life.entries()) {
      const name = `${i} ${service}:${operation}`
      try {
        const answer = await session.call(service, operation as never, input(ids) as never)
        keep?.(answer as never, ids)
        ends.push(
          `${name} ${Object.keys(answer as object)
            .filter((key) => key !== '$metadata')
            .sort()
            .join(' ')}`,
        )
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        ends.push(`${name} ${error.code}`)
      }
    }
    session.close()
    return ends
  }

  test('ends in the same way at each call', { timeout: 300_000 }, async () => {
    const theirs = await live(moto.url)
    const ours = await live(sandbox.url)
    const differences = Object.fromEntries(
      ours.flatMap((end, i) => (end === theirs[i] ? [] : [[end, theirs[i]!.split(' ').slice(2).join(' ')]])),
    )
    expect(differences).toEqual(known)
  })
})
