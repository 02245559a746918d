import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, type Outcome, terraform, type Workspace } from './_cli.ts'
import { normalized } from './_peer.ts'
import { ServedPeers } from './_served.ts'

/** Folders with tests, which both tools must judge in the same words: for people, for programs, and as a file. */
const required = 'terraform {\n  required_providers {\n    test = {\n      source = "hashicorp/test"\n    }\n  }\n}\n'

const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'assertions of every kind of value': {
    'main.tf': `
      variable "in" { default = "x" }
      resource "terraform_data" "a" { input = { s = var.in, n = 1, l = [1, 2, 3], m = { k = "v" } } }
      output "o" { value = terraform_data.a.output }
      output "l" { value = ["a", "b"] }
      output "secret" {
        value     = "hidden"
        sensitive = true
      }`,
    'main.tftest.hcl': `
      run "objects" {
        assert {
          condition     = output.o == { s = "y", n = 1, l = [1, 2, 3], m = { k = "v" } }
          error_message = "object differs"
        }
        assert {
          condition     = output.l == tolist(["a", "c"])
          error_message = "list differs: \${join(",", output.l)}"
        }
        assert {
          condition     = length(output.l) > 2 && output.o.n == 1
          error_message = "both"
        }
        assert {
          condition     = output.o.s != "x"
          error_message = "not x"
        }
        assert {
          condition     = contains(output.l, "zz")
          error_message = "contains"
        }
        assert {
          condition     = output.secret == "shown"
          error_message = "secret"
        }
        assert {
          condition     = output.o.s == null
          error_message = "null"
        }
      }
      run "types" {
        assert {
          condition     = output.o.n == "1"
          error_message = "number and text"
        }
        assert {
          condition     = !(output.o.n == 1)
          error_message = "not"
        }
        assert {
          condition     = alltrue([for x in output.l : x == "a"])
          error_message = "all"
        }
      }`,
  },
  'unknown while planning': {
    'main.tf': 'resource "terraform_data" "a" { input = 1 }\noutput "id" { value = terraform_data.a.id }\n',
    'main.tftest.hcl': `
      run "p" {
        command = plan
        assert {
          condition     = output.id != ""
          error_message = "unknown"
        }
      }
      run "after" {}`,
  },
  'errors end a file': {
    'main.tf': 'variable "n" { type = number }\nresource "terraform_data" "a" {\n  count = var.n\n  input = 1\n}\n',
    'a.tftest.hcl': `
      run "one" {
        variables { n = 1 }
      }
      run "bad" {
        variables { n = "x" }
      }
      run "skipped" {
        variables { n = 1 }
      }`,
    'b.tftest.hcl': 'run "missing" {}\nrun "skipped" {}\n',
    'tests/c.tftest.hcl':
      'variables {\n  n = 2\n}\nrun "fine" {\n  assert {\n    condition     = length(terraform_data.a) == 2\n    error_message = "two"\n  }\n}\n',
  },
  'expected failures': {
    'main.tf': `
      variable "v" {
        type = number
        validation {
          condition     = var.v < 10
          error_message = "must be less than 10"
        }
      }
      resource "terraform_data" "r" {
        input = var.v
        lifecycle {
          precondition {
            condition     = var.v != 3
            error_message = "not three"
          }
          postcondition {
            condition     = self.input != 4
            error_message = "not four"
          }
        }
      }
      output "o" {
        value = var.v
        precondition {
          condition     = var.v != 5
          error_message = "not five"
        }
      }
      check "c" {
        assert {
          condition     = var.v != 6
          error_message = "not six"
        }
      }`,
    'main.tftest.hcl': `
      run "variable" {
        command = plan
        variables { v = 11 }
        expect_failures = [var.v]
      }
      run "resource" {
        command = plan
        variables { v = 3 }
        expect_failures = [terraform_data.r]
      }
      run "output" {
        command = plan
        variables { v = 5 }
        expect_failures = [output.o]
      }
      run "check" {
        variables { v = 6 }
        expect_failures = [check.c]
      }
      run "check_unexpected" {
        variables { v = 6 }
      }
      run "in_vain" {
        variables { v = 1 }
        expect_failures = [check.c, output.o]
      }
      run "applied" {
        variables { v = 4 }
        expect_failures = [terraform_data.r]
      }`,
  },
  'mocks and overrides': {
    'main.tf': `${required}
      resource "test_instance" "a" { ami = "x" }
      resource "test_resource" "b" { value = test_instance.a.id }
      data "test_data_source" "d" { id = "there" }
      module "m" { source = "./m" }
      output "d" { value = data.test_data_source.d.value }
      output "m" { value = module.m.o }`,
    'm/main.tf': `${required}\nresource "test_instance" "inner" { ami = "y" }\noutput "o" { value = test_instance.inner.id }\n`,
    'main.tftest.hcl': `
      mock_provider "test" {
        mock_resource "test_instance" {
          defaults = { id = "from-mock" }
        }
        mock_data "test_data_source" {
          defaults = { value = "mocked" }
        }
        override_resource {
          target = test_resource.b
          values = { id = "overridden" }
        }
      }
      run "mocked" {
        assert {
          condition     = test_instance.a.id == "from-mock" && output.d == "mocked" && test_resource.b.id == "overridden"
          error_message = "\${test_instance.a.id} \${output.d} \${test_resource.b.id}"
        }
        assert {
          condition     = test_resource.b.value == "else"
          error_message = "wrong"
        }
      }
      run "module_overridden" {
        override_module {
          target  = module.m
          outputs = { o = "nothing" }
        }
        override_data {
          target = data.test_data_source.d
          values = { value = "run" }
        }
        assert {
          condition     = output.m == "nothing" && output.d == "run"
          error_message = "wrong"
        }
      }
      run "planned" {
        command = plan
        override_resource {
          target          = test_instance.a
          override_during = plan
          values          = { id = "early" }
        }
        assert {
          condition     = test_resource.b.value == "early"
          error_message = "\${test_resource.b.value}"
        }
      }`,
  },
  'modules of runs, earlier outputs and state keys': {
    'main.tf': 'variable "in" {}\nresource "terraform_data" "a" { input = var.in }\noutput "o" { value = terraform_data.a.output }\n',
    'setup/main.tf':
      'variable "seed" { default = "s" }\nresource "terraform_data" "s" { input = var.seed }\noutput "value" { value = terraform_data.s.output }\n',
    'main.tftest.hcl': `
      variables {
        in = "file"
      }
      run "setup" {
        module { source = "./setup" }
        variables { seed = "seeded" }
      }
      run "uses" {
        variables { in = run.setup.value }
        assert {
          condition     = output.o == "seeded"
          error_message = "got \${output.o}"
        }
      }
      run "again" {
        module { source = "./setup" }
        state_key = "other"
        assert {
          condition     = output.value == run.uses.o
          error_message = "\${output.value} is not \${run.uses.o}"
        }
      }
      run "plan_only" {
        command = plan
        plan_options {
          mode    = refresh-only
          refresh = false
        }
      }`,
  },
  'what cannot be destroyed': {
    'main.tf': `
      resource "terraform_data" "a" {
        input = 1
        provisioner "local-exec" {
          when    = destroy
          command = "exit 7"
        }
      }
      resource "terraform_data" "b" { input = terraform_data.a.output }`,
    'main.tftest.hcl': 'run "leaves" {}\n',
  },
  'warnings and deprecated values': {
    'main.tf': `
      check "late" {
        assert {
          condition     = terraform_data.a.id == "never"
          error_message = "never is never"
        }
      }
      resource "terraform_data" "a" { input = "a" }`,
    'main.tftest.hcl': 'run "planned" { command = plan }\nrun "applied" {}\n',
  },
  'files that cannot be read': {
    'main.tf': 'resource "terraform_data" "a" {}\n',
    'bad.tftest.hcl': 'run "x" {\n  unknown = 1\n}\n',
    'good.tftest.hcl': 'run "y" {}\n',
  },
  'JSON test files': {
    'main.tf': 'variable "v" { default = 1 }\noutput "v" { value = var.v }\n',
    'main.tftest.json': JSON.stringify({
      run: { one: { variables: { v: 2 }, assert: [{ condition: '${output.v == 3}', error_message: 'it is ${output.v}' }] } },
    }),
  },
}

