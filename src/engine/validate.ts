import { formatProviderSource, type ProviderSource, resourceToString } from '../addrs/index.ts'
import { suggest } from '../base/index.ts'
import { type Config, configAt, type ResourceConfig } from '../config/index.ts'
import { dynamicVal, EPHEMERAL, unknownVal, unmarkDeep } from '../cty/index.ts'
import { type Diagnosed, type Diagnostic, Diagnostics } from '../diags/index.ts'
import type { Body } from '../hcl/index.ts'
import { type Needs, needsOf } from '../lang/index.ts'
import type { Provider } from '../providers/index.ts'
import { type BlockSchema, bodyReferences, decodeBody, impliedType, optionalBlock } from '../schema/index.ts'
import { placeDiagnostics } from './_placing.ts'
import { type MaybePromise, runSteps, type Steps, wait } from './_steps.ts'
import type { Block, ProviderBlock, ResourceBlock } from './blocks.ts'
import { accept, decodeConfig, isAccepted } from './constant-config.ts'
import { checkConnectionHosts, checkConnections, checkDependsOn, checkIgnoreChanges } from './declarations.ts'
import { checkPersistable } from './ephemeral.ts'
import type { ModuleScope } from './evaluation.ts'
import { type Expansion, expand, noRepetition, singleExpansion, unknownExpansion } from './expansion.ts'
import type { EngineInput } from './input.ts'
import { checkBlockReferences, visitCall, visitLocal, visitOutput } from './module-blocks.ts'
import { checkImportTargets, checkMissingTargets } from './plan/import.ts'
import { servingProvider } from './provider-instances.ts'
import { judgeRules } from './rules.ts'
import { type Run, startRun, visitBlocks } from './run.ts'
import { reportUnsupported } from './unsupported.ts'
import { visitVariable } from './variables.ts'

/**
 * Whether the configuration makes sense whatever its variables are and whatever exists: references, types, schemas and what the
 * providers have to say. Asks for no values and reads no state.
 */
export function validate(input: EngineInput): Promise<Diagnosed<void>> {
  return Promise.resolve(runSteps(validateSteps(input)))
}

export function* validateSteps(input: EngineInput): Steps<Diagnosed<void>> {
  const diags = new Diagnostics()
  const run = yield* startRun(input, 'validate', undefined, undefined, diags)
  if (run !== undefined) {
    try {
      checkConnections(input.config, diags)
      if (diags.hasErrors) return { value: undefined, diags: withoutRepeats(diags.items) }
      reportUnsupported(input.config, input.provisioners, diags)
      yield* run.providers.prepare(askedProviders(run))
      yield* visitBlocks(run, (block, own) => visit(run, block, own), undefined, diags)
      const before = diags.errorCount
      checkMissingTargets(run, diags)
      if (before === 0) checkImportTargets(run, diags)
    } finally {
      yield* run.providers.closeAll()
    }
  }
  return { value: undefined, diags: withoutRepeats(diags.items) }
}

/** The same mistake in the same place is one mistake, from wherever it was seen. */
export function withoutRepeats(items: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Map<string, Diagnostic[]>()
  return items.filter((d) => {
    if (d.subject === undefined) return true
    const key = `${d.severity}\0${d.summary}\0${d.detail}\0${d.subject.start}`
    const same = seen.get(key)
    if (same === undefined) {
      seen.set(key, [d])
      return true
    }
    if (same.some((other) => other.subject?.source === d.subject?.source && other.subject?.end === d.subject?.end)) return false
    same.push(d)
    return true
  })
}

/** The providers that will have to say something about resources. */
function askedProviders(run: Run): ReadonlySet<ProviderSource> {
  const sources = new Set<ProviderSource>()
  for (const block of run.graph.blocks) {
    if (block.kind === 'resource' && block.schema !== undefined && !isAccepted(block)) sources.add(block.provider.source)
  }
  return sources
}

