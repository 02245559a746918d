import { describe, expect, test } from 'vitest'
import { identityVerdict, type PolicyKind, type Principal, parsePolicy, resourceVerdict } from '../../src/sandbox/policy/index.ts'
import { cpuMs } from '../support/cpu.ts'

type Context = Record<string, string | readonly string[]>

function contextOf(context: Context): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value]))
}

function identity(statements: unknown, request: { action: string; resource?: string; context?: Context }, version = '2012-10-17'): string {
  const policy = parsePolicy(JSON.stringify({ Version: version, Statement: statements }), 'identity')
  return identityVerdict([policy], {
    action: request.action,
    resource: request.resource ?? '*',
    context: contextOf(request.context ?? {}),
  })
}

describe('actions and resources', () => {
  const bucket = 'arn:aws:s3:::releases'
  const key = 'arn:aws:s3:::releases/web/1.tar'
  test.each([
    ['allowed by name', { Action: 's3:GetObject', Resource: key }, 's3:GetObject', key, 'allow'],
    ['case of actions does not matter', { Action: 'S3:getobject', Resource: key }, 's3:GetObject', key, 'allow'],
    [
      'case of resources does',
      { Action: 's3:GetObject', Resource: key.toUpperCase().replace('ARN', 'arn').replace('AWS', 'aws') },
      's3:GetObject',
      key,
      'none',
    ],
    ['wildcards', { Action: 's3:Get*', Resource: `${bucket}/*` }, 's3:GetObject', key, 'allow'],
    ['a wildcard of one character', { Action: 's3:Get?bject', Resource: '*' }, 's3:GetObject', key, 'allow'],
    ['a wildcard does not stand for another service', { Action: 's3:*', Resource: '*' }, 's3express:GetObject', key, 'none'],
    ['the bucket is not its objects', { Action: 's3:*', Resource: bucket }, 's3:GetObject', key, 'none'],
    ['lists', { Action: ['s3:PutObject', 's3:GetObject'], Resource: [bucket, key] }, 's3:GetObject', key, 'allow'],
    ['NotAction leaves out', { NotAction: 's3:Get*', Resource: '*' }, 's3:GetObject', key, 'none'],
    ['NotAction allows the rest', { NotAction: 'iam:*', Resource: '*' }, 's3:GetObject', key, 'allow'],
    ['NotResource leaves out', { Action: '*', NotResource: `${bucket}/*` }, 's3:GetObject', key, 'none'],
    ['NotResource allows the rest', { Action: '*', NotResource: `${bucket}/*` }, 's3:ListBucket', bucket, 'allow'],
    [
      'a named resource is not enough for an action on everything',
      { Action: 's3:ListAllMyBuckets', Resource: bucket },
      's3:ListAllMyBuckets',
      '*',
      'none',
    ],
  ])('%s', (_name, statement, action, resource, want) => {
    expect(identity({ Effect: 'Allow', ...statement }, { action, resource })).toBe(want)
  })

  test('an explicit deny wins, wherever it stands', () => {
    const allow = { Effect: 'Allow', Action: '*', Resource: '*' }
    const deny = { Effect: 'Deny', Action: 'ec2:Terminate*', Resource: '*' }
    for (const statements of [
      [allow, deny],
      [deny, allow],
    ]) {
      expect(identity(statements, { action: 'ec2:TerminateInstances' })).toBe('deny')
      expect(identity(statements, { action: 'ec2:RunInstances' })).toBe('allow')
    }
  })

  test('a long pattern of wildcards is matched in reasonable time', () => {
    const resource = `arn:aws:s3:::b/${'a'.repeat(2000)}`
    const before = cpuMs()
    expect(
      identity({ Effect: 'Allow', Action: '*', Resource: `arn:aws:s3:::b/${'*a'.repeat(40)}*b` }, { action: 's3:GetObject', resource }),
    ).toBe('none')
    expect(cpuMs() - before).toBeLessThan(500)
  })
})

