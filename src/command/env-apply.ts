import { resolve } from 'node:path'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import { type StackReport, writeReport } from '../ops/comment/index.ts'
import {
  type AppliedReviewed,
  allProtections,
  applyReviewed,
  commandFor,
  type Difference,
  digestOf,
  fileDigest,
  keepReport,
  LedgerStore,
  memorable,
  type OpenEnvironment,
  openSavedEnvironment,
  planCommand,
  planPath,
  readCommit,
  readManifest,
  readProtectionFile,
  removePlan,
  type SetEntry,
  synthesise,
  updateManifest,
  type Verdict,
  type World,
} from '../ops/index.ts'
import type { Plan } from '../plans/index.ts'
import { applyOperation, planOperation } from '../workdir/index.ts'
import { changeState, type StateWork } from './_change-state.ts'
import { installLocked } from './_environment-plugins.ts'
import {
  beginEnvironments,
  type EnvironmentsRun,
  type EnvironmentsWork,
  inWorld,
  modulesOf,
  openStacks,
  printHead,
  printPlan,
  reportFailure,
  withoutSecrets,
} from './_environments.ts'
import { schemasOfPlan } from './_operation.ts'
import { agreeToProtected } from './_protection.ts'
import { stackReport, verdictsOf } from './_report.ts'
import type { CommandContext } from './context.ts'
import { askForApproval } from './prompt.ts'
import { effortText, protectedText } from './views/environment-text.ts'
import type { AppliedCounts } from './views/operation-view.ts'
import { countChanges, planHasChanges, planSummary } from './views/plan-text.ts'

type Verb = 'apply' | 'destroy'

/** Applies exactly the saved plans of stacks, each after those whose states it reads. */
export async function envApplyCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = await beginEnvironments(argv, 'env apply', context)
  if (typeof run === 'number') return run
  if (!mayGoOn(run, context, 'apply')) return 1
  return inWorld(run, context, async (world) => {
    const applying = await Applying.begin(run, context, world)
    if (applying === undefined) return false
    const names = await savedStacks(run)
    const reports: StackReport[] = []
    let failed: string | undefined
    for (const [i, name] of names.entries()) {
      if (failed !== undefined) {
        reports.push({ ...idOf(name), status: 'notBegun', changes: [], outputs: [], drift: [], diagnostics: [] })
        continue
      }
      if (i > 0) run.view.print('\n')
      const { ok, report } = await applying.apply(name)
      if (report !== undefined) reports.push(report)
      if (!ok) failed = name
    }
    const left = failed === undefined ? [] : names.slice(names.indexOf(failed) + 1)
    if (left.length > 0) run.view.print(`\nNot begun because of this: ${left.join(', ')}\n`)
    if (run.args.report !== undefined) {
      const commit = await readCommit(run.prepared.project)
      keepReport(
        resolve(context.originalDir, run.args.report),
        writeReport({ world: world.target, commit: commit.id, dirty: commit.dirty, stacks: reports }),
      )
    }
    return failed === undefined
  })
}

/** Plans the destruction of environments, shows it, asks and destroys: each stack before those whose states it reads. */
export async function envDestroyCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = await beginEnvironments(argv, 'env destroy', context)
  if (typeof run === 'number') return run
  if (!mayGoOn(run, context, 'destroy')) return 1
  return inWorld(run, context, async (world) => {
    const opened = await openStacks(run, 'apply', world)
    if (opened === undefined) return false
    const applying = await Applying.begin(run, context, world)
    if (applying === undefined) return false
    const names = [...opened.order.names].reverse()
    for (const [i, name] of names.entries()) {
      if (i > 0) run.view.print('\n')
      if (await applying.destroy(opened.stacks.get(name)!)) continue
      const left = names.slice(i + 1)
      if (left.length > 0) run.view.print(`\nNot begun because of this: ${left.join(', ')}\n`)
      return false
    }
    return true
  })
}

/** Where nobody can be asked, `YES=1` has to say it. */
function mayGoOn(run: EnvironmentsRun, context: CommandContext, verb: Verb): boolean {
  if (context.streams.inIsTerminal || saidYes(context)) return true
  run.view.diagnostics([
    {
      severity: 'error',
      summary: 'Nobody to ask',
      detail: `Before anything is changed somebody has to agree, and there is no terminal to ask at. Where it has been agreed already, say so:\n    YES=1 ${commandFor(run.prepared.project, verb, run.args.name)}`,
    },
  ])
  return false
}

function saidYes(context: CommandContext): boolean {
  return context.environment.YES === '1'
}

