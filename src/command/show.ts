import { readFileSync } from 'node:fs'
import { assertNever } from '../base/index.ts'
import { type Config, diskFileSystem, loadModule } from '../config/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { looksLikePlanFile, readPlanFile } from '../plans/planfile/index.ts'
import type { StateFile } from '../states/index.ts'
import {
  currentEncryption,
  diagnosticsOf,
  type GivenVariable,
  landformVersion,
  loadConfiguration,
  loadSavedConfiguration,
  loadSchemas,
  neededProviders,
  providerFactories,
  readSettings,
  readSnapshot,
  type Settings,
  terraformVersion,
} from '../workdir/index.ts'
import { schemasOfPlan } from './_operation.ts'
import { currentStateManager, readCurrentState, schemasOfState } from './_state.ts'
import { type FlagSpec, flag, optionalFlag, type ParsedFlags, parseFlags } from './arguments/flags.ts'
import {
  checkViewArguments,
  jsonFlags,
  sensitiveFlags,
  type ViewArguments,
  variableArguments,
  variableFlags,
  viewArguments,
  viewFlags,
} from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import { type JsonDocument, toJson } from './json/json-text.ts'
import { type Schemas, schemasFrom } from './json/schemas.ts'
import { fileStreams } from './json-into.ts'
import { configDocument } from './jsonconfig/index.ts'
import { planJson } from './jsonplan/index.ts'
import { stateJson } from './jsonstate/index.ts'
import { schemaLookup } from './views/operation-human.ts'
import { planText } from './views/plan-text.ts'
import { stateText } from './views/state-text.ts'
import type { Streams } from './views/streams.ts'
import type { View } from './views/view.ts'

/** What is shown, from the options or the old way: one argument that is guessed at. */
type Subject =
  | { readonly kind: 'state' }
  | { readonly kind: 'plan' | 'stateFile'; readonly path: string }
  | { readonly kind: 'config' }
  | { readonly kind: 'module'; readonly dir: string }

/** Where it is shown: to people or as JSON, and as JSON to a file. */
interface Output {
  readonly view: View
  readonly json: boolean
  readonly programs: Streams | undefined
}

export async function showCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { ...viewFlags, ...sensitiveFlags, ...jsonFlags, ...variableFlags, ...subjectFlags }, context.dialect)
  const args = viewArguments(parsed)
  const view = makeView(context, args)
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  checkViewArguments(args, diags)
  const subject = subjectOf(parsed, args, diags)
  if (diags.hasErrors) return failUsage(view, diags.items, 'show')
  const settings = readSettings(context.environment, context.originalDir)
  const output = { view, json: args.json, programs: args.jsonInto === undefined ? undefined : fileStreams(args.jsonInto, context.streams) }
  try {
    switch (subject.kind) {
      case 'state':
        await showCurrent(output, settings, diags)
        break
      case 'plan':
        await showPlan(subject.path, output, settings, diags)
        break
      case 'stateFile':
        await showStateFile(subject.path, output, settings, diags)
        break
      case 'config':
        await showConfig(output, settings, variableArguments(parsed), diags)
        break
      case 'module':
        showModule(subject.dir, output, diags)
        break
      default:
        assertNever(subject)
    }
  } catch (error) {
    diags.addAll(diagnosticsOf(error))
  }
  return finish(view, diags.items)
}

const subjectFlags: Readonly<Record<string, FlagSpec>> = {
  state: { kind: 'bool', beyondTerraform: true },
  plan: { kind: 'string', beyondTerraform: true },
  config: { kind: 'bool', beyondTerraform: true },
  module: { kind: 'string', beyondTerraform: true },
}

function subjectOf(parsed: ParsedFlags, { json, jsonInto }: ViewArguments, diags: Diagnostics): Subject {
  const [path, ...more] = parsed.positional
  const plan = optionalFlag<string>(parsed, 'plan')
  const dir = optionalFlag<string>(parsed, 'module')
  const asked: Subject[] = []
  if (flag(parsed, 'state', false)) asked.push({ kind: 'state' })
  if (plan !== undefined) asked.push({ kind: 'plan', path: plan })
  if (flag(parsed, 'config', false)) asked.push({ kind: 'config' })
  if (dir !== undefined) asked.push({ kind: 'module', dir })
  if (asked.length > 1) {
    diags.error('Conflicting object types to show', 'The -state, -plan, -config, and -module options are mutually-exclusive.')
  } else if (more.length > 0 || (asked.length > 0 && path !== undefined)) {
    diags.error(
      'Too many command line arguments',
      asked.length > 0
        ? 'What is to be shown is selected by an option, so no positional argument is expected.'
        : 'Expected at most one positional argument.',
    )
  }
  const [subject = path === undefined ? { kind: 'state' } : { kind: looksLikePlanFile(path) ? 'plan' : 'stateFile', path }] = asked
  if ((subject.kind === 'config' || subject.kind === 'module') && !json && jsonInto === undefined) {
    diags.error('JSON output required for configuration', 'The -config and -module options show a configuration as JSON only: add -json.')
  }
  return subject
}

