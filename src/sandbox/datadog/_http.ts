import type { WireRequest, WireResponse } from '../protocols/index.ts'

/** An answer that says no, in the form of version 1 of the API. */
export class DatadogError extends Error {
  override readonly name = 'DatadogError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

export function jsonResponse(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): WireResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws DatadogError for bodies that are no JSON object */
export function bodyOf(request: WireRequest): JsonObject {
  let body: unknown
  try {
    body = JSON.parse(Buffer.from(request.body).toString('utf8') || '{}')
  } catch {
    throw new DatadogError(400, 'Invalid JSON structure')
  }
  if (!isJsonObject(body)) throw new DatadogError(400, 'Payload is not in the expected format: an object is required')
  return body
}

/** A whole number of the query string. @throws DatadogError for other texts */
export function numberParameter(request: WireRequest, name: string, whenAbsent: number): number {
  const text = request.query.get(name)
  if (text === null) return whenAbsent
  if (!/^\d+$/.test(text)) throw new DatadogError(400, `The value provided for parameter '${name}' is invalid`)
  return Number(text)
}