function idOf(name: string): OpenEnvironment['id'] {
  const [environment, stack] = name.split('/') as [string, string?]
  return { environment, stack: stack ?? environment }
}

/** The stacks of the environments that have saved plans, each after those it depends on; those without a plan by the name of their environment. */
async function savedStacks(run: EnvironmentsRun): Promise<readonly string[]> {
  const manifest = readManifest(run.prepared.project)
  const names: string[] = []
  for (const environment of run.names) {
    const recorded = Object.keys(manifest).filter((name) => idOf(name).environment === environment)
    if (recorded.length > 0) names.push(...recorded)
    else {
      const stacks = await synthesise(run.prepared, environment, new Diagnostics())
      if (stacks === undefined || stacks.length === 1) names.push(environment)
      else names.push(...stacks.map((stack) => `${environment}/${stack.name}`))
    }
  }
  const sorted: string[] = []
  const add = (name: string): void => {
    if (sorted.includes(name)) return
    for (const other of manifest[name]?.upstream ?? []) if (names.includes(other)) add(other)
    if (!sorted.includes(name)) sorted.push(name)
  }
  for (const name of names) add(name)
  return sorted
}

/** Who has approved this run, where the forge is to be asked. */
async function reviewersOf(run: EnvironmentsRun, context: CommandContext, diags: Diagnostics): Promise<Reviewers | undefined> {
  if (!run.args.review) return undefined
  const { forgeDiagnostic, Github, readForgeSettings } = await import('../ops/forge/index.ts')
  const settings = readForgeSettings({ repository: undefined, apiUrl: undefined, tokenFile: undefined }, context.environment, diags)
  const id = context.environment.GITHUB_RUN_ID ?? ''
  if (settings === undefined) return undefined
  if (!/^\d+$/.test(id)) {
    diags.error(
      'No run to ask about',
      'With -review the forge is asked who has approved this run of a workflow, but the environment variable GITHUB_RUN_ID does not name one. Elsewhere, agree by -approve=ADDRESS.',
    )
    return undefined
  }
  const github = new Github(settings)
  try {
    const logins = await github.approvals(id)
    return {
      logins,
      async includes(approver) {
        const name = approver.replace(/^@/, '').toLowerCase()
        const [organization, team] = name.split('/') as [string, string?]
        if (team === undefined) return logins.some((login) => login.toLowerCase() === name)
        for (const login of logins) if (await github.isMember(organization, team, login)) return true
        return false
      },
    }
  } catch (error) {
    diags.add(forgeDiagnostic(error, `ask who has approved the run ${id}`))
    return undefined
  }
}

interface Reviewers {
  readonly logins: readonly string[]
  /** @param approver a user or a team, as in `@alice` or `@acme/ops` */
  includes(approver: string): Promise<boolean>
}

interface Outcome {
  readonly counts: AppliedCounts
  readonly rescuedText: string | undefined
  readonly plan: Plan | undefined
}

class Applying {
  readonly #run: EnvironmentsWork
  readonly #reviewers: Reviewers | undefined
  readonly #approved = new Set<string>()

  private constructor(run: EnvironmentsWork, reviewers: Reviewers | undefined) {
    this.#run = run
    this.#reviewers = reviewers
  }

  /** Undefined when what is protected, or who has approved it, cannot be known, which has been reported then. */
  static async begin(run: EnvironmentsRun, context: CommandContext, world: World): Promise<Applying | undefined> {
    const diags = new Diagnostics()
    const fileRules = readProtectionFile(run.prepared.project.root, diags)
    const reviewers = await reviewersOf(run, context, diags)
    run.view.diagnostics(diags.items)
    return diags.hasErrors ? undefined : new Applying({ ...run, context, world, fileRules }, reviewers)
  }

