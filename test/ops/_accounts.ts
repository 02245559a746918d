import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerLocally, openSession, type Session } from '../../src/aws/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import {
  type AccountRequest,
  type BootstrapOptions,
  bootstrapAccount,
  Callers,
  fileJournals,
  type Journal,
  s3Journals,
} from '../../src/ops/accounts/index.ts'
import type { Organization } from '../../src/ops/index.ts'
import { defaultBudget, defaultDetection } from '../../src/ops/watching.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

const roles = { plan: 'landform-plan', apply: 'landform-apply' }
const account = (name: string, id: string) => ({ name, id, email: `aws+${name}@example.com`, region: 'us-east-1', roles })
export const management = account('management', '111122223333')
export const ops = account('ops', '222233334444')

export const organization: Organization = {
  target: 'sandbox',
  accounts: [management, ops],
  management,
  hub: ops,
  store: { account: ops, region: 'us-east-1', bucket: 'test-states', role: 'landform-state' },
  detection: defaultDetection,
  budget: defaultBudget,
}

/** Everything that can be watched is. */
export const watched: Organization = {
  ...organization,
  detection: { trail: true, accessAnalyzer: true, config: true, guardDuty: true, securityHub: true },
}

export const request: AccountRequest = {
  name: 'dev',
  email: 'aws+dev@example.com',
  region: 'us-east-1',
  unit: 'environments',
  repository: 'example/infrastructure',
}

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

async function newRoot(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'landform-accounts-'))
  await mkdir(join(root, 'environments'))
  await cp('environments/accounts.ts', join(root, 'environments', 'accounts.ts'))
  return root
}

/** A sandbox with an organization, and a folder whose accounts.ts is written to. */
export class AccountsWorld {
  readonly sandbox: Sandbox
  readonly root: string
  readonly options: BootstrapOptions
  readonly #forget: () => void

  private constructor(sandbox: Sandbox, root: string, isAdopting: boolean, keys: Keys, direct = false) {
    this.sandbox = sandbox
    this.root = root
    this.#forget = answerLocally(sandbox.url, sandbox.answer)
    const environment = {
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_CONFIG_FILE: '/dev/null',
    }
    this.options = {
      organization,
      environment,
      direct,
      registration: { root, roles, domain: 'example.com' },
      patienceMs: 10_000,
      adopt: isAdopting,
      journals: async (callers) =>
        isAdopting
          ? fileJournals(join(root, 'accounts'))
          : s3Journals(await callers.store(), organization.store.bucket, organization.store.region),
    }
  }

  /** @param more what the sandbox is to do besides; it has few regions, because all are treated the same */
  static async open(seed: string, isAdopting = false, more: SandboxOptions = {}): Promise<AccountsWorld> {
    const { bucket, region, role } = organization.store
    const hub = isAdopting ? management : ops
    const sandbox = await startSandbox({
      seed,
      iam: 'enforce',
      regions: ['us-east-1', 'eu-central-1', 'eu-west-1', 'af-south-1'],
      ...more,
      organization: {
        management: management.id,
        hub: hub.id,
        accounts: isAdopting ? [management] : [management, ops],
        roles: [
          { name: roles.plan, trusts: hub.id, access: 'read-only' },
          { name: roles.apply, trusts: hub.id, access: 'administrator' },
        ],
        ...(isAdopting ? {} : { store: { account: ops.id, region, bucket, role, trusts: ops.id } }),
      },
    })
    return new AccountsWorld(sandbox, await newRoot(), isAdopting, sandbox.accounts.find(({ id }) => id === hub.id)!)
  }

