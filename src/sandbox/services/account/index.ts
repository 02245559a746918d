import type * as Account from '@aws-sdk/client-account'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import type { Row, Scope } from '../../kernel/store.ts'
import { restJson, sdkModel } from '../../protocols/index.ts'
import { regions } from '../ec2/_places.ts'
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
    scopeFor(call, input.AccountId)
    const all = regions.map(
      ({ name, optIn }): Account.Region => ({ RegionName: name, RegionOptStatus: optIn ? 'DISABLED' : 'ENABLED_BY_DEFAULT' }),
    )
    const wanted = input.RegionOptStatusContains ?? []
    return { Regions: all.filter(({ RegionOptStatus }) => wanted.length === 0 || wanted.includes(RegionOptStatus!)) }
  },

  GetRegionOptStatus(input: Account.GetRegionOptStatusRequest, call: Call): Account.GetRegionOptStatusResponse {
    scopeFor(call, input.AccountId)
    const region = regions.find(({ name }) => name === input.RegionName)
    if (region === undefined) throw new AwsError('ValidationException', 'The Region name provided is invalid.')
    return { RegionName: region.name, RegionOptStatus: region.optIn ? 'DISABLED' : 'ENABLED_BY_DEFAULT' }
  },
}

/** Account Management: contacts and regions of an account. */
export const account: Service = {
  name: 'account',
  protocol: restJson,
  facts: { version: '2021-02-01' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-account')),
  operations,
  refusals: jsonRefusals,
}
