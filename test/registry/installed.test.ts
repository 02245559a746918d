import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Diagnostics } from '../../src/diags/index.ts'
import {
  checkLocked,
  contentHash,
  currentPlatform,
  folderHash,
  installedProvider,
  parseLockFile,
  platformToString,
} from '../../src/registry/index.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-installed-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const alpha = { host: 'example.com', namespace: 'test', type: 'alpha' }

function install(host = 'example.com', content = 'program\n'): string {
  const path = join(dir, 'data/providers', host, 'test/alpha/1.0.0', platformToString(currentPlatform()))
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'terraform-provider-alpha_v1.0.0'), content)
  writeFileSync(join(path, 'LICENSE'), 'x\n')
  return path
}

function locked(hash: string | undefined, name = 'example.com/test/alpha') {
  const hashes = hash === undefined ? '' : `  hashes = ["${hash}"]\n`
  return parseLockFile(`provider "${name}" {\n  version = "1.0.0"\n${hashes}}\n`, new Diagnostics())
}

test('h1 of the example in the reference, and of an empty package', async () => {
  const folder = join(dir, 'p')
  mkdirSync(folder)
  expect(await folderHash(folder)).toBe('h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=')
  writeFileSync(join(folder, 'LICENSE'), 'x\n')
  writeFileSync(join(folder, 'terraform-provider-a_v1.0.0'), 'hello\n')
  expect(await folderHash(folder)).toBe('h1:/fdhZZu6o6OZF57i29vpLwheU1Y8O1z8HIods6iqAnM=')
  symlinkSync(folder, join(dir, 'link'))
  expect(await folderHash(join(dir, 'link'))).toBe('h1:/fdhZZu6o6OZF57i29vpLwheU1Y8O1z8HIods6iqAnM=')
  expect(() => contentHash([{ name: 'a\nb', sha256: '' }])).toThrow('newline')
})

describe('the package of a provider', () => {
  test('is found and verified', async () => {
    const packageDir = install()
    const locks = locked(await folderHash(packageDir))
    expect(await installedProvider({ dataDir: join(dir, 'data'), locks, source: alpha })).toEqual({
      kind: 'installed',
      version: '1.0.0',
      packageDir,
      executable: join(packageDir, 'terraform-provider-alpha_v1.0.0'),
    })
  })

  test('is refused once a byte of it has changed, even with the time set back', async () => {
    const packageDir = install()
    const query = { dataDir: join(dir, 'data'), locks: locked(await folderHash(packageDir)), source: alpha }
    const program = join(packageDir, 'terraform-provider-alpha_v1.0.0')
    utimesSync(program, 1, 1)
    expect((await installedProvider(query)).kind).toBe('installed')
    writeFileSync(program, 'PROGRAM\n')
    utimesSync(program, 1, 1)
    expect(await installedProvider(query)).toEqual({
      kind: 'unusable',
      version: '1.0.0',
      problem: `example.com/test/alpha: the cached package for example.com/test/alpha 1.0.0 (in ${dir}/data/providers) does not match any of the checksums recorded in the dependency lock file`,
    })
  })

  test('without a lock entry there is none; an entry without checksums allows any', async () => {
    install()
    const dataDir = join(dir, 'data')
    expect(await installedProvider({ dataDir, locks: new Map(), source: alpha })).toEqual({ kind: 'unlocked' })
    expect((await installedProvider({ dataDir, locks: locked(undefined), source: alpha })).kind).toBe('installed')
    expect(await installedProvider({ dataDir: join(dir, 'other'), locks: locked(undefined), source: alpha })).toMatchObject({
      kind: 'unusable',
      problem: expect.stringContaining('there is no package for example.com/test/alpha 1.0.0 cached in'),
    })
  })

  test('of either default registry serves the other', async () => {
    const packageDir = install('registry.opentofu.org')
    const locks = locked(await folderHash(packageDir), 'registry.opentofu.org/test/alpha')
    const source = { ...alpha, host: 'registry.terraform.io' }
    expect(await installedProvider({ dataDir: join(dir, 'data'), locks, source })).toMatchObject({ kind: 'installed', packageDir })
  })

  test('without its program is unusable', async () => {
    const packageDir = install()
    rmSync(join(packageDir, 'terraform-provider-alpha_v1.0.0'))
    writeFileSync(join(packageDir, 'terraform-provider-alphabet'), '')
    expect(await installedProvider({ dataDir: join(dir, 'data'), locks: locked(undefined), source: alpha })).toMatchObject({
      kind: 'unusable',
      problem: expect.stringContaining('provider binary not found'),
    })
  })
})

test('choices that no longer fit are told in one error', () => {
  const diags = new Diagnostics()
  const beta = { ...alpha, type: 'beta' }
  const needed = [
    { source: alpha, constraints: ['1.1.0'] },
    { source: beta, constraints: [] },
  ]
  checkLocked(needed, locked(undefined), 'landform', diags)
  checkLocked([{ source: beta, constraints: [] }], new Map(), 'landform', diags)
  expect(diags.items.map((d) => d.detail)).toEqual([
    'The following dependency selections recorded in the lock file are inconsistent with the current configuration:\n  - provider example.com/test/alpha: locked version selection 1.0.0 doesn\'t match the updated version constraints "1.1.0"\n  - provider example.com/test/beta: required by this configuration but no version is selected\n\nTo update the locked dependency selections to match a changed configuration, run:\n  landform init -upgrade',
    'The following dependency selections recorded in the lock file are inconsistent with the current configuration:\n  - provider example.com/test/beta: required by this configuration but no version is selected\n\nTo make the initial dependency selections that will initialize the dependency lock file, run:\n  landform init',
  ])
})
