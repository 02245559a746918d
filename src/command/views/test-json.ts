import type { FileOutcome, Leftover, RunOutcome, SuiteOutcome, TestFile, TestReporter, TestRun } from '../../testing/index.ts'
import { type Settings, terraformVersion } from '../../workdir/index.ts'
import type { JsonDocument } from '../json/json-text.ts'
import { planDocument } from '../jsonplan/index.ts'
import { stateDocument } from '../jsonstate/index.ts'
import type { JsonStream } from './operation-json.ts'
import { interruptedAgainText, interruptText, schemasFor, statusWord, summaryText } from './test-human.ts'

/** Progress of a test suite for programs: reference/plan-json.md 8, the `test_...` types. */
export class JsonTestView implements TestReporter {
  readonly #stream: JsonStream
  readonly #settings: Settings
  readonly #verbose: boolean
  readonly #product: string

  constructor(stream: JsonStream, settings: Settings, verbose: boolean, product: string) {
    this.#stream = stream
    this.#settings = settings
    this.#verbose = verbose
    this.#product = product
  }

  suiteStarted(files: readonly TestFile[]): void {
    const runs = files.reduce((n, file) => n + file.runs.length, 0)
    const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
    this.#stream.write('info', `Found ${plural(files.length, 'file')} and ${plural(runs, 'run block')}`, 'test_abstract', {
      test_abstract: Object.fromEntries(files.map((file) => [file.name, file.runs.length === 0 ? null : file.runs.map((run) => run.name)])),
    })
  }

  fileStarted(file: TestFile): void {
    this.#file(file, 'in progress', { progress: 'starting' })
  }

  runStarted(file: TestFile, run: TestRun): void {
    this.#run(file, run, 'in progress', { progress: 'starting', elapsed: 0 })
  }

  async runDone(file: TestFile, outcome: RunOutcome): Promise<void> {
    const { run, status, diags } = outcome
    this.#run(file, run, statusWord(status), { progress: 'complete', status })
    if (this.#verbose) await this.#details(file, outcome)
    // One by one: none stands for others like it.
    for (const diagnostic of diags) this.#stream.diagnostics([diagnostic], place(file, run))
  }

  async #details(file: TestFile, { run, plan, state, config }: RunOutcome): Promise<void> {
    if (config === undefined) return
    if (plan !== undefined && !plan.errored) {
      const schemas = await schemasFor(this.#settings, config, plan.priorState)
      const document = planDocument({ plan, config, schemas, terraformVersion }) as Readonly<Record<string, JsonDocument | undefined>>
      const { format_version, output_changes, resource_changes, resource_drift, relevant_attributes } = document
      this.#stream.write('info', '-verbose flag enabled, printing plan', 'test_plan', {
        ...place(file, run),
        test_plan: { plan_format_version: format_version, output_changes, resource_changes, resource_drift, relevant_attributes },
      })
    } else if (state !== undefined) {
      const schemas = await schemasFor(this.#settings, config, state)
      const document = stateDocument(state, terraformVersion, schemas) as Readonly<Record<string, JsonDocument | undefined>>
      const values = (document.values ?? {}) as Readonly<Record<string, JsonDocument | undefined>>
      this.#stream.write('info', '-verbose flag enabled, printing state', 'test_state', {
        ...place(file, run),
        test_state: { state_format_version: document.format_version, root_module: values.root_module ?? {}, outputs: values.outputs },
      })
    }
  }

  fileTearingDown(file: TestFile): void {
    this.#file(file, 'tearing down', { progress: 'teardown' })
  }

  runTearingDown(file: TestFile, run: TestRun): void {
    this.#run(file, run, 'tearing down', { progress: 'teardown', elapsed: 0 })
  }

  leftOver(file: TestFile, { run, diags, objects }: Leftover): void {
    if (objects.length > 0) {
      const text = `${this.#product} left some resources in state after executing ${file.name}/${run.name}, they need to be cleaned up manually.`
      this.#stream.write('error', text, 'test_cleanup', { ...place(file, run), test_cleanup: { failed_resources: objects.map(instance) } })
    }
    this.#stream.diagnostics(diags, place(file, run))
  }

  fileDone({ file, status, diags }: Pick<FileOutcome, 'file' | 'status' | 'diags'>): void {
    const final = status === 'pending' ? 'pass' : status
    this.#file(file, statusWord(final), { progress: 'complete', status: final })
    for (const diagnostic of diags) this.#stream.diagnostics([diagnostic], { '@testfile': file.name })
  }

  abandoned(file: TestFile, run: TestRun, creating: readonly string[], leftovers: readonly Leftover[]): void {
    const states = leftovers.filter((l) => l.run.module !== undefined).map((l) => [l.run.name, l.objects.map(instance)] as const)
    const main = leftovers.find((l) => l.run.module === undefined)
    const text = `${this.#product} was interrupted during test execution, and may not have performed the expected cleanup operations.`
    this.#stream.write('error', text, 'test_interrupt', {
      ...place(file, run),
      test_interrupt: {
        state: main?.objects.map(instance),
        states: states.length === 0 ? undefined : Object.fromEntries(states),
        planned: creating.length === 0 ? undefined : creating,
      },
    })
  }

  suiteDone(outcome: SuiteOutcome): void {
    const { passed, failed, errored, skipped } = outcome
    const status = outcome.status === 'pending' ? 'pass' : outcome.status
    const title = status === 'fail' || status === 'error' ? 'Failure!' : 'Success!'
    this.#stream.write('info', `${title} ${summaryText(outcome)}`, 'test_summary', {
      test_summary: { status, passed, failed, errored, skipped },
    })
  }

  interrupted(): void {
    this.#stream.write('info', interruptText(this.#product).replace(/\n$/, ''), 'log', {})
  }

  interruptedAgain(): void {
    this.#stream.write('info', `\n${interruptedAgainText}\n`, 'log', {})
  }

  #file(file: TestFile, word: string, members: Readonly<Record<string, JsonDocument>>): void {
    this.#stream.write('info', `${file.name}... ${word}`, 'test_file', {
      '@testfile': file.name,
      test_file: { path: file.name, ...members },
    })
  }

  #run(file: TestFile, run: TestRun, word: string, members: Readonly<Record<string, JsonDocument>>): void {
    this.#stream.write('info', `  "${run.name}"... ${word}`, 'test_run', {
      ...place(file, run),
      test_run: { path: file.name, run: run.name, ...members },
    })
  }
}

function place(file: TestFile, run: TestRun) {
  return { '@testfile': file.name, '@testrun': run.name }
}

/** Deposed objects are named with their key in brackets. */
function instance(text: string): JsonDocument {
  const deposed = / \((\w+)\)$/.exec(text)
  return deposed === null ? { instance: text } : { instance: text.slice(0, deposed.index), deposed_key: deposed[1]! }
}
