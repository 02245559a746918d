import { readFile } from 'node:fs/promises'
import { stringType } from '../../cty/index.ts'
import { Failure, type SimpleDataSource } from '../../providers/simple/index.ts'
import { checksumAttributes, checksums, contentId } from './_content.ts'

/** The data source `local_file`. */
export function fileData(withChecksums: boolean): SimpleDataSource<undefined> {
  return withChecksums ? current.file : former.file
}

/** The data source `local_sensitive_file`. */
export function sensitiveFileData(withChecksums: boolean): SimpleDataSource<undefined> {
  return withChecksums ? current.sensitive : former.sensitive
}

function source(isSensitive: boolean, withChecksums: boolean): SimpleDataSource<undefined> {
  const text = { type: stringType, computed: true, ...(isSensitive ? { sensitive: true } : {}) }
  return {
    attributes: {
      filename: { type: stringType, required: true },
      content: text,
      content_base64: text,
      ...(withChecksums ? checksumAttributes : {}),
      id: { type: stringType, computed: true },
    },
    async read({ filename }) {
      let content: Buffer
      try {
        content = await readFile(filename as string)
      } catch (error) {
        throw new Failure('Read local file data source error', `The file ${String(filename)} cannot be read: ${(error as Error).message}`)
      }
      return {
        content: content.toString(),
        content_base64: content.toString('base64'),
        ...(withChecksums ? checksums(content) : {}),
        id: contentId(content),
      }
    },
  }
}

const current = { file: source(false, true), sensitive: source(true, true) }
const former = { file: source(false, false), sensitive: source(true, false) }
