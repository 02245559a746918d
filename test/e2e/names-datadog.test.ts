import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Outcome, Workspace } from './_cli.ts'
import { ServedSandbox } from './_sandbox.ts'

const keys = { DD_API_KEY: 'a1'.repeat(16), DD_APP_KEY: 'b2'.repeat(20) }

const configuration = (critical: number): string => `
terraform {
  required_providers {
    datadog = {
      source  = "DataDog/datadog"
      version = "~> 3.82"
    }
  }
}

provider "datadog" {}

resource "datadog_monitor" "cpu" {
  name    = "CPU of the API"
  type    = "metric alert"
  query   = "avg(last_5m):avg:system.cpu.user{service:api} > ${critical}"
  message = "Too busy @slack-ops"
  tags    = ["service:api"]

  monitor_thresholds {
    warning  = "60"
    critical = "${critical}"
  }
}
`

describe('monitors of Datadog in a folder, on the sandbox', () => {
  let sandbox: ServedSandbox
  let folder: Workspace
  beforeAll(async () => {
    sandbox = await ServedSandbox.start()
    folder = new Workspace({ 'main.tf': configuration(80) })
  }, 120_000)
  afterAll(async () => {
    folder?.remove()
    await sandbox?.stop()
    sandbox?.workspace.remove()
  })

  function landform(args: readonly string[], environment: Readonly<Record<string, string>> = keys): Outcome {
    const outcome = folder.run([...args, '-no-color'], {
      env: { LANDFORM_BUILTIN_PROVIDERS: 'datadog', DD_HOST: sandbox.url, ...environment },
    })
    for (const key of Object.values(keys)) expect(outcome.stdout + outcome.stderr).not.toContain(key)
    return outcome
  }

  test('create, no changes, update, drift, destroy', { timeout: 120_000 }, async () => {
    expect(landform(['init']).code).toBe(0)
    expect(landform(['apply', '-auto-approve']).stdout).toContain('Apply complete! Resources: 1 added, 0 changed, 0 destroyed.')
    expect(landform(['plan', '-detailed-exitcode']).code).toBe(0)
    folder.write({ 'main.tf': configuration(90) })
    const { stdout } = landform(['apply', '-auto-approve'])
    expect(stdout).toContain('~ critical')
    expect(stdout).toContain('Apply complete! Resources: 0 added, 1 changed, 0 destroyed.')

    const headers = { 'DD-API-KEY': keys.DD_API_KEY, 'DD-APPLICATION-KEY': keys.DD_APP_KEY }
    const [monitor] = (await (await fetch(`${sandbox.url}/api/v1/monitor`, { headers })).json()) as { id: number }[]
    await fetch(`${sandbox.url}/api/v1/monitor/${monitor!.id}`, { method: 'PUT', headers, body: JSON.stringify({ tags: [] }) })
    const drift = landform(['plan', '-detailed-exitcode'])
    expect([drift.code, drift.stdout]).toEqual([2, expect.stringContaining('+ "service:api"')])
    expect(landform(['destroy', '-auto-approve']).stdout).toContain('Destroy complete! Resources: 1 destroyed.')
  })

  test('without keys it says which are missing', () => {
    const { code, stderr } = landform(['plan'], {})
    expect([code, stderr]).toEqual([1, expect.stringContaining('api_key and app_key must be set unless validate = false.')])
  })
})
