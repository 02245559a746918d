import type { Credentials } from '@aws-sdk/client-sts'
import type { SessionFacts } from '../../kernel/accounts.ts'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { base32Id, seededBytes } from '../../kernel/ids.ts'

export function validation(member: string, value: string, rule: string): AwsError {
  return new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${rule}`,
  )
}

export function accessDenied(message: string): AwsError {
  return new AwsError('AccessDenied', message, 403)
}

/** @throws AwsError ValidationError when it is too short or too long */
export function duration(seconds: number | undefined, whenAbsent: number, longest: number): number {
  const value = seconds ?? whenAbsent
  if (value < 900) throw validation('durationSeconds', String(value), 'Member must have value greater than or equal to 900')
  if (value > longest) throw validation('durationSeconds', String(value), `Member must have value less than or equal to ${longest}`)
  return value
}

/** How long keys that ran out are refused as such, and not as unknown. */
const KEPT_MS = 24 * 3_600_000

/** Makes temporary credentials that stand for `holder`. */
export function issue(
  call: Call,
  seconds: number,
  holder: { account: string; arn: string; userId: string },
  session: Omit<SessionFacts, 'issued'> = {},
): Credentials {
  const bytes = call.newBytes()
  const secret = seededBytes(bytes.toString('hex'), 'secret').toString('base64').slice(0, 40)
  const sessionToken = `IQoJb3JpZ2luX2Vj${seededBytes(bytes.toString('hex'), 'token').toString('base64')}`
  const issued = new Date(Math.floor(call.now.getTime() / 1000) * 1000)
  const expires = new Date(issued.getTime() + seconds * 1000)
  const id = base32Id('ASIA', bytes, 16)
  call.kernel.accounts.removeExpired(new Date(issued.getTime() - KEPT_MS))
  call.kernel.accounts.add({ id, secret, sessionToken, expires, session: { issued, ...session }, ...holder })
  return { AccessKeyId: id, SecretAccessKey: secret, SessionToken: sessionToken, Expiration: expires }
}
