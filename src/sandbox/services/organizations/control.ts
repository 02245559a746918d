import type { Call } from '../../kernel/call.ts'
import { type PolicyDocument, parsePolicy } from '../../policy/index.ts'
import { type AccountRow, type OrganizationRow, type PolicyRow, rows } from './rows.ts'

export const controlPolicyType = 'SERVICE_CONTROL_POLICY'

const parsed = new WeakMap<PolicyRow, PolicyDocument>()

/** Rows are replaced when they change, so each text is read once. */
function documentOf(row: PolicyRow): PolicyDocument {
  let document = parsed.get(row)
  if (document === undefined) {
    document = parsePolicy(row.content, 'identity')
    parsed.set(row, document)
  }
  return document
}

/**
 * The service control policies above an account: those of the root, of each unit down to it, and of the account itself. A request has to
 * be allowed by each level, and denied by none. Empty for accounts that no such policy holds for: those of no organization, and the
 * management account of one.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
 */
export function controlPoliciesOf(call: Pick<Call, 'kernel'>, account: string): readonly (readonly PolicyDocument[])[] {
  const row = rows(call, 'accounts').get(account)
  if (row === undefined || row.management === account) return []
  const organization = rows(call, 'organizations').get(row.management)
  if (organization === undefined || !organization.policyTypes.includes(controlPolicyType)) return []
  const policies = [...rows(call, 'policies').values()].filter(({ management }) => management === organization.id)
  return levelsOf(call, organization, row).map((id) => policies.filter(({ targets }) => targets.includes(id)).map(documentOf))
}

/** Ids from the root down to the account. */
function levelsOf(call: Pick<Call, 'kernel'>, { rootId }: OrganizationRow, { id, parent }: AccountRow): readonly string[] {
  const levels = [id]
  for (let at: string | undefined = parent; at !== undefined && at !== rootId; at = rows(call, 'units').get(at)?.parent) levels.unshift(at)
  return [rootId, ...levels]
}

/** Whether an account has been closed: nobody gets in any more. */
export function isClosed(call: Pick<Call, 'kernel'>, account: string): boolean {
  const row = rows(call, 'accounts').get(account)
  return row !== undefined && row.status !== 'ACTIVE'
}
