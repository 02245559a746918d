import { randomBytes } from 'node:crypto'
import { numberType, stringType } from '../../cty/index.ts'
import { Failure, type SimpleResource } from '../../providers/simple/index.ts'
import { atLeast, keepers, planKeepers } from './_shared.ts'

const computed = { type: stringType, computed: true, stable: true }

/** `random_id`: random bytes in several notations, with an optional prefix. */
export const randomId: SimpleResource<undefined> = {
  attributes: {
    keepers,
    byte_length: { type: numberType, required: true, forceNew: true, check: atLeast(1) },
    prefix: { type: stringType, optional: true, forceNew: true },
    b64_url: computed,
    b64_std: computed,
    hex: computed,
    dec: computed,
    id: computed,
  },
  plan: planKeepers,
  create: ({ byte_length: length, prefix }) => notations(randomBytes(length as number), (prefix ?? '') as string),
  /** `BASE64URL`, or with a prefix `PREFIX,BASE64URL`. */
  import(id) {
    const comma = id.lastIndexOf(',')
    const prefix = comma < 0 ? '' : id.slice(0, comma)
    const text = id.slice(comma + 1)
    const bytes = Buffer.from(text, 'base64url')
    if (bytes.toString('base64url') !== text || bytes.length === 0) {
      throw new Failure(
        'Import Random ID Error',
        `"${id}" is not bytes in URL-safe base64 without padding, with an optional "PREFIX," before it.`,
      )
    }
    return { ...notations(bytes, prefix), byte_length: bytes.length, prefix: comma < 0 ? null : prefix, keepers: null }
  },
}

function notations(bytes: Buffer, prefix: string): Record<string, string> {
  const hex = bytes.toString('hex')
  return {
    id: bytes.toString('base64url'),
    b64_url: prefix + bytes.toString('base64url'),
    b64_std: prefix + bytes.toString('base64'),
    hex: prefix + hex,
    dec: prefix + BigInt(`0x${hex}`).toString(),
  }
}
