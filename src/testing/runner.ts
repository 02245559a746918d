import { type AbsProviderConfig, absResourceInstanceToString, type ProviderSource } from '../addrs/index.ts'
import type { Config, VariableInput } from '../config/index.ts'
import { dynamicVal, objectVal, SENSITIVE, type Value } from '../cty/index.ts'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import { apply, type EngineInput, type ProviderFactories, plan, type RootScope, type StandIns } from '../engine/index.ts'
import type { Plan } from '../plans/index.ts'
import type { Provider } from '../providers/index.ts'
import { bodyReferences, decodeBody, emptyBlockValue } from '../schema/index.ts'
import { emptyState, type State, stateInstances } from '../states/index.ts'
import { checkProviders, engineInput, type Settings } from '../workdir/index.ts'
import { checkAssertion } from './assertions.ts'
import { impossibleFailures, judgeFailures, missingFailures } from './expected-failures.ts'
import { type Answers, mockProvider } from './mock-provider.ts'
import { checkOverrideTargets, overriddenOutputs, overridesOf, overridingProvider, withoutOverriddenModules } from './overrides.ts'
import {
  type FileOutcome,
  type Leftover,
  type RunOutcome,
  type SuiteOutcome,
  type TestReporter,
  type TestStatus,
  worseStatus,
} from './report.ts'
import { providerText, type RunConfig, runConfig } from './run-config.ts'
import { inOrder, waitsOf } from './schedule.ts'
import { type TestNames, valueContext } from './scope.ts'
import { replacementValue } from './static-value.ts'
import type { MockedType, MockProvider, TestFile, TestRun } from './test-file.ts'
import { type GlobalVariables, globalNames, globalsFor, runVariables } from './variables.ts'

export interface SuiteInput {
  readonly files: readonly TestFile[]
  readonly settings: Settings
  /** The configuration of the working directory. */
  readonly root: Config
  /** The module that a run names instead of the one of the working directory. Undefined when it cannot be read, which is reported. */
  readonly moduleOf: (file: TestFile, run: TestRun, diags: Diagnostics) => Config | undefined
  readonly globalsOf: (file: TestFile) => GlobalVariables
  readonly reporter: TestReporter
  /** OpenTofu lets providers of test files name only variables that the module under test declares. */
  readonly dialect: 'terraform' | 'tofu'
  readonly parallelism: number
  /** Runs of one file at a time. */
  readonly parallelRuns: number
  /** The first interrupt: what runs comes to an end, and what was made is destroyed. */
  readonly stop: AbortSignal
  /** The second one: nothing is destroyed any more. */
  readonly cancel: AbortSignal
  readonly now?: (() => Date) | undefined
}

/** Runs all files, one after the other. */
export async function runSuite(input: SuiteInput): Promise<SuiteOutcome> {
  const { reporter } = input
  reporter.suiteStarted(input.files)
  const files: FileOutcome[] = []
  for (const file of input.files) files.push(await new FileRunner(input, file).execute())
  const count = (status: RunOutcome['status']): number => files.reduce((n, f) => n + f.runs.filter((r) => r.status === status).length, 0)
  const outcome: SuiteOutcome = {
    status: files.reduce<TestStatus>((status, f) => worseStatus(status, f.status), 'pending'),
    files,
    passed: count('pass'),
    failed: count('fail'),
    errored: count('error'),
    skipped: count('skip'),
  }
  reporter.suiteDone(outcome)
  return outcome
}

/** A state that runs of a file work on, with what it takes to destroy what is in it. */
interface KeptState {
  readonly key: string
  state: State
  run: TestRun
  prepared: PreparedRun | undefined
  /** When it was worked on last. */
  turn: number
}

/** All that planning and applying a run takes. */
interface PreparedRun {
  readonly config: RunConfig
  readonly inputs: ReadonlyMap<string, VariableInput>
  readonly standIns: StandIns
  readonly names: TestNames
  /** Problems with what stands in, noticed while it was made. */
  readonly diags: Diagnostics
}

