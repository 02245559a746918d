import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, terraform } from './_cli.ts'
import { differences, type Step } from './_peer.ts'

/** Steps that both tools must answer alike: exit codes, texts, diagnostics, plan JSON and state. */
const cases: Readonly<Record<string, readonly Step[]>> = {
  'a destroy plan says nothing of moves': [
    { config: 'resource "terraform_data" "a" { input = 1 }\nresource "terraform_data" "x" { input = 1 }' },
    {
      config: `
        resource "terraform_data" "a" {
          count = 1
          input = 1
        }
        resource "terraform_data" "y" { input = 1 }
        moved {
          from = terraform_data.x
          to   = terraform_data.y
        }`,
      apply: false,
    },
    { args: ['-refresh-only'], apply: false },
    { args: ['-destroy'] },
  ],
  'create_before_destroy is recorded for the instances that need it': [
    {
      config: `
        variable "v" { default = 1 }
        resource "terraform_data" "a" {
          count = 2
          input = 1
        }
        resource "terraform_data" "b" {
          input            = terraform_data.a[0].id
          triggers_replace = var.v
          lifecycle { create_before_destroy = true }
        }`,
    },
    { args: ['-var=v=2'] },
    { args: ['-var=v=3', '-refresh=false'] },
    { args: ['-destroy'] },
  ],
  'create_before_destroy spreads through modules': [
    {
      config: {
        'main.tf': `
          variable "v" { default = 1 }
          module "m" {
            source = "./m"
            count  = 2
            v      = var.v
          }
          resource "terraform_data" "b" {
            input            = module.m[0].id
            triggers_replace = var.v
            lifecycle { create_before_destroy = true }
          }`,
        'm/main.tf': `
          variable "v" {}
          resource "terraform_data" "a" {
            count            = 2
            triggers_replace = var.v
          }
          output "id" { value = terraform_data.a[0].id }`,
      },
    },
    { args: ['-var=v=2'] },
    { args: ['-destroy'] },
  ],
  'conditions, checks and what becomes of them': [
    {
      config: `
        variable "v" { default = 1 }
        check "c" {
          assert {
            condition     = var.v == 1
            error_message = "v is \${var.v}"
          }
          assert {
            condition     = terraform_data.a[0].output == 1
            error_message = "output"
          }
          assert {
            condition     = terraform_data.zero == []
            error_message = "zero"
          }
        }
        resource "terraform_data" "zero" {
          count = 0
          lifecycle {
            precondition {
              condition     = false
              error_message = "never"
            }
          }
        }
        resource "terraform_data" "a" {
          count = 1
          input = var.v
          lifecycle {
            postcondition {
              condition     = self.output != 2
              error_message = "post \${self.output}"
            }
          }
        }
        output "o" {
          value = terraform_data.a[0].output
          precondition {
            condition     = terraform_data.a[0].output < 4
            error_message = "out"
          }
        }`,
    },
    { args: ['-var=v=2'] },
    { args: ['-var=v=3'] },
    { args: ['-var=v=5'] },
    { args: ['-var=v=5', '-refresh-only'], apply: false },
    { args: ['-var=v=5', '-destroy'], apply: false },
    { args: ['-destroy'] },
  ],
  'validation and preconditions in modules': [
    {
      config: {
        'main.tf': `
          variable "v" { default = 1 }
          resource "terraform_data" "b" { input = var.v }
          module "m" {
            source   = "./m"
            for_each = toset(["p", "q"])
            v        = terraform_data.b.output
            w        = var.v
          }
          output "z" { value = module.m["p"].o }`,
        'm/main.tf': `
          variable "v" {
            type = number
            validation {
              condition     = var.v < 3
              error_message = "too big: \${var.v}"
            }
            validation {
              condition     = var.v != 2
              error_message = "two"
            }
          }
          variable "w" {
            validation {
              condition     = var.w < 10
              error_message = "w"
            }
          }
          output "o" {
            value = var.v
            precondition {
              condition     = var.v > 0
              error_message = "negative"
            }
          }
          resource "terraform_data" "in" { input = var.v }`,
      },
    },
    { args: ['-var=v=2'] },
    {},
    { args: ['-var=v=11'] },
    { args: ['-var=v=-1'] },
    { args: ['-var=v=11', '-destroy'] },
    { args: ['-destroy'] },
  ],
  'conditions that cannot be decided': [
    {
      config: `
        variable "s" {
          default   = "x"
          sensitive = true
        }
        variable "n" { default = null }
        resource "terraform_data" "a" {
          input = 1
          lifecycle {
            precondition {
              condition     = var.s == "y"
              error_message = "secret \${var.s}"
            }
            precondition {
              condition     = var.n
              error_message = "null"
            }
            precondition {
              condition     = "abc"
              error_message = "text"
            }
          }
        }`,
    },
  ],
  'destruction plans what there would be first': [
    {
      config: `
        variable "v" { default = 1 }
        resource "terraform_data" "a" { input = var.v }
        resource "terraform_data" "b" {
          count = var.v
          input = terraform_data.a.output
        }
        output "o" { value = terraform_data.a.input }
        output "p" { value = terraform_data.a.output }
        output "q" { value = terraform_data.b[*].id }`,
    },
    { args: ['-destroy', '-var=v=2'], apply: false },
    { args: ['-destroy', '-var=v=0'], apply: false },
    { args: ['-destroy', '-var=v=2', '-refresh=false'] },
  ],
  'what may not be destroyed keeps back what it needs': [
    {
      config: `
        variable "v" { default = 1 }
        resource "terraform_data" "a" {
          triggers_replace = var.v
          lifecycle { create_before_destroy = true }
        }
        resource "terraform_data" "b" {
          input = terraform_data.a.id
          lifecycle { prevent_destroy = true }
        }`,
    },
    { args: ['-destroy'] },
    { args: ['-destroy', '-target=terraform_data.a'] },
    { args: ['-var=v=3', '-replace=terraform_data.b'] },
  ],
  'imports, then nothing, then destruction': [
    {
      config: {
        'main.tf': `
          variable "id" { default = "abc" }
          locals { ids = { x = "1", y = "2" } }
          resource "terraform_data" "a" { input = 1 }
          resource "terraform_data" "b" { input = terraform_data.a.id }
          resource "terraform_data" "noop" {}
          resource "terraform_data" "each" {
            for_each         = local.ids
            triggers_replace = each.value == "1" ? 3 : null
          }
          resource "terraform_data" "known" { input = "i-1" }
          resource "terraform_data" "by_value" {}
          module "m" {
            source = "./m"
            count  = 2
          }
          import {
            to = terraform_data.a
            id = sensitive(var.id)
          }
          import {
            to = terraform_data.noop
            id = "n-1"
          }
          import {
            for_each = local.ids
            to       = terraform_data.each[each.key]
            id       = each.value
          }
          import {
            to = terraform_data.by_value
            id = terraform_data.known.input
          }
          import {
            to = module.m[0].terraform_data.in["q"]
            id = "mod"
          }
          output "x" { value = terraform_data.a.id }`,
        'm/main.tf': 'resource "terraform_data" "in" { for_each = toset(["q"]) }',
      },
      args: ['-target=terraform_data.noop'],
    },
    {},
    { args: ['-refresh-only'], apply: false },
    {},
    { args: ['-destroy'] },
  ],
  'imports that are refused': [
    { config: importing('terraform_data.a', 'terraform_data.z.id') },
    { config: importing('terraform_data.a', 'var.null') },
    { config: importing('terraform_data.a', '""') },
    { config: importing('terraform_data.c', '"x"') },
    { config: importing('terraform_data.c[3]', '"x"') },
    { config: importing('module.q.terraform_data.a', '"x"') },
  ],
  'local-exec when created and destroyed': [
    {
      config: `
resource "terraform_data" "z" { input = "q" }
resource "terraform_data" "a" { 
  count = 1
  input = 1
  provisioner "local-exec" {
    command = "echo hello \${self.input} \${count.index} \${terraform_data.z.id == "" ? 1 : 2} $X; echo err >&2; printf end"
    environment = { X = "env" }
  }
  provisioner "local-exec" {
    command = "echo two; pwd | wc -l"
    working_dir = "/tmp"
    interpreter = ["/bin/bash", "-c"]
  }
  provisioner "local-exec" {
    when = destroy
    command = "echo bye \${self.input} \${count.index}"
  }
}
`,
    },
    {},
    { args: ['-replace=terraform_data.a[0]'] },
    { args: ['-destroy'] },
  ],
  'local-exec that fails taints': [
    {
      config: `
resource "terraform_data" "a" { 
  input = 1
  provisioner "local-exec" {
    command = "echo out; exit 3"
  }
}
resource "terraform_data" "b" { input = terraform_data.a.id }
`,
    },
    {},
    { args: ['-destroy'] },
  ],
  'local-exec that may fail': [
    {
      config: `
resource "terraform_data" "a" { 
  input = 1
  provisioner "local-exec" {
    command = "exit 3"
    on_failure = continue
  }
  provisioner "local-exec" {
    command = "echo more"
    quiet = true
  }
}
`,
    },
  ],
  'local-exec that keeps an object': [
    {
      config: `
resource "terraform_data" "a" { 
  input = 1
  provisioner "local-exec" {
    when = destroy
    command = "exit 4"
  }
}
`,
    },
    { args: ['-destroy'] },
    { config: '' },
  ],
  'local-exec with secrets': [
    {
      config: `
variable "s" { 
  default = "hush" 
  sensitive = true
}
resource "terraform_data" "a" { 
  input = 1
  provisioner "local-exec" {
    command = "echo \${var.s}; echo x"
  }
}
`,
    },
  ],
  'local-exec of a removed block': [
    { config: 'resource "terraform_data" "a" {\n input = 1\n count = 1\n}' },
    {
      config: `
removed {
  from = terraform_data.a
  lifecycle {
    destroy = true
  }
  provisioner "local-exec" {
    when = destroy
    command = "echo gone \${self.input}"
  }
}
`,
    },
  ],
  'local-exec beside create_before_destroy': [
    {
      config: `
variable "v" { default = 1 }
resource "terraform_data" "a" { 
  triggers_replace = var.v
  lifecycle { create_before_destroy = true }
  provisioner "local-exec" {
    command = "echo new"
  }
  provisioner "local-exec" {
    when = destroy
    command = "echo old"
  }
}
`,
    },
    { args: ['-var=v=2'] },
    { args: ['-destroy'] },
  ],
  'remote states': [
    { config: 'output "a" {\n  value = { x = 1 }\n}\noutput "s" {\n  value     = "hush"\n  sensitive = true\n}' },
    {
      config: `
        data "terraform_remote_state" "r" {
          backend  = "local"
          config   = { path = "terraform.tfstate" }
          defaults = { z = 1, a = 2 }
        }
        output "o" { value = data.terraform_remote_state.r.outputs }
        resource "terraform_data" "a" { input = data.terraform_remote_state.r.outputs.a }`,
    },
    {},
    { args: ['-destroy'] },
  ],
  'data sources of checks': [
    { config: 'resource "terraform_data" "z" { input = "nope.tfstate" }\noutput "a" { value = { x = 1 } }' },
    { config: checkedState('"terraform.tfstate"') },
    { config: checkedState('terraform_data.z.output') },
    {},
    { config: checkedState('"nope.tfstate"'), args: ['-refresh-only'] },
    { args: ['-destroy'] },
  ],
  ignore_changes: [
    {
      config: `
variable "v" { default = 1 }
resource "terraform_data" "a" {
  input = { x = var.v, y = { z = var.v, w = var.v } }
  triggers_replace = var.v
  lifecycle { ignore_changes = [triggers_replace, input.y.z] }
}
resource "terraform_data" "all" {
  input = var.v
  triggers_replace = var.v
  lifecycle { ignore_changes = all }
}
`,
    },
    { args: ['-var=v=2'] },
    { args: ['-var=v=3', '-replace=terraform_data.all'] },
  ],
  replace_triggered_by: [
    {
      config: `
variable "v" { default = 1 }
resource "terraform_data" "t" {
  count = 2
  input = count.index == 0 ? var.v : "same"
}
resource "terraform_data" "a" {
  count = 2
  lifecycle { replace_triggered_by = [terraform_data.t[count.index].input] }
}
resource "terraform_data" "b" {
  lifecycle { replace_triggered_by = [terraform_data.t] }
}
resource "terraform_data" "c" {
  lifecycle { replace_triggered_by = [terraform_data.t[1]] }
}
`,
    },
    { args: ['-var=v=2'] },
    { args: ['-var=v=2', '-replace=terraform_data.t[1]'] },
    { args: ['-var=v=2', '-replace=terraform_data.a', '-target=terraform_data.b'] },
    {
      config: `
variable "v" { default = 1 }
resource "terraform_data" "t" {
  input = { x = var.v, y = 1 }
}
resource "terraform_data" "attribute" {
  lifecycle { replace_triggered_by = [terraform_data.t.output.x] }
}
resource "terraform_data" "index" {
  lifecycle { replace_triggered_by = [terraform_data.t.output["x"]] }
}
resource "terraform_data" "same" {
  lifecycle { replace_triggered_by = [terraform_data.t.input.y] }
}
`,
    },
    { args: ['-var=v=2'] },
    { config: 'resource "terraform_data" "a" {\n  lifecycle { replace_triggered_by = [terraform_data.none[0].id] }\n}', apply: false },
  ],
  'tainted objects': [
    {
      config: `
resource "terraform_data" "a" { input = 1 }
resource "terraform_data" "b" { input = terraform_data.a.id }
`,
    },
    {
      edit: (s) => {
        s.resources[0]!.instances[0]!.status = 'tainted'
      },
      apply: false,
    },
    { args: ['-refresh-only'], apply: false },
    { args: ['-destroy', '-target=terraform_data.a'] },
    {},
    { args: ['-replace=terraform_data.a'] },
  ],
  'a number of instances that is not known': [
    {
      config: `
resource "terraform_data" "a" { input = 1 }
resource "terraform_data" "b" { count = terraform_data.a.output }
`,
    },
    {
      config: `
resource "terraform_data" "a" { input = 1 }
resource "terraform_data" "b" { for_each = toset([terraform_data.a.id]) }
`,
    },
  ],
  'a replaced dependency of a target': [
    { config: targeted(1, 'a') },
    { config: targeted(2, 'a'), args: ['-target=terraform_data.b'] },
    {},
    { config: targeted(3, 'a'), args: ['-target=terraform_data.a'] },
    {},
  ],
  'a dependency of a target that others replace first': [
    { config: targeted(1, 'b') },
    { config: targeted(2, 'b'), args: ['-target=terraform_data.b'] },
    {},
    { config: targeted(3, 'b'), args: ['-target=terraform_data.a'] },
    {},
  ],
  'relevant attributes': [
    { config: relevant(1) },
    { config: relevant(2), apply: false },
    { config: relevant(1), args: ['-destroy'], apply: false },
    { config: relevant(2), args: ['-refresh-only'], apply: false },
  ],
}

