import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toJson, toPlainJson } from '../../src/command/json/json-text.ts'
import { dialectFor } from '../../src/command/views/dialect.ts'
import { JsonOperationView, JsonStream } from '../../src/command/views/operation-json.ts'
import { appliedSummary, planSummary } from '../../src/command/views/plan-text.ts'
import type { Streams } from '../../src/command/views/streams.ts'
import { ensureBuilt, executable } from '../e2e/_cli.ts'

const tofu = dialectFor('tofu', undefined)
const terraform = dialectFor('terraform', undefined)

test.each([
  ['terraform', undefined, { kind: 'terraform', product: 'Terraform', command: 'terraform', isOwn: false }],
  ['tofu', undefined, { kind: 'tofu', product: 'OpenTofu', command: 'tofu', isOwn: false }],
  ['landform', undefined, { kind: 'terraform', product: 'Terraform', command: 'landform', isOwn: true }],
  ['landform', 'tofu', { kind: 'tofu', product: 'OpenTofu', command: 'landform', isOwn: false }],
  ['tofu', 'terraform', { kind: 'terraform', product: 'Terraform', command: 'tofu', isOwn: false }],
])('%s with LANDFORM_DIALECT=%s', (name, override, want) => {
  expect(dialectFor(name, override)).toEqual(want)
})

describe('what is forgotten is counted by OpenTofu alone', () => {
  test.each([
    [terraform, 'Plan: 1 to add, 0 to change, 2 to destroy.', '1 added, 0 changed, 2 destroyed.'],
    [tofu, 'Plan: 1 to add, 0 to change, 2 to destroy, 3 to forget.', '1 added, 0 changed, 2 destroyed, 3 forgotten.'],
  ])('$kind', (dialect, planned, applied) => {
    expect(planSummary({ import: 0, add: 1, change: 0, remove: 2, forget: 3 }, dialect)).toBe(planned)
    const counts = { imported: 0, added: 1, changed: 0, removed: 2, forgotten: 3 }
    expect(appliedSummary(counts, false, dialect)).toBe(`Apply complete! Resources: ${applied}`)
  })
})

test('OpenTofu’s streams leave the characters of HTML as they are', () => {
  const document = { '<': '<a&b>', text: 'a\\u003c \\\\<' }
  expect(toJson(document)).toBe('{"\\u003c":"\\u003ca\\u0026b\\u003e","text":"a\\\\u003c \\\\\\\\\\u003c"}')
  expect(toPlainJson(document)).toBe('{"<":"<a&b>","text":"a\\\\u003c \\\\\\\\<"}')
})

describe('ephemeral resources in streams', () => {
  const address = { module: [], resource: { kind: 'resource', mode: 'ephemeral', type: 'a_b', name: 'c' }, key: undefined } as const
  test.each([
    [terraform, ['ephemeral_op_start Opening...', 'ephemeral_op_complete Opening complete after 0s']],
    [tofu, ['ephemeral_action_started Opening...', 'ephemeral_action_complete Open complete']],
  ])('$kind', (dialect, want) => {
    let text = ''
    const streams = { out: (more: string) => void (text += more), err: () => {}, columns: 80, outIsTerminal: false } as unknown as Streams
    const hooks = new JsonOperationView(new JsonStream(streams, dialect, undefined), dialect).hooks()
    hooks.preEphemeral!(address, 'open')
    hooks.postEphemeral!(address, 'open', undefined)
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map((line) => `${line.type} ${line['@message'].replace('ephemeral.a_b.c: ', '')}`)).toEqual(want)
    if (dialect.kind === 'tofu') expect(lines.map((line) => line.hook.Msg)).toEqual(['Opening...', 'Open complete'])
    else expect(lines.map((line) => line.hook.action)).toEqual(['open', 'open'])
  })
})

describe('started as tofu', () => {
  beforeAll(ensureBuilt, 120_000)
  const dir = mkdtempSync(join(tmpdir(), 'landform-tofu-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const environment: Record<string, string | undefined> = { PATH: process.env.PATH, HOME: dir, LANDFORM_BUILTIN_PROVIDERS: 'null' }
  const run = (name: string, ...args: readonly string[]): string => {
    mkdirSync(join(dir, 'bin'), { recursive: true })
    const program = join(dir, 'bin', name)
    rmSync(program, { force: true })
    symlinkSync(executable, program)
    const { stdout, stderr } = spawnSync(program, args, { cwd: dir, env: environment, encoding: 'utf8' })
    return stdout + stderr
  }
  const write = (text: string): void => writeFileSync(join(dir, 'main.tf'), text)

  test('words, symbols, registry, and a state that either goes on with', () => {
    const objects = (input: string): string => `resource "terraform_data" "a" { input = "${input}" }\nresource "null_resource" "n" {}\n`
    write(objects('one'))
    expect(run('tofu', 'init')).toContain('OpenTofu has been successfully initialized!')
    expect(readFileSync(join(dir, '.terraform.lock.hcl'), 'utf8')).toContain('provider "registry.opentofu.org/hashicorp/null"')
    expect(run('tofu', 'apply', '-auto-approve')).toContain('Apply complete! Resources: 2 added')
    const state = (): string => readFileSync(join(dir, 'terraform.tfstate'), 'utf8')
    expect(state()).toContain('registry.opentofu.org/hashicorp/null')
    write(objects('two'))
    const plan = run('tofu', 'plan', '-out=p')
    expect(plan).toContain('\n  ~ update in-place (current -> planned)\n')
    expect(plan).toContain('\n    tofu apply "p"\n')
    expect(run('terraform', 'plan')).toContain('\n  ~ update in-place\n')
    expect(run('terraform', 'apply', '-auto-approve')).toContain('0 added, 1 changed, 0 destroyed.')
    // The registry that was found is kept.
    expect(state()).toContain('registry.opentofu.org/hashicorp/null')
    expect(run('tofu', 'plan')).toContain('No changes.')
    expect(JSON.parse(run('tofu', 'version', '-json'))).not.toHaveProperty('terraform_outdated')
  })

  test('a removed block forgets unless it says otherwise', () => {
    write('removed {\n  from = null_resource.n\n}\nresource "terraform_data" "a" { input = "two" }\n')
    const planned = run('tofu', 'plan')
    expect(planned).toContain('Missing lifecycle from the removed block')
    expect(planned).toContain('Plan: 0 to add, 0 to change, 0 to destroy, 1 to forget.')
    expect(run('terraform', 'plan')).toContain('Plan: 0 to add, 0 to change, 1 to destroy.')
    expect(run('tofu', 'apply', '-auto-approve')).toContain('Apply complete! Resources: 0 added, 0 changed, 0 destroyed, 1 forgotten.')
  })
})
