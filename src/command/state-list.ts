import { type AbsResourceInstance, absResourceInstanceToString, parseTarget, TargetSet, targetToString } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type ObjectState, stateInstances, tryInstance } from '../states/index.ts'
import { readSettings } from '../workdir/index.ts'
import { currentStateManager, noStateText, readCurrentState } from './_state.ts'
import { failFlags } from './_state-change.ts'
import { optionalFlag, parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'
import { compareInstances } from './json/order.ts'

export async function stateListCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { ...viewFlags, id: { kind: 'string' }, state: { kind: 'string' } }, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, 'state list', context)
  if (failed !== undefined) return failed
  const diags = new Diagnostics()
  const settings = readSettings(context.environment, context.originalDir)
  const manager = currentStateManager(settings, { statePath: optionalFlag<string>(parsed, 'state') }, diags, context.dialect.command)
  const id = optionalFlag<string>(parsed, 'id')
  const outline = id === undefined ? await manager?.tryReadOutline?.() : undefined
  const file = manager === undefined ? undefined : (outline ?? (await readCurrentState(manager, diags)))
  if (diags.hasErrors) return finish(view, diags.items)
  if (file === undefined) {
    view.streams.err(noStateText)
    return 1
  }
  const targets = parsed.positional.map((text) => parseTarget(text, diags)).filter((t) => t !== undefined)
  if (diags.hasErrors) return finish(view, diags.items)
  const set = new TargetSet(targets)
  const missing = new Set(targets)
  /** Undefined: there are only deposed objects left of the instance. */
  const meant: (readonly [AbsResourceInstance, ObjectState | undefined])[] = []
  const leftovers = new Set<string>()
  for (const [address, deposed, object] of stateInstances(file.state)) {
    if (deposed !== undefined) {
      const text = absResourceInstanceToString(address)
      if (leftovers.has(text) || tryInstance(file.state, address)?.current !== undefined) continue
      leftovers.add(text)
    }
    if (targets.length > 0) {
      const covering = set.covering(address)
      for (const target of covering) missing.delete(target)
      if (covering.length === 0) continue
    }
    meant.push([address, deposed === undefined ? object : undefined])
  }
  for (const target of missing) {
    const text = targetToString(target)
    const { command } = context.dialect
    if (target.kind === 'module') {
      diags.error(
        'Unknown module',
        `The current state contains no module at ${text}. If you've just added this module to the configuration, you must run "${command} apply" first to create the module's entry in the state.`,
      )
    } else {
      diags.error(
        'Unknown resource',
        `The current state contains no resource ${text}. If you've just added this resource to the configuration, you must run "${command} apply" first to create the resource's entry in the state.`,
      )
    }
  }
  if (diags.hasErrors) return finish(view, diags.items)
  const found: AbsResourceInstance[] = []
  for (const [address, object] of meant) {
    if (id !== undefined && (object === undefined || idOf(String(object.attributesJson), id) !== id)) continue
    found.push(address)
  }
  view.print(
    found
      .sort(compareInstances)
      .map((address) => `${absResourceInstanceToString(address)}\n`)
      .join(''),
  )
  return finish(view, diags.items)
}

/** The attribute `id`, decoded only where the text has the wanted one somewhere: states can be large. */
function idOf(attributesJson: string, wanted: string): unknown {
  if (!attributesJson.includes(JSON.stringify(wanted))) return undefined
  return (JSON.parse(attributesJson) as { id?: unknown } | null)?.id
}