/** The number replaces the first; `first` says create_before_destroy. */
function targeted(n: number, first: 'a' | 'b'): string {
  const lifecycle = (name: string): string => (name === first ? 'lifecycle { create_before_destroy = true }' : '')
  return `
    resource "terraform_data" "a" {
      triggers_replace = ${n}
      ${lifecycle('a')}
    }
    resource "terraform_data" "b" {
      input = terraform_data.a.id
      ${lifecycle('b')}
    }
    resource "terraform_data" "c" { input = terraform_data.b.id }
    resource "terraform_data" "d" { input = terraform_data.a.id }`
}

function checkedState(path: string): string {
  return `
    resource "terraform_data" "z" { input = "nope.tfstate" }
    output "a" { value = { x = 1 } }
    check "c" {
      data "terraform_remote_state" "r" {
        backend = "local"
        config  = { path = ${path} }
      }
      assert {
        condition     = data.terraform_remote_state.r.outputs.a.x == 2
        error_message = "x is \${data.terraform_remote_state.r.outputs.a.x}"
      }
    }`
}

function importing(to: string, id: string): string {
  return `
    variable "null" { default = null }
    resource "terraform_data" "z" { input = 1 }
    resource "terraform_data" "a" { input = 1 }
    resource "terraform_data" "c" { count = 1 }
    import {
      to = ${to}
      id = ${id}
    }`
}

