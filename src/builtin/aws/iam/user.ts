import type { OutputOf } from '../../../aws/index.ts'
import { type AwsApi, bool, defineResource, type Operation, setting, string, UNKNOWN } from '../resource.ts'
import { all, deleteUnlessGone, isConflict, isGone, unlessGone } from './_answers.ts'
import { personName } from './_rules.ts'
import { announce, swept } from './_sweep.ts'
import { iamTags } from './_tags.ts'

type User = NonNullable<OutputOf<'iam', 'GetUser'>['User']>

export const user = defineResource({
  type: 'aws_iam_user',
  title: 'IAM User',
  rules: 'sdk',
  traits: [iamTags('user')],
  fields: {
    arn: string('Arn', { create: false, changesWith: ['name', 'path'] }),
    name: string('UserName', { update: 'name' }),
    path: string('Path', { update: 'name' }),
    permissions_boundary: string('PermissionsBoundary', { read: 'PermissionsBoundary.PermissionsBoundaryArn', update: 'boundary' }),
    force_destroy: bool(undefined, setting),
    unique_id: string('UserId', { create: false }),
  },

  async create({ api }, request) {
    const { User } = await api.call('iam', 'CreateUser', request as never)
    return User!.UserName!
  },

  async find({ api }, id): Promise<User | undefined> {
    const known = await swept(api, 'User')
    if (known !== undefined) return known.get(id) as User | undefined
    return (await unlessGone(api.call('iam', 'GetUser', { UserName: id })))?.User
  },

  updates: {
    async name({ api }, { id, planned, changed }) {
      await api.call('iam', 'UpdateUser', {
        UserName: id,
        NewUserName: changed.has('name') ? planned.name! : undefined,
        NewPath: changed.has('path') ? planned.path! : undefined,
      })
      return planned.name!
    },
    async boundary({ api }, { id, planned }) {
      const PermissionsBoundary = planned.permissions_boundary || undefined
      if (PermissionsBoundary === undefined) await api.call('iam', 'DeleteUserPermissionsBoundary', { UserName: id })
      else await api.call('iam', 'PutUserPermissionsBoundary', { UserName: id, PermissionsBoundary })
    },
  },

  async delete(op, id, state) {
    const remove = () => op.api.call('iam', 'DeleteUser', { UserName: id })
    if (state.force_destroy) {
      const conflict = await remove().then(
        () => false,
        (error: unknown) => {
          if (!isConflict(error) && !isGone(error)) throw error
          return isConflict(error)
        },
      )
      if (!conflict) return
      await stripUser(op, id)
    }
    await deleteUnlessGone(op, remove)
  },

  validate: personName,

  expect: (api) => announce(api, 'User'),

  plan({ planned, prior }) {
    if (prior !== undefined && planned.name !== prior.name) planned.id = UNKNOWN
  },
})

/** Takes away what a user has that Terraform did not give it. */
async function stripUser({ api }: Operation<AwsApi>, UserName: string): Promise<void> {
  const groups = await unlessGone(
    all(
      (marker) => api.call('iam', 'ListGroupsForUser', { UserName, ...marker }),
      (page) => page.Groups,
    ),
  )
  if (groups === undefined) return
  for (const { GroupName } of groups) await unlessGone(api.call('iam', 'RemoveUserFromGroup', { UserName, GroupName: GroupName! }))
  const keys = await all(
    (marker) => api.call('iam', 'ListAccessKeys', { UserName, ...marker }),
    (page) => page.AccessKeyMetadata,
  )
  for (const { AccessKeyId } of keys) await unlessGone(api.call('iam', 'DeleteAccessKey', { UserName, AccessKeyId: AccessKeyId! }))
  const sshKeys = await all(
    (marker) => api.call('iam', 'ListSSHPublicKeys', { UserName, ...marker }),
    (page) => page.SSHPublicKeys,
  )
  for (const { SSHPublicKeyId } of sshKeys)
    await unlessGone(api.call('iam', 'DeleteSSHPublicKey', { UserName, SSHPublicKeyId: SSHPublicKeyId! }))
  const devices = await all(
    (marker) => api.call('iam', 'ListMFADevices', { UserName, ...marker }),
    (page) => page.MFADevices,
  )
  for (const { SerialNumber } of devices) {
    await unlessGone(api.call('iam', 'DeactivateMFADevice', { UserName, SerialNumber: SerialNumber! }))
    // Only virtual devices have ARNs, and are ours to delete.
    if (SerialNumber!.startsWith('arn:')) await unlessGone(api.call('iam', 'DeleteVirtualMFADevice', { SerialNumber: SerialNumber! }))
  }
  await unlessGone(api.call('iam', 'DeleteLoginProfile', { UserName }))
  const certificates = await all(
    (marker) => api.call('iam', 'ListSigningCertificates', { UserName, ...marker }),
    (page) => page.Certificates,
  )
  for (const { CertificateId } of certificates)
    await unlessGone(api.call('iam', 'DeleteSigningCertificate', { UserName, CertificateId: CertificateId! }))
  const credentials = (await api.call('iam', 'ListServiceSpecificCredentials', { UserName })).ServiceSpecificCredentials ?? []
  for (const { ServiceSpecificCredentialId } of credentials) {
    const input = { UserName, ServiceSpecificCredentialId: ServiceSpecificCredentialId! }
    await unlessGone(api.call('iam', 'DeleteServiceSpecificCredential', input))
  }
}
