import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unpackTar } from '../../src/registry/modules/tar.ts'
import type { UnpackLimits } from '../../src/registry/unpack.ts'
import { unpackZip } from '../../src/registry/unpack-zip.ts'
import { paxRecord, type TarEntry, tar, tarGz } from './_tar.ts'
import { type ZipEntry, zip } from './_zip.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'landform-unpack-'))
  mkdirSync(join(base, 'in'))
  writeFileSync(join(base, 'victim'), 'untouched')
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const small: UnpackLimits = { files: 50, bytes: 3 << 20, ratio: 200 }

/** The problem, or the files that came out; whatever happens, nothing beside the folder has changed. */
async function unpacked(bytes: Buffer, kind: 'zip' | 'tar' | 'tar.gz', limits = small): Promise<string | readonly string[]> {
  for (const name of readdirSync(base)) if (name.startsWith('a.')) rmSync(join(base, name))
  const path = join(base, `a.${kind}`)
  writeFileSync(path, bytes)
  try {
    if (kind === 'zip') await unpackZip(path, join(base, 'in'), limits)
    else await unpackTar(path, kind === 'tar' ? 'none' : 'gzip', join(base, 'in'), limits)
    return namesBelow(join(base, 'in'))
  } catch (error) {
    expect((error as Error).name).toBe('UnpackError')
    return (error as Error).message
  } finally {
    expect(readdirSync(base).sort()).toEqual([`a.${kind}`, 'in', 'victim'])
    expect(readFileSync(join(base, 'victim'), 'utf8')).toBe('untouched')
  }
}

/** Links are names and not followed. */
function namesBelow(dir: string, prefix = ''): readonly string[] {
  return readdirSync(dir, { withFileTypes: true })
    .flatMap((entry) => [prefix + entry.name, ...(entry.isDirectory() ? namesBelow(join(dir, entry.name), `${prefix}${entry.name}/`) : [])])
    .sort()
}

const file = (name: string, content = 'x'): ZipEntry => ({ name, content, mode: 0o100644 })
const symlink = (name: string, content: string): ZipEntry => ({ name, content, mode: 0o120777 })

describe('zip files', () => {
  test.each<[what: string, entries: readonly ZipEntry[], want: string | readonly string[]]>([
    ['files and folders', [file('a/b/c.tf'), { name: 'd/', content: '', mode: 0o40755 }, file('./e')], ['a', 'a/b', 'a/b/c.tf', 'd', 'e']],
    ['a link inside', [file('a'), symlink('b', 'a')], ['a', 'b']],
    ['a link to a folder inside, through its parent', [file('d/a'), symlink('d/b', '../d')], ['d', 'd/a', 'd/b']],
    ['a path upwards', [file('../victim')], 'invalid relative path'],
    ['a path upwards further down', [file('a/../../victim')], 'invalid relative path'],
    ['an absolute path', [file('/tmp/x')], 'absolute path'],
    ['a drive', [file('C:/x')], 'absolute path'],
    ['backslashes', [file('..\\victim')], 'invalid characters'],
    ['a link upwards', [symlink('b', '../victim')], 'leads out of the package'],
    ['an absolute link', [symlink('b', '/etc/passwd')], 'leads out of the package'],
    ['a link to nowhere', [symlink('b', 'none')], 'leads nowhere'],
    ['a link to itself', [symlink('b', 'b')], 'leads nowhere'],
    ['an empty link', [symlink('b', '')], 'leads out of the package'],
    ['writing through a link', [symlink('d', '..'), file('d/victim')], 'with the name "d"|below another entry'],
    ['writing through a later link', [file('d/victim'), symlink('d', '..')], 'names that differ in case only'],
    ['two links that lead out together', [symlink('here', '.'), symlink('out', 'here/..')], 'leads out of the package'],
    [
      'a link that leads out behind a good one',
      [file('a'), symlink('b', 'a'), symlink('c', 'b/../../victim')],
      'leads out of the package|leads nowhere',
    ],
    ['the same name twice', [file('a'), file('a')], 'two entries with the name "a"'],
    ['names that differ in case', [file('a'), file('A')], 'two entries with the name "A"'],
    ['names that differ in composition', [file('\u00e9'), file('e\u0301')], 'two entries with the name'],
    ['a file that is also a folder', [file('a'), file('a/b')], 'below another entry that is no folder'],
    ['a device', [{ name: 'dev', content: '', mode: 0o60666 }], 'neither a file nor a folder'],
    ['a pipe', [{ name: 'pipe', content: '', mode: 0o10666 }], 'neither a file nor a folder'],
    ['a huge name', [file('n'.repeat(2000))], 'too long a name'],
    ['a name with a zero', [file('a\0b')], 'not allowed'],
    ['a name with a newline', [file('a\nb')], 'not allowed'],
    ['many entries', Array.from({ length: 60 }, (_, i) => file(`f${i}`)), 'more than 50 entries'],
    ['many bytes', [file('a', 'x'.repeat(4 << 20))], 'unpacks to more than 3145728 bytes'],
    ['a wrong size', [{ ...file('a', 'xyz'), claims: { size: 9 } }], 'it is damaged'],
  ])('%s', async (_, entries, want) => {
    const got = await unpacked(zip(entries), 'zip')
    if (typeof want === 'string') expect(got).toMatch(new RegExp(want))
    else expect(got).toEqual(want)
  })

  test('a bomb is stopped by what comes out, whatever it says', async () => {
    const honest = zip([file('a', '')])
    const deflated = deflateRawSync(Buffer.alloc(2 << 20))
    const bomb = zip([{ name: 'a', content: deflated, mode: 0o100644, claims: { size: 2 << 20 } }])
    for (const at of [8, bomb.indexOf('PK\x01\x02', 0, 'latin1') + 10]) bomb.writeUInt16LE(8, at)
    expect(await unpacked(bomb, 'zip')).toContain('more than 200 times its size')
    expect(honest.length).toBeGreaterThan(0)
  })

  test('permissions: programs stay programs, and nothing more', async () => {
    await unpacked(
      zip([
        { name: 'a', content: '', mode: 0o104755 },
        { name: 'b', content: '', mode: 0o100666 },
      ]),
      'zip',
    )
    expect(lstatSync(join(base, 'in/a')).mode & 0o7777).toBe(0o755)
    expect(lstatSync(join(base, 'in/b')).mode & 0o7777).toBe(0o644)
  })

  test.each([0, 1, 10, 40, 80, 120])('cut off after %i bytes', async (length) => {
    expect(await unpacked(zip([file('a'), file('b')]).subarray(0, length), 'zip')).toMatch(/not a zip file that can be read|damaged/)
  })
})

