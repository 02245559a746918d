import { Diagnostics, Source } from '../diags/index.ts'
import { type Console, openConsole } from '../engine/index.ts'
import { parseExpression, scanTokens } from '../hcl/index.ts'
import { emptyState } from '../states/index.ts'
import { gatherVariables, loadConfiguration, providerFactories, readSettings } from '../workdir/index.ts'
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
  const parsed = parseFlags(args, { ...viewFlags, ...variableFlags, state: { kind: 'string' }, plan: { kind: 'bool' } })
  // There are no blocks around what is typed.
  const view = makeView({ ...context, blockAround: undefined }, viewArguments(parsed))
  const diags = new Diagnostics()
  diags.add(...parsed.diags)
  if (parsed.positional.length > 0) diags.error('Too many command line arguments', 'The console command expects no arguments.')
  if (diags.hasErrors) return failUsage(view, diags.items, 'console')
  if (optionalFlag<boolean>(parsed, 'plan') === true)
    diags.error('Option not supported yet', 'This release of Landform cannot evaluate expressions against planned values (-plan) yet.')
  const settings = readSettings(context.environment, context.originalDir)
  const { config } = loadConfiguration(settings, diags, { given: variableArguments(parsed) })
  if (diags.hasErrors) return finish(view, diags.items)
  const variables = gatherVariables(config, variableArguments(parsed), settings, diags)
  const manager = await currentStateManager(settings, { statePath: optionalFlag<string>(parsed, 'state') }, diags)
  const file = manager === undefined ? undefined : await readCurrentState(manager, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  const { value: evaluator, diags: found } = await openConsole({
    config,
    providers: providerFactories(settings, config),
    state: file?.state ?? emptyState,
    variables,
    cwd: settings.originalDir,
    workspace: settings.workspace,
  })
  diags.add(...found)
  view.diagnostics(diags.items)
  if (evaluator === undefined) return 1
  if (!context.streams.inIsTerminal) return await evaluateInput(evaluator, view)
  let names: readonly string[] | undefined
  context.streams.complete = (line) => completeLine((names ??= expressionNames(config)), line)
  return await converse(evaluator, view)
}

async function evaluateInput(evaluator: Console, view: View): Promise<number> {
  for (let line = await view.streams.readLine(); line !== undefined; line = await view.streams.readLine()) {
    const text = await completeExpression(line, view)
    if (text.trim() === '') continue
    if (text.trim() === 'exit') break
    if (!evaluateText(text, evaluator, view)) return 1
  }
  return 0
}

async function converse(evaluator: Console, view: View): Promise<number> {
  for (;;) {
    const line = await view.streams.readLine('> ')
    if (line === undefined || line.trim() === 'exit') return 0
    if (line.trim() === 'help') view.print(helpText)
    else if (line.trim() !== '') evaluateText(await completeExpression(line, view, '. '), evaluator, view)
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

function evaluateText(text: string, evaluator: Console, view: View): boolean {
  const diags = new Diagnostics()
  const expr = parseExpression(new Source(inputName, isHeredoc(text) ? `${text}\n` : text), diags)
  if (!diags.hasErrors) {
    const value = evaluator.evaluate(expr, diags)
    if (!diags.hasErrors) view.print(`${'typeOf' in value ? typeText(value.typeOf) : valueText(value)}\n`)
  }
  view.diagnostics(diags.items)
  return !diags.hasErrors
}

const helpText = `The console evaluates expressions of the configuration language: type one and press enter.
What a resource is worth is read from the current state. "exit" or Ctrl-D leaves.
`