  /** An account that is in no organization, and the keys of an administrator of it. */
  static async begin(seed: string): Promise<AccountsWorld> {
    const sandbox = await startSandbox({
      seed,
      iam: 'enforce',
      regions: ['us-east-1'],
      accounts: [{ id: management.id, accessKeyId: 'ROOT', secretAccessKey: 'any' }],
    })
    const env = { AWS_ACCESS_KEY_ID: 'ROOT', AWS_SECRET_ACCESS_KEY: 'any', AWS_ENDPOINT_URL: sandbox.url, AWS_CONFIG_FILE: '/dev/null' }
    const session = await openSession({ region: 'us-east-1' }, { env })
    await session.call('iam', 'CreateUser', { UserName: 'first' })
    await session.call('iam', 'AttachUserPolicy', { UserName: 'first', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })
    const { AccessKey } = await session.call('iam', 'CreateAccessKey', { UserName: 'first' })
    session.close()
    const keys = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }
    return new AccountsWorld(sandbox, await newRoot(), true, keys, true)
  }

  /** A session of the hub in a role. */
  enter(roleArn: string): Promise<Session> {
    const env = this.options.environment as NodeJS.ProcessEnv
    return openSession({ region: 'us-east-1', assumeRole: [{ roleArn, sessionName: 'test' }], maxRetries: 0 }, { env })
  }

  /** Another organization, with one account. */
  async elsewhere(keys: Readonly<Record<string, string>>, email: string): Promise<void> {
    const session = await openSession({ region: 'us-east-1' }, { env: { ...this.options.environment, ...keys } as NodeJS.ProcessEnv })
    await session.call('organizations', 'CreateOrganization', {})
    await session.call('organizations', 'CreateAccount', { Email: email, AccountName: 'theirs' })
    await session.call('organizations', 'ListAccounts', {})
    session.close()
  }

  /** Nobody does anything in a region. @returns what undoes that with DetachPolicy */
  async denyRegion(region: string): Promise<{ readonly PolicyId: string; readonly TargetId: string }> {
    return this.as(async (callers) => {
      const TargetId = (await callers.call('management', 'organizations', 'ListRoots', {})).Roots![0]!.Id!
      await callers.call('management', 'organizations', 'EnablePolicyType', { RootId: TargetId, PolicyType: 'SERVICE_CONTROL_POLICY' })
      const Condition = { StringEquals: { 'aws:RequestedRegion': region } }
      const Content = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource: '*', Condition } })
      const input = { Name: `no-${region}`, Description: '', Type: 'SERVICE_CONTROL_POLICY', Content } as const
      const { Policy } = await callers.call('management', 'organizations', 'CreatePolicy', input)
      const guard = { PolicyId: Policy!.PolicySummary!.Id!, TargetId }
      await callers.call('management', 'organizations', 'AttachPolicy', guard)
      return guard
    })
  }

  async close(): Promise<void> {
    this.#forget()
    await this.sandbox.close()
    rmSync(this.root, { recursive: true })
  }

  /** One run. What it throws is thrown; what it reports is in `problems`. */
  async run(changes: Partial<BootstrapOptions> = {}, asked = request): Promise<{ journal: Journal | undefined; problems: string }> {
    const diags = new Diagnostics()
    const journal = await bootstrapAccount(asked, { ...this.options, ...changes }, diags)
    return { journal, problems: diags.items.map(({ summary, detail }) => `${summary}: ${detail}`).join('\n') }
  }

  file(name: string): string {
    return readFileSync(join(this.root, 'environments', name), 'utf8')
  }

  /** Accounts of the organization by name, and the unit each is in. */
  async members(): Promise<Readonly<Record<string, { id: string; unit: string }[]>>> {
    const callers = new Callers(this.options)
    const root = (await callers.call('management', 'organizations', 'ListRoots', {})).Roots![0]!.Id!
    const units =
      (await callers.call('management', 'organizations', 'ListOrganizationalUnitsForParent', { ParentId: root })).OrganizationalUnits ?? []
    const all: Record<string, { id: string; unit: string }[]> = {}
    for (const { Id, Name } of (await callers.call('management', 'organizations', 'ListAccounts', {})).Accounts!) {
      const parent = (await callers.call('management', 'organizations', 'ListParents', { ChildId: Id! })).Parents![0]!.Id
      all[Name!] = [...(all[Name!] ?? []), { id: Id!, unit: units.find((unit) => unit.Id === parent)?.Name ?? 'root' }]
    }
    callers.close()
    return all
  }

  /** Calls in the name of the management account, or of a member by its way in. */
  async as<T>(work: (callers: Callers) => Promise<T>): Promise<T> {
    const callers = new Callers(this.options)
    try {
      return await work(callers)
    } finally {
      callers.close()
    }
  }

  async networks(member: string, region: string): Promise<readonly object[]> {
    const callers = new Callers(this.options)
    const { Vpcs } = await callers.call({ member }, 'ec2', 'DescribeVpcs', {}, region)
    callers.close()
    return Vpcs ?? []
  }
}

/** What is there of all that is made to watch an account, seen from where it is. */
export async function countOwn(place: AccountsWorld, id: string, region: string): Promise<object> {
  return place.as(async (callers) => {
    const dev = { member: id }
    const hub = { member: ops.id }
    const accounts = { AccountIds: [id] }
    const { trailList = [] } = await callers.call('management', 'cloudtrail', 'DescribeTrails', {})
    const { Buckets = [] } = await callers.call(hub, 's3', 'ListBuckets', {})
    const { analyzers = [] } = await callers.call(dev, 'accessanalyzer', 'ListAnalyzers', {}, region)
    const { ConfigurationRecordersStatus: recorders = [] } = await callers.call(
      dev,
      'config',
      'DescribeConfigurationRecorderStatus',
      {},
      region,
    )
    const { DeliveryChannels = [] } = await callers.call(dev, 'config', 'DescribeDeliveryChannels', {}, region)
    const { DetectorIds = [] } = await callers.call(dev, 'guardduty', 'ListDetectors', {}, region)
    const { DetectorIds: own = [] } = await callers.call(hub, 'guardduty', 'ListDetectors', {}, region)
    const guarded = await callers.call(hub, 'guardduty', 'GetMembers', { DetectorId: own[0]!, ...accounts }, region)
    const checked = await callers.call(hub, 'securityhub', 'GetMembers', accounts, region)
    const { Budgets = [] } = await callers.call(dev, 'budgets', 'DescribeBudgets', { AccountId: id })
    const { DelegatedAdministrators = [] } = await callers.call('management', 'organizations', 'ListDelegatedAdministrators', {})
    return {
      trails: trailList.map(({ Name }) => Name),
      buckets: Buckets.map(({ Name }) => Name).sort(),
      analyzers: analyzers.map(({ name }) => name),
      recorders: recorders.map(({ name, recording }) => `${name} ${recording}`),
      channels: DeliveryChannels.map(({ name }) => name),
      detectors: DetectorIds.length,
      guardDuty: guarded.Members?.[0]?.RelationshipStatus,
      securityHub: checked.Members?.[0]?.MemberStatus,
      budgets: Budgets.map(({ BudgetName }) => BudgetName),
      delegates: DelegatedAdministrators.map(({ Id }) => Id),
    }
  })
}
