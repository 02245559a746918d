import { createDecipheriv, pbkdf2Sync } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Diagnostics } from '../../src/diags/index.ts'
import { openEncryption, parseEncryption, type Seal } from '../../src/encryption/index.ts'
import { type Expr, evaluate } from '../../src/hcl/index.ts'
import { JournalWriter, readJournal } from '../../src/statemgr/journal.ts'
import {
  changesToDelta,
  emptyState,
  instanceDifferences,
  readStateFile,
  replayDelta,
  type State,
  StateBuilder,
  stateContentHash,
} from '../../src/states/index.ts'
import { runIn } from '../support/in-process.ts'

const secret = 'canary-of-the-state'
const resource = `resource "terraform_data" "a" {\n  input = "${secret}"\n}\noutput "o" {\n  value = terraform_data.a.output\n}\n`

/** Few iterations: what is tested is the format. */
const pbkdf2 = (name: string, passphrase: string, more = ''): string =>
  `    key_provider "pbkdf2" "${name}" {\n      passphrase = "${passphrase}"\n      iterations = 200000\n      hash_function = "sha256"\n${more}    }\n    method "aes_gcm" "${name}" {\n      keys = key_provider.pbkdf2.${name}\n    }\n`
const encryption = (text: string): string => `terraform {\n  encryption {\n${text}  }\n}\n`
const stateWith = (method: string, fallback?: string): string =>
  `    state {\n      method = method.${method}\n${fallback === undefined ? '' : `      fallback {\n        method = method.${fallback}\n      }\n`}    }\n`
const unencrypted = '    method "unencrypted" "none" {}\n'
const one = pbkdf2('one', 'correct horse battery')
const two = pbkdf2('two', 'staple of another kind')

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-encryption-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const configure = (block: string, text = resource): void => writeFileSync(join(dir, 'main.tf'), `${block}${text}`)
const stored = (name = 'terraform.tfstate'): string => readFileSync(join(dir, name), 'utf8')
async function run(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await runIn(dir, [...argv, ...(argv[0] === 'apply' ? ['-auto-approve'] : []), '-no-color'], {
    environment,
  })
  expect(code, stdout + stderr).toBe(0)
  return stdout
}
async function refused(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await runIn(dir, [...argv, '-no-color'], { environment })
  expect(code, stdout + stderr).toBe(1)
  return (stdout + stderr).replace(/[\s│╷╵]+/g, ' ')
}

interface Envelope {
  readonly serial?: number
  readonly lineage?: string
  readonly meta: Record<string, string>
  readonly encrypted_data: string
  readonly encryption_version: string
}

