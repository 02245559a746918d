import { afterEach, describe, expect, test } from 'vitest'
import { ensureBuilt, Workspace } from '../e2e/_cli.ts'

const config = `
variable "given" { default = "x" }
variable "missing" { type = string }
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
locals { list = [1, "a"] }
resource "terraform_data" "one" { input = var.given }
resource "terraform_data" "none" {}
`

describe('console', () => {
  let workspace: Workspace
  afterEach(() => workspace.remove())

  function evaluate(input: string): { code: number | null; stdout: string; stderr: string } {
    return workspace.run(['console'], { input })
  }

  test('one result for each expression, from configuration, variables and state', () => {
    ensureBuilt()
    workspace = new Workspace({ 'main.tf': config })
    workspace.run(['init'])
    expect(workspace.run(['apply', '-auto-approve', '-var', 'missing=m', '-target=terraform_data.one']).code).toBe(0)
    const table: readonly (readonly [input: string, output: string])[] = [
      ['1 + 1', '2'],
      ['local.list', '[\n  1,\n  "a",\n]'],
      ['terraform_data.one.output', '"x"'],
      ['terraform_data.none', '(known after apply)'],
      ['var.missing', '(known after apply)'],
      ['var.secret', '(sensitive value)'],
      ['{\n  a = 1\n}', '{\n  "a" = 1\n}'],
      ['<<E\nx\nE\n', '<<EOT\nx\n\nEOT'],
      ['type(local.list)', 'tuple([\n    number,\n    string,\n])'],
    ]
    const got = evaluate(`${table.map(([input]) => input).join('\n')}\n`)
    expect(got.stderr).toBe('')
    expect(got.stdout).toBe(`${table.map(([, output]) => output).join('\n')}\n`)
    expect(got.code).toBe(0)
  })

  test('the first mistake ends it with status 1', () => {
    ensureBuilt()
    workspace = new Workspace({})
    const got = evaluate('1\nlocal.nope\n2\n')
    expect({ code: got.code, stdout: got.stdout }).toEqual({ code: 1, stdout: '1\n' })
    expect(got.stderr).toContain('A local value with the name "nope" has not been declared.')
  })

  test('type belongs at the top', () => {
    ensureBuilt()
    workspace = new Workspace({})
    const got = evaluate('[type(1)]\n')
    expect(got.code).toBe(1)
    expect(got.stderr).toContain('console-only "type" function')
  })
})
