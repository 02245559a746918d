import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { main } from '../../src/command/main.ts'

// What Terraform 1.11.4 prints and does, recorded; state-commands.long.test.ts asks it again.

const source = 'provider["terraform.io/builtin/terraform"]'
const object = (id: string, key?: string | number) => ({
  ...(key === undefined ? {} : { index_key: key }),
  schema_version: 0,
  attributes: { id, input: null, output: null, triggers_replace: null },
  sensitive_attributes: [],
})
const resource = (name: string, instances: object[], module?: string, mode = 'managed', type = 'terraform_data') => ({
  ...(module === undefined ? {} : { module }),
  mode,
  type,
  name,
  provider: source,
  instances,
})
const state = {
  version: 4,
  terraform_version: '1.11.4',
  serial: 7,
  lineage: 'L',
  outputs: {},
  resources: [
    resource('a', [object('A')]),
    resource('b', [object('B0', 0), object('B1', 1)]),
    resource('c', [object('CK', 'k'), object('CL', 'l')]),
    resource(
      'r',
      [{ schema_version: 0, attributes: { backend: 'local' }, sensitive_attributes: [] }],
      'module.m',
      'data',
      'terraform_remote_state',
    ),
    resource('x', [object('X')], 'module.m'),
  ],
  check_results: null,
}

const previous = process.cwd()
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-command-'))
  process.chdir(dir)
  writeFileSync('terraform.tfstate', JSON.stringify(state))
})
afterEach(() => {
  process.chdir(previous)
  rmSync(dir, { recursive: true })
})
afterAll(() => process.chdir(previous))

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(line: string | readonly string[], input = '', environment: Record<string, string> = {}): Promise<Outcome> {
  let out = ''
  let err = ''
  const lines = input === '' ? [] : input.replace(/\n$/, '').split('\n')
  const code = await main({
    argv: typeof line === 'string' ? line.split(' ') : line,
    programName: 'terraform',
    environment,
    cwd: () => process.cwd(),
    chdir: (to) => process.chdir(to),
    streams: {
      out: (text) => (out += text),
      err: (text) => (err += text),
      readLine: async () => lines.shift(),
      readAll: async () => input,
      close: () => {},
      outIsTerminal: false,
      inIsTerminal: false,
      columns: 78,
    },
  })
  return { code, out, err }
}

/** Without boxes, as one paragraph a line. */
const plain = (text: string): string =>
  text
    .replace(/^[╷╵]\n?/gm, '')
    .replace(/^│ ?/gm, '')
    .replace(/([^\n])\n(?=[^\n -])/g, '$1 ')

interface Stored {
  serial: number
  lineage: string
  resources: {
    module?: string
    mode: string
    type: string
    name: string
    provider: string
    instances: { index_key?: string | number; status?: string }[]
  }[]
}
const stored = (path = 'terraform.tfstate'): Stored => JSON.parse(readFileSync(path, 'utf8'))
const addresses = (path?: string): string[] =>
  stored(path).resources.flatMap((r) =>
    r.instances.map(
      (i) =>
        `${r.module === undefined ? '' : `${r.module}.`}${r.mode === 'data' ? 'data.' : ''}${r.type.replace('terraform_', '')}.${r.name}${i.index_key === undefined ? '' : `[${JSON.stringify(i.index_key)}]`}`,
    ),
  )
const backups = (): string[] =>
  readdirSync('.')
    .filter((name) => name.endsWith('.backup'))
    .map((name) => name.replace(/\d{10}/, 'N'))

describe('state list', () => {
  const rows: [line: string, out: string][] = [
    [
      'state list',
      'terraform_data.a|terraform_data.b[0]|terraform_data.b[1]|terraform_data.c["k"]|terraform_data.c["l"]|module.m.data.terraform_remote_state.r|module.m.terraform_data.x|',
    ],
    ['state list terraform_data.b[0] module.m', 'terraform_data.b[0]|module.m.data.terraform_remote_state.r|module.m.terraform_data.x|'],
    ['state list -id=B1', 'terraform_data.b[1]|'],
    ['state list -id=zzz', ''],
  ]
  test.each(rows)('%s', async (line, out) => expect(await run(line)).toEqual({ code: 0, out: out.replaceAll('|', '\n'), err: '' }))

  test('modules nearer to the root come first', async () => {
    const resources = [
      resource('x', [object('D')], 'module.a["k"].module.in[0]'),
      resource('t', [object('T')], 'module.a["k"]'),
      resource('t', [object('B')], 'module.b'),
    ]
    writeFileSync('terraform.tfstate', JSON.stringify({ ...state, resources }))
    expect((await run('state list')).out.trim().split('\n')).toEqual([
      'module.a["k"].terraform_data.t',
      'module.b.terraform_data.t',
      'module.a["k"].module.in[0].terraform_data.x',
    ])
  })
})

