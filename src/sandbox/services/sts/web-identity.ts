import type { AssumeRoleWithWebIdentityRequest, AssumeRoleWithWebIdentityResponse } from '@aws-sdk/client-sts'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { type Principal, parsePolicy, resourceVerdict } from '../../policy/index.ts'
import { tryOidcProvider } from '../iam/oidc-provider.ts'
import { tryRoleByArn } from '../iam/role.ts'
import { isClosed } from '../organizations/control.ts'
import { checkSessionName, roleOf, sessionPolicies } from './assume-role.ts'
import { accessDenied, duration, issue } from './session.ts'

interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly exp: number
  readonly [claim: string]: unknown
}

/**
 * Credentials for a role against the token of an identity provider that the role's account knows, as CI systems give them to
 * their jobs. The sandbox reads the claims of a token and does not check its signature: it has no way to the issuer's keys.
 */
export function assumeRoleWithWebIdentity(input: AssumeRoleWithWebIdentityRequest, call: Call): AssumeRoleWithWebIdentityResponse {
  const { account, name } = roleOf(input.RoleArn!)
  const session = checkSessionName(input.RoleSessionName!)
  const claims = readClaims(input.WebIdentityToken!)
  const provider = tryOidcProvider(call, claims.iss, account)
  if (provider === undefined)
    throw new AwsError('InvalidIdentityToken', `No OpenIDConnect provider found in your account for ${claims.iss}`)
  const audiences = typeof claims.aud === 'string' ? [claims.aud] : claims.aud
  if (!audiences.some((audience) => provider.clientIds.includes(audience)))
    throw new AwsError('InvalidIdentityToken', 'Incorrect token audience')
  if (claims.exp * 1000 <= call.now.getTime())
    throw new AwsError('ExpiredTokenException', `Token expired: current date/time must be before the expiration date/time`)
  const role = tryRoleByArn(call, input.RoleArn!)
  const principal: Principal = { kind: 'Federated', id: provider.id, account }
  const context = new Map<string, readonly string[]>([['sts:rolesessionname', [session]]])
  for (const [claim, value] of Object.entries(claims)) {
    const values = (Array.isArray(value) ? value : [value]).filter((v) => typeof v !== 'object').map(String)
    context.set(`${provider.url}:${claim}`.toLowerCase(), values)
  }
  const request = { action: 'sts:AssumeRoleWithWebIdentity', resource: input.RoleArn!, context }
  if (
    role === undefined ||
    isClosed(call, account) ||
    resourceVerdict(parsePolicy(role.trust, 'trust'), principal, request).verdict !== 'allow'
  )
    throw accessDenied('Not authorized to perform sts:AssumeRoleWithWebIdentity')
  const seconds = duration(input.DurationSeconds, 3600, 43_200)
  if (seconds > role.maxSessionSeconds)
    throw new AwsError('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  const policies = sessionPolicies(call, account, input.Policy, input.PolicyArns)
  const user = { Arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`, AssumedRoleId: `${role.uniqueId}:${session}` }
  return {
    Credentials: issue(call, seconds, { account, arn: user.Arn, userId: user.AssumedRoleId }, policies.length === 0 ? {} : { policies }),
    SubjectFromWebIdentityToken: claims.sub,
    AssumedRoleUser: user,
    Provider: provider.id,
    Audience: audiences[0],
  }
}

/** @throws AwsError InvalidIdentityToken for what is no JSON Web Token */
function readClaims(token: string): Claims {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8')) as Partial<Claims>
    const { iss, sub, aud, exp } = claims
    if (typeof iss !== 'string' || typeof sub !== 'string' || typeof exp !== 'number' || aud === undefined)
      throw new Error('A claim is missing.')
    return claims as Claims
  } catch {
    throw new AwsError(
      'InvalidIdentityToken',
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    )
  }
}
