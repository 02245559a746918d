import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { namePrefixOf } from '../names.ts'
import { defineResource, string, UNKNOWN, uniqueName } from '../resource.ts'
import { describeBy } from './describe.ts'
import { ec2Tags } from './tags.ts'

type KeyPair = NonNullable<OutputOf<'ec2', 'DescribeKeyPairs'>['KeyPairs']>[number]
type Remote = KeyPair & { readonly Arn: string }

const keyPairs = describeBy(
  'DescribeKeyPairs',
  'key-name',
  (page) => page.KeyPairs,
  (pair) => pair.KeyName,
)

export const keyPair = defineResource({
  type: 'aws_key_pair',
  title: 'EC2 Key Pair',
  rules: 'sdk',
  // Tags are those of the pair's own id, objects are known by name.
  traits: [ec2Tags('key-pair', 'sdk', (_name, prior) => String(prior.key_pair_id))],
  fields: {
    arn: string('Arn', { create: false }),
    fingerprint: string('KeyFingerprint', { create: false }),
    key_name: string('KeyName', { create: false }),
    key_name_prefix: string(undefined, { read: (remote: Remote) => namePrefixOf(remote.KeyName) }),
    key_pair_id: string('KeyPairId', { create: false }),
    key_type: string('KeyType', { create: false }),
    public_key: string(undefined, { create: false, read: false, normalize: (text) => text.trim() }),
  },

  async create({ api }, request, planned) {
    const KeyName = planned.key_name || uniqueName(planned.key_name_prefix || 'terraform-')
    await api.call('ec2', 'ImportKeyPair', { ...request, KeyName, PublicKeyMaterial: Buffer.from(planned.public_key!) })
    return KeyName
  },

  async find({ api }, id): Promise<Remote | undefined> {
    const found = await keyPairs(api).load(id)
    return found === undefined ? undefined : { ...found, Arn: api.arn('ec2', `key-pair/${id}`) }
  },

  async delete({ api }, id) {
    await api.call('ec2', 'DeleteKeyPair', { KeyName: id }).catch((error: unknown) => {
      if (!isAwsError(error, 'InvalidKeyPair.NotFound')) throw error
    })
  },

  plan({ planned, config, prior }) {
    if (prior === undefined && typeof config.key_name === 'string') planned.key_name_prefix = UNKNOWN
  },

  validate: (config) =>
    (config.key_name ?? null) !== null && (config.key_name_prefix ?? null) !== null
      ? [{ summary: 'Conflicting configuration arguments', detail: '"key_name": conflicts with key_name_prefix' }]
      : [],

  expect: (api, id) => keyPairs(api).expect(id),
})
