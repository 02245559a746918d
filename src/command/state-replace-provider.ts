import { absResourceToString, defaultHost, type ProviderSource, parseProviderSource, providerSourceToString } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { resourcesOf, StateBuilder } from '../states/index.ts'
import { readSettings, withStateSession } from '../workdir/index.ts'
import { noStateText } from './_state.ts'
import { failFlags, failWords, openForChange } from './_state-change.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { lockFlags, stateArguments, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, makeView } from './context.ts'
import type { View } from './views/view.ts'

export async function stateReplaceProviderCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      ...lockFlags,
      'auto-approve': { kind: 'bool' },
      backup: { kind: 'string' },
      state: { kind: 'string' },
      'ignore-remote-version': { kind: 'bool' },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, 'state replace-provider', context)
  if (failed !== undefined) return failed
  const [fromText, toText] = parsed.positional
  if (fromText === undefined || toText === undefined || parsed.positional.length > 2) {
    return failWords(view, 'Exactly two arguments expected.\n', 'state replace-provider', context)
  }
  const diags = new Diagnostics()
  const from = parseSource(fromText, 'from', diags)
  const to = parseSource(toText, 'to', diags)
  const args = stateArguments(parsed)
  const settings = readSettings(context.environment, context.originalDir)
  const opened = from && to && openForChange(settings, args, 'own', context, diags)
  if (from === undefined || to === undefined || opened === undefined) return finish(view, diags.items)
  let missing = false
  let refused = false
  await withStateSession(opened.manager, 'state-replace-provider', args, diags, async ({ file }) => {
    if (file === undefined) {
      missing = true
      return
    }
    const wanted = providerSourceToString(from)
    const matches = resourcesOf(file.state).filter(({ provider }) => providerSourceToString(provider.source) === wanted)
    if (matches.length === 0) {
      view.print('No matching resources found.\n')
      return
    }
    const { palette, dialect } = view
    view.print(
      `${dialect.product} will perform the following actions:\n\n  ${palette.yellow('~')} Updating provider:\n    ${palette.red('-')} ${wanted}\n    ${palette.green('+')} ${providerSourceToString(to)}\n\n${palette.bold('Changing')} ${matches.length} resources:\n\n${matches.map(({ address }) => `  ${absResourceToString(address)}\n`).join('')}`,
    )
    if (!flag(parsed, 'auto-approve', false)) {
      const answer = await ask(view)
      refused = answer === undefined
      if (answer !== 'yes') {
        if (!refused) view.print('Cancelled replacing providers.\n')
        return
      }
    }
    const builder = new StateBuilder(file.state)
    for (const { address, provider } of matches) builder.setProvider(address, { ...provider, source: to })
    await opened.manager.write(builder.snapshot())
    view.print(`\nSuccessfully replaced provider for ${matches.length} resources.\n`)
  })
  if (missing) {
    view.streams.err(noStateText)
    return 1
  }
  if (refused) {
    view.streams.err('Error asking for approval: EOF\n')
    return 1
  }
  return finish(view, diags.items)
}

function parseSource(text: string, side: 'from' | 'to', diags: Diagnostics): ProviderSource | undefined {
  const own = new Diagnostics()
  const source = parseProviderSource(text, defaultHost, own)
  if (source !== undefined) return source
  const [problem] = own.items
  diags.error(`Invalid ${JSON.stringify(side)} provider ${JSON.stringify(text)}`, `${problem!.summary}: ${problem!.detail}`)
  return undefined
}

/** The answer; undefined at the end of the input. */
function ask(view: View): Promise<string | undefined> {
  view.print(`\n${view.palette.bold('Do you want to make these changes?')}\nOnly 'yes' will be accepted to continue.\n\nEnter a value: `)
  return view.streams.readLine()
}
