import type {
  AssumeRoleRequest,
  AssumeRoleResponse,
  AssumeRoleWithWebIdentityRequest,
  AssumeRoleWithWebIdentityResponse,
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
import { queryRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsQuery, sdkModel } from '../../protocols/index.ts'
import { assumeRole, sessionPolicies } from './assume-role.ts'
import { mfaOf } from './mfa.ts'
import { accessDenied, duration, issue } from './session.ts'
import { assumeRoleWithWebIdentity } from './web-identity.ts'

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

  AssumeRole: (input: AssumeRoleRequest, call: Call): AssumeRoleResponse => assumeRole(input, call),

  AssumeRoleWithWebIdentity: (input: AssumeRoleWithWebIdentityRequest, call: Call): AssumeRoleWithWebIdentityResponse =>
    assumeRoleWithWebIdentity(input, call),

  GetSessionToken(input: GetSessionTokenRequest, call: Call): GetSessionTokenResponse {
    const { account, arn, userId, session } = call.identity
    if (session !== undefined) throw accessDenied('Cannot call GetSessionToken with session credentials')
    const mfaSince = mfaOf(call, input)
    const seconds = duration(input.DurationSeconds, 43_200, 129_600)
    return { Credentials: issue(call, seconds, { account, arn, userId }, mfaSince === undefined ? {} : { mfaSince }) }
  },

  GetFederationToken(input: GetFederationTokenRequest, call: Call): GetFederationTokenResponse {
    const { account, session } = call.identity
    if (session !== undefined) throw accessDenied('Cannot call GetFederationToken with session credentials')
    const user = { Arn: `arn:aws:sts::${account}:federated-user/${input.Name}`, FederatedUserId: `${account}:${input.Name}` }
    const seconds = duration(input.DurationSeconds, 43_200, 129_600)
    const policies = sessionPolicies(call, account, input.Policy, input.PolicyArns)
    const holder = { account, arn: user.Arn, userId: user.FederatedUserId }
    return { Credentials: issue(call, seconds, holder, policies.length === 0 ? {} : { policies }), FederatedUser: user }
  },
}

/** Security Token Service: who calls, and temporary credentials. Whom a role trusts is IAM's; see `services/iam/identity.ts`. */
export const sts: Service = {
  name: 'sts',
  protocol: awsQuery,
  facts: { version: '2011-06-15', xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-sts')),
  operations,
  refusals: queryRefusals,
  anonymous: new Set(['AssumeRoleWithWebIdentity']),
}
