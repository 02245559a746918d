import { AwsError } from '../kernel/errors.ts'
import { parseJsonObject, readJsonMembers, requireMembers, writeJsonMembers } from './_json-shapes.ts'
import type { Protocol } from './protocol.ts'

/**
 * The JSON protocols 1.0 and 1.1: the operation in `X-Amz-Target`, documents in both directions.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export function awsJson(version: '1.0' | '1.1'): Protocol {
  const contentType = `application/x-amz-json-${version}`
  return {
    decode(request, model) {
      const target = request.headers['x-amz-target'] ?? ''
      const operation = model.operation(target.slice(target.lastIndexOf('.') + 1))
      if (operation === undefined) throw new AwsError('UnknownOperationException', '')
      const input = readJsonMembers(parseJsonObject(request.body), operation.input)
      requireMembers(input, operation.input)
      return { operation, input }
    },
    encode(output, operation, _facts, requestId) {
      const body = JSON.stringify(writeJsonMembers(output, operation.output))
      return { status: 200, headers: { 'content-type': contentType, 'x-amzn-requestid': requestId }, body }
    },
    encodeError(error, _facts, requestId) {
      return {
        status: error.status,
        headers: { 'content-type': contentType, 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code, ...error.headers },
        body: JSON.stringify({ __type: error.code, message: error.message, ...error.extra }),
      }
    },
  }
}