/** References of all kinds; the number changes everything. */
function relevant(n: number): Readonly<Record<string, string>> {
  return {
    'main.tf': `
      locals {
        l1  = terraform_data.a.output
        l2  = [local.l1]
        obj = { k = terraform_data.a.input, j = terraform_data.e.id }
      }
      resource "terraform_data" "e" { input = ${n} }
      resource "terraform_data" "a" { input = { foo = [{ q = ${n} }], k = { z = 1 } } }
      resource "terraform_data" "same" { input = { q = terraform_data.a.id, r = terraform_data.a.output.k } }
      resource "terraform_data" "c" {
        count = 2
        input = [count.index, ${n}]
      }
      resource "terraform_data" "whole" { input = terraform_data.a }
      resource "terraform_data" "splat" { input = terraform_data.c[*].id }
      resource "terraform_data" "splat2" { input = terraform_data.a.input.foo[*].q }
      resource "terraform_data" "idx" {
        count = 2
        input = terraform_data.c[count.index].output
      }
      resource "terraform_data" "dynamic" { input = terraform_data.a.output[terraform_data.c[0].input[0] == 0 ? "k" : "foo"] }
      resource "terraform_data" "loc" { input = local.l2 }
      resource "terraform_data" "fe" {
        for_each = { x = terraform_data.a.id }
        input    = each.value
      }
      resource "terraform_data" "counted" {
        count = terraform_data.e.input
        input = count.index
      }
      resource "terraform_data" "through1" { input = [terraform_data.same.input.q, ${n}] }
      resource "terraform_data" "through2" { input = [terraform_data.same.output, ${n}] }
      resource "terraform_data" "dep" {
        depends_on = [terraform_data.c]
        input      = ${n}
        lifecycle {
          replace_triggered_by = [terraform_data.e.input]
          precondition {
            condition     = terraform_data.a.triggers_replace == null
            error_message = "x"
          }
        }
      }
      module "m" {
        source   = "./m"
        for_each = toset(["p", "q"])
        v        = terraform_data.a.output.foo[0]
      }
      module "n" {
        source = "./m"
        v      = { q = ${n} }
      }
      resource "terraform_data" "mo" { input = module.m["p"].o }
      resource "terraform_data" "mo2" { input = module.m }
      resource "terraform_data" "mo3" { input = module.n.o }
      output "one" { value = terraform_data.c[1].id }
      output "obj" { value = local.obj }
      output "deep" { value = terraform_data.a.output["k"].z }`,
    'm/main.tf': `
      variable "v" {}
      resource "terraform_data" "in" { input = var.v }
      resource "terraform_data" "in2" { input = terraform_data.in.output.q }
      output "o" { value = terraform_data.in.output }
      output "null" { value = null }`,
  }
}

/** The others take minutes: LANDFORM_LONG=1 runs all. */
const short = [
  'a destroy plan says nothing of moves',
  'create_before_destroy is recorded for the instances that need it',
  'conditions, checks and what becomes of them',
  'destruction plans what there would be first',
  'imports, then nothing, then destruction',
  'local-exec when created and destroyed',
  'relevant attributes',
]
const chosen = Object.entries(cases).filter(([name]) => process.env.LANDFORM_LONG === '1' || short.includes(name))

beforeAll(ensureBuilt, 120_000)

describe.skipIf(terraform === undefined)('the same as terraform', () => {
  test.each(chosen)('%s', { timeout: 600_000 }, (_, steps) => {
    expect(differences(steps)).toEqual([])
  })
})
