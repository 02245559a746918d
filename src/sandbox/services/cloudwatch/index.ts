import type { AwsError } from '../../kernel/errors.ts'
import { jsonRefusals, queryRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsJson, awsQuery, type Protocol, rpcV2Cbor, sdkModel } from '../../protocols/index.ts'
import { alarmOperations } from './alarm.ts'
import { dashboardOperations } from './dashboard.ts'
import type { Dialect } from './dialect.ts'
import { metricOperations } from './metric.ts'

const shared = {
  name: 'cloudwatch',
  facts: {
    version: '2010-08-01',
    xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
    targetPrefix: 'GraniteServiceVersion20100801',
  },
  model: async () => sdkModel(await import('@aws-sdk/client-cloudwatch')),
  operations: { ...alarmOperations, ...metricOperations, ...dashboardOperations },
}

/** Clients of the protocols that followed the query protocol are told its error code too. */
function withQueryError(protocol: Protocol): Protocol {
  const fault = (error: AwsError) => (error.status >= 500 ? 'Receiver' : 'Sender')
  return {
    ...protocol,
    encodeError(error, facts, requestId) {
      const response = protocol.encodeError(error, facts, requestId)
      return { ...response, headers: { ...response.headers, 'x-amzn-query-error': `${error.code};${fault(error)}` } }
    },
  }
}

/** CloudWatch is one service that speaks three protocols: with JSON, with forms and XML, with CBOR. */
export function cloudwatch(dialect: Dialect): Service {
  switch (dialect) {
    case 'json':
      return { ...shared, protocol: withQueryError(awsJson('1.0')), refusals: jsonRefusals }
    case 'cbor':
      return { ...shared, protocol: withQueryError(rpcV2Cbor), refusals: jsonRefusals }
    default:
      return { ...shared, protocol: awsQuery, refusals: queryRefusals }
  }
}
