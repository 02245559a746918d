import type { Identity } from '../../kernel/accounts.ts'
import type { Call } from '../../kernel/call.ts'
import {
  identityVerdict,
  type PolicyDocument,
  type PolicyRequest,
  type Principal,
  parsePolicy,
  type RequestContext,
} from '../../policy/index.ts'
import { controlPoliciesOf } from '../organizations/control.ts'
import { keyOf } from './_names.ts'
import { defaultDocument, tryPolicy } from './policy.ts'
import { type HolderRow, type RoleRow, rows, type Tags, type UserRow } from './rows.ts'

/** What somebody may do by policies of its own and of its groups, and what at most. */
export interface HeldPolicies {
  readonly policies: readonly PolicyDocument[]
  readonly boundary?: PolicyDocument
}

/** Who calls, as policies see it. */
export interface Caller {
  readonly kind: 'root' | 'user' | 'role' | 'federated'
  readonly principal: Principal
  /** Undefined for root, who may do everything, and for those that do not exist any more, who may do nothing. */
  readonly held: HeldPolicies | undefined
  readonly user?: UserRow
  readonly role?: RoleRow
  /** What the organization allows at most, from its root down to the account; each level has to allow. */
  readonly control: readonly (readonly PolicyDocument[])[]
}

type Place = Pick<Call, 'account' | 'scopeOf'>

const parsed = new Map<string, PolicyDocument>()

/** Texts in the store have been checked; each is read once. */
function parse(text: string): PolicyDocument {
  let policy = parsed.get(text)
  if (policy === undefined) {
    if (parsed.size > 1000) parsed.clear()
    policy = parsePolicy(text, 'identity')
    parsed.set(text, policy)
  }
  return policy
}

/** The policies of a user, group or role by its ARN; undefined when there is none. */
export function policiesOf(call: Place, arn: string): HeldPolicies | undefined {
  const match = /^arn:aws[\w-]*:iam::(\d{12}):(user|group|role)\/(?:.*\/)?([^/]+)$/.exec(arn)
  if (match === null) return undefined
  const [, account, kind, name] = match as unknown as [string, string, 'user' | 'group' | 'role', string]
  const holder = rows(call, `${kind}s` as const, account).get(keyOf(name))
  return holder === undefined ? undefined : held(call, holder, account)
}

function held(call: Place, holder: HolderRow, account: string): HeldPolicies {
  const groups = 'groups' in holder ? (holder as UserRow).groups : []
  const holders = [holder, ...groups.map((id) => rows(call, 'groups', account).get(id)).filter((group) => group !== undefined)]
  const policies = holders.flatMap((one) => [
    ...Object.values(one.inline).map(parse),
    ...one.attached
      .map((arn) => tryPolicy(call, arn, account))
      .flatMap((policy) => (policy === undefined ? [] : [parse(defaultDocument(policy))])),
  ])
  const { boundary } = holder as UserRow | RoleRow
  const limit = boundary === undefined ? undefined : tryPolicy(call, boundary, account)
  return { policies, ...(limit === undefined ? {} : { boundary: parse(defaultDocument(limit)) }) }
}

/** The caller of a call. */
export function callerOf(call: Call): Caller {
  const caller = principalOf(call)
  // Roles of AWS's own services do for the account what it was told to do.
  const isExempt = caller.role?.path.startsWith('/aws-service-role/') === true
  return { ...caller, control: isExempt ? [] : controlPoliciesOf(call, call.identity.account) }
}

function principalOf(call: Call): Omit<Caller, 'control'> {
  const { arn, account } = call.identity
  const session = /^arn:aws[\w-]*:sts::\d{12}:assumed-role\/([^/]+)\/.+$/.exec(arn)
  if (session !== null) {
    const row = rows(call, 'roles', account).get(keyOf(session[1]!))
    // A role that was made anew under the same name is another role.
    const role = row !== undefined && call.identity.userId.startsWith(`${row.uniqueId}:`) ? row : undefined
    return {
      kind: 'role',
      principal: { kind: 'AWS', id: arn, account, role: role?.arn ?? `arn:aws:iam::${account}:role/${session[1]}` },
      held: role === undefined ? undefined : held(call, role, account),
      ...(role === undefined ? {} : { role }),
    }
  }
  const name = /^arn:aws[\w-]*:iam::\d{12}:user\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1]
  if (name !== undefined) {
    const user = rows(call, 'users', account).get(keyOf(name))
    return {
      kind: 'user',
      principal: { kind: 'AWS', id: arn, account },
      held: user && held(call, user, account),
      ...(user === undefined ? {} : { user }),
    }
  }
  const kind = arn.includes(':federated-user/') ? 'federated' : 'root'
  return { kind, principal: { kind: 'AWS', id: arn, account }, held: undefined }
}

