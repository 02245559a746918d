import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'

export interface TemplateRow {
  readonly id: string
  readonly name: string
  /** As given: a number, `$Latest` or `$Default`. */
  readonly version: string
}

/** What a group makes its instances of. */
export type LaunchRow =
  | { readonly kind: 'template'; readonly template: TemplateRow }
  | { readonly kind: 'mixed'; readonly template: TemplateRow; readonly policy: AutoScaling.MixedInstancesPolicy }
  | { readonly kind: 'configuration'; readonly name: string }

export type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'InService'
  | 'Standby'
  | 'Terminating'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Detaching'

export interface MemberRow {
  readonly id: string
  readonly type: string
  readonly zone: string
  readonly state: LifecycleState
  readonly isHealthy: boolean
  readonly isProtected: boolean
  /** With the version that the instance was made of. */
  readonly template?: TemplateRow
  readonly configuration?: string
  readonly launched: Date
  /** The activity that brings it or takes it away. */
  readonly activity: string
  readonly hookToken?: string
}

export interface GroupTagRow {
  readonly key: string
  readonly value: string
  readonly atLaunch: boolean
}

/** The id is the name, which is unique in a region. */
export interface GroupRow extends Row {
  readonly uuid: string
  readonly launch: LaunchRow
  readonly min: number
  readonly max: number
  readonly desired: number
  readonly cooldown: number
  readonly zones: readonly string[]
  readonly subnets: readonly string[]
  readonly loadBalancers: readonly string[]
  readonly healthType: string
  readonly graceSeconds: number
  readonly placementGroup?: string
  readonly terminationPolicies: readonly string[]
  readonly protectNew: boolean
  readonly tags: readonly GroupTagRow[]
  readonly roleArn: string
  readonly suspended: readonly string[]
  readonly metrics: readonly string[]
  readonly created: Date
  readonly isDeleting: boolean
  readonly members: readonly MemberRow[]
  /** Given and shown again, without effect on what the group does. */
  readonly shown: Pick<
    AutoScaling.AutoScalingGroup,
    | 'CapacityRebalance'
    | 'MaxInstanceLifetime'
    | 'Context'
    | 'DesiredCapacityType'
    | 'DefaultInstanceWarmup'
    | 'InstanceMaintenancePolicy'
    | 'AvailabilityZoneDistribution'
    | 'AvailabilityZoneImpairmentPolicy'
    | 'CapacityReservationSpecification'
  >
}

export interface ActivityRow extends Row {
  readonly group: string
  readonly description: string
  readonly cause: string
  readonly start: Date
  readonly end?: Date
  readonly status: AutoScaling.ScalingActivityStatusCode
  readonly message?: string
  readonly details: string
}

/** The id is `group hook`. */
export interface HookRow extends Row {
  readonly group: string
  readonly name: string
  readonly transition: 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING'
  readonly heartbeat: number
  readonly result: 'CONTINUE' | 'ABANDON'
  readonly metadata?: string
  readonly target?: string
  readonly roleArn?: string
}

export interface RefreshRow extends Row {
  readonly group: string
  readonly status: AutoScaling.InstanceRefreshStatus
  readonly reason?: string
  readonly start: Date
  readonly end?: Date
  readonly preferences: AutoScaling.RefreshPreferences
  /** Instances that are still to be replaced, and how many there were. */
  readonly left: readonly string[]
  readonly total: number
}

/** The id is `group policy`. */
export interface PolicyRow extends Row {
  readonly group: string
  readonly uuid: string
  readonly given: AutoScaling.PutScalingPolicyType
}

export interface LaunchConfigurationRow extends Row {
  readonly uuid: string
  readonly created: Date
  readonly given: AutoScaling.CreateLaunchConfigurationType
}

const table =
  <R extends Row>(name: string) =>
  (call: Call): Table<R> =>
    call.inService('autoscaling').scope.table<R>(name)

export const groups = table<GroupRow>('groups')
export const activities = table<ActivityRow>('activities')
export const hooks = table<HookRow>('hooks')
export const refreshes = table<RefreshRow>('refreshes')
export const policies = table<PolicyRow>('policies')
export const launchConfigurations = table<LaunchConfigurationRow>('launchConfigurations')

export function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message)
}

/** @throws AwsError ValidationError */
export function findGroup(call: Call, name: string | undefined): GroupRow {
  const row = name === undefined ? undefined : groups(call).get(name)
  if (row === undefined) throw invalid(`AutoScalingGroup name not found - AutoScalingGroup '${name ?? ''}' not found`)
  return row
}

export function newUuid(call: Call): string {
  const hex = call.inService('autoscaling').newBytes().toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Auto Scaling keeps whole seconds in its texts. */
export function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}
