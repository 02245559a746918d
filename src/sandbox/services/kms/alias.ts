import type * as Kms from '@aws-sdk/client-kms'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { checkNotPending, findKey } from './_find.ts'
import { type AliasRow, aliases, type KeyRow, notFound, validation } from './_rows.ts'

function checkName(name: string): string {
  if (!/^alias\/[\w/-]{1,250}$/.test(name))
    throw validation(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  if (name.startsWith('alias/aws/')) throw new AwsError('NotAuthorizedException', '')
  return name
}

function findAlias(call: Call, name: string): AliasRow {
  const row = aliases(call).get(name)
  if (row === undefined) throw notFound(`Alias ${call.arn(name)} is not found.`)
  return row
}

/** Of the caller's own account: an alias names none of another. */
function target(call: Call, given: string): KeyRow {
  if (given.startsWith('alias/') || given.includes(':alias/')) throw validation('Aliases must refer to keys. Not aliases')
  const key = findKey(call, given)
  checkNotPending(key)
  if (key.account !== call.account) throw notFound(`Key '${given}' does not exist`)
  return key
}

export const aliasOperations = {
  CreateAlias(input: Kms.CreateAliasRequest, call: Call): object {
    const id = checkName(input.AliasName!)
    const key = target(call, input.TargetKeyId!)
    const arn = call.arn(id)
    if (aliases(call).get(id) !== undefined) throw new AwsError('AlreadyExistsException', `An alias with the name ${arn} already exists`)
    aliases(call).put({ id, arn, keyId: key.id, created: call.now, updated: call.now })
    return {}
  },

  UpdateAlias(input: Kms.UpdateAliasRequest, call: Call): object {
    const { id } = findAlias(call, checkName(input.AliasName!))
    aliases(call).patch(id, { keyId: target(call, input.TargetKeyId!).id, updated: call.now })
    return {}
  },

  DeleteAlias(input: Kms.DeleteAliasRequest, call: Call): object {
    aliases(call).delete(findAlias(call, checkName(input.AliasName!)).id)
    return {}
  },

  ListAliases(input: Kms.ListAliasesRequest, call: Call): Kms.ListAliasesResponse {
    const keyId = input.KeyId === undefined ? undefined : findKey(call, input.KeyId).id
    const found = [...aliases(call).values()].filter((row) => keyId === undefined || row.keyId === keyId)
    const page = pageOf(call, found, input.Marker, input.Limit ?? 50, 'InvalidMarkerException')
    return {
      Aliases: page.items.map(({ id, arn, keyId, created, updated }) => ({
        AliasName: id,
        AliasArn: arn,
        TargetKeyId: keyId,
        CreationDate: created,
        LastUpdatedDate: updated,
      })),
      NextMarker: page.nextToken,
      Truncated: page.nextToken !== undefined,
    }
  },
}
