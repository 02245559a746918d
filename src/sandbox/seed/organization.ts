import type { SeededAccount } from '../kernel/accounts.ts'
import type { Call } from '../kernel/call.ts'
import { AwsError } from '../kernel/errors.ts'
import { base32Id, seededBytes } from '../kernel/ids.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Service } from '../kernel/service.ts'
import { createAccessKey } from '../services/iam/access-key.ts'
import { rows } from '../services/iam/rows.ts'
import { type MemberRow, members } from './registry.ts'

/** The accounts of an organization and how they trust each other. Account ids have twelve digits. */
export interface Organization {
  /** Pays, and may do everything in the others through `OrganizationAccountAccessRole`. */
  readonly management: string
  /** Where people and the user `landform` are. */
  readonly hub: string
  readonly accounts: readonly { readonly id: string; readonly name: string; readonly email?: string }[]
  /** Roles of every account, for another account whose policies say who may assume them. */
  readonly roles: readonly { readonly name: string; readonly trusts: string; readonly access: 'read-only' | 'administrator' }[]
  /** The bucket of states, and the role that may use it. */
  readonly store?: {
    readonly account: string
    readonly region: string
    readonly bucket: string
    readonly role: string
    readonly trusts: string
  }
}

/** Services by name, loaded. */
export type LoadService = (name: 'iam' | 's3') => Promise<Service>

const HUB_USER = 'landform'
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

/**
 * Makes what is missing of an organization's accounts. A network, its subnets and the public images are there without: every
 * account of the sandbox has them.
 *
 * @returns all accounts with their root's keys; the hub's with those of its user `landform`
 */
export async function seedOrganization(kernel: Kernel, organization: Organization, load: LoadService): Promise<readonly SeededAccount[]> {
  const iam = await load('iam')
  const s3 = organization.store === undefined ? undefined : await load('s3')
  return kernel.transact(() => {
    const seeded = organization.accounts.map((account) => kernel.accounts.seed(account))
    for (const { id, name, email } of organization.accounts) {
      const known = members(kernel).get(id)
      members(kernel).put({
        id,
        name,
        ...(email === undefined ? {} : { email }),
        management: organization.management,
        done: known?.done ?? [],
      })
    }
    for (const { id } of organization.accounts) {
      const account = new Account(kernel, id, iam, s3)
      seedRoles(account, organization)
      if (id === organization.hub) seedHub(account, organization)
      if (id === organization.store?.account) seedStore(account, organization.store)
    }
    const hub = hubKey(organization.hub)
    return seeded.map((account) =>
      account.id === organization.hub ? { ...account, accessKeyId: hub.id, secretAccessKey: hub.secret } : account,
    )
  })
}

function seedRoles(account: Account, organization: Organization): void {
  if (account.id !== organization.management)
    account.once('role OrganizationAccountAccessRole', () => {
      account.role('OrganizationAccountAccessRole', organization.management)
      account.do('iam', 'AttachRolePolicy', { RoleName: 'OrganizationAccountAccessRole', PolicyArn: ADMINISTRATOR })
    })
  for (const { name, trusts, access } of organization.roles)
    account.once(`role ${name}`, () => {
      account.role(name, trusts)
      account.do('iam', 'AttachRolePolicy', { RoleName: name, PolicyArn: access === 'administrator' ? ADMINISTRATOR : READ_ONLY })
    })
}

/** The user under whose name plans and applies begin: it may assume the roles that trust the hub, and nothing else. */
function seedHub(account: Account, organization: Organization): void {
  account.once(`user ${HUB_USER}`, () => {
    account.make('iam', 'CreateUser', { UserName: HUB_USER })
    const call = account.call('iam', 'CreateAccessKey')
    createAccessKey(call, rows(call, 'users').get(HUB_USER)!, hubKey(account.id))
  })
  const names = organization.roles.filter(({ trusts }) => trusts === account.id).map(({ name }) => `arn:aws:iam::*:role/${name}`)
  const { store } = organization
  if (store?.trusts === account.id) names.push(`arn:aws:iam::${store.account}:role/${store.role}`)
  if (names.length === 0) return
  account.once(`policy of ${HUB_USER}: ${names.join(' ')}`, () => {
    const document = statement({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: names })
    account.do('iam', 'PutUserPolicy', { UserName: HUB_USER, PolicyName: 'assume-roles', PolicyDocument: document })
  })
}

function seedStore(account: Account, store: NonNullable<Organization['store']>): void {
  const { bucket: Bucket, region, role } = store
  account.once(`bucket ${Bucket}`, () => {
    const configuration = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region } }
    account.make('s3', 'CreateBucket', { Bucket, ...configuration }, region)
    account.do('s3', 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Enabled' } }, region)
    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }
    account.do('s3', 'PutBucketEncryption', { Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }, region)
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    }
    account.do('s3', 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration }, region)
  })
  account.once(`role ${role}`, () => {
    account.role(role, store.trusts)
    const document = statement(
      { Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetBucketVersioning', 's3:GetBucketLocation'], Resource: `arn:aws:s3:::${Bucket}` },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: `arn:aws:s3:::${Bucket}/*` },
    )
    account.do('iam', 'PutRolePolicy', { RoleName: role, PolicyName: 'state', PolicyDocument: document })
  })
}

/** The key of the hub's user is the same in every sandbox, so that what connects to a running one knows it. */
export function hubKey(account: string): { id: string; secret: string } {
  const bytes = seededBytes('landform', account, HUB_USER)
  return { id: base32Id('AKIA', bytes, 16), secret: bytes.toString('base64').slice(0, 40) }
}

function statement(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

/** One account being seeded. */
class Account {
  readonly id: string
  readonly #kernel: Kernel
  readonly #services: Readonly<Record<'iam' | 's3', Service | undefined>>

  constructor(kernel: Kernel, id: string, iam: Service, s3: Service | undefined) {
    this.id = id
    this.#kernel = kernel
    this.#services = { iam, s3 }
  }

  /** Takes a step that has not been taken before. */
  once(step: string, work: () => void): void {
    const row: MemberRow = members(this.#kernel).get(this.id)!
    if (row.done.includes(step)) return
    work()
    members(this.#kernel).patch(this.id, { done: [...row.done, step] })
  }

  call(service: 'iam' | 's3', operation: string, region = 'us-east-1'): Call {
    const root = { account: this.id, arn: `arn:aws:iam::${this.id}:root`, userId: this.id, accessKeyId: '' }
    return this.#kernel.call(this.#services[service]!, operation, root, region)
  }

  do(service: 'iam' | 's3', operation: string, input: object, region?: string): void {
    this.#services[service]!.operations[operation]!(input, this.call(service, operation, region))
  }

  /** Makes something, unless it is there: an account that was made in the sandbox may have it already. */
  make(service: 'iam' | 's3', operation: string, input: object, region?: string): void {
    try {
      this.do(service, operation, input, region)
    } catch (error) {
      if (!(error instanceof AwsError && ['EntityAlreadyExists', 'BucketAlreadyOwnedByYou'].includes(error.code))) throw error
    }
  }

  /** A role that another account's policies give to its people. */
  role(name: string, trusts: string): void {
    const trust = statement({ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${trusts}:root` }, Action: 'sts:AssumeRole' })
    this.make('iam', 'CreateRole', { RoleName: name, AssumeRolePolicyDocument: trust })
  }
}
