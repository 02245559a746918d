import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { JournaledStateManager, LocalStateManager } from '../../src/statemgr/index.ts'
import { type State, stateInstances } from '../../src/states/index.ts'
import { Workspace } from './_cli.ts'

const providers = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures', 'crash')
const chains = 3
const length = 5

/** Numbers that look random and are the same for the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x1_0000_0000) * below)
  }
}

/** Chains of objects, each of which needs the one before it. */
function configuration(version: number, zone: number, createBeforeDestroy: boolean): string {
  let text = 'terraform {\n  required_providers {\n    crash = { source = "hashicorp/crash" }\n  }\n}\n'
  for (let c = 0; c < chains; c++) {
    for (let i = 0; i < length; i++) {
      const after = i === 0 ? 'null' : `crash_object.c${c}_${i - 1}.id`
      text += `resource "crash_object" "c${c}_${i}" {\n  name = "c${c}_${i}"\n  version = "${version}"\n  zone = "${zone}"\n  after = ${after}\n  lifecycle {\n    create_before_destroy = ${createBeforeDestroy}\n  }\n}\n`
    }
  }
  return text
}

function idsOf(state: State | undefined): Set<string> {
  const ids = new Set<string>()
  for (const [, , object] of state === undefined ? [] : stateInstances(state))
    ids.add((JSON.parse(String(object.attributesJson)) as { id: string }).id)
  return ids
}

/**
 * Applies one configuration after the other and kills each run at its n-th call, for random n; then lets one finish.
 * @returns what was wrong: empty when nothing was lost.
 */
export async function killedRuns(seed: number, rounds: number): Promise<string[]> {
  const random = randomNumbers(seed)
  const world = mkdtempSync(join(tmpdir(), 'landform-crash-'))
  const log = join(world, 'log')
  const workspace = new Workspace({})
  const env = { CRASH_WORLD: world, LANDFORM_PROVIDERS: providers }
  const problems: string[] = []
  const lines = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [])
  try {
    for (let round = 0; round < rounds; round++) {
      workspace.write({ 'main.tf': configuration(random(3), random(2), random(2) === 0) })
      const before = lines().length
      const killAt = 1 + random(chains * length)
      const child = workspace.start(['apply', '-auto-approve', '-no-color'], { env })
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      let over = false
      void ended.then(() => (over = true))
      while (
        !over &&
        lines()
          .slice(before)
          .filter((l) => l.startsWith('start')).length < killAt
      )
        await sleep(2)
      child.kill('SIGKILL')
      await ended
      problems.push(
        ...(await check(workspace.dir, lines().slice(before))).map((p) => `seed ${seed}, round ${round}, killed at ${killAt}: ${p}`),
      )
    }
    const last = workspace.run(['apply', '-auto-approve', '-no-color'], { env })
    if (last.code !== 0) problems.push(`seed ${seed}: the last run failed: ${last.stdout}${last.stderr}`)
    const again = workspace.run(['plan', '-detailed-exitcode', '-no-color'], { env })
    if (again.code !== 0) problems.push(`seed ${seed}: the plan afterwards is not empty: ${again.stdout}${again.stderr}`)
    if (existsSync(join(workspace.dir, 'terraform.tfstate.journal'))) problems.push(`seed ${seed}: the journal was left behind`)
    return problems
  } finally {
    workspace.remove()
    rmSync(world, { recursive: true, force: true })
  }
}

/** Holds what the next command would read against what the provider says it has done in this run. */
async function check(dir: string, log: readonly string[]): Promise<string[]> {
  const path = join(dir, 'terraform.tfstate')
  const manager = new JournaledStateManager(new LocalStateManager({ path, terraformVersion: '1.11.4' }), { path: `${path}.journal` })
  const ids = idsOf((await manager.read())?.state)
  const problems: string[] = []
  for (const line of log) {
    const [what, name, id] = line.split(' ')
    // Nothing that depends on an object has been asked for before the object was on record.
    if (what === 'start' && id && !ids.has(id)) problems.push(`${name} was started, and ${id}, which it needs, is not in the state`)
    if (what === 'done' && !ids.has(id!)) problems.push(`${id} had been created, and is not in the state`)
    if (what === 'gone' && ids.has(id!)) problems.push(`${id} had been destroyed, and is still in the state`)
  }
  return problems
}
