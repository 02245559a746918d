import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Engine, Folder } from './engines.ts'
import { type Measurement, measure, median } from './measure.ts'
import { megabytes, type Row, seconds } from './report.ts'

const account = '333344445555'

/** A copy of the repository as it is after a build, with a sandbox of its own. */
export function copyProject(root: string, dir: string): string {
  mkdirSync(dir, { recursive: true })
  for (const name of ['environments', 'modules', 'state', 'bin', 'dist', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(dir, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  return dir
}

/** The stage environment in the sandbox: the way of one change from the file to the plan. */
export async function environmentRows(project: string, say: (text: string) => void): Promise<Row[]> {
  const run = async (args: readonly string[]): Promise<Measurement> => {
    say(`landform ${args.join(' ')}`)
    const env = { NODE_EXTRA_CA_CERTS: '', NODE_OPTIONS: '', YES: '1', CHECKPOINT_DISABLE: '1' }
    const result = await measure({ program: join(project, 'bin', 'landform'), args, cwd: project, env })
    if (result.code !== 0) throw new Error(`landform ${args.join(' ')} ended with ${result.code}; try it in the repository`)
    return result
  }
  const cost = (m: Measurement): string => `${seconds(m.cpuMs)} CPU, ${seconds(m.wallMs)}, ${megabytes(m.peakMb)}`
  const plan = ['env', 'plan', 'stage']
  const first = await run(plan)
  const apply = await run(['env', 'apply', 'stage'])
  await run(plan)
  const warm = [await run(plan), await run(plan), await run(plan)]
  const middle = warm.find((m) => m.cpuMs === median(warm.map((w) => w.cpuMs)))!
  const file = join(project, 'environments', 'stage.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace('drainingSeconds: 300', 'drainingSeconds: 60'))
  const edited = await run(plan)
  return [
    { what: 'env plan stage: first, with seeding and type check', landform: cost(first) },
    { what: 'env apply stage', landform: cost(apply) },
    {
      what: 'env plan stage: applied, warm',
      landform: cost(middle),
      result: seconds(middle.cpuMs),
      target: '<= 2.5 s CPU',
      passed: middle.cpuMs <= 2500,
    },
    { what: 'env plan stage: after an edit', landform: cost(edited), result: seconds(edited.wallMs), target: 'goal 1 s wall' },
  ]
}

/** What a newcomer waits for: clone, install, build, plan. Only on request, since it fetches all packages. */
export async function cloneRows(root: string, dir: string, say: (text: string) => void): Promise<Row[]> {
  say('git clone, make plan ENV=stage')
  const script = 'git clone -q "$1" "$2" && cd "$2" && make plan ENV=stage'
  const result = await measure({ program: 'bash', args: ['-c', script, 'bash', root, dir], cwd: root, env: { NODE_EXTRA_CA_CERTS: '' } })
  if (result.code !== 0) throw new Error(`A clone in ${dir} could not be planned; try "make plan ENV=stage" in a clone`)
  const size = (path: string): string => megabytes(Number(spawnSync('du', ['-sm', path], { encoding: 'utf8' }).stdout.split('\t')[0]))
  const disk = `${size(dir)} on disk, ${size(join(dir, 'node_modules'))} of it packages`
  return [
    {
      what: 'git clone to first plan',
      landform: `${seconds(result.wallMs)}, ${seconds(result.cpuMs)} CPU, ${megabytes(result.peakMb)}`,
      result: disk,
    },
  ]
}

interface Served {
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** The project's sandbox as a server, with the keys of its hub. */
async function serve(project: string): Promise<Served> {
  const child = spawn(join(project, 'bin', 'landform'), ['sandbox', 'serve', '-port=0'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  await new Promise<void>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`The sandbox ended with ${code}.`)))
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part
      if (text.includes('Ctrl-C')) resolve()
    })
  })
  const env = Object.fromEntries([...text.matchAll(/export (AWS_\w+)=(\S+)/g)].map((m) => [m[1]!, m[2]!]))
  return {
    env,
    stop: () =>
      new Promise((resolve) => {
        child.on('exit', () => resolve())
        child.kill('SIGINT')
      }),
  }
}

