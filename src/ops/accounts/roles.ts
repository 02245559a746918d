import { entryRole } from './callers.ts'
import { type Act, act, ifThere, isSameJson, type Making, memberOf, type Step, StepError, unlessThere } from './step.ts'

const federation = 'token.actions.githubusercontent.com'

export const oidc: Step = {
  name: 'oidc',
  title: 'workflows on GitHub are known to the account',
  usually: () => ['iam:CreateOpenIDConnectProvider'],
  inside: true,
  async probe(making) {
    const { callers, journal } = making
    if (journal.request.repository === undefined) return []
    const arn = `arn:aws:iam::${journal.accountId}:oidc-provider/${federation}`
    const who = memberOf(making)
    const found = await ifThere(callers.call(who, 'iam', 'GetOpenIDConnectProvider', { OpenIDConnectProviderArn: arn }), 'NoSuchEntity')
    if (found?.ClientIDList?.includes('sts.amazonaws.com')) return []
    if (found !== undefined)
      return [
        {
          text: 'iam:AddClientIDToOpenIDConnectProvider sts.amazonaws.com',
          run: async () => {
            await callers.call(who, 'iam', 'AddClientIDToOpenIDConnectProvider', {
              OpenIDConnectProviderArn: arn,
              ClientID: 'sts.amazonaws.com',
            })
          },
        },
      ]
    return [
      {
        text: `iam:CreateOpenIDConnectProvider ${federation}`,
        run: () =>
          unlessThere(
            callers.call(who, 'iam', 'CreateOpenIDConnectProvider', { Url: `https://${federation}`, ClientIDList: ['sts.amazonaws.com'] }),
            'EntityAlreadyExists',
          ),
      },
    ]
  },
}

interface RoleFloor {
  readonly name: string
  readonly policy: string
  readonly description: string
  /** The claim `sub` of GitHub's tokens; none: workflows may not assume it. */
  readonly subject?: string
  /** Only with a second factor. */
  readonly mfa?: boolean
  /** Whether it is bounded, so that it cannot take the floor away that it stands on. */
  readonly isBounded?: boolean
}

const boundaryName = 'landform-boundary'
const breakGlass = 'break-glass'

/** Everything but the roles that were made here, this boundary, and leaving the organization. */
function boundaryOf({ journal, registration }: Making): string {
  const { accountId } = journal
  const floor = [registration.roles.plan, registration.roles.apply, breakGlass, entryRole]
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Everything', Effect: 'Allow', Action: '*', Resource: '*' },
      {
        Sid: 'ButTheFloor',
        Effect: 'Deny',
        NotAction: ['iam:Get*', 'iam:List*', 'iam:PassRole', 'iam:Simulate*', 'sts:*'],
        Resource: [...floor.map((name) => `arn:aws:iam::${accountId}:role/${name}`), `arn:aws:iam::${accountId}:policy/${boundaryName}`],
      },
      { Sid: 'AndTheWayOut', Effect: 'Deny', Action: ['organizations:LeaveOrganization', 'account:CloseAccount'], Resource: '*' },
    ],
  })
}

function rolesOf({ journal, registration }: Making): readonly RoleFloor[] {
  const { request: asked } = journal
  return [
    {
      name: registration.roles.plan,
      policy: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
      description: 'Plans are made with it',
      subject: `repo:${asked.repository}:pull_request`,
    },
    {
      name: registration.roles.apply,
      policy: 'arn:aws:iam::aws:policy/AdministratorAccess',
      description: 'Plans are applied with it',
      subject: `repo:${asked.repository}:environment:${asked.name}`,
      isBounded: true,
    },
    {
      name: breakGlass,
      policy: 'arn:aws:iam::aws:policy/AdministratorAccess',
      description: 'For people, when nothing else helps',
      mfa: true,
    },
  ]
}

