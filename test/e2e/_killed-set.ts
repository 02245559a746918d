import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSession, type Session } from '../../src/aws/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { openProject, prepareEnvironments, readManifest, sandboxOptions } from '../../src/ops/index.ts'
import { type CallRecord, type Fault, hubKey, type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { fourStacksOps, fourStacksStage } from '../ops/_four-stacks.ts'
import type { Outcome } from './_cli.ts'
import { cleanVariables, EnvironmentProject, executable } from './_environments.ts'

/** Numbers that look random and are the same for the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x1_0000_0000) * below)
  }
}

type Place = Pick<Fault, 'service' | 'operation'>

/**
 * Calls that stand between one thing that is done and the next: before a resource is made, and whatever has to do with states, locks and roles. In the midst of
 * making one a process that dies leaves behind what no state knows, as Terraform's does.
 */
const places: readonly Place[] = [
  { service: 's3' },
  { service: 's3', operation: 'PutObject' },
  { service: 's3', operation: 'DeleteObject' },
  { service: 'sts' },
  { service: 'ec2', operation: 'CreateVpc' },
  { service: 'ec2', operation: 'CreateSubnet' },
  { service: 'ec2', operation: 'CreateSecurityGroup' },
  { service: 'logs', operation: 'CreateLogGroup' },
]

/** What is there when all four stacks are applied, once each. */
const whole = { vpcs: 1, subnets: 1, groups: 1, logs: 2 }

/**
 * Applies a reviewed set of four stacks, and kills that at random calls of AWS, again and again; at last one run may finish. The sandbox belongs to this
 * process, so that it outlives whom it serves. From that call on it refuses all of its kind, and what else is under way comes to its end before the process dies.
 *
 * @param chosen where to kill, in place of chance
 * @returns what was wrong, and how many runs took up another one's set
 */
export async function killedSets(
  seed: number,
  kills: number,
  chosen?: readonly Place[],
): Promise<{ readonly problems: readonly string[]; readonly resumed: number }> {
  const random = randomNumbers(seed)
  const project = new EnvironmentProject({ types: false })
  const problems: string[] = []
  let resumed = 0
  let onCall: (record: CallRecord) => void = () => {}
  let sandbox: Sandbox | undefined
  try {
    rmSync(join(project.root, 'environments/prod.ts'))
    project.write('environments/ops.ts', fourStacksOps)
    project.write('environments/stage.ts', fourStacksStage)
    const prepared = await prepareEnvironments(openProject(project.root, new Diagnostics())!, new Diagnostics(), { checkTypes: false })
    const options = sandboxOptions(prepared!.project, prepared!.organization, {})
    sandbox = await startSandbox({ ...options, lasting: true, onCall: (record) => onCall(record) })
    const planned = await project.envAsync(['plan', 'all'])
    if (planned.code !== 0) return { problems: [`seed ${seed}: no plan: ${planned.stderr}`], resumed }
    const reviewed = readManifest(prepared!.project)
    const sets = JSON.stringify(Object.values(reviewed).map(({ set, digest }) => [set, digest]))

    let done = false
    for (let round = 0; round < kills && !done; round++) {
      const place = chosen?.[round] ?? places[random(places.length)]!
      const after = chosen !== undefined ? 0 : place.operation?.startsWith('Create') ? random(2) : random(12)
      const outcome = await killAt(project, sandbox, { ...place, after }, 250 + random(250), (listener) => {
        onCall = listener
      })
      if (/taken up again|applied already/.test(outcome.stdout)) resumed++
      // It never came to that call.
      done = outcome.code === 0
      const where = `seed ${seed}, round ${round}, killed at ${place.service} ${place.operation ?? ''} ${after}`
      const manifest = readManifest(prepared!.project)
      if (JSON.stringify(Object.values(manifest).map(({ set, digest }) => [set, digest])) !== sets)
        problems.push(`${where}: it is another set`)
      for (const [name, { progress, digest }] of Object.entries(manifest)) {
        const [environment, stack] = name.split('/')
        const file = join(project.root, '.landform/plans', environment!, `${stack ?? 'plan'}.tfplan`)
        if (progress !== 'applied' && !existsSync(file)) problems.push(`${where}: ${name} is ${progress}, and its plan is gone`)
        if (!/^[0-9a-f]{64}$/.test(digest)) problems.push(`${where}: ${name} has no digest`)
      }
      if (/Saved plan is stale|not the reviewed one/.test(outcome.stderr)) problems.push(`${where}: ${outcome.stderr}`)
    }

    const last = done ? { code: 0, stdout: '', stderr: '' } : await finish(project)
    if (last.code !== 0) problems.push(`seed ${seed}: the last run failed: ${last.stdout}${last.stderr}`)
    if (/taken up again|applied already/.test(last.stdout)) resumed++
    const again = await project.envAsync(['plan', 'all'])
    if (again.stdout.match(/No changes\./g)?.length !== 4)
      problems.push(`seed ${seed}: something is left to do: ${again.stdout}${again.stderr}`)
    const found = await count(sandbox)
    if (JSON.stringify(found) !== JSON.stringify(whole)) problems.push(`seed ${seed}: there are ${JSON.stringify(found)}`)
    if (existsSync(join(project.root, '.landform/plans/set.json'))) {
      const text = readFileSync(join(project.root, '.landform/plans/set.json'), 'utf8')
      if (text.includes('applying')) problems.push(`seed ${seed}: a stack is still being applied: ${text}`)
    }
    return { problems, resumed }
  } finally {
    await sandbox?.close()
    project.remove()
  }
}

/** Applies, and kills it some time after the first call that is refused. */
async function killAt(
  project: EnvironmentProject,
  sandbox: Sandbox,
  place: Place & Pick<Fault, 'after'>,
  afterMs: number,
  listen: (listener: (record: CallRecord) => void) => void,
): Promise<Outcome> {
  sandbox.addFault({ kind: 'error', status: 503, ...place })
  const child = spawn(process.execPath, [executable, 'env', 'apply', 'all'], {
    cwd: project.root,
    env: { ...cleanVariables(), YES: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  listen(({ status }) => {
    if (status !== 503) return
    listen(() => {})
    void sleep(afterMs).then(() => child.kill('SIGKILL'))
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  listen(() => {})
  sandbox.clearFaults()
  return { code, stdout, stderr }
}

/** Applies, and does what the messages say where that is needed first. */
async function finish(project: EnvironmentProject): Promise<Outcome> {
  for (let tries = 0; ; tries++) {
    const outcome = await project.envAsync(['apply', 'all'], { YES: '1' })
    const unlock = /landform env unlock (\S+) (\S+)/.exec(outcome.stderr)
    if (outcome.code === 0 || unlock === null || tries === 4) return outcome
    await project.envAsync(['unlock', unlock[1]!, unlock[2]!])
  }
}

async function count(sandbox: Sandbox): Promise<typeof whole> {
  const session = (account: string): Promise<Session> => {
    const { id, secret } = hubKey('222233334444')
    const assumeRole = [{ roleArn: `arn:aws:iam::${account}:role/landform-apply` }]
    return openSession({ region: 'us-east-1', accessKey: id, secretKey: secret, assumeRole }, { env: { AWS_ENDPOINT_URL: sandbox.url } })
  }
  const ops = await session('222233334444')
  const stage = await session('333344445555')
  const owned = { Filters: [{ Name: 'tag:Owner', Values: ['one'] }] }
  const { Vpcs } = await ops.call('ec2', 'DescribeVpcs', owned)
  const { Subnets } = await ops.call('ec2', 'DescribeSubnets', owned)
  const { SecurityGroups } = await ops.call('ec2', 'DescribeSecurityGroups', { Filters: [{ Name: 'group-name', Values: ['api'] }] })
  const { logGroups } = await stage.call('logs', 'DescribeLogGroups', { logGroupNamePrefix: '/shop/' })
  return { vpcs: Vpcs!.length, subnets: Subnets!.length, groups: SecurityGroups!.length, logs: logGroups!.length }
}
