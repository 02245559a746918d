import { randomBytes } from 'node:crypto'
import {
  type AbsProviderConfig,
  absProviderConfigKey,
  type ProviderSource,
  providerSourceKey,
  resourceToString,
  toModulePath,
} from '../addrs/index.ts'
import { type Config, configAt, providerSourceFor } from '../config/index.ts'
import { walkGraph } from '../dag/index.ts'
import { type Diagnostic, Diagnostics, type Source, type SourceRange } from '../diags/index.ts'
import { functionTable } from '../lang/functions/index.ts'
import type { ProviderSchema } from '../providers/index.ts'
import type { State } from '../states/index.ts'
import { Limiter } from './_limiter.ts'
import { isPromise, type MaybePromise, runSteps, type Steps, wait } from './_steps.ts'
import { type Block, type BlockGraph, buildBlockGraph, Dependencies, reportCycles, reportSelfReferences } from './blocks.ts'
import { CheckLog } from './check-log.ts'
import { checkRootAliases } from './declarations.ts'
import { deprecatedUses } from './deprecations.ts'
import { EphemeralObjects } from './ephemeral-objects.ts'
import { Evaluation } from './evaluation.ts'
import { FunctionResults } from './function-results.ts'
import type { EngineInput } from './input.ts'
import { OpenProviders, startFailure } from './open-providers.ts'
import { FunctionCalls, settleFunctions } from './provider-functions.ts'
import { type ProviderMap, providerMap } from './provider-map.ts'

/** What all phases share: the configuration with its graph, the values so far, the providers. */
export interface Run {
  readonly input: EngineInput
  readonly phase: 'validate' | 'plan' | 'apply'
  readonly graph: BlockGraph
  readonly providerMap: ProviderMap
  /** By `providerSourceKey`. */
  readonly schemas: ReadonlyMap<string, ProviderSchema>
  readonly evaluation: Evaluation
  readonly providers: OpenProviders
  readonly limiter: Limiter
  readonly ephemerals: EphemeralObjects
  /** Of providers. */
  readonly functions: FunctionCalls
  readonly functionResults: FunctionResults
  readonly checks: CheckLog
  /** Made when first asked for: it takes memory in large configurations. */
  readonly dependencies: () => Dependencies
  readonly randomHex: (digits: number) => string
}

/**
 * Undefined when the configuration cannot be evaluated at all, with the reasons reported.
 *
 * @param planned what functions gave while planning
 */
export function* startRun(
  input: EngineInput,
  phase: Run['phase'],
  state: State | undefined,
  planTimestamp: string | undefined,
  diags: Diagnostics,
  planned?: ReadonlyMap<string, string>,
): Steps<Run | undefined> {
  const groundwork = yield* groundworkOf(input, state === undefined ? [] : storedProviderConfigs(state, input.config), diags)
  diags.addAll(groundwork.diags.items)
  if (groundwork.diags.hasErrors) return undefined
  // Validating tells of them block by block, beside whatever else is wrong.
  if (phase !== 'validate') diags.addAll(groundwork.graph.badReferences)
  if (phase === 'plan') {
    checkRootAliases(input.config, diags)
    reportSelfReferences(groundwork.graph, diags)
  }
  if (diags.hasErrors) return undefined
  const { map, schemas, graph } = groundwork
  const table = input.language ?? functionTable({ baseDir: input.baseDir ?? '.', planTimestamp, pure: phase !== 'apply', now: input.now })
  const limiter = new Limiter(input.parallelism ?? 10)
  const checks = new CheckLog()
  if (phase !== 'validate') declareChecks(graph, checks)
  const providers = new OpenProviders(input.providers, input.standIns)
  const functionResults = new FunctionResults(table, planned)
  const functions = new FunctionCalls(map, schemas, graph, providers, functionResults)
  yield* functions.start(diags)
  if (diags.hasErrors) {
    yield* providers.closeAll()
    return undefined
  }
  return {
    input,
    phase,
    graph,
    providerMap: map,
    schemas,
    evaluation: new Evaluation(input.config, {
      functions: (config) => (input.functions === undefined ? functions.tableOf(config) : { lookUp: input.functions, names: table.names }),
      applying: phase === 'apply',
      validating: phase === 'validate',
      cwd: input.cwd,
      workspace: input.workspace ?? 'default',
      deprecatedUses: phase === 'validate' ? undefined : deprecatedUses(input),
    }),
    providers,
    functions,
    functionResults,
    limiter,
    ephemerals: new EphemeralObjects(input.hooks, limiter),
    checks,
    dependencies: () => (groundwork.dependencies ??= new Dependencies(graph)),
    randomHex:
      input.randomHex ??
      ((digits) =>
        randomBytes(Math.ceil(digits / 2))
          .toString('hex')
          .slice(0, digits)),
  }
}