/** The same with outputs that are declared sensitive marked as such; of what is unknown not even the type is told. */
function withHiddenOutputs(scope: RootScope, config: Config): RootScope {
  const declared = config.module.outputs
  const seen = (name: string, value: Value): Value => {
    const known = value.isKnown ? value : dynamicVal.withMarks(value.marks)
    return declared.get(name)?.sensitive ? known.mark(SENSITIVE) : known
  }
  const outputs = new Map([...scope.outputs].map(([name, value]) => [name, seen(name, value)]))
  return { ...scope, outputs }
}

class FileRunner {
  readonly #input: SuiteInput
  readonly #file: TestFile
  readonly #states = new Map<string, KeptState>()
  readonly #outputs = new Map<string, Value>()
  /** The same as assertions see them: what is declared sensitive is hidden in messages. */
  readonly #hidden = new Map<string, Value>()
  readonly #outcomes: (RunOutcome | undefined)[] = []
  #failed = false
  #abandoned = false
  #turn = 0

  constructor(input: SuiteInput, file: TestFile) {
    this.#input = input
    this.#file = file
  }

  async execute(): Promise<FileOutcome> {
    const { reporter, parallelRuns } = this.#input
    const file = this.#file
    reporter.fileStarted(file)
    await inOrder(waitsOf(file, stateKey), parallelRuns, (i) => this.#turnOf(i))
    reporter.fileTearingDown(file)
    const clean = await this.#cleanUp()
    const runs = this.#outcomes.filter((o) => o !== undefined)
    const status = runs.reduce<TestStatus>((s, r) => worseStatus(s, r.status), clean ? 'pending' : 'error')
    const diags = new Diagnostics()
    checkOverrideTargets(file.overrides, this.#input.root, diags)
    const outcome: FileOutcome = { file, status, diags: diags.items, runs }
    reporter.fileDone(outcome)
    return outcome
  }

  /** A run's turn has come: it is executed unless an earlier one has made that pointless. */
  async #turnOf(index: number): Promise<void> {
    const { reporter, stop, now = () => new Date() } = this.#input
    const run = this.#file.runs[index]!
    const startedAt = now()
    const began = performance.now()
    let outcome: RunOutcome
    if (this.#failed || stop.aborted) {
      const nothing = { plan: undefined, state: undefined, config: undefined, failedAsserts: 0, elapsedMs: 0 }
      outcome = { run, status: 'skip', diags: [], ...nothing, startedAt }
    } else {
      reporter.runStarted(this.#file, run)
      const result = await this.#execute(run)
      outcome = { run, startedAt, ...result, elapsedMs: performance.now() - began }
      if (outcome.status === 'error') this.#failed = true
    }
    this.#outcomes[index] = outcome
    await reporter.runDone(this.#file, outcome)
  }

  async #execute(run: TestRun): Promise<Omit<RunOutcome, 'run' | 'startedAt' | 'elapsedMs'>> {
    const diags = new Diagnostics()
    const failure = (): Omit<RunOutcome, 'run' | 'startedAt' | 'elapsedMs'> => ({
      status: 'error',
      diags: diags.items,
      plan: undefined,
      state: undefined,
      config: undefined,
      failedAsserts: 0,
    })
    diags.addAll(impossibleFailures(run.expectFailures))
    if (diags.hasErrors) return failure()
    const prepared = this.#prepare(run, diags)
    if (prepared === undefined) return failure()
    const kept = this.#stateOf(run)
    const result = await this.#planAndApply(run, prepared, kept)
    // What stands in is made more than once.
    const told = new Set<string>()
    diags.addAll(prepared.diags.items.filter((d) => !told.has(key(d)) && told.add(key(d)).size > 0))
    diags.addAll(result.diags)
    const { config } = prepared.config
    // As Terraform: of a run that fails, and was not expected to, nothing is shown.
    const hides = diags.hasErrors && !result.stopped
    const shown = { plan: run.command === 'plan' && !hides ? result.plan : undefined, state: hides ? undefined : result.state, config }
    const scope = result.scope === undefined ? undefined : withHiddenOutputs(result.scope, config)
    if (result.scope !== undefined && !result.stopped) {
      this.#outputs.set(run.name, objectVal(result.scope.outputs))
      this.#hidden.set(run.name, objectVal(scope!.outputs))
    }
    if (diags.hasErrors || scope === undefined || result.stopped) return { ...failure(), ...shown }
    let failedAsserts = 0
    let errors = 0
    const names = { ...prepared.names, runs: this.#runsBefore(run) }
    const outputs = new Set(config.module.outputs.keys())
    for (const rule of run.asserts) {
      const outcome = checkAssertion(rule, scope, outputs, names, diags)
      if (outcome === 'fail') failedAsserts++
      if (outcome === 'error') errors++
    }
    return { status: errors > 0 ? 'error' : failedAsserts > 0 ? 'fail' : 'pass', diags: diags.items, ...shown, failedAsserts }
  }

  /** Outputs that a run's own assertions can name: not yet its own. */
  #runsBefore(run: TestRun): ReadonlyMap<string, Value> {
    const runs = new Map(this.#hidden)
    const earlier = this.#file.runs.slice(0, this.#file.runs.indexOf(run)).some((r) => r.name === run.name)
    if (!earlier) runs.delete(run.name)
    return runs
  }

  #prepare(run: TestRun, diags: Diagnostics): PreparedRun | undefined {
    const { root, moduleOf, settings, globalsOf } = this.#input
    const file = this.#file
    const base = run.module === undefined ? root : moduleOf(file, run, diags)
    if (base === undefined) return undefined
    const replaced = runConfig(base, run, file, diags)
    if (replaced === undefined) return undefined
    checkOverrideTargets(run.overrides, replaced.config, diags)
    const standInDiags = new Diagnostics()
    const mocks = [...file.providers.values()].filter((p): p is MockProvider => p.kind === 'mock')
    const overrides = overridesOf(run, file)
    const config: RunConfig = { ...replaced, config: withoutOverriddenModules(replaced.config, overrides, diags) }
    checkProviders(config.config, undefined, settings, diags)
    if (diags.hasErrors) return undefined
    const globals = globalsOf(file)
    const outside = { inputs: globalsFor(globals, config.config, diags), names: globalNames(globals, root) }
    if (diags.hasErrors) return undefined
    const runs = { runs: new Map(this.#outputs), allRuns: file.runs.map((r) => r.name) }
    const variables = runVariables(run, file, config.config, outside, runs, diags)
    if (variables === undefined) return undefined
    const names: TestNames = { ...runs, variables: variables.names }
    const { variables: declared } = config.config.module
    const forProviders: TestNames =
      this.#input.dialect === 'terraform'
        ? names
        : { ...names, variables: new Map([...names.variables].filter(([name]) => declared.has(name))) }
    const mockOf = (address: AbsProviderConfig): MockProvider | undefined => {
      const given = address.module.length > 0 ? undefined : config.providers.get(providerText(address))
      return given?.kind === 'mock' ? given : undefined
    }
    const standIns: StandIns = {
      providerConfig: (address, schema, own) => {
        const given = address.module.length > 0 ? undefined : config.providers.get(providerText(address))
        if (given === undefined) return undefined
        if (given.kind === 'mock') return emptyBlockValue(schema)
        const { body } = given.config
        return decodeBody(body, schema, valueContext(bodyReferences(body, schema), forProviders, own, 'provider'), own)
      },
      moduleOutput: overriddenOutputs(overrides, standInDiags),
      providerFor: overridingProvider(overrides, mocks, mockOf, standInDiags),
    }
    diags.addAll(standInDiags.items.splice(0))
    if (diags.hasErrors) return undefined
    return { config, inputs: variables.inputs, standIns, names, diags: standInDiags }
  }

  #stateOf(run: TestRun): KeptState {
    const key = stateKey(run)
    let kept = this.#states.get(key)
    if (kept === undefined) this.#states.set(key, (kept = { key, state: emptyState, run, prepared: undefined, turn: 0 }))
    return kept
  }

  #engineInput(prepared: PreparedRun, state: State, stop: AbortSignal, onEvaluated: (scope: RootScope) => void): EngineInput {
    const { settings, parallelism, now } = this.#input
    const { config, inputs, standIns, diags } = prepared
    // A signal of its own: listeners of one operation are gone with it.
    const own = AbortSignal.any([stop])
    const input = engineInput(config.config, state, inputs, { settings, hooks: {}, parallelism, stop: own }, {})
    return { ...input, providers: withMocks(input.providers, config, diags), standIns, onEvaluated, now }
  }

  /** Diagnostics are judged by what was expected. `stopped`: it did not come to an end. */
  async #planAndApply(
    run: TestRun,
    prepared: PreparedRun,
    kept: KeptState,
  ): Promise<{
    scope: RootScope | undefined
    plan: Plan | undefined
    state: State | undefined
    diags: readonly Diagnostic[]
    stopped: boolean
  }> {
    const { cancel } = this.#input
    let scope: RootScope | undefined
    const input = this.#engineInput(prepared, kept.state, cancel, (s) => {
      scope = s
    })
    if (run.mode === 'refreshOnly' && run.replace.length > 0) {
      const detail = 'Forcing resource instance replacement (with -replace=...) is allowed only in normal planning mode.'
      const diags: readonly Diagnostic[] = [{ severity: 'error', summary: 'Unsupported plan mode', detail }]
      return { scope, plan: undefined, state: undefined, diags, stopped: false }
    }
    const planned = await plan(input, { mode: run.mode, refresh: run.refresh, targets: run.targets, forceReplace: run.replace })
    const expected = judgeFailures(planned.diags, run.expectFailures)
    const { plan: made } = planned.value
    const failed = planned.diags.some((d) => d.severity === 'error')
    if (cancel.aborted) return this.#abandon(run, kept, { plan: made, state: undefined, diags: [interrupted, ...planned.diags] })
    if (run.command === 'plan') {
      return { scope, plan: made, state: undefined, diags: withMissing(run, expected.diags, expected.met), stopped: false }
    }
    if (failed) {
      // Applying was asked for, so what was expected is still in the way.
      const notes = expected.stopping.flatMap((d): readonly Diagnostic[] => [stoppedWarning(d), d])
      return { scope, plan: made, state: undefined, diags: [...expected.diags.filter(isNoCheck), ...notes], stopped: true }
    }
    // Whatever a condition says now it says again when applying.
    const before = planned.diags.filter((d) => d.failing === undefined)
    scope = undefined
    const applied = await apply({ ...input, plan: made })
    if (cancel.aborted) return this.#abandon(run, kept, { plan: made, state: applied.value, diags: [interrupted, ...applied.diags] })
    Object.assign(kept, { state: applied.value, run, prepared, turn: ++this.#turn })
    const judged = judgeFailures(applied.diags, run.expectFailures)
    const told = new Set(before.map(key))
    const diags = [...before, ...judged.diags.filter((d) => !told.has(key(d)))]
    return { scope, plan: made, state: applied.value, diags: withMissing(run, diags, judged.met), stopped: false }
  }

  /** A run that was interrupted twice: what there is now is told, and nothing is destroyed. */
  #abandon(run: TestRun, kept: KeptState, result: { plan: Plan; state: State | undefined; diags: readonly Diagnostic[] }) {
    const before = new Set(objectsIn(kept.state))
    const made = objectsIn(result.state ?? kept.state)
    const creating = result.plan.changes
      .filter((c) => c.action === 'create' && run.command === 'apply')
      .map((c) => absResourceInstanceToString(c.address))
      .filter((text) => !before.has(text) && !made.includes(text))
    if (result.state !== undefined) Object.assign(kept, { state: result.state, run })
    const leftovers = [...this.#states.values()].map((s) => ({ run: s.run, diags: [], objects: objectsIn(s.state) }))
    this.#input.reporter.abandoned(
      this.#file,
      run,
      creating,
      leftovers.filter((l) => l.objects.length > 0),
    )
    this.#abandoned = true
    return { scope: undefined, ...result, stopped: true }
  }

