import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { base32Id, seededBytes } from '../../kernel/ids.ts'
import { limitExceeded, noSuchEntity } from './_errors.ts'
import { page, seconds } from './_names.ts'
import { type KeyRow, rows, type UserRow } from './rows.ts'
import { userOrCaller } from './user.ts'

function findKey(call: Call, user: UserRow, id: string | undefined): KeyRow {
  const row = rows(call, 'keys').get(id ?? '')
  if (row === undefined || row.user !== user.id) throw noSuchEntity(`The Access Key with id ${id} cannot be found.`)
  return row
}

/** Lets a key be used, or no longer. */
function setActive(call: Call, row: KeyRow, user: UserRow, active: boolean): void {
  const { accounts } = call.kernel
  if (active) accounts.add({ id: row.id, secret: row.secret, account: call.account, arn: user.arn, userId: user.uniqueId })
  else accounts.remove(row.id)
  rows(call, 'keys').put({ ...row, active })
}

/** Gives a user an access key; without `key` a fresh one. */
export function createAccessKey(call: Call, user: UserRow, key?: { readonly id: string; readonly secret: string }): KeyRow {
  const bytes = call.newBytes()
  const id = key?.id ?? base32Id('AKIA', bytes, 16)
  const secret = key?.secret ?? seededBytes(bytes.toString('hex'), 'secret').toString('base64').slice(0, 40)
  const row: KeyRow = { id, user: user.id, secret, active: true, created: seconds(call.now) }
  setActive(call, row, user, true)
  return row
}

export const accessKeyOperations = {
  CreateAccessKey(input: Iam.CreateAccessKeyRequest, call: Call): Iam.CreateAccessKeyResponse {
    const user = userOrCaller(call, input.UserName)
    if ([...rows(call, 'keys').values()].filter((key) => key.user === user.id).length >= 2)
      throw limitExceeded('Cannot exceed quota for AccessKeysPerUser: 2')
    const row = createAccessKey(call, user)
    return {
      AccessKey: { UserName: user.name, AccessKeyId: row.id, Status: 'Active', SecretAccessKey: row.secret, CreateDate: row.created },
    }
  },

  ListAccessKeys(input: Iam.ListAccessKeysRequest, call: Call): Iam.ListAccessKeysResponse {
    const user = userOrCaller(call, input.UserName)
    const own = [...rows(call, 'keys').values()].filter((key) => key.user === user.id)
    const { items, ...rest } = page(call, input, own)
    return {
      AccessKeyMetadata: items.map((row) => ({
        UserName: user.name,
        AccessKeyId: row.id,
        Status: row.active ? 'Active' : 'Inactive',
        CreateDate: row.created,
      })),
      ...rest,
    }
  },

  UpdateAccessKey(input: Iam.UpdateAccessKeyRequest, call: Call): object {
    const user = userOrCaller(call, input.UserName)
    setActive(call, findKey(call, user, input.AccessKeyId), user, input.Status === 'Active')
    return {}
  },

  DeleteAccessKey(input: Iam.DeleteAccessKeyRequest, call: Call): object {
    const user = userOrCaller(call, input.UserName)
    const row = findKey(call, user, input.AccessKeyId)
    setActive(call, row, user, false)
    rows(call, 'keys').delete(row.id)
    return {}
  },

  /** The sandbox does not record the use of keys. */
  GetAccessKeyLastUsed(input: Iam.GetAccessKeyLastUsedRequest, call: Call): Iam.GetAccessKeyLastUsedResponse {
    const row = rows(call, 'keys').get(input.AccessKeyId!)
    if (row === undefined) throw noSuchEntity(`The Access Key with id ${input.AccessKeyId} cannot be found.`)
    const UserName = rows(call, 'users').get(row.user)?.name
    return { UserName, AccessKeyLastUsed: { LastUsedDate: undefined, ServiceName: 'N/A', Region: 'N/A' } }
  },
}
