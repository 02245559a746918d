import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { authenticateRelease, authenticationText } from '../../src/registry/authentication.ts'
import { dearmor, verifyDetached } from '../../src/registry/openpgp.ts'
import { partnersKey } from '../../src/registry/partner-key.ts'
import { detachedSignature, newSigningKey, type SigningKey } from './_openpgp-sign.ts'

const [partners, author, stranger] = [newSigningKey('partners'), newSigningKey('author'), newSigningKey('stranger')]
const shasum = createHash('sha256').update('archive').digest('hex')
const checksums = Buffer.from(`${shasum}  a.zip\n`)

/** The armored signature of somebody over a key. */
function trustBy(signer: SigningKey, key: SigningKey): string {
  const text = detachedSignature(signer, dearmor(key.armor))
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')
  return `-----BEGIN PGP SIGNATURE-----\n\n${text}-----END PGP SIGNATURE-----\n`
}

function authenticated(trustSignature: string, keys = [{ armor: author.armor, trustSignature }]): string {
  const release = { filename: 'a.zip', shasum, checksums, signature: detachedSignature(author, checksums), keys, partners: partners.armor }
  return authenticationText(authenticateRelease(release).authentication)
}

describe('who has signed a release', () => {
  test.each<{ name: string; trust: string; want: string }>([
    { name: 'nobody vouches for the author', trust: '', want: `self-signed, key ID ${author.keyId}` },
    {
      name: 'HashiCorp vouches for the author',
      trust: trustBy(partners, author),
      want: `signed by a HashiCorp partner, key ID ${author.keyId}`,
    },
  ])('$name', ({ trust, want }) => {
    expect(authenticated(trust)).toBe(want)
  })

  test('other keys of the registry, which do not fit, have no say', () => {
    const keys = [
      { armor: stranger.armor, trustSignature: 'nonsense' },
      { armor: author.armor, trustSignature: trustBy(partners, author) },
    ]
    expect(authenticated('', keys)).toBe(`signed by a HashiCorp partner, key ID ${author.keyId}`)
  })

  test.each<{ name: string; trust: string; want: RegExp }>([
    { name: 'by a stranger', trust: trustBy(stranger, author), want: /^error verifying trust signature: it was made by another key/ },
    { name: 'by the author', trust: trustBy(author, author), want: /^error verifying trust signature: it was made by another key/ },
    { name: 'over another key', trust: trustBy(partners, stranger), want: /^error verifying trust signature: the signature does not fit/ },
    { name: 'that is none', trust: 'nonsense', want: /^error verifying trust signature: / },
  ])('a certificate $name is refused', ({ trust, want }) => {
    expect(() => authenticated(trust)).toThrow(expect.objectContaining({ message: expect.stringMatching(want) }))
  })

  test('the key of HashiCorp for partners can be read', () => {
    const signature = detachedSignature(author, checksums)
    expect(verifyDetached(partnersKey, checksums, signature)).toEqual({ kind: 'unknownIssuer' })
    const body = dearmor(partnersKey)
    // The first packet is the key, with a length of two bytes.
    const length = body.readUInt16BE(1)
    const fingerprint = createHash('sha1')
      .update(Buffer.from([0x99, length >> 8, length & 255]))
      .update(body.subarray(3, 3 + length))
      .digest('hex')
    expect(fingerprint.toUpperCase()).toBe('51890657C5ACDB4B823086567D72D4268E4660FC')
  })
})
