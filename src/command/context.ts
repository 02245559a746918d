import type { Diagnostic } from '../diags/index.ts'
import type { Environment } from '../workdir/settings.ts'
import type { ViewArguments } from './arguments/operation.ts'
import type { BlockAround } from './views/diagnostic-snippet.ts'
import type { Dialect } from './views/dialect.ts'
import type { Streams } from './views/streams.ts'
import { View } from './views/view.ts'

/** What a command is run with. */
export interface CommandContext {
  readonly streams: Streams
  readonly environment: Environment
  readonly dialect: Dialect
  /** For diagnostics about sources; only there for commands that read any. */
  readonly blockAround?: BlockAround | undefined
  /** Folders that the CLI configuration names instead of packages of providers. */
  readonly devOverrides?: ReadonlyMap<string, string> | undefined
  /** Where the user was before -chdir. */
  readonly originalDir: string
}

/** Runs a command to its exit code. */
export type Command = (args: readonly string[], context: CommandContext) => Promise<number>

export function makeView(
  context: CommandContext,
  view: Pick<ViewArguments, 'colour' | 'compactWarnings'> & Partial<Omit<ViewArguments, 'colour' | 'compactWarnings'>>,
): View {
  return new View(context.streams, {
    colour: view.colour,
    compactWarnings: view.compactWarnings,
    consolidateWarnings: view.consolidateWarnings ?? true,
    consolidateErrors: view.consolidateErrors ?? false,
    concise: view.concise ?? false,
    showSensitive: view.showSensitive ?? false,
    dialect: context.dialect,
    inAutomation: Boolean(context.environment.TF_IN_AUTOMATION),
    blockAround: context.blockAround,
    environment: context.environment,
  })
}

/** Reports wrong arguments and says where the right ones are described. */
export function failUsage(view: View, diags: readonly Diagnostic[], command: string): number {
  view.diagnostics(diags)
  view.streams.err(`\nFor more help on using this command, run:\n  ${view.dialect.command} ${command} -help\n`)
  return 1
}

/** Reports and gives the exit code that fits. */
export function finish(view: View, diags: readonly Diagnostic[]): number {
  view.diagnostics(diags)
  return diags.some((d) => d.severity === 'error') ? 1 : 0
}

/** Whether questions may be asked: not with TF_INPUT=false or -input=false. */
export function inputEnabled(context: CommandContext, flag: boolean): boolean {
  const text = context.environment.TF_INPUT
  return flag && text !== '0' && text?.toLowerCase() !== 'false'
}
