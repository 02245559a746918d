import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromBuffer, type ZipFile } from 'yauzl'
import { globToRegExp, isExcluded } from '../../../src/builtin/archive/_glob.ts'
import { archiveProvider } from '../../../src/builtin/archive/index.ts'
import type { PlainObject } from '../../../src/providers/kit/index.ts'
import { Drive } from '../_drive.ts'

let dir: string
let drive: Drive
const at = (name: string) => join(dir, name)
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landform-archive-'))
  drive = await Drive.start(archiveProvider())
  for (const [name, text] of Object.entries({
    'src/b.txt': 'b',
    'src/a.txt': 'a'.repeat(5000),
    'src/deep/c.txt': 'c',
    'src/deep/skip.log': 'x',
    'other/d.txt': 'd',
    'src/ü.txt': 'u',
  })) {
    mkdirSync(dirname(at(name)), { recursive: true })
    writeFileSync(at(name), text, { mode: 0o640 })
  }
  symlinkSync(at('other'), at('src/linked'))
})
afterAll(() => rmSync(dir, { recursive: true }))

/** `NAME MODE LENGTH` of each file, by a reader that others wrote. */
function listZip(path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    fromBuffer(readFileSync(path), { lazyEntries: false }, (error: Error | null, zip?: ZipFile) => {
      if (error !== null || zip === undefined) return reject(error)
      const found: string[] = []
      zip.on('entry', (e: { fileName: string; externalFileAttributes: number; uncompressedSize: number }) =>
        found.push(`${e.fileName} ${((e.externalFileAttributes >>> 16) & 0o777).toString(8)} ${e.uncompressedSize}`),
      )
      zip.on('end', () => resolve(found))
      zip.on('error', reject)
    })
  })
}

const names: Readonly<Record<string, PlainObject>> = {
  content: { source_content: 'hello', source_content_filename: 'x/hello.txt' },
  file: { source_file: 'src/b.txt' },
  folder: { source_dir: 'src' },
  'folder without some': { source_dir: 'src', excludes: ['deep/*.log', '**/ü.txt'], exclude_symlink_directories: true },
  contents: {
    source: [
      { filename: 'z.txt', content: 'z' },
      { filename: 'y.txt', content: 'y' },
    ],
    output_file_mode: '0600',
  },
}

const want: Readonly<Record<string, string[]>> = {
  content: ['x/hello.txt 644 5'],
  file: ['b.txt 640 1'],
  folder: ['a.txt 640 5000', 'b.txt 640 1', 'deep/c.txt 640 1', 'deep/skip.log 640 1', 'linked/d.txt 640 1', 'ü.txt 640 1'],
  'folder without some': ['a.txt 640 5000', 'b.txt 640 1', 'deep/c.txt 640 1'],
  contents: ['y.txt 600 1', 'z.txt 600 1'],
}

function resolved(config: PlainObject): PlainObject {
  return Object.fromEntries(
    Object.entries(config).map(([name, v]) => [name, name === 'source_dir' || name === 'source_file' ? at(v as string) : v]),
  )
}

describe.each(Object.keys(names))('%s', (name) => {
  test('as zip', async () => {
    const path = at(`out/${name}.zip`)
    const { object, errors } = await drive.data('archive_file', { type: 'zip', output_path: path, ...resolved(names[name]!) })
    expect(errors).toEqual([])
    expect(await listZip(path)).toEqual(want[name])
    const bytes = readFileSync(path)
    const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest()
    expect(object).toMatchObject({
      output_size: bytes.length,
      output_sha: digest('sha1').toString('hex'),
      id: digest('sha1').toString('hex'),
      output_base64sha256: digest('sha256').toString('base64'),
      output_md5: digest('md5').toString('hex'),
    })
  })

  test('as tar.gz', async () => {
    const path = at(`out/${name}.tar.gz`)
    expect((await drive.data('archive_file', { type: 'tar.gz', output_path: path, ...resolved(names[name]!) })).errors).toEqual([])
    const listed = execFileSync('tar', ['--quoting-style=literal', '-tzf', path], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    })
    expect(listed.trim().split('\n')).toEqual(want[name]!.map((line) => line.replace(/ \d+ \d+$/, '')))
  })
})

