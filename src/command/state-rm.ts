import { type AbsResourceInstance, absResourceInstanceToString, parseTarget, type Target, TargetSet } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { StateBuilder, stateInstances } from '../states/index.ts'
import { readSettings, withStateSession } from '../workdir/index.ts'
import { noStateText } from './_state.ts'
import { failFlags, failWords, openForChange } from './_state-change.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { lockFlags, stateArguments, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'

export async function stateRmCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      ...lockFlags,
      'dry-run': { kind: 'bool' },
      backup: { kind: 'string' },
      state: { kind: 'string' },
      'ignore-remote-version': { kind: 'bool' },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, 'state rm', context)
  if (failed !== undefined) return failed
  if (parsed.positional.length === 0) return failWords(view, 'At least one address is required.\n', 'state rm', context)
  const diags = new Diagnostics()
  const targets = parsed.positional.map((text) => parseTarget(text, diags)).filter((t) => t !== undefined)
  const args = stateArguments(parsed)
  const settings = readSettings(context.environment, context.originalDir)
  const opened = diags.hasErrors ? undefined : openForChange(settings, args, 'own', context, diags)
  if (opened === undefined) return finish(view, diags.items)
  const { manager } = opened
  const dryRun = flag(parsed, 'dry-run', false)
  let missing = false
  await withStateSession(manager, 'state-rm', args, diags, async ({ file }) => {
    if (file === undefined) {
      missing = true
      return
    }
    // An instance that several addresses mean is told, and counted, for each.
    const all = new Map([...stateInstances(file.state)].map(([address]) => [absResourceInstanceToString(address), address]))
    const meant = new Map<Target, (readonly [string, AbsResourceInstance])[]>(targets.map((target) => [target, []]))
    const set = new TargetSet(targets)
    for (const [text, address] of all) for (const target of set.covering(address)) meant.get(target)!.push([text, address])
    const found = [...meant.values()].flat()
    if (found.length === 0) {
      diags.error(
        'Invalid target address',
        `No matching objects found. To view the available instances, use "${context.dialect.command} state list". Please modify the address to reference a specific instance.`,
      )
      return
    }
    view.print(found.map(([text]) => `${dryRun ? 'Would remove' : 'Removed'} ${text}\n`).join(''))
    if (dryRun) return
    const builder = new StateBuilder(file.state)
    for (const [, address] of found) builder.removeInstance(address)
    await manager.write(builder.snapshot())
    view.print(`Successfully removed ${found.length} resource instance(s).\n`)
  })
  if (missing) {
    view.streams.err(noStateText)
    return 1
  }
  return finish(view, diags.items)
}