/** Reads the format by its description alone. */
function decrypt(text: string, passphrase: string, entry: string): string {
  const { meta, encrypted_data: data } = JSON.parse(text) as Envelope
  const how = JSON.parse(Buffer.from(meta[entry]!, 'base64').toString()) as Record<string, string & number>
  const key = pbkdf2Sync(passphrase, Buffer.from(how.salt!, 'base64'), how.iterations!, how.key_length!, how.hash_function!)
  const bytes = Buffer.from(data, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
}

describe('states', () => {
  test('are stored in an envelope and read back', async () => {
    configure(encryption(one + stateWith('aes_gcm.one')))
    await run(['apply'])
    const envelope = JSON.parse(stored()) as Envelope
    expect(Object.keys(envelope)).toEqual(['serial', 'lineage', 'meta', 'encrypted_data', 'encryption_version'])
    expect(Object.keys(envelope.meta)).toEqual(['key_provider.pbkdf2.one'])
    expect(envelope.encryption_version).toBe('v0')
    expect(stored()).not.toContain(secret)
    const plain = decrypt(stored(), 'correct horse battery', 'key_provider.pbkdf2.one')
    expect(JSON.parse(plain)).toMatchObject({ version: 4, serial: envelope.serial, lineage: envelope.lineage })
    expect(plain).toContain(secret)
    expect(await run(['state', 'pull'])).toContain(secret)
    expect(await run(['output', '-raw', 'o'])).toBe(secret)
    expect(await run(['show'])).toContain(secret)
    expect(await run(['plan'])).toContain('No changes.')
    configure(encryption(one + stateWith('aes_gcm.one')), resource.replace(secret, 'other'))
    await run(['apply'])
    expect(stored('terraform.tfstate.backup')).not.toContain(secret)
    expect(existsSync(join(dir, 'terraform.tfstate.journal'))).toBe(false)
  })

  test('that were changed are refused', async () => {
    configure(encryption(one + stateWith('aes_gcm.one')))
    await run(['apply'])
    const text = stored()
    const envelope = JSON.parse(text) as Envelope
    const bytes = Buffer.from(envelope.encrypted_data, 'base64')
    bytes[20]! ^= 1
    const changed: readonly (readonly [Partial<Envelope>, string])[] = [
      [{ encrypted_data: bytes.toString('base64') }, 'the key does not fit, or the data was changed'],
      [{ encrypted_data: 'AAAA' }, 'the key does not fit, or the data was changed'],
      [{ serial: 99 }, 'says that it is another one than it is'],
      [{ lineage: 'x' }, 'says that it is another one than it is'],
      [{ encryption_version: 'v9' }, 'it has the encryption version "v9"'],
      [{ meta: {} }, 'it was encrypted without the key provider key_provider.pbkdf2.one'],
      [{ meta: { 'key_provider.pbkdf2.one': Buffer.from('{"salt":1}').toString('base64') } }, 'is not what pbkdf2 stores'],
      [{ meta: { 'key_provider.pbkdf2.one': '!' } }, 'is no JSON object'],
    ]
    for (const [change, message] of changed) {
      writeFileSync(join(dir, 'terraform.tfstate'), JSON.stringify({ ...envelope, ...change }))
      expect(await refused(['plan'])).toContain(message)
    }
  })

  test('are not read with another passphrase, nor without any', async () => {
    configure(encryption(one + stateWith('aes_gcm.one')))
    await run(['apply'])
    const before = stored()
    configure(encryption(pbkdf2('one', 'another passphrase') + stateWith('aes_gcm.one')))
    const message = await refused(['apply', '-auto-approve'])
    expect(message).toContain('Decryption failed')
    expect(message).not.toContain('another passphrase')
    configure('')
    expect(await refused(['apply', '-auto-approve'])).toContain('The state file is encrypted')
    expect(stored()).toBe(before)
  })

  test('go from one key to another through a fallback, without any other change', async () => {
    configure(encryption(one + stateWith('aes_gcm.one')))
    await run(['apply'])
    configure(encryption(one + two + stateWith('aes_gcm.two')))
    expect(await refused(['plan'])).toContain('it was encrypted without the key provider key_provider.pbkdf2.two')
    configure(encryption(one + two + stateWith('aes_gcm.two', 'aes_gcm.one')))
    await run(['apply'])
    expect(decrypt(stored(), 'staple of another kind', 'key_provider.pbkdf2.two')).toContain(secret)
    expect(decrypt(stored('terraform.tfstate.backup'), 'staple of another kind', 'key_provider.pbkdf2.two')).toContain(secret)
    configure(encryption(two + stateWith('aes_gcm.two')))
    expect(await run(['plan'])).toContain('No changes.')
  })

  test('go from plain to encrypted and back', async () => {
    configure('')
    await run(['apply'])
    configure(encryption(one + stateWith('aes_gcm.one')))
    expect(await refused(['plan'])).toContain('Unencrypted data refused')
    configure(encryption(one + unencrypted + stateWith('aes_gcm.one', 'unencrypted.none')))
    await run(['apply'])
    expect(stored()).not.toContain(secret)
    expect(stored('terraform.tfstate.backup')).not.toContain(secret)
    configure(encryption(one + unencrypted + stateWith('unencrypted.none', 'aes_gcm.one')))
    await run(['apply'])
    expect(stored()).toContain(secret)
    configure('')
    expect(await run(['plan'])).toContain('No changes.')
  })

  test('are found under another name with encrypted_metadata_alias', async () => {
    configure(encryption(pbkdf2('one', 'correct horse battery', '      encrypted_metadata_alias = "shared"\n') + stateWith('aes_gcm.one')))
    await run(['apply'])
    expect(Object.keys((JSON.parse(stored()) as Envelope).meta)).toEqual(['shared'])
    configure(encryption(pbkdf2('two', 'correct horse battery', '      encrypted_metadata_alias = "shared"\n') + stateWith('aes_gcm.two')))
    expect(await run(['plan'])).toContain('No changes.')
  })

  test('get their passphrase from variables, locals and other key providers', async () => {
    const chain =
      '    key_provider "pbkdf2" "chained" {\n      chain = key_provider.pbkdf2.one\n      iterations = 200000\n      hash_function = "sha256"\n      key_length = 16\n    }\n    method "aes_gcm" "chained" {\n      keys = key_provider.pbkdf2.chained\n      aad = [1, 2, 255]\n    }\n'
    const text = `variable "phrase" {\n  sensitive = true\n}\nlocals {\n  whole = "\${var.phrase} and more"\n}\n${resource}`
    configure(encryption(one.replace('"correct horse battery"', 'local.whole') + chain + stateWith('aes_gcm.chained')), text)
    const environment = { TF_VAR_phrase: 'a secret phrase' }
    await run(['apply'], environment)
    expect(Object.keys((JSON.parse(stored()) as Envelope).meta)).toEqual(['key_provider.pbkdf2.one', 'key_provider.pbkdf2.chained'])
    expect(await run(['state', 'list'], environment)).toContain('terraform_data.a')
    expect(await refused(['plan'], { TF_VAR_phrase: 'another phrase!' })).toContain('Decryption failed')
    expect(await refused(['state', 'list'])).toContain('No value for required variable')
  })

  test('are read by terraform_remote_state where that is configured', async () => {
    configure(encryption(one + stateWith('aes_gcm.one')))
    await run(['apply'])
    const other = join(dir, 'other')
    const reader = `data "terraform_remote_state" "r" {\n  backend = "local"\n  config  = { path = "../terraform.tfstate" }\n}\noutput "read" {\n  value = data.terraform_remote_state.r.outputs.o\n}\n`
    const outer = dir
    dir = mkdtempSync(join(outer, 'other-'))
    configure('', reader)
    expect(await refused(['plan'])).toContain('The state file is encrypted')
    for (const source of ['default', 'remote_state_data_source "r"']) {
      configure(
        encryption(`${one}    remote_state_data_sources {\n      ${source} {\n        method = method.aes_gcm.one\n      }\n    }\n`),
        reader,
      )
      expect(await run(['apply'])).toContain(`read = "${secret}"`)
    }
    expect(existsSync(other)).toBe(false)
    dir = outer
  })

  test('of other configurations are read by what their data source is named for', async () => {
    configure(encryption(one + stateWith('aes_gcm.one')))
    await run(['apply'])
    const outer = dir
    dir = mkdtempSync(join(outer, 'other-'))
    const data = (name: string, extra = '') =>
      `data "terraform_remote_state" "${name}" {\n${extra}  backend = "local"\n  config  = { path = "../terraform.tfstate" }\n}\n`
    mkdirSync(join(dir, 'm'))
    writeFileSync(join(dir, 'm', 'main.tf'), data('inner'))
    const reader = `${data('r')}${data('many', '  count = 2\n')}module "m" {\n  source = "./m"\n  count  = 1\n}\n`
    const sources = (named: Readonly<Record<string, string>>): string => {
      const blocks = Object.entries(named).map(([name, method]) => {
        const header = name === '' ? 'default' : `remote_state_data_source "${name}"`
        return `      ${header} {\n        method = method.${method}\n      }\n`
      })
      return encryption(`${one}${two}    remote_state_data_sources {\n${blocks.join('')}    }\n`)
    }
    const right = 'aes_gcm.one'
    configure(sources({ '': 'aes_gcm.two', r: right, 'many[0]': right, 'many[1]': right, 'm[0].inner': right }), reader)
    await run(['init'])
    expect(await run(['plan'])).toContain('No changes.')
    configure(sources({ '': right, 'm[0].inner': 'aes_gcm.two' }), reader)
    expect(await refused(['plan'])).toContain('with module.m[0].data.terraform_remote_state.inner')
    configure(sources({ r: right, 'many[0]': right, 'm[0].inner': right }), reader)
    const said = await refused(['plan'])
    expect(said).toContain('with data.terraform_remote_state.many[1]')
    expect(said).not.toContain('with data.terraform_remote_state.many[0]')
    dir = outer
  })

  test('begin a workspace', async () => {
    configure(encryption(one + stateWith('aes_gcm.one')))
    await run(['apply'])
    writeFileSync(join(dir, 'kept.tfstate'), stored())
    await run(['workspace', 'new', '-state=kept.tfstate', 'blue'])
    expect(await run(['state', 'list'])).toBe('terraform_data.a\n')
    const written = readFileSync(join(dir, 'terraform.tfstate.d', 'blue', 'terraform.tfstate'), 'utf8')
    expect(JSON.parse(written)).toHaveProperty('encrypted_data')
    configure(encryption(pbkdf2('one', 'not the same phrase') + stateWith('aes_gcm.one')))
    expect(await refused(['workspace', 'new', '-state=kept.tfstate', 'green'])).toContain('cannot be decrypted')
  })

  test('are pushed, taken from a file and given to a new workspace', async () => {
    configure(encryption(one + stateWith('aes_gcm.one')))
    await run(['apply'])
    writeFileSync(join(dir, 'errored.tfstate'), stored())
    expect(await run(['show', 'errored.tfstate'])).toContain(secret)
    await run(['state', 'push', 'errored.tfstate'])
    await run(['state', 'mv', 'terraform_data.a', 'terraform_data.b'])
    expect(stored()).not.toContain(secret)
    expect(await run(['state', 'list'])).toBe('terraform_data.b\n')
  })
})

/**
 * A state that OpenTofu 1.11.5 wrote with the passphrase of its documentation, as published with the tests of Gitea (MIT licence,
 * tests/integration/api_packages_terraform_test.go).
 */
describe('a state of OpenTofu', () => {
  const published = readFileSync(new URL('./testdata/opentofu-1.11.5.tfstate', import.meta.url), 'utf8')
  const documented = (passphrase: string): string =>
    encryption(
      `    key_provider "pbkdf2" "foo" {\n      passphrase = "${passphrase}"\n    }\n    method "aes_gcm" "foo" {\n      keys = key_provider.pbkdf2.foo\n    }\n${stateWith('aes_gcm.foo')}`,
    )

  test('is read, and written in the same form', async () => {
    configure(documented('correct-horse-battery-staple'))
    writeFileSync(join(dir, 'terraform.tfstate'), published)
    expect(await run(['output', '-raw', 'secret_check'])).toBe('super-secret-12345')
    expect(JSON.parse(await run(['state', 'pull']))).toMatchObject({ lineage: '4dad5e35-cbd5-ca2f-3c20-97c5e13b7033' })
    await run(['state', 'rm', (await run(['state', 'list'])).split('\n')[0]!])
    const [theirs, ours] = [published, stored()].map((text) => JSON.parse(text) as Envelope)
    expect(Object.keys(ours!)).toEqual(Object.keys(theirs!))
    const metadata = ({ meta }: Envelope): unknown =>
      Object.entries(meta).map(([name, text]) => {
        const { salt, ...rest } = JSON.parse(Buffer.from(text, 'base64').toString()) as { salt: string }
        return [name, Buffer.from(salt, 'base64').length, JSON.stringify(rest)]
      })
    expect(metadata(ours!)).toEqual(metadata(theirs!))
  })

  test('is not read with another passphrase', async () => {
    configure(documented('correct-horse-battery-stable'))
    writeFileSync(join(dir, 'terraform.tfstate'), published)
    expect(await refused(['output'])).toContain('the key does not fit, or the data was changed')
  })
})

describe('plans', () => {
  const plans = encryption(`${one}${stateWith('aes_gcm.one')}    plan {\n      method = method.aes_gcm.one\n    }\n`)

  test('are encrypted, shown and applied', async () => {
    configure(plans)
    await run(['plan', '-out=p'])
    const envelope = JSON.parse(stored('p')) as Envelope
    expect(Object.keys(envelope)).toEqual(['meta', 'encrypted_data', 'encryption_version'])
    expect(await run(['show', 'p'])).toContain(secret)
    expect(await run(['show', '-json', 'p'])).toContain(secret)
    expect(await run(['graph', '-plan=p'])).toContain('terraform_data.a')
    await run(['apply', 'p'])
    expect(stored()).not.toContain(secret)
  })

  test('are not read without their key', async () => {
    configure(plans)
    await run(['plan', '-out=p'])
    configure('')
    expect(await refused(['apply', 'p'])).toContain('p is encrypted')
    configure('')
    await run(['plan', '-out=plain'])
    configure(plans)
    expect(await refused(['apply', 'plain'])).toContain('Unencrypted data refused')
  })
})

describe('TF_ENCRYPTION', () => {
  const state = 'state {\n  method = method.aes_gcm.one\n}\n'
  const json = JSON.stringify({
    key_provider: { pbkdf2: { one: { passphrase: 'correct horse battery', iterations: 200000, hash_function: 'sha256' } } },
    method: { aes_gcm: { one: { keys: '${key_provider.pbkdf2.one}' } } },
    state: { method: '${method.aes_gcm.one}' },
  })

  test.each([
    ['alone', '', one + state],
    ['within terraform', '', encryption(one + state)],
    ['as JSON', '', json],
    [
      'over the code',
      encryption(one.replace('correct horse battery', 'put here to be replaced') + stateWith('aes_gcm.one')),
      'key_provider "pbkdf2" "one" {\n  passphrase = "correct horse battery"\n}\n',
    ],
    ['that the code demands', encryption('    state {\n      enforced = true\n    }\n'), one + state],
  ])('%s', async (_name, code, text) => {
    configure(code)
    await run(['apply'], { TF_ENCRYPTION: text })
    expect(decrypt(stored(), 'correct horse battery', 'key_provider.pbkdf2.one')).toContain(secret)
    expect(await run(['state', 'pull'], { TF_ENCRYPTION: text })).toContain(secret)
  })
})

describe('external programs', () => {
  const program = (name: string, text: string): string => {
    const path = join(dir, name)
    writeFileSync(path, text)
    return `[${JSON.stringify(process.execPath)}, ${JSON.stringify(path)}]`
  }
  const read = "let text = ''\nprocess.stdin.on('data', (t) => { text += t })\nprocess.stdin.on('end', () => answer(JSON.parse(text)))\n"

  test('give keys', async () => {
    const command = program(
      'keys.cjs',
      `process.stdout.write('{"magic":"OpenTofu-External-Key-Provider","version":1}\\n')\n${read}const key = Buffer.alloc(32, 7).toString('base64')
function answer(meta) {
  if (meta !== null && meta.external_data.id !== 'k1') process.exit(3)
  const keys = { encryption_key: key, ...(meta === null ? {} : { decryption_key: key }) }
  process.stdout.write(JSON.stringify({ keys, meta: { external_data: { id: 'k1' } } }))
}\n`,
    )
    const block = `    key_provider "external" "e" {\n      command = ${command}\n    }\n    method "aes_gcm" "e" {\n      keys = key_provider.external.e\n    }\n`
    configure(encryption(block + stateWith('aes_gcm.e')))
    await run(['apply'])
    const { meta } = JSON.parse(stored()) as Envelope
    expect(Buffer.from(meta['key_provider.external.e']!, 'base64').toString()).toBe('{"external_data":{"id":"k1"}}')
    expect(await run(['plan'])).toContain('No changes.')
  })

  test('encrypt', async () => {
    const command = program(
      'method.cjs',
      `process.stdout.write('{"magic":"OpenTofu-External-Encryption-Method","version":1}\\n')\n${read}function answer({ key, payload }) {
  const bytes = Buffer.from(payload, 'base64')
  const by = Buffer.from(key, 'base64')[0]
  process.stdout.write(JSON.stringify({ payload: bytes.map((b) => b ^ by).toString('base64') }))
}\n`,
    )
    const block = `${one}    method "external" "e" {\n      keys = key_provider.pbkdf2.one\n      encrypt_command = ${command}\n      decrypt_command = ${command}\n    }\n`
    configure(encryption(block + stateWith('external.e')))
    await run(['apply'])
    expect(stored()).not.toContain(secret)
    expect(await run(['plan'])).toContain('No changes.')
  })

  test.each([
    ['process.exit(4)', 'failed: it ended with the status 4'],
    ["process.stdout.write('{}\\n{}')", 'did not begin its output with the line'],
    [`process.stdout.write('{"magic":"OpenTofu-External-Key-Provider","version":1}\\nnot JSON')`, 'did not write a JSON object'],
    [`process.stdout.write('{"magic":"OpenTofu-External-Key-Provider","version":1}\\n{"keys":{}}')`, 'has no "encryption_key" in "keys"'],
    [
      `process.stdout.write('{"magic":"OpenTofu-External-Key-Provider","version":1}\\n{"keys":{"encryption_key":"AAAA"}}')`,
      'the key has 3 bytes, and aes_gcm wants 16, 24 or 32',
    ],
  ])('that fail: %s', async (text, message) => {
    const block = `    key_provider "external" "e" {\n      command = ${program('bad.cjs', text)}\n    }\n    method "aes_gcm" "e" {\n      keys = key_provider.external.e\n    }\n`
    configure(encryption(block + stateWith('aes_gcm.e')))
    expect(await refused(['apply', '-auto-approve'])).toContain(message)
  })
})

describe('OpenBao', () => {
  const block = (more = '', length = 32): string =>
    `    key_provider "openbao" "b" {\n      key_name = "states"\n      key_length = ${length}\n${more}    }\n    method "aes_gcm" "b" {\n      keys = key_provider.openbao.b\n    }\n`
  const asked: { url: string; token: string | undefined; body: Record<string, unknown> }[] = []
  const key = Buffer.alloc(32, 9).toString('base64')
  let server: Server
  let environment: Record<string, string>
  beforeEach(async () => {
    asked.length = 0
    server = createServer((request, response) => {
      let text = ''
      request.on('data', (bytes: Buffer) => {
        text += bytes.toString()
      })
      request.on('end', () => {
        const body = JSON.parse(text) as Record<string, unknown>
        asked.push({ url: request.url!, token: request.headers['x-vault-token'] as string | undefined, body })
        const refused = request.headers['x-vault-token'] !== 'letmein' || (body.ciphertext ?? 'vault:v1:abc') !== 'vault:v1:abc'
        const data = request.url!.includes('/datakey/') ? { plaintext: key, ciphertext: 'vault:v1:abc' } : { plaintext: key }
        response.writeHead(refused ? 403 : 200).end(JSON.stringify(refused ? { errors: ['permission denied'] } : { data }))
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    environment = { BAO_ADDR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, BAO_TOKEN: 'letmein' }
  })
  afterEach(() => {
    server.close()
  })

  test('gives data keys and decrypts them', async () => {
    configure(encryption(block('      associated_data = base64encode("mine")\n') + stateWith('aes_gcm.b')))
    await run(['apply'], environment)
    const associated = { associated_data: Buffer.from('mine').toString('base64') }
    expect(asked).toEqual([{ url: '/v1/transit/datakey/plaintext/states', token: 'letmein', body: { bits: 256, ...associated } }])
    const { meta } = JSON.parse(stored()) as Envelope
    const kept = Buffer.from('vault:v1:abc').toString('base64')
    expect(Buffer.from(meta['key_provider.openbao.b']!, 'base64').toString()).toBe(`{"ciphertext":"${kept}"}`)
    asked.length = 0
    expect(await run(['plan'], environment)).toContain('No changes.')
    expect(asked).toEqual([{ url: '/v1/transit/decrypt/states', token: 'letmein', body: { ciphertext: 'vault:v1:abc', ...associated } }])
  })

  test('elsewhere, refused, not there', async () => {
    configure(encryption(block('      transit_engine_path = "/keys/of/us/"\n      token = "wrong-token"\n') + stateWith('aes_gcm.b')))
    const said = await refused(['apply', '-auto-approve'], environment)
    expect(said).toContain('answers 403: permission denied. Look at the argument "token" or the environment variable BAO_TOKEN')
    expect(said).not.toContain('wrong-token')
    expect(asked[0]!.url).toBe('/v1/keys/of/us/datakey/plaintext/states')
    configure(encryption(block() + stateWith('aes_gcm.b')))
    server.close()
    expect(await refused(['apply', '-auto-approve'], { ...environment, BAO_ADDR: 'http://127.0.0.1:1' })).toContain(
      'cannot be reached: connect ECONNREFUSED 127.0.0.1:1. Look at the argument "address" or the environment variable BAO_ADDR',
    )
  })

  test.each([
    [block('', 24), 'must be 16, 32 or 64'],
    [block('      address = "nowhere"\n'), 'must be a URL'],
    [block('      associated_data = "not base64!"\n'), 'must be in base64'],
    [block().replace('key_name = "states"', 'token = "x"'), 'The argument "key_name" is required'],
  ])('%s', async (text, problem) => {
    configure(encryption(text + stateWith('aes_gcm.b')))
    expect(await refused(['plan'], environment)).toContain(problem)
  })
})

describe('journals', () => {
  const state = (): State => readStateFile(decodedState).value!.state
  const decodedState = JSON.stringify({
    version: 4,
    terraform_version: '1.11.4',
    serial: 1,
    lineage: 'l',
    outputs: {},
    resources: [
      {
        mode: 'managed',
        type: 'terraform_data',
        name: 'a',
        provider: 'provider["terraform.io/builtin/terraform"]',
        instances: [{ schema_version: 0, attributes: { id: secret }, sensitive_attributes: [] }],
      },
    ],
    check_results: null,
  })
  const sealWith = (passphrase: string): Seal => {
    const diags = new Diagnostics()
    const blocks = parseEncryption(pbkdf2('one', passphrase) + stateWith('aes_gcm.one'), diags)
    const run = () => Promise.reject(new Error('not here'))
    const nobody = () => Promise.reject(new Error('nobody is asked'))
    const surroundings = {
      evaluate: (expr: Expr, _: string, found: Diagnostics) => evaluate(expr, undefined, found),
      run,
      send: nobody,
      aws: { generateDataKey: nobody, decrypt: nobody },
      readFile: () => undefined,
      environment: {},
    }
    const made = openEncryption(blocks, surroundings, diags)
    expect(diags.items).toEqual([])
    return made!.state!
  }

  test('are encrypted as the state is', async () => {
    const path = join(dir, 'j')
    const writer = await JournalWriter.begin(
      path,
      { place: 'p', lineage: '', serial: 0, contentHash: '' },
      undefined,
      sealWith('correct horse battery'),
    )
    await writer.append(changesToDelta(instanceDifferences(emptyState, state())))
    await writer.close()
    expect(stored('j')).not.toContain(secret)
    const journal = await readJournal(path, sealWith('correct horse battery'))
    expect(journal!.damaged).toBe(0)
    const builder = new StateBuilder(emptyState)
    for (const delta of journal!.deltas) replayDelta(builder, delta)
    expect(stateContentHash(builder.snapshot())).toBe(stateContentHash(state()))
    await expect(readJournal(path, sealWith('another passphrase'))).rejects.toThrow('Decryption failed')
    await expect(readJournal(path)).rejects.toThrow('Encrypted journal')
  })
})

describe('mistakes', () => {
  const provider = (type: string, args = ''): string =>
    `    key_provider "${type}" "k" {\n${args}    }\n    method "aes_gcm" "m" {\n      keys = key_provider.${type}.k\n    }\n${stateWith('aes_gcm.m')}`
  const long = '      passphrase = "sixteen letters!"\n'

  test.each<readonly [block: string, message: string]>([
    [provider('nope'), 'There is no key provider "nope"'],
    [provider('pbkdf2'), 'The argument "passphrase" is required'],
    [provider('pbkdf2', '      passphrase = "short"\n'), 'must have at least 16 characters'],
    [provider('pbkdf2', `${long}      iterations = 1000\n`), '"iterations" must be a whole number of at least 200000'],
    [provider('pbkdf2', `${long}      hash_function = "sha1"\n`), '"hash_function" must be "sha256" or "sha512"'],
    [provider('pbkdf2', `${long}      chain = key_provider.pbkdf2.k\n`), 'Only one of "passphrase" and "chain"'],
    [provider('pbkdf2', '      chain = key_provider.pbkdf2.k\n'), 'Circular key providers'],
    [provider('pbkdf2', `${long}      nope = 1\n`), 'An argument named "nope" is not expected here.'],
    [provider('pbkdf2', '      passphrase = terraform_data.a.id\n'), 'Unable to use terraform_data.a in static context'],
    [provider('external', '      command = []\n'), 'must be a list with a program'],
    ['    method "nope" "m" {}\n', 'There is no encryption method "nope"'],
    ['    method "aes_gcm" "m" {}\n', 'The argument "keys" is required'],
    ['    method "aes_gcm" "m" {\n      keys = key_provider.pbkdf2.nope\n    }\n', 'There is no block for key_provider.pbkdf2.nope.'],
    ['    method "aes_gcm" "m" {\n      keys = "x"\n    }\n', 'A reference like key_provider.TYPE.NAME is expected here.'],
    [stateWith('aes_gcm.nope'), 'There is no block for method.aes_gcm.nope.'],
    ['    state {}\n', 'Missing encryption method'],
    [
      `${unencrypted}    state {\n      method = method.unencrypted.none\n      enforced = true\n    }\n`,
      'Unencrypted method is forbidden',
    ],
    [
      `${one}${unencrypted}    state {\n      method = method.aes_gcm.one\n      enforced = true\n      fallback {\n        method = method.unencrypted.none\n      }\n    }\n`,
      'Unencrypted method is forbidden',
    ],
    [one + one, 'Duplicate key_provider'],
    [`${one}${stateWith('aes_gcm.one')}${stateWith('aes_gcm.one')}`, 'Duplicate state block'],
    ['    nope {}\n', 'Blocks of type "nope" are not expected here.'],
  ])('%s', async (block, message) => {
    configure(encryption(block))
    expect(await refused(['plan'])).toContain(message)
  })
})
