import type { AssumeRoleRequest, AssumeRoleResponse, Tag } from '@aws-sdk/client-sts'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { base32Id, seededBytes } from '../../kernel/ids.ts'
import { type PolicySyntaxError, parsePolicy, resourceVerdict } from '../../policy/index.ts'
import { isSeeded } from '../../seed/registry.ts'
import { type Caller, callerOf, decide, requestContext, tagFacts } from '../iam/identity.ts'
import { defaultDocument, tryPolicy } from '../iam/policy.ts'
import { tryRoleByArn } from '../iam/role.ts'
import { type RoleRow, rows } from '../iam/rows.ts'
import { isClosed } from '../organizations/control.ts'
import { mfaOf } from './mfa.ts'
import { accessDenied, duration, issue, validation } from './session.ts'

const LONGEST_CHAINED = 3600

/** Account and name of a role by its ARN. @throws AwsError ValidationError */
export function roleOf(arn: string): { account: string; name: string } {
  const match = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:[\w+=,.@/-]*\/)?([\w+=,.@-]+)$/.exec(arn)
  if (match === null) throw new AwsError('ValidationError', `${arn} is invalid`)
  return { account: match[1]!, name: match[2]! }
}

/** @throws AwsError ValidationError */
export function checkSessionName(name: string): string {
  if (name.length < 2) throw validation('roleSessionName', name, 'Member must have length greater than or equal to 2')
  if (name.length > 64) throw validation('roleSessionName', name, 'Member must have length less than or equal to 64')
  if (!/^[\w+=,.@-]+$/.test(name)) throw validation('roleSessionName', name, 'Member must satisfy regular expression pattern: [\\w+=,.@-]*')
  return name
}

/**
 * Credentials for a role. The role's trust policy must allow the caller, and the caller's own policies must allow the role,
 * unless it is of the same account and the trust policy names the caller itself.
 *
 * Of an account that was not seeded and has no such role, any role can be assumed as long as the sandbox takes any key.
 */
