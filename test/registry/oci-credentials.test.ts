import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCliConfig } from '../../src/registry/cli-config.ts'
import { findOciCredentials } from '../../src/registry/oci-credentials.ts'

/* https://opentofu.org/docs/cli/oci_registries/credentials */

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'landform-oci-credentials-'))
})
afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

function write(path: string, content: string | object): void {
  const file = join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  if (path.startsWith('bin/')) chmodSync(file, 0o755)
}
const basic = (user: string): object => ({ auth: Buffer.from(`${user}:word:of`).toString('base64') })
const environment = (): Record<string, string> => ({ HOME: home, PATH: `${join(home, 'bin')}:${process.env.PATH}` })

/** The user for `example.com/team/net`, as the configuration and the files say. */
async function userFor(config: string, repository = 'team/net'): Promise<string> {
  write('.terraformrc', config)
  const { oci, diags } = readCliConfig(environment())
  expect(diags.items).toEqual([])
  const found = await findOciCredentials('example.com', repository, oci, environment())
  if (found === undefined) return 'nobody'
  return found.kind === 'basic' ? `${found.username}/${found.password}` : `oauth ${found.accessToken}/${found.refreshToken}`
}
const block = (label: string, user: string): string => `oci_credentials "${label}" {\n  username = "${user}"\n  password = "word"\n}\n`

test('the longest name counts, blocks before files, earlier files before later ones', async () => {
  expect(await userFor('')).toBe('nobody')
  write('.dockercfg', { 'example.com': basic('oldest') })
  expect(await userFor('')).toBe('oldest/word:of')
  write('.docker/config.json', { auths: { 'example.com': basic('docker'), 'example.com/team/net': basic('net') } })
  expect(await userFor('', 'other')).toBe('docker/word:of')
  write('.config/containers/auth.json', { auths: { 'example.com': basic('containers') } })
  expect(await userFor('', 'other')).toBe('containers/word:of')
  expect(await userFor('')).toBe('net/word:of')
  expect(await userFor(block('example.com', 'me'), 'other')).toBe('me/word')
  expect(await userFor(block('example.com', 'me') + block('example.com/team', 'we'))).toBe('net/word:of')
  expect(await userFor(block('example.com', 'me') + block('example.com/team', 'we'), 'team/x')).toBe('we/word')
  expect(await userFor(block('example.com/te', 'me'), 'team/x')).toBe('containers/word:of')
  expect(await userFor(block('example.com/team/net', 'me'))).toBe('me/word')
})

test('what programs have left may be elsewhere, or left alone', async () => {
  write('.docker/config.json', { auths: { 'example.com': basic('docker') } })
  write('mine.json', { auths: { 'example.com': basic('mine') } })
  expect(await userFor(`oci_default_credentials {\n  docker_style_config_files = ["${join(home, 'mine.json')}"]\n}\n`)).toBe('mine/word:of')
  expect(await userFor('oci_default_credentials {\n  docker_style_config_files = []\n}\n')).toBe('nobody')
  expect(await userFor('oci_default_credentials {\n  discover_ambient_credentials = false\n}\n')).toBe('nobody')
})

test('tokens', async () => {
  expect(await userFor('oci_credentials "example.com" {\n  access_token = "a"\n  refresh_token = "r"\n}\n')).toBe('oauth a/r')
})

describe('programs with the protocol of Docker', () => {
  const program = (answer: string): string => `#!/bin/sh\n[ "$1" = get ] || exit 9\nread host\n${answer}\n`

  test.each([
    ['a block', 'oci_credentials "example.com" {\n  docker_credentials_helper = "it"\n}\n', undefined],
    ['the defaults', 'oci_default_credentials {\n  docker_credentials_helper = "it"\n}\n', undefined],
    ['a file, for a host', '', { credHelpers: { 'example.com': 'it' } }],
    ['a file, for all', '', { credsStore: 'it' }],
  ])('named by %s', async (_, config, file) => {
    if (file !== undefined) write('.docker/config.json', file)
    write('bin/docker-credential-it', program('echo "{\\"Username\\":\\"$host\\",\\"Secret\\":\\"s\\"}"'))
    expect(await userFor(config)).toBe('example.com/s')
    write('bin/docker-credential-it', program('echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"s\\"}"'))
    expect(await userFor(config)).toBe('oauth undefined/s')
    write('bin/docker-credential-it', program('echo "credentials not found in native keychain"; exit 1'))
    expect(await userFor(config)).toBe('nobody')
    write('bin/docker-credential-it', program('echo "secret-of-it" >&2; exit 3'))
    await expect(userFor(config)).rejects.toThrow('docker-credential-it, which has the credentials for example.com, failed')
    await expect(userFor(config)).rejects.not.toThrow('secret-of-it')
  })
})

test.each([
  ['oci_credentials "example.com" {\n  username = "u"\n}\n', 'needs "username" and "password"'],
  ['oci_credentials "example.com" {}\n', 'needs "username" and "password"'],
  [`oci_credentials "example.com" {\n  username = "u"\n  password = "p"\n  access_token = "t"\n}\n`, 'only one of these'],
  ['oci_credentials "example.com" {\n  docker_credentials_helper = "../x"\n}\n', 'only one of these'],
  ['oci_credentials "example.com" {\n  token = "x"\n}\n', 'an unexpected argument "token"'],
  [block('https://example.com', 'u'), 'is named for no registry'],
  [block('example.com', 'u') + block('example.com', 'v'), 'is there twice'],
  ['oci_default_credentials {}\noci_default_credentials {}\n', 'No more than one'],
  ['oci_default_credentials {\n  nope = 1\n}\n', 'has no argument "nope"'],
])('%j is refused', (config, problem) => {
  write('.terraformrc', config)
  const [first] = readCliConfig(environment()).diags.items
  expect(first?.detail).toContain(problem)
})
