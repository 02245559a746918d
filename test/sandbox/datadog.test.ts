import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CallRecord, type Sandbox, startSandbox } from '../../src/sandbox/index.ts'

const acme = { name: 'acme', apiKey: 'a'.repeat(32), appKey: 'b'.repeat(40) }
const umbrella = { name: 'umbrella', apiKey: 'c'.repeat(32), appKey: 'd'.repeat(40) }

interface Answer {
  readonly status: number
  readonly body: never
  readonly headers: Headers
}

function client(sandbox: Sandbox, keys: { apiKey?: string; appKey?: string } = acme) {
  return async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (keys.apiKey !== undefined) headers['DD-API-KEY'] = keys.apiKey
    if (keys.appKey !== undefined) headers['DD-APPLICATION-KEY'] = keys.appKey
    const response = await fetch(sandbox.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    return { status: response.status, body: (await response.json()) as never, headers: response.headers }
  }
}

const monitor = {
  name: 'CPU of the API',
  type: 'metric alert',
  query: 'avg(last_5m):avg:system.cpu.user{service:api} by {host} > 80',
  message: 'Too busy @slack-ops',
  tags: ['service:api', 'env:test'],
  options: { thresholds: { critical: 80, warning: 60 }, notify_no_data: true, no_data_timeframe: 20 },
}

let sandbox: Sandbox
let api: ReturnType<typeof client>
const calls: CallRecord[] = []
beforeAll(async () => {
  sandbox = await startSandbox({ seed: 'test', datadog: [acme, umbrella], onCall: (record) => calls.push(record) })
  api = client(sandbox)
})
afterAll(() => sandbox.close())

describe('keys', () => {
  test.each([
    ['an API key alone is valid', { apiKey: acme.apiKey }, '/api/v1/validate', 200, { valid: true }],
    ['an unknown API key', { apiKey: 'e'.repeat(32) }, '/api/v1/validate', 403, { errors: ['Forbidden'] }],
    ['no key', {}, '/api/v1/validate', 401, { errors: ['Unauthorized'] }],
    ['no application key', { apiKey: acme.apiKey }, '/api/v1/monitor', 403, { errors: ['Forbidden'] }],
    [
      "another organisation's application key",
      { apiKey: acme.apiKey, appKey: umbrella.appKey },
      '/api/v1/monitor',
      403,
      { errors: ['Forbidden'] },
    ],
    ['both keys', acme, '/api/v1/monitor', 200, []],
  ])('%s', async (_name, keys, path, status, body) => {
    const answer = await client(sandbox, keys)('GET', path)
    expect([answer.status, answer.body]).toEqual([status, body])
  })

  test('organisations share nothing, and calls are recorded without keys', async () => {
    const { body } = await api('POST', '/api/v1/monitor', monitor)
    const { id } = body as { id: number }
    expect((await client(sandbox, umbrella)('GET', `/api/v1/monitor/${id}`)).status).toBe(404)
    expect((await client(sandbox, umbrella)('GET', '/api/v1/monitor')).body).toEqual([])
    await api('DELETE', `/api/v1/monitor/${id}`)
    expect(calls.at(-1)).toMatchObject({ service: 'datadog', operation: 'DELETE /api/v1/monitor/:id', account: 'acme', status: 200 })
    expect(JSON.stringify(calls)).not.toContain(acme.apiKey)
  })

  test('without configured organisations each API key is one', async () => {
    const open = await startSandbox()
    const one = client(open, { apiKey: 'one', appKey: 'x' })
    await one('POST', '/api/v1/monitor', monitor)
    expect((await one('GET', '/api/v1/monitor')).body).toHaveLength(1)
    expect((await client(open, { apiKey: 'two', appKey: 'x' })('GET', '/api/v1/monitor')).body).toHaveLength(0)
    await open.close()
  })
})

