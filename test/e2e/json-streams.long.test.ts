import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, type Outcome, terraform, Workspace } from './_cli.ts'

/**
 * The streams that `-json` asks for, line by line beside the real Terraform's: the same lines, wherever they stand (which operation comes first is
 * chance). Times, ids and elapsed seconds aside.
 */
const files = {
  'main.tf': `variable "v" {
  default = "1"
}

resource "terraform_data" "x" {
  input            = var.v
  triggers_replace = var.v
  provisioner "local-exec" {
    command = "echo hi; echo there"
  }
}

resource "terraform_data" "many" {
  for_each = toset(["a", "b"])
  input    = each.key
}

module "m" {
  source = "./m"
}

data "terraform_remote_state" "r" {
  backend = "local"
  config  = { path = "\${path.module}/other.tfstate" }
}

output "o" {
  value = terraform_data.x.output
}

output "s" {
  value     = "secret"
  sensitive = true
}

check "c" {
  assert {
    condition     = terraform_data.x.output == "never"
    error_message = "chk"
  }
}
`,
  'm/main.tf': `resource "terraform_data" "y" {
  count = 1
}

moved {
  from = terraform_data.z
  to   = terraform_data.y
}
`,
  'other.tfstate': '{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"l","outputs":{},"resources":[],"check_results":null}',
}

const calls: readonly (readonly string[])[] = [
  ['init', '-json'],
  ['validate', '-json'],
  ['plan', '-json', '-out=p'],
  ['apply', '-json'],
  ['apply', '-json', '-auto-approve'],
  ['plan', '-json', '-var=v=2', '-out=p'],
  ['apply', '-json', 'p'],
  ['output', '-json'],
  ['output', '-json', 'o'],
  ['plan', '-json', '-destroy'],
  ['destroy', '-json', '-auto-approve'],
  ['plan', '-json', '-var=nope=1'],
  ['plan', '-json', '-refresh-only', '-destroy'],
]

function lines({ code, stdout, stderr }: Outcome): readonly unknown[] {
  const normal = stdout
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replace(/"@timestamp":"[^"]*",?/g, '')
    .replace(/(complete after |"elapsed_seconds":)\d+/g, '$1N')
  // Documents of several lines are compared as they are.
  return [code, stderr, ...normal.split('\n').sort()]
}

describe.skipIf(terraform === undefined)('JSON beside Terraform', () => {
  let ours: Workspace
  let theirs: Workspace
  /** Holds Landform under the name of terraform. */
  let names: Workspace
  beforeAll(() => {
    ensureBuilt()
    ours = new Workspace(files, { LANDFORM_DIALECT: 'terraform' })
    theirs = new Workspace(files)
    names = new Workspace({})
    const executable = process.env.LANDFORM_EXECUTABLE ?? join(import.meta.dirname, '../../bin/landform')
    symlinkSync(executable, join(names.dir, 'terraform'))
  })
  afterAll(() => {
    ours.remove()
    theirs.remove()
    names.remove()
  })

  test.each(calls.map((args) => [args.join(' '), args] as const))('%s', (_, args) => {
    const got = lines(ours.runProgram(join(names.dir, 'terraform'), args))
    expect(got).toEqual(lines(theirs.runProgram(terraform!, args)))
  })
})
