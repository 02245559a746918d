// What Landform costs beside the real Terraform on the same configurations: see README.md.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, Folder, findTerraform } from './engines.ts'
import { cloneRows, copyProject, environmentRows, folderRows } from './environment.ts'
import { functionRows, languageRows } from './language.ts'
import { exponent, type Measurement, measure, median } from './measure.ts'
import { pluginRows } from './plugins.ts'
import { megabytes, type Row, seconds, table } from './report.ts'
import { stateRows } from './states.ts'
import { blocks, chain, count, layers, modules, pair, type Workload } from './workloads.ts'
import { commentRows, setRows } from './wrapper.ts'

const root = process.env.LANDFORM_BENCH_ROOT!
const landform: Engine = { name: 'landform', program: join(root, 'bin', 'landform') }
const terraform = process.env.BENCH_PEER === 'none' ? undefined : findTerraform()
const only = process.env.ONLY
const scratch = mkdtempSync(join(tmpdir(), 'landform-bench-'))
const rows: Row[] = []
const raw: unknown[] = []

const isWanted = (name: string): boolean => only === undefined || only.split(',').includes(name)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

type Step = 'plan' | 'apply' | 'no-op plan' | 'destroy plan' | 'destroy'
const steps: readonly { readonly step: Step; readonly args: readonly string[]; readonly repeats: boolean }[] = [
  { step: 'plan', args: ['plan', '-input=false', '-out=tfplan'], repeats: true },
  { step: 'apply', args: ['apply', '-input=false', 'tfplan'], repeats: false },
  { step: 'no-op plan', args: ['plan', '-input=false', '-detailed-exitcode'], repeats: true },
  { step: 'destroy plan', args: ['plan', '-destroy', '-input=false'], repeats: true },
  { step: 'destroy', args: ['destroy', '-input=false', '-auto-approve'], repeats: false },
]
const applyWithoutPlan = ['apply', '-input=false', '-auto-approve']

/**
 * A life of a configuration; steps that leave no trace are run `times` times and the median by CPU counts. Engines that are compared
 * take turns, because how fast the machine is changes by the minute. The first engine applies; another one that does not, which may take
 * many minutes, goes on with the state of the first.
 */
async function lives(
  engines: readonly { readonly engine: Engine; readonly wanted: readonly Step[]; readonly times: number }[],
  name: string,
  n: number,
  workload: Workload,
): Promise<Map<Engine['name'], Map<Step, Measurement>>> {
  say(`${name} ${n}: ${engines.map(({ engine }) => engine.name).join(' and ')}`)
  const folders = new Map<Engine, Folder>()
  const results = new Map<Engine['name'], Map<Step, Measurement>>()
  for (const { engine } of engines) {
    const folder = new Folder(join(scratch, `${name}-${n}-${engine.name}`), engine, workload(n))
    await folder.run(['init', '-input=false'])
    folders.set(engine, folder)
    results.set(engine.name, new Map())
  }
  for (const { step, args, repeats } of steps) {
    const runs = new Map<Engine, Measurement[]>()
    for (let i = 0; i < (repeats ? Math.max(...engines.map((e) => e.times)) : 1); i++) {
      for (const { engine, wanted, times } of engines) {
        if (!wanted.includes(step) || i >= times) continue
        const folder = folders.get(engine)!
        if (step !== 'plan' && !wanted.includes('apply'))
          copyFileSync(join(folders.get(engines[0]!.engine)!.dir, stateName), join(folder.dir, stateName))
        const all = runs.get(engine)
        const run = await folder.run(step === 'apply' && !wanted.includes('plan') ? applyWithoutPlan : args)
        if (all === undefined) runs.set(engine, [run])
        else all.push(run)
      }
    }
    for (const [engine, all] of runs) {
      const middle = median(all.map((m) => m.cpuMs))
      const typical = all.reduce((best, m) => (Math.abs(m.cpuMs - middle) < Math.abs(best.cpuMs - middle) ? m : best))
      results.get(engine.name)!.set(step, typical)
      raw.push({ workload: name, n, step, engine: engine.name, runs: all })
      if (step === 'apply') checkState(folders.get(engine)!, n)
    }
  }
  return results
}

