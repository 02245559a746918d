import type * as Route53 from '@aws-sdk/client-route-53'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'
import { pageSize } from './_page-size.ts'
import { invalidInput, type Tags } from './_rows.ts'

interface HealthCheckRow extends Row {
  readonly callerReference: string
  readonly config: Route53.HealthCheckConfig
  readonly version: number
  readonly tags: Tags
}

export function healthChecks(call: Call): Table<HealthCheckRow> {
  return call.scope.table<HealthCheckRow>('health-checks')
}

/** Health checks are kept and answered for; the sandbox probes nothing. */
export const healthCheckOperations = {
  CreateHealthCheck(input: Route53.CreateHealthCheckRequest, call: Call): Route53.CreateHealthCheckResponse {
    const config = input.HealthCheckConfig!
    const same = [...healthChecks(call).values()].find((row) => row.callerReference === input.CallerReference)
    if (same !== undefined)
      throw new AwsError(
        'HealthCheckAlreadyExists',
        `A health check with the caller reference ${input.CallerReference} exists already.`,
        409,
      )
    const isProbe = !['CALCULATED', 'CLOUDWATCH_METRIC', 'RECOVERY_CONTROL'].includes(config.Type!)
    if (isProbe && config.IPAddress === undefined && config.FullyQualifiedDomainName === undefined)
      throw invalidInput('Invalid parameter : You must specify either FullyQualifiedDomainName or IPAddress')
    const bytes = call.newBytes().toString('hex')
    const id = `${bytes.slice(0, 8)}-${bytes.slice(8, 12)}-4${bytes.slice(13, 16)}-a${bytes.slice(17, 20)}-${bytes.slice(20, 32)}`
    const row = healthChecks(call).put({
      id,
      callerReference: input.CallerReference!,
      config: complete(config, isProbe),
      version: 1,
      tags: {},
    })
    return { HealthCheck: describe(row), Location: `https://route53.amazonaws.com/2013-04-01/healthcheck/${id}` }
  },

  GetHealthCheck(input: Route53.GetHealthCheckRequest, call: Call): Route53.GetHealthCheckResponse {
    return { HealthCheck: describe(find(call, input.HealthCheckId)) }
  },

  ListHealthChecks(input: Route53.ListHealthChecksRequest, call: Call): Route53.ListHealthChecksResponse {
    const size = pageSize(call, input.MaxItems, 1000)
    const rows = [...healthChecks(call).values()]
    const start =
      input.Marker === undefined
        ? 0
        : Math.max(
            0,
            rows.findIndex((row) => row.id === input.Marker),
          )
    const next = rows[start + size]
    return {
      HealthChecks: rows.slice(start, start + size).map(describe),
      Marker: input.Marker ?? '',
      IsTruncated: next !== undefined,
      NextMarker: next?.id,
      MaxItems: size,
    }
  },

  UpdateHealthCheck(input: Route53.UpdateHealthCheckRequest, call: Call): Route53.UpdateHealthCheckResponse {
    const { HealthCheckId, HealthCheckVersion, ResetElements = [], ...changes } = input
    const row = find(call, HealthCheckId)
    if (HealthCheckVersion !== undefined && HealthCheckVersion !== row.version)
      throw new AwsError(
        'HealthCheckVersionMismatch',
        'The value of HealthCheckVersion in the request does not match the version of the health check.',
        409,
      )
    const config: Record<string, unknown> = { ...row.config }
    for (const name of ResetElements) delete config[name]
    for (const [name, value] of Object.entries(changes)) if (value !== undefined) config[name] = value
    return {
      HealthCheck: describe(
        healthChecks(call).patch(row.id, { config: config as unknown as Route53.HealthCheckConfig, version: row.version + 1 }),
      ),
    }
  },

  DeleteHealthCheck(input: Route53.DeleteHealthCheckRequest, call: Call): object {
    healthChecks(call).delete(find(call, input.HealthCheckId).id)
    return {}
  },
}

function complete(config: Route53.HealthCheckConfig, isProbe: boolean): Route53.HealthCheckConfig {
  if (!isProbe) return { Inverted: false, Disabled: false, ...config }
  const port = config.Type?.startsWith('HTTPS') === true ? 443 : 80
  return {
    RequestInterval: 30,
    FailureThreshold: 3,
    MeasureLatency: false,
    Inverted: false,
    Disabled: false,
    EnableSNI: config.Type?.startsWith('HTTPS'),
    Port: port,
    ...config,
  }
}

function find(call: Call, id: string | undefined): HealthCheckRow {
  const row = healthChecks(call).get(id ?? '')
  if (row === undefined) throw new AwsError('NoSuchHealthCheck', `No health check exists with the specified ID: ${id}`, 404)
  return row
}

function describe(row: HealthCheckRow): Route53.HealthCheck {
  return { Id: row.id, CallerReference: row.callerReference, HealthCheckConfig: row.config, HealthCheckVersion: row.version }
}
