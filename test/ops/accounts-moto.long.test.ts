import { mkdtempSync, rmSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AwsError } from '../../src/aws/index.ts'
import { defaultNetworkActs } from '../../src/ops/accounts/default-network.ts'
import { Callers, type Journal, steps } from '../../src/ops/accounts/index.ts'
import { defaultBudget } from '../../src/ops/watching.ts'
import { type Moto, motoProgram, startMoto } from '../aws/_moto.ts'
import { organization, request } from './_accounts.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

/** Steps that Moto cannot be asked about, with the operation that it does not have, and those that it answers otherwise than AWS. */
const lacking: Readonly<Record<string, unknown>> = {
  organization: 'iam:ListOrganizationsFeatures',
  'guard-rails': 'account:ListRegions',
  // Its list of services that can be delegated is without CloudTrail.
  delegates: expect.stringContaining('You specified an unrecognized service principal.'),
  // Members do not see the trail of their organization.
  detection: 'The account is not in a trail of the organization yet.',
}

describe.skipIf(motoProgram === undefined)('the first account, as another emulator answers (skipped without moto_server)', () => {
  let moto: Moto
  let root: string
  beforeAll(async () => {
    // Policies of AWS are there when asked for.
    process.env.MOTO_IAM_LOAD_MANAGED_POLICIES = 'true'
    moto = await startMoto()
    root = mkdtempSync(join(tmpdir(), 'landform-accounts-moto-'))
    await mkdir(join(root, 'environments'))
    await cp('environments/accounts.ts', join(root, 'environments', 'accounts.ts'))
  })
  afterAll(async () => {
    await moto?.stop()
    rmSync(root, { recursive: true })
  })

  test('every step comes to an end that Moto can answer', { timeout: 300_000 }, async () => {
    const callers = new Callers({
      // Moto's own account has this number.
      organization: { ...organization, management: { ...organization.management, id: '123456789012' }, target: 'aws' },
      environment: { AWS_ENDPOINT_URL: moto.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_CONFIG_FILE: '/dev/null' },
      direct: true,
      patienceMs: 20_000,
    })
    const asked = { ...request, name: 'ops', email: 'aws+ops@example.com', unit: 'operations' }
    const making = {
      organization: {
        ...organization,
        management: { ...organization.management, id: '123456789012' },
        // It knows neither the regions of an account nor tags of costs.
        detection: { ...organization.detection, accessAnalyzer: false },
        budget: { ...defaultBudget, tags: [] },
      },
      callers,
      registration: { root, roles: { plan: 'landform-plan', apply: 'landform-apply' }, domain: 'example.com' },
      adopt: true,
      journal: { version: 1, request: asked, done: {} } as Journal,
      failed: new Map<string, string>(),
      async note(changes: Partial<Journal>) {
        making.journal = { ...making.journal, ...changes }
      },
    }
    const ends: Record<string, string> = {}
    for (const step of steps) {
      try {
        for (const act of await step.probe(making)) await act.run()
        const left = await step.probe(making)
        if (left.length > 0) ends[step.name] = `left: ${left.map(({ text }) => text).join(', ')}`
      } catch (error) {
        if (error instanceof Error && error.name === 'StepError') {
          ends[step.name] = error.message
          continue
        }
        if (!(error instanceof AwsError)) throw error
        // Instead of an answer there is a page that says that there is no such thing.
        ends[step.name] = error.apiMessage.includes('Deserialization error') ? `${error.service}:${error.operation}` : error.message
      }
    }
    expect(ends).toEqual(lacking)
    const member = { member: making.journal.accountId! }
    const networks = await defaultNetworkActs(callers, member, 'eu-west-1')
    expect(networks.length).toBeGreaterThan(3)
    for (const act of networks) await act.run()
    expect(await defaultNetworkActs(callers, member, 'eu-west-1')).toEqual([])
    const { Policies } = await callers.call('management', 'organizations', 'ListPolicies', { Filter: 'SERVICE_CONTROL_POLICY' })
    expect(Policies!.map(({ Name }) => Name)).toContain('landform-quarantine')
    callers.close()
  })
})
