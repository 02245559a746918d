import { createHash, createHmac } from 'node:crypto'
import { AwsError, isAwsError } from './errors.ts'
import { fetchLocally, type LocalFetched } from './local-endpoints.ts'
import { RateLimiter, systemClock } from './rate-limiter.ts'
import { withRetries } from './retry.ts'
import type { Session } from './session.ts'

/** Items of strings by `LockID` in a DynamoDB table, read consistently. Fits the `LockTable` of `statemgr`, which this folder does not know. */
export interface LockTable {
  readonly name: string
  get(lockId: string): Promise<Readonly<Record<string, string>> | undefined>
  put(item: Readonly<Record<string, string>> & { readonly LockID: string }, onlyIfAbsent: boolean): Promise<boolean>
  delete(lockId: string): Promise<void>
}

type Item = Readonly<Record<string, { readonly S?: string }>>

/**
 * A table reached with the credentials of a session. Three operations are all that is needed, so the requests are made and signed here
 * (Signature Version 4) rather than by a package of the SDK; protocol and errors as in the DynamoDB API reference.
 */
export function lockTable(session: Session, name: string): LockTable {
  const key = (lockId: string): object => ({ TableName: name, Key: { LockID: { S: lockId } } })
  return {
    name,
    async get(lockId) {
      const { Item } = (await call(session, 'GetItem', { ...key(lockId), ConsistentRead: true })) as { Item?: Item }
      if (Item === undefined) return undefined
      return Object.fromEntries(Object.entries(Item).flatMap(([member, { S }]) => (S === undefined ? [] : [[member, S]])))
    },
    async put(item, onlyIfAbsent) {
      const Item = Object.fromEntries(Object.entries(item).map(([member, S]) => [member, { S }]))
      const condition = onlyIfAbsent ? { ConditionExpression: 'attribute_not_exists(LockID)' } : {}
      try {
        await call(session, 'PutItem', { TableName: name, Item, ...condition })
        return true
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return false
        throw error
      }
    },
    async delete(lockId) {
      await call(session, 'DeleteItem', key(lockId))
    },
  }
}

async function call(session: Session, operation: string, input: object): Promise<object> {
  const { region, partition } = session
  const endpoint = session.endpoint('dynamodb') ?? `https://dynamodb.${region}.${partition.dnsSuffix}`
  const body = JSON.stringify(input)
  const count = `dynamodb.${operation}`
  const attempt = async (): Promise<object> => {
    session.requests.set(count, (session.requests.get(count) ?? 0) + 1)
    const headers = await signed(session, new URL(endpoint), operation, body)
    const init = { method: 'POST', headers, body }
    let answer: LocalFetched
    try {
      answer = (await fetchLocally(endpoint, init)) ?? (await fetch(endpoint, { ...init, signal: AbortSignal.timeout(30_000) }))
    } catch (error) {
      const cause = (error as Error).cause as Error | undefined
      throw new AwsError({ service: 'dynamodb', operation, code: 'NetworkError', apiMessage: cause?.message ?? (error as Error).message })
    }
    const text = await answer.text()
    if (answer.ok) return JSON.parse(text === '' ? '{}' : text) as object
    throw answerError(operation, answer, text)
  }
  return withRetries(attempt, { maxRetries: 5, limiter: new RateLimiter(systemClock) })
}

function answerError(operation: string, answer: LocalFetched, text: string): AwsError {
  let json: { __type?: string; message?: string; Message?: string } = {}
  try {
    json = JSON.parse(text) as typeof json
  } catch {
    // Not from DynamoDB, but from something on the way to it.
  }
  return new AwsError({
    service: 'dynamodb',
    operation,
    code: json.__type?.replace(/^.*#/, '') ?? 'UnknownError',
    apiMessage: json.message ?? json.Message ?? answer.statusText,
    statusCode: answer.status,
    requestId: answer.headers.get('x-amzn-requestid') ?? '',
  })
}

async function signed(session: Session, url: URL, operation: string, body: string): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = await session.credentials()
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/${session.region}/dynamodb/aws4_request`
  const headers: Record<string, string> = {
    'content-type': 'application/x-amz-json-1.0',
    host: url.host,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    'x-amz-target': `DynamoDB_20120810.${operation}`,
  }
  const names = Object.keys(headers).join(';')
  const lines = Object.entries(headers).map(([header, value]) => `${header}:${value}\n`)
  const request = `POST\n${url.pathname}\n\n${lines.join('')}\n${names}\n${sha256(body)}`
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(request)}`
  let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`)
  for (const part of scope.split('/')) key = hmac(key, part)
  const signature = hmac(key, toSign).toString('hex')
  const { host: _, ...sent } = headers
  return { ...sent, authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}` }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
