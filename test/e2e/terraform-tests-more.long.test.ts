import { compareTests, required, type TestFolders } from './_test-comparison.ts'

/** An assertion. */
const ok = (condition: string, message = 'no'): string =>
  `  assert {\n    condition     = ${condition}\n    error_message = "${message}"\n  }\n`

/** Several test files of a folder are judged one by one: a mistake in one of them keeps back the others. */
const programs: TestFolders = {
  'mocks: when values are made up': {
    'main.tf': `${required}
resource "test_resource" "a" { value = "v" }
data "test_data_source" "d" { id = "x" }
output "id" { value = test_resource.a.id }
output "data" { value = data.test_data_source.d.value }
`,
    'main.tftest.hcl': `
mock_provider "test" {
  override_during = plan
  mock_resource "test_resource" {
    defaults = { id = "mocked" }
  }
  mock_data "test_data_source" {
    defaults = { value = "read" }
    override_during = apply
  }
}
mock_provider "test" {
  alias = "late"
  mock_resource "test_resource" {
    override_during = plan
    defaults = { id = "early" }
  }
  override_resource {
    target = test_resource.a
    values = { id = "overridden" }
    override_during = apply
  }
  override_data {
    target = data.test_data_source.d
    values = { value = "by address" }
  }
}
run "plan" {
  command = plan
${ok('output.id == "mocked"')}${ok('output.data == "read"')}}
run "late" {
  command = plan
  providers = { test = test.late }
${ok('output.data == "by address"')}${ok('output.id == "overridden"', 'known?')}}
run "applied" {
  providers = { test = test.late }
${ok('output.id == "overridden"')}${ok('output.id == "wrong"', 'shown')}}
run "odd" {
  command = plan
  override_resource {
    target = test_resource.a
    override_during = plan
  }
${ok('output.id == "x"', 'made up')}}
`,
  },
  'mocks: odd arguments': {
    'main.tf': `${required}\nresource "test_resource" "a" { value = "v" }\n`,
    'main.tftest.hcl': `
mock_provider "test" {
  override_during = sometimes
  mock_resource "test_resource" { defaults = { id = "a" } }
  mock_resource "test_resource" { defaults = { id = "b" } }
}
run "a" {}
`,
    'b.tftest.hcl': `
mock_provider "test" {
  mock_resource "test_other" { defaults = { id = "a" } }
  mock_resource "test_resource" { defaults = "x" }
}
run "a" {}
`,
    'c.tftest.hcl': `
mock_provider "test" {
  mock_resource "test_resource" { defaults = { nothing = "a" } }
}
mock_provider "test" {}
run "a" {}
`,
    'd.tftest.hcl': `
mock_provider "test" {
  mock_resource "test_resource" { defaults = { id = { a = 1 } } }
}
run "a" {}
`,
  },
  'mocks: from a folder': {
    'main.tf': `${required}\nresource "test_resource" "a" { value = "v" }\noutput "id" { value = test_resource.a.id }\n`,
    'mocks/a.tfmock.hcl': 'mock_resource "test_resource" {\n  defaults = { id = "from the folder" }\n}\n',
    'mocks/b.tfmock.hcl':
      'mock_data "test_data_source" {\n  defaults = { value = "from the folder" }\n}\noverride_resource {\n  target = test_resource.a\n  values = { id = "override of the folder" }\n}\n',
    'main.tftest.hcl': `
mock_provider "test" {
  source = "./mocks"
}
run "a" {
${ok('output.id == "override of the folder"')}${ok('output.id == "x"', 'is it')}}
`,
    'b.tftest.hcl': 'mock_provider "test" {\n  source = "./nowhere"\n}\nrun "a" {}\n',
    'c.tftest.hcl':
      'mock_provider "test" {\n  source = "./mocks"\n  mock_resource "test_resource" {\n    defaults = { id = "own" }\n  }\n}\nrun "a" {}\n',
  },
  'overrides of modules': {
    'main.tf': `
module "one" { source = "./m" }
module "many" {
  source = "./m"
  count = 2
}
output "one" { value = module.one.id }
output "many" { value = module.many[*].id }
output "number" { value = module.one.number }
`,
    'm/main.tf': `
variable "v" { default = "real" }
resource "terraform_data" "a" { input = var.v }
output "id" { value = terraform_data.a.output }
output "number" { value = 1 }
`,
    'main.tftest.hcl': `
run "run" {
  override_module {
    target = module.many
    outputs = { id = "all" }
  }
  override_module {
    target = module.many[1]
    outputs = { id = "second" }
  }
  override_module {
    target = module.one
  }
${ok('output.many[0] == "all"', 'first')}${ok('output.many[1] == "second"', 'second')}${ok('output.one == null', 'one')}}
run "plan" {
  command = plan
  state_key = "b"
  override_module {
    target = module.one
    outputs = { id = "planned" }
  }
  override_module {
    target = module.many
    override_during = plan
    outputs = { id = "m", number = 7 }
  }
${ok('output.many[0] == "m"')}${ok('output.one == "planned"')}}
run "odd" {
  state_key = "c"
  override_module {
    target = module.one
    outputs = { nothing = 1 }
  }
${ok('output.one == null', 'odd')}}
`,
    'b.tftest.hcl': `
override_module {
  target = module.one
  outputs = { id = "file" }
}
override_module {
  target = module.none
}
override_resource {
  target = module.many[0].terraform_data.a
  values = { output = "first" }
}
override_resource {
  target = module.many.terraform_data.a
  values = { output = "all" }
  override_during = plan
}
run "x" {
${ok('output.one == "file"', 'one')}${ok('output.many[0] == "first"', 'first')}${ok('output.many[1] == "all"', 'second')}}
`,
    'c.tftest.hcl': `
override_resource {
  target = terraform_data.a
  values = "x"
}
override_data {
  target = data.terraform_remote_state.x
  values = null
}
run "a" {}
`,
  },
  'run variables that nobody declares': {
    'main.tf': 'variable "v" { default = 1 }\noutput "v" { value = var.v }\n',
    'main.tftest.hcl': `
variables {
  f = 1
  g = 2
}
run "assert" {
  variables { a = 1 }
${ok('var.a == 1')}}
run "own" {
  variables {
    a = 1
    v = var.f
    b = var.g
  }
}
run "file" {
  variables { f = 3 }
${ok('var.f == 3')}${ok('var.g == 2')}}
`,
  },
  'expected failures of every kind': {
    'main.tf': `${required}
variable "v" {
  default = "ok"
  validation {
    condition     = var.v != "bad"
    error_message = "v is bad"
  }
}
variable "pre" { default = true }
variable "post" { default = true }
variable "out" { default = true }
variable "check" { default = true }
variable "data" { default = true }
resource "test_resource" "r" {
  value = "a"
  lifecycle {
    precondition {
      condition     = var.pre
      error_message = "pre"
    }
    postcondition {
      condition     = var.post
      error_message = "post"
    }
  }
}
data "test_data_source" "d" {
  id = "x"
  lifecycle {
    postcondition {
      condition     = var.data
      error_message = "data"
    }
  }
}
output "o" {
  value = 1
  precondition {
    condition     = var.out
    error_message = "out"
  }
}
check "c" {
  data "test_data_source" "in" { id = "y" }
  assert {
    condition     = var.check
    error_message = "check \${data.test_data_source.in.id}"
  }
}
module "m" { source = "./m" }
`,
    'm/main.tf':
      'variable "w" {\n  default = 1\n  validation {\n    condition = var.w == 1\n    error_message = "w"\n  }\n}\ncheck "inner" {\n  assert {\n    condition = var.w == 1\n    error_message = "inner"\n  }\n}\n',
    'main.tftest.hcl': `
mock_provider "test" {}
run "var" {
  command = plan
  variables { v = "bad" }
  expect_failures = [var.v]
}
run "pre" {
  command = plan
  variables { pre = false }
  expect_failures = [test_resource.r]
}
run "post" {
  command = plan
  variables { post = false }
  expect_failures = [test_resource.r]
}
run "out" {
  command = plan
  variables { out = false }
  expect_failures = [output.o]
}
run "data" {
  command = plan
  variables { data = false }
  expect_failures = [data.test_data_source.d]
}
run "check" {
  variables { check = false }
  expect_failures = [check.c]
}
run "several" {
  command = plan
  variables {
    check = false
    out = false
  }
  expect_failures = [check.c, output.o]
}
run "fewer" {
  command = plan
  variables {
    check = false
    out = false
  }
  expect_failures = [check.c]
}
`,
    'b.tftest.hcl': `
mock_provider "test" {}
run "none" {
  expect_failures = [check.c, var.v]
}
run "after" {}
`,
    'c.tftest.hcl': `
mock_provider "test" {}
run "warned" {
  variables { check = false }
}
run "post_applied" {
  variables { post = false }
  expect_failures = [test_resource.r]
}
run "after" {}
`,
    'd.tftest.hcl':
      'mock_provider "test" {}\nrun "x" {\n  expect_failures = [local.x, module.m, test_resource.none, check.none, var.none, output.none]\n}\n',
    'e.tftest.hcl': 'mock_provider "test" {}\nrun "x" {\n  expect_failures = [module.m.check.inner]\n}\n',
    'f.tftest.hcl':
      'mock_provider "test" {}\nrun "x" {\n  variables { v = "bad" }\n  expect_failures = [var.v]\n}\nrun "y" {\n  expect_failures = [var.v, var.v]\n}\n',
  },
  'modules of runs with providers': {
    'main.tf': `${required}\nresource "test_resource" "a" { value = "main" }\noutput "id" { value = test_resource.a.id }\n`,
    'setup/main.tf': `terraform {\n  required_providers {\n    test = {\n      source = "hashicorp/test"\n      configuration_aliases = [test.other]\n    }\n  }\n}\nvariable "n" {}\nresource "test_resource" "s" {\n  provider = test.other\n  value = var.n\n}\nresource "test_resource" "t" { value = var.n }\noutput "s" { value = test_resource.s.id }\noutput "t" { value = test_resource.t.id }\n`,
    'main.tftest.hcl': `
variables {
  n = "file"
}
provider "test" {}
provider "test" {
  alias = "second"
  resource_prefix = run.setup.t
}
mock_provider "test" {
  alias = "mock"
  mock_resource "test_resource" { defaults = { id = "mocked" } }
}
run "setup" {
  module { source = "./setup" }
  providers = {
    test       = test
    test.other = test.mock
  }
${ok('output.s == "mocked"')}}
run "uses" {
  providers = { test = test.mock }
${ok('output.id == run.setup.s')}${ok('output.id == run.setup.t', 'differ')}}
run "second" {
  providers = { test = test.second }
}
`,
    'c.tftest.hcl': 'run "registry" {\n  module {\n    source = "./setup"\n    version = "1.0"\n  }\n}\n',
    'd.tftest.hcl': 'run "x" {\n  providers = { test = test.none }\n}\n',
  },
  'where variables come from, in full': {
    'main.tf': `
variable "a" { default = "default" }
variable "b" { default = "default" }
variable "c" { default = "default" }
variable "d" { default = "default" }
variable "needed" {}
variable "typed" {
  type = number
  default = 1
}
variable "object" {
  type = object({ x = optional(string, "d"), y = number })
  default = { y = 1 }
}
variable "not_null" {
  default = "given"
  nullable = false
}
variable "secret" {
  default = "s"
  sensitive = true
}
output "all" { value = [var.a, var.b, var.c, var.d, var.needed] }
output "typed" { value = var.typed }
output "object" { value = var.object }
output "not_null" { value = var.not_null }
output "secret" {
  value = var.secret
  sensitive = true
}
`,
    'terraform.tfvars': 'a = "tfvars"\nneeded = "tfvars"\n',
    'x.auto.tfvars': 'b = "auto"\n',
    'tests/terraform.tfvars': 'c = "test tfvars"\n',
    'tests/y.auto.tfvars': 'd = "test auto"\n',
    'main.tftest.hcl': `
variables {
  d = "file"
  other = "of the file"
}
run "files" {
${ok('output.all == ["tfvars", "auto", "default", "file", "tfvars"]', '${join(",", output.all)}')}}
run "run" {
  variables {
    a = "run \${var.other}"
    typed = "2"
    object = { y = "3" }
    not_null = null
  }
${ok('output.all[0] == "run of the file"')}${ok('output.typed == 2')}${ok('output.object == { x = "d", y = 3 }')}${ok('output.not_null == "given"')}}
run "earlier" {
  variables {
    a = run.run.all[0]
    secret = run.files.secret
    unknown = "x"
  }
${ok('output.all[0] == run.run.all[0]')}${ok('output.secret == "t"', 'secret')}}
run "bad_type" {
  variables { typed = "many" }
}
`,
    'b.tftest.hcl': 'run "later" {\n  variables { a = run.after.all }\n}\nrun "after" {}\n',
    'c.tftest.hcl': 'variables {\n  a = run.x.all\n}\nrun "x" {}\n',
    'd.tftest.hcl':
      'variables {\n  a = upper("low")\n  b = var.a\n}\nrun "x" {\n  variables {\n    c = "${var.b}!"\n  }\n  assert {\n    condition = output.all[2] == "LOW!"\n    error_message = join(",", output.all)\n  }\n}\n',
    'e.tftest.hcl': 'run "x" {\n  variables {\n    a = var.nothing\n    b = local.x\n    c = terraform_data.x\n  }\n}\n',
    'tests/t.tftest.hcl': 'run "x" {\n  assert {\n    condition = false\n    error_message = join(",", output.all)\n  }\n}\n',
  },
  'a variable that is not given': {
    'main.tf': 'variable "needed" {}\nvariable "also" { type = number }\noutput "v" { value = var.needed }\n',
    'main.tftest.hcl':
      'run "x" {}\nrun "y" {\n  variables { needed = "n" }\n}\nrun "z" {\n  variables {\n    needed = "n"\n    also = 1\n  }\n}\n',
  },
  'states by key': {
    'main.tf':
      'variable "v" { default = 1 }\nresource "terraform_data" "a" { input = var.v }\noutput "id" { value = terraform_data.a.id }\n',
    'other/main.tf': 'resource "terraform_data" "o" { input = 1 }\noutput "id" { value = terraform_data.o.id }\n',
    'main.tftest.hcl': `
run "one" {}
run "same" {
  variables { v = 2 }
${ok('output.id == run.one.id')}}
run "apart" {
  state_key = "apart"
${ok('output.id != run.one.id')}}
run "apart_again" {
  state_key = "apart"
${ok('output.id == run.apart.id')}}
run "other" {
  module { source = "./other" }
}
run "other_again" {
  module { source = "./other" }
${ok('output.id == run.other.id')}}
run "other_in_apart" {
  state_key = "apart"
  module { source = "./other" }
}
run "back" {
  state_key = "apart"
${ok('output.id == run.apart.id', 'gone')}}
`,
    'b.tftest.hcl': 'run "x" {\n  state_key = 1\n}\nrun "y" {\n  state_key = ""\n}\nrun "z" {\n  state_key = var.v\n}\n',
  },
  'plans, options and what they leave': {
    'main.tf': `
variable "v" { default = 1 }
resource "terraform_data" "a" { input = var.v }
resource "terraform_data" "b" { triggers_replace = var.v }
output "a" { value = terraform_data.a.output }
output "b" { value = terraform_data.b.id }
`,
    'main.tftest.hcl': `
run "apply" {}
run "target" {
  variables { v = 2 }
  plan_options { target = [terraform_data.a] }
${ok('output.a == 2')}${ok('output.b == run.apply.b', 'b')}}
run "refresh_only" {
  variables { v = 3 }
  plan_options { mode = refresh-only }
${ok('output.a == 2', 'a')}}
run "replace" {
  variables { v = 2 }
  plan_options {
    replace = [terraform_data.b]
    refresh = false
  }
${ok('output.b != run.apply.b')}}
run "plan" {
  command = plan
  variables { v = 5 }
${ok('output.a == 5', 'unknown')}${ok('terraform_data.a.input == 5')}}
run "after_plan" {
  variables { v = run.plan.a }
}
`,
    'b.tftest.hcl':
      'run "x" {\n  plan_options {\n    mode = destroy\n    target = ["x"]\n    replace = terraform_data.a\n    refresh = "x"\n  }\n}\n',
    'c.tftest.hcl': 'run "x" {\n  command = destroy\n}\nrun "y" {\n  command = "plan"\n}\n',
    'd.tftest.hcl':
      'run "x" {\n  plan_options {\n    target = [terraform_data.none]\n    mode = refresh-only\n    replace = [terraform_data.a]\n  }\n}\n',
  },
  'what asserts may look at': {
    'main.tf': `
locals {
  l = [1, 2]
}
variable "v" {
  default = "x"
  ephemeral = true
}
resource "terraform_data" "many" {
  for_each = toset(["a", "b"])
  input = each.key
}
module "m" {
  source = "./m"
  count = 2
}
data "terraform_remote_state" "s" {
  backend = "local"
  config = { path = "none.tfstate" }
  count = 0
}
check "c" {
  assert {
    condition = terraform.workspace == "other"
    error_message = "always"
  }
}
output "o" { value = [for k, v in terraform_data.many : v.output] }
`,
    'm/main.tf': 'resource "terraform_data" "x" { input = 1 }\noutput "x" { value = terraform_data.x.output }\n',
    'main.tftest.hcl': `
run "all" {
${ok('local.l[0] == 1')}${ok('terraform_data.many["a"].output == "a"')}${ok('length(module.m) == 2')}${ok('module.m[0].x == 2', 'module')}${ok('alltrue([for k, v in terraform_data.many : v.input == k])')}${ok('var.v == "y"', 'var ephemeral')}${ok('length(data.terraform_remote_state.s) == 0')}${ok('path.module == "."', 'path ${path.module}')}${ok('terraform.workspace == "default"')}${ok('output.o == ["a", "c"]', 'list')}}
run "wrong" {
${ok('module.m[0].terraform_data.x.id == ""')}${ok('output.none == 1')}${ok('check.c.status == "fail"')}${ok('run.all.none == 1')}${ok('run.later.o == 1')}${ok('self.x')}${ok('each.key == 1')}${ok('count.index == 1')}}
run "conditions" {
${ok('"yes"')}${ok('null')}${ok('1 / 0 == 1')}${ok('[]')}}
run "messages" {
  assert {
    condition     = false
    error_message = output.o
  }
  assert {
    condition     = false
    error_message = null
  }
  assert {
    condition     = false
    error_message = var.v
  }
}
`,
  },
  'cleaning up what refuses': {
    'main.tf': `
resource "terraform_data" "kept" {
  input = 1
  lifecycle { prevent_destroy = true }
}
resource "terraform_data" "other" { input = terraform_data.kept.output }
`,
    'main.tftest.hcl': 'run "x" {}\nrun "y" {\n  state_key = "y"\n}\n',
  },
  'locals and functions in provider blocks': {
    'main.tf': `${required}\nresource "test_resource" "a" { value = "v" }\n`,
    'main.tftest.hcl': `
variables {
  p = "pre"
  u = "of the file"
}
provider "test" {
  resource_prefix = "\${var.p}-\${upper("x")}"
  data_prefix = var.u
}
run "x" {
  variables { p = "run" }
}
`,
    'b.tftest.hcl': 'provider "test" {\n  resource_prefix = local.x\n  nothing = 1\n}\nrun "x" {}\n',
    'c.tftest.hcl': 'provider "test" {\n  resource_prefix = run.x.y\n}\nrun "x" {}\n',
    'd.tftest.hcl': 'provider "test" {}\nprovider "test" {}\nrun "x" {}\n',
    'e.tftest.hcl': 'provider "test" {\n  resource_prefix = var.undefined\n}\nrun "x" {}\n',
  },
}

