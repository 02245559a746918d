import { EncryptionError } from './_error.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** For addresses that only this machine has: no proxy, no long wait. */
  readonly isLocal?: boolean
}

export interface HttpAnswer {
  readonly status: number
  readonly text: string
}

/** Sends a request, through the proxy that the environment names for it. Redirects are not followed. @throws Error when there is no answer */
export type SendRequest = (request: HttpRequest) => Promise<HttpAnswer>

/** Whom we talk to, for messages: `OpenBao at https://...`. */
export interface Server {
  readonly name: string
  /** What to look at when it cannot be reached. */
  readonly unreachable: string
}

/** An answer whatever its status, its JSON object read. @throws EncryptionError when there is none */
export async function ask(
  send: SendRequest,
  server: Server,
  request: HttpRequest,
): Promise<{ readonly status: number; readonly json: Record<string, unknown> | undefined }> {
  try {
    const { status, text } = await send(request)
    return { status, json: parseObject(text) }
  } catch (error) {
    throw new EncryptionError(`${server.name} cannot be reached: ${(error as Error).message}`, server.unreachable)
  }
}

export function postJson(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpRequest {
  return { method: 'POST', url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

export function postForm(url: string, fields: Readonly<Record<string, string>>): HttpRequest {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', url, headers, body: new URLSearchParams(fields).toString() }
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** A member of members; undefined where there is none that is a text. */
export function textAt(json: Record<string, unknown> | undefined, ...path: readonly string[]): string | undefined {
  let value: unknown = json
  for (const name of path) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What a service said, for the middle of a sentence: the first line, without its period. */
export function firstLine(text: string | undefined): string | undefined {
  return text === undefined ? undefined : /^[^\r\n]*?(?=\.?(?:[\r\n]|$))/.exec(text.trim())?.[0]
}
