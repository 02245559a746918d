import type { Config, VariableInput } from '../config/index.ts'
import { parseVariableValue } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { View } from './views/view.ts'

/** Asks for the values of required variables that were not given. What stays unanswered is left for the engine to report. */
export async function askForVariables(
  config: Config,
  given: ReadonlyMap<string, VariableInput>,
  view: View,
  diags: Diagnostics,
): Promise<ReadonlyMap<string, VariableInput>> {
  const missing = [...config.module.variables.values()]
    .filter((v) => v.default === undefined && !given.has(v.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  if (missing.length === 0) return given
  const values = new Map(given)
  for (const variable of missing) {
    const description = variable.description ? `  ${variable.description.replaceAll('\n', '\n  ')}\n\n` : ''
    view.print(`${view.palette.bold(`var.${variable.name}`)}\n${description}  ${view.palette.bold('Enter a value:')} `)
    const answer = await view.streams.readLine('', { secret: variable.sensitive })
    view.print('\n')
    if (answer === undefined) continue
    const value = parseVariableValue(variable, answer, diags)
    if (value !== undefined) values.set(variable.name, { value, sourceDescription: 'using an interactive prompt' })
  }
  return values
}

export interface Approval {
  readonly question: string
  readonly explanation: readonly string[]
}

/** Whether the answer was exactly `yes`; undefined when there was none, because the input ended or the run was stopped. */
export async function askForApproval(approval: Approval, view: View, stop: AbortSignal): Promise<boolean | undefined> {
  const explanation = approval.explanation.map((line) => `  ${line}\n`).join('')
  view.print(`\n${view.palette.bold(approval.question)}\n${explanation}\n  ${view.palette.bold('Enter a value:')} `)
  const answer = await readLineUnless(stop, view)
  if (answer === undefined) return undefined
  view.print('\n')
  return answer === 'yes'
}

/** A line of the input; undefined at its end, and as soon as the run is stopped. */
export async function readLineUnless(stop: AbortSignal, view: View): Promise<string | undefined> {
  if (stop.aborted) return undefined
  const stopped = new Promise<undefined>((resolve) => stop.addEventListener('abort', () => resolve(undefined), { once: true }))
  return Promise.race([view.streams.readLine(), stopped])
}
