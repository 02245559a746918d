import { providerSourceKey } from '../addrs/index.ts'
import type { Config } from '../config/index.ts'
import { FunctionError, jsonString, rawEquals, typeConformanceErrors, typeToJson, type Value, valueToJson } from '../cty/index.ts'
import { Diagnostics, type Source } from '../diags/index.ts'
import { type FunctionTable, type ProviderFunctionName, withProviderFunctions } from '../lang/functions/index.ts'
import type { FunctionResponse, Provider, ProviderFunction, ProviderSchema } from '../providers/index.ts'
import { decodeBody } from '../schema/index.ts'
import { isPromise, type Steps, wait } from './_steps.ts'
import type { Block, BlockGraph, ResourceBlock, RuleNeeds } from './blocks.ts'
import type { ModuleScope } from './evaluation.ts'
import { expand, noRepetition, type Repetition } from './expansion.ts'
import type { FunctionResults } from './function-results.ts'
import type { OpenProviders } from './open-providers.ts'
import type { ProviderMap } from './provider-map.ts'
import type { Run } from './run.ts'

/** The answer to one call; undefined as long as it is on its way. */
interface Call {
  readonly args: readonly Value[]
  response: FunctionResponse | undefined
}

/**
 * Functions of providers in expressions (L-055). Expressions are evaluated without waiting, but providers may take their time:
 * before a block is visited its expressions are evaluated until all calls in them have been answered, so that the visit itself finds
 * every answer here.
 */
export class FunctionCalls {
  readonly #map: ProviderMap
  readonly #schemas: ReadonlyMap<string, ProviderSchema>
  readonly #graph: BlockGraph
  readonly #providers: OpenProviders
  readonly #results: FunctionResults
  readonly #tables = new Map<Config, FunctionTable>()
  readonly #started = new Map<string, Provider>()
  readonly #calls = new Map<string, Call[]>()
  readonly #sources = new Map<Source, boolean>()
  #waiting: Promise<unknown>[] = []

  constructor(
    map: ProviderMap,
    schemas: ReadonlyMap<string, ProviderSchema>,
    graph: BlockGraph,
    providers: OpenProviders,
    results: FunctionResults,
  ) {
    this.#map = map
    this.#schemas = schemas
    this.#graph = graph
    this.#providers = providers
    this.#results = results
  }

  /** Opens the providers of the modules that may call functions; nothing where no file mentions any. */
  *start(diags: Diagnostics): Steps<void> {
    const modules = new Set<Config>()
    for (const block of this.#graph.blocks) if (this.mayCall(block)) modules.add(block.config)
    for (const config of modules) yield* this.startFor(config, diags)
  }

  /** Opens the providers whose functions expressions of a module may call. */
  *startFor(config: Config, diags: Diagnostics): Steps<void> {
    for (const localName of config.module.requiredProviders.keys()) {
      const source = this.#map.sourceOf(config, localName)
      const key = `${config.path.join('.')}|${localName}`
      if (this.#started.has(key) || (this.#map.schemaOf(this.#schemas, source)?.functions?.size ?? 0) === 0) continue
      const provider = yield* this.#providers.unconfigured(source, diags)
      if (provider !== undefined) this.#started.set(key, provider)
    }
  }

  /**
   * Opens the providers whose functions a text names, for an expression that is no part of the configuration: their schemas may not
   * have been asked for before, and those that the walk had may have ended.
   */
  *startNamed(text: string, config: Config, diags: Diagnostics): Steps<void> {
    for (const [, localName] of text.matchAll(/\bprovider::([\w-]+)::/g)) {
      if (!config.module.requiredProviders.has(localName!)) continue
      const provider = yield* this.#providers.unconfigured(this.#map.sourceOf(config, localName!), diags)
      if (provider !== undefined) this.#started.set(`${config.path.join('.')}|${localName}`, provider)
    }
  }

  /** Whether a block stands in a file that mentions functions of providers. */
  mayCall(block: Block): boolean {
    return this.#mentions(block.range?.source) || (block.kind === 'variable' && this.#mentions(block.argument?.expr.range.source))
  }

  #mentions(source: Source | undefined): boolean {
    if (source === undefined) return false
    let answer = this.#sources.get(source)
    if (answer === undefined) this.#sources.set(source, (answer = source.text.includes('provider::')))
    return answer
  }

  /** The functions that expressions of a module can call. */
  tableOf(config: Config): FunctionTable {
    let table = this.#tables.get(config)
    if (table === undefined) {
      table = withProviderFunctions(this.#results.table, {
        signatures: (localName, alias) => this.#providerOf(config, localName, alias)?.schema().functions,
        call: (name, args) => this.#call(config, name, args),
      })
      this.#tables.set(config, table)
    }
    return table
  }

