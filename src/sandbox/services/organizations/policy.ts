import type * as Orgs from '@aws-sdk/client-organizations'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { parsePolicy } from '../../policy/index.ts'
import { controlPolicyType } from './control.ts'
import { arnOf, isParent, lowerId, managed, type OrganizationRow, type PolicyRow, rows } from './rows.ts'
import { putTags } from './tags.ts'

const typeName: Orgs.PolicyType = controlPolicyType
/** Characters of a policy, and policies of a root, unit or account. @see Organizations User Guide, "Quotas for AWS Organizations" */
const longestPolicy = 5120
const mostPolicies = 5

/** The policy of AWS has the same id in every organization; rows need one of their own. */
function shownId({ id }: PolicyRow): string {
  return id.split(' ').at(-1)!
}

function summaryOf(organization: OrganizationRow, row: PolicyRow): Orgs.PolicySummary {
  const id = shownId(row)
  const Arn = row.isAwsManaged
    ? `arn:aws:organizations::aws:policy/service_control_policy/${id}`
    : arnOf(organization, 'policy', `service_control_policy/${id}`)
  return { Id: id, Arn, Name: row.name, Description: row.description, Type: typeName, AwsManaged: row.isAwsManaged }
}

function policiesOf(call: Call, organization: OrganizationRow): readonly PolicyRow[] {
  return [...rows(call, 'policies').values()].filter((row) => row.management === organization.id)
}

function findPolicy(call: Call, organization: OrganizationRow, id: string | undefined): PolicyRow {
  const row = policiesOf(call, organization).find((policy) => shownId(policy) === id)
  if (row === undefined) throw new AwsError('PolicyNotFoundException', "You specified a policy that doesn't exist.")
  return row
}

function checkDocument(content: string): string {
  if (content.length > longestPolicy) throw violation('POLICY_CONTENT_LIMIT_EXCEEDED', 'You have exceeded the maximum policy size.')
  try {
    parsePolicy(content, 'identity')
  } catch {
    throw new AwsError(
      'MalformedPolicyDocumentException',
      'The provided policy document does not meet the requirements of the specified policy type.',
    )
  }
  return content
}

function violation(Reason: string, message: string): AwsError {
  return new AwsError('ConstraintViolationException', message, 400, { Reason })
}

function checkTarget(call: Call, organization: OrganizationRow, id: string | undefined): string {
  if (!isParent(call, organization, id) && rows(call, 'accounts').get(id ?? '')?.management !== organization.id)
    throw new AwsError('TargetNotFoundException', "You specified a target that doesn't exist.")
  return id!
}

function targetOf(call: Call, organization: OrganizationRow, id: string): Orgs.PolicyTargetSummary {
  const account = rows(call, 'accounts').get(id)
  if (account !== undefined) return { TargetId: id, Arn: arnOf(organization, 'account', id), Name: account.name, Type: 'ACCOUNT' }
  if (id === organization.rootId) return { TargetId: id, Arn: arnOf(organization, 'root', id), Name: 'Root', Type: 'ROOT' }
  return { TargetId: id, Arn: arnOf(organization, 'ou', id), Name: rows(call, 'units').get(id)!.name, Type: 'ORGANIZATIONAL_UNIT' }
}

