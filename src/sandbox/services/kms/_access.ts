import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { parsePolicy, resourceVerdict } from '../../policy/index.ts'
import { callerOf, requestContext, tagFacts } from '../iam/identity.ts'
import { type EncryptionContext, keyArnOf } from './_blob.ts'
import { tryKey } from './_find.ts'
import type { KeyRow } from './_rows.ts'

/** The policy of a key that is made without one: whom the account's IAM policies let use it. */
export function defaultPolicy(account: string): string {
  const statement = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: 'kms:*',
    Resource: '*',
  }
  return JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [statement] })
}

/** Condition keys of a request: `kms:EncryptionContext:KEY` and their names. */
export function kmsFacts(context: EncryptionContext | undefined): Readonly<Record<string, string | readonly string[]>> {
  const entries = Object.entries(context ?? {})
  if (entries.length === 0) return {}
  return {
    'kms:EncryptionContextKeys': entries.map(([key]) => key),
    ...Object.fromEntries(entries.map(([key, value]) => [`kms:EncryptionContext:${key}`, value])),
  }
}

/** The ARN of the key that a request is about, however it names it; for what is to be decrypted the one that the text names. */
export function keyResources(input: Readonly<Record<string, unknown>>, call: Call): readonly string[] {
  const { KeyId, TargetKeyId, AliasName, CiphertextBlob } = input
  const named = [KeyId, TargetKeyId].filter((id): id is string => typeof id === 'string')
  const ofBlob = CiphertextBlob instanceof Uint8Array && KeyId === undefined ? keyArnOf(CiphertextBlob) : undefined
  return [
    ...named.map((id) => tryKey(call, id)?.arn ?? (id.startsWith('arn:') ? id : call.arn(id.startsWith('alias/') ? id : `key/${id}`))),
    ...(ofBlob === undefined ? [] : [ofBlob]),
    ...(typeof AliasName === 'string' ? [call.arn(AliasName)] : []),
  ]
}

/** Asks the key's own policy, which holds for everybody; what it does not allow nobody may do. @throws AwsError AccessDeniedException */
export function checkKeyPolicy(call: Call, key: KeyRow, context?: EncryptionContext): void {
  const caller = callerOf(call)
  const facts = requestContext(call, caller, { ...kmsFacts(context), ...tagFacts('aws:ResourceTag', tagsOf(key)) })
  const action = `kms:${call.operation}`
  const { verdict } = resourceVerdict(parsePolicy(key.policy, 'resource'), caller.principal, { action, resource: key.arn, context: facts })
  if (verdict === 'allow') return
  const why =
    verdict === 'deny' ? 'with an explicit deny in a resource-based policy' : `because no resource-based policy allows the ${action} action`
  throw new AwsError(
    'AccessDeniedException',
    `User: ${call.identity.arn} is not authorized to perform: ${action} on resource: ${key.arn} ${why}`,
  )
}

export function tagsOf(key: KeyRow): { readonly Key: string; readonly Value: string }[] {
  return Object.entries(key.tags).map(([Key, Value]) => ({ Key, Value }))
}
