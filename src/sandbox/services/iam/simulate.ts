import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { identityVerdict, type PolicyDocument, type RequestContext } from '../../policy/index.ts'
import { controlPoliciesOf } from '../organizations/control.ts'
import { checkPolicy, invalidInput, noSuchEntity } from './_errors.ts'
import { page } from './_names.ts'
import { policiesOf } from './identity.ts'

type Question = Pick<Iam.SimulateCustomPolicyRequest, 'ActionNames' | 'ResourceArns' | 'ContextEntries' | 'Marker' | 'MaxItems'>

/** What policies would decide; nothing is done. */
export const simulateOperations = {
  SimulateCustomPolicy(input: Iam.SimulateCustomPolicyRequest, call: Call): Iam.SimulatePolicyResponse {
    return simulate(
      call,
      (input.PolicyInputList ?? []).map((text) => checkPolicy(text, 'identity')),
      input,
    )
  },

  SimulatePrincipalPolicy(input: Iam.SimulatePrincipalPolicyRequest, call: Call): Iam.SimulatePolicyResponse {
    const found = policiesOf(call, input.PolicySourceArn!)
    if (found === undefined) {
      if (!/^arn:aws[\w-]*:iam::\d{12}:(user|group|role)\/.+$/.test(input.PolicySourceArn!))
        throw invalidInput(`Invalid Entity Arn: ${input.PolicySourceArn} does not clearly define entity type and name.`)
      throw noSuchEntity(`No entity with ARN ${input.PolicySourceArn} exists.`)
    }
    const added = (input.PolicyInputList ?? []).map((text) => checkPolicy(text, 'identity'))
    const control = controlPoliciesOf(call, input.PolicySourceArn!.split(':')[4]!)
    return simulate(call, [...found.policies, ...added], input, found.boundary, control)
  },
}

function simulate(
  call: Call,
  policies: readonly PolicyDocument[],
  question: Question,
  boundary?: PolicyDocument,
  control: readonly (readonly PolicyDocument[])[] = [],
): Iam.SimulatePolicyResponse {
  const context: RequestContext = new Map(
    (question.ContextEntries ?? []).map(({ ContextKeyName = '', ContextKeyValues = [] }) => [
      ContextKeyName.toLowerCase(),
      ContextKeyValues,
    ]),
  )
  const resources = question.ResourceArns?.length ? question.ResourceArns : ['*']
  const results = (question.ActionNames ?? []).flatMap((action) =>
    resources.map((resource): Iam.EvaluationResult => {
      const request = { action, resource, context }
      const verdict = identityVerdict(policies, request)
      const bounded = boundary === undefined ? 'allow' : identityVerdict([boundary], request)
      const above = control.map((policies) => identityVerdict(policies, request))
      const denied = [verdict, bounded, ...above].includes('deny')
      const isAllowedAbove = above.every((one) => one === 'allow')
      const allowed = verdict === 'allow' && bounded === 'allow' && isAllowedAbove
      return {
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: denied ? 'explicitDeny' : allowed ? 'allowed' : 'implicitDeny',
        MatchedStatements: [],
        MissingContextValues: [],
        ...(control.length === 0 ? {} : { OrganizationsDecisionDetail: { AllowedByOrganizations: isAllowedAbove } }),
      }
    }),
  )
  const { items, ...rest } = page(call, question, results)
  return { EvaluationResults: items, ...rest }
}