const stateName = 'terraform.tfstate'

function checkState({ dir, engine }: Folder, n: number): void {
  const state = JSON.parse(readFileSync(join(dir, stateName), 'utf8')) as { resources: { instances: unknown[] }[] }
  const instances = state.resources.reduce((sum, r) => sum + r.instances.length, 0)
  if (instances !== n) throw new Error(`${engine.name} stored ${instances} instances instead of ${n} in ${dir}`)
}

interface Plan {
  readonly name: string
  readonly workload: Workload
  /** Sizes of the exponent; the peer is measured at `compareAt` alone. */
  readonly sizes: readonly number[]
  readonly compareAt: number
  readonly steps: readonly Step[]
  readonly peerSteps: readonly Step[]
  /** How often the peer runs what can be repeated: once where it takes minutes. */
  readonly peerTimes: number
  /** How many times less CPU than Terraform. */
  readonly ratio: Partial<Record<Step, number>>
  /** CPU on a machine that does nothing else. */
  readonly goalSeconds: Partial<Record<Step, number>>
  readonly largestMb: Partial<Record<Step, number>>
  readonly largestExponent?: number
}

const all: readonly Step[] = ['plan', 'apply', 'no-op plan', 'destroy']
const sizes = [250, 500, 1000, 2000, 4000]
const plans: readonly Plan[] = [
  {
    name: 'blocks',
    workload: blocks,
    sizes,
    compareAt: 1000,
    steps: all,
    // Destroying a thousand takes Terraform minutes, as applying does, and tells nothing new.
    peerSteps: ['plan', 'apply', 'no-op plan'],
    peerTimes: 5,
    ratio: { plan: 5, apply: 20, 'no-op plan': 1 },
    goalSeconds: { plan: 0.5, apply: 1.5 },
    largestMb: {},
    largestExponent: 1.15,
  },
  {
    name: 'count',
    workload: count,
    sizes,
    compareAt: 1000,
    steps: all,
    peerSteps: ['plan'],
    peerTimes: 5,
    ratio: { plan: 1 },
    goalSeconds: {},
    largestMb: {},
    largestExponent: 1.15,
  },
  {
    name: 'count',
    workload: count,
    sizes: [10000],
    compareAt: 10000,
    steps: ['apply', 'no-op plan'],
    peerSteps: [],
    peerTimes: 0,
    ratio: {},
    goalSeconds: { 'no-op plan': 2 },
    largestMb: {},
  },
  {
    name: 'pair',
    workload: pair,
    sizes: [500, 1000, 2000, 4000],
    compareAt: 2000,
    steps: ['plan'],
    peerSteps: ['plan'],
    peerTimes: 1,
    ratio: { plan: 80 },
    goalSeconds: { plan: 0.5 },
    largestMb: { plan: 200 },
    largestExponent: 1.15,
  },
  {
    name: 'chain',
    workload: chain,
    // The state of a chain lists all that stands before each resource, so what reads or writes one cannot be linear.
    sizes,
    compareAt: 1000,
    steps: ['plan'],
    peerSteps: ['plan'],
    peerTimes: 1,
    ratio: { plan: 20 },
    goalSeconds: { plan: 0.5 },
    largestMb: {},
    largestExponent: 1.15,
  },
  {
    name: 'chain',
    workload: chain,
    sizes: [1000],
    compareAt: 1000,
    steps: ['apply', 'no-op plan', 'destroy plan'],
    peerSteps: ['destroy plan'],
    peerTimes: 1,
    ratio: { 'destroy plan': 80 },
    goalSeconds: { 'destroy plan': 0.7 },
    largestMb: { 'destroy plan': 250 },
  },
  {
    name: 'layers',
    workload: layers,
    sizes,
    compareAt: 1000,
    steps: ['plan'],
    peerSteps: ['plan'],
    peerTimes: 1,
    ratio: { plan: 40 },
    goalSeconds: {},
    largestMb: {},
    largestExponent: 1.15,
  },
  {
    name: 'modules',
    workload: modules,
    sizes: [300, 1000, 4000],
    compareAt: 1000,
    steps: all,
    peerSteps: ['plan'],
    peerTimes: 3,
    ratio: { plan: 1 },
    goalSeconds: {},
    largestMb: {},
  },
]