export const policyOperations = {
  CreatePolicy(input: Orgs.CreatePolicyRequest, call: Call): Orgs.CreatePolicyResponse {
    const organization = managed(call)
    if (policiesOf(call, organization).some(({ name }) => name === input.Name))
      throw new AwsError('DuplicatePolicyException', 'A policy with the same name already exists.')
    const row = rows(call, 'policies').put({
      id: lowerId(call, 'p-', 8),
      management: organization.id,
      name: input.Name!,
      description: input.Description ?? '',
      content: checkDocument(input.Content!),
      isAwsManaged: false,
      targets: [],
    })
    putTags(call, row.id, input.Tags)
    return { Policy: { PolicySummary: summaryOf(organization, row), Content: row.content } }
  },

  DescribePolicy(input: Orgs.DescribePolicyRequest, call: Call): Orgs.DescribePolicyResponse {
    const organization = managed(call)
    const row = findPolicy(call, organization, input.PolicyId)
    return { Policy: { PolicySummary: summaryOf(organization, row), Content: row.content } }
  },

  UpdatePolicy(input: Orgs.UpdatePolicyRequest, call: Call): Orgs.UpdatePolicyResponse {
    const organization = managed(call)
    const { id, isAwsManaged } = findPolicy(call, organization, input.PolicyId)
    if (isAwsManaged) throw new AwsError('PolicyChangesNotAllowedException', 'Changes to this policy are not allowed.')
    const row = rows(call, 'policies').patch(id, {
      ...(input.Name === undefined ? {} : { name: input.Name }),
      ...(input.Description === undefined ? {} : { description: input.Description }),
      ...(input.Content === undefined ? {} : { content: checkDocument(input.Content) }),
    })
    return { Policy: { PolicySummary: summaryOf(organization, row), Content: row.content } }
  },

  DeletePolicy(input: Orgs.DeletePolicyRequest, call: Call): object {
    const row = findPolicy(call, managed(call), input.PolicyId)
    if (row.targets.length > 0) throw new AwsError('PolicyInUseException', 'The policy is attached to one or more entities.')
    rows(call, 'policies').delete(row.id)
    return {}
  },

  ListPolicies(input: Orgs.ListPoliciesRequest, call: Call): Orgs.ListPoliciesResponse {
    const organization = managed(call)
    const all = input.Filter === typeName ? policiesOf(call, organization) : []
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 20, 'InvalidInputException')
    return { Policies: items.map((row) => summaryOf(organization, row)), NextToken: nextToken }
  },

  ListPoliciesForTarget(input: Orgs.ListPoliciesForTargetRequest, call: Call): Orgs.ListPoliciesForTargetResponse {
    const organization = managed(call)
    const target = checkTarget(call, organization, input.TargetId)
    const all = input.Filter === typeName ? policiesOf(call, organization).filter(({ targets }) => targets.includes(target)) : []
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 20, 'InvalidInputException')
    return { Policies: items.map((row) => summaryOf(organization, row)), NextToken: nextToken }
  },

  ListTargetsForPolicy(input: Orgs.ListTargetsForPolicyRequest, call: Call): Orgs.ListTargetsForPolicyResponse {
    const organization = managed(call)
    const all = findPolicy(call, organization, input.PolicyId).targets.map((id) => targetOf(call, organization, id))
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 20, 'InvalidInputException')
    return { Targets: [...items], NextToken: nextToken }
  },

  AttachPolicy(input: Orgs.AttachPolicyRequest, call: Call): object {
    const organization = managed(call)
    if (!organization.policyTypes.includes(typeName))
      throw new AwsError('PolicyTypeNotEnabledException', 'This operation can be performed only for enabled policy types.')
    const { id, targets } = findPolicy(call, organization, input.PolicyId)
    const target = checkTarget(call, organization, input.TargetId)
    if (targets.includes(target))
      throw new AwsError('DuplicatePolicyAttachmentException', 'The selected policy is already attached to the specified target.')
    if (policiesOf(call, organization).filter((other) => other.targets.includes(target)).length >= mostPolicies)
      throw violation(
        'MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED',
        'You have attached the maximum number of policies to the specified target.',
      )
    rows(call, 'policies').patch(id, { targets: [...targets, target] })
    return {}
  },

  DetachPolicy(input: Orgs.DetachPolicyRequest, call: Call): object {
    const organization = managed(call)
    const { id, targets } = findPolicy(call, organization, input.PolicyId)
    const target = checkTarget(call, organization, input.TargetId)
    if (!targets.includes(target)) throw new AwsError('PolicyNotAttachedException', "The policy isn't attached to the specified target.")
    if (policiesOf(call, organization).filter((other) => other.targets.includes(target)).length === 1)
      throw violation(
        'MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED',
        'You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.',
      )
    rows(call, 'policies').patch(id, { targets: targets.filter((other) => other !== target) })
    return {}
  },
}
