import { randomBytes } from 'node:crypto'
import { numberType, stringType } from '../../cty/index.ts'
import { Failure, type SimpleEphemeral, type SimpleResource } from '../../providers/simple/index.ts'
import { atLeast, keepers, planKeepers } from './_shared.ts'

const secret = { type: stringType, computed: true, stable: true, sensitive: true }

/** `random_bytes`: secret bytes, such as a key. */
export const randomBytesResource: SimpleResource<undefined> = {
  attributes: {
    keepers,
    length: { type: numberType, required: true, forceNew: true, check: atLeast(1) },
    base64: secret,
    hex: secret,
  },
  plan: planKeepers,
  create: ({ length }) => notations(randomBytes(length as number)),
  /** The bytes in base64. */
  import(id) {
    const bytes = Buffer.from(id, 'base64')
    if (bytes.length === 0 || bytes.toString('base64') !== id) {
      // The id is a secret, which no message shows.
      throw new Failure('Import Random bytes Error', 'The import id is not bytes in base64.')
    }
    return { ...notations(bytes), length: bytes.length, keepers: null }
  },
}

/** The ephemeral `random_bytes`: new ones each time, stored nowhere. */
export const ephemeralBytes: SimpleEphemeral<undefined> = {
  attributes: {
    length: { type: numberType, required: true, check: atLeast(1) },
    base64: { type: stringType, computed: true, sensitive: true },
    hex: { type: stringType, computed: true, sensitive: true },
  },
  open: ({ length }) => notations(randomBytes(length as number)),
}

function notations(bytes: Buffer): { base64: string; hex: string } {
  return { base64: bytes.toString('base64'), hex: bytes.toString('hex') }
}
