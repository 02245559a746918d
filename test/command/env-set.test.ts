import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openSession, type Session, s3ObjectStore } from '../../src/aws/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { readReport } from '../../src/ops/comment/index.ts'
import { openProject, prepareEnvironments, sandboxOptions } from '../../src/ops/index.ts'
import { hubKey, startSandbox } from '../../src/sandbox/index.ts'
import { lockInfoToJson, newLockInfo } from '../../src/statemgr/index.ts'
import { expectDocumented } from '../ops/_documented.ts'
import { fourStacksOps, fourStacksStage } from '../ops/_four-stacks.ts'
import { TestProject } from '../ops/_project.ts'
import { typeAt } from './_type.ts'

/** Four stacks in two environments, each of which reads the one before it, through their life. The steps follow on each other. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** All but the first steps are run by `make test-long`, with types. */
const long = process.env.LANDFORM_LONG !== undefined

let project: TestProject
const plans = () => join(project.root, '.landform', 'plans')
const run = (args: readonly string[], environment: Readonly<Record<string, string | undefined>> = {}) =>
  typeAt(project.root, ['env', ...args], { environment })
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    cwd: project.root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
const order = (out: string) => out.match(/^(?:plan|apply|destroy) .*$/gm)
const report = () => readReport(readFileSync(join(plans(), 'report.json'), 'utf8'), 'report', new Diagnostics())!

/** What somebody does in the account without Landform. */
async function byHand(work: (session: Session) => Promise<unknown>, account = '222233334444'): Promise<void> {
  const diags = new Diagnostics()
  const prepared = await prepareEnvironments(openProject(project.root, diags)!, diags, { checkTypes: false })
  const sandbox = await startSandbox(sandboxOptions(prepared!.project, prepared!.organization, {}))
  try {
    const { id, secret } = hubKey('222233334444')
    const assumeRole = [{ roleArn: `arn:aws:iam::${account}:role/landform-apply` }]
    await work(
      await openSession({ region: 'us-east-1', accessKey: id, secretKey: secret, assumeRole }, { env: { AWS_ENDPOINT_URL: sandbox.url } }),
    )
  } finally {
    await sandbox.close()
  }
}

beforeAll(() => {
  project = new TestProject({ types: long })
  rmSync(join(project.root, 'environments/prod.ts'))
  project.write('environments/ops.ts', fourStacksOps)
  project.write('environments/stage.ts', fourStacksStage)
  project.write('.gitignore', 'node_modules\n.landform\n')
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'first')
})
afterAll(() => project.remove())