describe('conditions', () => {
  test.each<[operator: string, key: string, wanted: unknown, context: Context, met: boolean]>([
    ['StringEquals', 'aws:PrincipalTag/team', 'web', { 'aws:PrincipalTag/team': 'web' }, true],
    ['StringEquals', 'aws:PrincipalTag/team', ['ops', 'web'], { 'aws:principaltag/TEAM': 'web' }, true],
    ['StringEquals', 'k', 'Web', { k: 'web' }, false],
    ['StringEquals', 'k', 'w*', { k: 'web' }, false],
    ['StringEquals', 'k', 'web', {}, false],
    ['StringEqualsIfExists', 'k', 'web', {}, true],
    ['StringEqualsIfExists', 'k', 'web', { k: 'ops' }, false],
    ['StringEqualsIgnoreCase', 'k', 'WEB', { k: 'web' }, true],
    ['StringNotEquals', 'k', 'web', { k: 'ops' }, true],
    ['StringNotEquals', 'k', ['web', 'ops'], { k: 'ops' }, false],
    ['StringNotEquals', 'k', 'web', {}, true],
    ['StringNotEqualsIgnoreCase', 'k', 'WEB', { k: 'web' }, false],
    ['StringLike', 'k', 'repo:acme/*:ref:refs/heads/ma?n', { k: 'repo:acme/shop:ref:refs/heads/main' }, true],
    ['StringLike', 'k', 'repo:acme/*:environment:prod', { k: 'repo:acme/shop:pull_request' }, false],
    ['StringNotLike', 'k', 'a*', { k: 'abc' }, false],
    ['NumericLessThan', 'aws:MultiFactorAuthAge', 3600, { 'aws:MultiFactorAuthAge': '3599' }, true],
    ['NumericLessThan', 'aws:MultiFactorAuthAge', '3600', { 'aws:MultiFactorAuthAge': '3600' }, false],
    ['NumericLessThanEquals', 'k', '10', { k: '10' }, true],
    ['NumericGreaterThan', 'k', '9', { k: '10' }, true],
    ['NumericGreaterThanEquals', 'k', '11', { k: '10' }, false],
    ['NumericEquals', 'k', '10', { k: '10.0' }, true],
    ['NumericNotEquals', 'k', '10', { k: '11' }, true],
    ['NumericEquals', 'k', '10', { k: 'ten' }, false],
    ['DateGreaterThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z', { 'aws:CurrentTime': '2026-06-01T00:00:00Z' }, true],
    ['DateLessThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z', { 'aws:CurrentTime': '2026-06-01T00:00:00Z' }, false],
    ['DateLessThan', 'aws:EpochTime', '1893456000', { 'aws:EpochTime': '1780000000' }, true],
    ['DateEquals', 'k', '2026-01-01T01:00:00+01:00', { k: '2026-01-01T00:00:00Z' }, true],
    ['Bool', 'aws:MultiFactorAuthPresent', 'true', { 'aws:MultiFactorAuthPresent': 'true' }, true],
    ['Bool', 'aws:MultiFactorAuthPresent', true, { 'aws:MultiFactorAuthPresent': 'false' }, false],
    ['Bool', 'aws:MultiFactorAuthPresent', 'true', {}, false],
    ['BoolIfExists', 'aws:MultiFactorAuthPresent', 'false', {}, true],
    ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '10.1.2.3' }, true],
    ['IpAddress', 'aws:SourceIp', ['192.0.2.1', '2001:db8::/32'], { 'aws:SourceIp': '2001:db8::1' }, true],
    ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '11.1.2.3' }, false],
    ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', { 'aws:SourceIp': '11.1.2.3' }, true],
    [
      'ArnLike',
      'aws:PrincipalArn',
      'arn:aws:iam::*:role/deploy-*',
      { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/deploy-web' },
      true,
    ],
    ['ArnLike', 'k', 'arn:aws:iam::*:role/x', { k: 'arn:aws:iam::1:user:role/x' }, false],
    ['ArnEquals', 'k', 'arn:aws:sns:*:*:alarms', { k: 'arn:aws:sns:eu-west-1:111122223333:alarms' }, true],
    ['ArnNotLike', 'k', 'arn:aws:iam::*:role/x', { k: 'arn:aws:iam::1:role/y' }, true],
    ['Null', 'aws:TokenIssueTime', 'true', {}, true],
    ['Null', 'aws:TokenIssueTime', 'false', {}, false],
    ['Null', 'aws:TokenIssueTime', 'false', { 'aws:TokenIssueTime': 'x' }, true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['team', 'cost'], { 'aws:TagKeys': ['team'] }, true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['team', 'cost'], { 'aws:TagKeys': ['team', 'other'] }, false],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['team'], {}, true],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['team'], { 'aws:TagKeys': ['other', 'team'] }, true],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['team'], {}, false],
    ['ForAnyValue:StringNotEquals', 'k', ['a'], { k: ['a', 'b'] }, true],
    ['ForAllValues:StringNotEquals', 'k', ['a'], { k: ['a', 'b'] }, false],
    ['ForAnyValue:StringLikeIfExists', 'k', ['a'], {}, true],
  ])('%s of %s is %j, given %j: %s', (operator, key, wanted, context, met) => {
    const statement = { Effect: 'Allow', Action: '*', Resource: '*', Condition: { [operator]: { [key]: wanted } } }
    expect(identity(statement, { action: 's3:GetObject', context })).toBe(met ? 'allow' : 'none')
  })

  test('all conditions of a statement must be met', () => {
    const Condition = { Bool: { 'aws:MultiFactorAuthPresent': 'true' }, StringEquals: { 'sts:ExternalId': 'x' } }
    const statement = { Effect: 'Allow', Action: '*', Resource: '*', Condition }
    const both = { 'aws:MultiFactorAuthPresent': 'true', 'sts:ExternalId': 'x' }
    expect(identity(statement, { action: 'sts:AssumeRole', context: both })).toBe('allow')
    for (const key of Object.keys(both)) {
      const context: Context = { ...both, [key]: 'false' }
      expect(identity(statement, { action: 'sts:AssumeRole', context })).toBe('none')
    }
  })
})

