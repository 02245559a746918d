import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tlsProvider } from '../../../src/builtin/tls/index.ts'
import type { PlainObject } from '../../../src/providers/kit/index.ts'
import { configValue, Drive } from '../_drive.ts'

const has = (program: string, ...args: string[]) => spawnSync(program, args).error === undefined
const openssl = has('openssl', 'version')
const sshKeygen = has('ssh-keygen', '-?')

let now = new Date('2030-01-01T00:00:00Z')
let dir: string
let drive: Drive
const keys: Record<string, string> = {}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landform-tls-'))
  drive = await Drive.start(tlsProvider({ now: () => now }))
  for (const [name, config] of Object.entries(kinds)) keys[name] = (await key(config)).private_key_pem as string
})
afterAll(() => rmSync(dir, { recursive: true }))

const kinds: Readonly<Record<string, PlainObject>> = {
  RSA: { algorithm: 'RSA' },
  P224: { algorithm: 'ECDSA' },
  P256: { algorithm: 'ECDSA', ecdsa_curve: 'P256' },
  P384: { algorithm: 'ECDSA', ecdsa_curve: 'P384' },
  P521: { algorithm: 'ECDSA', ecdsa_curve: 'P521' },
  ED25519: { algorithm: 'ED25519' },
}

async function key(config: PlainObject): Promise<PlainObject> {
  const { object, errors } = await drive.apply('tls_private_key', config)
  expect(errors).toEqual([])
  return object
}

function file(name: string, text: string): string {
  const path = join(dir, name)
  writeFileSync(path, text, { mode: 0o600 })
  chmodSync(path, 0o600)
  return path
}

describe.each(Object.keys(kinds))('a private key: %s', (name) => {
  test('has all its notations of one key', async () => {
    const object = await key(kinds[name]!)
    const own = createPublicKey(object.public_key_pem as string)
    const spki = (k: ReturnType<typeof createPublicKey>) => k.export({ format: 'der', type: 'spki' }).toString('hex')
    for (const notation of ['private_key_pem', 'private_key_pem_pkcs8']) {
      expect(spki(createPublicKey(createPrivateKey(object[notation] as string)))).toBe(spki(own))
    }
    expect(object.private_key_pem).toMatch(
      { R: /^-----BEGIN RSA PRIVATE KEY/, P: /^-----BEGIN EC PRIVATE KEY/, E: /^-----BEGIN PRIVATE KEY/ }[name[0]!]!,
    )
    expect(object.id).toMatch(/^[0-9a-f]{40}$/)
    if (name === 'P224')
      expect([
        object.public_key_openssh,
        object.private_key_openssh,
        object.public_key_fingerprint_md5,
        object.public_key_fingerprint_sha256,
      ]).toEqual(['', '', '', ''])
    const read = (config: PlainObject) => drive.data('tls_public_key', config)
    const expected = {
      id: object.id,
      public_key_pem: object.public_key_pem,
      public_key_openssh: object.public_key_openssh,
      public_key_fingerprint_sha256: object.public_key_fingerprint_sha256,
    }
    expect((await read({ private_key_pem: object.private_key_pem! })).object).toMatchObject(expected)
    if (name !== 'P224') expect((await read({ private_key_openssh: object.private_key_openssh! })).object).toMatchObject(expected)
  })

  test.skipIf(!sshKeygen || name === 'P224')('is understood by OpenSSH (needs ssh-keygen)', async () => {
    const object = await key(kinds[name]!)
    const path = file(`ssh-${name}`, object.private_key_openssh as string)
    const derived = execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' })
    expect(derived.split(' ').slice(0, 2).join(' ').trim()).toBe((object.public_key_openssh as string).trim())
    const fingerprint = (hash: string) => execFileSync('ssh-keygen', ['-l', '-E', hash, '-f', path], { encoding: 'utf8' }).split(' ')[1]
    expect(fingerprint('sha256')).toBe(object.public_key_fingerprint_sha256)
    expect(fingerprint('md5')).toBe(`MD5:${String(object.public_key_fingerprint_md5)}`)
  })

  test.skipIf(!openssl)('signs itself a certificate that OpenSSL verifies (needs openssl)', async () => {
    const config = {
      private_key_pem: keys[name]!,
      validity_period_hours: 24,
      allowed_uses: ['cert_signing', 'digital_signature'],
      is_ca_certificate: true,
      subject: [{ common_name: 'ca' }],
    }
    const { object, errors } = await drive.apply('tls_self_signed_cert', config)
    expect(errors).toEqual([])
    const path = file(`ca-${name}.pem`, object.cert_pem as string)
    const verified = spawnSync(
      'openssl',
      ['verify', '-attime', String(now.getTime() / 1000 + 60), '-check_ss_sig', '-CAfile', path, path],
      { encoding: 'utf8' },
    )
    expect(verified.stdout).toContain('OK')
    expect(object.key_algorithm).toBe({ R: 'RSA', P: 'ECDSA', E: 'ED25519' }[name[0]!])
  })
})

