import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localProvider } from '../../../src/builtin/local/index.ts'
import { stringVal } from '../../../src/cty/index.ts'
import { type PlainObject, UNKNOWN } from '../../../src/providers/kit/index.ts'
import { configValue, Drive } from '../_drive.ts'

let dir: string
let drive: Drive
let former: Drive
const file = (name: string) => join(dir, name)
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landform-local-'))
  drive = await Drive.start(localProvider())
  former = await Drive.start(localProvider({ version: '2.2.3' }))
})
afterAll(() => rmSync(dir, { recursive: true }))

// Of "hello\n", by sha1sum, md5sum and so on.
const hello = {
  id: 'f572d396fae9206628714fb2ce00f72e94f2258f',
  content_sha1: 'f572d396fae9206628714fb2ce00f72e94f2258f',
  content_md5: 'b1946ac92492d2347c6235b4d2611184',
  content_sha256: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
  content_base64sha256: 'WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=',
}

describe('files', () => {
  test.each<[string, string, PlainObject, number]>([
    ['text', 'local_file', { content: 'hello\n' }, 0o777],
    ['base64', 'local_file', { content_base64: 'aGVsbG8K' }, 0o777],
    ['another file', 'local_file', { source: 'SOURCE' }, 0o777],
    ['a secret under its old name', 'local_file', { sensitive_content: 'hello\n' }, 0o777],
    ['with a mode', 'local_file', { content: 'hello\n', file_permission: '0640' }, 0o640],
    ['a secret', 'local_sensitive_file', { content: 'hello\n' }, 0o700],
    ['a secret in base64', 'local_sensitive_file', { content_base64: 'aGVsbG8K' }, 0o700],
  ])('%s', async (name, type, config, mode) => {
    writeFileSync(file('source'), 'hello\n')
    const filename = join(file(name.replaceAll(' ', '-')), 'deep', 'out.txt')
    const given = 'source' in config ? { source: file('source') } : config
    const { value, object, errors } = await drive.apply(type, { ...given, filename })
    expect(errors).toEqual([])
    expect(object).toMatchObject(hello)
    expect(readFileSync(filename, 'utf8')).toBe('hello\n')
    expect(statSync(filename).mode & 0o777).toBe(mode & ~process.umask())
    expect(await drive.read(type, value)).toEqual(object)
    expect(await drive.destroy(type, value)).toEqual([])
    expect(existsSync(filename)).toBe(false)
    expect(await drive.read(type, value)).toBeUndefined()
    expect(await drive.destroy(type, value)).toEqual([])
  })

  test('a file that was changed is gone, and so is one whose folder is', async () => {
    const filename = join(file('changed'), 'a.txt')
    const { value } = await drive.apply('local_file', { content: 'a', filename })
    writeFileSync(filename, 'b')
    expect(await drive.read('local_file', value)).toBeUndefined()
    rmSync(file('changed'), { recursive: true })
    writeFileSync(file('changed'), 'now a file')
    expect(await drive.read('local_file', value)).toBeUndefined()
  })

  test('every argument makes a new file', async () => {
    const before = { content: 'a', filename: file('replaced.txt') }
    const { value } = await drive.apply('local_file', before)
    for (const [change, path] of [
      [{ content: 'b' }, '.content'],
      [{ filename: file('other.txt') }, '.filename'],
      [{ file_permission: '0600' }, '.file_permission'],
      [{ directory_permission: '0700' }, '.directory_permission'],
    ] as const) {
      expect((await drive.plan('local_file', { ...before, ...change }, value)).replace).toEqual([path])
    }
  })

  test('what is in it is not known before', async () => {
    expect((await drive.plan('local_file', { content: UNKNOWN, filename: 'x' })).object).toMatchObject({
      id: UNKNOWN,
      content_md5: UNKNOWN,
      file_permission: '0777',
    })
  })

  test.each<[string, PlainObject, string]>([
    [
      'nothing to write',
      { filename: 'x' },
      'Invalid Attribute Combination: No attribute specified when one (and only one) of "content", "sensitive_content", "content_base64", "source" is required',
    ],
    [
      'two contents',
      { filename: 'x', content: 'a', source: 'b' },
      'Invalid Attribute Combination: 2 attributes specified when one (and only one) of "content", "sensitive_content", "content_base64", "source" is required',
    ],
    [
      'a mode that is none',
      { filename: 'x', content: 'a', file_permission: '0999' },
      'Invalid Attribute Value: Attribute file_permission value must be a file mode in octal notation with three or four digits, such as "0644", got: "0999"',
    ],
  ])('%s is refused', async (_, config, want) => {
    expect(await drive.validate('local_file', config)).toEqual([want])
  })

  test('what cannot be written is said', async () => {
    mkdirSync(file('folder'), { recursive: true })
    const { errors } = await drive.apply('local_file', { content: 'a', filename: file('folder') })
    expect(errors).toEqual([expect.stringMatching(/^Create local file error: The file .*folder cannot be written: EISDIR/)])
    expect((await drive.apply('local_file', { source: file('nowhere'), filename: file('y') })).errors).toEqual([
      expect.stringMatching(/^Create local file error: The source .*nowhere cannot be read: ENOENT/),
    ])
  })
})

