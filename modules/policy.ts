/** One statement of an IAM policy, as the data source `aws_iam_policy_document` takes it. */
export interface Statement {
  readonly sid?: string
  readonly effect?: 'Allow' | 'Deny'
  readonly actions: string[]
  readonly resources: string[]
}

/** The policy of a role that a service of AWS assumes, such as `ec2.amazonaws.com`. */
export function trustService(service: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
  })
}

/** A policy as text. */
export function policyText(statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map(({ sid, effect, actions, resources }) => ({
      ...(sid === undefined ? {} : { Sid: sid }),
      Effect: effect ?? 'Allow',
      Action: actions,
      Resource: resources,
    })),
  })
}
