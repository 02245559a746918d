import { absResourceInstanceToString, moduleInstanceToString, providerSourceToString } from '../../addrs/index.ts'
import { compareStrings, crc64 } from '../../base/index.ts'
import type { Config } from '../../config/index.ts'
import {
  dynamicType,
  type Mark,
  markPaths,
  numericToString,
  type Path,
  SENSITIVE,
  typeToJson,
  unmarkDeep,
  type Value,
} from '../../cty/index.ts'
import type { Action, OutputChange, Plan, RelevantAttribute, ResourceChange } from '../../plans/index.ts'
import { type Schema, schemaSensitivePaths } from '../../schema/index.ts'
import { isEmptyState } from '../../states/index.ts'
import { checksJson } from '../json/checks-json.ts'
import { importingJson } from '../json/importing-json.ts'
import { type JsonDocument, RawJson, toJson } from '../json/json-text.ts'
import { compareChanges } from '../json/order.ts'
import type { Schemas } from '../json/schemas.ts'
import { knownJson, type Mask, sensitiveMask, unknownMask, valueJson } from '../json/value-json.ts'
import { configDocument } from '../jsonconfig/index.ts'
import { ModuleTree, stateDocument } from '../jsonstate/index.ts'
import type { Dialect } from '../views/dialect.ts'
import { planHasChanges } from '../views/plan-text.ts'
import { isMoved } from '../views/resource-change-text.ts'

export const planFormatVersion = '1.2'

export interface PlanJsonInput {
  readonly plan: Plan
  readonly config: Config
  readonly schemas: Schemas
  readonly terraformVersion: string
  readonly dialect?: Dialect['kind'] | undefined
  /** Only what both tools say: OpenTofu's documents do not say what is applyable and complete. */
  readonly ofBothTools?: boolean | undefined
}

/** One line with its newline; see reference/plan-json.md 1. */
export function planJson(input: PlanJsonInput): string {
  return `${toJson(planDocument(input))}\n`
}

export function planDocument(input: PlanJsonInput): JsonDocument {
  const { plan, config, schemas, terraformVersion } = input
  const changes = plan.changes.filter((c) => !(c.action === 'delete' && c.address.resource.mode === 'data')).sort(compareChanges)
  const drift = plan.drift.filter((c) => plan.mode === 'refreshOnly' || c.action !== 'noop').sort(compareChanges)
  const checks = plan.priorState.checkResults
  const relevant = plan.relevantAttributes()
  const isShort = input.dialect === 'tofu' || input.ofBothTools
  return {
    format_version: planFormatVersion,
    terraform_version: terraformVersion,
    variables: variables(plan, config, input.dialect),
    planned_values: plannedValues(plan, schemas),
    resource_drift: drift.length === 0 ? undefined : drift.map((c) => changeEntry(c, schemas)),
    resource_changes: changes.length === 0 ? undefined : changes.map((c) => changeEntry(c, schemas)),
    output_changes: outputChanges(plan.outputChanges),
    prior_state: priorState(plan, terraformVersion, schemas),
    configuration: configDocument(config, schemas, isShort ? 'tofu' : 'terraform'),
    relevant_attributes: relevant.length === 0 ? undefined : relevant.map(relevantAttribute),
    checks: checks === undefined || checks.length === 0 ? undefined : checksJson(checks),
    timestamp: plan.timestamp,
    applyable: isShort ? undefined : !plan.errored && planHasChanges(plan),
    complete: isShort ? undefined : plan.targets.length === 0 && (plan.excludes?.length ?? 0) === 0 && !plan.errored,
    errored: plan.errored,
  }
}

/** The state after refresh. As in Terraform it holds root output values as planned already, so that it can be there before anything exists. */
function priorState(plan: Plan, terraformVersion: string, schemas: Schemas): JsonDocument | undefined {
  const state = { ...plan.priorState, checkResults: undefined }
  return isEmptyState(state) ? undefined : stateDocument(state, terraformVersion, schemas)
}

function variables(plan: Plan, config: Config, dialect: PlanJsonInput['dialect']): JsonDocument | undefined {
  const members: Record<string, JsonDocument> = {}
  const names = new Set([...plan.variables.keys(), ...config.module.variables.keys()])
  for (const name of [...names].sort(compareStrings)) {
    const declared = config.module.variables.get(name)
    const value = plan.variables.get(name) ?? declared?.default
    // Terraform tells the default value even where another one was given.
    if (declared?.ephemeral && dialect === 'tofu') members[name] = {}
    else if (value !== undefined) members[name] = { value: knownJson(value) }
  }
  return Object.keys(members).length === 0 ? undefined : members
}

function plannedValues(plan: Plan, schemas: Schemas): JsonDocument {
  const outputs: Record<string, JsonDocument> = {}
  for (const output of sortedOutputs(plan.outputChanges)) {
    if (output.action === 'delete') continue
    const after = unmarkDeep(output.after)
    outputs[output.name] = after.isWhollyKnown
      ? // Of what stays null nobody has kept the type.
        {
          sensitive: output.sensitive,
          type: new RawJson(typeToJson(after.isNull && output.action === 'noop' ? dynamicType : after.type)),
          value: valueJson(after),
        }
      : { sensitive: output.sensitive }
  }
  const tree = new ModuleTree()
  const present = plan.changes
    .filter((c) => c.deposed === undefined && c.action !== 'delete')
    .map((change) => ({ change, text: absResourceInstanceToString(change.address) }))
    .sort((a, b) => compareStrings(a.text, b.text))
  for (const { change, text } of present) {
    const schema = schemas.resource(change.provider.source, change.address.resource)
    const after = withSchemaMarks(change.after, schema)
    const { resource, module, key } = change.address
    tree.add(module, {
      address: text,
      mode: resource.mode,
      type: resource.type,
      name: resource.name,
      index: key,
      provider_name: providerSourceToString(change.provider.source),
      schema_version: schema?.version ?? change.schemaVersion,
      values: hasKnownAttribute(after) ? knownJson(after) : undefined,
      // Terraform lists forgotten objects, without anything in them.
      sensitive_values: maskJson(sensitiveMask(after)),
      identity_schema_version:
        identityJson(change.afterIdentity) === undefined
          ? undefined
          : (schemas.provider(change.provider.source)?.identity?.(resource.type)?.version ?? 0),
      identity: identityJson(change.afterIdentity),
    })
  }
  return { outputs: Object.keys(outputs).length === 0 ? undefined : outputs, root_module: tree.document() }
}

