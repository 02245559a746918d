import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  checkPush,
  deleteS3State,
  LocalStateManager,
  type LockInfo,
  type LockTable,
  localStatePath,
  localWorkspaces,
  lockInfoPath,
  lockInfoToJson,
  lockWithTimeout,
  MemoryStateManager,
  newLockInfo,
  parseLockInfo,
  S3StateManager,
  StateLockedError,
  type StateManager,
  s3StateKey,
  s3Workspaces,
  writeErroredState,
  writeFileAtomically,
} from '../../src/statemgr/index.ts'
import { ownProcess } from '../../src/statemgr/stale-lock.ts'
import { emptyState, readStateFile, type StateFile, writeStateFile } from '../../src/states/index.ts'
import { contract, failure, file, info, one, two } from './_contract.ts'
import { FakeObjectStore } from './_support.ts'

function directory(): string {
  return mkdtempSync(join(tmpdir(), 'landform-state-'))
}

// The contract of every manager. `open` gives another manager on the same place.
const implementations: [name: string, place: () => () => StateManager, shared: boolean][] = [
  [
    'local',
    () => {
      const path = join(directory(), 'terraform.tfstate')
      return () => new LocalStateManager({ path, terraformVersion: '0.1.0' })
    },
    true,
  ],
  [
    's3',
    () => {
      const store = new FakeObjectStore()
      return () => new S3StateManager({ store, bucket: 'b', key: 'k', useLockfile: true, terraformVersion: '0.1.0' })
    },
    true,
  ],
  [
    'memory',
    () => {
      const manager = new MemoryStateManager('0.1.0')
      return () => manager
    },
    false,
  ],
]

describe.each(implementations)('contract: %s', (_, place, shared) => contract(place, { shared, locksAreRecorded: true }))

describe('checkPush', () => {
  const rows: [name: string, existing: StateFile | undefined, next: StateFile, refused: string | undefined][] = [
    ['nothing there', undefined, file(one, 1), undefined],
    ['empty state there', file(emptyState, 9, 'other'), file(one, 1), undefined],
    ['no lineage there', file(one, 9, ''), file(one, 1), undefined],
    ['no lineage given', file(one, 9), file(one, 1, ''), undefined],
    ['another lineage', file(one, 1, 'other'), file(one, 9), 'unrelated state with lineage "other"'],
    ['greater serial', file(one, 1), file(two, 2), undefined],
    ['same serial, same content', file(one, 1), file(one, 1), undefined],
    ['same serial, other content', file(one, 1), file(two, 1), 'a different state that has the same serial'],
    ['lower serial', file(one, 2), file(one, 1), 'serial 1 over newer state with serial 2'],
  ]
  test.each(rows)('%s', (_, existing, next, refused) => {
    if (refused === undefined) checkPush(existing, next)
    else expect(() => checkPush(existing, next)).toThrow(refused)
  })
})

