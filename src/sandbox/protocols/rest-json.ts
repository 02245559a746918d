import { AwsError } from '../kernel/errors.ts'
import { parseJsonObject, readJson, readJsonMembers, requireMembers, writeJson, writeJsonMembers } from './_json-shapes.ts'
import { isBound, readBindings, routeRequest, writeBindings } from './_rest.ts'
import type { Protocol } from './protocol.ts'

/**
 * The REST protocol with JSON bodies of Lambda, EFS, Backup and others.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
 */
export const restJson: Protocol = {
  decode(request, model) {
    const { operation, labels } = routeRequest(
      request,
      model,
      () => new AwsError('UnknownOperationException', 'The request names no operation.', 404),
    )
    const input = readBindings(request, operation, labels)
    const payload = operation.input.members.find((member) => member.traits.httpPayload === true)
    if (payload === undefined) Object.assign(input, readJsonMembers(parseJsonObject(request.body), operation.input, isBound))
    else if (payload.shape.kind === 'blob') input[payload.name] = request.body
    else if (payload.shape.kind === 'string') input[payload.name] = Buffer.from(request.body).toString('utf8')
    else if (request.body.length > 0) input[payload.name] = readJson(parseJsonObject(request.body), payload.shape)
    requireMembers(input, operation.input)
    return { operation, input }
  },
  encode(output, operation, _facts, requestId) {
    const { status, headers } = writeBindings(output, operation.output, operation.http?.status ?? 200)
    const payload = operation.output.members.find((member) => member.traits.httpPayload === true)
    const all = { 'content-type': 'application/json', 'x-amzn-requestid': requestId, ...headers }
    if (payload === undefined) {
      const members = writeJsonMembers(output, operation.output, isBound)
      return { status, headers: all, body: status === 204 ? '' : JSON.stringify(members) }
    }
    const value = output[payload.name]
    if (value === undefined || value === null) return { status, headers: all, body: '' }
    if (payload.shape.kind === 'blob') return { status, headers: all, body: value as Uint8Array }
    if (payload.shape.kind === 'string') return { status, headers: all, body: value as string }
    return { status, headers: all, body: JSON.stringify(writeJson(value, payload.shape)) }
  },
  encodeError(error, _facts, requestId) {
    return {
      status: error.status,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code, ...error.headers },
      body: JSON.stringify({ message: error.message, ...error.extra }),
    }
  },
}
