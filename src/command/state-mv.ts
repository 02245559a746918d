import {
  type AbsResource,
  type AbsResourceInstance,
  absResourceInstanceToString,
  absResourceToString,
  moduleInstanceToString,
  parseTarget,
  type Resource,
  type Target,
  targetToString,
} from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { LocalStateManager } from '../statemgr/index.ts'
import { type InstanceChange, type ResourceState, type State, StateBuilder, tryInstance } from '../states/index.ts'
import { readSettings, terraformVersion, withStateSession } from '../workdir/index.ts'
import { noStateText } from './_state.ts'
import { failFlags, failWords, openForChange, timedBackup } from './_state-change.ts'
import { flag, optionalFlag, parseFlags } from './arguments/flags.ts'
import { lockFlags, stateArguments, stateFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'

export async function stateMvCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      ...lockFlags,
      ...stateFlags,
      'backup-out': { kind: 'string' },
      'dry-run': { kind: 'bool' },
      'ignore-remote-version': { kind: 'bool' },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, 'state mv', context)
  if (failed !== undefined) return failed
  const [fromText, toText] = parsed.positional
  if (fromText === undefined || toText === undefined || parsed.positional.length > 2) {
    return failWords(view, 'Exactly two arguments expected.\n', 'state mv', context)
  }
  const diags = new Diagnostics()
  const args = stateArguments(parsed)
  const settings = readSettings(context.environment, context.originalDir)
  const source = openForChange(settings, { statePath: args.statePath, backupPath: args.backupPath }, 'own', context, diags)
  if (source === undefined) return finish(view, diags.items)
  const out = args.stateOutPath
  const other = out === undefined ? undefined : otherState(out, optionalFlag<string>(parsed, 'backup-out'))
  const dryRun = flag(parsed, 'dry-run', false)
  let missing = false
  let taken = false
  await withStateSession(source.manager, 'state-mv', args, diags, async ({ file }) => {
    if (file === undefined) {
      missing = true
      return
    }
    const work = async (target: State | undefined): Promise<void> => {
      const from = parseTarget(fromText, diags)
      const to = parseTarget(toText, diags)
      if (from === undefined || to === undefined) return
      const move = findMove(file.state, target ?? file.state, from, to, diags)
      if (move === 'occupied') taken = true
      if (move === undefined || move === 'occupied') return
      view.print(`${dryRun ? 'Would move' : 'Move'} ${JSON.stringify(targetToString(from))} to ${JSON.stringify(targetToString(to))}\n`)
      if (dryRun) return
      const left = new StateBuilder(file.state)
      for (const { from: old } of move) left.removeInstance(old)
      const grown = target === undefined ? left : new StateBuilder(target)
      for (const { change } of move) grown.replaceInstance(change)
      // An object that is in both is found again; one that is in neither is lost.
      if (target !== undefined) await other!.write(grown.snapshot())
      await source.manager.write(left.snapshot())
      view.print('Successfully moved 1 object(s).\n')
    }
    if (other === undefined) await work(undefined)
    else await withStateSession(other, 'state-mv', args, diags, (session) => work(session.file?.state ?? new StateBuilder().snapshot()))
  })
  if (missing) {
    view.streams.err(noStateText)
    return 1
  }
  if (taken) {
    view.streams.err(
      'Error moving state: destination module already exists\n\nPlease ensure your addresses and state paths are valid. No\nstate was persisted. Your existing states are untouched.\n',
    )
    return 1
  }
  return finish(view, diags.items)
}

function otherState(path: string, backup: string | undefined): LocalStateManager {
  const backupPath = backup === undefined || backup === '-' ? timedBackup(path) : backup
  return new LocalStateManager({ path, backupPath, terraformVersion })
}

interface Move {
  readonly from: AbsResourceInstance
  /** What to record under the new address. */
  readonly change: InstanceChange
}

