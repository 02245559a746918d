import { readFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'

import { dirname } from 'node:path'
import { stringType } from '../../cty/index.ts'
import type { PlainObject } from '../../providers/kit/index.ts'
import { Failure, type SimpleAttributes, type SimpleResource } from '../../providers/simple/index.ts'
import { checksumAttributes, checksums, contentId } from './_content.ts'

/** `local_file`: a file whose content is no secret. */
export function localFile(withChecksums: boolean): SimpleResource<undefined> {
  return withChecksums ? current.file : former.file
}

/** `local_sensitive_file`: a file whose content is a secret, readable by its owner alone unless said otherwise. */
export function localSensitiveFile(withChecksums: boolean): SimpleResource<undefined> {
  return withChecksums ? current.sensitive : former.sensitive
}

const sources = ['content', 'sensitive_content', 'content_base64', 'source'] as const

function fileResource(isSensitive: boolean, withChecksums: boolean): SimpleResource<undefined> {
  const mode = isSensitive ? '0700' : '0777'
  const names = sources.filter((name) => name !== 'sensitive_content' || !isSensitive)
  const source = (sensitive: boolean, name: string) => ({
    type: stringType,
    optional: true,
    forceNew: true,
    ...(sensitive ? { sensitive } : {}),
    // One rule is enough to report it once.
    ...(name === 'content' ? { exactlyOneOf: names } : {}),
  })
  const attributes: SimpleAttributes = {
    content: source(isSensitive, 'content'),
    ...(isSensitive ? {} : { sensitive_content: { ...source(true, 'sensitive_content'), deprecated: true } }),
    content_base64: source(isSensitive, 'content_base64'),
    source: source(false, 'source'),
    filename: { type: stringType, required: true, forceNew: true },
    file_permission: { type: stringType, default: mode, forceNew: true, check: checkMode },
    directory_permission: { type: stringType, default: mode, forceNew: true, check: checkMode },
    ...(withChecksums ? checksumAttributes : {}),
    id: { type: stringType, computed: true, stable: true },
  }
  return {
    attributes,
    async create(planned) {
      const content = await contentOf(planned)
      const filename = planned.filename as string
      try {
        await mkdir(dirname(filename), { recursive: true, mode: parseMode(planned.directory_permission) })
        await writeFile(filename, content, { mode: parseMode(planned.file_permission) })
      } catch (error) {
        throw new Failure('Create local file error', `The file ${filename} cannot be written: ${(error as Error).message}`)
      }
      return { id: contentId(content), ...(withChecksums ? checksums(content) : {}) }
    },
    read({ filename, id }) {
      let content: Buffer
      try {
        content = readFileSync(filename as string)
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
        throw new Failure('Read local file error', `The file ${String(filename)} cannot be read: ${(error as Error).message}`)
      }
      return contentId(content) === id ? {} : undefined
    },
    async delete({ filename }) {
      await rm(filename as string, { force: true })
    },
  }
}

async function contentOf(planned: PlainObject): Promise<Buffer> {
  const { content, sensitive_content: secret, content_base64: base64, source } = planned
  if (typeof content === 'string') return Buffer.from(content)
  if (typeof secret === 'string') return Buffer.from(secret)
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64')
  try {
    return await readFile(source as string)
  } catch (error) {
    throw new Failure('Create local file error', `The source ${String(source)} cannot be read: ${(error as Error).message}`, 'source')
  }
}

function checkMode(value: unknown): string | undefined {
  return typeof value === 'string' && !/^[0-7]{3,4}$/.test(value)
    ? `value must be a file mode in octal notation with three or four digits, such as "0644", got: "${value}"`
    : undefined
}

function parseMode(text: unknown): number {
  return Number.parseInt(text as string, 8)
}

const current = { file: fileResource(false, true), sensitive: fileResource(true, true) }
const former = { file: fileResource(false, false), sensitive: fileResource(true, false) }
