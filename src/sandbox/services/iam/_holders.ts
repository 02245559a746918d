import type { AttachedPermissionsBoundary, AttachedPolicy } from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import type { Table } from '../../kernel/store.ts'
import { checkPolicy, deleteConflict, limitExceeded, noSuchEntity } from './_errors.ts'
import { checkName, encodeDocument, keyOf, page } from './_names.ts'
import { tryPolicy } from './policy.ts'
import { type HolderRow, rows, type Tables } from './rows.ts'

/** Users, groups and roles hold policies in the same way; this is where they differ. */
export interface HolderKind<K extends 'users' | 'groups' | 'roles'> {
  readonly table: K
  readonly noun: 'user' | 'group' | 'role'
  readonly quota: string
  /** All inline policies together, in characters without white space. */
  readonly inlineLimit: number
}

export const userKind: HolderKind<'users'> = { table: 'users', noun: 'user', quota: 'PoliciesPerUser', inlineLimit: 2048 }
export const groupKind: HolderKind<'groups'> = { table: 'groups', noun: 'group', quota: 'PoliciesPerGroup', inlineLimit: 5120 }
export const roleKind: HolderKind<'roles'> = { table: 'roles', noun: 'role', quota: 'PoliciesPerRole', inlineLimit: 10_240 }

type HolderTable = 'users' | 'groups' | 'roles'

/** @throws AwsError NoSuchEntity */
export function findHolder<K extends HolderTable>(call: Call, kind: HolderKind<K>, name: string | undefined): Tables[K] {
  const row = rows(call, kind.table).get(keyOf(name ?? ''))
  if (row === undefined || !call.isVisible(row.uniqueId)) throw noSuchEntity(`The ${kind.noun} with name ${name} cannot be found.`)
  return row
}

function change<K extends HolderTable>(call: Call, kind: HolderKind<K>, id: string, changes: Partial<HolderRow>): void {
  ;(rows(call, kind.table) as unknown as Table<HolderRow>).patch(id, changes)
}

export function putInline<K extends HolderTable>(
  call: Call,
  kind: HolderKind<K>,
  name: string,
  policyName: string | undefined,
  text: string,
): void {
  const holder: HolderRow = findHolder(call, kind, name)
  const checked = checkName(policyName, 'policyName', 128)
  checkPolicy(text, 'identity')
  const inline = { ...holder.inline, [checked]: text }
  const size = Object.values(inline).reduce((sum, document) => sum + document.replace(/\s/g, '').length, 0)
  if (size > kind.inlineLimit)
    throw limitExceeded(`Maximum policy size of ${kind.inlineLimit} bytes exceeded for ${kind.noun} ${holder.name}`)
  change(call, kind, holder.id, { inline })
}

/** @throws AwsError NoSuchEntity */
export function getInline<K extends HolderTable>(
  call: Call,
  kind: HolderKind<K>,
  name: string,
  policyName: string,
): { PolicyName: string; PolicyDocument: string; holder: HolderRow } {
  const holder: HolderRow = findHolder(call, kind, name)
  if (!Object.hasOwn(holder.inline, policyName)) throw noSuchEntity(`The ${kind.noun} policy with name ${policyName} cannot be found.`)
  return { PolicyName: policyName, PolicyDocument: encodeDocument(holder.inline[policyName]!), holder }
}

export function deleteInline<K extends HolderTable>(call: Call, kind: HolderKind<K>, name: string, policyName: string): void {
  const { holder } = getInline(call, kind, name, policyName)
  const { [policyName]: _, ...inline } = holder.inline
  change(call, kind, holder.id, { inline })
}

interface Paged {
  readonly Marker?: string
  readonly MaxItems?: number
  readonly PathPrefix?: string
}

export function listInline<K extends HolderTable>(call: Call, kind: HolderKind<K>, name: string, input: Paged) {
  const holder: HolderRow = findHolder(call, kind, name)
  const { items, ...rest } = page(call, input, Object.keys(holder.inline).sort())
  return { PolicyNames: items, ...rest }
}

export function attach<K extends HolderTable>(call: Call, kind: HolderKind<K>, name: string, policyArn: string): void {
  const holder: HolderRow = findHolder(call, kind, name)
  const policy = tryPolicy(call, policyArn)
  if (policy === undefined || (policy.path.startsWith('/aws-service-role/') && !call.internal))
    throw noSuchEntity(`Policy ${policyArn} does not exist or is not attachable.`)
  if (holder.attached.includes(policyArn)) return
  if (holder.attached.length >= 10) throw limitExceeded(`Cannot exceed quota for ${kind.quota}: 10`)
  change(call, kind, holder.id, { attached: [...holder.attached, policyArn] })
}

export function detach<K extends HolderTable>(call: Call, kind: HolderKind<K>, name: string, policyArn: string): void {
  const holder: HolderRow = findHolder(call, kind, name)
  if (!holder.attached.includes(policyArn)) throw noSuchEntity(`Policy ${policyArn} was not found.`)
  change(call, kind, holder.id, { attached: holder.attached.filter((arn) => arn !== policyArn) })
}

export function attachedPolicies(call: Call, holder: HolderRow, pathPrefix = '/'): AttachedPolicy[] {
  return holder.attached
    .map((arn) => tryPolicy(call, arn))
    .filter((policy) => policy?.path.startsWith(pathPrefix) === true)
    .map((policy) => ({ PolicyName: policy!.name, PolicyArn: policy!.arn }))
}

export function listAttached<K extends HolderTable>(call: Call, kind: HolderKind<K>, name: string, input: Paged) {
  const { items, ...rest } = page(call, input, attachedPolicies(call, findHolder(call, kind, name), input.PathPrefix))
  return { AttachedPolicies: items, ...rest }
}

/** @throws AwsError DeleteConflict when it still has policies */
export function checkBare(holder: HolderRow): void {
  if (holder.attached.length > 0) throw deleteConflict('detach all policies')
  if (Object.keys(holder.inline).length > 0) throw deleteConflict('delete policies')
}

/** @throws AwsError NoSuchEntity when there is no such policy for a boundary */
export function checkBoundary(call: Call, arn: string | undefined): string | undefined {
  if (arn === undefined || arn === '') return undefined
  if (tryPolicy(call, arn) === undefined) throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`)
  return arn
}

export function boundaryOf(arn: string | undefined): AttachedPermissionsBoundary | undefined {
  return arn === undefined ? undefined : { PermissionsBoundaryType: 'PermissionsBoundaryPolicy', PermissionsBoundaryArn: arn }
}
