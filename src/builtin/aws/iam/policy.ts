import type { OutputOf } from '../../../aws/index.ts'
import { namePrefixOf } from '../names.ts'
import { type AwsApi, defineResource, number, string, UNKNOWN, uniqueName } from '../resource.ts'
import { all, deleteUnlessGone, unlessGone } from './_answers.ts'
import { policyField, readPolicy, sortedPolicy } from './_policy.ts'
import { names, policyText, rules } from './_rules.ts'
import { announce, swept } from './_sweep.ts'
import { iamTags } from './_tags.ts'

type Remote = NonNullable<OutputOf<'iam', 'GetPolicy'>['Policy']> & { readonly PolicyDocument: string }

/** A managed policy keeps this many versions. */
const mostVersions = 5

export const policy = defineResource({
  type: 'aws_iam_policy',
  title: 'IAM Policy',
  rules: 'sdk',
  traits: [iamTags('policy')],
  fields: {
    arn: string('Arn', { create: false }),
    attachment_count: number('AttachmentCount', { create: false }),
    description: string('Description'),
    name: string('PolicyName'),
    name_prefix: string(undefined, { read: (remote: Remote) => namePrefixOf(remote.PolicyName) }),
    path: string('Path'),
    policy: policyField('PolicyDocument', sortedPolicy),
    policy_id: string('PolicyId', { create: false }),
  },

  async create({ api }, request, planned) {
    const PolicyName = planned.name || uniqueName(planned.name_prefix || 'terraform-')
    const { Policy } = await api.call('iam', 'CreatePolicy', { ...request, PolicyName } as never)
    return Policy!.Arn!
  },

  async find({ api }, id, state): Promise<Remote | undefined> {
    const found = (await unlessGone(api.call('iam', 'GetPolicy', { PolicyArn: id })))?.Policy
    if (found === undefined) return undefined
    const document = await documentOf(api, id, found.DefaultVersionId!)
    return document === undefined ? undefined : { ...found, PolicyDocument: readPolicy(document, state.policy, sortedPolicy) }
  },

  updates: {
    async policy({ api }, { id, planned }) {
      const versions = await all(
        (marker) => api.call('iam', 'ListPolicyVersions', { PolicyArn: id, ...marker }),
        (page) => page.Versions,
      )
      if (versions.length >= mostVersions) {
        // The oldest one makes room.
        const oldest = versions.filter((v) => !v.IsDefaultVersion).sort((a, b) => numberOf(a.VersionId) - numberOf(b.VersionId))[0]!
        await api.call('iam', 'DeletePolicyVersion', { PolicyArn: id, VersionId: oldest.VersionId! })
      }
      await api.call('iam', 'CreatePolicyVersion', { PolicyArn: id, PolicyDocument: planned.policy!, SetAsDefault: true })
    },
  },

  async delete(op, id) {
    const { api } = op
    const versions = await unlessGone(
      all(
        (marker) => api.call('iam', 'ListPolicyVersions', { PolicyArn: id, ...marker }),
        (page) => page.Versions,
      ),
    )
    for (const { VersionId, IsDefaultVersion } of versions ?? [])
      if (!IsDefaultVersion) await unlessGone(api.call('iam', 'DeletePolicyVersion', { PolicyArn: id, VersionId: VersionId! }))
    await deleteUnlessGone(op, () => api.call('iam', 'DeletePolicy', { PolicyArn: id }))
  },

  expect: (api) => announce(api, 'LocalManagedPolicy'),

  plan({ planned, prior, config }) {
    if (prior === undefined && typeof config.name === 'string') planned.name_prefix = UNKNOWN
  },

  validate: rules(names(128), policyText('policy')),
})

async function documentOf(api: AwsApi, PolicyArn: string, VersionId: string): Promise<string | undefined> {
  const known = await swept(api, 'LocalManagedPolicy')
  const version = known?.get(PolicyArn)?.PolicyVersionList?.find((v) => v.VersionId === VersionId)
  if (version?.Document !== undefined) return version.Document
  return (await unlessGone(api.call('iam', 'GetPolicyVersion', { PolicyArn, VersionId })))?.PolicyVersion?.Document
}

/** `v12` is 12. */
function numberOf(version: string | undefined): number {
  return Number(version?.slice(1))
}
