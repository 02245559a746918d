import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, terraform } from './_cli.ts'
import type { Step } from './_peer.ts'
import { ServedPeers } from './_served.ts'

/** Fails while the folder holds a file of this name. */
const failsWith = (file: string): string => `test ! -e ${file}`

/** Terraform miscounts objects of one name that go at the same time. */
const oneByOne = { TF_CLI_ARGS_apply: '-parallelism=1' }

const chain = (middle: string): string => `
  resource "terraform_data" "first" {
    input = "one"
  }
  ${middle}
  resource "terraform_data" "after" {
    input = terraform_data.middle.output
  }
  resource "terraform_data" "beside" {
    count = 2
    input = count.index
  }
  output "known" { value = "from the configuration" }
  output "beside" { value = terraform_data.beside[*].output }
  output "after" { value = terraform_data.after.output }`

const mock = (body: string): string => `
  terraform {
    required_providers {
      tfcoremock = { source = "hashicorp/tfcoremock" }
    }
  }
  ${body}`

/** Runs of which something fails, and what the next ones make of what is left. */
const cases: Readonly<Record<string, readonly Step[]>> = {
  'a provisioner at creation': [
    {
      config: chain(`
        resource "terraform_data" "middle" {
          input = terraform_data.first.output
          provisioner "local-exec" { command = "${failsWith('bad')}" }
        }`),
      files: { bad: '' },
      thorough: true,
    },
    { args: ['-refresh-only'], thorough: true },
    { apply: false, args: ['-destroy'] },
    { files: { bad: null }, thorough: true },
    { apply: false },
  ],
  'a provisioner whose failure does not count': [
    {
      config: chain(`
        resource "terraform_data" "middle" {
          input = 1
          provisioner "local-exec" {
            command    = "echo before; exit 4"
            on_failure = continue
          }
          provisioner "local-exec" { command = "echo after" }
          provisioner "local-exec" {
            when       = destroy
            command    = "exit 5"
            on_failure = continue
          }
        }`),
    },
    { apply: false },
    { args: ['-replace=terraform_data.middle'] },
    { args: ['-destroy'] },
  ],
  'a provisioner at destruction': [
    {
      config: chain(`
        resource "terraform_data" "middle" {
          input = terraform_data.first.output
          provisioner "local-exec" {
            when    = destroy
            command = "${failsWith('bad')}"
          }
        }`),
    },
    { files: { bad: '' }, args: ['-replace=terraform_data.middle'], thorough: true },
    { args: ['-destroy'], thorough: true },
    { apply: false },
    { files: { bad: null }, args: ['-destroy'] },
  ],
  'a provisioner at destruction of a tainted object': [
    {
      config: `
        resource "terraform_data" "a" {
          provisioner "local-exec" { command = "${failsWith('bad')}" }
          provisioner "local-exec" {
            when    = destroy
            command = "echo gone >> told"
          }
        }`,
      files: { bad: '' },
    },
    { files: { bad: null } },
    { args: ['-destroy'] },
  ],
  'a replacement made first whose creation fails': [
    {
      config: chain(`
        variable "v" { default = 1 }
        resource "terraform_data" "middle" {
          input            = terraform_data.first.output
          triggers_replace = var.v
          lifecycle { create_before_destroy = true }
          provisioner "local-exec" { command = "${failsWith('bad')}" }
        }`),
    },
    { args: ['-var=v=2'], files: { bad: '' }, thorough: true },
    { args: ['-var=v=2', '-refresh-only'] },
    { args: ['-var=v=3'], files: { bad: null }, thorough: true, env: oneByOne },
    { args: ['-destroy'], env: oneByOne },
  ],
  'a replacement made first whose predecessor stays': [
    {
      config: chain(`
        variable "v" { default = 1 }
        resource "terraform_data" "middle" {
          input            = var.v
          triggers_replace = var.v
          lifecycle { create_before_destroy = true }
          provisioner "local-exec" {
            when    = destroy
            command = "${failsWith('bad')}"
          }
        }`),
    },
    { args: ['-var=v=2'], files: { bad: '' }, thorough: true },
    { args: ['-var=v=2'], apply: false, thorough: true },
    { args: ['-var=v=3'], env: oneByOne },
    { args: ['-var=v=3'], files: { bad: null }, thorough: true, env: oneByOne },
    { args: ['-destroy'] },
  ],
  'an object left over with nothing before it': [
    {
      config: `
        variable "v" { default = 1 }
        resource "terraform_data" "a" {
          triggers_replace = var.v
          lifecycle { create_before_destroy = true }
          provisioner "local-exec" {
            when    = destroy
            command = "${failsWith('bad')}"
          }
        }`,
    },
    { args: ['-var=v=2'], files: { bad: '' } },
    { args: ['-destroy'], thorough: true },
    { config: '', thorough: true },
  ],
  'some instances of many': [
    {
      config: `
        resource "terraform_data" "a" {
          for_each = { a = 0, b = 1, c = 0, d = 2 }
          input    = each.value
          provisioner "local-exec" { command = "exit \${each.value}" }
        }
        resource "terraform_data" "one" {
          input = terraform_data.a["a"].id
        }
        resource "terraform_data" "all" {
          input = length(terraform_data.a)
        }
        output "a" { value = terraform_data.a["c"].output }`,
      thorough: true,
    },
    { args: ['-refresh-only'] },
    { args: ['-target=terraform_data.a["c"]'] },
    { args: ['-destroy'] },
  ],
  'a module that others wait for': [
    {
      config: {
        'main.tf': `
          module "m" {
            source = "./m"
            count  = 2
            n      = count.index
          }
          module "after" {
            source     = "./m"
            n          = 0
            depends_on = [module.m]
          }
          resource "terraform_data" "beside" { input = module.m[0].id }
          output "ids" { value = module.m[*].n }`,
        'm/main.tf': `
          variable "n" {}
          resource "terraform_data" "a" {
            input = var.n
            provisioner "local-exec" { command = "exit \${var.n}" }
          }
          output "id" { value = terraform_data.a.id }
          output "n" { value = var.n }`,
      },
      thorough: true,
    },
    { args: ['-refresh-only'], apply: false },
    { args: ['-destroy'] },
  ],
  'a postcondition': [
    {
      config: chain(`
        resource "terraform_data" "middle" {
          input = terraform_data.first.id
          lifecycle {
            postcondition {
              condition     = self.output == "nothing"
              error_message = "is \${length(self.output)} long"
            }
          }
        }`),
      thorough: true,
    },
    { args: ['-refresh-only'], thorough: true },
    { args: ['-destroy'] },
  ],
  'a precondition': [
    {
      config: chain(`
        resource "terraform_data" "middle" {
          input = 1
          lifecycle {
            precondition {
              condition     = terraform_data.first.id == "nothing"
              error_message = "no"
            }
          }
        }`),
    },
    { args: ['-refresh-only'] },
    { args: ['-target=terraform_data.beside'] },
    { args: ['-destroy'] },
  ],
  'output values': [
    {
      config: {
        'main.tf': `
          resource "terraform_data" "a" { input = 1 }
          module "m" {
            source = "./m"
            id     = terraform_data.a.id
          }
          output "late" {
            value = "late"
            precondition {
              condition     = terraform_data.a.id == "nothing"
              error_message = "late"
            }
          }
          output "of_module" { value = module.m.x }
          output "beside" { value = "beside" }
          output "old" { value = 1 }
          resource "terraform_data" "b" { input = module.m.x }`,
        'm/main.tf': `
          variable "id" {}
          output "x" { value = "x" }`,
      },
      thorough: true,
    },
    { args: ['-refresh-only'], thorough: true },
    {
      config: `
        resource "terraform_data" "a" { input = 1 }
        output "late" {
          value = "later"
          precondition {
            condition     = terraform_data.a.output == 2
            error_message = "now"
          }
        }
        output "beside" { value = "besides" }`,
      args: ['-refresh-only'],
      thorough: true,
    },
    { thorough: true },
    { args: ['-destroy'], thorough: true },
  ],
  'an output value of a module': [
    {
      config: {
        'main.tf': `
          resource "terraform_data" "a" { input = 1 }
          module "m" {
            source = "./m"
            count  = 2
            id     = terraform_data.a.id
          }
          output "of_module" { value = module.m[*].x }
          resource "terraform_data" "b" { input = module.m[0].x }`,
        'm/main.tf': `
          variable "id" {}
          output "x" {
            value = "x"
            precondition {
              condition     = var.id == "nothing"
              error_message = "in the module"
            }
          }
          resource "terraform_data" "c" { input = var.id }`,
      },
      thorough: true,
    },
    { args: ['-refresh-only'], thorough: true },
    { args: ['-destroy'], thorough: true },
  ],
  'outputs that wait for what fails': [
    {
      config: `
        output "o" { value = "old" }
        output "gone" { value = "gone" }
        output "null" { value = 1 }`,
    },
    {
      config: `
        resource "terraform_data" "a" {
          provisioner "local-exec" { command = "exit 1" }
        }
        output "o" {
          value      = "new"
          depends_on = [terraform_data.a]
        }
        output "sensitive" {
          value      = "hush"
          sensitive  = true
          depends_on = [terraform_data.a]
        }
        output "null" {
          value      = null
          depends_on = [terraform_data.a]
        }
        output "id" { value = terraform_data.a.id }
        output "input" { value = terraform_data.a.input }`,
      thorough: true,
    },
    { apply: false },
    { args: ['-destroy'], thorough: true },
  ],
  'data that cannot be read': [
    {
      config: mock(`
        resource "terraform_data" "a" { input = "missing" }
        data "tfcoremock_simple_resource" "d" { id = terraform_data.a.output }
        resource "terraform_data" "after" { input = data.tfcoremock_simple_resource.d.string }
        resource "tfcoremock_simple_resource" "r" {
          id     = "r"
          string = "beside"
        }
        output "d" { value = data.tfcoremock_simple_resource.d.string }
        output "r" { value = tfcoremock_simple_resource.r.string }`),
      thorough: true,
    },
    { apply: false },
    { args: ['-refresh-only'], apply: false },
    { args: ['-destroy'] },
  ],
  'a provider that cannot create, update and delete': [
    {
      config: mock(`
        provider "tfcoremock" { resource_directory = "store/here" }
        resource "terraform_data" "a" { input = 1 }
        resource "tfcoremock_simple_resource" "r" {
          id     = "r"
          string = "x"
        }
        resource "terraform_data" "after" { input = tfcoremock_simple_resource.r.string }`),
      files: { store: 'no folder' },
    },
    { files: { store: null }, thorough: true },
    { args: ['-destroy'] },
  ],
  'a target with failures': [
    {
      config: chain(`
        resource "terraform_data" "middle" {
          input = terraform_data.first.output
          provisioner "local-exec" { command = "${failsWith('bad')}" }
        }`),
      files: { bad: '' },
      args: ['-target=terraform_data.after', '-target=terraform_data.beside[0]'],
      thorough: true,
    },
    { args: ['-target=terraform_data.first'], thorough: true },
    { args: ['-target=terraform_data.middle', '-destroy'] },
    { files: { bad: null } },
    { args: ['-target=terraform_data.first', '-destroy'], apply: false },
  ],
  'a move and a change of what fails': [
    {
      config: `
        resource "terraform_data" "a" {
          input = 1
          provisioner "local-exec" { command = "exit 1" }
        }
        resource "terraform_data" "b" { input = 2 }`,
    },
    {
      config: `
        moved {
          from = terraform_data.a
          to   = terraform_data.c["k"]
        }
        moved {
          from = terraform_data.b
          to   = terraform_data.d
        }
        resource "terraform_data" "c" {
          for_each = toset(["k"])
          input    = each.key
          provisioner "local-exec" { command = "exit 2" }
        }
        resource "terraform_data" "d" { input = terraform_data.c["k"].output }`,
      thorough: true,
    },
    { config: '', thorough: true },
  ],
  'removed with a provisioner that fails': [
    { config: 'resource "terraform_data" "a" { input = 1 }\nresource "terraform_data" "b" { input = terraform_data.a.id }' },
    {
      config: `
        removed {
          from = terraform_data.a
          lifecycle { destroy = true }
          provisioner "local-exec" {
            when    = destroy
            command = "${failsWith('bad')}"
          }
        }
        removed {
          from = terraform_data.b
          lifecycle { destroy = false }
        }`,
      files: { bad: '' },
      thorough: true,
    },
    { thorough: true },
    { files: { bad: null } },
  ],
  'a check while something fails': [
    {
      config: `
        resource "terraform_data" "a" {
          input = 1
          provisioner "local-exec" { command = "exit 1" }
        }
        check "c" {
          assert {
            condition     = terraform_data.a.output == 2
            error_message = "not two"
          }
        }
        check "d" {
          data "terraform_remote_state" "s" {
            backend    = "local"
            config     = { path = "nowhere" }
            depends_on = [terraform_data.a]
          }
          assert {
            condition     = data.terraform_remote_state.s.outputs.x == 1
            error_message = "no"
          }
        }`,
      thorough: true,
    },
    { apply: false, thorough: true },
    { args: ['-destroy'], thorough: true },
  ],
  'an instance beside the one that is named': [
    {
      config: `
        variable "n" { default = 1 }
        resource "terraform_data" "a" {
          count = var.n
          provisioner "local-exec" { command = "exit \${count.index}" }
        }
        resource "terraform_data" "checked" {
          count = var.n
          lifecycle {
            precondition {
              condition     = count.index < 9
              error_message = "no"
            }
          }
          provisioner "local-exec" { command = "exit \${count.index}" }
        }
        resource "terraform_data" "b" {
          input            = terraform_data.a[0].id
          triggers_replace = var.n
          lifecycle { create_before_destroy = true }
        }
        resource "terraform_data" "c" {
          input            = terraform_data.checked[0].id
          triggers_replace = var.n
        }`,
    },
    { args: ['-var=n=2'], thorough: true },
    { args: ['-var=n=2'], apply: false },
    { args: ['-var=n=1'] },
  ],
  'an import beside a failure': [
    {
      config: `
        import {
          to = terraform_data.i
          id = "an-id"
        }
        resource "terraform_data" "i" {
          input = 1
          provisioner "local-exec" { command = "exit 1" }
        }
        resource "terraform_data" "a" {
          input = terraform_data.i.id
          provisioner "local-exec" { command = "exit 1" }
        }
        resource "terraform_data" "b" { input = terraform_data.a.output }`,
      thorough: true,
    },
    { thorough: true },
    { args: ['-destroy'] },
  ],
}

describe.skipIf(terraform === undefined)('half of it fails', () => {
  beforeAll(ensureBuilt, 120_000)

  test.each(Object.entries(cases))('%s', { timeout: 300_000 }, (_, steps) => {
    const peers = new ServedPeers()
    try {
      for (const [i, step] of steps.entries()) expect.soft([`step ${i + 1}`, peers.step(step)]).toEqual([`step ${i + 1}`, []])
    } finally {
      peers.remove()
    }
  })
})
