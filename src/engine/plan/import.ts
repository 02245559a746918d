import {
  type AbsResourceInstance,
  absResourceInstanceToString,
  type ConfigResource,
  configResourceToString,
  type InstanceKey,
  type ModuleInstance,
  parseTargets,
  resourceToString,
} from '../../addrs/index.ts'
import { configAt, type Import } from '../../config/index.ts'
import {
  ConversionError,
  convert,
  EPHEMERAL,
  intVal,
  isCollectionType,
  jsonString,
  numericToJs,
  objectType,
  stringType,
  stringVal,
  typeConformanceErrors,
  unmarkDeep,
  type Value,
  valueToJson,
} from '../../cty/index.ts'
import { Diagnostics, type SourceRange } from '../../diags/index.ts'
import type { Expr } from '../../hcl/index.ts'
import { type Needs, needsOfExpr, noNeeds } from '../../lang/index.ts'
import type { Importing } from '../../plans/index.ts'
import type { Provider } from '../../providers/index.ts'
import { impliedType, type Schema } from '../../schema/index.ts'
import { encodeObject } from '../../states/index.ts'
import { marksWithin } from '../_marks.ts'
import { placeDiagnostics } from '../_placing.ts'
import { type Steps, wait } from '../_steps.ts'
import type { ResourceBlock } from '../blocks.ts'
import { noRepetition, type Repetition } from '../expansion.ts'
import { checkIdentity, identitySchemaOf, recordIdentity } from '../identity.ts'
import { checkBlockReferences } from '../module-blocks.ts'
import type { Run } from '../run.ts'
import { hasWriteOnly, isError, type StoredObject, withSchemaMarks } from '../stored-object.ts'
import type { ObjectPlace } from './planning.ts'

/** What an `import` block of the root module, or the import command, asks for one instance. */
export interface ImportRequest {
  readonly address: AbsResourceInstance
  readonly importing: Importing
}

/**
 * The imports into the instances of a resource block, by their canonical addresses: all `import` blocks that name it, with their
 * `for_each` carried out. Undefined when one of them cannot be evaluated.
 */
export function resolveImports(run: Run, block: ResourceBlock, diags: Diagnostics): ReadonlyMap<string, ImportRequest> | undefined {
  const requests = new Map<string, ImportRequest>()
  let ok = true
  for (const { block: statement, needs, forEachNeeds } of block.imports) {
    for (const repetition of repetitions(run, statement, forEachNeeds, diags) ?? [undefined]) {
      const own = new Diagnostics()
      const address = repetition && targetAddress(run, statement, needs, repetition, own)
      const importing = repetition && howToImport(run, block, statement, needs, repetition, own)
      diags.addAll(own.items)
      if (address === undefined || importing === undefined) ok = false
      else requests.set(absResourceInstanceToString(address), { address, importing })
    }
  }
  return ok ? requests : undefined
}

/**
 * What `for_each` of an import block says, which unlike that of a resource may be any collection, and secret: nothing is named by it.
 * Undefined with the reason reported.
 */
function repetitions(run: Run, statement: Import, needs: Needs, diags: Diagnostics): readonly Repetition[] | undefined {
  const expr = statement.forEach
  if (expr === undefined) return [noRepetition]
  const own = new Diagnostics()
  const given = run.evaluation.evaluate(run.evaluation.root, expr, needs, noRepetition, own)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  const value = given.unmark()
  const refuse = (detail: string): undefined => {
    diags.error('Invalid for_each argument', detail, { subject: expr.range })
    return undefined
  }
  if (given.hasMark(EPHEMERAL)) {
    return refuse(
      'The given "for_each" value is derived from an ephemeral value, which means that Terraform cannot persist it between plan/apply rounds. Use only non-ephemeral values to specify what is imported.',
    )
  }
  if (value.isNull) return []
  const { type } = value
  if (type.kind !== 'dynamic' && !isCollectionType(type) && type.kind !== 'tuple' && type.kind !== 'object')
    return refuse('The "for_each" expression must be a collection.')
  // The elements of a set are its keys.
  if (!value.isKnown || (type.kind === 'set' && !value.isWhollyKnown)) {
    return refuse(
      'The "for_each" expression includes values derived from other resource attributes that cannot be determined until apply, and so Terraform cannot determine the full set of values that might be used to import this resource.',
    )
  }
  if (type.kind === 'map' || type.kind === 'object')
    return [...value.asMap()].map(([key, eachValue]) => ({ eachKey: stringVal(key), eachValue }))
  return value.asArray().map((eachValue, i) => ({ eachKey: type.kind === 'set' ? eachValue : intVal(i), eachValue }))
}

