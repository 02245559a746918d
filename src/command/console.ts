import type { Config, VariableInput } from '../config/index.ts'
import { Diagnostics, Source } from '../diags/index.ts'
import { type Console, consoleOf, openConsole, type RootScope } from '../engine/index.ts'
import { parseExpression, scanTokens } from '../hcl/index.ts'
import { emptyState, type StateFile } from '../states/index.ts'
import {
  checkProviders,
  gatherVariables,
  loadConfiguration,
  planOperation,
  providerFactories,
  readSettings,
  type Settings,
  type StateSession,
} from '../workdir/index.ts'
import { completeLine, expressionNames } from './_completion.ts'
import { currentStateManager, readCurrentState } from './_state.ts'
import { optionalFlag, parseFlags } from './arguments/flags.ts'
import { variableArguments, variableFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import { typeText } from './views/type-text.ts'
import { valueText } from './views/value-text.ts'
import type { View } from './views/view.ts'

/** Exit codes: 0, or 1 at the first line that cannot be evaluated when the input is no terminal. */
export async function consoleCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(args, { ...viewFlags, ...variableFlags, state: { kind: 'string' }, plan: { kind: 'bool' } }, context.dialect)
  // There are no blocks around what is typed.
  const view = makeView({ ...context, blockAround: undefined }, viewArguments(parsed))
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  if (parsed.positional.length > 0) diags.error('Too many command line arguments', 'The console command expects no arguments.')
  if (diags.hasErrors) return failUsage(view, diags.items, 'console')
  const settings = readSettings(context.environment, context.originalDir)
  const ofConfig = makeView(context, viewArguments(parsed))
  const { config } = loadConfiguration(settings, diags, { given: variableArguments(parsed), anyVersion: true })
  if (!diags.hasErrors) checkProviders(config, undefined, settings, diags)
  if (diags.hasErrors) return finish(ofConfig, diags.items)
  const variables = gatherVariables(config, variableArguments(parsed), settings, diags)
  const manager = await currentStateManager(settings, { statePath: optionalFlag<string>(parsed, 'state') }, diags, context.dialect.command)
  const file = manager === undefined ? undefined : await readCurrentState(manager, diags)
  if (diags.hasErrors || manager === undefined) return finish(ofConfig, diags.items)
  const evaluator =
    optionalFlag<boolean>(parsed, 'plan') === true
      ? await planned(config, { manager, file }, variables, settings, diags)
      : await stored(config, file, variables, settings, diags)
  ofConfig.diagnostics(diags.items)
  if (evaluator === undefined) return 1
  try {
    if (!context.streams.inIsTerminal) return await evaluateInput(evaluator, view)
    let names: readonly string[] | undefined
    context.streams.complete = (line) => completeLine((names ??= expressionNames(config)), line)
    return await converse(evaluator, view)
  } finally {
    await evaluator.close()
  }
}

type Variables = ReadonlyMap<string, VariableInput>

/** Resources are worth what the state holds. */
async function stored(config: Config, file: StateFile | undefined, variables: Variables, settings: Settings, diags: Diagnostics) {
  const { value, diags: found } = await openConsole({
    config,
    providers: providerFactories(settings, config),
    state: file?.state ?? emptyState,
    variables,
    cwd: settings.originalDir,
    workspace: settings.workspace,
  })
  diags.addAll(found)
  return value
}

/** Resources are worth what a plan would make of them. Nothing is locked, as nothing will be written. */
async function planned(config: Config, session: StateSession, variables: Variables, settings: Settings, diags: Diagnostics) {
  let scope: RootScope | undefined
  const operation = { settings, hooks: {}, parallelism: 10, stop: new AbortController().signal, onEvaluated: (s: RootScope) => (scope = s) }
  const { diags: found } = await planOperation(
    config,
    session,
    variables,
    { mode: 'normal', refresh: true, targets: [], forceReplace: [] },
    operation,
  )
  diags.addAll(found)
  return scope === undefined ? undefined : consoleOf(scope)
}

async function evaluateInput(evaluator: Console, view: View): Promise<number> {
  for (let line = await view.streams.readLine(); line !== undefined; line = await view.streams.readLine()) {
    const text = await completeExpression(line, view)
    if (text.trim() === '') continue
    if (text.trim() === 'exit') break
    if (text.trim() === 'help') {
      view.print(helpText)
      continue
    }
    if (!(await evaluateText(text, evaluator, view))) return 1
  }
  return 0
}

async function converse(evaluator: Console, view: View): Promise<number> {
  for (;;) {
    const line = await view.streams.readLine('> ')
    if (line === undefined || line.trim() === 'exit') return 0
    if (line.trim() === 'help') view.print(helpText)
    else if (line.trim() !== '') await evaluateText(await completeExpression(line, view, '. '), evaluator, view)
  }
}

/** An open bracket or heredoc goes on in the next line. */
async function completeExpression(first: string, view: View, prompt = ''): Promise<string> {
  let text = first
  while (isOpen(text)) {
    const next = await view.streams.readLine(prompt)
    if (next === undefined) return text
    text += `\n${next}`
  }
  return text
}

function isOpen(text: string): boolean {
  let depth = 0
  let heredocs = 0
  for (const { kind } of scanTokens(new Source(inputName, `${text}\n`))) {
    if (kind === '(' || kind === '[' || kind === '{') depth++
    else if (kind === ')' || kind === ']' || kind === '}') depth--
    else if (kind === 'openHeredoc') heredocs++
    else if (kind === 'closeHeredoc') heredocs--
  }
  return depth > 0 || heredocs > 0
}

/** The end of a heredoc needs a line end behind it. */
function isHeredoc(text: string): boolean {
  return text.includes('<<')
}

const inputName = '<console-input>'

async function evaluateText(text: string, evaluator: Console, view: View): Promise<boolean> {
  const diags = new Diagnostics()
  const expr = parseExpression(new Source(inputName, isHeredoc(text) ? `${text}\n` : text), diags)
  if (!diags.hasErrors) {
    const value = await evaluator.evaluate(expr, diags)
    if (!diags.hasErrors) view.print(`${'typeOf' in value ? typeText(value.typeOf) : valueText(value)}\n`)
  }
  view.diagnostics(diags.items)
  return !diags.hasErrors
}

const helpText = `The console evaluates expressions of the configuration language: type one and press enter.
What a resource is worth is read from the current state. "exit" or Ctrl-D leaves.
`
