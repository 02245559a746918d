import type { Call } from '../../kernel/call.ts'
import type { Row, Scope, Table } from '../../kernel/store.ts'

/** IAM is one service for all regions. */
export const IAM_REGION = 'global'

export type Tags = readonly { readonly Key: string; readonly Value: string }[]

/** What users, groups, roles, policies and instance profiles have in common. Rows are kept under their name in lower case: IAM tells names apart without regard to case. */
export interface EntityRow extends Row {
  readonly name: string
  readonly path: string
  /** Such as `AIDA…`. */
  readonly uniqueId: string
  readonly arn: string
  readonly created: Date
}

/** Users, groups and roles: who has policies. */
export interface HolderRow extends EntityRow {
  /** Texts of inline policies by name. */
  readonly inline: Readonly<Record<string, string>>
  /** ARNs of managed policies in the order in which they were attached. */
  readonly attached: readonly string[]
}

export interface UserRow extends HolderRow {
  readonly tags: Tags
  readonly boundary?: string
  /** Row ids of groups. */
  readonly groups: readonly string[]
  readonly login?: { readonly created: Date; readonly resetRequired: boolean }
}

export type GroupRow = HolderRow

export interface RoleRow extends HolderRow {
  readonly tags: Tags
  readonly boundary?: string
  readonly description?: string
  /** Text of the trust policy. */
  readonly trust: string
  readonly maxSessionSeconds: number
  readonly lastUsed?: { readonly at: Date; readonly region: string }
}

export interface PolicyVersionRow {
  readonly id: string
  readonly document: string
  readonly created: Date
}

/** A managed policy; its row id is its ARN. */
export interface PolicyRow extends EntityRow {
  readonly description?: string
  readonly updated: Date
  readonly versions: readonly PolicyVersionRow[]
  readonly defaultVersion: string
  /** Numbers of versions are never used again. */
  readonly lastVersion: number
  readonly tags: Tags
}

export interface ProfileRow extends EntityRow {
  /** Row id of the role. */
  readonly role?: string
  readonly tags: Tags
}

/** An access key; its row id is the key's. Active ones are known to the kernel's registry, too. */
export interface KeyRow extends Row {
  readonly user: string
  readonly secret: string
  readonly active: boolean
  readonly created: Date
}

/** A virtual MFA device; its row id is its serial number. */
export interface DeviceRow extends Row {
  readonly name: string
  /** The key of its codes, in base 32. */
  readonly seed: string
  readonly created: Date
  readonly tags: Tags
  /** Row id of the user it belongs to. */
  readonly user?: string
  readonly enabled?: Date
  /** The time step of the last code that was taken: codes count once. */
  readonly lastStep?: number
}

/** An OpenID Connect provider; its row id is its ARN. */
export interface OidcProviderRow extends Row {
  /** Without its scheme. */
  readonly url: string
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
  readonly created: Date
  readonly tags: Tags
}

export interface Tables {
  readonly users: UserRow
  readonly groups: GroupRow
  readonly roles: RoleRow
  readonly policies: PolicyRow
  readonly profiles: ProfileRow
  readonly keys: KeyRow
  readonly devices: DeviceRow
  readonly oidc: OidcProviderRow
}

/** The IAM state of the caller's account, or of another, from a call to any service. */
export function iamScope(call: Pick<Call, 'account' | 'scopeOf'>, account = call.account): Scope {
  return call.scopeOf('iam', IAM_REGION, account)
}

export function rows<K extends keyof Tables>(call: Pick<Call, 'account' | 'scopeOf'>, name: K, account?: string): Table<Tables[K]> {
  return iamScope(call, account).table<Tables[K]>(name)
}