describe('state mv', () => {
  const rest = ['data.b[0]', 'data.b[1]', 'data.c["k"]', 'data.c["l"]', 'module.m.data.remote_state.r', 'module.m.data.x']
  const moves: [from: string, to: string, want: string[]][] = [
    ['terraform_data.a', 'terraform_data.z', [...rest.slice(0, 4), 'data.z', ...rest.slice(4)]],
    ['terraform_data.b', 'terraform_data.z', ['data.a', 'data.c["k"]', 'data.c["l"]', 'data.z[0]', 'data.z[1]', ...rest.slice(4)]],
    ['terraform_data.b[0]', 'terraform_data.z', ['data.a', 'data.b[1]', 'data.c["k"]', 'data.c["l"]', 'data.z', ...rest.slice(4)]],
    ['terraform_data.a', 'terraform_data.b', ['data.b', ...rest]],
    ['module.m', 'module.n.module.o', ['data.a', ...rest.slice(0, 4), 'module.n.module.o.data.remote_state.r', 'module.n.module.o.data.x']],
    ['module.m', 'module.m[0]', ['data.a', ...rest.slice(0, 4), 'module.m[0].data.remote_state.r', 'module.m[0].data.x']],
    [
      'module.m.data.terraform_remote_state.r',
      'data.terraform_remote_state.r',
      ['data.remote_state.r', 'data.a', ...rest.slice(0, 4), 'module.m.data.x'],
    ],
  ]
  test.each(moves)('%s to %s', async (from, to, want) => {
    expect(await run(['state', 'mv', from, to])).toEqual({
      code: 0,
      out: `Move ${JSON.stringify(from)} to ${JSON.stringify(to)}\nSuccessfully moved 1 object(s).\n`,
      err: '',
    })
    const named = (address: string) => address.replace('data.data.', 'data.')
    expect(addresses().map(named)).toEqual(want.map(named))
    expect(stored()).toMatchObject({ serial: 8, lineage: 'L' })
    expect(backups()).toEqual(['terraform.tfstate.N.backup'])
    expect(JSON.parse(readFileSync(readdirSync('.').find((name) => name.endsWith('.backup'))!, 'utf8'))).toEqual(state)
  })

  const refused: [from: string, to: string, want: string][] = [
    [
      'terraform_data.no',
      'terraform_data.z',
      'Invalid source address: Cannot move terraform_data.no: does not match anything in the current state.',
    ],
    ['module.no', 'module.z', 'Invalid source address: Cannot move module.no: does not match anything in the current state.'],
    ['terraform_data.b[9]', 'terraform_data.b[3]', 'Invalid source address: The current state does not contain terraform_data.b[9].'],
    ['module.m', 'terraform_data.q', 'Invalid target address: Cannot move module.m to terraform_data.q: the target must also be a module.'],
    [
      'terraform_data.a',
      'module.x',
      'Invalid target address: Cannot move terraform_data.a to module.x: the target must also be a resource instance.',
    ],
    [
      'terraform_data.b',
      'terraform_data.z[0]',
      'Invalid target address: Cannot move terraform_data.b to terraform_data.z[0]: the source is a whole resource (not a resource instance) so the target must also be a whole resource.',
    ],
    [
      'terraform_data.a',
      'terraform_data.b[0]',
      'Invalid target address: Cannot move to terraform_data.b[0]: there is already a resource instance at that address in the current state.',
    ],
    [
      'terraform_data.b',
      'terraform_data.c',
      'Invalid target address: Cannot move to terraform_data.c: there is already a resource at that address in the current state.',
    ],
    [
      'terraform_data.a',
      'null_resource.x',
      "Invalid state move request: Cannot move terraform_data.a to null_resource.x: resource types don't match.",
    ],
    [
      'terraform_data.a',
      'data.terraform_data.x',
      'Invalid state move request: Cannot move terraform_data.a to data.terraform_data.x: a managed resource can be moved only to another managed resource address.',
    ],
  ]
  test.each(refused)('%s to %s is refused', async (from, to, want) => {
    const { code, out, err } = await run(['state', 'mv', from, to])
    expect([code, out]).toEqual([1, ''])
    expect(
      plain(err)
        .replace(/^Error: ([^\n]*)\n\n/, '$1: ')
        .trim(),
    ).toBe(want)
    expect(readFileSync('terraform.tfstate', 'utf8')).toBe(JSON.stringify(state))
    expect(backups()).toEqual([])
  })

  test('to another file, which may be there already', async () => {
    expect((await run('state mv -state-out=out.tfstate terraform_data.a terraform_data.z')).code).toBe(0)
    expect(addresses('out.tfstate')).toEqual(['data.z'])
    expect(addresses()).not.toContain('data.a')
    expect((await run('state mv -state-out=out.tfstate terraform_data.b terraform_data.b')).code).toBe(0)
    expect(addresses('out.tfstate')).toEqual(['data.b[0]', 'data.b[1]', 'data.z'])
    expect(backups()).toContain('out.tfstate.N.backup')
    expect((await run('state mv -state-out=out.tfstate terraform_data.c terraform_data.b')).code).toBe(1)
  })

  test('a dry run changes nothing', async () => {
    expect(await run('state mv -dry-run terraform_data.a terraform_data.z')).toMatchObject({
      code: 0,
      out: 'Would move "terraform_data.a" to "terraform_data.z"\n',
    })
    expect(readdirSync('.')).toEqual(['terraform.tfstate'])
  })
})