describe('LocalStateManager', () => {
  function local(options: { backupPath?: string | false } = {}) {
    const dir = directory()
    const path = join(dir, 'terraform.tfstate')
    return { dir, path, open: () => new LocalStateManager({ path, terraformVersion: '0.1.0', ...options }) }
  }

  test('the backup is the snapshot before the first change of a process', async () => {
    const { dir, path, open } = local()
    await open().write(one)
    expect(readdirSync(dir)).toEqual(['terraform.tfstate'])
    await open().write(one)
    expect(readdirSync(dir)).toEqual(['terraform.tfstate'])
    const before = readFileSync(path, 'utf8')
    const manager = open()
    await manager.write(two)
    await manager.write(emptyState)
    expect(readFileSync(`${path}.backup`, 'utf8')).toBe(before)
    expect(readdirSync(dir).sort()).toEqual(['terraform.tfstate', 'terraform.tfstate.backup'])
  })

  test('backups go elsewhere or nowhere when told so', async () => {
    const { dir, open } = local({ backupPath: false })
    await open().write(one)
    await open().write(two)
    expect(readdirSync(dir)).toEqual(['terraform.tfstate'])
    const path = join(dir, 'kept')
    const manager = new LocalStateManager({
      path: join(dir, 'terraform.tfstate'),
      outPath: join(dir, 'sub/out'),
      backupPath: path,
      terraformVersion: '0.1.0',
    })
    await manager.write(emptyState)
    // What is kept is what was in the place that is written to.
    expect(existsSync(path)).toBe(false)
    expect(readStateFile(readFileSync(join(dir, 'sub/out'))).value?.serial).toBe(3)
    const again = new LocalStateManager({
      path: join(dir, 'terraform.tfstate'),
      outPath: join(dir, 'sub/out'),
      backupPath: path,
      terraformVersion: '0.1.0',
    })
    await again.write(one)
    expect(readStateFile(readFileSync(path)).value?.serial).toBe(3)
  })

  test('an unchanged state is rewritten for its version', async () => {
    const { path, open } = local()
    writeFileSync(path, writeStateFile(file(one, 4)))
    await open().write(one)
    expect(readStateFile(readFileSync(path)).value).toMatchObject({ serial: 4, terraformVersion: '0.1.0', lineage: 'l' })
  })

  test('new files are for their owner, existing ones keep mode and link', async () => {
    const { dir, path, open } = local()
    await open().write(one)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    chmodSync(path, 0o640)
    await open().write(two)
    expect(statSync(path).mode & 0o777).toBe(0o640)
    const link = join(dir, 'link.tfstate')
    symlinkSync(path, link)
    await new LocalStateManager({ path: link, terraformVersion: '0.1.0' }).write(emptyState)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readStateFile(readFileSync(path)).value?.state.resources.size).toBe(0)
  })

  test('an empty file beside a backup is not taken for "nothing exists"', async () => {
    const { path, open } = local()
    writeFileSync(path, '')
    expect(await open().read()).toBeUndefined()
    writeFileSync(`${path}.backup`, writeStateFile(file(one, 1)))
    const text = await failure(open().read())
    expect(text).toContain('State file is empty')
    expect(text).toContain(`cp ${path}.backup ${path}`)
    expect(await failure(open().write(one))).toContain('State file is empty')
    expect(readFileSync(path, 'utf8')).toBe('')
  })

  test('a damaged file is named and left alone, and force replaces it', async () => {
    const { path, open } = local()
    writeFileSync(path, '{"version":4,')
    expect(await failure(open().write(one))).toContain(`The file is ${path}.`)
    expect(readFileSync(path, 'utf8')).toBe('{"version":4,')
    await open().push(file(one, 3), { force: true })
    expect((await open().read())?.serial).toBe(3)
    expect(readFileSync(`${path}.backup`, 'utf8')).toBe('{"version":4,')
  })

  test('a failing write leaves the old content and no temporary file', async () => {
    const { dir, path, open } = local()
    await open().write(one)
    const before = readFileSync(path, 'utf8')
    mkdirSync(`${path}.backup`)
    expect(await failure(open().write(two))).toContain('Failed to write state')
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('the lock file has the name and content of Terraform', async () => {
    const { dir, path, open } = local()
    const manager = open()
    const id = await manager.lock({ ...info(), created: '2026-01-02T03:04:05.12Z', who: 'me@here', id: 'x-y' })
    const lockPath = join(dir, '.terraform.tfstate.lock.info')
    expect(lockInfoPath(path)).toBe(lockPath)
    expect(readFileSync(lockPath, 'utf8').replace(/ started [^"]*/, '')).toBe(
      `{"ID":"x-y","Operation":"OperationTypeApply","Info":"process ${process.pid}","Who":"me@here","Version":"0.1.0","Created":"2026-01-02T03:04:05.12Z","Path":"${path}"}`,
    )
    expect(statSync(lockPath).mode & 0o777).toBe(0o600)
    expect(await failure(manager.lock(info()))).toContain('already locked by this process')
    await manager.unlock(id)
    expect(existsSync(lockPath)).toBe(false)
    expect(lockInfoPath('/a/.b')).toBe('/a/.b.lock.info')
  })

  const stale: [name: string, content: string, want: string[]][] = [
    [
      'of Terraform',
      lockInfoToJson({ ...info(), id: 'dead', info: '', who: 'joe@far' }),
      ['Lock Info:\n  ID:        dead\n', 'If you are sure that joe@far is no longer', '    landform force-unlock dead'],
    ],
    [
      'of a process that ended',
      lockInfoToJson({ ...info(), id: 'dead', info: 'process 999999999' }),
      ['The process 999999999 that took this lock has ended', '    landform force-unlock dead'],
    ],
    ['of this process', lockInfoToJson({ ...info(), id: 'live', info: `process ${process.pid}` }), ['If you are sure']],
    ['that is empty', '', ['does not say who holds the lock', '    rm ']],
    ['with escape codes', lockInfoToJson({ ...info(), who: '\u001b[2Jme' }), ['Who:        [2Jme']],
  ]
  test.each(stale)('a lock %s is explained', async (_, content, want) => {
    const { path, open } = local()
    writeFileSync(lockInfoPath(path), content)
    const text = await failure(open().lock(info()))
    expect(text).toContain('Error acquiring the state lock')
    for (const part of want) expect(text).toContain(part)
    expect(readFileSync(lockInfoPath(path), 'utf8')).toBe(content)
  })

  test('nothing is written after the lock was taken over', async () => {
    const { path, open } = local()
    const manager = open()
    const id = await manager.lock(info())
    await manager.write(one)
    writeFileSync(lockInfoPath(path), lockInfoToJson({ ...info(), id: 'other' }))
    expect(await failure(manager.write(two))).toContain('State lock lost')
    expect(readStateFile(readFileSync(path)).value?.serial).toBe(1)
    expect(await failure(manager.unlock(id))).toContain('holds the lock "other"')
  })

  test('workspaces', () => {
    const dir = directory()
    expect(localWorkspaces(join(dir, 'none'))).toEqual(['default'])
    mkdirSync(join(dir, 'b'))
    mkdirSync(join(dir, 'a'))
    writeFileSync(join(dir, 'file'), '')
    expect(localWorkspaces(dir)).toEqual(['default', 'a', 'b'])
    expect([localStatePath('default'), localStatePath('w')]).toEqual(['terraform.tfstate', 'terraform.tfstate.d/w/terraform.tfstate'])
  })
})

describe('S3StateManager', () => {
  function s3() {
    const store = new FakeObjectStore()
    return {
      store,
      open: (useLockfile = true) => new S3StateManager({ store, bucket: 'b', key: 'p/k', useLockfile, terraformVersion: '0.1.0' }),
    }
  }

  test('objects, conditions and types', async () => {
    const { store, open } = s3()
    const manager = open()
    const id = await manager.lock(info())
    await manager.write(one)
    await manager.write(one)
    await manager.write(two)
    expect(store.puts).toEqual([
      { key: 'p/k.tflock', contentType: 'application/json', condition: { kind: 'absent' } },
      { key: 'p/k', contentType: 'application/json', condition: { kind: 'absent' } },
      { key: 'p/k', contentType: 'application/json', condition: { kind: 'matches', etag: '"2"' } },
    ])
    expect(parseLockInfo(Buffer.from(store.objects.get('p/k.tflock')!.body).toString())).toMatchObject({ id, path: 'b/p/k' })
    await manager.unlock(id)
    expect([...store.objects.keys()]).toEqual(['p/k'])
  })

  test('a lost answer is not taken for a failure', async () => {
    const { store, open } = s3()
    const manager = open()
    store.onPut = (_, moment) => {
      if (moment === 'after') throw new Error('connection reset')
    }
    await manager.write(one)
    expect(manager.current()?.serial).toBe(1)
    store.onPut = () => {
      throw new Error('service unavailable')
    }
    expect(await failure(manager.write(two))).toContain('Writing s3://b/p/k failed: service unavailable')
    expect(manager.current()?.serial).toBe(1)
  })

  test('migration counts the serial up, into an empty bucket it starts anew', async () => {
    const { open } = s3()
    const manager = open()
    await manager.push(file(one, 7, 'src'))
    expect(manager.current()).toMatchObject({ serial: 1 })
    expect(manager.current()!.lineage).not.toBe('src')
    await manager.push(file(two, 7, 'src'), { force: true })
    expect(manager.current()).toMatchObject({ serial: 8, lineage: 'src' })
    await manager.push(file(two, 8, 'src'))
    expect(manager.current()).toMatchObject({ serial: 8 })
  })

  test('without a lock file nothing is locked', async () => {
    const { store, open } = s3()
    await open(false).unlock(await open(false).lock(info()))
    await open(false).lock(info())
    expect(store.puts).toEqual([])
  })

  test('workspaces', async () => {
    const store = new FakeObjectStore()
    for (const key of ['k', 'env:/b/k', 'env:/a/k', 'env:/a/k.tflock', 'env:/c/other', 'env:/x/y/k']) {
      await store.put(key, new Uint8Array(), { contentType: '' })
    }
    expect(await s3Workspaces(store, 'k')).toEqual(['default', 'a', 'b'])
    expect([s3StateKey('default', 'k'), s3StateKey('w', 'k'), s3StateKey('w', 'k', '')]).toEqual(['k', 'env:/w/k', 'w/k'])
  })
})

describe('lockWithTimeout', () => {
  test('waits 1, 2, 4, 8, 16, 16 seconds and then gives up', async () => {
    const manager = new MemoryStateManager('0.1.0')
    await manager.lock(info())
    const waits: number[] = []
    let now = 0
    const wait = async (ms: number) => {
      waits.push(ms)
      now += ms
    }
    await expect(lockWithTimeout(manager, info(), { timeoutMs: 50_000, now: () => now, wait })).rejects.toBeInstanceOf(StateLockedError)
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 16_000, 3000])
  })

  test('takes the lock when it is released meanwhile, and gives up at once without a timeout', async () => {
    const manager = new MemoryStateManager('0.1.0')
    const id = await manager.lock(info())
    await expect(lockWithTimeout(manager, info(), { timeoutMs: 0 })).rejects.toBeInstanceOf(StateLockedError)
    const mine = info()
    expect(await lockWithTimeout(manager, mine, { timeoutMs: 5000, now: () => 0, wait: () => manager.unlock(id) })).toBe(mine.id)
  })

  test('says what was waited for when it is stopped', async () => {
    const manager = new MemoryStateManager('0.1.0')
    await manager.lock(info())
    const waiting = lockWithTimeout(manager, info(), { timeoutMs: 50_000, signal: AbortSignal.timeout(20) })
    await expect(waiting).rejects.toBeInstanceOf(StateLockedError)
  })
})

describe('writeErroredState', () => {
  test('saves the state, or hands it back', async () => {
    const dir = directory()
    const saved = await writeErroredState(dir, file(one, 2))
    expect(saved.text).toBeUndefined()
    expect(saved.diagnostic).toMatchObject({ severity: 'error', summary: 'Failed to persist state to backend' })
    expect(readFileSync(join(dir, 'errored.tfstate'), 'utf8')).toBe(writeStateFile(file(one, 2)))
    const lost = await writeErroredState(join(dir, 'errored.tfstate'), file(one, 2))
    expect(lost.text).toBe(writeStateFile(file(one, 2)))
    expect(lost.diagnostic.summary).toBe('Failed to create local state file')
  })
})

test('lock info: missing members and what is no lock info', () => {
  expect(parseLockInfo('{"ID":"x","Who":7}')).toEqual({ id: 'x', operation: '', info: '', who: '', version: '', created: '', path: '' })
  for (const text of ['', 'x', '[]', 'null', '1']) expect(parseLockInfo(text)).toBeUndefined()
  expect(newLockInfo('a', 'b', new Date(0)).created).toBe('1970-01-01T00:00:00Z')
})

describe('a lock of a process that has ended for sure', () => {
  const dead = (): string => ownProcess().replace(/^process \d+ started \d+/, 'process 4194999 started 1')
  const known = /started/.test(ownProcess())

  test.skipIf(!known)('of a local state is taken over, and told', async () => {
    const path = join(directory(), 'terraform.tfstate')
    const manager = new LocalStateManager({ path, terraformVersion: '0.1.0' })
    writeFileSync(lockInfoPath(path), lockInfoToJson({ ...info(), id: 'dead', info: dead() }))
    const id = await manager.lock(info())
    expect(parseLockInfo(readFileSync(lockInfoPath(path), 'utf8'))!.id).toBe(id)
    expect(manager.takenOver()?.id).toBe('dead')
    await manager.write(one)
    await manager.unlock(id)
    expect(readdirSync(join(path, '..'))).toEqual(['terraform.tfstate'])
  })

  test.skipIf(!known)('of a state in S3 is taken over by one of several', async () => {
    const store = new FakeObjectStore()
    const open = () => new S3StateManager({ store, bucket: 'b', key: 'k', useLockfile: true, terraformVersion: '0.1.0' })
    await store.put('k.tflock', Buffer.from(lockInfoToJson({ ...info(), id: 'dead', info: dead() })), { contentType: 'x' })
    const outcomes = await Promise.allSettled([open().lock(info()), open().lock(info()), open().lock(info())])
    expect(outcomes.filter((o) => o.status === 'fulfilled').length).toBe(1)
  })

  const living: [name: string, holder: () => Partial<LockInfo>][] = [
    ['that lives', () => ({ info: ownProcess() })],
    ['of another machine', () => ({ info: dead(), who: 'joe@far' })],
    ['of a container', () => ({ info: dead().replace(/pid:\[\d+\]/, 'pid:[1]') })],
    ['from before the machine was started', () => ({ info: dead().replace(/of .*$/, 'of 00000000-0000-0000-0000-000000000000') })],
    ['that does not say so', () => ({ info: '' })],
  ]
  test.each(living)('not one %s', async (_, holder) => {
    const path = join(directory(), 'terraform.tfstate')
    const content = lockInfoToJson({ ...info(), id: 'theirs', ...holder() })
    writeFileSync(lockInfoPath(path), content)
    expect(await failure(new LocalStateManager({ path, terraformVersion: '0.1.0' }).lock(info()))).toContain(
      'Error acquiring the state lock',
    )
    expect(readFileSync(lockInfoPath(path), 'utf8')).toBe(content)
  })
})

describe('S3StateManager with a table', () => {
  class FakeTable implements LockTable {
    readonly name = 'locks'
    readonly items = new Map<string, Readonly<Record<string, string>>>()
    async get(id: string) {
      return this.items.get(id)
    }
    async put(item: Readonly<Record<string, string>> & { readonly LockID: string }, onlyIfAbsent: boolean) {
      if (onlyIfAbsent && this.items.has(item.LockID)) return false
      this.items.set(item.LockID, item)
      return true
    }
    async delete(id: string) {
      this.items.delete(id)
    }
  }
  function s3(useLockfile: boolean) {
    const store = new FakeObjectStore()
    const table = new FakeTable()
    const open = () =>
      new S3StateManager({ store, bucket: 'b', key: 'p/k', useLockfile, table, terraformVersion: '0.1.0', digestPatienceMs: 0 })
    return { store, table, open }
  }

  test('the lock and the digest are items with the names that Terraform gives them', async () => {
    const { table, store, open } = s3(false)
    const manager = open()
    const id = await manager.lock(info())
    await manager.write(one)
    expect([...table.items.keys()].sort()).toEqual(['b/p/k', 'b/p/k-md5'])
    expect(JSON.parse(table.items.get('b/p/k')!.Info!)).toMatchObject({ ID: id, Path: 'b/p/k' })
    const body = store.objects.get('p/k')!.body
    expect(table.items.get('b/p/k-md5')!.Digest).toBe(createHash('md5').update(body).digest('hex'))
    expect(await failure(open().lock(info()))).toContain('ConditionalCheckFailedException')
    expect([...store.objects.keys()]).toEqual(['p/k'])
    await manager.unlock(id)
    expect([...table.items.keys()]).toEqual(['b/p/k-md5'])
  })

  test('with both kinds of lock a failure of the second gives the first one back', async () => {
    const { table, store, open } = s3(true)
    table.items.set('b/p/k', { LockID: 'b/p/k', Info: lockInfoToJson({ ...info(), id: 'theirs' }) })
    expect(await failure(open().lock(info()))).toContain('theirs')
    expect(store.objects.has('p/k.tflock')).toBe(false)
    table.items.clear()
    const manager = open()
    await manager.unlock(await manager.lock(info()))
    expect([store.objects.size, table.items.size]).toEqual([0, 0])
  })

  test('a state that is not what its digest says is refused, with both checksums', async () => {
    const { table, store, open } = s3(false)
    await open().write(one)
    const digest = table.items.get('b/p/k-md5')!.Digest!
    table.items.set('b/p/k-md5', { LockID: 'b/p/k-md5', Digest: '0'.repeat(32) })
    const text = await failure(open().read())
    expect(text).toContain('state data in S3 does not have the expected content')
    expect(text).toContain(digest)
    expect(text).toContain('0'.repeat(32))
    // A digest that is none, as other programs may leave it, counts for nothing.
    table.items.set('b/p/k-md5', { LockID: 'b/p/k-md5', Digest: 'x' })
    expect((await open().read())?.serial).toBe(1)
    await deleteS3State({ store, bucket: 'b', key: 'p/k', table })
    expect([store.objects.size, table.items.size]).toEqual([0, 0])
  })

  test('a digest that cannot be written is told with its value', async () => {
    const { table, open } = s3(false)
    const manager = open()
    await manager.write(one)
    table.put = async () => {
      throw new Error('throttled')
    }
    const text = await failure(manager.write(two))
    expect(text).toContain('Failed to write the digest of the state')
    expect(text).toMatch(/to:\n {4}[0-9a-f]{32}/)
  })
})

test.skipIf(process.platform === 'win32')('what is no file is written to and stays: a pipe as /dev/null', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'landform-pipe-'))
  const pipe = join(dir, 'pipe')
  try {
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
    const read = readFile(pipe, 'utf8')
    await writeFileAtomically(pipe, 'what is written')
    expect(await read).toBe('what is written')
    expect(statSync(pipe).isFIFO()).toBe(true)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
