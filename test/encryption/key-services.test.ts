import {
  constants,
  createCipheriv,
  createDecipheriv,
  createVerify,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KMS } from '@aws-sdk/client-kms'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { motoProgram, startMoto } from '../aws/_moto.ts'
import { runIn } from '../support/in-process.ts'

const secret = 'what-the-state-holds'
const resource = `output "o" {\n  value = "${secret}"\n}\n`

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-key-services-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

type Environment = Readonly<Record<string, string>>
/** Nothing of whoever runs the tests. */
const nobody: Environment = { HOME: '/nonexistent', GCE_METADATA_HOST: '127.0.0.1:1' }

/** A state that is encrypted with a key of a provider of this type. */
const configure = (type: string, body: string): void =>
  writeFileSync(
    join(dir, 'main.tf'),
    `terraform {\n  encryption {\n    key_provider "${type}" "k" {\n${body}\n    }\n    method "aes_gcm" "m" {\n      keys = key_provider.${type}.k\n    }\n    state {\n      method = method.aes_gcm.m\n    }\n  }\n}\n${resource}`,
  )
const run = async (argv: readonly string[], environment: Environment): Promise<string> => {
  const { code, stdout, stderr } = await runIn(dir, [...argv, ...(argv[0] === 'apply' ? ['-auto-approve'] : []), '-no-color'], {
    environment: { ...nobody, ...environment },
  })
  expect(code, stdout + stderr).toBe(0)
  return stdout
}
const refused = async (argv: readonly string[], environment: Environment): Promise<string> => {
  const { code, stdout, stderr } = await runIn(dir, [...argv, '-no-color'], { environment: { ...nobody, ...environment } })
  expect(code, stdout + stderr).toBe(1)
  return (stdout + stderr).replace(/[\s│╷╵]+/g, ' ')
}
/** What is stored beside the state for the key provider. */
const kept = (type: string): Record<string, string | null> => {
  const text = readFileSync(join(dir, 'terraform.tfstate'), 'utf8')
  expect(text).not.toContain(secret)
  const { meta } = JSON.parse(text) as { meta: Record<string, string> }
  expect(Object.keys(meta)).toEqual([`key_provider.${type}.k`])
  return JSON.parse(Buffer.from(meta[`key_provider.${type}.k`]!, 'base64').toString()) as Record<string, string>
}

