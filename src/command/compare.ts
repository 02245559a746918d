import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import { localStatePath } from '../statemgr/index.ts'
import { readSettings, recordedBackend, type Settings } from '../workdir/index.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { variableArguments, variableFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type Difference, differences } from './comparison/differences.ts'
import { type JsonObject, normalPlan } from './comparison/normal-form.ts'
import { runTool, type ToolRun } from './comparison/run-tool.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import { withInterrupts } from './interrupts.ts'
import { indentJson, toJson } from './json/json-text.ts'
import { comparisonText } from './views/comparison-text.ts'

/** What one tool made of a folder. */
export interface ToolPlan {
  readonly name: string
  /** Of planning alone. */
  readonly run: ToolRun
  /** Undefined when there is no plan. */
  readonly document: JsonObject | undefined
}

/**
 * Plans a folder with Landform and with another tool and tells where the plans differ. Nothing is written: plans go to a temporary folder,
 * local states are read from a copy, and no lock is taken. 0: the plans are the same, 2: they are not, 1: there is nothing to compare.
 */
export async function compareCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      ...variableFlags,
      json: { kind: 'bool' },
      with: { kind: 'string' },
      refresh: { kind: 'bool' },
      destroy: { kind: 'bool' },
      target: { kind: 'string', repeatable: true },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  const [dir = '.', ...more] = parsed.positional
  if (more.length > 0) usage.error('Too many command line arguments', 'Expected at most one positional argument: the folder to plan.')
  if (!existsSync(dir)) usage.error('No such folder', `There is no folder ${JSON.stringify(dir)}.`)
  if (usage.hasErrors) return failUsage(view, usage.items, 'compare')
  const other = flag(parsed, 'with', 'terraform')
  const options = parsed.given
    .filter(({ name }) => ['refresh', 'destroy', 'target'].includes(name))
    .map(({ name, value }) => `-${name}=${value}`)
  const given = variableArguments(parsed).flatMap(({ kind, value }) => [kind === 'var' ? '-var' : '-var-file', value])
  process.chdir(dir)
  const scratch = mkdtempSync(join(tmpdir(), 'landform-compare-'))
  try {
    const settings = readSettings(context.environment, context.originalDir)
    const args = [...options, ...given]
    const diags = new Diagnostics()
    const plans = await withInterrupts({ onFirst: () => {}, onSecond: async () => {} }, async (stop) => [
      await planWith('landform', ownArgv(), args, join(scratch, 'ours'), settings, context, stop, diags),
      await planWith(other, [other], args, join(scratch, 'theirs'), settings, context, stop, diags),
    ])
    const [ours, theirs] = plans as [ToolPlan, ToolPlan]
    const found = ours.document === undefined || theirs.document === undefined ? undefined : compared(ours.document, theirs.document)
    if (flag(parsed, 'json', false)) view.print(`${indentJson(toJson(comparisonJson(ours, theirs, found)))}\n`)
    else view.print(comparisonText(ours, theirs, found, view.palette))
    view.diagnostics(diags.items)
    return found === undefined ? 1 : found.length === 0 ? 0 : 2
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function compared(ours: JsonObject, theirs: JsonObject): readonly Difference[] {
  return differences(normalPlan(ours), normalPlan(theirs))
}

/** This program, as it was started. */
function ownArgv(): readonly string[] {
  return [process.execPath, ...process.execArgv, process.argv[1]!]
}

async function planWith(
  name: string,
  program: readonly string[],
  args: readonly string[],
  scratch: string,
  settings: Settings,
  context: CommandContext,
  stop: AbortSignal,
  diags: Diagnostics,
): Promise<ToolPlan> {
  mkdirSync(scratch)
  // What is set for people at a terminal would change what programs print.
  const environment = { ...context.environment, TF_IN_AUTOMATION: '1', TF_CLI_ARGS: '', TF_CLI_ARGS_plan: '', TF_CLI_ARGS_show: '' }
  const path = join(scratch, 'plan')
  const state = copyOfState(settings, scratch)
  const plan = await runTool(
    [...program, 'plan', '-input=false', '-lock=false', '-no-color', ...state, `-out=${path}`, ...args],
    scratch,
    environment,
    stop,
  )
  const failed = (step: string, run: ToolRun): ToolPlan => {
    diags.error(
      `No plan of ${name}`,
      `${name} ${step} has failed with status ${run.exitCode}:\n\n${run.stderr.trim() || run.stdout.trim()}`,
    )
    return { name, run: plan, document: undefined }
  }
  if (plan.exitCode !== 0) return failed('plan', plan)
  const show = await runTool([...program, 'show', '-no-color', '-json', path], scratch, environment, stop)
  if (show.exitCode !== 0) return failed('show', show)
  return { name, run: plan, document: JSON.parse(show.stdout) as JsonObject }
}

/** The option that makes a tool read a copy of the local state; none where states are elsewhere, or where there is none. */
function copyOfState(settings: Settings, scratch: string): readonly string[] {
  const recorded = recordedBackend(settings)
  if (recorded !== undefined && recorded.type !== 'local') return []
  const text = (name: string, otherwise: string): string => {
    const value = recorded?.config[name]
    return typeof value === 'string' && value !== '' ? value : otherwise
  }
  const file = localStatePath(settings.workspace, text('path', 'terraform.tfstate'), text('workspace_dir', 'terraform.tfstate.d'))
  if (!existsSync(file)) return []
  const copy = join(scratch, 'state')
  copyFileSync(file, copy)
  return [`-state=${copy}`]
}

function comparisonJson(ours: ToolPlan, theirs: ToolPlan, found: readonly Difference[] | undefined) {
  const tool = ({ name, run, document }: ToolPlan) => ({
    name,
    planned: document !== undefined,
    exit_code: run.exitCode,
    cpu_ms: Math.round(run.cpuMs),
    wall_ms: Math.round(run.wallMs),
  })
  return {
    format_version: '1.0',
    equal: found === undefined ? null : found.length === 0,
    tools: [tool(ours), tool(theirs)],
    differences: (found ?? []).map((d) => ({ path: d.path, landform: d.ours, [theirs.name]: d.theirs })),
  }
}
