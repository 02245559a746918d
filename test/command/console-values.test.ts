import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

const config = `terraform {
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}
variable "n" {
  default = 2
}
resource "terraform_data" "a" {
  count = var.n
  input = "x\${count.index}"
}
output "o" {
  value = terraform_data.a[0].id
}
`

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-console-'))
  writeFileSync(join(dir, 'main.tf'), config)
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const evaluate = (input: string, ...flags: string[]) => runIn(dir, ['console', '-no-color', ...flags], { input: `${input}\n` })

test.each([
  ['provider::terraform::encode_expr([1, "x"])', '"[1, \\"x\\"]"'],
  ['provider::terraform::encode_tfvars({ a = 1 })', '<<EOT\na = 1\n\nEOT'],
  ['provider::terraform::decode_tfvars("a = 1")', '{\n  "a" = 1\n}'],
  ['[for x in ["a = 1"] : provider::terraform::decode_tfvars(x).a]', '[\n  1,\n]'],
  ['type(provider::terraform::encode_expr(1))', 'string'],
])('%s', async (text, shown) => {
  expect(await evaluate(text)).toEqual({ code: 0, stdout: `${shown}\n`, stderr: '' })
})

test('functions that a provider does not have are told', async () => {
  const { code, stderr } = await evaluate('provider::terraform::nope(1)')
  expect(code).toBe(1)
  expect(stderr).toContain('nope')
})

test('without -plan resources are worth what is stored, with it what is planned', async () => {
  expect((await evaluate('terraform_data.a')).stdout).toBe('(known after apply)\n')
  const planned = await evaluate(
    'terraform_data.a[*].input\nterraform_data.a[0].id\ntype(terraform_data.a[0].id)\nvar.n + 1',
    '-plan',
    '-var=n=1',
  )
  expect(planned).toEqual({ code: 0, stdout: '[\n  "x0",\n]\n(known after apply)\nstring\n2\n', stderr: '' })
})

test('mistakes are told with -plan, those of the plan and those of the lines', async () => {
  const { code, stderr } = await evaluate('local.nope', '-plan')
  expect(code).toBe(1)
  expect(stderr).toContain('A local value with the name "nope" has not been declared.')
  writeFileSync(join(dir, 'wrong.tf'), 'output "x" {\n  value = local.nope\n}\n')
  const wrong = await evaluate('1', '-plan')
  expect([wrong.code, wrong.stdout]).toEqual([1, ''])
})

test.each([[], ['-plan']])('functions of a provider that the configuration does not use (%s)', async (...flags) => {
  writeFileSync(
    join(dir, 'main.tf'),
    'terraform {\n  required_providers {\n    tf = { source = "terraform.io/builtin/terraform" }\n  }\n}\n',
  )
  expect(await evaluate('provider::tf::encode_expr(1)\n1\nprovider::tf::encode_expr([])', ...flags)).toEqual({
    code: 0,
    stdout: '"1"\n1\n"[]"\n',
    stderr: '',
  })
})

test('with -plan functions are called after the providers of the plan have ended', async () => {
  expect(await evaluate('provider::terraform::encode_expr(terraform_data.a[0].input)', '-plan')).toEqual({
    code: 0,
    stdout: '"\\"x0\\""\n',
    stderr: '',
  })
})
