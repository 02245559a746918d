import type { Config, VariableInput } from '../config/index.ts'
import type { Diagnostic, Diagnostics } from '../diags/index.ts'
import type { Seal } from '../encryption/index.ts'
import { rootValue } from '../engine/index.ts'
import type { Plan } from '../plans/index.ts'
import {
  activeBackend,
  type BackendSettings,
  encryptionOf,
  gatherVariables,
  hasConfiguration,
  type LoadedConfig,
  loadConfiguration,
  loadSchemas,
  neededProviders,
  providerFactories,
  readSettings,
  type Settings,
  terraformVersion,
  withEncryption,
} from '../workdir/index.ts'
import type { OperationArguments, ViewArguments } from './arguments/operation.ts'
import { type CommandContext, failUsage, inputEnabled, makeView } from './context.ts'
import { type Schemas, schemasFrom } from './json/schemas.ts'
import { fileStreams } from './json-into.ts'
import { askForVariables } from './prompt.ts'
import { bothOperationViews } from './views/operation-both.ts'
import { HumanOperationView } from './views/operation-human.ts'
import { JsonOperationView, JsonStream } from './views/operation-json.ts'
import type { OperationView } from './views/operation-view.ts'
import type { Streams } from './views/streams.ts'
import type { View } from './views/view.ts'

/** The view that the arguments ask for; a JSON stream begins with its version line. */
export function operationView(context: CommandContext, args: ViewArguments): { view: View; output: OperationView } {
  const view = makeView(context, args)
  const jsonView = (streams: Streams): OperationView => {
    const stream = new JsonStream(streams, context.dialect, context.blockAround)
    stream.version(context.dialect, terraformVersion)
    return new JsonOperationView(stream, context.dialect)
  }
  if (args.json) return { view, output: jsonView(context.streams) }
  const human = new HumanOperationView(view)
  if (args.jsonInto === undefined) return { view, output: human }
  return { view, output: bothOperationViews(human, jsonView(fileStreams(args.jsonInto, context.streams))) }
}

/** Wrong arguments, said in the form that was asked for. */
export function failOperation(context: CommandContext, args: ViewArguments, usage: readonly Diagnostic[], command: string): number {
  if (!args.json) return failUsage(makeView(context, args), usage, command)
  operationView(context, { ...args, jsonInto: undefined }).output.diagnostics(usage)
  return 1
}

export interface PreparedOperation {
  readonly settings: Settings
  readonly loaded: LoadedConfig
  readonly backend: BackendSettings
  readonly variables: ReadonlyMap<string, VariableInput>
  /** How a saved plan is encrypted; undefined: not at all. */
  readonly planSeal: Seal | undefined
}

/** Loads what planning needs. Undefined with errors in `diags`. */
export async function prepareOperation(
  verb: 'Plan' | 'Apply' | 'Refresh',
  operation: OperationArguments,
  input: boolean,
  context: CommandContext,
  view: View,
  diags: Diagnostics,
): Promise<PreparedOperation | undefined> {
  const settings = { ...readSettings(context.environment, context.originalDir), deprecations: operation.deprecations }
  if (verb !== 'Refresh' && operation.mode !== 'destroy' && !hasConfiguration()) {
    diags.add(noConfiguration(verb, context.dialect.command))
    return undefined
  }
  const loaded = loadConfiguration(settings, diags, { given: operation.variables })
  if (diags.hasErrors) return undefined
  const { module } = loaded.config
  const backend = activeBackend(module, settings, context.dialect.command, operation.variables, diags)
  if (backend === undefined) return undefined
  const encryption = encryptionOf(module, settings, operation.variables, diags)
  if (encryption === undefined) return undefined
  let variables = gatherVariables(loaded.config, operation.variables, settings, diags)
  if (diags.hasErrors) return undefined
  if (inputEnabled(context, input)) variables = await askForVariables(loaded.config, variables, view, diags)
  for (const variable of loaded.config.module.variables.values()) {
    // Nothing is planned without them, not even what does not need them.
    if (!variables.has(variable.name)) rootValue(variable, undefined, diags)
  }
  return diags.hasErrors
    ? undefined
    : { settings: withEncryption(settings, encryption), loaded, backend, variables, planSeal: encryption.plan }
}

function noConfiguration(verb: 'Plan' | 'Apply', command: string): Diagnostic {
  const detail =
    verb === 'Plan'
      ? 'Plan requires configuration to be present. Planning without a configuration would mark everything for destruction, which is normally not what is desired. If you would like to destroy everything, run plan with the -destroy option. Otherwise, create a Terraform configuration file (.tf file) and try again.'
      : `Apply requires configuration to be present. Applying without a configuration would mark everything for destruction, which is normally not what is desired. If you would like to destroy everything, run '${command} destroy' instead.`
  return { severity: 'error', summary: 'No configuration files', detail }
}

/** The schemas of all that occurs in a plan and its configuration. */
export async function schemasOfPlan(plan: Plan, config: Config, settings: Settings): Promise<Schemas> {
  const sources = neededProviders(config, plan.priorState)
  return schemasFrom(await loadSchemas(sources, providerFactories(settings, config)))
}

/** Says once that somebody else's lock is being waited for. */
export function onLockWaiting(view: View, json: boolean): (() => void) | undefined {
  return json ? undefined : () => view.print('Acquiring state lock. This may take a few moments...\n')
}