function trustOf({ journal, organization, adopt }: Making, { subject, mfa }: RoleFloor): string {
  const hub = adopt ? journal.accountId! : organization.hub.id
  const people = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${hub}:root` }, Action: 'sts:AssumeRole' }
  const statements: object[] = [mfa ? { ...people, Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } } : people]
  if (subject !== undefined && journal.request.repository !== undefined)
    statements.push({
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${journal.accountId}:oidc-provider/${federation}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      // Both, and as equal texts: a missing subject would let in every repository of GitHub.
      Condition: { StringEquals: { [`${federation}:aud`]: 'sts.amazonaws.com', [`${federation}:sub`]: subject } },
    })
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

export const roles: Step = {
  name: 'roles',
  title: 'there are the roles of plans and applies, and one for emergencies',
  usually: () => [
    'iam:CreateRole, for plans',
    'iam:AttachRolePolicy ReadOnlyAccess',
    `iam:CreatePolicy ${boundaryName}`,
    'iam:CreateRole, for applies',
    'iam:AttachRolePolicy AdministratorAccess',
    `iam:CreateRole ${breakGlass}`,
    'iam:AttachRolePolicy AdministratorAccess',
    'sts:AssumeRole of the hub, until that is possible',
  ],
  inside: true,
  async probe(making) {
    const boundary = `arn:aws:iam::${making.journal.accountId}:policy/${boundaryName}`
    const acts: Act[] = [...(await boundaryActs(making, boundary))]
    for (const role of rolesOf(making))
      acts.push(
        ...(await roleActs(making, role.name, trustOf(making, role), role.description, role.isBounded ? boundary : undefined)),
        ...(await attachActs(making, role)),
      )
    // That a role is there says nothing of whether it can be used yet.
    if (acts.length === 0 && making.journal.done.roles === undefined) return hubActs(making)
    return acts
  },
}

async function boundaryActs(making: Making, PolicyArn: string): Promise<readonly Act[]> {
  const { callers } = making
  const who = memberOf(making)
  const PolicyDocument = boundaryOf(making)
  const found = await ifThere(callers.call(who, 'iam', 'GetPolicy', { PolicyArn }), 'NoSuchEntity')
  if (found === undefined)
    return [
      act(`iam:CreatePolicy ${boundaryName}`, () =>
        unlessThere(callers.call(who, 'iam', 'CreatePolicy', { PolicyName: boundaryName, PolicyDocument }), 'EntityAlreadyExists'),
      ),
    ]
  const VersionId = found.Policy!.DefaultVersionId!
  const { PolicyVersion } = await callers.call(who, 'iam', 'GetPolicyVersion', { PolicyArn, VersionId })
  if (isSameJson(decodeURIComponent(PolicyVersion?.Document ?? '{}'), PolicyDocument)) return []
  return [
    act(`iam:CreatePolicyVersion ${boundaryName}`, async () => {
      // There are five at most: the oldest that is not in force makes room.
      const { Versions = [] } = await callers.call(who, 'iam', 'ListPolicyVersions', { PolicyArn })
      const oldest = Versions.filter((version) => version.IsDefaultVersion !== true).at(-1)
      if (Versions.length >= 5 && oldest !== undefined)
        await callers.call(who, 'iam', 'DeletePolicyVersion', { PolicyArn, VersionId: oldest.VersionId! })
      await callers.call(who, 'iam', 'CreatePolicyVersion', { PolicyArn, PolicyDocument, SetAsDefault: true })
    }),
  ]
}

/** Whether the hub gets into the account's roles. The hub itself has nobody yet who could try. */
async function hubActs(making: Making): Promise<readonly Act[]> {
  const { callers, journal, registration, adopt } = making
  if (adopt) return []
  const role = registration.roles.plan
  const isOpen = (): Promise<boolean> => callers.canAssume(`arn:aws:iam::${journal.accountId}:role/${role}`)
  if (await isOpen()) return []
  return [
    act(`sts:AssumeRole ${role} of the hub, until that is possible`, async () => {
      if (await callers.until(isOpen)) return
      throw new StepError(
        `The role ${role} of the account cannot be assumed from the hub ${making.organization.hub.name}. Allow those who call sts:AssumeRole on arn:aws:iam::*:role/${role} in a policy there, then resume.`,
      )
    }),
  ]
}

export async function roleActs(
  making: Making,
  name: string,
  trust: string,
  description: string,
  boundary?: string,
): Promise<readonly Act[]> {
  const { callers } = making
  const who = memberOf(making)
  const found = await ifThere(callers.call(who, 'iam', 'GetRole', { RoleName: name }), 'NoSuchEntity')
  if (found === undefined) {
    const input = {
      RoleName: name,
      AssumeRolePolicyDocument: trust,
      Description: description,
      MaxSessionDuration: 43_200,
      PermissionsBoundary: boundary,
    }
    return [
      { text: `iam:CreateRole ${name}`, run: () => unlessThere(callers.call(who, 'iam', 'CreateRole', input), 'EntityAlreadyExists') },
    ]
  }
  const acts: Act[] = []
  if (boundary !== undefined && found.Role!.PermissionsBoundary?.PermissionsBoundaryArn !== boundary)
    acts.push(
      act(`iam:PutRolePermissionsBoundary ${name}`, () =>
        callers.call(who, 'iam', 'PutRolePermissionsBoundary', { RoleName: name, PermissionsBoundary: boundary }),
      ),
    )
  const present = decodeURIComponent(found.Role!.AssumeRolePolicyDocument ?? '{}')
  if (!isSameJson(present, trust))
    acts.push(
      act(`iam:UpdateAssumeRolePolicy ${name}`, () =>
        callers.call(who, 'iam', 'UpdateAssumeRolePolicy', { RoleName: name, PolicyDocument: trust }),
      ),
    )
  return acts
}

async function attachActs(making: Making, { name, policy }: RoleFloor): Promise<readonly Act[]> {
  const { callers } = making
  const who = memberOf(making)
  const attached = await ifThere(callers.call(who, 'iam', 'ListAttachedRolePolicies', { RoleName: name }), 'NoSuchEntity')
  if (attached?.AttachedPolicies?.some(({ PolicyArn }) => PolicyArn === policy)) return []
  return [
    {
      text: `iam:AttachRolePolicy ${name} ${policy.split('/').at(-1)}`,
      run: async () => {
        await callers.call(who, 'iam', 'AttachRolePolicy', { RoleName: name, PolicyArn: policy })
      },
    },
  ]
}