/**
 * - `allowed`
 * - `denied`: a statement says no
 * - `not allowed`: nothing of the named kind says yes
 */
export type Decision = { readonly kind: 'allowed' } | { readonly kind: 'denied' | 'not allowed'; readonly by: PolicyLayer }

export type PolicyLayer = 'service control policy' | 'identity-based policy' | 'permissions boundary' | 'session policy'

const allowed: Decision = { kind: 'allowed' }

/** What the policies about the caller say: those of its organization, its own, within the boundary, within the session's policies. */
export function decide(caller: Caller, identity: Identity, request: PolicyRequest): Decision {
  const session = identity.session?.policies?.map(parse)
  const layers = caller.control.map((policies): [policies: readonly PolicyDocument[], by: PolicyLayer] => [
    policies,
    'service control policy',
  ])
  if (caller.kind !== 'root' && !(caller.kind === 'federated' && session !== undefined))
    layers.push([caller.held?.policies ?? [], 'identity-based policy'])
  if (caller.held?.boundary !== undefined) layers.push([[caller.held.boundary], 'permissions boundary'])
  if (session !== undefined && session.length > 0) layers.push([session, 'session policy'])
  let missing: Decision | undefined
  for (const [policies, by] of layers) {
    const verdict = identityVerdict(policies, request)
    if (verdict === 'deny') return { kind: 'denied', by }
    if (verdict === 'none') missing ??= { kind: 'not allowed', by }
  }
  return missing ?? allowed
}

/** What conditions may ask about every request. @see IAM User Guide, "AWS global condition context keys" */
export function requestContext(
  call: Call,
  caller: Caller,
  more: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): RequestContext {
  const { identity, now } = call
  const { session } = identity
  const isTemporary = session !== undefined
  const facts: Record<string, string | readonly string[] | undefined> = {
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    'aws:PrincipalAccount': identity.account,
    'aws:PrincipalArn': caller.principal.role ?? identity.arn,
    'aws:PrincipalType': { root: 'Account', user: 'User', role: 'AssumedRole', federated: 'FederatedUser' }[caller.kind],
    'aws:RequestedRegion': call.region,
    // The sandbox listens on the loopback address; what is refused without TLS on AWS would be refused to everybody.
    'aws:SecureTransport': 'true',
    'aws:SourceIp': '127.0.0.1',
    'aws:ViaAWSService': String(call.internal),
    'aws:userid': identity.userId,
    'aws:username': caller.user?.name,
    'aws:SourceIdentity': session?.sourceIdentity,
    'aws:MultiFactorAuthPresent': isTemporary ? String(session.mfaSince !== undefined) : undefined,
    'aws:MultiFactorAuthAge':
      session?.mfaSince === undefined ? undefined : String(Math.floor((now.getTime() - session.mfaSince.getTime()) / 1000)),
    'aws:TokenIssueTime': session?.issued.toISOString(),
    ...tagFacts('aws:PrincipalTag', caller.user?.tags ?? caller.role?.tags),
    ...Object.fromEntries(Object.entries(session?.tags ?? {}).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
    ...more,
  }
  const context = new Map<string, readonly string[]>()
  for (const [key, value] of Object.entries(facts))
    if (value !== undefined) context.set(key.toLowerCase(), typeof value === 'string' ? [value] : value)
  return context
}

/** Tags as condition keys: `aws:ResourceTag/team`. */
export function tagFacts(prefix: string, tags: Tags | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map((tag) => [`${prefix}/${tag.Key}`, tag.Value]))
}