test('the content comes out as it went in, whatever the length of its name', async () => {
  const long = `${'folder/'.repeat(30)}file.txt`
  const config = {
    source: [
      { filename: long, content: 'text' },
      { filename: `${'x'.repeat(60)}/${'y'.repeat(80)}`, content: 'more' },
    ],
  }
  for (const type of ['zip', 'tar.gz']) {
    const path = at(`long.${type}`)
    expect((await drive.data('archive_file', { type, output_path: path, ...config })).errors).toEqual([])
    if (type === 'zip') expect(await listZip(path)).toContain(`${long} 644 4`)
    else expect(execFileSync('tar', ['-xzOf', path, long], { encoding: 'utf8' })).toBe('text')
  }
})

test('the same files give the same bytes, whenever they were written', async () => {
  const sha = async () =>
    (await drive.data('archive_file', { type: 'zip', output_path: at('same.zip'), source_file: at('src/b.txt') })).object.output_sha
  const first = await sha()
  utimesSync(at('src/b.txt'), new Date(0), new Date(0))
  expect(await sha()).toBe(first)
})

test('the resource is written, found, missed and removed', async () => {
  const config = { type: 'zip', output_path: at('resource.zip'), source_content: 'a', source_content_filename: 'a' }
  const { value, errors } = await drive.apply('archive_file', config)
  expect(errors).toEqual([])
  expect((await drive.plan('archive_file', { ...config, source_content: 'b' }, value)).replace).toEqual(['.source_content'])
  expect(await drive.read('archive_file', value)).toBeDefined()
  expect(await drive.destroy('archive_file', value)).toEqual([])
  expect(existsSync(at('resource.zip'))).toBe(false)
  expect(await drive.read('archive_file', value)).toBeUndefined()
})

test.each<[PlainObject, string]>([
  [{ type: 'rar', source_file: 'x' }, 'Attribute type value must be one of: ["zip" "tar.gz"], got: "rar"'],
  [
    { type: 'zip' },
    'No attribute specified when one (and only one) of [source_content_filename, source_dir, source_file, source] is required',
  ],
  [{ type: 'zip', source_file: 'x', source_dir: 'y' }, '2 attributes specified when one (and only one) of'],
  [
    { type: 'zip', source_content: 'x', source_file: 'x' },
    'Attribute "source_content_filename" must be specified when "source_content" is specified',
  ],
  [{ type: 'zip', source_file: '/no/such/file' }, '/no/such/file cannot be read: ENOENT'],
])('%j is refused', async (config, message) => {
  expect((await drive.data('archive_file', { output_path: at('refused.zip'), ...config })).errors).toEqual([
    expect.stringContaining(message),
  ])
})

test.each<[string, string, boolean]>([
  ['a.txt', 'a.txt', true],
  ['a.txt', 'b/a.txt', false],
  ['b', 'b/c/a.txt', true],
  ['*.txt', 'a.txt', true],
  ['*.txt', 'b/a.txt', false],
  ['**/*.txt', 'a.txt', true],
  ['**/*.txt', 'b/c/a.txt', true],
  ['b/**', 'b/c/a.txt', true],
  ['?.tx[a-t]', 'a.txt', true],
  ['?.tx[!a-t]', 'a.txt', false],
  ['*.{md,txt}', 'a.txt', true],
  ['a.t.t', 'a.txt', false],
  ['./b/', 'b/x', true],
])('the pattern %s and %s: %s', (pattern, path, excluded) => {
  expect(isExcluded(path, [globToRegExp(pattern)])).toBe(excluded)
})