describe('state rm', () => {
  test('tells each instance', async () => {
    expect(await run('state rm terraform_data.b module.m')).toEqual({
      code: 0,
      out: 'Removed terraform_data.b[0]\nRemoved terraform_data.b[1]\nRemoved module.m.data.terraform_remote_state.r\nRemoved module.m.terraform_data.x\nSuccessfully removed 4 resource instance(s).\n',
      err: '',
    })
    expect(addresses()).toEqual(['data.a', 'data.c["k"]', 'data.c["l"]'])
    expect(backups()).toEqual(['terraform.tfstate.N.backup'])
  })

  test('nothing found is an error', async () => {
    const { code, err } = await run('state rm terraform_data.no')
    expect(code).toBe(1)
    expect(plain(err)).toContain('No matching objects found. To view the available instances')
  })
})

test('state pull prints the state as it would be stored', async () => {
  const { code, out } = await run('state pull')
  expect(code).toBe(0)
  expect(out).toBe(`${JSON.stringify(state, undefined, 2)}\n\n`)
})

describe('state push', () => {
  const write = (changes: object): void => writeFileSync('x.tfstate', JSON.stringify({ ...state, ...changes }))
  const rows: [name: string, changes: object, line: string, err: string, serial: number][] = [
    ['the same', {}, 'state push x.tfstate', '', 7],
    ['a later one', { serial: 99 }, 'state push x.tfstate', '', 99],
    ['a later one with other content', { serial: 99, resources: [] }, 'state push x.tfstate', '', 100],
    [
      'an older one',
      { serial: 3 },
      'state push x.tfstate',
      'Failed to write state: cannot import state with serial 3 over newer state with serial 7',
      7,
    ],
    [
      'another history',
      { lineage: 'M', serial: 99 },
      'state push x.tfstate',
      'Failed to write state: cannot import state with lineage "M" over unrelated state with lineage "L"',
      7,
    ],
    [
      'other content of the same serial',
      { resources: [] },
      'state push x.tfstate',
      'Failed to write state: cannot overwrite existing state with serial 7 with a different state that has the same serial',
      7,
    ],
    ['another history by force', { lineage: 'M', serial: 1, resources: [] }, 'state push -force x.tfstate', '', 2],
    ['no file', {}, 'state push nowhere.tfstate', 'open nowhere.tfstate: no such file or directory', 7],
  ]
  test.each(rows)('%s', async (_, changes, line, want, serial) => {
    write(changes)
    const { code, out, err } = await run(line)
    expect([code, out, err.split('\n')[0]]).toEqual([want === '' ? 0 : 1, '', want])
    expect(stored().serial).toBe(serial)
  })

  test.each([
    ['', 'no state'],
    ['{"version":5,"terraform_version":"9.9.9"}', 'format version 5'],
    ['{"version":4,', 'syntax error'],
    ['no json', 'syntax error'],
  ])('%s is refused', async (text, want) => {
    for (const line of ['state push x.tfstate', 'state push -force x.tfstate']) {
      writeFileSync('x.tfstate', text)
      const { code, err } = await run(line)
      expect(code).toBe(1)
      expect(err).toMatch(/^Error reading source state "x.tfstate": /)
      expect(err).toContain(want)
    }
    expect(readFileSync('terraform.tfstate', 'utf8')).toBe(JSON.stringify(state))
  })

  test('from the standard input', async () => {
    expect((await run('state push -', JSON.stringify({ ...state, serial: 12 }))).code).toBe(0)
    expect(stored().serial).toBe(12)
  })

  test('over a damaged state by force only', async () => {
    write({ serial: 8 })
    writeFileSync('terraform.tfstate', '{"version":4,')
    expect((await run('state push x.tfstate')).code).toBe(1)
    expect(readFileSync('terraform.tfstate', 'utf8')).toBe('{"version":4,')
    expect((await run('state push -force x.tfstate')).code).toBe(0)
    expect(stored().serial).toBe(8)
    expect(readFileSync('terraform.tfstate.backup', 'utf8')).toBe('{"version":4,')
  })
})