describe('monitors', () => {
  test('create, get, update, delete', async () => {
    const created = await api('POST', '/api/v1/monitor', monitor)
    expect(created.status).toBe(200)
    expect(created.headers.get('x-ratelimit-limit')).toBe('3000')
    const { id } = created.body as { id: number }
    expect(created.body).toMatchObject({
      ...monitor,
      type: 'query alert',
      options: { ...monitor.options, include_tags: true, new_host_delay: 300, notify_audit: false, silenced: {} },
      multi: true,
      overall_state: 'No Data',
      priority: null,
      restricted_roles: null,
      deleted: null,
      draft_status: 'published',
    })
    const got = await api('GET', `/api/v1/monitor/${id}?with_assets=true`)
    expect(got.body).toEqual({ ...(created.body as object), assets: [] })
    const updated = await api('PUT', `/api/v1/monitor/${id}`, { name: 'renamed', priority: 2 })
    expect(updated.body).toMatchObject({ id, name: 'renamed', priority: 2, query: monitor.query, tags: monitor.tags })
    expect((await api('DELETE', `/api/v1/monitor/${id}`)).body).toEqual({ deleted_monitor_id: id })
    const gone = await api('GET', `/api/v1/monitor/${id}`)
    expect([gone.status, gone.body]).toEqual([404, { errors: ['Monitor not found'] }])
  })

  test('the threshold is taken from the query', async () => {
    const { body } = await api('POST', '/api/v1/monitor', { ...monitor, options: {} })
    expect(body).toMatchObject({ options: { thresholds: { critical: 80 } } })
    await api('DELETE', `/api/v1/monitor/${(body as { id: number }).id}`)
  })

  const refused: [string, object, string | RegExp][] = [
    ['no type', { type: undefined }, 'Missing required parameter: type'],
    ['an unknown type', { type: 'odd' }, "The value provided for parameter 'type' is invalid"],
    ['a query without comparison', { query: 'avg(last_5m):avg:system.cpu.user{*}' }, /'query' is invalid: invalid operator specified: /],
    ['a query without metric', { query: 'hello > 1' }, /'query' is invalid: invalid query/],
    ['brackets that do not match', { query: 'avg(last_5m:avg:system.cpu.user{*} > 80' }, /'query' is invalid: brackets do not match/],
    [
      'another threshold',
      { options: { thresholds: { critical: 90 } } },
      'Alert threshold (90.0) does not match that used in the query (80.0).',
    ],
    [
      'a warning beyond the alert',
      { options: { thresholds: { critical: 80, warning: 85 } } },
      'Warning threshold (85.0) must be less than the alert threshold (80.0).',
    ],
    ['a priority of nine', { priority: 9 }, /'priority' is invalid/],
    ['tags that are no list', { tags: 'a' }, "The value provided for parameter 'tags' is invalid"],
  ]
  test.each(refused)('%s is refused', async (_name, changes, want) => {
    for (const path of ['/api/v1/monitor', '/api/v1/monitor/validate']) {
      const { status, body } = await api('POST', path, { ...monitor, ...changes })
      expect(status).toBe(400)
      const [message] = (body as { errors: string[] }).errors
      if (typeof want === 'string') expect(message).toBe(want)
      else expect(message).toMatch(want)
    }
  })

  test('validate keeps nothing', async () => {
    const before = (await api('GET', '/api/v1/monitor')).body as unknown[]
    expect((await api('POST', '/api/v1/monitor/validate', monitor)).body).toEqual({})
    expect((await api('GET', '/api/v1/monitor')).body).toHaveLength(before.length)
  })

  test('lists and searches in pages', async () => {
    const they = client(sandbox, umbrella)
    const ids: number[] = []
    for (const name of ['b disk', 'a disk', 'c cpu']) {
      const { body } = await they('POST', '/api/v1/monitor', { ...monitor, name, tags: [`kind:${name.slice(2)}`] })
      ids.push((body as { id: number }).id)
    }
    const names = async (path: string) => ((await they('GET', path)).body as { name: string }[]).map((m) => m.name)
    expect(await names('/api/v1/monitor?page=0&page_size=2')).toEqual(['b disk', 'a disk'])
    expect(await names('/api/v1/monitor?page=1&page_size=2')).toEqual(['c cpu'])
    expect(await names(`/api/v1/monitor?id_offset=${ids[0]}`)).toEqual(['a disk', 'c cpu'])
    expect(await names('/api/v1/monitor?name=DISK')).toEqual(['b disk', 'a disk'])
    expect(await names('/api/v1/monitor?monitor_tags=kind:cpu')).toEqual(['c cpu'])
    const found = (await they('GET', '/api/v1/monitor/search?query=tag:%22kind:disk%22&per_page=1&page=1')).body
    expect(found).toMatchObject({
      metadata: { page: 1, page_count: 2, per_page: 1, total_count: 2 },
      monitors: [{ name: 'b disk', classification: 'metric' }],
    })
    expect((found as { counts: { tag: unknown } }).counts.tag).toEqual([{ count: 2, name: 'kind:disk' }])
  })

  test('what a composite monitor names cannot be deleted', async () => {
    const { body } = await api('POST', '/api/v1/monitor', monitor)
    const { id } = body as { id: number }
    const composite = await api('POST', '/api/v1/monitor', { name: 'both', type: 'composite', query: `${id} && !${id}`, message: '' })
    expect(composite.status).toBe(200)
    expect((await api('GET', `/api/v1/monitor/can_delete?monitor_ids=${id}`)).body).toMatchObject({ data: { ok: [] } })
    expect((await api('DELETE', `/api/v1/monitor/${id}`)).status).toBe(400)
    expect((await api('DELETE', `/api/v1/monitor/${id}?force=true`)).status).toBe(200)
  })

  test('mute and unmute', async () => {
    const { body } = await api('POST', '/api/v1/monitor', monitor)
    const { id } = body as { id: number }
    expect((await api('POST', `/api/v1/monitor/${id}/mute`)).body).toMatchObject({ options: { silenced: { '*': null } } })
    expect((await api('POST', `/api/v1/monitor/${id}/unmute`)).body).toMatchObject({ options: { silenced: {} } })
  })
})

test('throttling tells when to come back', async () => {
  sandbox.addFault({ kind: 'throttle', service: 'datadog', times: 1 })
  const answer = await api('GET', '/api/v1/monitor')
  expect(answer.status).toBe(429)
  expect(answer.headers.get('x-ratelimit-reset')).toBe('1')
  expect((await api('GET', '/api/v1/monitor')).status).toBe(200)
})

test('what is not there yet says so', async () => {
  const { status, body } = await api('GET', '/api/v1/dashboard')
  expect([status, body]).toEqual([404, { errors: ['The sandbox does not implement GET /api/v1/dashboard of Datadog yet.'] }])
})

test('monitors survive a restart', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'landform-datadog-'))
  try {
    const first = await startSandbox({ dir })
    const { body } = await client(first)('POST', '/api/v1/monitor', monitor)
    await first.close()
    const second = await startSandbox({ dir })
    expect((await client(second)('GET', `/api/v1/monitor/${(body as { id: number }).id}`)).body).toEqual(body)
    await second.close()
  } finally {
    rmSync(dir, { recursive: true })
  }
})
