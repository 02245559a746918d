import { compareTests, required, type TestFolders } from './_test-comparison.ts'

/** Folders with tests, which both tools must judge in the same words: for people, for programs, and as a file. */
const cases: TestFolders = {
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
  'where variables come from': {
    'main.tf': `
      variable "a" { default = "default" }
      variable "b" { default = "default" }
      variable "c" { default = "default" }
      variable "d" { default = "default" }
      variable "e" {
        type    = object({ n = optional(number, 3), s = string })
        default = { s = "default" }
      }
      variable "hidden" {
        sensitive = true
        default   = "secret"
      }
      output "all" { value = [var.a, var.b, var.c, var.d, jsonencode(var.e)] }`,
    'terraform.tfvars': 'a = "tfvars"\nb = "tfvars"\nc = "tfvars"\nd = "tfvars"\n',
    'x.auto.tfvars': 'b = "auto"\nc = "auto"\nd = "auto"\n',
    'tests/terraform.tfvars': 'c = "tests"\nd = "tests"\n',
    'tests/main.tftest.hcl': `
      variables {
        d = "file"
        e = { s = "file", n = "7" }
      }
      run "file" {
        assert {
          condition     = join(",", output.all) == ""
          error_message = "got \${join(",", output.all)}"
        }
      }
      run "run" {
        variables {
          d = "\${var.a} and \${run.file.all[2]}"
          e = { s = "run" }
        }
        assert {
          condition     = join(",", output.all) == "" && var.hidden == ""
          error_message = "got \${join(",", output.all)}"
        }
      }
      run "undeclared" {
        variables { nobody = 1 }
      }`,
  },
  'plan options': {
    'main.tf':
      'variable "v" { default = 1 }\nresource "terraform_data" "a" { input = var.v }\nresource "terraform_data" "b" { input = terraform_data.a.output }\noutput "o" { value = "x" }\n',
    'main.tftest.hcl': `
      run "first" {}
      run "target" {
        command = plan
        plan_options { target = [terraform_data.a] }
        variables { v = 2 }
        assert {
          condition     = terraform_data.a.input == 2
          error_message = "a"
        }
      }
      run "replace" {
        plan_options { replace = [terraform_data.b] }
        assert {
          condition     = terraform_data.b.id == run.first.o
          error_message = "another id"
        }
      }
      run "unrefreshed" {
        plan_options { refresh = false }
      }
      run "both" {
        command = plan
        plan_options {
          mode    = refresh-only
          refresh = false
        }
      }`,
  },
  'references that lead nowhere': {
    'main.tf': 'variable "v" { default = 1 }\nresource "terraform_data" "a" { input = var.v }\noutput "o" { value = 1 }\n',
    'main.tftest.hcl': `
      run "one" {
        variables { v = run.two.o }
      }
      run "two" {
        assert {
          condition     = output.missing == 1
          error_message = "missing output"
        }
        assert {
          condition     = terraform_data.none.id == 1
          error_message = "missing resource"
        }
        assert {
          condition     = run.one.nothing == 1
          error_message = "missing output of a run"
        }
        assert {
          condition     = var.unknown == 1
          error_message = "missing variable"
        }
        assert {
          condition     = "text"
          error_message = "no condition"
        }
        assert {
          condition     = false
          error_message = ["not", "text"]
        }
      }`,
  },
  'overrides that do not fit': {
    'main.tf': `${required}
      resource "test_resource" "a" { value = "x" }
      data "test_data_source" "d" { id = "d" }
      module "m" { source = "./m" }
      output "o" { value = [test_resource.a.id, data.test_data_source.d.value, module.m.x] }`,
    'm/main.tf': 'resource "terraform_data" "x" {}\noutput "x" { value = terraform_data.x.id }\n',
    'main.tftest.hcl': `
      mock_provider "test" {
        mock_resource "test_resource" {
          defaults = { id = "mocked", value = "ignored" }
        }
        mock_data "test_data_source" {
          defaults = { value = "data", interrupt_count = 3 }
        }
      }
      run "mocked" {
        override_module {
          target  = module.m
          outputs = { x = "module" }
        }
        assert {
          condition     = output.o == ["mocked", "data", "module"]
          error_message = "got \${jsonencode(output.o)}"
        }
      }
      run "planned" {
        command = plan
        override_resource {
          target          = test_resource.a
          values          = { id = "now" }
          override_during = plan
        }
        assert {
          condition     = test_resource.a.id == "now"
          error_message = "got \${test_resource.a.id}"
        }
      }
      run "other" {
        override_resource {
          target = test_resource.none
          values = { id = "x" }
        }
        override_data {
          target = data.test_data_source.d
          values = { value = "there", nothing = 1 }
        }
        override_module {
          target  = module.m
          outputs = { y = "not there" }
        }
      }`,
  },
  'overrides of what is not there': {
    'main.tf': 'resource "terraform_data" "a" { count = 1 }\nmodule "m" { source = "./m" }\n',
    'm/main.tf': 'resource "terraform_data" "x" {}\n',
    'main.tftest.hcl': `
      override_module { target = module.file }
      run "one" {
        override_resource { target = terraform_data.a[5] }
        override_resource { target = module.m.terraform_data.y }
      }
      run "two" {
        module { source = "./m" }
        override_resource { target = terraform_data.a }
      }`,
  },
  'several files of which one fails early': {
    'main.tf':
      'variable "v" {\n  default = 1\n  validation {\n    condition     = var.v < 5\n    error_message = "Too large."\n  }\n}\noutput "v" { value = var.v }\n',
    'a.tftest.hcl': 'variables { v = 9 }\nrun "refused" {}\nrun "skipped" {}\n',
    'b.tftest.hcl':
      'run "x" {\n  variables { v = 9 }\n  expect_failures = [var.v]\n}\nrun "not_expected" {\n  expect_failures = [var.v]\n}\nrun "after" {}\n',
    'main.tftest.hcl': 'run "fine" {\n  assert {\n    condition     = output.v == 1\n    error_message = "one"\n  }\n}\n',
  },
  'no runs at all': { 'main.tf': 'output "v" { value = 1 }\n', 'main.tftest.hcl': '' },
  'names that are taken': {
    'main.tf': 'variable "v" { default = 1 }\n',
    'main.tftest.hcl': 'run "x" {}\nrun "9" {}\nvariables {}\nvariables {}\n',
  },
}

/** Calls that are answered in another way, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  'what cannot be destroyed: test -json': 'the place of a provisioner is its header; Terraform names the brace alone',
}

compareTests('tests, the same as terraform', cases, exceptions)
