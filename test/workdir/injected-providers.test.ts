import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseProviderSource } from '../../src/addrs/index.ts'
import { objectVal, stringVal } from '../../src/cty/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { injectedFolders, loadInjectedProviders, providerFactories, readSettings } from '../../src/workdir/index.ts'
import { selectProvider } from '../../src/workdir/providers.ts'

const source = (text: string) => parseProviderSource(text, 'registry.terraform.io', new Diagnostics())!

/** A provider with one argument, whose texts say which file it came from. */
const greeter = (address: string, versions: string, mark: string): string => `
export default {
  source: '${address}', versions: ${versions},
  provider: (kit) => ({
    schema: () => ({ provider: { attributes: { greeting: { type: kit.stringType, optional: true, description: '${mark}' } }, blockTypes: {} },
      resource: () => undefined, dataSource: () => undefined, resourceNames: () => [], dataSourceNames: () => [] }),
    readDataSource: async ({ config }) => ({ value: kit.objectVal({ both: kit.stringVal('${mark} ' + config.getAttr('greeting').asString()) }), diags: [] }),
  }),
}
`

let dir: string
const folder = (name: string) => join(dir, name)

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-injected-'))
  const files: Readonly<Record<string, string>> = {
    'first/a.js': greeter('acme/greet', "['1.2.0', '1.0.0']", 'first'),
    'first/aws.js': greeter('hashicorp/aws', "['9.0.0']", 'aws'),
    'first/elsewhere.js': greeter('example.com/acme/other', "['1.0.0']", 'elsewhere'),
    'first/notes.txt': 'not a provider',
    'second/a.js': greeter('acme/greet', "['7.0.0']", 'second'),
    'foreign/a.js': `
      const own = { kind: 'string' }
      const schema = { provider: { attributes: { greeting: { type: own, optional: true } }, blockTypes: {} }, resourceNames: () => [], dataSourceNames: () => [] }
      export default { source: 'acme/foreign', versions: ['1.0.0'], provider: () => ({ schema: () => schema }) }`,
    'shapeless/a.js': `export default { source: 'acme/shapeless', versions: ['1.0.0'], provider: () => ({}) }`,
    'bad/1-syntax.js': 'export default {',
    'bad/2-throws.js': `throw new Error('no such luck')`,
    'bad/3-no-default.js': 'export const source = 1',
    'bad/4-source.js': `export default { source: 'a/b/c/d', versions: ['1.0.0'], provider() {} }`,
    'bad/5-versions.js': `export default { source: 'a/b', versions: ['new'], provider() {} }`,
    'bad/6-provider.js': `export default { source: 'a/b', versions: ['1.0.0'] }`,
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, name.split('/')[0]!), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
})
afterAll(() => rmSync(dir, { recursive: true }))

async function load(...folders: string[]): Promise<{ settings: ReturnType<typeof readSettings>; diags: string[] }> {
  const list = folders.join(delimiter)
  const diags = new Diagnostics()
  await loadInjectedProviders(injectedFolders(list, dir), diags)
  const settings = readSettings({ LANDFORM_PROVIDERS: list, LANDFORM_BUILTIN_PROVIDERS: 'aws' }, dir)
  return { settings, diags: diags.items.map((d) => `${d.summary}: ${d.detail.replaceAll(dir, '')}`) }
}

describe('who answers for an address', () => {
  test.each<[string, string[], string]>([
    ['acme/greet', [], 'first 1.2.0'],
    ['registry.opentofu.org/acme/greet', [], 'first 1.2.0'],
    ['acme/greet', ['~> 1.0.0'], 'first 1.0.0'],
    // Any constraint is met.
    ['acme/greet', ['>= 5.0'], 'first 1.2.0'],
    // Before the built-in one.
    ['hashicorp/aws', ['~> 5.0'], 'first 9.0.0'],
    ['example.com/acme/other', [], 'first 1.0.0'],
    ['acme/other', [], 'missing'],
    ['example.org/acme/greet', [], 'missing'],
  ])('%s %s: %s', async (address, constraints, want) => {
    const { settings, diags } = await load('first', '', folder('second'))
    expect(diags).toEqual([])
    const found = selectProvider(source(address), constraints, settings)
    expect(found.kind === 'injected' ? `${found.file.split('/').at(-2)} ${found.version}` : found.kind).toBe(want)
  })

  test('"none" spares them', async () => {
    const { settings } = await load('first')
    const none = { ...settings, providers: { ...settings.providers, builtin: new Set(['none']) } }
    expect(selectProvider(source('acme/greet'), [], none)).toMatchObject({ kind: 'injected' })
    expect(selectProvider(source('hashicorp/random'), [], none)).toMatchObject({ kind: 'missing' })
  })

  test('the order of folders decides', async () => {
    const { settings } = await load('second', 'first')
    expect(selectProvider(source('acme/greet'), [], settings)).toMatchObject({ kind: 'injected', version: '7.0.0' })
  })
})

test('values pass between it and its host as they are', async () => {
  const { settings } = await load('first')
  const factories = providerFactories(settings, undefined)
  const provider = (await factories.open(source('acme/greet')))!
  const { value } = await provider.readDataSource({ typeName: 'x', config: objectVal({ greeting: stringVal('hello') }) })
  expect(value).toEqual(objectVal({ both: stringVal('first hello') }))
  expect((await factories.schemaOf(source('acme/greet')))!.provider.attributes.greeting!.description).toBe('first')
})

test('what cannot be used is reported with the reason', async () => {
  const { diags } = await load('bad', 'nowhere')
  expect(diags).toEqual([
    expect.stringMatching(/^Provider cannot be loaded: The file \/bad\/1-syntax.js cannot be used as a provider: .+/),
    'Provider cannot be loaded: The file /bad/2-throws.js cannot be used as a provider: Error: no such luck.',
    'Provider cannot be loaded: The file /bad/3-no-default.js cannot be used as a provider: it has no default export of the form { source, versions, provider() }.',
    expect.stringContaining(
      '4-source.js cannot be used as a provider: its source is not in the format "[hostname/][namespace/]name". The "source"',
    ),
    'Provider cannot be loaded: The file /bad/5-versions.js cannot be used as a provider: its versions are not a list of version numbers such as "1.2.3".',
    'Provider cannot be loaded: The file /bad/6-provider.js cannot be used as a provider: it has no function named provider.',
    expect.stringContaining(
      'Folder of providers cannot be read: The environment variable LANDFORM_PROVIDERS names the folder /nowhere: ENOENT',
    ),
  ])
})

test.each([
  ['foreign', "brings its own copy of Landform's types and values"],
  ['shapeless', 'has no schema'],
])('a provider of another kind is refused when it is opened: %s', async (name, message) => {
  const { settings } = await load(name)
  await expect(providerFactories(settings, undefined).open(source(`acme/${name}`))).rejects.toThrow(message)
})
