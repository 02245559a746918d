import type * as Elb from '@aws-sdk/client-elastic-load-balancing'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { findLoadBalancer, type LoadBalancerAttributesRow, loadBalancers } from './_rows.ts'

const desyncModes = ['monitor', 'defensive', 'strictest']

export const attributeOperations = {
  DescribeLoadBalancerAttributes(input: Elb.DescribeLoadBalancerAttributesInput, call: Call): Elb.DescribeLoadBalancerAttributesOutput {
    return { LoadBalancerAttributes: describe(findLoadBalancer(call, input.LoadBalancerName).attributes) }
  },

  /** Attributes that are not given stay as they are. */
  ModifyLoadBalancerAttributes(input: Elb.ModifyLoadBalancerAttributesInput, call: Call): Elb.ModifyLoadBalancerAttributesOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const attributes = merge(row.attributes, input.LoadBalancerAttributes!)
    loadBalancers(call).patch(row.id, { attributes })
    return { LoadBalancerName: row.id, LoadBalancerAttributes: describe(attributes) }
  },
}

function merge(own: LoadBalancerAttributesRow, given: Elb.LoadBalancerAttributes): LoadBalancerAttributesRow {
  const draining = given.ConnectionDraining
  const timeout = draining?.Timeout ?? own.draining.timeout
  if (timeout < 0 || timeout > 3600) throw invalid('ConnectionDraining Timeout must be between 0 and 3600 seconds')
  const idleTimeout = given.ConnectionSettings?.IdleTimeout ?? own.idleTimeout
  if (idleTimeout < 1 || idleTimeout > 4000) throw invalid('IdleTimeout must be between 1 and 4000 seconds')
  const additional = new Map(own.additional.map((attribute) => [attribute.Key, attribute]))
  for (const { Key = '', Value = '' } of given.AdditionalAttributes ?? []) {
    if (Key !== 'elb.http.desyncmitigationmode') throw new AwsError('LoadBalancerAttributeNotFound', `The attribute '${Key}' is not known`)
    if (!desyncModes.includes(Value)) throw invalid(`The value of '${Key}' must be one of ${desyncModes.join(', ')}`)
    additional.set(Key, { Key, Value })
  }
  return {
    crossZone: given.CrossZoneLoadBalancing?.Enabled ?? own.crossZone,
    accessLog: given.AccessLog === undefined ? own.accessLog : accessLogOf(given.AccessLog),
    draining: { enabled: draining?.Enabled ?? own.draining.enabled, timeout },
    idleTimeout,
    additional: [...additional.values()],
  }
}

function accessLogOf(given: Elb.AccessLog): LoadBalancerAttributesRow['accessLog'] {
  if (given.Enabled === true && (given.S3BucketName ?? '') === '') throw invalid('S3BucketName is required when the access log is enabled')
  if (given.EmitInterval !== undefined && given.EmitInterval !== 5 && given.EmitInterval !== 60)
    throw invalid('EmitInterval must be 5 or 60 minutes')
  return {
    enabled: given.Enabled!,
    ...(given.S3BucketName === undefined
      ? {}
      : { bucket: given.S3BucketName, interval: given.EmitInterval ?? 60, prefix: given.S3BucketPrefix ?? '' }),
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidConfigurationRequest', message, 409)
}

function describe(row: LoadBalancerAttributesRow): Elb.LoadBalancerAttributes {
  const { accessLog, draining } = row
  return {
    CrossZoneLoadBalancing: { Enabled: row.crossZone },
    AccessLog: {
      Enabled: accessLog.enabled,
      S3BucketName: accessLog.bucket,
      S3BucketPrefix: accessLog.prefix,
      EmitInterval: accessLog.interval,
    },
    ConnectionDraining: { Enabled: draining.enabled, Timeout: draining.timeout },
    ConnectionSettings: { IdleTimeout: row.idleTimeout },
    AdditionalAttributes: [...row.additional],
  }
}
