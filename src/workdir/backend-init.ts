import { mkdirSync, readFileSync } from 'node:fs'
import { convert, objectVal, stringVal, type Value } from '../cty/index.ts'
import { Diagnostics, Source } from '../diags/index.ts'
import { parseHcl, parseJsonBody } from '../hcl/index.ts'
import { attributeConfigType, decodeBody } from '../schema/index.ts'
import { writeFileAtomically } from '../statemgr/index.ts'
import {
  type BackendRecord,
  type BackendSettings,
  checkBackend,
  decodeBackendBlock,
  defaultBackend,
  openStore,
  recordedBackend,
  recordPath,
  sameBackend,
  settingsOf,
  warnOfDeprecated,
} from './backend.ts'
import { type BackendDialog, noAnswer } from './backend-dialog.ts'
import { migrateStates } from './backend-migrate.ts'
import { type BackendType, backendType, tryBackendType } from './backend-types.ts'
import { loadRootModule } from './configuration.ts'
import { encryptionOf } from './encryption.ts'
import { diagnosticsOf, type LockSettings } from './session.ts'
import { checkNamedWorkspace, type Settings, selectedWorkspace } from './settings.ts'
import type { GivenVariable } from './variables.ts'
import { terraformVersion } from './versions.ts'
import { selectWorkspace } from './workspaces.ts'

export interface BackendInitOptions {
  /** Use what is configured, whatever was used before. */
  readonly reconfigure: boolean
  /** Bring states over from what was used before. */
  readonly migrateState: boolean
  /** The same, answering every question with yes. */
  readonly forceCopy?: boolean | undefined
  /** `-backend-config` as given: files, and `NAME=VALUE`. Later ones win. */
  readonly backendConfig?: readonly string[] | undefined
  readonly lock?: LockSettings | undefined
  /** Values that the backend's arguments may depend on. */
  readonly given?: readonly GivenVariable[] | undefined
}

/** Backend stage of init: finds what is configured, brings states over where that is wanted, and records it. What goes wrong is reported. */
export async function initBackend(
  settings: Settings,
  options: BackendInitOptions,
  dialog: BackendDialog,
  product: string,
  command: string,
  diags: Diagnostics,
): Promise<void> {
  if (!checkNamedWorkspace(settings, diags)) return
  const replaced = new Diagnostics()
  try {
    await useBackend(settings, options, dialog, product, command, replaced, diags)
  } catch (error) {
    diags.addAll(diagnosticsOf(error))
  }
  if (diags.hasErrors) diags.addAll(replaced.items)
}

/** @param replaced what is to be told of arguments that have been replaced by others: as in Terraform, only where something goes wrong. */
async function useBackend(
  settings: Settings,
  options: BackendInitOptions,
  dialog: BackendDialog,
  product: string,
  command: string,
  replaced: Diagnostics,
  diags: Diagnostics,
): Promise<void> {
  const own = new Diagnostics()
  const module = loadRootModule(settings, own, { given: options.given })
  diags.addAll(own.items)
  if (module === undefined || own.hasErrors) return
  const encryption = encryptionOf(module, settings, options.given ?? [], diags)
  if (encryption === undefined) return
  const sealed = <T extends BackendSettings>(backend: T): T => ({ ...backend, seal: encryption.state })
  const block = module.backend
  const recorded = recordedBackend(settings)
  const given = options.backendConfig ?? []
  // An empty one takes back what stands before it.
  const overrides = given.slice(given.lastIndexOf('') + 1)
  if (block === undefined) {
    if (overrides.length > 0) {
      diags.warning(
        'Missing backend configuration',
        `-backend-config was used without a "backend" block in the configuration.\n\nIf you intended to override the default local backend configuration,\nno action is required, but you may add an explicit backend block to your\nconfiguration to clear this warning:\n\nterraform {\n  backend "local" {}\n}\n\nHowever, if you intended to override a defined backend, please verify that\nthe backend configuration is present and valid.\n`,
      )
    }
    if (recorded !== undefined) await unsetBackend(sealed(recorded), settings, options, dialog, product, command, diags)
    return
  }
  const decoded = decodeBackendBlock(block, diags)
  if (decoded === undefined) return
  // What was given at an earlier init counts as long as the block says the same.
  if (!options.reconfigure && recorded?.type === decoded.type && recorded.hash === decoded.hash && given.length === 0) {
    await chooseWorkspace(sealed(recorded), settings, dialog, diags)
    return
  }
  const type = tryBackendType(decoded.type)!
  const merged = mergeOverrides(decoded.config, type, overrides, diags)
  if (diags.hasErrors) return
  const wanted = await askForMissing(settingsOf(decoded.type, merged), type, dialog, diags)
  // Reconfigured is as if there had never been another backend: only what lies in this folder is brought over.
  const before = options.reconfigure ? undefined : recorded
  if (before !== undefined && mayMigrate(options)) warnOfDeprecated(before, undefined, replaced)
  if (wanted !== undefined && (before === undefined || mayMigrate(options))) warnOfDeprecated(wanted, block, replaced)
  if (wanted === undefined || !checkBackend(wanted, settings.environment, block, diags)) return
  if (before !== undefined && sameBackend(before, wanted)) {
    if (await chooseWorkspace(sealed(wanted), settings, dialog, diags)) await record(settings, { ...wanted, hash: decoded.hash }, diags)
    return
  }
  if (before !== undefined && !mayMigrate(options)) return reportChange(command, diags)
  if (!(await bringOver(before && sealed(before), sealed(wanted), settings, options, dialog, product, diags))) return
  if (!(await chooseWorkspace(sealed(wanted), settings, dialog, diags))) return
  await record(settings, { ...wanted, hash: decoded.hash }, diags)
  if (diags.hasErrors) return
  dialog.say(
    `\nSuccessfully configured the backend ${JSON.stringify(wanted.type)}! ${product} will automatically\nuse this backend unless the backend configuration changes.`,
    'backend_configured_success',
  )
}

