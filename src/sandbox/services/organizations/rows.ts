import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'
import { type MemberRow, members } from '../../seed/registry.ts'

/** An organization; the id is that of its management account. */
export interface OrganizationRow extends Row {
  readonly organizationId: string
  readonly rootId: string
  readonly policyTypes: readonly string[]
  /** Service principals with trusted access, and since when. */
  readonly services: Readonly<Record<string, Date>>
  /** Account and service, with the time: `111122223333 guardduty.amazonaws.com`. */
  readonly delegated: Readonly<Record<string, Date>>
}

export interface UnitRow extends Row {
  readonly management: string
  readonly name: string
  readonly parent: string
}

export interface AccountRow extends Row {
  readonly management: string
  readonly name: string
  readonly email: string
  readonly parent: string
  readonly joined: Date
  readonly method: 'CREATED' | 'INVITED'
  readonly status: 'ACTIVE' | 'PENDING_CLOSURE' | 'SUSPENDED'
  /** Since when it has been asked to be closed. */
  readonly closed?: Date
  /** A new account has no access to its costs in its first hours. */
  readonly isBilled?: false
}

/** A request for a new account; the id is that of the request. */
export interface RequestRow extends Row {
  readonly management: string
  readonly name: string
  readonly email: string
  readonly roleName: string
  readonly state: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED'
  readonly requested: Date
  readonly completed?: Date
  readonly account?: string
  readonly failure?: string
  readonly tags: readonly TagRow[]
}

export interface PolicyRow extends Row {
  readonly management: string
  readonly name: string
  readonly description: string
  readonly content: string
  readonly isAwsManaged: boolean
  readonly targets: readonly string[]
}

export interface TagRow {
  readonly Key: string
  readonly Value: string
}

/** Tags of a root, unit, account or policy, by its id. */
export interface TagsRow extends Row {
  readonly tags: readonly TagRow[]
}

interface Rows {
  organizations: OrganizationRow
  units: UnitRow
  accounts: AccountRow
  requests: RequestRow
  policies: PolicyRow
  tags: TagsRow
}

export function rows<K extends keyof Rows>(call: Pick<Call, 'kernel'>, kind: K): Table<Rows[K]> {
  return call.kernel.store.scope('-', '-', 'organizations').table<Rows[K]>(kind)
}

/** The organization that the caller's account is in. */
export function organizationOf(call: Call): OrganizationRow {
  const management = rows(call, 'accounts').get(call.account)?.management
  const organization = management === undefined ? undefined : rows(call, 'organizations').get(management)
  if (organization !== undefined) return organization
  throw new AwsError('AWSOrganizationsNotInUseException', 'Your account is not a member of an organization.')
}

/** The organization, for what only its management account may ask. */
export function managed(call: Call): OrganizationRow {
  const organization = organizationOf(call)
  const isDelegate = Object.keys(organization.delegated).some((key) => key.startsWith(`${call.account} `))
  if (organization.id === call.account || (isDelegate && /^(List|Describe)/.test(call.operation))) return organization
  throw new AwsError('AccessDeniedException', "You don't have permissions to access this resource.")
}

export function lowerId(call: Call, prefix: string, length: number): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
  const bytes = [...call.newBytes(), ...call.newBytes()]
  return (
    prefix +
    bytes
      .slice(0, length)
      .map((byte) => letters[byte % letters.length])
      .join('')
  )
}

/** Makes an organization with its root and the policy that allows everything. */
export function found(call: Call, management: string): OrganizationRow {
  const organization = rows(call, 'organizations').put({
    id: management,
    organizationId: lowerId(call, 'o-', 10),
    rootId: lowerId(call, 'r-', 4),
    policyTypes: [],
    services: {},
    delegated: {},
  })
  rows(call, 'policies').put({
    id: fullAccess(management),
    management,
    name: 'FullAWSAccess',
    description: 'Allows access to every operation',
    content: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    isAwsManaged: true,
    targets: [organization.rootId, management],
  })
  return organization
}

/** The row of the policy that every organization has under the same id. */
export function fullAccess(management: string): string {
  return `${management} p-FullAWSAccess`
}

/** The policy that allows everything is attached to what joins, so that what is allowed stays so. */
export function allowEverything(call: Pick<Call, 'kernel'>, organization: OrganizationRow, ...ids: readonly string[]): void {
  const { id, targets } = rows(call, 'policies').get(fullAccess(organization.id))!
  rows(call, 'policies').patch(id, { targets: [...new Set([...targets, ...ids])] })
}

/** What is gone has no policies. */
export function forgetTarget(call: Pick<Call, 'kernel'>, target: string): void {
  for (const { id, targets } of [...rows(call, 'policies').values()])
    if (targets.includes(target)) rows(call, 'policies').patch(id, { targets: targets.filter((other) => other !== target) })
}

/** What the sandbox was seeded with is an organization. Runs before every operation. */
export function adoptSeeded(call: Call): void {
  const seeded = members(call.kernel)
  const own = seeded.get(call.account)
  if (own === undefined || rows(call, 'accounts').get(call.account) !== undefined) return
  const organization = rows(call, 'organizations').get(own.management) ?? found(call, own.management)
  for (const member of seeded.values()) if (member.management === own.management) join(call, organization, member)
}

function join(call: Call, organization: OrganizationRow, { id, name, email, management }: MemberRow): void {
  if (rows(call, 'accounts').get(id) !== undefined) return
  rows(call, 'accounts').put({
    id,
    management,
    name,
    email: email ?? `${id}@example.com`,
    parent: organization.rootId,
    joined: call.now,
    method: id === management ? 'INVITED' : 'CREATED',
    status: 'ACTIVE',
  })
  allowEverything(call, organization, id)
}

export function arnOf(organization: OrganizationRow, kind: 'organization' | 'root' | 'ou' | 'account' | 'policy', id?: string): string {
  const rest = id === undefined ? organization.organizationId : `${organization.organizationId}/${id}`
  return `arn:aws:organizations::${organization.id}:${kind}/${rest}`
}

/** Whether an id is that of the root or of a unit of the organization. */
export function isParent(call: Call, organization: OrganizationRow, id: string | undefined): boolean {
  return id === organization.rootId || rows(call, 'units').get(id ?? '')?.management === organization.id
}

export function findAccount(call: Call, organization: OrganizationRow, id: string | undefined): AccountRow {
  const row = rows(call, 'accounts').get(id ?? '')
  if (row?.management === organization.id) return row
  throw new AwsError('AccountNotFoundException', "You specified an account that doesn't exist.")
}
