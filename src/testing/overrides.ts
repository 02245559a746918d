import {
  type AbsProviderConfig,
  type AbsResourceInstance,
  absResourceInstanceToString,
  type ModuleInstance,
  resourceEquals,
  resourceToString,
  type Target,
  targetToString,
  toModulePath,
} from '../addrs/index.ts'
import { type Config, configAt, type Module, type OutputValue } from '../config/index.ts'
import { dynamicType, nullVal, type Value } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { StandIns } from '../engine/index.ts'
import { type Answers, overriddenProvider, rememberingProvider } from './mock-provider.ts'
import { replacementValue, staticValue } from './static-value.ts'
import type { MockProvider, Override, TestFile, TestRun } from './test-file.ts'

/** All that applies to a run whatever serves it: what the run says itself comes before what its file says. */
export function overridesOf(run: TestRun, file: TestFile): readonly Override[] {
  return [...run.overrides, ...file.overrides]
}

/** Warns of overrides of what the configuration does not declare. */
export function checkOverrideTargets(overrides: readonly Override[], config: Config, diags: Diagnostics): void {
  for (const { target, targetRange } of overrides) {
    const module = configAt(config, toModulePath(target.module))
    if (module !== undefined && (target.kind === 'module' || module.module.resources.has(resourceToString(target.resource)))) continue
    diags.warning(
      'Invalid override target',
      `The override target ${targetToString(target)} does not exist within the configuration under test. This could indicate a typo in the target address or an unnecessary override.`,
      { subject: targetRange },
    )
  }
}

/**
 * Who answers for an instance, given who would; for the engine.
 *
 * @param mockOf the mock that stands in for a configuration: what that overrides counts for what it serves, after all else.
 */
export function overridingProvider(
  overrides: readonly Override[],
  mocks: readonly MockProvider[],
  mockOf: (config: AbsProviderConfig) => MockProvider | undefined,
  diags: Diagnostics,
): StandIns['providerFor'] {
  const own = overrides.filter((o) => o.kind !== 'module')
  const ofMocks = mocks.flatMap((mock) => mock.overrides.map((o) => [o, mock.duringPlan] as const))
  if (own.length + mocks.length === 0) return undefined
  const answers = new Map<Override, Answers>(
    [...own.map((o) => [o, false] as const), ...ofMocks].map(
      ([o, duringPlan]) =>
        [o, { values: replacementValue(o.values, diags), range: o.values?.range, duringPlan: o.duringPlan ?? duringPlan }] as const,
    ),
  )
  const planned = new Map<string, Value>()
  return (address, provider, config) => {
    const mock = mockOf(config)
    const found = fittest(own, address) ?? fittest(mock?.overrides ?? [], address)
    if (found === undefined && mock === undefined) return provider
    return rememberingProvider(
      found === undefined ? provider : overriddenProvider(provider, answers.get(found)!),
      absResourceInstanceToString(address),
      planned,
    )
  }
}

/** One instance is meant more than all of them. */
function fittest(overrides: readonly Override[], address: AbsResourceInstance): Override | undefined {
  const fitting = overrides.filter((o) => covers(o.target, address))
  return fitting.find((o) => o.target.kind === 'resourceInstance') ?? fitting[0]
}

function covers(target: Target, address: AbsResourceInstance): boolean {
  if (target.kind === 'module') return false
  if (!resourceEquals(target.resource, address.resource) || !isSameModule(target.module, address.module)) return false
  return target.kind === 'resource' || target.key === undefined || target.key === address.key
}

/** Of objects only those of the very instance are meant. */
function isSameModule(target: ModuleInstance, module: ModuleInstance): boolean {
  return target.length === module.length && target.every((step, i) => step.name === module[i]!.name && step.key === module[i]!.key)
}

/** Steps without a key stand for all instances of their call. */
function coversModule(target: ModuleInstance, module: ModuleInstance): boolean {
  return (
    target.length === module.length &&
    target.every((step, i) => step.name === module[i]!.name && (step.key === undefined || step.key === module[i]!.key))
  )
}

/** The configuration without what is in overridden modules: their outputs are what the test says, and nothing else of them is left. */
export function withoutOverriddenModules(config: Config, overrides: readonly Override[], diags: Diagnostics): Config {
  const modules = overrides.filter((o) => o.kind === 'module' && o.target.module.every((step) => step.key === undefined))
  return modules.reduceRight((result, override) => {
    const { module } = override.target as Target & { kind: 'module' }
    return replaceModule(
      result,
      module.map((step) => step.name),
      override,
      diags,
    )
  }, config)
}

/** Output values of single instances of modules, which are otherwise what they are. */
export function overriddenOutputs(overrides: readonly Override[], diags: Diagnostics): StandIns['moduleOutput'] {
  const keyed = overrides.filter((o) => o.kind === 'module' && o.target.module.some((step) => step.key !== undefined))
  if (keyed.length === 0) return undefined
  const given = keyed.map((o) => [o.target.module, replacementValue(o.values, diags)] as const)
  return (module, name) => {
    const found = given.find(([target]) => coversModule(target, module))
    if (found === undefined) return undefined
    const values = found[1]
    return (values?.hasContent ? values.asMap().get(name) : undefined) ?? nullVal(dynamicType)
  }
}

function replaceModule(config: Config, path: readonly string[], override: Override, diags: Diagnostics): Config {
  const [name, ...rest] = path
  if (name === undefined) return emptied(config, override, diags)
  const child = config.children.get(name)
  if (child === undefined) return config
  return { ...config, children: new Map([...config.children, [name, replaceModule(child, rest, override, diags)]]) }
}

function emptied(config: Config, override: Override, diags: Diagnostics): Config {
  const values = override.values === undefined ? undefined : staticValue(override.values.expr, diags)
  const named = values?.hasContent && (values.type.kind === 'object' || values.type.kind === 'map')
  const given: ReadonlyMap<string, Value> = named ? values.asMap() : new Map()
  const outputs = new Map<string, OutputValue>()
  for (const [name, output] of config.module.outputs) {
    const value = given.get(name) ?? nullVal(dynamicType)
    outputs.set(name, { ...output, expr: { kind: 'literal', value, range: output.expr.range }, dependsOn: [], preconditions: [] })
  }
  const module: Module = {
    ...config.module,
    outputs,
    locals: new Map(),
    resources: new Map(),
    moduleCalls: new Map(),
    checks: new Map(),
    moved: [],
    removed: [],
    imports: [],
    providerConfigs: new Map(),
  }
  return { ...config, module, children: new Map() }
}