/** Calls that are answered in another way, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  'what cannot be destroyed: test -json': 'the place of a provisioner is its header; Terraform names the brace alone',
}

const calls: readonly (readonly string[])[] = [
  ['test', '-no-color'],
  ['test', '-no-color', '-verbose'],
  ['test', '-json'],
  ['test', '-no-color', '-filter=main.tftest.hcl', '-junit-xml=junit.xml'],
]

/** Without times and ids; of the stream, with its keys in order. */
function plain(w: Workspace, { code, stdout, stderr }: Outcome): readonly string[] {
  const clean = (text: string): string =>
    normalized(text.replaceAll(w.dir, 'DIR'))
      .replace(/"@timestamp":"[^"]*",?/g, '')
      .replace(/"elapsed":\d+/g, '"elapsed":0')
      .replace(/"timestamp":"[^"]*"/g, '"timestamp":""')
  return [`exit code ${code}`, ...clean(stdout).split('\n'), ...clean(stderr).split('\n')]
}

describe.skipIf(terraform === undefined)('tests, the same as terraform', () => {
  beforeAll(ensureBuilt, 120_000)

  test.each(Object.entries(cases))('%s', { timeout: 300_000 }, (name, files) => {
    const peers = new ServedPeers()
    try {
      peers.write(files)
      for (const args of calls) {
        const { theirs, ours } = peers.run(args)
        if (`${name}: ${args.join(' ')}` in exceptions) continue
        expect([args.join(' '), ...plain(peers.ours, ours)]).toEqual([args.join(' '), ...plain(peers.theirs, theirs)])
      }
      const report = (w: Workspace): string | undefined => {
        const path = join(w.dir, 'junit.xml')
        return existsSync(path) ? normalized(readFileSync(path, 'utf8')).replace(/ (time|timestamp)="[^"]*"/g, '') : undefined
      }
      expect(report(peers.ours)).toBe(report(peers.theirs))
    } finally {
      peers.remove()
    }
  })
})
