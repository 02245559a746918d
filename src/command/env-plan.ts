import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import { type PlanReport, Redactor, readReport, type StackReport, seenOf, sinceLastRun, writeReport } from '../ops/comment/index.ts'
import {
  type Affected,
  allProtections,
  type Commit,
  commandFor,
  digestOf,
  fileDigest,
  findAffected,
  keepPlan,
  keepReport,
  LedgerStore,
  type OpenEnvironment,
  type Project,
  type Protection,
  planStacks,
  readCommit,
  readManifest,
  readProtectionFile,
  removePlan,
  reportPath,
  type SetEntry,
  type StackOrder,
  type StackOutcome,
  updateManifest,
  type Verdict,
  type World,
  withPending,
} from '../ops/index.ts'
import { readSnapshots } from '../ops/snapshot.ts'
import {
  beginEnvironments,
  type EnvironmentsRun,
  type EnvironmentsWork,
  headText,
  inWorld,
  modulesOf,
  openStacks,
  printPlan,
  reportFailure,
} from './_environments.ts'
import { schemasOfPlan } from './_operation.ts'
import { diagnosticReport, stackReport, verdictsOf } from './_report.ts'
import type { EnvArguments } from './arguments/env.ts'
import type { CommandContext } from './context.ts'
import { withInterrupts } from './interrupts.ts'
import { effortText, protectedText, setText } from './views/environment-text.ts'
import { countChanges, planHasChanges } from './views/plan-text.ts'

/** Plans stacks as one set and keeps the plans for `env apply`. */
export async function envPlanCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const failed = (args: EnvArguments, project: Project, names: readonly string[], diags: readonly Diagnostic[]): void =>
    keepFailure(args, context, project, names, diags)
  const run = await beginEnvironments(argv, 'env plan', context, (args, project, diags) =>
    failed(args, project, project.environments, diags),
  )
  if (typeof run === 'number') return run
  if (run.args.snapshot !== undefined) return simulate(run, context, run.args.snapshot)
  return inWorld(run, context, (world) => planIn(world, run, context))
}

async function planIn(
  world: World,
  run: EnvironmentsRun,
  context: CommandContext,
  before: (stacks: ReadonlyMap<string, OpenEnvironment>) => Promise<void> = async () => {},
): Promise<boolean> {
  const { args, prepared, names } = run
  const onFailure = (found: readonly Diagnostic[]): void => keepFailure(args, context, prepared.project, names, found)
  const opened = await openStacks(run, 'plan', world, { onFailure, types: 'pending' })
  if (opened === undefined) return false
  const diags = new Diagnostics()
  const fileRules = readProtectionFile(prepared.project.root, diags)
  const affected = args.name === 'affected' ? await affectedBy(run, context, diags) : undefined
  run.view.diagnostics(diags.items)
  if (diags.hasErrors) return false
  await before(opened.stacks)
  const planned = await new SetPlanning({ ...run, context, world, fileRules }, affected).plan(opened.stacks, opened.order)
  if (planned !== 'mistyped') return planned
  const typeErrors = await prepared.typeErrors
  run.view.diagnostics(typeErrors)
  onFailure(typeErrors)
  return false
}

/**
 * Plans in a sandbox of its own that begins with the states of a snapshot: for whoever has no credentials. Real objects are not looked at, since there are none, and the plans are good for
 * nothing but to be looked at.
 */
async function simulate(run: EnvironmentsRun, context: CommandContext, snapshot: string): Promise<number> {
  const { prepared } = run
  const earlier = readManifest(prepared.project)
  const diags = new Diagnostics()
  const states = readSnapshots(resolve(context.originalDir, snapshot), diags)
  run.view.diagnostics(diags.items)
  if (states === undefined) return 1
  const dir = mkdtempSync(join(tmpdir(), 'landform-simulation-'))
  const simulated: EnvironmentsRun = {
    ...run,
    args: { ...run.args, refresh: false },
    prepared: { ...prepared, organization: { ...prepared.organization, target: 'sandbox' } },
  }
  const surroundings = { ...context, environment: { ...context.environment, LANDFORM_SANDBOX_DIR: dir } }
  try {
    return await inWorld(simulated, surroundings, async (world) => {
      const ok = await planIn(world, simulated, surroundings, async (stacks) => {
        for (const [name, stack] of stacks) {
          const file = states.get(name)
          if (file !== undefined) await stack.manager.push(file, { force: true })
        }
      })
      run.view.print('\nThis was simulated: the plans cannot be applied.\n')
      return ok
    })
  } finally {
    rmSync(dir, { recursive: true, force: true })
    for (const [name, { set }] of Object.entries(readManifest(prepared.project))) {
      if (set === earlier[name]?.set) continue
      const [environment, stack] = name.split('/') as [string, string?]
      removePlan(prepared.project, { environment, stack: stack ?? environment })
      updateManifest(prepared.project, { [name]: undefined })
    }
  }
}