function visit(run: Run, block: Block, diags: Diagnostics): MaybePromise<boolean> {
  const check = (needs: Parameters<typeof checkBlockReferences>[2], self = false): boolean => {
    const before = diags.items.length
    checkBlockReferences(run.graph, block, needs, self, diags)
    return diags.items.length === before
  }
  switch (block.kind) {
    case 'variable':
      if (block.argument !== undefined) {
        const parent = { ...block, config: parentOf(run, block) }
        checkBlockReferences(run.graph, parent, block.argument.needs, false, diags)
        if (diags.hasErrors) {
          for (const scope of run.evaluation.scopesOf(block.config))
            scope.variables.set(block.variable.name, unknownVal(block.variable.type))
          return true
        }
      }
      visitVariable(run, block, diags, block.rules.map(({ needs }) => check(needs)).every(Boolean))
      return true
    case 'local':
      if (check(block.needs)) visitLocal(run, block, diags)
      return true
    case 'output':
      if (block.preconditions.map(({ needs }) => check(needs)).every(Boolean))
        for (const scope of run.evaluation.scopesOf(block.config))
          judgeRules(run, block.preconditions, { kind: 'output', scope, repetition: noRepetition }, diags)
      checkDependsOn(run.graph, block, block.output.dependsOn, diags)
      if (block.output.ephemeral && block.config.path.length === 0) {
        diags.error('Ephemeral output not allowed', 'Ephemeral outputs are not allowed in context of a root module', {
          subject: block.output.range,
        })
        return true
      }
      if (check(block.needs)) visitOutput(run, block, false, diags)
      return true
    case 'call':
      checkDependsOn(run.graph, block, block.call.dependsOn, diags)
      if (!check(block.needs)) {
        for (const scope of run.evaluation.scopesOf(block.config)) run.evaluation.expandCall(scope, block, unknownExpansion(block.call))
        return true
      }
      visitCall(run, block, diags)
      return true
    case 'callEnd':
      return true
    case 'check':
      if (block.asserts.map(({ needs }) => check(needs)).every(Boolean))
        for (const scope of run.evaluation.scopesOf(block.config))
          judgeRules(run, block.asserts, { kind: 'check', scope, repetition: noRepetition }, diags)
      return true
    case 'provider':
      return runSteps(validateProvider(run, block, diags))
    case 'resource':
      return runSteps(validateResource(run, block, diags))
  }
}

function parentOf(run: Run, block: Block): Config {
  let config = run.input.config
  for (const name of block.config.path.slice(0, -1)) config = config.children.get(name) ?? config
  return config
}

/** A missing block is an empty configuration, which is not held against a provider that needs more: it may get it elsewhere. */
function* validateProvider(run: Run, block: ProviderBlock, diags: Diagnostics): Steps<boolean> {
  if (block.schema === undefined) return false
  if (block.block === undefined) return true
  checkBlockReferences(run.graph, block, block.needs, false, diags)
  checkBlockReferences(run.graph, block, block.expansionNeeds, false, diags)
  if (diags.hasErrors) return true
  const { forEach } = block.block
  const repeated = { count: undefined, forEach, enabled: undefined }
  for (const scope of run.evaluation.scopesOf(block.config)) {
    if (forEach !== undefined) expand(run.evaluation, scope, repeated, block.expansionNeeds, true, diags)
    if (diags.hasErrors) continue
    const repetition = forEach === undefined ? noRepetition : unknownExpansion(repeated).repetition(undefined)
    const context = run.evaluation.context(scope, block.needs, repetition, diags)
    const standIn = run.input.standIns?.providerConfig?.(block.address, block.schema.provider, diags)
    // What stands in is no part of the configuration that is judged here; the provider judges it when it is configured.
    if (standIn !== undefined) continue
    const marked = decodeBody(block.block.body, block.schema.provider, context, diags)
    if (diags.hasErrors) continue
    const provider = yield* run.providers.unconfigured(block.address.source, diags)
    if (provider === undefined) return false
    const answer = yield* wait(run.limiter.run(() => provider.validateProviderConfig(unmarkDeep(marked))))
    diags.addAll(placeDiagnostics(answer.diags, block.name, { body: block.block.body, schema: block.schema.provider }, [marked]))
  }
  return true
}

