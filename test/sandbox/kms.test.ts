import { IAM } from '@aws-sdk/client-iam'
import { KMS } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, codeOf, refusal, testSandbox } from './_clients.ts'

let sandbox: Sandbox
let kms: KMS
let arn: string
let id: string
const plain = new TextEncoder().encode('the key of a key')

beforeAll(async () => {
  sandbox = await testSandbox()
  kms = new KMS(clientConfig(sandbox))
  const { KeyMetadata } = await kms.createKey({ Description: 'states', Tags: [{ TagKey: 'team', TagValue: 'ops' }] })
  arn = KeyMetadata!.Arn!
  id = KeyMetadata!.KeyId!
  await kms.createAlias({ AliasName: 'alias/states', TargetKeyId: id })
})
afterAll(() => sandbox.close())

describe('keys', () => {
  test('have four names each', async () => {
    expect(arn).toBe(`arn:aws:kms:eu-central-1:123456789012:key/${id}`)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
    for (const KeyId of [id, arn, 'alias/states', 'arn:aws:kms:eu-central-1:123456789012:alias/states'])
      expect((await kms.describeKey({ KeyId })).KeyMetadata).toMatchObject({
        Arn: arn,
        Description: 'states',
        KeyState: 'Enabled',
        Enabled: true,
      })
    expect((await kms.listKeys({})).Keys).toEqual([{ KeyId: id, KeyArn: arn }])
    expect((await kms.listAliases({ KeyId: id })).Aliases).toMatchObject([{ AliasName: 'alias/states', TargetKeyId: id }])
    expect((await kms.listResourceTags({ KeyId: id })).Tags).toEqual([{ TagKey: 'team', TagValue: 'ops' }])
    expect(JSON.parse((await kms.getKeyPolicy({ KeyId: id })).Policy!)).toMatchObject({ Id: 'key-default-1' })
  })

  test.each([
    [
      '12345678-1234-1234-1234-123456789012',
      "NotFoundException: Key 'arn:aws:kms:eu-central-1:123456789012:key/12345678-1234-1234-1234-123456789012' does not exist",
    ],
    ['alias/none', 'NotFoundException: Alias arn:aws:kms:eu-central-1:123456789012:alias/none is not found.'],
    ['arn:aws:kms:us-east-1:123456789012:key/x', "NotFoundException: Key 'arn:aws:kms:us-east-1:123456789012:key/x' does not exist"],
    ['nothing', "NotFoundException: Invalid keyId 'nothing'"],
  ])('%s is none', async (KeyId, want) => {
    expect(await refusal(kms.describeKey({ KeyId }))).toBe(want)
  })

  test('that are disabled or about to go do nothing', async () => {
    const { KeyId } = (await kms.createKey({})).KeyMetadata!
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: plain })
    await kms.disableKey({ KeyId })
    expect(await codeOf(kms.decrypt({ CiphertextBlob }))).toBe('DisabledException')
    await kms.enableKey({ KeyId })
    expect(await codeOf(kms.decrypt({ CiphertextBlob }))).toBe('none')
    expect(await codeOf(kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 3 }))).toBe('ValidationException')
    expect(await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })).toMatchObject({ KeyState: 'PendingDeletion' })
    expect(await codeOf(kms.decrypt({ CiphertextBlob }))).toBe('KMSInvalidStateException')
    await kms.cancelKeyDeletion({ KeyId: KeyId! })
    expect((await kms.describeKey({ KeyId })).KeyMetadata!.KeyState).toBe('Disabled')
  })

  test('of other forms are refused', async () => {
    expect(await codeOf(kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }))).toBe('UnsupportedOperationException')
    expect(await codeOf(kms.createAlias({ AliasName: 'states', TargetKeyId: id }))).toBe('ValidationException')
    expect(await codeOf(kms.createAlias({ AliasName: 'alias/states', TargetKeyId: id }))).toBe('AlreadyExistsException')
  })
})

