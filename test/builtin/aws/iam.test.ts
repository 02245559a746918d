import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts'
import { type Moto, motoProgram, startMoto } from '../../aws/_moto.ts'
import { prelude, Stack } from './_stack.ts'

const fixture = readFileSync(new URL('../../fixtures/iam/main.tf', import.meta.url), 'utf8')

async function lifecycle(url: string): Promise<void> {
  const stack = new Stack(url).config(fixture, '')
  expect(await stack.validate()).toEqual([])
  expect((await stack.apply()).length).toBe(15)
  stack.takeRequests()
  expect((await stack.plan()).actions).toEqual([])
  // What belongs to roles, users and groups comes in lists of the account.
  const { 'iam.GetAccountAuthorizationDetails': pages, ...others } = stack.takeRequests()
  expect(pages).toBeLessThan(5)
  expect(others).toEqual({ 'iam.GetInstanceProfile': 1, 'iam.GetPolicy': 1, 'iam.ListRoles': 1, 'sts.GetCallerIdentity': 1 })
  expect(stack.attributes('aws_iam_role.task')).toMatchObject({
    assume_role_policy:
      '{"Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com"]}}],"Version":"2012-10-17"}',
    name_prefix: 'task-',
    max_session_duration: 7200,
    description: '',
  })
  expect(stack.attributes('aws_iam_group_policy.stage')).toMatchObject({ id: 'deployers:assume-stage', name_prefix: '' })
  expect(stack.attributes('aws_iam_role_policy.unnamed').name).toMatch(/^terraform-\d{18}[0-9a-f]{8}$/)

  // The same policies in other words, and what changes in place.
  stack.config(
    fixture.replace('Action = ["logs:PutLogEvents", "logs:CreateLogStream"]', 'Action = ["logs:CreateLogStream", "logs:PutLogEvents"]'),
    '',
  )
  expect((await stack.plan()).actions).toEqual([])
  const changed = fixture
    .replace('arn:aws:iam::300000000003:role/deploy', 'arn:aws:iam::300000000003:role/other')
    .replace('Instances of the service cluster', 'changed')
    .replace('ssm:GetParameters', 'ssm:GetParameter')
    .replace('"logs:PutLogEvents", ', '')
    .replace('max_session_duration = 7200', 'max_session_duration = 3600')
    .replace('alice@example.org', 'alice@example.com')
    .replace('groups = [aws_iam_group.deployers.name, aws_iam_group.readers.name]', 'groups = [aws_iam_group.readers.name]')
    .replace('permissions_boundary = aws_iam_policy.logs.arn', 'permissions_boundary = null')
  stack.config(changed, '')
  expect((await stack.apply()).sort()).toEqual([
    'update aws_iam_group_policy.stage',
    'update aws_iam_policy.logs',
    'update aws_iam_role.instance',
    'update aws_iam_role.task',
    'update aws_iam_role_policy.task',
    'update aws_iam_user.alice',
    'update aws_iam_user_group_membership.alice',
  ])
  expect((await stack.plan()).actions).toEqual([])

  await stack.destroy()
  expect(stack.addresses()).toEqual([])
}

