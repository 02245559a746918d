import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

/**
 * Programs that read plans: what each looks for, in its own terms. See reference/drivers.md 2.5 to 2.9. The plan has one of each action.
 */
const before = `
resource "test_instance" "kept" { ami = "a" }
resource "test_instance" "updated" { ami = "a" }
resource "test_instance" "replaced" { ami = "a" }
resource "test_instance" "gone" { ami = "a" }
resource "test_instance" "old" { ami = "a" }
output "o" { value = test_instance.kept.id }
`
const after = `
provider "test" { region = "somewhere" }
variable "secret" {
  default   = "s3cret"
  sensitive = true
}
resource "test_instance" "kept" { ami = "a" }
resource "test_instance" "updated" { ami = var.secret }
resource "test_instance" "replaced" { ami = "force-replace" }
resource "test_instance" "new" {
  count = 2
  ami   = test_instance.kept.ami
  provisioner "local-exec" { command = "true" }
}
moved {
  from = test_instance.old
  to   = test_instance.renamed
}
resource "test_instance" "renamed" { ami = "a" }
module "m" { source = "./m" }
output "o" { value = test_instance.kept.ami }
`
const child =
  'resource "test_instance" "inner" { ami = "{\\"Version\\":\\"2012-10-17\\"}" }\noutput "id" { value = test_instance.inner.id }\n'