describe('what is encrypted', () => {
  test('names its key and is read under its context only', async () => {
    const context = { stack: 'web', stage: 'prod' }
    const { CiphertextBlob } = await kms.encrypt({ KeyId: 'alias/states', Plaintext: plain, EncryptionContext: context })
    const read = (EncryptionContext?: Record<string, string>, KeyId?: string) => kms.decrypt({ CiphertextBlob, EncryptionContext, KeyId })
    const back = await read({ stage: 'prod', stack: 'web' })
    expect([back.KeyId, new TextDecoder().decode(back.Plaintext)]).toEqual([arn, 'the key of a key'])
    expect(await codeOf(read())).toBe('InvalidCiphertextException')
    expect(await codeOf(read({ stack: 'web' }))).toBe('InvalidCiphertextException')
    const other = (await kms.createKey({})).KeyMetadata!.KeyId
    expect(await codeOf(read(context, other))).toBe('IncorrectKeyException')
    const changed = Uint8Array.from(CiphertextBlob!)
    changed[changed.length - 1]! ^= 1
    expect(await codeOf(kms.decrypt({ CiphertextBlob: changed, EncryptionContext: context }))).toBe('InvalidCiphertextException')
    expect(await codeOf(kms.decrypt({ CiphertextBlob: plain }))).toBe('InvalidCiphertextException')
  })

  test('data keys', async () => {
    const one = await kms.generateDataKey({ KeyId: id, KeySpec: 'AES_128' })
    const two = await kms.generateDataKey({ KeyId: id, NumberOfBytes: 100 })
    expect([one.Plaintext!.length, two.Plaintext!.length, one.KeyId]).toEqual([16, 100, arn])
    expect((await kms.decrypt({ CiphertextBlob: two.CiphertextBlob })).Plaintext).toEqual(two.Plaintext)
    expect(await refusal(kms.generateDataKey({ KeyId: id }))).toBe(
      'ValidationException: Please specify either number of bytes or key spec.',
    )
    expect((await kms.generateDataKeyWithoutPlaintext({ KeyId: id, KeySpec: 'AES_256' })).CiphertextBlob!.length).toBeGreaterThan(32)
  })

  test('stays with those whom the key’s policy names', async () => {
    const other = new KMS(clientConfig(sandbox, '222222222222'))
    const { CiphertextBlob } = await kms.encrypt({ KeyId: arn, Plaintext: plain })
    expect(await codeOf(other.decrypt({ CiphertextBlob }))).toBe('AccessDeniedException')
    const own = JSON.parse((await kms.getKeyPolicy({ KeyId: id })).Policy!) as { Statement: unknown[] }
    const theirs = { Effect: 'Allow', Principal: { AWS: '222222222222' }, Action: 'kms:Decrypt', Resource: '*' }
    await kms.putKeyPolicy({ KeyId: id, Policy: JSON.stringify({ ...own, Statement: [...own.Statement, theirs] }) })
    expect(await codeOf(other.decrypt({ CiphertextBlob }))).toBe('none')
    expect(await codeOf(other.encrypt({ KeyId: arn, Plaintext: plain }))).toBe('AccessDeniedException')
  })
})

test('policies of users decide which keys they use, and under which context', async () => {
  const enforced = await testSandbox({ iam: 'enforce' })
  const root = clientConfig(enforced, 'test')
  const owner = new KMS(root)
  const KeyId = (await owner.createKey({})).KeyMetadata!.Arn!
  await owner.createAlias({ AliasName: 'alias/a', TargetKeyId: KeyId })
  const other = (await owner.createKey({})).KeyMetadata!.Arn!
  const iam = new IAM(root)
  await iam.createUser({ UserName: 'deploy' })
  const Statement = [
    {
      Effect: 'Allow',
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Resource: KeyId,
      Condition: { StringEquals: { 'kms:EncryptionContext:stack': 'web' } },
    },
  ]
  await iam.putUserPolicy({ UserName: 'deploy', PolicyName: 'p', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }) })
  const { AccessKey } = await iam.createAccessKey({ UserName: 'deploy' })
  const user = new KMS({ ...root, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } })
  const KeySpec = 'AES_256' as const
  const EncryptionContext = { stack: 'web' }
  const { CiphertextBlob } = await user.generateDataKey({ KeyId: 'alias/a', KeySpec, EncryptionContext })
  expect(await codeOf(user.decrypt({ CiphertextBlob, EncryptionContext }))).toBe('none')
  expect(await refusal(user.generateDataKey({ KeyId, KeySpec }))).toBe(
    `AccessDeniedException: User: arn:aws:iam::123456789012:user/deploy is not authorized to perform: kms:GenerateDataKey on resource: ${KeyId} because no identity-based policy allows the kms:GenerateDataKey action`,
  )
  expect(await codeOf(user.generateDataKey({ KeyId: other, KeySpec, EncryptionContext }))).toBe('AccessDeniedException')
  expect(await codeOf(user.createKey({}))).toBe('AccessDeniedException')
  await enforced.close()
})