describe('data', () => {
  test.each(['local_file', 'local_sensitive_file'])('%s', async (type) => {
    writeFileSync(file('data'), 'hello\n')
    chmodSync(file('data'), 0o600)
    expect((await drive.data(type, { filename: file('data') })).object).toEqual({
      filename: file('data'),
      content: 'hello\n',
      content_base64: 'aGVsbG8K',
      ...hello,
      content_sha512: expect.stringMatching(/^[0-9a-f]{128}$/),
      content_base64sha512: expect.any(String),
    })
    expect((await drive.data(type, { filename: file('none') })).errors).toEqual([expect.stringContaining('ENOENT')])
  })
})

describe('2.2.3', () => {
  test('has no checksums but the id', async () => {
    const { object } = await former.apply('local_file', { content: 'hello\n', filename: file('former') })
    expect(Object.keys(object).sort()).toEqual([
      'content',
      'content_base64',
      'directory_permission',
      'file_permission',
      'filename',
      'id',
      'sensitive_content',
      'source',
    ])
    expect(object.id).toBe(hello.id)
    expect(former.provider.schema().functions).toBeUndefined()
  })

  test('either reads the states of the other', async () => {
    const { value } = await former.apply('local_file', { content: 'a', filename: file('both') })
    const stored = { json: JSON.stringify({ content: 'a', filename: file('both'), id: value.getAttr('id').asString(), content_md5: 'x' }) }
    for (const provider of [drive.provider, former.provider]) {
      expect((await provider.upgradeResourceState({ typeName: 'local_file', version: 0, stored })).diags).toEqual([])
    }
  })
})

test.each([
  ['.', { result: true }],
  ['/no/such/folder', { result: false }],
  ['package.json', { error: 'Invalid file mode detected: "package.json" was found, but is not a directory.' }],
])('direxists %s', async (path, want) => {
  const { result, error } = await drive.provider.callFunction!({ name: 'direxists', args: [stringVal(path)] })
  expect(error === undefined ? { result: result!.asBool() } : { error: error.text }).toEqual(want)
})

test('secrets are marked', () => {
  const sensitive = (type: string) =>
    Object.entries(drive.provider.schema().resource(type)!.block.attributes)
      .filter(([, a]) => a.sensitive)
      .map(([name]) => name)
  expect([sensitive('local_file'), sensitive('local_sensitive_file')]).toEqual([['sensitive_content'], ['content', 'content_base64']])
})

describe('local_command', () => {
  const shell = (script: string, more: PlainObject = {}): PlainObject => ({
    command: 'sh',
    arguments: ['-c', script, null, 'word'],
    ...more,
  })

  test.each<[string, PlainObject, PlainObject]>([
    ['arguments without those that are null', shell('echo "$0 $#"'), { stdout: 'word 0\n', stderr: '', exit_code: 0 }],
    ['its input', shell('tr a-z A-Z; echo told >&2', { stdin: 'text' }), { stdout: 'TEXT', stderr: 'told\n' }],
    ['the environment', shell('test -n "$PATH" && echo yes'), { stdout: 'yes\n' }],
    ['a folder', shell('pwd', { working_directory: '/' }), { stdout: '/\n' }],
    ['a failure that is expected', shell('echo said; exit 3', { allow_non_zero_exit_code: true }), { exit_code: 3, stdout: 'said\n' }],
    ['no arguments', { command: 'true' }, { exit_code: 0, stdout: '' }],
  ])('gets %s', async (_, config, want) => {
    const { object, errors } = await drive.data('local_command', config)
    expect([errors, object]).toEqual([[], expect.objectContaining(want)])
  })

  test.each<[PlainObject, string]>([
    [shell('echo why >&2; exit 4'), 'The command "sh" ended with the exit code 4.\n\nIt wrote to its standard error:\nwhy'],
    [shell('exit 4'), 'The command "sh" ended with the exit code 4.'],
    [shell('kill -9 $$'), 'The command "sh" was ended by the signal SIGKILL.'],
    [{ command: 'no-such-program' }, 'The command "no-such-program" cannot be started: spawn no-such-program ENOENT'],
  ])('%j fails', async (config, want) => {
    expect((await drive.data('local_command', config)).errors).toEqual([`Command Execution Failed: ${want}`])
  })

  test('is ephemeral, too', async () => {
    const { block } = drive.provider.schema().ephemeralResource!('local_command')!
    const { value, diags } = await drive.provider.openEphemeralResource!({
      typeName: 'local_command',
      config: configValue(block, shell('echo secret')),
    })
    expect([diags, value.getAttr('stdout').asString()]).toEqual([[], 'secret\n'])
  })
})
