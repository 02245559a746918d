import { isMet, type RequestContext } from './condition.ts'
import type { PolicyDocument, Selection, Statement } from './document.ts'
import { compilePattern, matchesCompiled, matchesWildcard } from './pattern.ts'
import { matchPrincipal, type Principal } from './principal.ts'

/** What somebody wants to do to what. */
export interface PolicyRequest {
  /** Such as `ec2:RunInstances`; compared without regard to case. */
  readonly action: string
  /** An ARN, or `*` where an action is about nothing in particular. */
  readonly resource: string
  readonly context: RequestContext
}

/** `none`: no statement speaks of the request, which means no, but lets another policy say yes. */
export type Verdict = 'allow' | 'deny' | 'none'

export interface ResourceVerdict {
  readonly verdict: Verdict
  /** An allow that names the principal itself, or everybody, and not just its account. */
  readonly isNamed: boolean
}

/** What the policies of an identity say together. One explicit Deny is a deny. */
export function identityVerdict(policies: readonly PolicyDocument[], request: PolicyRequest): Verdict {
  let verdict: Verdict = 'none'
  for (const policy of policies)
    for (const statement of policy.statements) {
      if (!speaksOf(statement, request, policy)) continue
      if (statement.effect === 'Deny') return 'deny'
      verdict = 'allow'
    }
  return verdict
}

/** What the policy of a resource, such as a role's trust policy, says of a principal. */
export function resourceVerdict(policy: PolicyDocument, principal: Principal, request: PolicyRequest): ResourceVerdict {
  let verdict: Verdict = 'none'
  let isNamed = false
  for (const statement of policy.statements) {
    const match = matchPrincipal(statement, principal)
    if (match === undefined || !speaksOf(statement, request, policy)) continue
    if (statement.effect === 'Deny') return { verdict: 'deny', isNamed: false }
    verdict = 'allow'
    if (match === 'named') isNamed = true
  }
  return { verdict, isNamed }
}

function speaksOf(statement: Statement, request: PolicyRequest, policy: PolicyDocument): boolean {
  const variables = policy.version === '2012-10-17' ? request.context : undefined
  return (
    selects(statement.actions, (pattern) => matchesWildcard(pattern, request.action, true)) &&
    (statement.resources === undefined ||
      selects(statement.resources, (pattern) => matchesResource(pattern, request.resource, variables))) &&
    statement.conditions.every((condition) => isMet(condition, request.context, variables))
  )
}

function selects({ not, patterns }: Selection, matches: (pattern: string) => boolean): boolean {
  return patterns.some(matches) !== not
}

function matchesResource(pattern: string, resource: string, variables: RequestContext | undefined): boolean {
  const compiled = compilePattern(pattern, variables)
  return compiled !== undefined && matchesCompiled(compiled, resource)
}
