import type { AdditionalAttribute, Listener } from '@aws-sdk/client-elastic-load-balancing'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'

export interface HealthCheckRow {
  readonly target: string
  readonly interval: number
  readonly timeout: number
  readonly unhealthy: number
  readonly healthy: number
}

/**
 * - `registering`: not probed often enough yet
 * - `in`: passes its health check
 * - `failing`: does not
 */
export type TargetState = 'registering' | 'in' | 'failing'

export interface TargetRow {
  readonly instanceId: string
  readonly state: TargetState
  /** Which of the scheduled probes counts: each new series outdates the one before. */
  readonly series: number
}

export interface LoadBalancerAttributesRow {
  readonly crossZone: boolean
  readonly accessLog: { readonly enabled: boolean; readonly bucket?: string; readonly prefix?: string; readonly interval?: number }
  readonly draining: { readonly enabled: boolean; readonly timeout: number }
  readonly idleTimeout: number
  readonly additional: readonly Required<AdditionalAttribute>[]
}

/** The id is the name, which is unique in a region. */
export interface LoadBalancerRow extends Row {
  readonly dnsName: string
  readonly scheme: 'internet-facing' | 'internal'
  readonly vpcId: string
  readonly subnets: readonly string[]
  readonly groups: readonly string[]
  readonly created: Date
  readonly listeners: readonly {
    readonly listener: Required<Omit<Listener, 'SSLCertificateId'>> & Listener
    readonly policies: readonly string[]
  }[]
  readonly cookies: readonly { readonly name: string; readonly cookie?: string; readonly expiration?: number }[]
  readonly healthCheck: HealthCheckRow
  readonly attributes: LoadBalancerAttributesRow
  readonly targets: readonly TargetRow[]
  /** Deregistered instances that still serve what they have begun. */
  readonly draining: readonly { readonly instanceId: string; readonly series: number }[]
  readonly tags: Readonly<Record<string, string>>
}

export function loadBalancers(call: Call): Table<LoadBalancerRow> {
  return call.inService('elb').scope.table<LoadBalancerRow>('loadBalancers')
}

/** @throws AwsError LoadBalancerNotFound */
export function findLoadBalancer(call: Call, name: string | undefined): LoadBalancerRow {
  const row = name === undefined ? undefined : loadBalancers(call).get(name)
  if (row === undefined) throw new AwsError('LoadBalancerNotFound', `There is no ACTIVE Load Balancer named '${name ?? ''}'`)
  return row
}
