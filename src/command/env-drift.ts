import { Diagnostics } from '../diags/index.ts'
import {
  classifyDrift,
  completedBlocks,
  counting,
  driftIssues,
  driftJson,
  readIgnoreRules,
  type StackDrift,
  updateIssue,
} from '../ops/drift/index.ts'
import { type OpenEnvironment, planStacks, type StackOutcome, type World } from '../ops/index.ts'
import { beginEnvironments, type EnvironmentsRun, headText, inWorld, openStacks, reportFailure } from './_environments.ts'
import { schemasOfPlan } from './_operation.ts'
import { stackReport } from './_report.ts'
import type { CommandContext } from './context.ts'
import { withInterrupts } from './interrupts.ts'
import { driftText } from './views/environment-text.ts'

/** Looks at the real objects of stacks, and says what is different from their states. Nothing is written. Exit code 2: something is. */
export async function envDriftCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = await beginEnvironments(argv, 'env drift', context)
  if (typeof run === 'number') return run
  let drifted = false
  const code = await inWorld(run, context, async (world) => {
    const opened = await openStacks(run, 'plan', world)
    const diags = new Diagnostics()
    const rules = readIgnoreRules(run.prepared.project.root, diags)
    run.view.diagnostics(diags.items)
    if (opened === undefined || diags.hasErrors) return false
    const { stacks, order } = opened
    const outcomes = await withInterrupts({ onFirst: () => run.view.print('\nStopping...\n'), onSecond: async () => {} }, (stop) =>
      planStacks(stacks, order, { refresh: true, parallelism: run.args.parallelism, stop, mode: 'refreshOnly' }),
    )
    const today = new Date().toISOString().slice(0, 10)
    const drifts: StackDrift[] = []
    for (const name of order.names) {
      const open = stacks.get(name)!
      const outcome = outcomes.get(name)!
      const drift = await driftOf(open, outcome, rules, today)
      drifts.push(drift)
      if (!run.args.json) await print(run, world, open, outcome, drift)
    }
    if (run.args.json) run.view.print(driftJson(drifts))
    drifted = drifts.some((drift) => counting(drift).length > 0)
    const told = !run.args.issue || (await tell(run, context, drifts))
    return told && !drifts.some((drift) => drift.failed)
  })
  return code === 0 && drifted ? 2 : code
}

async function driftOf(
  open: OpenEnvironment,
  outcome: StackOutcome,
  rules: Parameters<typeof classifyDrift>[1],
  today: string,
): Promise<StackDrift> {
  const base = { ...open.id, name: open.name }
  const diags = 'diags' in outcome ? open.locate(outcome.diags) : []
  const plan = outcome.kind === 'planned' || outcome.kind === 'failed' ? outcome.plan : undefined
  const schemas = plan === undefined ? undefined : await schemasOfPlan(plan, open.loaded.config, open.settings)
  const report = stackReport({ open, plan, schemas, verdicts: [], approved: new Set(), diags, allDrift: true })
  if (outcome.kind !== 'planned') return { ...base, items: [], report, failed: true }
  const completed = completedBlocks(outcome.plan.priorState)
  const items = classifyDrift(outcome.plan.drift, rules, today, saidBy(open), (block) => completed.has(block))
  return { ...base, items, report, failed: false }
}

async function print(run: EnvironmentsRun, world: World, open: OpenEnvironment, outcome: StackOutcome, drift: StackDrift): Promise<void> {
  const { view } = run
  view.print(headText(open, 'drift', run))
  if (outcome.kind === 'skipped') view.print(`\nNot looked at because of ${outcome.because.join(', ')}.\n`)
  else if (!drift.failed) view.print(driftText(drift, view.palette))
  view.print(
    drift.failed
      ? '\n'
      : `\nLooked in ${(performance.now() / 1000).toFixed(1)} s, ${world.awsCalls(open.settings)} AWS calls. Nothing was changed.\n\n`,
  )
  if (outcome.kind === 'failed' || outcome.kind === 'planned') await reportFailure(open, outcome.diags, run, outcome.plan)
}

/** Brings the issues of the stacks up to date. */
async function tell(run: EnvironmentsRun, context: CommandContext, drifts: readonly StackDrift[]): Promise<boolean> {
  const { forgeDiagnostic, Github, readForgeSettings } = await import('../ops/forge/index.ts')
  const diags = new Diagnostics()
  const settings = readForgeSettings({ repository: undefined, apiUrl: undefined, tokenFile: undefined }, context.environment, diags)
  if (settings !== undefined) {
    const github = new Github(settings)
    try {
      const issues = await driftIssues(github)
      for (const drift of drifts) {
        // What could not be looked at is neither clean nor different.
        if (drift.failed) continue
        const outcome = await updateIssue(github, drift, issues)
        if (outcome !== 'unchanged' && !run.args.json) run.view.print(`The issue about ${drift.name} is ${outcome}.\n`)
      }
    } catch (error) {
      diags.add(forgeDiagnostic(error, `keep the issues of ${settings.owner}/${settings.repo} up to date`))
    }
  }
  run.view.diagnostics(diags.items)
  return !diags.hasErrors
}

/** The attributes that the synthesised stack says of a resource block. */
function saidBy(open: OpenEnvironment): (block: string) => ReadonlySet<string> | undefined {
  const { resource = {} } = JSON.parse(open.stack?.text ?? '{}') as { resource?: Record<string, Record<string, object>> }
  return (block) => {
    const [type, name] = block.split('.') as [string, string]
    const found = resource[type]?.[name]
    return found === undefined ? undefined : new Set(Object.keys(found))
  }
}