describe('state replace-provider', () => {
  const plan =
    'Terraform will perform the following actions:\n\n  ~ Updating provider:\n    - terraform.io/builtin/terraform\n    + registry.terraform.io/acme/foo\n\nChanging 5 resources:\n\n  terraform_data.a\n  terraform_data.b\n  terraform_data.c\n  module.m.data.terraform_remote_state.r\n  module.m.terraform_data.x\n'
  const question = "\nDo you want to make these changes?\nOnly 'yes' will be accepted to continue.\n\nEnter a value: "
  const args = 'state replace-provider terraform.io/builtin/terraform acme/foo'
  const done = '\nSuccessfully replaced provider for 5 resources.\n'

  test.each([
    ['yes\n', { code: 0, out: `${plan}${question}${done}`, err: '' }, true],
    ['no\n', { code: 0, out: `${plan}${question}Cancelled replacing providers.\n`, err: '' }, false],
    ['', { code: 1, out: `${plan}${question}`, err: 'Error asking for approval: EOF\n' }, false],
  ])('answer %j', async (answer, want, changes) => {
    expect(await run(args, answer)).toEqual(want)
    const providers = new Set(stored().resources.map((r) => r.provider))
    expect([...providers]).toEqual([changes ? 'provider["registry.terraform.io/acme/foo"]' : source])
    expect(backups().length).toBe(changes ? 1 : 0)
  })

  test('without a question', async () => {
    expect(await run(`${args.replace('provider ', 'provider -auto-approve ')}`)).toEqual({ code: 0, out: `${plan}${done}`, err: '' })
    expect(await run('state replace-provider -auto-approve aws acme/foo')).toEqual({
      code: 0,
      out: 'No matching resources found.\n',
      err: '',
    })
  })
})

