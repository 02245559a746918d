import { AwsError } from '../kernel/errors.ts'
import { isBound, readBindings, routeRequest, writeBindings } from './_rest.ts'
import { readElement, readMembers, writeElement, writeMembers } from './_xml-shapes.ts'
import type { Protocol, ServiceFacts, WireRequest, WireResponse } from './protocol.ts'
import type { OperationShape, WireObject, WireValue } from './shape.ts'
import { escapeXml, parseXml, XML_HEADER } from './xml.ts'

/**
 * The REST protocol with XML bodies of Route 53 and S3 Control; `s3` adapts it to buckets.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
 */
export const restXml: Protocol = {
  decode(request, model) {
    const { operation, labels } = routeRequest(request, model, () => new AwsError('InvalidInput', 'The request names no operation.', 404))
    return { operation, input: readInput(request, operation, labels) }
  },
  encode: encodeRestXml,
  encodeError(error, facts, requestId) {
    const body = `${XML_HEADER}<ErrorResponse${namespaceOf(facts)}><Error><Type>${error.status >= 500 ? 'Receiver' : 'Sender'}</Type>${errorMembers(error)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`
    return { status: error.status, headers: { 'content-type': 'text/xml', ...error.headers }, body }
  },
}

export function errorMembers(error: AwsError): string {
  const members = { Code: error.code, Message: error.message, ...error.extra }
  return Object.entries(members)
    .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
    .join('')
}

function namespaceOf(facts: ServiceFacts): string {
  return facts.xmlNamespace === undefined ? '' : ` xmlns="${facts.xmlNamespace}"`
}

export function readInput(request: WireRequest, operation: OperationShape, labels: WireObject): WireObject {
  const input = readBindings(request, operation, labels)
  const payload = operation.input.members.find((member) => member.traits.httpPayload === true)
  if (payload !== undefined) {
    const value = readPayload(request.body, payload.shape)
    if (value !== undefined) input[payload.name] = value
  } else if (operation.input.members.some((member) => !isBound(member))) {
    const root = parseXml(Buffer.from(request.body).toString('utf8'))
    if (root !== undefined) {
      const members = operation.input.members.filter((member) => !isBound(member))
      Object.assign(input, readMembers(root, { ...operation.input, members }))
    }
  }
  const missing = operation.input.members.find((member) => member.required && input[member.name] === undefined)
  if (missing?.traits.httpPayload === true) throw new AwsError('MissingRequestBodyError', 'Request Body is empty')
  if (missing !== undefined) throw new AwsError('InvalidRequest', `Missing required parameter: ${missing.name}`)
  return input
}

function readPayload(body: Uint8Array, shape: OperationShape['input']['members'][number]['shape']): WireValue {
  if (shape.kind === 'blob') return body
  if (body.length === 0) return undefined
  const text = Buffer.from(body).toString('utf8')
  if (shape.kind === 'string') return text
  const root = parseXml(text)
  return root === undefined ? undefined : readElement(root, shape)
}

export function encodeRestXml(output: WireObject, operation: OperationShape, facts: ServiceFacts): WireResponse {
  const shape = operation.output
  const { status, headers } = writeBindings(output, shape, operation.http?.status ?? 200)
  const payload = shape.members.find((member) => member.traits.httpPayload === true)
  if (payload !== undefined) {
    const value = output[payload.name]
    if (value === undefined || value === null) return { status, headers, body: '' }
    if (payload.shape.kind === 'blob') return { status, headers, body: value as Uint8Array }
    if (payload.shape.kind === 'string') return { status, headers, body: value as string }
    const name =
      payload.traits.xmlName ?? (payload.shape.kind === 'structure' ? (payload.shape.traits.xmlName ?? payload.shape.name) : payload.name)
    const namespace = facts.xmlNamespace === undefined ? undefined : (['', facts.xmlNamespace] as const)
    const body = `${XML_HEADER}${writeElement(name, value, payload.shape, namespace)}`
    return { status, headers: { 'content-type': 'application/xml', ...headers }, body }
  }
  if (!shape.members.some((member) => !isBound(member))) return { status, headers, body: '' }
  const name = shape.traits.xmlName ?? shape.name
  const body = `${XML_HEADER}<${name}${namespaceOf(facts)}>${writeMembers(output, shape, isBound)}</${name}>`
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body }
}
