import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Value } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { evaluate, parseExpression } from '../../src/hcl/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'
import { expressionTexts } from '../support/arbitrary-config.ts'

/*
 * Expressions and configurations that nobody chose, answered by the real Terraform as well. Needs LANDFORM_PEER_TERRAFORM.
 */

const terraform = process.env.LANDFORM_PEER_TERRAFORM
const cli = process.env.LANDFORM_CLI ?? new URL('../../bin/landform', import.meta.url).pathname
const seed = Number(process.env.LANDFORM_FUZZ_SEED ?? Date.now() % 2 ** 31)
const rounds = Number(process.env.LANDFORM_ROUNDS ?? 10)

/** Arguments that functions may get, mostly of the types they want. */
const strings = [
  '""',
  '"a"',
  '"Ab c"',
  '"é"',
  '"e\\u0301x"',
  '"👨‍👩‍👧!"',
  '"10.0.0.0/8"',
  '"fd00::/48"',
  '"2024-02-29T12:00:00Z"',
  '"1h30m"',
  '"%05.2f|%s|%q"',
  '"a,b\\n1,2\\n"',
  '"(a+)(b)?"',
  '"a b  c"',
  '"-1.50"',
  '"true"',
  '"\\t x \\n"',
  '"{\\"a\\":[1,2.50,null]}"',
  '"a: 1\\nb: [x, ~]"',
  '"YWJj"',
]
const numbers = ['0', '1', '-1', '2.5', '-2.5', '10', '255', '1e3', '0.1', '9007199254740993', '1e30', '1/3']
const others = [
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '["b","a","b"]',
  '[3,1,2]',
  '["1",2,true]',
  '[[1,2],[3]]',
  '[null,"x",""]',
  '{a=1,b="x"}',
  '{b=[1],a={c=2}}',
  'toset(["b","a"])',
  'tomap({x="1",y="2"})',
  'tolist([1,2,3])',
  '[{a=1},{a=2,b=3}]',
  'sensitive("s")',
]
const argument = fc.oneof(fc.constantFrom(...strings), fc.constantFrom(...numbers), fc.constantFrom(...others))

const table = functionTable({ baseDir: '.', pure: false })
/** Not the same twice, or not in this version, or about files. */
const left =
  /^(assume|base64gunzip|cidrcontains|convert|urldecode|list$|map$|file|abspath|pathexpand|template|bcrypt|uuid$|timestamp|plantimestamp|rsadecrypt|base64gzip|can$|try$|type)/
const names = [...table.names()].filter((name) => !left.test(name))

const calls: fc.Arbitrary<string> = fc.constantFrom(...names).chain((name) => {
  const spec = table.lookUp(name)!
  const count =
    spec.varParam === undefined ? fc.constant(spec.params.length) : fc.integer({ min: spec.params.length, max: spec.params.length + 2 })
  return count.chain((n) => fc.array(argument, { minLength: n, maxLength: n }).map((args) => `${name}(${args.join(', ')})`))
})
const operators = fc
  .tuple(argument, fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '>=', '&&', '||'), argument)
  .map(([a, o, b]) => `(${a}) ${o} (${b})`)
const conditionals = fc.tuple(fc.constantFrom('true', 'false', '"true"'), argument, argument).map(([c, a, b]) => `${c} ? ${a} : ${b}`)
const expressions = fc.oneof(
  { arbitrary: calls, weight: 6 },
  operators,
  conditionals,
  expressionTexts.filter((text) => !text.includes('var.')),
)

/** What is worth comparing: JSON of the value with its type, or that there is none. */
const probe = (text: string): string => `try(jsonencode(nonsensitive([${text}])), jsonencode([${text}]), "failed")`

function ours(text: string): string {
  const diags = new Diagnostics()
  let value: Value
  try {
    value = evaluate(parseExpression(new Source('x', probe(text)), diags), { variables: new Map(), functions: table.lookUp }, diags)
  } catch (error) {
    return `thrown: ${(error as Error).stack}`
  }
  return diags.hasErrors ? `error: ${diags.items.map((d) => `${d.summary}: ${d.detail}`).join()}` : value.unmark().asString()
}

/**
 * Where Terraform gives null the result of `jsonencode` was unknown: it does not know what format gives for a null argument.
 * The last digits of powers depend on the library.
 */
function isSame(mine: string, other: string | null): boolean {
  if (other === null || mine === other) return true
  const [a, b] = [mine, other].map((text) => Number(/^\[(-?[\d.]+)\]$/.exec(text)?.[1]))
  return Number.isFinite(a) && !Number.isInteger(a) && Math.abs(a! - b!) <= 1e-12 * Math.abs(b!)
}

