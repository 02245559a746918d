import type { Diagnostics } from '../diags/index.ts'
import type { Traversal } from '../hcl/index.ts'
import { overrideBody } from './_body.ts'
import type { Declared } from './_meta.ts'
import type { DeclaredResource } from './_resource.ts'
import { convertDefault } from './_variable.ts'
import type { InputVariable, Lifecycle, LocalValue, ModuleCall, OutputValue, ProviderConfig } from './config.ts'

/*
 * Override files: an argument that is written there takes the place of the argument of the base block. What may not be
 * overridden is reported.
 */

/** The members of `over` whose argument was written, the others from `base`. */
function pick<T extends object>(base: T, over: T, given: ReadonlySet<string>, members: Readonly<Record<string, readonly (keyof T)[]>>): T {
  const result = { ...base }
  for (const [argument, keys] of Object.entries(members)) {
    if (given.has(argument)) for (const key of keys) result[key] = over[key]
  }
  return result
}

function bothGiven(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a, ...b])
}

function refuseDependsOn(dependsOn: readonly Traversal[], diags: Diagnostics): void {
  if (dependsOn[0] === undefined) return
  diags.error('Unsupported override', 'The depends_on argument may not be overridden.', { subject: dependsOn[0].range })
}

export function overrideVariable(
  base: Declared<InputVariable>,
  over: Declared<InputVariable>,
  diags: Diagnostics,
): Declared<InputVariable> {
  const merged = pick(base.config, over.config, over.given, {
    description: ['description'],
    type: ['type', 'typeDefaults', 'parsing'],
    default: ['default'],
    sensitive: ['sensitive'],
    ephemeral: ['ephemeral'],
    nullable: ['nullable'],
    deprecated: ['deprecated'],
    const: ['constant'],
  })
  const given = bothGiven(base.given, over.given)
  // The one may have been written for another type than the other.
  const touched = ['type', 'default', 'nullable'].some((name) => over.given.has(name))
  if (merged.default === undefined || !touched) return { config: merged, given }
  const converted = convertDefault(merged.default, merged.type, merged.typeDefaults)
  if ('problem' in converted) {
    const what = over.given.has('type')
      ? "Overriding this variable's type constraint has made its default value invalid"
      : "The overridden default value for this variable is not compatible with the variable's type constraint"
    diags.error('Invalid default value for variable', `${what}: ${converted.problem}.`, { subject: over.config.range })
    return { config: { ...merged, default: undefined }, given }
  }
  if (converted.value.isNull && !merged.nullable) {
    diags.error('Invalid default value for variable', 'A null default value is not valid when nullable=false.', {
      subject: over.config.range,
    })
    return { config: { ...merged, default: undefined }, given }
  }
  return { config: { ...merged, default: converted.value }, given }
}

export function overrideLocal(base: LocalValue, over: LocalValue): LocalValue {
  return { ...base, expr: over.expr }
}

export function overrideOutput(base: Declared<OutputValue>, over: Declared<OutputValue>, diags: Diagnostics): Declared<OutputValue> {
  refuseDependsOn(over.config.dependsOn, diags)
  const config = pick(base.config, over.config, over.given, {
    value: ['expr'],
    description: ['description'],
    sensitive: ['sensitive'],
    ephemeral: ['ephemeral'],
    deprecated: ['deprecated'],
  })
  return { config, given: bothGiven(base.given, over.given) }
}

export function overrideModuleCall(base: Declared<ModuleCall>, over: Declared<ModuleCall>, diags: Diagnostics): Declared<ModuleCall> {
  refuseDependsOn(over.config.dependsOn, diags)
  const picked = pick(base.config, over.config, over.given, {
    source: ['source', 'sourceRange'],
    version: ['version'],
    count: ['count', 'forEach', 'enabled'],
    for_each: ['count', 'forEach', 'enabled'],
    lifecycle: ['count', 'forEach', 'enabled'],
    providers: ['providers'],
  })
  const of = (argument: 'source' | 'version') => (over.given.has(argument) ? over : base).config.deferred?.[argument]
  const deferred = { source: of('source'), version: of('version') }
  const body = overrideBody(base.config.body, over.config.body)
  return { config: { ...picked, deferred, body }, given: bothGiven(base.given, over.given) }
}

export function overrideProviderConfig(base: Declared<ProviderConfig>, over: Declared<ProviderConfig>): Declared<ProviderConfig> {
  const picked = pick(base.config, over.config, over.given, { version: ['version'], for_each: ['forEach'] })
  return { config: { ...picked, body: overrideBody(base.config.body, over.config.body) }, given: bothGiven(base.given, over.given) }
}

export function overrideResource(base: DeclaredResource, over: DeclaredResource, diags: Diagnostics): DeclaredResource {
  refuseDependsOn(over.config.dependsOn, diags)
  const picked = pick(base.config, over.config, over.given, {
    count: ['count', 'forEach', 'enabled'],
    for_each: ['count', 'forEach', 'enabled'],
    provider: ['provider', 'providerKey', 'providerRange'],
    connection: ['connection'],
    provisioner: ['provisioners'],
  })
  const repetition = pick(picked, over.config, over.lifecycleGiven, { enabled: ['count', 'forEach', 'enabled'] })
  const lifecycle: Lifecycle = pick(base.config.lifecycle, over.config.lifecycle, over.lifecycleGiven, {
    create_before_destroy: ['createBeforeDestroy'],
    prevent_destroy: ['preventDestroy', 'preventDestroyExpr', 'preventDestroyRange'],
    destroy: ['destroy', 'destroyRange'],
    ignore_changes: ['ignoreChanges', 'ignoreAllChanges'],
    replace_triggered_by: ['replaceTriggeredBy'],
  })
  return {
    config: { ...repetition, lifecycle, body: overrideBody(base.config.body, over.config.body) },
    given: bothGiven(base.given, over.given),
    lifecycleGiven: bothGiven(base.lifecycleGiven, over.lifecycleGiven),
  }
}
