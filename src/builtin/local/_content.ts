import { createHash } from 'node:crypto'
import { stringType } from '../../cty/index.ts'
import type { SimpleAttributes } from '../../providers/simple/index.ts'

const text = { type: stringType, computed: true, stable: true }

export const checksumAttributes: SimpleAttributes = {
  content_md5: text,
  content_sha1: text,
  content_sha256: text,
  content_base64sha256: text,
  content_sha512: text,
  content_base64sha512: text,
}

/** The id of a content: it changes whenever the content does. */
export function contentId(content: Uint8Array): string {
  return createHash('sha1').update(content).digest('hex')
}

export function checksums(content: Uint8Array): Record<string, string> {
  const digest = (algorithm: string): Buffer => createHash(algorithm).update(content).digest()
  const [sha256, sha512] = [digest('sha256'), digest('sha512')]
  return {
    content_md5: digest('md5').toString('hex'),
    content_sha1: digest('sha1').toString('hex'),
    content_sha256: sha256.toString('hex'),
    content_base64sha256: sha256.toString('base64'),
    content_sha512: sha512.toString('hex'),
    content_base64sha512: sha512.toString('base64'),
  }
}