describe.skipIf(terraform === undefined)(`answers of the real Terraform (seed ${seed})`, () => {
  const folder = <T>(run: (dir: string) => T): T => {
    const dir = mkdtempSync(join(tmpdir(), 'landform-differential-'))
    try {
      return run(dir)
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  }

  test('to expressions', { timeout: 1_200_000 }, () => {
    const differences: string[] = []
    for (let round = 0; round < rounds; round++) {
      const texts = fc.sample(expressions, { numRuns: 200, seed: seed + round })
      const theirs = folder((dir) => {
        const outputs = texts.map((text, i) => `output "o${i}" {\n  sensitive = true\n  value = ${probe(text)}\n}\n`)
        writeFileSync(join(dir, 'main.tf'), outputs.join(''))
        const { status, stderr } = spawnSync(terraform!, ['apply', '-auto-approve', '-no-color'], { cwd: dir, encoding: 'utf8' })
        expect(status, stderr.slice(0, 4000)).toBe(0)
        return JSON.parse(execFileSync(terraform!, ['output', '-json'], { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 28 })) as Record<
          string,
          { value: string }
        >
      })
      for (const [i, text] of texts.entries()) {
        const [mine, other] = [ours(text), theirs[`o${i}`]!.value]
        if (!isSame(mine, other)) differences.push(`${text}\n  here:      ${mine}\n  Terraform: ${other}`)
      }
    }
    expect([...new Set(differences)]).toEqual([])
  })

  const blocks = [
    'variable "v" {\n  default = 1\n}\n',
    'variable "w" {\n  type = string\n  validation {\n    condition = var.w != ""\n    error_message = "No."\n  }\n}\n',
    'variable "o" {\n  type = object({ a = optional(number, 2), b = list(string) })\n  default = { b = [] }\n}\n',
    'locals {\n  l = var.v\n  m = { for k, x in var.o : k => x }\n}\n',
    'resource "terraform_data" "r" {\n  input = local.l\n  lifecycle {\n    create_before_destroy = true\n    ignore_changes = [input]\n  }\n}\n',
    'resource "terraform_data" "s" {\n  count = 2\n  input = terraform_data.r.id\n  depends_on = [terraform_data.r]\n}\n',
    'resource "terraform_data" "t" {\n  for_each = toset(["a", "b"])\n  triggers_replace = [each.key, path.module]\n}\n',
    'output "x" {\n  value = terraform_data.s[0].output\n}\n',
    'output "y" {\n  value = terraform_data.t["a"].id\n  precondition {\n    condition = length(local.m) > 0\n    error_message = "No ${var.v}."\n  }\n}\n',
    'moved {\n  from = terraform_data.old\n  to = terraform_data.r\n}\n',
    'removed {\n  from = terraform_data.gone\n  lifecycle {\n    destroy = false\n  }\n}\n',
    'import {\n  to = terraform_data.r\n  id = "x"\n}\n',
    'check "c" {\n  assert {\n    condition = terraform_data.r.id != ""\n    error_message = "No."\n  }\n}\n',
    'terraform {\n  required_version = ">= 1.0"\n}\n',
    'data "terraform_remote_state" "d" {\n  backend = "local"\n  config = { path = "x" }\n}\n',
  ]
  const words = [
    'var.v',
    'local.l',
    'each.key',
    'count.index',
    'self',
    'terraform_data',
    '"a"',
    '[0]',
    'null',
    'toset',
    'input',
    'lifecycle',
    'value',
    'x',
    '1',
    '.id',
    'number',
    'string',
    '{}',
    'for_each',
    'depends_on',
    'to',
    'from',
  ]
  const configurations = fc
    .tuple(fc.subarray(blocks, { minLength: 3 }), fc.array(fc.tuple(fc.nat(5000), fc.constantFrom(...words)), { maxLength: 2 }))
    .map(([chosen, changes]) =>
      changes.reduce((text, [where, word]) => {
        // A word for a word, so that most of it still parses.
        const found = [...text.matchAll(/[\w.]+|"\w*"/g)]
        const at = found[where % found.length]!
        return text.slice(0, at.index) + word + text.slice(at.index + at[0].length)
      }, chosen.join('')),
    )

  test('to the question whether configurations are valid', { timeout: 1_200_000 }, () => {
    const differences: string[] = []
    for (const text of fc.sample(configurations, { numRuns: rounds * 10, seed })) {
      folder((dir) => {
        writeFileSync(join(dir, 'main.tf'), text)
        const verdict = (command: string): { valid: boolean; first: string } => {
          const { stdout } = spawnSync(command, ['validate', '-json'], { cwd: dir, encoding: 'utf8' })
          const { valid, diagnostics } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
            valid: boolean
            diagnostics: { severity: string; summary: string; detail: string; range?: { start: { line: number } } }[]
          }
          const first = diagnostics.filter((d) => d.severity === 'error').map((d) => `${d.range?.start.line}: ${d.summary}; ${d.detail}`)
          return { valid, first: first.sort().join('\n') }
        }
        const [mine, other] = [verdict(cli), verdict(terraform!)]
        if (mine.valid !== other.valid)
          differences.push(
            `${readFileSync(join(dir, 'main.tf'), 'utf8')}\n  here:      ${mine.first || 'valid'}\n  Terraform: ${other.first || 'valid'}`,
          )
      })
    }
    expect(differences).toEqual([])
  })
})