describe('taint and untaint', () => {
  const statusOf = (name: string): (string | undefined)[] =>
    stored()
      .resources.find((r) => r.name === name)!
      .instances.map((i) => i.status)

  test('one after the other', async () => {
    expect(await run('taint terraform_data.b[1]')).toEqual({
      code: 0,
      out: 'Resource instance terraform_data.b[1] has been marked as tainted.\n',
      err: '',
    })
    expect(statusOf('b')).toEqual([undefined, 'tainted'])
    expect(backups()).toEqual(['terraform.tfstate.backup'])
    expect(await run('untaint terraform_data.b[1]')).toMatchObject({
      code: 0,
      out: 'Resource instance terraform_data.b[1] has been successfully untainted.\n',
    })
    expect(statusOf('b')).toEqual([undefined, undefined])
    const { code, err } = await run('untaint terraform_data.b[1]')
    expect(code).toBe(1)
    expect(plain(err)).toContain('Resource instance terraform_data.b[1] is not currently tainted, and so it cannot be untainted.')
  })

  test('what is missing', async () => {
    expect(await run('taint data.x.y')).toEqual({ code: 1, out: '', err: 'Resource instance data.x.y cannot be tainted\n' })
    expect(plain((await run('taint terraform_data.no')).err)).toContain(
      'There is no resource instance in the state with the address terraform_data.no.',
    )
    const allowed = await run('taint -allow-missing terraform_data.no')
    expect(allowed.code).toBe(0)
    expect(plain(allowed.out)).toContain('Resource instance terraform_data.no was not found, but this is not an error')
    rmSync('terraform.tfstate')
    expect(plain((await run('taint terraform_data.a')).err)).toContain('The state currently contains no resource instances whatsoever.')
  })

  test('flags for local states', async () => {
    expect((await run('taint -state-out=out.tfstate -backup=- terraform_data.a')).code).toBe(0)
    expect(statusOf('a')).toEqual([undefined])
    expect(stored('out.tfstate').resources[0]!.instances[0]!.status).toBe('tainted')
    expect(backups()).toEqual([])
  })
})

describe('force-unlock', () => {
  const info = {
    ID: 'dead',
    Operation: 'OperationTypeApply',
    Info: '',
    Who: 'joe@far',
    Version: '1.9.0',
    Created: '2026-01-02T03:04:05Z',
    Path: '',
  }
  beforeEach(() => writeFileSync('.terraform.tfstate.lock.info', JSON.stringify(info)))

  test('asks, and releases the lock that is named', async () => {
    expect((await run('taint terraform_data.a')).err).toContain('terraform force-unlock dead')
    expect(await run('force-unlock dead')).toMatchObject({ code: 1, err: 'Error asking for confirmation: EOF\n' })
    expect(await run('force-unlock dead', 'no\n')).toMatchObject({ code: 1 })
    expect(existsSync('.terraform.tfstate.lock.info')).toBe(true)
    const { code, out } = await run('force-unlock dead', 'yes\n')
    expect(code).toBe(0)
    expect(out).toContain('Do you really want to force-unlock?\n  Terraform will remove the lock on the remote state.\n')
    expect(out).toContain('Terraform state has been successfully unlocked!')
    expect((await run('taint terraform_data.a')).code).toBe(0)
  })

  test('another id is refused', async () => {
    const { code, err } = await run('force-unlock -force other')
    expect(code).toBe(1)
    expect(err).toMatch(/^Failed to unlock state: /)
    expect(existsSync('.terraform.tfstate.lock.info')).toBe(true)
  })
})

