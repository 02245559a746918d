import { describe, expect, test } from 'vitest'
import { collectVariables, loadVariableFile, loadVariableFiles, memoryFileSystem, type VariableArgument } from '../../src/config/index.ts'
import { emptyTuple, numberType, valueToJson } from '../../src/cty/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { loaded } from './_load.ts'

const config = loaded(`
  variable "s" { type = string }
  variable "n" { type = number }
  variable "l" { type = list(number) }
  variable "any" { type = any }
  variable "untyped" {}
`)

function collect(sources: { env?: Record<string, string>; files?: Record<string, string>; cli?: string[] }) {
  const diags = new Diagnostics()
  const files = memoryFileSystem(sources.files ?? {})
  const cli = (sources.cli ?? []).flatMap((text): VariableArgument[] => {
    if (!text.startsWith('@')) return [{ kind: 'var', text }]
    const file = loadVariableFile(text.slice(1), files, diags)
    return file === undefined ? [] : [{ kind: 'file', file }]
  })
  const inputs = collectVariables({ env: sources.env ?? {}, files: loadVariableFiles('.', files, diags), cli }, config, diags)
  const values = Object.fromEntries([...inputs].map(([name, { value }]) => [name, JSON.parse(valueToJson(value, value.type))]))
  return { values, inputs, diags: diags.items.map(({ severity, summary, detail }) => ({ severity, summary, detail })) }
}

describe('sources, the last one counts', () => {
  const env = { TF_VAR_s: 'env', HOME: '/x', TF_VAR_undeclared: 'ignored' }
  const all = {
    'terraform.tfvars': 's = "tfvars"',
    'terraform.tfvars.json': '{"s": "json"}',
    'b.auto.tfvars': 's = "b"',
    'c.auto.tfvars.json': '{"s": "c"}',
    '.d.auto.tfvars': 's = "hidden"',
    'other.tfvars': 's = "other"',
  }
  test.each([
    ['environment', { env }, 'env'],
    ['terraform.tfvars', { env, files: { 'terraform.tfvars': 's = "tfvars"' } }, 'tfvars'],
    ['its JSON form', { env, files: { 'terraform.tfvars.json': '{"s": "json"}', 'terraform.tfvars': 's = "tfvars"' } }, 'json'],
    ['auto files by name', { env, files: all }, 'c'],
    ['-var', { env, files: all, cli: ['s=cli'] }, 'cli'],
    ['-var-file after -var', { files: all, cli: ['s=cli', '@other.tfvars'] }, 'other'],
    ['-var after -var-file', { files: all, cli: ['@other.tfvars', 's=a=b'] }, 'a=b'],
  ])('%s', (_, sources, want) => {
    const { values, diags } = collect(sources)
    expect(diags).toEqual([])
    expect(values.s).toBe(want)
  })
})

describe('text is read as the type wants it', () => {
  test.each([
    ['s=["x"]', { s: '["x"]' }],
    ['untyped=[1]', { untyped: '[1]' }],
    ['n=5', { n: '5' }],
    ['l=[1, 2]', { l: [1, 2] }],
    ['any={a = true}', { any: { a: true } }],
    ['any="x"', { any: 'x' }],
    ['s=', { s: '' }],
  ])('%s', (text, want) => {
    const { values, diags } = collect({ cli: [text] })
    expect(diags).toEqual([])
    expect(values).toEqual(want)
  })

  test('a source is named for later messages', () => {
    const { inputs } = collect({ env: { TF_VAR_n: '1' }, cli: ['s=x'], files: { 'terraform.tfvars': 'l = []' } })
    expect(inputs.get('n')!.sourceDescription).toBe('using the TF_VAR_n environment variable')
    expect(inputs.get('s')!.sourceDescription).toBe('using -var="s=..."')
    expect([inputs.get('l')!.sourceDescription, inputs.get('l')!.range?.source.filename]).toEqual([undefined, 'terraform.tfvars'])
    expect(inputs.get('l')!.value.type).toEqual(emptyTuple.type)
    expect(inputs.get('n')!.value.type).not.toBe(numberType)
  })
})

describe('problems', () => {
  test.each([
    ['no equals sign', { cli: ['s'] }, ['error Invalid -var option']],
    ['undeclared on the command line', { cli: ['nope=1'] }, ['error Value for undeclared variable']],
    ['undeclared in the environment', { env: { TF_VAR_nope: '1' } }, []],
    [
      'undeclared in files',
      { files: { 'a.auto.tfvars': 'x = 1\ny = 2\nz = 3' } },
      ['warning Value for undeclared variable', 'warning Value for undeclared variable', 'warning Values for undeclared variables'],
    ],
    ['references', { cli: ['l=[local.x]'] }, ['error Variables not allowed']],
    ['calls', { cli: ['l=upper("x")'] }, ['error Function calls not allowed']],
    ['broken text', { cli: ['l=[1,'] }, ['error Missing expression']],
    ['a file that is not there', { cli: ['@x.tfvars'] }, ['error Failed to read variables file']],
    ['a declaration', { files: { 'terraform.tfvars': 'variable "s" {}' } }, ['error Variable declaration in .tfvars file']],
    ['another block', { files: { 'terraform.tfvars': 'output "s" {}' } }, ['error Unexpected "output" block']],
  ])('%s', (_, sources, want) => {
    expect(collect(sources).diags.map(({ severity, summary }) => `${severity} ${summary}`)).toEqual(want)
  })
})