/** Of an object that is wholly unknown there is nothing to show. */
function hasKnownAttribute(object: Value): boolean {
  if (!object.hasContent) return false
  for (const child of object.asMap().values()) if (child.isKnown) return true
  return false
}

function maskJson(mask: Mask): RawJson {
  return new RawJson(JSON.stringify(mask))
}

const sensitive: ReadonlySet<Mark> = new Set([SENSITIVE])

function withSchemaMarks(value: Value, schema: Schema | undefined): Value {
  if (schema === undefined || !value.hasContent) return value
  const paths = schemaSensitivePaths(schema.block, value)
  return paths.length === 0
    ? value
    : markPaths(
        value,
        paths.map((path) => ({ path, marks: sensitive })),
      )
}

/** One entry of `resource_changes` or `resource_drift`. */
function changeEntry(change: ResourceChange, schemas: Schemas): JsonDocument {
  const { address } = change
  const schema = schemas.resource(change.provider.source, address.resource)
  const before = withSchemaMarks(change.before, schema)
  const after = withSchemaMarks(change.after, schema)
  return {
    address: absResourceInstanceToString(address),
    previous_address: isMoved(change) ? absResourceInstanceToString(change.previousAddress) : undefined,
    module_address: address.module.length === 0 ? undefined : moduleInstanceToString(address.module),
    mode: address.resource.mode,
    type: address.resource.type,
    name: address.resource.name,
    index: address.key,
    provider_name: providerSourceToString(change.provider.source),
    deposed: change.deposed,
    change: {
      actions: actionNames(change.action),
      before: before.isNull ? null : knownJson(before),
      after: after.isNull ? null : knownJson(after),
      after_unknown: after.isNull || after.isWhollyKnown ? {} : maskJson(unknownMask(after)),
      before_sensitive: maskJson(sensitiveMask(before)),
      after_sensitive: maskJson(sensitiveMask(after)),
      replace_paths: change.requiredReplace.length === 0 ? undefined : sortedPaths(change.requiredReplace),
      importing: importingJson(change.importing),
      generated_config: change.generatedConfig,
      before_identity: identityJson(change.beforeIdentity),
      after_identity: identityJson(change.afterIdentity),
    },
    action_reason: change.reason,
  }
}

/** Told only when all of it is known. */
function identityJson(identity: Value | undefined): JsonDocument | undefined {
  return identity === undefined || identity.isNull || !identity.isWhollyKnown ? undefined : knownJson(identity)
}

export function actionNames(action: Action): readonly string[] {
  switch (action) {
    case 'noop':
      return ['no-op']
    case 'deleteThenCreate':
      return ['delete', 'create']
    case 'createThenDelete':
      return ['create', 'delete']
    case 'forgetThenCreate':
      return ['forget', 'create']
    default:
      return [action]
  }
}

function relevantAttribute({ address, path }: RelevantAttribute): JsonDocument {
  return { resource: absResourceInstanceToString(address), attribute: pathDocument(path) }
}

/** In the order of Terraform's sets of paths, that of their hashes. */
function sortedPaths(paths: readonly Path[]): JsonDocument {
  if (paths.length < 2) return paths.map(pathDocument)
  return paths
    .map((path) => ({ path: pathDocument(path), hash: pathHash(path) }))
    .map((p) => ({ ...p, text: toJson(p.path) }))
    .sort((a, b) => (a.hash === b.hash ? compareStrings(a.text, b.text) : a.hash < b.hash ? -1 : 1))
    .map((p) => p.path)
}

function pathHash(path: Path): bigint {
  return BigInt.asIntN(64, crc64(Buffer.concat(path.map((step) => (step.kind === 'attribute' ? Buffer.from(step.name) : Buffer.of(0xff))))))
}

function pathDocument(path: Path): JsonDocument {
  return path.map((step): JsonDocument => {
    if (step.kind === 'attribute') return step.name
    if (step.key.hasContent && step.key.type.kind === 'string') return step.key.asString()
    if (step.key.hasContent && step.key.type.kind === 'number') return new RawJson(numericToString(step.key.asNumeric()))
    return knownJson(step.key) ?? null
  })
}

function sortedOutputs(outputs: readonly OutputChange[]): readonly OutputChange[] {
  return [...outputs].sort((a, b) => compareStrings(a.name, b.name))
}

function outputChanges(outputs: readonly OutputChange[]): JsonDocument | undefined {
  if (outputs.length === 0) return undefined
  const members: Record<string, JsonDocument> = {}
  for (const output of sortedOutputs(outputs)) {
    const unknown = unknownMask(output.after)
    members[output.name] = {
      actions: actionNames(output.action),
      before: output.before.isNull ? null : knownJson(output.before),
      after: output.after.isNull ? null : knownJson(output.after),
      after_unknown: output.after.isWhollyKnown ? false : maskJson(unknown),
      before_sensitive: output.sensitive,
      after_sensitive: output.sensitive,
    }
  }
  return members
}