describe('workspaces', () => {
  const created = (name: string) =>
    `Created and switched to workspace "${name}"!\n\nYou're now on a new, empty workspace. Workspaces isolate their state,\nso if you run "terraform plan" Terraform will not see any existing state\nfor this configuration.\n`

  test('created, selected, listed and deleted', async () => {
    expect(await run('workspace list')).toEqual({ code: 0, out: '* default\n\n', err: '' })
    expect(await run('workspace new a')).toEqual({ code: 0, out: created('a'), err: '' })
    expect(await run('workspace new a')).toEqual({ code: 1, out: '', err: 'Workspace "a" already exists\n' })
    expect(await run('workspace show')).toEqual({ code: 0, out: 'a\n', err: '' })
    expect(await run('state list')).toMatchObject({ code: 1, out: '' })
    expect(await run('workspace select default')).toEqual({ code: 0, out: 'Switched to workspace "default".\n', err: '' })
    expect(await run('workspace select default')).toEqual({ code: 0, out: '', err: '' })
    expect(await run('workspace list')).toMatchObject({ out: '* default\n  a\n\n' })
    expect(await run('workspace delete a')).toEqual({ code: 0, out: 'Deleted workspace "a"!\n', err: '' })
    expect(existsSync('terraform.tfstate.d/a')).toBe(false)
    expect(await run('workspace select zz')).toMatchObject({
      code: 1,
      err: '\nWorkspace "zz" doesn\'t exist.\n\nYou can create this workspace with the "new" subcommand \nor include the "-or-create" flag with the "select" subcommand.\n',
    })
    expect(await run('workspace select -or-create zz')).toMatchObject({ code: 0, out: created('zz') })
    expect((await run('workspace delete zz')).err).toContain('Workspace "zz" is your active workspace.')
  })

  test('one that is not empty is deleted by force only', async () => {
    expect((await run('workspace new -state=terraform.tfstate r')).code).toBe(0)
    expect(addresses('terraform.tfstate.d/r/terraform.tfstate')).toEqual(addresses())
    await run('workspace select default')
    const refused = await run('workspace delete r')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('  - terraform_data.a\n')
    expect(refused.err).not.toContain('remote_state')
    const { code, out } = await run('workspace delete -force r')
    expect(code).toBe(0)
    expect(out).toContain('WARNING: "r" was non-empty.\n')
  })

  test.each(['b/c', 'b c', '', 'é', '..\n'])('the name %j is refused', async (name) => {
    const { code, err } = await run(['workspace', 'new', name])
    expect(code).toBe(1)
    expect(err).toContain('is not allowed. The name must contain only URL safe\ncharacters, and no path separators.')
  })

  test('TF_WORKSPACE goes before what was selected, and cannot be changed from here', async () => {
    await run('workspace new q')
    await run('workspace select default')
    const env = { TF_WORKSPACE: 'q' }
    expect(await run('workspace show', '', env)).toMatchObject({ out: 'q\n' })
    expect((await run('workspace list', '', env)).out).toBe(
      '  default\n* q\n\n\n\nThe active workspace is being overridden using the TF_WORKSPACE environment\nvariable.\n\n',
    )
    expect((await run('workspace select default', '', env)).code).toBe(1)
    expect((await run('workspace new y', '', env)).code).toBe(1)
    expect((await run('workspace show', '', { TF_WORKSPACE: 'a/b' })).code).toBe(1)
  })

  test('the old name of the commands', async () => {
    const { code, out } = await run('env list')
    expect(code).toBe(0)
    expect(out).toMatch(/^Warning: the "terraform env" family of commands is deprecated\./)
    expect(out.endsWith('* default\n\n')).toBe(true)
  })
})

describe('bad input leaves everything as it is', () => {
  const damaged: [name: string, text: string, want: RegExp][] = [
    ['cut off', JSON.stringify(state).slice(0, 700), /probably truncated/],
    ['of the future', '{"version":5,"terraform_version":"9.9.9","serial":1}', /format version 5/],
    ['no JSON', '<html>', /syntax error/],
    [
      'twice the same resource',
      JSON.stringify({ ...state, resources: [state.resources[0], state.resources[0]] }),
      /appears multiple times/,
    ],
    ['encrypted', '{"serial":1,"lineage":"x","meta":{},"encrypted_data":"AA==","encryption_version":"v0"}', /encrypted/],
  ]
  test.each(damaged)('a state that is %s', async (_, text, want) => {
    writeFileSync('terraform.tfstate', text)
    for (const line of [
      'state rm terraform_data.a',
      'taint terraform_data.a',
      'state list',
      'state pull',
      'workspace delete default',
      'refresh',
    ]) {
      const { code, err } = await run(line)
      expect([line, code]).toEqual([line, 1])
      if (line !== 'workspace delete default') expect(plain(err)).toMatch(want)
      expect(readFileSync('terraform.tfstate', 'utf8')).toBe(text)
    }
  })

  test('a state that was emptied', async () => {
    mkdirSync(dirname('terraform.tfstate'), { recursive: true })
    writeFileSync('terraform.tfstate.backup', JSON.stringify(state))
    writeFileSync('terraform.tfstate', '')
    const { code, err } = await run('taint terraform_data.a')
    expect(code).toBe(1)
    expect(err).toContain('cp terraform.tfstate.backup terraform.tfstate')
    expect(readFileSync('terraform.tfstate', 'utf8')).toBe('')
  })
})

