import { isUtf8 } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import { boolType, mapType, numberType, stringType } from '../../cty/index.ts'
import { asArray, asRecord, type Plain, type PlainObject } from '../../providers/kit/index.ts'
import { Failure, type SimpleContext, type SimpleDataSource } from '../../providers/simple/index.ts'
import { type HttpAnswer, type HttpRequest, sendFollowing } from './_request.ts'

const text = { type: stringType, computed: true }

/** The data source `http`. */
export const httpData: SimpleDataSource<undefined> = {
  attributes: {
    url: {
      type: stringType,
      required: true,
      check: (v) => (typeof v === 'string' && !/^https?:\/\//i.test(v) ? 'must be a URL with the scheme http or https' : undefined),
    },
    method: { type: stringType, optional: true, check: oneOf(['GET', 'POST', 'HEAD']) },
    request_headers: { type: mapType(stringType), optional: true },
    request_body: { type: stringType, optional: true },
    request_timeout_ms: { type: numberType, optional: true, check: atLeast(1) },
    ca_cert_pem: { type: stringType, optional: true, conflictsWith: ['insecure'] },
    client_cert_pem: { type: stringType, optional: true, alsoRequires: ['client_key_pem'] },
    client_key_pem: { type: stringType, optional: true, alsoRequires: ['client_cert_pem'] },
    insecure: { type: boolType, optional: true },
    response_body: text,
    body: { ...text, deprecated: true },
    response_body_base64: text,
    response_headers: { type: mapType(stringType), computed: true },
    status_code: { type: numberType, computed: true },
    id: text,
  },
  blocks: {
    retry: {
      nesting: 'single',
      attributes: {
        attempts: { type: numberType, optional: true, check: atLeast(0) },
        min_delay_ms: { type: numberType, optional: true, check: atLeast(0) },
        max_delay_ms: { type: numberType, optional: true, check: atLeast(0) },
      },
    },
  },
  async read(config, context) {
    const { answer } = await attempt(requestOf(config), config.retry ?? null, context)
    if (!isUtf8(answer.body)) {
      context.warn(
        'Response body is not recognized as UTF-8',
        'What is no text in UTF-8 is not what was sent when it stands in response_body; use response_body_base64.',
      )
    }
    const body = answer.body.toString()
    return {
      id: config.url as string,
      response_body: body,
      body,
      response_body_base64: answer.body.toString('base64'),
      response_headers: Object.fromEntries(answer.headers),
      status_code: answer.status,
    }
  },
}

function requestOf(config: PlainObject): HttpRequest {
  const optional = (name: string): string | undefined => (typeof config[name] === 'string' ? config[name] : undefined)
  const { request_timeout_ms: timeoutMs, request_headers: headers, insecure } = config
  return {
    url: config.url as string,
    method: optional('method') ?? 'GET',
    headers: (headers ?? {}) as Record<string, string>,
    body: optional('request_body'),
    timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : undefined,
    ca: optional('ca_cert_pem'),
    cert: optional('client_cert_pem'),
    key: optional('client_key_pem'),
    insecure: insecure === true,
  }
}

/** Once more after a failed connection and after a server's error, as often as the block says, with growing pauses. */
async function attempt(request: HttpRequest, retry: Plain, { signal }: SimpleContext<undefined>): Promise<{ answer: HttpAnswer }> {
  const block = retry === null ? {} : Array.isArray(retry) ? asRecord(asArray(retry)[0] ?? {}) : asRecord(retry)
  const number = (name: string, otherwise: number): number => (typeof block[name] === 'number' ? block[name] : otherwise)
  const attempts = number('attempts', 0)
  const [least, most] = [number('min_delay_ms', 1000), number('max_delay_ms', 30_000)]
  for (let tried = 0; ; tried++) {
    const isLast = tried >= attempts
    try {
      const answer = await sendFollowing(request, signal)
      if (isLast || answer.status < 500 || answer.status === 501) return { answer }
    } catch (error) {
      if (isLast || signal.aborted) {
        throw new Failure(
          'Error making request',
          `Error making request to ${request.url}: ${(error as Error).message || (error as NodeJS.ErrnoException).code}`,
          'url',
        )
      }
    }
    await sleep(Math.min(most, least * 2 ** tried), undefined, { signal })
  }
}

function oneOf(values: readonly string[]): (value: Plain) => string | undefined {
  return (value) =>
    typeof value === 'string' && !values.includes(value)
      ? `value must be one of: [${values.map((v) => `"${v}"`).join(' ')}], got: "${value}"`
      : undefined
}

function atLeast(minimum: number): (value: Plain) => string | undefined {
  return (value) => (typeof value === 'number' && value < minimum ? `value must be at least ${minimum}, got: ${value}` : undefined)
}