/** A comment has to tell as well why nothing could be planned. */
function keepFailure(
  args: EnvArguments,
  context: CommandContext,
  project: Project,
  names: readonly string[],
  diags: readonly Diagnostic[],
): void {
  const redactor = new Redactor()
  const diagnostics = diags.map((d) => diagnosticReport(d, redactor))
  const stacks = names.map(
    (name, i): StackReport => ({
      environment: name,
      stack: name,
      status: 'failed',
      changes: [],
      outputs: [],
      drift: [],
      diagnostics: i === 0 ? diagnostics : [],
    }),
  )
  const text = writeReport({ world: undefined, commit: undefined, dirty: false, stacks })
  keepReport(reportPath(project), text)
  if (args.report !== undefined) keepReport(resolve(context.originalDir, args.report), text)
}

async function affectedBy(run: EnvironmentsRun, context: CommandContext, diags: Diagnostics): Promise<Affected | undefined> {
  const base = run.args.base ?? context.environment.BASE
  if (base === undefined || base === '') {
    diags.error(
      'Affected by what?',
      'To find out which stacks a change concerns it is compared with another commit, which has to be named:\n    make plan ENV=affected BASE=origin/main',
    )
    return undefined
  }
  return findAffected(run.prepared, run.names, base, diags)
}

/** What is known of a stack when it has been planned. */
interface Finished {
  readonly open: OpenEnvironment
  readonly outcome: StackOutcome
  readonly seconds: number
  readonly verdicts: readonly Verdict[]
  readonly report: StackReport | undefined
  readonly path: string | undefined
}

class SetPlanning {
  readonly #run: EnvironmentsWork
  readonly #affected: Affected | undefined
  readonly #set = randomUUID()
  readonly #entries: Record<string, SetEntry | undefined> = {}

  constructor(run: EnvironmentsWork, affected: Affected | undefined) {
    this.#run = run
    this.#affected = affected
  }