/** Everything that can be checked is listed in the results, also where the run does not get to it. */
function declareChecks(graph: BlockGraph, checks: CheckLog): void {
  for (const block of graph.blocks) {
    // There is one root module, whatever becomes of its variables.
    if (block.kind === 'variable' && block.rules.length > 0) {
      if (block.config.path.length === 0) checks.expect('var', block.name, block.name)
      else checks.declare('var', block.name)
    } else if (block.kind === 'resource' && block.preconditions.length + block.postconditions.length > 0)
      checks.declare('resource', block.name)
    else if (block.kind === 'output' && block.preconditions.length > 0) checks.declare('output', block.name)
    else if (block.kind === 'check') checks.declare('check', block.name)
  }
}

/** What can be said of a configuration before anything is evaluated. */
interface Groundwork {
  readonly providers: EngineInput['providers']
  readonly map: ProviderMap
  readonly schemas: ReadonlyMap<string, ProviderSchema>
  readonly graph: BlockGraph
  readonly diags: Diagnostics
  dependencies: Dependencies | undefined
}

/** One command validates, plans, and perhaps refreshes and applies the same configuration: those without stored objects of other providers share it. */
const groundworks = new WeakMap<Config, Groundwork>()

function* groundworkOf(input: EngineInput, stored: readonly AbsProviderConfig[], diags: Diagnostics): Steps<Groundwork> {
  const { config, providers } = input
  const known = groundworks.get(config)
  if (known?.providers === providers && stored.every((address) => known.graph.providers.has(absProviderConfigKey(address)))) return known
  const map = providerMap(config)
  const missing = new Diagnostics()
  const schemas = yield* loadSchemas(input, map, stored, missing)
  diags.addAll(missing.items)
  const own = new Diagnostics()
  const graph = buildBlockGraph(
    { config, providerMap: map, schemas, storedProviders: stored, provisionerSchema: (type) => input.provisioners?.schemaOf(type) },
    own,
  )
  reportCycles(graph, own)
  const made: Groundwork = { providers, map, schemas, graph, diags: own, dependencies: undefined }
  if (stored.length === 0 && !missing.hasErrors) groundworks.set(config, made)
  return made
}

/** Configurations of providers that stored objects need. One that is gone is needed by what is not configured any more: for the rest there is another. */
function storedProviderConfigs(state: State, config: Config): AbsProviderConfig[] {
  const found = new Map<AbsProviderConfig | string, AbsProviderConfig>()
  const byText = new Map<string, AbsProviderConfig>()
  for (const { address, provider } of state.resources.values()) {
    if (found.has(provider)) continue
    const mayBeGone = provider.alias !== undefined || provider.module.length > 0
    if (mayBeGone && !hasProviderConfig(config, provider)) {
      const resources = configAt(config, toModulePath(address.module))?.module.resources
      if (resources?.has(resourceToString(address.resource))) continue
    }
    found.set(provider, provider)
    byText.set(absProviderConfigKey(provider), provider)
  }
  return [...byText.keys()].sort().map((text) => byText.get(text)!)
}

function hasProviderConfig(root: Config, { module: path, source, alias }: AbsProviderConfig): boolean {
  const module = configAt(root, path)?.module
  if (module === undefined) return false
  const key = providerSourceKey(source)
  return [...module.providerConfigs.values()].some(
    (c) => c.alias === alias && providerSourceKey(providerSourceFor(module, c.localName)) === key,
  )
}