test('sizes of RSA keys', async () => {
  const { private_key_pem: pem } = await key({ algorithm: 'RSA', rsa_bits: 1024 })
  expect(createPrivateKey(pem as string).asymmetricKeyDetails!.modulusLength).toBe(1024)
})

describe('a self-signed certificate', () => {
  const config: PlainObject = {
    private_key_pem: 'KEY',
    validity_period_hours: 12,
    early_renewal_hours: 3,
    allowed_uses: ['key_encipherment', 'digital_signature', 'server_auth', 'decipher_only', 'any_extended'],
    dns_names: ['example.com', '*.example.com'],
    ip_addresses: ['127.0.0.1', '2001:db8::ff00:42'],
    uris: ['spiffe://example/x'],
    set_subject_key_id: true,
    set_authority_key_id: true,
    subject: [
      {
        common_name: 'Exämple',
        organization: 'ACME, Inc',
        organizational_unit: 'ops',
        country: 'DE',
        province: 'BE',
        locality: 'Berlin',
        postal_code: '10115',
        street_address: ['A 1', 'B 2'],
        serial_number: '7',
        email_address: 'ops@example.com',
      },
    ],
  }
  const made = () => drive.apply('tls_self_signed_cert', { ...config, private_key_pem: keys.P256! })

  test('says what it was asked to', async () => {
    const { object, errors } = await made()
    expect(errors).toEqual([])
    expect(object).toMatchObject({
      validity_start_time: '2030-01-01T00:00:00Z',
      validity_end_time: '2030-01-01T12:00:00Z',
      ready_for_renewal: false,
      key_algorithm: 'ECDSA',
    })
    const certificate = new X509Certificate(object.cert_pem as string)
    expect(certificate.subject.split('\n').map((line) => line.split('=').at(-1))).toEqual([
      'DE',
      'ACME\\, Inc',
      'ops',
      'Berlin',
      'BE',
      'B 2',
      '10115',
      'Exämple',
      '7',
      'ops@example.com',
    ])
    expect(certificate.subjectAltName).toBe(
      'DNS:example.com, DNS:*.example.com, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:FF00:42, URI:spiffe://example/x',
    )
    expect([certificate.ca, BigInt(`0x${certificate.serialNumber}`).toString()]).toEqual([false, object.id])
    expect(certificate.verify(createPublicKey(keys.P256!))).toBe(true)
    expect(certificate.keyUsage).toContain('1.3.6.1.5.5.7.3.1')
  })

  test.skipIf(!openssl)('is what OpenSSL reads (needs openssl)', async () => {
    const { object } = await made()
    const text = execFileSync('openssl', ['x509', '-noout', '-text', '-in', file('self.pem', object.cert_pem as string)], {
      encoding: 'utf8',
    })
    for (const part of [
      'X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment, Decipher Only',
      'TLS Web Server Authentication, Any Extended Key Usage',
      'X509v3 Basic Constraints: critical\n                CA:FALSE',
      'X509v3 Subject Key Identifier',
      'X509v3 Authority Key Identifier',
    ]) {
      expect(text).toContain(part)
    }
  })

  test('is due from its early renewal on, and then replaced', async () => {
    const whole = { ...config, private_key_pem: keys.P256! }
    const { value } = await made()
    for (const [time, due] of [
      ['2030-01-01T08:59:59Z', false],
      ['2030-01-01T09:00:00Z', true],
      ['2031-01-01T00:00:00Z', true],
    ] as const) {
      now = new Date(time)
      expect((await drive.read('tls_self_signed_cert', value))!.ready_for_renewal).toBe(due)
    }
    const { newState } = await drive.provider.readResource({ typeName: 'tls_self_signed_cert', prior: value, private: undefined })
    expect((await drive.plan('tls_self_signed_cert', whole, newState)).replace).toEqual(['.ready_for_renewal'])
    now = new Date('2030-01-01T00:00:00Z')
    // Another time of renewal is no new certificate.
    expect((await drive.plan('tls_self_signed_cert', { ...whole, early_renewal_hours: 1 }, value)).replace).toEqual([])
    expect((await drive.plan('tls_self_signed_cert', { ...whole, subject: [{ common_name: 'x' }] }, value)).replace).toEqual(['.subject'])
  })

  test('has critical names when it has no subject', async () => {
    const { object } = await drive.apply('tls_self_signed_cert', {
      private_key_pem: keys.ED25519!,
      validity_period_hours: 1,
      allowed_uses: [],
      dns_names: ['a.test'],
    })
    const certificate = new X509Certificate(object.cert_pem as string)
    expect([certificate.subject ?? '', certificate.subjectAltName, certificate.checkHost('a.test')]).toEqual(['', 'DNS:a.test', 'a.test'])
  })

  test.each<[PlainObject, string]>([
    [{ allowed_uses: ['everything'] }, 'Attribute allowed_uses has the value "everything", which is none of any_extended, '],
    [{ ip_addresses: ['example.com'] }, 'Attribute ip_addresses has the value "example.com", which is no IP address'],
    [{ validity_period_hours: -1 }, 'Attribute validity_period_hours value must be at least 0, got: -1'],
  ])('%j is refused', async (change, want) => {
    expect(await drive.validate('tls_self_signed_cert', { ...config, ...change })).toEqual([expect.stringContaining(want)])
  })

  test('a key that is none is refused without showing it', async () => {
    const { errors } = await drive.apply('tls_self_signed_cert', { ...config, private_key_pem: 'not-a-key-but-secret' })
    expect(errors).toEqual([
      'Failed to parse private key PEM: The value of "private_key_pem" is not an unencrypted private key in a notation that is supported.',
    ])
  })
})