describe('an empty sandbox', () => {
  test('one plan shows everything, in the order of what reads what', async () => {
    const { code, out, err } = await run(['plan', 'all'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(order(out)).toEqual(['plan ops/network', 'plan ops/cluster', 'plan ops/service', 'plan stage'])
    expect(out).toMatch(
      /All stacks:\n {2}ops\/network {2}1 to add, 0 to change, 0 to destroy\n {2}ops\/cluster {2}1 to add.*\n {2}ops\/service {2}1 to add.*\n {2}stage {8}2 to add/,
    )
    expectDocumented('docs/environments.md', '  ops/network  1 to add, 0 to change, 0 to destroy', out)
    // What is known upstream is known downstream, before anything is there.
    const values = report()
      .stacks.find((s) => s.stack === 'stage')!
      .changes.map((c) => c.lines.find((l) => /Value =/.test(l)))
    expect(values).toEqual(['+   Value = (known after apply)', '+   Value = "one"'])
    expect(report()).toMatchObject({ world: 'sandbox', dirty: false, commit: git('rev-parse', 'HEAD').trim() })
    expect(readdirSync(join(plans(), 'ops')).sort()).toEqual(['cluster.tfplan', 'network.tfplan', 'service.tfplan'])
  })

  test('lines of the sources are in the report', () => {
    const subnet = report().stacks.find((s) => s.stack === 'cluster')!.changes[0]!
    expect(subnet).toMatchObject({ address: 'aws_subnet.subnet', construct: 'subnet', source: { path: 'environments/ops.ts', line: 16 } })
  })

  test('what comes later does not go first', async () => {
    const { code, err } = await run(['apply', 'stage'], { YES: '1' })
    expect(code).toBe(1)
    expect(err).toContain('Error: Other stacks come first')
    expect(err).toContain('make apply ENV=ops')
  })

  test('apply does all of it, and then nothing is left to do', async () => {
    const { code, out, err } = await run(['apply', 'all'], { YES: '1' })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(order(out)).toEqual(['apply ops/network', 'apply ops/cluster', 'apply ops/service', 'apply stage'])
    expect(out.match(/Apply complete! Resources: \d added/g)).toHaveLength(4)
    const again = await run(['plan', 'all'])
    expect({ code: again.code, err: again.err }).toEqual({ code: 0, err: '' })
    expect(again.out.match(/No changes\./g)).toHaveLength(4)
  })
})

describe('drift', () => {
  test('none', async () => {
    const { code, out, err } = await run(['drift', 'all'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.match(/No drift\./g)).toHaveLength(4)
  })

  test('what somebody else has done is told by how serious it is, and stays as it is', async () => {
    await byHand(async (session) => {
      const { Vpcs } = await session.call('ec2', 'DescribeVpcs', { Filters: [{ Name: 'tag:Owner', Values: ['one'] }] })
      await session.call('ec2', 'CreateTags', { Resources: [Vpcs![0]!.VpcId!], Tags: [{ Key: 'Owner', Value: 'by hand' }] })
      const { SecurityGroups } = await session.call('ec2', 'DescribeSecurityGroups', {
        GroupNames: undefined,
        Filters: [{ Name: 'group-name', Values: ['api'] }],
      })
      await session.call('ec2', 'AuthorizeSecurityGroupIngress', {
        GroupId: SecurityGroups![0]!.GroupId!,
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        CidrIp: '0.0.0.0/0',
      })
    })
    const { code, out, err } = await run(['drift', 'ops'])
    expect({ code, err }).toEqual({ code: 2, err: '' })
    expectDocumented('docs/environments.md', 'aws_vpc.vpc changed: tags, tags_all', out)
    const json = await run(['drift', 'ops', '-json'])
    expect(json.code).toBe(2)
    expect(JSON.parse(json.out)).toMatchObject({
      stacks: [
        { stack: 'network', status: 'drifted' },
        { stack: 'cluster', status: 'clean' },
        { stack: 'service', status: 'drifted', counts: { security: 1 } },
      ],
    })
  })

  test('an ignore list, until its date', async () => {
    const rule = (until: string) =>
      project.write(
        'landform.json',
        JSON.stringify({
          drift: { ignore: ['aws_vpc.vpc', 'aws_security_group.*'].map((address) => ({ address, reason: 'being looked into', until })) },
        }),
      )
    rule('2099-01-01')
    const ignored = await run(['drift', 'ops'])
    expect(ignored.code).toBe(0)
    expect(ignored.out).toContain('Ignored:\n  aws_vpc.vpc: being looked into, until 2099-01-01')
    rule('2020-01-01')
    const expired = await run(['drift', 'ops'])
    expect(expired.code).toBe(2)
    expect(expired.out).toContain('was ignored until 2020-01-01: being looked into')
    rmSync(join(project.root, 'landform.json'))
  })

  test('applying puts it right', async () => {
    expect((await run(['plan', 'ops'])).code).toBe(0)
    expect((await run(['apply', 'ops'], { YES: '1' })).code).toBe(0)
    expect((await run(['drift', 'ops'])).code).toBe(0)
  })
})

describe('what is protected', () => {
  test('is listed first with its reason', async () => {
    project.edit('environments/ops.ts', "'10.1.1.0/24'", "'10.1.2.0/24'")
    const { code, out } = await run(['plan', 'ops'])
    expect(code).toBe(0)
    expect(out).toContain(
      '1 protected change needs an explicit yes:\n  aws_subnet.subnet is protected on replace: people work in it\n    approvers: @acme/network\n',
    )
    expect(out).toMatch(/ops\/cluster {2}1 to add, 0 to change, 1 to destroy, 1 protected/)
    const change = report().stacks.find((s) => s.stack === 'cluster')!.changes[0]!
    expect(change.protection).toMatchObject({
      on: 'replace',
      reason: 'people work in it',
      approvers: ['@acme/network'],
      approved: false,
      pendingSince: expect.stringMatching(/^\d{4}-/),
    })
  })

  test('since when it has been waiting is remembered', async () => {
    const first = report().stacks.find((s) => s.stack === 'cluster')!.changes[0]!.protection!.pendingSince
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3 * 86_400_000 + 5000 })
    const { out } = await run(['plan', 'ops'])
    vi.useRealTimers()
    expectDocumented('docs/environments.md', '1 protected change needs an explicit yes:', out)
    expect(out).toContain(`    waiting for 3 days, since ${first!.slice(0, 10)}\n`)
    const comment = await typeAt(project.root, ['comment', '-file=-'])
    expect({ code: comment.code, err: comment.err }).toEqual({ code: 0, err: '' })
    expectDocumented('docs/ci.md', '$ landform comment -file=-', comment.out)
    expect(report().stacks.find((s) => s.stack === 'cluster')!.changes[0]!.protection!.pendingSince).toBe(first)
  })

  test('is not done by YES=1; the rest waits for nobody', async () => {
    const { code, out, err } = await run(['apply', 'ops'], { YES: '1' })
    expect(code).toBe(1)
    expect(err).toContain('Error: Protected changes need approval')
    expect(err).toContain("landform env apply ops -approve='aws_subnet.subnet'")
    expect(out).toContain('Not begun because of this: ops/service')
  })

  test('nor without a yes of its own at a terminal', async () => {
    const no = await typeAt(project.root, ['env', 'apply', 'ops'], { answers: ['no'] })
    expect(no.code).toBe(1)
    expect(no.out).toContain('Do you really want this for aws_subnet.subnet?')
    expect(no.err).toContain('Error: Protected change not approved')
  })

  test('is done when somebody names it; downstream is planned again with what came of it, and is as reviewed', async () => {
    const { code, out, err } = await run(['apply', 'ops', '-approve=aws_subnet.subnet'], { YES: '1' })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Resources: 1 added, 0 changed, 1 destroyed')
    expect(out).toContain('Resources: 0 added, 1 changed, 0 destroyed')
  })

  test('its protection outlives its sources', async () => {
    const kept = project.read('environments/ops.ts')
    project.edit(
      'environments/ops.ts',
      "  protect(subnet, { on: 'replace', reason: 'people work in it', approvers: ['@acme/network'] })\n",
      '',
    )
    project.edit('environments/ops.ts', "const subnet = new Subnet(cluster, 'subnet', ", "const subnet = new Subnet(cluster, 'renamed', ")
    const { code, out } = await run(['plan', 'ops'])
    expect(code).toBe(0)
    expect(out).toContain('aws_subnet.subnet is protected on replace: people work in it')
    project.write('environments/ops.ts', kept)
    git('commit', '-q', '-am', 'another subnet')
    expect((await run(['plan', 'all'])).out.match(/No changes\./g)).toHaveLength(4)
  })
})

describe.runIf(long)('what a change affects', () => {
  test('a comment concerns no stack', async () => {
    project.edit('modules/environment/index.ts', 'const kind', '// A remark.\nconst kind')
    const { code, out } = await run(['plan', 'affected'], { BASE: 'HEAD' })
    expect(code).toBe(0)
    expect(out).toContain('No stack is affected')
  })

  test('another package lock concerns all', async () => {
    project.edit('package-lock.json', '"lockfileVersion": 3', '"lockfileVersion":  3')
    const { code, out } = await run(['plan', 'affected'], { BASE: 'HEAD' })
    expect(code).toBe(0)
    expect(out).toContain('All stacks count as affected: other packages are locked.')
    expect(order(out)).toEqual(['plan ops/network', 'plan ops/cluster', 'plan ops/service', 'plan stage'])
    git('checkout', '-q', 'package-lock.json')
  })

  test('an output concerns who reads it, as far as it changes', async () => {
    project.edit(
      'environments/ops.ts',
      "TerraformOutput(service, 'owner', { value: owner })",
      "TerraformOutput(service, 'owner', { value: 'two' })",
    )
    const { code, out, err } = await run(['plan', 'affected', '-base=HEAD'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Affected: ops/service; stage if what they read changes.')
    expect(order(out)).toEqual(['plan ops/service', 'plan stage'])
    expect(out).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
    project.edit('environments/ops.ts', "{ value: 'two' }", '{ value: owner }')
    project.edit('environments/ops.ts', '{ Subnet: subnet.id }', "{ Subnet: subnet.id, Extra: 'x' }")
    const narrow = await run(['plan', 'affected', '-base=HEAD'])
    expect(narrow.out).toContain('plan stage')
    expectDocumented('docs/ci.md', '$ landform env plan affected -base=origin/main -report=report.json', narrow.out)
    git('checkout', '-q', '.')
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
  })

  test.each([
    [['plan', 'affected'], {}, 'Error: Affected by what?'],
    [['plan', 'affected', '-base=nowhere'], {}, 'Error: Nothing to compare with'],
    [['plan', 'affected', '-base=--output=x'], {}, 'Error: Nothing to compare with'],
    [['apply', 'affected'], { YES: '1' }, 'Error: Invalid environment'],
    [['plan', 'ops,stagee'], {}, 'Did you mean "stage"?'],
  ])('%s', async (args, environment, text) => {
    const { code, err } = await run(args, environment)
    expect(code).toBe(1)
    expect(err).toContain(text)
  })
})

describe.runIf(long)('a saved set is bound', () => {
  const change = () => project.edit('environments/ops.ts', "const owner = 'one'", "const owner = 'three'")

  test('to its commit, unless another one makes the same stack', async () => {
    change()
    git('commit', '-q', '-am', 'three')
    expect((await run(['plan', 'ops,stage'])).code).toBe(0)
    project.edit('environments/ops.ts', "const owner = 'three'", "const owner = 'four'")
    git('commit', '-q', '-am', 'four')
    const { code, err } = await run(['apply', 'ops,stage'], { YES: '1' })
    expect(code).toBe(1)
    expect(err).toContain('Error: Saved plan is of another commit')
    git('reset', '-q', '--hard', 'HEAD~1')
    git('commit', '-q', '--allow-empty', '-m', 'nothing')
  })

  test('to its plan files', async () => {
    const path = join(plans(), 'ops', 'network.tfplan')
    const kept = readFileSync(path)
    const other = readFileSync(join(plans(), 'ops', 'cluster.tfplan'))
    const { writeFileSync } = await import('node:fs')
    writeFileSync(path, other)
    const swapped = await run(['apply', 'ops'], { YES: '1' })
    expect(swapped.code).toBe(1)
    expect(swapped.err).toContain('Saved plan is of another environment')
    writeFileSync(path, kept)
  })

  test('and goes on at the stack where it failed', async () => {
    const lock = 'ops/cluster/terraform.tfstate.tflock'
    const store = (session: Session) => s3ObjectStore({ session, bucket: 'example-landform-state' })
    const info = { ...newLockInfo('OperationTypeApply', '1.11.4'), who: 'alice@laptop' }
    await byHand(
      async (session) => void (await store(session).put(lock, Buffer.from(lockInfoToJson(info)), { contentType: 'application/json' })),
    )
    const first = await run(['apply', 'ops,stage'], { YES: '1' })
    expect(first.code).toBe(1)
    expect(first.err).toContain('alice@laptop')
    expect(first.out).toContain('Not begun because of this: ops/service, stage')
    await byHand(async (session) => store(session).delete(lock))
    const second = await run(['apply', 'ops,stage'], { YES: '1' })
    expect({ code: second.code, err: second.err }).toEqual({ code: 0, err: '' })
    expectDocumented('docs/environments.md', 'This has been applied already.', second.out)
    expect(order(second.out)).toEqual(['apply ops/network', 'apply ops/cluster', 'apply ops/service', 'apply stage'])
    expect(existsSync(join(plans(), 'ops', 'network.tfplan'))).toBe(false)
  })

  test('and in the middle of a stack, with the same plan', async () => {
    project.edit(
      'environments/stage.ts',
      '  return [env]',
      "  new CloudwatchLogGroup(env, 'first', { name: '/shop/first' })\n  new CloudwatchLogGroup(env, 'taken', { name: '/shop/taken' })\n  return [env]",
    )
    git('commit', '-q', '-am', 'two more')
    expect((await run(['plan', 'stage'])).code).toBe(0)
    await byHand((session) => session.call('logs', 'CreateLogGroup', { logGroupName: '/shop/taken' }), '333344445555')
    const failed = await run(['apply', 'stage'], { YES: '1' })
    expect(failed.code).toBe(1)
    expect(failed.err).toContain('aws_cloudwatch_log_group.taken')
    await byHand((session) => session.call('logs', 'DeleteLogGroup', { logGroupName: '/shop/taken' }), '333344445555')
    const { code, out, err } = await run(['apply', 'stage'], { YES: '1' })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('An earlier run did not come to the end of this plan; it is taken up again.')
    expect(out).toContain('Apply complete! Resources: 1 added, 0 changed, 0 destroyed.')
    expect((await run(['plan', 'stage'])).out).toContain('No changes.')
  })

  test('uncommitted sources are marked, and refused in CI', async () => {
    project.edit('environments/ops.ts', "const owner = 'three'", "const owner = 'five'")
    expect((await run(['plan', 'ops'])).code).toBe(0)
    expect(report().dirty).toBe(true)
    const { code, err } = await run(['apply', 'ops'], { YES: '1', CI: 'true' })
    expect(code).toBe(1)
    expect(err).toContain('Error: Plan of sources that are not committed')
    git('checkout', '-q', '.')
  })
})

test.runIf(long)('failures are in the report, where the comment finds them', async () => {
  project.edit('environments/stage.ts', "service.getString('owner')", "service.getString('missing')")
  const { code } = await run(['plan', 'all'])
  expect(code).toBe(1)
  const failed = report().stacks.find((s) => s.stack === 'stage')!
  expect(failed.status).toMatch(/failed|partial/)
  expect(failed.diagnostics[0]).toMatchObject({ severity: 'error', source: { path: 'environments/stage.ts', line: 11 } })
  git('checkout', '-q', '.')
  project.edit('environments/stage.ts', "name: '/shop/owner'", "nome: '/shop/owner'")
  expect((await run(['plan', 'all'])).code).toBe(1)
  expect(report().stacks[0]).toMatchObject({
    status: 'failed',
    diagnostics: [{ summary: 'Type error', source: { path: 'environments/stage.ts', line: 11 } }],
  })
  git('checkout', '-q', '.')
})

test('all is destroyed backwards', async () => {
  const refused = await run(['destroy', 'all'], { YES: '1' })
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('Protected changes need approval')
  const { code, out, err } = await run(['destroy', 'all', '-approve=aws_subnet.subnet'], { YES: '1' })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(order(out)?.filter((line) => line.startsWith('destroy'))).toEqual(
    ['destroy stage', 'destroy ops/service', 'destroy ops/cluster', 'destroy ops/network'].slice(0),
  )
})
