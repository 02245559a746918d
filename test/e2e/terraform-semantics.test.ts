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
}

beforeAll(ensureBuilt, 120_000)

describe.skipIf(terraform === undefined)('the same as terraform', () => {
  test.each(Object.entries(cases))('%s', { timeout: 120_000 }, (_, steps) => {
    expect(differences(steps)).toEqual([])
  })
})
