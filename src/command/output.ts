import { compareStrings } from '../base/index.ts'
import { convert, stringType, typeToJson, type Value } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { OutputState } from '../states/index.ts'
import { readSettings } from '../workdir/index.ts'
import { currentStateManager, readCurrentState } from './_state.ts'
import { flag, optionalFlag, parseFlags } from './arguments/flags.ts'
import { checkViewArguments, jsonFlags, sensitiveFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import { indentJson, RawJson, toJson } from './json/json-text.ts'
import { valueJson } from './json/value-json.ts'
import { fileStreams } from './json-into.ts'
import { outputsText } from './views/outputs-text.ts'
import { valueText } from './views/value-text.ts'

export async function outputCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    { ...viewFlags, ...sensitiveFlags, ...jsonFlags, raw: { kind: 'bool' }, state: { kind: 'string' } },
    context.dialect,
  )
  const viewArgs = viewArguments(parsed)
  const { json, jsonInto } = viewArgs
  const raw = flag(parsed, 'raw', false)
  const view = makeView(context, viewArgs)
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  const [name, ...more] = parsed.positional
  if (more.length > 0) {
    diags.error(
      'Unexpected argument',
      'The output command expects exactly one argument with the name of an output variable or no arguments to show all outputs.',
    )
  }
  if (json && raw) diags.error('Invalid output format', 'The -raw and -json options are mutually-exclusive.')
  else if (raw && name === undefined) {
    diags.error('Output name required', 'You must give the name of a single output value when using the -raw option.')
  }
  checkViewArguments(viewArgs, diags)
  if (diags.hasErrors) return failUsage(view, diags.items, 'output')
  const programs = jsonInto === undefined ? undefined : fileStreams(jsonInto, context.streams)
  const settings = readSettings(context.environment, context.originalDir)
  const manager = currentStateManager(settings, { statePath: optionalFlag<string>(parsed, 'state') }, diags, context.dialect.command)
  const file = manager === undefined ? undefined : await readCurrentState(manager, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  const outputs: ReadonlyMap<string, OutputState> = file?.state.outputs ?? new Map()
  if (name === undefined) {
    programs?.out(`${allJson(outputs)}\n`)
    if (json) view.print(`${allJson(outputs)}\n`)
    else if (outputs.size > 0) view.print(outputsText(outputs, viewArgs.showSensitive))
    else noOutputs(diags)
    return finish(view, diags.items)
  }
  const output = outputs.get(name)
  if (output !== undefined) programs?.out(`${toJson(valueJson(output.value))}\n`)
  if (output === undefined) {
    // As Terraform: where there are none at all, asking for one of them is no mistake.
    if (outputs.size === 0 && !json) noOutputs(diags)
    else {
      diags.error(
        `Output "${name}" not found`,
        `The output variable requested could not be found in the state file. If you recently added this to your configuration, be sure to run \`${context.dialect.command} apply\`, since the state won't be updated with new output variables until that command is run.`,
      )
    }
  } else if (json) view.print(`${toJson(valueJson(output.value))}\n`)
  else if (raw) {
    const text = rawText(output.value, name, diags)
    if (text !== undefined) view.print(text)
  } else view.print(`${valueText(output.value)}\n`)
  return finish(view, diags.items)
}

function allJson(outputs: ReadonlyMap<string, OutputState>): string {
  const entries = [...outputs.keys()].sort(compareStrings).map((name) => {
    const { sensitive, type, value } = outputs.get(name)!
    return [name, { sensitive, type: new RawJson(typeToJson(type)), value: valueJson(value) }] as const
  })
  return indentJson(toJson(Object.fromEntries(entries)))
}

function noOutputs(diags: Diagnostics): void {
  diags.warning(
    'No outputs found',
    'The state file either has no outputs defined, or all the defined outputs are empty. Please define an output in your configuration with the `output` keyword and run `terraform refresh` for it to become available. If you are using interpolation, please verify the interpolated value is not empty. You can use the `terraform console` command to assist.',
  )
}

function rawText(value: Value, name: string, diags: Diagnostics): string | undefined {
  const unsupported = (why: string): undefined => {
    diags.error('Unsupported value for raw output', why)
  }
  if (value.isNull) {
    return unsupported(`The value for output value "${name}" is null, so -raw mode cannot print it.`)
  }
  try {
    const text = convert(value, stringType)
    return text.hasContent
      ? text.asString()
      : unsupported(
          `The value for output value "${name}" won't be known until after a successful terraform apply, so -raw mode cannot print it.`,
        )
  } catch {
    return unsupported(
      `The -raw option only supports strings, numbers, and boolean values, but output value "${name}" is ${value.type.kind}.\n\nUse the -json option for machine-readable representations of output values that have complex types.`,
    )
  }
}
