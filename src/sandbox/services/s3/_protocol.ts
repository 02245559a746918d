import { AwsError } from '../../kernel/errors.ts'
import { routeRequest } from '../../protocols/_rest.ts'
import type { OperationShape, Protocol, WireRequest } from '../../protocols/index.ts'
import { encodeRestXml, errorMembers, readInput } from '../../protocols/rest-xml.ts'
import { escapeXml, XML_HEADER } from '../../protocols/xml.ts'
import { readChunks } from './_chunks.ts'

/**
 * S3's form of the REST protocol: the bucket is the first part of the path or of the host name, bodies may come in signed
 * chunks, and errors have no envelope.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export const s3Protocol: Protocol = {
  decode(sent, model) {
    const { bucket, path } = addressOf(sent)
    const request = readChunks({ ...sent, path })
    const methodNotAllowed = () =>
      new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405, { Method: sent.method })
    const { operation, labels } = routeRequest(request, model, methodNotAllowed, (candidate) => isFor(candidate, bucket !== undefined))
    if (bucket !== undefined) labels.Bucket = bucket
    return { operation, input: readInput(request, operation, labels) }
  },
  encode(output, operation, facts, requestId) {
    if (operation.name === 'GetBucketLocation') {
      const body = `${XML_HEADER}<LocationConstraint xmlns="${facts.xmlNamespace}">${escapeXml(String(output.LocationConstraint ?? ''))}</LocationConstraint>`
      return { status: 200, headers: { 'content-type': 'application/xml', ...ids(requestId) }, body }
    }
    const response = encodeRestXml(output, operation, facts)
    const status = output.ContentRange === undefined ? response.status : 206
    return { ...response, status, headers: { ...response.headers, ...ids(requestId) } }
  },
  encodeError(error, _facts, requestId) {
    const noBody = error.status === 304
    const body = noBody
      ? ''
      : `${XML_HEADER}<Error>${errorMembers(error)}<RequestId>${requestId}</RequestId><HostId>${hostId(requestId)}</HostId></Error>`
    return {
      status: error.status,
      headers: { ...(noBody ? {} : { 'content-type': 'application/xml' }), ...ids(requestId), ...error.headers },
      body,
    }
  },
}

function ids(requestId: string): Record<string, string> {
  return { 'x-amz-request-id': requestId, 'x-amz-id-2': hostId(requestId) }
}

function hostId(requestId: string): string {
  return Buffer.from(`${requestId}${requestId}`).toString('base64')
}

function isFor(operation: OperationShape, withBucket: boolean): boolean {
  if (operation.name === 'ListDirectoryBuckets' || operation.name === 'WriteGetObjectResponse') return false
  return operation.input.members.some((member) => member.name === 'Bucket') === withBucket
}

/** The bucket of a request and the path within it. */
export function addressOf(request: WireRequest): { bucket: string | undefined; path: string } {
  const fromHost = bucketOfHost(request.headers.host ?? '')
  if (fromHost !== undefined) return { bucket: fromHost, path: request.path }
  const match = /^\/([^/]+)(\/.*)?$/.exec(request.path)
  if (match === null) return { bucket: undefined, path: request.path }
  return { bucket: decodeURIComponent(match[1]!), path: match[2] ?? '/' }
}

function bucketOfHost(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  const aws = /^(?:(.+)\.)?s3[.-](?:[\w-]+\.)*amazonaws\.com$/.exec(name)
  if (aws !== null) return aws[1]
  return /^(.+)\.(?:localhost|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/.exec(name)?.[1]?.replace(/(^|\.)s3(\.[\w-]+)?$/, '') || undefined
}