describe('aws_kms', () => {
  const account = '123456789012'
  const environmentOf = (url: string): Environment => ({
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'canary-of-the-caller',
    AWS_REGION: 'eu-central-1',
  })
  const clientOf = (url: string): KMS =>
    new KMS({ endpoint: url, region: 'eu-central-1', credentials: { accessKeyId: account, secretAccessKey: 'x' }, maxAttempts: 1 })

  describe('with the sandbox', () => {
    let sandbox: Sandbox
    let kms: KMS
    let environment: Environment
    let KeyId: string
    const calls: string[] = []
    beforeAll(async () => {
      sandbox = await startSandbox({ seed: 'test', onCall: ({ service, operation }) => calls.push(`${service}.${operation}`) })
      kms = clientOf(sandbox.url)
      environment = environmentOf(sandbox.url)
      KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!
      await kms.createAlias({ AliasName: 'alias/states', TargetKeyId: KeyId })
    })
    afterAll(() => sandbox.close())

    test.each(['AES_256', 'AES_128'])('a data key of the form %s is stored as KMS gave it', async (spec) => {
      configure('aws_kms', `kms_key_id = "alias/states"\nkey_spec = "${spec}"`)
      calls.length = 0
      await run(['apply'], environment)
      expect(calls).toEqual(['kms.GenerateDataKey'])
      const stored = kept('aws_kms')
      expect(Object.keys(stored)).toEqual(['ciphertext_blob'])
      const CiphertextBlob = Buffer.from(stored.ciphertext_blob!, 'base64')
      expect((await kms.decrypt({ CiphertextBlob })).Plaintext!.length).toBe(spec === 'AES_256' ? 32 : 16)
      calls.length = 0
      expect(await run(['output', '-raw', 'o'], environment)).toBe(secret)
      expect(calls).toEqual(['kms.Decrypt'])
    })

    test('an encryption context holds for reading, too', async () => {
      const body = (context: string) => `kms_key_id = "${KeyId}"\nkey_spec = "AES_256"\nencryption_context = { ${context} }`
      configure('aws_kms', body('stack = "web", stage = "prod"'))
      await run(['apply'], environment)
      expect(await run(['plan'], environment)).toContain('No changes.')
      configure('aws_kms', body('stack = "other"'))
      expect(await refused(['plan'], environment)).toContain('under another "encryption_context"')
    })

    test('arguments say who calls, and where to', async () => {
      const other = (
        await new KMS({
          endpoint: sandbox.url,
          region: 'us-east-1',
          credentials: { accessKeyId: '222222222222', secretAccessKey: 'x' },
        }).createKey({})
      ).KeyMetadata!.Arn!
      const role = 'assume_role = {\n  role_arn = "arn:aws:iam::222222222222:role/states"\n  session_name = "landform"\n}'
      const url = new URL(sandbox.url)
      configure(
        'aws_kms',
        `kms_key_id = "${other}"\nkey_spec = "AES_256"\nregion = "us-east-1"\n${role}\nendpoints {\n  sts = "${url.href}"\n}`,
      )
      calls.length = 0
      await run(['apply'], { ...environment, AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_KMS: sandbox.url })
      expect(calls).toEqual(['sts.AssumeRole', 'kms.GenerateDataKey'])
      configure('aws_kms', `kms_key_id = "${other}"\nkey_spec = "AES_256"\nregion = "us-east-1"\n${role}\nallowed_account_ids = ["1"]`)
      expect(await refused(['plan'], environment)).toContain('AWS account ID not allowed: 222222222222')
    })

    test('refusals say what to look at, and no secret', async () => {
      const rows: readonly (readonly [string, Environment, string])[] = [
        [
          'kms_key_id = "alias/none"',
          {},
          'Alias arn:aws:kms:eu-central-1:123456789012:alias/none is not found. Look at the arguments "kms_key_id" and "region"',
        ],
        [
          `kms_key_id = "arn:aws:kms:eu-central-1:${account}:key/${KeyId}"`,
          { AWS_ACCESS_KEY_ID: '333333333333' },
          'The caller needs kms:GenerateDataKey on the key',
        ],
        [
          `kms_key_id = "${KeyId}"`,
          { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
          'cannot be asked: no answer: connect ECONNREFUSED 127.0.0.1:1. Look at the arguments "region"',
        ],
        [
          `kms_key_id = "${KeyId}"\nprofile = "nobody"`,
          {},
          'Could not load credentials from any providers. Look at the arguments "region", "profile"',
        ],
        [`kms_key_id = "${KeyId}"`, { AWS_REGION: '' }, 'No AWS region was found.'],
      ]
      for (const [body, changes, want] of rows) {
        configure('aws_kms', `${body}\nkey_spec = "AES_256"\nmax_retries = 0`)
        const said = await refused(['apply', '-auto-approve'], { ...environment, ...changes })
        expect(said).toContain(want)
        expect(said).not.toContain('canary')
      }
    })

    test('a key that was changed for another reads nothing', async () => {
      configure('aws_kms', `kms_key_id = "${KeyId}"\nkey_spec = "AES_256"`)
      await run(['apply'], environment)
      const other = (await kms.createKey({})).KeyMetadata!.KeyId!
      configure('aws_kms', `kms_key_id = "${other}"\nkey_spec = "AES_256"`)
      expect(await refused(['plan'], environment)).toContain('name that one in "kms_key_id" of a key provider for the fallback')
    })
  })

  test.skipIf(motoProgram === undefined)(
    'with moto, which is independent of the sandbox',
    async () => {
      const moto = await startMoto()
      try {
        const kms = clientOf(moto.url)
        const { Arn } = (await kms.createKey({})).KeyMetadata!
        configure('aws_kms', `kms_key_id = "${Arn}"\nkey_spec = "AES_256"\nencryption_context = { stack = "web" }`)
        await run(['apply'], environmentOf(moto.url))
        expect(await run(['plan'], environmentOf(moto.url))).toContain('No changes.')
        const CiphertextBlob = Buffer.from(kept('aws_kms').ciphertext_blob!, 'base64')
        const { Plaintext } = await kms.decrypt({ CiphertextBlob, EncryptionContext: { stack: 'web' } })
        expect(Plaintext!.length).toBe(32)
      } finally {
        await moto.stop()
      }
    },
    60_000,
  )

  test.each([
    ['key_spec = "AES_256"', 'The argument "kms_key_id" is required'],
    ['kms_key_id = ""\nkey_spec = "AES_256"', 'The argument "kms_key_id" is required'],
    ['kms_key_id = "k"', 'The argument "key_spec" is required'],
    ['kms_key_id = "k"\nkey_spec = "RSA"', 'must be "AES_256" or "AES_128"'],
    ['kms_key_id = "k"\nkey_spec = "AES_256"\nbucket = "b"', 'An argument named "bucket" is not expected here.'],
    ['kms_key_id = "k"\nkey_spec = "AES_256"\nassume_role = { arn = "x" }\nmax_retries = "many"', 'Unsuitable value for "max_retries"'],
    ['kms_key_id = "k"\nkey_spec = "AES_256"\nencryption_context = { a = null }', 'must not be null'],
  ])('%s', async (body, want) => {
    configure('aws_kms', body)
    expect(await refused(['plan'], {})).toContain(want)
  })
})

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server on this machine; a handler gives status and JSON. */
function serve(answer: (asked: Asked) => readonly [status: number, json: unknown]): {
  readonly asked: Asked[]
  url(): string
  start(): Promise<void>
  stop(): void
} {
  const asked: Asked[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => {
      body += bytes.toString()
    })
    request.on('end', () => {
      const one = { method: request.method!, url: request.url!, headers: request.headers, body }
      asked.push(one)
      const [status, json] = answer(one)
      response.writeHead(status, { 'content-type': 'application/json' }).end(typeof json === 'string' ? json : JSON.stringify(json))
    })
  })
  return {
    asked,
    url: () => `http://localhost:${(server.address() as AddressInfo).port}`,
    start: () => new Promise((done) => server.listen(0, 'localhost', done)),
    stop: () => server.close(),
  }
}

