import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verifyDetached } from '../../src/registry/openpgp.ts'
import { detachedSignature, newSigningKey } from './_openpgp-sign.ts'

const data = join(import.meta.dirname, 'testdata')
const document = readFileSync(join(data, 'SHASUMS'))
const key = (name: string): string => readFileSync(join(data, `${name}.asc`), 'utf8')
const signature = (name: string): Buffer => readFileSync(join(data, `${name}.sig`))
const now = new Date('2027-01-01')

/** Keys and signatures in `testdata` were made by GnuPG 2.2; `sub` signs with a subkey, `ed.asc` holds two keys. */
describe('signatures by gpg', () => {
  test.each<[signer: string, keys: string, want: object]>([
    ['rsa', 'rsa', { kind: 'good', keyId: 'CF8A60E1E6647CE9', expired: false }],
    ['ed', 'ed', { kind: 'good', keyId: '8AC6D0D4EFC3DFAE', expired: false }],
    ['ecdsa', 'ecdsa', { kind: 'good', keyId: '9ABC2F639B8761BC', expired: false }],
    ['sub', 'sub', { kind: 'good', expired: false }],
    ['expired', 'expired', { kind: 'good', keyId: 'E90324D388458B99', expired: true }],
    ['other', 'rsa', { kind: 'unknownIssuer' }],
    ['rsa', 'ed', { kind: 'unknownIssuer' }],
  ])('by %s, checked with the key of %s', (signer, keys, want) => {
    expect(verifyDetached(key(keys), document, signature(signer), now)).toMatchObject(want)
  })

  test.each(['rsa', 'ed', 'ecdsa', 'sub'])('%s over other bytes is bad', (name) => {
    const changed = Buffer.from(document)
    changed[3] = changed[3]! ^ 1
    expect(verifyDetached(key(name), changed, signature(name), now).kind).toBe('bad')
  })

  test.each(['rsa', 'ed', 'ecdsa', 'sub'])('%s with any byte changed is never good', (name) => {
    const good = signature(name)
    for (let i = 0; i < good.length; i++) {
      const changed = Buffer.from(good)
      changed[i] = changed[i]! ^ 0x40
      const verdict = verifyDetached(key(name), document, changed, now)
      // What is not hashed names the issuer for convenience; it proves nothing either way.
      if (verdict.kind === 'good') expect(verdict).toMatchObject({ keyId: expect.stringMatching(/^[0-9A-F]{16}$/) })
    }
    for (let length = 0; length < good.length; length++) {
      expect(verifyDetached(key(name), document, good.subarray(0, length), now).kind).not.toBe('good')
    }
  })
})

describe('signatures by the signer of the tests', () => {
  test('are good, expire with their key, and belong to no other', () => {
    const [mine, other] = [newSigningKey('mine'), newSigningKey('other')]
    const text = Buffer.from('text')
    expect(verifyDetached(mine.armor, text, detachedSignature(mine, text))).toMatchObject({
      kind: 'good',
      keyId: mine.keyId,
      expired: false,
    })
    expect(verifyDetached(other.armor, text, detachedSignature(mine, text))).toEqual({ kind: 'unknownIssuer' })
    const short = newSigningKey('short', 60)
    expect(verifyDetached(short.armor, text, detachedSignature(short, text))).toMatchObject({ kind: 'good', expired: true })
  })

  test('a key whose user id was not signed by itself does not count', () => {
    const mine = newSigningKey('mine')
    const broken = mine.armor.replace(/[A-Za-z0-9+/]{8}(?=[A-Za-z0-9+/=]*\n=)/, 'AAAAAAAA')
    expect(verifyDetached(broken, Buffer.from('x'), detachedSignature(mine, 'x')).kind).not.toBe('good')
  })

  test.each([
    ['', 'an armored OpenPGP block cannot be read'],
    ['-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP', 'damaged'],
  ])('what is no key: %j', (armor, problem) => {
    expect(verifyDetached(armor, Buffer.from('x'), detachedSignature(newSigningKey('a'), 'x'))).toMatchObject({
      kind: 'bad',
      problem: expect.stringContaining(problem),
    })
  })
})

function hasGpg(): boolean {
  try {
    execFileSync('gpg', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.skipIf(!hasGpg())('gpg as a judge (skipped where it is not installed)', () => {
  test('it accepts what the signer of the tests makes', () => {
    const home = mkdtempSync(join(tmpdir(), 'lf-gpg-'))
    try {
      const mine = newSigningKey('mine')
      writeFileSync(join(home, 'key.asc'), mine.armor)
      writeFileSync(join(home, 'doc'), 'text')
      writeFileSync(join(home, 'doc.sig'), detachedSignature(mine, 'text'))
      const gpg = (...args: string[]): string =>
        execFileSync('gpg', ['--homedir', home, '--batch', '--no-autostart', '--status-fd', '1', ...args], {
          stdio: ['ignore', 'pipe', 'ignore'],
        }).toString()
      gpg('--import', join(home, 'key.asc'))
      expect(gpg('--verify', join(home, 'doc.sig'), join(home, 'doc'))).toContain(`GOODSIG ${mine.keyId}`)
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })
})
