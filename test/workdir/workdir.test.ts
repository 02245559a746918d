import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stringType, stringVal } from '../../src/cty/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { MemoryStateManager, type StateManager } from '../../src/statemgr/index.ts'
import { stateError } from '../../src/statemgr/state-manager.ts'
import { emptyState, type State, withOutputs } from '../../src/states/index.ts'
import { landformVersion, readSettings, StatePersister, terraformVersion, withStateSession } from '../../src/workdir/index.ts'
import { checkNotStale, checkSameSelections } from '../../src/workdir/operations.ts'

const withOutput = (text: string): State =>
  withOutputs(emptyState, new Map([['o', { value: stringVal(text), type: stringType, sensitive: false }]]))

let previous: string
let dir: string
beforeEach(() => {
  previous = process.cwd()
  dir = mkdtempSync(join(tmpdir(), 'landform-workdir-'))
  process.chdir(dir)
})
afterEach(() => {
  process.chdir(previous)
  rmSync(dir, { recursive: true })
})

test('the release is that of package.json', () => {
  const json = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(landformVersion).toBe(json.version)
})

describe('settings', () => {
  test('defaults, environment, and the recorded workspace', () => {
    expect(readSettings({}, '/from')).toMatchObject({ dataDir: '.terraform', workspace: 'default', originalDir: '/from' })
    mkdirSync('data')
    writeFileSync('data/environment', 'chosen\n')
    expect(readSettings({ TF_DATA_DIR: 'data' }, '/')).toMatchObject({ workspace: 'chosen', workspaceFromEnvironment: false })
    expect(readSettings({ TF_DATA_DIR: 'data', TF_WORKSPACE: 'named' }, '/')).toMatchObject({
      workspace: 'named',
      workspaceFromEnvironment: true,
    })
  })
})

/** Counts writes and fails some of them. */
class FlakyManager extends MemoryStateManager {
  writes = 0
  failing = false
  override async write(state: State): Promise<void> {
    this.writes++
    if (this.failing) throw stateError('Failed to write state', 'The disk is full.')
    await super.write(state)
  }
}

describe('StatePersister', () => {
  test('writes from time to time, after an interrupt for every change, and the last state always', async () => {
    let now = 0
    const manager = new FlakyManager(terraformVersion)
    const persister = new StatePersister(manager, { now: () => now })
    const { stateUpdated } = persister.hooks()
    for (let i = 0; i < 100; i++) await stateUpdated!(withOutput(String(i)), [])
    expect(manager.writes).toBe(0)
    now += 20_000
    await stateUpdated!(withOutput('later'), [])
    expect(manager.writes).toBe(1)
    await stateUpdated!(withOutput('sooner'), [])
    expect(manager.writes).toBe(1)
    await persister.hurry()
    await stateUpdated!(withOutput('interrupted'), [])
    expect(manager.writes).toBe(3)
    const diags = new Diagnostics()
    await persister.finish(withOutput('last'), diags)
    expect(diags.items).toEqual([])
    expect((await manager.read())!.state.outputs.get('o')!.value.asString()).toBe('last')
  })

  test('a state that cannot be written is saved beside the configuration', async () => {
    const manager = new FlakyManager(terraformVersion)
    manager.failing = true
    const diags = new Diagnostics()
    const { rescuedText } = await new StatePersister(manager).finish(withOutput('precious'), diags)
    expect(rescuedText).toBeUndefined()
    expect(diags.items.map((d) => d.summary)).toEqual(['Failed to write state', 'Failed to persist state to backend'])
    const saved = JSON.parse(readFileSync('errored.tfstate', 'utf8'))
    expect(saved).toMatchObject({ version: 4, terraform_version: terraformVersion, outputs: { o: { value: 'precious' } } })
    expect(saved.lineage).not.toBe('')
  })

  test('a failure in the middle is forgotten when a later write succeeds', async () => {
    const manager = new FlakyManager(terraformVersion)
    const persister = new StatePersister(manager)
    manager.failing = true
    await persister.hooks().stateUpdated!(withOutput('one'), [])
    await persister.flush()
    manager.failing = false
    const diags = new Diagnostics()
    await persister.finish(withOutput('two'), diags)
    expect(diags.items).toEqual([])
  })
})

describe('withStateSession', () => {
  test('the lock is released whatever the work does', async () => {
    const manager: StateManager = new MemoryStateManager(terraformVersion)
    const lock = { lock: true, lockTimeoutMs: 0 }
    const diags = new Diagnostics()
    expect(await withStateSession(manager, 'test', lock, diags, async () => 7)).toBe(7)
    await withStateSession(manager, 'test', lock, diags, async () => {
      throw stateError('Went wrong', 'Really.')
    })
    expect(diags.items.map((d) => d.summary)).toEqual(['Went wrong'])
    await expect(
      withStateSession(manager, 'test', lock, diags, async () => {
        throw new TypeError('a bug')
      }),
    ).rejects.toThrow('a bug')
    expect(await withStateSession(manager, 'test', lock, diags, async () => 8)).toBe(8)
  })
})

describe('checkSameSelections', () => {
  const lock = (version: string, ...more: string[]) =>
    `provider "registry.terraform.io/hashicorp/null" {\n  version = "${version}"\n  ${more.join('\n  ')}\n}\n`
  const refused = ['Inconsistent dependency lock file']
  // As Terraform 1.11.4 does, which looks at versions and checksums.
  test.each<[string, string | undefined, string | undefined, readonly string[]]>([
    ['no lock file then and now', undefined, undefined, []],
    ['the same text', lock('3.1.0'), lock('3.1.0'), []],
    ['another constraint', lock('3.1.0'), lock('3.1.0', 'constraints = "~> 3.0"'), []],
    ['another version', lock('3.1.0'), lock('3.2.0'), refused],
    ['other checksums', lock('3.1.0'), lock('3.1.0', 'hashes = ["zh:aa"]'), refused],
    ['another provider', lock('3.1.0'), `${lock('3.1.0')}provider "registry.terraform.io/acme/b" {\n  version = "1.0.0"\n}\n`, refused],
    ['one that is gone', lock('3.1.0'), undefined, refused],
    ['one where there was none', undefined, lock('3.1.0'), refused],
  ])('%s', async (_, before, now, want) => {
    if (now !== undefined) writeFileSync('.terraform.lock.hcl', now)
    const diags = new Diagnostics()
    await checkSameSelections({ lockFile: before }, diags)
    expect(diags.items.map((d) => d.summary)).toEqual(want)
  })
})

describe('checkNotStale', () => {
  const plan = (stateLineage: string, stateSerial: number) => ({ stateLineage, stateSerial }) as Parameters<typeof checkNotStale>[0]
  const state = (lineage: string, serial: number) => ({ lineage, serial, terraformVersion, state: emptyState })
  test.each([
    ['nothing before and now', plan('', 0), undefined, []],
    ['the same snapshot', plan('L', 3), state('L', 3), []],
    ['a later one', plan('L', 3), state('L', 4), ['Saved plan is stale']],
    ['one where there was none', plan('', 0), state('L', 1), ['Saved plan is stale']],
    ['none where there was one', plan('L', 3), undefined, ['Saved plan is stale']],
    ['one of another line', plan('L', 3), state('M', 3), ['Saved plan does not match the given state']],
  ])('%s', (_, file, current, want) => {
    const diags = new Diagnostics()
    checkNotStale(file, current, diags)
    expect(diags.items.map((d) => d.summary)).toEqual(want)
  })
})