/** AES-256-GCM as a service would do it. */
const gcm = {
  key: randomBytes(32),
  seal(plain: Buffer, aad: string): Buffer {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.key, iv).setAAD(Buffer.from(aad, 'base64'))
    return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  },
  open(sealed: Buffer, aad: string): Buffer | undefined {
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, 12)).setAAD(Buffer.from(aad, 'base64'))
    decipher.setAuthTag(sealed.subarray(-16))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
    } catch {
      return undefined
    }
  },
}

describe('gcp_kms', () => {
  const name = 'projects/p/locations/global/keyRings/r/cryptoKeys/k'
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const google = serve(({ method, url, headers, body }) => {
    if (url === '/token') return tokenFor(new URLSearchParams(body))
    if (url === '/identity') return headers['x-of'] === 'job' ? [200, { id: 'subject-of-the-job' }] : [404, {}]
    if (url.startsWith('/computeMetadata/'))
      return headers['metadata-flavor'] === 'Google' ? [200, { access_token: 'token-of-the-machine' }] : [403, {}]
    const bearer = headers.authorization?.replace('Bearer ', '') ?? ''
    if (url.endsWith(':generateAccessToken')) {
      const { scope, delegates } = JSON.parse(body) as Record<string, unknown>
      expect(scope).toEqual(['https://www.googleapis.com/auth/cloud-platform'])
      return url.includes('nobody')
        ? [403, { error: { message: 'Permission iam.serviceAccounts.getAccessToken denied.' } }]
        : [
            200,
            { accessToken: `${bearer} as ${decodeURIComponent(url.split(/[/:]/).at(-2)!)}${delegates === undefined ? '' : ' by others'}` },
          ]
    }
    if (bearer === 'canary-token') return [401, { error: { message: 'Request had invalid authentication credentials.' } }]
    if (method !== 'POST' || !url.startsWith(`/v1/${name}:`)) return [404, { error: { message: `CryptoKey ${url} not found.` } }]
    const { plaintext, ciphertext, additionalAuthenticatedData = '' } = JSON.parse(body) as Record<string, string>
    if (url.endsWith(':encrypt'))
      return [200, { name, ciphertext: gcm.seal(Buffer.from(plaintext!, 'base64'), additionalAuthenticatedData).toString('base64') }]
    const plain = gcm.open(Buffer.from(ciphertext!, 'base64'), additionalAuthenticatedData)
    return plain === undefined
      ? [400, { error: { message: 'Decryption failed: verify that additionalAuthenticatedData is correct.' } }]
      : [200, { plaintext: plain.toString('base64') }]
  })
  function tokenFor(fields: URLSearchParams): readonly [number, unknown] {
    switch (fields.get('grant_type')) {
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
        const [head = '', claims = '', signature = ''] = fields.get('assertion')!.split('.')
        const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, number & string>
        expect(read(head)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' })
        const { iss, aud, scope, iat, exp } = read(claims)
        expect([iss, aud, scope, exp! - iat!]).toEqual([
          'states@p.iam.gserviceaccount.com',
          `${google.url()}/token`,
          'https://www.googleapis.com/auth/cloud-platform',
          3600,
        ])
        return createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url')
          ? [200, { access_token: 'token-of-the-account' }]
          : [400, { error: 'invalid_grant' }]
      }
      case 'refresh_token':
        return fields.get('refresh_token') === 'canary-refresh'
          ? [200, { access_token: 'token-of-the-user' }]
          : [400, { error: 'invalid_grant', error_description: 'Bad Request' }]
      default:
        expect(Object.fromEntries(fields)).toMatchObject({
          audience: '//iam/pool',
          requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        })
        return [200, { access_token: `token for ${fields.get('subject_token')}` }]
    }
  }
  let environment: Environment
  beforeAll(async () => {
    await google.start()
    environment = { GOOGLE_KMS_CUSTOM_ENDPOINT: `${google.url()}/v1/`, GOOGLE_IAM_CREDENTIALS_CUSTOM_ENDPOINT: `${google.url()}/iam/v1/` }
  })
  afterAll(() => google.stop())
  beforeEach(() => {
    google.asked.length = 0
  })
  const body = (more = '') => `kms_encryption_key = "${name}"\nkey_length = 32\n${more}`
  const account = () => ({
    type: 'service_account',
    client_email: 'states@p.iam.gserviceaccount.com',
    private_key: pem,
    private_key_id: 'key-1',
    token_uri: `${google.url()}/token`,
  })
  const bearers = () => google.asked.filter(({ url }) => url.startsWith('/v1/')).map(({ headers }) => headers.authorization)

  test('a key is made here, encrypted there, and read again', async () => {
    configure('gcp_kms', body('additional_authenticated_data = base64encode("web/prod")'))
    await run(['apply'], { ...environment, GOOGLE_OAUTH_ACCESS_TOKEN: 'given' })
    expect(google.asked.map(({ url }) => url)).toEqual([`/v1/${name}:encrypt`])
    expect(bearers()).toEqual(['Bearer given'])
    const stored = kept('gcp_kms')
    expect(Object.keys(stored)).toEqual(['ciphertext'])
    const aad = Buffer.from('web/prod').toString('base64')
    expect(gcm.open(Buffer.from(stored.ciphertext!, 'base64'), aad)!.length).toBe(32)
    expect(await run(['plan'], { ...environment, GOOGLE_OAUTH_ACCESS_TOKEN: 'given' })).toContain('No changes.')
    configure('gcp_kms', body())
    expect(await refused(['plan'], { ...environment, GOOGLE_OAUTH_ACCESS_TOKEN: 'given' })).toContain(
      'The data was encrypted with another key, or with other "additional_authenticated_data".',
    )
  })

  test('signs in with what arguments, environment, gcloud or the machine have', async () => {
    const user = {
      type: 'authorized_user',
      client_id: 'c',
      client_secret: 's',
      refresh_token: 'canary-refresh',
      token_uri: `${google.url()}/token`,
    }
    const federated = (source: object, more: object = {}) => ({
      type: 'external_account',
      audience: '//iam/pool',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${google.url()}/token`,
      credential_source: source,
      ...more,
    })
    writeFileSync(join(dir, 'account.json'), JSON.stringify(account()))
    writeFileSync(join(dir, 'token'), 'subject-of-a-file\n')
    const gcloud = join(dir, 'gcloud')
    mkdirSync(gcloud)
    writeFileSync(join(gcloud, 'application_default_credentials.json'), JSON.stringify(user))
    const impersonation = {
      service_account_impersonation_url: `${google.url()}/iam/v1/projects/-/serviceAccounts/boss:generateAccessToken`,
    }
    const json = (value: unknown) => JSON.stringify(JSON.stringify(value))
    const rows: readonly (readonly [string, Environment, string])[] = [
      ['access_token = "argument"', { GOOGLE_OAUTH_ACCESS_TOKEN: 'environment' }, 'argument'],
      ['credentials = "account.json"', {}, 'token-of-the-account'],
      ['', { GOOGLE_CREDENTIALS: JSON.stringify(account()) }, 'token-of-the-account'],
      ['', { GOOGLE_BACKEND_CREDENTIALS: JSON.stringify(account()), GOOGLE_CREDENTIALS: '{}' }, 'token-of-the-account'],
      ['', { GOOGLE_APPLICATION_CREDENTIALS: join(dir, 'account.json') }, 'token-of-the-account'],
      ['', { CLOUDSDK_CONFIG: gcloud }, 'token-of-the-user'],
      [`credentials = ${json(federated({ file: 'token' }))}`, {}, 'token for subject-of-a-file'],
      [
        `credentials = ${json(federated({ url: `${google.url()}/identity`, headers: { 'X-Of': 'job' }, format: { type: 'json', subject_token_field_name: 'id' } }, impersonation))}`,
        {},
        'token for subject-of-the-job as boss',
      ],
      [
        `credentials = ${json({ type: 'impersonated_service_account', source_credentials: user, ...impersonation })}`,
        {},
        'token-of-the-user as boss',
      ],
      [
        'access_token = "a"\nimpersonate_service_account = "x@p"\nimpersonate_service_account_delegates = ["y@p"]',
        {},
        'a as x@p by others',
      ],
      ['access_token = "a"', { GOOGLE_IMPERSONATE_SERVICE_ACCOUNT: 'z@p' }, 'a as z@p'],
      ['', { GCE_METADATA_HOST: google.url().replace('http://', '') }, 'token-of-the-machine'],
    ]
    for (const [more, changes, token] of rows) {
      rmSync(join(dir, 'terraform.tfstate'), { force: true })
      google.asked.length = 0
      configure('gcp_kms', body(more))
      await run(['apply'], { ...environment, ...changes })
      expect(bearers()).toEqual([`Bearer ${token}`])
    }
  })

  test('refusals say what to look at, and no secret', async () => {
    const rows: readonly (readonly [string, Environment, string])[] = [
      [
        body('access_token = "canary-token"'),
        {},
        'answers 401: Request had invalid authentication credentials. The token was refused: look at the argument "access_token"',
      ],
      [body('access_token = "a"').replace('/r/', '/none/'), {}, 'which is of the form projects/P/locations/L/keyRings/R/cryptoKeys/K'],
      [body('access_token = "a"\nimpersonate_service_account = "nobody"'), {}, 'needs the role roles/iam.serviceAccountTokenCreator'],
      [
        body('access_token = "a"'),
        { GOOGLE_KMS_CUSTOM_ENDPOINT: 'http://127.0.0.1:1/v1/' },
        'cannot be reached: connect ECONNREFUSED 127.0.0.1:1. Look at the network',
      ],
      [body(), {}, 'there are no credentials for Google. Set the argument "credentials"'],
      [body(), { GOOGLE_CREDENTIALS: 'canary' }, 'the credentials for Google are neither JSON nor the path of a file'],
      [body(), { GOOGLE_CREDENTIALS: '{"type":"canary", "x": }' }, 'the credentials for Google are no JSON object'],
      [body(), { GOOGLE_CREDENTIALS: JSON.stringify({ ...account(), private_key: 'canary' }) }, 'is no private key'],
      [
        body(),
        { GOOGLE_CREDENTIALS: JSON.stringify({ type: 'authorized_user', refresh_token: 'canary', token_uri: `${google.url()}/token` }) },
        'Google gives no token (400, invalid_grant: Bad Request)',
      ],
      [body(), { GOOGLE_APPLICATION_CREDENTIALS: '/none' }, 'the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read'],
      [body().replace('32', '0'), {}, 'must be a whole number from 1 to 1024'],
      [body().replace('key_length = 32', ''), {}, 'The argument "key_length" is required'],
      [body('additional_authenticated_data = "not base64!"'), {}, 'must be in base64'],
    ]
    for (const [text, changes, want] of rows) {
      configure('gcp_kms', text)
      const said = await refused(['apply', '-auto-approve'], { ...environment, ...changes })
      expect(said).toContain(want)
      expect(said).not.toContain('canary')
    }
  })
})

describe('azure_vault', () => {
  const pairs: Record<string, { privateKey: KeyObject; publicKey: KeyObject }> = {
    one: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    two: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  }
  let newest = 'one'
  const oaep = (key: KeyObject) => ({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' })
  const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url')
  const vault = serve(({ url, headers, body }) => {
    const path = url.split('?')[0]!
    if (path.endsWith('/oauth2/v2.0/token')) return signIn(path, new URLSearchParams(body))
    if (path === '/oidc')
      return [200, { value: `oidc of ${headers.authorization} for ${new URL(url, 'http://x').searchParams.get('audience')}` }]
    if (path === '/msi') {
      const asked = new URL(url, 'http://x').searchParams
      return headers.metadata === 'true' ? [200, { access_token: `machine ${asked.get('resource')} ${asked.get('client_id')}` }] : [400, {}]
    }
    if (path === '/no-msi') return [404, {}]
    const bearer = headers.authorization?.replace('Bearer ', '') ?? ''
    if (bearer === 'refused') return [401, { error: { code: 'Unauthorized', message: 'AKV10032: Invalid issuer.\r\nTrace: canary' } }]
    const [, , name, version, operation] = path.split('/')
    expect(url.endsWith('?api-version=7.4')).toBe(true)
    if (name === 'none')
      return [404, { error: { code: 'KeyNotFound', message: 'A key with (name/id) none was not found in this key vault.' } }]
    if (name === 'broken') return [200, 'no json']
    const { alg, value, iv, tag, aad } = JSON.parse(body) as Record<string, string>
    if (alg === 'RSA-OAEP-256') {
      const used = operation === 'encrypt' ? newest : version!
      const kid = `${vault.url()}/keys/${name}/${used}`
      if (operation === 'encrypt')
        return [200, { kid, value: publicEncrypt(oaep(pairs[used]!.publicKey), bytes(value)).toString('base64url') }]
      return [200, { kid, value: privateDecrypt(oaep(pairs[used]!.privateKey), bytes(value)).toString('base64url') }]
    }
    const kid = `${vault.url()}/keys/${name}/only`
    if (operation === 'encrypt') {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', gcm.key, nonce).setAAD(Buffer.from('of the vault'))
      const sealed = Buffer.concat([cipher.update(bytes(value)), cipher.final()])
      const parts = { iv: nonce, tag: cipher.getAuthTag(), aad: Buffer.from('of the vault') }
      return [
        200,
        {
          kid,
          value: sealed.toString('base64url'),
          ...Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, part.toString('base64url')])),
        },
      ]
    }
    const decipher = createDecipheriv('aes-256-gcm', gcm.key, bytes(iv)).setAAD(bytes(aad)).setAuthTag(bytes(tag))
    return [200, { kid, value: Buffer.concat([decipher.update(bytes(value)), decipher.final()]).toString('base64url') }]
  })
  function signIn(path: string, fields: URLSearchParams): readonly [number, unknown] {
    expect([fields.get('grant_type'), fields.get('scope')]).toEqual(['client_credentials', 'https://vault.azure.net/.default'])
    if (fields.get('client_secret') === 'canary-wrong')
      return [401, { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.\r\nTrace ID: x' }]
    const proof = fields.get('client_secret') ?? fields.get('client_assertion')
    if (fields.has('client_assertion'))
      expect(fields.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    return [200, { access_token: `${path.split('/')[1]} ${fields.get('client_id')} ${proof}` }]
  }
  let environment: Environment
  beforeAll(async () => {
    await vault.start()
    environment = { AZURE_AUTHORITY_HOST: vault.url(), ARM_TENANT_ID: 'tenant', ARM_CLIENT_ID: 'client' }
  })
  afterAll(() => vault.stop())
  beforeEach(() => {
    vault.asked.length = 0
    newest = 'one'
  })
  const body = (more = 'client_secret = "s"') => `vault_uri = "${vault.url()}/"\nvault_key_name = "states"\nkey_length = 32\n${more}`
  const keyCalls = () => vault.asked.filter(({ url }) => url.startsWith('/keys/'))

  test('a key is read with the version of the vault’s key that encrypted it', async () => {
    configure('azure_vault', body())
    await run(['apply'], environment)
    const stored = kept('azure_vault')
    expect(stored).toEqual({
      ciphertext: expect.any(String),
      iv: null,
      authentication_tag: null,
      additional_authenticated_data: null,
      key_version: 'one',
      algo: 'RSA-OAEP-256',
    })
    expect(privateDecrypt(oaep(pairs.one!.privateKey), Buffer.from(stored.ciphertext!, 'base64')).length).toBe(32)
    newest = 'two'
    expect(await run(['plan'], environment)).toContain('No changes.')
    expect(keyCalls().map(({ url }) => url)).toEqual(['/keys/states//encrypt?api-version=7.4', '/keys/states/one/decrypt?api-version=7.4'])
  })

  test('a symmetric key of a managed HSM, and from it to another', async () => {
    configure('azure_vault', body('client_secret = "s"\nsymmetric = true\nsymmetric_key_size = 256'))
    await run(['apply'], environment)
    const stored = kept('azure_vault')
    expect(stored).toMatchObject({
      algo: 'A256GCM',
      key_version: 'only',
      additional_authenticated_data: Buffer.from('of the vault').toString('base64'),
    })
    expect(Buffer.from(stored.iv!, 'base64').length).toBe(12)
    expect(await run(['plan'], environment)).toContain('No changes.')
    // The algorithm is stored: the arguments say how new keys are encrypted.
    configure('azure_vault', body())
    expect(await run(['plan'], environment)).toContain('No changes.')
  })

  test('signs in by secret, OIDC, identity of the machine, AKS or the Azure CLI', async () => {
    writeFileSync(join(dir, 'secret'), 'of a file\n')
    writeFileSync(join(dir, 'az'), '#!/bin/sh\nprintf \'{"accessToken":"%s"}\' "cli $*"\n', { mode: 0o755 })
    const rows: readonly (readonly [string, Environment, string])[] = [
      ['client_id = "me"\ntenant_id = "t"\nclient_secret = "s"', {}, 't me s'],
      ['', { ARM_CLIENT_SECRET: 'from the environment' }, 'tenant client from the environment'],
      ['client_secret_file_path = "secret"', {}, 'tenant client of a file'],
      ['use_oidc = true\noidc_token = "jwt"', {}, 'tenant client jwt'],
      ['', { ARM_USE_OIDC: 'true', ARM_OIDC_TOKEN_FILE_PATH: 'secret' }, 'tenant client of a file'],
      [
        'use_oidc = true',
        { ACTIONS_ID_TOKEN_REQUEST_URL: `${vault.url()}/oidc?x=1`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job' },
        'tenant client oidc of Bearer job for api://AzureADTokenExchange',
      ],
      [`use_msi = true\nmsi_endpoint = "${vault.url()}/msi"`, {}, 'machine https://vault.azure.net client'],
      [
        'use_aks_workload_identity = true',
        { AZURE_TENANT_ID: 'aks', AZURE_CLIENT_ID: 'pod', AZURE_FEDERATED_TOKEN_FILE: 'secret' },
        'aks pod of a file',
      ],
      ['', {}, 'cli account get-access-token --output json --resource https://vault.azure.net --tenant tenant'],
    ]
    const path = process.env.PATH
    process.env.PATH = `${dir}:${path}`
    try {
      for (const [more, changes, token] of rows) {
        rmSync(join(dir, 'terraform.tfstate'), { force: true })
        vault.asked.length = 0
        configure('azure_vault', body(more))
        await run(['apply'], { ...environment, ...changes })
        expect(keyCalls().map(({ headers }) => headers.authorization)).toEqual([`Bearer ${token}`])
      }
    } finally {
      process.env.PATH = path
    }
  })

  test('refusals say what to look at, and no secret', async () => {
    writeFileSync(join(dir, 'az'), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
    const refusedToken: Environment = { ARM_USE_MSI: 'true', ARM_MSI_ENDPOINT: `${vault.url()}/no-msi` }
    const rows: readonly (readonly [string, Environment, string])[] = [
      [body('client_secret = "canary-wrong"'), {}, 'gives no token (401, AADSTS7000215: Invalid client secret provided). Set "tenant_id"'],
      [
        body().replace('"states"', '"none"'),
        {},
        'answers 404: A key with (name/id) none was not found in this key vault. Look at the arguments "vault_uri" and "vault_key_name".',
      ],
      [body().replace('"states"', '"broken"'), {}, 'answers 200. Look at the arguments'],
      [body(''), refusedToken, 'Look at the arguments "use_msi", "msi_endpoint" and "client_id"'],
      [body(`client_secret = "s"`).replace(vault.url(), 'http://localhost:1'), {}, 'Look at the argument "vault_uri", at the network'],
      [body(''), {}, 'the Azure CLI gives no token: it ended with the status 3. Set "tenant_id"'],
      [body('use_cli = false'), {}, 'There are no credentials for Azure.'],
      [body('use_oidc = true'), {}, 'With "use_oidc" there must be a token'],
      [body('client_secret = "s"\nsymmetric = true'), {}, '"symmetric_key_size" must be 128, 192 or 256'],
      [body('client_secret = "s"\nenvironment = "moon"'), { AZURE_AUTHORITY_HOST: '' }, 'must be "public", "usgovernment" or "china"'],
      [body('client_certificate_path = "x.pfx"'), {}, 'Signing in with a client certificate is not supported.'],
      [body().replace('"states"', '"a b"'), {}, '1 to 127 letters, digits and hyphens'],
      [body().replace(vault.url(), 'https://a--b.vault.azure.net'), {}, 'digits and single hyphens'],
      [body().replace(vault.url(), 'somewhere'), {}, 'must be a URL such as'],
      [body().replace('key_length = 32', ''), {}, 'The argument "key_length" is required'],
      [
        body('client_secret = "s"'),
        { ARM_CLIENT_ID: '' },
        'The argument "client_id" or the environment variable ARM_CLIENT_ID must be set.',
      ],
    ]
    const path = process.env.PATH
    process.env.PATH = `${dir}:${path}`
    try {
      for (const [text, changes, want] of rows) {
        configure('azure_vault', text)
        const said = await refused(['apply', '-auto-approve'], { ...environment, ...changes })
        expect(said).toContain(want)
        expect(said).not.toContain('canary')
      }
    } finally {
      process.env.PATH = path
    }
  })
})

test('nothing is changed before there is a key to write with', async () => {
  const body = 'kms_encryption_key = "projects/p/locations/global/keyRings/r/cryptoKeys/k"\nkey_length = 32\naccess_token = "a"'
  configure('gcp_kms', body)
  const path = join(dir, 'main.tf')
  const made = 'resource "terraform_data" "a" {\n  provisioner "local-exec" {\n    command = "touch made"\n  }\n}\n'
  writeFileSync(path, readFileSync(path, 'utf8') + made)
  expect(await refused(['apply', '-auto-approve'], { GOOGLE_KMS_CUSTOM_ENDPOINT: 'http://127.0.0.1:1' })).toContain('cannot be reached')
  expect(existsSync(join(dir, 'made'))).toBe(false)
})

test.each(['ovhcloud_kms', 'stackit_kms'])('%s is refused by name', async (type) => {
  configure(type, '')
  expect(await refused(['plan'], {})).toContain(
    `("${type}"). Those that can be used are pbkdf2, aws_kms, gcp_kms, azure_vault, openbao and external`,
  )
})
