import type { PrincipalEntry, Statement } from './document.ts'

/** Who asks, as resource policies name them. */
export interface Principal {
  /** `AWS` for users, roles and accounts; `Service` for an AWS service; `Federated` for identity providers. */
  readonly kind: 'AWS' | 'Service' | 'Federated'
  /** The ARN of the user, session or provider, or the name of the service such as `ec2.amazonaws.com`. */
  readonly id: string
  /** Twelve digits; empty for services. */
  readonly account: string
  /** Of a role session: the role's ARN. */
  readonly role?: string
}

/**
 * How a statement means somebody: `named` by its own ARN (or as everybody), or through its `account`, which leaves it to
 * that account's policies who may.
 */
export type PrincipalMatch = 'named' | 'account' | undefined

export function matchPrincipal(statement: Statement, principal: Principal): PrincipalMatch {
  const { principals } = statement
  if (principals === undefined) return 'named'
  const matches = principals.entries.map((entry) => matchEntry(entry, principal))
  if (principals.not) return matches.some((match) => match !== undefined) ? undefined : 'named'
  return matches.includes('named') ? 'named' : matches.find((match) => match !== undefined)
}

function matchEntry(entry: PrincipalEntry, principal: Principal): PrincipalMatch {
  if (entry.value === '*' && (entry.kind === 'AWS' || entry.kind === '*')) return 'named'
  if (entry.kind !== principal.kind) return undefined
  if (entry.value === principal.id || entry.value === principal.role) return 'named'
  if (principal.kind !== 'AWS') return undefined
  const { account } = principal
  const isAccount = entry.value === account || /^arn:aws[\w-]*:iam::(\d{12}):root$/.exec(entry.value)?.[1] === account
  return isAccount ? 'account' : undefined
}
