import type { FileOutcome, Leftover, RunOutcome, SuiteOutcome, TestFile, TestReporter, TestRun, TestStatus } from '../../testing/index.ts'
import { loadSchemas, neededProviders, providerFactories, type Settings } from '../../workdir/index.ts'
import { type Schemas, schemasFrom } from '../json/schemas.ts'
import { schemaLookup } from './operation-human.ts'
import type { Palette } from './palette.ts'
import { planText } from './plan-text.ts'
import { stateText } from './state-text.ts'
import type { View } from './view.ts'

/** Progress of a test suite for people, in the shape of Terraform's. */
export class HumanTestView implements TestReporter {
  readonly #view: View
  readonly #settings: Settings
  readonly #verbose: boolean

  constructor(view: View, settings: Settings, verbose: boolean) {
    this.#view = view
    this.#settings = settings
    this.#verbose = verbose
  }

  suiteStarted(): void {}

  fileStarted(file: TestFile): void {
    this.#view.print(`${file.name}... ${this.#view.palette.dim('in progress')}\n`)
  }

  runStarted(): void {}

  async runDone(_file: TestFile, outcome: RunOutcome): Promise<void> {
    const view = this.#view
    view.print(`  run "${outcome.run.name}"... ${statusText(outcome.status, view.palette)}\n`)
    if (this.#verbose) await this.#details(outcome)
    view.diagnostics(outcome.diags)
    if (outcome.diags.some((d) => d.severity === 'warning')) view.print('\n')
  }

  async #details({ plan, state, config }: RunOutcome): Promise<void> {
    if (config === undefined) return
    const view = this.#view
    if (plan !== undefined) {
      const schemas = await schemasFor(this.#settings, config, plan.priorState)
      view.print(
        `${planText(plan, {
          palette: view.palette,
          dialect: view.dialect,
          width: view.width,
          inAutomation: true,
          schemaFor: schemaLookup(schemas),
        })}\n`,
      )
    } else if (state !== undefined) {
      view.print(`\n${stateText(state, await schemasFor(this.#settings, config, state), view.palette)}\n`)
    }
  }

  fileTearingDown(file: TestFile): void {
    this.#view.print(`${file.name}... ${this.#view.palette.dim('tearing down')}\n`)
  }

  runTearingDown(): void {}

  leftOver(file: TestFile, { run, diags, objects }: Leftover): void {
    const view = this.#view
    const where = `${file.name}/${run.name}`
    if (diags.some((d) => d.severity === 'error')) {
      view.streams.err(
        `${view.wrap(`${view.dialect.product} encountered an error destroying resources created while executing ${where}.`)}\n`,
      )
    }
    view.diagnostics(diags)
    if (objects.length === 0) return
    const text = `${view.dialect.product} left the following resources in state after executing ${where}, and they need to be cleaned up manually:`
    view.streams.err(`\n${view.wrap(text)}\n${list(objects)}`)
  }

  fileDone({ file, status, diags }: Pick<FileOutcome, 'file' | 'status' | 'diags'>): void {
    this.#view.print(`${file.name}... ${statusText(status === 'pending' ? 'pass' : status, this.#view.palette)}\n`)
    this.#view.diagnostics(diags)
  }

  abandoned(file: TestFile, run: TestRun, creating: readonly string[], leftovers: readonly Leftover[]): void {
    const { product } = this.#view.dialect
    const say = (text: string): void => this.#view.streams.err(`\n${this.#view.wrap(text)}\n`)
    say(`${product} was interrupted while executing ${file.name}, and may not have performed the expected cleanup operations.`)
    for (const { run: latest, objects } of leftovers) {
      say(`${product} has already created the following resources for "${latest.name}" from ${moduleText(latest)}:`)
      this.#view.streams.err(list(objects))
    }
    if (creating.length === 0) return
    say(
      `${product} was in the process of creating the following resources for "${run.name}" from ${moduleText(run)}, and they may not have been destroyed:`,
    )
    this.#view.streams.err(list(creating))
  }

  suiteDone(outcome: SuiteOutcome): void {
    const { palette } = this.#view
    const failed = outcome.status === 'fail' || outcome.status === 'error'
    const title = failed ? palette.red('Failure!') : palette.green('Success!')
    this.#view.print(`\n${title} ${summaryText(outcome)}\n`)
  }

  interrupted(): void {
    this.#view.streams.err(interruptText(this.#view.dialect.product))
  }

  interruptedAgain(): void {
    this.#view.streams.err(`\n${this.#view.wrap(interruptedAgainText)}\n\n`)
  }
}

export function interruptText(product: string): string {
  return `\nInterrupt received.\nPlease wait for ${product} to exit or data loss may occur.\nGracefully shutting down...\n\n`
}

export const interruptedAgainText = 'Two interrupts received. Exiting immediately. Note that data loss may have occurred.'

/** `2 passed, 1 failed, 3 skipped.`; programs read it. */
export function summaryText({ passed, failed, errored, skipped }: SuiteOutcome): string {
  const rest = skipped > 0 ? `, ${skipped} skipped.` : '.'
  return `${passed} passed, ${failed + errored} failed${rest}`
}

function moduleText(run: TestRun): string {
  return run.module === undefined ? 'the module under test' : JSON.stringify(run.module.source)
}

function list(items: readonly string[]): string {
  return items.map((item) => `  - ${item}\n`).join('')
}

/** People are told in three words what programs are told in four. */
export function statusWord(status: TestStatus): string {
  return status === 'error' ? 'fail' : status
}

function statusText(status: TestStatus, palette: Palette): string {
  const word = statusWord(status)
  if (word === 'pass') return palette.green(word)
  return word === 'fail' ? palette.red(word) : palette.dim(word)
}

/** Schemas of all that a run's configuration and state need. */
export async function schemasFor(settings: Settings, config: RunOutcome['config'], state: RunOutcome['state']): Promise<Schemas> {
  return schemasFrom(await loadSchemas(neededProviders(config, state), providerFactories(settings, config)))
}
