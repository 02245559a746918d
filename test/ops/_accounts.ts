import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

const roles = { plan: 'landform-plan', apply: 'landform-apply' }
const account = (name: string, id: string) => ({ name, id, email: `aws+${name}@example.com`, region: 'us-east-1', roles })
const management = account('management', '111122223333')
const ops = account('ops', '222233334444')

export const organization: Organization = {
  target: 'sandbox',
  accounts: [management, ops],
  management,
  hub: ops,
  store: { account: ops, region: 'us-east-1', bucket: 'test-states', role: 'landform-state' },
}

export const request: AccountRequest = {
  name: 'dev',
  email: 'aws+dev@example.com',
  region: 'us-east-1',
  unit: 'environments',
  repository: 'example/infrastructure',
}

/** A sandbox with an organization, and a folder whose accounts.ts is written to. */
export class AccountsWorld {
  readonly sandbox: Sandbox
  readonly root: string
  readonly options: BootstrapOptions

  private constructor(sandbox: Sandbox, root: string, isAdopting: boolean) {
    this.sandbox = sandbox
    this.root = root
    const { accessKeyId, secretAccessKey } = sandbox.accounts.find(({ id }) => id === (isAdopting ? management.id : ops.id))!
    const environment = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_CONFIG_FILE: '/dev/null',
    }
    this.options = {
      organization,
      environment,
      registration: { root, roles, domain: 'example.com' },
      patienceMs: 10_000,
      adopt: isAdopting,
      journals: async (callers) =>
        isAdopting
          ? fileJournals(join(root, 'accounts'))
          : s3Journals(await callers.store(), organization.store.bucket, organization.store.region),
    }
  }

  static async open(seed: string, isAdopting = false): Promise<AccountsWorld> {
    const { bucket, region, role } = organization.store
    const hub = isAdopting ? management : ops
    const sandbox = await startSandbox({
      seed,
      iam: 'enforce',
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
    const root = mkdtempSync(join(tmpdir(), 'landform-accounts-'))
    await mkdir(join(root, 'environments'))
    await cp('environments/accounts.ts', join(root, 'environments', 'accounts.ts'))
    return new AccountsWorld(sandbox, root, isAdopting)
  }

  async close(): Promise<void> {
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

  async networks(member: string, region: string): Promise<readonly object[]> {
    const callers = new Callers(this.options)
    const { Vpcs } = await callers.call({ member }, 'ec2', 'DescribeVpcs', {}, region)
    callers.close()
    return Vpcs ?? []
  }
}
