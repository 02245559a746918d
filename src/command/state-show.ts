import { parseAbsResourceInstance } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { tryInstance, tryResource } from '../states/index.ts'
import { diagnosticsOf, readSettings } from '../workdir/index.ts'
import { currentStateManager, noStateText, readCurrentState, schemasOfState } from './_state.ts'
import { failFlags, failWords } from './_state-change.ts'
import { optionalFlag, parseFlags } from './arguments/flags.ts'
import { sensitiveFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'
import { objectText } from './views/state-text.ts'

export async function stateShowCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { ...viewFlags, ...sensitiveFlags, state: { kind: 'string' } }, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, 'state show', context)
  if (failed !== undefined) return failed
  if (parsed.positional.length !== 1) return failWords(view, 'Exactly one argument expected.', 'state show', context)
  const diags = new Diagnostics()
  const text = parsed.positional[0]!
  const address = parseAbsResourceInstance(text, new Diagnostics())
  if (address === undefined) {
    view.streams.err(
      `Error parsing instance address: ${text}\n\nThis command requires that the address references one specific instance.\nTo view the available instances, use "${context.dialect.command} state list". Please modify \nthe address to reference a specific instance.\n`,
    )
    return 1
  }
  const settings = readSettings(context.environment, context.originalDir)
  const manager = currentStateManager(settings, { statePath: optionalFlag<string>(parsed, 'state') }, diags, context.dialect.command)
  const file = manager === undefined ? undefined : await readCurrentState(manager, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  if (file === undefined) {
    view.streams.err(noStateText)
    return 1
  }
  const object = tryInstance(file.state, address)?.current
  if (object === undefined) {
    view.streams.err(
      `No instance found for the given address!\n\nThis command requires that the address references one specific instance.\nTo view the available instances, use "${context.dialect.command} state list". Please modify \nthe address to reference a specific instance.\n`,
    )
    return 1
  }
  const schemas = await schemasOfState(file, settings, diags)
  if (schemas === undefined) return finish(view, diags.items)
  const provider = tryResource(file.state, address)!.provider
  try {
    view.print(
      `${objectText(address, undefined, object, schemas.resource(provider.source, address.resource), view.palette, view.options.showSensitive)}\n`,
    )
  } catch (error) {
    diags.addAll(diagnosticsOf(error))
  }
  return finish(view, diags.items)
}
