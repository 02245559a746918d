import { providerSourceToString } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { ProviderSchema } from '../providers/index.ts'
import { diagnosticsOf, hasConfiguration, loadConfiguration, neededProviders, providerFactories, readSettings } from '../workdir/index.ts'
import { checkProviders } from '../workdir/providers.ts'
import { currentStateManager, readCurrentState } from './_state.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { variableArguments, variableFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import { toJson } from './json/json-text.ts'
import { providerSchemasDocument } from './jsonprovider/index.ts'

/** Prints the schemas of all providers that configuration and state need, for programs. */
export async function providersSchemaCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { ...viewFlags, ...variableFlags, json: { kind: 'bool' } }, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  if (parsed.diags.length > 0) return failUsage(view, parsed.diags, 'providers schema')
  if (!flag(parsed, 'json', false)) {
    view.streams.err(`The \`${context.dialect.command} providers schema\` command requires the \`-json\` flag.\n`)
    return failUsage(view, [], 'providers schema')
  }
  const diags = new Diagnostics()
  const settings = readSettings(context.environment, context.originalDir)
  const config = hasConfiguration()
    ? loadConfiguration(settings, diags, { given: variableArguments(parsed), anyVersion: true }).config
    : undefined
  if (diags.hasErrors) return finish(view, diags.items)
  const manager = currentStateManager(settings, {}, diags, context.dialect.command)
  const state = manager === undefined ? undefined : (await readCurrentState(manager, diags))?.state
  if (!diags.hasErrors) checkProviders(config, state, settings, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  const factories = providerFactories(settings, config)
  try {
    const schemas = new Map<string, ProviderSchema>()
    for (const source of neededProviders(config, state)) {
      const schema = await factories.schemaOf(source)
      if (schema !== undefined) schemas.set(providerSourceToString(source), schema)
    }
    view.print(`${toJson(providerSchemasDocument(schemas))}\n`)
  } catch (error) {
    diags.addAll(diagnosticsOf(error))
  }
  return finish(view, diags.items)
}