/** By id or by identity, whichever the statement gives. Undefined with the reason reported, or while validating where it is not known. */
function howToImport(
  run: Run,
  block: ResourceBlock,
  statement: Import,
  needs: Needs,
  repetition: Repetition,
  diags: Diagnostics,
): Importing | undefined {
  if (statement.identity !== undefined) {
    const identity = importIdentity(run, block, statement.identity, needs, repetition, diags)
    return identity && { id: '', identity }
  }
  const id = statement.id === undefined ? undefined : importId(run, statement.id, needs, repetition, diags)
  return id === undefined ? undefined : { id }
}

/** The identity as the schema of the resource type describes it. */
function importIdentity(
  run: Run,
  block: ResourceBlock,
  expr: Expr,
  needs: Needs,
  repetition: Repetition,
  diags: Diagnostics,
): Value | undefined {
  const subject = expr.range
  const { type } = block.resource.address
  const schema = run.providerMap.schemaOf(run.schemas, block.provider.source)?.identity?.(type)
  if (schema === undefined) {
    diags.error(
      'Resource type has no identity',
      `The provider has no identity for ${type} that objects could be imported by. Use the "id" argument instead.`,
      { subject },
    )
    return undefined
  }
  const own = new Diagnostics()
  const given = run.evaluation.evaluate(run.evaluation.root, expr, needs, repetition, own)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  const invalid = (detail: string): undefined => {
    diags.error('Invalid import identity argument', detail, { subject })
    return undefined
  }
  if (given.isNull) return invalid('The import identity cannot be null.')
  if (!given.isWhollyKnown) {
    if (run.phase === 'validate') return undefined
    return invalid(
      'The import block "identity" argument depends on resource attributes that cannot be determined until apply, so Terraform cannot plan to import this resource.',
    )
  }
  if (marksWithin(given, EPHEMERAL)) return invalid('The import identity cannot be derived from an ephemeral value.')
  const bare = unmarkDeep(given)
  const names = bare.type.kind === 'object' || bare.type.kind === 'map' ? [...bare.asMap().keys()] : []
  const surplus = names.filter((name) => !Object.hasOwn(schema.attributes, name))
  if (surplus.length > 0) return invalid(`The identity of ${type} has no attribute named ${surplus.map((n) => jsonString(n)).join(', ')}.`)
  const optional = Object.keys(schema.attributes).filter((name) => schema.attributes[name]!.requiredForImport !== true)
  const missing = Object.keys(schema.attributes).filter((n) => !optional.includes(n) && (!names.includes(n) || bare.asMap().get(n)!.isNull))
  if (missing.length > 0)
    return invalid(`The identity of ${type} must have ${missing.map((n) => jsonString(n)).join(', ')} to import by it.`)
  try {
    return convert(
      bare,
      objectType(
        Object.entries(schema.attributes).map(([name, a]) => [name, a.type] as const),
        optional,
      ),
    )
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return invalid(`The import identity value is unsuitable: ${error.message}.`)
  }
}

/** The id, which must be known before anything is planned. Undefined with the reason reported. */
function importId(run: Run, expr: Expr, needs: Needs, repetition: Repetition, diags: Diagnostics): string | undefined {
  const { evaluation } = run
  const own = new Diagnostics()
  const given = evaluation.evaluate(evaluation.root, expr, needs, repetition, own)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  const invalid = (detail: string): undefined => {
    diags.error('Invalid import id argument', detail, { subject: expr.range })
    return undefined
  }
  if (given.isNull) return invalid('The import ID cannot be null.')
  if (!given.isKnown) {
    if (run.phase === 'validate') return undefined
    return invalid(
      'The import block "id" argument depends on resource attributes that cannot be determined until apply, so Terraform cannot plan to import this resource.',
    )
  }
  if (given.hasMark(EPHEMERAL)) return invalid('The import ID cannot be derived from an ephemeral value.')
  let id: string
  try {
    id = convert(given.unmark(), stringType).asString()
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error('Incorrect value type', `Invalid expression value: ${error.message.replace(/,? but have .*$/, '')}.`, {
      subject: expr.range,
    })
    return undefined
  }
  if (id === '') return invalid('The import ID value evaluates to an empty string, please provide a non-empty value.')
  return id
}

