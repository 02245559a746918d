import type { SendRequest } from '../encryption/index.ts'
import type { Environment } from './settings.ts'

const timeoutMs = 30_000
/** Where only machines of a cloud have an answer, and have it at once. */
const localTimeoutMs = 3_000

/** Sends requests through the proxies that the environment names. */
export function requestSender(environment: Environment): SendRequest {
  return async ({ method, url, headers, body, isLocal = false }) => {
    const { proxySettingsOf, sendRequest } = await import('../proxy/index.ts')
    const idleTimeoutMs = isLocal ? localTimeoutMs : timeoutMs
    const answer = await sendRequest(new URL(url), isLocal ? {} : proxySettingsOf(environment), { method, headers, body, idleTimeoutMs })
    return { status: answer.status, text: answer.body.toString('utf8') }
  }
}
