import type * as Kms from '@aws-sdk/client-kms'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { PolicySyntaxError, parsePolicy } from '../../policy/index.ts'
import { checkKeyPolicy, defaultPolicy, tagsOf } from './_access.ts'
import { checkNotPending, findKey } from './_find.ts'
import { aliases, type KeyRow, keys, validation } from './_rows.ts'

const dayMs = 86_400_000

function described(row: KeyRow): Kms.KeyMetadata {
  return {
    AWSAccountId: row.account,
    KeyId: row.id,
    Arn: row.arn,
    CreationDate: row.created,
    Enabled: row.state === 'Enabled',
    Description: row.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: row.state,
    DeletionDate: row.deletion,
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: false,
  }
}

/** A key that the caller may do this with. */
function managed(call: Call, given: string | undefined): KeyRow {
  const key = findKey(call, given!)
  checkKeyPolicy(call, key)
  return key
}

function checkPolicy(text: string): string {
  try {
    parsePolicy(text, 'resource')
    return text
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw new AwsError('MalformedPolicyDocumentException', error.message)
    throw error
  }
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-a$4-$5')
}

export const keyOperations = {
  CreateKey(input: Kms.CreateKeyRequest, call: Call): Kms.CreateKeyResponse {
    const isPlain =
      (input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT') === 'SYMMETRIC_DEFAULT' &&
      (input.KeyUsage ?? 'ENCRYPT_DECRYPT') === 'ENCRYPT_DECRYPT' &&
      (input.Origin ?? 'AWS_KMS') === 'AWS_KMS' &&
      input.MultiRegion !== true
    if (!isPlain)
      throw new AwsError('UnsupportedOperationException', 'The sandbox has symmetric keys for one Region alone, with material of its own.')
    const id = uuidOf(call.newBytes())
    const row = keys(call).put({
      id,
      account: call.account,
      arn: call.arn(`key/${id}`),
      description: input.Description ?? '',
      created: call.now,
      state: 'Enabled',
      policy: input.Policy === undefined ? defaultPolicy(call.account) : checkPolicy(input.Policy),
      rotates: false,
      material: call.newBytes().toString('base64'),
      tags: Object.fromEntries((input.Tags ?? []).map(({ TagKey = '', TagValue = '' }) => [TagKey, TagValue])),
    })
    return { KeyMetadata: described(row) }
  },

  DescribeKey(input: Kms.DescribeKeyRequest, call: Call): Kms.DescribeKeyResponse {
    return { KeyMetadata: described(managed(call, input.KeyId)) }
  },

  ListKeys(input: Kms.ListKeysRequest, call: Call): Kms.ListKeysResponse {
    const page = pageOf(call, [...keys(call).values()], input.Marker, input.Limit ?? 100, 'InvalidMarkerException')
    return {
      Keys: page.items.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })),
      NextMarker: page.nextToken,
      Truncated: page.nextToken !== undefined,
    }
  },

  UpdateKeyDescription(input: Kms.UpdateKeyDescriptionRequest, call: Call): object {
    keys(call).patch(changeable(call, input.KeyId).id, { description: input.Description! })
    return {}
  },

  EnableKey(input: Kms.EnableKeyRequest, call: Call): object {
    keys(call).patch(changeable(call, input.KeyId).id, { state: 'Enabled' })
    return {}
  },

  DisableKey(input: Kms.DisableKeyRequest, call: Call): object {
    keys(call).patch(changeable(call, input.KeyId).id, { state: 'Disabled' })
    return {}
  },

  ScheduleKeyDeletion(input: Kms.ScheduleKeyDeletionRequest, call: Call): Kms.ScheduleKeyDeletionResponse {
    const key = changeable(call, input.KeyId)
    const days = input.PendingWindowInDays ?? 30
    if (days < 7 || days > 30)
      throw validation(
        `1 validation error detected: Value '${days}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value ${days < 7 ? 'greater than or equal to 7' : 'less than or equal to 30'}`,
      )
    const deletion = new Date(call.now.getTime() + days * dayMs)
    keys(call).patch(key.id, { state: 'PendingDeletion', deletion })
    call.linger(days * 86_400, 'delete', key.id)
    return { KeyId: key.arn, DeletionDate: deletion, KeyState: 'PendingDeletion', PendingWindowInDays: days }
  },

  CancelKeyDeletion(input: Kms.CancelKeyDeletionRequest, call: Call): Kms.CancelKeyDeletionResponse {
    const { deletion: _, ...key } = managed(call, input.KeyId)
    if (key.state !== 'PendingDeletion') throw new AwsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`)
    keys(call).put({ ...key, state: 'Disabled' })
    return { KeyId: key.arn }
  },

  GetKeyPolicy(input: Kms.GetKeyPolicyRequest, call: Call): Kms.GetKeyPolicyResponse {
    return { Policy: managed(call, input.KeyId).policy, PolicyName: 'default' }
  },

  PutKeyPolicy(input: Kms.PutKeyPolicyRequest, call: Call): object {
    keys(call).patch(changeable(call, input.KeyId).id, { policy: checkPolicy(input.Policy!) })
    return {}
  },

  GetKeyRotationStatus(input: Kms.GetKeyRotationStatusRequest, call: Call): Kms.GetKeyRotationStatusResponse {
    return { KeyRotationEnabled: managed(call, input.KeyId).rotates }
  },

  EnableKeyRotation(input: Kms.EnableKeyRotationRequest, call: Call): object {
    keys(call).patch(changeable(call, input.KeyId).id, { rotates: true })
    return {}
  },

  DisableKeyRotation(input: Kms.DisableKeyRotationRequest, call: Call): object {
    keys(call).patch(changeable(call, input.KeyId).id, { rotates: false })
    return {}
  },

  ListResourceTags(input: Kms.ListResourceTagsRequest, call: Call): Kms.ListResourceTagsResponse {
    const tags = tagsOf(managed(call, input.KeyId))
    return { Tags: tags.map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value })), Truncated: false }
  },

  TagResource(input: Kms.TagResourceRequest, call: Call): object {
    const key = changeable(call, input.KeyId)
    const added = Object.fromEntries((input.Tags ?? []).map(({ TagKey = '', TagValue = '' }) => [TagKey, TagValue]))
    keys(call).patch(key.id, { tags: { ...key.tags, ...added } })
    return {}
  },

  UntagResource(input: Kms.UntagResourceRequest, call: Call): object {
    const key = changeable(call, input.KeyId)
    const tags = Object.fromEntries(Object.entries(key.tags).filter(([name]) => !input.TagKeys!.includes(name)))
    keys(call).patch(key.id, { tags })
    return {}
  },
}

/** A key of the caller's own account that is not about to go. */
function changeable(call: Call, given: string | undefined): KeyRow {
  const key = managed(call, given)
  checkNotPending(key)
  if (key.account !== call.account)
    throw new AwsError(
      'AccessDeniedException',
      `User: ${call.identity.arn} is not authorized to change ${key.arn}, a key of another account.`,
    )
  return key
}

export const keyEvents = {
  delete(id: string, call: Call): void {
    const key = keys(call).get(id)
    if (key?.state !== 'PendingDeletion' || key.deletion! > call.now) return
    keys(call).delete(id)
    for (const alias of [...aliases(call).values()]) if (alias.keyId === id) aliases(call).delete(alias.id)
  },
}