  /**
   * Plans, shows and keeps. The type check may still be going on: planning only reads, and until it is known that the types are right nothing is shown or kept.
   *
   * @returns whether all went well; `mistyped`: nothing was shown or kept
   */
  async plan(stacks: ReadonlyMap<string, OpenEnvironment>, order: StackOrder): Promise<boolean | 'mistyped'> {
    const { view, args, prepared } = this.#run
    const { project } = prepared
    const concerned = this.#concerned(order)
    const alone = concerned.length === 1
    if (concerned.length === 0) {
      if ((await prepared.typeErrors).length > 0) return 'mistyped'
      view.print(affectedText(this.#affected!, concerned))
      this.#keepReport([], { id: undefined, dirty: false })
      return true
    }
    const mistyped = new AbortController()
    const typesAreRight = prepared.typeErrors.then((errors) => {
      if (errors.length > 0) {
        mistyped.abort()
        return false
      }
      if (this.#affected !== undefined) view.print(affectedText(this.#affected, concerned))
      // From here on earlier plans are about to be out of date, whatever comes of these.
      for (const name of concerned) removePlan(project, stacks.get(name)!.id)
      updateManifest(project, Object.fromEntries(concerned.map((name) => [name, undefined])))
      if (alone) view.print(headText(stacks.get(concerned[0]!)!, 'plan', this.#run))
      return true
    })
    const commit = readCommit(project)
    const finished = new Map<string, Finished>()
    const printing = new Printer(concerned)
    const interrupts = { onFirst: () => view.print('\nStopping...\n'), onSecond: async () => {} }
    const part: StackOrder = {
      names: concerned,
      upstream: new Map(concerned.map((name) => [name, order.upstream.get(name)!.filter((n) => concerned.includes(n))])),
    }
    const ledgers = new Map(concerned.map((name) => [name, new LedgerStore(stacks.get(name)!)]))
    const remembered = new Map([...ledgers].map(([name, ledger]) => [name, ledger.read()]))
    await withInterrupts(interrupts, (stop) =>
      planStacks(stacks, part, {
        refresh: args.refresh,
        parallelism: args.parallelism,
        stop: AbortSignal.any([stop, mistyped.signal]),
        onlyIfInputsChange:
          this.#affected === undefined ? undefined : new Set(concerned.filter((name) => !this.#affected!.changed.has(name))),
        onDone: async (stack, outcome) => {
          if (!(await typesAreRight)) return
          const open = stack as OpenEnvironment
          const ledger = await remembered.get(open.name)!
          const done = await this.#finish(open, outcome, await commit, order, ledger)
          finished.set(open.name, done)
          const next = withPending(ledger, done.verdicts)
          if (outcome.kind === 'planned' && next !== ledger) await ledgers.get(open.name)!.write(next)
          await printing.add(open.name, () => this.#print(done, alone))
        },
      }),
    )
    if (!(await typesAreRight)) return 'mistyped'
    updateManifest(project, this.#entries)
    const all = concerned.map((name) => finished.get(name)!)
    this.#keepReport(
      all.flatMap((done) => done.report ?? []),
      await commit,
    )
    if (!alone) this.#printSet(all)
    if (!this.#isReviewed(all)) return false
    return all.every(({ outcome }) => outcome.kind === 'planned' || outcome.kind === 'unaffected')
  }

  /** In order: what has changed, and what may have because it depends on that. */
  #concerned(order: StackOrder): readonly string[] {
    if (this.#affected === undefined) return order.names
    const found = new Set<string>()
    for (const name of order.names) {
      if (this.#affected.changed.has(name) || order.upstream.get(name)!.some((other) => found.has(other))) found.add(name)
    }
    return [...found]
  }

  async #finish(
    open: OpenEnvironment,
    outcome: StackOutcome,
    commit: Commit,
    order: StackOrder,
    ledger: { readonly protections: readonly Protection[]; readonly pending: Readonly<Record<string, string>> },
  ): Promise<Finished> {
    const { prepared } = this.#run
    const seconds = performance.now() / 1000
    const base = { open, outcome, seconds, verdicts: [], report: undefined, path: undefined }
    switch (outcome.kind) {
      case 'skipped':
        return { ...base, report: { ...emptyReport(open), status: 'notBegun' } }
      case 'unaffected':
        return base
      case 'failed': {
        const schemas = outcome.plan === undefined ? undefined : await schemasOfPlan(outcome.plan, open.loaded.config, open.settings)
        const diags = open.locate(outcome.diags)
        return { ...base, report: stackReport({ open, plan: outcome.plan, schemas, verdicts: [], approved: new Set(), diags }) }
      }
      case 'planned': {
        const { plan, file } = outcome
        const protections = allProtections(
          open.protections,
          this.#run.fileRules,
          ledger.protections,
          new Set(Object.keys(open.stack?.constructs ?? {})),
        )
        const verdicts = verdictsOf(plan, protections, ledger.pending, now())
        const binding = { id: open.id, target: this.#run.world.target, account: open.account }
        const path = await keepPlan(prepared.project, binding, plan, open.loaded, file, open.backend, open.settings)
        this.#entries[open.name] = {
          progress: 'planned',
          digest: fileDigest(path)!,
          set: this.#set,
          commit: commit.id,
          dirty: commit.dirty,
          target: this.#run.world.target,
          sources: digestOf(open.stack!.text),
          lock: fileDigest(resolve(prepared.project.root, '.terraform.lock.hcl')),
          lineage: file?.lineage ?? '',
          serial: file?.serial ?? 0,
          upstream: order.upstream.get(open.name)!,
          verdicts,
        }
        const schemas = await schemasOfPlan(plan, open.loaded.config, open.settings)
        const report = stackReport({ open, plan, schemas, verdicts, approved: new Set(), diags: open.locate(outcome.diags) })
        return { ...base, verdicts, report, path }
      }
    }
  }

  async #print({ open, outcome, seconds, verdicts, path }: Finished, alone: boolean): Promise<void> {
    const { view, prepared } = this.#run
    if (!alone) view.print(`${headText(open, 'plan', this.#run)}`)
    if (outcome.kind === 'skipped') {
      view.print(`\nNot planned because of ${outcome.because.join(', ')}.\n\n`)
      return
    }
    if (outcome.kind === 'unaffected') {
      view.print('\nNot planned: nothing that it depends on changes.\n\n')
      return
    }
    if (outcome.kind === 'failed') {
      await reportFailure(open, outcome.diags, this.#run, outcome.plan)
      if (!alone) view.print('\n')
      return
    }
    const { plan } = outcome
    await printPlan(plan, open, modulesOf(plan, open, view), view)
    if (verdicts.length > 0) view.print(protectedText(verdicts, new Date(), view.palette))
    const effort = effortText(alone ? performance.now() / 1000 : seconds, this.#run.world.awsCalls(open.settings))
    const shown = relative(prepared.project.root, path!)
    if (!planHasChanges(plan)) view.print(`\nPlanned in ${effort}.\n`)
    else if (!alone) view.print(`\nPlanned in ${effort}; saved as ${shown}.\n`)
    else {
      view.print(
        `\nPlanned in ${effort}; saved as ${shown}. To do exactly this:\n    ${commandFor(prepared.project, 'apply', open.id.environment)}\n`,
      )
    }
    if (!alone) view.print('\n')
    await reportFailure(open, outcome.diags, this.#run, plan)
  }

  #printSet(all: readonly Finished[]): void {
    const { view, prepared, args } = this.#run
    const rows = all.map(({ open, outcome, verdicts }) => ({
      name: open.name,
      counts: outcome.kind === 'planned' ? countChanges(outcome.plan.changes) : undefined,
      verdicts: verdicts.length,
      problem:
        outcome.kind === 'failed'
          ? 'failed'
          : outcome.kind === 'skipped'
            ? 'not planned'
            : outcome.kind === 'unaffected'
              ? 'not affected'
              : undefined,
    }))
    view.print(setText(rows, view.palette))
    const effort = effortText(performance.now() / 1000, this.#run.world.awsCalls())
    const changes = all.some(({ outcome }) => outcome.kind === 'planned' && planHasChanges(outcome.plan))
    const next = changes
      ? ` To do exactly this:\n    ${commandFor(prepared.project, 'apply', args.name === 'affected' ? [...new Set(all.map(({ open }) => open.id.environment))].join() : args.name)}\n`
      : '\n'
    view.print(`\nPlanned ${all.length} stacks in ${effort}.${next}`)
  }

  /** Where a report was given that somebody has looked at, what was planned must be what it says. */
  #isReviewed(all: readonly Finished[]): boolean {
    const { args, prepared, view } = this.#run
    if (args.reviewed === undefined) return true
    const diags = new Diagnostics()
    let text = ''
    try {
      text = readFileSync(resolve(this.#run.context.originalDir, args.reviewed), 'utf8')
    } catch (error) {
      diags.error('File cannot be read', `${args.reviewed} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    }
    const reviewed = diags.hasErrors ? undefined : readReport(text, args.reviewed, diags)
    if (reviewed !== undefined) {
      const stacks = all.flatMap((done) => done.report ?? [])
      const now: PlanReport = { ...reviewed, stacks }
      const since = sinceLastRun(seenOf(now), 'now', { commit: 'reviewed', seen: seenOf(reviewed), since: undefined })!
      const list = [
        ...since.added.map((name) => `${name} is new`),
        ...since.changed.map((name) => `${name} is different`),
        ...since.gone.map((name) => `${name} is not planned any more`),
      ]
      if (list.length > 0) {
        diags.error(
          'The plan is not the reviewed one',
          `What was planned now differs from ${args.reviewed}:\n${list
            .slice(0, 20)
            .map((line) => `  - ${line}`)
            .join(
              '\n',
            )}${list.length > 20 ? `\n  - and ${list.length - 20} more` : ''}\n\nNothing is kept to be applied. Have the new plan reviewed.`,
        )
      }
    }
    view.diagnostics(diags.items)
    if (!diags.hasErrors) return true
    for (const { open } of all) removePlan(prepared.project, open.id)
    updateManifest(prepared.project, Object.fromEntries(all.map(({ open }) => [open.name, undefined])))
    return false
  }

  #keepReport(stacks: readonly StackReport[], commit: Commit): void {
    const { prepared, args, view } = this.#run
    const report: PlanReport = { world: this.#run.world.target, commit: commit.id, dirty: commit.dirty, stacks }
    const text = writeReport(report)
    keepReport(reportPath(prepared.project), text)
    if (args.report === undefined) return
    try {
      keepReport(resolve(this.#run.context.originalDir, args.report), text)
    } catch (error) {
      view.diagnostics([
        {
          severity: 'warning',
          summary: 'The report cannot be written',
          detail: `${args.report} cannot be written (${(error as NodeJS.ErrnoException).code}).`,
        },
      ])
    }
  }
}

function emptyReport(open: OpenEnvironment): StackReport {
  return { ...open.id, status: 'planned', changes: [], outputs: [], drift: [], diagnostics: [] }
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}

function affectedText(affected: Affected, concerned: readonly string[]): string {
  if (affected.why !== undefined) return `All stacks count as affected: ${affected.why}.\n\n`
  if (concerned.length === 0) return 'No stack is affected: every one is synthesised to the same configuration as before.\n'
  const later = concerned.filter((name) => !affected.changed.has(name))
  const because = later.length === 0 ? '' : `; ${later.join(', ')} if what they read changes`
  return `Affected: ${concerned.filter((name) => affected.changed.has(name)).join(', ')}${because}.\n\n`
}

/** Prints what belongs to stacks in their order, each as soon as those before it are there. */
class Printer {
  readonly #order: readonly string[]
  readonly #ready = new Map<string, () => Promise<void>>()
  #next = 0
  #running: Promise<void> = Promise.resolve()

  constructor(order: readonly string[]) {
    this.#order = order
  }

  add(name: string, print: () => Promise<void>): Promise<void> {
    this.#ready.set(name, print)
    this.#running = this.#running.then(async () => {
      for (let ready = this.#ready.get(this.#order[this.#next]!); ready !== undefined; ready = this.#ready.get(this.#order[this.#next]!)) {
        this.#next++
        await ready()
      }
    })
    return this.#running
  }
}
