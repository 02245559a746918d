import { Diagnostics } from '../diags/index.ts'
import { hasConfiguration, readSettings } from '../workdir/index.ts'
import { initModules } from '../workdir/init-modules.ts'
import { checkTestDir, readTests } from './_tests.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { variableArguments, variableFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'

/** Installs the modules of the configuration, as `init` does. */
export async function getCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    { ...viewFlags, ...variableFlags, update: { kind: 'bool' }, 'test-directory': { kind: 'string' } },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  if (parsed.positional.length > 0)
    usage.error(
      'Too many command line arguments',
      'The command "get" takes options only. To name a working directory use the global option -chdir.',
    )
  if (usage.hasErrors) return failUsage(view, usage.items, 'get')
  if (!hasConfiguration()) return 0
  const diags = new Diagnostics()
  const settings = readSettings(context.environment, context.originalDir)
  checkTestDir(flag(parsed, 'test-directory', 'tests'), diags)
  const { outside } = await readTests(flag(parsed, 'test-directory', 'tests'), context, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  await initModules(
    settings,
    {
      outside,
      lenient: true,
      upgrade: flag(parsed, 'update', false),
      given: variableArguments(parsed),
      recordsNone: true,
      onEvent(event) {
        if (event.kind === 'downloading') view.print(`Downloading ${event.what} for ${event.key}...\n`)
        if (event.kind === 'installed') view.print(`- ${event.key} in ${event.dir}\n`)
      },
    },
    diags,
  )
  return finish(view, diags.items)
}
