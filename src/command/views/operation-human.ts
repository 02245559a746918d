import type { AbsResourceInstance } from '../../addrs/index.ts'
import type { Config } from '../../config/index.ts'
import type { Value } from '../../cty/index.ts'
import type { Diagnostic } from '../../diags/index.ts'
import type { EngineHooks } from '../../engine/index.ts'
import type { Plan, ResourceChange } from '../../plans/index.ts'
import type { BlockSchema } from '../../schema/index.ts'
import type { State } from '../../states/index.ts'
import type { Schemas } from '../json/schemas.ts'
import {
  elapsedText,
  ephemeralNouns,
  ephemeralVerbs,
  identifyingAttribute,
  importText,
  instanceText,
  ProgressTimers,
  verbsFor,
} from './_hook-texts.ts'
import type { AppliedCounts, OperationView } from './operation-view.ts'
import { outputsText } from './outputs-text.ts'
import { appliedSummary, planHasChanges, planText, rule } from './plan-text.ts'
import type { View } from './view.ts'

/** The schema that a change is drawn with. @throws Error when the provider is not at hand; planning has needed it. */
export function schemaLookup(schemas: Schemas): (change: ResourceChange) => BlockSchema {
  return (change) => schemas.resource(change.provider.source, change.address.resource)?.block ?? { attributes: {}, blockTypes: {} }
}

export class HumanOperationView implements OperationView {
  readonly #view: View
  readonly #timers = new ProgressTimers()

  constructor(view: View) {
    this.#view = view
  }

  hooks(): EngineHooks {
    if (this.#view.options.concise) return {}
    return {
      preRefresh: (address, prior, deposed) => this.#line(instanceText(address, deposed), `Refreshing state...${idSuffix(prior)}`),
      prePlanImport: (address, how) => this.#line(instanceText(address, undefined), `Preparing import... [${importText(how)}]`),
      preApplyImport: (address, how) => this.#line(instanceText(address, undefined), `Importing... [${importText(how)}]`),
      postApplyImport: (address, how) => this.#line(instanceText(address, undefined), `Import complete [${importText(how)}]`),
      preProvision: (address, type) => this.#line(instanceText(address, undefined), `Provisioning with '${type}'...`),
      provisionOutput: (address, type, line) => this.#raw(`${instanceText(address, undefined)} (${type}):`, line),
      preRead: (address) => {
        const text = instanceText(address, undefined)
        this.#line(text, 'Reading...')
        this.#timers.start(`read ${text}`, (elapsed) => this.#line(text, `Still reading... [${elapsedText(elapsed)} elapsed]`))
      },
      postRead: (address, value, errors) => {
        const text = instanceText(address, undefined)
        const elapsed = this.#timers.end(`read ${text}`)
        if (errors === undefined) this.#line(text, `Read complete after ${elapsedText(elapsed)}${idSuffix(value)}`)
      },
      preEphemeral: (address, action) => {
        const text = instanceText(address, undefined)
        if (action === 'defer') {
          this.#line(text, 'Configuration unknown, deferring...')
          return
        }
        const verb = ephemeralVerbs[action]
        this.#line(text, `${verb}...`)
        this.#timers.start(`${action} ${text}`, (elapsed) =>
          this.#line(text, `Still ${verb.toLowerCase()}... [${elapsedText(elapsed)} elapsed]`),
        )
      },
      postEphemeral: (address, action, errors) => {
        const text = instanceText(address, undefined)
        const elapsed = this.#timers.end(`${action} ${text}`)
        const done = this.#view.dialect.kind === 'tofu' ? ephemeralNouns[action] : ephemeralVerbs[action]
        if (errors === undefined) this.#line(text, `${done} complete after ${elapsedText(elapsed)}`)
      },
      preApply: (address, action, before, _after, deposed) => this.#started(address, deposed, action, before),
      postApply: (address, action, errors, value, deposed) => {
        const text = instanceText(address, deposed)
        const elapsed = this.#timers.end(`${action} ${text}`)
        if (errors !== undefined || action === 'noop' || action === 'forget' || action === 'read') return
        const suffix = action === 'delete' ? '' : idSuffix(value)
        // As Terraform: the end of a deposed object's destruction names the instance alone.
        this.#line(instanceText(address, undefined), `${verbsFor(action).complete} complete after ${elapsedText(elapsed)}${suffix}`)
      },
    }
  }

