import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { compareStrings } from '../../base/index.ts'
import { asArray, asRecord, type PlainObject } from '../../providers/kit/index.ts'
import { Failure } from '../../providers/simple/index.ts'
import { globToRegExp, isExcluded } from './_glob.ts'

/** A file in an archive. */
export interface Entry {
  /** With slashes, relative. */
  readonly name: string
  readonly content: Buffer
  /** The permission bits. */
  readonly mode: number
}

/** What the arguments say goes into the archive, in order. @throws Failure when a source cannot be read. */
export function entriesOf(config: PlainObject): readonly Entry[] {
  const { source_content: content, source_content_filename: contentName, source_file: file, source_dir: dir, source } = config
  const mode = typeof config.output_file_mode === 'string' ? Number.parseInt(config.output_file_mode, 8) : undefined
  if (typeof file === 'string')
    return [reading(file, () => ({ name: basename(file), content: readFileSync(file), mode: mode ?? statSync(file).mode & 0o777 }))]
  if (typeof dir === 'string') return folderEntries(dir, config, mode)
  if (typeof contentName === 'string') return [{ name: contentName, content: Buffer.from(String(content ?? '')), mode: mode ?? 0o644 }]
  return asArray(source ?? [])
    .map((element) => {
      const { content: text, filename } = asRecord(element)
      return { name: filename as string, content: Buffer.from(text as string), mode: mode ?? 0o644 }
    })
    .sort((a, b) => compareStrings(a.name, b.name))
}

function folderEntries(
  dir: string,
  { excludes, exclude_symlink_directories: noLinks }: PlainObject,
  mode: number | undefined,
): readonly Entry[] {
  const patterns = asArray(excludes ?? []).map((pattern) => globToRegExp(pattern as string))
  const entries: Entry[] = []
  const walk = (prefix: string): void => {
    const here = join(dir, prefix)
    for (const item of reading(here, () => readdirSync(here, { withFileTypes: true }))) {
      const name = prefix === '' ? item.name : `${prefix}/${item.name}`
      if (isExcluded(name, patterns)) continue
      const path = join(dir, name)
      const found = reading(path, () => statSync(path))
      if (found.isDirectory()) {
        if (!(item.isSymbolicLink() && noLinks === true)) walk(name)
      } else entries.push({ name, content: reading(path, () => readFileSync(path)), mode: mode ?? found.mode & 0o777 })
    }
  }
  walk('')
  if (entries.length === 0)
    throw new Failure('Archive creation error', `Error archiving directory: ${dir} has no files that are not excluded.`)
  return entries.sort((a, b) => compareStrings(a.name, b.name))
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Failure('Archive creation error', `Error creating archive: ${path} cannot be read: ${(error as Error).message}`)
  }
}
