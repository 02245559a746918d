import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, LocalBackend, TerraformOutput, TerraformResource, TerraformStack } from 'cdktf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringType, stringVal, unknownVal } from '../../src/cty/index.ts'
import { apply, plan, type RunEvent } from '../../src/index.ts'
import { testProvider, testWorld } from '../support/test-provider.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-library-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** `terraform_data` with one input, as cdktf makes it. */
function data(stack: TerraformStack, id: string, input: unknown): TerraformResource {
  const resource = new TerraformResource(stack, id, { terraformResourceType: 'terraform_data' })
  resource.addOverride('input', input)
  return resource
}

describe('a folder', () => {
  const main = `
    variable "name" {}
    variable "tag" { default = "none" }
    module "m" {
      source = "./m"
      note   = file("note.txt")
    }
    output "note" { value = "\${var.name}: \${module.m.note} (\${var.tag})" }
  `
  beforeAll(() => {
    mkdirSync(join(dir, 'infra', 'm'), { recursive: true })
    writeFileSync(join(dir, 'infra', 'main.tf'), main)
    writeFileSync(join(dir, 'infra', 'note.txt'), 'remember')
    writeFileSync(join(dir, 'infra', 'terraform.tfvars'), 'tag = "from file"\n')
    writeFileSync(
      join(dir, 'infra', 'm', 'main.tf'),
      'variable "note" {}\nresource "terraform_data" "x" { input = var.note }\noutput "note" { value = terraform_data.x.output }\n',
    )
    mkdirSync(join(dir, 'infra', '.terraform', 'modules'), { recursive: true })
    const modules = [
      { Key: '', Source: '', Dir: '.' },
      { Key: 'm', Source: './m', Dir: 'm' },
    ]
    writeFileSync(join(dir, 'infra', '.terraform', 'modules', 'modules.json'), JSON.stringify({ Modules: modules }))
  })

  test('is planned and applied from anywhere, and then there is nothing to do', async () => {
    const folder = join(dir, 'infra')
    const events: RunEvent[] = []
    const planned = await plan(folder, { variables: { name: 'n' }, onEvent: (e) => events.push(e) })
    expect(planned.diags).toEqual([])
    expect(planned.resources).toMatchObject([
      { address: 'module.m.terraform_data.x', action: 'create', before: {}, values: { input: 'remember', id: undefined } },
    ])
    expect(planned.outputs.get('note')!.value.isKnown).toBe(false)
    expect(events).toEqual([{ kind: 'planned', address: 'module.m.terraform_data.x', action: 'create' }])
    const applied = await apply(planned, { onEvent: (e) => events.push(e) })
    expect(applied.diags).toEqual([])
    expect(applied.outputs.get('note')!.plain).toBe('n: remember (from file)')
    expect(events.slice(1)).toMatchObject([
      { kind: 'applying', action: 'create' },
      { kind: 'applied', action: 'create', errors: [] },
    ])
    const again = await plan(folder, { variables: { name: 'n' }, state: applied.state })
    expect([again.ok, again.resources]).toEqual([true, []])
    const gone = await apply(await plan(folder, { variables: { name: 'n' }, state: applied.state, mode: 'destroy' }))
    expect(gone.state.resources.size).toBe(0)
  })

  test.each([
    ['a variable without a value', {}, 'No value for required variable'],
    ['a variable nobody declares', { name: 'n', other: 1 }, 'Value for undeclared variable'],
    ['a value of the wrong type', { name: ['n'] }, 'Invalid template interpolation value'],
  ])('%s is a diagnostic', async (_, variables, summary) => {
    const planned = await plan(join(dir, 'infra'), { variables })
    expect([planned.ok, planned.diags.map((d) => d.summary)]).toEqual([false, [summary]])
    expect((await apply(planned)).diags[0]!.summary).toBe('Cannot apply incomplete plan')
  })
})

describe('a construct', () => {
  const app = new App({ outdir: join(tmpdir(), 'landform-library-unused') })
  const stack = new TerraformStack(app, 'network')
  data(stack, 'site', { cidr: '10.0.0.0/16' })
  new TerraformOutput(stack, 'cidr', { value: '10.0.0.0/16', staticId: true })

  test.each([
    ['a stack', stack],
    ['an app with one stack', app],
  ])('%s is planned without being written anywhere', async (_, source) => {
    const planned = await plan(source)
    expect(planned.diags).toEqual([])
    expect(planned.resources).toMatchObject([{ construct: 'site', action: 'create', values: { input: { cidr: '10.0.0.0/16' } } }])
  })

  test('of two stacks one has to be chosen', async () => {
    const two = new App({ outdir: join(tmpdir(), 'landform-library-unused') })
    const one = new TerraformStack(two, 'one')
    new TerraformStack(two, 'two')
    expect((await plan(two)).diags[0]!.detail).toContain('The app has the stacks one, two.')
    expect((await plan(one)).ok).toBe(true)
  })

  test('a stack that reads another one is planned with what that is going to be', async () => {
    const two = new App({ outdir: join(tmpdir(), 'landform-library-unused') })
    const upper = new TerraformStack(two, 'upper')
    const lower = new TerraformStack(two, 'lower')
    new LocalBackend(upper, { path: join(dir, 'upper.tfstate') })
    const made = data(upper, 'made', 'x')
    data(lower, 'user', made.getStringAttribute('id'))
    upper.prepareStack()
    lower.prepareStack()
    const first = await plan(upper)
    const outputs = new Map([...first.outputs].map(([name, { value }]) => [name, value]))
    const second = await plan(lower, {
      plannedStates: (backend, config) => (backend === 'local' && config.path ? { outputs, pending: true } : undefined),
    })
    expect([...first.diags, ...second.diags]).toEqual([])
    expect(second.resources).toMatchObject([{ construct: 'user', action: 'create', values: { input: undefined } }])
    const read = second.plan!.changes.find((c) => c.address.resource.mode === 'data')!
    expect([read.action, read.reason]).toEqual(['read', 'read_because_dependency_pending'])
    // Nothing is stored under that path, so applying cannot go on with what was only expected.
    expect((await apply(second)).diags.map((d) => d.summary)).toContain('Unable to find remote state')
  })
})

describe('providers that are handed in', () => {
  const config = { files: { 'main.tf': 'resource "test_thing" "x" {\n  name = "n"\n}\n' } }

  test('serve their source', async () => {
    const planned = await plan(config, { providers: [{ source: 'hashicorp/test', provider: () => testProvider(testWorld()) }] })
    expect(planned.diags).toEqual([])
    expect(planned.resources[0]).toMatchObject({ address: 'test_thing.x', action: 'create' })
  })

  test('and without them there is none', async () => {
    const { ok, plan: made } = await plan(config)
    expect([ok, made]).toEqual([false, undefined])
  })
})

test('values of the language are variables too, unknown ones as well', async () => {
  const source = {
    files: { 'main.tf': 'variable "a" {}\nvariable "b" {}\noutput "a" { value = var.a }\noutput "b" { value = "${var.b}!" }\n' },
  }
  const { outputs } = await plan(source, { variables: { a: unknownVal(stringType), b: stringVal('x') } })
  expect(outputs.get('a')!.value.isKnown).toBe(false)
  expect(outputs.get('b')!.value.asString()).toBe('x!')
})
