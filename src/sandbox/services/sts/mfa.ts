import type { Call } from '../../kernel/call.ts'
import { callerOf } from '../iam/identity.ts'
import { takeCode } from '../iam/mfa-device.ts'
import { rows } from '../iam/rows.ts'
import { accessDenied } from './session.ts'

/**
 * When the caller proves itself: now with a device and its code, or earlier, as its session says. Undefined when it does not.
 *
 * @throws AwsError AccessDenied for a device that is not the caller's or a code that is not the device's
 */
export function mfaOf(call: Call, { SerialNumber, TokenCode }: { SerialNumber?: string; TokenCode?: string }): Date | undefined {
  if (SerialNumber === undefined && TokenCode === undefined) return call.identity.session?.mfaSince
  if (SerialNumber === undefined || TokenCode === undefined)
    throw accessDenied('MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.')
  const { user } = callerOf(call)
  const device = rows(call, 'devices').get(SerialNumber)
  if (user === undefined || device === undefined || device.user !== user.id)
    throw accessDenied(
      'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    )
  if (!takeCode(call, device, TokenCode)) throw accessDenied('MultiFactorAuthentication failed with invalid MFA one time pass code. ')
  return call.now
}
