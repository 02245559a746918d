import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'

export type Tags = Readonly<Record<string, string>>

/** The id is the name. */
export interface LogGroupRow extends Row {
  readonly created: number
  readonly retentionInDays: number | undefined
  readonly logGroupClass: 'STANDARD' | 'INFREQUENT_ACCESS' | 'DELIVERY'
  readonly kmsKeyId: string | undefined
  readonly deletionProtection: boolean
  readonly tags: Tags
}

/** The id is the name within its group. */
export interface LogStreamRow extends Row {
  readonly created: number
  readonly uploadSequence: number
  readonly storedBytes: number
}

export interface LogEventRow extends Row {
  readonly timestamp: number
  readonly ingestionTime: number
  readonly message: string
}

export function groups(call: Call): Table<LogGroupRow> {
  return call.scope.table<LogGroupRow>('groups')
}

export function streams(call: Call, group: string): Table<LogStreamRow> {
  return call.scope.table<LogStreamRow>(`streams/${group}`)
}

export function events(call: Call, group: string, stream: string): Table<LogEventRow> {
  return call.scope.table<LogEventRow>(`events/${group}:${stream}`)
}

export function groupArn(call: Call, name: string): string {
  return call.arn(`log-group:${name}`)
}

/** Names of groups in ARNs; other texts are names themselves. */
export function groupName(nameOrArn: string): string {
  const match = /^arn:aws:logs:[^:]*:[^:]*:log-group:([^:]+)(:\*)?$/.exec(nameOrArn)
  return match?.[1] ?? nameOrArn
}

/** @throws AwsError ResourceNotFoundException */
export function findGroup(call: Call, name: string | undefined): LogGroupRow {
  const row = name === undefined ? undefined : groups(call).get(groupName(name))
  if (row === undefined || !call.isVisible(row.id)) throw notFound('The specified log group does not exist.')
  return row
}

/** @throws AwsError ResourceNotFoundException */
export function findStream(call: Call, group: string, name: string | undefined): LogStreamRow {
  const row = name === undefined ? undefined : streams(call, group).get(name)
  if (row === undefined) throw notFound('The specified log stream does not exist.')
  return row
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message)
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}

/** How CloudWatch Logs words a value that breaks a rule of its model. */
export function validation(value: unknown, member: string, rule: string): AwsError {
  return invalidParameter(`1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: ${rule}`)
}