/** The synthesised stack as a folder that any Terraform with hashicorp/aws 5 plans: without Datadog, and with a local state. */
function folderOf(project: string, withRole: string): Record<string, unknown> {
  const path = join(project, '.landform', 'synth', 'stage', 'cdk.tf.json')
  const stack = JSON.parse(readFileSync(path, 'utf8'))
  delete stack.terraform.backend
  stack.terraform.required_providers = { aws: { source: 'hashicorp/aws', version: '5.100.0' } }
  stack.provider = { aws: stack.provider.aws }
  stack.variable.role.default = `arn:aws:iam::${account}:role/${withRole}`
  for (const kind of ['resource', 'data']) {
    for (const type of Object.keys(stack[kind] ?? {})) if (type.startsWith('datadog_')) delete stack[kind][type]
  }
  return stack
}

/** The applied folder planned by Landform and by Terraform against the same sandbox, from the same state. */
export async function folderRows(
  project: string,
  scratch: string,
  terraform: Engine | undefined,
  say: (text: string) => void,
): Promise<Row[]> {
  const mirror = process.env.LANDFORM_PEER_MIRROR
  rmSync(join(project, '.landform'), { recursive: true, force: true })
  const landform: Engine = { name: 'landform', program: join(project, 'bin', 'landform') }
  await measure({ program: landform.program, args: ['env', 'synth', 'stage'], cwd: project })
  const sandbox = await serve(project)
  try {
    const files = (role: string): Record<string, string> => ({ 'cdk.tf.json': JSON.stringify(folderOf(project, role), null, 2) })
    const own = new Folder(join(scratch, 'stack-landform'), landform, files('landform-apply'), {
      ...sandbox.env,
      LANDFORM_BUILTIN_PROVIDERS: 'aws',
    })
    say('synthesised folder: landform')
    await own.run(['init', '-input=false'])
    const apply = await own.run(['apply', '-input=false', '-auto-approve'])
    const plans: Measurement[] = []
    for (let i = 0; i < 4; i++) plans.push(await own.run(['plan', '-input=false', '-detailed-exitcode']))
    const ours = median(plans.slice(1).map((m) => m.cpuMs))
    const peak = Math.max(...plans.map((m) => m.peakMb ?? 0))
    const rows: Row[] = [{ what: 'synthesised folder: apply', landform: `${seconds(apply.cpuMs)}, ${megabytes(apply.peakMb)}` }]
    const what = 'synthesised folder, applied: plan'
    if (terraform === undefined || mirror === undefined || !existsSync(mirror)) {
      return [...rows, { what, landform: `${seconds(ours)}, ${megabytes(peak)}`, target: '>= 5 times' }]
    }
    say('synthesised folder: terraform with hashicorp/aws')
    const settings = join(scratch, 'terraformrc')
    writeFileSync(settings, `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`)
    const other = new Folder(join(scratch, 'stack-terraform'), terraform, files('landform-apply'), {
      ...sandbox.env,
      TF_CLI_CONFIG_FILE: settings,
    })
    cpSync(join(own.dir, 'terraform.tfstate'), join(other.dir, 'terraform.tfstate'))
    await other.run(['init', '-input=false'])
    // Both must find nothing to do, or they have not done the same work.
    const theirs = await other.run(['plan', '-input=false', '-detailed-exitcode'])
    const ratio = theirs.cpuMs / ours
    return [
      ...rows,
      {
        what,
        landform: `${seconds(ours)}, ${megabytes(peak)}`,
        terraform: `${seconds(theirs.cpuMs)}, ${megabytes(theirs.peakMb)}`,
        result: `${ratio.toFixed(1)} times`,
        target: '>= 5 times',
        passed: ratio >= 5,
      },
    ]
  } finally {
    await sandbox.stop()
  }
}