const cases: TestFolders = Object.fromEntries(
  Object.entries(programs).flatMap(([name, files]) => {
    const isTest = (path: string): boolean => /^[^/]*\.tftest\.hcl$/.test(path)
    const rest = Object.entries(files).filter(([path]) => !isTest(path))
    return Object.entries(files)
      .filter(([path]) => isTest(path))
      .map(([path, text]) => [`${name}, ${path}`, Object.fromEntries([...rest, ['main.tftest.hcl', text]])])
  }),
)

/** Calls that are answered in another way, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  'mocks: odd arguments, d.tftest.hcl: test -json': 'the place in a block of one line: Terraform names the beginning of its argument',
  'plans, options and what they leave, b.tftest.hcl: test -json': 'the place in a quoted text, and what comes first',
  'locals and functions in provider blocks, b.tftest.hcl: test -json': 'what comes first',
}

/** Files that each judge one condition with one message, whatever either is worth. */
function asserts(): Readonly<Record<string, string>> {
  const messages = {
    text: '"plain"',
    failing: '"is ${var.n.x}"',
    sensitive: '"is ${var.s}"',
    ephemeral: '"x ${terraform.applying}"',
    later: '"is ${terraform_data.a.id}"',
    list: '[1]',
    null: 'var.n == null ? null : "a"',
    empty: 'var.n == null ? "" : "a"',
  }
  const conditions = {
    holds: 'var.n == null',
    fails: 'var.n != null',
    failing: 'var.n.x == 1',
    later: 'terraform_data.a.id == "x"',
    null: 'var.n == null ? null : true',
    list: 'var.n == null ? [] : [1]',
    sensitive: 'var.s == "x"',
    ephemeral: 'terraform.applying == 3',
    text: 'var.n == null ? "no" : "x"',
  }
  const run = (condition: string, message: string): string =>
    `run "r" {\n  command = plan\n  assert {\n    condition     = ${condition}\n    error_message = ${message}\n  }\n}\n`
  return {
    'main.tf':
      'variable "n" {\n  type    = object({ x = number })\n  default = null\n}\nvariable "s" {\n  sensitive = true\n  default   = "hush"\n}\nresource "terraform_data" "a" {\n  input = 1\n}\n',
    'main.tftest.hcl': run('var.n == null', '"no"'),
    ...Object.fromEntries(
      Object.entries(conditions).flatMap(([c, condition]) =>
        Object.entries(messages).map(([m, message]) => [`${c}-${m}.tftest.hcl`, run(condition, message)]),
      ),
    ),
  }
}

compareTests('more tests, the same as terraform', { ...cases, 'asserts and messages of every kind': asserts() }, exceptions)
