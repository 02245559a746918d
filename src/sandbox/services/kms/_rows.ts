import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'

/** A symmetric key; its id is the key id. */
export interface KeyRow extends Row {
  readonly account: string
  readonly arn: string
  readonly description: string
  readonly created: Date
  readonly state: 'Enabled' | 'Disabled' | 'PendingDeletion'
  readonly deletion?: Date
  readonly policy: string
  readonly rotates: boolean
  /** 32 bytes in base64. */
  readonly material: string
  readonly tags: Readonly<Record<string, string>>
}

/** Another name of a key; its id is the name, `alias/...`. */
export interface AliasRow extends Row {
  readonly arn: string
  readonly keyId: string
  readonly created: Date
  readonly updated: Date
}

/** The keys of the caller's account and region, or of another account in the same region. */
export function keys(call: Call, account = call.account): Table<KeyRow> {
  return call.scopeOf('kms', call.region, account).table<KeyRow>('keys')
}

export function aliases(call: Call, account = call.account): Table<AliasRow> {
  return call.scopeOf('kms', call.region, account).table<AliasRow>('aliases')
}

export function validation(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

export function notFound(message: string): AwsError {
  return new AwsError('NotFoundException', message)
}