async function showCurrent(output: Output, settings: Settings, diags: Diagnostics): Promise<void> {
  const manager = currentStateManager(settings, {}, diags, output.view.dialect.command)
  if (manager === undefined) return
  const file = await readCurrentState(manager, diags)
  if (!diags.hasErrors) await showState(file, output, settings, diags)
}

/** The configuration of the working directory with all its modules. */
async function showConfig(output: Output, settings: Settings, given: readonly GivenVariable[], diags: Diagnostics): Promise<void> {
  const { config } = loadConfiguration(settings, diags, { given })
  if (diags.hasErrors) return
  const schemas = schemasFrom(await loadSchemas(neededProviders(config, undefined), providerFactories(settings, config)))
  printConfig(config, schemas, output)
}

/** One module alone: nothing needs to be installed, and nothing is known of providers. */
function showModule(dir: string, output: Output, diags: Diagnostics): void {
  const module = loadModule(dir, diskFileSystem(), diags, { version: terraformVersion, dialect: output.view.dialect.kind })
  if (module === undefined) diags.error('Module directory does not exist', `Directory ${dir} cannot be read.`)
  if (module === undefined || diags.hasErrors) return
  const config: Config = { path: [], module, children: new Map() }
  printConfig(config, schemasFrom(new Map()), output)
}

function printConfig(config: Config, schemas: Schemas, output: Output): void {
  const document = { format_version: '1.0', ...(configDocument(config, schemas, 'tofu') as Readonly<Record<string, JsonDocument>>) }
  printBoth(output, () => `${toJson(document)}\n`, undefined)
}

/** @param text for people; undefined where there is nothing but JSON. */
function printBoth({ view, json, programs }: Output, document: () => string, text: (() => string) | undefined): void {
  programs?.out(document())
  if (json) view.print(document())
  else if (text !== undefined) view.print(text())
}

async function showStateFile(path: string, output: Output, settings: Settings, diags: Diagnostics): Promise<void> {
  let content: Buffer
  try {
    content = readFileSync(path)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : (error as Error).message
    diags.error(
      'Failed to read the given file as a state or plan file',
      `State read error: Error loading statefile: open ${path}: ${reason}\n\nPlan read error: couldn't load the provided path as either a local plan file (open ${path}: ${reason}) or a saved cloud plan (open ${path}: ${reason})`,
    )
    return
  }
  const { value, diags: found } = await readSnapshot(content, () => currentEncryption(settings, [], diags)?.state)
  diags.addAll(found)
  if (!diags.hasErrors) await showState(value, output, settings, diags)
}

async function showState(file: StateFile | undefined, output: Output, settings: Settings, diags: Diagnostics): Promise<void> {
  const schemas = await schemasOfState(file, settings, diags)
  if (schemas === undefined) return
  const { palette, options } = output.view
  printBoth(
    output,
    () => stateJson(file?.state, file?.terraformVersion ?? terraformVersion, schemas),
    () => stateText(file?.state, schemas, palette, options.showSensitive),
  )
}

async function showPlan(path: string, output: Output, settings: Settings, diags: Diagnostics): Promise<void> {
  const { value: saved, diags: found } = await readPlanFile(path, { landformVersion, seal: currentEncryption(settings, [], diags)?.plan })
  diags.addAll(found)
  if (saved === undefined) return
  const own = new Diagnostics()
  const { config } = loadSavedConfiguration(saved.configFiles, own, { settings, variables: saved.plan.variables })
  diags.addAll(own.items.filter((d) => d.severity === 'error'))
  if (diags.hasErrors) return
  const { plan } = saved
  const schemas = await schemasOfPlan(plan, config, settings)
  const { view } = output
  printBoth(
    output,
    () => planJson({ plan, config, schemas, terraformVersion, dialect: view.dialect.kind, ofBothTools: view.dialect.isOwn }),
    () =>
      planText(plan, {
        palette: view.palette,
        dialect: view.dialect,
        width: view.width,
        inAutomation: view.options.inAutomation,
        schemaFor: schemaLookup(schemas),
        showSensitive: view.options.showSensitive,
      }),
  )
}