/** Where an object is to be imported to, with the keys that are expressions worked out. */
function targetAddress(
  run: Run,
  { to, target }: Import,
  needs: Needs,
  repetition: Repetition,
  diags: Diagnostics,
): AbsResourceInstance | undefined {
  const steps = addressSteps(to)
  const keyed: { readonly name: string; key: InstanceKey }[] = []
  for (const step of steps) {
    if (typeof step === 'string') {
      keyed.push({ name: step, key: undefined })
      continue
    }
    const last = keyed[keyed.length - 1]
    const key = 'value' in step ? step.value : run.evaluation.evaluate(run.evaluation.root, step.expr, needs, repetition, diags)
    const bare = unmarkDeep(key)
    if (!bare.hasContent || (bare.type.kind !== 'number' && bare.type.kind !== 'string')) {
      diags.error("Invalid import 'to' expression", 'The instance key must be a number or a string that is known.', { subject: to.range })
      return undefined
    }
    if (last !== undefined) last.key = keyOf(bare)
  }
  // `module.NAME` takes two names for each module on the way; the type, the name and the keys of what is left are the resource's.
  const module: ModuleInstance[number][] = []
  for (let i = 0; i < target.module.length; i++) module.push({ name: target.module[i]!, key: keyed[2 * i + 1]?.key })
  return { module, resource: target.resource, key: keyed[keyed.length - 1]?.key }
}

function keyOf(value: Value): InstanceKey {
  return value.type.kind === 'number' ? numericToJs(value.asNumeric()) : value.asString()
}

type AddressStep = string | { readonly value: Value } | { readonly expr: Expr }

/** The names and keys of an address. */
export function addressSteps(expr: Expr): readonly AddressStep[] {
  switch (expr.kind) {
    case 'traversal':
      return [expr.traversal.root, ...traversalSteps(expr.traversal.steps)]
    case 'relativeTraversal':
      return [...addressSteps(expr.source), ...traversalSteps(expr.steps)]
    case 'index':
      return [...addressSteps(expr.collection), { expr: expr.key }]
    default:
      return []
  }
}

function traversalSteps(steps: Extract<Expr, { kind: 'relativeTraversal' }>['steps']): readonly AddressStep[] {
  return steps.flatMap((step): AddressStep[] => (step.kind === 'attr' ? [step.name] : step.kind === 'index' ? [{ value: step.key }] : []))
}

/** Says of import blocks that name no resource, and for which none can be generated, that they do. */
export function checkMissingTargets(run: Run, diags: Diagnostics): void {
  for (const statement of run.input.config.module.imports) {
    const { target, to } = statement
    if (run.graph.resources.has(configResourceToString(target))) continue
    // Configuration can only be written for the root module, and for one object.
    if (target.module.length > 0) reportMissing(run, target, to.range, diags)
    else if (!isGeneratable(statement)) diags.error(missingTarget, notGeneratable, { subject: to.range })
  }
}

/** A key that is an expression is looked at when it is worked out. */
function isGeneratable({ to, forEach }: Import): boolean {
  const last = addressSteps(to).at(-1)
  return last === undefined || typeof last === 'string' ? forEach === undefined : 'expr' in last
}

const missingTarget = 'Configuration for import target does not exist'
const notGeneratable =
  'The given import block is not compatible with config generation. The -generate-config-out option cannot be used with import blocks which use for_each, or resources which use for_each or count.'

