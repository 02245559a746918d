import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { alreadyExists, invalidInput, noSuchEntity, validationError } from './_errors.ts'
import { checkTags, page, seconds, withoutTags, withTags } from './_names.ts'
import { type OidcProviderRow, rows } from './rows.ts'

function findOidcProvider(call: Call, arn: string | undefined): OidcProviderRow {
  const row = rows(call, 'oidc').get(arn ?? '')
  if (row === undefined) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`)
  return row
}

/** The account's provider for an issuer (its URL, with or without scheme). */
export function tryOidcProvider(call: Pick<Call, 'account' | 'scopeOf'>, issuer: string, account: string): OidcProviderRow | undefined {
  const url = issuer.replace(/^https:\/\//, '').replace(/\/$/, '')
  return rows(call, 'oidc', account).get(`arn:aws:iam::${account}:oidc-provider/${url}`)
}

export const oidcProviderOperations = {
  CreateOpenIDConnectProvider(input: Iam.CreateOpenIDConnectProviderRequest, call: Call): Iam.CreateOpenIDConnectProviderResponse {
    if (!/^https:\/\/[^/]/.test(input.Url!)) throw validationError('Invalid Open ID Connect Provider URL')
    const url = input.Url!.slice('https://'.length).replace(/\/$/, '')
    const arn = `arn:aws:iam::${call.account}:oidc-provider/${url}`
    if (rows(call, 'oidc').get(arn) !== undefined) throw alreadyExists(`Provider with url ${input.Url} already exists.`)
    if ((input.ThumbprintList ?? []).length > 5) throw invalidInput('Thumbprint list must contain fewer than 5 entries.')
    const row = rows(call, 'oidc').put({
      id: arn,
      url,
      clientIds: input.ClientIDList ?? [],
      // AWS looks the thumbprint up itself when none is given.
      thumbprints: input.ThumbprintList?.length ? input.ThumbprintList : ['6938fd4d98bab03faadb97b34396831e3780aea1'],
      created: seconds(call.now),
      tags: checkTags(input.Tags),
    })
    return { OpenIDConnectProviderArn: row.id, ...(row.tags.length === 0 ? {} : { Tags: [...row.tags] }) }
  },

  GetOpenIDConnectProvider(input: Iam.GetOpenIDConnectProviderRequest, call: Call): Iam.GetOpenIDConnectProviderResponse {
    const row = findOidcProvider(call, input.OpenIDConnectProviderArn)
    return {
      Url: row.url,
      ClientIDList: [...row.clientIds],
      ThumbprintList: [...row.thumbprints],
      CreateDate: row.created,
      Tags: [...row.tags],
    }
  },

  ListOpenIDConnectProviders: (_input: object, call: Call): Iam.ListOpenIDConnectProvidersResponse => ({
    OpenIDConnectProviderList: [...rows(call, 'oidc').values()].map((row) => ({ Arn: row.id })),
  }),

  UpdateOpenIDConnectProviderThumbprint(input: Iam.UpdateOpenIDConnectProviderThumbprintRequest, call: Call): object {
    rows(call, 'oidc').patch(findOidcProvider(call, input.OpenIDConnectProviderArn).id, { thumbprints: input.ThumbprintList ?? [] })
    return {}
  },

  AddClientIDToOpenIDConnectProvider(input: Iam.AddClientIDToOpenIDConnectProviderRequest, call: Call): object {
    const row = findOidcProvider(call, input.OpenIDConnectProviderArn)
    if (!row.clientIds.includes(input.ClientID!)) rows(call, 'oidc').patch(row.id, { clientIds: [...row.clientIds, input.ClientID!] })
    return {}
  },

  RemoveClientIDFromOpenIDConnectProvider(input: Iam.RemoveClientIDFromOpenIDConnectProviderRequest, call: Call): object {
    const row = findOidcProvider(call, input.OpenIDConnectProviderArn)
    rows(call, 'oidc').patch(row.id, { clientIds: row.clientIds.filter((id) => id !== input.ClientID) })
    return {}
  },

  DeleteOpenIDConnectProvider(input: Iam.DeleteOpenIDConnectProviderRequest, call: Call): object {
    rows(call, 'oidc').delete(findOidcProvider(call, input.OpenIDConnectProviderArn).id)
    return {}
  },

  TagOpenIDConnectProvider(input: Iam.TagOpenIDConnectProviderRequest, call: Call): object {
    const row = findOidcProvider(call, input.OpenIDConnectProviderArn)
    rows(call, 'oidc').patch(row.id, { tags: withTags(row.tags, input.Tags) })
    return {}
  },

  UntagOpenIDConnectProvider(input: Iam.UntagOpenIDConnectProviderRequest, call: Call): object {
    const row = findOidcProvider(call, input.OpenIDConnectProviderArn)
    rows(call, 'oidc').patch(row.id, { tags: withoutTags(row.tags, input.TagKeys) })
    return {}
  },

  ListOpenIDConnectProviderTags(input: Iam.ListOpenIDConnectProviderTagsRequest, call: Call): Iam.ListOpenIDConnectProviderTagsResponse {
    const { items, ...rest } = page(call, input, findOidcProvider(call, input.OpenIDConnectProviderArn).tags)
    return { Tags: items, ...rest }
  },
}
