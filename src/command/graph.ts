import {
  absProviderConfigToString,
  absResourceInstanceToString,
  absResourceToString,
  configResourceToString,
  toModulePath,
} from '../addrs/index.ts'
import type { Config } from '../config/index.ts'
import { Graph, reducedEdges } from '../dag/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type OperationGraph, type OperationVertex, operationGraph, resourceGraph } from '../lang/operation-graph.ts'
import type { Plan } from '../plans/index.ts'
import { readPlanFile } from '../plans/planfile/index.ts'
import type { State } from '../states/index.ts'
import {
  activeBackend,
  checkProviders,
  currentEncryption,
  landformVersion,
  loadConfiguration,
  loadSavedConfiguration,
  readSettings,
} from '../workdir/index.ts'
import { currentStateManager, readCurrentState } from './_state.ts'
import { optionalFlag, parseFlags } from './arguments/flags.ts'
import { variableArguments, variableFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import { operationGraphDot, operationGraphMermaid, resourceGraphDot, resourceGraphMermaid } from './views/graph-text.ts'

const types = ['plan', 'plan-refresh-only', 'plan-destroy', 'apply']

/** Draws what depends on what, in the DOT language or as a Mermaid flowchart. */
export async function graphCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    args,
    {
      ...viewFlags,
      ...variableFlags,
      type: { kind: 'string' },
      plan: { kind: 'string' },
      format: { kind: 'string' },
      'draw-cycles': { kind: 'bool' },
      'module-depth': { kind: 'string' },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  if (parsed.positional.length > 0) usage.error('Too many command line arguments', 'The graph command expects no positional arguments.')
  const planPath = optionalFlag<string>(parsed, 'plan')
  const type = optionalFlag<string>(parsed, 'type') ?? (planPath === undefined ? undefined : 'apply')
  const format = optionalFlag<string>(parsed, 'format') ?? 'dot'
  if (type === 'validate' || type === 'eval') {
    const detail = `The graph type "${type}" is no longer available. Use -type=plan instead to get a similar result.`
    usage.error('Graph type no longer available', detail)
  } else if (type !== undefined && !types.includes(type)) {
    usage.error('Unsupported graph type', `The -type=... argument must be either "plan", "plan-refresh-only", "plan-destroy", or "apply".`)
  }
  if (format !== 'dot' && format !== 'mermaid')
    usage.error('Unsupported graph format', 'The -format=... argument must be either "dot" or "mermaid".')
  if (usage.hasErrors) return failUsage(view, usage.items, 'graph')

  const diags = new Diagnostics()
  const settings = readSettings(context.environment, context.originalDir)
  let config: Config
  let plan: Plan | undefined
  if (planPath === undefined) {
    const given = variableArguments(parsed)
    config = loadConfiguration(settings, diags, { given, anyVersion: true }).config
    if (!diags.hasErrors) activeBackend(config.module, settings, context.dialect.command, given, diags)
    if (!diags.hasErrors) checkProviders(config, undefined, settings, diags)
  } else {
    const { value: saved, diags: found } = await readPlanFile(planPath, {
      landformVersion,
      seal: currentEncryption(settings, variableArguments(parsed), diags)?.plan,
    })
    diags.addAll(found)
    if (saved === undefined) return finish(view, diags.items)
    plan = saved.plan
    config = loadSavedConfiguration(saved.configFiles, diags, { settings, variables: plan.variables }).config
  }
  if (diags.hasErrors) return finish(view, diags.items)
  if (type === undefined) {
    const graph = resourceGraph(config)
    view.print(format === 'dot' ? resourceGraphDot(graph, context.dialect.command) : resourceGraphMermaid(graph))
    return 0
  }
  let graph: OperationGraph
  if (type === 'plan-destroy') {
    const manager = currentStateManager(settings, {}, diags, context.dialect.command)
    const file = manager === undefined ? undefined : await readCurrentState(manager, diags)
    if (diags.hasErrors) return finish(view, diags.items)
    graph = destroyGraph(config, file?.state)
  } else graph = operationGraph(config, type === 'apply' ? 'apply' : 'plan', plan === undefined ? undefined : plannedInstances(plan))
  view.print(format === 'dot' ? operationGraphDot(graph) : operationGraphMermaid(graph))
  return 0
}

/** Instances that a plan has something to do for. */
function plannedInstances(plan: Plan): ReadonlyMap<string, readonly string[]> {
  const planned = new Map<string, string[]>()
  for (const { address, action } of plan.changes) {
    if (action === 'noop') continue
    const { module, resource } = address
    const text = configResourceToString({ module: toModulePath(module), resource })
    const list = planned.get(text) ?? []
    planned.set(text, list)
    list.push(absResourceInstanceToString(address))
  }
  return planned
}

/** What has to be destroyed, each object after all that depend on it as it is recorded. */
function destroyGraph(config: Config, state: State | undefined): OperationGraph {
  const graph = new Graph()
  const vertices: OperationVertex[] = []
  const add = (name: string, kind: OperationVertex['kind'], label: string): number => {
    vertices.push({ name, kind, label })
    return graph.addVertex()
  }
  const byResource = new Map<string, number[]>()
  const waiting: { readonly vertex: number; readonly dependencies: readonly string[] }[] = []
  const providers = new Map<string, { readonly open: number; readonly close: number }>()
  for (const { address, provider, instances } of state?.resources.values() ?? []) {
    if (address.resource.mode !== 'managed') continue
    const providerName = absProviderConfigToString(provider)
    let ends = providers.get(providerName)
    if (ends === undefined) {
      ends = { open: add(providerName, 'provider', providerName), close: add(`${providerName} (close)`, 'other', providerName) }
      providers.set(providerName, ends)
    }
    const label = absResourceToString(address)
    const text = configResourceToString({ module: toModulePath(address.module), resource: address.resource })
    const own = byResource.get(text) ?? []
    byResource.set(text, own)
    for (const { current } of instances.values()) {
      // Instances of one resource have one name here.
      const vertex = add(`${label} (destroy)`, 'instance', label)
      own.push(vertex)
      graph.addEdge(vertex, ends.open)
      graph.addEdge(ends.close, vertex)
      waiting.push({ vertex, dependencies: current?.dependencies ?? [] })
    }
  }
  for (const { vertex, dependencies } of waiting) {
    for (const dependency of dependencies) for (const other of byResource.get(dependency) ?? []) graph.addEdge(other, vertex)
  }
  for (const name of config.module.outputs.keys()) add(`output.${name} (expand)`, 'other', name)
  const end = add('root', 'other', 'root')
  for (let v = 0; v < end; v++) graph.addEdge(end, v)
  return { vertices, edges: reducedEdges(graph) }
}