let dir: string
let text: string
let applied: string
// biome-ignore lint/suspicious/noExplicitAny: a document of another program's format, looked into as its readers do
let document: any
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landform-readers-'))
  const run = async (...args: readonly string[]): Promise<string> => {
    const got = await runIn(dir, args, { name: 'terraform' })
    expect([args.join(' '), got.code === 1, got.stderr]).toEqual([args.join(' '), false, ''])
    return got.stdout
  }
  writeFileSync(join(dir, 'main.tf'), before)
  await run('init')
  await run('apply', '-auto-approve', '-no-color')
  writeFileSync(join(dir, 'main.tf'), after)
  mkdirSync(join(dir, 'm'))
  writeFileSync(join(dir, 'm', 'main.tf'), child)
  await run('init')
  text = await run('plan', '-no-color', '-out=p')
  const json = await run('show', '-json', 'p')
  expect(json).toMatch(/^[^\n]+\n$/)
  document = JSON.parse(json)
  applied = await run('apply', '-no-color', 'p')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('tfcmt', () => {
  const rows: readonly (readonly [string, RegExp, boolean])[] = [
    ['a plan', /^(Plan: \d|No changes.)/m, true],
    ['no failure', /^([│|] )?(Error: )/m, false],
    ['something is destroyed', /([1-9][0-9]* to destroy.)/, true],
    ['created', /^ *# (.*) will be created$/m, true],
    ['updated', /^ *# (.*) will be updated in-place$/m, true],
    ['destroyed', /^ *# (.*) will be destroyed$/m, true],
    ['replaced', /^ *# (.*?)(?: is tainted, so)? must be replaced$/m, true],
    ['moved', /^ *# (.*) has moved to (.*)$/m, true],
    ['where the actions begin', /^Terraform will perform the following actions:$/m, true],
    ['where they end', /^─{5,}$/m, true],
    ['outputs', /^Changes to Outputs:/m, true],
  ]
  test.each(rows)('finds %s', (_, pattern, want) => expect(pattern.test(text)).toBe(want))
  test('finds that it is applied', () => expect(applied).toMatch(/^(Apply complete!)/m))
})

describe('borchero/terraform-plan-comment', () => {
  test('cuts the text into resources', () => {
    const found: string[] = []
    const lines = text.split('\n')
    for (const [i, line] of lines.entries()) {
      const header = /^ {2}# (\S+)/.exec(line)
      if (header === null) continue
      const body = lines.findIndex((l, j) => j > i && /^ *([-+~]|-\/\+|\+\/-)? *(resource|ephemeral) /.test(l))
      const end = lines.findIndex((l, j) => j > body && l === '    }')
      expect([header[1], end > body && body > i]).toEqual([header[1], true])
      found.push(header[1]!)
    }
    expect(found).toEqual(expect.arrayContaining(['test_instance.updated', 'test_instance.new[0]', 'module.m.test_instance.inner']))
  })

  test('knows every action', () => {
    const known = ['no-op', 'create', 'read', 'delete', 'update', 'delete,create', 'create,delete', 'forget', 'create,forget', 'open']
    const seen = new Set<string>(document.resource_changes.map((c: { change: { actions: string[] } }) => c.change.actions.join()))
    expect([...seen].filter((actions) => !known.includes(actions))).toEqual([])
    expect([...seen].sort()).toEqual(['create', 'delete', 'delete,create', 'no-op', 'update'])
  })
})

describe('terraform-json', () => {
  test('accepts the document', () => {
    expect(document.format_version).toMatch(/^(0\.[1-9]|1\.\d+)$/)
    expect(document.prior_state.format_version).toMatch(/^1\./)
    for (const { type } of Object.values(document.prior_state.values.outputs) as { type: unknown }[]) expect(type).toBe('string')
    const visit = (module: { resources?: { schema_version: number }[]; child_modules?: [] }): void => {
      for (const { schema_version } of module.resources ?? []) expect(Number.isInteger(schema_version) && schema_version >= 0).toBe(true)
      for (const inner of module.child_modules ?? []) visit(inner)
    }
    visit(document.planned_values.root_module)
  })
})

describe('Checkov', () => {
  test('finds resources with their configuration', () => {
    expect(document.terraform_version).toBe('1.11.4')
    const { resources } = document.planned_values.root_module
    const configured = document.configuration.root_module.resources as { type: string; name: string; expressions: object }[]
    for (const { type, name, mode, address, values } of resources) {
      expect([typeof address, ['managed', 'data'].includes(mode), typeof values]).toEqual(['string', true, 'object'])
      expect(configured.some((c) => c.type === type && c.name === name)).toBe(true)
    }
    const [inner] = document.configuration.root_module.module_calls.m.module.resources
    expect(inner).toMatchObject({ address: 'test_instance.inner', expressions: { ami: { constant_value: '{"Version":"2012-10-17"}' } } })
    expect(configured.find((c) => c.name === 'new')).toMatchObject({
      count_expression: { constant_value: 2 },
      expressions: { ami: { references: ['test_instance.kept.ami', 'test_instance.kept'] } },
      provisioners: [{ type: 'local-exec', expressions: { command: { constant_value: 'true' } } }],
    })
    expect(Object.values(document.configuration.provider_config)).toMatchObject([
      { expressions: { region: { constant_value: 'somewhere' } } },
    ])
  })

  test('finds before and after of every change, null where there is none', () => {
    for (const { change } of document.resource_changes) expect(['before' in change, 'after' in change]).toEqual([true, true])
  })
})

describe('Infracost', () => {
  test('takes it for a plan', () => {
    expect(
      ['format_version', 'planned_values', 'prior_state', 'resource_changes', 'configuration', 'terraform_version'].filter(
        (name) => !(name in document),
      ),
    ).toEqual([])
    expect(document.prior_state.values.root_module.resources.length).toBe(5)
  })
})

describe('conftest and OPA', () => {
  test('policies find what they address', () => {
    for (const change of document.resource_changes) {
      expect(change).toMatchObject({
        address: expect.any(String),
        type: 'test_instance',
        mode: 'managed',
        change: { actions: expect.any(Array), after_unknown: expect.anything() },
      })
    }
    const deleted = document.resource_changes.filter((c: { change: { actions: string[] } }) => c.change.actions.includes('delete'))
    expect(deleted.map((c: { address: string }) => c.address)).toEqual(['test_instance.gone', 'test_instance.replaced'])
    expect(document.variables).toEqual({ secret: { value: 's3cret' } })
    expect(
      document.resource_changes.find((c: { address: string }) => c.address === 'test_instance.updated').change.after_sensitive,
    ).toEqual({ ami: true })
  })
})

describe('Atlantis', () => {
  test('finds the summary', () => {
    const summary = /Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy(?:, (\d+) to forget)?\./.exec(text)
    expect(summary?.slice(1, 5)).toEqual([undefined, '4', '1', '2'])
  })
  test('cuts what was refreshed away', () => expect(text).toMatch(/Refreshing state\.\.\./))
})

describe('dflook', () => {
  test('a plan that is made again reads the same', async () => {
    const plan = async (): Promise<string> =>
      (await runIn(dir, ['plan', '-no-color', '-refresh=false', '-destroy'], { name: 'terraform' })).stdout
    expect(await plan()).toBe(await plan())
  })
})

test('setup-terraform finds the answer alone on the standard output', () => {
  expect(JSON.stringify(document)).toMatch(/^\{"format_version":/)
})