describe('against the sandbox', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox()
  })
  afterAll(() => sandbox.close())

  test('the fixture: created, planned empty, changed, destroyed', () => lifecycle(sandbox.url), 60_000)

  test('a list in pages of two', async () => {
    const small = await startSandbox({ maxPageSize: 2 })
    try {
      await lifecycle(small.url)
    } finally {
      await small.close()
    }
  }, 60_000)

  test('policies of a role in its own blocks, the deprecated way', async () => {
    const text = (body: string) => `
resource "aws_iam_role" "r" {
  name               = "r"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" } }] })
  ${body}
}
`
    const inline = (name: string, action: string) => `inline_policy {
    name   = "${name}"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "${action}", Resource = "*" }] })
  }
`
    const stack = new Stack(sandbox.url).config(
      text(`${inline('a', 's3:*')}${inline('b', 'ec2:*')} managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]`),
    )
    await stack.apply()
    expect((await stack.plan()).actions).toEqual([])
    stack.config(text(`${inline('a', 's3:Get*')} managed_policy_arns = []`))
    expect(await stack.apply()).toEqual(['update aws_iam_role.r'])
    expect((await stack.plan()).actions).toEqual([])
    expect((stack.attributes('aws_iam_role.r').inline_policy as { name: string }[]).map(({ name }) => name)).toEqual(['a'])
    stack.config(text('inline_policy {}'))
    await stack.apply()
    expect((await stack.plan()).actions).toEqual([])
    await stack.destroy()
  }, 60_000)

  // Moto loses the tags of a user that is moved, and does not move groups.
  test('users and groups are moved and renamed in place', async () => {
    const text = (name: string, path: string) => `
resource "aws_iam_user" "u" {
  name = "${name}"
  path = "${path}"
  tags = { Name = "u" }
}
resource "aws_iam_group" "g" {
  name = "${name}"
  path = "${path}"
}
resource "aws_iam_user_group_membership" "m" {
  user   = "somebody"
  groups = [aws_iam_group.g.name]
  depends_on = [aws_iam_user.somebody]
}
resource "aws_iam_user" "somebody" {
  name = "somebody"
}
resource "aws_iam_policy" "p" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "iam:*", Resource = aws_iam_user.u.arn }] })
}
`
    const stack = new Stack(sandbox.url).config(text('old', '/people/'))
    await stack.apply()
    stack.config(text('new', '/staff/'))
    expect((await stack.apply()).sort()).toEqual([
      'update aws_iam_group.g',
      'update aws_iam_policy.p',
      'update aws_iam_user.u',
      'update aws_iam_user_group_membership.m',
    ])
    expect(stack.attributes('aws_iam_user.u')).toMatchObject({
      id: 'new',
      arn: 'arn:aws:iam::123456789012:user/staff/new',
      tags: { Name: 'u' },
    })
    expect((await stack.plan()).actions).toEqual([])
    await stack.destroy()
  }, 60_000)

  test('objects are imported by the ids of hashicorp/aws', async () => {
    const policy = 'jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })'
    const types: Readonly<Record<string, readonly [id: string, body: string]>> = {
      aws_iam_group: ['ig', 'name = "ig"'],
      aws_iam_group_policy: ['ig:p', `group = "ig"\n name = "p"\n policy = ${policy}\n depends_on = [aws_iam_group.x]`],
      aws_iam_instance_profile: ['ip', 'name = "ip"\n role = aws_iam_role.x.name'],
      aws_iam_policy: ['arn:aws:iam::123456789012:policy/ip', `name = "ip"\n policy = ${policy}`],
      aws_iam_role: [
        'ir',
        'name = "ir"\n force_detach_policies = null\n assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" } }] })',
      ],
      aws_iam_role_policy: ['ir:p', `role = aws_iam_role.x.name\n name = "p"\n policy = ${policy}`],
      aws_iam_role_policy_attachment: [
        'ir/arn:aws:iam::aws:policy/ReadOnlyAccess',
        'role = aws_iam_role.x.name\n policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"',
      ],
      aws_iam_user: ['iu', 'name = "iu"'],
      aws_iam_user_group_membership: ['iu/ig', 'user = aws_iam_user.x.name\n groups = [aws_iam_group.x.name]'],
    }
    const blocks = Object.entries(types)
      .map(([type, [, body]]) => `resource "${type}" "x" {\n ${body}\n}\n`)
      .join('')
    const imports = Object.entries(types)
      .map(([type, [id]]) => `import {\n to = ${type}.x\n id = "${id}"\n}\n`)
      .join('')
    const made = new Stack(sandbox.url).config(blocks)
    await made.apply()
    await made.apply()
    const taken = new Stack(sandbox.url).config(blocks + imports)
    expect(await taken.apply()).toEqual([])
    expect((await taken.plan()).actions).toEqual([])
    for (const type of Object.keys(types)) {
      // What is for Terraform alone is in no answer of AWS: it stays absent, as with hashicorp/aws, to which that and false are one.
      const without = ({ id, tags, force_destroy, force_detach_policies, ...rest }: Record<string, unknown>) => rest
      expect(without(taken.attributes(`${type}.x`))).toEqual(without(made.attributes(`${type}.x`)))
    }
    await taken.destroy()
  }, 60_000)

  const both = [
    'Conflicting configuration arguments: "name": conflicts with name_prefix',
    'Conflicting configuration arguments: "name_prefix": conflicts with name',
  ]
  const policyNames = 'invalid value for name (must match [\\w+=,.@-])'
  const personNames =
    'invalid value for name (must only contain alphanumeric characters, hyphens, underscores, commas, periods, @ symbols, plus and equals signs)'
  // What hashicorp/aws 5.100.0 says to the same.
  test.each<[type: string, body: string, problems: readonly string[]]>([
    [
      'aws_iam_policy',
      'name = "p"\n name_prefix = "q"\n policy = "no policy"',
      [...both, '"policy" contains an invalid JSON policy: not a JSON object'],
    ],
    ['aws_iam_policy', 'policy = ""', ['"policy" is an empty string, which is not a valid JSON value']],
    ['aws_iam_policy', 'policy = "[]"', ['"policy" contains an invalid JSON policy: contains a JSON array, not a JSON object']],
    ['aws_iam_policy', 'policy = "  {}"', []],
    [
      'aws_iam_policy',
      'name = "a b"\n policy = "{"',
      [policyNames, '"policy" contains an invalid JSON policy: unexpected end of JSON input, at byte offset 1'],
    ],
    [
      'aws_iam_role',
      'assume_role_policy = "{}"\n max_session_duration = 10\n permissions_boundary = "nope"\n managed_policy_arns = ["x"]',
      [
        'expected max_session_duration to be in the range (3600 - 43200), got 10',
        '"permissions_boundary" (nope) is an invalid ARN: arn: invalid prefix',
        '"managed_policy_arns.0" (x) is an invalid ARN: arn: invalid prefix',
      ],
    ],
    ['aws_iam_user', 'name = "a b"', [personNames]],
    ['aws_iam_group', 'name = "a b"', [personNames]],
    ['aws_iam_group_policy', 'name = "a b"\n group = "g"\n policy = "x"', ['"policy" contains an invalid JSON policy: not a JSON object']],
    ['aws_iam_role_policy', 'name = "a b"\n role = "r"\n policy = "{}"', [policyNames]],
    ['aws_iam_role_policy_attachment', 'role = "r"\n policy_arn = "x"', ['"policy_arn" (x) is an invalid ARN: arn: invalid prefix']],
    ['aws_iam_instance_profile', 'name = "a"\n name_prefix = "b"', both],
    [
      'data.aws_iam_policy_document',
      'version = "2010-10-17"',
      ['expected version to be one of ["2008-10-17" "2012-10-17"], got 2010-10-17'],
    ],
    [
      'data.aws_iam_policy_document',
      'statement {\n effect = "allow"\n }',
      ['expected statement.0.effect to be one of ["Allow" "Deny"], got allow'],
    ],
    [
      'data.aws_iam_policy_document',
      'override_policy_documents = ["x"]',
      ['"override_policy_documents.0" contains an invalid JSON: invalid character \'x\' looking for beginning of value'],
    ],
  ])('%s { %s } is refused at validation', async (type, body, problems) => {
    const [kind, name] = type.startsWith('data.') ? ['data', type.slice('data.'.length)] : ['resource', type]
    const found = await new Stack(sandbox.url).config(`${kind} "${name}" "x" {\n ${body}\n}\n`, prelude).validate()
    expect(found).toEqual(problems.map((text) => `error: ${type}.x ${text.includes(': conflicts with') ? text : `${text}: `}`))
  })
})

describe.skipIf(motoProgram === undefined)('against moto (skipped without moto_server)', () => {
  let moto: Moto
  beforeAll(async () => {
    // The process inherits it: without, there are no policies of AWS.
    process.env.MOTO_IAM_LOAD_MANAGED_POLICIES = 'true'
    moto = await startMoto()
  }, 60_000)
  afterAll(() => moto?.stop())

  test('the fixture: created, planned empty, changed, destroyed', () => lifecycle(moto.url), 120_000)
})