/** Says of import blocks that name no resource as it is repeated, or have no use for what they name, that they do. */
export function checkImportTargets(run: Run, diags: Diagnostics): void {
  const { config } = run.input
  for (const statement of config.module.imports) {
    const { target, to } = statement
    const text = configResourceToString(target)
    const block = run.graph.resources.get(text)
    if (block === undefined) {
      if (target.module.length > 0 || !isGeneratable(statement)) continue
      checkImportReferences(run, statement, diags)
      checkWorkedOutKeys(run, statement, undefined, diags)
      continue
    }
    const steps = addressSteps(to)
    const { count, forEach } = block.resource
    const unsuitable = unsuitableKey(steps.at(-1), count !== undefined, forEach !== undefined)
    if (unsuitable !== undefined) diags.error("Invalid import 'to' expression", unsuitable, { subject: to.range })
    checkWorkedOutKeys(run, statement, block, diags)
    const found = block.imports.find((i) => i.block === statement)
    if (found === undefined) continue
    if (statement.forEach === undefined) howToImport(run, block, statement, found.needs, noRepetition, diags)
    else checkImportForEach(run, statement.forEach, found.forEachNeeds, diags)
  }
}

/** Of an import whose resource is not declared nothing else is evaluated before planning. */
function checkImportReferences(run: Run, { id, identity, forEach }: Import, diags: Diagnostics): void {
  const { config } = run.input
  for (const expr of [id, identity, forEach]) {
    if (expr !== undefined) checkBlockReferences(run.graph, { kind: 'module', config }, needsOfExpr(expr), false, diags)
  }
}

function checkImportForEach(run: Run, expr: Expr, needs: Needs, diags: Diagnostics): void {
  const { evaluation } = run
  const { type } = evaluation.evaluate(evaluation.root, expr, needs, noRepetition, new Diagnostics())
  if (type.kind === 'dynamic' || isCollectionType(type) || type.kind === 'tuple' || type.kind === 'object') return
  diags.error('Invalid for_each argument', 'The "for_each" expression must be a collection.', { subject: expr.range })
}

/** What is wrong with the last step of an address, which must be a key exactly where the resource is repeated. */
function unsuitableKey(last: AddressStep | undefined, counted: boolean, keyed: boolean): string | undefined {
  if (last === undefined || typeof last === 'string') {
    return counted || keyed ? `The target resource is using ${keyed ? 'for_each' : 'count'}.` : undefined
  }
  if (!('value' in last)) return undefined
  const wanted = last.value.type.kind === 'number' ? 'count' : 'for_each'
  return (wanted === 'count' ? counted : keyed) ? undefined : `The target resource does not use ${wanted}.`
}

/** The same of a last key that is an expression, for every one of its values that is known already; `block` is undefined where none is declared. */
function checkWorkedOutKeys(run: Run, statement: Import, block: ResourceBlock | undefined, diags: Diagnostics): void {
  const { to, forEach } = statement
  const last = addressSteps(to).at(-1)
  if (last === undefined || typeof last === 'string' || !('expr' in last)) return
  const { evaluation } = run
  const quiet = new Diagnostics()
  const needs = needsOfExpr(last.expr)
  const values = repetitions(run, statement, forEach === undefined ? noNeeds : needsOfExpr(forEach), quiet) ?? []
  for (const repetition of values) {
    const { type } = evaluation.evaluate(evaluation.root, last.expr, needs, repetition, quiet)
    if (quiet.hasErrors || (type.kind !== 'string' && type.kind !== 'number')) return
    const wanted = type.kind === 'number' ? 'count' : 'for_each'
    if ((wanted === 'count' ? block?.resource.count : block?.resource.forEach) !== undefined) continue
    diags.error("Invalid import 'to' expression", `The target resource does not use ${wanted}.`, { subject: to.range })
    return
  }
}

function reportMissing(run: Run, target: ConfigResource, subject: SourceRange, diags: Diagnostics): void {
  const text = configResourceToString(target)
  diags.error(
    missingTarget,
    configAt(run.input.config, target.module) !== undefined
      ? `Resource ${text} not found. Only resources within the root module are eligible for config generation.`
      : `The configuration for the given import target ${text} does not exist. All target instances must have an associated configuration to be imported.`,
    { subject },
  )
}

/** Import blocks whose resource is not declared, for which configuration could be written. */
export function importsWithoutConfig(run: Run): readonly Import[] {
  return run.input.config.module.imports.filter(
    ({ target }) => target.module.length === 0 && !run.graph.resources.has(resourceToString(target.resource)),
  )
}