  #providerOf(config: Config, localName: string, alias: string | undefined): Provider | undefined {
    if (alias === undefined) return this.#started.get(`${config.path.join('.')}|${localName}`)
    return this.#providers.tryProvider(this.#map.configOf(config.path, { localName, alias }))
  }

  #call(config: Config, { localName, alias, name }: ProviderFunctionName, args: readonly Value[]): Value | undefined {
    const provider = this.#providerOf(config, localName, alias)
    const signature = provider?.schema().functions?.get(name)
    if (provider?.callFunction === undefined || signature === undefined) return undefined
    const key = [config.path.join('.'), localName, alias ?? '', name, ...args.map(argumentKey)].join('|')
    let calls = this.#calls.get(key)
    if (calls === undefined) this.#calls.set(key, (calls = []))
    let call = calls.find((c) => c.args.every((arg, i) => rawEquals(arg, args[i]!)))
    if (call === undefined) {
      const made: Call = { args, response: undefined }
      calls.push(made)
      call = made
      const answer = provider.callFunction({ name, args })
      if (isPromise(answer)) this.#waiting.push(answer.then((response) => void (made.response = response)))
      else made.response = answer
    }
    if (call.response === undefined) return undefined
    const result = resultOf(call.response, signature, name)
    // What a configured provider answers may depend on its configuration.
    const owner =
      alias === undefined ? providerSourceKey(this.#map.sourceOf(config, localName)) : [...config.path, localName, alias].join('.')
    this.#results.checkProvider(`provider::${owner}::${name}`, args, result)
    return result
  }

  /** Waits for the calls that were made since the last time. False: there were none. */
  *answered(): Steps<boolean> {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length === 0) return false
    yield* wait(Promise.all(waiting))
    return true
  }
}

function argumentKey(arg: Value): string {
  return arg.isWhollyKnown ? `${typeToJson(arg.type)}${valueToJson(arg, arg.type)}` : '?'
}

/** @throws FunctionError with what the provider says. */
function resultOf(response: FunctionResponse, signature: ProviderFunction, name: string): Value {
  if (response.error !== undefined) throw new FunctionError(response.error.text, response.error.argument)
  const problem = typeConformanceErrors(response.result.type, signature.returnType)[0]
  if (problem !== undefined) {
    throw new FunctionError(
      `the provider returned an invalid value for the function ${jsonString(name)}: ${problem.message}. This is a bug in the provider, which should be reported in the provider's own issue tracker`,
    )
  }
  return response.result
}

/** Makes all calls of a block that can be made now, and waits for the answers: those may lead to further calls. */
export function* settleFunctions(run: Run, block: Block): Steps<void> {
  if (!run.functions.mayCall(block)) return
  do evaluateAll(run, block)
  while (yield* run.functions.answered())
}

/** What is wrong with the expressions is said when the block is visited. */
function evaluateAll(run: Run, block: Block): void {
  const { evaluation } = run
  const silent = new Diagnostics()
  const rules = (all: readonly RuleNeeds[], scope: ModuleScope, repetition: Repetition): void => {
    for (const { rule, needs } of all) {
      evaluation.evaluate(scope, rule.condition, needs, repetition, silent)
      evaluation.evaluate(scope, rule.errorMessage, needs, repetition, silent)
    }
  }
  for (const scope of evaluation.scopesOf(block.config)) {
    switch (block.kind) {
      case 'variable':
        if (block.argument !== undefined && scope.parent !== undefined)
          evaluation.evaluate(scope.parent, block.argument.expr, block.argument.needs, scope.repetition, silent)
        break
      case 'local':
        evaluation.evaluate(scope, block.local.expr, block.needs, noRepetition, silent)
        break
      case 'output':
        evaluation.evaluate(scope, block.output.expr, block.needs, noRepetition, silent)
        rules(block.preconditions, scope, noRepetition)
        break
      case 'call':
        expand(evaluation, scope, block.call, block.needs, true, silent)
        break
      case 'check':
        rules(block.asserts, scope, noRepetition)
        break
      case 'provider':
        if (block.block !== undefined && block.schema !== undefined)
          decodeBody(
            block.block.body,
            block.schema.provider,
            run.functionResults.withoutRule(evaluation.context(scope, block.needs, noRepetition, silent)),
            silent,
          )
        break
      case 'resource':
        evaluateResource(run, block, scope, silent, rules)
        break
      default:
    }
  }
}

function evaluateResource(
  { evaluation }: Run,
  block: ResourceBlock,
  scope: ModuleScope,
  silent: Diagnostics,
  rules: (all: readonly RuleNeeds[], scope: ModuleScope, repetition: Repetition) => void,
): void {
  const expansion = expand(evaluation, scope, block.resource, block.expansionNeeds, true, silent)
  for (const key of expansion?.keys ?? []) {
    const repetition = expansion!.repetition(key)
    if (block.schema !== undefined)
      decodeBody(block.resource.body, block.schema.block, evaluation.context(scope, block.bodyNeeds, repetition, silent), silent)
    rules(block.preconditions, scope, repetition)
    rules(block.postconditions, scope, repetition)
  }
}
