import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Diagnostics } from '../../src/diags/index.ts'
import { openProject, prepareEnvironments, readManifest, sandboxOptions } from '../../src/ops/index.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { fourStacksOps, fourStacksStage } from '../ops/_four-stacks.ts'
import { ensureBuilt, type Outcome } from './_cli.ts'
import { EnvironmentProject } from './_environments.ts'

// One sandbox, served to processes of their own: nothing but the locks of the states keeps them apart.
let project: EnvironmentProject
let sandbox: Sandbox
beforeAll(async () => {
  ensureBuilt()
  project = new EnvironmentProject({ types: false })
  rmSync(join(project.root, 'environments/prod.ts'))
  project.write('environments/ops.ts', fourStacksOps)
  project.write('environments/stage.ts', fourStacksStage)
  const prepared = await prepareEnvironments(openProject(project.root, new Diagnostics())!, new Diagnostics(), { checkTypes: false })
  sandbox = await startSandbox({ ...sandboxOptions(prepared!.project, prepared!.organization, {}), lasting: true })
})
afterAll(async () => {
  await sandbox?.close()
  project?.remove()
})

const applyAll = (): Promise<Outcome> => project.envAsync(['apply', 'all'], { YES: '1' })
/** What one may be told whose set somebody else is applying. */
const told = /Error acquiring the state lock|Saved plan is stale|No saved plan|applied already|Other stacks come first|not the recorded one/

test.each([2, 3])(
  '%i applies of one set at once: it is done once, and who did not do it is told why',
  { timeout: 600_000 },
  async (runs) => {
    expect((await project.envAsync(['plan', 'all'])).code).toBe(0)
    const outcomes = await Promise.all(Array.from({ length: runs }, applyAll))
    const text = outcomes.map(({ code, stdout, stderr }) => `exit code ${code}\n${stdout}\n${stderr}`).join('\n----\n')
    for (const { code, stdout, stderr } of outcomes) {
      if (code !== 0) expect(stderr, text).toMatch(told)
      if (stderr.includes('acquiring the state lock')) expect(stderr).toMatch(/use\s+│ -lock-timeout=5m|use -lock-timeout=5m/)
      expect(stderr).not.toContain('-lock=false')
      expect(stdout + stderr, text).not.toMatch(/This is a bug|AlreadyExists|undefined/)
    }
    // Whoever comes last finds what is left of the reviewed set, and then nothing.
    if (outcomes.every(({ code }) => code !== 0)) {
      outcomes.push(await applyAll())
      expect(outcomes.at(-1)!.code, text).toBe(0)
    }
    const added = outcomes.flatMap(({ stdout }) => [...stdout.matchAll(/Resources: (\d+) added/g)].map((match) => Number(match[1])))
    expect(
      added.reduce((sum, n) => sum + n, 0),
      text,
    ).toBe(5)
    expect((await project.envAsync(['plan', 'all'])).stdout.match(/No changes\./g), text).toHaveLength(4)
    expect((await project.envAsync(['destroy', 'all', '-approve=aws_subnet.subnet'], { YES: '1' })).code).toBe(0)
  },
)

test('two plans at once: what is applied is one of them, whole', { timeout: 600_000 }, async () => {
  const outcomes = await Promise.all([project.envAsync(['plan', 'all']), project.envAsync(['plan', 'all'])])
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0])
  const applied = await applyAll()
  // Where plans of both are mixed, the plan files are not the recorded ones.
  if (applied.code !== 0) {
    expect(applied.stderr).toMatch(told)
    expect((await project.envAsync(['plan', 'all'])).code).toBe(0)
    expect((await applyAll()).code).toBe(0)
  }
  expect((await project.envAsync(['plan', 'all'])).stdout.match(/No changes\./g)).toHaveLength(4)
  const kept = Object.values(readManifest(openProject(project.root, new Diagnostics())!))
  expect(new Set(kept.map(({ set }) => set)).size).toBe(1)
})