describe('a certificate of an authority', () => {
  let ca: PlainObject
  const request = async (name: string) =>
    (
      await drive.apply('tls_cert_request', {
        private_key_pem: keys[name]!,
        dns_names: ['leaf.test'],
        ip_addresses: ['10.0.0.1'],
        subject: [{ common_name: 'leaf' }],
      })
    ).object
  beforeAll(async () => {
    ca = (
      await drive.apply('tls_self_signed_cert', {
        private_key_pem: keys.RSA!,
        validity_period_hours: 48,
        allowed_uses: ['cert_signing'],
        is_ca_certificate: true,
        subject: [{ common_name: 'root', country: 'DE' }],
      })
    ).object
  })
  const signed = (csr: PlainObject, change: PlainObject = {}) =>
    drive.apply('tls_locally_signed_cert', {
      cert_request_pem: csr.cert_request_pem!,
      ca_cert_pem: ca.cert_pem!,
      ca_private_key_pem: keys.RSA!,
      validity_period_hours: 2,
      allowed_uses: ['server_auth'],
      ...change,
    })

  test.each(Object.keys(kinds))('for a key of the kind %s', async (name) => {
    const csr = await request(name)
    const { object, errors } = await signed(csr)
    expect(errors).toEqual([])
    expect(object.ca_key_algorithm).toBe('RSA')
    const [certificate, root] = [new X509Certificate(object.cert_pem as string), new X509Certificate(ca.cert_pem as string)]
    expect([certificate.checkIssued(root), certificate.verify(root.publicKey), certificate.subject, certificate.subjectAltName]).toEqual([
      true,
      true,
      'CN=leaf',
      'DNS:leaf.test, IP Address:10.0.0.1',
    ])
  })

  test.skipIf(!openssl)('passes the checks of OpenSSL (needs openssl)', async () => {
    const csr = await request('P384')
    const checked = spawnSync('openssl', ['req', '-verify', '-noout', '-in', file('leaf.csr', csr.cert_request_pem as string)], {
      encoding: 'utf8',
    })
    expect(checked.stdout + checked.stderr).toMatch(/verify OK/i)
    const { object } = await signed(csr, { set_subject_key_id: true })
    const verified = spawnSync(
      'openssl',
      [
        'verify',
        '-x509_strict',
        '-attime',
        String(now.getTime() / 1000 + 60),
        '-CAfile',
        file('root.pem', ca.cert_pem as string),
        file('leaf.pem', object.cert_pem as string),
      ],
      { encoding: 'utf8' },
    )
    expect(verified.stdout + verified.stderr).toContain('leaf.pem: OK')
  })

  test('a request of OpenSSL is signed, too (needs openssl)', async ({ skip }) => {
    if (!openssl) skip()
    const pem = execFileSync(
      'openssl',
      [
        'req',
        '-new',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        join(dir, 'o.key'),
        '-subj',
        '/CN=other',
        '-addext',
        'subjectAltName=DNS:o.test',
        '-outform',
        'PEM',
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    const { object } = await signed({ cert_request_pem: pem })
    expect(new X509Certificate(object.cert_pem as string).subjectAltName).toBe('DNS:o.test')
  })

  test('what does not fit is refused', async () => {
    const csr = await request('P256')
    expect((await signed(csr, { ca_private_key_pem: keys.P256! })).errors).toEqual([expect.stringContaining('Key of another authority')])
    expect((await signed({ cert_request_pem: 'x' })).errors).toEqual([
      'Failed to parse certificate request PEM: The value of "cert_request_pem" is not a certificate request: it has no such PEM block.',
    ])
    expect((await signed(csr, { ca_cert_pem: 'x' })).errors).toEqual([
      'Failed to parse CA certificate PEM: The value of "ca_cert_pem" is not a certificate in PEM.',
    ])
    const bytes = Buffer.from((csr.cert_request_pem as string).split('\n').slice(1, -2).join(''), 'base64')
    bytes[bytes.length - 1]! ^= 1
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    expect((await signed({ cert_request_pem: forged })).errors).toEqual([expect.stringContaining('its signature is not that of its key')])
  })

  test('is read from a server with its chain, the root first', async () => {
    now = new Date()
    const root = (
      await drive.apply('tls_self_signed_cert', {
        private_key_pem: keys.RSA!,
        validity_period_hours: 48,
        allowed_uses: ['cert_signing'],
        is_ca_certificate: true,
        subject: [{ common_name: 'root', organization: 'ACME, Inc' }],
      })
    ).object
    const csr = await request('P256')
    const leaf = (
      await drive.apply('tls_locally_signed_cert', {
        cert_request_pem: csr.cert_request_pem!,
        ca_cert_pem: root.cert_pem!,
        ca_private_key_pem: keys.RSA!,
        validity_period_hours: 2,
        allowed_uses: ['server_auth'],
      })
    ).object
    const chain = `${String(leaf.cert_pem)}${String(root.cert_pem)}`
    const server = createServer({ key: keys.P256!, cert: chain }, (socket) => socket.end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
      const { object, errors } = await drive.data('tls_certificate', { url, verify_chain: false })
      expect(errors).toEqual([])
      const [first, second] = object.certificates as unknown as [PlainObject, PlainObject]
      expect(first).toMatchObject({
        subject: 'CN=root,O=ACME\\, Inc',
        is_ca: true,
        public_key_algorithm: 'RSA',
        signature_algorithm: 'SHA256-RSA',
        version: 3,
        serial_number: root.id,
        cert_pem: root.cert_pem,
      })
      expect(second).toMatchObject({
        subject: 'CN=leaf',
        issuer: 'CN=root,O=ACME\\, Inc',
        is_ca: false,
        public_key_algorithm: 'ECDSA',
        not_after: leaf.validity_end_time,
      })
      expect((await drive.data('tls_certificate', { url })).errors).toEqual([
        expect.stringContaining('Unable to execute a TLS handshake with 127.0.0.1:'),
      ])
      const read = await drive.data('tls_certificate', { content: chain })
      expect((read.object.certificates as unknown as PlainObject[]).map((c) => c.subject)).toEqual(['CN=leaf', 'CN=root,O=ACME\\, Inc'])
      expect((await drive.data('tls_certificate', { content: 'x' })).errors).toEqual([expect.stringContaining('it holds no PEM block')])
    } finally {
      server.close()
      now = new Date('2030-01-01T00:00:00Z')
    }
  })
})

const caConfig = { validity_period_hours: 48, allowed_uses: ['cert_signing'], is_ca_certificate: true, subject: [{ common_name: 'root' }] }

describe('the length of a path', () => {
  test.each([
    [{}, -1],
    [{ max_path_length: -1 }, -1],
    [{ max_path_length: 0 }, 0],
    [{ max_path_length: 300 }, 300],
    [{ max_path_length: 1, is_ca_certificate: false }, -1],
  ])('%j', async (change, want) => {
    const { object, errors } = await drive.apply('tls_self_signed_cert', { private_key_pem: keys.P256!, ...caConfig, ...change })
    expect(errors).toEqual([])
    const read = await drive.data('tls_certificate', { content: object.cert_pem! })
    expect((read.object.certificates as unknown as PlainObject[])[0]!.max_path_length).toBe(want)
  })

  test('no limit is the same as -1, everything else makes a new certificate', async () => {
    const config = { private_key_pem: keys.P256!, ...caConfig }
    const former = await Drive.start(tlsProvider({ now: () => now, version: '4.2.0' }))
    const { value, object } = await former.apply('tls_self_signed_cert', config)
    expect(object.max_path_length).toBe(-1)
    expect((await drive.plan('tls_self_signed_cert', config, value)).replace).toEqual([])
    expect((await drive.plan('tls_self_signed_cert', { ...config, max_path_length: 0 }, value)).replace).toEqual(['.max_path_length'])
  })

  test('below -1 is refused', async () => {
    expect(await drive.validate('tls_self_signed_cert', { private_key_pem: 'x', ...caConfig, max_path_length: -2 })).toEqual([
      'Invalid Attribute Value: Attribute max_path_length value must be at least -1, got: -2',
    ])
  })
})

describe('a key that is not stored', () => {
  const given = { private_key_pem_wo: '', private_key_pem_wo_version: 1 }
  test.each<[string, PlainObject]>([
    ['tls_self_signed_cert', caConfig],
    ['tls_cert_request', { subject: [{ common_name: 'x' }] }],
  ])('signs a %s', async (type, config) => {
    const whole = { ...config, ...given, private_key_pem_wo: keys.P256! }
    const { object, value, errors } = await drive.apply(type, whole)
    expect([errors, object.private_key_pem, object.private_key_pem_wo, object.key_algorithm]).toEqual([[], null, null, 'ECDSA'])
    // Another key is not seen; another version is.
    expect((await drive.plan(type, { ...whole, private_key_pem_wo: keys.RSA! }, value)).replace).toEqual([])
    expect((await drive.plan(type, { ...whole, private_key_pem_wo_version: 2 }, value)).replace).toEqual(['.private_key_pem_wo_version'])
  })

  test('signs a certificate for a request', async () => {
    const ca = (await drive.apply('tls_self_signed_cert', { ...caConfig, private_key_pem: keys.RSA! })).object
    const csr = (await drive.apply('tls_cert_request', { private_key_pem: keys.P256! })).object
    const { object, errors } = await drive.apply('tls_locally_signed_cert', {
      cert_request_pem: csr.cert_request_pem!,
      ca_cert_pem: ca.cert_pem!,
      ca_private_key_pem_wo: keys.RSA!,
      ca_private_key_pem_wo_version: 1,
      validity_period_hours: 1,
      allowed_uses: [],
    })
    expect([errors, object.ca_private_key_pem_wo, object.ca_key_algorithm]).toEqual([[], null, 'RSA'])
    expect(new X509Certificate(object.cert_pem as string).checkIssued(new X509Certificate(ca.cert_pem as string))).toBe(true)
  })

  test.each<[PlainObject, string]>([
    [{}, 'No attribute specified when one (and only one) of "private_key_pem", "private_key_pem_wo" is required'],
    [
      { private_key_pem: 'x', ...given },
      '2 attributes specified when one (and only one) of "private_key_pem", "private_key_pem_wo" is required',
    ],
    [{ private_key_pem_wo: 'x' }, 'Attribute "private_key_pem_wo_version" must be specified when "private_key_pem_wo" is specified'],
    [
      { private_key_pem: 'x', private_key_pem_wo_version: 1 },
      'Attribute "private_key_pem_wo" must be specified when "private_key_pem_wo_version" is specified',
    ],
  ])('%j is refused', async (config, want) => {
    expect(await drive.validate('tls_cert_request', config)).toEqual([`Invalid Attribute Combination: ${want}`])
  })
})

test('a state of version 0 gets the notations it did not have', async () => {
  const stored = { json: JSON.stringify({ id: 'x', algorithm: 'ED25519', private_key_pem: keys.ED25519 }) }
  const { value } = await drive.provider.upgradeResourceState({ typeName: 'tls_private_key', version: 0, stored })
  expect(value.getAttr('public_key_openssh').asString()).toMatch(/^ssh-ed25519 /)
})

test('the ephemeral key is a new one each time', async () => {
  const { block } = drive.provider.schema().ephemeralResource!('tls_private_key')!
  const { value, diags } = await drive.provider.openEphemeralResource!({
    typeName: 'tls_private_key',
    config: configValue(block, { algorithm: 'ED25519' }),
  })
  expect(diags).toEqual([])
  expect(value.getAttr('private_key_pem').asString()).toMatch(/PRIVATE KEY/)
})

test.each(['private_key_pem', 'private_key_openssh'])('the ephemeral public key is that of the key in %s', async (argument) => {
  const made = await key({ algorithm: 'ED25519' })
  const { block } = drive.provider.schema().ephemeralResource!('tls_public_key')!
  const { value, diags } = await drive.provider.openEphemeralResource!({
    typeName: 'tls_public_key',
    config: configValue(block, { [argument]: made[argument]! }),
  })
  expect(diags).toEqual([])
  const names = ['id', 'public_key_pem', 'public_key_openssh', 'public_key_fingerprint_md5', 'public_key_fingerprint_sha256']
  expect(names.map((name) => value.getAttr(name).asString())).toEqual(names.map((name) => made[name]))
  expect(value.getAttr('algorithm').asString()).toBe('ED25519')
})

test('the ephemeral public key needs one key', () => {
  const { block } = drive.provider.schema().ephemeralResource!('tls_public_key')!
  const checked = (config: PlainObject) =>
    drive.provider.validateEphemeralConfig!({ typeName: 'tls_public_key', config: configValue(block, config) })
  expect(checked({})).toMatchObject({ diags: [{ summary: 'Invalid Attribute Combination' }] })
  expect(checked({ private_key_pem: 'x', private_key_openssh: 'y' })).toMatchObject({
    diags: [{ summary: 'Invalid Attribute Combination' }],
  })
})

test('secrets are marked', () => {
  const schema = drive.provider.schema()
  const secrets = schema.resourceNames().flatMap((name) =>
    Object.entries(schema.resource(name)!.block.attributes)
      .filter(([, a]) => a.sensitive)
      .map(([attribute]) => `${name}.${attribute}`),
  )
  expect(secrets).toEqual([
    'tls_cert_request.private_key_pem',
    'tls_cert_request.private_key_pem_wo',
    'tls_locally_signed_cert.ca_private_key_pem',
    'tls_locally_signed_cert.ca_private_key_pem_wo',
    'tls_private_key.private_key_pem',
    'tls_private_key.private_key_openssh',
    'tls_private_key.private_key_pem_pkcs8',
    'tls_self_signed_cert.private_key_pem',
    'tls_self_signed_cert.private_key_pem_wo',
  ])
})