  #started(address: AbsResourceInstance, deposed: string | undefined, action: ResourceChange['action'], before: Value): void {
    if (action === 'noop' || action === 'forget' || action === 'read') return
    const text = instanceText(address, deposed)
    const verbs = verbsFor(action)
    const id = identifyingAttribute(before)
    this.#line(text, `${verbs.start}...${idSuffix(before)}`)
    this.#timers.start(`${action} ${text}`, (elapsed) => {
      const known = id === undefined ? '' : `${id.key}=${id.value}, `
      this.#line(text, `Still ${verbs.still}... [${known}${elapsedText(elapsed)} elapsed]`)
    })
  }

  #raw(address: string, text: string): void {
    const { palette } = this.#view
    this.#view.print(`${palette.bold(address)} ${text}\n`)
  }

  #line(address: string, text: string): void {
    const { palette } = this.#view
    this.#view.print(`${palette.bold(`${address}: ${text}`)}\n`)
  }

  plan(plan: Plan, _config: Config, schemas: Schemas): void {
    const view = this.#view
    view.print(
      planText(plan, {
        palette: view.palette,
        dialect: view.dialect,
        width: view.width,
        inAutomation: view.options.inAutomation,
        schemaFor: schemaLookup(schemas),
        showSensitive: view.options.showSensitive,
      }),
    )
  }

  savedPlan(): void {}

  nextStep(outPath: string | undefined, worthwhile: boolean, generatedPath?: string): void {
    const view = this.#view
    if (view.options.inAutomation || !worthwhile) return
    const { product, command } = view.dialect
    view.print(`\n${view.palette.dim(rule(view))}\n\n`)
    if (generatedPath !== undefined) {
      view.print(
        `${view.wrap(`${product} has generated configuration and written it to ${generatedPath}. Please review the configuration and edit it as necessary before adding it to version control.`)}\n\n`,
      )
    }
    if (outPath === undefined) {
      view.print(
        `${view.wrap(`Note: You didn't use the -out option to save this plan, so ${product} can't guarantee to take exactly these actions if you run "${command} apply" now.`)}\n`,
      )
    } else {
      view.print(
        `Saved the plan to: ${outPath}\n\nTo perform exactly these actions, run the following command to apply:\n    ${command} apply ${JSON.stringify(outPath)}\n`,
      )
    }
  }

  applied(counts: AppliedCounts, destroyed: boolean, state: State): void {
    const { palette } = this.#view
    const text = appliedSummary(counts, destroyed, this.#view.dialect)
    this.#view.print(`\n${palette.bold(palette.green(text))}\n`)
    if (!destroyed) this.refreshed(state)
  }

  refreshed(state: State): void {
    const { palette } = this.#view
    if (state.outputs.size > 0)
      this.#view.print(`\n${palette.bold(palette.green('Outputs:'))}\n\n${outputsText(state.outputs, this.#view.options.showSensitive)}`)
  }

  interrupted(): void {
    const { product } = this.#view.dialect
    this.#view.print(
      `\nInterrupt received.\nPlease wait for ${product} to exit or data loss may occur.\nGracefully shutting down...\n\nStopping operation...\n`,
    )
  }

  interruptedAgain(): void {
    const text = 'Two interrupts received. Exiting immediately. Note that data loss may have occurred.'
    this.#view.streams.err(`\n${this.#view.wrap(text)}\n`)
    this.#view.diagnostics([{ severity: 'error', summary: 'operation canceled', detail: '' }])
  }

  diagnostics(diagnostics: readonly Diagnostic[]): void {
    this.#view.diagnostics(diagnostics)
  }
}

function idSuffix(value: Value | undefined): string {
  const id = identifyingAttribute(value)
  return id === undefined ? '' : ` [${id.key}=${id.value}]`
}

/** Whether there is a reason to save or apply this plan. */
export function isWorthApplying(plan: Plan): boolean {
  return !plan.errored && planHasChanges(plan)
}
