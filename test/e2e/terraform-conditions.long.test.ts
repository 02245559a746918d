import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, terraform } from './_cli.ts'
import { differences, type Step } from './_peer.ts'

/** Conditions and their messages, whatever either is worth: what is told, what stops the run and what the state says of it, as Terraform. */

const messages: Readonly<Record<string, string>> = {
  'cannot be evaluated': '"is ${var.n.x}"',
  'is sensitive': '"is ${var.s}"',
  'is ephemeral': '"x ${terraform.applying}"',
  'is known later': '"is ${OBJECT.id}"',
  'is no text': '[1]',
  'is null': 'var.n == null ? null : "a"',
  'is empty': 'var.n == null ? "" : "a"',
}
const conditions: Readonly<Record<string, string>> = {
  holds: 'var.n == null',
  fails: 'var.n != null',
  'cannot be evaluated': 'var.n.x == 1',
  'is known later': 'OBJECT.id == "x"',
  'is null': 'var.n == null ? null : true',
  'is no bool': 'var.n == null ? [] : [1]',
  'is of a secret': 'var.e == "x"',
}

const variables =
  'variable "n" {\n  type    = object({ x = number })\n  default = null\n}\nvariable "s" {\n  sensitive = true\n  default   = "hush"\n}\nvariable "e" {\n  ephemeral = true\n  default   = "brief"\n}\n'
const rule = (kind: string, condition: string, message: string): string =>
  `${kind} {\n    condition     = ${condition}\n    error_message = ${message}\n  }\n`
const resource = (inside: string): string => `resource "terraform_data" "a" {\n  input = 1\n  ${inside}\n}\n`

const subjects: Readonly<Record<string, (condition: string, message: string) => string>> = {
  precondition: (c, m) => resource(`lifecycle {\n  ${rule('precondition', c, m)}  }`),
  postcondition: (c, m) => resource(`lifecycle {\n  ${rule('postcondition', c, m)}  }`),
  check: (c, m) => `${resource('')}check "c" {\n  ${rule('assert', c, m)}}\n`,
  output: (c, m) => `${resource('')}output "o" {\n  value = 1\n  ${rule('precondition', c, m)}}\n`,
}
const names: Readonly<Record<string, string>> = { postcondition: 'self' }

describe.skipIf(terraform === undefined)('conditions, the same as terraform', () => {
  beforeAll(ensureBuilt, 120_000)

  describe.each(Object.entries(subjects))('of a %s', (kind, text) => {
    describe.each(Object.entries(messages))('whose message %s', (_m, message) => {
      test.each(Object.entries(conditions))('%s', { timeout: 60_000 }, (_c, condition) => {
        // What is about to be made cannot be asked before.
        if (kind === 'precondition' && `${message}${condition}`.includes('OBJECT')) return
        // Terraform warns of it while validating and again while planning, Landform once (docs/compatibility.md).
        if (/check|output/.test(kind) && message.includes('applying')) return
        const named = (expression: string): string => expression.replace('OBJECT', names[kind] ?? 'terraform_data.a')
        const steps: Step[] = [{ config: variables + text(named(condition), named(message)) }]
        if (kind === 'check') steps.push({ args: ['-refresh-only'], apply: false }, { args: ['-destroy'], apply: false })
        expect(differences(steps)).toEqual([])
      })
    })
  })
})
