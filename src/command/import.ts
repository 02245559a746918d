import {
  type AbsResourceInstance,
  absResourceInstanceToString,
  modulePathToString,
  parseAbsResourceInstance,
  resourceToString,
  toModulePath,
} from '../addrs/index.ts'
import type { Config } from '../config/index.ts'
import { unmarkDeep } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { EngineHooks } from '../engine/index.ts'
import type { OutputChange } from '../plans/index.ts'
import { type State, tryInstance } from '../states/index.ts'
import {
  activeBackend,
  gatherVariables,
  hasConfiguration,
  loadConfiguration,
  openStateManager,
  planOperation,
  readSettings,
  withStateSession,
} from '../workdir/index.ts'
import { onLockWaiting } from './_operation.ts'
import { failFlags, failWords } from './_state-change.ts'
import { flag, optionalFlag, parseFlags } from './arguments/flags.ts'
import { lockFlags, stateArguments, stateFlags, variableArguments, variableFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, finish, inputEnabled, makeView } from './context.ts'
import { withInterrupts } from './interrupts.ts'
import { askForVariables } from './prompt.ts'
import { HumanOperationView } from './views/operation-human.ts'
import type { View } from './views/view.ts'

const syntaxHint = 'For information on valid syntax, see:\nhttps://developer.hashicorp.com/terraform/cli/state/resource-addressing\n'

/** Brings one existing object under the address of an instance that is configured already. */
export async function importCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      ...lockFlags,
      ...stateFlags,
      ...variableFlags,
      config: { kind: 'string' },
      input: { kind: 'bool' },
      parallelism: { kind: 'int' },
      'ignore-remote-version': { kind: 'bool' },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const failed = failFlags(view, parsed, 'import', context)
  if (failed !== undefined) return failed
  const [addressText, id] = parsed.positional
  if (addressText === undefined || id === undefined || parsed.positional.length > 2) {
    return failWords(view, 'The import command expects two arguments.', 'import', context)
  }
  const diags = new Diagnostics()
  const address = parseAbsResourceInstance(addressText, diags, '<import-address>')
  if (address === undefined) {
    view.print(syntaxHint)
    return finish(view, diags.items)
  }
  if (address.resource.mode !== 'managed') {
    diags.error('A managed resource address is required. Importing into a data resource is not allowed.', '')
    return finish(view, diags.items)
  }
  const dir = optionalFlag<string>(parsed, 'config') || undefined
  if (!hasConfiguration(dir)) {
    const detail = `The directory ${dir ?? process.cwd()} does not contain any Terraform configuration files (.tf or .tf.json). To specify a different configuration directory, use the -config="..." command line option.`
    diags.error('No Terraform configuration files', detail)
    return finish(view, diags.items)
  }
  const settings = readSettings(context.environment, context.originalDir)
  const given = variableArguments(parsed)
  const { config } = loadConfiguration(settings, diags, { dir, given, anyVersion: true })
  if (diags.hasErrors) return finish(view, diags.items)
  if (!isDeclared(config, address, view, diags)) return diags.hasErrors ? finish(view, diags.items) : 1
  const backend = activeBackend(config.module, settings, context.dialect.command, given, diags)
  let variables = gatherVariables(config, given, settings, diags)
  if (backend === undefined || diags.hasErrors) return finish(view, diags.items)
  if (inputEnabled(context, flag(parsed, 'input', true))) variables = await askForVariables(config, variables, view, diags)
  const args = stateArguments(parsed)
  const request = { mode: 'refreshOnly', refresh: false, targets: [], forceReplace: [], imports: [{ address, importing: { id } }] } as const
  const parallelism = flag(parsed, 'parallelism', 10)
  const output = new HumanOperationView(view)
  const interrupts = { onFirst: () => output.interrupted(), onSecond: async () => output.interruptedAgain() }
  await withInterrupts(interrupts, (stop) => {
    const manager = openStateManager(backend, settings.workspace, args, settings.environment, settings.dataDir)
    const lock = { ...args, signal: stop, onWaiting: onLockWaiting(view, false) }
    return withStateSession(manager, 'import', lock, diags, async (session) => {
      if (session.file !== undefined && tryInstance(session.file.state, address)?.current !== undefined) {
        diags.error(
          'Resource already managed by Terraform',
          `Terraform is already managing a remote object for ${absResourceInstanceToString(address)}. To import to this address you must first remove the existing object from the state.`,
        )
        return
      }
      const operation = { settings, hooks: importHooks(output.hooks(), view), parallelism, stop }
      const { value, diags: found } = await planOperation(config, session, variables, request, operation)
      diags.addAll(found)
      if (value === undefined || diags.hasErrors) return
      const { priorState, outputChanges } = value.plan
      // Checks are nothing that an import has an opinion on.
      const outputs = knownOutputs(priorState.outputs, outputChanges)
      await manager.write({ resources: priorState.resources, outputs, checkResults: session.file?.state.checkResults })
    })
  })
  if (diags.hasErrors) return finish(view, diags.items)
  const { palette, dialect } = view
  view.print(
    `\n${palette.green(`Import successful!\n\nThe resources that were imported are shown above. These resources are now in\nyour ${dialect.product} state and will henceforth be managed by ${dialect.product}.`)}\n\n`,
  )
  return finish(view, diags.items)
}

/** Outputs as the configuration gives them with what is there now, as far as that is known. */
function knownOutputs(stored: State['outputs'], changes: readonly OutputChange[]): State['outputs'] {
  const outputs = new Map(stored)
  for (const { name, after, sensitive } of changes) {
    const value = unmarkDeep(after)
    if (value.isNull) outputs.delete(name)
    else if (value.isWhollyKnown) outputs.set(name, { value, type: value.type, sensitive })
  }
  return outputs
}

/** Whether there is a block for the instance; reported when there is none. */
function isDeclared(root: Config, address: AbsResourceInstance, view: View, diags: Diagnostics): boolean {
  let config: Config | undefined = root
  for (const step of address.module) config = config?.children.get(step.name)
  const path = modulePathToString(toModulePath(address.module))
  if (config === undefined) {
    diags.error(
      'Import to non-existent module',
      `${path} is not defined in the configuration. Please add configuration for this module before importing into it.`,
    )
    return false
  }
  if (config.module.resources.has(resourceToString(address.resource))) return true
  const { type, name } = address.resource
  const where = address.module.length === 0 ? 'the root module' : path
  view.streams.err(
    `Error: resource address ${JSON.stringify(absResourceInstanceToString(address))} does not exist in the configuration.\n\nBefore importing this resource, please create its configuration in ${where}. For example:\n\nresource ${JSON.stringify(type)} ${JSON.stringify(name)} {\n  # (resource arguments)\n}\n\n`,
  )
  return false
}

/** Says what becomes of the import, in Terraform's words for this command. */
function importHooks(hooks: EngineHooks, view: View): EngineHooks {
  const imported = new Map<string, string>()
  const say = (text: string): void => view.print(`${view.palette.bold(text)}\n`)
  return {
    ...hooks,
    prePlanImport(address, importing) {
      const text = absResourceInstanceToString(address)
      imported.set(text, address.resource.type)
      say(`${text}: Importing from ID ${JSON.stringify(importing.id ?? '')}...`)
    },
    preRefresh(address, prior, deposed) {
      const text = absResourceInstanceToString(address)
      const type = imported.get(text)
      if (type !== undefined) say(`${text}: Import prepared!\n  Prepared ${type} for import`)
      return hooks.preRefresh?.(address, prior, deposed)
    },
  }
}
