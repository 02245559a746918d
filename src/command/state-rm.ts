import { type AbsResourceInstance, absResourceInstanceToString, parseTarget, targetContains } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { removeInstance, stateInstances } from '../states/index.ts'
import { readSettings, withStateSession } from '../workdir/index.ts'
import { currentStateManager, noStateText } from './_state.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { lockFlags, stateArguments, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import { helpText } from './help.ts'

export async function stateRmCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, {
    ...viewFlags,
    ...lockFlags,
    'dry-run': { kind: 'bool' },
    backup: { kind: 'string' },
    state: { kind: 'string' },
    'ignore-remote-version': { kind: 'bool' },
  })
  const view = makeView(context, viewArguments(parsed))
  if (parsed.diags.length > 0) return failUsage(view, parsed.diags, 'state rm')
  if (parsed.positional.length === 0) {
    view.streams.err(`At least one address is required.\n\n${helpText('state rm', context.dialect)}`)
    return 1
  }
  const diags = new Diagnostics()
  const targets = parsed.positional.map((text) => parseTarget(text, diags)).filter((t) => t !== undefined)
  const args = stateArguments(parsed)
  const settings = readSettings(context.environment, context.originalDir)
  const backup = args.backupPath ?? `${args.statePath ?? 'terraform.tfstate'}.${Math.floor(Date.now() / 1000)}.backup`
  const manager = currentStateManager(settings, { ...args, backupPath: backup }, diags)
  if (diags.hasErrors || manager === undefined) return finish(view, diags.items)
  const dryRun = flag(parsed, 'dry-run', false)
  let missing = false
  await withStateSession(manager, 'state-rm', args, diags, async ({ file }) => {
    if (file === undefined) {
      missing = true
      return
    }
    const found = new Map<string, AbsResourceInstance>()
    for (const [address] of stateInstances(file.state)) {
      if (targets.some((target) => targetContains(target, address))) found.set(absResourceInstanceToString(address), address)
    }
    if (found.size === 0) {
      diags.error(
        'Invalid target address',
        `No matching objects found. To view the available instances, use "${context.dialect.command} state list". Please modify the address to reference a specific instance.`,
      )
      return
    }
    view.print([...found.keys()].map((text) => `${dryRun ? 'Would remove' : 'Removed'} ${text}\n`).join(''))
    if (dryRun) return
    let state = file.state
    for (const address of found.values()) state = removeInstance(state, address)
    await manager.write(state)
    view.print(`Successfully removed ${found.size} resource instance(s).\n`)
  })
  if (missing) {
    view.streams.err(noStateText)
    return 1
  }
  return finish(view, diags.items)
}