describe('tar files', () => {
  test.each<[what: string, entries: readonly TarEntry[], want: string | readonly string[]]>([
    [
      'files, folders and a link',
      [
        { name: 'd/', type: '5' },
        { name: 'd/a', content: 'x' },
        { name: 'b', type: '2', link: 'd/a' },
      ],
      ['b', 'd', 'd/a'],
    ],
    ['a header for all', [{ name: 'pax_global_header', type: 'g', content: paxRecord('comment', 'abc') }, { name: 'a' }], ['a']],
    [
      'a long name by pax',
      [
        { name: 'x', type: 'x', content: paxRecord('path', 'long/name.tf') },
        { name: 'short', content: 'x' },
      ],
      ['long', 'long/name.tf'],
    ],
    [
      'a long name by GNU',
      [
        { name: 'x', type: 'L', content: 'gnu/name.tf\0' },
        { name: 'short', content: 'x' },
      ],
      ['gnu', 'gnu/name.tf'],
    ],
    ['a path upwards', [{ name: '../victim', content: 'x' }], 'leads out of the package'],
    [
      'a path upwards by pax',
      [
        { name: 'x', type: 'x', content: paxRecord('path', '../victim') },
        { name: 'a', content: 'x' },
      ],
      'leads out of the package',
    ],
    ['an absolute path', [{ name: '/etc/x', content: 'x' }], 'absolute path'],
    ['a link upwards', [{ name: 'b', type: '2', link: '../victim' }], 'leads out of the package'],
    [
      'a link upwards by pax',
      [
        { name: 'x', type: 'x', content: paxRecord('linkpath', '../victim') },
        { name: 'b', type: '2', link: 'a' },
      ],
      'leads out of the package',
    ],
    ['a hard link', [{ name: 'b', type: '1', link: '../victim' }], 'neither a file nor a folder'],
    ['a device', [{ name: 'b', type: '3' }], 'neither a file nor a folder'],
    [
      'writing through a link',
      [
        { name: 'd', type: '2', link: '..' },
        { name: 'd/victim', content: 'x' },
      ],
      'below another entry',
    ],
    ['a broken pax header', [{ name: 'x', type: 'x', content: 'nonsense' }], 'pax header cannot be read'],
    ['a pax header without end', [{ name: 'x', type: 'x', content: '0 path=x\n' }], 'pax header cannot be read'],
    ['a huge header', [{ name: 'x', type: 'x', size: 2 << 20 }], 'header that is too long'],
    ['less than it says', [{ name: 'a', content: 'x', size: 100_000 }], 'it breaks off'],
    ['many bytes', [{ name: 'a', content: Buffer.alloc(4 << 20, 'abcdefgh') }], 'unpacks to more than 3145728 bytes'],
  ])('%s', async (_, entries, want) => {
    const got = await unpacked(tar(entries), 'tar')
    if (typeof want === 'string') expect(got).toContain(want)
    else expect(got).toEqual(want)
  })

  test('compressed, and a bomb of that kind', async () => {
    expect(await unpacked(tarGz([{ name: 'a', content: 'x' }]), 'tar.gz')).toEqual(['a'])
    rmSync(join(base, 'in'), { recursive: true })
    mkdirSync(join(base, 'in'))
    expect(await unpacked(tarGz([{ name: 'a', content: Buffer.alloc(2 << 20) }]), 'tar.gz')).toContain('more than 200 times its size')
  })

  test.each([0, 100, 511, 600])('cut off after %i bytes', async (length) => {
    const got = await unpacked(tar([{ name: 'a', content: 'x' }]).subarray(0, length), 'tar')
    if (length === 0) expect(got).toEqual([])
    else expect(got).toContain('breaks off')
  })

  test('what is none', async () => {
    expect(await unpacked(Buffer.alloc(2048, 'x'), 'tar')).toContain('no tar file that can be read')
    expect(await unpacked(Buffer.from('no gzip'), 'tar.gz')).toContain('it is damaged')
  })
})
