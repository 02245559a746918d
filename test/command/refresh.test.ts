import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

// What Terraform 1.11.4 stores when it refreshes: what an ordinary plan finds out.

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-refresh-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const run = (...args: string[]) => runIn(dir, args, { name: 'terraform', environment: { TF_CLI_CONFIG_FILE: '/dev/null' } })
const configure = (text: string): void => writeFileSync(join(dir, 'main.tf'), text)
const state = () => JSON.parse(readFileSync(join(dir, 'terraform.tfstate'), 'utf8'))

test('brings in what is to be imported, and gives outputs the values that applying would give them', async () => {
  configure('resource "terraform_data" "a" { input = 1 }\noutput "a" { value = terraform_data.a.input }\noutput "gone" { value = 1 }')
  await run('apply', '-auto-approve')
  configure(`
    import {
      to = terraform_data.i
      id = "imported"
    }
    resource "terraform_data" "i" {}
    resource "terraform_data" "a" { input = 2 }
    resource "terraform_data" "new" { input = "n" }
    output "a" { value = terraform_data.a.input }
    output "later" { value = terraform_data.new.id }
    output "i" { value = terraform_data.i.id }
    check "c" {
      assert {
        condition     = terraform_data.a.input == 1
        error_message = "It is not."
      }
    }`)
  const { code, stdout } = await run('refresh', '-no-color')
  expect([code, stdout]).toEqual([0, expect.stringContaining('terraform_data.i: Preparing import... [id=imported]')])
  expect(stdout).toContain('Warning: Check block assertion failed')
  const { outputs, resources, check_results } = state()
  expect(outputs).toEqual({
    a: { value: 2, type: 'number' },
    gone: { value: 1, type: 'number' },
    i: { value: 'imported', type: 'string' },
  })
  expect(resources.map((r: { name: string }) => r.name)).toEqual(['a', 'i'])
  expect(resources[0].instances[0].attributes.input.value).toBe(1)
  expect(check_results).toBe(null)
})

test('keeps the state where no plan can be made', async () => {
  configure('resource "terraform_data" "a" { triggers_replace = 1 }')
  await run('apply', '-auto-approve')
  const before = state()
  configure('output "o" { value = 1 }\nresource "terraform_data" "a" {\n  triggers_replace = 2\n  lifecycle { prevent_destroy = true }\n}')
  const { code, stderr } = await run('refresh', '-no-color')
  expect([code, stderr]).toEqual([1, expect.stringContaining('Error: Instance cannot be destroyed')])
  expect(state()).toEqual(before)
})