export function assumeRole(input: AssumeRoleRequest, call: Call): AssumeRoleResponse {
  const { account, name } = roleOf(input.RoleArn!)
  const session = checkSessionName(input.RoleSessionName!)
  const role = tryRoleByArn(call, input.RoleArn!)
  const caller = callerOf(call)
  const mfaSince = mfaOf(call, input)
  if (isClosed(call, account)) throw refusal(call, 'sts:AssumeRole', input.RoleArn!)
  if (role !== undefined) checkAllowed(call, caller, role, account, input, mfaSince)
  else if (isSeeded(call, account) || !call.kernel.accounts.openKeys) throw refusal(call, 'sts:AssumeRole', input.RoleArn!)

  const chained = call.identity.arn.includes(':assumed-role/')
  const seconds = duration(input.DurationSeconds, 3600, 43_200)
  if (chained && seconds > LONGEST_CHAINED)
    throw new AwsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  if (role !== undefined && seconds > role.maxSessionSeconds)
    throw new AwsError('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')

  const tags = sessionTags(call, input.Tags)
  const policies = sessionPolicies(call, account, input.Policy, input.PolicyArns)
  const sourceIdentity = input.SourceIdentity ?? call.identity.session?.sourceIdentity
  const roleId = role?.uniqueId ?? base32Id('AROA', seededBytes(call.kernel.seed, account, 'role', name), 17)
  const user = { Arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`, AssumedRoleId: `${roleId}:${session}` }
  if (role !== undefined) rows(call, 'roles', account).patch(role.id, { lastUsed: { at: call.now, region: call.region } })
  const transitiveTagKeys = [...new Set([...(call.identity.session?.transitiveTagKeys ?? []), ...(input.TransitiveTagKeys ?? [])])]
  return {
    Credentials: issue(
      call,
      seconds,
      { account, arn: user.Arn, userId: user.AssumedRoleId },
      {
        ...(policies.length === 0 ? {} : { policies }),
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
        ...(Object.keys(tags).length === 0 ? {} : { tags, transitiveTagKeys }),
      },
    ),
    AssumedRoleUser: user,
    ...(policies.length === 0 ? {} : { PackedPolicySize: Math.ceil((policies.join('').length / 20_480) * 100) }),
    ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
  }
}

export function refusal(call: Call, action: string, resource: string): AwsError {
  return accessDenied(`User: ${call.identity.arn} is not authorized to perform: ${action} on resource: ${resource}`)
}

function checkAllowed(
  call: Call,
  caller: Caller,
  role: RoleRow,
  account: string,
  input: AssumeRoleRequest,
  mfaSince: Date | undefined,
): void {
  if (caller.kind === 'root' && !call.kernel.accounts.openKeys) throw accessDenied('Roles may not be assumed by root accounts.')
  const trust = parsePolicy(role.trust, 'trust')
  const tags = input.Tags ?? []
  const given = input.SerialNumber !== undefined
  const context = requestContext(call, caller, {
    'sts:ExternalId': input.ExternalId,
    'sts:RoleSessionName': input.RoleSessionName,
    'sts:SourceIdentity': input.SourceIdentity,
    'sts:TransitiveTagKeys': input.TransitiveTagKeys,
    'aws:ResourceAccount': account,
    ...tagFacts('aws:ResourceTag', role.tags),
    ...tagFacts('iam:ResourceTag', role.tags),
    ...(tags.length === 0
      ? {}
      : {
          'aws:TagKeys': tags.map((tag) => tag.Key ?? ''),
          ...tagFacts(
            'aws:RequestTag',
            tags.map(({ Key = '', Value = '' }) => ({ Key, Value })),
          ),
        }),
    ...(given
      ? { 'aws:MultiFactorAuthPresent': String(mfaSince !== undefined), 'aws:MultiFactorAuthAge': mfaSince === undefined ? undefined : '0' }
      : {}),
  })
  const actions = [
    'sts:AssumeRole',
    ...(tags.length > 0 ? ['sts:TagSession'] : []),
    ...(input.SourceIdentity ? ['sts:SetSourceIdentity'] : []),
  ]
  for (const action of actions) {
    const request = { action, resource: role.arn, context }
    const { verdict, isNamed } = resourceVerdict(trust, caller.principal, request)
    const own = decide(caller, call.identity, request)
    if (verdict === 'deny' || own.kind === 'denied')
      throw explicitRefusal(call, action, role.arn, own.kind === 'denied' ? own.by : 'resource-based policy')
    const suffices = isNamed && account === call.identity.account
    if (verdict !== 'allow' || (own.kind !== 'allowed' && !(suffices && own.by === 'identity-based policy')))
      throw refusal(call, action, role.arn)
  }
}

function explicitRefusal(call: Call, action: string, resource: string, by: string): AwsError {
  const an = by.startsWith('i') ? 'an' : 'a'
  return accessDenied(
    `User: ${call.identity.arn} is not authorized to perform: ${action} on resource: ${resource} with an explicit deny in ${an} ${by}`,
  )
}

/** Tags given now, and those of the caller's session that go along. */
function sessionTags(call: Call, given: readonly Tag[] | undefined): Record<string, string> {
  const { tags = {}, transitiveTagKeys = [] } = call.identity.session ?? {}
  const kept = Object.entries(tags).filter(([key]) => transitiveTagKeys.includes(key))
  for (const { Key = '' } of given ?? [])
    if (kept.some(([key]) => key.toLowerCase() === Key.toLowerCase()))
      throw new AwsError(
        'InvalidParameterValue',
        `One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.`,
      )
  return { ...Object.fromEntries(kept), ...Object.fromEntries((given ?? []).map(({ Key = '', Value = '' }) => [Key, Value])) }
}

/** Texts of the policies that narrow a session. @throws AwsError for a text that is no policy, or an ARN of none */
export function sessionPolicies(
  call: Call,
  account: string,
  text: string | undefined,
  arns: readonly { arn?: string }[] | undefined,
): readonly string[] {
  const managed = (arns ?? []).map(({ arn = '' }) => {
    const policy = tryPolicy(call, arn, account)
    if (policy === undefined) throw new AwsError('ValidationError', `Policy ${arn} does not exist or is not attachable.`)
    return defaultDocument(policy)
  })
  if (text === undefined || text === '') return managed
  try {
    parsePolicy(text, 'identity')
  } catch (error) {
    throw new AwsError('MalformedPolicyDocument', (error as PolicySyntaxError).message)
  }
  return [text, ...managed]
}
