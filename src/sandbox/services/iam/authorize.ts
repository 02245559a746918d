import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Service } from '../../kernel/service.ts'
import { passedRoles } from './_passed-roles.ts'
import { actionOf, factsOf, resourcesOf } from './_requests.ts'
import { callerOf, type Decision, decide, requestContext } from './identity.ts'

/** Needs no permission, or is decided by the operation itself. */
const free = new Set([
  'sts:GetCallerIdentity',
  'sts:GetSessionToken',
  'sts:GetAccessKeyInfo',
  'sts:AssumeRole',
  'sts:AssumeRoleWithWebIdentity',
])

/**
 * Whether the caller's policies allow a call: of the user, its groups or the role, within boundary and session policies; roles that it passes on included.
 *
 * @throws AwsError in the words of the service when they do not
 */
export function authorize(
  service: Pick<Service, 'name' | 'refusals'>,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  call: Call,
): void {
  const action = actionOf(service.name, operation, input)
  if (free.has(action) || call.identity.arn === '') return
  const caller = callerOf(call)
  const context = requestContext(call, caller, { ...tagsInRequest(input), ...factsOf(service.name, input) })
  for (const resource of resourcesOf(service.name, operation, input, call)) {
    const decision = decide(caller, call.identity, { action, resource, context })
    if (decision.kind !== 'allowed') throw denied(service, deniedMessage(call.identity.arn, action, resource, decision))
  }
  for (const { arn, to } of passedRoles(service.name, operation, input, call)) {
    const facts = requestContext(call, caller, { 'iam:PassedToService': to })
    const decision = decide(caller, call.identity, { action: 'iam:PassRole', resource: arn, context: facts })
    if (decision.kind !== 'allowed') throw denied(service, deniedMessage(call.identity.arn, 'iam:PassRole', arn, decision))
  }
}

export function deniedMessage(arn: string, action: string, resource: string, decision: Decision): string {
  const on = resource === '*' ? '' : ` on resource: ${resource}`
  const start = `User: ${arn} is not authorized to perform: ${action}${on}`
  if (decision.kind === 'denied')
    return `${start} with an explicit deny in ${decision.by === 'identity-based policy' ? 'an' : 'a'} ${decision.by}`
  return decision.kind === 'not allowed' ? `${start} because no ${decision.by} allows the ${action} action` : start
}

function denied(service: Pick<Service, 'refusals'>, message: string): AwsError {
  const [code, prefix, status] = service.refusals.denied
  return new AwsError(code, `${prefix}${message}`, status)
}

/** `aws:RequestTag/KEY` and `aws:TagKeys`. */
function tagsInRequest(input: Readonly<Record<string, unknown>>): Record<string, string | readonly string[]> {
  const lists = [input.Tags, input.tags, ...((input.TagSpecifications as { Tags?: unknown }[] | undefined) ?? []).map((s) => s.Tags)]
  const tags = lists.filter(Array.isArray).flat() as { Key?: string; key?: string; Value?: string; value?: string }[]
  if (tags.length === 0) return {}
  return {
    'aws:TagKeys': tags.map((tag) => tag.Key ?? tag.key ?? ''),
    ...Object.fromEntries(tags.map((tag) => [`aws:RequestTag/${tag.Key ?? tag.key}`, tag.Value ?? tag.value ?? ''])),
  }
}
