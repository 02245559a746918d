import { readFileSync } from 'node:fs'
import { Diagnostics } from '../diags/index.ts'
import { looksLikePlanFile, readPlanFile } from '../plans/planfile/index.ts'
import type { StateFile } from '../states/index.ts'
import {
  currentEncryption,
  diagnosticsOf,
  landformVersion,
  loadSavedConfiguration,
  readSettings,
  readSnapshot,
  type Settings,
  terraformVersion,
} from '../workdir/index.ts'
import { schemasOfPlan } from './_operation.ts'
import { currentStateManager, readCurrentState, schemasOfState } from './_state.ts'
import { parseFlags } from './arguments/flags.ts'
import { jsonFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import { planJson } from './jsonplan/index.ts'
import { stateJson } from './jsonstate/index.ts'
import { schemaLookup } from './views/operation-human.ts'
import { planText } from './views/plan-text.ts'
import { stateText } from './views/state-text.ts'
import type { View } from './views/view.ts'

export async function showCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { ...viewFlags, ...jsonFlags })
  const args = viewArguments(parsed)
  const view = makeView(context, args)
  const diags = new Diagnostics()
  diags.add(...parsed.diags)
  const [path, ...more] = parsed.positional
  if (more.length > 0) {
    diags.error('Too many command line arguments', 'Expected at most one positional argument.')
  }
  if (diags.hasErrors) return failUsage(view, diags.items, 'show')
  const settings = readSettings(context.environment, context.originalDir)
  try {
    if (path === undefined) await showCurrent(args.json, view, settings, diags)
    else if (looksLikePlanFile(path)) await showPlan(path, args.json, view, settings, diags)
    else await showStateFile(path, args.json, view, settings, diags)
  } catch (error) {
    diags.add(...diagnosticsOf(error))
  }
  return finish(view, diags.items)
}

async function showCurrent(json: boolean, view: View, settings: Settings, diags: Diagnostics): Promise<void> {
  const manager = currentStateManager(settings, {}, diags)
  if (manager === undefined) return
  const file = await readCurrentState(manager, diags)
  if (!diags.hasErrors) await showState(file, json, view, settings)
}

async function showStateFile(path: string, json: boolean, view: View, settings: Settings, diags: Diagnostics): Promise<void> {
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
  diags.add(...found)
  if (!diags.hasErrors) await showState(value, json, view, settings)
}

async function showState(file: StateFile | undefined, json: boolean, view: View, settings: Settings): Promise<void> {
  const schemas = await schemasOfState(file, settings)
  if (json) view.print(stateJson(file?.state, file?.terraformVersion ?? terraformVersion, schemas))
  else view.print(stateText(file?.state, schemas, view.palette))
}

async function showPlan(path: string, json: boolean, view: View, settings: Settings, diags: Diagnostics): Promise<void> {
  const { value: saved, diags: found } = await readPlanFile(path, { landformVersion, seal: currentEncryption(settings, [], diags)?.plan })
  diags.add(...found)
  if (saved === undefined) return
  const own = new Diagnostics()
  const { config } = loadSavedConfiguration(saved.configFiles, own, { settings, variables: saved.plan.variables })
  diags.add(...own.items.filter((d) => d.severity === 'error'))
  if (diags.hasErrors) return
  const { plan } = saved
  const schemas = await schemasOfPlan(plan, config, settings)
  if (json) view.print(planJson({ plan, config, schemas, terraformVersion, dialect: view.dialect.kind, ofBothTools: view.dialect.isOwn }))
  else {
    view.print(
      planText(plan, {
        palette: view.palette,
        dialect: view.dialect,
        width: view.width,
        inAutomation: view.options.inAutomation,
        schemaFor: schemaLookup(schemas),
      }),
    )
  }
}