describe('init beside a state of this folder', () => {
  const files = (): readonly string[] => readdirSync('.').filter((name) => name.includes('tfstate'))
  beforeEach(() => writeFileSync('main.tf', 'terraform {\n  backend "local" {\n    path = "x.tfstate"\n  }\n}\n'))

  test.each(['init -input=false', 'init -input=false -reconfigure', 'init -input=false -migrate-state'])('%s refuses', async (line) => {
    const { code, err } = await run(line)
    expect([code, err]).toEqual([1, expect.stringContaining("Can't ask approval for state migration when interactive input is disabled.")])
    expect(files()).toEqual(['terraform.tfstate'])
  })

  test.each<[line: string, input: string, want: readonly string[], list: number]>([
    ['init', 'yes\n', ['terraform.tfstate.backup', 'x.tfstate'], 0],
    ['init -reconfigure', 'yes\n', ['terraform.tfstate.backup', 'x.tfstate'], 0],
    ['init -reconfigure -force-copy', '', ['terraform.tfstate.backup', 'x.tfstate'], 0],
    // The state has had its day: it is only kept.
    ['init', 'no\n', ['terraform.tfstate.backup'], 1],
  ])('%s, %j', async (line, input, want, list) => {
    expect((await run(line, input)).code).toBe(0)
    expect(files()).toEqual(want)
    expect((await run('state list')).code).toBe(list)
    if (list === 0) expect(JSON.parse(readFileSync('x.tfstate', 'utf8')).serial).toBe(7)
  })
})

test('an encrypted state that comes back from a backend is encrypted here too', async () => {
  rmSync('terraform.tfstate')
  const environment = {
    TF_ENCRYPTION:
      'key_provider "pbkdf2" "k" {\n  passphrase = "correct-horse-battery"\n}\nmethod "aes_gcm" "m" {\n  keys = key_provider.pbkdf2.k\n}\nstate {\n  method   = method.aes_gcm.m\n  enforced = true\n}\n',
  }
  const body = 'output "o" {\n  value = "in the clear"\n}\n'
  writeFileSync('main.tf', `terraform {\n  backend "local" {\n    path = "x.tfstate"\n  }\n}\n${body}`)
  expect((await run('init', '', environment)).code).toBe(0)
  expect((await run('apply -auto-approve', '', environment)).code).toBe(0)
  writeFileSync('main.tf', body)
  expect((await run('init -migrate-state', 'yes\n', environment)).code).toBe(0)
  const text = readFileSync('terraform.tfstate', 'utf8')
  expect(JSON.parse(text)).toHaveProperty('encrypted_data')
  expect(text).not.toContain('in the clear')
  expect((await run('plan -detailed-exitcode', '', environment)).code).toBe(0)
})

test('init makes the workspace that TF_WORKSPACE names', async () => {
  writeFileSync('main.tf', '')
  const environment = { TF_WORKSPACE: 'w' }
  expect((await run('init', '', environment)).code).toBe(0)
  expect(readdirSync('terraform.tfstate.d')).toEqual(['w'])
  expect((await run('workspace list')).out).toBe('* default\n  w\n\n')
})

