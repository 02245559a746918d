import { AwsError } from '../../kernel/errors.ts'
import type { WireRequest } from '../../protocols/index.ts'

/**
 * A request whose body came in chunks (`aws-chunked`), as if it had come whole: headers that trail behind the last chunk
 * stand among the others. Other requests as they are.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function readChunks(request: WireRequest): WireRequest {
  const { headers } = request
  const encodings = (headers['content-encoding'] ?? '').split(',').map((text) => text.trim())
  if (!encodings.includes('aws-chunked') && headers['x-amz-content-sha256']?.startsWith('STREAMING-') !== true) return request
  const body = Buffer.from(request.body)
  const parts: Buffer[] = []
  const trailers: Record<string, string> = {}
  let at = 0
  const line = () => {
    const end = body.indexOf('\r\n', at)
    if (end < 0) throw new AwsError('IncompleteBody', 'The request body terminated unexpectedly')
    const text = body.toString('latin1', at, end)
    at = end + 2
    return text
  }
  for (;;) {
    const size = Number.parseInt(line().split(';')[0]!, 16)
    if (Number.isNaN(size) || at + size > body.length) throw new AwsError('IncompleteBody', 'The request body terminated unexpectedly')
    if (size === 0) break
    parts.push(body.subarray(at, at + size))
    at += size + 2
  }
  while (at < body.length) {
    const text = line()
    const colon = text.indexOf(':')
    if (colon > 0) trailers[text.slice(0, colon).toLowerCase()] = text.slice(colon + 1).trim()
  }
  const kept = encodings.filter((encoding) => encoding !== 'aws-chunked' && encoding !== '')
  const { 'content-encoding': _, ...rest } = headers
  return {
    ...request,
    body: Buffer.concat(parts),
    headers: { ...rest, ...trailers, ...(kept.length === 0 ? {} : { 'content-encoding': kept.join(',') }) },
  }
}
