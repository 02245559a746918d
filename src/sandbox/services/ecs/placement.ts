import type * as Ecs from '@aws-sdk/client-ecs'
import type { Call } from '../../kernel/call.ts'
import { type ContainerInstanceRow, containerInstances, type PortRow, type TaskDefinitionRow, type TaskRow } from './_rows.ts'
import { instancesOf, reservedPorts, tasksOn } from './container-instance.ts'

/** What a task takes of the instance that it runs on. */
export interface Demand {
  readonly cpu: number
  readonly memory: number
}

export function demandOf({ given }: TaskDefinitionRow): Demand {
  const containers = given.containerDefinitions ?? []
  return {
    cpu: given.cpu === undefined ? containers.reduce((sum, c) => sum + (c.cpu ?? 0), 0) : Number(given.cpu),
    memory:
      given.memory === undefined ? containers.reduce((sum, c) => sum + (c.memoryReservation ?? c.memory ?? 0), 0) : Number(given.memory),
  }
}

export interface PlacementRules {
  readonly constraints: readonly Ecs.PlacementConstraint[]
  readonly strategy: readonly Ecs.PlacementStrategy[]
  /** Tasks of the same group, for `distinctInstance` and spreading. */
  readonly group: string
  /** DAEMON services have at most one task on each instance. */
  readonly onePerInstance?: boolean
}

export type Placement =
  | { readonly instance: ContainerInstanceRow; readonly ports: readonly PortRow[] }
  | { readonly instance: undefined; readonly reason: string }

/**
 * An instance that has what a task needs. When there is none, `reason` says why, as events of services do.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement.html
 */
export function place(call: Call, cluster: string, definition: TaskDefinitionRow, rules: PlacementRules): Placement {
  const all = instancesOf(call, cluster)
  if (all.length === 0) return { instance: undefined, reason: 'Reason: No Container Instances were found in your cluster.' }
  const trials = all.map((instance) => tryInstance(call, instance, definition, rules))
  const fitting = trials.filter((trial) => trial.problem === undefined)
  if (fitting.length === 0) {
    const closest = trials.reduce((best, trial) => (trial.passed > best.passed ? trial : best))
    return { instance: undefined, reason: `The closest matching (container-instance ${closest.instance.id}) ${closest.problem}.` }
  }
  const chosen = order(call, fitting, rules)[0]!
  return { instance: chosen.instance, ports: chosen.ports }
}

/** Active instances on which a task may run, whatever they have left: what a DAEMON service is to have tasks on. */
export function eligibleInstances(
  call: Call,
  cluster: string,
  definition: TaskDefinitionRow,
  constraints: readonly Ecs.PlacementConstraint[],
): readonly ContainerInstanceRow[] {
  return instancesOf(call, cluster).filter(
    (row) =>
      row.status === 'ACTIVE' &&
      row.connected &&
      missingAttribute(row, definition) === undefined &&
      satisfies(row, definition, constraints),
  )
}

interface Trial {
  readonly instance: ContainerInstanceRow
  readonly tasks: readonly TaskRow[]
  readonly ports: readonly PortRow[]
  readonly problem: string | undefined
  /** How many of the requirements are met, in the order in which they are looked at. */
  readonly passed: number
}

function tryInstance(call: Call, instance: ContainerInstanceRow, definition: TaskDefinitionRow, rules: PlacementRules): Trial {
  const tasks = tasksOn(call, instance.id)
  const demand = demandOf(definition)
  const left = (of: 'cpu' | 'memory') => instance[of] - tasks.reduce((sum, task) => sum + task[of], 0)
  const ports = bindPorts(definition, tasks)
  const alone = rules.onePerInstance === true || rules.constraints.some((constraint) => constraint.type === 'distinctInstance')
  const checks: readonly (readonly [met: boolean, problem: string])[] = [
    [instance.connected, 'encountered error "AGENT"'],
    [instance.status === 'ACTIVE', 'is not in an active state'],
    [missingAttribute(instance, definition) === undefined, 'is missing an attribute required by your task'],
    [satisfies(instance, definition, rules.constraints), 'does not meet the placement constraints of your task'],
    [!alone || !tasks.some((task) => task.group === rules.group), 'does not meet the placement constraints of your task'],
    [ports !== undefined, 'is already using a port required by your task'],
    [left('cpu') >= demand.cpu, 'has insufficient CPU units available'],
    [left('memory') >= demand.memory, 'has insufficient memory available'],
  ]
  const failed = checks.findIndex(([met]) => !met)
  return {
    instance,
    tasks,
    ports: ports ?? [],
    problem: failed < 0 ? undefined : checks[failed]![1],
    passed: failed < 0 ? checks.length : failed,
  }
}

