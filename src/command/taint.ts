import { type AbsResourceInstance, absResourceInstanceToString, parseAbsResourceInstance } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { isEmptyState, type State, tryInstance, tryResource, withInstance } from '../states/index.ts'
import { readSettings, withStateSession } from '../workdir/index.ts'
import { failFlags, failWords, openForChange } from './_state-change.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { lockFlags, stateArguments, stateFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'

export function taintCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return changeStatus('taint', argv, context)
}

export function untaintCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  return changeStatus('untaint', argv, context)
}

async function changeStatus(command: 'taint' | 'untaint', argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      ...lockFlags,
      ...stateFlags,
      'allow-missing': { kind: 'bool' },
      'ignore-remote-version': { kind: 'bool' },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, command, context)
  if (failed !== undefined) return failed
  if (parsed.positional.length !== 1) return failWords(view, `The ${command} command expects exactly one argument.`, command, context)
  const diags = new Diagnostics()
  const address = parseAbsResourceInstance(parsed.positional[0]!, diags)
  if (address === undefined) return finish(view, diags.items)
  const text = absResourceInstanceToString(address)
  if (command === 'taint' && address.resource.mode !== 'managed') {
    view.streams.err(`Resource instance ${text} cannot be tainted\n`)
    return 1
  }
  const args = stateArguments(parsed)
  const settings = readSettings(context.environment, context.originalDir)
  const opened = openForChange(settings, args, 'one', context, diags, command === 'taint' ? 'all' : 'rootModule')
  if (opened === undefined) return finish(view, diags.items)
  const allowMissing = flag(parsed, 'allow-missing', false)
  let done = false
  await withStateSession(opened.manager, command, args, diags, async ({ file }) => {
    const next = withStatus(command, file?.state, address, allowMissing, diags)
    if (next === undefined) return
    await opened.manager.write(next)
    done = true
  })
  if (done && !diags.hasErrors) {
    const what = command === 'taint' ? 'has been marked as tainted' : 'has been successfully untainted'
    view.print(`Resource instance ${text} ${what}.\n`)
  }
  return finish(view, diags.items)
}

/** The state with the instance's new status; undefined with the reason reported. */
function withStatus(
  command: 'taint' | 'untaint',
  state: State | undefined,
  address: AbsResourceInstance,
  allowMissing: boolean,
  diags: Diagnostics,
): State | undefined {
  const text = absResourceInstanceToString(address)
  const instance = state && tryInstance(state, address)
  if (state === undefined || instance === undefined) {
    const summary = 'No such resource instance'
    if (allowMissing) {
      diags.warning(summary, `Resource instance ${text} was not found, but this is not an error because -allow-missing was set.`)
    } else if (state === undefined || isEmptyState(state)) {
      diags.error(
        summary,
        'The state currently contains no resource instances whatsoever. This may occur if the configuration has never been applied or if it has recently been destroyed.',
      )
    } else {
      diags.error(
        summary,
        `There is no resource instance in the state with the address ${text}. If the resource configuration has just been added, you must run "terraform apply" once to create the corresponding instance(s) before they can be tainted.`,
      )
    }
    return undefined
  }
  const { current } = instance
  if (current === undefined) {
    diags.error(
      'No such resource instance',
      `Resource instance ${text} is currently part-way through a create_before_destroy replacement action. Run "terraform apply" to complete its replacement before ${command}ing it.`,
    )
    return undefined
  }
  if (command === 'untaint' && current.status !== 'tainted') {
    diags.error('Resource instance is not tainted', `Resource instance ${text} is not currently tainted, and so it cannot be untainted.`)
    return undefined
  }
  const { provider } = tryResource(state, address)!
  return withInstance(state, address, provider, { ...current, status: command === 'taint' ? 'tainted' : 'ready' })
}