/** @param targets of `-target`; where there are any, what they leave out is not planned. */
export function reportImportsWithoutConfig(run: Run, generating: boolean, targets: readonly string[], diags: Diagnostics): void {
  const targeted = parseTargets(targets, new Diagnostics())
  for (const { target, to } of importsWithoutConfig(run)) {
    if (targets.length > 0 && targeted.about(target).length === 0) continue
    if (generating) {
      diags.error(missingTarget, notGeneratable, { subject: to.range })
      continue
    }
    diags.error(
      missingTarget,
      `The configuration for the given import target ${resourceToString(target.resource)} does not exist. If you wish to automatically generate config for this resource, use the -generate-config-out option within terraform plan. Otherwise, make sure the target resource exists within your configuration. For example:\n\n  terraform plan -generate-config-out=generated.tf`,
      { subject: to.range },
    )
  }
}

export function reportMissingInstance({ address }: ImportRequest, diags: Diagnostics): void {
  diags.error(
    missingTarget,
    `The configuration for the given import ${absResourceInstanceToString(address)} does not exist. All target instances must have an associated configuration to be imported.`,
  )
}

/** P-12: asks the provider for an object that exists already. Undefined with the reason reported. */
export function* importObject(
  run: Run,
  provider: Provider,
  schema: Schema,
  place: ObjectPlace,
  importing: Importing,
  diags: Diagnostics,
): Steps<StoredObject | undefined> {
  const { id, identity } = importing
  const text = identity === undefined ? id : toText(identity)
  const { hooks } = run.input
  const typeName = place.address.resource.type
  if (hooks?.prePlanImport !== undefined) yield* wait(hooks.prePlanImport(place.address, importing))
  const answer = yield* wait(run.limiter.run(() => provider.importResourceState({ typeName, id, identity })))
  diags.addAll(placeDiagnostics(answer.diags, place.text))
  if (answer.diags.some(isError)) return undefined
  const [imported] = answer.imported
  if (imported === undefined || answer.imported.length > 1) {
    const [summary, what] =
      imported === undefined
        ? ['Import returned no resources', 'returned no instance states.']
        : ['Multiple import states not supported', 'returned multiple resource instance states. This is not currently supported.']
    diags.error(summary, `While attempting to import with ID ${text}, the provider ${what}`, { address: place.text })
    return undefined
  }
  const problem = imported.typeName === typeName ? typeConformanceErrors(imported.state.type, impliedType(schema.block))[0] : undefined
  if (imported.typeName !== typeName || problem !== undefined || imported.state.isNull) {
    diags.error(
      'Provider produced invalid object',
      `The provider answered the import of ${place.text} with ${imported.typeName === typeName ? 'an object that does not fit its schema' : `an object of type ${imported.typeName}`}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      { address: place.text },
    )
    return undefined
  }
  if (hasWriteOnly(schema, imported.state, place, 'during import', diags)) return undefined
  const identitySchema = identitySchemaOf(provider, typeName)
  if (!checkIdentity(place, identitySchema, imported.identity, 'when it was imported', diags)) return undefined
  if (identity !== undefined && (imported.identity === undefined || imported.identity.isNull)) {
    diags.error(
      'Provider produced invalid object',
      `The provider answered the import of ${place.text} by its identity without an identity.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      { address: place.text },
    )
    return undefined
  }
  const value = withSchemaMarks(schema.block, imported.state)
  const record = encodeObject(value, impliedType(schema.block), { schemaVersion: schema.version, private: imported.private })
  return {
    value,
    private: imported.private,
    status: 'ready',
    identity: imported.identity,
    record: recordIdentity(record, provider, typeName, imported.identity),
  }
}

function toText(identity: Value): string {
  return [...identity.asMap()].flatMap(([name, v]) => (v.isNull ? [] : [`${name}=${valueToJson(v, v.type)}`])).join(', ')
}

export function reportNoSuchObject(place: ObjectPlace, diags: Diagnostics): void {
  diags.error(
    'Cannot import non-existent remote object',
    `While attempting to import an existing object to "${place.text}", the provider detected that no object exists with the given id. Only pre-existing objects can be imported; check that the id is correct and that it is associated with the provider's configured region or endpoint, or use "terraform apply" to create a new remote object for this resource.`,
  )
}
