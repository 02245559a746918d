import type * as Elb from '@aws-sdk/client-elastic-load-balancing'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { findLoadBalancer, type HealthCheckRow, loadBalancers } from './_rows.ts'
import { probeAll } from './target.ts'

export const healthCheckOperations = {
  ConfigureHealthCheck(input: Elb.ConfigureHealthCheckInput, call: Call): Elb.ConfigureHealthCheckOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const healthCheck = checked(input.HealthCheck!)
    loadBalancers(call).patch(row.id, { healthCheck })
    probeAll(call, row.id)
    return { HealthCheck: healthCheckOf(healthCheck) }
  },
}

export function healthCheckOf(row: HealthCheckRow): Elb.HealthCheck {
  return {
    Target: row.target,
    Interval: row.interval,
    Timeout: row.timeout,
    UnhealthyThreshold: row.unhealthy,
    HealthyThreshold: row.healthy,
  }
}

/** The parts of a target such as `HTTP:8080/health`; undefined for other texts. */
export function parseTarget(target: string): { readonly protocol: string; readonly port: number; readonly path: string } | undefined {
  const match = /^(TCP|SSL|HTTP|HTTPS):(\d{1,5})(\/.*)?$/i.exec(target)
  if (match === null) return undefined
  const protocol = match[1]!.toUpperCase()
  const port = Number(match[2])
  const path = match[3] ?? ''
  if (port < 1 || port > 65_535 || protocol.startsWith('HTTP') !== (path !== '')) return undefined
  return { protocol, port, path }
}

function checked(given: Elb.HealthCheck): HealthCheckRow {
  const { Target, Interval, Timeout, UnhealthyThreshold, HealthyThreshold } = given as Required<Record<keyof Elb.HealthCheck, never>>
  if (parseTarget(Target) === undefined)
    throw new AwsError(
      'ValidationError',
      `HealthCheck Target must specify a port and a protocol, and a path for HTTP and HTTPS: '${Target as string}'`,
    )
  const limits: readonly (readonly [name: string, value: number, least: number, most: number])[] = [
    ['Interval', Interval, 5, 300],
    ['Timeout', Timeout, 2, 60],
    ['UnhealthyThreshold', UnhealthyThreshold, 2, 10],
    ['HealthyThreshold', HealthyThreshold, 2, 10],
  ]
  for (const [name, value, least, most] of limits)
    if (value < least || value > most) throw new AwsError('ValidationError', `HealthCheck ${name} must be between ${least} and ${most}`)
  if (Timeout >= Interval) throw new AwsError('ValidationError', 'HealthCheck timeout must be less than interval')
  return { target: Target, interval: Interval, timeout: Timeout, unhealthy: UnhealthyThreshold, healthy: HealthyThreshold }
}
