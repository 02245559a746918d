import { queryRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsQuery, sdkModel } from '../../protocols/index.ts'
import { attributeOperations } from './attributes.ts'
import { healthCheckOperations } from './health-check.ts'
import { loadBalancerOperations } from './load-balancer.ts'
import { stickinessOperations } from './stickiness.ts'
import { tagOperations } from './tags.ts'
import { targetEvents, targetOperations } from './target.ts'

/** Elastic Load Balancing's classic load balancers. */
export const elb: Service = {
  name: 'elb',
  protocol: awsQuery,
  facts: { version: '2012-06-01', xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/' },
  model: async () => sdkModel(await import('@aws-sdk/client-elastic-load-balancing')),
  operations: {
    ...attributeOperations,
    ...healthCheckOperations,
    ...loadBalancerOperations,
    ...stickinessOperations,
    ...tagOperations,
    ...targetOperations,
  },
  events: targetEvents,
  refusals: queryRefusals,
}
