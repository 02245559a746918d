import { Monitor } from '@cdktf/provider-datadog/lib/monitor/index.js'
import type { Construct } from 'constructs'
import { Environment } from '../environment/index.ts'
import { isModule, Module, ModuleError } from '../module.ts'

/** How serious it is, from which value on, and whom to tell. */
export interface Level {
  readonly threshold: number
  /** Handle of Datadog such as `@slack-ops`. Default: the environment's for this level. */
  readonly notify?: string
}

export interface MetricMonitorProps {
  /** Metric of Datadog. Example: `aws.elb.latency`. */
  readonly metric: string
  /** What is looked at, as tags. Default: everything of the environment. Example: `{ service: 'api' }`. */
  readonly tags?: Readonly<Record<string, string>>
  /** How values within the window become one. Default `avg`. */
  readonly timeAggr?: 'avg' | 'min' | 'max' | 'sum' | 'last'
  /** Default `last_5m`. */
  readonly timeWindow?: `last_${number}${'m' | 'h' | 'd'}`
  /** How values of several hosts become one. Default `avg`. */
  readonly spaceAggr?: 'avg' | 'min' | 'max' | 'sum'
  /** Default `>`. */
  readonly operator?: '>' | '>=' | '<' | '<='
  /** Someone who is at work should look. Reached before `critical`. */
  readonly warning: Level
  /** Someone is woken up. */
  readonly critical: Level
  /** What has happened and what to do, for whoever is told. Default: the name. */
  readonly message?: string
  /** Tell when there are no data for this many minutes. Default: never. */
  readonly noDataMinutes?: number
}

const kind = 'monitors'

/** A monitor of Datadog over one metric, with a level for people at work and one for people in bed. */
export class MetricMonitor extends Module {
  readonly monitorId: string

  constructor(scope: Construct, id: string, props: MetricMonitorProps) {
    super(scope, id, kind)
    const env = Environment.of(this)
    const { metric, timeAggr = 'avg', timeWindow = 'last_5m', spaceAggr = 'avg', operator = '>', warning, critical } = props
    env.useDatadog()
    const upwards = operator.startsWith('>')
    if (upwards ? warning.threshold >= critical.threshold : warning.threshold <= critical.threshold) {
      throw new ModuleError(
        this,
        `the warning (${warning.threshold}) must be reached before the critical level (${critical.threshold}) when values ${upwards ? 'rise' : 'fall'}.`,
      )
    }
    const tags: Record<string, string> = { environment: env.environmentName, ...props.tags }
    const scopeText = Object.entries(tags)
      .map(([key, value]) => `${key}:${value}`)
      .join(',')
    const below = this.node.scopes.slice(env.node.scopes.length).map((c) => c.node.id)
    const name = `${env.environmentName}: ${below.filter((part) => part !== kind).join(' ')}`
    const tell = (level: 'warning' | 'alert', handle: string | undefined): string =>
      handle === undefined ? '' : `\n{{#is_${level}}}${handle}{{/is_${level}}}`
    const monitor = new Monitor(this, 'monitor', {
      name,
      type: timeAggr === 'last' ? 'metric alert' : 'query alert',
      query: `${timeAggr}(${timeWindow}):${spaceAggr}:${metric}{${scopeText}} ${operator} ${critical.threshold}`,
      message: `${props.message ?? name}${tell('warning', warning.notify ?? env.alerts?.warning)}${tell('alert', critical.notify ?? env.alerts?.critical)}`,
      monitorThresholds: { warning: String(warning.threshold), critical: String(critical.threshold) },
      requireFullWindow: false,
      notifyNoData: props.noDataMinutes !== undefined,
      ...(props.noDataMinutes === undefined ? {} : { noDataTimeframe: props.noDataMinutes }),
      tags: Object.entries({ ...tags, managed_by: 'landform' }).map(([key, value]) => `${key}:${value}`),
    })
    this.monitorId = monitor.id
  }

  static isMetricMonitor(x: unknown): x is MetricMonitor {
    return isModule(x, kind)
  }
}

export interface ServiceMonitorsProps {
  /** As ECS and its load balancer know them. */
  readonly cluster: string
  readonly service: string
  readonly loadBalancer: string
  /** How many tasks should run. */
  readonly desired: number
  /** Seconds that an answer may take on average until someone is woken up. Default 1. */
  readonly latencySeconds?: number
  /** Failed requests in five minutes until someone is woken up. Default 50. */
  readonly errors?: number
}

/** What every service behind a load balancer is watched for: six monitors. */
export class ServiceMonitors extends Module {
  constructor(scope: Construct, id: string, props: ServiceMonitorsProps) {
    super(scope, id, kind)
    const { cluster, service, loadBalancer, desired, latencySeconds = 1, errors = 50 } = props
    const elb = { loadbalancername: loadBalancer }
    const ecs = { clustername: cluster, servicename: service }
    new MetricMonitor(this, 'errors', {
      metric: 'aws.elb.httpcode_backend_5xx',
      tags: elb,
      timeAggr: 'sum',
      spaceAggr: 'sum',
      warning: { threshold: errors / 5 },
      critical: { threshold: errors },
      message: `${service} fails requests.`,
    })
    new MetricMonitor(this, 'latency', {
      metric: 'aws.elb.latency',
      tags: elb,
      warning: { threshold: latencySeconds / 2 },
      critical: { threshold: latencySeconds },
      message: `${service} answers slowly.`,
    })
    new MetricMonitor(this, 'unhealthy', {
      metric: 'aws.elb.un_healthy_host_count',
      tags: elb,
      spaceAggr: 'sum',
      warning: { threshold: 0 },
      critical: { threshold: Math.max(1, Math.floor(desired / 2)) },
      message: `The load balancer of ${service} takes hosts out of service.`,
    })
    new MetricMonitor(this, 'running', {
      metric: 'aws.ecs.service.running',
      tags: ecs,
      timeAggr: 'max',
      spaceAggr: 'sum',
      operator: '<',
      warning: { threshold: desired },
      critical: { threshold: desired / 2 },
      message: `Fewer tasks of ${service} run than should.`,
      noDataMinutes: 20,
    })
    for (const [what, metric] of [
      ['cpu', 'aws.ecs.service.cpuutilization'],
      ['memory', 'aws.ecs.service.memory_utilization'],
    ] as const) {
      new MetricMonitor(this, what, {
        metric,
        tags: ecs,
        timeWindow: 'last_15m',
        warning: { threshold: 80 },
        critical: { threshold: 95 },
        message: `${service} uses nearly all ${what} that it asked for.`,
      })
    }
  }

  static isServiceMonitors(x: unknown): x is ServiceMonitors {
    return isModule(x, kind)
  }
}