/**
 * Where the selected workspace is not among those of a backend, another one is chosen: the only one there is, or whichever people name. False with
 * the reason reported when none is.
 */
async function chooseWorkspace(backend: BackendSettings, settings: Settings, dialog: BackendDialog, diags: Diagnostics): Promise<boolean> {
  const workspace = selectedWorkspace(settings)
  if (workspace === 'default') return true
  const names = await openStore(backend, settings.environment).workspaces()
  if (names === undefined || names.includes(workspace)) return true
  if (names.length === 1) {
    selectWorkspace(settings, names[0]!)
    return true
  }
  if (!dialog.input) {
    // Programs look for this sentence.
    diags.error(
      `Currently selected workspace ${JSON.stringify(workspace)} does not exist`,
      `Those that do are ${names.join(', ')}: name one of them in TF_WORKSPACE, or run init with input and choose.`,
    )
    return false
  }
  const answer = await dialog.ask(
    `\nThe currently selected workspace (${workspace}) does not exist.`,
    `This is expected behavior when the selected workspace did not have an\nexisting non-empty state. Please enter a number to select a workspace:\n\n${names.map((name, i) => `${i + 1}. ${name}`).join('\n')}`,
  )
  const chosen = answer === undefined || !/^\s*\d+\s*$/.test(answer) ? undefined : names[Number(answer) - 1]
  if (chosen === undefined) {
    diags.error(`Failed to select workspace: ${answer === undefined ? noAnswer(dialog) : 'input not a valid number'}`, '')
    return false
  }
  selectWorkspace(settings, chosen)
  return true
}

function mayMigrate(options: BackendInitOptions): boolean {
  return options.migrateState || options.forceCopy === true
}

function reportChange(command: string, diags: Diagnostics): void {
  diags.error(
    'Backend configuration changed',
    `A change in the backend configuration has been detected, which may require migrating existing state.\n\nIf you wish to attempt automatic migration of the state, use "${command} init -migrate-state".\nIf you wish to store the current configuration with no changes to the state, use "${command} init -reconfigure".`,
  )
}

/** The states of the backend before, if there was one, or of this folder. False when something is in the way. */
async function bringOver(
  recorded: BackendRecord | undefined,
  wanted: BackendSettings,
  settings: Settings,
  options: BackendInitOptions,
  dialog: BackendDialog,
  product: string,
  diags: Diagnostics,
): Promise<boolean> {
  if (recorded !== undefined) {
    if (backendType(recorded.type, diags) === undefined) return false
    dialog.say(
      recorded.type === wanted.type
        ? `Backend configuration changed!\n\n${product} has detected that the configuration specified for the backend\nhas changed. ${product} will now check for existing state in the backends.\n`
        : `${product} detected that the backend type changed from ${JSON.stringify(recorded.type)} to ${JSON.stringify(wanted.type)}.\n`,
    )
  }
  return migrateStates(
    { from: recorded ?? { ...defaultBackend, seal: wanted.seal }, to: wanted, isInitial: recorded === undefined },
    settings,
    options,
    dialog,
    product,
    diags,
  )
}