/** Host ports for the containers of a task; undefined when a wanted one is taken. */
export function bindPorts(definition: TaskDefinitionRow, others: readonly TaskRow[]): readonly PortRow[] | undefined {
  const { networkMode, containerDefinitions = [] } = definition.given
  if (networkMode === 'awsvpc' || networkMode === 'none') return []
  const taken = new Set(others.flatMap((task) => task.ports.map((port) => `${port.hostPort}/${port.protocol}`)))
  for (const port of reservedPorts) taken.add(`${port}/tcp`)
  const bound: PortRow[] = []
  for (const container of containerDefinitions)
    for (const mapping of container.portMappings ?? []) {
      if (mapping.containerPort === undefined) continue
      const protocol = mapping.protocol ?? 'tcp'
      let hostPort = mapping.hostPort ?? 0
      if (hostPort === 0) for (hostPort = 32_768; taken.has(`${hostPort}/${protocol}`); ) hostPort++
      else if (taken.has(`${hostPort}/${protocol}`)) return undefined
      taken.add(`${hostPort}/${protocol}`)
      bound.push({ container: container.name!, containerPort: mapping.containerPort, hostPort, protocol })
    }
  return bound
}

const architectures: Readonly<Record<string, string>> = { X86_64: 'x86_64', ARM64: 'arm64' }

function missingAttribute(instance: ContainerInstanceRow, definition: TaskDefinitionRow): string | undefined {
  const { runtimePlatform, containerDefinitions = [] } = definition.given
  const architecture = runtimePlatform?.cpuArchitecture
  if (architecture !== undefined && architectures[architecture] !== instance.attributes['ecs.cpu-architecture'])
    return 'ecs.cpu-architecture'
  if (runtimePlatform?.operatingSystemFamily?.startsWith('WINDOWS') === true) return 'ecs.os-family'
  return containerDefinitions
    .map((container) => container.logConfiguration?.logDriver)
    .filter((driver) => driver !== undefined)
    .map((driver) => `com.amazonaws.ecs.capability.logging-driver.${driver}`)
    .find((name) => !(name in instance.attributes))
}

function satisfies(
  instance: ContainerInstanceRow,
  definition: TaskDefinitionRow,
  constraints: readonly Ecs.PlacementConstraint[],
): boolean {
  const expressions = [...constraints, ...(definition.given.placementConstraints ?? [])].filter(
    (constraint) => constraint.type === 'memberOf',
  )
  return expressions.every(({ expression = '' }) => expression.split(/\s+and\s+|\s*&&\s*/).every((term) => holds(instance, term.trim())))
}

/** A term of the cluster query language over attributes: `==`, `!=`, `=~`, `in [...]`, `exists`. Others hold for no instance. */
function holds(instance: ContainerInstanceRow, term: string): boolean {
  const match = /^(!)?\(?attribute:([\w.-]+)\s*(?:(==|!=|=~|in|!in|not_in|exists|!exists)\s*(.*?))?\)?$/.exec(term)
  if (match === null) return false
  const [, negated, name, operator = 'exists', operand = ''] = match as unknown as [
    string,
    string | undefined,
    string,
    string | undefined,
    string | undefined,
  ]
  const value = instance.attributes[name] ?? undefined
  const list = operand.replace(/^\[|\]$/g, '').split(/\s*,\s*/)
  const found = {
    '==': value === operand,
    '!=': value !== operand,
    '=~': value !== undefined && new RegExp(`^(?:${operand})$`).test(value),
    in: value !== undefined && list.includes(value),
    '!in': value === undefined || !list.includes(value),
    not_in: value === undefined || !list.includes(value),
    exists: name in instance.attributes,
    '!exists': !(name in instance.attributes),
  }[operator]
  return found === (negated === undefined)
}

const byDefault: readonly Ecs.PlacementStrategy[] = [
  { type: 'spread', field: 'attribute:ecs.availability-zone' },
  { type: 'spread', field: 'instanceId' },
]

/** The best first. */
function order(call: Call, trials: readonly Trial[], rules: PlacementRules): readonly Trial[] {
  const strategy = rules.strategy.length === 0 ? byDefault : rules.strategy
  const siblings = [...containerInstances(call).values()].flatMap((row) =>
    tasksOn(call, row.id)
      .filter((task) => task.group === rules.group)
      .map(() => row),
  )
  const keyOf = (instance: ContainerInstanceRow, field: string) =>
    field === 'instanceId' || field === 'host' ? instance.id : (instance.attributes[field.replace(/^attribute:/, '')] ?? '')
  const scores = trials.map((trial) =>
    strategy.map(({ type, field = 'instanceId' }) => {
      if (type === 'random') return 0
      if (type === 'spread') return siblings.filter((row) => keyOf(row, field) === keyOf(trial.instance, field)).length
      const of = field.toLowerCase() === 'cpu' ? 'cpu' : 'memory'
      return trial.instance[of] - trial.tasks.reduce((sum, task) => sum + task[of], 0)
    }),
  )
  const compare = (a: readonly number[], b: readonly number[]) =>
    a.map((score, i) => score - b[i]!).find((difference) => difference !== 0) ?? 0
  return trials
    .map((trial, i) => ({ trial, score: scores[i]! }))
    .sort((a, b) => compare(a.score, b.score))
    .map(({ trial }) => trial)
}
