import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FakeGithub } from '../test/ops/_github.ts'
import { created, planDocument } from '../test/ops/_plans.ts'
import { type Measurement, measure, median } from './measure.ts'
import { type Row, seconds } from './report.ts'

const environments = ['ops', 'stage', 'prod'] as const
const latencyMs = 80

/** All environments planned as one, beside each of them alone: CPU as it is, and time when AWS is far away. They take turns. @param project a copy of its own */
export async function setRows(project: string, say: (text: string) => void): Promise<Row[]> {
  const run = async (args: readonly string[], latency = 0): Promise<Measurement> => {
    say(`landform ${args.join(' ')}${latency === 0 ? '' : `, ${latency} ms away`}`)
    const env = { NODE_EXTRA_CA_CERTS: '', NODE_OPTIONS: '', YES: '1', LANDFORM_SANDBOX_LATENCY_MS: String(latency) }
    const result = await measure({ program: join(project, 'bin', 'landform'), args, cwd: project, env })
    if (result.code !== 0) throw new Error(`landform ${args.join(' ')} ended with ${result.code}; try it in the repository`)
    return result
  }
  await run(['env', 'plan', 'all'])
  await run(['env', 'apply', 'all'])
  await run(['env', 'plan', 'all'])
  const cpu = new Map<string, number[]>()
  const wall = new Map<string, number[]>()
  const add = (map: Map<string, number[]>, name: string, value: number): void => void map.set(name, [...(map.get(name) ?? []), value])
  for (let i = 0; i < 3; i++) {
    for (const name of ['all', ...environments]) {
      add(cpu, name, (await run(['env', 'plan', name])).cpuMs)
      add(wall, name, (await run(['env', 'plan', name], latencyMs)).wallMs)
    }
  }
  const of = (map: Map<string, number[]>, name: string): number => median(map.get(name)!)
  const alone = environments.reduce((sum, name) => sum + of(cpu, name), 0)
  // None of the shipped stacks reads another one's state, so the longest chain is one stack.
  const longest = Math.max(...environments.map((name) => of(wall, name)))
  const work = of(cpu, 'all') / alone
  const time = of(wall, 'all') / longest
  return [
    {
      what: 'env plan all: applied, warm',
      landform: `${seconds(of(cpu, 'all'))} CPU; alone ${environments.map((name) => seconds(of(cpu, name))).join(' + ')}`,
      result: `${work.toFixed(2)} times the sum`,
      target: '<= 1.3',
      passed: work <= 1.3,
    },
    {
      what: `env plan all: AWS ${latencyMs} ms away`,
      landform: `${seconds(of(wall, 'all'))}; the slowest alone ${seconds(longest)}`,
      result: `${time.toFixed(2)} times the longest chain`,
      target: '<= 2',
      passed: time <= 2,
    },
  ]
}

/** A comment of 1,000 changes, rendered and posted to a server that answers as GitHub does. @param startMs CPU of starting and ending */
export async function commentRows(project: string, dir: string, startMs: number, say: (text: string) => void): Promise<Row[]> {
  const server = new FakeGithub()
  server.pull(7)
  const api = await server.start()
  try {
    const file = join(dir, 'plan.json')
    writeFileSync(file, JSON.stringify(planDocument(Array.from({ length: 1000 }, (_, i) => created(i)))))
    const env = {
      NODE_EXTRA_CA_CERTS: '',
      NODE_OPTIONS: '',
      GITHUB_TOKEN: server.token,
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_API_URL: api,
    }
    const args = ['comment', '-pr=7', `-plan-json=stage=${file}`]
    const times: number[] = []
    for (let i = 0; i < 4; i++) {
      say(`landform ${args.slice(0, 2).join(' ')}, 1,000 changes`)
      server.comments.length = 0
      const result = await measure({ program: join(project, 'bin', 'landform'), args, cwd: dir, env })
      if (result.code !== 0 || server.comments.length === 0) throw new Error(`landform comment ended with ${result.code}`)
      if (!server.comments.some(({ body }) => body.includes('1,000 to add'))) throw new Error('The comment is about something else')
      if (i > 0) times.push(result.cpuMs)
    }
    const cpuMs = median(times)
    const size = `${Math.round(readFileSync(file).length / 1024)} KB of plan`
    return [
      {
        what: 'comment of 1,000 changes',
        landform: `${seconds(cpuMs)} CPU, ${size}, ${server.comments.length} parts`,
        result: `${seconds(cpuMs - startMs)} without start-up`,
        target: '<= 0.5 s CPU',
        passed: cpuMs - startMs <= 500,
      },
    ]
  } finally {
    await server.stop()
  }
}
