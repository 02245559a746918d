import type { PlanJson, PlanJsonChange, PlanJsonResource } from '../../src/ops/comment/plan-json.ts'

type Parts = Partial<PlanJsonChange> & { readonly reason?: string; readonly from?: string; readonly deposed?: string }

/** An entry of `resource_changes`. */
export function resource(address: string, actions: readonly string[], parts: Parts = {}): PlanJsonResource {
  const { reason, from, deposed, ...change } = parts
  const [type, name] = address.replace(/^(module\.[^.]+\.)*/, '').split('.')
  return {
    address,
    ...(from === undefined ? {} : { previous_address: from }),
    ...(deposed === undefined ? {} : { deposed }),
    mode: 'managed',
    type: type!,
    name: name!.replace(/\[.*$/, ''),
    change: { actions, before: null, after: null, after_unknown: {}, before_sensitive: false, after_sensitive: false, ...change },
    ...(reason === undefined ? {} : { action_reason: reason }),
  }
}

export function planDocument(resources: readonly PlanJsonResource[], more: Partial<PlanJson> = {}): PlanJson {
  return { format_version: '1.2', resource_changes: resources, ...more }
}

/** A load balancer's listener that is created. */
export function created(i: number, size = 0): PlanJsonResource {
  return resource(`aws_ssm_parameter.setting[${i}]`, ['create'], {
    after: {
      name: `/shop/setting/${i}`,
      type: 'String',
      tier: 'Standard',
      value: size === 0 ? `value ${i}` : 'x'.repeat(size),
      tags: { Environment: 'stage', Number: String(i) },
    },
    after_unknown: { arn: true, id: true, version: true },
  })
}
