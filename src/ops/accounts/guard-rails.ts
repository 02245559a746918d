import { isAwsError } from '../../aws/index.ts'
import { defaultNetworkActs } from './default-network.ts'
import { type Act, act, actsOfParts, ifThere, isSameJson, type Making, memberOf, PutOff, type Step } from './step.ts'

export const noPublicAccess = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }

const passwordPolicy = {
  MinimumPasswordLength: 14,
  RequireSymbols: true,
  RequireNumbers: true,
  RequireUppercaseCharacters: true,
  RequireLowercaseCharacters: true,
  AllowUsersToChangePassword: true,
  PasswordReusePrevention: 24,
} as const

export const identity: Step = {
  name: 'identity',
  title: 'it has a name of its own and strict passwords',
  usually: () => ['iam:CreateAccountAlias', 'iam:UpdateAccountPasswordPolicy'],
  inside: true,
  async probe(making) {
    const { callers, journal } = making
    const who = memberOf(making)
    const acts: Act[] = []
    // With the number in it the name is most likely free: names of accounts are unique in all of AWS.
    const alias = `${journal.request.name}-${journal.accountId}`.replace(/-+/g, '-')
    if (((await callers.call(who, 'iam', 'ListAccountAliases', {})).AccountAliases ?? []).length === 0)
      acts.push(act(`iam:CreateAccountAlias ${alias}`, () => giveAlias(making, alias)))
    const present = await ifThere(callers.call(who, 'iam', 'GetAccountPasswordPolicy', {}), 'NoSuchEntity')
    const policy: Readonly<Record<string, unknown>> = { ...present?.PasswordPolicy }
    if (Object.entries(passwordPolicy).some(([key, value]) => policy[key] !== value))
      acts.push(act('iam:UpdateAccountPasswordPolicy', () => callers.call(who, 'iam', 'UpdateAccountPasswordPolicy', passwordPolicy)))
    return acts
  },
}

/** The first of the name, and the name with a number behind, that nobody has. */
async function giveAlias(making: Making, name: string): Promise<void> {
  const { callers } = making
  const who = memberOf(making)
  for (const AccountAlias of [name, ...[2, 3, 4, 5].map((number) => `${name.slice(0, 61)}-${number}`)]) {
    try {
      await callers.call(who, 'iam', 'CreateAccountAlias', { AccountAlias })
      return
    } catch (error) {
      if (!isAwsError(error, 'EntityAlreadyExists')) throw error
    }
  }
  throw new PutOff(`The alias ${name} and those that follow it are taken by other accounts. Give the account one in the console of IAM.`)
}

const contactTypes = ['BILLING', 'OPERATIONS', 'SECURITY'] as const

/** Whom AWS writes to besides the root user: the same as for the management account. */
export const contacts: Step = {
  name: 'contacts',
  title: 'AWS knows whom to write to',
  usually: () => ['account:PutAlternateContact, for those that the management account has'],
  inside: true,
  async probe(making) {
    const { callers } = making
    const who = memberOf(making)
    const acts: Act[] = []
    for (const AlternateContactType of contactTypes) {
      const find = (of: typeof who | 'management') =>
        ifThere(callers.call(of, 'account', 'GetAlternateContact', { AlternateContactType }), 'ResourceNotFoundException')
      const wanted = (await find('management'))?.AlternateContact
      if (wanted === undefined || (await find(who)) !== undefined) continue
      const { Name, Title, EmailAddress, PhoneNumber } = wanted
      const input = { AlternateContactType, Name: Name!, Title: Title!, EmailAddress: EmailAddress!, PhoneNumber: PhoneNumber! }
      acts.push(
        act(`account:PutAlternateContact ${AlternateContactType}`, () => callers.call(who, 'account', 'PutAlternateContact', input)),
      )
    }
    return acts
  },
}

export const guardRails: Step = {
  name: 'guard-rails',
  title: 'every region that can be used is guarded',
  usually: () => [
    's3:PutPublicAccessBlock of the account',
    'in each region: ec2:EnableEbsEncryptionByDefault',
    'in each region: ec2:ModifyInstanceMetadataDefaults',
    'in each region: the default network is removed',
  ],
  inside: true,
  async probe(making) {
    const { callers, journal } = making
    const who = memberOf(making)
    const acts: Act[] = []
    const AccountId = journal.accountId!
    const block = await ifThere(
      callers.call(who, 's3control', 'GetPublicAccessBlock', { AccountId }),
      'NoSuchPublicAccessBlockConfiguration',
    )
    if (!isSameJson(JSON.stringify(block?.PublicAccessBlockConfiguration ?? {}), JSON.stringify(noPublicAccess)))
      acts.push(
        act('s3:PutPublicAccessBlock of the account', () =>
          callers.call(who, 's3control', 'PutPublicAccessBlock', { AccountId, PublicAccessBlockConfiguration: noPublicAccess }),
        ),
      )
    const regions = (await enabledRegions(making)).map((region) => ({ name: region, probe: () => regionActs(making, region) }))
    return actsOfParts(making, regions, 'Some regions could not be guarded; all others are.', acts)
  },
}

/** Regions that the account can use. */
export async function enabledRegions(making: Making): Promise<readonly string[]> {
  const names: string[] = []
  let NextToken: string | undefined
  do {
    const page = await making.callers.call(memberOf(making), 'account', 'ListRegions', {
      RegionOptStatusContains: ['ENABLED', 'ENABLED_BY_DEFAULT'],
      NextToken,
    })
    for (const { RegionName } of page.Regions ?? []) names.push(RegionName!)
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return names.sort()
}

async function regionActs(making: Making, region: string): Promise<readonly Act[]> {
  const { callers } = making
  const who = memberOf(making)
  const acts: Act[] = []
  if ((await callers.call(who, 'ec2', 'GetEbsEncryptionByDefault', {}, region)).EbsEncryptionByDefault !== true)
    acts.push(
      act(`ec2:EnableEbsEncryptionByDefault in ${region}`, () => callers.call(who, 'ec2', 'EnableEbsEncryptionByDefault', {}, region)),
    )
  if ((await callers.call(who, 'ec2', 'GetInstanceMetadataDefaults', {}, region)).AccountLevel?.HttpTokens !== 'required')
    acts.push(
      act(`ec2:ModifyInstanceMetadataDefaults in ${region}`, () =>
        callers.call(who, 'ec2', 'ModifyInstanceMetadataDefaults', { HttpTokens: 'required' }, region),
      ),
    )
  acts.push(...(await defaultNetworkActs(callers, who, region)))
  return acts
}
