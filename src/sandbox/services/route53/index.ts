import { queryRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { type Protocol, restXml, sdkModel } from '../../protocols/index.ts'
import { changeEvents, changeOperations } from './_changes.ts'
import { delegationSetOperations } from './delegation-set.ts'
import { healthCheckOperations } from './health-check.ts'
import { hostedZoneOperations } from './hosted-zone.ts'
import { recordSetOperations } from './record-set.ts'
import { tagOperations } from './tags.ts'
import { vpcAssociationOperations } from './vpc-association.ts'

/** Older clients end paths with a slash. */
const protocol: Protocol = {
  ...restXml,
  decode: (request, model, facts) => restXml.decode({ ...request, path: request.path.replace(/(.)\/$/, '$1') }, model, facts),
}

export const route53: Service = {
  name: 'route53',
  protocol,
  facts: { version: '2013-04-01', xmlNamespace: 'https://route53.amazonaws.com/doc/2013-04-01/' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-route-53')),
  operations: {
    ...hostedZoneOperations,
    ...recordSetOperations,
    ...changeOperations,
    ...vpcAssociationOperations,
    ...delegationSetOperations,
    ...healthCheckOperations,
    ...tagOperations,
  },
  events: changeEvents,
  refusals: queryRefusals,
}
