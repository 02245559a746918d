import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { boolType, numberType, setType, stringType } from '../../cty/index.ts'
import type { ProviderDiagnostic } from '../../providers/index.ts'
import { type Plain, type PlainObject, UNKNOWN } from '../../providers/kit/index.ts'
import {
  Failure,
  type SimpleAttribute,
  type SimpleAttributes,
  type SimpleBlocks,
  type SimpleDataSource,
  type SimpleResource,
} from '../../providers/simple/index.ts'
import { entriesOf } from './_entries.ts'
import { tarGzFile } from './_tar.ts'
import { zipFile } from './_zip.ts'

const text = { type: stringType, optional: true }

function attributes(isResource: boolean): SimpleAttributes {
  const args: Record<string, SimpleAttribute> = {
    type: {
      type: stringType,
      required: true,
      check: (v) => (v === 'zip' || v === 'tar.gz' ? undefined : `value must be one of: ["zip" "tar.gz"], got: "${String(v)}"`),
    },
    source_content: { ...text, alsoRequires: ['source_content_filename'] },
    source_content_filename: { ...text, alsoRequires: ['source_content'] },
    source_file: text,
    source_dir: text,
    excludes: { type: setType(stringType), optional: true },
    exclude_symlink_directories: { type: boolType, optional: true },
    output_path: { type: stringType, required: true },
    output_file_mode: {
      ...text,
      check: (v) =>
        typeof v === 'string' && !/^0?[0-7]{3}$/.test(v)
          ? `value must be a file mode in octal notation such as "0644", got: "${v}"`
          : undefined,
    },
  }
  const computed = { type: stringType, computed: true, stable: true }
  return {
    ...Object.fromEntries(Object.entries(args).map(([name, a]) => [name, isResource ? { ...a, forceNew: true } : a])),
    output_size: { ...computed, type: numberType },
    output_sha: computed,
    output_sha256: computed,
    output_base64sha256: computed,
    output_sha512: computed,
    output_base64sha512: computed,
    output_md5: computed,
    id: computed,
  }
}

const blocks: SimpleBlocks = {
  source: {
    nesting: 'set',
    forceNew: true,
    attributes: { content: { type: stringType, required: true }, filename: { type: stringType, required: true } },
  },
}

/** The data source `archive_file`: written whenever it is read. */
export const archiveData: SimpleDataSource<undefined> = {
  attributes: attributes(false),
  blocks,
  validate: checkSources,
  read: (config) => write(config),
}

/** The resource `archive_file`: written when it is created, and again when the file is missing. */
export const archiveFile: SimpleResource<undefined> = {
  attributes: attributes(true),
  blocks,
  validate: checkSources,
  create: (planned) => write(planned),
  read: ({ output_path: path }) => (existsSync(path as string) ? {} : undefined),
  delete: ({ output_path: path }) => rm(path as string, { force: true }),
}

/** Exactly one thing is archived. */
function checkSources(config: PlainObject): readonly ProviderDiagnostic[] {
  const names = ['source_content_filename', 'source_dir', 'source_file', 'source']
  const isSet = (value: Plain | undefined): boolean => (value ?? null) !== null && !(Array.isArray(value) && value.length === 0)
  const given = names.filter((name) => isSet(config[name]))
  const sure = given.filter((name) => config[name] !== UNKNOWN)
  if (sure.length <= 1 && given.length > 0) return []
  const problem = given.length === 0 ? 'No attribute' : `${sure.length} attributes`
  const detail = `${problem} specified when one (and only one) of [${names.join(', ')}] is required`
  return [{ severity: 'error', summary: 'Invalid Attribute Combination', detail }]
}

async function write(config: PlainObject): Promise<PlainObject> {
  const entries = entriesOf(config)
  const content = config.type === 'zip' ? zipFile(entries) : tarGzFile(entries)
  const path = config.output_path as string
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  } catch (error) {
    throw new Failure('Archive creation error', `Error creating archive: ${path} cannot be written: ${(error as Error).message}`)
  }
  const digest = (algorithm: string): Buffer => createHash(algorithm).update(content).digest()
  const [sha1, sha256, sha512] = [digest('sha1').toString('hex'), digest('sha256'), digest('sha512')]
  return {
    id: sha1,
    output_size: content.length,
    output_sha: sha1,
    output_sha256: sha256.toString('hex'),
    output_base64sha256: sha256.toString('base64'),
    output_sha512: sha512.toString('hex'),
    output_base64sha512: sha512.toString('base64'),
    output_md5: digest('md5').toString('hex'),
  }
}