/** Median CPU of starting and ending: what `version` costs, which exponents must not see. */
async function startUp(): Promise<Record<'landform' | 'landformPeakMb' | 'terraform', number>> {
  const measured = new Map<string, number>()
  const tiny = { 'main.tf': 'output "o" {\n  value = 1\n}\n' }
  for (const engine of terraform === undefined ? [landform] : [landform, terraform]) {
    say(`start-up: ${engine.name}`)
    const folder = new Folder(join(scratch, `start-${engine.name}`), engine, tiny)
    await folder.run(['init'])
    for (const command of ['version', 'validate', 'fmt']) {
      const runs: Measurement[] = []
      await folder.run([command])
      for (let i = 0; i < 9; i++) runs.push(await folder.run([command]))
      raw.push({ workload: 'start-up', step: command, engine: engine.name, runs })
      measured.set(`${engine.name} ${command} cpu`, median(runs.map((m) => m.cpuMs)))
      // The shortest, because whatever else the machine does can only add to it.
      measured.set(`${engine.name} ${command} wall`, Math.min(...runs.map((m) => m.wallMs)))
      measured.set(`${engine.name} ${command} peak`, median(runs.map((m) => m.peakMb ?? 0)))
    }
  }
  const bare: Measurement[] = []
  for (let i = 0; i < 9; i++)
    bare.push(await measure({ program: process.execPath, args: ['-e', '0'], cwd: scratch, env: { NODE_EXTRA_CA_CERTS: '' } }))
  rows.push({
    what: 'node -e 0, for comparison',
    landform: `${Math.min(...bare.map((m) => m.wallMs)).toFixed(0)} ms, ${median(bare.map((m) => m.cpuMs)).toFixed(0)} ms CPU`,
  })
  const show = (engine: string, command: string): string =>
    `${measured.get(`${engine} ${command} wall`)!.toFixed(0)} ms, ${measured.get(`${engine} ${command} cpu`)!.toFixed(0)} ms CPU`
  for (const command of ['version', 'validate', 'fmt']) {
    const cpu = measured.get(`landform ${command} cpu`)!
    rows.push({
      what: `${command}, tiny folder`,
      landform: show('landform', command),
      ...(terraform === undefined ? {} : { terraform: show('terraform', command) }),
      result: `${cpu.toFixed(0)} ms CPU`,
      // Wall time is the promise, and CPU is what is left of it to judge by where other programs run too.
      target: '<= 120 ms',
      passed: cpu <= 120,
    })
  }
  return {
    landform: measured.get('landform version cpu')!,
    landformPeakMb: measured.get('landform validate peak')!,
    terraform: measured.get('terraform version cpu') ?? 0,
  }
}

