import type { RequestOptions } from 'node:https'
import type { SendRequest } from '../encryption/index.ts'
import type { Environment } from './settings.ts'

const timeoutMs = 30_000
/** Where only machines of a cloud have an answer, and have it at once. */
const localTimeoutMs = 3_000

/** Sends requests through the proxies that the environment names. Redirects are not followed: what is sent is for that server alone. */
export function requestSender(environment: Environment): SendRequest {
  return async ({ method, url: address, headers, body, isLocal = false }) => {
    const url = new URL(address)
    const { proxyAgent, proxySettingsOf } = await import('../proxy/index.ts')
    const agent = isLocal ? undefined : proxyAgent(url, proxySettingsOf(environment))
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const options: RequestOptions = { method, headers: { ...headers, ...length }, ...(agent === undefined ? {} : { agent }) }
    const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
    const limit = isLocal ? localTimeoutMs : timeoutMs
    return new Promise((resolve, reject) => {
      const sending = request(url, options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }))
      })
      sending.setTimeout(limit, () => sending.destroy(new Error(`no answer within ${limit / 1000} seconds`)))
      sending.on('error', (error) => reject(reasonOf(error)))
      sending.end(body)
    })
  }
}

/** Of an address that stands for several, Node says nothing but in the errors of each. */
function reasonOf(error: Error): Error {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : []
  return error.message === '' && first !== undefined ? first : error
}
