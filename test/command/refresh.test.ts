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

test('warns where there is nothing but data, and leaves what checks come to for an apply to say', async () => {
  configure(`
    data "terraform_remote_state" "s" {
      backend  = "local"
      config   = { path = "elsewhere.tfstate" }
      defaults = { x = 1 }
    }
    check "c" {
      assert {
        condition     = data.terraform_remote_state.s.outputs.x == 2
        error_message = "It is not."
      }
    }`)
  writeFileSync(
    join(dir, 'elsewhere.tfstate'),
    JSON.stringify({ version: 4, terraform_version: '1.11.4', serial: 1, lineage: 'l', outputs: {}, resources: [] }),
  )
  await run('apply', '-auto-approve')
  expect(state().check_results).toHaveLength(1)
  const { code, stdout } = await run('refresh', '-no-color')
  expect([code, stdout]).toEqual([0, expect.stringContaining('Warning: Empty or non-existent state')])
  expect(state().check_results).toBe(null)
})

test('apply -refresh-only says of a check whose data cannot be read that its assertions are not known', async () => {
  configure(`
    check "c" {
      data "terraform_remote_state" "s" {
        backend = "local"
        config  = { path = "nowhere.tfstate" }
      }
      assert {
        condition     = data.terraform_remote_state.s.outputs.x == 1
        error_message = "It is not."
      }
    }`)
  const { code, stdout } = await run('apply', '-refresh-only', '-auto-approve', '-no-color')
  expect([code, stdout]).toEqual([0, expect.stringContaining('Warning: Check block assertion known after apply')])
  expect(state().check_results[0].objects[0].failure_messages).toEqual([expect.stringContaining('Unable to find remote state')])
})

test('apply -refresh-only stores new outputs that are not known as null', async () => {
  configure(
    'resource "terraform_data" "a" {}\noutput "id" { value = terraform_data.a.id }\noutput "any" { value = terraform_data.a.output }',
  )
  const { code } = await run('apply', '-refresh-only', '-auto-approve')
  expect([code, state().outputs]).toEqual([0, { any: { value: null, type: 'dynamic' }, id: { value: null, type: 'string' } }])
})
