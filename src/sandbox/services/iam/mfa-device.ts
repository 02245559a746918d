import { createHmac } from 'node:crypto'
import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { base32Id, seededBytes } from '../../kernel/ids.ts'
import { alreadyExists, deleteConflict, noSuchEntity } from './_errors.ts'
import { arnOf, checkName, checkPath, checkTags, page, seconds, withoutTags, withTags } from './_names.ts'
import { type DeviceRow, rows } from './rows.ts'
import { findUser, userOrCaller } from './user.ts'

const STEP_MS = 30_000
/** Clocks of people's devices may be this many steps off. */
const TOLERANCE = 1

/** The code of a time step. @see RFC 6238, and RFC 4226 for the truncation */
export function totp(seed: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const hash = createHmac('sha1', decodeBase32(seed)).update(counter).digest()
  const offset = hash[hash.length - 1]! & 15
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function decodeBase32(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const c of text.replace(/=+$/, '')) {
    value = ((value << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c)) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >>> bits) & 255)
    }
  }
  return Buffer.from(bytes)
}

/** Whether a code is the device's of about now, and no older than one that was already taken. A code that fits is used up. */
export function takeCode(call: Call, device: DeviceRow, code: string, account?: string): boolean {
  const step = stepOf(device, code, call.now)
  if (step === undefined || step <= (device.lastStep ?? -1)) return false
  rows(call, 'devices', account).patch(device.id, { lastStep: step })
  return true
}

function stepOf(device: DeviceRow, code: string, now: Date): number | undefined {
  const current = Math.floor(now.getTime() / STEP_MS)
  for (let step = current - TOLERANCE; step <= current + TOLERANCE; step++) if (totp(device.seed, step) === code) return step
  return undefined
}

/** Two codes, one after the other, show that the device is there. @throws AwsError InvalidAuthenticationCode */
function checkCodes(call: Call, device: DeviceRow, code1: string, code2: string): void {
  const first = stepOf(device, code1, call.now)
  const second = stepOf(device, code2, call.now)
  if (first === undefined || second !== first + 1)
    throw new AwsError('InvalidAuthenticationCode', 'Authentication code for device is not valid.', 403)
  rows(call, 'devices').patch(device.id, { lastStep: second })
}

function findDevice(call: Call, serial: string | undefined): DeviceRow {
  const row = rows(call, 'devices').get(serial ?? '')
  if (row === undefined) throw noSuchEntity(`VirtualMFADevice with serial number ${serial} doesn't exist.`)
  return row
}

export const mfaDeviceOperations = {
  CreateVirtualMFADevice(input: Iam.CreateVirtualMFADeviceRequest, call: Call): Iam.CreateVirtualMFADeviceResponse {
    const name = checkName(input.VirtualMFADeviceName, 'virtualMFADeviceName', 226)
    const serial = arnOf(call, 'mfa', checkPath(input.Path), name)
    if (rows(call, 'devices').get(serial) !== undefined) throw alreadyExists(`MFADevice entity at the same path and name already exists.`)
    // 320 bits, as AWS gives them.
    const bytes = call.newBytes()
    const seed = base32Id('', Buffer.concat([bytes, seededBytes(bytes.toString('hex'), 'mfa')]), 64)
    rows(call, 'devices').put({ id: serial, name, seed, created: seconds(call.now), tags: checkTags(input.Tags) })
    return { VirtualMFADevice: { SerialNumber: serial, Base32StringSeed: Buffer.from(seed), Tags: [...checkTags(input.Tags)] } }
  },

  EnableMFADevice(input: Iam.EnableMFADeviceRequest, call: Call): object {
    const user = findUser(call, input.UserName)
    const device = findDevice(call, input.SerialNumber)
    if (device.user !== undefined) throw alreadyExists('MFA Device is already in use.')
    checkCodes(call, device, input.AuthenticationCode1!, input.AuthenticationCode2!)
    rows(call, 'devices').patch(device.id, { user: user.id, enabled: seconds(call.now) })
    return {}
  },

  ResyncMFADevice(input: Iam.ResyncMFADeviceRequest, call: Call): object {
    const user = findUser(call, input.UserName)
    const device = rows(call, 'devices').get(input.SerialNumber!)
    if (device === undefined || device.user !== user.id) throw noSuchEntity(`MFA Device invalid for user.`)
    checkCodes(call, device, input.AuthenticationCode1!, input.AuthenticationCode2!)
    return {}
  },

  DeactivateMFADevice(input: Iam.DeactivateMFADeviceRequest, call: Call): object {
    const user = userOrCaller(call, input.UserName)
    const device = rows(call, 'devices').get(input.SerialNumber!)
    if (device === undefined || device.user !== user.id) throw noSuchEntity(`MFA Device invalid for user.`)
    rows(call, 'devices').patch(device.id, { user: undefined, enabled: undefined })
    return {}
  },

  DeleteVirtualMFADevice(input: Iam.DeleteVirtualMFADeviceRequest, call: Call): object {
    const device = findDevice(call, input.SerialNumber)
    if (device.user !== undefined) throw deleteConflict('deactivate MFA device')
    rows(call, 'devices').delete(device.id)
    return {}
  },

  ListMFADevices(input: Iam.ListMFADevicesRequest, call: Call): Iam.ListMFADevicesResponse {
    const user = userOrCaller(call, input.UserName)
    const own = [...rows(call, 'devices').values()].filter((device) => device.user === user.id)
    const { items, ...rest } = page(call, input, own)
    return { MFADevices: items.map((device) => ({ UserName: user.name, SerialNumber: device.id, EnableDate: device.enabled })), ...rest }
  },

  GetMFADevice(input: Iam.GetMFADeviceRequest, call: Call): Iam.GetMFADeviceResponse {
    const device = findDevice(call, input.SerialNumber)
    if (device.user === undefined) return { SerialNumber: device.id }
    return { UserName: rows(call, 'users').get(device.user)?.name, SerialNumber: device.id, EnableDate: device.enabled }
  },

  ListVirtualMFADevices(input: Iam.ListVirtualMFADevicesRequest, call: Call): Iam.ListVirtualMFADevicesResponse {
    const status = input.AssignmentStatus ?? 'Any'
    const chosen = [...rows(call, 'devices').values()].filter(
      (device) => status === 'Any' || (status === 'Assigned') === (device.user !== undefined),
    )
    const { items, ...rest } = page(call, input, chosen)
    return {
      VirtualMFADevices: items.map((device) => {
        const user = device.user === undefined ? undefined : rows(call, 'users').get(device.user)
        return {
          SerialNumber: device.id,
          EnableDate: device.enabled,
          User:
            user === undefined
              ? undefined
              : { Path: user.path, UserName: user.name, UserId: user.uniqueId, Arn: user.arn, CreateDate: user.created },
        }
      }),
      ...rest,
    }
  },

  TagMFADevice(input: Iam.TagMFADeviceRequest, call: Call): object {
    const device = findDevice(call, input.SerialNumber)
    rows(call, 'devices').patch(device.id, { tags: withTags(device.tags, input.Tags) })
    return {}
  },

  UntagMFADevice(input: Iam.UntagMFADeviceRequest, call: Call): object {
    const device = findDevice(call, input.SerialNumber)
    rows(call, 'devices').patch(device.id, { tags: withoutTags(device.tags, input.TagKeys) })
    return {}
  },

  ListMFADeviceTags(input: Iam.ListMFADeviceTagsRequest, call: Call): Iam.ListMFADeviceTagsResponse {
    const { items, ...rest } = page(call, input, findDevice(call, input.SerialNumber).tags)
    return { Tags: items, ...rest }
  },
}