function* validateResource(run: Run, block: ResourceBlock, diags: Diagnostics): Steps<boolean> {
  const { resource, schema } = block
  const { evaluation } = run
  if (schema === undefined) reportUnknownType(run, block, diags)
  // What `replace_triggered_by` names is looked for when changes are known.
  const isSound = (needs: Needs, self = false): boolean => {
    const before = diags.errorCount
    checkBlockReferences(run.graph, block, needs, self, diags)
    return diags.errorCount === before
  }
  const expansionIsSound = isSound(block.expansionNeeds)
  const bodyIsSound = isSound(block.bodyNeeds)
  const preconditions = block.preconditions.filter(({ needs }) => isSound(needs))
  checkPreventDestroy(run, block, diags)
  const postconditions = block.postconditions.filter(({ needs }) => isSound(needs, true))
  const beforeKey = diags.errorCount
  if (block.providerKey !== undefined) checkProviderKey(run, block, block.providerKey, diags)
  const keyIsSound = diags.errorCount === beforeKey
  const repeated = (resource.count ?? resource.forEach ?? resource.enabled) !== undefined
  const selfRepeated = repeated && isNamedBy(block.expansionNeeds, block)
  checkDependsOn(run.graph, block, resource.dependsOn, diags)
  checkIgnoreChanges(block, diags)
  checkConnectionHosts(run, block, diags)
  for (const scope of evaluation.scopesOf(block.config)) {
    if (expansionIsSound && repeated && !selfRepeated) expand(evaluation, scope, resource, block.expansionNeeds, true, diags)
    const expansion = repeated ? unknownExpansion(resource) : singleExpansion
    const cell = evaluation.expandResource(scope, resource.address, block.schema, expansion)
    if (schema === undefined) continue
    // References are checked against the schema already; of the values nothing more is said than Terraform does.
    const unknown = dynamicVal
    const ephemeral = resource.address.mode === 'ephemeral'
    if (!repeated) cell.values.set(undefined, ephemeral ? unknown.mark(EPHEMERAL) : unknown)
    else if (ephemeral) cell.whole = dynamicVal.mark(EPHEMERAL)
    const repetition = expansion.repetition(undefined)
    judgeRules(run, preconditions, { kind: 'resource', scope, repetition }, diags)
    judgeRules(run, postconditions, { kind: 'resource', scope, repetition, self: dynamicVal }, diags)
    if (keyIsSound) servingProvider(run, block, scope, repetition, diags)
    validateProvisioners(run, block, scope, expansion, diags)
    if (!bodyIsSound) continue
    const own = new Diagnostics()
    const marked = decodeConfig(run, block, schema, scope, repetition, own)
    if (marked !== undefined && !own.hasErrors && !ephemeral) checkPersistable(block, marked, block.name, own)
    diags.addAll(own.items)
    if (own.hasErrors || marked === undefined) continue
    const config = unmarkDeep(marked)
    if (isAccepted(block)) continue
    const provider = yield* run.providers.unconfigured(block.provider.source, diags)
    if (provider === undefined) return false
    const answer = yield* wait(run.limiter.run(() => validateConfig(provider, resource, config)))
    diags.addAll(placeDiagnostics(answer.diags, block.name, { body: resource.body, schema: schema.block }, [marked]))
    if (answer.diags.length === 0) accept(block)
  }
  // Mistakes in one block do not make the values of others any less known here: all are unknown anyway.
  return true
}

/** Whether something that is evaluated before the resource is there asks for the resource itself, which planning refuses. */
function isNamedBy(needs: Needs, block: ResourceBlock): boolean {
  const own = resourceToString(block.resource.address)
  return needs.resources.some(({ text }) => text === own)
}