function* loadSchemas(
  input: EngineInput,
  map: ProviderMap,
  stored: readonly AbsProviderConfig[],
  diags: Diagnostics,
): Steps<ReadonlyMap<string, ProviderSchema>> {
  const sources = new Map<string, ProviderSource>()
  const add = (source: ProviderSource): void => {
    const key = providerSourceKey(source)
    if (!sources.has(key)) sources.set(key, source)
  }
  const visit = (config: Config): void => {
    const { module } = config
    const names = new Set([
      ...[...module.resources.values()].map((r) => r.provider.localName),
      ...[...module.checks.values()].flatMap((c) => (c.data === undefined ? [] : [c.data.provider.localName])),
      ...[...module.providerConfigs.values()].map((p) => p.localName),
      ...(mentionsFunctions(config) ? module.requiredProviders.keys() : []),
    ])
    for (const name of names) add(map.sourceOf(config, name))
    for (const child of config.children.values()) visit(child)
  }
  visit(input.config)
  for (const address of stored) add(address.source)
  const schemas = new Map<string, ProviderSchema>()
  for (const key of [...sources.keys()].sort()) {
    let schema: ProviderSchema | undefined
    try {
      schema = yield* wait(input.providers.schemaOf(sources.get(key)!))
    } catch (error) {
      diags.addAll(startFailure(error, sources.get(key)!))
      continue
    }
    if (schema !== undefined) schemas.set(key, schema)
    else {
      diags.error(
        'Missing required provider',
        `This configuration requires provider ${key}, but that provider isn't available. You may be able to install it automatically by running:\n  terraform init`,
      )
    }
  }
  return schemas
}

/** Whether a module may call functions of the providers that it requires. */
function mentionsFunctions({ module }: Config): boolean {
  const seen = new Set<Source>()
  const mentions = (range: SourceRange | undefined): boolean => {
    if (range === undefined || seen.has(range.source)) return false
    seen.add(range.source)
    return range.source.text.includes('provider::')
  }
  const all: readonly Iterable<{ readonly range: SourceRange }>[] = [
    module.locals.values(),
    module.outputs.values(),
    module.resources.values(),
    module.moduleCalls.values(),
    module.checks.values(),
    module.variables.values(),
  ]
  for (const items of all) for (const { range } of items) if (mentions(range)) return true
  return false
}

/** What a visit of a block reports to and answers: whether what waits for the block can go on. */
export type BlockVisitor = (block: Block, diags: Diagnostics) => MaybePromise<boolean>

function* settled(run: Run, block: Block, visit: BlockVisitor, diags: Diagnostics): Steps<boolean> {
  yield* settleFunctions(run, block)
  return yield* wait(visit(block, diags))
}

/**
 * Visits the blocks in the order of their references. Diagnostics come out in the order of the configuration, however long which
 * visit took. Blocks for which `included` says no count as done.
 */
export function* visitBlocks(
  run: Run,
  visit: BlockVisitor,
  included: ((block: Block) => boolean) | undefined,
  diags: Diagnostics,
): Steps<void> {
  const { blocks, graph } = run.graph
  const reported: (readonly Diagnostic[] | undefined)[] = []
  const stop = run.input.stop
  const collect = (): void => {
    for (const items of reported) if (items !== undefined) diags.addAll(items)
  }
  try {
    yield* wait(
      walkGraph(graph, {
        stopped: stop === undefined ? undefined : () => stop.aborted,
        visit: (vertex) => {
          const block = blocks[vertex]!
          if (included !== undefined && !included(block)) return true
          const own = new Diagnostics()
          const finish = (ok: boolean): boolean => {
            if (own.items.length > 0) reported[vertex] = own.items
            run.ephemerals.finished(vertex)
            return ok && !own.hasErrors
          }
          const answer = run.functions.mayCall(block) ? runSteps(settled(run, block, visit, own)) : visit(block, own)
          return isPromise(answer) ? answer.then(finish) : finish(answer)
        },
      }),
    )
  } finally {
    collect()
  }
}