/** The block is gone: states come back into this folder. */
async function unsetBackend(
  recorded: BackendRecord & BackendSettings,
  settings: Settings,
  options: BackendInitOptions,
  dialog: BackendDialog,
  product: string,
  command: string,
  diags: Diagnostics,
): Promise<void> {
  if (!options.reconfigure && !mayMigrate(options)) return reportChange(command, diags)
  if (!options.reconfigure) {
    if (backendType(recorded.type, diags) === undefined) return
    dialog.say(`${product} has detected you're unconfiguring your previously set ${JSON.stringify(recorded.type)} backend.`)
    const done = await migrateStates(
      { from: recorded, to: { ...defaultBackend, seal: recorded.seal }, isInitial: false },
      settings,
      options,
      dialog,
      product,
      diags,
    )
    if (!done) {
      warnOfDeprecated(recorded, undefined, diags)
      return
    }
  }
  await record(settings, undefined, diags)
  if (diags.hasErrors) return
  dialog.say(
    `\n\nSuccessfully unset the backend ${JSON.stringify(recorded.type)}. ${product} will now operate locally.`,
    'backend_configured_unset',
  )
}

/** Writes down what later commands go by, as Terraform does; without a backend the states of this folder. */
async function record(settings: Settings, backend: BackendRecord | undefined, diags: Diagnostics): Promise<void> {
  const json = { version: 3, terraform_version: terraformVersion, backend }
  try {
    mkdirSync(settings.dataDir, { recursive: true })
    await writeFileAtomically(recordPath(settings), JSON.stringify(json, undefined, 2))
  } catch (error) {
    diags.error(
      'Failed to record the backend',
      `Writing ${recordPath(settings)} failed: ${(error as Error).message}. The backend is not in use yet; make room or give the permission that is missing, and run init again.`,
    )
  }
}

/** The arguments with what the command line says instead of the block, or beside it. */
function mergeOverrides(config: Value, type: BackendType, overrides: readonly string[], diags: Diagnostics): Value {
  const members = new Map(config.asMap())
  for (const text of overrides) {
    const equals = text.indexOf('=')
    // As Terraform: a file whose name has an equals sign is not to be had this way.
    if (equals === -1) mergeFile(text, type, members, diags)
    else mergeArgument(text.slice(0, equals), text.slice(equals + 1), type, members, diags)
  }
  return objectVal(members)
}

function mergeArgument(name: string, text: string, type: BackendType, members: Map<string, Value>, diags: Diagnostics): void {
  const attribute = Object.hasOwn(type.schema.attributes, name) ? type.schema.attributes[name]! : undefined
  if (attribute === undefined) {
    diags.error(
      'Invalid backend configuration argument',
      `The backend configuration argument ${JSON.stringify(name)} given on the command line is not expected for the selected backend type.`,
    )
    return
  }
  const wanted = attributeConfigType(attribute)
  const isText = wanted.kind === 'string' || wanted.kind === 'number' || wanted.kind === 'bool'
  const value = isText ? stringVal(text) : expressionValue(name, text, type, diags)
  if (value === undefined) return
  try {
    members.set(name, convert(value, wanted))
  } catch (error) {
    diags.error(
      'Invalid backend configuration argument',
      `The backend configuration argument ${JSON.stringify(name)} given on the command line is invalid: ${(error as Error).message}.`,
    )
  }
}

/** Collections are written as in configuration. */
function expressionValue(name: string, text: string, type: BackendType, diags: Diagnostics): Value | undefined {
  const own = new Diagnostics()
  const { body } = parseHcl(new Source(`<value for ${name}>`, `${name} = ${text}\n`), own)
  const value = own.hasErrors ? undefined : decodeBody(body, type.schema, undefined, own)
  diags.addAll(own.items)
  return own.hasErrors ? undefined : value!.getAttr(name)
}

function mergeFile(path: string, type: BackendType, members: Map<string, Value>, diags: Diagnostics): void {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    diags.error('Failed to read file', `The file ${JSON.stringify(path)} could not be read.`)
    return
  }
  const own = new Diagnostics()
  const source = new Source(path, text)
  const body = path.endsWith('.json') ? parseJsonBody(source, own) : parseHcl(source, own).body
  const value = own.hasErrors ? undefined : decodeBody(body, type.schema, undefined, own)
  diags.addAll(own.items)
  if (own.hasErrors || value === undefined) return
  for (const [name, member] of value.asMap()) if (!member.isNull) members.set(name, member)
}

/** What must be given and is not is asked for; without input it stays missing, which is reported later. */
async function askForMissing(
  wanted: BackendSettings,
  type: BackendType,
  dialog: BackendDialog,
  diags: Diagnostics,
): Promise<BackendSettings | undefined> {
  const config = { ...wanted.config }
  if (!dialog.input) return wanted
  for (const [name, description] of Object.entries(type.required)) {
    if (config[name] !== null && config[name] !== undefined && config[name] !== '') continue
    const answer = await dialog.ask(name, description)
    if (answer === undefined) {
      diags.error(`Error asking for input to configure backend ${JSON.stringify(wanted.type)}: ${name}: ${noAnswer(dialog)}`, '')
      return undefined
    }
    config[name] = answer
  }
  return { type: wanted.type, config }
}
