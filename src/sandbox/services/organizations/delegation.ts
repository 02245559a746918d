import type { Call } from '../../kernel/call.ts'
import type { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'
import { isClosed } from './control.ts'
import { type AccountRow, adoptSeeded, type OrganizationRow, rows } from './rows.ts'

/** The organization that an account is in, for other services; undefined for an account that is in none. */
export function tryOrganization(call: Call): OrganizationRow | undefined {
  adoptSeeded(call)
  const management = rows(call, 'accounts').get(call.account)?.management
  return management === undefined ? undefined : rows(call, 'organizations').get(management)
}

/** A member of an organization by its number. */
export function tryMember(call: Call, organization: OrganizationRow, id: string | undefined): AccountRow | undefined {
  const row = rows(call, 'accounts').get(id ?? '')
  return row?.management === organization.id && !isClosed(call, row.id) ? row : undefined
}

/** Accounts that administer a service for their organization. */
export function delegatesOf(organization: OrganizationRow, principal: string): readonly string[] {
  return Object.keys(organization.delegated)
    .filter((key) => key.endsWith(` ${principal}`))
    .map((key) => key.split(' ')[0]!)
}

/** Makes an account the administrator of a service and lets that service into the organization, as services do on their own. */
export function delegate(call: Call, organization: OrganizationRow, account: string, principal: string): void {
  const { services, delegated } = rows(call, 'organizations').get(organization.id)!
  rows(call, 'organizations').patch(organization.id, {
    services: { [principal]: call.now, ...services },
    delegated: { ...delegated, [`${account} ${principal}`]: call.now },
  })
}

/** Who administers a regional service for an organization; the id is that of the management account. */
export interface AdministratorRow extends Row {
  readonly account: string
  /** It can be told of at once, and acts a little later. */
  readonly isReady: boolean
}

/** The administrators of the called service in the region of the call. */
export function administrators(call: Call): Table<AdministratorRow> {
  return call.scopeOf(call.service, call.region, '-').table<AdministratorRow>('administrators')
}

/** How long it takes until an account that was made the administrator of a service can act as such, in seconds. */
const readySeconds = 30

/** What a service says of requests about its administrator. */
interface Refusals {
  readonly notManagement: () => AwsError
  readonly noMember: (account: string) => AwsError
  readonly another: (account: string) => AwsError
}

/**
 * `EnableOrganizationAdminAccount` of services that are administered region by region. The service's event `administers` has to call
 * `administers` here.
 */
export function enableAdministrator(call: Call, account: string, principal: string, refusals: Refusals): void {
  const organization = tryOrganization(call)
  if (organization?.id !== call.account) throw refusals.notManagement()
  if (tryMember(call, organization, account) === undefined) throw refusals.noMember(account)
  const present = administrators(call).get(organization.id)
  if (present?.account === account) return
  // One for all regions.
  const everywhere = delegatesOf(organization, principal)
  if (present !== undefined || (everywhere.length > 0 && !everywhere.includes(account))) throw refusals.another(account)
  delegate(call, organization, account, principal)
  administrators(call).put({ id: organization.id, account, isReady: false })
  call.later(readySeconds, 'administers', organization.id)
}

export function administers(management: string, call: Call): void {
  if (administrators(call).get(management) !== undefined) administrators(call).patch(management, { isReady: true })
}

/** The organization that the caller administers the called service for in this region; undefined before it can act as such. */
export function administered(call: Call): OrganizationRow | undefined {
  const organization = tryOrganization(call)
  const row = organization === undefined ? undefined : administrators(call).get(organization.id)
  return row?.account === call.account && row.isReady ? organization : undefined
}