  /** Applies the saved plan of a stack. */
  async apply(name: string): Promise<{ readonly ok: boolean; readonly report: StackReport | undefined }> {
    const { view, prepared } = this.#run
    const id = idOf(name)
    const entry = readManifest(prepared.project)[name]
    if (entry?.progress === 'applied' && this.#isDone(entry, id)) {
      // A run that was ended right after it was done has left it there.
      removePlan(prepared.project, id)
      view.print(`${view.palette.bold(`apply ${name}`)}\n\nThis has been applied already.\n`)
      return { ok: true, report: undefined }
    }
    const diags = new Diagnostics()
    const open = await openSavedEnvironment(prepared, id, this.#run.world, diags)
    if (open !== undefined) await installLocked([open], view, diags)
    if (diags.hasErrors || open === undefined || !(await this.#mayApply(name, open, entry, diags))) {
      view.diagnostics(diags.items)
      return { ok: false, report: undefined }
    }
    printHead(open, 'apply', this.#run)
    const saved = open.saved!
    const resumed = entry !== undefined && (entry.progress === 'applying' || entry.progress === 'failed')
    if (resumed) view.print('\nAn earlier run did not come to the end of this plan; it is taken up again.\n')
    const record = (progress: SetEntry['progress']): void => {
      if (entry !== undefined) updateManifest(prepared.project, { [name]: { ...entry, progress } })
    }
    let begun = false
    const outcome = await this.#change(open, diags, async (session, operation, counts, onPersister): Promise<Outcome | undefined> => {
      const result: AppliedReviewed | undefined = await applyReviewed(
        open,
        saved,
        session,
        {
          resumed,
          parallelism: operation.parallelism,
          stop: operation.stop,
          hooks: operation.hooks,
          accept: (differences, plan) => this.#accept(open, differences, plan, operation.stop),
          approve: async (plan) =>
            (await this.#approve(open, plan, 'apply', operation.stop, diags))
              ? 'apply'
              : planHasChanges(plan)
                ? 'refuse'
                : onlyRecords(plan)
                  ? 'apply'
                  : 'skip',
          onPersister,
          onBegin: () => {
            begun = true
            record('applying')
          },
        },
        diags,
      )
      return result === undefined ? undefined : { counts, rescuedText: result.rescuedText, plan: result.plan }
    })
    const advised = diags.items.map((d) => this.#withAdvice(d, open))
    await reportFailure(open, advised, this.#run, outcome?.plan ?? saved.plan)
    const ok = outcome !== undefined && !diags.hasErrors
    if (!ok) {
      if (begun) record('failed')
      return { ok, report: await this.#report(open, outcome?.plan ?? saved.plan, begun ? 'applyFailed' : 'failed', diags.items) }
    }
    // Only then is it done: a run that is ended before is taken up again, and finds nothing left to do but this.
    await this.#remember(open)
    record('applied')
    removePlan(prepared.project, id)
    return { ok, report: await this.#report(open, outcome.plan ?? saved.plan, 'applied', diags.items) }
  }

  /** Plans the destruction of a stack and does it. */
  async destroy(open: OpenEnvironment): Promise<boolean> {
    const { prepared, args, view } = this.#run
    const diags = new Diagnostics()
    printHead(open, 'destroy', this.#run)
    const outcome = await this.#change(open, diags, async (session, operation, counts, onPersister): Promise<Outcome | undefined> => {
      const request = { mode: 'destroy', refresh: args.refresh, targets: [], forceReplace: [] } as const
      const { value, diags: found } = await planOperation(open.loaded.config, session, open.variables, request, operation)
      diags.addAll(found)
      if (value === undefined || diags.hasErrors) return undefined
      const { plan } = value
      if (planHasChanges(plan)) await printPlan(plan, open, modulesOf(plan, open, view), view)
      if (!(await this.#approve(open, plan, 'destroy', operation.stop, diags)))
        return planHasChanges(plan) ? undefined : { counts, rescuedText: undefined, plan }
      const { rescuedText } = await applyOperation(open.loaded.config, session, plan, open.variables, operation, diags, onPersister)
      return { counts, rescuedText, plan }
    })
    await reportFailure(open, diags.items, this.#run, outcome?.plan)
    if (outcome === undefined || diags.hasErrors) return false
    removePlan(prepared.project, open.id)
    updateManifest(prepared.project, { [open.name]: undefined })
    return true
  }

  /** Locks the state, works on it, and says what was done. */
  async #change(open: OpenEnvironment, diags: Diagnostics, work: StateWork<Outcome | undefined>): Promise<Outcome | undefined> {
    const { view, args, prepared } = this.#run
    const beganMs = performance.now()
    const callsBefore = this.#run.world.awsCalls()
    const outcome = await changeState(open, args, view, diags, work)
    if (outcome?.rescuedText !== undefined) view.print(`${outcome.rescuedText}\n`)
    if (outcome === undefined || diags.hasErrors || outcome.plan === undefined || !planHasChanges(outcome.plan)) return outcome
    const { added, changed, removed } = outcome.counts
    const done =
      open.saved !== undefined
        ? `Apply complete! Resources: ${added} added, ${changed} changed, ${removed} destroyed.`
        : `Destroy complete! Resources: ${removed} destroyed.`
    const effort = effortText((performance.now() - beganMs) / 1000, this.#run.world.awsCalls() - callsBefore)
    view.print(
      `\n${view.palette.bold(view.palette.green(done))}\n\nDone in ${effort}. To see whether anything is left to do:\n    ${planCommand(prepared.project, open.id.environment)}\n`,
    )
    return outcome
  }

  /** Whether there is nothing to apply of what was applied, other than because there is no plan: its set is still under way, or its plan is that very one. */
  #isDone(entry: SetEntry, id: OpenEnvironment['id']): boolean {
    const { project } = this.#run.prepared
    const left = fileDigest(planPath(project, id))
    if (left !== undefined) return left === entry.digest
    return Object.values(readManifest(project)).some((other) => other.set === entry.set && other.progress !== 'applied')
  }

  /** What the saved plan is bound to beside its state, which is looked at under the lock. */
  async #mayApply(name: string, open: OpenEnvironment, entry: SetEntry | undefined, diags: Diagnostics): Promise<boolean> {
    const { prepared } = this.#run
    const { project } = prepared
    if (entry === undefined || entry.progress === 'applied') return true
    const again = `Plan again, and look at what it says:\n    ${planCommand(project, open.id.environment)}`
    if (entry.digest !== fileDigest(planPath(project, open.id))) {
      diags.error('Saved plan is not the recorded one', `The plan file of ${name} has been changed since it was made. ${again}`)
    }
    if (entry.lock !== fileDigest(resolve(project.root, '.terraform.lock.hcl'))) {
      diags.error(
        'Other providers are locked',
        `The file .terraform.lock.hcl is another one than when ${name} was planned, so other providers would do it. ${again}`,
      )
    }
    const { CI, GITHUB_ACTIONS } = this.#run.context.environment
    if (entry.dirty && (CI === 'true' || GITHUB_ACTIONS === 'true')) {
      diags.error(
        'Plan of sources that are not committed',
        `${name} was planned from sources with changes that are in no commit, so nobody can have reviewed them. Commit them. ${again}`,
      )
    }
    const commit = await readCommit(project)
    if (entry.commit !== undefined && commit.id !== undefined && commit.id !== entry.commit) {
      // Another commit that makes the same stack is as good.
      if (open.stack === undefined || digestOf(open.stack.text) !== entry.sources) {
        diags.error(
          'Saved plan is of another commit',
          `${name} was planned at the commit ${entry.commit.slice(0, 12)}, but this is ${commit.id.slice(0, 12)}, whose sources make another stack of it. ${again}`,
        )
      }
    }
    const manifest = readManifest(project)
    for (const other of entry.upstream) {
      const upstream = manifest[other]
      if (upstream === undefined || upstream.set !== entry.set || upstream.progress === 'applied') continue
      if (fileDigest(planPath(project, idOf(other))) === undefined) continue
      diags.error(
        'Other stacks come first',
        `${name} was planned together with ${other}, whose state it reads and which has not been applied yet. Apply that first, or all of them:\n    ${commandFor(project, 'apply', `${idOf(other).environment}`)}`,
      )
    }
    return !diags.hasErrors
  }

  #withAdvice(d: Diagnostic, open: OpenEnvironment): Diagnostic {
    if (d.summary !== 'Saved plan is stale' && d.summary !== 'Saved plan does not match the given state') return d
    return {
      ...d,
      detail: `${d.detail}\n\nPlan again, and look at what it says:\n    ${planCommand(this.#run.prepared.project, open.id.environment)}`,
    }
  }

  /** A plan that is not the reviewed one is shown, and needs a yes at a terminal: what `YES=1` agreed to was another one. */
  async #accept(open: OpenEnvironment, differences: readonly Difference[], plan: Plan, stop: AbortSignal): Promise<boolean> {
    const { view } = this.#run
    view.print(`\n${view.palette.bold(view.palette.yellow('This is not what was reviewed:'))}\n`)
    for (const { address, what } of differences) view.print(`  ${view.palette.bold(address)} ${what}\n`)
    await printPlan(plan, open, modulesOf(plan, open, view), view)
    if (!this.#run.context.streams.inIsTerminal || saidYes(this.#run.context)) return false
    const question = {
      question: `Do you want to apply this plan of ${open.name} in place of the reviewed one?`,
      explanation: ['It is shown above.', "Only 'yes' will be accepted to approve."],
    }
    return (await askForApproval(question, view, stop)) === true
  }

  async #approve(open: OpenEnvironment, plan: Plan, verb: Verb, stop: AbortSignal, diags: Diagnostics): Promise<boolean> {
    const { view } = this.#run
    if (verb === 'apply' && planHasChanges(plan))
      view.print(`\n${modulesOf(plan, open, view)}${planSummary(countChanges(plan.changes), view.dialect)}\n`)
    if (!planHasChanges(plan)) {
      view.print(verb === 'apply' ? '\nNo changes: there is nothing to do.\n' : '\nThere is nothing to destroy.\n')
      return false
    }
    view.diagnostics(withoutSecrets(open.locate(diags.items.splice(0)), open, plan))
    const agreed = await this.#approveProtected(open, plan, verb, stop, diags)
    if (!agreed) return false
    if (saidYes(this.#run.context)) {
      view.print('\n')
      return true
    }
    if ((await askForApproval(approvalFor(verb, open.name, this.#run.world), view, stop)) === true) return true
    diags.error(verb === 'apply' ? 'Apply cancelled' : 'Destroy cancelled', 'Nothing was changed: the answer was not "yes".')
    return false
  }

  /** Each protected change needs a yes of its own. */
  async #approveProtected(open: OpenEnvironment, plan: Plan, verb: Verb, stop: AbortSignal, diags: Diagnostics): Promise<boolean> {
    const { view, args } = this.#run
    const ledger = await new LedgerStore(open).read()
    const blocks = new Set(Object.keys(open.stack?.constructs ?? {}))
    const protections = allProtections(open.protections, this.#run.fileRules, ledger.protections, blocks)
    const verdicts = verdictsOf(plan, protections, ledger.pending, new Date().toISOString().replace(/\.\d+Z$/, 'Z'))
    if (verdicts.length === 0) return true
    view.print(protectedText(verdicts, new Date(), view.palette))
    const options = {
      isAgreed: async (verdict: Verdict) => args.approve.includes(verdict.address) || (await this.#isReviewed(verdict)),
      mayAsk: this.#run.context.streams.inIsTerminal && !saidYes(this.#run.context),
      command: (flags: string) => `landform env ${verb} ${open.id.environment}${flags}`,
      remedy: 'Whoever may agree does so by naming them, or by a review of the run of a workflow (-review):',
    }
    const agreed = await agreeToProtected(verdicts, options, view, stop, diags)
    for (const address of agreed ?? []) this.#approved.add(address)
    return agreed !== undefined
  }

  async #isReviewed({ protection }: Verdict): Promise<boolean> {
    if (this.#reviewers === undefined || this.#reviewers.logins.length === 0) return false
    if (protection.approvers.length === 0) return true
    for (const approver of protection.approvers) if (await this.#reviewers.includes(approver)) return true
    return false
  }

  /** Protections outlive the sources: what was applied is what a later destruction is held against. */
  async #remember(open: OpenEnvironment): Promise<void> {
    const store = new LedgerStore(open)
    const ledger = await store.read()
    const protections = memorable(open.protections)
    if (JSON.stringify(protections) === JSON.stringify(ledger.protections) && Object.keys(ledger.pending).length === 0) return
    const stored = await store.write({ protections, pending: {} })
    if (stored || protections.length === 0) return
    this.#run.view.diagnostics([
      {
        severity: 'warning',
        summary: 'Protections could not be recorded',
        detail: `What protects ${open.name} could not be written beside its state. It holds as long as the sources say so, but not for what they do not have any more.`,
      },
    ])
  }

  async #report(
    open: OpenEnvironment,
    plan: Plan,
    status: StackReport['status'],
    diags: readonly Diagnostic[],
  ): Promise<StackReport | undefined> {
    if (this.#run.args.report === undefined) return undefined
    const schemas = await schemasOfPlan(plan, open.loaded.config, open.settings)
    const report = stackReport({ open, plan, schemas, verdicts: [], approved: this.#approved, diags: open.locate(diags) })
    return { ...report, status }
  }
}

function approvalFor(verb: Verb, name: string, world: World) {
  const where = world.target === 'sandbox' ? 'in the SANDBOX' : 'on AWS'
  return verb === 'apply'
    ? {
        question: `Do you want to perform these actions for ${name} ${where}?`,
        explanation: ['Exactly what was planned will be done.', "Only 'yes' will be accepted to approve."],
      }
    : {
        question: `Do you really want to destroy all of ${name} ${where}?`,
        explanation: ['Everything shown above will be destroyed. There is no undo.', "Only 'yes' will be accepted to confirm."],
      }
}

/** What was found changed outside, and is to stay, is recorded as Terraform does it. */
function onlyRecords(plan: Plan): boolean {
  return plan.drift.some((change) => change.action !== 'noop')
}
