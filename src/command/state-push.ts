import { readFileSync } from 'node:fs'
import { DiagnosticError, Diagnostics } from '../diags/index.ts'
import type { StateFile } from '../states/index.ts'
import { currentEncryption, readSettings, readSnapshot, type Settings, withLock, withStateSession } from '../workdir/index.ts'
import { failFlags, failWords, openForChange, plainErrors } from './_state-change.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { lockFlags, stateArguments, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'

export async function statePushCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    { ...viewFlags, ...lockFlags, force: { kind: 'bool' }, 'ignore-remote-version': { kind: 'bool' } },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, 'state push', context)
  if (failed !== undefined) return failed
  const [path] = parsed.positional
  if (path === undefined || parsed.positional.length > 1) return failWords(view, 'Exactly one argument expected.\n', 'state push', context)
  const diags = new Diagnostics()
  const settings = readSettings(context.environment, context.originalDir)
  const file = await readSource(path, settings, context, diags)
  if (file === undefined) {
    view.streams.err(`${plainErrors(diags)}\n`)
    return 1
  }
  const args = stateArguments(parsed)
  const opened = openForChange(settings, {}, 'one', context, diags)
  if (opened === undefined) return finish(view, diags.items)
  const force = flag(parsed, 'force', false)
  const { manager } = opened
  let refused: DiagnosticError | undefined
  const push = async (): Promise<void> => {
    try {
      await manager.push(file, { force })
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      refused = error
    }
  }
  // What is there may be damaged; replacing it without reading it is what force is for.
  if (force) await withLock(manager, 'state-push', args, diags, push)
  else await withStateSession(manager, 'state-push', args, diags, push)
  if (refused !== undefined) {
    diags.addAll(refused.diags)
    view.streams.err(`${plainErrors(diags)}\n`)
    return 1
  }
  return finish(view, diags.items)
}

/** The snapshot in a file, or in the standard input for `-`. */
async function readSource(path: string, settings: Settings, context: CommandContext, diags: Diagnostics): Promise<StateFile | undefined> {
  let text: string
  try {
    text = path === '-' ? await context.streams.readAll() : readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    diags.error(code === 'ENOENT' ? `open ${path}: no such file or directory` : `open ${path}: ${message}`, '')
    return undefined
  }
  const { value, diags: found } = await readSnapshot(Buffer.from(text), () => currentEncryption(settings, [], diags)?.state)
  if (value !== undefined) return value
  const problems = new Diagnostics()
  problems.addAll(found)
  diags.error(`Error reading source state ${JSON.stringify(path)}: ${found.length === 0 ? 'no state' : plainErrors(problems)}`, '')
  return undefined
}
