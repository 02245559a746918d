import { randomBytes, randomUUID } from 'node:crypto'
import { stringType } from '../../cty/index.ts'
import { Failure, type SimpleResource } from '../../providers/simple/index.ts'
import { keepers, planKeepers } from './_shared.ts'

/** `random_uuid`: a random UUID of version 4. */
export const randomUuid = uuidResource('UUID', randomUUID, /./)

/** `random_uuid4`: a random UUID of version 4, and nothing else when it is imported. */
export const randomUuid4 = uuidResource('UUID of version 4', randomUUID, /^.{14}4/)

/** `random_uuid7`: a UUID of version 7, which begins with the time and so sorts by it. */
export const randomUuid7 = uuidResource('UUID of version 7', () => uuid7(Date.now(), randomBytes(10)), /^.{14}7/)

function uuidResource(kind: string, make: () => string, imported: RegExp): SimpleResource<undefined> {
  return {
    attributes: {
      keepers,
      result: { type: stringType, computed: true, stable: true },
      id: { type: stringType, computed: true, stable: true },
    },
    plan: planKeepers,
    create() {
      const result = make()
      return { result, id: result }
    },
    import(id) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) || !imported.test(id)) {
        throw new Failure('Import Random UUID Error', `"${id}" is not a ${kind}.`)
      }
      const result = id.toLowerCase()
      return { result, id: result, keepers: null }
    },
  }
}

/** Of a time in milliseconds and ten random bytes. @see RFC 9562, section 5.7 */
function uuid7(timeMs: number, random: Buffer): string {
  const bytes = Buffer.concat([Buffer.alloc(6), random])
  bytes.writeUIntBE(timeMs, 0, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