/** The instances that an address means, with their new addresses. Undefined with the reason reported; `occupied` for a module that is there already. */
function findMove(state: State, target: State, from: Target, to: Target, diags: Diagnostics): readonly Move[] | 'occupied' | undefined {
  const fromText = targetToString(from)
  const toText = targetToString(to)
  const report = (summary: string, detail: string): undefined => {
    diags.error(summary, detail)
  }
  const invalidTarget = (why: string): undefined => report('Invalid target address', `Cannot move ${fromText} to ${toText}: ${why}`)
  const unmatched = (): undefined =>
    report('Invalid source address', `Cannot move ${fromText}: does not match anything in the current state.`)
  if (from.kind === 'module') {
    const below = [...state.resources.values()].filter(({ address }) => isBelow(moduleInstanceToString(address.module), fromText))
    if (below.length === 0) return unmatched()
    if (to.kind !== 'module') return invalidTarget('the target must also be a module.')
    if ([...target.resources.values()].some(({ address }) => isBelow(moduleInstanceToString(address.module), toText))) return 'occupied'
    return below.flatMap((resource) => {
      const module = [...to.module, ...resource.address.module.slice(from.module.length)]
      return movesOf(resource, { module, resource: resource.address.resource })
    })
  }
  const resource = state.resources.get(absResourceToString(from))
  const isInstance = from.kind === 'resourceInstance' || resource?.instances.has('') === true
  if (resource === undefined && from.kind === 'resource') return unmatched()
  if (to.kind === 'module' || (!isInstance && to.kind !== 'resource')) {
    return invalidTarget(
      isInstance
        ? 'the target must also be a resource instance.'
        : 'the source is a whole resource (not a resource instance) so the target must also be a whole resource.',
    )
  }
  if (!isMovable(from.resource, to.resource, absResourceToString(from), absResourceToString(to), diags)) return undefined
  if (!isInstance) {
    if (target.resources.has(absResourceToString(to))) {
      return report('Invalid target address', `Cannot move to ${toText}: there is already a resource at that address in the current state.`)
    }
    return movesOf(resource!, to)
  }
  const old: AbsResourceInstance = { module: from.module, resource: from.resource, key: from.kind === 'resource' ? undefined : from.key }
  const next: AbsResourceInstance = { module: to.module, resource: to.resource, key: to.kind === 'resource' ? undefined : to.key }
  const instance = tryInstance(state, old)
  if (instance === undefined) {
    return report('Invalid source address', `The current state does not contain ${absResourceInstanceToString(old)}.`)
  }
  if (tryInstance(target, next) !== undefined) {
    return report(
      'Invalid target address',
      `Cannot move to ${absResourceInstanceToString(next)}: there is already a resource instance at that address in the current state.`,
    )
  }
  return [{ from: old, change: { address: next, provider: resource!.provider, instance: { ...instance, key: next.key } } }]
}

function isBelow(module: string, prefix: string): boolean {
  return module === prefix || module.startsWith(`${prefix}.`)
}

/** All instances of a resource, with their keys. */
function movesOf({ address, provider, instances }: ResourceState, to: AbsResource): readonly Move[] {
  return [...instances.values()].map((instance) => ({
    from: { ...address, key: instance.key },
    change: { address: { module: to.module, resource: to.resource, key: instance.key }, provider, instance },
  }))
}

function isMovable(from: Resource, to: Resource, fromText: string, toText: string, diags: Diagnostics): boolean {
  const refuse = (why: string): void => diags.error('Invalid state move request', `Cannot move ${fromText} to ${toText}: ${why}`)
  if (from.mode !== to.mode) {
    refuse(
      from.mode === 'data'
        ? 'a data resource can be moved only to another data resource address.'
        : 'a managed resource can be moved only to another managed resource address.',
    )
  }
  if (from.type !== to.type) refuse("resource types don't match.")
  return from.mode === to.mode && from.type === to.type
}