/** Every instance is protected alike, so neither `each` nor `count` may be asked. */
function checkPreventDestroy(run: Run, block: ResourceBlock, diags: Diagnostics): void {
  const { preventDestroyNeeds: needs } = block
  checkBlockReferences(run.graph, block, needs, false, diags)
  for (const { subject, range } of needs.references) {
    if (subject.kind !== 'each' && subject.kind !== 'count') continue
    const detail = `The argument "prevent_destroy" counts for all instances of a resource, so it may not refer to "${subject.kind}".`
    diags.error('Invalid prevent_destroy argument', detail, { subject: range })
  }
}

/** The key may be said by a module around that of the resource: its names are those of that module. */
function checkProviderKey(
  run: Run,
  block: ResourceBlock,
  { needs, depth }: NonNullable<ResourceBlock['providerKey']>,
  diags: Diagnostics,
): void {
  const config = configAt(run.input.config, block.config.path.slice(0, depth)) ?? block.config
  checkBlockReferences(run.graph, { ...block, config }, needs, false, diags)
}

/** Whether the arguments of provisioners and connections fit, whatever the object will be. */
function validateProvisioners(run: Run, block: ResourceBlock, scope: ModuleScope, expansion: Expansion, diags: Diagnostics): void {
  const { schema: objectSchema } = block
  if (objectSchema === undefined) return
  const check = (body: Body, schema: BlockSchema, type?: string): void => {
    const own = new Diagnostics()
    const needs = needsOf(bodyReferences(body, schema))
    checkBlockReferences(run.graph, block, needs, true, own)
    if (!own.hasErrors) {
      const self = unknownVal(impliedType(objectSchema.block))
      const context = run.evaluation.context(scope, needs, expansion.repetition(undefined), own, self)
      if (!own.hasErrors) {
        const config = decodeBody(body, schema, context, own)
        if (!own.hasErrors && type !== undefined) own.addAll(run.input.provisioners?.check?.(type, unmarkDeep(config)) ?? [])
      }
    }
    diags.addAll(own.items)
  }
  const connection = run.input.provisioners?.connection
  if (connection !== undefined && block.resource.connection !== undefined) check(block.resource.connection, optionalBlock(connection))
  for (const { type, body, connection: own } of block.resource.provisioners) {
    const schema = run.input.provisioners?.schemaOf(type)
    if (schema === undefined) continue
    check(body, schema, type)
    if (connection !== undefined && own !== undefined) check(own, optionalBlock(connection))
  }
}

export function validateConfig(
  provider: Provider,
  resource: ResourceConfig,
  config: Parameters<Provider['validateResourceConfig']>[0]['config'],
): MaybePromise<{ readonly diags: readonly Diagnostic[] }> {
  const request = { typeName: resource.address.type, config }
  switch (resource.address.mode) {
    case 'managed':
      return provider.validateResourceConfig(request)
    case 'data':
      return provider.validateDataConfig(request)
    case 'ephemeral':
      return provider.validateEphemeralConfig?.(request) ?? { diags: [] }
  }
}

export function reportUnknownType(run: Run, block: ResourceBlock, diags: Diagnostics): void {
  const { resource, provider } = block
  const known = run.providerMap.schemaOf(run.schemas, provider.source)
  if (known === undefined) return
  const { mode, type } = resource.address
  const source = formatProviderSource(provider.source)
  const [what, other, names, others] =
    mode === 'data'
      ? (['data source', 'managed resource type', known.dataSourceNames(), known.resource(type)] as const)
      : mode === 'managed'
        ? (['resource type', 'data source', known.resourceNames(), known.dataSource(type)] as const)
        : (['ephemeral resource', 'managed resource type', known.ephemeralResourceNames?.() ?? [], known.resource(type)] as const)
  const meant = suggest(type, names)
  const hint =
    others !== undefined
      ? `\n\nDid you intend to use the ${other} "${type}"? If so, declare this using a ${mode === 'managed' ? '"data" block instead of a "resource"' : `"resource" block instead of a "${mode}"`} block.`
      : meant === undefined
        ? ''
        : ` Did you mean "${meant}"?`
  diags.error(`Invalid ${what}`, `The provider ${source} does not support ${what} "${type}".${hint}`, { subject: resource.typeRange })
}