async function compare(plan: Plan, startMs: number): Promise<void> {
  const bySize = new Map<number, Map<Step, Measurement>>()
  let peer: Map<Step, Measurement> | undefined
  for (const n of plan.sizes) {
    const times = n <= 1000 ? 5 : 3
    const engines = [{ engine: landform, wanted: plan.steps, times }]
    if (terraform !== undefined && n === plan.compareAt) engines.push({ engine: terraform, wanted: plan.peerSteps, times: plan.peerTimes })
    const found = await lives(engines, plan.name, n, plan.workload)
    bySize.set(n, found.get('landform')!)
    peer ??= found.get('terraform')
  }
  const ours = bySize.get(plan.compareAt)!
  for (const step of plan.steps) {
    const own = ours.get(step)!
    const other = peer?.get(step)
    const ratio = other === undefined ? undefined : other.cpuMs / own.cpuMs
    const wanted = plan.ratio[step]
    const goal = plan.goalSeconds[step]
    const hasOnlyGoal = wanted === undefined && goal !== undefined
    const targets = [wanted && `>= ${wanted} times`, goal && `${hasOnlyGoal ? '<=' : 'goal'} ${goal} s`].filter(
      (text) => text !== undefined,
    )
    rows.push({
      what: `${plan.name} ${plan.compareAt}: ${step}`,
      landform: `${seconds(own.cpuMs)}, ${megabytes(own.peakMb)}`,
      ...(other === undefined ? {} : { terraform: `${seconds(other.cpuMs)}, ${megabytes(other.peakMb)}` }),
      ...(ratio === undefined ? {} : { result: `${ratio.toFixed(1)} times` }),
      target: targets.join(', '),
      passed: hasOnlyGoal ? own.cpuMs <= goal * 1000 : ratio === undefined || wanted === undefined ? undefined : ratio >= wanted,
      isGated: !hasOnlyGoal,
    })
    const mb = plan.largestMb[step]
    if (mb !== undefined && own.peakMb !== undefined) {
      rows.push({
        what: `${plan.name} ${plan.compareAt}: ${step}, memory`,
        landform: megabytes(own.peakMb),
        ...(other === undefined ? {} : { terraform: megabytes(other.peakMb) }),
        result: megabytes(own.peakMb),
        target: `<= ${mb} MB`,
        passed: own.peakMb <= mb,
      })
    }
    if (step === 'apply' && own.writtenMb !== undefined && plan.name === 'blocks') {
      rows.push({
        what: `${plan.name} ${plan.compareAt}: written by apply`,
        landform: megabytes(own.writtenMb),
        ...(other === undefined ? {} : { terraform: megabytes(other.writtenMb) }),
        result: megabytes(own.writtenMb),
        target: '<= 10 MB',
        passed: own.writtenMb <= 10,
      })
    }
  }
  if (plan.largestExponent === undefined) return
  for (const step of plan.steps) {
    const slope = exponent(plan.sizes.map((size) => ({ size, cost: bySize.get(size)!.get(step)!.cpuMs - startMs })))
    rows.push({
      what: `${plan.name} ${plan.sizes[0]}..${plan.sizes.at(-1)}: ${step}`,
      landform: `${seconds(bySize.get(plan.sizes.at(-1)!)!.get(step)!.cpuMs)}, ${megabytes(bySize.get(plan.sizes.at(-1)!)!.get(step)!.peakMb)}`,
      result: `exponent ${slope.toFixed(2)}`,
      target: `<= ${plan.largestExponent}`,
      passed: slope <= plan.largestExponent,
    })
  }
}

try {
  const startMs = await startUp()
  for (const plan of plans) if (isWanted(plan.name)) await compare(plan, startMs.landform)
  const engines = terraform === undefined ? [landform] : [landform, terraform]
  if (isWanted('state')) rows.push(...(await stateRows(scratch, landform, startMs.landform, say)))
  if (isWanted('hcl')) rows.push(...(await languageRows(scratch, engines, startMs, say)))
  if (isWanted('fn')) rows.push(...(await functionRows(scratch, engines, startMs, say)))
  if (isWanted('plugin')) {
    const found = pluginRows(landform, say)
    rows.push(...found.rows)
    raw.push(found.raw)
  }
  if (isWanted('stage')) rows.push(...(await environmentRows(copyProject(root, join(scratch, 'stage')), say)))
  if (isWanted('set')) rows.push(...(await setRows(copyProject(root, join(scratch, 'set')), say)))
  if (isWanted('comment')) rows.push(...(await commentRows(root, scratch, startMs.landform, say)))
  if (isWanted('stack')) rows.push(...(await folderRows(copyProject(root, join(scratch, 'stack')), scratch, terraform, say)))
  if (only?.split(',').includes('clone')) rows.push(...(await cloneRows(root, join(scratch, 'clone'), say)))
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

const peerName = terraform === undefined ? 'no terraform found: ratios are missing' : `beside ${terraform.program}`
console.log(`CPU is user and system time, medians; node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, ${peerName}\n`)
console.log(table(rows))
const out = join(root, '.landform', 'bench.json')
mkdirSync(join(root, '.landform'), { recursive: true })
writeFileSync(out, `${raw.map((r) => JSON.stringify(r)).join('\n')}\n`)
console.log(`\nEvery run: ${out} (${(statSync(out).size / 1024).toFixed(0)} KB)`)
if (process.env.GATE === '1' && rows.some((r) => r.passed === false && r.isGated !== false)) process.exitCode = 1
