import type * as Ecs from '@aws-sdk/client-ecs'
import type { Call } from '../../kernel/call.ts'
import type { Row, Table } from '../../kernel/store.ts'

/** The id is the name. */
export interface ClusterRow extends Row {
  readonly status: 'ACTIVE' | 'INACTIVE'
  readonly settings: readonly Ecs.ClusterSetting[]
  readonly configuration?: Ecs.ClusterConfiguration
  readonly serviceConnectDefaults?: Ecs.ClusterServiceConnectDefaults
  readonly capacityProviders: readonly string[]
  readonly defaultStrategy: readonly Ecs.CapacityProviderStrategyItem[]
}

/** An instance whose agent has registered with a cluster. The id is what its ARN ends with. */
export interface ContainerInstanceRow extends Row {
  readonly cluster: string
  readonly instanceId: string
  readonly zone: string
  readonly cpu: number
  readonly memory: number
  readonly status: 'ACTIVE' | 'DRAINING'
  readonly connected: boolean
  readonly registered: Date
  /** Null: a capability, which has no value. */
  readonly attributes: Readonly<Record<string, string | null>>
}

/** The id is `family:revision`. */
export interface TaskDefinitionRow extends Row {
  readonly family: string
  readonly revision: number
  readonly status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS'
  /** As registered, with what ECS adds. */
  readonly given: Omit<Ecs.RegisterTaskDefinitionRequest, 'tags'>
  readonly registered: Date
  readonly registeredBy: string
  readonly deregistered?: Date
}

export type TaskStatus = 'PROVISIONING' | 'PENDING' | 'RUNNING' | 'STOPPED'

export interface PortRow {
  readonly container: string
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: 'tcp' | 'udp'
}

/** The id is what the task's ARN ends with. */
export interface TaskRow extends Row {
  readonly cluster: string
  readonly definition: string
  /** The service's id, for tasks of one. */
  readonly service?: string
  readonly deployment?: string
  readonly containerInstance?: string
  readonly launchType: 'EC2' | 'FARGATE' | 'EXTERNAL'
  readonly status: TaskStatus
  readonly wanted: 'RUNNING' | 'STOPPED'
  readonly group: string
  readonly startedBy?: string
  readonly cpu: number
  readonly memory: number
  readonly ports: readonly PortRow[]
  readonly interfaceId?: string
  readonly overrides?: Ecs.TaskOverride
  readonly created: Date
  readonly started?: Date
  readonly stopping?: Date
  readonly stopped?: Date
  readonly stoppedReason?: string
  readonly stopCode?: Ecs.TaskStopCode
}

export interface DeploymentRow {
  readonly id: string
  readonly definition: string
  readonly created: Date
  readonly updated: Date
  readonly rollout: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  readonly rolloutReason: string
  readonly failed: number
}

export interface ServiceEventRow {
  readonly id: string
  readonly time: Date
  readonly message: string
}

/** The id is `cluster/name`. */
export interface ServiceRow extends Row {
  readonly cluster: string
  readonly name: string
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  readonly desired: number
  readonly launchType?: 'EC2' | 'FARGATE' | 'EXTERNAL'
  readonly strategy: readonly Ecs.CapacityProviderStrategyItem[]
  readonly scheduling: 'REPLICA' | 'DAEMON'
  readonly configuration: Ecs.DeploymentConfiguration & { readonly maximumPercent: number; readonly minimumHealthyPercent: number }
  readonly loadBalancers: readonly Ecs.LoadBalancer[]
  readonly registries: readonly Ecs.ServiceRegistry[]
  readonly constraints: readonly Ecs.PlacementConstraint[]
  readonly placement: readonly Ecs.PlacementStrategy[]
  readonly network?: Ecs.NetworkConfiguration
  readonly graceSeconds?: number
  readonly roleArn?: string
  readonly platformVersion?: string
  readonly managedTags: boolean
  readonly propagateTags: Ecs.PropagateTags
  readonly executeCommand: boolean
  readonly zoneRebalancing: Ecs.AvailabilityZoneRebalancing
  readonly created: Date
  readonly createdBy: string
  /** The first is the primary one. */
  readonly deployments: readonly DeploymentRow[]
  /** The newest first. */
  readonly events: readonly ServiceEventRow[]
  readonly isSteady: boolean
}

export interface CapacityProviderRow extends Row {
  readonly status: 'ACTIVE' | 'INACTIVE'
  readonly group: Ecs.AutoScalingGroupProvider
}

const table =
  <R extends Row>(name: string) =>
  (call: Call): Table<R> =>
    call.inService('ecs').scope.table<R>(name)

export const clusters = table<ClusterRow>('clusters')
export const containerInstances = table<ContainerInstanceRow>('containerInstances')
export const taskDefinitions = table<TaskDefinitionRow>('taskDefinitions')
export const families = table<Row & { readonly last: number }>('families')
export const services = table<ServiceRow>('services')
export const tasks = table<TaskRow>('tasks')
export const capacityProviders = table<CapacityProviderRow>('capacityProviders')
