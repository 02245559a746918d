import { absResourceInstanceToString, parseTarget, targetContains } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { stateInstances } from '../states/index.ts'
import { readSettings } from '../workdir/index.ts'
import { currentStateManager, noStateText, readCurrentState } from './_state.ts'
import { optionalFlag, parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'

export async function stateListCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { ...viewFlags, id: { kind: 'string' }, state: { kind: 'string' } })
  const view = makeView(context, viewArguments(parsed))
  if (parsed.diags.length > 0) return failUsage(view, parsed.diags, 'state list')
  const diags = new Diagnostics()
  const settings = readSettings(context.environment, context.originalDir)
  const manager = currentStateManager(settings, { statePath: optionalFlag<string>(parsed, 'state') }, diags)
  const file = manager === undefined ? undefined : await readCurrentState(manager, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  if (file === undefined) {
    view.streams.err(noStateText)
    return 1
  }
  const targets = parsed.positional.map((text) => parseTarget(text, diags)).filter((t) => t !== undefined)
  if (diags.hasErrors) return finish(view, diags.items)
  const all = [...stateInstances(file.state)].filter(([, deposed]) => deposed === undefined)
  for (const [i, target] of targets.entries()) {
    if (!all.some(([address]) => targetContains(target, address))) {
      diags.error(
        'Unknown resource',
        `The current state contains no resource ${parsed.positional[i]}. If you've just added this resource to the configuration, you must run "${context.dialect.command} apply" first to create the resource's entry in the state.`,
      )
    }
  }
  if (diags.hasErrors) return finish(view, diags.items)
  const id = optionalFlag<string>(parsed, 'id')
  let text = ''
  for (const [address, , object] of all) {
    if (targets.length > 0 && !targets.some((target) => targetContains(target, address))) continue
    if (id !== undefined && (JSON.parse(object.attributesJson) as { id?: unknown } | null)?.id !== id) continue
    text += `${absResourceInstanceToString(address)}\n`
  }
  view.print(text)
  return finish(view, diags.items)
}
