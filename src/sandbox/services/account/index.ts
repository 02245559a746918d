import type * as Account from '@aws-sdk/client-account'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import type { Row, Scope } from '../../kernel/store.ts'
import { restJson, sdkModel } from '../../protocols/index.ts'
import { regionsOf } from '../ec2/_places.ts'
import { organizationOf, rows } from '../organizations/rows.ts'

interface ContactRow extends Row {
  readonly contact: Account.AlternateContact
}

/** Whom a call is about: the caller's account, or a member that its organization's management account names. */
function scopeFor(call: Call, accountId: string | undefined): Scope {
  if (accountId === undefined || accountId === '') return call.scope
  const organization = organizationOf(call)
  if (organization.id !== call.account || rows(call, 'accounts').get(accountId)?.management !== organization.id)
    throw new AwsError('AccessDeniedException', `User: ${call.identity.arn} is not authorized to perform: account:${call.operation}`, 403)
  return call.scopeOf('account', 'global', accountId)
}

function contacts(call: Call, accountId: string | undefined) {
  return scopeFor(call, accountId).table<ContactRow>('contacts')
}

/** A region that has to be asked for; the id is its name. */
interface RegionRow extends Row {
  readonly status: Account.RegionOptStatus
}

/** How long AWS takes to open a region, or to close it, in seconds. */
const optSeconds = 300

function optIns(call: Call, accountId: string | undefined) {
  return scopeFor(call, accountId).table<RegionRow>('regions')
}

function findRegion(call: Call, name: string | undefined) {
  const region = regionsOf(call).find((one) => one.name === name)
  if (region === undefined) throw new AwsError('ValidationException', 'The Region name provided is invalid.')
  return region
}

function optStatus(call: Call, accountId: string | undefined, name: string, optIn: boolean): Account.RegionOptStatus {
  const table = optIns(call, accountId)
  return optIn ? (table.get(name)?.status ?? 'DISABLED') : 'ENABLED_BY_DEFAULT'
}

/** Begins to open or to close a region. */
function opt(call: Call, input: Account.EnableRegionRequest | Account.DisableRegionRequest, status: 'ENABLING' | 'DISABLING'): object {
  const { name, optIn } = findRegion(call, input.RegionName)
  if (!optIn) throw new AwsError('ValidationException', `The Region ${name} is enabled by default and cannot be changed.`)
  const now = optStatus(call, input.AccountId, name, optIn)
  if (now === 'ENABLING' || now === 'DISABLING')
    throw new AwsError('ConflictException', `The Region ${name} is already being changed; its status is ${now}.`, 409)
  optIns(call, input.AccountId).put({ id: name, status })
  call.later(optSeconds, 'opted', `${input.AccountId ?? call.account} ${name}`)
  return {}
}

const events = {
  opted(subject: string, call: Call): void {
    const [account, name] = subject.split(' ') as [string, string]
    const table = call.scopeOf('account', 'global', account).table<RegionRow>('regions')
    table.put({ id: name, status: table.get(name)?.status === 'DISABLING' ? 'DISABLED' : 'ENABLED' })
  },
}

const operations = {
  PutAlternateContact(input: Account.PutAlternateContactRequest, call: Call): object {
    const { AlternateContactType, Name, Title, EmailAddress, PhoneNumber } = input
    contacts(call, input.AccountId).put({
      id: AlternateContactType!,
      contact: { AlternateContactType, Name, Title, EmailAddress, PhoneNumber },
    })
    return {}
  },

  GetAlternateContact(input: Account.GetAlternateContactRequest, call: Call): Account.GetAlternateContactResponse {
    const row = contacts(call, input.AccountId).get(input.AlternateContactType!)
    if (row === undefined) throw new AwsError('ResourceNotFoundException', 'No contact of the inputted alternate contact type found.', 404)
    return { AlternateContact: row.contact }
  },

  DeleteAlternateContact(input: Account.DeleteAlternateContactRequest, call: Call): object {
    const table = contacts(call, input.AccountId)
    if (table.get(input.AlternateContactType!) === undefined)
      throw new AwsError('ResourceNotFoundException', 'No contact of the inputted alternate contact type found.', 404)
    table.delete(input.AlternateContactType!)
    return {}
  },

  ListRegions(input: Account.ListRegionsRequest, call: Call): Account.ListRegionsResponse {
    const all = regionsOf(call).map(({ name, optIn }) => ({
      RegionName: name,
      RegionOptStatus: optStatus(call, input.AccountId, name, optIn),
    }))
    const wanted = input.RegionOptStatusContains ?? []
    const found = all.filter(({ RegionOptStatus }) => wanted.length === 0 || wanted.includes(RegionOptStatus))
    const { items, nextToken } = pageOf(call, found, input.NextToken, input.MaxResults ?? 50, 'ValidationException')
    return { Regions: [...items], NextToken: nextToken }
  },

  GetRegionOptStatus(input: Account.GetRegionOptStatusRequest, call: Call): Account.GetRegionOptStatusResponse {
    const { name, optIn } = findRegion(call, input.RegionName)
    return { RegionName: name, RegionOptStatus: optStatus(call, input.AccountId, name, optIn) }
  },

  EnableRegion: (input: Account.EnableRegionRequest, call: Call): object => opt(call, input, 'ENABLING'),

  DisableRegion: (input: Account.DisableRegionRequest, call: Call): object => opt(call, input, 'DISABLING'),
}

/** Account Management: contacts and regions of an account. */
export const account: Service = {
  name: 'account',
  protocol: restJson,
  facts: { version: '2021-02-01' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-account')),
  operations,
  events,
  refusals: jsonRefusals,
}