  /** Destroys what the runs have made, the latest first. False when something is left. */
  async #cleanUp(): Promise<boolean> {
    const { reporter, cancel } = this.#input
    const states = [...this.#states.values()].filter((s) => s.prepared !== undefined).sort((a, b) => b.turn - a.turn)
    let clean = true
    for (const [i, kept] of states.entries()) {
      if (objectsIn(kept.state).length === 0) continue
      if (cancel.aborted) {
        const leftovers = states.slice(i).map((s) => ({ run: s.run, diags: [], objects: objectsIn(s.state) }))
        reporter.abandoned(
          this.#file,
          kept.run,
          [],
          leftovers.filter((l) => l.objects.length > 0),
        )
        return false
      }
      reporter.runTearingDown(this.#file, kept.run)
      const leftover = await this.#destroy(kept)
      if (leftover.objects.length === 0 && leftover.diags.every((d) => d.severity !== 'error')) continue
      clean = false
      reporter.leftOver(this.#file, leftover)
    }
    return clean
  }

  async #destroy(kept: KeptState): Promise<Leftover> {
    const { cancel } = this.#input
    const input = this.#engineInput(kept.prepared!, kept.state, cancel, () => {})
    const planned = await plan(input, { mode: 'destroy' })
    const failed = planned.diags.some((d) => d.severity === 'error')
    const applied = failed ? undefined : await apply({ ...input, plan: planned.value.plan })
    const state = applied?.value ?? kept.state
    return { run: kept.run, diags: [...planned.diags, ...(applied?.diags ?? [])].filter(isNoCheck), objects: objectsIn(state) }
  }
}

/** Runs of other modules have states of their own, unless they say which one they work on. */
function stateKey(run: TestRun): string {
  if (run.stateKey !== undefined) return `key ${run.stateKey}`
  return run.module === undefined ? '' : `module ${run.module.source}`
}

function objectsIn(state: State): readonly string[] {
  const found: string[] = []
  for (const [address, deposed] of stateInstances(state)) {
    if (address.resource.mode !== 'managed') continue
    const text = absResourceInstanceToString(address)
    found.push(deposed === undefined ? text : `${text} (${deposed})`)
  }
  return found
}

const interrupted: Diagnostic = {
  severity: 'error',
  summary: 'Test interrupted',
  detail:
    'The test operation could not be completed due to an interrupt signal. Please read the remaining diagnostics carefully for any sign of failed state cleanup or dangling resources.',
}

function key({ severity, summary, detail, subject, address }: Diagnostic): string {
  return JSON.stringify([severity, summary, detail, subject?.source.filename, subject?.start, address])
}

function isNoCheck(d: Diagnostic): boolean {
  return d.severity === 'error' || d.failing === undefined
}

function withMissing(run: TestRun, diags: readonly Diagnostic[], met: ReadonlySet<string>): readonly Diagnostic[] {
  return [...diags, ...missingFailures(run.expectFailures, met)]
}

function stoppedWarning(d: Diagnostic): Diagnostic {
  return {
    severity: 'warning',
    summary: 'Expected failure while planning',
    detail: `A custom condition within ${d.failing!.object} failed during the planning stage and prevented the requested apply operation. While this was an expected failure, the apply operation could not be executed and so the overall test case will be marked as a failure and the original diagnostic included in the test report.`,
  }
}

/** Configurations of the root module that the test file mocks are served by mocks; all others as ever. */
function withMocks(base: ProviderFactories, { providers }: RunConfig, diags: Diagnostics): ProviderFactories {
  if (![...providers.values()].some((p) => p.kind === 'mock')) return base
  return {
    schemaOf: (source) => base.schemaOf(source),
    async open(source: ProviderSource, config?: AbsProviderConfig): Promise<Provider | undefined> {
      const given = config === undefined || config.module.length > 0 ? undefined : providers.get(providerText(config))
      if (given?.kind !== 'mock') return base.open(source, config)
      const schema = await base.schemaOf(source)
      if (schema === undefined) return undefined
      const answers = answering(given, diags)
      return mockProvider({ schema, resource: answers(given.resources), dataSource: answers(given.dataSources), real: undefined })
    },
  }
}

function answering(mock: MockProvider, diags: Diagnostics): (types: ReadonlyMap<string, MockedType>) => (type: string) => Answers {
  return (types) => {
    const known = new Map<string, Answers>()
    return (type) => {
      let answers = known.get(type)
      if (answers === undefined) {
        const mocked = types.get(type)
        const values = replacementValue(mocked?.defaults, diags)
        known.set(type, (answers = { values, range: mocked?.defaults?.range, duringPlan: mocked?.duringPlan ?? mock.duringPlan }))
      }
      return answers
    }
  }
}
