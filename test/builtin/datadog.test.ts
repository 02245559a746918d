import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DatadogApi } from '../../src/builtin/datadog/api.ts'
import { datadogProvider, datadogProviderSchema } from '../../src/builtin/datadog/index.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { emptyBlockValue, nullOf, validateSchema } from '../../src/schema/index.ts'
import { DatadogStack } from './_datadog-stack.ts'

const keys = { name: 'acme', apiKey: 'a'.repeat(32), appKey: 'b'.repeat(40) }
const other = { name: 'other', apiKey: 'c'.repeat(32), appKey: 'd'.repeat(40) }

let sandbox: Sandbox
let environment: Record<string, string>
beforeAll(async () => {
  sandbox = await startSandbox({ seed: 'datadog', datadog: [keys, other] })
  environment = { DD_HOST: sandbox.url, DD_API_KEY: keys.apiKey, DD_APP_KEY: keys.appKey }
})
afterAll(() => sandbox.close())

async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(sandbox.url + path, {
    method,
    headers: { 'DD-API-KEY': keys.apiKey, 'DD-APPLICATION-KEY': keys.appKey },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return (await response.json()) as Record<string, unknown>
}

/** A monitor with some arguments of its own. */
function monitor(body = '', threshold = '80'): string {
  return `resource "datadog_monitor" "m" {
  name    = "CPU"
  type    = "metric alert"
  query   = "avg(last_5m):avg:system.cpu.user{service:api} > ${threshold}"
  message = <<-END
    Too busy @slack-ops

  END
  ${body}
}
`
}

const thresholds = (critical: string, warning: string) =>
  `monitor_thresholds {\n    critical = "${critical}"\n    warning = "${warning}"\n  }`

describe('datadog_monitor', () => {
  test('create, no changes, update, destroy', async () => {
    const stack = new DatadogStack(environment).config(monitor(`tags = ["b:2", "a:1"]\n${thresholds('80.0', '60')}`))
    expect(await stack.apply()).toEqual(['create datadog_monitor.m'])
    const attributes = stack.attributes('datadog_monitor.m')
    expect(attributes).toMatchObject({
      draft_status: 'published',
      include_tags: true,
      message: 'Too busy @slack-ops',
      monitor_thresholds: [{ critical: '80', critical_recovery: '', ok: '', unknown: '', warning: '60', warning_recovery: '' }],
      new_host_delay: 300,
      no_data_timeframe: 10,
      notify_no_data: false,
      require_full_window: true,
      tags: ['a:1', 'b:2'],
      type: 'query alert',
    })
    expect(JSON.stringify(attributes)).not.toContain(keys.apiKey)
    expect((await stack.plan()).actions).toEqual([])
    expect(
      await stack
        .config(
          monitor(`priority = "2"\nnotify_no_data = true\nno_data_timeframe = 20\nrenotify_interval = 30\n${thresholds('90', '60')}`, '90'),
        )
        .apply(),
    ).toEqual(['update datadog_monitor.m'])
    const { id } = stack.attributes('datadog_monitor.m')
    expect(id).toBe(attributes.id)
    expect(await call('GET', `/api/v1/monitor/${String(id)}`)).toMatchObject({
      priority: 2,
      tags: ['a:1', 'b:2'],
      options: { thresholds: { critical: 90, warning: 60 }, no_data_timeframe: 20, renotify_interval: 30, notify_no_data: true },
    })
    expect((await stack.plan()).actions).toEqual([])
    expect(await stack.config(monitor(`tags = []\n${thresholds('90', '60')}`, '90')).apply()).toEqual(['update datadog_monitor.m'])
    const after = await call('GET', `/api/v1/monitor/${String(id)}`)
    expect(after).toMatchObject({ priority: null, tags: [] })
    expect(after.options).not.toHaveProperty('renotify_interval')
    expect((await stack.plan()).actions).toEqual([])
    expect(await stack.apply('destroy')).toEqual(['delete datadog_monitor.m'])
    expect(await call('GET', `/api/v1/monitor/${String(id)}`)).toEqual({ errors: ['Monitor not found'] })
  })

  test('drift is changed back, what is gone is made again', async () => {
    const stack = new DatadogStack(environment).config(monitor(thresholds('80', '60')))
    await stack.apply()
    const id = String(stack.attributes('datadog_monitor.m').id)
    await call('PUT', `/api/v1/monitor/${id}`, { name: 'somebody was here' })
    expect((await stack.plan()).actions).toEqual(['update datadog_monitor.m'])
    await stack.apply()
    expect(await call('GET', `/api/v1/monitor/${id}`)).toMatchObject({ name: 'CPU' })
    await call('DELETE', `/api/v1/monitor/${id}`)
    expect((await stack.plan()).actions).toEqual(['create datadog_monitor.m'])
    await stack.apply()
    await stack.apply('destroy')
  })

  test.each([
    ['no thresholds: they are in the query', ''],
    ['the message alone', 'escalation_message = "  again  "'],
    [
      'a schedule of its own',
      'scheduling_options {\n    custom_schedule {\n      recurrence {\n        rrule = "FREQ=DAILY;INTERVAL=1"\n        timezone = "UTC"\n      }\n    }\n  }',
    ],
    ['an evaluation window that begins with the hour', 'scheduling_options {\n    evaluation_window {\n      hour_starts = 0\n    }\n  }'],
    [
      'windows and notification settings',
      'monitor_threshold_windows {\n    trigger_window = "last_15m"\n    recovery_window = "last_15m"\n  }\n  notify_by = ["*"]\n  renotify_statuses = ["alert", "no data"]\n  renotify_interval = 10\n  renotify_occurrences = 2\n  new_group_delay = 60\n  timeout_h = 1\n  locked = true',
    ],
    ['what happens without data', 'on_missing_data = "show_no_data"'],
    ['settings of the provider alone', 'validate = false\n  force_delete = true'],
  ])('%s: applied and settled', async (_name, body) => {
    const stack = new DatadogStack(environment).config(monitor(body))
    await stack.apply()
    expect((await stack.plan()).actions).toEqual([])
    await stack.apply('destroy')
  })

  test('another type is another monitor', async () => {
    const stack = new DatadogStack(environment).config(monitor())
    await stack.apply()
    const log =
      'resource "datadog_monitor" "m" {\n  name = "CPU"\n  type = "log alert"\n  message = "m"\n  query = "logs(\\"x\\").index(\\"*\\").rollup(\\"count\\").last(\\"5m\\") > 1"\n}\n'
    expect(await stack.config(log).apply()).toEqual([expect.stringMatching(/(deleteThenCreate|replace).* datadog_monitor\.m/)])
    await stack.apply('destroy')
  })

  test('many are read with one request', async () => {
    const stack = new DatadogStack(environment).config(monitor('count = 12'))
    await stack.apply()
    stack.takeRequests()
    expect((await stack.plan()).actions).toEqual([])
    const sent = stack.takeRequests()
    expect((sent['GET /api/v1/monitor'] ?? 0) + (sent['GET /api/v1/monitor/ID'] ?? 0)).toBeLessThanOrEqual(1)
    await stack.apply('destroy')
  })

  test('tags of the provider join those of the monitor', async () => {
    const provider = 'provider "datadog" {\n  default_tags {\n    tags = { team = "ops", env = "test" }\n  }\n}'
    const stack = new DatadogStack(environment).config(monitor('tags = ["env:mine"]'), provider)
    await stack.apply()
    expect(stack.attributes('datadog_monitor.m').tags).toEqual(['env:mine', 'team:ops'])
    expect((await stack.plan()).actions).toEqual([])
    await stack.apply('destroy')
  })

  test('is imported by its id', async () => {
    const made = await call('POST', '/api/v1/monitor', {
      name: 'CPU',
      type: 'metric alert',
      query: 'avg(last_5m):avg:system.cpu.user{*} > 80',
      message: 'm',
      tags: ['a:1'],
    })
    const provider = datadogProvider({ environment })
    await provider.configure({ config: emptyBlockValue(datadogProviderSchema().provider), terraformVersion: '1.0.0' })
    const { imported, diags } = await provider.importResourceState({ typeName: 'datadog_monitor', id: String(made.id) })
    expect(diags).toEqual([])
    const read = await provider.readResource({ typeName: 'datadog_monitor', prior: imported[0]!.state, private: undefined } as never)
    expect(read.diags).toEqual([])
    expect(read.newState.getAttr('name').asString()).toBe('CPU')
    expect(read.newState.getAttr('monitor_thresholds').asArray()[0]!.getAttr('critical').asString()).toBe('80')
    expect((await provider.importResourceState({ typeName: 'datadog_monitor', id: 'abc' })).diags).toHaveLength(1)
    const gone = await provider.readResource({
      typeName: 'datadog_monitor',
      prior: (await provider.importResourceState({ typeName: 'datadog_monitor', id: '1' })).imported[0]!.state,
      private: undefined,
    } as never)
    expect(gone.newState).toEqual(nullOf(datadogProviderSchema().resource('datadog_monitor')!.block))
    await call('DELETE', `/api/v1/monitor/${String(made.id)}`)
  })

  test.each([
    [
      'a type that Datadog does not have',
      'resource "datadog_monitor" "m" {\n  name = "n"\n  type = "odd"\n  query = "q"\n  message = "m"\n}',
      /expected type to be one of \["audit alert"/,
    ],
    ['a priority out of range', monitor('priority = "9"'), /expected priority to be one of \["1" "2" "3" "4" "5"\], got 9/],
    [
      'two answers to missing data',
      monitor('on_missing_data = "resolve"\nnotify_no_data = true'),
      /"on_missing_data": conflicts with notify_no_data/,
    ],
    [
      'variables, which are not supported yet',
      monitor(
        'variables {\n event_query {\n data_source = "logs"\n name = "a"\n compute {\n aggregation = "count"\n }\n search {\n query = "x"\n }\n }\n}',
      ),
      /The argument "variables" of datadog_monitor is not supported yet/,
    ],
  ])('%s is refused', async (_name, text, want) => {
    expect((await new DatadogStack(environment).config(text).validate()).join('\n')).toMatch(want)
  })

  test('what Datadog refuses is told in its words', async () => {
    const stack = new DatadogStack(environment).config(monitor(thresholds('90', '60'), '80'))
    await expect(stack.apply()).rejects.toThrow(
      /creating Datadog Monitor: POST http:\S+\/api\/v1\/monitor: 400 Bad Request: Alert threshold \(90\.0\) does not match that used in the query \(80\.0\)\./,
    )
  })
})

describe('the provider', () => {
  test('its schemas are sound', () => {
    const schema = datadogProviderSchema()
    expect(validateSchema(schema.provider)).toEqual([])
    expect(validateSchema(schema.resource('datadog_monitor')!.block)).toEqual([])
  })

  test.each([
    ['no keys', {}, /api_key and app_key must be set unless validate = false/],
    [
      'keys of nobody',
      { DD_API_KEY: 'e'.repeat(32), DD_APP_KEY: keys.appKey },
      /Invalid or missing credentials provided to the Datadog Provider/,
    ],
  ])('%s', async (_name, environmentKeys, want) => {
    const stack = new DatadogStack({ DD_HOST: sandbox.url, ...environmentKeys } as Record<string, string>).config(monitor())
    const error = await stack.plan().then(
      () => '',
      (e: Error) => e.message,
    )
    expect(error).toMatch(want)
    expect(error).not.toMatch(/e{32}|b{40}/)
  })

  test('arguments come before environment variables', async () => {
    const provider = `provider "datadog" {\n  api_key = "${other.apiKey}"\n  app_key = "${other.appKey}"\n  api_url = "${sandbox.url}/"\n}`
    const stack = new DatadogStack({ ...environment, DD_HOST: 'http://127.0.0.1:1' }).config(monitor(), provider)
    await stack.apply()
    expect(await call('GET', `/api/v1/monitor/${String(stack.attributes('datadog_monitor.m').id)}`)).toEqual({
      errors: ['Monitor not found'],
    })
    await stack.apply('destroy')
  })

  test('without validation no request is sent to plan something new', async () => {
    const stack = new DatadogStack({ DD_HOST: 'http://127.0.0.1:1' }).config(monitor(), 'provider "datadog" {\n  validate = "false"\n}')
    expect((await stack.plan()).actions).toEqual(['create datadog_monitor.m'])
    expect(stack.takeRequests()).toEqual({})
  })

  test('what it does not take into account is refused by name', async () => {
    const stack = new DatadogStack(environment).config(
      monitor(),
      'provider "datadog" {\n  cloud_provider_type = "aws"\n  validate = "maybe"\n}',
    )
    const text = (await stack.validate()).join('\n')
    expect(text).toMatch(/The argument "cloud_provider_type" of the provider configuration is not supported yet/)
    expect(text).toMatch(/Attribute validate value must be one of: \["true" "false"\]/)
  })
})

describe('requests', () => {
  interface Scripted {
    readonly status: number
    readonly body?: unknown
    readonly headers?: Record<string, string>
  }

  /** An API whose answers are given, and the pauses it took. */
  function scripted(answers: (Scripted | Error)[], retry: object = {}) {
    const pauses: number[] = []
    const requests: { url: string; headers: Record<string, string> }[] = []
    const api = new DatadogApi(
      {
        url: 'https://api.test',
        apiKey: keys.apiKey,
        appKey: keys.appKey,
        defaultTags: {},
        retry: { enabled: true, timeoutMs: 60_000, backoffBaseMs: 2000, backoffMultiplier: 2, maxRetries: 3, ...retry },
      },
      {
        send: async (url, request) => {
          requests.push({ url, headers: request.headers as Record<string, string> })
          const answer = answers.shift()
          if (answer === undefined) throw new Error('no more answers')
          if (answer instanceof Error) throw answer
          return new Response(JSON.stringify(answer.body ?? {}), { status: answer.status, headers: answer.headers ?? {} })
        },
        sleep: async (ms) => void pauses.push(ms),
      },
    )
    return { api, pauses, requests }
  }
  const lost = (code: string) => Object.assign(new TypeError('fetch failed'), { cause: { code, message: `connect ${code}` } })

  test('429 waits for as long as Datadog says, also when creating', async () => {
    const { api, pauses, requests } = scripted([
      { status: 429, headers: { 'x-ratelimit-reset': '7' } },
      { status: 429 },
      { status: 200, body: { id: 1 } },
    ])
    expect(await api.call('POST', '/api/v1/monitor', {})).toEqual({ id: 1 })
    expect(pauses).toEqual([7000, 1000])
    expect(requests[0]!.headers).toMatchObject({ 'DD-API-KEY': keys.apiKey, 'DD-APPLICATION-KEY': keys.appKey })
  })

  test.each([
    ['5xx is repeated with growing pauses', 'GET', [{ status: 502 }, { status: 503 }, { status: 200 }], [2000, 4000]],
    ['lost connections too', 'PUT', [lost('ECONNRESET'), { status: 200 }], [2000]],
    ['a creation that surely did not happen', 'POST', [lost('ECONNREFUSED'), { status: 200 }], [2000]],
  ] as const)('%s', async (_name, method, answers, want) => {
    const { api, pauses } = scripted([...answers])
    await api.call(method, '/x')
    expect(pauses).toEqual(want)
  })

  test.each([
    ['a creation that may have happened', 'POST', [{ status: 502 }]],
    ['a creation whose answer was lost', 'POST', [lost('ECONNRESET')]],
    ['what is refused', 'GET', [{ status: 400 }]],
    ['a name that does not resolve', 'GET', [lost('ENOTFOUND')]],
  ] as const)('%s is not repeated', async (_name, method, answers) => {
    const { api, pauses } = scripted([...answers])
    await expect(api.call(method, '/x')).rejects.toThrow()
    expect(pauses).toEqual([])
  })

  test('ends after the retries that are configured, or when time is up', async () => {
    const many = () => Array.from({ length: 10 }, () => ({ status: 500 }))
    const three = scripted(many())
    await expect(three.api.call('GET', '/x')).rejects.toThrow('GET https://api.test/x: 500')
    expect(three.pauses).toEqual([2000, 4000, 8000])
    const none = scripted(many(), { enabled: false })
    await expect(none.api.call('GET', '/x')).rejects.toThrow()
    expect(none.pauses).toEqual([])
    const short = scripted(many(), { timeoutMs: 3000 })
    await expect(short.api.call('GET', '/x')).rejects.toThrow()
    expect(short.pauses).toEqual([2000])
  })

  test('keys are in no message', async () => {
    const { api } = scripted([{ status: 403, body: { errors: [`The key ${keys.apiKey} is unknown`] } }])
    await expect(api.call('GET', '/x')).rejects.toThrow('GET https://api.test/x: 403 Forbidden: The key (key) is unknown')
  })
})