describe('init where the selected workspace is gone', () => {
  const selected = (): string => readFileSync('.terraform/environment', 'utf8')
  beforeEach(() => {
    rmSync('terraform.tfstate')
    mkdirSync('.terraform')
    writeFileSync('.terraform/environment', 'gone')
    writeFileSync('main.tf', 'terraform {\n  backend "local" {\n    workspace_dir = "wd"\n  }\n}\n')
  })
  const question =
    '\nThe currently selected workspace (gone) does not exist.\n  This is expected behavior when the selected workspace did not have an\n  existing non-empty state. Please enter a number to select a workspace:\n  \n  1. default\n  2. one\n  3. two\n\n  Enter a value: '

  test.each<[input: string, code: number, now: string, err: string]>([
    ['2\n', 0, 'one', ''],
    ['1\n', 0, 'default', ''],
    ['4\n', 1, 'gone', 'Failed to select workspace: input not a valid number'],
    ['one\n', 1, 'gone', 'Failed to select workspace: input not a valid number'],
    ['', 1, 'gone', 'Failed to select workspace: EOF'],
  ])('one of several is chosen: %j', async (input, code, now, err) => {
    for (const name of ['one', 'two']) mkdirSync(`wd/${name}`, { recursive: true })
    const outcome = await run('init', input)
    expect([outcome.code, selected()]).toEqual([code, now])
    expect(outcome.out).toContain(question)
    expect(outcome.err).toContain(err)
    // What has been configured stays to be done.
    expect(existsSync('.terraform/terraform.tfstate')).toBe(code === 0)
    if (code !== 0) return
    expect((await run('workspace show')).out).toBe(`${now}\n`)
    writeFileSync('.terraform/environment', 'gone')
    // Also where nothing is configured anew.
    expect((await run('init', input)).out).toContain(question)
    expect(selected()).toBe(now)
  })

  test('the only one is taken; nobody is asked', async () => {
    const { code, out } = await run('init -input=false')
    expect([code, selected()]).toEqual([0, 'default'])
    expect(out).not.toContain('does not exist')
  })

  test('nobody may be asked', async () => {
    mkdirSync('wd/one', { recursive: true })
    const { code, err } = await run('init -input=false')
    expect([code, selected()]).toEqual([1, 'gone'])
    expect(err).toMatch(/Error: Currently selected workspace "gone" does not exist\n/)
  })
})

test('init warns of arguments of the backend that have been replaced', async () => {
  rmSync('terraform.tfstate')
  writeFileSync(
    'main.tf',
    'terraform {\n  backend "s3" {\n    bucket         = "b"\n    key            = "/k"\n    region         = "eu-central-1"\n    dynamodb_table = "t"\n  }\n}\n',
  )
  const { code, out } = await run('init -input=false')
  expect(code).toBe(1)
  expect(plain(out)).toContain('on main.tf line 6, in terraform:\n   6:     dynamodb_table = "t"')
  expect(plain(out)).toContain('The parameter "dynamodb_table" is deprecated. Use parameter "use_lockfile" instead.')
})

test('-no-color holds for what is said beside a command', async () => {
  const environment = { FORCE_COLOR: '1', TF_CLI_CONFIG_FILE: 'no-such-file', HOME: dir, LANDFORM_PROVIDERS: 'no-such-folder' }
  expect((await run('state list', '', environment)).err).toContain('\u001b[')
  expect((await run('state list -no-color', '', environment)).err).not.toContain('\u001b[')
})

test.each([
  'init',
  'plan',
  'apply -auto-approve',
  'output',
  'show',
  'state list',
  'state pull',
  'refresh',
  'taint terraform_data.a',
  'import terraform_data.a x',
])('a workspace of TF_WORKSPACE that can be none never becomes part of a path: %s', async (line) => {
  writeFileSync('main.tf', 'resource "terraform_data" "a" {\n}\n')
  const { code, err } = await run(line, '', { TF_WORKSPACE: '../elsewhere' })
  expect([code, err]).toEqual([1, expect.stringContaining('Invalid workspace name set using TF_WORKSPACE')])
  expect(readdirSync('.').sort()).toEqual(['main.tf', 'terraform.tfstate'])
})

test.skipIf(process.platform === 'win32').each([
  ['plan -out=pipe', /^PK/],
  ['state rm -backup=pipe terraform_data.a', /"serial": ?7/],
])('a pipe, as /dev/null, is written to and stays: %s', async (line, want) => {
  writeFileSync('main.tf', 'output "o" {\n  value = 1\n}\n')
  expect(spawnSync('mkfifo', ['pipe']).status).toBe(0)
  const read = readFile('pipe', 'latin1')
  const { code } = await run(line)
  expect([code, await read]).toEqual([0, expect.stringMatching(want)])
  expect(statSync('pipe').isFIFO()).toBe(true)
})

test('instances of which only deposed objects are left are listed once, and have no id', async () => {
  const deposed = (key: string) => ({ ...object('old'), deposed: key })
  const left = resource('left', [deposed('00000001'), deposed('00000002')])
  const both = resource('both', [object('new'), deposed('00000003')])
  writeFileSync('terraform.tfstate', JSON.stringify({ ...state, resources: [both, left] }))
  expect((await run('state list')).out).toBe('terraform_data.both\nterraform_data.left\n')
  expect((await run('state list -id=old')).out).toBe('')
})