describe('policy variables', () => {
  const own = { Effect: 'Allow', Action: 'iam:*', Resource: 'arn:aws:iam::111122223333:user/${aws:username}' }
  const user = (name: string) => `arn:aws:iam::111122223333:user/${name}`
  test.each<[name: string, statement: object, resource: string, context: Context, want: string, version?: string]>([
    ['in a resource', own, user('alice'), { 'aws:username': 'alice' }, 'allow'],
    ['of somebody else', own, user('alice'), { 'aws:username': 'bob' }, 'none'],
    ['without a value', own, user('alice'), {}, 'none'],
    ['a value is no wildcard', own, user('alice'), { 'aws:username': '*' }, 'none'],
    ['with a default', { ...own, Resource: "arn:aws:iam::111122223333:user/${aws:username, 'guest'}" }, user('guest'), {}, 'allow'],
    ['an asterisk itself', { ...own, Resource: 'arn:aws:iam::111122223333:user/${*}' }, user('*'), {}, 'allow'],
    ['an asterisk itself and nothing else', { ...own, Resource: 'arn:aws:iam::111122223333:user/${*}' }, user('bob'), {}, 'none'],
    ['in the old version they are plain text', own, user('${aws:username}'), { 'aws:username': 'alice' }, 'allow', ''],
    [
      'in a condition',
      { ...own, Resource: '*', Condition: { StringEquals: { 'aws:ResourceTag/owner': '${aws:username}' } } },
      '*',
      { 'aws:username': 'alice', 'aws:ResourceTag/owner': 'alice' },
      'allow',
    ],
  ])('%s', (_name, statement, resource, context, want, version) => {
    const text = JSON.stringify({ ...(version === '' ? {} : { Version: '2012-10-17' }), Statement: statement })
    const policy = parsePolicy(text, 'identity')
    expect(identityVerdict([policy], { action: 'iam:GetUser', resource, context: contextOf(context) })).toBe(want)
  })
})

