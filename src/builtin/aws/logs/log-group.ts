import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { type ArgumentRules, checkArguments, Lookup } from '../../../providers/kit/index.ts'
import { namePrefixOf } from '../names.ts'
import { type AwsApi, bool, defineResource, number, setting, string, uniqueName } from '../resource.ts'
import { tagsTrait } from '../tags.ts'

type LogGroup = NonNullable<OutputOf<'logs', 'DescribeLogGroups'>['logGroups']>[number]
type Remote = LogGroup & { readonly Arn: string }

/** Few groups are asked for one by one, more by what their names have in common. */
const fewNames = 3

const rules: Readonly<Record<string, ArgumentRules>> = {
  name: { conflictsWith: ['name_prefix'] },
  name_prefix: { conflictsWith: ['name'] },
}

function logGroups(api: AwsApi): Lookup<LogGroup> {
  return api.lookup('DescribeLogGroups', () => new Lookup((names) => readGroups(api, names), Number.POSITIVE_INFINITY))
}

async function readGroups(api: AwsApi, names: readonly string[]): Promise<ReadonlyMap<string, LogGroup>> {
  const found = new Map<string, LogGroup>()
  const prefixes = names.length <= fewNames ? names : [commonPrefix(names)]
  for (const logGroupNamePrefix of prefixes) {
    let nextToken: string | undefined
    do {
      const page: OutputOf<'logs', 'DescribeLogGroups'> = await api.call('logs', 'DescribeLogGroups', {
        ...(logGroupNamePrefix === '' ? {} : { logGroupNamePrefix }),
        ...(nextToken === undefined ? {} : { nextToken }),
      })
      for (const group of page.logGroups ?? []) found.set(group.logGroupName ?? '', group)
      nextToken = page.nextToken || undefined
      // Names are in order: what is asked for by its whole name comes first.
    } while (nextToken !== undefined && !(prefixes.length > 1 || names.length === 1 ? found.has(logGroupNamePrefix) : false))
  }
  return found
}

function commonPrefix(names: readonly string[]): string {
  const sorted = [...names].sort()
  const first = sorted[0]!
  const last = sorted.at(-1)!
  let length = 0
  while (length < first.length && first[length] === last[length]) length++
  return first.slice(0, length)
}

export const logGroup = defineResource({
  type: 'aws_cloudwatch_log_group',
  title: 'CloudWatch Logs Log Group',
  rules: 'sdk',
  traits: [
    tagsTrait({
      create: (request, tags) => {
        request.tags = tags
      },
      async update({ api }, id, { removed, set }) {
        const resourceArn = arnOf(api, id)
        if (removed.length > 0) await api.call('logs', 'UntagResource', { resourceArn, tagKeys: [...removed] })
        if (Object.keys(set).length > 0) await api.call('logs', 'TagResource', { resourceArn, tags: { ...set } })
      },
      read: async ({ api }, remote: Remote) => (await api.call('logs', 'ListTagsForResource', { resourceArn: remote.Arn })).tags ?? {},
    }),
  ],
  fields: {
    arn: string('Arn', { create: false }),
    kms_key_id: string('kmsKeyId', { update: 'key' }),
    log_group_class: string('logGroupClass'),
    name: string('logGroupName'),
    name_prefix: string(undefined, { read: (remote: Remote) => namePrefixOf(remote.logGroupName) }),
    retention_in_days: number('retentionInDays', { create: false, read: 'retentionInDays', update: 'retention', initial: 0 }),
    skip_destroy: bool(undefined, setting),
  },

  async create({ api }, request, planned) {
    const logGroupName = planned.name ?? uniqueName(planned.name_prefix ?? 'terraform-')
    await api.call('logs', 'CreateLogGroup', { ...request, logGroupName })
    return logGroupName
  },

  async find({ api }, id): Promise<Remote | undefined> {
    const found = await logGroups(api).load(id)
    return found === undefined ? undefined : { ...found, Arn: (found.arn ?? arnOf(api, id)).replace(/:\*$/, '') }
  },

  updates: {
    async retention({ api }, { id, planned }) {
      if (planned.retention_in_days)
        await api.call('logs', 'PutRetentionPolicy', { logGroupName: id, retentionInDays: planned.retention_in_days })
      else await api.call('logs', 'DeleteRetentionPolicy', { logGroupName: id })
    },
    async key({ api }, { id, planned }) {
      if (planned.kms_key_id) await api.call('logs', 'AssociateKmsKey', { logGroupName: id, kmsKeyId: planned.kms_key_id })
      else await api.call('logs', 'DisassociateKmsKey', { logGroupName: id })
    },
  },
  afterCreate: ['retention'],

  async delete(op, id, state) {
    if (state.skip_destroy) return
    const isBusy = (error: unknown): boolean => isAwsError(error, 'OperationAbortedException')
    await op
      .retry(isBusy, () => op.api.call('logs', 'DeleteLogGroup', { logGroupName: id }), 60_000)
      .catch((error: unknown) => {
        if (!isAwsError(error, 'ResourceNotFoundException')) throw error
      })
  },

  validate: (config) => checkArguments(rules, config),

  finish(state, prior) {
    if (typeof prior.skip_destroy !== 'boolean') state.skip_destroy = false
  },

  expect: (api, id) => logGroups(api).expect(id),
})

function arnOf(api: AwsApi, name: string): string {
  return api.arn('logs', `log-group:${name}`)
}
