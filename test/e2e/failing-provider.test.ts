import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { ensureBuilt, Workspace } from './_cli.ts'

const folder = fileURLToPath(new URL('../fixtures/rude', import.meta.url))

beforeAll(ensureBuilt, 120_000)

test('what code of an injected provider throws costs the object it belongs to, and the command its success', { timeout: 60_000 }, () => {
  const w = new Workspace(
    {
      'main.tf': `
terraform {
  required_providers {
    rude = { source = "hashicorp/rude" }
  }
}
resource "rude_object" "throws" { how = "throw" }
resource "rude_object" "waits" { how = "never" }
resource "rude_object" "careless" { how = "throw in the background" }
resource "rude_object" "slow" { how = "slow 100" }
resource "rude_object" "after" { value = rude_object.waits.id }
resource "rude_object" "beside" { value = rude_object.careless.id }
`,
    },
    { LANDFORM_PROVIDERS: folder },
  )
  try {
    w.run(['init'])
    const { code, stderr } = w.run(['apply', '-auto-approve', '-no-color'])
    expect(code).toBe(1)
    expect(stderr.match(/Error: Provider.*/g)).toEqual([
      'Error: Provider failed',
      'Error: Provider failed',
      'Error: Provider failed in the background',
    ])
    expect(stderr.replace(/[│╷╵\s]+/g, ' ')).toContain('failed in its applyResourceChange call: Error: out of order')
    expect(stderr.replace(/[│╷╵\s]+/g, ' ')).toContain('never answers the applyResourceChange call')
    expect(stderr).toContain('with rude_object.throws')
    expect(stderr).toContain('with rude_object.waits')
    expect(stderr).not.toContain('nobody listens')
    expect(w.run(['state', 'list']).stdout.split('\n')).toEqual(['rude_object.beside', 'rude_object.careless', 'rude_object.slow', ''])
  } finally {
    w.remove()
  }
})
