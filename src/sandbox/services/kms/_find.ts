import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { aliases, type KeyRow, keys, notFound } from './_rows.ts'

const arnPattern = /^arn:aws[\w-]*:kms:([\w-]+):(\d{12}):(key|alias)\/(.+)$/

/** The key of an id, an ARN, an alias or the ARN of an alias; undefined when there is none. */
export function tryKey(call: Call, given: string): KeyRow | undefined {
  const [, region, account, kind, name] = arnPattern.exec(given) ?? []
  if (region !== undefined && region !== call.region) return undefined
  const text = kind === undefined ? given : kind === 'alias' ? `alias/${name}` : name!
  const id = text.startsWith('alias/') ? aliases(call, account).get(text)?.keyId : text
  return id === undefined ? undefined : keys(call, account).get(id)
}

/** @throws AwsError NotFoundException */
export function findKey(call: Call, given: string): KeyRow {
  const key = tryKey(call, given)
  if (key !== undefined) return key
  if (arnPattern.test(given)) throw notFound(given.includes(':alias/') ? `Alias ${given} is not found.` : `Key '${given}' does not exist`)
  if (given.startsWith('alias/')) throw notFound(`Alias ${call.arn(given)} is not found.`)
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(given)) throw notFound(`Key '${call.arn(`key/${given}`)}' does not exist`)
  throw notFound(`Invalid keyId '${given}'`)
}

/** A key that can be used now. @throws AwsError */
export function usableKey(call: Call, given: string): KeyRow {
  const key = findKey(call, given)
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${key.arn} is disabled.`)
  checkNotPending(key)
  return key
}

/** @throws AwsError KMSInvalidStateException */
export function checkNotPending(key: KeyRow): void {
  if (key.state === 'PendingDeletion') throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`)
}
