import type { ParameterTier, ParameterType } from '@aws-sdk/client-ssm'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'

export interface ParameterVersion {
  readonly type: ParameterType
  readonly value: string
  readonly version: number
  readonly modified: Date
  /** The ARN of who wrote it. */
  readonly modifiedBy: string
  readonly description?: string
  readonly allowedPattern?: string
  readonly keyId?: string
  readonly tier: ParameterTier
  readonly dataType: string
  readonly labels?: readonly string[]
  readonly policies: readonly string[]
}

/** The newest version of a parameter and all before it. The id is the name. */
export interface ParameterRow extends Row, ParameterVersion {
  readonly tags: Readonly<Record<string, string>>
  readonly history: readonly ParameterVersion[]
}

export function parameters(call: Call): Table<ParameterRow> {
  return call.scope.table<ParameterRow>('parameters')
}

export function validation(message: string): AwsError {
  return new AwsError('ValidationException', message)
}

/** AWS answers this one without a text. */
export function notFound(): AwsError {
  return new AwsError('ParameterNotFound', '')
}
