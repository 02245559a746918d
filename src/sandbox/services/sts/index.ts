import type {
  AssumeRoleRequest,
  AssumeRoleResponse,
  Credentials,
  GetAccessKeyInfoRequest,
  GetAccessKeyInfoResponse,
  GetCallerIdentityResponse,
  GetFederationTokenRequest,
  GetFederationTokenResponse,
  GetSessionTokenRequest,
  GetSessionTokenResponse,
} from '@aws-sdk/client-sts'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { base32Id, seededBytes } from '../../kernel/ids.ts'
import { queryRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsQuery, sdkModel } from '../../protocols/index.ts'

const operations = {
  GetCallerIdentity(_input: object, call: Call): GetCallerIdentityResponse {
    const { userId, account, arn } = call.identity
    return { UserId: userId, Account: account, Arn: arn }
  },

  GetAccessKeyInfo(input: GetAccessKeyInfoRequest, call: Call): GetAccessKeyInfoResponse {
    const credential = call.kernel.accounts.tryCredential(input.AccessKeyId!)
    if (credential === undefined) throw new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403)
    return { Account: credential.account }
  },

  /** Any role of any account can be assumed as long as the sandbox has no IAM: trust policies come with it. */
  AssumeRole(input: AssumeRoleRequest, call: Call): AssumeRoleResponse {
    const match = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:[\w+=,.@/-]*\/)?([\w+=,.@-]+)$/.exec(input.RoleArn!)
    if (match === null) throw validation('roleArn', input.RoleArn!, 'Member must be the ARN of a role')
    const session = input.RoleSessionName!
    if (!/^[\w+=,.@-]{2,64}$/.test(session))
      throw validation('roleSessionName', session, 'Member must satisfy regular expression pattern: [\\w+=,.@-]*')
    const [, account, role] = match as unknown as [string, string, string]
    // A role keeps its id for as long as it exists: here, forever.
    const roleId = base32Id('AROA', seededBytes(call.kernel.seed, account, 'role', role), 17)
    const user = { Arn: `arn:aws:sts::${account}:assumed-role/${role}/${session}`, AssumedRoleId: `${roleId}:${session}` }
    return {
      Credentials: issue(call, duration(input.DurationSeconds, 3600, 43_200), { account, arn: user.Arn, userId: user.AssumedRoleId }),
      AssumedRoleUser: user,
      ...(input.Policy === undefined && input.PolicyArns === undefined ? {} : { PackedPolicySize: 1 }),
      ...(input.SourceIdentity === undefined ? {} : { SourceIdentity: input.SourceIdentity }),
    }
  },

  GetSessionToken(input: GetSessionTokenRequest, call: Call): GetSessionTokenResponse {
    const { account, arn, userId } = call.identity
    if (arn.includes(':assumed-role/')) throw new AwsError('AccessDenied', 'Cannot call GetSessionToken with session credentials', 403)
    return { Credentials: issue(call, duration(input.DurationSeconds, 43_200, 129_600), { account, arn, userId }) }
  },

  GetFederationToken(input: GetFederationTokenRequest, call: Call): GetFederationTokenResponse {
    const { account } = call.identity
    const user = { Arn: `arn:aws:sts::${account}:federated-user/${input.Name}`, FederatedUserId: `${account}:${input.Name}` }
    const lifetime = duration(input.DurationSeconds, 43_200, 129_600)
    return { Credentials: issue(call, lifetime, { account, arn: user.Arn, userId: user.FederatedUserId }), FederatedUser: user }
  },
}

function duration(seconds: number | undefined, whenAbsent: number, longest: number): number {
  const value = seconds ?? whenAbsent
  if (value < 900) throw validation('durationSeconds', String(value), 'Member must have value greater than or equal to 900')
  if (value > longest) throw validation('durationSeconds', String(value), `Member must have value less than or equal to ${longest}`)
  return value
}

function validation(member: string, value: string, rule: string): AwsError {
  return new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`,
  )
}

function issue(call: Call, seconds: number, holder: { account: string; arn: string; userId: string }): Credentials {
  const bytes = call.newBytes()
  const secret = seededBytes(bytes.toString('hex'), 'secret').toString('base64').slice(0, 40)
  const sessionToken = `IQoJb3JpZ2luX2Vj${seededBytes(bytes.toString('hex'), 'token').toString('base64')}`
  const expires = new Date(Math.floor(call.now.getTime() / 1000) * 1000 + seconds * 1000)
  const id = base32Id('ASIA', bytes, 16)
  call.kernel.accounts.add({ id, secret, sessionToken, expires, ...holder })
  return { AccessKeyId: id, SecretAccessKey: secret, SessionToken: sessionToken, Expiration: expires }
}

export const sts: Service = {
  name: 'sts',
  protocol: awsQuery,
  facts: { version: '2011-06-15', xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-sts')),
  operations,
  refusals: queryRefusals,
}