describe('principals', () => {
  const alice: Principal = { kind: 'AWS', id: 'arn:aws:iam::111122223333:user/people/alice', account: '111122223333' }
  const session: Principal = {
    kind: 'AWS',
    id: 'arn:aws:sts::111122223333:assumed-role/deploy/ci',
    account: '111122223333',
    role: 'arn:aws:iam::111122223333:role/deploy',
  }
  const ecs: Principal = { kind: 'Service', id: 'ecs-tasks.amazonaws.com', account: '' }
  test.each<[name: string, principal: unknown, who: Principal, want: string]>([
    ['a user', { AWS: alice.id }, alice, 'named'],
    ['a user of the same name under another path', { AWS: 'arn:aws:iam::111122223333:user/alice' }, alice, 'none'],
    ['an account by its root', { AWS: 'arn:aws:iam::111122223333:root' }, alice, 'account'],
    ['an account by its id', { AWS: '111122223333' }, session, 'account'],
    ['another account', { AWS: '444455556666' }, alice, 'none'],
    ['a role, for its sessions', { AWS: 'arn:aws:iam::111122223333:role/deploy' }, session, 'named'],
    ['one session', { AWS: session.id }, session, 'named'],
    ['several', { AWS: ['444455556666', alice.id] }, alice, 'named'],
    ['everybody', '*', alice, 'named'],
    ['everybody with an identity', { AWS: '*' }, session, 'named'],
    ['a service', { Service: ['ec2.amazonaws.com', 'ecs-tasks.amazonaws.com'] }, ecs, 'named'],
    ['a service is no account', { AWS: '111122223333' }, ecs, 'none'],
  ])('%s', (_name, Principal, who, want) => {
    const policy = parsePolicy(
      JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' } }),
      'trust',
    )
    const { verdict, isNamed } = resourceVerdict(policy, who, { action: 'sts:AssumeRole', resource: '*', context: new Map() })
    expect(verdict === 'allow' ? (isNamed ? 'named' : 'account') : verdict).toBe(want)
  })

  test('NotPrincipal with Deny shuts out all others', () => {
    const statements = [
      { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' },
      { Effect: 'Deny', NotPrincipal: { AWS: alice.id }, Action: 's3:*', Resource: '*' },
    ]
    const policy = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'resource')
    const request = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', context: new Map() }
    expect(resourceVerdict(policy, alice, request).verdict).toBe('allow')
    expect(resourceVerdict(policy, session, request).verdict).toBe('deny')
  })
})

describe('policies that IAM refuses', () => {
  const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }
  test.each<[kind: PolicyKind, policy: unknown, message: string]>([
    ['identity', 'no JSON', 'Syntax errors in policy.'],
    ['trust', 'no JSON', 'This policy contains invalid Json'],
    ['identity', { Statement: [allow], Extra: 1 }, 'Syntax errors in policy.'],
    ['identity', { Version: '2012-10-17' }, 'Syntax errors in policy.'],
    ['identity', { Version: '2008-10-17', Statement: [allow] }, 'Policy document must be version 2012-10-17 or greater.'],
    ['identity', { Statement: { ...allow, Effect: 'allow' } }, 'Syntax errors in policy.'],
    ['identity', { Statement: { Effect: 'Allow', Resource: '*' } }, 'Policy statement must contain actions.'],
    ['identity', { Statement: { Effect: 'Allow', Action: 's3:*' } }, 'Policy statement must contain resources.'],
    [
      'identity',
      { Statement: { ...allow, Action: 'GetObject' } },
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    ['identity', { Statement: { ...allow, Resource: 'bucket' } }, 'Resource bucket must be in ARN format or "*".'],
    [
      'identity',
      { Statement: { ...allow, Resource: 'arn:azure:s3:::b' } },
      'Partition "azure" is not valid for resource "arn:azure:s3:::b".',
    ],
    ['identity', { Statement: { ...allow, Principal: '*' } }, 'Policy document should not specify a principal.'],
    [
      'identity',
      {
        Statement: [
          { ...allow, Sid: 'a' },
          { ...allow, Sid: 'a' },
        ],
      },
      'Statement IDs (SID) in a single policy must be unique.',
    ],
    ['identity', { Statement: { ...allow, Condition: { StringIs: { a: 'b' } } } }, 'Invalid Condition type : StringIs.'],
    ['trust', { Statement: { ...trust, Action: 's3:GetObject' } }, 'AssumeRole policy may only specify STS AssumeRole actions.'],
    ['trust', { Statement: { ...trust, Resource: '*' } }, 'Has prohibited field Resource'],
    ['trust', { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole' } }, 'Missing required field Principal'],
  ])('%s %j', (kind, policy, message) => {
    expect(() => parsePolicy(typeof policy === 'string' ? policy : JSON.stringify(policy), kind)).toThrow(message)
  })
})
